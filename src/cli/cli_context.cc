#include "cli/cli_context.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/terminal.h"

namespace rem::cli {

namespace fs = std::filesystem;

namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// $P8_HOME, else ~/.p8.
fs::path Home() {
  if (const std::string home = Environment("P8_HOME"); !home.empty()) return home;
  const std::string home = Environment("HOME");
  if (home.empty())
    throw UsageError("no place for the database: HOME is not set", "name a directory with --path or set P8_DB_PATH");
  return fs::path(home) / ".p8";
}

}  // namespace

std::string NamedDatabasePath(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    throw UsageError(fmt::format("not a database name: \"{}\"", Printable(name)),
                     "a name is one directory name; for a directory use --path");
  }
  return (Home() / "node" / "db" / name).string();
}

std::string CliContext::DatabasePath() const {
  if (!options.path.empty() && !options.db_name.empty()) {
    throw UsageError("--db and --path both name the database", "give one of them");
  }
  if (!options.path.empty()) return options.path;
  if (!options.db_name.empty()) return NamedDatabasePath(options.db_name);
  if (const std::string path = Environment("P8_DB_PATH"); !path.empty()) return path;
  return (Home() / "db").string();
}

std::string CliContext::Tenant() const {
  if (!options.tenant.empty()) return options.tenant;
  const std::string tenant = Environment("P8_TENANT_ID");
  return tenant.empty() ? "default" : tenant;
}

Database& CliContext::Open(IfMissing if_missing) {
  if (database_) return *database_;
  OpenOptions open;
  open.path = DatabasePath();
  open.create_if_missing = if_missing == IfMissing::kCreate;
  open.read_only = options.read_only;
  std::error_code status;
  if (if_missing == IfMissing::kFail && fs::status(open.path, status).type() == fs::file_type::not_found) {
    const std::string how =
        options.db_name.empty() ? fmt::format("init --path {}", open.path) : fmt::format("new {}", options.db_name);
    throw Error(ErrorCode::kNotFound, fmt::format("no database at {}", open.path),
                fmt::format("make one: rem-db {}", how));
  }
  // Only the parents: the engine makes the directory itself and explains what stands in its way.
  if (if_missing == IfMissing::kCreate) fs::create_directories(fs::path(open.path).parent_path(), status);
  database_ = Database::Open(open);
  return *database_;
}

Session CliContext::OpenSession(IfMissing if_missing) {
  return Open(IfMissing::kFail).OpenSession(Tenant(), if_missing == IfMissing::kCreate);
}

bool CliContext::PrettyJson() const { return IsTerminal(out.fd()); }

bool CliContext::Interactive() const { return IsTerminal(STDERR_FILENO); }

CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& examples) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->fallthrough();
  command->footer(fmt::format("{}:\n{}\nEvery command also takes --db, --path, --tenant and --json: see rem-db --help.",
                              examples.find('\n') == examples.rfind('\n') ? "Example" : "Examples", examples));
  return command;
}

}  // namespace rem::cli
