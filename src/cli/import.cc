#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "cli/batch_loader.h"
#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/line_reader.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/transfer.h"

namespace rem::cli {

namespace {

constexpr std::string_view kFallbackTable = "entities";

struct ImportArguments {
  std::string file;
  std::string rejects;
};

[[noreturn]] void ThrowBadLine(std::string message) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message), "see docs/cli.md for the two formats that import reads");
}

std::string_view TextMember(const DocumentView& object, std::string_view name) {
  const std::optional<DocumentView> value = object.Find(name);
  return value && value->kind() == NodeKind::kText ? value->AsText() : std::string_view();
}

VectorValue ReadVector(const DocumentView& node) {
  VectorValue vector;
  for (size_t i = 0; i < node.size(); ++i) {
    if (!node.At(i).IsNumber()) ThrowBadLine("a vector holds something that is no number");
    vector.push_back(static_cast<float>(node.At(i).AsDouble()));
  }
  return vector;
}

/// Turns one line of an export, ours or the prototype's, into a row of a table.
class LineImporter {
 public:
  LineImporter(Session& session, BatchLoader& loader) : session_(session), loader_(loader) { LearnTables(); }

  void Import(const DocumentView& line, uint64_t number, std::string_view source) {
    if (line.kind() != NodeKind::kObject) ThrowBadLine("the line is no JSON object");
    if (const std::optional<DocumentView> version = line.Find("rem_export")) return CheckVersion(*version);
    PendingRow row;
    row.line = number;
    row.source = source;
    if (line.Find("json_schema") && line.Find("schema")) return ImportSchema(line);
    std::string table;
    if (line.Find("table") && line.Find("properties")) {
      table = ReadOwn(line, row);
    } else {
      table = ReadPrototype(line, row);
    }
    loader_.Add(table, std::move(row));
  }

 private:
  void LearnTables() {
    tables_.clear();
    for (TableInfo& table : session_.ListTables()) tables_.emplace(table.name, std::move(table));
  }

  static void CheckVersion(const DocumentView& version) {
    if (version.kind() == NodeKind::kInt && version.AsInt() == kExportVersion) return;
    throw Error(ErrorCode::kFormatVersion,
                fmt::format("the export has format {}, this rem-db reads {}", version.ToJson(), kExportVersion),
                "import it with the version of rem-db that wrote it, or a newer one");
  }

  void ImportSchema(const DocumentView& line) {
    // Rows read before belong to the tables as they were.
    loader_.Flush();
    session_.RegisterSchema(TextMember(line, "schema"), Document::Copy(*line.Find("json_schema")));
    LearnTables();
  }

  std::string ReadOwn(const DocumentView& line, PendingRow& row) {
    const std::string name(TextMember(line, "table"));
    const auto table = tables_.find(name);
    // The engine's own error, with the nearest names.
    const TableInfo info = table == tables_.end() ? session_.GetTable(name) : table->second;
    const DocumentView properties = *line.Find("properties");
    if (properties.kind() != NodeKind::kObject) ThrowBadLine("\"properties\" is no object");
    builder_.Reset();
    builder_.BeginObject();
    CopyMembers(properties, {"id", "created_at"});
    for (const char* member : {"id", "created_at"}) {
      if (const std::optional<DocumentView> value = line.Find(member)) Put(member, *value);
    }
    AddVectors(info, line, row);
    builder_.EndObject();
    row.record = builder_.Finish();
    row.deleted = line.Find("deleted_at") && !line.Find("deleted_at")->IsNull();
    return info.name;
  }

  void AddVectors(const TableInfo& table, const DocumentView& line, PendingRow& row) {
    const std::optional<DocumentView> vectors = line.Find("vectors");
    if (!vectors) return;
    const std::vector<std::string> declared = VectorColumns(table);
    for (size_t i = 0; i < vectors->size(); ++i) {
      const std::string name(vectors->KeyAt(i));
      if (std::find(declared.begin(), declared.end(), name) != declared.end()) {
        Put(name, vectors->ValueAt(i));
      } else {
        row.vectors.emplace_back(name, ReadVector(vectors->ValueAt(i)));
      }
    }
  }

  // {"id", "type", "name", "properties", "embedding", …}: `type` names the table, or the kind of an entity.
  std::string ReadPrototype(const DocumentView& line, PendingRow& row) {
    const std::string type(TextMember(line, "type"));
    if (type.empty()) ThrowBadLine("the line has neither \"table\" nor \"type\"");
    row.deleted = line.Find("deleted_at") && !line.Find("deleted_at")->IsNull();
    const auto table = tables_.find(type);
    builder_.Reset();
    builder_.BeginObject();
    if (table == tables_.end()) {
      CopyMembers(line, {"modified_at", "deleted_at"});
      builder_.EndObject();
      row.record = builder_.Finish();
      return std::string(kFallbackTable);
    }
    ReadTableRow(table->second, line);
    builder_.EndObject();
    row.record = builder_.Finish();
    return type;
  }

  // The table's own fields lie in `properties`; those beside it are the prototype's system fields.
  void ReadTableRow(const TableInfo& table, const DocumentView& line) {
    const std::optional<DocumentView> properties = line.Find("properties");
    std::set<std::string_view> from_properties;
    if (properties && properties->kind() == NodeKind::kObject) {
      for (size_t i = 0; i < properties->size(); ++i) {
        from_properties.insert(properties->KeyAt(i));
        Put(properties->KeyAt(i), properties->ValueAt(i));
      }
    }
    const std::optional<DocumentView> declared = table.json_schema.view().Find("properties");
    const std::vector<std::string> vectors = VectorColumns(table);
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string_view name = line.KeyAt(i);
      const DocumentView value = line.ValueAt(i);
      if (name == "properties" || name == "modified_at" || name == "deleted_at" || from_properties.count(name) > 0)
        continue;
      const bool is_field = declared && declared->Find(name);
      const bool is_vector = std::find(vectors.begin(), vectors.end(), name) != vectors.end();
      const bool is_system = name == "id" || name == "created_at";
      // Fields that the table does not declare came from the prototype's frame around every record, and hold nothing
      // more often than not.
      const bool is_frame =
          name == "type" || value.IsNull() || (!value.IsNumber() && value.kind() != NodeKind::kBool && IsEmpty(value));
      if (is_field || is_vector || is_system || !is_frame) Put(name, value);
    }
  }

  static bool IsEmpty(const DocumentView& value) {
    return value.kind() == NodeKind::kText ? value.AsText().empty() : value.size() == 0;
  }

  void CopyMembers(const DocumentView& object, const std::set<std::string_view>& except) {
    for (size_t i = 0; i < object.size(); ++i) {
      if (except.count(object.KeyAt(i)) == 0) Put(object.KeyAt(i), object.ValueAt(i));
    }
  }

  void Put(std::string_view name, const DocumentView& value) {
    builder_.Key(name);
    builder_.Copy(value);
  }

  Session& session_;
  BatchLoader& loader_;
  std::map<std::string, TableInfo> tables_;
  DocumentBuilder builder_;
};

void ImportLines(InputFile& input, Session& session, BatchLoader& loader, RejectsFile& rejects) {
  LineImporter importer(session, loader);
  LineReader reader(input, kMaxLineBytes);
  ProgressBar progress("import", input.size());
  while (InterruptGuard::Signal() == 0 && reader.Next()) {
    const std::string_view line = reader.line();
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    bool parsed = false;
    try {
      if (reader.too_long())
        throw Error(ErrorCode::kLimitExceeded, fmt::format("the line is longer than {}", FormatBytes(kMaxLineBytes)));
      const Document document = Document::FromJson(line);
      parsed = true;
      importer.Import(document, reader.number(), line);
    } catch (const Error& error) {
      // A table that is not there is one line's fault here: other lines may be for other tables.
      if (!IsRowError(error) && error.code() != ErrorCode::kTableNotFound) throw;
      rejects.Add(reader.number(), error, line, parsed);
    }
    progress.Update(reader.bytes_read(), loader.stored());
  }
  loader.Flush();
  rejects.Close();
}

void ReportImport(CliContext& context, const BatchLoader& loader, const RejectsFile& rejects) {
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("imported");
    json.BeginObject();
    for (const auto& [table, count] : loader.stored_by_table()) {
      json.Key(table);
      json.Uint(count);
    }
    json.EndObject();
    rejects.Report(json);
    json.EndObject();
    return context.out.WriteLine(json.text());
  }
  for (const auto& [table, count] : loader.stored_by_table()) {
    context.out.WriteLine(
        fmt::format("{} {} stored in {}", FormatCount(count), count == 1 ? "record" : "records", table));
  }
  if (loader.stored() == 0) context.out.WriteLine("no records stored");
  context.out.Flush();
  rejects.Report();
}

int RunImport(CliContext& context, const ImportArguments& arguments) {
  InputFile input(arguments.file);
  const std::string rejects_path = !arguments.rejects.empty()
                                       ? arguments.rejects
                                       : (arguments.file == "-" ? "import" : arguments.file) + ".rejects.jsonl";
  RejectsFile rejects(rejects_path, arguments.file);
  Session session = context.OpenSession(IfMissing::kCreate);
  InterruptGuard guard;
  BatchLoader loader(session, rejects);
  try {
    ImportLines(input, session, loader, rejects);
  } catch (const Error&) {
    rejects.Close();
    Note(fmt::format("{} records were stored before the error", FormatCount(loader.stored())));
    throw;
  }
  if (const int signal = InterruptGuard::Signal(); signal != 0) {
    Note(fmt::format("interrupted: {} records are stored", FormatCount(loader.stored())));
    return 128 + signal;
  }
  ReportImport(context, loader, rejects);
  return rejects.count() > 0 ? kExitFailed : kExitOk;
}

}  // namespace

void AddImportCommand(CLI::App& app, CliContext& context) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command = AddCommand(app, "import", "Read an export of rem-db, or of the Python prototype",
                                 "  rem-db import everything.jsonl\n  zcat everything.jsonl.gz | rem-db import -\n");
  command->add_option("file", arguments->file, "JSONL file; - is standard input")->required()->type_name("FILE");
  command->add_option("--rejects", arguments->rejects, "Where refused lines go (default: <file>.rejects.jsonl)")
      ->type_name("FILE");
  SetAction(command, context, arguments, &RunImport);
}

}  // namespace rem::cli
