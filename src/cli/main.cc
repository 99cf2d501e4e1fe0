#include <csignal>
#include <exception>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/terminal.h"
#include "cli/usage.h"

#ifndef REM_VERSION
#define REM_VERSION "0.1.0"
#endif

namespace rem::cli {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  rem-db new notes\n"
    "  rem-db insert resources --db notes --data '{\"name\": \"groceries\", \"content\": \"Buy milk\"}'\n"
    "  rem-db sql --db notes \"SELECT name, created_at FROM resources ORDER BY created_at DESC LIMIT 5\"\n"
    "  rem-db query --db notes \"what to buy\"\n"
    "\n"
    "The database is --path, --db NAME in ~/.p8/node/db, $P8_DB_PATH, $P8_HOME/db or ~/.p8/db, whichever comes first.\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage. Help on a command: rem-db COMMAND --help\n";

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("--db", options.db_name, "Database by name, made with rem-db new")->type_name("NAME");
  app.add_option("--path", options.path, "Directory of the database")->type_name("DIR");
  app.add_option("--tenant", options.tenant, "Tenant to work in (default: $P8_TENANT_ID, else \"default\")")
      ->type_name("NAME");
  app.add_flag("--json", options.json, "Print results and errors as JSON");
  app.add_flag("--read-only", options.read_only, "Open the database without writing to it");
  app.set_version_flag("--version", std::string("rem-db " REM_VERSION));
}

void AddCommands(CLI::App& app, CliContext& context) {
  AddDatabaseCommands(app, context);
  AddSchemaCommands(app, context);
  AddInsertCommand(app, context);
  AddRecordCommands(app, context);
  AddSqlCommand(app, context);
  AddQueryCommand(app, context);
  AddExportCommand(app, context);
  AddImportCommand(app, context);
  AddModelCommands(app, context);
  AddEmbedCommand(app, context);
  AddMaintenanceCommands(app, context);
  AddCompletionCommand(app, context);
}

// The options may stand behind what failed to parse.
bool WantsJson(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

int Parse(CLI::App& app, CliContext& context, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    context.action = [&] {
      context.out.Write(app.help());
      return kExitOk;
    };
  } catch (const CLI::CallForVersion& version) {
    const std::string text = version.what();
    context.action = [&context, text] {
      context.out.WriteLine(text);
      return kExitOk;
    };
  } catch (const CLI::ParseError& error) {
    throw ExplainParseError(app, error);
  }
  if (!context.action) throw ExplainMissingCommand(app);
  return kExitOk;
}

int RunAction(CliContext& context) {
  try {
    const int code = context.action();
    context.out.Flush();
    return code;
  } catch (const BrokenPipe&) {
    // The reader has what it wanted.
    return kExitOk;
  }
}

// Results that came before a failure still go out.
void FlushResults(CliContext& context) {
  try {
    context.out.Flush();
  } catch (const std::exception&) {
    context.out.Discard();
  }
}

int Run(int argc, char** argv) {
  // A closed pipe is an error of write(), which Output turns into a quiet end.
  std::signal(SIGPIPE, SIG_IGN);
  InitTerminal();
  CliContext context;
  context.options.json = WantsJson(argc, argv);
  const bool json = context.options.json;
  CLI::App app("A memory database: records with schemas, SQL, and search by meaning.", "rem-db");
  app.require_subcommand(0, 1);
  app.footer(kExamples);
  app.get_formatter()->column_width(28);
  AddGlobalOptions(app, context.options);
  AddCommands(app, context);
  try {
    Parse(app, context, argc, argv);
    return RunAction(context);
  } catch (const UsageError& error) {
    FlushResults(context);
    ReportUsage(error.what(), error.hint(), json);
    return kExitUsage;
  } catch (const Error& error) {
    FlushResults(context);
    ReportError(error, json);
  } catch (const std::bad_alloc&) {
    ReportError(
        Error(ErrorCode::kLimitExceeded, "out of memory", "ask for less at once, or give the process more memory"),
        json);
  } catch (const std::exception& error) {
    ReportError(Error(ErrorCode::kInternal, fmt::format("unexpected failure: {}", error.what()), "please report this"),
                json);
  }
  return kExitFailed;
}

}  // namespace

}  // namespace rem::cli

int main(int argc, char** argv) { return rem::cli::Run(argc, argv); }
