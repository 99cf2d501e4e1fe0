#include "sql/executor/spare_run.h"

#include "sql/executor/result_source.h"

namespace rem::sql {

SpareRun::~SpareRun() { Take(); }

std::unique_ptr<Result::Source> SpareRun::Take() {
  // Without one, which is what concurrent executions find, nothing is written.
  if (run_.load(std::memory_order_relaxed) == nullptr) return nullptr;
  return std::unique_ptr<Result::Source>(run_.exchange(nullptr, std::memory_order_acquire));
}

void SpareRun::Give(std::unique_ptr<Result::Source> run) {
  Result::Source* none = nullptr;
  if (run_.compare_exchange_strong(none, run.get(), std::memory_order_release, std::memory_order_relaxed))
    static_cast<void>(run.release());
}

}  // namespace rem::sql
