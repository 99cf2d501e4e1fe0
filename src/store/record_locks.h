#pragma once

#include <bitset>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <span>
#include <utility>

#include <rem/uuid.h>

namespace rem {

/// Locks on records by public id, for the time from reading a record to committing its change. Striped: two records may
/// share a lock. A set of stripes is taken as a whole or not yet, in the order of asking where sets overlap: so writers
/// cannot wait for each other in a circle, and a large set is not overtaken for ever by small ones.
class RecordLocks {
 public:
  static constexpr size_t kStripes = 256;
  using Stripes = std::bitset<kStripes>;

  /// Holds stripes until destroyed or released.
  class Guard {
   public:
    Guard() = default;
    Guard(RecordLocks* locks, const Stripes& stripes) : locks_(locks), stripes_(stripes) {}
    Guard(Guard&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), stripes_(other.stripes_) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() { Release(); }
    /// Takes over what another guard holds, in exchange for nothing: this one must hold nothing.
    void Take(Guard&& other) {
      locks_ = std::exchange(other.locks_, nullptr);
      stripes_ = other.stripes_;
    }
    void Release() {
      if (RecordLocks* locks = std::exchange(locks_, nullptr)) locks->Unlock(stripes_);
    }

   private:
    RecordLocks* locks_ = nullptr;
    Stripes stripes_;
  };

  Guard Lock(const Uuid& id) { return LockMany({&id, 1}); }
  Guard LockMany(std::span<const Uuid> ids);
  /// Keeps every writer of this tenant out.
  Guard LockAll();

 private:
  struct Waiter {
    Stripes wanted;
    bool granted = false;
    std::condition_variable wake;
  };

  // The last byte of every kind of UUID that we make is well mixed.
  static size_t StripeOf(const Uuid& id) { return id.bytes[15]; }
  Guard Take(const Stripes& wanted);
  void Unlock(const Stripes& stripes);

  std::mutex mutex_;
  Stripes busy_;
  Stripes reserved_;  // By waiters: who asks later waits behind them.
  std::deque<Waiter*> waiters_;
};

}  // namespace rem
