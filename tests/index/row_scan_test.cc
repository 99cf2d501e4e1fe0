#include "index/vector/row_scan.h"

#include <set>

#include <gtest/gtest.h>

#include "index/vector_workload.h"

namespace rem {
namespace {

TEST(RowScanTest, CountsAreThoseOfThePlainLoops) {
  Random random(3);
  for (const size_t words : {1, 2, 6, 7, 24}) {
    std::vector<uint64_t> query(words), bits(3 * words);
    for (uint64_t& word : query) word = random.Next();
    for (uint64_t& word : bits) word = random.Next();
    const uint64_t* others[] = {bits.data(), bits.data() + words, bits.data() + 2 * words};
    uint32_t expected[3], found[3];
    CountDifferingBitsScalar(query.data(), others, 3, words, expected);
    CountDifferingBits(query.data(), others, 3, words, found);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(found[i], expected[i]) << "words " << words;
  }
  const uint64_t query = 5, bits = 0x8000000000000004;
  const uint64_t* other = &bits;
  uint32_t found = 0;
  CountDifferingBitsScalar(&query, &other, 1, 1, &found);
  EXPECT_EQ(found, 2u);
}

// Of the rows that a filter leaves, the nearest ten are found as well as without the one-bit look; in data with and
// without structure, with equal vectors, and where the filter has all rows of the query's own cluster or none of them;
// in the last case so many lie equally far that the byte codes swap some.
TEST(RowScanTest, ManyGivenRowsAreSearchedAsWellAsFew) {
  constexpr size_t kCount = 9000, kDimension = 128;
  for (const size_t clusters : {0, 30}) {
    auto vectors = ClusteredVectors(kCount, kDimension, clusters, 21);
    for (size_t i = 0; i < kCount; i += 10) vectors[i] = vectors[i / 100];
    HnswIndex index(OptionsFor(kDimension, VectorMetric::kL2));
    for (size_t i = 0; i < kCount; ++i) index.Insert(i, vectors[i]);
    for (const uint64_t of_three : {0, 1, 2}) {
      size_t hits = 0, wanted = 0;
      for (size_t q = 0; q < 12; ++q) {
        const Vector query = ClusteredVectors(13, kDimension, clusters, 21)[q + 1];
        std::vector<std::pair<double, uint64_t>> order;
        for (uint64_t row = 0; row < kCount; ++row)
          order.emplace_back(ExactDistance(VectorMetric::kL2, query, vectors[row]), row);
        std::sort(order.begin(), order.end());
        std::set<uint64_t> given;
        for (uint64_t row = 0; row < kCount; ++row) {
          if (of_three == 0 && row % 3 != 0) given.insert(row);
        }
        for (size_t i = 0; i < kCount && of_three != 0; ++i) {
          // Correlated with the query: the nearer two thirds, or the farther.
          if (of_three == 1 ? i < 2 * kCount / 3 : i >= kCount / 3) given.insert(order[i].second);
        }
        std::erase_if(order, [&](const auto& one) { return !given.contains(one.second); });
        const std::vector<uint64_t> rows(given.begin(), given.end());
        const auto found = index.SearchRows({query, 40, 100}, rows);
        ASSERT_EQ(found.size(), 40u);
        std::vector<double> distances;
        for (const HnswCandidate& candidate : found) {
          ASSERT_TRUE(given.contains(candidate.row));
          distances.push_back(ExactDistance(VectorMetric::kL2, query, vectors[candidate.row]));
        }
        std::sort(distances.begin(), distances.end());
        for (size_t i = 0; i < 10; ++i) hits += distances[i] <= order[9].first + 1e-9;
        wanted += 10;
      }
      EXPECT_GE(static_cast<double>(hits) / static_cast<double>(wanted), of_three == 2 ? 0.8 : 0.97)
          << clusters << " clusters, filter " << of_three;
    }
  }
}

}  // namespace
}  // namespace rem
