// The kernels over vectors of kLanes floats. Included by one .cc file for each instruction set, which first defines
//
//   REM_KERNEL        the attributes of a function of that instruction set
//   kLanes            floats in a register
//   kTileRows         rows that are multiplied at once with a panel of kTilePanels registers
//   Pairs             a vector of kLanes pairs of bfloat16 numbers, as uint32_t
//   Floats Dot(Floats sum, uint32_t a, Pairs b)   sum + a's second number * b's, + a's first number * b's
//
// Everything is in an anonymous namespace, so that no file calls another one's instructions.
#pragma once

#include <cstring>

#include "embedding/local/bf16_kernels.h"
#include "embedding/local/unroll.h"

namespace rem {

namespace {

constexpr size_t kTilePanels = 2;
constexpr size_t kPanel = kTilePanels * kLanes;

/// kRows rows of A against the panel, with kRows * kTilePanels sums in registers.
template <size_t kRows>
REM_KERNEL void MultiplyTile(const Bf16Product& p, const uint16_t* a, float* c, size_t c_stride) {
  Floats sums[kRows][kTilePanels] = {};
  if (p.start != nullptr) {
    REM_UNROLL
    for (size_t r = 0; r < kRows; ++r) {
      REM_UNROLL
      for (size_t j = 0; j < kTilePanels; ++j) __builtin_memcpy(&sums[r][j], p.start + j * kLanes, sizeof(Floats));
    }
  }
  for (size_t k = 0; k < p.pairs; ++k) {
    Pairs b[kTilePanels];
    REM_UNROLL
    for (size_t j = 0; j < kTilePanels; ++j)
      __builtin_memcpy(&b[j], p.panel + (k * kPanel + j * kLanes) * 2, sizeof(Pairs));
    REM_UNROLL
    for (size_t r = 0; r < kRows; ++r) {
      uint32_t pair;
      __builtin_memcpy(&pair, a + r * p.a_stride + 2 * k, sizeof(pair));
      REM_UNROLL
      for (size_t j = 0; j < kTilePanels; ++j) sums[r][j] = Dot(sums[r][j], pair, b[j]);
    }
  }
  REM_UNROLL
  for (size_t r = 0; r < kRows; ++r) {
    REM_UNROLL
    for (size_t j = 0; j < kTilePanels; ++j)
      __builtin_memcpy(c + r * c_stride + j * kLanes, &sums[r][j], sizeof(Floats));
  }
}

/// A tile of `rows` rows, at most kRows.
template <size_t kRows>
REM_KERNEL void MultiplySomeRows(const Bf16Product& p, size_t rows, const uint16_t* a, float* c, size_t c_stride) {
  if (rows == kRows) return MultiplyTile<kRows>(p, a, c, c_stride);
  if constexpr (kRows > 1) MultiplySomeRows<kRows - 1>(p, rows, a, c, c_stride);
}

/// A panel that is cut off has whole columns too; they go through a copy.
REM_KERNEL void MultiplyPanel(const Bf16Product& p) {
  float tile[kTileRows * kPanel];
  for (size_t row = 0; row < p.rows; row += kTileRows) {
    const size_t rows = p.rows - row < kTileRows ? p.rows - row : kTileRows;
    const uint16_t* a = p.a + row * p.a_stride;
    float* c = p.c + row * p.c_stride;
    if (p.columns == kPanel) {
      MultiplySomeRows<kTileRows>(p, rows, a, c, p.c_stride);
      continue;
    }
    MultiplySomeRows<kTileRows>(p, rows, a, tile, kPanel);
    for (size_t r = 0; r < rows; ++r) std::memcpy(c + r * p.c_stride, tile + r * kPanel, p.columns * sizeof(float));
  }
}

REM_KERNEL void RoundRow(const float* row, size_t size, uint16_t* out) {
  for (size_t i = 0; i < size; ++i) {
    uint32_t bits;
    __builtin_memcpy(&bits, row + i, sizeof(bits));
    const uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    // What is no number stays none.
    out[i] = static_cast<uint16_t>((bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FC0 : rounded);
  }
}

constexpr Bf16Kernels MakeBf16Kernels(const char* name) { return {name, kPanel, MultiplyPanel, RoundRow}; }

}  // namespace

}  // namespace rem
