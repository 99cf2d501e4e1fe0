#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <rem/embedding.h>

#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "cli/table_printer.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

constexpr int64_t kPollMs = 250;
// How long nothing may get on before the command ends.
constexpr std::chrono::seconds kPatience{120};
constexpr size_t kShownFailures = 20;

struct EmbedArguments {
  std::string table;
  std::string provider;
  bool status = false;
  bool retry = false;
};

void WriteStatusJson(CliContext& context, const EmbeddingStatus& status) {
  JsonWriter json(context.PrettyJson());
  const auto text = [&](std::string_view key, const std::string& value) {
    json.Key(key);
    json.Text(value);
  };
  const auto count = [&](std::string_view key, uint64_t value) {
    json.Key(key);
    json.Uint(value);
  };
  json.BeginObject();
  count("pending", status.pending);
  count("failed", status.failed);
  text("last_error", status.last_error);
  json.Key("queues");
  json.BeginArray();
  for (const EmbeddingQueue& queue : status.queues) {
    json.BeginObject();
    text("table", queue.table);
    text("column", queue.column);
    text("provider", queue.provider);
    count("pending", queue.pending);
    count("retrying", queue.retrying);
    count("failed", queue.failed);
    json.Key("reembedding");
    json.Bool(queue.reembedding);
    json.EndObject();
  }
  json.EndArray();
  json.Key("failures");
  json.BeginArray();
  for (const FailedEmbedding& failure : status.failures) {
    json.BeginObject();
    text("id", failure.id.ToString());
    text("table", failure.table);
    text("column", failure.column);
    count("attempts", failure.attempts);
    text("failed_at", failure.failed_at.ToString());
    text("error", failure.error);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  context.out.WriteLine(json.text());
}

void WriteStatus(CliContext& context, const EmbeddingStatus& status) {
  if (context.options.json) return WriteStatusJson(context, status);
  if (status.queues.empty()) return context.out.WriteLine("all records have their embeddings");
  TablePrinter printer(
      context.out, {{"table"}, {"column"}, {"provider"}, {"waiting", true}, {"retrying", true}, {"given up", true}});
  for (const EmbeddingQueue& queue : status.queues) {
    printer.AddRow({{queue.table},
                    {queue.column + (queue.reembedding ? " (anew)" : "")},
                    {queue.provider},
                    {FormatCount(queue.pending)},
                    {FormatCount(queue.retrying)},
                    {FormatCount(queue.failed)}});
  }
  printer.Finish();
  if (!status.last_error.empty()) context.out.WriteLine("last error: " + Printable(status.last_error));
  for (const FailedEmbedding& failure : status.failures)
    context.out.WriteLine(fmt::format("{} of {}: {}", failure.id.ToString(), failure.table, Printable(failure.error)));
  if (status.failed > status.failures.size())
    context.out.WriteLine(fmt::format("and {} more", FormatCount(status.failed - status.failures.size())));
  context.out.Flush();
  if (status.failed > 0) Note("rem-db embed --retry tries those that were given up again");
}

// Waits while the worker gets on. False when it does not.
bool AwaitWorker(Session& session) {
  InterruptGuard guard;
  EmbeddingStatus status = session.GetEmbeddingStatus(0);
  const uint64_t begin = status.embedded;
  uint64_t settled = status.embedded + status.failed;
  auto moved = std::chrono::steady_clock::now();
  ProgressBar progress("embedding", status.pending);
  std::string told;
  while (!session.WaitForWorker(kPollMs)) {
    if (InterruptGuard::Signal() != 0) return false;
    status = session.GetEmbeddingStatus(0);
    progress.Update(status.embedded - begin, status.embedded - begin);
    const auto now = std::chrono::steady_clock::now();
    if (status.embedded + status.failed != settled) moved = now;
    settled = status.embedded + status.failed;
    if (now - moved > kPatience) return false;
    if (status.last_error.empty() || status.last_error == told) continue;
    progress.Clear();
    Note(Printable(status.last_error));
    told = status.last_error;
  }
  return true;
}

// Texts that were cut off are never passed over in silence.
void NoteCutTexts() {
  for (const EmbeddingModelInfo& model : ListEmbeddingModels()) {
    if (model.cut_texts == 0) continue;
    Note(fmt::format(
        "{} {} longer than the {} tokens that {} reads: only the beginning was embedded "
        "(rem-db model add --long-texts average embeds all of it)",
        FormatCount(model.cut_texts), model.cut_texts == 1 ? "text was" : "texts were", model.max_tokens, model.name));
  }
}

int RunReembed(CliContext& context, const EmbedArguments& arguments) {
  if (arguments.table.empty()) throw UsageError("--reembed needs a table", "name it with --table");
  Session session = context.OpenSession();
  InterruptGuard guard;
  std::string told;
  bool done = false;
  {
    ProgressBar progress("embedding " + arguments.table,
                         static_cast<uint64_t>(session.GetTable(arguments.table).row_count));
    done = session.Reembed(arguments.table, arguments.provider, [&](uint64_t made, uint64_t) {
      progress.Update(made, made);
      const std::string error = session.GetEmbeddingStatus(0).last_error;
      if (!error.empty() && error != told) {
        progress.Clear();
        Note(Printable(error));
        told = error;
      }
      return InterruptGuard::Signal() == 0;
    });
  }
  if (!done) {
    Note("interrupted: it goes on where it was when the database is open again, for example with rem-db embed");
    return 128 + InterruptGuard::Signal();
  }
  const std::string provider = session.GetTable(arguments.table).embedding_provider;
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("table");
    json.Text(arguments.table);
    json.Key("embedding_provider");
    json.Text(provider);
    json.EndObject();
    context.out.WriteLine(json.text());
  } else {
    context.out.WriteLine(fmt::format("{} is embedded by {}", arguments.table, provider));
  }
  NoteCutTexts();
  return kExitOk;
}

int RunEmbed(CliContext& context, const EmbedArguments& arguments) {
  if (!arguments.provider.empty()) {
    if (arguments.status || arguments.retry)
      throw UsageError("--reembed goes with --table alone", "see rem-db embed --help");
    return RunReembed(context, arguments);
  }
  if (!arguments.table.empty()) throw UsageError("--table goes with --reembed", "see rem-db embed --help");
  // Looking makes no request to a provider.
  if (arguments.status && !arguments.retry) context.options.read_only = true;
  Session session = context.OpenSession();
  if (arguments.retry) {
    const uint64_t records = session.RetryFailedEmbeddings();
    Note(fmt::format("{} {} tried again", FormatCount(records), records == 1 ? "record is" : "records are"));
  }
  bool done = true;
  if (!context.options.read_only) done = AwaitWorker(session);
  const EmbeddingStatus status = session.GetEmbeddingStatus(kShownFailures);
  WriteStatus(context, status);
  NoteCutTexts();
  if (const int signal = InterruptGuard::Signal(); signal != 0) return 128 + signal;
  return done && (arguments.status || status.failed == 0) ? kExitOk : kExitFailed;
}

}  // namespace

void AddEmbedCommand(CLI::App& app, CliContext& context) {
  auto arguments = std::make_shared<EmbedArguments>();
  CLI::App* command = AddCommand(app, "embed", "Embed the records that wait for it, and show which do",
                                 "  rem-db embed\n  rem-db embed --status\n  rem-db embed --retry\n"
                                 "  rem-db embed --table notes --reembed local:all-MiniLM-L6-v2\n");
  command->add_flag("--status", arguments->status, "Only show what waits and what was given up");
  command->add_flag("--retry", arguments->retry, "Try the records again that were given up");
  command->add_option("--reembed", arguments->provider, "Embed all records of the table anew by this provider")
      ->type_name("PROVIDER");
  command->add_option("--table", arguments->table, "The table to embed anew")->type_name("TABLE");
  SetAction(command, context, arguments, &RunEmbed);
}

}  // namespace rem::cli
