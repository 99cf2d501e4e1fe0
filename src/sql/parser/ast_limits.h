#pragma once

#include <cstddef>

namespace rem::sql {

inline constexpr size_t kMaxStatementBytes = 1u << 20;
/// Of parentheses, operators and CASE inside each other.
inline constexpr size_t kMaxExpressionDepth = 1000;
inline constexpr size_t kMaxInListItems = 100'000;
inline constexpr size_t kMaxSelectItems = 1664;
inline constexpr int kMaxParameters = 65'535;

}  // namespace rem::sql
