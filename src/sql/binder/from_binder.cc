#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "catalog/view.h"
#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/query_binder.h"
#include "sql/binder/system_relation.h"
#include "sql/binder/table_call_binder.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

struct BoundFrom {
  LogicalPtr root;
  FromTree tree;
  /// Of functions: then `root` is not there yet, because they may run over the rows to their left.
  std::optional<LogicalProjectSet> functions;
};

// Functions that refer to nothing on their left.
LogicalPtr RowsOf(BoundFrom& from) {
  if (!from.functions) return std::move(from.root);
  LogicalProjectSet& set = *from.functions;
  if (set.calls.size() == 1) return MakeNode(std::move(set.calls[0]), nullptr);
  return MakeNode(std::move(set), MakeNode(LogicalOneRow{}, nullptr));
}

// The two sides joined: FROM t, unnest(t.a) gives the rows of the function for each row of t.
LogicalPtr JoinSides(LogicalJoin join, LogicalPtr left, BoundFrom& right) {
  if (!right.functions || !join.lateral || join.kind != JoinKind::kInner)
    return MakeNode(std::move(join), std::move(left), RowsOf(right));
  LogicalPtr rows = MakeNode(std::move(*right.functions), std::move(left));
  if (join.conditions.empty()) return rows;
  return MakeNode(LogicalFilter{std::move(join.conditions)}, std::move(rows));
}

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
    return Functions(item);
  }

 private:
  BoundFrom Derived(const ast::FromItem& item, std::string alias, LogicalPtr root, std::vector<OutputColumn> columns,
                    std::optional<ColumnId> scalar = std::nullopt) {
    BoundFrom from;
    columns = Renamed(std::move(columns), item.columns, alias, item.position);
    from.tree.begin = scope_.AddRelation({std::move(alias), nullptr, std::move(columns), scalar}, item.position);
    from.tree.end = from.tree.begin + 1;
    from.root = std::move(root);
    return from;
  }

  BoundFrom Table(const ast::FromItem& item) {
    const ast::TableName& name = item.table;
    if (WithQuery* common = FindCommon(scope_.commons(), name.name)) return Common(item, *common);
    if (const SystemRelation* system = FindSystemRelation(name.name)) return System(item, *system);
    TablePtr table;
    try {
      table = queries_.catalog().Find(name.name);
      if (table == nullptr) table = queries_.catalog().Get(name.name);
    } catch (const Error& error) {
      throw Error(error.code(), error.message(), error.hint()).WithPosition(name.position);
    }
    if (const auto view = ViewQueryOf(*table)) return View(item, *table, *view);
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
    from.tree.begin = scope_.AddRelation({name.alias, std::move(names), {}, {}}, name.position);
    from.tree.end = from.tree.begin + 1;
    return from;
  }

  // A relation of the catalog: its rows are part of the plan, which is kept for one version of the catalog.
  BoundFrom System(const ast::FromItem& item, const SystemRelation& system) {
    LogicalValues values;
    std::vector<OutputColumn> columns;
    for (const SystemRelation::Column& column : system.columns) {
      const std::string name(column.name);
      values.outputs.push_back(plan_.AddColumn({name, column.type, ColumnSource::kComputed, false, {}}));
      columns.push_back({name, values.outputs.back()});
    }
    for (std::vector<Value>& row : system.rows(queries_.catalog())) {
      std::vector<ExprPtr>& cells = values.rows.emplace_back();
      row.resize(system.columns.size());
      for (size_t i = 0; i < row.size(); ++i)
        cells.push_back(MakeConstant(std::move(row[i]), system.columns[i].type, item.position));
    }
    return Derived(item, item.table.alias, MakeNode(std::move(values), nullptr), std::move(columns));
  }

  // The query of a view, by names that it knew when it was made: none of the queries around it.
  BoundFrom View(const ast::FromItem& item, const rem::Table& table, const std::string& text) {
    queries_.CountInlined(item.position);
    if (queries_.options().parse_view == nullptr)
      throw Error(ErrorCode::kNotSupported, "not supported: a view in this place", "name a table")
          .WithPosition(item.position);
    try {
      const ast::Select* select = nullptr;
      BoundQuery query = queries_.BindView(table, text, select);
      CheckView(table, *select, query);
      for (size_t i = 0; i < query.outputs.size(); ++i) query.outputs[i].name = table.schema.columns[i].name;
      return Derived(item, item.table.alias, std::move(query.root), std::move(query.outputs));
    } catch (const Error& error) {
      // Positions in the view's text say nothing to who names the view.
      Error moved(error.code(), error.message(), error.hint());
      throw std::move(moved).WithDetail(error.detail()).WithSqlState(error.sqlstate()).WithPosition(item.position);
    }
  }

  // Its columns must be those that it was made with. Columns that a table has got since are left out of SELECT *.
  void CheckView(const rem::Table& view, const ast::Select& select, BoundQuery& query) const {
    const std::vector<ColumnSchema>& columns = view.schema.columns;
    const bool star = select.set == ast::SetKind::kNone && select.items.size() == 1 && select.from.size() == 1 &&
                      select.items[0].expr->kind == ast::ExprKind::kStar &&
                      select.from[0]->kind == ast::FromKind::kTable;
    if (star && query.outputs.size() > columns.size()) query.outputs.resize(columns.size());
    bool same = query.outputs.size() == columns.size();
    for (size_t i = 0; same && i < columns.size(); ++i)
      same = plan_.columns[query.outputs[i].column].type == columns[i].type;
    if (same) return;
    throw Error(ErrorCode::kNotSupported,
                fmt::format("not supported yet: view \"{}\", whose tables have changed", view.name()),
                "make it again with CREATE OR REPLACE VIEW, or DROP VIEW and CREATE VIEW");
  }

  BoundFrom Common(const ast::FromItem& item, WithQuery& common) {
    if (common.forbidden) {
      throw Error(
          ErrorCode::kSyntax,
          fmt::format("recursive reference to query \"{}\" must not appear within its non-recursive term", common.name),
          "write WITH RECURSIVE x AS (SELECT ... UNION ALL SELECT ... FROM x ...)")
          .WithSqlState("42P19")
          .WithPosition(item.position);
    }
    if (common.silent) {
      throw Error(ErrorCode::kNotSupported,
                  fmt::format("WITH query \"{}\" does not have a RETURNING clause", common.name),
                  "return what is read of it")
          .WithPosition(item.position);
    }
    if (common.text != nullptr) return Inlined(item, common);
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

  BoundFrom Inlined(const ast::FromItem& item, const WithQuery& common) {
    queries_.CountInlined(item.position);
    const ast::CommonTable& text = *common.text;
    QueryScope* around = common.scope;
    const std::shared_ptr<WithScope> commons = common.commons;
    BoundQuery query = queries_.Bind(*text.query, around, commons.get());
    for (QueryScope* scope = &scope_; scope != nullptr && scope != around; scope = scope->parent()) ++scope->outer_uses;
    std::vector<OutputColumn> columns = Renamed(std::move(query.outputs), text.columns, text.name, text.position);
    return Derived(item, item.table.alias, std::move(query.root), std::move(columns));
  }

  BoundFrom Subquery(const ast::FromItem& item) {
    const size_t uses = scope_.inner_uses.size();
    BoundQuery query = queries_.Bind(*item.subquery, item.lateral ? &scope_ : scope_.parent(), scope_.commons());
    BoundFrom from = Derived(item, item.alias, std::move(query.root), std::move(query.outputs));
    from.tree.lateral = scope_.inner_uses.size() > uses;
    return from;
  }

  // ---- Functions ----

  std::vector<BoundTableCall> Calls(const ast::Expr& function, const ast::FromItem& item) {
    if (!IsTableFunction(function)) return {SingleRow(plan_, NameOf(function), Settle(binder_.Bind(function)))};
    const std::string& name = function.parts[0].text;
    if (function.call != nullptr || function.star) {
      throw Error(ErrorCode::kSyntax, fmt::format("{} is not an aggregate function", name),
                  "DISTINCT, ORDER BY, FILTER and * belong to aggregates")
          .WithPosition(function.position);
    }
    std::vector<ExprPtr> arguments;
    for (const ast::ExprPtr& argument : function.arguments) arguments.push_back(binder_.Bind(*argument));
    const TableFunction* record = FindRecordFunction(name);
    if (record != nullptr && !item.definitions.empty() && arguments.size() == 1)
      return {BindRecordCall(plan_, *record, arguments[0], item.columns, DefinedTypes(item))};
    if (name != "unnest" || arguments.size() < 2)
      return {BindTableCall(plan_, name, std::move(arguments), function.position)};
    std::vector<BoundTableCall> calls;
    for (ExprPtr& array : arguments) calls.push_back(BindTableCall(plan_, name, {array}, function.position));
    return calls;
  }

  std::vector<LogicalType> DefinedTypes(const ast::FromItem& item) {
    std::vector<LogicalType> types;
    for (const ast::TypeName& type : item.definitions) {
      const auto known = ParseSqlType(type.dimensions > 0 ? type.name + "[]" : type.name);
      if (!known || type.dimensions > 1 || !type.modifiers.empty())
        throw Error(ErrorCode::kNotSupported,
                    fmt::format("not supported yet: type \"{}\" of a defined column", type.name),
                    "define it as text and cast it")
            .WithPosition(type.position);
      types.push_back(known->type);
    }
    return types;
  }

  BoundFrom Functions(const ast::FromItem& item) {
    binder_.ForbidAggregates("functions in FROM");
    const size_t uses = scope_.inner_uses.size();
    LogicalProjectSet set;
    std::vector<OutputColumn> columns;
    bool lateral = false, record = false;
    for (const ast::ExprPtr& function : item.functions) {
      for (BoundTableCall& call : Calls(*function, item)) {
        std::vector<ColumnId> read;
        for (const ExprPtr& argument : call.call.arguments) CollectColumns(*argument, read);
        lateral |= std::ranges::any_of(read, [&](ColumnId column) { return scope_.Owns(column); });
        record |= call.call.function->record;
        columns.insert(columns.end(), call.columns.begin(), call.columns.end());
        set.calls.push_back(std::move(call.call));
      }
    }
    if (!item.definitions.empty() && (!record || item.ordinality)) {
      throw Error(record ? ErrorCode::kNotSupported : ErrorCode::kSyntax,
                  record ? "not supported yet: WITH ORDINALITY beside a column definition list"
                         : "a column definition list is only allowed for functions returning \"record\"",
                  record ? "number the rows in a query around it" : "leave out the types")
          .WithPosition(item.position);
    }
    const std::string name = NameOf(*item.functions[0]);
    std::string alias = item.alias.empty() ? name : item.alias;
    const bool scalar = set.calls.size() == 1 && columns.size() == 1 && !record;
    if (scalar && columns[0].name == name) columns[0].name = alias;
    const std::optional<ColumnId> value = scalar ? std::optional(columns[0].column) : std::nullopt;
    if (item.ordinality) {
      const ColumnId number = plan_.AddColumn({"ordinality", LogicalType::kInt, ColumnSource::kComputed, false, {}});
      (set.calls.size() == 1 ? set.calls[0].ordinality : set.ordinality) = number;
      columns.push_back({"ordinality", number});
    }
    BoundFrom from = Derived(item, std::move(alias), nullptr, std::move(columns), value);
    from.functions = std::move(set);
    from.tree.lateral = lateral || scope_.inner_uses.size() > uses;
    return from;
  }

  BoundFrom Join(const ast::FromItem& item) {
    BoundFrom left = Bind(*item.left);
    // A lateral right side sees the left one.
    scope_.trees().push_back(std::move(left.tree));
    BoundFrom right = Bind(*item.right);
    left.tree = std::move(scope_.trees().back());
    scope_.trees().pop_back();
    if (right.tree.lateral && (item.join == ast::JoinKind::kRight || item.join == ast::JoinKind::kFull)) {
      throw Error(ErrorCode::kInvalidArgument, "invalid reference to a FROM-clause entry",
                  "the combining JOIN type must be INNER or LEFT for a LATERAL reference")
          .WithSqlState("42P10")
          .WithPosition(item.position);
    }
    LogicalJoin body;
    body.kind = item.join == ast::JoinKind::kLeft    ? JoinKind::kLeft
                : item.join == ast::JoinKind::kRight ? JoinKind::kRight
                : item.join == ast::JoinKind::kFull  ? JoinKind::kFull
                                                     : JoinKind::kInner;
    body.lateral = right.tree.lateral;
    const JoinKind body_kind = body.kind;
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
    from.root = JoinSides(std::move(body), RowsOf(left), right);
    if (!merged.computed.empty()) from.root = MakeNode(std::move(merged), std::move(from.root));
    if (body_kind == JoinKind::kLeft || body_kind == JoinKind::kFull) scope_.MakeOptional(from.tree.sides[1]);
    if (body_kind == JoinKind::kRight || body_kind == JoinKind::kFull) scope_.MakeOptional(from.tree.sides[0]);
    return item.alias.empty() ? std::move(from) : Named(item, std::move(from));
  }

  // (a JOIN b ON ...) AS j: the columns of both are those of j, and a and b are out of reach.
  BoundFrom Named(const ast::FromItem& item, BoundFrom join) {
    std::vector<OutputColumn> columns = scope_.Star(join.tree, false);
    scope_.Hide(join.tree);
    BoundFrom from = Derived(item, item.alias, std::move(join.root), std::move(columns));
    from.tree.lateral = join.tree.lateral;
    from.tree.begin = join.tree.begin;
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
    std::string label = plan_.columns[a->column].name;
    // A relation may have given the column another name.
    for (const OutputColumn& column : scope_.Star(left, false)) {
      if (column.column == a->column && SameName(name, column.name)) label = column.name;
    }
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
      root = RowsOf(bound);
    } else {
      LogicalJoin join;
      join.lateral = bound.tree.lateral;
      root = JoinSides(std::move(join), std::move(root), bound);
    }
    scope.trees().push_back(std::move(bound.tree));
  }
  return root;
}

}  // namespace rem::sql
