#include "store/record_locks.h"

#include <bitset>

namespace rem {

RecordLocks::Guard RecordLocks::LockMany(std::span<const Uuid> ids) {
  if (ids.empty()) return {};
  std::bitset<kStripes> wanted;
  for (const Uuid& id : ids) wanted.set(StripeOf(id));
  std::vector<std::unique_lock<std::mutex>> locks;
  locks.reserve(wanted.count());
  for (size_t i = 0; i < kStripes; ++i) {
    if (wanted.test(i)) locks.emplace_back(stripes_[i]);
  }
  return Guard(std::move(locks));
}

RecordLocks::Guard RecordLocks::LockAll() {
  std::vector<std::unique_lock<std::mutex>> locks;
  locks.reserve(kStripes);
  for (std::mutex& stripe : stripes_) locks.emplace_back(stripe);
  return Guard(std::move(locks));
}

}  // namespace rem
