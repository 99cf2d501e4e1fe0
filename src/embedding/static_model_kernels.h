#pragma once

#include <cstddef>
#include <cstdint>

namespace rem {

/// sums[d] += x[d] * x_weight + y[d] * y_weight. `size` is a multiple of 16; weights are 0 to 32767.
void AddTwoRows(const int8_t* x, int32_t x_weight, const int8_t* y, int32_t y_weight, int32_t* sums, size_t size);

/// The slow twin that says what AddTwoRows computes.
void AddTwoRowsPlainly(const int8_t* x, int32_t x_weight, const int8_t* y, int32_t y_weight, int32_t* sums,
                       size_t size);

}  // namespace rem
