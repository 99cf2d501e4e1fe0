#include "search/vector_search.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/memory_engine.h"
#include "store/store.h"

namespace rem {
namespace {

constexpr size_t kDimension = 24;
constexpr int64_t kWait = 60'000;

class VectorSearchTest : public ::testing::Test {
 protected:
  VectorSearchTest() : store_(NewMemoryEngine(), Options(), clock_), tenant_(store_.OpenTenant("acme", true)) {
    tenant_->Register(
        "t",
        Document::FromJson(
            R"({"type":"object","properties":{"v":{"type":"array","items":{"type":"number"},"vector":{"dimension":24}}},"embedding_fields":[]})"),
        false);
    VectorIndexSettings settings;
    settings.min_rows = 200;
    tenant_->vector_indexes().Configure(settings);
    for (int i = 0; i < 40; ++i) {
      VectorValue centre(kDimension);
      for (float& x : centre) x = static_cast<float>(random_.Uniform() - 0.5);
      centres_.push_back(centre);
    }
  }

  static OpenOptions Options() {
    OpenOptions options;
    options.in_memory = true;
    return options;
  }

  VectorValue Draw() {
    VectorValue vector = centres_[random_.Below(centres_.size())];
    for (float& x : vector) x += static_cast<float>(random_.Uniform() - 0.5) * 0.3f;
    return vector;
  }
  Uuid Add(const VectorValue& vector) {
    const Document record = Document::FromJson("{}");
    const Uuid id = tenant_->writer().Insert("t", {&record, 1}, {})[0];
    tenant_->writer().SetEmbedding(id, "v", vector);
    return id;
  }
  void AddMany(size_t count) {
    for (size_t i = 0; i < count; ++i) ids_.push_back(Add(Draw()));
  }
  TablePtr table() const { return tenant_->catalog()->Get("t"); }
  const VectorColumn& column() {
    table_ = table();
    return table_->vectors[0];
  }
  // Asks for the index and waits for it.
  void MakeIndex() {
    Search(*tenant_->Snapshot(), Draw());
    ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  }
  std::vector<ScoredRow> Search(const ReadView& view, const VectorValue& vector, size_t k = 10) {
    VectorQuery query;
    query.vector = vector;
    query.k = k;
    return VectorSearch(view, *table(), column(), query, &report_);
  }
  std::vector<ScoredRow> Exact(const ReadView& view, const VectorValue& vector, size_t k = 10) {
    FlatQuery query;
    query.vector = vector;
    query.k = k;
    return FlatSearch(view, *table(), column(), query);
  }
  static double Share(const std::vector<ScoredRow>& found, const std::vector<ScoredRow>& exact) {
    size_t hits = 0;
    for (const ScoredRow& one : exact) {
      hits +=
          std::ranges::count_if(found, [&](const ScoredRow& f) { return f.row == one.row && f.score == one.score; });
    }
    return exact.empty() ? 1 : static_cast<double>(hits) / static_cast<double>(exact.size());
  }
  double Recall(const ReadView& view, int queries = 40) {
    double sum = 0;
    for (int i = 0; i < queries; ++i) {
      const VectorValue query = Draw();
      sum += Share(Search(view, query), Exact(view, query));
    }
    return sum / queries;
  }
  bool UsedIndex() const { return report_.strategy != VectorSearchReport::Strategy::kExact; }

  ManualClock clock_{1'000'000};
  Store store_;
  std::shared_ptr<TenantStore> tenant_;
  TablePtr table_;
  Random random_{5};
  std::vector<VectorValue> centres_;
  std::vector<Uuid> ids_;
  VectorSearchReport report_;
};

TEST_F(VectorSearchTest, SmallTablesAreSearchedExactly) {
  AddMany(199);
  MakeIndex();
  const auto view = tenant_->Snapshot();
  EXPECT_EQ(Recall(*view), 1);
  EXPECT_FALSE(UsedIndex());
  EXPECT_EQ(tenant_->vector_indexes().memory_bytes(), 0u);
}

TEST_F(VectorSearchTest, LargeTablesGetAnIndex) {
  AddMany(1500);
  EXPECT_EQ(Recall(*tenant_->Snapshot(), 1), 1);  // exact until the index is there
  MakeIndex();
  EXPECT_GE(Recall(*tenant_->Snapshot()), 0.97);
  EXPECT_EQ(report_.strategy, VectorSearchReport::Strategy::kGraph);
  EXPECT_LT(report_.codes, 1200u);
  EXPECT_LT(report_.scored, 100u);
  EXPECT_GT(tenant_->vector_indexes().memory_bytes(), 0u);
}

TEST_F(VectorSearchTest, ReadersSeeTheirOwnWritesAtOnce) {
  AddMany(600);
  MakeIndex();
  const VectorValue target = Draw();
  const auto before = tenant_->Snapshot();
  const auto old_best = Exact(*before, target);
  const Uuid mine = Add(target);
  const RowId row = tenant_->Snapshot()->FindId(mine)->second;
  EXPECT_EQ(Search(*tenant_->Snapshot(), target)[0].row, row);
  EXPECT_TRUE(UsedIndex());
  // Changed and deleted rows too.
  VectorValue away = target;
  for (float& x : away) x = -x;
  const auto with = tenant_->Snapshot();
  tenant_->writer().SetEmbedding(mine, "v", away);
  EXPECT_NE(Search(*tenant_->Snapshot(), target)[0].row, row);
  EXPECT_EQ(Search(*tenant_->Snapshot(), away)[0].row, row);
  tenant_->writer().Delete(mine);
  EXPECT_NE(Search(*tenant_->Snapshot(), away)[0].row, row);
  // Older views still see what they saw, also after the index has moved on.
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  EXPECT_EQ(Search(*with, target)[0].row, row);
  EXPECT_TRUE(UsedIndex());
  const auto again = Search(*before, target);
  EXPECT_EQ(again[0].row, old_best[0].row);
  for (const ScoredRow& one : again) EXPECT_NE(one.row, row);
}

TEST_F(VectorSearchTest, KRowsComeBackWheneverKRowsMatch) {
  AddMany(1200);
  MakeIndex();
  const auto view = tenant_->Snapshot();
  const VectorValue query = Draw();
  for (const size_t k : {1, 7, 100, 1199, 1200, 5000}) {
    EXPECT_EQ(Search(*view, query, k).size(), std::min<size_t>(k, 1200)) << k;
  }
  // Matching rows are those farthest from the query.
  std::vector<ScoredRow> all = Exact(*view, query, 1200);
  for (const size_t matching : {5, 40, 300}) {
    std::vector<RowId> rows;
    for (size_t i = all.size() - matching; i < all.size(); ++i) rows.push_back(all[i].row);
    std::ranges::sort(rows);
    VectorQuery filtered;
    filtered.vector = query;
    filtered.k = 10;
    filtered.rows = rows;
    const auto found = VectorSearch(*view, *table(), column(), filtered, &report_);
    EXPECT_GE(Share(found, FlatSearch(*view, *table(), column(), filtered)), 0.9) << matching;
    EXPECT_EQ(found.size(), std::min<size_t>(10, matching));
  }
}

TEST_F(VectorSearchTest, LeastScoresCutTheAnswerOnly) {
  AddMany(800);
  MakeIndex();
  const auto view = tenant_->Snapshot();
  VectorQuery query;
  const VectorValue vector = Draw();
  query.vector = vector;
  query.k = 10;
  const double fourth = Exact(*view, vector)[3].score;
  query.min_score = fourth;
  EXPECT_EQ(VectorSearch(*view, *table(), column(), query, &report_).size(), 4u);
  EXPECT_TRUE(UsedIndex());
  query.min_score = 2;
  EXPECT_TRUE(VectorSearch(*view, *table(), column(), query, &report_).empty());
}

TEST_F(VectorSearchTest, InnerProductsOfUnequalLengthsAreSearchedExactly) {
  AddMany(500);
  MakeIndex();
  const auto view = tenant_->Snapshot();
  VectorQuery query;
  const VectorValue vector = Draw();
  query.vector = vector;
  query.metric = FlatQuery::Metric::kInnerProduct;
  VectorSearch(*view, *table(), column(), query, &report_);
  EXPECT_FALSE(UsedIndex());
}

TEST_F(VectorSearchTest, VectorsWithoutDirectionAreFound) {
  AddMany(400);
  const Uuid zero = Add(VectorValue(kDimension, 0.0f));
  MakeIndex();
  const auto view = tenant_->Snapshot();
  const RowId row = view->FindId(zero)->second;
  const auto found = Search(*view, Draw(), 401);
  EXPECT_EQ(found.size(), 401u);
  EXPECT_EQ(std::ranges::count_if(found, [&](const ScoredRow& one) { return one.row == row && one.score == 0; }), 1);
}

TEST_F(VectorSearchTest, ChangesAreTakenUpWithoutSearches) {
  AddMany(400);
  MakeIndex();
  for (int i = 0; i < 200; ++i) tenant_->writer().SetEmbedding(ids_[random_.Below(ids_.size())], "v", Draw());
  for (int i = 0; i < 100; ++i) tenant_->writer().Delete(ids_[static_cast<size_t>(i)]);
  for (int i = 0; i < 50; ++i) tenant_->writer().Restore(ids_[static_cast<size_t>(i)]);
  AddMany(100);
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  const auto index = tenant_->vector_indexes().Find(*table(), column());
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->graph().size(), 450u);
  EXPECT_GE(Recall(*tenant_->Snapshot()), 0.97);
  EXPECT_TRUE(UsedIndex());
}

TEST_F(VectorSearchTest, ADroppedTableTakesItsIndexAlong) {
  AddMany(300);
  MakeIndex();
  tenant_->DropTable("t");
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  EXPECT_EQ(tenant_->vector_indexes().memory_bytes(), 0u);
}

TEST_F(VectorSearchTest, TransactionsSeeTheirOwnChanges) {
  AddMany(400);
  MakeIndex();
  auto transaction = tenant_->Begin();
  const VectorValue target = Draw();
  transaction->writer().SetEmbedding(ids_[0], "v", target);
  const auto view = transaction->View();
  EXPECT_EQ(Share(Search(*view, target), Exact(*view, target)), 1);
  EXPECT_TRUE(UsedIndex());
  EXPECT_EQ(Search(*view, target)[0].row, tenant_->Snapshot()->FindId(ids_[0])->second);
}

TEST_F(VectorSearchTest, TransactionsSearchByTheIndexOverTheirSnapshotAndTheirChanges) {
  AddMany(600);
  MakeIndex();
  auto transaction = tenant_->Begin();
  double sum = 0;
  int searches = 0;
  const auto check = [&](const char* when) {
    for (const size_t k : {1, 10, 40}) {
      const VectorValue query = Draw();
      const auto view = transaction->View();
      const auto found = Search(*view, query, k);
      EXPECT_TRUE(UsedIndex()) << when;
      ASSERT_EQ(found.size(), k) << when;
      sum += Share(found, Exact(*view, query, k));
      ++searches;
    }
  };
  for (int round = 0; round < 40; ++round) {
    check("own changes");
    RecordWriter& own = transaction->writer();
    const Uuid id = ids_[random_.Below(300)];
    const Document record = Document::FromJson("{}");
    switch (round % 4) {
      case 0:
        own.SetEmbedding(own.Insert("t", {&record, 1}, {})[0], "v", Draw());
        break;
      case 1:
        own.Delete(id);
        break;
      case 2:
        own.Restore(id);
        own.SetEmbedding(id, "v", Draw());
        break;
      default:
        own.Insert("t", {&record, 1}, {});
    }
    // What others commit meanwhile, to other rows, is in the index and not in the snapshot.
    tenant_->writer().SetEmbedding(ids_[300 + random_.Below(200)], "v", Draw());
    tenant_->writer().Delete(ids_[500 + static_cast<size_t>(round)]);
    Add(Draw());
    if (round % 8 == 7) {
      Search(*tenant_->Snapshot(), Draw());
      ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
    }
  }
  EXPECT_GE(sum / searches, 0.98);

  // A row of its own is the nearest until it is taken back.
  const VectorValue target = Draw();
  transaction->Savepoint("s");
  const Document record = Document::FromJson("{}");
  const Uuid mine = transaction->writer().Insert("t", {&record, 1}, {})[0];
  transaction->writer().SetEmbedding(mine, "v", target);
  const RowId row = transaction->View()->FindId(mine)->second;
  EXPECT_EQ(Search(*transaction->View(), target)[0].row, row);
  EXPECT_TRUE(UsedIndex());
  EXPECT_NE(Search(*tenant_->Snapshot(), target)[0].row, row);
  transaction->writer().Delete(mine);
  EXPECT_NE(Search(*transaction->View(), target)[0].row, row);
  transaction->RollbackToSavepoint("s");
  EXPECT_NE(Search(*transaction->View(), target)[0].row, row);
}

TEST_F(VectorSearchTest, TransactionsThatRedefineTablesSearchExactly) {
  AddMany(400);
  MakeIndex();
  auto transaction = tenant_->Begin();
  transaction->Register("other", Document::FromJson(R"({"type":"object","properties":{"a":{"type":"integer"}}})"),
                        false);
  const VectorValue query = Draw();
  const auto view = transaction->View();
  EXPECT_EQ(Share(Search(*view, query), Exact(*view, query)), 1);
  EXPECT_FALSE(UsedIndex());
}

TEST_F(VectorSearchTest, AnOldSnapshotFindsWhatOthersDeletedSince) {
  AddMany(400);
  MakeIndex();
  const auto old = tenant_->Snapshot();
  for (size_t i = 0; i < 395; ++i) tenant_->writer().Delete(ids_[i]);
  const VectorValue query = Draw();
  EXPECT_EQ(Share(Search(*old, query, 50), Exact(*old, query, 50)), 1);
  EXPECT_EQ(Search(*tenant_->Snapshot(), query, 50).size(), 5u);
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  EXPECT_EQ(Search(*old, query, 50).size(), 50u);
  EXPECT_EQ(Search(*tenant_->Snapshot(), query, 50).size(), 5u);
}

TEST_F(VectorSearchTest, AnswersStayRightBesideWriters) {
  AddMany(500);
  MakeIndex();
  std::atomic<bool> done{false};
  std::thread writer([&] {
    Random random(9);
    for (int i = 0; i < 600; ++i) {
      VectorValue vector(kDimension);
      for (float& x : vector) x = static_cast<float>(random.Uniform() - 0.5);
      const Uuid id = ids_[random.Below(400)];
      if (i % 3 == 0) {
        tenant_->writer().Delete(id);
        tenant_->writer().Restore(id);
      } else {
        tenant_->writer().SetEmbedding(id, "v", vector);
      }
    }
    done = true;
  });
  double sum = 0;
  int searches = 0;
  while (!done || searches == 0) {
    const auto view = tenant_->Snapshot();
    const VectorValue query = Draw();
    const auto found = Search(*view, query);
    ASSERT_EQ(found.size(), 10u);
    // Every row comes with the score that it has in this view.
    for (const ScoredRow& one : found) {
      VectorValue stored;
      ASSERT_TRUE(view->GetVector(*table(), column(), one.row, stored));
    }
    sum += Share(found, Exact(*view, query));
    ++searches;
  }
  writer.join();
  EXPECT_GE(sum / searches, 0.95);
}

}  // namespace
}  // namespace rem
