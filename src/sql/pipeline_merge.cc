#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/rows_result.h"
#include "sql/parser/ast_clone.h"
#include "sql/parser/ast_names.h"
#include "sql/pipeline_change.h"
#include "sql/plan/function.h"

namespace rem::sql {
namespace {

// MERGE is its clauses, one after the other, each a statement over the rows for which it is the first that holds:
//   WHEN MATCHED AND c THEN UPDATE SET ...   ->  UPDATE t SET ... FROM source WHERE on AND c AND no earlier clause
//   holds WHEN NOT MATCHED AND c THEN INSERT ...   ->  INSERT INTO t SELECT ... FROM source
//                                                WHERE NOT EXISTS (SELECT FROM t WHERE on) AND c AND ...
// All of them read what was there before the statement, so that none meets what another wrote.

using ast::ExprKind;
using ast::ExprPtr;

ExprPtr Node(ExprKind kind, ExprPtr left, ExprPtr right = nullptr) {
  auto node = std::make_unique<ast::Expr>();
  node->kind = kind;
  node->position = left->position;
  node->arguments.push_back(std::move(left));
  if (right != nullptr) node->arguments.push_back(std::move(right));
  return node;
}
ExprPtr And(ExprPtr left, ExprPtr right) {
  if (left == nullptr || right == nullptr) return left == nullptr ? std::move(right) : std::move(left);
  return Node(ExprKind::kAnd, std::move(left), std::move(right));
}
ExprPtr NotTrue(ExprPtr condition) {
  ExprPtr node = Node(ExprKind::kIsTest, std::move(condition));
  node->text = "is not true";
  return node;
}

/// Finds calls like random(), whose value would differ from clause to clause.
class VolatileFinder {
 public:
  bool Find(const ExprPtr& expr) const {
    if (expr == nullptr) return false;
    if (expr->kind == ExprKind::kFunction && expr->parts.size() == 1) {
      for (const Function& function : FindFunctions(expr->parts[0].text)) {
        if (function.volatility == Volatility::kVolatile) return true;
      }
    }
    if (expr->call != nullptr && Find(expr->call->filter)) return true;
    return Any(expr->arguments) || (expr->subquery != nullptr && Find(*expr->subquery));
  }
  bool Find(const ast::FromItem& item) const {
    return (item.subquery != nullptr && Find(*item.subquery)) || Any(item.functions) || Find(item.on) ||
           (item.left != nullptr && Find(*item.left)) || (item.right != nullptr && Find(*item.right));
  }
  bool Find(const ast::Select& select) const {
    const auto in_item = [&](const auto& item) { return Find(item.expr); };
    const auto in_query = [&](const auto& common) { return common.query != nullptr && Find(*common.query); };
    const auto in_from = [&](const ast::FromPtr& item) { return Find(*item); };
    const auto in_row = [&](const std::vector<ExprPtr>& row) { return Any(row); };
    return std::ranges::any_of(select.items, in_item) || std::ranges::any_of(select.from, in_from) ||
           std::ranges::any_of(select.with, in_query) || std::ranges::any_of(select.values, in_row) ||
           std::ranges::any_of(select.order_by, in_item) || Find(select.where) || Find(select.having) ||
           Any(select.group_by) || (select.left != nullptr && Find(*select.left)) ||
           (select.right != nullptr && Find(*select.right));
  }

 private:
  bool Any(const std::vector<ExprPtr>& exprs) const {
    return std::ranges::any_of(exprs, [&](const ExprPtr& one) { return Find(one); });
  }
};

class Merger {
 public:
  Merger(const ChangeContext& context, ast::Merge& merge)
      : context_(context), merge_(merge), table_(FindChanged(*context.query.catalog, merge.table)) {}

  Result Run() {
    CheckReachable();
    for (const ast::MergeClause& clause : merge_.clauses) {
      for (const ast::Assignment& column : clause.set) ResolveTarget(*table_, column);
      for (const ast::Assignment& column : clause.columns) ResolveTarget(*table_, column);
    }
    CheckStable();
    CheckOnce();
    int64_t changed = 0;
    // Rows go before others come, which may take their keys.
    for (const Action action : {Action::kDelete, Action::kUpdate, Action::kInsert}) {
      for (size_t i = 0; i < merge_.clauses.size(); ++i) {
        if (merge_.clauses[i].action == action) changed += Apply(i).affected_rows();
      }
    }
    return MakeRowsResult({}, {}, changed);
  }

 private:
  using Action = ast::MergeClause::Action;

  void CheckReachable() const {
    for (const bool matched : {true, false}) {
      bool always = false;
      for (const ast::MergeClause& clause : merge_.clauses) {
        if (clause.matched != matched) continue;
        if (always)
          throw Error(ErrorCode::kSyntax, "unreachable WHEN clause specified after unconditional WHEN clause",
                      "put the clause without a condition last")
              .WithPosition(merge_.table.position);
        always = clause.condition == nullptr;
      }
    }
  }

  // Each clause finds its rows by itself, so all must see the same source and the same conditions.
  void CheckStable() const {
    const VolatileFinder finder;
    bool found = finder.Find(*merge_.source) || finder.Find(merge_.on);
    for (const ast::MergeClause& clause : merge_.clauses) found |= finder.Find(clause.condition);
    for (const ast::CommonTable& common : merge_.with) found |= common.query != nullptr && finder.Find(*common.query);
    if (!found) return;
    throw Error(ErrorCode::kNotSupported, "not supported yet: volatile functions in the source or conditions of MERGE",
                "make a table of the source first")
        .WithPosition(merge_.table.position);
  }

  ast::FromPtr Source() {
    auto select = std::make_unique<ast::Select>();
    select->from.push_back(std::move(merge_.source));
    ast::SelectPtr copy = ast::Clone(select);
    merge_.source = std::move(select->from[0]);
    return std::move(copy->from[0]);
  }

  // That clause `index` is the first of its kind that holds; nullptr: always.
  ExprPtr Chosen(size_t index) const {
    const ast::MergeClause& clause = merge_.clauses[index];
    ExprPtr chosen = ast::Clone(clause.condition);
    for (size_t i = 0; i < index; ++i) {
      const ast::MergeClause& earlier = merge_.clauses[i];
      if (earlier.matched == clause.matched) chosen = And(NotTrue(ast::Clone(earlier.condition)), std::move(chosen));
    }
    return chosen;
  }

  // A row of the table that two rows of the source would change.
  void CheckOnce() {
    ExprPtr any;
    bool always = false, acts = false;
    for (size_t i = 0; i < merge_.clauses.size(); ++i) {
      const ast::MergeClause& clause = merge_.clauses[i];
      if (!clause.matched || clause.action == Action::kNothing) continue;
      acts = true;
      ExprPtr chosen = Chosen(i);
      always |= chosen == nullptr;
      if (chosen == nullptr) continue;
      any = any == nullptr ? std::move(chosen) : Node(ExprKind::kOr, std::move(any), std::move(chosen));
    }
    if (!acts) return;
    auto select = std::make_unique<ast::Select>();
    select->with = ast::Clone(merge_.with);
    select->recursive = merge_.recursive;
    select->items.push_back({ColumnExpr(merge_.table.alias, kRecordIdName), std::nullopt});
    select->from.push_back(TableFrom(merge_.table));
    select->from.push_back(Source());
    select->where = And(ast::Clone(merge_.on), always ? nullptr : std::move(any));
    select->group_by.push_back(ColumnExpr(merge_.table.alias, kRecordIdName));
    auto count = std::make_unique<ast::Expr>();
    count->kind = ExprKind::kFunction;
    count->star = true;
    count->parts.push_back({"count", "count", false});
    auto one = std::make_unique<ast::Expr>();
    one->kind = ExprKind::kInteger;
    one->text = "1";
    select->having = Node(ExprKind::kOperator, std::move(count), std::move(one));
    select->having->text = ">";
    Result rows = RunSelect(context_.query, std::move(select), context_.parameters, context_.now_micros);
    if (!rows.Next()) return;
    throw Error(ErrorCode::kInvalidArgument, "MERGE command cannot affect row a second time",
                "Ensure that not more than one source row matches any one target row.")
        .WithSqlState("21000");
  }

  Result Apply(size_t index) {
    ast::MergeClause& clause = merge_.clauses[index];
    // Earlier and later clauses need their conditions again, but nothing else of theirs.
    if (clause.action == Action::kInsert) return Insert(index);
    const auto begin = [&](auto& statement) {
      statement.with = ast::Clone(merge_.with);
      statement.recursive = merge_.recursive;
      statement.table = merge_.table;
      statement.from.push_back(Source());
      statement.where = And(ast::Clone(merge_.on), Chosen(index));
    };
    if (clause.action == Action::kDelete) {
      ast::Delete del;
      begin(del);
      return RunDelete(context_, del);
    }
    ast::Update update;
    begin(update);
    update.set = std::move(clause.set);
    return RunUpdate(context_, update);
  }

  Result Insert(size_t index) {
    ast::MergeClause& clause = merge_.clauses[index];
    ast::Insert insert;
    insert.with = ast::Clone(merge_.with);
    insert.recursive = merge_.recursive;
    insert.table = merge_.table;
    auto select = std::make_unique<ast::Select>();
    select->values_of = "VALUES";
    Values(clause, insert, *select);
    select->from.push_back(Source());
    auto there = std::make_unique<ast::Expr>();
    there->kind = ExprKind::kSubquery;
    there->position = merge_.table.position;
    there->subquery_kind = ast::SubqueryKind::kExists;
    there->subquery = std::make_unique<ast::Select>();
    auto one = std::make_unique<ast::Expr>();
    one->kind = ExprKind::kInteger;
    one->text = "1";
    there->subquery->items.push_back({std::move(one), std::nullopt});
    there->subquery->from.push_back(TableFrom(merge_.table));
    there->subquery->where = ast::Clone(merge_.on);
    select->where = And(Node(ExprKind::kNot, std::move(there)), Chosen(index));
    insert.source = std::move(select);
    return RunInsert(context_, insert);
  }

  // Columns that get their DEFAULT are left out.
  void Values(ast::MergeClause& clause, ast::Insert& insert, ast::Select& select) const {
    std::vector<ast::Assignment> columns = std::move(clause.columns);
    if (columns.empty()) {
      for (const ChangeTarget& target : AllTargets(*table_, merge_.table.position)) {
        if (columns.size() == clause.values.size()) break;
        ast::Assignment column;
        column.path = {{target.name, target.name, true}};
        column.position = merge_.table.position;
        columns.push_back(std::move(column));
      }
    }
    if (columns.size() != clause.values.size()) {
      const bool more = clause.values.size() > columns.size();
      throw Error(
          ErrorCode::kSyntax,
          more ? "INSERT has more expressions than target columns" : "INSERT has more target columns than expressions",
          "give each column one value")
          .WithPosition(merge_.table.position);
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      if (clause.values[i] == nullptr) continue;
      insert.columns.push_back(std::move(columns[i]));
      select.items.push_back({std::move(clause.values[i]), std::nullopt});
    }
    if (!select.items.empty()) return;
    throw Error(ErrorCode::kNotSupported, "not supported yet: MERGE that inserts DEFAULT VALUES",
                "give at least one column a value")
        .WithPosition(merge_.table.position);
  }

  const ChangeContext& context_;
  ast::Merge& merge_;
  const TablePtr table_;
};

}  // namespace

Result RunMerge(const ChangeContext& context, ast::Merge& merge) { return Merger(context, merge).Run(); }

}  // namespace rem::sql
