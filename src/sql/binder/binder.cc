#include "sql/binder/binder.h"

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/table_scope.h"
#include "sql/parser/ast_limits.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

// The name that PostgreSQL gives a column without an alias; empty when the expression has none.
std::string NameOf(const ast::Expr& expr) {
  using enum ast::ExprKind;
  switch (expr.kind) {
    case kColumn:
      return expr.parts.back().quoted ? expr.parts.back().text : expr.parts.back().original;
    case kFunction:
      return expr.parts.back().text;
    case kCast: {
      std::string name = NameOf(*expr.arguments[0]);
      return name.empty() ? expr.type->name : name;
    }
    case kSubscript:
      return NameOf(*expr.arguments[0]);
    case kCase:
    case kCaseOf: {
      std::string name = NameOf(*expr.arguments.back());
      return name.empty() ? "case" : name;
    }
    case kCoalesce:
      return "coalesce";
    case kNullIf:
      return "nullif";
    default:
      return {};
  }
}

LogicalPtr Node(decltype(LogicalNode::body) body, LogicalPtr input) {
  auto node = std::make_unique<LogicalNode>();
  node->body = std::move(body);
  node->input = std::move(input);
  return node;
}

void Conjuncts(const ast::Expr& expr, std::vector<const ast::Expr*>& out) {
  if (expr.kind == ast::ExprKind::kAnd) {
    for (const auto& argument : expr.arguments) Conjuncts(*argument, out);
  } else {
    out.push_back(&expr);
  }
}

class SelectBinder {
 public:
  SelectBinder(const ast::Select& select, const CatalogSnapshot& catalog, std::span<const Value> parameters,
               const BinderOptions& options)
      : select_(select), scope_(OpenScope(catalog)), binder_(plan_, scope_ ? &*scope_ : nullptr, parameters, options) {}

  LogicalPlan Run() {
    BindLimits();
    if (select_.where != nullptr) BindWhere();
    bool aggregating =
        std::ranges::any_of(select_.items, [](const auto& item) { return ExpressionBinder::HasAggregate(*item.expr); });
    aggregating |= std::ranges::any_of(select_.order_by,
                                       [](const auto& item) { return ExpressionBinder::HasAggregate(*item.expr); });
    binder_.SetAggregating(aggregating);
    for (const ast::SelectItem& item : select_.items) BindItem(item);
    BindOrder();
    Assemble(aggregating);
    return std::move(plan_);
  }

 private:
  void RefuseClauses() const {
    const bool plain_from = select_.from.empty() || (select_.from.size() == 1 && select_.from[0]->columns.empty() &&
                                                     select_.from[0]->kind == ast::FromKind::kTable);
    if (plain_from && select_.with.empty() && select_.set == ast::SetKind::kNone && select_.values.empty() &&
        select_.group_by.empty() && select_.having == nullptr && !select_.distinct)
      return;
    throw Error(ErrorCode::kNotSupported, "not supported yet: this part of a query",
                "queries of one table with WHERE, ORDER BY, LIMIT and aggregates work");
  }

  std::optional<TableScope> OpenScope(const CatalogSnapshot& catalog) {
    RefuseClauses();
    if (select_.from.empty()) return std::nullopt;
    try {
      TablePtr table = catalog.Find(select_.from[0]->table.name);
      if (table == nullptr) table = catalog.Get(select_.from[0]->table.name);
      return std::optional<TableScope>(std::in_place, plan_, table, select_.from[0]->table.alias);
    } catch (const Error& error) {
      throw Error(error.code(), error.message(), error.hint()).WithPosition(select_.from[0]->position);
    }
  }

  void BindLimits() {
    const auto bind = [&](const ast::ExprPtr& expr, std::string_view what) -> ExprPtr {
      if (expr == nullptr) return nullptr;
      ExprPtr bound = binder_.Bind(*expr);
      if (!IsFixed(*bound))
        throw Error(ErrorCode::kInvalidArgument, fmt::format("argument of {} must not contain columns", what),
                    "write a number")
            .WithPosition(expr->position);
      if (bound->type == LogicalType::kDouble) bound = ResolveCast(bound, "int8", expr->position);
      return Require(bound, LogicalType::kInt, fmt::format("argument of {}", what));
    };
    limit_ = bind(select_.limit, "LIMIT");
    offset_ = bind(select_.offset, "OFFSET");
  }

  void BindWhere() {
    std::vector<const ast::Expr*> conjuncts;
    Conjuncts(*select_.where, conjuncts);
    for (const ast::Expr* conjunct : conjuncts) {
      if (auto score = binder_.BindScore(*conjunct)) {
        if (rank_)
          throw Error(ErrorCode::kNotSupported, "not supported yet: two ranking predicates",
                      "rank by one and put the other into ORDER BY")
              .WithPosition(conjunct->position);
        rank_ = std::move(score);
      } else {
        conjuncts_.push_back(binder_.BindBoolean(*conjunct, "WHERE"));
      }
    }
    if (!rank_) return;
    score_ = plan_.AddColumn({"_score", LogicalType::kDouble, ColumnSource::kComputed, false, {}});
    binder_.SetRank(*rank_, score_);
  }

  // A bound expression as a column: fields are columns already, everything else is computed once.
  ColumnId AsColumn(const ExprPtr& expr, std::string_view name) {
    if (expr->kind == ExprKind::kColumn) return expr->column;
    for (const ComputedColumn& computed : computed_) {
      if (SameExpr(*computed.expr, *expr)) return computed.column;
    }
    const ColumnId column =
        plan_.AddColumn({std::string(name), expr->type, ColumnSource::kComputed, expr->dynamic, {}});
    computed_.push_back({column, expr});
    return column;
  }

  void BindItem(const ast::SelectItem& item) {
    if (item.expr->kind == ast::ExprKind::kStar) return BindStar(*item.expr);
    const ExprPtr expr = Settle(binder_.Bind(*item.expr));
    std::string name = item.alias ? *item.alias : NameOf(*item.expr);
    // A column keeps the name that its schema spells.
    if (!item.alias && item.expr->kind == ast::ExprKind::kColumn && expr->kind == ExprKind::kColumn)
      name = plan_.columns[expr->column].name;
    if (name.empty()) name = "?column?";
    items_.push_back(expr);
    plan_.output.push_back({name, AsColumn(expr, name)});
  }

  void BindStar(const ast::Expr& expr) {
    if (!scope_)
      throw Error(ErrorCode::kSyntax, "SELECT * with no tables specified is not valid", "name a table with FROM")
          .WithPosition(expr.position);
    if (!expr.parts.empty() && !(expr.parts.size() == 1 && scope_->IsAlias(expr.parts[0]))) {
      throw Error(ErrorCode::kTableNotFound, fmt::format("Table \"{}\" does not exist", expr.parts[0].original),
                  "only the table after FROM is there")
          .WithPosition(expr.position);
    }
    if (std::ranges::any_of(select_.items,
                            [](const auto& item) { return ExpressionBinder::HasAggregate(*item.expr); })) {
      throw Error(ErrorCode::kGrouping, "* cannot stand beside aggregates",
                  "name the aggregates only; GROUP BY is not supported yet")
          .WithPosition(expr.position);
    }
    for (OutputColumn& column : scope_->Star()) {
      items_.push_back(nullptr);
      plan_.output.push_back(std::move(column));
    }
  }

  // A plain name in ORDER BY is an output column first; a number is a position.
  ColumnId SortColumn(const ast::SortItem& item) {
    const ast::Expr& expr = *item.expr;
    if (expr.kind == ast::ExprKind::kInteger) {
      const auto position = ParseInt(expr.text);
      if (!position || *position < 1 || *position > static_cast<int64_t>(plan_.output.size())) {
        throw Error(ErrorCode::kInvalidArgument, fmt::format("ORDER BY position {} is not in select list", expr.text),
                    fmt::format("positions are 1 to {}", plan_.output.size()))
            .WithPosition(expr.position);
      }
      return plan_.output[static_cast<size_t>(*position) - 1].column;
    }
    if (expr.kind == ast::ExprKind::kColumn && expr.parts.size() == 1) {
      std::optional<ColumnId> found;
      for (const OutputColumn& output : plan_.output) {
        if (output.name != expr.parts[0].text) continue;
        if (found && *found != output.column)
          throw Error(ErrorCode::kAmbiguous, fmt::format("ORDER BY \"{}\" is ambiguous", output.name),
                      "order by a position")
              .WithPosition(expr.position);
        found = output.column;
      }
      if (found) return *found;
    }
    if (expr.kind == ast::ExprKind::kString || expr.kind == ast::ExprKind::kNull) {
      throw Error(ErrorCode::kSyntax, "non-integer constant in ORDER BY",
                  "order by a column, a position or an expression")
          .WithPosition(expr.position);
    }
    return AsColumn(Settle(binder_.Bind(expr)), "sort key");
  }

  void BindOrder() {
    for (const ast::SortItem& item : select_.order_by) {
      const ColumnId column = SortColumn(item);
      if (plan_.columns[column].type == LogicalType::kVector) {
        throw Error(ErrorCode::kTypeMismatch, "vectors have no order",
                    "order by a score such as embedding.cosine('text')")
            .WithPosition(item.expr->position);
      }
      const bool first =
          item.nulls == ast::NullOrder::kDefault ? item.descending : item.nulls == ast::NullOrder::kFirst;
      if (std::ranges::none_of(sort_, [&](const SortKey& key) { return key.column == column; }))
        sort_.push_back({column, item.descending, first});
    }
  }

  void Assemble(bool aggregating) {
    LogicalPtr root = Node(LogicalOneRow{}, nullptr);
    if (scope_) root = Node(LogicalScan{scope_->table(), {}, {}}, nullptr);
    if (!conjuncts_.empty()) root = Node(LogicalFilter{std::move(conjuncts_)}, std::move(root));
    if (rank_) {
      // The limit of an aggregate counts the aggregated row, not what is ranked.
      LogicalRank rank{scope_->table(),
                       rank_->column->name,
                       rank_->metric,
                       rank_->query,
                       aggregating ? nullptr : limit_,
                       aggregating ? nullptr : offset_,
                       score_};
      root = Node(std::move(rank), std::move(root));
    }
    if (aggregating) root = Node(LogicalAggregate{std::move(binder_.aggregates())}, std::move(root));
    if (!computed_.empty()) root = Node(LogicalProject{std::move(computed_)}, std::move(root));
    if (!sort_.empty()) root = Node(LogicalSort{std::move(sort_)}, std::move(root));
    if (limit_ != nullptr || offset_ != nullptr) root = Node(LogicalLimit{limit_, offset_}, std::move(root));
    plan_.root = std::move(root);
  }

  const ast::Select& select_;
  LogicalPlan plan_;
  std::optional<TableScope> scope_;
  ExpressionBinder binder_;
  ExprPtr limit_;
  ExprPtr offset_;
  std::vector<ExprPtr> conjuncts_;
  std::optional<BoundScore> rank_;
  ColumnId score_ = 0;
  std::vector<ExprPtr> items_;
  std::vector<ComputedColumn> computed_;
  std::vector<SortKey> sort_;
};

}  // namespace

LogicalPlan BindStatement(const ast::Statement& statement, const CatalogSnapshot& catalog,
                          std::span<const Value> parameters, const BinderOptions& options) {
  if (static_cast<size_t>(statement.parameter_count) != parameters.size()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("statement has {} parameters, {} values were passed", statement.parameter_count, parameters.size()),
        "pass one value for each parameter");
  }
  return SelectBinder(*std::get<ast::SelectPtr>(statement.body), catalog, parameters, options).Run();
}

}  // namespace rem::sql
