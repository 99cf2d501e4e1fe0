#include "embedding/local/packed_matrix.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "embedding/local/math_kernels.h"

namespace rem {

namespace {

constexpr size_t kCacheLine = 64;
// A panel of this depth (24 KiB at 16 columns) stays in the first cache while the rows of A pass it.
constexpr size_t kDepthBlock = 384;
// So many rows of A stay in the second cache while the panels pass them.
constexpr size_t kRowBlock = 96;

}  // namespace

AlignedFloats::AlignedFloats(size_t size) : size_(size) {
  const size_t bytes = (size * sizeof(float) + kCacheLine - 1) / kCacheLine * kCacheLine;
  floats_.reset(static_cast<float*>(std::aligned_alloc(kCacheLine, std::max(bytes, kCacheLine))));
  if (floats_ == nullptr) throw std::bad_alloc();
}

float* AlignedFloats::Reserve(size_t size) {
  if (size > size_ || floats_ == nullptr) *this = AlignedFloats(size);
  return data();
}

void PackedMatrix::Pack(const float* from, size_t columns, size_t column_stride, size_t depth, size_t depth_stride) {
  columns_ = columns;
  depth_ = depth;
  const size_t width = kernels_->panel;
  float* to = panels_.Reserve((columns + width - 1) / width * width * depth);
  for (size_t begin = 0; begin < columns; begin += width, to += width * depth) {
    const size_t used = std::min(width, columns - begin);
    const float* first = from + begin * column_stride;
    if (column_stride == 1) {
      for (size_t k = 0; k < depth; ++k) std::memcpy(to + k * width, first + k * depth_stride, used * sizeof(float));
    } else {
      // Along the source's rows: they are far apart.
      for (size_t n = 0; n < used; ++n) {
        for (size_t k = 0; k < depth; ++k) to[k * width + n] = first[k * depth_stride + n * column_stride];
      }
    }
    if (used == width) continue;
    for (size_t k = 0; k < depth; ++k) std::fill(to + k * width + used, to + (k + 1) * width, 0.0F);
  }
}

void PackedMatrix::Multiply(const float* a, size_t a_stride, size_t rows, const float* start, float* c,
                            size_t c_stride) const {
  const size_t width = kernels_->panel;
  for (size_t row = 0; row < rows; row += kRowBlock, a += kRowBlock * a_stride, c += kRowBlock * c_stride) {
    const size_t block = std::min(kRowBlock, rows - row);
    for (size_t k = 0; k < depth_; k += kDepthBlock) {
      const size_t depth = std::min(kDepthBlock, depth_ - k);
      for (size_t n = 0; n < columns_; n += width) {
        const size_t columns = std::min(width, columns_ - n);
        kernels_->multiply({a + k, a_stride, block, depth, panels_.data() + n * depth_ + k * width,
                            start == nullptr ? nullptr : start + n, k > 0, c + n, c_stride, columns});
      }
    }
  }
}

}  // namespace rem
