#pragma once

#include "sql/planner/column_flow.h"

namespace rem::sql {

/// A group of inner joins taken apart: what is joined, and the conditions that belong to several of them.
struct JoinGroup {
  std::vector<LogicalPtr> relations;
  /// One condition and the relations it reads, ascending. Never a single one: that is a filter of the relation.
  struct Condition {
    ExprPtr expr;
    std::vector<size_t> relations;
  };
  std::vector<Condition> conditions;
  /// Columns of different relations that equalities make the same. Joining two sets of relations that both have members
  /// takes one equality, for within each set the members are equal already.
  struct Member {
    size_t relation;
    ExprPtr column;
  };
  struct Class {
    std::vector<Member> members;  ///< By relation, each at most once.
    const Function* equal = nullptr;
  };
  std::vector<Class> classes;
};

/// Takes the joins below `node` apart. Conditions on one relation become a filter on it; what a constant is equal to is
/// passed on to all that equals it.
JoinGroup TakeJoinGroup(LogicalPtr node, const LogicalPlan& plan, const ColumnFlow& flow);

}  // namespace rem::sql
