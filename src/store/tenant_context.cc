#include "store/tenant_context.h"

#include <fmt/format.h>

#include <rem/error.h>

namespace rem {

void TenantContext::CheckNotDropped() const {
  if (!dropped) return;
  throw Error(ErrorCode::kTenant, fmt::format("Tenant \"{}\" was dropped", name),
              "open it again to start with an empty one");
}

}  // namespace rem
