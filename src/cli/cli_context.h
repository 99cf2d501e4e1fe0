#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <rem/database.h>
#include <CLI/CLI.hpp>

#include "cli/output.h"

namespace rem::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// Arguments that fit no command, found after parsing; exit code 2.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message, std::string hint = {})
      : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

/// What every command takes.
struct GlobalOptions {
  std::string db_name;
  std::string path;
  std::string tenant;
  bool json = false;
  bool read_only = false;
};

enum class IfMissing { kFail, kCreate };

/// What a command works with: the global options, standard output, and the database that the options name.
class CliContext {
 public:
  GlobalOptions options;
  Output out{1};
  /// What the parsed command line asks for; returns the exit code.
  std::function<int()> action;

  /// Directory of the database: --path, --db NAME under <home>/node/db, P8_DB_PATH, P8_HOME/db, ~/.p8/db.
  std::string DatabasePath() const;
  /// --tenant, P8_TENANT_ID, "default".
  std::string Tenant() const;

  /// Opens the database once. With kFail, a directory that is not there is Error(kNotFound) instead of a new database.
  Database& Open(IfMissing if_missing);
  /// Opens the tenant; kCreate makes it, never the database.
  Session OpenSession(IfMissing if_missing = IfMissing::kFail);

  /// True when JSON output goes to a person and is laid out for reading.
  bool PrettyJson() const;
  /// True when notes for a person (timings, hints what to do next) belong on standard error.
  bool Interactive() const;

 private:
  std::optional<Database> database_;
};

/// Directory of databases made by name: $P8_HOME/node/db, else ~/.p8/node/db.
std::string NamedDatabasePath(const std::string& name);

/// Makes a leaf command: its help, an example, and options of the main command accepted after it.
CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& examples);

/// Sets `context.action` when the command is what the user asked for.
template <typename Options>
void SetAction(CLI::App* command, CliContext& context, std::shared_ptr<Options> options,
               int (*run)(CliContext&, const Options&)) {
  command->callback(
      [&context, options, run] { context.action = [&context, options, run] { return run(context, *options); }; });
}

// One function per group of commands, each in the file that its comment names.
void AddDatabaseCommands(CLI::App& app, CliContext& context);     // admin.cc
void AddMaintenanceCommands(CLI::App& app, CliContext& context);  // admin.cc
void AddRecordCommands(CLI::App& app, CliContext& context);       // records.cc
void AddInsertCommand(CLI::App& app, CliContext& context);        // insert.cc
void AddSqlCommand(CLI::App& app, CliContext& context);           // sql.cc
void AddQueryCommand(CLI::App& app, CliContext& context);         // query.cc
void AddSchemaCommands(CLI::App& app, CliContext& context);       // schemas.cc
void AddExportCommand(CLI::App& app, CliContext& context);        // export.cc
void AddImportCommand(CLI::App& app, CliContext& context);        // import.cc
void AddModelCommands(CLI::App& app, CliContext& context);        // models.cc
void AddEmbedCommand(CLI::App& app, CliContext& context);         // embed.cc
void AddCompletionCommand(CLI::App& app, CliContext& context);    // completion.cc

}  // namespace rem::cli
