#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace rem {

/// What another thread, or a signal handler, uses to end running statements. Cancelling ends those that have started;
/// later ones are not affected.
class Interrupt {
 public:
  /// Async-signal-safe.
  void Cancel() { count_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> count_{0};
  static_assert(std::atomic<uint64_t>::is_always_lock_free);
};

/// The end that one statement may come to before it is done. Thread-safe.
class StatementEnd {
 public:
  /// `timeout_ms` counts from here; 0 means none. `interrupt` may be absent.
  explicit StatementEnd(std::shared_ptr<const Interrupt> interrupt = nullptr, int64_t timeout_ms = 0);

  /// Error(kCancelled), Error(kTimeout). Cheap enough for every batch of rows.
  void Check() const {
    const bool cancelled = interrupt_ != nullptr && interrupt_->count() != started_;
    if (cancelled || (deadline_ && std::chrono::steady_clock::now() >= *deadline_)) Throw(cancelled);
  }

 private:
  [[noreturn]] static void Throw(bool cancelled);

  std::shared_ptr<const Interrupt> interrupt_;
  uint64_t started_ = 0;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace rem
