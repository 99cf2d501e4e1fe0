#include "store/record_writer.h"

#include <thread>

#include "store/store_fixture.h"

namespace rem {
namespace {

class RecordWriterTest : public StoreFixture {
 protected:
  RecordWriterTest() { Register("articles", kArticleSchema); }
};

TEST_F(RecordWriterTest, InsertFillsDefaultsAndIndexesTheRecord) {
  Uuid id = Insert("articles", R"({"name": "a", "category": "news", "tags": ["x", "y"], "priority": {"level": 3}})");
  EXPECT_EQ(Show(id), R"({"category":"news","name":"a","priority":{"level":3},"tags":["x","y"],"views":0})");
  EXPECT_EQ(IndexRows("articles", "category", "news"), std::vector<RowId>{1});
  EXPECT_EQ(IndexRows("articles", "tags", "y"), std::vector<RowId>{1});
  EXPECT_EQ(IndexRows("articles", "priority.level", 3), std::vector<RowId>{1});
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 1);
  ExpectSound();
}

TEST_F(RecordWriterTest, AnInvalidRecordChangesNothing) {
  Sequence before = tenant_->log().committed();
  EXPECT_EQ(CodeOf([&] { Insert("articles", R"({"category": "news"})"); }), ErrorCode::kValidation);
  EXPECT_EQ(CodeOf([&] { Insert("articles", R"({"name": 7})"); }), ErrorCode::kValidation);
  EXPECT_EQ(CodeOf([&] { Insert("articles", R"(["name"])"); }), ErrorCode::kTypeMismatch);
  EXPECT_EQ(CodeOf([&] { Insert("articles", R"({"name": "a", "id": "not a uuid"})"); }), ErrorCode::kValidation);
  EXPECT_EQ(CodeOf([&] { Insert("articles", R"({"name": "a", "created_at": "2026-02-30"})"); }),
            ErrorCode::kValidation);
  EXPECT_EQ(CodeOf([&] { Insert("artcles", R"({"name": "a"})"); }), ErrorCode::kTableNotFound);
  EXPECT_EQ(tenant_->log().committed(), before);
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 0);
}

TEST_F(RecordWriterTest, ARecordOverTheLimitIsRefused) {
  options_.max_record_bytes = 1000;
  Reopen();
  std::string big = R"({"name": ")" + std::string(2000, 'x') + "\"}";
  EXPECT_EQ(CodeOf([&] { Insert("articles", big); }), ErrorCode::kLimitExceeded);
}

TEST_F(RecordWriterTest, TheSameIdIsAnUpsertThatKeepsCreatedAt) {
  std::string id_text = "\"id\": \"0193a000-0000-7000-8000-000000000001\"";
  Uuid id = Insert("articles", "{" + id_text + R"(, "name": "a", "category": "old"})");
  RowHeader first = Header(id);
  clock_.Advance(5'000'000);
  EXPECT_EQ(Insert("articles", "{" + id_text + R"(, "name": "b", "category": "new"})"), id);
  RowHeader second = Header(id);
  EXPECT_EQ(second.created_at, first.created_at);
  EXPECT_EQ(second.modified_at, first.modified_at + 5'000'000);
  EXPECT_GT(second.sequence, first.sequence);
  EXPECT_TRUE(IndexRows("articles", "category", "old").empty());
  EXPECT_EQ(IndexRows("articles", "category", "new").size(), 1u);
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 1);
  EXPECT_EQ(CodeOf([&] { Insert("articles", "{" + id_text + R"(, "name": "c"})", {.fail_if_exists = true}); }),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(CodeOf([&] { Insert("entities", "{" + id_text + R"(, "name": "c", "type": "t"})"); }),
            ErrorCode::kAlreadyExists);
  ExpectSound();
}

TEST_F(RecordWriterTest, IdsFollowUriThenKeyFieldThenKey) {
  Register(
      "docs",
      R"({"type": "object", "properties": {"uri": {"type": "string"}, "chunk_ordinal": {"type": "integer"}, "email": {"type": "string"}},
                       "key_field": "email"})");
  Uuid chunk0 = Insert("docs", R"({"uri": "file:a", "chunk_ordinal": 0, "email": "x@y.z"})");
  Uuid chunk1 = Insert("docs", R"({"uri": "file:a", "chunk_ordinal": 1})");
  Uuid again = Insert("docs", R"({"uri": "file:a", "chunk_ordinal": 1})");
  Uuid key_field = Insert("docs", R"({"email": "x@y.z"})");
  Uuid key_field_again = Insert("docs", R"({"email": "x@y.z", "more": 1})");
  Uuid key = Insert("docs", R"({"key": "k1"})");
  EXPECT_NE(chunk0, chunk1);
  EXPECT_EQ(chunk1, again);
  EXPECT_EQ(key_field, key_field_again);
  EXPECT_NE(key_field, chunk0);
  EXPECT_EQ(key, Insert("docs", R"({"key": "k1"})"));
  EXPECT_NE(Insert("docs", "{}"), Insert("docs", "{}"));
  // `name` is no key, and the table is part of the key.
  EXPECT_NE(Insert("articles", R"({"name": "same"})"), Insert("articles", R"({"name": "same"})"));
  EXPECT_NE(Insert("articles", R"({"name": "n", "key": "k1"})"), key);
  ExpectSound();
}

TEST_F(RecordWriterTest, UpdateMergesValidatesAndMovesIndexEntries) {
  Uuid id = Insert("articles", R"({"name": "a", "category": "old", "tags": ["x"], "status": "open"})");
  Update(id, R"({"category": "new", "tags": ["x", "y"], "status": null})");
  EXPECT_EQ(Show(id), R"({"category":"new","name":"a","tags":["x","y"],"views":0})");
  EXPECT_TRUE(IndexRows("articles", "category", "old").empty());
  EXPECT_EQ(IndexRows("articles", "tags", "y").size(), 1u);
  EXPECT_EQ(CodeOf([&] { Update(id, R"({"name": 5})"); }), ErrorCode::kValidation);
  EXPECT_EQ(CodeOf([&] { Update(id, R"({"id": "0193a000-0000-7000-8000-000000000009"})"); }), ErrorCode::kValidation);
  EXPECT_EQ(CodeOf([&] { Update(id, "[1]"); }), ErrorCode::kTypeMismatch);
  EXPECT_EQ(CodeOf([&] { Update(Uuid{}, "{}"); }), ErrorCode::kRecordNotFound);
  ExpectSound();
}

TEST_F(RecordWriterTest, AnUpdateOfAnotherVersionIsAConflict) {
  Uuid id = Insert("articles", R"({"name": "a"})");
  Sequence seen = Header(id).sequence;
  Update(id, R"({"views": 1})", {.expected_version = seen});
  EXPECT_EQ(CodeOf([&] { Update(id, R"({"views": 2})", {.expected_version = seen}); }), ErrorCode::kConflict);
  EXPECT_EQ(Show(id), R"({"name":"a","views":1})");
}

TEST_F(RecordWriterTest, DeleteHidesRestoreBringsBackPurgeRemoves) {
  Uuid id = Insert("articles", R"({"name": "a", "category": "c"})");
  RecordWriter& writer = tenant_->writer();
  EXPECT_TRUE(writer.Delete(id));
  EXPECT_FALSE(writer.Delete(id));
  EXPECT_EQ(Show(id), "deleted");
  EXPECT_TRUE(IndexRows("articles", "category").empty());
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 0);
  EXPECT_EQ(CodeOf([&] { Update(id, R"({"views": 1})"); }), ErrorCode::kRecordNotFound);
  ExpectSound();
  EXPECT_TRUE(writer.Restore(id));
  EXPECT_FALSE(writer.Restore(id));
  EXPECT_EQ(IndexRows("articles", "category", "c").size(), 1u);
  ExpectSound();
  EXPECT_TRUE(writer.Purge(id));
  EXPECT_FALSE(writer.Purge(id));
  EXPECT_EQ(Show(id), "absent");
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 0);
  ExpectSound();
}

TEST_F(RecordWriterTest, ARowIdIsNotUsedAgainAfterAPurgeAndAReopen) {
  Uuid id = Insert("articles", R"({"name": "a"})");
  tenant_->writer().Purge(id);
  Reopen();
  Insert("articles", R"({"name": "b"})");
  EXPECT_EQ(IndexRows("articles", "category"), std::vector<RowId>{2});
}

TEST_F(RecordWriterTest, AnInsertUnderTheIdOfADeletedRecordRevivesIt) {
  std::string json = R"({"id": "0193a000-0000-7000-8000-000000000001", "name": "a"})";
  Uuid id = Insert("articles", json);
  tenant_->writer().Delete(id);
  Insert("articles", json);
  EXPECT_EQ(Show(id), R"({"name":"a","views":0})");
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 1);
  ExpectSound();
}

TEST_F(RecordWriterTest, ABatchIsAllOrNothingAndTheLastOfAnIdWins) {
  std::vector<Document> records = {Document::FromJson(R"({"name": "a", "key": "1"})"),
                                   Document::FromJson(R"({"name": "b"})"),
                                   Document::FromJson(R"({"name": "c", "key": "1"})")};
  auto ids = tenant_->writer().Insert("articles", records, {});
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_EQ(Show(ids[0]), R"({"key":"1","name":"c","views":0})");
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 2);
  records.push_back(Document::FromJson(R"({"nme": "bad"})"));
  Sequence before = tenant_->log().committed();
  EXPECT_EQ(CodeOf([&] { tenant_->writer().Insert("articles", records, {}); }), ErrorCode::kValidation);
  EXPECT_EQ(tenant_->log().committed(), before);
  EXPECT_TRUE(tenant_->writer().Insert("articles", {}, {}).empty());
  ExpectSound();
}

TEST_F(RecordWriterTest, ALargeBatchGoesInAtOnceAndIsReadableAtOnce) {
  std::vector<Document> records;
  for (int i = 0; i < 25'000; ++i) {
    records.push_back(
        Document::FromJson("{\"name\": \"n" + std::to_string(i) + "\", \"views\": " + std::to_string(i % 100) + "}"));
  }
  auto ids = tenant_->writer().Insert("articles", records, {});
  EXPECT_EQ(IndexRows("articles", "views", 7).size(), 250u);
  EXPECT_EQ(Show(ids[24'999]), R"({"name":"n24999","views":99})");
  // Row order is insert order.
  auto place = tenant_->Latest().FindId(ids[100]);
  EXPECT_EQ(place->second, 101u);
  ExpectSound();
  Reopen();
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 25'000);
  ExpectSound();
}

TEST_F(RecordWriterTest, LookupFindsNamesAliasesAndIdentifiersIgnoringCase) {
  Uuid id = Insert(
      "entities",
      R"({"type": "person", "name": "Ada Lovelace", "aliases": ["Countess"], "properties": {"employee_id": 42, "id": "P-7"}})");
  for (const char* key : {"ada lovelace", " COUNTESS ", "42", "p-7"}) {
    auto found = tenant_->Latest().FindByLookup(key, 10);
    ASSERT_EQ(found.size(), 1u) << key;
  }
  Update(id, R"({"aliases": []})");
  EXPECT_TRUE(tenant_->Latest().FindByLookup("countess", 10).empty());
  tenant_->writer().Delete(id);
  EXPECT_TRUE(tenant_->Latest().FindByLookup("ada lovelace", 10).empty());
  EXPECT_TRUE(tenant_->Latest().FindByLookup("  ", 10).empty());
  ExpectSound();
}

TEST_F(RecordWriterTest, WritersOfOneRecordDoNotLoseUpdates) {
  Uuid id = Insert("articles", R"({"name": "a", "views": 0})");
  constexpr int kThreads = 4;
  constexpr int kRounds = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds;) {
        RowHeader seen = Header(id);
        int64_t views = Document::FromJson(Show(id)).view().Find("views")->AsInt();
        try {
          Update(id, "{\"views\": " + std::to_string(views + 1) + "}", {.expected_version = seen.sequence});
          ++i;
        } catch (const Error& error) {
          ASSERT_EQ(error.code(), ErrorCode::kConflict);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  // A reader may see a version newer than the value it read before; then its update conflicts. So nothing is counted
  // twice.
  EXPECT_EQ(Document::FromJson(Show(id)).view().Find("views")->AsInt(), kThreads * kRounds);
  ExpectSound();
}

TEST_F(RecordWriterTest, ConcurrentInsertsAllArriveWithoutGapsInTheLog) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        Insert("articles", "{\"name\": \"n\", \"category\": \"c" + std::to_string(t) + "\", \"field" +
                               std::to_string(i) + "\": 1}");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 800);
  EXPECT_EQ(IndexRows("articles", "category", "c3").size(), 200u);
  ExpectSound();
  Reopen();
  EXPECT_EQ(tenant_->catalog()->Get("articles")->counters->live_rows, 800);
  ExpectSound();
}

}  // namespace
}  // namespace rem
