#include "sql/pipeline_change.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/nearest.h"
#include "catalog/view.h"
#include "sql/binder/system_relation.h"
#include "sql/executor/rows_result.h"
#include "sql/functions/session_access.h"
#include "sql/parser/ast_clone.h"
#include "sql/parser/ast_names.h"
#include "sql/pipeline_sequence.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

// Records that one query of RETURNING looks up.
constexpr size_t kReturnedAtOnce = 1'000;

[[noreturn]] void NotSupported(std::string_view what, std::string_view hint, int position) {
  throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: {}", what), std::string(hint))
      .WithPosition(position);
}

std::optional<DocumentView> PropertySchema(const Table& table, std::string_view name) {
  auto properties = table.schema.json_schema.view().Find("properties");
  return properties ? properties->Find(name) : std::nullopt;
}

ChangeTarget TargetOf(const Table& table, const ColumnSchema& column) {
  ChangeTarget target;
  target.name = column.name;
  target.type = column.type;
  target.required = column.required && !column.nullable;
  target.is_key = column.name == table.schema.key_field;
  const auto property = PropertySchema(table, column.name);
  target.has_default = (property && property->Find("default")) || !column.default_expression.empty();
  target.always = property && property->Find("sqlIdentity");
  target.modifier = column.modifier;
  target.padded = column.padded;
  return target;
}

}  // namespace

TablePtr FindTable(const CatalogSnapshot& catalog, const ast::TableName& name) {
  if (FindSystemRelation(name.name) != nullptr) {
    throw Error(ErrorCode::kPermission, fmt::format("permission denied: \"{}\" is a system catalog", name.name),
                "it follows from CREATE, ALTER and DROP")
        .WithPosition(name.position);
  }
  try {
    return catalog.Get(name.name);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), error.hint()).WithPosition(name.position);
  }
}

TablePtr FindChanged(const CatalogSnapshot& catalog, const ast::TableName& name) {
  TablePtr table = FindTable(catalog, name);
  if (ViewQueryOf(*table))
    NotSupported(fmt::format("changing view \"{}\"", table->name()), "change the tables that it reads", name.position);
  if (IsSequence(*table)) {
    throw Error(ErrorCode::kTypeMismatch, fmt::format("cannot change sequence \"{}\"", table->name()),
                "take values with nextval, set it with setval")
        .WithSqlState("42809")
        .WithPosition(name.position);
  }
  return table;
}

ChangeTarget ResolveTarget(const Table& table, const ast::Assignment& assignment) {
  const ast::NamePart& part = assignment.path[0];
  const ColumnSchema* column = table.FindColumn(part.text);
  if (column == nullptr) column = table.FindColumn(part.original);
  if (assignment.path.size() > 1 && (column != nullptr || table.name() != part.text))
    NotSupported("assigning to a part of a column", "assign the whole column", assignment.position);
  if (column != nullptr) return TargetOf(table, *column);
  ChangeTarget target;
  if (part.text == "id" && !table.schema.made_by_sql) {
    target.name = "id";
    target.type = LogicalType::kUuid;
    target.is_id = target.has_default = true;
    return target;
  }
  if (const VectorColumn* vector = table.FindVector(part.text)) {
    target.name = vector->name;
    target.type = LogicalType::kVector;
    return target;
  }
  if (part.text == "created_at" || part.text == "modified_at" || part.text == "deleted_at") {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("system column \"{}\" cannot be assigned", part.text),
                "leave it out: the database keeps it")
        .WithPosition(assignment.position);
  }
  std::vector<std::string> names;
  for (const ColumnSchema& known : table.schema.columns) names.push_back(known.name);
  throw Error(ErrorCode::kColumnNotFound,
              fmt::format("column \"{}\" of relation \"{}\" does not exist", part.text, table.name()),
              DidYouMean(part.text, names, "name one of the table's columns"))
      .WithPosition(assignment.position);
}

int64_t NextOfColumn(const ChangeContext& context, const Table& table, std::string_view column) {
  const int64_t value = context.transaction.writer().NextSequenceValue(table, column);
  if (SessionAccess* session = FindSession()) session->Took(table.id, column, value);
  return value;
}

std::vector<ChangeTarget> AllTargets(const Table& table, int position) {
  const auto order = table.schema.json_schema.view().Find("x-rem-property-order");
  if (!order || order->kind() != NodeKind::kArray)
    NotSupported("INSERT without column names into a table whose schema gives no order", "name the columns", position);
  std::vector<ChangeTarget> targets;
  for (size_t i = 0; i < order->size(); ++i) {
    ast::Assignment target;
    const std::string name(order->At(i).AsText());
    target.path = {{name, name, true}};
    target.position = position;
    targets.push_back(ResolveTarget(table, target));
  }
  return targets;
}

bool IsUntyped(const ast::Expr& expr, std::span<const Value> parameters) {
  if (expr.kind == ast::ExprKind::kString || expr.kind == ast::ExprKind::kNull) return true;
  if (expr.kind != ast::ExprKind::kParameter) return false;
  const auto number = static_cast<size_t>(expr.number);
  return number >= 1 && number <= parameters.size() && parameters[number - 1].type() == LogicalType::kText;
}

Value AssignedValue(const ChangeTarget& target, const Value& value, bool literal, int position) {
  const LogicalType from = value.type();
  if (value.IsNull()) return value;
  // Texts are taken by columns of any type where a parameter or literal has none of its own.
  const bool fits = literal || from == target.type || CastLevelOf(from, target.type) >= CastLevel::kAssignment;
  if (!fits) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("column \"{}\" is of type {} but expression is of type {}", target.name,
                            LogicalTypeName(target.type), LogicalTypeName(from)),
                "You will need to rewrite or cast the expression.")
        .WithPosition(position);
  }
  try {
    if (target.type == LogicalType::kVector && literal) {
      VectorValue vector;
      const Document parsed = Document::FromJson(value.AsText());
      const DocumentView numbers = parsed;
      for (size_t i = 0; i < numbers.size(); ++i) vector.push_back(static_cast<float>(numbers.At(i).AsDouble()));
      return Value(std::move(vector));
    }
    const Value cast = from == target.type ? value : CastValue(value, target.type);
    return ApplyModifier(cast, {target.type, target.modifier, target.padded}, false);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), error.hint()).WithPosition(position);
  }
}

void CheckNotNull(const Table& table, const ChangeTarget& target, const Value& value) {
  if (!value.IsNull() || !target.required) return;
  throw Error(ErrorCode::kNotNullViolation,
              fmt::format("null value in column \"{}\" of relation \"{}\" violates not-null constraint", target.name,
                          table.name()),
              "give the column a value");
}

void AddMember(const Table& table, const ChangeTarget& target, const Value& value, DocumentBuilder& out) {
  CheckNotNull(table, target, value);
  if (value.IsNull() && !target.has_default) return;
  out.Key(target.name);
  if (value.IsNull()) {
    out.Null();
  } else {
    out.Copy(StoredFromValue(value));
  }
}

namespace {

// A subquery would read what the statement has changed, and not what was there before it.
void RefuseSubqueries(const ast::Expr& expr) {
  if (expr.subquery != nullptr || expr.call != nullptr)
    NotSupported("this expression in RETURNING or ON CONFLICT", "compute it in a statement of its own", expr.position);
  for (const ast::ExprPtr& argument : expr.arguments) {
    if (argument != nullptr) RefuseSubqueries(*argument);
  }
}

}  // namespace

std::vector<ast::SelectItem> CloneItems(const std::vector<ast::SelectItem>& items) {
  std::vector<ast::SelectItem> copy;
  for (const ast::SelectItem& item : items) {
    RefuseSubqueries(*item.expr);
    copy.push_back({ast::Clone(item.expr), item.alias});
  }
  return copy;
}

ast::ExprPtr ColumnExpr(std::string_view table_alias, std::string_view column) {
  auto expr = std::make_unique<ast::Expr>();
  expr->kind = ast::ExprKind::kColumn;
  for (std::string_view part : {table_alias, column})
    expr->parts.push_back({std::string(part), std::string(part), false});
  return expr;
}

ast::FromPtr TableFrom(const ast::TableName& table) {
  auto from = std::make_unique<ast::FromItem>();
  from->table = table;
  from->position = table.position;
  from->alias = table.alias;
  return from;
}

namespace {

ast::ExprPtr ParameterExpr(size_t number) {
  auto expr = std::make_unique<ast::Expr>();
  expr->kind = ast::ExprKind::kParameter;
  expr->number = static_cast<int64_t>(number);
  return expr;
}

}  // namespace

ast::FromPtr RowFrom(std::string_view alias, std::span<const ResultColumn> columns, size_t first) {
  auto row = std::make_unique<ast::Select>();
  for (size_t i = 0; i < columns.size(); ++i) {
    // A NULL, too, is of the column's type.
    const LogicalType type = columns[i].type;
    auto cast = std::make_unique<ast::Expr>();
    cast->kind = ast::ExprKind::kCast;
    cast->type = std::make_unique<ast::TypeName>();
    cast->type->name = std::string(LogicalTypeName(IsArray(type) ? ElementOf(type) : type));
    cast->type->dimensions = IsArray(type) ? 1 : 0;
    cast->arguments.push_back(ParameterExpr(first + i));
    row->items.push_back({std::move(cast), columns[i].name});
  }
  auto from = std::make_unique<ast::FromItem>();
  from->kind = ast::FromKind::kSubquery;
  from->subquery = std::move(row);
  from->alias = alias;
  return from;
}

ast::ExprPtr HasId(const ast::TableName& table, size_t parameter) {
  auto equal = std::make_unique<ast::Expr>();
  equal->kind = ast::ExprKind::kOperator;
  equal->text = "=";
  equal->arguments.push_back(ColumnExpr(table.alias, kRecordIdName));
  equal->arguments.push_back(ParameterExpr(parameter));
  return equal;
}

Result Returning(const ChangeContext& context, std::shared_ptr<const ReadView> view, const ast::TableName& table,
                 const std::vector<ast::SelectItem>& items, std::span<const Uuid> ids) {
  if (items.empty()) return MakeRowsResult({}, {}, static_cast<int64_t>(ids.size()));
  QueryContext query = context.query;
  query.view = std::move(view);
  std::vector<ResultColumn> columns;
  std::vector<std::vector<Value>> rows(ids.size());
  for (size_t begin = 0; begin == 0 || begin < ids.size(); begin += kReturnedAtOnce) {
    const auto part = ids.subspan(begin, std::min(kReturnedAtOnce, ids.size() - begin));
    auto select = std::make_unique<ast::Select>();
    select->values_of = "RETURNING";
    select->items = CloneItems(items);
    select->items.push_back({ColumnExpr(table.alias, kRecordIdName), std::nullopt});
    select->from.push_back(TableFrom(table));
    auto in = std::make_unique<ast::Expr>();
    in->kind = ast::ExprKind::kIn;
    in->arguments.push_back(ColumnExpr(table.alias, kRecordIdName));
    std::unordered_map<std::string, size_t> places;
    for (const Uuid& id : part) {
      auto literal = std::make_unique<ast::Expr>();
      literal->kind = ast::ExprKind::kString;
      literal->text = id.ToString();
      places.emplace(literal->text, begin + places.size());
      in->arguments.push_back(std::move(literal));
    }
    if (part.empty()) {
      in->kind = ast::ExprKind::kBool;
      in->arguments.clear();
    }
    select->where = std::move(in);
    Result result = RunSelect(query, std::move(select), context.parameters, context.now_micros);
    columns.assign(result.columns().begin(), result.columns().end() - 1);
    while (result.Next()) {
      std::vector<Value>& row = rows[places.at(result.Get(columns.size()).AsUuid().ToString())];
      for (size_t i = 0; i < columns.size(); ++i) row.push_back(result.Get(i));
    }
  }
  return MakeRowsResult(std::move(columns), rows, static_cast<int64_t>(ids.size()));
}

}  // namespace rem::sql
