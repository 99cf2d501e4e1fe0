#include "sql/pipeline_view.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <rem/error.h>

#include "catalog/view.h"
#include "sql/parser/ast_tables.h"
#include "sql/parser/parser.h"
#include "sql/pipeline_change.h"
#include "sql/pipeline_schema.h"
#include "sql/pipeline_sequence.h"

namespace rem::sql {
namespace {

// Views of views, and so on.
constexpr size_t kMaxViewDepth = 100;

[[noreturn]] void ThrowChanged(std::string message, int position) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message),
              "a replaced view keeps its columns; it may get more behind them")
      .WithSqlState("42P16")
      .WithPosition(position);
}

// The columns as CREATE TABLE AS would make them, and the query. Nothing satisfies "not": {}.
Document SchemaOfView(const ast::CreateView& create, std::span<const ResultColumn> columns) {
  if (create.columns.size() > columns.size()) {
    throw Error(ErrorCode::kSyntax, "CREATE VIEW specifies more column names than columns",
                "name at most the query's columns")
        .WithPosition(create.view.position);
  }
  ast::CreateTableAs as;
  as.table = create.view;
  as.columns = create.columns;
  ast::CreateTable table = TableOfResult(as, columns);
  SchemaDraft draft;
  if (create.temporary) draft.SetTemporary();
  AddColumns(create.view.name, table.columns, draft);
  const Document made = draft.Finish();
  const DocumentView members = made;
  DocumentBuilder out;
  out.BeginObject();
  for (size_t i = 0; i < members.size(); ++i) {
    out.Key(members.KeyAt(i));
    out.Copy(members.ValueAt(i));
  }
  out.Key("not");
  out.BeginObject();
  out.EndObject();
  out.Key(kViewKey);
  out.Text(create.text);
  out.EndObject();
  return out.Finish();
}

void CheckReplaces(const Table& before, const TableSchema& after, int position) {
  for (size_t i = 0; i < before.schema.columns.size(); ++i) {
    const ColumnSchema& old = before.schema.columns[i];
    if (i >= after.columns.size()) ThrowChanged("cannot drop columns from view", position);
    const ColumnSchema& now = after.columns[i];
    if (now.name != old.name)
      ThrowChanged(fmt::format("cannot change name of view column \"{}\" to \"{}\"", old.name, now.name), position);
    if (now.type != old.type)
      ThrowChanged(fmt::format("cannot change data type of view column \"{}\" from {} to {}", old.name,
                               LogicalTypeName(old.type), LogicalTypeName(now.type)),
                   position);
  }
}

std::set<std::string> TablesOf(const Table& view) {
  std::set<std::string> names;
  if (const auto text = ViewQueryOf(view)) ast::CollectTables(*ParseViewQuery(*text), names);
  return names;
}

// Whether the query names the view that it defines, itself or through other views.
bool Reads(const CatalogSnapshot& catalog, const std::set<std::string>& names, const Table& view, size_t depth,
           int position) {
  if (depth > kMaxViewDepth)
    throw Error(ErrorCode::kLimitExceeded, "views are nested too deeply", "name tables").WithPosition(position);
  return std::ranges::any_of(names, [&](const std::string& name) {
    const TablePtr table = catalog.Find(name);
    if (table == nullptr) return false;
    return table->id == view.id || Reads(catalog, TablesOf(*table), view, depth + 1, position);
  });
}

}  // namespace

void CheckIsTable(const Table& table, int position) {
  const bool sequence = IsSequence(table);
  if (!ViewQueryOf(table) && !sequence) return;
  throw Error(ErrorCode::kTypeMismatch, fmt::format("\"{}\" is not a table", table.name()),
              sequence ? "it is a sequence" : "it is a view")
      .WithSqlState("42809")
      .WithPosition(position);
}

void CheckIsView(const Table& table, int position) {
  if (ViewQueryOf(table)) return;
  throw Error(ErrorCode::kTypeMismatch, fmt::format("\"{}\" is not a view", table.name()), "it is a table")
      .WithSqlState("42809")
      .WithPosition(position);
}

void CheckIsKind(const Table& table, const ast::DropTables& drop, int position) {
  if (drop.sequences != IsSequence(table)) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("\"{}\" is not a {}", table.name(),
                            drop.sequences ? "sequence"
                            : drop.views   ? "view"
                                           : "table"),
                drop.sequences ? "it is a table or view" : "it is a sequence")
        .WithSqlState("42809")
        .WithPosition(position);
  }
  if (!drop.sequences) drop.views ? CheckIsView(table, position) : CheckIsTable(table, position);
}

void CheckSequenceIsFree(const CatalogSnapshot& catalog, const Table& sequence) {
  for (const TablePtr& table : catalog.tables()) {
    for (const ColumnSchema& column : table->schema.columns) {
      const std::string& text = column.default_expression;
      if (text.find("nextval") == std::string::npos || text.find(sequence.schema.name) == std::string::npos) continue;
      throw Error(ErrorCode::kDependentObjects,
                  fmt::format("cannot drop sequence {} because other objects depend on it", sequence.name()),
                  "drop the default of the column first")
          .WithDetail(fmt::format("default value for column {} of table {} depends on sequence {}", column.name,
                                  table->name(), sequence.name()));
    }
  }
}

std::vector<TablePtr> ViewsOf(const CatalogSnapshot& catalog, const Table& table) {
  std::vector<TablePtr> views;
  for (const TablePtr& other : catalog.tables()) {
    const std::set<std::string> names = TablesOf(*other);
    const CatalogSnapshot& known = catalog.IsTemporary(*other) ? catalog : catalog.permanent();
    const bool reads = std::ranges::any_of(names, [&](const std::string& name) {
      const TablePtr read = known.Find(name);
      return read != nullptr && read->id == table.id;
    });
    if (reads) views.push_back(other);
  }
  return views;
}

void RunCreateView(const QueryContext& context, DefinitionTarget& target, ast::CreateView& create,
                   std::span<const Value> parameters) {
  const int position = create.view.position;
  if (!parameters.empty())
    throw Error(ErrorCode::kNotSupported, "a view has no parameters", "write the values").WithSqlState("42P02");
  const CatalogPtr catalog = target.catalog();
  const std::string& name = create.view.name;
  const TablePtr before = catalog->Find(name);
  std::set<std::string> names;
  ast::CollectTables(*create.query, names);
  if (before == nullptr ? RelationExists(*catalog, SchemaDraft(), name) : !create.replace) {
    throw Error(ErrorCode::kTableExists, fmt::format("relation \"{}\" already exists", name),
                "drop it first, or write CREATE OR REPLACE VIEW")
        .WithPosition(position);
  }
  if (before != nullptr) CheckIsView(*before, position);
  if (before != nullptr && Reads(*catalog, names, *before, 0, position)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("infinite recursion detected in rules for relation \"{}\"", name), "name other tables")
        .WithSqlState("42P17")
        .WithPosition(position);
  }
  const auto plan = PlanSelect(context, std::move(create.query), {}, context.clock->NowMicros());
  std::vector<ResultColumn> columns;
  for (const OutputColumn& output : plan->output) columns.push_back({output.name, plan->columns[output.column].type});
  const Document schema = SchemaOfView(create, columns);
  if (before != nullptr) CheckReplaces(*before, ReadTableSchema(name, schema), position);
  target.Register(name, schema, before != nullptr);
}

}  // namespace rem::sql
