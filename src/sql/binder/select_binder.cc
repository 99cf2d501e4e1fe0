#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/grouping_sets.h"
#include "sql/binder/query_binder.h"
#include "sql/binder/window_plan.h"
#include "sql/parser/ast_names.h"

namespace rem::sql {

namespace {

bool CallsVolatile(const Expr& expr) {
  return (expr.kind == ExprKind::kCall && expr.function->volatility == Volatility::kVolatile) ||
         std::ranges::any_of(expr.arguments, [](const ExprPtr& argument) { return CallsVolatile(*argument); });
}

class SelectBinder {
 public:
  SelectBinder(QueryBinder& queries, const ast::Select& select, QueryScope* parent, WithScope* commons)
      : queries_(queries),
        plan_(queries.plan()),
        select_(select),
        scope_(plan_, parent, commons),
        binder_(queries, scope_) {
    scope_.binder = &binder_;
  }

  BoundQuery Run() {
    LogicalPtr root = BindFrom(queries_, select_, scope_, binder_);
    limit_ = BindCount(binder_, select_.limit, "LIMIT");
    offset_ = BindCount(binder_, select_.offset, "OFFSET");
    if (select_.where != nullptr) BindWhere();
    scope_.inner_uses.clear();
    binder_.AllowAggregates();
    binder_.BindNamedWindows(select_.windows);
    binder_.AllowSets();
    binder_.AllowWindows();
    if (select_.values_of != nullptr) binder_.ForbidAggregates(select_.values_of);
    BindItems();
    BindGroups();
    grouped_ = IsGrouped();
    if (select_.having != nullptr) {
      binder_.ForbidSets("HAVING");
      binder_.ForbidWindows("HAVING");
      binder_.BindConjuncts(*select_.having, "HAVING", having_);
      for (ExprPtr& conjunct : having_) conjunct = AfterGrouping(conjunct);
      binder_.AllowSets();
    }
    binder_.AllowWindows();
    for (size_t i = 0; i < items_.size(); ++i) BindOutput(i);
    BindDistinct();
    BindOrder();
    BindSets();
    BindWindows();
    CheckGrouped();
    CheckInnerUses();
    Assemble(std::move(root));
    return std::move(query_);
  }

 private:
  // Once the list is bound: a call there may be an aggregate of a query around this one, and a query inside may have
  // asked for one of this query.
  bool IsGrouped() {
    const auto has = [](const auto& item) { return ExpressionBinder::HasAggregate(*item.expr); };
    return HasGroupClause() || select_.having != nullptr || !binder_.aggregates().empty() ||
           std::ranges::any_of(select_.order_by, has);
  }

  bool HasGroupClause() const {
    return !select_.group_by.empty() || select_.group_all || select_.grouping_sets != nullptr;
  }

  void CheckGrouped() {
    const bool aggregates = !binder_.aggregates().empty() || HasGroupClause() || select_.having != nullptr;
    if (aggregates == grouped_) return;
    throw Error(ErrorCode::kNotSupported, "not supported yet: an aggregate of another query in ORDER BY",
                "select it, and order by its position")
        .WithPosition(select_.order_by.empty() ? select_.position : select_.order_by[0].expr->position);
  }

  bool RanksOneTable() const { return scope_.relations().size() == 1 && scope_.relations()[0].table != nullptr; }

  void BindWhere() {
    binder_.ForbidAggregates("WHERE");
    std::vector<const ast::Expr*> conjuncts;
    SplitConjuncts(*select_.where, conjuncts);
    for (const ast::Expr* conjunct : conjuncts) {
      if (auto score = binder_.BindScore(*conjunct)) {
        if (rank_ || !RanksOneTable())
          throw Error(ErrorCode::kNotSupported,
                      rank_ ? "not supported yet: two ranking predicates"
                            : "not supported yet: a ranking predicate beside several tables",
                      rank_ ? "rank by one and put the other into ORDER BY"
                            : "rank in a subquery: FROM (SELECT ... WHERE embedding.cosine('text')) AS best JOIN ...")
              .WithPosition(conjunct->position);
        rank_ = std::move(score);
      } else {
        where_.push_back(binder_.BindBoolean(*conjunct, "WHERE"));
      }
    }
    if (!rank_) return;
    score_ = plan_.AddColumn({"_score", LogicalType::kDouble, ColumnSource::kComputed, false, {}});
    binder_.SetRank(*rank_, score_);
  }

  void BindItems() {
    for (const ast::SelectItem& item : select_.items) {
      if (item.expr->kind == ast::ExprKind::kStar) {
        BindStar(*item.expr);
        continue;
      }
      if (item.expr->kind == ast::ExprKind::kField && item.expr->star) {
        BindFields(*item.expr);
        continue;
      }
      const size_t uses = scope_.inner_uses.size();
      ExprPtr expr = BindItem(*item.expr);
      std::string name = item.alias ? *item.alias : NameOf(*item.expr);
      // A column keeps the name that its schema spells, unless a query in FROM has given it another.
      if (!item.alias && item.expr->kind == ast::ExprKind::kColumn && expr->kind == ExprKind::kColumn) {
        const std::string& spelled = plan_.columns[expr->column].name;
        name = FoldName(spelled) == FoldName(name) ? spelled : item.expr->parts.back().text;
      }
      if (name.empty()) name = "?column?";
      items_.push_back({std::move(name), std::move(expr), uses, scope_.inner_uses.size()});
    }
  }

  [[noreturn]] static void ThrowRow(int position) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: a row as a value of an inner, ordered or grouped query",
                "select its columns, or to_jsonb(row)")
        .WithPosition(position);
  }
  void CheckNoRow(size_t item, int position) const {
    if (std::ranges::find(rows_, item) != rows_.end()) ThrowRow(position);
  }

  // A row is shown as its text. Inside other queries it would have to compare as a row.
  ExprPtr BindItem(const ast::Expr& expr) {
    if (!binder_.IsRow(expr)) return binder_.BindShown(expr);
    const auto row = binder_.BindFields(expr);
    if (!row) return binder_.Bind(expr);
    if (!queries_.IsOutermost() || select_.distinct) ThrowRow(expr.position);
    rows_.push_back(items_.size());
    return binder_.RowText(*row, expr.position);
  }

  void BindFields(const ast::Expr& expr) {
    auto row = binder_.BindFields(*expr.arguments[0]);
    if (!row)
      throw Error(ErrorCode::kNotSupported, "not supported yet: .* of this kind of expression",
                  "write (function(...)).* or table.*")
          .WithPosition(expr.position);
    for (size_t i = 0; i < row->names.size(); ++i) items_.push_back({row->names[i], row->values[i]});
  }

  void BindStar(const ast::Expr& expr) {
    if (scope_.trees().empty())
      throw Error(ErrorCode::kSyntax, "SELECT * with no tables specified is not valid", "name a table with FROM")
          .WithPosition(expr.position);
    const auto add = [&](const std::vector<OutputColumn>& columns) {
      for (const OutputColumn& column : columns) {
        const PlanColumn& known = plan_.columns[column.column];
        items_.push_back({column.name, MakeColumn(column.column, known.type, known.dynamic, expr.position)});
      }
    };
    const bool undeclared = RanksOneTable();
    if (expr.parts.empty()) {
      for (const FromTree& tree : scope_.trees()) add(scope_.Star(tree, undeclared));
      return;
    }
    const Relation* relation = expr.parts.size() == 1 ? scope_.FindRelation(expr.parts[0]) : nullptr;
    if (relation == nullptr) {
      throw Error(ErrorCode::kTableNotFound,
                  fmt::format("missing FROM-clause entry for table \"{}\"", expr.parts[0].original),
                  "name a table of this FROM before the *")
          .WithPosition(expr.position);
    }
    FromTree one;
    one.begin = static_cast<size_t>(relation - scope_.relations().data());
    one.end = one.begin + 1;
    add(scope_.Star(one, undeclared));
  }

  // ---- Groups ----

  void BindGroups() {
    binder_.ForbidAggregates("GROUP BY");
    binder_.AllowSets();
    for (const ast::ExprPtr& expr : select_.group_by) {
      if (expr->kind == ast::ExprKind::kRow) {
        for (const ast::ExprPtr& part : expr->arguments) AddGroup(GroupExpr(*part));
      } else {
        AddGroup(GroupExpr(*expr));
      }
    }
    if (select_.grouping_sets != nullptr) BindGroupingSets(*select_.grouping_sets);
    binder_.AllowAggregates();
  }

  // Each group has a column of its own, for it is NULL where a set leaves it out.
  void BindGroupingSets(const ast::GroupingSets& written) {
    several_sets_ = true;
    std::vector<size_t> places;
    for (const ast::ExprPtr& expr : written.exprs) places.push_back(AddGroup(GroupExpr(*expr)));
    grouping_sets_ = SetsOf(written, places);
  }

  ExprPtr GroupExpr(const ast::Expr& expr) {
    std::optional<size_t> item = FindPosition(expr, items_.size(), "GROUP BY");
    if (!item && expr.kind == ast::ExprKind::kColumn && expr.parts.size() == 1 &&
        scope_.FindLocal(expr.parts, expr.position) == nullptr) {
      for (size_t i = 0; i < items_.size(); ++i) {
        if (items_[i].name != expr.parts[0].text) continue;
        if (item && !SameExpr(*items_[*item].expr, *items_[i].expr))
          throw Error(ErrorCode::kAmbiguous, fmt::format("GROUP BY \"{}\" is ambiguous", items_[i].name),
                      "write a position")
              .WithPosition(expr.position);
        item = i;
      }
    }
    if (!item) {
      // What is computed before grouping may use every column.
      const size_t uses = scope_.inner_uses.size();
      ExprPtr group = Settle(binder_.Bind(expr));
      scope_.inner_uses.resize(uses);
      return group;
    }
    CheckNoRow(*item, expr.position);
    for (size_t i = items_[*item].first_use; i < items_[*item].last_use; ++i) scope_.inner_uses[i].allowed = true;
    const ExprPtr& bound = items_[*item].expr;
    std::vector<ColumnId> columns;
    CollectColumns(*bound, columns);
    for (const AggregateCall& call : binder_.aggregates()) {
      if (std::ranges::find(columns, call.output) != columns.end())
        throw Error(ErrorCode::kGrouping, "aggregate functions are not allowed in GROUP BY", "group by a column")
            .WithPosition(expr.position);
    }
    for (const BoundWindow& window : binder_.windows()) {
      if (std::ranges::find(columns, window.call.output) != columns.end())
        throw Error(ErrorCode::kSyntax, "window functions are not allowed in GROUP BY", "group by a column")
            .WithSqlState("42P20")
            .WithPosition(expr.position);
    }
    return Settle(bound);
  }

  // The place of the group.
  size_t AddGroup(const ExprPtr& expr) {
    if (expr->type == LogicalType::kVector)
      throw Error(ErrorCode::kTypeMismatch, "could not identify an equality operator for type vector",
                  "group by another column")
          .WithPosition(expr->position);
    for (size_t i = 0; i < groups_.size(); ++i) {
      if (SameExpr(*groups_[i].expr, *expr)) return i;
    }
    ColumnId column = expr->column;
    if (several_sets_ || expr->kind != ExprKind::kColumn || IsOfQueryAround(expr->column))
      column = plan_.AddColumn({"group", expr->type, ColumnSource::kComputed, expr->dynamic, {}});
    groups_.push_back({column, expr});
    return groups_.size() - 1;
  }

  bool IsGroup(ColumnId column) const {
    return std::ranges::any_of(groups_, [&](const ComputedColumn& group) { return group.column == column; });
  }

  // A column of the groups: itself, or of a record whose id or key is among them, so that it has one value in each.
  bool HoldsInGroup(ColumnId column) {
    if (IsGroup(column) || !scope_.Owns(column)) return true;
    if (several_sets_) return false;
    const PlanColumn& known = plan_.columns[column];
    if (known.source == ColumnSource::kComputed) return false;
    const bool by_id = std::ranges::any_of(groups_, [&](const ComputedColumn& group) {
      const PlanColumn& one = plan_.columns[group.column];
      return one.scan == known.scan && (one.source == ColumnSource::kId || IsKey(one));
    });
    if (!by_id && !HasPrimaryKey(known.scan)) return false;
    groups_.push_back({column, MakeColumn(column, known.type, known.dynamic)});
    return true;
  }

  // Whether the groups name every column of the primary key of a scan's table.
  bool HasPrimaryKey(uint32_t scan) const {
    for (const Relation& relation : scope_.relations()) {
      if (relation.table == nullptr || relation.table->scan() != scan) continue;
      for (const TableConstraint& constraint : relation.table->table()->schema.constraints) {
        if (constraint.kind != TableConstraint::Kind::kPrimaryKey) continue;
        return std::ranges::all_of(constraint.columns, [&](const std::string& name) {
          return std::ranges::any_of(groups_, [&](const ComputedColumn& group) {
            const PlanColumn& one = plan_.columns[group.column];
            return one.scan == scan && one.source == ColumnSource::kProperty && one.path.size() == 1 &&
                   one.path[0] == name;
          });
        });
      }
    }
    return false;
  }

  // The column that the table's records are known by, where each has one.
  bool IsKey(const PlanColumn& column) const {
    if (column.source != ColumnSource::kProperty || column.path.size() != 1) return false;
    for (const Relation& relation : scope_.relations()) {
      if (relation.table == nullptr || relation.table->scan() != column.scan) continue;
      const TablePtr& table = relation.table->table();
      const ColumnSchema* declared = table->FindColumn(column.path[0]);
      return declared != nullptr && !declared->nullable && table->schema.key_field == column.path[0];
    }
    return false;
  }

  [[noreturn]] void ThrowUngrouped(ColumnId column, int position, std::string_view inner) const {
    throw Error(
        ErrorCode::kGrouping,
        inner.empty()
            ? fmt::format("column \"{}\" must appear in the GROUP BY clause or be used in an aggregate function",
                          plan_.columns[column].name)
            : fmt::format("subquery uses ungrouped column \"{}\" from outer query", plan_.columns[column].name),
        "add it to GROUP BY, or put it into an aggregate such as max(...)")
        .WithPosition(position);
  }

  // The expression over the rows of the groups: groups in it become their columns.
  ExprPtr AfterGrouping(const ExprPtr& expr) {
    if (!grouped_) return expr;
    for (const ComputedColumn& group : groups_) {
      if ((several_sets_ || expr->kind != ExprKind::kColumn) && SameExpr(*group.expr, *expr))
        return MakeColumn(group.column, expr->type, expr->dynamic, expr->position);
    }
    if (expr->kind == ExprKind::kColumn && !HoldsInGroup(expr->column))
      ThrowUngrouped(expr->column, expr->position, "");
    if (expr->kind == ExprKind::kSubquery) {
      ExprPtr& comparison = plan_.subqueries[expr->subquery].comparison;
      if (comparison != nullptr) comparison = AfterGrouping(comparison);
      return expr;
    }
    std::vector<ExprPtr> arguments;
    bool changed = false;
    for (const ExprPtr& argument : expr->arguments) {
      arguments.push_back(AfterGrouping(argument));
      changed |= arguments.back() != argument;
    }
    if (!changed) return expr;
    auto copy = std::make_shared<Expr>(*expr);
    copy->arguments = std::move(arguments);
    return copy;
  }

  void CheckInnerUses() {
    if (!grouped_) return;
    for (const QueryScope::InnerUse& use : scope_.inner_uses) {
      if (several_sets_) {
        throw Error(ErrorCode::kNotSupported, "not supported yet: a subquery that refers to a query with GROUPING SETS",
                    "group in a subquery in FROM")
            .WithPosition(use.position);
      }
      if (!use.allowed && !HoldsInGroup(use.column)) ThrowUngrouped(use.column, use.position, "inner");
    }
  }

  // ---- Functions that give rows ----

  // Those that the groups are made of run before grouping, all others after it.
  void BindSets() {
    std::vector<SetCall>& sets = binder_.sets();
    std::vector<ColumnId> wanted;
    for (const ComputedColumn& group : groups_) CollectColumns(*group.expr, wanted);
    for (size_t i = sets.size(); i-- > 0;) {
      LogicalTableFunction& call = sets[i].call;
      const bool below = grouped_ && std::ranges::any_of(call.outputs, [&](ColumnId column) {
                           return std::ranges::find(wanted, column) != wanted.end();
                         });
      for (ExprPtr& argument : call.arguments) {
        if (below) {
          CollectColumns(*argument, wanted);
        } else {
          argument = AfterGrouping(argument);
        }
      }
      (below ? grouped_sets_ : sets_).push_back(std::move(sets[i]));
    }
    for (const SetCall& set : grouped_sets_) {
      for (const ColumnId column : set.call.outputs) {
        if (!IsGroup(column)) hidden_.push_back(column);
      }
    }
    CheckHidden();
  }

  // A value that went into the expression of a group is not there after grouping.
  void CheckHidden() const {
    std::vector<ColumnId> read;
    for (const ComputedColumn& computed : computed_) CollectColumns(*computed.expr, read);
    for (const OutputColumn& output : query_.outputs) read.push_back(output.column);
    for (const SortKey& key : sort_) read.push_back(key.column);
    for (const SetCall& set : sets_) {
      for (const ExprPtr& argument : set.call.arguments) CollectColumns(*argument, read);
    }
    for (const ColumnId column : hidden_) {
      if (std::ranges::find(read, column) != read.end())
        throw Error(ErrorCode::kNotSupported,
                    "not supported yet: a set-returning function inside and outside of GROUP BY",
                    "call the function in FROM");
    }
  }

  static LogicalPtr RunSets(std::vector<SetCall> sets, LogicalPtr root) {
    std::ranges::reverse(sets);
    for (size_t level = 1, done = 0; done < sets.size(); ++level) {
      LogicalProjectSet set;
      for (SetCall& one : sets) {
        if (one.level == level) set.calls.push_back(std::move(one.call));
      }
      done += set.calls.size();
      if (!set.calls.empty()) root = MakeNode(std::move(set), std::move(root));
    }
    return root;
  }

  // ---- What comes out ----

  bool IsOfQueryAround(ColumnId column) const {
    for (const QueryScope* scope = scope_.parent(); scope != nullptr; scope = scope->parent()) {
      if (scope->Owns(column)) return true;
    }
    return false;
  }

  // A bound expression as a column: fields are columns already, everything else is computed once. A column of a query
  // around this one is computed too: a LEFT JOIN LATERAL makes the one here NULL and leaves the other as it is.
  ColumnId AsColumn(const ExprPtr& expr, std::string_view name) {
    if (expr->kind == ExprKind::kColumn && !IsOfQueryAround(expr->column)) return expr->column;
    return Computed(computed_, expr, name);
  }

  ColumnId Computed(std::vector<ComputedColumn>& computed, const ExprPtr& expr, std::string_view name) {
    for (const ComputedColumn& one : computed) {
      if (SameExpr(*one.expr, *expr)) return one.column;
    }
    return NewColumn(computed, expr, name);
  }

  ColumnId NewColumn(std::vector<ComputedColumn>& computed, const ExprPtr& expr, std::string_view name) {
    const ColumnId column =
        plan_.AddColumn({std::string(name), expr->type, ColumnSource::kComputed, expr->dynamic, {}});
    computed.push_back({column, expr});
    return column;
  }

  void BindOutput(size_t i) {
    const ExprPtr expr = AfterGrouping(items_[i].expr);
    query_.literals.push_back(expr->unknown ? expr : nullptr);
    const ExprPtr settled = Settle(expr);
    // SELECT random(), random() are two values. ORDER BY random() is that of the list, as in PostgreSQL.
    const ColumnId column =
        CallsVolatile(*settled) ? NewColumn(computed_, settled, items_[i].name) : AsColumn(settled, items_[i].name);
    query_.outputs.push_back({items_[i].name, column});
  }

  ColumnId SortColumn(const ast::Expr& expr, std::string_view clause) {
    auto place = FindPosition(expr, query_.outputs.size(), clause);
    if (!place) place = FindOutput(expr, query_.outputs, clause);
    if (place) CheckNoRow(*place, expr.position);
    if (place) return query_.outputs[*place].column;
    return AsColumn(AfterGrouping(Settle(binder_.Bind(expr))), "sort key");
  }

  // All that windows read are columns of their input.
  void BindWindows() {
    windows_ = PlanWindows(std::move(binder_.windows()), [&](const ExprPtr& expr) {
      const ExprPtr after = AfterGrouping(Settle(expr));
      if (after->kind == ExprKind::kColumn && !IsOfQueryAround(after->column)) return after->column;
      return Computed(window_inputs_, after, "window");
    });
  }

  bool IsOutput(ColumnId column) const {
    return std::ranges::find(query_.outputs, column, &OutputColumn::column) != query_.outputs.end();
  }

  void BindDistinct() {
    if (!select_.distinct) return;
    if (query_.outputs.empty() && select_.distinct_on.empty())
      throw Error(ErrorCode::kNotSupported, "not supported yet: SELECT DISTINCT without columns", "name a column")
          .WithPosition(select_.position);
    if (select_.distinct_on.empty()) {
      for (const OutputColumn& output : query_.outputs) distinct_.push_back(output.column);
    }
    for (const ast::ExprPtr& expr : select_.distinct_on) distinct_.push_back(SortColumn(*expr, "DISTINCT ON"));
  }

  void BindOrder() {
    for (const ast::SortItem& item : select_.order_by) {
      const SortKey key = MakeSortKey(SortColumn(*item.expr, "ORDER BY"), item, plan_);
      const bool known = std::ranges::any_of(sort_, [&](const SortKey& one) { return one.column == key.column; });
      if (select_.distinct && select_.distinct_on.empty() && !IsOutput(key.column)) {
        throw Error(ErrorCode::kSyntax, "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                    "select what the rows are ordered by")
            .WithSqlState("42P10")
            .WithPosition(item.expr->position);
      }
      if (!known) sort_.push_back(key);
    }
    if (select_.distinct_on.empty()) return;
    std::vector<ColumnId> wanted = distinct_;
    std::ranges::sort(wanted);
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    for (size_t i = 0; i < std::min(sort_.size(), wanted.size()); ++i) {
      if (std::ranges::find(wanted, sort_[i].column) == wanted.end())
        throw Error(ErrorCode::kSyntax, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
                    "order by the expressions of DISTINCT ON first")
            .WithSqlState("42P10")
            .WithPosition(select_.distinct_on[0]->position);
    }
  }

  void Assemble(LogicalPtr root) {
    if (!where_.empty()) root = MakeNode(LogicalFilter{std::move(where_)}, std::move(root));
    if (rank_) {
      // A limit counts rows that come out, which are what is ranked only where nothing groups or drops them.
      const bool direct = !grouped_ && !select_.distinct && sets_.empty() && windows_.empty() && !select_.with_ties;
      LogicalRank rank{rank_->table->table(),     rank_->column->name,        rank_->metric, rank_->query,
                       direct ? limit_ : nullptr, direct ? offset_ : nullptr, score_};
      root = MakeNode(std::move(rank), std::move(root));
    }
    root = RunSets(std::move(grouped_sets_), std::move(root));
    if (!grouped_) GroupingCalls(binder_.groupings(), {});
    if (grouped_) {
      LogicalAggregate aggregate;
      aggregate.calls = std::move(binder_.aggregates());
      aggregate.grouping = GroupingCalls(binder_.groupings(), groups_);
      aggregate.groups = std::move(groups_);
      aggregate.sets = std::move(grouping_sets_);
      root = MakeNode(std::move(aggregate), std::move(root));
    }
    if (!having_.empty()) root = MakeNode(LogicalFilter{std::move(having_)}, std::move(root));
    if (!window_inputs_.empty()) root = MakeNode(LogicalProject{std::move(window_inputs_)}, std::move(root));
    for (LogicalWindow& window : windows_) root = MakeNode(std::move(window), std::move(root));
    root = RunSets(std::move(sets_), std::move(root));
    if (!computed_.empty()) root = MakeNode(LogicalProject{std::move(computed_)}, std::move(root));
    const bool on = !select_.distinct_on.empty();
    if (select_.distinct && !on) root = MakeNode(LogicalDistinct{distinct_}, std::move(root));
    std::vector<ColumnId> ties = TiesOf(select_, sort_);
    if (!sort_.empty()) root = MakeNode(LogicalSort{std::move(sort_)}, std::move(root));
    if (on) root = MakeNode(LogicalDistinct{distinct_}, std::move(root));
    if (limit_ != nullptr || offset_ != nullptr)
      root = MakeNode(LogicalLimit{limit_, offset_, std::move(ties)}, std::move(root));
    query_.root = std::move(root);
  }

  struct Item {
    std::string name;
    ExprPtr expr;
    // In QueryScope::inner_uses, those of the queries in it.
    size_t first_use = 0, last_use = 0;
  };

  QueryBinder& queries_;
  LogicalPlan& plan_;
  const ast::Select& select_;
  QueryScope scope_;
  ExpressionBinder binder_;
  BoundQuery query_;
  bool grouped_ = false;
  ExprPtr limit_;
  ExprPtr offset_;
  std::vector<ExprPtr> where_;
  std::vector<ExprPtr> having_;
  std::optional<BoundScore> rank_;
  ColumnId score_ = 0;
  std::vector<Item> items_;
  std::vector<size_t> rows_;  // Items that are texts of rows.
  std::vector<ComputedColumn> groups_;
  bool several_sets_ = false;  // GROUPING SETS, each of them by the places of its groups:
  std::vector<std::vector<size_t>> grouping_sets_;
  std::vector<ComputedColumn> computed_;
  std::vector<ComputedColumn> window_inputs_;
  std::vector<LogicalWindow> windows_;  // In the order in which they run.
  std::vector<ColumnId> distinct_;
  std::vector<SortKey> sort_;
  // Calls that run before grouping, those that run after it, and values of the former that the groups do not show.
  std::vector<SetCall> grouped_sets_, sets_;
  std::vector<ColumnId> hidden_;
};

}  // namespace

BoundQuery BindSelect(QueryBinder& queries, const ast::Select& select, QueryScope* parent, WithScope* commons) {
  return SelectBinder(queries, select, parent, commons).Run();
}

}  // namespace rem::sql
