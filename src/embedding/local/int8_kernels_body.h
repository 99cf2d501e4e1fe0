// The kernels over vectors of kLanes whole numbers. Included by one .cc file for each instruction set, which first
// defines
//
//   REM_KERNEL        the attributes of a function of that instruction set
//   kLanes            numbers of 32 bits in a register
//   kTileRows         rows that are multiplied at once with a panel of kTilePanels registers
//   Ints Dot(Ints sum, int32_t a, Ints b)   sum + the products of the four bytes of a, without sign, and of each lane
//   of b
//
// Everything is in an anonymous namespace, so that no file calls another one's instructions.
#pragma once

#include <cstring>

#include "embedding/local/int8_kernels.h"
#include "embedding/local/unroll.h"

namespace rem {

namespace {

typedef float Floats __attribute__((vector_size(kLanes * 4)));
constexpr size_t kTilePanels = 2;
constexpr size_t kPanel = kTilePanels * kLanes;

template <typename Lanes>
REM_KERNEL __attribute__((always_inline)) inline Lanes LoadLanes(const void* from) {
  Lanes lanes;
  __builtin_memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

/// c of one row for a register of columns.
REM_KERNEL __attribute__((always_inline)) inline Floats Finish(const Int8Product& p, Ints sum, const Int8Row& row,
                                                               size_t column) {
  const Ints sums = LoadLanes<Ints>(p.sums + column);
  const Floats scales = LoadLanes<Floats>(p.scales + column);
  const Floats whole = __builtin_convertvector(sum - sums * row.zero, Floats);
  Floats c = whole * (scales * row.scale);
  if (p.start != nullptr) c += LoadLanes<Floats>(p.start + column);
  return c;
}

/// kRows rows of A against the panel, with kRows * kTilePanels sums in registers.
template <size_t kRows>
REM_KERNEL void MultiplyTile(const Int8Product& p, size_t first, float* c, size_t c_stride) {
  const uint8_t* a = p.a + first * p.a_stride;
  Ints sums[kRows][kTilePanels] = {};
  for (size_t k = 0; k < p.groups; ++k) {
    Ints b[kTilePanels];
    REM_UNROLL
    for (size_t j = 0; j < kTilePanels; ++j) b[j] = LoadLanes<Ints>(p.panel + (k * kPanel + j * kLanes) * 4);
    REM_UNROLL
    for (size_t r = 0; r < kRows; ++r) {
      int32_t four;
      __builtin_memcpy(&four, a + r * p.a_stride + 4 * k, sizeof(four));
      REM_UNROLL
      for (size_t j = 0; j < kTilePanels; ++j) sums[r][j] = Dot(sums[r][j], four, b[j]);
    }
  }
  REM_UNROLL
  for (size_t r = 0; r < kRows; ++r) {
    REM_UNROLL
    for (size_t j = 0; j < kTilePanels; ++j) {
      const Floats row = Finish(p, sums[r][j], p.a_rows[first + r], j * kLanes);
      __builtin_memcpy(c + r * c_stride + j * kLanes, &row, sizeof(row));
    }
  }
}

/// A tile of `rows` rows, at most kRows.
template <size_t kRows>
REM_KERNEL void MultiplySomeRows(const Int8Product& p, size_t rows, size_t first, float* c, size_t c_stride) {
  if (rows == kRows) return MultiplyTile<kRows>(p, first, c, c_stride);
  if constexpr (kRows > 1) MultiplySomeRows<kRows - 1>(p, rows, first, c, c_stride);
}

/// A panel that is cut off has whole columns too; they go through a copy.
REM_KERNEL void MultiplyPanel(const Int8Product& p) {
  float tile[kTileRows * kPanel];
  for (size_t row = 0; row < p.rows; row += kTileRows) {
    const size_t rows = p.rows - row < kTileRows ? p.rows - row : kTileRows;
    float* c = p.c + row * p.c_stride;
    if (p.columns == kPanel) {
      MultiplySomeRows<kTileRows>(p, rows, row, c, p.c_stride);
      continue;
    }
    MultiplySomeRows<kTileRows>(p, rows, row, tile, kPanel);
    for (size_t r = 0; r < rows; ++r) std::memcpy(c + r * p.c_stride, tile + r * kPanel, p.columns * sizeof(float));
  }
}

REM_KERNEL Int8Row QuantiseRow(const float* row, size_t size, uint8_t* out) {
  // Zero is among them, so that it is a byte too.
  Floats lows = Floats{}, highs = Floats{};
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    const Floats x = LoadLanes<Floats>(row + i);
    lows = x < lows ? x : lows;
    highs = x > highs ? x : highs;
  }
  float low = 0, high = 0;
  for (size_t j = 0; j < kLanes; ++j) {
    low = lows[j] < low ? lows[j] : low;
    high = highs[j] > high ? highs[j] : high;
  }
  for (; i < size; ++i) {
    low = row[i] < low ? row[i] : low;
    high = row[i] > high ? row[i] : high;
  }
  // A row without any extent is one of zeros; one that reaches to infinity has a scale that makes no number of it.
  const float range = high - low;
  const float factor = range > 1e-30F && range < 3.4e38F ? 255.0F / range : 0.0F;
  if (factor == 0.0F) {
    std::memset(out, 0, size);
    return {range > 1.0F ? __builtin_inff() : 0.0F, 0};
  }
  const auto zero = static_cast<int32_t>(-low * factor + 0.5F);
  const float shift = static_cast<float>(zero) + 0.5F;
  for (i = 0; i < size; ++i) {
    // What is no number is taken for the smallest one.
    float x = row[i] * factor + shift;
    x = x > 0.0F ? x : 0.0F;
    x = x < 255.0F ? x : 255.0F;
    out[i] = static_cast<uint8_t>(static_cast<int32_t>(x));
  }
  return {range / 255.0F, zero};
}

constexpr Int8Kernels MakeInt8Kernels(const char* name) { return {name, kPanel, MultiplyPanel, QuantiseRow}; }

}  // namespace

}  // namespace rem
