#include "embedding/local/quantised_matrix.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace rem {

namespace {

// So many rows stay in the second cache while the panels pass them.
constexpr size_t kRowBlock = 96;
// A sum of products of this depth fits 31 bits.
constexpr size_t kMostDepth = size_t{1} << 17;
constexpr size_t kGroup = 4;

}  // namespace

void QuantisedMatrix::Pack(const float* from, size_t columns, size_t depth) {
  REM_CHECK(depth > 0 && depth < kMostDepth);
  const size_t width = kernels_->panel;
  columns_ = columns;
  depth_ = depth;
  groups_ = (depth + kGroup - 1) / kGroup;
  const size_t padded = (columns + width - 1) / width * width;
  panels_.assign(padded * groups_ * kGroup, 0);
  scales_.assign(padded, 0);
  sums_.assign(padded, 0);
  for (size_t n = 0; n < columns; ++n) {
    const float* column = from + n * depth;
    float largest = 0;
    bool finite = true;
    for (size_t k = 0; k < depth; ++k) {
      largest = std::max(largest, std::abs(column[k]));
      finite &= std::isfinite(column[k]);
    }
    if (!finite) {
      // Damaged weights show in the vectors, as they do in F32.
      scales_[n] = std::numeric_limits<float>::quiet_NaN();
      continue;
    }
    if (largest == 0) continue;
    scales_[n] = largest / Int8Kernels::kMostWeight;
    int8_t* to = panels_.data() + (n / width * width * groups_ + n % width) * kGroup;
    for (size_t k = 0; k < depth; ++k) {
      const auto weight = static_cast<int8_t>(std::lrintf(column[k] * (Int8Kernels::kMostWeight / largest)));
      to[k / kGroup * width * kGroup + k % kGroup] = weight;
      sums_[n] += weight;
    }
  }
}

void QuantisedMatrix::Multiply(const float* a, size_t a_stride, size_t rows, const float* start, float* c,
                               size_t c_stride) const {
  const size_t width = kernels_->panel, stride = groups_ * kGroup;
  thread_local std::vector<uint8_t> bytes;
  thread_local std::vector<float> last_start;
  bytes.resize(std::min(rows, kRowBlock) * stride);
  Int8Row scales[kRowBlock];
  // A panel that is cut off reads whole registers.
  if (start != nullptr && columns_ % width != 0) {
    last_start.assign(width, 0);
    std::copy(start + columns_ / width * width, start + columns_, last_start.begin());
  }
  for (size_t row = 0; row < rows; row += kRowBlock, a += kRowBlock * a_stride, c += kRowBlock * c_stride) {
    const size_t block = std::min(kRowBlock, rows - row);
    for (size_t r = 0; r < block; ++r) {
      uint8_t* to = bytes.data() + r * stride;
      scales[r] = kernels_->quantise(a + r * a_stride, depth_, to);
      // Weights are 0 there.
      std::fill(to + depth_, to + stride, uint8_t{0});
    }
    for (size_t n = 0; n < columns_; n += width) {
      const size_t columns = std::min(width, columns_ - n);
      const float* first = start == nullptr ? nullptr : columns == width ? start + n : last_start.data();
      kernels_->multiply({bytes.data(), stride, scales, block, groups_, panels_.data() + n * stride, scales_.data() + n,
                          sums_.data() + n, first, c + n, c_stride, columns});
    }
  }
}

}  // namespace rem
