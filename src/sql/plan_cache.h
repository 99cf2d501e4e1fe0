#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rem/value.h>

#include "sql/plan/plan.h"

namespace rem::sql {

/// Plans of recent statements, the least recently used one going first. A plan of another catalog version is as good as
/// none.
class PlanCache {
 public:
  explicit PlanCache(size_t plans) : capacity_(plans) {}

  static std::string KeyOf(std::string_view text, std::span<const Value> parameters, bool optimise);
  std::shared_ptr<const PhysicalPlan> Find(const std::string& key, uint64_t catalog_version);
  void Add(const std::string& key, std::shared_ptr<const PhysicalPlan> plan);
  size_t size() const;

 private:
  using Entry = std::pair<std::string, std::shared_ptr<const PhysicalPlan>>;
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // newest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

}  // namespace rem::sql
