#include <memory>

#include <fmt/format.h>
#include <rem/embedding.h>

#include "cli/batch_loader.h"
#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/line_reader.h"
#include "cli/progress.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

struct InsertArguments {
  std::string table;
  std::string source;  // "-" for standard input
  std::string data;
  std::string file;
  std::string rejects;
  CLI::Option* data_option = nullptr;
};

int InsertData(CliContext& context, const InsertArguments& arguments) {
  const Document document = Document::FromJson(arguments.data);
  Session session = context.OpenSession(IfMissing::kCreate);
  std::vector<Uuid> ids;
  if (document.view().kind() == NodeKind::kArray) {
    std::vector<Document> records;
    for (size_t i = 0; i < document.view().size(); ++i) records.push_back(Document::Copy(document.view().At(i)));
    ids = session.InsertBatch(arguments.table, records);
  } else {
    ids.push_back(session.Insert(arguments.table, document));
  }
  if (!context.options.json) {
    for (const Uuid& id : ids) context.out.WriteLine(id.ToString());
    return kExitOk;
  }
  JsonWriter json(context.PrettyJson());
  json.BeginObject();
  json.Key("inserted");
  json.Uint(ids.size());
  json.Key("ids");
  json.BeginArray();
  for (const Uuid& id : ids) json.Text(id.ToString());
  json.EndArray();
  json.EndObject();
  context.out.WriteLine(json.text());
  return kExitOk;
}

void ReportInsert(CliContext& context, const std::string& table, uint64_t stored, const RejectsFile& rejects) {
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("inserted");
    json.Uint(stored);
    rejects.Report(json);
    json.EndObject();
    return context.out.WriteLine(json.text());
  }
  context.out.WriteLine(
      fmt::format("{} {} stored in {}", FormatCount(stored), stored == 1 ? "record" : "records", table));
  context.out.Flush();
  rejects.Report();
}

// Reads rows until the end of the input or a signal; what is read whole is stored.
void LoadLines(InputFile& input, const std::string& table, BatchLoader& loader, RejectsFile& rejects) {
  LineReader reader(input, kMaxLineBytes);
  ProgressBar progress(table, input.size());
  while (InterruptGuard::Signal() == 0 && reader.Next()) {
    const std::string_view line = reader.line();
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (reader.too_long()) {
      const Error error(ErrorCode::kLimitExceeded,
                        fmt::format("the line is longer than {}", FormatBytes(kMaxLineBytes)));
      rejects.Add(reader.number(), error, line, /*is_json=*/false);
      continue;
    }
    PendingRow row;
    try {
      row.record = Document::FromJson(line);
    } catch (const Error& error) {
      if (!IsRowError(error)) throw;
      rejects.Add(reader.number(), error, line, /*is_json=*/false);
      continue;
    }
    row.line = reader.number();
    row.source = line;
    loader.Add(table, std::move(row));
    progress.Update(reader.bytes_read(), loader.stored());
  }
  loader.Flush();
  rejects.Close();
}

int InsertFile(CliContext& context, const InsertArguments& arguments) {
  const std::string source = arguments.file.empty() ? arguments.source : arguments.file;
  InputFile input(source);
  if (input.IsTerminal() && context.Interactive())
    Note("reading records from the terminal, one JSON object a line; Ctrl-D ends");
  const std::string rejects_path =
      !arguments.rejects.empty() ? arguments.rejects : (source == "-" ? arguments.table : source) + ".rejects.jsonl";
  RejectsFile rejects(rejects_path, source);
  Session session = context.OpenSession(IfMissing::kCreate);
  // An unknown table is told before anything is read, and once.
  const std::string table = session.GetTable(arguments.table).name;
  InterruptGuard guard;
  BatchLoader loader(session, rejects);
  try {
    LoadLines(input, table, loader, rejects);
  } catch (const Error&) {
    rejects.Close();
    Note(fmt::format("{} {} stored in {} before the error", FormatCount(loader.stored()),
                     loader.stored() == 1 ? "record was" : "records were", table));
    throw;
  }
  if (const int signal = InterruptGuard::Signal(); signal != 0) {
    Note(fmt::format("interrupted: {} {} stored in {}", FormatCount(loader.stored()),
                     loader.stored() == 1 ? "record is" : "records are", table));
    return 128 + signal;
  }
  ReportInsert(context, table, loader.stored(), rejects);
  if (const uint64_t waiting = session.GetEmbeddingStatus(0).pending; waiting > 0 && context.Interactive())
    Note(fmt::format("{} {} embedded: rem-db embed", FormatCount(waiting),
                     waiting == 1 ? "record is not yet" : "records are not yet"));
  return rejects.count() > 0 ? kExitFailed : kExitOk;
}

int RunInsert(CliContext& context, const InsertArguments& arguments) {
  if (!arguments.source.empty() && arguments.source != "-") {
    throw UsageError(fmt::format("unexpected argument: {}", Printable(arguments.source)),
                     "give records with --data JSON, --file FILE, or - for standard input");
  }
  const bool has_data = arguments.data_option->count() > 0;
  const int sources = int{has_data} + int{!arguments.file.empty()} + int{!arguments.source.empty()};
  if (sources != 1) {
    throw UsageError(sources == 0 ? "no records given" : "records given in more than one way",
                     "use one of --data JSON, --file FILE, or - for standard input");
  }
  return has_data ? InsertData(context, arguments) : InsertFile(context, arguments);
}

}  // namespace

void AddInsertCommand(CLI::App& app, CliContext& context) {
  auto arguments = std::make_shared<InsertArguments>();
  CLI::App* command = AddCommand(app, "insert", "Store records from JSON, a JSONL file or standard input",
                                 "  rem-db insert resources --data '{\"name\": \"note\", \"content\": \"Buy milk\"}'\n"
                                 "  rem-db insert packages --file packages.jsonl\n"
                                 "  zcat packages.jsonl.gz | rem-db insert packages -\n");
  command->add_option("table", arguments->table, "Table to store in")->required()->type_name("TABLE");
  command->add_option("source", arguments->source, "- reads JSONL from standard input")->type_name("-");
  arguments->data_option =
      command->add_option("--data", arguments->data, "One JSON object, or an array of them (stored all or none)")
          ->type_name("JSON");
  command->add_option("--file", arguments->file, "JSONL file, one record a line; - is standard input")
      ->type_name("FILE");
  command->add_option("--rejects", arguments->rejects, "Where refused lines go (default: <file>.rejects.jsonl)")
      ->type_name("FILE");
  SetAction(command, context, arguments, &RunInsert);
}

}  // namespace rem::cli
