#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include <rem/uuid.h>

namespace rem {

/// Locks on records by public id, for the time from reading a record to committing its change. Striped: two records may
/// share a lock. Sets of locks are taken in stripe order, so that writers cannot wait for each other in a circle.
class RecordLocks {
 public:
  static constexpr size_t kStripes = 256;

  /// Holds some stripes until destroyed.
  class Guard {
   public:
    Guard() = default;
    explicit Guard(std::vector<std::unique_lock<std::mutex>> locks) : locks_(std::move(locks)) {}

   private:
    std::vector<std::unique_lock<std::mutex>> locks_;
  };

  std::unique_lock<std::mutex> Lock(const Uuid& id) { return std::unique_lock(stripes_[StripeOf(id)]); }
  Guard LockMany(std::span<const Uuid> ids);
  /// Keeps every writer of this tenant out.
  Guard LockAll();

 private:
  // The last bytes of every kind of UUID that we make are well mixed.
  static size_t StripeOf(const Uuid& id) { return id.bytes[15]; }

  std::array<std::mutex, kStripes> stripes_;
};

}  // namespace rem
