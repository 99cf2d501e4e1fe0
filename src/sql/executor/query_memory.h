#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace rem::sql {

class MemoryUse;
class NodeProfile;
struct ExecContext;

/// How much memory the operators of one statement hold together, and may hold. Thread-safe.
class QueryMemory {
 public:
  explicit QueryMemory(size_t limit_bytes) : limit_(limit_bytes) {}
  size_t limit_bytes() const { return limit_; }
  size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }

 private:
  friend class MemoryUse;
  [[noreturn]] void Refuse(size_t wanted);

  const size_t limit_;
  std::atomic<size_t> used_{0};
  std::mutex mutex_;
  std::vector<const MemoryUse*> users_;
};

/// What one operator holds of a statement's memory. Used by one thread.
class MemoryUse {
 public:
  /// `what` names the operator in the error, and lives as long as this.
  MemoryUse(const ExecContext& context, const char* what);
  ~MemoryUse();
  MemoryUse(const MemoryUse&) = delete;
  MemoryUse& operator=(const MemoryUse&) = delete;

  /// Tells how much is held now. Error(kLimitExceeded, 53200), which says who holds how much, where that is too much.
  void Set(size_t bytes);

 private:
  friend class QueryMemory;
  QueryMemory& memory_;
  const char* what_;
  // Read by the thread that runs into the limit.
  std::atomic<size_t> held_{0};
  NodeProfile* const profile_;
  bool known_ = false;
};

}  // namespace rem::sql
