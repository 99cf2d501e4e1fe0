#include "matrix_product.h"

#include <algorithm>
#include <cstring>

namespace rem::training {
namespace {

// Eight floats; the compiler splits them where registers are narrower.
typedef float Lane __attribute__((vector_size(32), aligned(4)));
constexpr size_t kLane = 8;
constexpr size_t kRows = 6;
constexpr size_t kColumns = 2 * kLane;
constexpr size_t kDepth = 256;

// Panels of kRows rows (or kColumns columns), each depth by depth, padded with zeros.
void Pack(MatrixView m, size_t count, size_t depth, size_t panel, float* out) {
  for (size_t start = 0; start < count; start += panel) {
    const size_t width = std::min(panel, count - start);
    for (size_t k = 0; k < depth; ++k, out += panel) {
      const float* from = m.data + start * m.row_stride + k * m.column_stride;
      for (size_t i = 0; i < width; ++i) out[i] = from[i * m.row_stride];
      std::fill(out + width, out + panel, 0.0f);
    }
  }
}

void Tile(size_t depth, const float* a, const float* b, Lane (&sums)[kRows][2]) {
  for (size_t k = 0; k < depth; ++k, a += kRows, b += kColumns) {
    const Lane b0 = *reinterpret_cast<const Lane*>(b), b1 = *reinterpret_cast<const Lane*>(b + kLane);
    for (size_t i = 0; i < kRows; ++i) {
      sums[i][0] += a[i] * b0;
      sums[i][1] += a[i] * b1;
    }
  }
}

}  // namespace

void MatrixProduct::Multiply(size_t rows, size_t columns, size_t depth, float factor, MatrixView a, MatrixView b,
                             float* out) {
  std::fill(out, out + rows * columns, 0.0f);
  packed_a_.resize((rows + kRows) * kDepth);
  packed_b_.resize((columns + kColumns) * kDepth);
  for (size_t k = 0; k < depth; k += kDepth) {
    const size_t part = std::min(kDepth, depth - k);
    Pack({a.data + k * a.column_stride, a.row_stride, a.column_stride}, rows, part, kRows, packed_a_.data());
    // Columns of b are packed as rows of its transpose.
    Pack({b.data + k * b.row_stride, b.column_stride, b.row_stride}, columns, part, kColumns, packed_b_.data());
    for (size_t j = 0; j < columns; j += kColumns) {
      const float* panel_b = packed_b_.data() + j * part;
      for (size_t i = 0; i < rows; i += kRows) {
        Lane sums[kRows][2] = {};
        Tile(part, packed_a_.data() + i * part, panel_b, sums);
        float tile[kRows][kColumns];
        std::memcpy(tile, sums, sizeof(tile));
        const size_t height = std::min(kRows, rows - i), width = std::min(kColumns, columns - j);
        for (size_t y = 0; y < height; ++y) {
          float* to = out + (i + y) * columns + j;
          for (size_t x = 0; x < width; ++x) to[x] += factor * tile[y][x];
        }
      }
    }
  }
}

}  // namespace rem::training
