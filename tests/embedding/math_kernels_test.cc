// Every instruction set's kernels against sums in double precision. Registers of sixteen floats, which not every
// processor has, are tested with the compiler's own vectors too.
#include "embedding/local/math_kernels.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "embedding/local/packed_matrix.h"

#define REM_KERNEL

namespace rem {

namespace {

typedef float Lanes __attribute__((vector_size(64)));
constexpr size_t kLanes = 16;
constexpr size_t kTileRows = 12;

__attribute__((always_inline)) inline Lanes Fma(Lanes a, Lanes b, Lanes c) { return a * b + c; }

}  // namespace

}  // namespace rem

#include "embedding/local/math_kernels_body.h"

namespace rem {
namespace {

std::vector<const MathKernels*> AllKernels() {
  static constexpr MathKernels kWide = MakeKernels("wide");
  std::vector<const MathKernels*> kernels(RunnableMathKernels().begin(), RunnableMathKernels().end());
  kernels.push_back(&kWide);
  return kernels;
}

std::vector<float> Numbers(size_t count, uint64_t seed, float scale) {
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    number = (static_cast<float>(seed >> 40) / 16777216.0F - 0.5F) * 2 * scale;
  }
  return numbers;
}

TEST(MathKernelsTest, ProductsOfEverySizeAreRightAndStayInTheirPlace) {
  for (const MathKernels* kernels : AllKernels()) {
    for (const size_t columns : {1, 7, 8, 16, 20, 33, 64}) {
      for (const size_t depth : {1, 5, 64, 385, 900}) {
        const std::vector<float> weights = Numbers(columns * depth, 1, 1), start = Numbers(columns, 2, 1);
        PackedMatrix matrix(*kernels);
        matrix.Pack(weights.data(), columns, depth, depth, 1);
        for (const size_t rows : {1, 2, 5, 6, 7, 11, 12, 13, 25, 97}) {
          // Rows are wider than they need to be: what lies between them stays.
          const size_t stride = columns + 3;
          const std::vector<float> a = Numbers(rows * depth, 3, 1);
          std::vector<float> c(rows * stride, 7);
          matrix.Multiply(a.data(), depth, rows, start.data(), c.data(), stride);
          for (size_t r = 0; r < rows; ++r) {
            for (size_t n = 0; n < stride; ++n) {
              double expected = n < columns ? start[n] : 7;
              for (size_t k = 0; n < columns && k < depth; ++k) {
                expected += double{a[r * depth + k]} * weights[n * depth + k];
              }
              ASSERT_NEAR(c[r * stride + n], expected, 1e-4)
                  << kernels->name << " " << rows << "x" << columns << "x" << depth;
            }
          }
        }
      }
    }
  }
}

TEST(MathKernelsTest, APackedColumnIsOneOfTheMatrixWhicheverWayItLies) {
  for (const MathKernels* kernels : AllKernels()) {
    const size_t columns = 19, depth = 11;
    const std::vector<float> values = Numbers(columns * depth, 4, 1), a = Numbers(depth, 5, 1);
    std::vector<float> transposed(columns * depth), one(columns), other(columns);
    for (size_t n = 0; n < columns; ++n) {
      for (size_t k = 0; k < depth; ++k) transposed[k * columns + n] = values[n * depth + k];
    }
    PackedMatrix matrix(*kernels);
    matrix.Pack(values.data(), columns, depth, depth, 1);
    matrix.Multiply(a.data(), depth, 1, nullptr, one.data(), columns);
    matrix.Pack(transposed.data(), columns, 1, depth, columns);
    matrix.Multiply(a.data(), depth, 1, nullptr, other.data(), columns);
    EXPECT_EQ(one, other) << kernels->name;
  }
}

TEST(MathKernelsTest, SoftmaxAddsUpToOneAndIsExact) {
  for (const MathKernels* kernels : AllKernels()) {
    for (const size_t size : {1, 3, 8, 15, 16, 17, 100}) {
      for (const float scale : {0.2F, 40.0F}) {
        const std::vector<float> values = Numbers(size, 6, 8), bias = Numbers(size, 7, 3);
        std::vector<float> row = values;
        kernels->softmax(row.data(), size, scale, bias.data());
        std::vector<double> expected(size);
        double highest = -1e30, sum = 0;
        for (size_t i = 0; i < size; ++i)
          highest = std::max(highest, expected[i] = double{values[i]} * scale + bias[i]);
        for (double& x : expected) sum += x = std::exp(x - highest);
        for (size_t i = 0; i < size; ++i) EXPECT_NEAR(row[i], expected[i] / sum, 3e-6) << kernels->name << " " << size;
        EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1, 1e-5);
      }
    }
  }
}

TEST(MathKernelsTest, LayersAreNormalised) {
  for (const MathKernels* kernels : AllKernels()) {
    for (const size_t size : {1, 5, 16, 20, 384}) {
      const std::vector<float> values = Numbers(size, 8, 5), gain = Numbers(size, 9, 2), shift = Numbers(size, 10, 2);
      std::vector<float> row = values;
      kernels->layer_norm(row.data(), size, gain.data(), shift.data(), 1e-5F);
      double mean = 0, variance = 0;
      for (const float x : values) mean += x / static_cast<double>(size);
      for (const float x : values) variance += (x - mean) * (x - mean) / static_cast<double>(size);
      for (size_t i = 0; i < size; ++i) {
        EXPECT_NEAR(row[i], (values[i] - mean) / std::sqrt(variance + 1e-5) * gain[i] + shift[i], 1e-5)
            << kernels->name;
      }
    }
  }
}

TEST(MathKernelsTest, ActivationsAreExactOverTheWholeRange) {
  std::vector<float> values;
  for (int i = -4000; i <= 4000; ++i) values.push_back(static_cast<float>(i) / 200);
  for (const float x : {0.0F, -0.0F, 1e-30F, 100.0F, -100.0F, 1e6F, -1e6F}) values.push_back(x);
  const auto compare = [&](const MathKernels* kernels, void (*run)(float*, size_t), auto exact) {
    std::vector<float> row = values;
    run(row.data(), row.size());
    for (size_t i = 0; i < row.size(); ++i) {
      const double expected = exact(double{values[i]});
      EXPECT_NEAR(row[i], expected, 1e-6 + std::abs(expected) * 1e-6) << kernels->name << " " << values[i];
    }
  };
  for (const MathKernels* kernels : AllKernels()) {
    compare(kernels, kernels->gelu, [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); });
    compare(kernels, kernels->gelu_tanh,
            [](double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); });
    compare(kernels, kernels->relu, [](double x) { return std::max(x, 0.0); });
    std::vector<float> row(values.size(), 2);
    kernels->swish_gate(row.data(), values.data(), row.size());
    for (size_t i = 0; i < row.size(); ++i) {
      const double x = values[i], expected = 2 * x / (1 + std::exp(-x));
      EXPECT_NEAR(row[i], expected, 2e-6 + std::abs(expected) * 2e-6) << kernels->name << " " << x;
    }
  }
}

}  // namespace
}  // namespace rem
