#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/line_reader.h"
#include "cli/result_writer.h"
#include "cli/sql_splitter.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

constexpr size_t kMaxSqlBytes = 64 << 20;

const std::map<std::string, RowFormat> kFormats = {{"table", RowFormat::kTable},
                                                   {"json", RowFormat::kJson},
                                                   {"jsonl", RowFormat::kJsonLines},
                                                   {"csv", RowFormat::kCsv}};

struct SqlArguments {
  std::string statement;
  std::string file;
  std::string format;
  CLI::Option* statement_option = nullptr;
};

RowFormat ReadFormat(const std::string& name, bool json) {
  if (name.empty()) return json ? RowFormat::kJson : RowFormat::kTable;
  for (const auto& [known, format] : kFormats) {
    if (name == known) return format;
  }
  throw UsageError(fmt::format("unknown output format \"{}\"", Printable(name)), "use table, json, jsonl or csv");
}

std::string ReadSql(CliContext& context, const SqlArguments& arguments) {
  const bool has_statement = arguments.statement_option->count() > 0;
  if (has_statement && !arguments.file.empty()) throw UsageError("a statement and --file", "give one of them");
  if (has_statement && arguments.statement != "-") return arguments.statement;
  const std::string source = arguments.file.empty() ? "-" : arguments.file;
  InputFile input(source);
  if (input.IsTerminal()) {
    if (!has_statement)
      throw UsageError("no statement given", "for example: rem-db sql \"SELECT count(*) FROM resources\"");
    if (context.Interactive()) Note("reading SQL from the terminal; Ctrl-D ends");
  }
  return ReadAll(input, kMaxSqlBytes);
}

void WriteAffected(Output& out, RowFormat format, int64_t rows) {
  if (format == RowFormat::kTable) {
    out.WriteLine(fmt::format("({} {} affected)", rows, rows == 1 ? "row" : "rows"));
  } else if (format != RowFormat::kCsv) {
    out.WriteLine(fmt::format("{{\"affected_rows\":{}}}", rows));
  }
}

/// Ctrl-C ends the statement, not the process; a second one ends the process.
class CancelOnInterrupt {
 public:
  explicit CancelOnInterrupt(const Session& session) {
    target = &session;
    struct sigaction action {};
    action.sa_handler = [](int) {
      if (const Session* running = target) running->Cancel();
    };
    action.sa_flags = SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before_);
  }
  ~CancelOnInterrupt() {
    sigaction(SIGINT, &before_, nullptr);
    target = nullptr;
  }
  CancelOnInterrupt(const CancelOnInterrupt&) = delete;
  CancelOnInterrupt& operator=(const CancelOnInterrupt&) = delete;

 private:
  // What a signal handler can reach.
  static inline std::atomic<const Session*> target = nullptr;
  struct sigaction before_ {};
};

int RunSql(CliContext& context, const SqlArguments& arguments) {
  const std::string text = ReadSql(context, arguments);
  const RowFormat format = ReadFormat(arguments.format, context.options.json);
  const std::vector<std::string_view> statements = SplitStatements(text);
  if (statements.empty())
    throw UsageError("the statement is empty", "for example: rem-db sql \"SELECT count(*) FROM resources\"");
  Session session = context.OpenSession();
  const CancelOnInterrupt cancel(session);
  for (const std::string_view statement : statements) {
    const auto start = std::chrono::steady_clock::now();
    try {
      Result result = session.Sql(statement);
      if (!result.columns().empty()) WriteResult(result, format, context.out);
      if (result.affected_rows() >= 0) WriteAffected(context.out, format, result.affected_rows());
    } catch (const Error& error) {
      context.out.Flush();
      ReportError(error, context.options.json, ShowPosition(statement, error.position()));
      return kExitFailed;
    }
    context.out.Flush();
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    if (context.Interactive()) Note("Time: " + FormatDuration(elapsed.count()));
  }
  return kExitOk;
}

}  // namespace

void AddSqlCommand(CLI::App& app, CliContext& context) {
  auto arguments = std::make_shared<SqlArguments>();
  CLI::App* command = AddCommand(app, "sql", "Run SQL statements",
                                 "  rem-db sql \"SELECT name, version FROM packages WHERE section = 'games' LIMIT 5\"\n"
                                 "  rem-db sql \"SELECT * FROM resources\" -o jsonl > resources.jsonl\n"
                                 "  rem-db sql --file report.sql -o csv\n");
  arguments->statement_option =
      command
          ->add_option("statement", arguments->statement,
                       "SQL text; several statements are separated by ';'. - reads standard input")
          ->type_name("SQL");
  command->add_option("--file", arguments->file, "Read the SQL from a file")->type_name("FILE");
  command->add_option("-o,--output", arguments->format, "table, json, jsonl or csv (default: table; json with --json)")
      ->type_name("FORMAT");
  SetAction(command, context, arguments, &RunSql);
}

}  // namespace rem::cli
