#include "sql/planner/join_group.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "sql/plan/function.h"
#include "sql/planner/order_joins.h"
#include "sql/planner/rewrite.h"

namespace rem::sql {

namespace {

class GroupBuilder {
 public:
  GroupBuilder(const LogicalPlan& plan, const ColumnFlow& flow) : plan_(plan), flow_(flow) {}

  JoinGroup Run(LogicalPtr node) {
    Flatten(std::move(node));
    for (const ExprPtr& condition : conditions_) Sort(condition);
    MakeClasses();
    for (size_t i = 0; i < group_.relations.size(); ++i) {
      if (filters_[i].empty()) continue;
      group_.relations[i] = MakeLogical(LogicalFilter{std::move(filters_[i])}, std::move(group_.relations[i]));
    }
    return std::move(group_);
  }

 private:
  void Flatten(LogicalPtr node) {
    if (IsPlainJoin(*node)) {
      auto& join = std::get<LogicalJoin>(node->body);
      conditions_.insert(conditions_.end(), join.conditions.begin(), join.conditions.end());
      Flatten(std::move(node->input));
      Flatten(std::move(node->right));
      return;
    }
    // What stands on one relation goes back there, once its constants were seen.
    if (auto* filter = std::get_if<LogicalFilter>(&node->body)) {
      conditions_.insert(conditions_.end(), filter->conjuncts.begin(), filter->conjuncts.end());
      Flatten(std::move(node->input));
      return;
    }
    group_.relations.push_back(std::move(node));
    filters_.emplace_back();
  }

  size_t RelationOf(ColumnId column) {
    const auto known = relation_of_.find(column);
    if (known != relation_of_.end()) return known->second;
    size_t relation = kOuter;
    for (size_t i = 0; i < group_.relations.size() && relation == kOuter; ++i) {
      if (flow_.Makes(*group_.relations[i], column)) relation = i;
    }
    relation_of_[column] = relation;
    return relation;
  }

  std::vector<size_t> RelationsOf(const Expr& expr) {
    ColumnIds columns;
    flow_.Read(expr, columns);
    std::vector<size_t> relations;
    for (const ColumnId column : columns) {
      const size_t relation = RelationOf(column);
      if (relation != kOuter && std::ranges::find(relations, relation) == relations.end())
        relations.push_back(relation);
    }
    std::ranges::sort(relations);
    return relations;
  }

  void Sort(const ExprPtr& condition) {
    std::vector<size_t> relations = RelationsOf(*condition);
    if (relations.empty()) {
      // The same for all rows: without it nothing needs to be read.
      filters_[0].push_back(condition);
    } else if (relations.size() == 1) {
      filters_[relations[0]].push_back(condition);
      NoteConstant(*condition);
    } else if (!AddToClass(*condition)) {
      group_.conditions.push_back({condition, std::move(relations)});
    }
  }

  // ---- Equal columns ----

  bool IsMember(const Expr& expr) const { return expr.kind == ExprKind::kColumn && !expr.dynamic; }

  size_t Find(ColumnId column) {
    auto [at, is_new] = parents_.try_emplace(column, column);
    if (is_new) order_.push_back(column);
    ColumnId root = column;
    while (parents_[root] != root) root = parents_[root];
    return parents_[column] = root;
  }

  bool AddToClass(const Expr& condition) {
    const Equality equality = EqualityOf(condition);
    if (equality.left == nullptr || !IsMember(*equality.left) || !IsMember(*equality.right)) return false;
    if (equality.left->type != equality.right->type || equality.left->type == LogicalType::kJson) return false;
    const auto a = static_cast<ColumnId>(Find(equality.left->column)),
               b = static_cast<ColumnId>(Find(equality.right->column));
    equal_[equality.left->type] = condition.function;
    parents_[std::max(a, b)] = std::min(a, b);
    return true;
  }

  void NoteConstant(const Expr& condition) {
    const Equality equality = EqualityOf(condition);
    if (equality.left == nullptr) return;
    for (const bool swapped : {false, true}) {
      const ExprPtr& column = swapped ? equality.right : equality.left;
      const ExprPtr& value = swapped ? equality.left : equality.right;
      if (IsMember(*column) && IsFixed(*value) && column->type == value->type)
        constants_.push_back({column, value, condition.function, condition.position});
    }
  }

  void MakeClasses() {
    std::unordered_map<ColumnId, size_t> class_of;
    std::vector<std::vector<ColumnId>> classes;
    for (const ColumnId column : order_) {
      const auto root = static_cast<ColumnId>(Find(column));
      const auto [at, is_new] = class_of.try_emplace(root, classes.size());
      if (is_new) classes.emplace_back();
      classes[at->second].push_back(column);
    }
    for (const auto& columns : classes) AddClass(columns);
  }

  void AddClass(const std::vector<ColumnId>& columns) {
    JoinGroup::Class made;
    made.equal = equal_[plan_.columns[columns[0]].type];
    for (const ColumnId column : columns) {
      const size_t relation = RelationOf(column);
      ExprPtr expr = MakeColumn(column, plan_.columns[column].type, false);
      const auto same = std::ranges::find(made.members, relation, &JoinGroup::Member::relation);
      if (same == made.members.end()) {
        made.members.push_back({relation, std::move(expr)});
      } else {
        // a.x = b.x AND a.y = b.x: the relation's own columns are equal.
        filters_[relation].push_back(MakeCall(made.equal, {same->column, std::move(expr)}));
      }
    }
    for (const Constant& constant : constants_) {
      if (std::ranges::find(columns, constant.column->column) == columns.end()) continue;
      for (const ColumnId column : columns) {
        if (column == constant.column->column) continue;
        const ExprPtr expr = MakeColumn(column, plan_.columns[column].type, false);
        filters_[RelationOf(column)].push_back(MakeCall(constant.equal, {expr, constant.value}, constant.position));
      }
      break;
    }
    group_.classes.push_back(std::move(made));
  }

  struct Constant {
    ExprPtr column, value;
    const Function* equal;
    int position;
  };
  static constexpr size_t kOuter = SIZE_MAX;

  const LogicalPlan& plan_;
  const ColumnFlow& flow_;
  JoinGroup group_;
  std::vector<ExprPtr> conditions_;
  std::vector<std::vector<ExprPtr>> filters_;
  std::unordered_map<ColumnId, size_t> relation_of_;
  std::unordered_map<ColumnId, ColumnId> parents_;
  std::vector<ColumnId> order_;
  std::unordered_map<LogicalType, const Function*> equal_;
  std::vector<Constant> constants_;
};

}  // namespace

JoinGroup TakeJoinGroup(LogicalPtr node, const LogicalPlan& plan, const ColumnFlow& flow) {
  return GroupBuilder(plan, flow).Run(std::move(node));
}

}  // namespace rem::sql
