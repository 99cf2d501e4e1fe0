// Every instruction set's products of bfloat16 numbers against the portable ones, and those against sums in double
// precision.
#include "embedding/local/bf16_kernels.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "embedding/local/bf16_matrix.h"

namespace rem {
namespace {

std::vector<float> Numbers(size_t count, uint64_t seed) {
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    number = (static_cast<float>(seed >> 40) / 16777216.0F - 0.5F) * 2;
  }
  return numbers;
}

float FloatOf(uint16_t number) {
  const uint32_t bits = uint32_t{number} << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

class Bf16KernelsTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (const Bf16Kernels* kernels : RunnableBf16Kernels()) {
      if (std::string(kernels->name) == GetParam()) kernels_ = kernels;
    }
    if (kernels_ == nullptr) GTEST_SKIP() << "this processor does not have " << GetParam();
  }
  const Bf16Kernels* kernels_ = nullptr;
};

TEST_P(Bf16KernelsTest, ProductsOfEverySizeAreRightAndThoseOfThePortableKernels) {
  for (const size_t columns : {1, 7, 8, 16, 20, 33, 64}) {
    for (const size_t depth : {1, 2, 5, 64, 385}) {
      const std::vector<float> weights = Numbers(columns * depth, 1), start = Numbers(columns, 2);
      Bf16Matrix matrix(*kernels_), portable(PortableBf16Kernels());
      matrix.Pack(weights.data(), columns, depth);
      portable.Pack(weights.data(), columns, depth);
      for (const size_t rows : {1, 2, 5, 11, 12, 13, 97}) {
        // Rows are wider than they need to be: what lies between them stays.
        const size_t stride = columns + 3;
        const std::vector<float> a = Numbers(rows * depth, 3);
        std::vector<float> c(rows * stride, 7), expected(rows * stride, 7);
        matrix.Multiply(a.data(), depth, rows, start.data(), c.data(), stride);
        portable.Multiply(a.data(), depth, rows, start.data(), expected.data(), stride);
        EXPECT_EQ(c, expected) << rows << "x" << columns << "x" << depth;
        for (size_t r = 0; r < rows; ++r) {
          for (size_t n = 0; n < columns; ++n) {
            double exact = start[n];
            for (size_t k = 0; k < depth; ++k) exact += double{a[r * depth + k]} * weights[n * depth + k];
            // Each factor is off by one part in 512 at most.
            ASSERT_NEAR(c[r * stride + n], exact, 0.004 * std::sqrt(static_cast<double>(depth)) + 1e-4);
          }
        }
      }
    }
  }
}

TEST_P(Bf16KernelsTest, NumbersAreRoundedToTheNearest) {
  const float infinity = std::numeric_limits<float>::infinity();
  // 1 + 2^-8 lies between two of them, and goes to the even one; what is a little more goes up.
  const std::vector<float> row = {0,           -0.0F,     1,        1.00390625F, 1.00390637F,
                                  1.01171875F, -3.14159F, infinity, -infinity,   3.4e38F};
  std::vector<uint16_t> numbers(row.size());
  kernels_->round(row.data(), row.size(), numbers.data());
  const std::vector<float> expected = {0,         -0.0F,      1,        1,         1.0078125F,
                                       1.015625F, -3.140625F, infinity, -infinity, infinity};
  for (size_t i = 0; i < row.size(); ++i) EXPECT_EQ(FloatOf(numbers[i]), expected[i]) << row[i];
  const float none = std::numeric_limits<float>::quiet_NaN();
  kernels_->round(&none, 1, numbers.data());
  EXPECT_TRUE(std::isnan(FloatOf(numbers[0])));
}

#if defined(__x86_64__)
INSTANTIATE_TEST_SUITE_P(InstructionSets, Bf16KernelsTest, ::testing::Values("portable", "avx2", "avx512_bf16"),
                         [](const auto& info) { return std::string(info.param); });
#else
INSTANTIATE_TEST_SUITE_P(InstructionSets, Bf16KernelsTest, ::testing::Values("portable"),
                         [](const auto& info) { return std::string(info.param); });
#endif

}  // namespace
}  // namespace rem
