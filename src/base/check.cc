#include "base/check.h"

#include <rem/error.h>

#include <fmt/format.h>

namespace rem {

void CheckFailed(const char* condition, const char* file, int line) {
  throw Error(ErrorCode::kInternal, fmt::format("internal check failed: {} ({}:{})", condition, file, line),
              "please report this with the statement or call that caused it");
}

}  // namespace rem
