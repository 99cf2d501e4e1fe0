#include <memory>

#include <fmt/format.h>

#include "cli/cli_context.h"
#include "cli/json_output.h"
#include "cli/table_printer.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

struct RecordArguments {
  std::vector<std::string> ids;
  bool purge = false;
};

struct LookupArguments {
  std::vector<std::string> keys;
};

Uuid ParseId(const std::string& text) {
  const std::optional<Uuid> id = Uuid::Parse(text);
  if (!id)
    throw UsageError(fmt::format("not an id: \"{}\"", Printable(text)),
                     "ids are UUIDs; find records by key or name with rem-db lookup");
  return *id;
}

std::vector<Uuid> ParseIds(const std::vector<std::string>& texts) {
  std::vector<Uuid> ids;
  for (const std::string& text : texts) ids.push_back(ParseId(text));
  return ids;
}

void ThrowMissing(const std::vector<std::string>& missing, std::string_view state, std::string hint) {
  if (missing.empty()) return;
  std::string list;
  for (const std::string& id : missing) list += (list.empty() ? "" : ", ") + id;
  throw Error(ErrorCode::kRecordNotFound, fmt::format("no {} with id {}", state, list), std::move(hint));
}

int RunGet(CliContext& context, const RecordArguments& arguments) {
  const std::vector<Uuid> ids = ParseIds(arguments.ids);
  const Session session = context.OpenSession();
  const std::vector<std::optional<Record>> records = session.MultiGet(ids);
  std::vector<std::string> missing;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!records[i]) {
      missing.push_back(ids[i].ToString());
      continue;
    }
    JsonWriter json(!context.options.json || context.PrettyJson());
    WriteRecord(json, *records[i]);
    context.out.WriteLine(json.text());
  }
  ThrowMissing(missing, "live record", "rem-db restore brings back a deleted record; check --tenant and --db");
  return kExitOk;
}

// Applies one change to each id; `verb` says what was done.
template <typename Change>
int ChangeEach(CliContext& context, const RecordArguments& arguments, std::string_view verb, std::string_view needed,
               std::string hint, const Change& change) {
  const std::vector<Uuid> ids = ParseIds(arguments.ids);
  Session session = context.OpenSession();
  std::vector<std::string> missing;
  uint64_t done = 0;
  for (const Uuid& id : ids) {
    if (!change(session, id)) {
      missing.push_back(id.ToString());
      continue;
    }
    ++done;
    if (!context.options.json) context.out.WriteLine(fmt::format("{} {}", verb, id.ToString()));
  }
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key(verb);
    json.Uint(done);
    json.EndObject();
    context.out.WriteLine(json.text());
  }
  ThrowMissing(missing, needed, std::move(hint));
  return kExitOk;
}

int RunDelete(CliContext& context, const RecordArguments& arguments) {
  if (arguments.purge) {
    return ChangeEach(context, arguments, "purged", "record", "check --tenant and --db",
                      [](Session& session, const Uuid& id) { return session.Purge(id); });
  }
  return ChangeEach(context, arguments, "deleted", "live record",
                    "check --tenant and --db; --purge also removes deleted records",
                    [](Session& session, const Uuid& id) { return session.Delete(id); });
}

int RunRestore(CliContext& context, const RecordArguments& arguments) {
  return ChangeEach(context, arguments, "restored", "deleted record",
                    "purged records are gone for good; live ones need no restoring",
                    [](Session& session, const Uuid& id) { return session.Restore(id); });
}

// What a person calls the record.
std::string RecordLabel(const Record& record) {
  for (const char* field : {"name", "title", "key"}) {
    const std::optional<DocumentView> value = record.properties.view().Find(field);
    if (value && value->kind() == NodeKind::kText) return std::string(value->AsText());
  }
  return {};
}

void WriteLookupJson(CliContext& context, const std::vector<std::string>& keys,
                     const std::vector<std::vector<Record>>& found) {
  JsonWriter json(context.PrettyJson());
  json.BeginArray();
  for (size_t i = 0; i < keys.size(); ++i) {
    json.BeginObject();
    json.Key("key");
    json.Text(ToValidUtf8(keys[i]));
    json.Key("records");
    json.BeginArray();
    for (const Record& record : found[i]) WriteRecord(json, record);
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  context.out.WriteLine(json.text());
}

int RunLookup(CliContext& context, const LookupArguments& arguments) {
  const Session session = context.OpenSession();
  std::vector<std::vector<Record>> found;
  std::string missing;
  bool any = false;
  for (const std::string& key : arguments.keys) {
    found.push_back(session.Lookup(key));
    if (found.back().empty()) missing += fmt::format("{}\"{}\"", missing.empty() ? "" : ", ", Printable(key));
    any = any || !found.back().empty();
  }
  if (context.options.json) {
    WriteLookupJson(context, arguments.keys, found);
  } else if (any) {
    TablePrinter printer(context.out, {{"key"}, {"table"}, {"id"}, {"name"}, {"properties"}});
    for (size_t i = 0; i < found.size(); ++i) {
      for (const Record& record : found[i]) {
        printer.AddRow({{arguments.keys[i]},
                        {record.table},
                        {record.id.ToString()},
                        {RecordLabel(record)},
                        {record.properties.ToJson()}});
      }
    }
    printer.Finish();
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::kRecordNotFound, fmt::format("nothing is called {}", missing),
                "keys are ids, key fields, names and aliases, in full; rem-db query finds by meaning");
  }
  return kExitOk;
}

CLI::App* AddIdCommand(CLI::App& app, const std::shared_ptr<RecordArguments>& arguments, const std::string& name,
                       const std::string& description, const std::string& examples) {
  CLI::App* command = AddCommand(app, name, description, examples);
  command->add_option("id", arguments->ids, "Id of a record")->required()->type_name("ID");
  return command;
}

}  // namespace

void AddRecordCommands(CLI::App& app, CliContext& context) {
  auto get = std::make_shared<RecordArguments>();
  SetAction(AddIdCommand(app, get, "get", "Show records by id", "  rem-db get 0b6f1c1e-9d7a-5c62-8a40-3f2f7f1f4f10\n"),
            context, get, &RunGet);

  auto lookup = std::make_shared<LookupArguments>();
  CLI::App* lookup_command = AddCommand(app, "lookup", "Find records by key, name or alias, in every table",
                                        "  rem-db lookup jpegoptim \"Ada Lovelace\"\n");
  lookup_command->add_option("key", lookup->keys, "What the record is called (case does not matter)")
      ->required()
      ->type_name("KEY");
  SetAction(lookup_command, context, lookup, &RunLookup);

  auto remove = std::make_shared<RecordArguments>();
  CLI::App* delete_command = AddIdCommand(app, remove, "delete", "Delete records; restorable unless --purge",
                                          "  rem-db delete 0b6f1c1e-9d7a-5c62-8a40-3f2f7f1f4f10\n");
  delete_command->add_flag("--purge", remove->purge, "Remove for good, everywhere");
  SetAction(delete_command, context, remove, &RunDelete);

  auto restore = std::make_shared<RecordArguments>();
  SetAction(AddIdCommand(app, restore, "restore", "Bring back deleted records",
                         "  rem-db restore 0b6f1c1e-9d7a-5c62-8a40-3f2f7f1f4f10\n"),
            context, restore, &RunRestore);
}

}  // namespace rem::cli
