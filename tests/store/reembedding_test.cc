#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <rem/embedding.h>

#include "store/scripted_provider.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

constexpr int64_t kLong = 60'000;
constexpr const char* kHashed = R"({"type": "object",
  "properties": {"content": {"type": "string"}, "n": {"type": "integer"}}, "embedding_provider": "hash"})";

class ReembeddingTest : public StoreFixture {
 protected:
  ReembeddingTest() : provider_(ScriptedProvider::Fresh()) { Impatient(); }
  ~ReembeddingTest() override { provider_.Hold(false); }

  void Impatient() {
    EmbeddingWorkerSettings settings;
    settings.first_pause_ms = settings.longest_pause_ms = 0;
    tenant_->embedding().Configure(settings);
  }
  std::optional<VectorValue> Vector(const Uuid& id) const {
    ReadView view = tenant_->Latest();
    const auto place = view.FindId(id);
    if (!place) return std::nullopt;
    const TablePtr table = tenant_->catalog()->FindById(place->first);
    VectorValue vector;
    if (!view.GetVector(*table, *table->FindVector("embedding"), place->second, vector)) return std::nullopt;
    return vector;
  }
  std::string Provider(const std::string& table = "notes") const {
    return tenant_->catalog()->Get(table)->FindVector("embedding")->provider_name;
  }
  bool Filling() const {
    for (const VectorColumn& column : tenant_->catalog()->Get("notes")->vectors) {
      if (column.shadow) return true;
    }
    return false;
  }
  static VectorValue Hashed(std::string_view text) {
    VectorValue vector(FindProvider("hash")->dimension());
    FindProvider("hash")->Embed({&text, 1}, vector.data());
    return vector;
  }
  std::vector<Uuid> InsertMany(int count) {
    std::vector<Uuid> ids;
    for (int i = 0; i < count; ++i)
      ids.push_back(Insert("notes", fmt::format(R"({{"content": "text {}", "n": {}}})", i, i)));
    return ids;
  }
  bool Wait() { return tenant_->embedding().Wait(kLong); }

  ScriptedProvider& provider_;
};

TEST_F(ReembeddingTest, OldVectorsAnswerUntilTheNewOnesAreThere) {
  Register("notes", kHashed);
  const std::vector<Uuid> ids = InsertMany(30);
  const Uuid without = Insert("notes", R"({"n": 1})");
  provider_.Hold(true);
  EXPECT_TRUE(tenant_->BeginReembedding("notes", "embedding", "scripted"));
  provider_.AwaitCall();
  EXPECT_EQ(Provider(), "hash");
  for (int i = 0; i < 30; ++i) EXPECT_EQ(Vector(ids[i]), Hashed(fmt::format("text {}", i)));
  const Uuid later = Insert("notes", R"({"content": "later"})");
  EXPECT_EQ(Vector(later), Hashed("later"));
  Update(ids[0], R"({"content": "changed"})");
  EXPECT_EQ(Vector(ids[0]), Hashed("changed"));
  tenant_->writer().Delete(ids[1]);
  tenant_->writer().Delete(ids[2]);
  tenant_->writer().Restore(ids[2]);
  tenant_->writer().Delete(ids[3]);
  tenant_->writer().Purge(ids[3]);
  ExpectSound();
  const EmbeddingStatus status = tenant_->GetEmbeddingStatus(10);
  ASSERT_EQ(status.queues.size(), 1u);
  EXPECT_EQ(status.queues[0].column, "embedding");
  EXPECT_TRUE(status.queues[0].reembedding);
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Provider(), "scripted");
  EXPECT_FALSE(Filling());
  EXPECT_EQ(Vector(ids[0]), ScriptedProvider::VectorOf("changed"));
  EXPECT_EQ(Vector(ids[2]), ScriptedProvider::VectorOf("text 2"));
  EXPECT_EQ(Vector(ids[29]), ScriptedProvider::VectorOf("text 29"));
  EXPECT_EQ(Vector(later), ScriptedProvider::VectorOf("later"));
  EXPECT_EQ(Vector(without), std::nullopt);
  ExpectSound();
  tenant_->writer().Restore(ids[1]);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Vector(ids[1]), ScriptedProvider::VectorOf("text 1"));
  ExpectSound();
}

TEST_F(ReembeddingTest, ItGoesOnAfterAnotherOpening) {
  Register("notes", kHashed);
  const std::vector<Uuid> ids = InsertMany(60);
  tenant_->writer().Delete(ids[5]);
  provider_.Hold(true);
  tenant_->BeginReembedding("notes", "embedding", "scripted");
  provider_.AwaitCall();
  Reopen();
  Impatient();
  EXPECT_EQ(Provider(), "hash");
  EXPECT_TRUE(Filling());
  EXPECT_EQ(Vector(ids[7]), Hashed("text 7"));
  provider_.Hold(false);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Provider(), "scripted");
  for (int i = 0; i < 60; ++i) {
    if (i == 5) continue;
    EXPECT_EQ(Vector(ids[i]), ScriptedProvider::VectorOf(fmt::format("text {}", i)));
    EXPECT_EQ(provider_.Embedded(fmt::format("text {}", i)), 1);
  }
  ExpectSound();
  Reopen();
  EXPECT_EQ(Provider(), "scripted");
  tenant_->writer().Restore(ids[5]);
  EXPECT_EQ(Vector(ids[5]), ScriptedProvider::VectorOf("text 5"));
  ExpectSound();
}

TEST_F(ReembeddingTest, ToAProviderThatEmbedsInline) {
  Register("notes", R"({"type": "object", "properties": {"content": {"type": "string"}, "n": {"type": "integer"}},
    "embedding_provider": "scripted"})");
  const std::vector<Uuid> ids = InsertMany(20);
  tenant_->writer().Delete(ids[4]);
  ASSERT_TRUE(Wait());
  EXPECT_TRUE(tenant_->BeginReembedding("notes", "embedding", "hash"));
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Provider(), "hash");
  EXPECT_EQ(Vector(ids[3]), Hashed("text 3"));
  tenant_->writer().Restore(ids[4]);
  EXPECT_EQ(Vector(ids[4]), Hashed("text 4"));
  EXPECT_EQ(Vector(Insert("notes", R"({"content": "new"})")), Hashed("new"));
  ExpectSound();
}

TEST_F(ReembeddingTest, TheChoiceHoldsUntilTheSchemaNamesAnotherProvider) {
  Insert("resources", R"({"name": "n", "content": "red apples"})");
  Register("notes", kHashed);
  const Uuid id = Insert("notes", R"({"content": "text"})");
  tenant_->BeginReembedding("notes", "embedding", "scripted");
  tenant_->BeginReembedding("resources", "embedding", "scripted");
  ASSERT_TRUE(Wait());
  Register("notes", kHashed);
  EXPECT_EQ(Provider(), "scripted");
  Register("notes", R"({"type": "object", "properties": {"content": {"type": "string"}, "n": {"type": "integer"},
    "more": {"type": "string"}}, "embedding_provider": "hash"})");
  EXPECT_EQ(Provider(), "scripted");
  EXPECT_EQ(Vector(id), ScriptedProvider::VectorOf("text"));
  Reopen();
  EXPECT_EQ(Provider("resources"), "scripted");
  Register("notes", R"({"type": "object", "properties": {"content": {"type": "string"}, "n": {"type": "integer"},
    "more": {"type": "string"}}, "embedding_provider": "builtin"})",
           true);
  EXPECT_EQ(Provider(), "builtin-1");
  ExpectSound();
}

TEST_F(ReembeddingTest, ItIsCalledOffAndReplaced) {
  Register("notes", kHashed);
  const std::vector<Uuid> ids = InsertMany(10);
  provider_.SetUnavailable(true);
  EXPECT_TRUE(tenant_->BeginReembedding("notes", "embedding", "scripted"));
  EXPECT_TRUE(tenant_->BeginReembedding("notes", "embedding", "scripted"));
  EXPECT_FALSE(tenant_->BeginReembedding("notes", "embedding", "hash"));
  ASSERT_TRUE(Wait());
  EXPECT_FALSE(Filling());
  EXPECT_EQ(Vector(ids[0]), Hashed("text 0"));
  ExpectSound();
  EXPECT_TRUE(tenant_->BeginReembedding("notes", "embedding", "scripted"));
  EXPECT_TRUE(tenant_->BeginReembedding("notes", "embedding", "builtin"));
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Provider(), "builtin-1");
  ExpectSound();
  EXPECT_EQ(CodeOf([&] { tenant_->BeginReembedding("notes", "embeding", "hash"); }), ErrorCode::kColumnNotFound);
  EXPECT_EQ(CodeOf([&] { tenant_->BeginReembedding("notes", "embedding", "hsh"); }), ErrorCode::kNotFound);
}

TEST_F(ReembeddingTest, RecordsThatAreRefusedHoldTheExchangeBack) {
  Register("notes", kHashed);
  const std::vector<Uuid> ids = InsertMany(10);
  const Uuid bad = Insert("notes", R"({"content": "refuse this"})");
  tenant_->BeginReembedding("notes", "embedding", "scripted");
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Provider(), "hash");
  EXPECT_EQ(Vector(bad), Hashed("refuse this"));
  EXPECT_EQ(tenant_->GetEmbeddingStatus(10).failures[0].id, bad);
  Update(bad, R"({"content": "good"})");
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Provider(), "scripted");
  EXPECT_EQ(Vector(bad), ScriptedProvider::VectorOf("good"));
  ExpectSound();
}

TEST_F(ReembeddingTest, WritersAndTransactionsGoOnMeanwhile) {
  Register("notes", kHashed);
  std::vector<Uuid> ids = InsertMany(200);
  auto transaction = tenant_->Begin();
  transaction->writer().Delete(ids[0]);
  EXPECT_TRUE(tenant_->BeginReembedding("notes", "embedding", "scripted"));
  EXPECT_EQ(CodeOf([&] { transaction->Commit(); }), ErrorCode::kConflict);
  provider_.Hold(true);
  transaction = tenant_->Begin();
  transaction->writer().Delete(ids[1]);
  transaction->writer().Update(ids[2], Document::FromJson(R"({"content": "other"})"), {});
  provider_.Hold(false);
  std::thread writer([&] {
    for (int i = 0; i < 150; ++i) {
      ids.push_back(Insert("notes", fmt::format(R"({{"content": "more {}"}})", i)));
      if (i % 5 == 0) Update(ids[10 + i / 5], fmt::format(R"({{"content": "changed {}"}})", i));
      if (i % 11 == 0) tenant_->writer().Delete(ids[60 + i]);
      if (i % 11 == 5) tenant_->writer().Restore(ids[55 + i]);
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  try {
    transaction->Commit();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict);  // The exchange came first.
  }
  transaction.reset();
  writer.join();
  ASSERT_TRUE(Wait());
  EXPECT_EQ(Provider(), "scripted");
  ExpectSound();
  for (const Uuid& id : ids) {
    const std::string shown = Show(id);
    if (shown == "deleted") continue;
    EXPECT_EQ(Vector(id), ScriptedProvider::VectorOf(Document::FromJson(shown).view().Find("content")->AsText()));
  }
}

}  // namespace
}  // namespace rem
