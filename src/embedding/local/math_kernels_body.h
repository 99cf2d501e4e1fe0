// The kernels over vectors of kLanes floats. Included by one .cc file for each instruction set, which first defines
//
//   REM_KERNEL        the attributes of a function of that instruction set
//   kLanes            floats in a register
//   kTileRows         rows of A that are multiplied at once with a panel of kTilePanels registers
//   Lanes Fma(Lanes a, Lanes b, Lanes c)   a * b + c
//
// Everything is in an anonymous namespace, so that no file calls another one's instructions.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "embedding/local/math_kernels.h"
#include "embedding/local/unroll.h"

#define REM_INLINE REM_KERNEL __attribute__((always_inline)) inline

namespace rem {

namespace {

typedef int32_t IntLanes __attribute__((vector_size(kLanes * 4)));
constexpr size_t kTilePanels = 2;
constexpr size_t kPanel = kTilePanels * kLanes;

REM_INLINE Lanes Load(const float* from) {
  Lanes lanes;
  __builtin_memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

REM_INLINE void Store(float* to, Lanes lanes) { __builtin_memcpy(to, &lanes, sizeof(lanes)); }

REM_INLINE Lanes All(float value) { return value - Lanes{}; }

REM_INLINE Lanes Max(Lanes a, Lanes b) { return a > b ? a : b; }
REM_INLINE Lanes Min(Lanes a, Lanes b) { return a < b ? a : b; }

/// The first `count` floats, and `rest` in the other lanes.
REM_INLINE Lanes LoadSome(const float* from, size_t count, float rest) {
  float padded[kLanes];
  for (size_t i = 0; i < kLanes; ++i) padded[i] = i < count ? from[i] : rest;
  return Load(padded);
}

REM_INLINE void StoreSome(float* to, size_t count, Lanes lanes) {
  float padded[kLanes];
  Store(padded, lanes);
  for (size_t i = 0; i < count; ++i) to[i] = padded[i];
}

REM_INLINE float Sum(Lanes lanes) {
  float each[kLanes];
  Store(each, lanes);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) each[i] += each[i + half];
  }
  return each[0];
}

/// e^x to within two units in the last place; x is held between -87 and 88. With n the whole number nearest x / ln 2,
/// e^x = 2^n e^(x - n ln 2), and seven terms of the series give the second factor to 5e-9.
REM_INLINE Lanes Exp(Lanes x) {
  x = Min(Max(x, All(-87.0F)), All(88.0F));
  // Adding 1.5 * 2^23 leaves n in the low bits of the sum.
  const Lanes magic = All(12582912.0F);
  const Lanes shifted = Fma(x, All(1.44269504F), magic);
  const Lanes n = shifted - magic;
  // ln 2 in two parts; the first has so few bits that n times it is exact.
  Lanes rest = Fma(n, All(-0.693359375F), x);
  rest = Fma(n, All(2.12194440e-4F), rest);
  Lanes sum = All(1.0F / 5040);
  sum = Fma(sum, rest, All(1.0F / 720));
  sum = Fma(sum, rest, All(1.0F / 120));
  sum = Fma(sum, rest, All(1.0F / 24));
  sum = Fma(sum, rest, All(1.0F / 6));
  sum = Fma(sum, rest, All(0.5F));
  sum = Fma(sum, rest, All(1.0F));
  sum = Fma(sum, rest, All(1.0F));
  IntLanes exponent, bits;
  __builtin_memcpy(&exponent, &shifted, sizeof(exponent));
  __builtin_memcpy(&bits, &sum, sizeof(bits));
  bits += exponent << 23;
  __builtin_memcpy(&sum, &bits, sizeof(sum));
  return sum;
}

REM_INLINE Lanes Gelu(Lanes x) {
  const Lanes zero = Lanes{};
  const Lanes scaled = x * All(0.70710678F);
  const Lanes size = Max(scaled, zero - scaled);
  const Lanes t = All(1.0F) / Fma(size, All(0.3275911F), All(1.0F));
  Lanes sum = All(1.061405429F);
  sum = Fma(sum, t, All(-1.453152027F));
  sum = Fma(sum, t, All(1.421413741F));
  sum = Fma(sum, t, All(-0.284496736F));
  sum = Fma(sum, t, All(0.254829592F));
  // 1 - erf(|x| / sqrt(2))
  const Lanes tail = sum * t * Exp(zero - size * size) * All(0.5F);
  return x * (x > zero ? All(1.0F) - tail : tail);
}

REM_INLINE Lanes GeluTanh(Lanes x) {
  // (1 + tanh(y)) / 2 = 1 / (1 + e^(-2 y))
  const Lanes y = All(0.79788456F) * Fma(All(0.044715F) * x, x * x, x);
  return x / (All(1.0F) + Exp(All(-2.0F) * y));
}

REM_INLINE Lanes Relu(Lanes x) { return Max(x, Lanes{}); }

#define REM_EACH_LANE(Name, Function)                                                     \
  REM_KERNEL void Name(float* row, size_t size) {                                         \
    size_t i = 0;                                                                         \
    for (; i + kLanes <= size; i += kLanes) Store(row + i, Function(Load(row + i)));      \
    if (i < size) StoreSome(row + i, size - i, Function(LoadSome(row + i, size - i, 0))); \
  }
REM_EACH_LANE(GeluRow, Gelu)
REM_EACH_LANE(GeluTanhRow, GeluTanh)
REM_EACH_LANE(ReluRow, Relu)
#undef REM_EACH_LANE

REM_INLINE Lanes SwishGate(Lanes x, Lanes gate) { return x * gate / (All(1.0F) + Exp(Lanes{} - gate)); }

REM_KERNEL void SwishGateRow(float* row, const float* gate, size_t size) {
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) Store(row + i, SwishGate(Load(row + i), Load(gate + i)));
  const size_t left = size - i;
  if (left > 0) StoreSome(row + i, left, SwishGate(LoadSome(row + i, left, 0), LoadSome(gate + i, left, 0)));
}

REM_KERNEL void AddRow(float* to, const float* from, size_t size) {
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) Store(to + i, Load(to + i) + Load(from + i));
  for (; i < size; ++i) to[i] += from[i];
}

REM_KERNEL void LayerNormRow(float* row, size_t size, const float* gain, const float* shift, float epsilon) {
  Lanes sums = Lanes{};
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) sums += Load(row + i);
  if (i < size) sums += LoadSome(row + i, size - i, 0);
  const float mean = Sum(sums) / static_cast<float>(size);
  Lanes squares = Lanes{};
  for (i = 0; i + kLanes <= size; i += kLanes) {
    const Lanes off = Load(row + i) - All(mean);
    squares = Fma(off, off, squares);
  }
  if (i < size) {
    const Lanes off = LoadSome(row + i, size - i, mean) - All(mean);
    squares = Fma(off, off, squares);
  }
  const float scale = 1 / std::sqrt(Sum(squares) / static_cast<float>(size) + epsilon);
  for (i = 0; i + kLanes <= size; i += kLanes) {
    Store(row + i, Fma((Load(row + i) - All(mean)) * All(scale), Load(gain + i), Load(shift + i)));
  }
  for (; i < size; ++i) row[i] = (row[i] - mean) * scale * gain[i] + shift[i];
}

REM_KERNEL void SoftmaxRow(float* row, size_t size, float scale, const float* bias) {
  const float lowest = -3e38F;
  Lanes highest = All(lowest);
  size_t i = 0;
  for (; i < size; i += kLanes) {
    const size_t left = size - i;
    Lanes x = left < kLanes ? LoadSome(row + i, left, lowest) : Load(row + i);
    x *= All(scale);
    if (bias != nullptr) x += left < kLanes ? LoadSome(bias + i, left, 0) : Load(bias + i);
    highest = Max(highest, x);
    if (left < kLanes) {
      StoreSome(row + i, left, x);
    } else {
      Store(row + i, x);
    }
  }
  float each[kLanes];
  Store(each, highest);
  for (const float one : each) each[0] = one > each[0] ? one : each[0];
  const Lanes top = All(each[0]);
  Lanes sums = Lanes{};
  for (i = 0; i + kLanes <= size; i += kLanes) {
    const Lanes x = Exp(Load(row + i) - top);
    sums += x;
    Store(row + i, x);
  }
  if (i < size) {
    float last[kLanes] = {};
    StoreSome(row + i, size - i, Exp(LoadSome(row + i, size - i, 0) - top));
    for (size_t j = i; j < size; ++j) last[j - i] = row[j];
    sums += Load(last);
  }
  const float factor = 1 / Sum(sums);
  for (i = 0; i + kLanes <= size; i += kLanes) Store(row + i, Load(row + i) * All(factor));
  for (; i < size; ++i) row[i] *= factor;
}

/// kRows rows of A against the panel, with kRows * kTilePanels sums in registers.
template <size_t kRows>
REM_KERNEL void MultiplyTile(const PanelProduct& p, const float* a, float* c) {
  Lanes sums[kRows][kTilePanels];
  REM_UNROLL
  for (size_t r = 0; r < kRows; ++r) {
    REM_UNROLL
    for (size_t j = 0; j < kTilePanels; ++j) {
      const float* begin = p.add ? c + r * p.c_stride : p.start;
      sums[r][j] = begin == nullptr ? Lanes{} : Load(begin + j * kLanes);
    }
  }
  for (size_t k = 0; k < p.depth; ++k) {
    Lanes b[kTilePanels];
    REM_UNROLL
    for (size_t j = 0; j < kTilePanels; ++j) b[j] = Load(p.panel + k * kPanel + j * kLanes);
    REM_UNROLL
    for (size_t r = 0; r < kRows; ++r) {
      const Lanes factor = All(a[r * p.a_stride + k]);
      REM_UNROLL
      for (size_t j = 0; j < kTilePanels; ++j) sums[r][j] = Fma(factor, b[j], sums[r][j]);
    }
  }
  REM_UNROLL
  for (size_t r = 0; r < kRows; ++r) {
    REM_UNROLL
    for (size_t j = 0; j < kTilePanels; ++j) Store(c + r * p.c_stride + j * kLanes, sums[r][j]);
  }
}

/// A tile of `rows` rows, at most kRows.
template <size_t kRows>
REM_KERNEL void MultiplySomeRows(const PanelProduct& p, size_t rows, const float* a, float* c) {
  if (rows == kRows) return MultiplyTile<kRows>(p, a, c);
  if constexpr (kRows > 1) MultiplySomeRows<kRows - 1>(p, rows, a, c);
}

/// Whole tiles; the last two share what is left, since a tile of few rows waits for its own sums.
REM_KERNEL void MultiplyRows(const PanelProduct& p) {
  for (size_t row = 0; row < p.rows;) {
    const size_t left = p.rows - row;
    const bool halve = left > kTileRows && left < 2 * kTileRows;
    const size_t rows = halve ? (left + 1) / 2 : left < kTileRows ? left : kTileRows;
    MultiplySomeRows<kTileRows>(p, rows, p.a + row * p.a_stride, p.c + row * p.c_stride);
    row += rows;
  }
}

/// A panel that is cut off goes through a copy of whole width.
REM_KERNEL void MultiplyPanel(const PanelProduct& p) {
  if (p.columns == kPanel) return MultiplyRows(p);
  float start[kPanel] = {};
  if (p.start != nullptr) std::memcpy(start, p.start, p.columns * sizeof(float));
  float tile[kTileRows * kPanel] = {};
  for (size_t row = 0; row < p.rows; row += kTileRows) {
    const size_t rows = p.rows - row < kTileRows ? p.rows - row : kTileRows;
    float* c = p.c + row * p.c_stride;
    if (p.add) {
      for (size_t r = 0; r < rows; ++r) std::memcpy(tile + r * kPanel, c + r * p.c_stride, p.columns * sizeof(float));
    }
    MultiplyRows({p.a + row * p.a_stride, p.a_stride, rows, p.depth, p.panel, start, p.add, tile, kPanel, kPanel});
    for (size_t r = 0; r < rows; ++r) std::memcpy(c + r * p.c_stride, tile + r * kPanel, p.columns * sizeof(float));
  }
}

constexpr MathKernels MakeKernels(const char* name) {
  return {name, kPanel, MultiplyPanel, SoftmaxRow, LayerNormRow, AddRow, GeluRow, GeluTanhRow, ReluRow, SwishGateRow};
}

}  // namespace

}  // namespace rem
