#pragma once

#include <span>
#include <string_view>

#include "sql/plan/function.h"
#include "sql/plan/window.h"

namespace rem::sql {

/// Signatures of the functions of one name that only make sense with OVER; empty for a name that is none.
std::span<const Function> FindWindowFunctions(std::string_view name);
/// What one of those signatures computes.
WindowFunction WindowFunctionOf(const Function& signature);

}  // namespace rem::sql
