#include "sql/plan/plan_profile.h"

#include <algorithm>

namespace rem::sql {

void NodeProfile::AddMemory(size_t bytes) {
  const size_t now = memory_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  size_t most = most_memory_.load(std::memory_order_relaxed);
  // A number above half the range is one that wrapped around.
  while (now > most && now < SIZE_MAX / 2 && !most_memory_.compare_exchange_weak(most, now)) {
  }
}

void NodeProfile::Note(const std::string& name, int64_t number) {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(notes_, name, &std::pair<std::string, int64_t>::first);
  if (known == notes_.end()) {
    notes_.emplace_back(name, number);
  } else {
    known->second += number;
  }
}

std::vector<std::pair<std::string, int64_t>> NodeProfile::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

PlanProfile::PlanProfile(const PhysicalPlan& plan) {
  Add(*plan.root);
  for (const PhysicalSubquery& subquery : plan.subqueries) {
    if (subquery.root != nullptr) Add(*subquery.root);
  }
  for (const PhysicalCte& cte : plan.ctes) {
    if (cte.root != nullptr) Add(*cte.root);
  }
}

void PlanProfile::Add(const PhysicalNode& node) {
  nodes_.emplace(&node, std::make_unique<NodeProfile>());
  if (node.input != nullptr) Add(*node.input);
  if (node.right != nullptr) Add(*node.right);
}

NodeProfile* PlanProfile::Find(const PhysicalNode& node) const {
  const auto found = nodes_.find(&node);
  return found == nodes_.end() ? nullptr : found->second.get();
}

}  // namespace rem::sql
