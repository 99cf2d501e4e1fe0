#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/query_binder.h"

namespace rem::sql {

namespace {

struct BoundFrom {
  LogicalPtr root;
  FromTree tree;
};

WithQuery* FindCommon(WithScope* commons, std::string_view name) {
  for (; commons != nullptr; commons = commons->parent) {
    for (size_t i = commons->relations.size(); i-- > 0;) {
      if (commons->relations[i].name == name) return &commons->relations[i];
    }
  }
  return nullptr;
}

class FromBinder {
 public:
  FromBinder(QueryBinder& queries, QueryScope& scope, ExpressionBinder& binder)
      : queries_(queries), plan_(queries.plan()), scope_(scope), binder_(binder) {}

  BoundFrom Bind(const ast::FromItem& item) {
    switch (item.kind) {
      case ast::FromKind::kTable:
        return Table(item);
      case ast::FromKind::kSubquery:
        return Subquery(item);
      case ast::FromKind::kJoin:
        return Join(item);
      case ast::FromKind::kFunction:
        break;
    }
    throw Error(ErrorCode::kNotSupported, "not supported yet: functions in FROM", "name a table")
        .WithPosition(item.position);
  }

 private:
  BoundFrom Derived(const ast::FromItem& item, std::string alias, LogicalPtr root, std::vector<OutputColumn> columns) {
    BoundFrom from;
    columns = Renamed(std::move(columns), item.columns, alias, item.position);
    from.tree.begin = scope_.AddRelation({std::move(alias), nullptr, std::move(columns)}, item.position);
    from.tree.end = from.tree.begin + 1;
    from.root = std::move(root);
    return from;
  }

  BoundFrom Table(const ast::FromItem& item) {
    const ast::TableName& name = item.table;
    if (WithQuery* common = FindCommon(scope_.commons(), name.name)) return Common(item, *common);
    TablePtr table;
    try {
      table = queries_.catalog().Find(name.name);
      if (table == nullptr) table = queries_.catalog().Get(name.name);
    } catch (const Error& error) {
      throw Error(error.code(), error.message(), error.hint()).WithPosition(name.position);
    }
    const uint32_t scan = plan_.scans++;
    LogicalScan body{table, {}, {}};
    body.scan = scan;
    auto names = std::make_unique<TableScope>(plan_, table, name.alias, scan);
    LogicalPtr root = MakeNode(std::move(body), nullptr);
    if (!item.columns.empty()) {
      // New names stand for the declared columns; the old ones are out of reach.
      return Derived(item, name.alias, std::move(root), names->Star(false));
    }
    BoundFrom from;
    from.root = std::move(root);
    from.tree.begin = scope_.AddRelation({name.alias, std::move(names), {}}, name.position);
    from.tree.end = from.tree.begin + 1;
    return from;
  }

  BoundFrom Common(const ast::FromItem& item, WithQuery& common) {
    if (common.forbidden) {
      throw Error(
          ErrorCode::kSyntax,
          fmt::format("recursive reference to query \"{}\" must not appear within its non-recursive term", common.name),
          "write WITH RECURSIVE x AS (SELECT ... UNION ALL SELECT ... FROM x ...)")
          .WithPosition(item.position);
    }
    ++common.references;
    std::vector<OutputColumn> columns;
    std::vector<ColumnId> ids;
    for (const OutputColumn& output : common.outputs) {
      const PlanColumn& known = plan_.columns[output.column];
      PlanColumn column{output.name, known.type, ColumnSource::kComputed, known.dynamic, {}};
      ids.push_back(plan_.AddColumn(std::move(column)));
      columns.push_back({output.name, ids.back()});
    }
    LogicalPtr root = common.recursion ? MakeNode(LogicalWorkScan{*common.recursion, std::move(ids)}, nullptr)
                                       : MakeNode(LogicalCteScan{*common.cte, std::move(ids)}, nullptr);
    return Derived(item, item.table.alias, std::move(root), std::move(columns));
  }

  BoundFrom Subquery(const ast::FromItem& item) {
    const size_t uses = scope_.inner_uses.size();
    BoundQuery query = queries_.Bind(*item.subquery, item.lateral ? &scope_ : scope_.parent(), scope_.commons());
    BoundFrom from = Derived(item, item.alias, std::move(query.root), std::move(query.outputs));
    from.tree.lateral = scope_.inner_uses.size() > uses;
    return from;
  }

  BoundFrom Join(const ast::FromItem& item) {
    if (!item.alias.empty()) {
      throw Error(ErrorCode::kNotSupported, "not supported yet: an alias for a join", "give each table its own alias")
          .WithPosition(item.position);
    }
    BoundFrom left = Bind(*item.left);
    // A lateral right side sees the left one.
    scope_.trees().push_back(std::move(left.tree));
    BoundFrom right = Bind(*item.right);
    left.tree = std::move(scope_.trees().back());
    scope_.trees().pop_back();
    if (right.tree.lateral && (item.join == ast::JoinKind::kRight || item.join == ast::JoinKind::kFull)) {
      throw Error(ErrorCode::kInvalidArgument, "invalid reference to a FROM-clause entry",
                  "the combining JOIN type must be INNER or LEFT for a LATERAL reference")
          .WithPosition(item.position);
    }
    LogicalJoin body;
    body.kind = item.join == ast::JoinKind::kLeft    ? JoinKind::kLeft
                : item.join == ast::JoinKind::kRight ? JoinKind::kRight
                : item.join == ast::JoinKind::kFull  ? JoinKind::kFull
                                                     : JoinKind::kInner;
    body.lateral = right.tree.lateral;
    BoundFrom from;
    from.tree.begin = left.tree.begin;
    from.tree.end = right.tree.end;
    from.tree.lateral = left.tree.lateral || right.tree.lateral;
    LogicalProject merged;
    for (const ast::NamePart& name : SharedNames(item, left.tree, right.tree))
      Merge(name, item, left.tree, right.tree, body, merged, from.tree);
    from.tree.sides.push_back(std::move(left.tree));
    from.tree.sides.push_back(std::move(right.tree));
    if (item.on != nullptr) {
      scope_.set_visible(&from.tree);
      binder_.ForbidAggregates("JOIN conditions");
      binder_.BindConjuncts(*item.on, "JOIN/ON", body.conditions);
      scope_.set_visible(nullptr);
    }
    from.root = MakeNode(std::move(body), std::move(left.root), std::move(right.root));
    if (!merged.computed.empty()) from.root = MakeNode(std::move(merged), std::move(from.root));
    return from;
  }

  std::vector<ast::NamePart> SharedNames(const ast::FromItem& item, const FromTree& left, const FromTree& right) {
    if (!item.natural) return item.join_using;
    std::vector<ast::NamePart> names;
    const std::vector<OutputColumn> rights = scope_.Star(right, false);
    for (const OutputColumn& column : scope_.Star(left, false)) {
      if (std::ranges::find(rights, column.name, &OutputColumn::name) != rights.end())
        names.push_back({column.name, column.name, true});
    }
    return names;
  }

  ExprPtr SideColumn(const FromTree& side, const ast::NamePart& name, const ast::FromItem& item, const char* which) {
    ExprPtr column = scope_.FindIn(side, std::span(&name, 1), item.position);
    if (column != nullptr) return column;
    throw Error(ErrorCode::kColumnNotFound,
                fmt::format("column \"{}\" specified in USING clause does not exist in {} table", name.original, which),
                "name a column that both tables have")
        .WithPosition(item.position);
  }

  // The column that both sides give: the one that is not NULL.
  void Merge(const ast::NamePart& name, const ast::FromItem& item, const FromTree& left, const FromTree& right,
             LogicalJoin& join, LogicalProject& project, FromTree& tree) {
    ExprPtr a = SideColumn(left, name, item, "left"), b = SideColumn(right, name, item, "right");
    join.conditions.push_back(ResolveOperator("=", a, b, item.position));
    const std::string label = plan_.columns[a->column].name;
    Unify({&a, &b}, "JOIN/USING");
    ExprPtr expr = item.join == ast::JoinKind::kRight ? b : a;
    if (item.join == ast::JoinKind::kFull) {
      const LogicalType type = a->type;
      expr = MakeForm(ExprKind::kCoalesce, type, {a, b}, item.position);
    }
    if (expr->kind != ExprKind::kColumn) {
      const ColumnId column = plan_.AddColumn({label, expr->type, ColumnSource::kComputed, expr->dynamic, {}});
      project.computed.push_back({column, expr});
      expr = MakeColumn(column, expr->type, expr->dynamic, item.position);
    }
    tree.merged.push_back({label, std::move(expr)});
  }

  QueryBinder& queries_;
  LogicalPlan& plan_;
  QueryScope& scope_;
  ExpressionBinder& binder_;
};

}  // namespace

LogicalPtr BindFrom(QueryBinder& queries, const ast::Select& select, QueryScope& scope, ExpressionBinder& binder) {
  if (select.from.empty()) return MakeNode(LogicalOneRow{}, nullptr);
  FromBinder from(queries, scope, binder);
  LogicalPtr root;
  for (const ast::FromPtr& item : select.from) {
    BoundFrom bound = from.Bind(*item);
    if (root == nullptr) {
      root = std::move(bound.root);
    } else {
      LogicalJoin join;
      join.lateral = bound.tree.lateral;
      root = MakeNode(std::move(join), std::move(root), std::move(bound.root));
    }
    scope.trees().push_back(std::move(bound.tree));
  }
  return root;
}

}  // namespace rem::sql
