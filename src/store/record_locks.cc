#include "store/record_locks.h"

namespace rem {

RecordLocks::Guard RecordLocks::LockMany(std::span<const Uuid> ids) {
  if (ids.empty()) return {};
  Stripes wanted;
  for (const Uuid& id : ids) wanted.set(StripeOf(id));
  return Take(wanted);
}

RecordLocks::Guard RecordLocks::LockAll() { return Take(Stripes().set()); }

RecordLocks::Guard RecordLocks::Take(const Stripes& wanted) {
  std::unique_lock lock(mutex_);
  if ((wanted & (busy_ | reserved_)).none()) {
    busy_ |= wanted;
    return Guard(this, wanted);
  }
  Waiter self;
  self.wanted = wanted;
  waiters_.push_back(&self);
  reserved_ |= wanted;
  self.wake.wait(lock, [&] { return self.granted; });
  return Guard(this, wanted);
}

void RecordLocks::Unlock(const Stripes& stripes) {
  std::lock_guard lock(mutex_);
  busy_ &= ~stripes;
  Stripes blocked = busy_;
  reserved_.reset();
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    Waiter& waiter = **it;
    const bool free = (waiter.wanted & blocked).none();
    blocked |= waiter.wanted;
    if (free) {
      busy_ |= waiter.wanted;
      waiter.granted = true;
      waiter.wake.notify_one();
      it = waiters_.erase(it);
    } else {
      reserved_ |= waiter.wanted;
      ++it;
    }
  }
}

}  // namespace rem
