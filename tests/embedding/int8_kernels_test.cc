// Every instruction set's products of bytes against the portable ones, and those against sums in double precision.
// Registers of sixteen numbers, which not every processor has, are tested with the compiler's own vectors too ("wide").
#include "embedding/local/int8_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "embedding/local/quantised_matrix.h"

#define REM_KERNEL

namespace rem {

namespace {

typedef int32_t Ints __attribute__((vector_size(64)));
constexpr size_t kLanes = 16;
constexpr size_t kTileRows = 12;

inline Ints Dot(Ints sum, int32_t a, Ints b) {
  for (int byte = 0; byte < 4; ++byte) sum += (b << (24 - 8 * byte) >> 24) * (a >> (8 * byte) & 0xFF);
  return sum;
}

}  // namespace

}  // namespace rem

#include "embedding/local/int8_kernels_body.h"

namespace rem {
namespace {

std::vector<float> Numbers(size_t count, uint64_t seed, float scale) {
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    number = (static_cast<float>(seed >> 40) / 16777216.0F - 0.5F) * 2 * scale;
  }
  return numbers;
}

class Int8KernelsTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    static constexpr Int8Kernels kWide = MakeInt8Kernels("wide");
    if (std::string("wide") == GetParam()) kernels_ = &kWide;
    for (const Int8Kernels* kernels : RunnableInt8Kernels()) {
      if (std::string(kernels->name) == GetParam()) kernels_ = kernels;
    }
    if (kernels_ == nullptr) GTEST_SKIP() << "this processor does not have " << GetParam();
  }

  /// rows * columns, with three floats between the rows.
  std::vector<float> Multiply(const Int8Kernels& kernels, const std::vector<float>& weights, size_t columns,
                              const std::vector<float>& a, size_t depth, const float* start) const {
    QuantisedMatrix matrix(kernels);
    matrix.Pack(weights.data(), columns, depth);
    const size_t rows = a.size() / depth, stride = columns + 3;
    std::vector<float> c(rows * stride, 7);
    matrix.Multiply(a.data(), depth, rows, start, c.data(), stride);
    return c;
  }

  const Int8Kernels* kernels_ = nullptr;
};

TEST_P(Int8KernelsTest, ProductsOfEverySizeAreThoseOfThePortableKernels) {
  for (const size_t columns : {1, 7, 8, 16, 20, 33, 64}) {
    for (const size_t depth : {1, 4, 5, 64, 385, 900}) {
      const std::vector<float> weights = Numbers(columns * depth, 1, 1), start = Numbers(columns, 2, 1);
      for (const size_t rows : {1, 2, 3, 5, 6, 11, 12, 13, 25, 97}) {
        const std::vector<float> a = Numbers(rows * depth, 3, 1);
        const std::vector<float> c = Multiply(*kernels_, weights, columns, a, depth, start.data());
        const std::vector<float> portable = Multiply(PortableInt8Kernels(), weights, columns, a, depth, start.data());
        for (size_t i = 0; i < c.size(); ++i) {
          if (i % (columns + 3) >= columns) {
            ASSERT_EQ(c[i], 7) << "a float between the rows";
          } else {
            ASSERT_NEAR(c[i], portable[i], 1e-4) << rows << "x" << columns << "x" << depth;
          }
        }
      }
    }
  }
}

TEST_P(Int8KernelsTest, ProductsAreNearThoseOfTheNumbers) {
  const size_t columns = 40, depth = 400, rows = 9;
  const std::vector<float> weights = Numbers(columns * depth, 5, 0.1F), a = Numbers(rows * depth, 6, 3);
  const std::vector<float> c = Multiply(*kernels_, weights, columns, a, depth, nullptr);
  double wrong = 0, all = 0;
  for (size_t r = 0; r < rows; ++r) {
    for (size_t n = 0; n < columns; ++n) {
      double expected = 0;
      for (size_t k = 0; k < depth; ++k) expected += double{a[r * depth + k]} * weights[n * depth + k];
      wrong += std::pow(c[r * (columns + 3) + n] - expected, 2);
      all += expected * expected;
    }
  }
  EXPECT_LT(std::sqrt(wrong / all), 0.02);
}

// The largest sums of two products, which sixteen bits must hold.
TEST_P(Int8KernelsTest, TheLargestBytesDoNotOverflow) {
  const size_t columns = 33, depth = 4096;
  for (const float weight : {1.0F, -1.0F}) {
    const std::vector<float> weights(columns * depth, weight), a(5 * depth, 2.0F);
    const std::vector<float> c = Multiply(*kernels_, weights, columns, a, depth, nullptr);
    for (size_t n = 0; n < columns; ++n) ASSERT_FLOAT_EQ(c[n], weight * 2 * depth);
  }
}

TEST_P(Int8KernelsTest, RowsBecomeTheSameBytesEverywhere) {
  for (const size_t size : {1, 3, 8, 17, 384}) {
    for (const float shift : {0.0F, 5.0F, -5.0F}) {
      std::vector<float> row = Numbers(size, size, 2);
      for (float& x : row) x += shift;
      std::vector<uint8_t> bytes(size), portable(size);
      const Int8Row scale = kernels_->quantise(row.data(), size, bytes.data());
      const Int8Row expected = PortableInt8Kernels().quantise(row.data(), size, portable.data());
      EXPECT_EQ(scale.zero, expected.zero);
      EXPECT_FLOAT_EQ(scale.scale, expected.scale);
      for (size_t i = 0; i < size; ++i) {
        EXPECT_NEAR(bytes[i], portable[i], 1);
        EXPECT_NEAR((static_cast<float>(bytes[i]) - static_cast<float>(scale.zero)) * scale.scale, row[i],
                    0.51F * scale.scale + 1e-6F);
      }
    }
  }
}

TEST_P(Int8KernelsTest, RowsAndWeightsOfZerosAndWhatIsNoNumber) {
  const size_t depth = 20;
  std::vector<uint8_t> bytes(depth);
  const std::vector<float> zeros(depth, 0.0F);
  EXPECT_EQ(kernels_->quantise(zeros.data(), depth, bytes.data()).scale, 0);
  const std::vector<float> start = {1, 2, 3};
  const std::vector<float> c = Multiply(*kernels_, std::vector<float>(3 * depth, 0.0F), 3, zeros, depth, start.data());
  EXPECT_EQ(c, (std::vector<float>{1, 2, 3, 7, 7, 7}));
  std::vector<float> odd(depth, std::numeric_limits<float>::quiet_NaN());
  odd[3] = std::numeric_limits<float>::infinity();
  odd[4] = -std::numeric_limits<float>::infinity();
  kernels_->quantise(odd.data(), depth, bytes.data());
  // Numbers that are none come out as such, so that a damaged model is found out.
  for (const float bad : {odd[0], odd[3]}) {
    std::vector<float> weights(3 * depth, 0.5F);
    weights[depth + 7] = bad;
    const std::vector<float> damaged = Multiply(*kernels_, weights, 3, Numbers(depth, 1, 1), depth, nullptr);
    EXPECT_TRUE(std::isfinite(damaged[0]) && !std::isfinite(damaged[1]) && std::isfinite(damaged[2]));
  }
  std::vector<float> endless(depth, 1.0F);
  endless[2] = odd[3];
  EXPECT_FALSE(std::isfinite(Multiply(*kernels_, std::vector<float>(depth, 0.5F), 1, endless, depth, nullptr)[0]));
  const std::vector<float> tiny(depth, 1e-40F);
  EXPECT_NEAR(Multiply(*kernels_, std::vector<float>(depth, 0.5F), 1, tiny, depth, nullptr)[0], 0, 1e-30);
}

#if defined(__x86_64__)
INSTANTIATE_TEST_SUITE_P(InstructionSets, Int8KernelsTest,
                         ::testing::Values("portable", "wide", "avx2", "avx_vnni", "avx512_vnni"),
                         [](const auto& info) { return std::string(info.param); });
#else
INSTANTIATE_TEST_SUITE_P(InstructionSets, Int8KernelsTest, ::testing::Values("portable", "wide"),
                         [](const auto& info) { return std::string(info.param); });
#endif

}  // namespace
}  // namespace rem
