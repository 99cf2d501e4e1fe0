#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <rem/embedding.h>

#include "store/scripted_provider.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

constexpr int64_t kLong = 60'000;
constexpr uint64_t kLimit = 20;
constexpr const char* kNotes = R"({"type": "object",
  "properties": {"content": {"type": "string"}, "n": {"type": "integer"}}, "embedding_provider": "scripted"})";
constexpr const char* kHashed = R"({"type": "object",
  "properties": {"content": {"type": "string"}}, "embedding_provider": "hash"})";

class EmbeddingLimitTest : public StoreFixture {
 protected:
  EmbeddingLimitTest() : provider_(ScriptedProvider::Fresh()) {
    OpenWithLimit(kLimit, 0);
    Register("notes", kNotes);
  }
  ~EmbeddingLimitTest() override { provider_.Hold(false); }

  void OpenWithLimit(uint64_t limit, int64_t wait_ms) {
    options_.max_pending_embeddings = limit;
    options_.embedding_wait_ms = wait_ms;
    Reopen();
    EmbeddingWorkerSettings settings;
    settings.first_pause_ms = settings.longest_pause_ms = 0;
    tenant_->embedding().Configure(settings);
  }
  Uuid InsertNote(int number) { return Insert("notes", fmt::format(R"({{"content": "text {}"}})", number)); }
  /// Nothing leaves the queue until the provider is let go.
  std::vector<Uuid> Fill() {
    provider_.Hold(true);
    std::vector<Uuid> ids;
    for (uint64_t i = 0; i < kLimit; ++i) ids.push_back(InsertNote(static_cast<int>(i)));
    return ids;
  }
  void ExpectFull() {
    EXPECT_EQ(CodeOf([&] { InsertNote(1000); }), ErrorCode::kLimitExceeded);
  }
  int64_t Records() const { return tenant_->catalog()->Get("notes")->counters->live_rows.load(); }
  uint64_t Pending() const { return tenant_->GetEmbeddingStatus(0).pending; }
  bool Wait() { return tenant_->embedding().Wait(kLong); }

  ScriptedProvider& provider_;
};

TEST_F(EmbeddingLimitTest, AnInsertIntoAFullQueueIsAnErrorThatSaysWhatToDo) {
  const std::vector<Uuid> ids = Fill();
  try {
    InsertNote(1000);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kLimitExceeded);
    EXPECT_EQ(error.sqlstate(), "53400");
    EXPECT_NE(error.message().find("20 records wait"), std::string::npos) << error.message();
    EXPECT_NE(error.hint().find("max_pending_embeddings"), std::string::npos) << error.hint();
  }
  EXPECT_EQ(Records(), static_cast<int64_t>(kLimit));
  // What makes the queue no longer goes on, and what is embedded at once is not concerned.
  Update(ids[0], R"({"content": "changed"})");
  tenant_->writer().Delete(ids[1]);
  tenant_->writer().Restore(ids[1]);
  Register("others", kHashed);
  for (int i = 0; i < 30; ++i) Insert("others", R"({"content": "red apples"})");
  ExpectFull();
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  InsertNote(1000);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Records(), static_cast<int64_t>(kLimit) + 1);
  ExpectSound();
}

TEST_F(EmbeddingLimitTest, WhatLeavesTheQueueUnembeddedMakesRoomToo) {
  const std::vector<Uuid> ids = Fill();
  ExpectFull();
  tenant_->writer().Delete(ids[3]);
  InsertNote(20);
  ExpectFull();
  Update(ids[4], R"({"content": null})");
  InsertNote(21);
  ExpectFull();
  tenant_->DropTable("notes");
  Register("notes", kNotes);
  for (int i = 0; i < 10; ++i) InsertNote(i);
  EXPECT_EQ(Pending(), 10u);
}

TEST_F(EmbeddingLimitTest, ABatchThatFindsRoomGoesInAsAWhole) {
  provider_.Hold(true);
  InsertNote(0);
  std::vector<Document> records;
  for (int i = 0; i < 100; ++i) records.push_back(Document::FromJson(fmt::format(R"({{"content": "text {}"}})", i)));
  tenant_->writer().Insert("notes", records, {});
  EXPECT_EQ(Records(), 101);
  ExpectFull();
}

TEST_F(EmbeddingLimitTest, ATransactionMeetsTheLimitWhenItCommits) {
  Fill();
  auto transaction = tenant_->Begin();
  const Document record = Document::FromJson(R"({"content": "text"})");
  transaction->writer().Insert("notes", {&record, 1}, {});
  EXPECT_EQ(CodeOf([&] { transaction->Commit(); }), ErrorCode::kLimitExceeded);
  transaction.reset();
  EXPECT_EQ(Records(), static_cast<int64_t>(kLimit));
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  transaction = tenant_->Begin();
  transaction->writer().Insert("notes", {&record, 1}, {});
  transaction->Commit();
  EXPECT_EQ(Records(), static_cast<int64_t>(kLimit) + 1);
}

TEST_F(EmbeddingLimitTest, WhatAnEarlierOpeningLeftCounts) {
  Fill();
  OpenWithLimit(kLimit, 0);
  ExpectFull();
  OpenWithLimit(kLimit + 1, 0);
  InsertNote(20);
  ExpectFull();
  OpenWithLimit(0, 0);
  for (int i = 0; i < 50; ++i) InsertNote(i);
  EXPECT_EQ(Pending(), kLimit + 51);
}

TEST_F(EmbeddingLimitTest, AColumnThatIsFilledAnewDoesNotCount) {
  Register("others", kHashed);
  for (int i = 0; i < 50; ++i) Insert("others", fmt::format(R"({{"content": "text {}"}})", i));
  provider_.Hold(true);
  tenant_->BeginReembedding("others", "embedding", "scripted");
  provider_.AwaitCall();
  for (int i = 0; i < 50; ++i) Insert("others", fmt::format(R"({{"content": "later {}"}})", i));
  InsertNote(0);
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  ExpectSound();
}

TEST_F(EmbeddingLimitTest, WritersWaitForTheWorkerAndAllGetOn) {
  OpenWithLimit(kLimit, kLong);
  constexpr int kThreads = 3, kRecords = 100;
  // A batch of the worker may just have been written, but not be known yet.
  constexpr uint64_t kMost = kLimit + kThreads + 8;
  std::atomic<uint64_t> longest{0};
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kRecords; ++i) {
        InsertNote(t * kRecords + i);
        const uint64_t pending = Pending();
        for (uint64_t seen = longest; seen < pending && !longest.compare_exchange_weak(seen, pending);) {
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_LE(longest.load(), kMost);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Records(), kThreads * kRecords);
  for (int i = 0; i < kThreads * kRecords; ++i) EXPECT_EQ(provider_.Embedded(fmt::format("text {}", i)), 1);
  ExpectSound();
}

TEST_F(EmbeddingLimitTest, ClosingLetsThoseWhoWaitGo) {
  OpenWithLimit(kLimit, kLong);
  Fill();
  ErrorCode code = ErrorCode::kInternal;
  std::thread writer([&] { code = CodeOf([&] { InsertNote(1000); }); });
  store_->DropTenant("acme");
  writer.join();
  EXPECT_TRUE(code == ErrorCode::kClosed || code == ErrorCode::kTenant) << static_cast<int>(code);
}

}  // namespace
}  // namespace rem
