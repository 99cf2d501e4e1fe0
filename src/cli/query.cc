#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/cli_context.h"
#include "cli/json_output.h"
#include "cli/table_printer.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

// Longest excerpt of a record's text, in bytes; the table cuts it to the terminal.
constexpr size_t kExcerptBytes = 200;

struct QueryArguments {
  std::string text;
  std::string table;
  size_t top_k = 10;
  double min_score = SearchOptions().min_score;
};

// The tables to search: the one asked for, else every one whose records have embeddings.
std::vector<TableInfo> SearchedTables(const Session& session, const std::string& name) {
  if (!name.empty()) return {session.GetTable(name)};
  std::vector<TableInfo> tables = session.ListTables();
  std::erase_if(tables, [](const TableInfo& table) { return table.embedding_fields.empty() || table.row_count == 0; });
  return tables;
}

std::string TextField(const Record& record, std::string_view name) {
  const std::optional<DocumentView> value = record.properties.view().Find(name);
  return value && value->kind() == NodeKind::kText ? std::string(value->AsText()) : std::string();
}

std::string Excerpt(const Record& record, const std::vector<TableInfo>& tables) {
  const auto table =
      std::find_if(tables.begin(), tables.end(), [&](const TableInfo& info) { return info.name == record.table; });
  std::string text;
  if (table != tables.end()) {
    for (const std::string& field : table->embedding_fields) {
      if (field != "name" && text.empty()) text = TextField(record, field);
    }
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kExcerptBytes)
    text = CutToWidth(ToValidUtf8(std::string_view(text).substr(0, kExcerptBytes)), kExcerptBytes / 2);
  return text;
}

int RunQuery(CliContext& context, const QueryArguments& arguments) {
  if (arguments.text.find_first_not_of(" \t\n") == std::string::npos)
    throw UsageError("the text to search for is empty");
  if (arguments.top_k == 0) throw UsageError("--top-k is 0", "ask for at least one record");
  const Session session = context.OpenSession();
  SearchOptions options;
  options.top_k = arguments.top_k;
  options.min_score = arguments.min_score;
  const std::vector<TableInfo> tables = SearchedTables(session, arguments.table);
  std::vector<ScoredRecord> hits;
  for (const TableInfo& table : tables) {
    for (ScoredRecord& hit : session.Search(table.name, arguments.text, options)) hits.push_back(std::move(hit));
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const ScoredRecord& a, const ScoredRecord& b) { return a.score > b.score; });
  if (hits.size() > arguments.top_k) hits.resize(arguments.top_k);
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginArray();
    for (const ScoredRecord& hit : hits) {
      json.BeginObject();
      json.Key("score");
      json.Double(hit.score);
      WriteRecordMembers(json, hit.record);
      json.EndObject();
    }
    json.EndArray();
    context.out.WriteLine(json.text());
    return kExitOk;
  }
  TablePrinter printer(context.out, {{"score", true}, {"table"}, {"name"}, {"text"}, {"id"}});
  for (const ScoredRecord& hit : hits) {
    printer.AddRow({{fmt::format("{:.4f}", hit.score)},
                    {hit.record.table},
                    {TextField(hit.record, "name")},
                    {Excerpt(hit.record, tables)},
                    {hit.record.id.ToString()}});
  }
  printer.Finish();
  return kExitOk;
}

}  // namespace

void AddQueryCommand(CLI::App& app, CliContext& context) {
  auto arguments = std::make_shared<QueryArguments>();
  CLI::App* command = AddCommand(app, "query", "Search by meaning",
                                 "  rem-db query \"shrink photos on the command line\" --table packages --top-k 5\n");
  command->add_option("text", arguments->text, "What to look for")->required()->type_name("TEXT");
  command->add_option("--table", arguments->table, "Search this table (default: every table with embeddings)")
      ->type_name("TABLE");
  command->add_option("--top-k", arguments->top_k, "How many records at most (default: 10)")->type_name("N");
  command->add_option("--min-score", arguments->min_score, "Leave out records with a lower score")->type_name("SCORE");
  SetAction(command, context, arguments, &RunQuery);
}

}  // namespace rem::cli
