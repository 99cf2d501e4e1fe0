#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace rem {

/// Tells writers when no reader can still see what they took away (epoch-based reclamation; Fraser 2004). Readers never
/// wait.
class ReadGate {
 public:
  class Pass {
   public:
    explicit Pass(ReadGate& gate) : counter_(gate.Enter()) {}
    ~Pass() { counter_->fetch_sub(1); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    std::atomic<uint64_t>* counter_;
  };

  /// What is unlinked now may be reused once `Passed` of this returns true.
  uint64_t epoch() const { return epoch_.load(); }
  bool Passed(uint64_t epoch) {
    // Readers of the epoch before this one must have left before the next one begins.
    for (uint64_t now = epoch_.load(); now < epoch + 2; now = epoch_.load()) {
      if (!Empty(now - 1)) return false;
      epoch_.compare_exchange_strong(now, now + 1);
    }
    return true;
  }

 private:
  static constexpr size_t kShards = 16;
  struct alignas(64) Counter {
    std::atomic<uint64_t> readers{0};
  };

  std::atomic<uint64_t>* Enter() {
    static std::atomic<size_t> threads{0};
    thread_local const size_t shard = threads.fetch_add(1) % kShards;
    for (;;) {
      const uint64_t now = epoch_.load();
      std::atomic<uint64_t>* counter = &counters_[now % 2][shard].readers;
      counter->fetch_add(1);
      if (epoch_.load() == now) return counter;
      counter->fetch_sub(1);
    }
  }
  bool Empty(uint64_t epoch) const {
    for (const Counter& counter : counters_[epoch % 2]) {
      if (counter.readers.load() != 0) return false;
    }
    return true;
  }

  std::atomic<uint64_t> epoch_{1};
  std::array<std::array<Counter, kShards>, 2> counters_;
};

}  // namespace rem
