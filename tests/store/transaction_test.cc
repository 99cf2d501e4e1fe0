#include "store/transaction.h"

#include <atomic>
#include <random>
#include <thread>

#include "store/store_fixture.h"

namespace rem {
namespace {

class TransactionTest : public StoreFixture {
 protected:
  TransactionTest() { Register("articles", kArticleSchema); }

  static Uuid InsertIn(Transaction& transaction, const std::string& json) {
    Document record = Document::FromJson(json);
    return transaction.writer().Insert("articles", {&record, 1}, {})[0];
  }
  static void UpdateIn(Transaction& transaction, const Uuid& id, const std::string& patch) {
    transaction.writer().Update(id, Document::FromJson(patch), {});
  }
  static std::string ShowIn(const Transaction& transaction, const Uuid& id) {
    auto view = transaction.View();
    auto place = view->FindId(id);
    if (!place) return "absent";
    TablePtr table = transaction.catalog()->FindById(place->first);
    std::string buffer;
    EXPECT_TRUE(view->GetRow(*table, place->second, buffer));
    RowView row(buffer, table->keys.get());
    return row.deleted() ? "deleted" : row.properties().ToJson();
  }
  static size_t CountByIndex(const ReadView& view, const Table& table, const std::string& category) {
    IndexRange range;
    range.lower = {Value(category), true};
    range.upper = {Value(category), true};
    IndexCursor cursor = view.ScanIndex(*table.FindIndex("category"), range);
    size_t rows = 0;
    while (cursor.Next()) ++rows;
    return rows;
  }
  static size_t CountByScan(const ReadView& view, const Table& table) {
    RowCursor cursor = view.ScanRows(table);
    size_t rows = 0;
    while (cursor.Next()) ++rows;
    return rows;
  }
  int64_t Live() const { return tenant_->catalog()->Get("articles")->counters->live_rows.load(); }
};

TEST_F(TransactionTest, ReadsItsOwnChangesInRowsAndIndexesAndOthersDoNot) {
  const Uuid old = Insert("articles", R"({"name": "old", "category": "a"})");
  auto transaction = tenant_->Begin();
  const Uuid added = InsertIn(*transaction, R"({"name": "new", "category": "a"})");
  UpdateIn(*transaction, old, R"({"category": "b"})");
  TablePtr table = transaction->catalog()->Get("articles");
  EXPECT_EQ(CountByIndex(*transaction->View(), *table, "a"), 1u);
  EXPECT_EQ(CountByIndex(*transaction->View(), *table, "b"), 1u);
  EXPECT_EQ(CountByScan(*transaction->View(), *table), 2u);
  EXPECT_EQ(Show(added), "absent");
  EXPECT_EQ(CountByIndex(*tenant_->Snapshot(), *table, "a"), 1u);
  EXPECT_EQ(CountByIndex(*tenant_->Snapshot(), *table, "b"), 0u);
  EXPECT_EQ(Live(), 1);
  transaction->Commit();
  EXPECT_EQ(CountByIndex(*tenant_->Snapshot(), *table, "b"), 1u);
  EXPECT_EQ(Live(), 2);
  ExpectSound();
  Reopen();
  EXPECT_NE(Show(added), "absent");
  ExpectSound();
}

TEST_F(TransactionTest, WithoutCommitNothingRemains) {
  const Uuid old = Insert("articles", R"({"name": "old"})");
  const std::string before = Show(old);
  const uint64_t sequence = tenant_->log().committed();
  {
    auto transaction = tenant_->Begin();
    InsertIn(*transaction, R"({"name": "new"})");
    transaction->writer().Delete(old);
    EXPECT_EQ(ShowIn(*transaction, old), "deleted");
  }
  EXPECT_EQ(Show(old), before);
  EXPECT_EQ(tenant_->log().committed(), sequence);
  EXPECT_EQ(Live(), 1);
  ExpectSound();
}

TEST_F(TransactionTest, SeesOneSnapshotWhileOthersCommit) {
  const Uuid id = Insert("articles", R"({"name": "n", "views": 1})");
  auto transaction = tenant_->Begin();
  const std::string before = ShowIn(*transaction, id);
  Update(id, R"({"views": 2})");
  const Uuid other = Insert("articles", R"({"name": "other"})");
  EXPECT_EQ(ShowIn(*transaction, id), before);
  EXPECT_EQ(ShowIn(*transaction, other), "absent");
  transaction->Commit();  // It wrote nothing.
}

TEST_F(TransactionTest, FirstCommitterWins) {
  const Uuid id = Insert("articles", R"({"name": "n", "views": 1})");
  auto first = tenant_->Begin();
  auto second = tenant_->Begin();
  UpdateIn(*first, id, R"({"views": 10})");
  UpdateIn(*second, id, R"({"views": 20})");
  const Uuid extra = InsertIn(*second, R"({"name": "extra"})");
  first->Commit();
  EXPECT_EQ(CodeOf([&] { second->Commit(); }), ErrorCode::kConflict);
  EXPECT_NE(Show(id).find("10"), std::string::npos);
  EXPECT_EQ(Show(extra), "absent");
  ExpectSound();
}

TEST_F(TransactionTest, ConflictsWithDeletesPurgesAndEqualInserts) {
  const Uuid id = Insert("articles", R"({"name": "n"})");
  const std::string fixed = R"({"id": "11111111-1111-4111-8111-111111111111", "name": "same"})";
  for (int kind = 0; kind < 3; ++kind) {
    auto transaction = tenant_->Begin();
    if (kind < 2) {
      UpdateIn(*transaction, id, R"({"views": 5})");
    } else {
      InsertIn(*transaction, fixed);
    }
    if (kind == 0) {
      tenant_->writer().Delete(id);
      tenant_->writer().Restore(id);
    } else if (kind == 1) {
      tenant_->writer().Purge(id);
    } else {
      Insert("articles", fixed);
    }
    EXPECT_EQ(CodeOf([&] { transaction->Commit(); }), ErrorCode::kConflict) << kind;
  }
  ExpectSound();
}

TEST_F(TransactionTest, ConflictsWithAChangeOfItsTable) {
  auto transaction = tenant_->Begin();
  InsertIn(*transaction, R"({"name": "n"})");
  tenant_->DropTable("articles");
  EXPECT_EQ(CodeOf([&] { transaction->Commit(); }), ErrorCode::kConflict);
  ExpectSound();
}

TEST_F(TransactionTest, WriteSkewIsAllowed) {
  const Uuid a = Insert("articles", R"({"name": "a", "views": 1})");
  const Uuid b = Insert("articles", R"({"name": "b", "views": 1})");
  auto first = tenant_->Begin();
  auto second = tenant_->Begin();
  UpdateIn(*first, a, R"({"views": 0})");
  UpdateIn(*second, b, R"({"views": 0})");
  first->Commit();
  second->Commit();
  ExpectSound();
}

TEST_F(TransactionTest, SavepointsUndoWhatCameAfterThem) {
  auto transaction = tenant_->Begin();
  const Uuid first = InsertIn(*transaction, R"({"name": "first", "category": "a"})");
  transaction->Savepoint("s");
  const Uuid second = InsertIn(*transaction, R"({"name": "second", "category": "a"})");
  UpdateIn(*transaction, first, R"({"category": "b"})");
  auto before = transaction->View();
  transaction->RollbackToSavepoint("s");
  transaction->RollbackToSavepoint("s");  // It stays.
  EXPECT_EQ(ShowIn(*transaction, second), "absent");
  TablePtr table = transaction->catalog()->Get("articles");
  EXPECT_EQ(CountByIndex(*transaction->View(), *table, "a"), 1u);
  EXPECT_EQ(CountByIndex(*transaction->View(), *table, "b"), 0u);
  transaction->Release("s");
  EXPECT_EQ(CodeOf([&] { transaction->RollbackToSavepoint("s"); }), ErrorCode::kNotFound);
  transaction->Commit();
  EXPECT_EQ(CountByIndex(*tenant_->Snapshot(), *table, "a"), 1u);
  EXPECT_EQ(Live(), 1);
  ExpectSound();
}

TEST_F(TransactionTest, AViewIsNotDisturbedByLaterChanges) {
  auto transaction = tenant_->Begin();
  TablePtr table = transaction->catalog()->Get("articles");
  for (int i = 0; i < 5; ++i) InsertIn(*transaction, R"({"name": "n"})");
  auto view = transaction->View();
  RowCursor cursor = view->ScanRows(*table);
  size_t rows = 0;
  while (cursor.Next()) {
    InsertIn(*transaction, R"({"name": "more"})");
    ++rows;
  }
  EXPECT_EQ(rows, 5u);
  EXPECT_EQ(CountByScan(*transaction->View(), *table), 10u);
}

TEST_F(TransactionTest, ManyChangesOfOneRecordAreOneEntryOfTheChangeLog) {
  const Uuid id = Insert("articles", R"({"name": "n", "views": 0})");
  const uint64_t sequence = tenant_->log().committed();
  auto transaction = tenant_->Begin();
  for (int i = 1; i <= 5; ++i) UpdateIn(*transaction, id, "{\"views\": " + std::to_string(i) + "}");
  const Uuid gone = InsertIn(*transaction, R"({"name": "gone"})");
  transaction->writer().Delete(gone);
  transaction->Commit();
  EXPECT_EQ(tenant_->log().committed(), sequence + 2);
  EXPECT_EQ(Header(id).sequence, sequence + 1);
  EXPECT_EQ(Show(gone), "deleted");
  ExpectSound();
  tenant_->writer().Purge(id);
  ExpectSound();
}

TEST_F(TransactionTest, PurgeIsRefusedInside) {
  const Uuid id = Insert("articles", R"({"name": "n"})");
  auto transaction = tenant_->Begin();
  EXPECT_EQ(CodeOf([&] { transaction->writer().Purge(id); }), ErrorCode::kInTransaction);
}

// Transfers between accounts by several threads keep the sum, whatever conflicts; every reader sees the same sum.
TEST_F(TransactionTest, ConcurrentTransfersLoseNothing) {
  constexpr int kAccounts = 5;
  constexpr int64_t kEach = 1000;
  std::vector<Uuid> ids;
  for (int i = 0; i < kAccounts; ++i) ids.push_back(Insert("articles", R"({"name": "acc", "views": 1000})"));
  const auto balance = [&](const Transaction& transaction, const Uuid& id) {
    return Document::FromJson(ShowIn(transaction, id)).view().Find("views")->AsInt();
  };
  std::atomic<int> committed{0};
  std::atomic<bool> torn{false};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 60; ++i) {
        auto transaction = tenant_->Begin();
        int64_t sum = 0;
        for (const Uuid& id : ids) sum += balance(*transaction, id);
        if (sum != kAccounts * kEach) torn = true;
        const size_t from = random() % kAccounts;
        const size_t to = (from + 1 + random() % (kAccounts - 1)) % kAccounts;
        const int64_t amount = random() % 10;
        UpdateIn(*transaction, ids[from],
                 "{\"views\": " + std::to_string(balance(*transaction, ids[from]) - amount) + "}");
        UpdateIn(*transaction, ids[to], "{\"views\": " + std::to_string(balance(*transaction, ids[to]) + amount) + "}");
        try {
          transaction->Commit();
          ++committed;
        } catch (const Error& error) {
          if (error.code() != ErrorCode::kConflict) throw;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(torn);
  EXPECT_GE(committed.load(), 60);  // Somebody wins every conflict.
  auto last = tenant_->Begin();
  int64_t sum = 0;
  for (const Uuid& id : ids) sum += balance(*last, id);
  EXPECT_EQ(sum, kAccounts * kEach);
  ExpectSound();
}

}  // namespace
}  // namespace rem
