#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sql/plan/plan.h"

namespace rem::sql {

/// What one node of a plan did in one execution. Thread-safe. Rows and times are sums over all of its runs: over the
/// threads that shared it, and over the rows that a subquery or lateral join ran it for.
class NodeProfile {
 public:
  std::atomic<uint64_t> rows{0};
  std::atomic<uint64_t> batches{0};
  std::atomic<uint64_t> runs{0};
  std::atomic<uint64_t> nanoseconds{0};  ///< With the nodes below it.

  /// Memory that the node holds now; wraps around when it shrinks.
  void AddMemory(size_t bytes);
  size_t most_memory_bytes() const { return most_memory_.load(std::memory_order_relaxed); }
  /// Something that only this kind of node has to say; numbers of the same name are added up.
  void Note(const std::string& name, int64_t number);
  std::vector<std::pair<std::string, int64_t>> notes() const;

 private:
  std::atomic<size_t> memory_{0};
  std::atomic<size_t> most_memory_{0};
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, int64_t>> notes_;
};

/// EXPLAIN ANALYZE: what the nodes of a plan did. Thread-safe.
class PlanProfile {
 public:
  explicit PlanProfile(const PhysicalPlan& plan);
  /// nullptr for nodes that an operator made for itself.
  NodeProfile* Find(const PhysicalNode& node) const;

 private:
  void Add(const PhysicalNode& node);
  std::unordered_map<const PhysicalNode*, std::unique_ptr<NodeProfile>> nodes_;
};

/// Times of a statement in milliseconds.
struct StatementTimes {
  double planning = 0;
  double execution = 0;
};

/// As FormatPlan, with what each node did where there is a profile.
std::string FormatPlan(const PhysicalPlan& plan, const PlanProfile* profile, const StatementTimes& times);
/// In the form of PostgreSQL's EXPLAIN (FORMAT JSON): an array with one object. Keys of the same meaning have the same
/// names.
std::string FormatPlanAsJson(const PhysicalPlan& plan, const PlanProfile* profile, const StatementTimes& times);

}  // namespace rem::sql
