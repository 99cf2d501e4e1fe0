#include "sql/binder/query_binder.h"

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

/// Of queries inside each other.
constexpr size_t kMaxQueryDepth = 1000;

/// Of one statement: each may name others twice, and so double them.
constexpr size_t kMaxInlined = 1000;

std::string_view SetName(ast::SetKind kind) {
  return kind == ast::SetKind::kUnion ? "UNION" : kind == ast::SetKind::kIntersect ? "INTERSECT" : "EXCEPT";
}

SetKind SetOf(ast::SetKind kind) {
  return kind == ast::SetKind::kUnion       ? SetKind::kUnion
         : kind == ast::SetKind::kIntersect ? SetKind::kIntersect
                                            : SetKind::kExcept;
}

ExprPtr OutputExpr(const LogicalPlan& plan, const BoundQuery& query, size_t i) {
  if (query.literals[i] != nullptr) return query.literals[i];
  const PlanColumn& column = plan.columns[query.outputs[i].column];
  return MakeColumn(query.outputs[i].column, column.type, column.dynamic);
}

// The columns of a side, computed anew where the other side gives them another type.
std::vector<ColumnId> TakeSide(LogicalPlan& plan, BoundQuery& query, const std::vector<ExprPtr>& exprs) {
  LogicalProject project;
  std::vector<ColumnId> ids;
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (exprs[i]->kind == ExprKind::kColumn) {
      ids.push_back(exprs[i]->column);
      continue;
    }
    ids.push_back(plan.AddColumn({query.outputs[i].name, exprs[i]->type, ColumnSource::kComputed, false, {}}));
    project.computed.push_back({ids.back(), exprs[i]});
  }
  if (!project.computed.empty()) query.root = MakeNode(std::move(project), std::move(query.root));
  return ids;
}

}  // namespace

LogicalPtr MakeNode(decltype(LogicalNode::body) body, LogicalPtr input, LogicalPtr right) {
  auto node = std::make_unique<LogicalNode>();
  node->body = std::move(body);
  node->input = std::move(input);
  node->right = std::move(right);
  return node;
}

std::vector<ColumnId> TiesOf(const ast::Select& select, const std::vector<SortKey>& keys) {
  std::vector<ColumnId> ties;
  if (!select.with_ties) return ties;
  for (const SortKey& key : keys) ties.push_back(key.column);
  return ties;
}

ExprPtr BindCount(ExpressionBinder& binder, const ast::ExprPtr& expr, std::string_view what) {
  if (expr == nullptr) return nullptr;
  ExprPtr bound = binder.Bind(*expr);
  if (!IsFixed(*bound))
    throw Error(ErrorCode::kInvalidArgument, fmt::format("argument of {} must not contain columns", what),
                "write a number")
        .WithPosition(expr->position);
  if (bound->type == LogicalType::kDouble || bound->type == LogicalType::kNumeric)
    bound = ResolveCast(bound, "int8", expr->position);
  return Require(bound, LogicalType::kInt, fmt::format("argument of {}", what));
}

std::optional<size_t> FindPosition(const ast::Expr& expr, size_t outputs, std::string_view clause) {
  if (expr.kind == ast::ExprKind::kString || expr.kind == ast::ExprKind::kNull ||
      expr.kind == ast::ExprKind::kDecimal || expr.kind == ast::ExprKind::kBool) {
    throw Error(ErrorCode::kSyntax, fmt::format("non-integer constant in {}", clause),
                "name a column, a position or an expression")
        .WithPosition(expr.position);
  }
  if (expr.kind != ast::ExprKind::kInteger) return std::nullopt;
  const auto position = ParseInt(expr.text);
  if (!position || *position < 1 || *position > static_cast<int64_t>(outputs)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} position {} is not in select list", clause, expr.text),
                fmt::format("positions are 1 to {}", outputs))
        .WithSqlState("42P10")
        .WithPosition(expr.position);
  }
  return static_cast<size_t>(*position) - 1;
}

std::optional<size_t> FindOutput(const ast::Expr& expr, const std::vector<OutputColumn>& outputs,
                                 std::string_view clause) {
  if (expr.kind != ast::ExprKind::kColumn || expr.parts.size() != 1) return std::nullopt;
  std::optional<size_t> found;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].name != expr.parts[0].text) continue;
    if (found && outputs[*found].column != outputs[i].column)
      throw Error(ErrorCode::kAmbiguous, fmt::format("{} \"{}\" is ambiguous", clause, outputs[i].name),
                  "write a position")
          .WithPosition(expr.position);
    if (!found) found = i;
  }
  return found;
}

SortKey MakeSortKey(ColumnId column, const ast::SortItem& item, const LogicalPlan& plan) {
  if (plan.columns[column].type == LogicalType::kVector) {
    throw Error(ErrorCode::kTypeMismatch, "vectors have no order", "order by a score such as embedding.cosine('text')")
        .WithPosition(item.expr->position);
  }
  const bool first = item.nulls == ast::NullOrder::kDefault ? item.descending : item.nulls == ast::NullOrder::kFirst;
  return {column, item.descending, first};
}

std::vector<OutputColumn> Renamed(std::vector<OutputColumn> columns, const std::vector<std::string>& names,
                                  std::string_view relation, int position) {
  if (names.size() > columns.size()) {
    throw Error(ErrorCode::kSyntax,
                fmt::format("table \"{}\" has {} columns available but {} columns specified", relation, columns.size(),
                            names.size()),
                "name fewer columns")
        .WithSqlState("42P10")
        .WithPosition(position);
  }
  for (size_t i = 0; i < names.size(); ++i) columns[i].name = names[i];
  return columns;
}

BoundQuery QueryBinder::Bind(const ast::Select& select, QueryScope* parent, WithScope* commons) {
  if (++depth_ > kMaxQueryDepth) {
    throw Error(ErrorCode::kLimitExceeded, "statement is nested too deeply",
                fmt::format("queries nest at most {} deep", kMaxQueryDepth));
  }
  WithScope own{commons, {}};
  for (const ast::CommonTable& table : select.with) BindCommon(table, select.recursive, parent, own);
  BoundQuery query = BindBody(select, parent, select.with.empty() ? commons : &own);
  --depth_;
  return query;
}

BoundQuery QueryBinder::BindBody(const ast::Select& select, QueryScope* parent, WithScope* commons) {
  if (select.set == ast::SetKind::kNone && select.values.empty()) return BindSelect(*this, select, parent, commons);
  BoundQuery query = select.set == ast::SetKind::kNone ? BindValues(select, parent, commons)
                                                       : BindSetOperation(select, parent, commons);
  SortAndLimit(select, query, parent, commons);
  return query;
}

BoundQuery QueryBinder::BindView(const Table& view, const std::string& text, const ast::Select*& select) {
  views_.push_back(options_.parse_view(text));
  select = views_.back().get();
  const CatalogSnapshot* around = catalog_;
  if (!around->IsTemporary(view)) catalog_ = &around->permanent();
  BoundQuery query = Bind(*select, nullptr, nullptr);
  catalog_ = around;
  return query;
}

void QueryBinder::CountInlined(int position) {
  if (++inlined_ <= kMaxInlined) return;
  throw Error(ErrorCode::kLimitExceeded,
              "views, or WITH queries that refer to the query around them, are named too often",
              fmt::format("a statement names them at most {} times", kMaxInlined))
      .WithPosition(position);
}

void QueryBinder::SortAndLimit(const ast::Select& select, BoundQuery& query, QueryScope* parent, WithScope* commons) {
  LogicalSort sort;
  for (const ast::SortItem& item : select.order_by) {
    auto place = FindPosition(*item.expr, query.outputs.size(), "ORDER BY");
    if (!place) place = FindOutput(*item.expr, query.outputs, "ORDER BY");
    if (!place) {
      throw Error(ErrorCode::kNotSupported,
                  "not supported: ORDER BY on a UNION/INTERSECT/EXCEPT result must be on one of the result columns",
                  "name a column of the result, or put the query into FROM (...)")
          .WithPosition(item.expr->position);
    }
    sort.keys.push_back(MakeSortKey(query.outputs[*place].column, item, plan_));
  }
  std::vector<ColumnId> ties = TiesOf(select, sort.keys);
  if (!sort.keys.empty()) query.root = MakeNode(std::move(sort), std::move(query.root));
  QueryScope scope(plan_, parent, commons);
  ExpressionBinder binder(*this, scope);
  const ExprPtr limit = BindCount(binder, select.limit, "LIMIT");
  const ExprPtr offset = BindCount(binder, select.offset, "OFFSET");
  if (limit != nullptr || offset != nullptr)
    query.root = MakeNode(LogicalLimit{limit, offset, std::move(ties)}, std::move(query.root));
}

BoundQuery QueryBinder::BindValues(const ast::Select& select, QueryScope* parent, WithScope* commons) {
  QueryScope scope(plan_, parent, commons);
  ExpressionBinder binder(*this, scope);
  binder.ForbidAggregates("VALUES");
  LogicalValues values;
  for (const auto& row : select.values) {
    std::vector<ExprPtr> bound;
    for (const ast::ExprPtr& expr : row) bound.push_back(binder.Bind(*expr));
    values.rows.push_back(std::move(bound));
  }
  BoundQuery query;
  for (size_t i = 0; i < values.rows[0].size(); ++i) {
    std::vector<ExprPtr*> column;
    for (auto& row : values.rows) column.push_back(&row[i]);
    const bool literal = column.size() == 1 && (*column[0])->unknown;
    query.literals.push_back(literal ? *column[0] : nullptr);
    const bool dynamic = std::ranges::all_of(column, [](const ExprPtr* expr) { return (*expr)->dynamic; });
    const LogicalType type = Unify(column, "VALUES");
    const std::string name = fmt::format("column{}", i + 1);
    values.outputs.push_back(plan_.AddColumn({name, type, ColumnSource::kComputed, dynamic, {}}));
    query.outputs.push_back({name, values.outputs.back()});
  }
  query.root = MakeNode(std::move(values), nullptr);
  return query;
}

BoundQuery QueryBinder::BindSetOperation(const ast::Select& select, QueryScope* parent, WithScope* commons) {
  BoundQuery left = Bind(*select.left, parent, commons);
  BoundQuery right = Bind(*select.right, parent, commons);
  if (left.outputs.size() != right.outputs.size()) {
    throw Error(ErrorCode::kSyntax,
                fmt::format("each {} query must have the same number of columns", SetName(select.set)),
                fmt::format("the left one has {}, the right one {}", left.outputs.size(), right.outputs.size()))
        .WithPosition(select.right->position);
  }
  if (left.outputs.empty())
    throw Error(ErrorCode::kNotSupported, "not supported yet: set operations of queries without columns",
                "select a column")
        .WithPosition(select.right->position);
  LogicalSetOp body;
  body.kind = SetOf(select.set);
  body.all = select.set_all;
  std::vector<ExprPtr> lefts, rights;
  BoundQuery query;
  for (size_t i = 0; i < left.outputs.size(); ++i) {
    ExprPtr a = OutputExpr(plan_, left, i), b = OutputExpr(plan_, right, i);
    const bool dynamic = a->dynamic && b->dynamic;
    LogicalType type;
    try {
      type = Unify({&a, &b}, SetName(select.set));
    } catch (const Error& error) {
      if (error.position() > 0) throw;
      throw Error(error.code(), error.message(), error.hint()).WithPosition(select.right->position);
    }
    body.outputs.push_back(plan_.AddColumn({left.outputs[i].name, type, ColumnSource::kComputed, dynamic, {}}));
    query.outputs.push_back({left.outputs[i].name, body.outputs.back()});
    query.literals.push_back(nullptr);
    lefts.push_back(std::move(a));
    rights.push_back(std::move(b));
  }
  body.left = TakeSide(plan_, left, lefts);
  body.right = TakeSide(plan_, right, rights);
  query.root = MakeNode(std::move(body), std::move(left.root), std::move(right.root));
  return query;
}

void QueryBinder::BindCommon(const ast::CommonTable& table, bool recursive, QueryScope* parent, WithScope& commons) {
  for (const WithQuery& other : commons.relations) {
    if (other.name == table.name)
      throw Error(ErrorCode::kAmbiguous, fmt::format("WITH query name \"{}\" specified more than once", table.name),
                  "rename one of them")
          .WithSqlState("42712")
          .WithPosition(table.position);
  }
  // Changes at the top of a statement have run before it is bound.
  if (table.change != nullptr) {
    throw Error(ErrorCode::kNotSupported, "WITH clause containing a data-modifying statement must be at the top level",
                "move it to the beginning of the statement")
        .WithPosition(table.position);
  }
  if (table.query == nullptr) {
    WithQuery silent;
    silent.name = table.name;
    silent.silent = true;
    commons.relations.push_back(std::move(silent));
    return;
  }
  const size_t subqueries = plan_.subqueries.size(), ctes = plan_.ctes.size();
  // A scope of its own notices references to the query around the WITH.
  QueryScope fence(plan_, parent, &commons);
  const bool union_of_two = table.query->set == ast::SetKind::kUnion && table.query->with.empty();
  BoundQuery query;
  if (recursive && union_of_two) {
    query = BindRecursion(table, &fence, commons);
  } else {
    if (recursive) commons.relations.push_back({table.name, {}, {}, true, 0, {}, nullptr, nullptr, nullptr});
    query = Bind(*table.query, &fence, &commons);
    if (recursive) commons.relations.pop_back();
  }
  if (fence.outer_uses > 0) {
    if (recursive && union_of_two) {
      throw Error(ErrorCode::kNotSupported, "not supported yet: WITH RECURSIVE that refers to the query around it",
                  "write it as a subquery in FROM")
          .WithPosition(table.position);
    }
    plan_.subqueries.resize(subqueries);
    plan_.ctes.resize(ctes);
    WithQuery known;
    known.name = table.name;
    known.text = &table;
    known.scope = parent;
    known.commons = std::make_shared<WithScope>(commons);
    commons.relations.push_back(std::move(known));
    return;
  }
  query.outputs = Renamed(std::move(query.outputs), table.columns, table.name, table.position);
  LogicalCte cte;
  cte.name = table.name;
  cte.root = std::move(query.root);
  for (const OutputColumn& output : query.outputs) cte.outputs.push_back(output.column);
  cte.materialised = table.materialised == ast::CommonTable::Materialised::kYes;
  plan_.ctes.push_back(std::move(cte));
  commons.relations.push_back(
      {table.name, plan_.ctes.size() - 1, {}, false, 0, std::move(query.outputs), nullptr, nullptr, nullptr});
}

namespace {

// Whether the rows of the last round reach `node` one by one. On every other way (below an aggregate, on the side that
// an outer join may leave out, in INTERSECT, EXCEPT or an expression) the answer would depend on how rows are split
// into rounds.
bool ReadsRoundsRowByRow(const LogicalNode* node, uint32_t recursion) {
  if (node == nullptr) return false;
  if (const auto* scan = std::get_if<LogicalWorkScan>(&node->body)) return scan->recursion == recursion;
  bool left = false, right = false;
  if (const auto* join = std::get_if<LogicalJoin>(&node->body)) {
    left = join->kind != JoinKind::kRight && join->kind != JoinKind::kFull;
    right = join->kind == JoinKind::kInner || join->kind == JoinKind::kRight;
  } else if (const auto* set = std::get_if<LogicalSetOp>(&node->body)) {
    left = right = set->kind == SetKind::kUnion;
  } else {
    left = std::holds_alternative<LogicalFilter>(node->body) || std::holds_alternative<LogicalProject>(node->body) ||
           std::holds_alternative<LogicalSort>(node->body) || std::holds_alternative<LogicalLimit>(node->body) ||
           std::holds_alternative<LogicalDistinct>(node->body) || std::holds_alternative<LogicalProjectSet>(node->body);
  }
  return (left && ReadsRoundsRowByRow(node->input.get(), recursion)) ||
         (right && ReadsRoundsRowByRow(node->right.get(), recursion));
}

}  // namespace

BoundQuery QueryBinder::BindRecursion(const ast::CommonTable& table, QueryScope* parent, WithScope& commons) {
  const ast::Select& select = *table.query;
  commons.relations.push_back({table.name, {}, {}, true, 0, {}, nullptr, nullptr, nullptr});
  BoundQuery left = Bind(*select.left, parent, &commons);
  WithQuery& self = commons.relations.back();
  const uint32_t recursion = plan_.recursions++;
  self.forbidden = false;
  self.recursion = recursion;
  self.outputs = Renamed(left.outputs, table.columns, table.name, table.position);
  BoundQuery right = Bind(*select.right, parent, &commons);
  const size_t references = commons.relations.back().references;
  commons.relations.pop_back();
  if (left.outputs.size() != right.outputs.size()) {
    throw Error(ErrorCode::kSyntax, "each UNION query must have the same number of columns",
                fmt::format("the left one has {}, the right one {}", left.outputs.size(), right.outputs.size()))
        .WithPosition(select.right->position);
  }
  if (references > 1) {
    throw Error(ErrorCode::kSyntax,
                fmt::format("recursive reference to query \"{}\" must not appear more than once", table.name),
                "name it once in the second SELECT")
        .WithSqlState("42P19")
        .WithPosition(table.position);
  }
  if (references == 1 && !ReadsRoundsRowByRow(right.root.get(), recursion)) {
    throw Error(
        ErrorCode::kNotSupported,
        fmt::format("recursive reference to query \"{}\" must not appear below an aggregate, on the optional side "
                    "of an outer join, in INTERSECT, EXCEPT, another WITH query or a subquery of an expression",
                    table.name),
        "name it in FROM of the second SELECT, and aggregate in the query that reads the result")
        .WithSqlState("42P19")
        .WithPosition(table.position);
  }
  if (references == 1 && (!select.order_by.empty() || select.limit != nullptr || select.offset != nullptr)) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: ORDER BY, LIMIT and OFFSET in a recursive query",
                "put them into the query that reads it")
        .WithPosition(table.position);
  }
  std::vector<ExprPtr> rights;
  BoundQuery query;
  std::vector<ColumnId> outputs, lefts;
  for (size_t i = 0; i < left.outputs.size(); ++i) {
    const PlanColumn first = plan_.columns[left.outputs[i].column];
    ExprPtr second = OutputExpr(plan_, right, i);
    const bool same = !second->unknown && second->type == first.type && second->dynamic == first.dynamic;
    if (!same) second = second->unknown ? Coerce(second, first.type) : nullptr;
    if (second == nullptr) {
      throw Error(
          ErrorCode::kTypeMismatch,
          fmt::format("recursive query \"{}\" column {} has another type in its second term", table.name, i + 1),
          "cast the output of the non-recursive term to the correct type")
          .WithPosition(table.position);
    }
    outputs.push_back(plan_.AddColumn({first.name, first.type, ColumnSource::kComputed, first.dynamic, {}}));
    query.outputs.push_back({left.outputs[i].name, outputs.back()});
    query.literals.push_back(nullptr);
    lefts.push_back(left.outputs[i].column);
    rights.push_back(std::move(second));
  }
  std::vector<ColumnId> right_ids = TakeSide(plan_, right, rights);
  if (references == 0) {
    query.root = MakeNode(LogicalSetOp{SetKind::kUnion, select.set_all, outputs, lefts, right_ids},
                          std::move(left.root), std::move(right.root));
    SortAndLimit(select, query, parent, &commons);
    return query;
  }
  query.root = MakeNode(LogicalRecursion{recursion, select.set_all, outputs, lefts, right_ids}, std::move(left.root),
                        std::move(right.root));
  return query;
}

}  // namespace rem::sql
