#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>
#include <rem/result.h>

#include "sql/parser/ast_modify.h"
#include "sql/pipeline.h"
#include "sql/plan/plan.h"
#include "store/transaction.h"
#include "types/cast.h"

namespace rem::sql {

/// What INSERT, UPDATE and DELETE work with. Whatever a statement reads, it reads before its first write, so it never
/// meets its own rows.
struct ChangeContext {
  const QueryContext& query;  ///< Its view is the transaction's, from before the statement.
  Transaction& transaction;
  std::span<const Value> parameters;
  int64_t now_micros = 0;
};

Result RunInsert(const ChangeContext& context, ast::Insert& insert);
Result RunUpdate(const ChangeContext& context, ast::Update& update);
Result RunDelete(const ChangeContext& context, ast::Delete& del);
Result RunMerge(const ChangeContext& context, ast::Merge& merge);
Result RunModifyingSelect(const ChangeContext& context, ast::ModifyingSelect& select);
/// Runs the changes in a WITH, in their order, and puts queries of what they return in their place. Their rows become
/// parameters behind those of the statement. All of them, and the statement, read what was there before it.
std::vector<Value> RunCommons(const ChangeContext& context, std::vector<ast::CommonTable>& commons, bool recursive);
Result RunTruncate(const ChangeContext& context, const ast::Truncate& truncate);

/// As PostgreSQL.
inline constexpr size_t kMaxColumns = 1'600;

/// The JSON Schema that CREATE TABLE describes.
Document SchemaOf(ast::CreateTable& create, const CatalogSnapshot& catalog);

// ---- For the files of this group. ----

/// The next value of a serial column, which the connection remembers for currval.
int64_t NextOfColumn(const ChangeContext& context, const Table& table, std::string_view column);

/// Plans a SELECT made from parts of a statement. With other values of its parameters, of the same types, it may run
/// again, unless PhysicalPlan::depends_on_values.
std::shared_ptr<const PhysicalPlan> PlanSelect(const QueryContext& context, ast::SelectPtr select,
                                               std::span<const Value> parameters, int64_t now_micros);
Result RunPlan(const QueryContext& context, const std::shared_ptr<const PhysicalPlan>& plan,
               std::span<const Value> parameters, int64_t now_micros);
Result RunSelect(const QueryContext& context, ast::SelectPtr select, std::span<const Value> parameters,
                 int64_t now_micros);

/// A column that is written.
struct ChangeTarget {
  std::string name;
  LogicalType type = LogicalType::kText;
  bool is_id = false;  ///< The record's id, not a column of the user's.
  bool required = false;
  bool has_default = false;
  bool is_key = false;  ///< The record's id follows from it.
  TypeModifier modifier;
  bool padded = false;
  bool always = false;  ///< GENERATED ALWAYS
};

TablePtr FindTable(const CatalogSnapshot& catalog, const ast::TableName& name);
/// A table whose records are changed. Error(kNotSupported) for a view.
TablePtr FindChanged(const CatalogSnapshot& catalog, const ast::TableName& name);
/// Error(kColumnNotFound) with the nearest names; refuses system columns but `id`, and paths.
ChangeTarget ResolveTarget(const Table& table, const ast::Assignment& target);
/// All columns that an INSERT without names fills, in order.
std::vector<ChangeTarget> AllTargets(const Table& table, int position);

/// Converts a value that is assigned to a column, as PostgreSQL's assignment casts do. `literal`: it was written as an
/// untyped text, which takes the column's type.
Value AssignedValue(const ChangeTarget& target, const Value& value, bool literal, int position);
/// Whether `expr` is such a text.
bool IsUntyped(const ast::Expr& expr, std::span<const Value> parameters);
/// Adds target = value to an object of record members. Error(kNotNullViolation).
void AddMember(const Table& table, const ChangeTarget& target, const Value& value, DocumentBuilder& out);
/// Error(kNotNullViolation).
void CheckNotNull(const Table& table, const ChangeTarget& target, const Value& value);

/// What RETURNING gives for the records `ids`, in their order, as `view` has them; without RETURNING only the count.
Result Returning(const ChangeContext& context, std::shared_ptr<const ReadView> view, const ast::TableName& table,
                 const std::vector<ast::SelectItem>& items, std::span<const Uuid> ids);

/// A default that no expression computes; NULL where there is none.
Value ConstantDefault(const Table& table, const ChangeTarget& target);
/// What UPDATE ... SET column = DEFAULT gives.
Value DefaultOf(const ChangeContext& context, const Table& table, const ChangeTarget& target);

/// (SELECT $first::type AS name, ...) AS alias: one row of values that come as parameters, of which `first` counts from
/// 1.
ast::FromPtr RowFrom(std::string_view alias, std::span<const ResultColumn> columns, size_t first);
/// table._id = $parameter
ast::ExprPtr HasId(const ast::TableName& table, size_t parameter);

/// A copy of expressions without subqueries; Error(kNotSupported) with them.
std::vector<ast::SelectItem> CloneItems(const std::vector<ast::SelectItem>& items);
ast::ExprPtr ColumnExpr(std::string_view table_alias, std::string_view column);
ast::FromPtr TableFrom(const ast::TableName& table);

}  // namespace rem::sql
