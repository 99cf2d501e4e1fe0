#include "index/vector/hnsw_index.h"

#include <atomic>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <rem/error.h>

#include "index/vector_workload.h"

namespace rem {
namespace {

Rows Fill(HnswIndex& index, const std::vector<Vector>& vectors) {
  Rows rows;
  for (size_t i = 0; i < vectors.size(); ++i) {
    rows[i] = vectors[i];
    EXPECT_TRUE(index.Insert(i, vectors[i]));
  }
  return rows;
}

TEST(HnswIndexTest, FindsTheNearestUnderEveryMetricAndTraversal) {
  const auto vectors = ClusteredVectors(3000, 96, 40, 1);
  const auto queries = ClusteredVectors(60, 96, 40, 1);
  for (const VectorMetric metric : {VectorMetric::kCosine, VectorMetric::kInnerProduct, VectorMetric::kL2}) {
    for (const Traversal traversal : {Traversal::kBytes, Traversal::kBits}) {
      HnswIndex index(OptionsFor(96, metric, traversal));
      const Rows rows = Fill(index, vectors);
      EXPECT_EQ(index.size(), 3000u);
      EXPECT_GE(RecallOf(index, rows, queries, 10, 150), 0.97)
          << "metric " << static_cast<int>(metric) << " traversal " << static_cast<int>(traversal);
    }
  }
}

TEST(HnswIndexTest, ManyShapesOfData) {
  struct Shape {
    const char* name;
    std::vector<Vector> vectors;
  };
  std::vector<Shape> shapes;
  shapes.push_back({"no structure", ClusteredVectors(1500, 32, 0, 2)});
  shapes.push_back({"one dimension", ClusteredVectors(300, 1, 0, 3)});
  shapes.push_back({"many dimensions", ClusteredVectors(300, 1537, 10, 4)});
  Shape duplicated{"every vector many times", ClusteredVectors(1500, 64, 20, 5)};
  for (size_t i = 0; i < duplicated.vectors.size(); ++i) duplicated.vectors[i] = duplicated.vectors[i % 30];
  shapes.push_back(std::move(duplicated));
  Shape half{"half of them equal", ClusteredVectors(2000, 64, 20, 6)};
  for (size_t i = 0; i < half.vectors.size(); i += 2) half.vectors[i] = half.vectors[0];
  shapes.push_back(std::move(half));
  Shape shifted{"far from the origin", ClusteredVectors(1500, 64, 20, 7)};
  for (Vector& vector : shifted.vectors) {
    for (float& value : vector) value += 20;
  }
  shapes.push_back(std::move(shifted));
  Shape sparse{"one large element", ClusteredVectors(1500, 64, 20, 8)};
  for (Vector& vector : sparse.vectors) vector[17] *= 1000;
  shapes.push_back(std::move(sparse));
  Shape low_rank{"low rank", ClusteredVectors(1500, 64, 0, 9)};
  for (Vector& vector : low_rank.vectors) {
    for (size_t d = 4; d < vector.size(); ++d) vector[d] = vector[d % 4] * static_cast<float>(d);
  }
  shapes.push_back(std::move(low_rank));
  for (const Shape& shape : shapes) {
    const size_t dimension = shape.vectors[0].size();
    for (const Traversal traversal : {Traversal::kBytes, Traversal::kBits}) {
      HnswOptions options = OptionsFor(dimension, VectorMetric::kL2, traversal);
      options.centre.assign(dimension, 0);
      for (const Vector& vector : shape.vectors) {
        for (size_t d = 0; d < dimension; ++d) {
          options.centre[d] += vector[d] / static_cast<float>(shape.vectors.size());
        }
      }
      HnswIndex index(options);
      const Rows rows = Fill(index, shape.vectors);
      const std::vector<Vector> queries(shape.vectors.end() - 40, shape.vectors.end());
      // Few bits say little about few dimensions.
      const double least = traversal == Traversal::kBytes ? 0.95 : dimension > 1000 ? 0.9 : 0.2;
      EXPECT_GE(RecallOf(index, rows, queries, 10, 200), least) << shape.name;
    }
  }
}

TEST(HnswIndexTest, ACentreMakesUpForAnOffset) {
  auto vectors = ClusteredVectors(2000, 128, 40, 10);
  Vector centre(128, 0);
  for (Vector& vector : vectors) {
    for (float& value : vector) value += 3;
    for (size_t d = 0; d < 128; ++d) centre[d] += vector[d] / 2000;
  }
  const std::vector<Vector> queries(vectors.end() - 50, vectors.end());
  HnswOptions options = OptionsFor(128, VectorMetric::kL2);
  HnswIndex plain(options);
  const Rows rows = Fill(plain, vectors);
  options.centre = centre;
  HnswIndex centred(options);
  Fill(centred, vectors);
  const double without = RecallOf(plain, rows, queries, 10, 40), with = RecallOf(centred, rows, queries, 10, 40);
  EXPECT_GT(with, without);
  EXPECT_GE(with, 0.9);
}

TEST(HnswIndexTest, EmptyAndTinyIndexesAnswer) {
  HnswIndex index(OptionsFor(3));
  const Vector query = {1, 0, 0};
  EXPECT_TRUE(index.Search({query, 10, 10}).empty());
  EXPECT_FALSE(index.Remove(7));
  index.Repair();
  ASSERT_TRUE(index.Insert(7, Vector{1, 1, 0}));
  ASSERT_TRUE(index.Insert(9, Vector{1, 0.1f, 0}));
  EXPECT_TRUE(index.Search({query, 0, 10}).empty());
  const auto found = index.Search({query, 1000000000, 1});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].row, 9u);
  EXPECT_TRUE(index.Remove(7));
  EXPECT_TRUE(index.Remove(9));
  EXPECT_EQ(index.size(), 0u);
  EXPECT_TRUE(index.Search({query, 10, 10}).empty());
  index.Repair();
  EXPECT_TRUE(index.Search({query, 10, 10}).empty());
  EXPECT_TRUE(index.Insert(7, Vector{1, 1, 0}));
  EXPECT_EQ(index.Search({query, 10, 10}).size(), 1u);
}

TEST(HnswIndexTest, RefusesWhatHasNoCodeOrNoRoom) {
  HnswIndex cosine(OptionsFor(2));
  EXPECT_TRUE(cosine.Insert(1, Vector{1, 2}));
  EXPECT_FALSE(cosine.Insert(1, Vector{0, 0}));
  EXPECT_FALSE(cosine.Contains(1));  // the row has no old vector either
  EXPECT_FALSE(cosine.Insert(2, Vector{1e30f, 1e30f}));
  EXPECT_FALSE(cosine.Insert(RowSlots::kMaxRows, Vector{1, 2}));
  HnswIndex l2(OptionsFor(2, VectorMetric::kL2));
  EXPECT_TRUE(l2.Insert(1, Vector{0, 0}));
  EXPECT_FALSE(l2.Insert(2, Vector{1e30f, 0}));
  HnswOptions small = OptionsFor(2);
  small.memory_limit = 1;
  HnswIndex limited(small);
  EXPECT_THROW(limited.Insert(1, Vector{1, 2}), Error);
  EXPECT_FALSE(limited.Contains(1));
}

TEST(HnswIndexTest, OptionsHaveBounds) {
  const auto with = [](auto change) {
    HnswOptions options = OptionsFor(8);
    change(options);
    HnswIndex index(options);
  };
  EXPECT_THROW(with([](HnswOptions& options) { options.dimension = 0; }), Error);
  EXPECT_THROW(with([](HnswOptions& options) { options.dimension = 16385; }), Error);
  EXPECT_THROW(with([](HnswOptions& options) { options.m = 1; }), Error);
  EXPECT_THROW(with([](HnswOptions& options) { options.m = 101; }), Error);
  EXPECT_THROW(with([](HnswOptions& options) { options.ef_construction = 1001; }), Error);
  with([](HnswOptions& options) { options.m = 2, options.ef_construction = 4; });
}

TEST(HnswIndexTest, AnotherVectorReplacesTheOld) {
  HnswIndex index(OptionsFor(2, VectorMetric::kL2, Traversal::kAuto));
  for (uint64_t row = 0; row < 100; ++row) index.Insert(row, Vector{static_cast<float>(row), 0});
  index.Insert(5, Vector{1000, 0});
  EXPECT_EQ(index.size(), 100u);
  EXPECT_EQ(index.removed(), 1u);
  const auto far = index.Search({Vector{1000, 0}, 1, 50});
  ASSERT_EQ(far.size(), 1u);
  EXPECT_EQ(far[0].row, 5u);
  std::multiset<uint64_t> rows;
  for (const HnswCandidate& candidate : index.Search({Vector{5, 0}, 100, 100})) rows.insert(candidate.row);
  EXPECT_EQ(rows.size(), 100u);
  EXPECT_EQ(rows.count(5), 1u);
}

TEST(HnswIndexTest, SearchOfGivenRowsLooksAtAllOfThem) {
  const auto vectors = ClusteredVectors(2000, 64, 10, 11);
  HnswIndex index(OptionsFor(64));
  Fill(index, vectors);
  std::vector<uint64_t> rows;
  for (uint64_t row = 3; row < 3000; row += 7) rows.push_back(row);  // some are not there
  const auto found = index.SearchRows({vectors[3], 5, 50}, rows);
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0].row, 3u);
  for (const HnswCandidate& candidate : found) EXPECT_EQ(candidate.row % 7, 3u);
  index.Remove(3);
  EXPECT_NE(index.SearchRows({vectors[3], 5, 50}, rows)[0].row, 3u);
  EXPECT_EQ(index.SearchRows({vectors[3], 10000, 50}, rows).size(), 285u);
}

TEST(HnswIndexTest, ChurnLeavesRecallAndMemoryAsTheyWere) {
  const size_t count = 4000;
  const auto vectors = ClusteredVectors(count, 96, 40, 12);
  const auto queries = ClusteredVectors(80, 96, 40, 12);
  HnswIndex index(OptionsFor(96, VectorMetric::kCosine, Traversal::kAuto));
  Rows rows = Fill(index, vectors);
  const double fresh = RecallOf(index, rows, queries, 10, 60);
  const size_t memory = index.memory_bytes();
  Random random(13);
  for (int round = 0; round < 4; ++round) {
    std::vector<uint64_t> gone;
    for (uint64_t row = 0; row < count; ++row) {
      if (random.Below(2) == 0) gone.push_back(row);
    }
    for (const uint64_t row : gone) {
      ASSERT_TRUE(index.Remove(row));
      rows.erase(row);
    }
    EXPECT_GE(RecallOf(index, rows, queries, 10, 60), fresh - 0.03) << "after removing, round " << round;
    index.Repair();
    EXPECT_EQ(index.removed(), 0u);
    EXPECT_GE(RecallOf(index, rows, queries, 10, 60), fresh - 0.03) << "after repair, round " << round;
    for (const uint64_t row : gone) {
      rows[row] = vectors[row];
      ASSERT_TRUE(index.Insert(row, vectors[row]));
    }
    EXPECT_EQ(index.size(), count);
    EXPECT_GE(RecallOf(index, rows, queries, 10, 60), fresh - 0.03) << "after inserting, round " << round;
  }
  EXPECT_EQ(index.memory_bytes(), memory);
}

TEST(HnswIndexTest, RandomChangesAgreeWithAModel) {
  Random random(14);
  const auto vectors = ClusteredVectors(600, 40, 12, 15);
  HnswIndex index(OptionsFor(40, VectorMetric::kL2, Traversal::kBytes));
  Rows rows;
  for (int step = 0; step < 5000; ++step) {
    const uint64_t row = random.Below(300);
    if (random.Below(3) == 0) {
      ASSERT_EQ(index.Remove(row), rows.erase(row) == 1);
    } else {
      const Vector& vector = vectors[random.Below(vectors.size())];
      ASSERT_TRUE(index.Insert(row, vector));
      rows[row] = vector;
    }
    if (step % 500 == 499) index.Repair();
    if (step % 100 != 99) continue;
    ASSERT_EQ(index.size(), rows.size());
    ASSERT_GE(RecallOf(index, rows, {vectors[random.Below(vectors.size())]}, 10, 100), 0.9) << "step " << step;
  }
}

TEST(HnswIndexTest, SearchesRunBesideInsertsRemovalsAndRepairs) {
  const size_t count = 1200;
  const auto vectors = ClusteredVectors(count, 64, 20, 16);
  HnswOptions options = OptionsFor(64);
  options.ef_construction = 60;
  HnswIndex index(options);
  std::atomic<bool> done{false};
  std::atomic<size_t> searches{0};
  std::vector<std::thread> threads;
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      Random random(static_cast<uint64_t>(reader));
      std::vector<uint64_t> some(100);
      for (size_t i = 0; i < some.size(); ++i) some[i] = 7 * i;
      while (!done || searches == 0) {
        std::set<uint64_t> seen;
        const Vector& query = vectors[random.Below(count)];
        for (const HnswCandidate& found : index.Search({query, 10, 40})) {
          ASSERT_LT(found.row, count);
          ASSERT_TRUE(seen.insert(found.row).second);
        }
        index.SearchRows({query, 10, 40}, some);
        ++searches;
      }
    });
  }
  std::vector<std::thread> writers;
  for (uint64_t writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&, writer] {
      for (uint64_t row = writer; row < count; row += 2) {
        index.Insert(row, vectors[row]);
        if (row % 3 == 0) index.Remove(row);
        if (row % 3 == 1) index.Insert(row, vectors[row]);
        if (row % 200 == 0) index.Repair();
        if (row % 300 == 0) index.Scrub();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  for (std::thread& thread : threads) thread.join();
  index.Repair();
  Rows rows;
  for (uint64_t row = 0; row < count; ++row) {
    if (row % 3 != 0) rows[row] = vectors[row];
  }
  EXPECT_EQ(index.size(), rows.size());
  EXPECT_GE(RecallOf(index, rows, {vectors.begin(), vectors.begin() + 60}, 10, 100), 0.95);
}

}  // namespace
}  // namespace rem
