#include "sql/planner/order_joins.h"

#include <algorithm>
#include <limits>
#include <map>

#include "sql/planner/join_cost.h"
#include "sql/planner/join_group.h"
#include "sql/planner/rewrite.h"
#include "sql/planner/scan_cost.h"

namespace rem::sql {

namespace {

constexpr size_t kExactRelations = 10;
constexpr double kInfinite = std::numeric_limits<double>::infinity();
/// Of a class with more members only neighbours count as joined directly.
constexpr size_t kPairedMembers = 32;

/// In which order relations are joined: a relation, or a join of two such trees.
struct Shape {
  size_t relation = 0;
  std::unique_ptr<Shape> left, right;
};
using ShapePtr = std::unique_ptr<Shape>;

ShapePtr Leaf(size_t relation) {
  auto shape = std::make_unique<Shape>();
  shape->relation = relation;
  return shape;
}
ShapePtr Both(ShapePtr left, ShapePtr right) {
  auto shape = std::make_unique<Shape>();
  shape->left = std::move(left);
  shape->right = std::move(right);
  return shape;
}

/// What the relations of a group cost and give.
struct Figures {
  std::vector<double> rows;  ///< Of each relation.
  std::vector<double> cost;  ///< Of reading it.
  /// distinct[c][m]: different values of member m of class c; lookup[c][m]: cost of looking one value up there.
  std::vector<std::vector<double>> distinct, lookup;
  std::vector<double> selectivity;  ///< Of each condition.
};

Figures Measure(const JoinGroup& group, const LogicalPlan& plan, const PlannerContext& context, const ColumnFlow& flow,
                const Cardinality& cardinality) {
  Figures figures;
  for (const LogicalPtr& relation : group.relations) {
    figures.rows.push_back(std::max(cardinality.Rows(*relation), 1.0));
    figures.cost.push_back(ReadCost(*relation, plan, context, cardinality));
  }
  for (const JoinGroup::Class& one : group.classes) {
    std::vector<double> distinct, lookup;
    for (const JoinGroup::Member& member : one.members) {
      distinct.push_back(cardinality.Distinct(*member.column, figures.rows[member.relation]));
      const JoinGroup::Member& other = one.members[&member == one.members.data() && one.members.size() > 1 ? 1 : 0];
      const ExprPtr equality = MakeCall(one.equal, {member.column, other.column});
      const auto key = FindLookup(*group.relations[member.relation], {equality}, plan, flow, cardinality);
      lookup.push_back(key ? LookupJoinCost(1, *key) : kInfinite);
    }
    figures.distinct.push_back(std::move(distinct));
    figures.lookup.push_back(std::move(lookup));
  }
  for (const JoinGroup::Condition& condition : group.conditions)
    figures.selectivity.push_back(cardinality.Selectivity(*condition.expr));
  return figures;
}

/// Dynamic programming over sets of relations, as bits.
class ExactOrder {
 public:
  ExactOrder(const JoinGroup& group, const Figures& figures) : group_(group), figures_(figures) {
    for (const JoinGroup::Condition& condition : group.conditions) {
      uint32_t bits = 0;
      for (const size_t relation : condition.relations) bits |= 1u << relation;
      conditions_.push_back(bits);
    }
    for (const JoinGroup::Class& one : group.classes) {
      uint32_t bits = 0;
      for (const JoinGroup::Member& member : one.members) bits |= 1u << member.relation;
      classes_.push_back(bits);
    }
  }

  ShapePtr Run() {
    const uint32_t all = (1u << group_.relations.size()) - 1;
    best_.resize(all + 1);
    for (uint32_t set = 1; set <= all; ++set) {
      best_[set].rows = RowsOf(set);
      if ((set & (set - 1)) == 0) {
        best_[set].cost = figures_.cost[static_cast<size_t>(__builtin_ctz(set))];
        continue;
      }
      Split(set, true);
      if (best_[set].cost == kInfinite) Split(set, false);
    }
    return ShapeOf(all);
  }

 private:
  struct Best {
    double rows = 0;
    double cost = kInfinite;
    uint32_t left = 0;
  };

  double RowsOf(uint32_t set) const {
    double rows = 1;
    for (size_t i = 0; i < group_.relations.size(); ++i) {
      if ((set >> i & 1) != 0) rows *= figures_.rows[i];
    }
    for (size_t i = 0; i < conditions_.size(); ++i) {
      if ((conditions_[i] & set) == conditions_[i]) rows *= figures_.selectivity[i];
    }
    for (size_t c = 0; c < classes_.size(); ++c) {
      // All members but the one with the fewest values are fixed by it.
      double product = 1, fewest = kInfinite;
      for (size_t m = 0; m < group_.classes[c].members.size(); ++m) {
        if ((set >> group_.classes[c].members[m].relation & 1) == 0) continue;
        product *= figures_.distinct[c][m];
        fewest = std::min(fewest, figures_.distinct[c][m]);
      }
      if (fewest != kInfinite) rows *= fewest / product;
    }
    return std::max(rows, 1e-3);
  }

  void Split(uint32_t set, bool connected) {
    Best& best = best_[set];
    for (uint32_t left = (set - 1) & set; left > 0; left = (left - 1) & set) {
      const uint32_t right = set & ~left;
      const double cost = CostOf(left, right, best.rows, connected);
      if (cost >= best.cost) continue;
      best.cost = cost;
      best.left = left;
    }
  }

  // Of joining two sets that are there already; infinite where nothing connects them and something should.
  double CostOf(uint32_t left, uint32_t right, double rows, bool connected) const {
    const bool single = (right & (right - 1)) == 0;
    bool joined = false, hashed = false;
    double lookup = kInfinite;
    for (size_t c = 0; c < classes_.size(); ++c) {
      if ((classes_[c] & left) == 0 || (classes_[c] & right) == 0) continue;
      joined = hashed = true;
      for (size_t m = 0; single && m < group_.classes[c].members.size(); ++m) {
        if ((right >> group_.classes[c].members[m].relation & 1) != 0) lookup = std::min(lookup, figures_.lookup[c][m]);
      }
    }
    for (size_t i = 0; i < conditions_.size(); ++i) {
      const uint32_t bits = conditions_[i];
      if ((bits & (left | right)) != bits || (bits & left) == 0 || (bits & right) == 0) continue;
      joined = true;
      hashed |= EqualityOf(*group_.conditions[i].expr).left != nullptr;
    }
    if (connected && !joined) return kInfinite;
    const double outer = best_[left].rows, inner = best_[right].rows;
    const double by_lookup = best_[left].cost + outer * lookup;
    const double all = best_[left].cost + best_[right].cost;
    return std::min(by_lookup, all + (hashed ? HashJoinCost(outer, inner, rows) : NestedLoopCost(outer, inner, rows)));
  }

  ShapePtr ShapeOf(uint32_t set) const {
    if ((set & (set - 1)) == 0) return Leaf(static_cast<size_t>(__builtin_ctz(set)));
    return Both(ShapeOf(best_[set].left), ShapeOf(set & ~best_[set].left));
  }

  const JoinGroup& group_;
  const Figures& figures_;
  std::vector<uint32_t> conditions_, classes_;
  std::vector<Best> best_;
};

/// Joins the two parts with the fewest rows together, again and again.
class GreedyOrder {
 public:
  GreedyOrder(const JoinGroup& group, const Figures& figures) : rows_(figures.rows) {
    for (size_t i = 0; i < rows_.size(); ++i) {
      parts_.push_back(Leaf(i));
      part_of_.push_back(i);
    }
    for (size_t c = 0; c < group.classes.size(); ++c) {
      const auto& members = group.classes[c].members;
      for (size_t a = 0; a < members.size(); ++a) {
        const size_t end = members.size() > kPairedMembers ? std::min(a + 2, members.size()) : members.size();
        for (size_t b = a + 1; b < end; ++b) {
          const double distinct = std::max(figures.distinct[c][a], figures.distinct[c][b]);
          edges_.push_back({members[a].relation, members[b].relation, 1 / distinct, c});
        }
      }
    }
    for (size_t i = 0; i < group.conditions.size(); ++i) {
      const auto& relations = group.conditions[i].relations;
      if (relations.size() == 2)
        edges_.push_back({relations[0], relations[1], figures.selectivity[i], group.classes.size() + i});
    }
  }

  ShapePtr Run() {
    for (size_t joined = 1; joined < rows_.size(); ++joined) {
      auto [a, b, selectivity] = Next();
      rows_[a] = std::max(rows_[a] * rows_[b] * selectivity, 1e-3);
      // The larger part goes left.
      const bool swap = rows_[b] > left_rows_before_;
      parts_[a] =
          swap ? Both(std::move(parts_[b]), std::move(parts_[a])) : Both(std::move(parts_[a]), std::move(parts_[b]));
      for (size_t& part : part_of_) {
        if (part == b) part = a;
      }
      std::erase_if(edges_, [&](const Edge& edge) { return part_of_[edge.a] == part_of_[edge.b]; });
    }
    return std::move(parts_[part_of_[0]]);
  }

 private:
  struct Edge {
    size_t a, b;
    double selectivity;
    size_t source;  ///< Edges of one class count once between two parts.
  };
  struct Pair {
    size_t a, b;
    double selectivity;
  };

  Pair Next() {
    Pair best{0, 0, 1};
    double fewest = kInfinite;
    std::map<std::pair<size_t, size_t>, std::map<size_t, double>> between;
    for (const Edge& edge : edges_) {
      const auto ends = std::minmax(part_of_[edge.a], part_of_[edge.b]);
      double& known = between[ends].try_emplace(edge.source, 1.0).first->second;
      known = std::min(known, edge.selectivity);
    }
    for (const auto& [ends, parts] : between) {
      double selectivity = 1;
      for (const auto& [source, part] : parts) selectivity *= part;
      const double rows = rows_[ends.first] * rows_[ends.second] * selectivity;
      if (rows >= fewest) continue;
      fewest = rows;
      best = {ends.first, ends.second, selectivity};
    }
    if (fewest == kInfinite) best = Smallest();
    left_rows_before_ = rows_[best.a];
    return best;
  }

  // Nothing connects the parts that are left.
  Pair Smallest() const {
    std::vector<size_t> parts;
    for (size_t i = 0; i < part_of_.size(); ++i) {
      if (part_of_[i] == i) parts.push_back(i);
    }
    std::ranges::sort(parts, [&](size_t a, size_t b) { return rows_[a] < rows_[b]; });
    return {std::min(parts[0], parts[1]), std::max(parts[0], parts[1]), 1};
  }

  std::vector<double> rows_;  // Of each part, at its first relation.
  std::vector<ShapePtr> parts_;
  std::vector<size_t> part_of_;
  std::vector<Edge> edges_;
  double left_rows_before_ = 0;
};

/// Makes joins of a shape, each with the conditions that can be computed there and not before.
class TreeBuilder {
 public:
  explicit TreeBuilder(JoinGroup& group) : group_(group), placed_(group.conditions.size(), 0) {}

  LogicalPtr Build(const Shape& shape, std::vector<uint8_t>& relations) {
    relations.assign(group_.relations.size(), 0);
    if (shape.left == nullptr) {
      relations[shape.relation] = 1;
      return std::move(group_.relations[shape.relation]);
    }
    std::vector<uint8_t> right_relations;
    LogicalPtr left = Build(*shape.left, relations);
    LogicalPtr right = Build(*shape.right, right_relations);
    LogicalJoin join;
    for (const JoinGroup::Class& one : group_.classes) {
      const auto in = [](const std::vector<uint8_t>& set) {
        return [&](const JoinGroup::Member& member) { return set[member.relation] != 0; };
      };
      const auto a = std::ranges::find_if(one.members, in(relations));
      const auto b = std::ranges::find_if(one.members, in(right_relations));
      if (a != one.members.end() && b != one.members.end())
        join.conditions.push_back(MakeCall(one.equal, {a->column, b->column}));
    }
    for (size_t i = 0; i < relations.size(); ++i) relations[i] |= right_relations[i];
    for (size_t i = 0; i < group_.conditions.size(); ++i) {
      const auto& needed = group_.conditions[i].relations;
      if (placed_[i] != 0 || !std::ranges::all_of(needed, [&](size_t one) { return relations[one] != 0; })) continue;
      placed_[i] = 1;
      join.conditions.push_back(group_.conditions[i].expr);
    }
    return MakeLogical(std::move(join), std::move(left), std::move(right));
  }

 private:
  JoinGroup& group_;
  std::vector<uint8_t> placed_;
};

}  // namespace

bool IsPlainJoin(const LogicalNode& node) {
  const auto* join = std::get_if<LogicalJoin>(&node.body);
  return join != nullptr && join->kind == JoinKind::kInner && !join->lateral;
}

void OrderJoins(LogicalPtr& node, const LogicalPlan& plan, const PlannerContext& context, const ColumnFlow& flow,
                const Cardinality& cardinality, const std::function<void(LogicalPtr&)>& apply) {
  JoinGroup group = TakeJoinGroup(std::move(node), plan, flow);
  for (LogicalPtr& relation : group.relations) apply(relation);
  const Figures figures = Measure(group, plan, context, flow, cardinality);
  const ShapePtr shape =
      group.relations.size() <= kExactRelations ? ExactOrder(group, figures).Run() : GreedyOrder(group, figures).Run();
  std::vector<uint8_t> relations;
  node = TreeBuilder(group).Build(*shape, relations);
}

}  // namespace rem::sql
