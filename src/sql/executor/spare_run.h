#pragma once

#include <atomic>
#include <memory>

#include <rem/result.h>

namespace rem::sql {

/// What an execution of a plan left for the next one: its operators, with the memory of their columns. Building them
/// costs a point query more than its reads. Holds one at most; thread-safe. Lives no longer than the plan.
class SpareRun {
 public:
  SpareRun() = default;
  ~SpareRun();
  SpareRun(const SpareRun&) = delete;
  SpareRun& operator=(const SpareRun&) = delete;

  /// nullptr when there is none.
  std::unique_ptr<Result::Source> Take();
  /// Destroys it where there is one already.
  void Give(std::unique_ptr<Result::Source> run);

 private:
  std::atomic<Result::Source*> run_{nullptr};
};

}  // namespace rem::sql
