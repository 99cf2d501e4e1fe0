#pragma once

#include <rem/error.h>

#include "sql/functions/map.h"

namespace rem::sql {

/// Kernel of a function of values, for what is called less often than once a row of a large table: F(arguments, how
/// many, type of the result). Its errors become the call's failure.
template <Value (*F)(const Value*, size_t, LogicalType)>
void ByValue(KernelCall& call) {
  std::vector<Value> arguments(call.in.size());
  ForEachRow(call, [&](size_t row) {
    if (call.failure->failed) return;
    for (size_t i = 0; i < arguments.size(); ++i) arguments[i] = call.in[i]->Get(row);
    try {
      call.out->Set(row, F(arguments.data(), arguments.size(), call.out->type()));
    } catch (const Error& error) {
      call.failure->Set(row, error);
    }
  });
}

}  // namespace rem::sql
