#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include <rem/value.h>

namespace rem {

/// How well a vector index answers the queries that it gets: now and then one of them is searched exactly too, in the
/// background, and what the index found of the ten nearest is counted. Where it finds too few, searches that do not say
/// how wide they look take a wider beam. Thread-safe.
class RecallSampler {
 public:
  static constexpr size_t kTop = 10;
  static constexpr size_t kFirstEf = 100;
  static constexpr size_t kMostEf = 1000;
  static constexpr double kTarget = 0.95;
  /// Of the time goes into exact searches at most.
  static constexpr double kShareOfTime = 0.01;

  struct State {
    size_t samples = 0;
    double recall = 1;  ///< Of the newest samples.
    size_t ef = kFirstEf;
  };

  /// How wide a search looks that does not say.
  size_t ef() const { return ef_.load(std::memory_order_relaxed); }
  State state() const;

  /// Offers a query (a range of floats) to be sampled; cheap.
  template <typename Floats>
  void Offer(const Floats& query) {
    if (offered_.fetch_add(1, std::memory_order_relaxed) % kEvery != 0) return;
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock.owns_lock() && !waiting_) waiting_.emplace(query.begin(), query.end());
  }
  /// The next one to search, where it is time for that.
  std::optional<VectorValue> Take(std::chrono::steady_clock::time_point now);
  /// Takes `found` of `wanted` of the nearest, searched with a beam of `ef` in the time given.
  void Add(size_t found, size_t wanted, size_t ef, std::chrono::steady_clock::time_point now,
           std::chrono::steady_clock::duration took);

 private:
  static constexpr uint64_t kEvery = 64;
  static constexpr size_t kWindow = 50;
  static constexpr size_t kLeastToJudge = 10;

  std::atomic<uint64_t> offered_{0};
  std::atomic<size_t> ef_{kFirstEf};
  mutable std::mutex mutex_;
  std::optional<VectorValue> waiting_;
  std::chrono::steady_clock::time_point not_before_{};
  std::array<double, kWindow> window_{};
  size_t in_window_ = 0;  // since the beam was last changed
  size_t samples_ = 0;
};

}  // namespace rem
