#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rem/value.h>

#include "sql/plan/plan.h"
#include "sql/plan/planned_scans.h"

namespace rem::sql {

class SpareRun;

/// A plan, the type of each literal where those of its statement were taken out (parser/normalise.h), and what its last
/// execution left for the next one.
struct CachedPlan {
  std::shared_ptr<const PhysicalPlan> plan;
  std::vector<LogicalType> literal_types;
  std::shared_ptr<SpareRun> spare;
  /// DecidingScans of the plan.
  std::vector<PlannedScan> scans;
};

/// Plans of recent statements, the least recently used one going first. A plan of another catalog version, for tables
/// of half or twice their size, or for scans that cost something else now, is as good as none.
class PlanCache {
 public:
  explicit PlanCache(size_t plans) : capacity_(plans) {}

  /// `normalised`: the parameters are literals that were taken out of the text.
  static std::string KeyOf(std::string_view text, std::span<const Value> parameters, bool optimise, bool normalised);
  /// nullptr when it is not there. What scans cost is asked now and then, and not without a view.
  std::shared_ptr<const CachedPlan> Find(const std::string& key, uint64_t catalog_version,
                                         const ReadView* view = nullptr);
  void Add(const std::string& key, CachedPlan plan);
  size_t size() const;
  void Clear();

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const CachedPlan> cached;
    uint32_t uses = 0;
  };
  /// That takes as long as planning a simple statement.
  static constexpr uint32_t kUsesBetweenCosts = 16;

  bool IsStale(Entry& entry, uint64_t catalog_version, const ReadView* view);

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // newest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

}  // namespace rem::sql
