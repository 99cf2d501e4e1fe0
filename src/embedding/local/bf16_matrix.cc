#include "embedding/local/bf16_matrix.h"

#include <algorithm>

namespace rem {

namespace {

// So many rows stay in the second cache while the panels pass them.
constexpr size_t kRowBlock = 96;

}  // namespace

void Bf16Matrix::Pack(const float* from, size_t columns, size_t depth) {
  const size_t width = kernels_->panel;
  columns_ = columns;
  depth_ = depth;
  pairs_ = (depth + 1) / 2;
  panels_.assign((columns + width - 1) / width * width * pairs_ * 2, 0);
  std::vector<uint16_t> column(depth);
  for (size_t n = 0; n < columns; ++n) {
    kernels_->round(from + n * depth, depth, column.data());
    uint16_t* to = panels_.data() + (n / width * width * pairs_ + n % width) * 2;
    for (size_t k = 0; k < depth; ++k) to[k / 2 * width * 2 + k % 2] = column[k];
  }
}

void Bf16Matrix::Multiply(const float* a, size_t a_stride, size_t rows, const float* start, float* c,
                          size_t c_stride) const {
  const size_t width = kernels_->panel, stride = 2 * pairs_;
  thread_local std::vector<uint16_t> numbers;
  thread_local std::vector<float> last_start;
  numbers.resize(std::min(rows, kRowBlock) * stride);
  // A panel that is cut off reads whole registers.
  if (start != nullptr && columns_ % width != 0) {
    last_start.assign(width, 0);
    std::copy(start + columns_ / width * width, start + columns_, last_start.begin());
  }
  for (size_t row = 0; row < rows; row += kRowBlock, a += kRowBlock * a_stride, c += kRowBlock * c_stride) {
    const size_t block = std::min(kRowBlock, rows - row);
    for (size_t r = 0; r < block; ++r) {
      uint16_t* to = numbers.data() + r * stride;
      kernels_->round(a + r * a_stride, depth_, to);
      std::fill(to + depth_, to + stride, uint16_t{0});
    }
    for (size_t n = 0; n < columns_; n += width) {
      const size_t columns = std::min(width, columns_ - n);
      const float* first = start == nullptr ? nullptr : columns == width ? start + n : last_start.data();
      kernels_->multiply(
          {numbers.data(), stride, block, pairs_, panels_.data() + n * stride, first, c + n, c_stride, columns});
    }
  }
}

}  // namespace rem
