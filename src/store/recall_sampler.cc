#include "store/recall_sampler.h"

#include <algorithm>
#include <numeric>

namespace rem {

RecallSampler::State RecallSampler::state() const {
  std::lock_guard lock(mutex_);
  State state;
  state.samples = samples_;
  state.ef = ef();
  const size_t known = std::min(in_window_, kWindow);
  if (known > 0)
    state.recall = std::accumulate(window_.begin(), window_.begin() + static_cast<ptrdiff_t>(known), 0.0) /
                   static_cast<double>(known);
  return state;
}

std::optional<VectorValue> RecallSampler::Take(std::chrono::steady_clock::time_point now) {
  std::lock_guard lock(mutex_);
  if (!waiting_ || now < not_before_) return std::nullopt;
  std::optional<VectorValue> query = std::move(waiting_);
  waiting_.reset();
  return query;
}

void RecallSampler::Add(size_t found, size_t wanted, size_t ef, std::chrono::steady_clock::time_point now,
                        std::chrono::steady_clock::duration took) {
  std::lock_guard lock(mutex_);
  not_before_ = now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(took / kShareOfTime);
  // Of a beam that is no longer the one in use it tells nothing.
  if (wanted == 0 || ef != ef_.load()) return;
  window_[in_window_ % kWindow] = static_cast<double>(found) / static_cast<double>(wanted);
  ++in_window_;
  ++samples_;
  const size_t known = std::min(in_window_, kWindow);
  if (known < kLeastToJudge) return;
  const double recall = std::accumulate(window_.begin(), window_.begin() + static_cast<ptrdiff_t>(known), 0.0) /
                        static_cast<double>(known);
  if (recall >= kTarget || ef >= kMostEf) return;
  ef_ = std::min(kMostEf, ef + ef / 2);
  in_window_ = 0;
}

}  // namespace rem
