#include "embedding/service/request_gate.h"

#include <algorithm>

namespace rem {

namespace {

constexpr int64_t kFirstPauseMs = 250;
constexpr int kMostDoublings = 4;
constexpr int64_t kLongestWaitMs = 3'600'000;
// Of a service that says how many requests are left and not until when.
constexpr int64_t kResetMs = 60'000;

}  // namespace

int64_t BackoffMs(int failures, Random& random) {
  const int64_t pause = kFirstPauseMs << std::clamp(failures - 1, 0, kMostDoublings);
  return pause / 2 + static_cast<int64_t>(random.Uniform() * static_cast<double>(pause / 2));
}

RequestGate::Leave RequestGate::Enter(Clock::time_point now, size_t at_once, bool urgent) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point from = urgent ? opens_ : std::max(opens_, rests_);
  if (now < from) return {false, std::chrono::duration_cast<std::chrono::milliseconds>(from - now).count() + 1};
  if (remaining_ && now >= remaining_until_) remaining_.reset();
  size_t most = std::clamp<size_t>(std::min(at_once, most_), 1, kMostAtOnce);
  // Those under way may not be counted in what is left. One at a time may always ask how it stands.
  if (remaining_) most = std::min(most, static_cast<size_t>(std::max<int64_t>(*remaining_, 1)));
  if (running_ >= most && !urgent) return {};
  ++running_;
  return {true, 0};
}

void RequestGate::Exit(Clock::time_point now, Clock::time_point began, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  const size_t together = running_--;
  if (outcome.wait_ms > 0)
    opens_ = std::max(opens_, now + std::chrono::milliseconds(std::min(outcome.wait_ms, kLongestWaitMs)));
  if (outcome.remaining_requests) {
    remaining_ = outcome.remaining_requests;
    const int64_t ms = outcome.reset_ms > 0 ? std::min(outcome.reset_ms, kLongestWaitMs) : kResetMs;
    remaining_until_ = now + std::chrono::milliseconds(ms);
  }
  // What began before the service was given less to do says nothing of how it takes that.
  if (began < slowed_) return;
  if (outcome.answered) {
    refusals_ = 0;
    if (++answered_ >= most_ && most_ < kMostAtOnce) {
      ++most_;
      answered_ = 0;
    }
  }
  if (!outcome.overloaded) return;
  slowed_ = now;
  answered_ = 0;
  most_ = std::max<size_t>(std::min(most_, together) / 2, 1);
  ++refusals_;
  if (outcome.wait_ms == 0) rests_ = now + std::chrono::milliseconds(BackoffMs(refusals_, random_));
}

void RequestGate::Abandon() {
  const std::lock_guard lock(mutex_);
  --running_;
}

}  // namespace rem
