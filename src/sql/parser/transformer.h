#pragma once

#include <string_view>
#include <vector>

#include <pg_query/pg_query.pb-c.h>

#include "sql/parser/ast.h"
#include "sql/parser/prepare.h"

namespace rem::sql {

/// Turns libpg_query's nodes into ours, refusing what is not supported. For the files of this folder only.
class Transformer {
 public:
  Transformer(std::string_view sql, const PreparedText& prepared);

  ast::ExprPtr Transform(const PgQuery__Node& node);
  /// nullptr for no node.
  ast::ExprPtr TransformOptional(const PgQuery__Node* node) { return node == nullptr ? nullptr : Transform(*node); }
  ast::SelectPtr Select(const PgQuery__SelectStmt& node);
  /// The outermost SELECT of a statement, which may have locks.
  ast::SelectPtr OutermostSelect(const PgQuery__SelectStmt& node);
  /// The table that the statement changes: queries inside it may lock its records, which the change does anyway.
  void SetChanged(std::string_view table) { changed_ = table; }
  ast::FromPtr From(const PgQuery__Node& node);
  std::vector<ast::SelectItem> Items(PgQuery__Node* const* nodes, size_t count);
  std::vector<ast::CommonTable> With(const PgQuery__WithClause& node);
  ast::TypeName Type(const PgQuery__TypeName& node);
  ast::TableName Table(const PgQuery__RangeVar& node);
  /// 1-based character position in the original statement of libpg_query's `location`.
  int Position(int location) const;
  /// The name that starts at `location`, part by part, as it was written; libpg_query cuts long names and drops the
  /// quotes.
  std::vector<ast::NamePart> NamesAt(int location) const;

 private:
  ast::ExprPtr Make(ast::ExprKind kind, int location) const;
  ast::ExprPtr TransformNode(const PgQuery__Node& node);
  ast::ExprPtr Constant(const PgQuery__AConst& node);
  ast::ExprPtr ColumnRef(const PgQuery__ColumnRef& node);
  ast::ExprPtr OperatorExpr(const PgQuery__AExpr& node);
  ast::ExprPtr BooleanExpr(const PgQuery__BoolExpr& node);
  ast::ExprPtr Test(std::string text, const PgQuery__Node& argument, int location);
  ast::ExprPtr BooleanTest(const PgQuery__BooleanTest& node);
  ast::ExprPtr Case(const PgQuery__CaseExpr& node);
  static void ApplyIntervalField(ast::Expr& cast);
  void NamedArguments(const PgQuery__FuncCall& node, ast::Expr& call);
  ast::ExprPtr Cast(const PgQuery__TypeCast& node);
  ast::ExprPtr FunctionCall(const PgQuery__FuncCall& node);
  ast::ExprPtr ValueFunction(const PgQuery__SQLValueFunction& node);
  ast::ExprPtr Subscript(const PgQuery__AIndirection& node);
  ast::ExprPtr Collate(const PgQuery__CollateClause& node);
  ast::ExprPtr SubLink(const PgQuery__SubLink& node);
  ast::ExprPtr List(ast::ExprKind kind, PgQuery__Node* const* nodes, size_t count, int location);
  void Body(const PgQuery__SelectStmt& node, ast::Select& select);
  void Values(const PgQuery__SelectStmt& node, ast::Select& select);
  void Locks(const PgQuery__SelectStmt& node, bool outermost, ast::Select& select);
  ast::FromPtr SampledFrom(const PgQuery__RangeTableSample& node);
  void Alias(const PgQuery__Alias* alias, ast::FromItem& item);
  ast::FromPtr Join(const PgQuery__JoinExpr& node);
  ast::FromPtr FunctionFrom(const PgQuery__RangeFunction& node);
  ast::Window Window(const PgQuery__WindowDef& node);
  void GroupBy(const PgQuery__SelectStmt& node, ast::Select& select);
  std::vector<size_t> GroupingUnit(const PgQuery__Node& node, ast::GroupingSets& out);
  std::vector<std::vector<size_t>> GroupingSetsOf(const PgQuery__GroupingSet& node, ast::GroupingSets& out);
  ast::SortItem SortItem(const PgQuery__SortBy& node);

  std::string_view sql_;
  const PreparedText& prepared_;
  std::vector<uint32_t> characters_;  // characters before each byte; empty for ASCII
  size_t depth_ = 0;
  bool outermost_ = false;
  std::string changed_;
  struct Sample {
    std::string alias;
    ast::ExprPtr condition;
  };
  std::vector<Sample> samples_;  ///< TABLESAMPLE of the FROM that is being read.
};

/// The value of an option such as (ANALYZE false): folded text, and "true" where there is none.
std::string OptionValue(const PgQuery__DefElem& option);

/// Throws kNotSupported: "not supported yet: <what>".
[[noreturn]] void ThrowNotSupported(std::string_view what, std::string_view hint, int position);

}  // namespace rem::sql
