#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/rows_result.h"
#include "sql/parser/ast_names.h"
#include "sql/pipeline_change.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

// UPDATE and DELETE are a query for the ids (and new values) of the rows, which is read to its end before the first
// write: UPDATE t SET a = e FROM f WHERE w  ->  SELECT t.id, e FROM t, f WHERE w.

/// RETURNING * names the columns of all tables, and those of the others are not kept.
void CheckReturning(const std::vector<ast::FromPtr>& from, const std::vector<ast::SelectItem>& items) {
  if (from.empty() || items.empty()) return;
  const bool star = std::ranges::any_of(
      items, [](const auto& item) { return item.expr->kind == ast::ExprKind::kStar && item.expr->parts.empty(); });
  if (!star) return;
  throw Error(ErrorCode::kNotSupported, "not supported yet: RETURNING * with FROM or USING",
              "name columns of the changed table")
      .WithPosition(items[0].expr->position);
}

/// SELECT table.id, <values> FROM table, <from> WHERE <where>
ast::SelectPtr RowsToChange(auto& statement, std::vector<ast::ExprPtr> values) {
  auto select = std::make_unique<ast::Select>();
  select->with = std::move(statement.with);
  select->recursive = statement.recursive;
  select->items.push_back({ColumnExpr(statement.table.alias, kRecordIdName), std::nullopt});
  for (ast::ExprPtr& value : values) select->items.push_back({std::move(value), std::nullopt});
  select->from.push_back(TableFrom(statement.table));
  for (ast::FromPtr& item : statement.from) select->from.push_back(std::move(item));
  select->where = std::move(statement.where);
  return select;
}

struct NewValues {
  Uuid id;
  std::vector<Value> values;
};

/// Each record once, with the values of the first row that it was joined into.
std::vector<NewValues> ReadRows(Result result) {
  std::vector<NewValues> rows;
  std::unordered_set<std::string> seen;
  while (result.Next()) {
    NewValues row{result.Get(0).AsUuid(), {}};
    if (!seen.insert(std::string(row.id.AsBytes())).second) continue;
    for (size_t i = 1; i < result.columns().size(); ++i) row.values.push_back(result.Get(i));
    rows.push_back(std::move(row));
  }
  return rows;
}

struct Set {
  ChangeTarget target;
  bool untyped = false;
  int position = 0;
  std::optional<Value> fixed;  ///< Of DEFAULT.
};

/// A record that lacks only `name` among the members with computed defaults, completed.
Value ComputedDefaultOf(const ChangeContext& context, const Table& table, const ColumnSchema& wanted) {
  DocumentBuilder others;
  others.BeginObject();
  for (const ColumnSchema& column : table.schema.columns) {
    if (column.default_expression.empty() || column.name == wanted.name) continue;
    others.Key(column.name);
    others.Null();
  }
  others.EndObject();
  const Document record = table.rules->WithDefaults(others.Finish(), context.now_micros, [&](std::string_view column) {
    return context.transaction.writer().NextSequenceValue(table, column);
  });
  const auto node = record.view().Find(wanted.name);
  const auto value = node ? ValueFromNode(*node, wanted.type) : std::nullopt;
  return value ? *value : Value();
}

Value DefaultOf(const ChangeContext& context, const Table& table, const ChangeTarget& target) {
  const ColumnSchema* column = table.FindColumn(target.name);
  if (column != nullptr && !column->default_expression.empty()) return ComputedDefaultOf(context, table, *column);
  auto properties = table.schema.json_schema.view().Find("properties");
  auto property = properties ? properties->Find(target.name) : std::nullopt;
  auto node = property ? property->Find("default") : std::nullopt;
  if (!node) return Value();
  auto value = ValueFromNode(*node, target.type);
  return value ? *value : Value(Document::Copy(*node));
}

std::vector<Set> ReadSet(const ChangeContext& context, const Table& table, std::vector<ast::Assignment>& assignments,
                         std::vector<ast::ExprPtr>& values) {
  std::vector<Set> set;
  for (ast::Assignment& assignment : assignments) {
    Set one{ResolveTarget(table, assignment), false, assignment.position, std::nullopt};
    if (std::ranges::any_of(set, [&](const Set& s) { return s.target.name == one.target.name; })) {
      throw Error(ErrorCode::kSyntax, fmt::format("multiple assignments to same column \"{}\"", one.target.name),
                  "assign each column once")
          .WithPosition(assignment.position);
    }
    if (one.target.is_id || one.target.is_key) {
      throw Error(ErrorCode::kNotSupported,
                  fmt::format("not supported yet: changing the key column \"{}\"", one.target.name),
                  "delete the record and insert it under its new key")
          .WithPosition(assignment.position);
    }
    if (one.target.always && assignment.value != nullptr) {
      throw Error(ErrorCode::kGeneratedAlways,
                  fmt::format("column \"{}\" can only be updated to DEFAULT", one.target.name), "leave the column out")
          .WithPosition(assignment.position);
    }
    if (assignment.value == nullptr) {
      one.fixed = DefaultOf(context, table, one.target);
    } else {
      one.untyped = IsUntyped(*assignment.value, context.parameters);
      one.position = assignment.value->position;
      values.push_back(std::move(assignment.value));
    }
    set.push_back(std::move(one));
  }
  return set;
}

/// With CASCADE also the tables that refer to them.
std::vector<TablePtr> TruncatedTables(const CatalogSnapshot& catalog, const ast::Truncate& truncate) {
  std::vector<TablePtr> tables;
  for (const ast::TableName& name : truncate.tables) tables.push_back(FindTable(catalog, name));
  for (size_t i = 0; i < tables.size(); ++i) {
    for (const TablePtr& other : catalog.tables()) {
      const bool refers = std::ranges::any_of(other->schema.constraints, [&](const TableConstraint& constraint) {
        return constraint.kind == TableConstraint::Kind::kForeignKey && constraint.table == tables[i]->schema.name;
      });
      if (!refers || std::ranges::find(tables, other) != tables.end()) continue;
      if (!truncate.cascade) {
        throw Error(ErrorCode::kNotSupported, "cannot truncate a table referenced in a foreign key constraint",
                    fmt::format("Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.", other->name()));
      }
      tables.push_back(other);
    }
  }
  return tables;
}

}  // namespace

Result RunUpdate(const ChangeContext& context, ast::Update& update) {
  const TablePtr table = FindTable(*context.query.catalog, update.table);
  CheckReturning(update.from, update.returning);
  std::vector<ast::ExprPtr> values;
  const std::vector<Set> set = ReadSet(context, *table, update.set, values);
  auto select = RowsToChange(update, std::move(values));
  const auto rows = ReadRows(RunSelect(context.query, std::move(select), context.parameters, context.now_micros));
  std::vector<Uuid> ids;
  for (const NewValues& row : rows) {
    DocumentBuilder members;
    members.BeginObject();
    size_t next = 0;
    for (const Set& one : set) {
      const Value value =
          one.fixed ? *one.fixed : AssignedValue(one.target, row.values[next++], one.untyped, one.position);
      CheckNotNull(*table, one.target, value);
      members.Key(one.target.name);
      members.Copy(StoredFromValue(value));
    }
    members.EndObject();
    context.transaction.writer().Replace(row.id, members.Finish());
    ids.push_back(row.id);
  }
  return Returning(context, context.transaction.View(), update.table, update.returning, ids);
}

Result RunDelete(const ChangeContext& context, ast::Delete& del) {
  FindTable(*context.query.catalog, del.table);
  CheckReturning(del.from, del.returning);
  auto select = RowsToChange(del, {});
  const auto rows = ReadRows(RunSelect(context.query, std::move(select), context.parameters, context.now_micros));
  std::vector<Uuid> ids;
  for (const NewValues& row : rows) {
    if (context.transaction.writer().Delete(row.id)) ids.push_back(row.id);
  }
  return Returning(context, context.query.view, del.table, del.returning, ids);
}

Result RunTruncate(const ChangeContext& context, const ast::Truncate& truncate) {
  for (const TablePtr& table : TruncatedTables(*context.query.catalog, truncate)) {
    for (const ColumnSchema& column : table->schema.columns) {
      if (truncate.restart_identity && column.default_expression == kSequenceDefault)
        context.transaction.writer().RestartSequence(*table, column.name);
    }
    std::vector<Uuid> ids;
    RowCursor cursor = context.query.view->ScanRows(*table);
    while (cursor.Next()) ids.push_back(cursor.row().id());
    for (const Uuid& id : ids) context.transaction.writer().Delete(id);
  }
  return MakeRowsResult({}, {}, -1);
}

}  // namespace rem::sql
