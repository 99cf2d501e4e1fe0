#include "base/interrupt.h"

#include <rem/error.h>

namespace rem {

namespace {
/// Longer timeouts are none: a clock cannot count them.
constexpr int64_t kLongestTimeoutMs = int64_t{1} << 40;
}  // namespace

StatementEnd::StatementEnd(std::shared_ptr<const Interrupt> interrupt, int64_t timeout_ms)
    : interrupt_(std::move(interrupt)) {
  if (interrupt_ != nullptr) started_ = interrupt_->count();
  if (timeout_ms > 0 && timeout_ms < kLongestTimeoutMs)
    deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

void StatementEnd::Throw(bool cancelled) {
  if (cancelled) throw Error(ErrorCode::kCancelled, "canceling statement due to user request");
  throw Error(ErrorCode::kTimeout, "canceling statement due to statement timeout",
              "raise statement_timeout, or ask for less at once");
}

}  // namespace rem
