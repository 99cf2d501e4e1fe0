#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/parser/ast_limits.h"
#include "sql/parser/transformer.h"

namespace rem::sql {

// GROUPING SETS, ROLLUP and CUBE: a part of Transformer.

namespace {

/// As PostgreSQL: CUBE of 12 elements has this many.
constexpr size_t kMaxGroupingSets = 4096;

using Set = std::vector<size_t>;

[[noreturn]] void ThrowTooMany(int position) {
  throw Error(ErrorCode::kLimitExceeded, "too many grouping sets present",
              fmt::format("a query has at most {}", kMaxGroupingSets))
      .WithSqlState("54001")
      .WithPosition(position);
}

Set Joined(const Set& a, const Set& b) {
  Set joined = a;
  joined.insert(joined.end(), b.begin(), b.end());
  return joined;
}

// ROLLUP (a, b)  ->  (a, b), (a), ()
std::vector<Set> Rollup(const std::vector<Set>& units) {
  std::vector<Set> sets;
  for (size_t length = units.size() + 1; length-- > 0;) {
    Set& set = sets.emplace_back();
    for (size_t i = 0; i < length; ++i) set.insert(set.end(), units[i].begin(), units[i].end());
  }
  return sets;
}

// CUBE (a, b)  ->  (a, b), (a), (b), ()
std::vector<Set> Cube(const std::vector<Set>& units, int position) {
  if (units.size() > 12) {
    throw Error(ErrorCode::kLimitExceeded, "CUBE is limited to 12 elements", "write fewer elements")
        .WithSqlState("54011")
        .WithPosition(position);
  }
  std::vector<Set> sets;
  const size_t count = size_t{1} << units.size();
  for (size_t left_out = 0; left_out < count; ++left_out) {
    Set& set = sets.emplace_back();
    for (size_t i = 0; i < units.size(); ++i) {
      if ((left_out >> (units.size() - 1 - i) & 1) == 0) set.insert(set.end(), units[i].begin(), units[i].end());
    }
  }
  return sets;
}

}  // namespace

// The groups that one element of a set names: an expression, or several in parentheses.
std::vector<size_t> Transformer::GroupingUnit(const PgQuery__Node& node, ast::GroupingSets& out) {
  Set unit;
  const auto add = [&](const PgQuery__Node& expr) {
    out.exprs.push_back(Transform(expr));
    unit.push_back(out.exprs.size() - 1);
  };
  if (node.node_case == PG_QUERY__NODE__NODE_ROW_EXPR) {
    for (size_t i = 0; i < node.row_expr->n_args; ++i) add(*node.row_expr->args[i]);
  } else {
    add(node);
  }
  return unit;
}

std::vector<std::vector<size_t>> Transformer::GroupingSetsOf(const PgQuery__GroupingSet& node, ast::GroupingSets& out) {
  if (node.kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY) return {{}};
  std::vector<Set> sets;
  if (node.kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_SETS) {
    for (size_t i = 0; i < node.n_content; ++i) {
      const PgQuery__Node& content = *node.content[i];
      if (content.node_case != PG_QUERY__NODE__NODE_GROUPING_SET) {
        sets.push_back(GroupingUnit(content, out));
      } else {
        for (Set& set : GroupingSetsOf(*content.grouping_set, out)) sets.push_back(std::move(set));
      }
      if (sets.size() > kMaxGroupingSets) ThrowTooMany(Position(node.location));
    }
    return sets;
  }
  std::vector<Set> units;
  for (size_t i = 0; i < node.n_content; ++i) units.push_back(GroupingUnit(*node.content[i], out));
  if (units.size() >= kMaxGroupingSets) ThrowTooMany(Position(node.location));
  return node.kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_ROLLUP ? Rollup(units)
                                                                       : Cube(units, Position(node.location));
}

// GROUP BY a, ROLLUP (b, c), GROUPING SETS (d, e): each combination of their sets, all of them with a.
void Transformer::GroupBy(const PgQuery__SelectStmt& node, ast::Select& select) {
  std::vector<Set> all{{}};
  bool several = false;
  ast::GroupingSets found;
  for (size_t i = 0; i < node.n_group_clause; ++i) {
    const PgQuery__Node& group = *node.group_clause[i];
    std::vector<Set> sets;
    if (group.node_case != PG_QUERY__NODE__NODE_GROUPING_SET) {
      sets.push_back(GroupingUnit(group, found));
    } else {
      several |= group.grouping_set->kind != PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY;
      sets = GroupingSetsOf(*group.grouping_set, found);
    }
    if (all.size() * sets.size() > kMaxGroupingSets) ThrowTooMany(1);
    std::vector<Set> combined;
    for (const Set& a : all) {
      for (const Set& b : sets) combined.push_back(Joined(a, b));
    }
    all = std::move(combined);
  }
  if (several) {
    found.sets = std::move(all);
    found.distinct = node.group_distinct;
    select.grouping_sets = std::make_unique<ast::GroupingSets>(std::move(found));
    return;
  }
  select.group_all = node.n_group_clause > 0 && found.exprs.empty();
  select.group_by = std::move(found.exprs);
}

}  // namespace rem::sql
