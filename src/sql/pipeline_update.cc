#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/check.h"
#include "sql/executor/rows_result.h"
#include "sql/parser/ast_names.h"
#include "sql/pipeline_change.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

// UPDATE and DELETE are a query for the ids (and new values) of the rows, which is read to its end before the first
// write: UPDATE t SET a = e FROM f WHERE w  ->  SELECT t.id, e FROM t, f WHERE w.

/// SELECT table.id, <values> FROM table, <from> WHERE <where>
ast::SelectPtr RowsToChange(auto& statement, std::vector<ast::SelectItem> values, const char* clause) {
  auto select = std::make_unique<ast::Select>();
  select->values_of = clause;
  select->with = std::move(statement.with);
  select->recursive = statement.recursive;
  select->items.push_back({ColumnExpr(statement.table.alias, kRecordIdName), std::nullopt});
  std::ranges::move(values, std::back_inserter(select->items));
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

/// What RETURNING may name besides the changed row: the row of each table in FROM that it was joined with. The rows are
/// read with the new values, each table's columns behind a mark.
class JoinedRows {
 public:
  bool empty() const { return aliases_.empty(); }

  void Select(const std::vector<ast::FromPtr>& from, std::vector<ast::SelectItem>& items) {
    for (const ast::FromPtr& item : from) AddTables(*item);
    for (const std::string& alias : aliases_) {
      auto mark = std::make_unique<ast::Expr>();
      mark->kind = ast::ExprKind::kNull;
      items.push_back({std::move(mark), std::string(kMark)});
      auto star = std::make_unique<ast::Expr>();
      star->kind = ast::ExprKind::kStar;
      star->parts.push_back({alias, alias, true});
      items.push_back({std::move(star), std::nullopt});
    }
  }

  /// `computed` values come before the first mark.
  Result Returning(const ChangeContext& context, ast::Update& update, const PhysicalPlan& plan,
                   const std::vector<NewValues>& rows, size_t computed) const {
    auto select = std::make_unique<ast::Select>();
    select->values_of = "RETURNING";
    select->items = std::move(update.returning);
    select->from.push_back(TableFrom(update.table));
    const size_t id = context.parameters.size() + 1;
    select->where = HasId(update.table, id);
    std::vector<size_t> places;  // Of the joined tables' values in a row.
    std::vector<ResultColumn> columns;
    size_t table = 0;
    const auto add_table = [&] {
      if (table > 0)
        select->from.push_back(RowFrom(aliases_[table - 1], columns, id + 1 + places.size() - columns.size()));
      columns.clear();
      ++table;
    };
    for (size_t i = computed; i + 1 < plan.output.size(); ++i) {
      const OutputColumn& output = plan.output[i + 1];
      if (output.name == kMark) {
        add_table();
        continue;
      }
      columns.push_back({output.name, plan.columns[output.column].type});
      places.push_back(i);
    }
    add_table();
    return Run(context, std::move(select), rows, places);
  }

 private:
  static constexpr std::string_view kMark{"\0mark", 5};

  static Result Run(const ChangeContext& context, ast::SelectPtr select, const std::vector<NewValues>& rows,
                    const std::vector<size_t>& places) {
    QueryContext query = context.query;
    query.view = context.transaction.View();
    const auto parameters = [&](const NewValues* row) {
      std::vector<Value> values(context.parameters.begin(), context.parameters.end());
      values.push_back(row == nullptr ? Value(Uuid()) : Value(row->id));
      for (const size_t place : places) values.push_back(row == nullptr ? Value() : row->values[place]);
      return values;
    };
    const auto plan =
        PlanSelect(query, std::move(select), parameters(rows.empty() ? nullptr : &rows[0]), context.now_micros);
    std::vector<ResultColumn> columns;
    std::vector<std::vector<Value>> returned;
    for (const OutputColumn& output : plan->output) columns.push_back({output.name, plan->columns[output.column].type});
    for (const NewValues& row : rows) {
      Result result = RunPlan(query, plan, parameters(&row), context.now_micros);
      REM_CHECK(result.Next());
      std::vector<Value>& values = returned.emplace_back();
      for (size_t i = 0; i < columns.size(); ++i) values.push_back(result.Get(i));
    }
    return MakeRowsResult(std::move(columns), returned, static_cast<int64_t>(rows.size()));
  }

  void AddTables(const ast::FromItem& item) {
    const bool join = item.kind == ast::FromKind::kJoin;
    if (join && item.alias.empty() && !item.natural && item.join_using.empty()) {
      AddTables(*item.left);
      AddTables(*item.right);
      return;
    }
    const std::string& alias = item.kind == ast::FromKind::kTable ? item.table.alias : item.alias;
    if (join || alias.empty()) {
      throw Error(ErrorCode::kNotSupported, "not supported yet: RETURNING beside this kind of FROM",
                  "join with ON, and name subqueries and functions with AS")
          .WithPosition(item.position);
    }
    aliases_.push_back(alias);
  }

  std::vector<std::string> aliases_;
};

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
    return NextOfColumn(context, table, column);
  });
  const auto node = record.view().Find(wanted.name);
  const auto value = node ? ValueFromNode(*node, wanted.type) : std::nullopt;
  return value ? *value : Value();
}

std::vector<Set> ReadSet(const ChangeContext& context, const Table& table, std::vector<ast::Assignment>& assignments,
                         std::vector<ast::SelectItem>& values) {
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
      values.push_back({std::move(assignment.value), std::nullopt});
    }
    set.push_back(std::move(one));
  }
  return set;
}

/// With CASCADE also the tables that refer to them.
std::vector<TablePtr> TruncatedTables(const CatalogSnapshot& catalog, const ast::Truncate& truncate) {
  std::vector<TablePtr> tables;
  for (const ast::TableName& name : truncate.tables) tables.push_back(FindChanged(catalog, name));
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

Value ConstantDefault(const Table& table, const ChangeTarget& target) {
  auto properties = table.schema.json_schema.view().Find("properties");
  auto property = properties ? properties->Find(target.name) : std::nullopt;
  auto node = property ? property->Find("default") : std::nullopt;
  if (!node) return Value();
  auto value = ValueFromNode(*node, target.type);
  return value ? *value : Value(Document::Copy(*node));
}

Value DefaultOf(const ChangeContext& context, const Table& table, const ChangeTarget& target) {
  const ColumnSchema* column = table.FindColumn(target.name);
  if (column != nullptr && !column->default_expression.empty()) return ComputedDefaultOf(context, table, *column);
  return ConstantDefault(table, target);
}

Result RunUpdate(const ChangeContext& context, ast::Update& update) {
  const TablePtr table = FindChanged(*context.query.catalog, update.table);
  std::vector<ast::SelectItem> values;
  const std::vector<Set> set = ReadSet(context, *table, update.set, values);
  const size_t computed = values.size();
  JoinedRows joined;
  if (!update.from.empty() && !update.returning.empty()) joined.Select(update.from, values);
  const auto plan = PlanSelect(context.query, RowsToChange(update, std::move(values), "UPDATE"), context.parameters,
                               context.now_micros);
  const auto rows = ReadRows(RunPlan(context.query, plan, context.parameters, context.now_micros));
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
  if (joined.empty()) return Returning(context, context.transaction.View(), update.table, update.returning, ids);
  return joined.Returning(context, update, *plan, rows, computed);
}

/// RETURNING is computed with the rows, which DELETE leaves as they are.
Result RunDelete(const ChangeContext& context, ast::Delete& del) {
  FindChanged(*context.query.catalog, del.table);
  const bool returns = !del.returning.empty();
  auto select = RowsToChange(del, std::move(del.returning), "RETURNING");
  Result result = RunSelect(context.query, std::move(select), context.parameters, context.now_micros);
  std::vector<ResultColumn> columns(result.columns().begin() + 1, result.columns().end());
  std::vector<std::vector<Value>> returned;
  int64_t deleted = 0;
  for (NewValues& row : ReadRows(std::move(result))) {
    if (!context.transaction.writer().Delete(row.id)) continue;
    ++deleted;
    if (returns) returned.push_back(std::move(row.values));
  }
  return MakeRowsResult(std::move(columns), returned, deleted);
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
