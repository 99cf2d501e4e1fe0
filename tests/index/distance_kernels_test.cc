#include "index/vector/distance_kernels.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace rem {
namespace {

// All lengths up to a few blocks of the widest kernel, then those that real models have.
std::vector<size_t> Lengths() {
  std::vector<size_t> lengths;
  for (size_t length = 0; length <= 200; ++length) lengths.push_back(length);
  for (const size_t length : {384, 385, 511, 768, 1023, 1536, 4097, 16384}) lengths.push_back(length);
  return lengths;
}

constexpr size_t kOffsets[] = {0, 1, 3, 7};

TEST(DistanceKernelsTest, FloatsAgreeWithTheScalarTwinAtAllLengthsAndAlignments) {
  Random random(1);
  for (const DistanceKernels* kernels : RunnableKernels()) {
    for (const size_t length : Lengths()) {
      std::vector<float> a(length + 8), b(length + 8);
      std::vector<uint16_t> halves(length + 8), more_halves(length + 8);
      for (size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<float>(random.Uniform() * 4 - 2);
        b[i] = static_cast<float>(random.Uniform() * 4 - 2);
        halves[i] = ToHalf(b[i]);
        more_halves[i] = ToHalf(a[i]);
      }
      for (const size_t offset : kOffsets) {
        const float *left = a.data() + offset, *right = b.data() + 7 - offset;
        const uint16_t *half = halves.data() + 7 - offset, *left_half = more_halves.data() + offset;
        double magnitude = 0, squares = 0;
        for (size_t i = 0; i < length; ++i) {
          magnitude += std::abs(left[i] * right[i]);
          squares += (left[i] - right[i]) * (left[i] - right[i]);
        }
        const DistanceKernels& scalar = ScalarKernels();
        EXPECT_NEAR(kernels->dot(left, right, length), scalar.dot(left, right, length), 1e-6 * magnitude + 1e-6)
            << kernels->name << " length " << length;
        EXPECT_NEAR(kernels->squared_l2(left, right, length), scalar.squared_l2(left, right, length),
                    1e-6 * squares + 1e-6)
            << kernels->name << " length " << length;
        EXPECT_NEAR(kernels->dot_halves(left_half, half, length), scalar.dot_halves(left_half, half, length),
                    1e-6 * magnitude + 1e-6)
            << kernels->name << " length " << length;
        EXPECT_NEAR(kernels->dot_half(left, half, length), scalar.dot_half(left, half, length), 1e-6 * magnitude + 1e-6)
            << kernels->name << " length " << length;
      }
    }
  }
}

TEST(DistanceKernelsTest, IntegersAreEqualInEverySet) {
  Random random(2);
  for (const DistanceKernels* kernels : RunnableKernels()) {
    for (const size_t length : Lengths()) {
      std::vector<int8_t> codes(3 * (length + 8));
      for (int8_t& code : codes) {
        // Mostly extremes, so that a product which overflows its lane shows.
        const uint64_t kind = random.Below(3);
        code = static_cast<int8_t>(kind == 0 ? 127 : kind == 1 ? -127 : static_cast<int>(random.Below(255)) - 127);
      }
      for (const size_t offset : kOffsets) {
        const int8_t* query = codes.data() + offset;
        const int8_t* others[] = {codes.data() + length + 8, codes.data() + 2 * (length + 8) + offset};
        int32_t many[2] = {-1, -1};
        kernels->dot_int8_many(query, others, 2, length, many);
        for (size_t i = 0; i < 2; ++i) {
          const int32_t expected = ScalarKernels().dot_int8(query, others[i], length);
          EXPECT_EQ(kernels->dot_int8(query, others[i], length), expected) << kernels->name << " length " << length;
          EXPECT_EQ(many[i], expected) << kernels->name << " length " << length;
        }
      }
    }
  }
}

TEST(DistanceKernelsTest, DifferingBitsAreCountedPerPlane) {
  Random random(3);
  for (const DistanceKernels* kernels : RunnableKernels()) {
    for (const size_t words : {1, 2, 3, 4, 5, 6, 12, 13, 24, 256}) {
      std::vector<uint64_t> planes(kQueryPlanes * words), bits(3 * words);
      for (uint64_t& word : planes) word = random.Next();
      for (uint64_t& word : bits) word = random.Next();
      const uint64_t* others[] = {bits.data(), bits.data() + words, bits.data() + 2 * words};
      uint32_t expected[3], found[3];
      ScalarKernels().differing_bits_many(planes.data(), others, 3, words, expected);
      kernels->differing_bits_many(planes.data(), others, 3, words, found);
      for (size_t i = 0; i < 3; ++i) EXPECT_EQ(found[i], expected[i]) << kernels->name << " words " << words;
    }
  }
  // By hand: one word; plane 1 differs in all 64 bits, plane 3 in one.
  const uint64_t planes[] = {5, ~uint64_t{5}, 5, 4};
  const uint64_t bits = 5;
  const uint64_t* other = &bits;
  uint32_t found = 0;
  ScalarKernels().differing_bits_many(planes, &other, 1, 1, &found);
  EXPECT_EQ(found, 2u * 64 + 8);
}

TEST(DistanceKernelsTest, HalvesRoundToTheNearest) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const float value = FromHalf(static_cast<uint16_t>(half));
    if (std::isnan(value)) continue;
    EXPECT_EQ(ToHalf(value), half);
  }
  EXPECT_EQ(FromHalf(ToHalf(1.0f + 0x1p-11f)), 1.0f);              // a tie goes to even
  EXPECT_EQ(FromHalf(ToHalf(1.0f + 0x1.8p-10f)), 1.0f + 0x1p-9f);  // and so does this one
  EXPECT_EQ(FromHalf(ToHalf(65519.0f)), 65504.0f);
  EXPECT_TRUE(std::isinf(FromHalf(ToHalf(65520.0f))));
  EXPECT_TRUE(std::isnan(FromHalf(ToHalf(std::nanf("")))));
  EXPECT_EQ(FromHalf(ToHalf(0x1p-26f)), 0.0f);
  EXPECT_EQ(FromHalf(ToHalf(-0x1p-24f)), -0x1p-24f);
}

}  // namespace
}  // namespace rem
