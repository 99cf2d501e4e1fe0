#include "sql/plan_cache.h"

#include <algorithm>

namespace rem::sql {

namespace {

/// Tables of fewer rows are read in no time in whatever way.
constexpr int64_t kSmallTable = 64;

// A table has many more, or far fewer, rows than the plan was made for.
bool IsOutgrown(const PhysicalPlan& plan) {
  return std::ranges::any_of(plan.tables, [](const PlannedTable& table) {
    const int64_t live = table.counters->live_rows.load(std::memory_order_relaxed);
    const auto [fewer, more] = std::minmax(std::max<int64_t>(live, 0), table.live_rows);
    return more > kSmallTable && more / 2 > fewer;
  });
}

}  // namespace

std::string PlanCache::KeyOf(std::string_view text, std::span<const Value> parameters, bool optimise, bool normalised) {
  std::string key;
  key.reserve(text.size() + 3 + parameters.size());
  key.append(text);
  key.push_back('\0');
  key.push_back(optimise ? 'o' : '-');
  key.push_back(normalised ? 'n' : '-');
  for (const Value& value : parameters) key.push_back(static_cast<char>('0' + static_cast<int>(value.type())));
  return key;
}

bool PlanCache::IsStale(Entry& entry, uint64_t catalog_version, const ReadView* view) {
  const CachedPlan& cached = *entry.cached;
  if (cached.plan->catalog_version != catalog_version || IsOutgrown(*cached.plan)) return true;
  if (view == nullptr || cached.scans.empty() || ++entry.uses % kUsesBetweenCosts != 0) return false;
  return CostsDiffer(*cached.plan, cached.scans, *view);
}

std::shared_ptr<const CachedPlan> PlanCache::Find(const std::string& key, uint64_t catalog_version,
                                                  const ReadView* view) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto entry = found->second;
  if (IsStale(*entry, catalog_version, view)) {
    by_key_.erase(found);
    entries_.erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->cached;
}

void PlanCache::Add(const std::string& key, CachedPlan added) {
  auto plan = std::make_shared<const CachedPlan>(std::move(added));
  const std::lock_guard lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    found->second->cached = std::move(plan);
    return;
  }
  entries_.push_front({key, std::move(plan)});
  by_key_.emplace(entries_.front().key, entries_.begin());
  if (entries_.size() <= capacity_) return;
  by_key_.erase(entries_.back().key);
  entries_.pop_back();
}

void PlanCache::Clear() {
  const std::lock_guard lock(mutex_);
  by_key_.clear();
  entries_.clear();
}

size_t PlanCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace rem::sql
