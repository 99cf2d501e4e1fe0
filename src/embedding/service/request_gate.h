#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/random.h"

namespace rem {

/// Says when the next request to a service may begin, from what came of the others. All calls of a provider share it,
/// so that one of them that is told to slow down slows all of them down. Thread-safe.
///
/// What the service asks for is kept: a pause, and no more requests than it says are left. Where it only refuses, the
/// number of requests at a time is halved and grows again by one for each round that goes well (additive increase and
/// multiplicative decrease, as of TCP: Chiu and Jain, 1989), and pauses double with each refusal in a row.
class RequestGate {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr size_t kMostAtOnce = 64;

  /// Whether a request may begin.
  struct Leave {
    bool granted = false;
    int64_t wait_ms = 0;  ///< Where it is not: until the service takes requests, or 0 for until another one ends.
  };
  /// Takes a place where it grants one; Exit gives it back. `at_once` is how many places there are. An urgent request
  /// waits for what the service asked for, and for nothing else.
  Leave Enter(Clock::time_point now, size_t at_once, bool urgent);

  /// What came of a request.
  struct Outcome {
    bool answered = false;    ///< With vectors.
    bool overloaded = false;  ///< The service is, or cannot be reached.
    int64_t wait_ms = 0;      ///< As in HttpResponse, as the next two.
    std::optional<int64_t> remaining_requests;
    int64_t reset_ms = 0;
  };
  void Exit(Clock::time_point now, Clock::time_point began, const Outcome& outcome);
  /// Gives a place back of a request that nobody waits for any more.
  void Abandon();

 private:
  std::mutex mutex_;
  size_t running_ = 0;
  size_t most_ = kMostAtOnce;  ///< At a time; lowered by refusals.
  size_t answered_ = 0;        ///< In a row, since most_ grew.
  int refusals_ = 0;           ///< In a row; those of requests that were under way together count once.
  Clock::time_point slowed_;   ///< When most_ was lowered last.
  Clock::time_point opens_;    ///< The service takes no request before.
  Clock::time_point rests_;    ///< It is better left alone before.
  /// What the service said is left, until it starts anew.
  std::optional<int64_t> remaining_;
  Clock::time_point remaining_until_;
  Random random_ = Random::FromSystem();
};

/// The pause after so many failures in a row (1 or more), with jitter.
int64_t BackoffMs(int failures, Random& random);

}  // namespace rem
