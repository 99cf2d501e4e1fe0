#include "search/flat_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/random.h"
#include "search/vector_kernels.h"
#include "storage/memory_engine.h"
#include "store/store.h"

namespace rem {

namespace {

class FlatSearchTest : public ::testing::Test {
 protected:
  FlatSearchTest() : store_(NewMemoryEngine(), {.in_memory = true}, clock_), tenant_(store_.OpenTenant("acme", true)) {
    table_ = tenant_->Register(
        "t",
        Document::FromJson(
            R"({"type":"object","properties":{"v":{"type":"array","items":{"type":"number"},"vector":{"dimension":20}}},"embedding_fields":[]})"),
        false);
    Random random(7);
    for (int i = 0; i < 200; ++i) {
      const Document record = Document::FromJson("{}");
      ids_.push_back(tenant_->writer().Insert("t", {&record, 1}, {})[0]);
      VectorValue vector(20);
      for (float& x : vector) x = static_cast<float>(random.Uniform() - 0.5);
      vectors_.push_back(vector);
      tenant_->writer().SetEmbedding(ids_.back(), "v", vector);
    }
    table_ = tenant_->catalog()->Get("t");
  }
  std::vector<RowId> Search(const FlatQuery& query) {
    std::vector<RowId> rows;
    for (const ScoredRow& scored : FlatSearch(*tenant_->Snapshot(), *table_, table_->vectors[0], query))
      rows.push_back(scored.row);
    return rows;
  }
  // All rows by score, computed the plain way; rows are 1, 2, 3, ...
  std::vector<RowId> Expected(const VectorValue& query, size_t k, const std::vector<RowId>& rows) {
    std::vector<std::pair<double, RowId>> scores;
    for (const RowId row : rows) {
      double dot = 0, a = 0, b = 0;
      for (size_t i = 0; i < query.size(); ++i) {
        dot += double{query[i]} * vectors_[row - 1][i];
        a += double{query[i]} * query[i];
        b += double{vectors_[row - 1][i]} * vectors_[row - 1][i];
      }
      scores.emplace_back(-dot / std::sqrt(a * b), row);
    }
    std::ranges::sort(scores);
    std::vector<RowId> best;
    for (size_t i = 0; i < scores.size() && i < k; ++i) best.push_back(scores[i].second);
    return best;
  }
  ManualClock clock_{1'000'000};
  Store store_;
  std::shared_ptr<TenantStore> tenant_;
  TablePtr table_;
  std::vector<Uuid> ids_;
  std::vector<VectorValue> vectors_;
};

TEST_F(FlatSearchTest, FindsTheBestOfAllRows) {
  std::vector<RowId> all(200);
  for (size_t i = 0; i < all.size(); ++i) all[i] = i + 1;
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 7}), Expected(vectors_[3], 7, all));
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 1}), std::vector<RowId>({4}));
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 0}), std::vector<RowId>());
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 1000}).size(), 200u);
}

TEST_F(FlatSearchTest, LooksOnlyAtTheRowsGiven) {
  const std::vector<RowId> few = {5, 9, 150};
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 2, .rows = few}), Expected(vectors_[3], 2, few));
  std::vector<RowId> many;
  for (RowId row = 1; row <= 200; row += 2) many.push_back(row);
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 20, .rows = many}), Expected(vectors_[3], 20, many));
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 2, .rows = std::span<const RowId>()}), std::vector<RowId>());
}

TEST_F(FlatSearchTest, LeavesOutLowScoresAndDeletedRows) {
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 10, .min_score = 0.99}), std::vector<RowId>({4}));
  tenant_->writer().Delete(ids_[3]);
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 200}).size(), 199u);
  EXPECT_EQ(Search({.vector = vectors_[3], .k = 1}).size(), 1u);
}

TEST_F(FlatSearchTest, RefusesAnotherDimension) {
  const VectorValue query(3, 1.0f);
  EXPECT_THROW(Search({.vector = query}), Error);
}

TEST(VectorKernelsTest, GiveTheValuesOfTheirDefinitions) {
  const float a[] = {1, 2, 3}, b[] = {4, 5, 6}, zero[] = {0, 0, 0};
  EXPECT_EQ(InnerProduct(a, b, 3), 32);
  EXPECT_NEAR(CosineSimilarity(a, b, 3), 32 / std::sqrt(14.0 * 77), 1e-7);
  EXPECT_EQ(CosineSimilarity(a, zero, 3), 0);
  std::vector<float> ones(1000, 1.0f);
  EXPECT_EQ(InnerProduct(ones.data(), ones.data(), ones.size()), 1000);
  EXPECT_EQ(CosineSimilarity(ones.data(), ones.data(), ones.size()), 1);
}

}  // namespace

}  // namespace rem
