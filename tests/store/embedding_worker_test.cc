#include <thread>

#include <fmt/format.h>
#include <rem/embedding.h>

#include "storage/faulty_engine.h"
#include "store/change_reader.h"
#include "store/scripted_provider.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

constexpr int64_t kLong = 60'000;
constexpr const char* kNotes = R"({"type": "object",
  "properties": {"content": {"type": "string"}, "n": {"type": "integer"}}, "embedding_provider": "scripted"})";

class EmbeddingWorkerTest : public StoreFixture {
 protected:
  EmbeddingWorkerTest() : provider_(ScriptedProvider::Fresh()) { ReopenPatiently(); }
  ~EmbeddingWorkerTest() override { provider_.Hold(false); }

  /// With pauses that do not last.
  void ReopenPatiently() {
    Reopen();
    EmbeddingWorkerSettings settings;
    settings.first_pause_ms = settings.longest_pause_ms = 0;
    tenant_->embedding().Configure(settings);
  }
  std::optional<VectorValue> Vector(const Uuid& id, const std::string& column = "embedding") const {
    ReadView view = tenant_->Latest();
    const auto place = view.FindId(id);
    if (!place) return std::nullopt;
    const TablePtr table = tenant_->catalog()->FindById(place->first);
    VectorValue vector;
    if (!view.GetVector(*table, *table->FindVector(column), place->second, vector)) return std::nullopt;
    return vector;
  }
  bool Wait() { return tenant_->embedding().Wait(kLong); }
  EmbeddingStatus Status() const { return tenant_->GetEmbeddingStatus(100); }
  /// How many vectors the worker wrote for a record, by the change log.
  size_t Embeds(const Uuid& id) const {
    size_t count = 0;
    for (const LoggedChange& change :
         ReadChanges(tenant_->engine(), tenant_->tenant(), 0, UINT64_MAX, 100'000, nullptr))
      count += change.entry.operation == ChangeOperation::kEmbed && change.entry.id == id;
    return count;
  }

  ScriptedProvider& provider_;
};

TEST_F(EmbeddingWorkerTest, ARecordIsThereAtOnceAndItsVectorSoon) {
  provider_.Hold(true);
  Register("notes", kNotes);
  const Uuid id = Insert("notes", R"({"content": "red apples"})");
  EXPECT_EQ(Show(id), R"({"content":"red apples"})");
  EXPECT_EQ(Vector(id), std::nullopt);
  provider_.AwaitCall();
  EXPECT_FALSE(tenant_->embedding().Wait(1));
  EXPECT_EQ(Status().pending, 1u);
  EXPECT_TRUE(Status().working);
  const RowHeader before = Header(id);
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(id), ScriptedProvider::VectorOf("red apples"));
  EXPECT_EQ(Header(id).sequence, before.sequence);
  EXPECT_EQ(Header(id).modified_at, before.modified_at);
  EXPECT_EQ(Embeds(id), 1u);
  const EmbeddingStatus status = Status();
  EXPECT_EQ(status.pending, 0u);
  EXPECT_EQ(status.failed, 0u);
  EXPECT_EQ(status.embedded, 1u);
  EXPECT_TRUE(status.queues.empty());
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, ATextThatChangedMeanwhileIsEmbeddedAnew) {
  Register("notes", kNotes);
  provider_.Hold(true);
  const Uuid changed = Insert("notes", R"({"content": "old"})");
  provider_.AwaitCall();
  Update(changed, R"({"content": "new"})");
  const Uuid deleted = Insert("notes", R"({"content": "deleted"})");
  tenant_->writer().Delete(deleted);
  const Uuid purged = Insert("notes", R"({"content": "purged"})");
  tenant_->writer().Purge(purged);
  const Uuid given = Insert("notes", R"({"content": "given"})");
  tenant_->writer().SetEmbedding(given, "embedding", {1, 2, 3, 4});
  const Uuid emptied = Insert("notes", R"({"content": "emptied"})");
  Update(emptied, R"({"content": null})");
  ExpectSound();
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(changed), ScriptedProvider::VectorOf("new"));
  EXPECT_EQ(Embeds(changed), 1u);
  EXPECT_EQ(Vector(given), (VectorValue{1, 2, 3, 4}));
  EXPECT_EQ(Vector(emptied), std::nullopt);
  EXPECT_EQ(provider_.Embedded("deleted"), 0);
  EXPECT_EQ(Status().pending, 0u);
  ExpectSound();
  tenant_->writer().Restore(deleted);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(deleted), ScriptedProvider::VectorOf("deleted"));
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, AVectorIsNotMadeAgainForTheSameText) {
  Register("notes", kNotes);
  const Uuid id = Insert("notes", R"({"id": "0193a000-0000-7000-8000-000000000001", "content": "same", "n": 1})");
  ASSERT_TRUE(Wait());
  Insert("notes", R"({"id": "0193a000-0000-7000-8000-000000000001", "content": "same", "n": 2})");
  Update(id, R"({"n": 3})");
  ASSERT_TRUE(Wait());
  EXPECT_EQ(provider_.Embedded("same"), 1);
  EXPECT_EQ(Vector(id), ScriptedProvider::VectorOf("same"));
  Update(id, R"({"content": "other"})");
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(id), ScriptedProvider::VectorOf("other"));
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, BadTextsDoNotHoldUpTheOthers) {
  Register("notes", kNotes);
  provider_.Hold(true);
  std::vector<Uuid> ids;
  for (int i = 0; i < 40; ++i) {
    const char* kind = i == 0 || i == 13 ? "refuse" : i == 7 || i == 21 ? "fail" : i == 30 ? "once" : "good";
    ids.push_back(Insert("notes", fmt::format(R"({{"content": "{} {}"}})", kind, i)));
  }
  provider_.FailTimes(3);
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  for (int i = 0; i < 40; ++i) {
    const bool bad = i == 0 || i == 13 || i == 7 || i == 21;
    EXPECT_EQ(Vector(ids[i]).has_value(), !bad) << i;
    EXPECT_EQ(Embeds(ids[i]), bad ? 0u : 1u) << i;
  }
  EmbeddingStatus status = Status();
  EXPECT_EQ(status.pending, 0u);
  ASSERT_EQ(status.failed, 4u);
  ASSERT_EQ(status.failures.size(), 4u);
  EXPECT_EQ(status.failures[0].id, ids[0]);
  EXPECT_EQ(status.failures[0].error, "a text is refused");
  EXPECT_EQ(status.failures[0].attempts, 1u);
  EXPECT_EQ(status.failures[1].id, ids[7]);
  EXPECT_EQ(status.failures[1].attempts, 5u);
  ExpectSound();

  Update(ids[0], R"({"content": "now good"})");
  ASSERT_TRUE(Wait());
  EXPECT_TRUE(Vector(ids[0]).has_value());
  EXPECT_EQ(Status().failed, 3u);
  EXPECT_EQ(tenant_->RetryFailedEmbeddings(), 3u);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Status().failed, 3u);
  ReopenPatiently();
  EXPECT_EQ(Status().failed, 3u);
  tenant_->writer().Delete(ids[7]);
  EXPECT_EQ(Status().failed, 2u);
  tenant_->writer().Restore(ids[7]);
  EXPECT_EQ(Status().failed, 3u);
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, NothingCountsAgainstRecordsWhileTheProviderIsAway) {
  Register("notes", kNotes);
  provider_.SetUnavailable(true);
  std::vector<Uuid> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Insert("notes", fmt::format(R"({{"content": "text {}"}})", i)));
  while (provider_.calls() < 30) std::this_thread::yield();
  EXPECT_EQ(Status().failed, 0u);
  EXPECT_EQ(Status().pending, 20u);
  EXPECT_EQ(Status().last_error, "nobody answers");
  provider_.SetUnavailable(false);
  ASSERT_TRUE(Wait());
  for (const Uuid& id : ids) EXPECT_TRUE(Vector(id).has_value());
  EXPECT_EQ(Status().last_error, "");
}

TEST_F(EmbeddingWorkerTest, WhatWaitsAtTheEndIsDoneByTheNextOpening) {
  Register("notes", kNotes);
  provider_.Hold(true);
  std::vector<Uuid> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Insert("notes", fmt::format(R"({{"content": "text {}"}})", i)));
  provider_.AwaitCall();
  ReopenPatiently();
  EXPECT_EQ(Status().pending, 20u);
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  for (const Uuid& id : ids) {
    EXPECT_TRUE(Vector(id).has_value());
    EXPECT_EQ(Embeds(id), 1u);
  }
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, TransactionsMeetTheWorker) {
  Register("notes", kNotes);
  provider_.Hold(true);
  const Uuid a = Insert("notes", R"({"content": "a"})"), b = Insert("notes", R"({"content": "b"})"),
             c = Insert("notes", R"({"content": "c"})");
  auto transaction = tenant_->Begin();
  transaction->writer().Delete(a);
  transaction->writer().Update(b, Document::FromJson(R"({"content": "other"})"), {});
  transaction->writer().Update(c, Document::FromJson(R"({"n": 1})"), {});
  Document record = Document::FromJson(R"({"content": "d"})");
  const Uuid d = transaction->writer().Insert("notes", {&record, 1}, {})[0];
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  EXPECT_TRUE(Vector(a).has_value());
  transaction->Commit();
  transaction.reset();
  ASSERT_TRUE(Wait());
  ExpectSound();
  EXPECT_EQ(Vector(a), std::nullopt);
  EXPECT_EQ(Vector(b), ScriptedProvider::VectorOf("other"));
  EXPECT_EQ(Vector(c), ScriptedProvider::VectorOf("c"));
  EXPECT_EQ(Vector(d), ScriptedProvider::VectorOf("d"));
  tenant_->writer().Restore(a);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(a), ScriptedProvider::VectorOf("a"));
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, AnotherProviderEmptiesTheQueue) {
  Register("notes", kNotes);
  provider_.SetUnavailable(true);
  const Uuid id = Insert("notes", R"({"content": "text"})");
  Register("notes", R"({"type": "object", "properties": {"content": {"type": "string"}, "n": {"type": "integer"}},
    "embedding_provider": "hash"})",
           true);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(id)->size(), FindProvider("hash")->dimension());
  EXPECT_EQ(Status().pending, 0u);
  ExpectSound();
  provider_.SetUnavailable(false);
  Register("notes", kNotes, true);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(id), ScriptedProvider::VectorOf("text"));
  tenant_->DropTable("notes");
  EXPECT_EQ(Status().pending, 0u);
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, DefinitionsChangeWhileTheWorkerIsAtWork) {
  Register("notes", kNotes);
  provider_.Hold(true);
  std::vector<Uuid> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Insert("notes", fmt::format(R"({{"content": "text {}"}})", i)));
  provider_.AwaitCall();
  for (int i = 0; i < 20; ++i) Register(fmt::format("table{}", i), kNotes);
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  for (const Uuid& id : ids) EXPECT_TRUE(Vector(id).has_value());
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, TwoProvidersFillTwoColumns) {
  Register("notes", R"({"type": "object", "properties": {"content": {"type": "string"}},
    "embedding_provider": "hash", "embedding_provider_alt": "scripted"})");
  provider_.Hold(true);
  const Uuid id = Insert("notes", R"({"content": "text"})");
  EXPECT_TRUE(Vector(id).has_value());
  EXPECT_FALSE(Vector(id, "embedding_alt").has_value());
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(id, "embedding_alt"), ScriptedProvider::VectorOf("text"));
  ExpectSound();
}

TEST_F(EmbeddingWorkerTest, ManyWritersAndOneWorker) {
  Register("notes", kNotes);
  constexpr int kThreads = 3, kRecords = 60;
  std::vector<std::vector<Uuid>> ids(kThreads);
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kRecords; ++i) {
        ids[t].push_back(Insert("notes", fmt::format(R"({{"content": "text {} {}"}})", t, i)));
        if (i % 3 == 1) Update(ids[t][i / 2], fmt::format(R"({{"content": "changed {} {}"}})", t, i));
        if (i % 7 == 3) tenant_->writer().Delete(ids[t][i]);
        if (i % 7 == 5) tenant_->writer().Restore(ids[t][i - 2]);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(Wait());
  ExpectSound();
  size_t live = 0;
  for (const auto& of_thread : ids) {
    for (const Uuid& id : of_thread) {
      const std::string shown = Show(id);
      if (shown == "deleted") continue;
      ++live;
      const Document record = Document::FromJson(shown);
      EXPECT_EQ(Vector(id), ScriptedProvider::VectorOf(record.view().Find("content")->AsText()));
    }
  }
  EXPECT_GT(live, 100u);
}

/// In run n the n-th write of the engine fails; after it the database is opened again and finishes.
TEST_F(EmbeddingWorkerTest, NoFailedWriteLosesAnEmbedding) {
  for (uint64_t at = 1; at < 40; ++at) {
    tenant_.reset();
    store_.reset();
    auto faults = std::shared_ptr<FaultyEngine>(NewFaultyEngine(NewMemoryEngine()));
    engine_ = faults;
    ReopenPatiently();
    Register("notes", kNotes);
    faults->SetPlan({at % 2 == 0 ? FaultPlan::Kind::kFail : FaultPlan::Kind::kFailAfter, (at + 1) / 2});
    std::vector<Uuid> ids;
    for (int i = 0; i < 5; ++i) {
      try {
        ids.push_back(Insert("notes", fmt::format(R"({{"content": "text {}"}})", i)));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kIo);
      }
    }
    ReopenPatiently();
    faults->SetPlan({});
    ASSERT_TRUE(Wait());
    for (const Uuid& id : ids) {
      EXPECT_TRUE(Vector(id).has_value());
      EXPECT_EQ(Embeds(id), 1u);
    }
    ExpectSound();
  }
}

}  // namespace
}  // namespace rem
