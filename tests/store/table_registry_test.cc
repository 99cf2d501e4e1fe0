#include "store/table_registry.h"

#include <thread>

#include "catalog/table_definition.h"
#include "embedding/provider.h"
#include "store/change_reader.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

class TableRegistryTest : public StoreFixture {};

TEST_F(TableRegistryTest, BuiltInTablesAreThereOnceAndSystem) {
  size_t count = tenant_->catalog()->tables().size();
  for (const char* name : {"resources", "entities", "agents", "sessions", "messages", "moments"}) {
    EXPECT_EQ(tenant_->catalog()->Get(name)->schema.category, "system") << name;
  }
  Sequence sequence = tenant_->log().committed();
  Reopen();
  EXPECT_EQ(tenant_->catalog()->tables().size(), count);
  EXPECT_EQ(tenant_->log().committed(), sequence);
  EXPECT_EQ(CodeOf([&] { tenant_->DropTable("resources"); }), ErrorCode::kInvalidArgument);
}

TEST_F(TableRegistryTest, ATableIsFoundByAnyOfItsNamesAndMissesSuggestTheNearest) {
  Register(
      "Person",
      R"({"type": "object", "properties": {"n": {"type": "string"}}, "short_name": "people", "fully_qualified_name": "hr.Person"})");
  for (const char* name : {"people", "Person", "hr.Person", "PEOPLE"}) {
    EXPECT_EQ(tenant_->catalog()->Get(name)->schema.name, "Person") << name;
  }
  try {
    tenant_->catalog()->Get("peple");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "Table \"peple\" does not exist");
    EXPECT_NE(error.hint().find("people"), std::string::npos);
  }
  EXPECT_EQ(CodeOf([&] { Register("Other", R"({"type": "object", "properties": {}, "short_name": "people"})"); }),
            ErrorCode::kAlreadyExists);
}

TEST_F(TableRegistryTest, ACompatibleChangeKeepsRowsAndBuildsNewIndexesInTheBackground) {
  Register("t", R"({"type": "object", "properties": {"a": {"type": "integer"}}})");
  std::vector<Document> records;
  for (int i = 0; i < 3000; ++i) records.push_back(Document::FromJson("{\"a\": " + std::to_string(i % 10) + "}"));
  tenant_->writer().Insert("t", records, {});
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) Insert("t", R"({"a": 3})");
  });
  Register(
      "t",
      R"({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "indexed_fields": ["a"]})");
  EXPECT_TRUE(tenant_->WaitForIndexes(60'000));
  writer.join();
  EXPECT_TRUE(tenant_->catalog()->Get("t")->FindIndex("a")->ready);
  EXPECT_EQ(IndexRows("t", "a", 3).size(), 500u);
  ExpectSound();
}

TEST_F(TableRegistryTest, AnIncompatibleChangeIsRefusedWithReasonsUnlessForced) {
  Register("t", R"({"type": "object", "properties": {"a": {"type": "string"}}})");
  Insert("t", R"({"a": "x"})");
  const char* stricter = R"({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})";
  try {
    Register("t", stricter);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSchemaConflict);
    EXPECT_NE(error.detail().find("a"), std::string::npos);
    EXPECT_NE(error.detail().find("\n"), std::string::npos) << "two reasons: " << error.detail();
  }
  EXPECT_EQ(tenant_->catalog()->Get("t")->FindColumn("a")->type, LogicalType::kText);
  Register("t", stricter, true);
  EXPECT_EQ(tenant_->catalog()->Get("t")->FindColumn("a")->type, LogicalType::kInt);
  EXPECT_EQ(CodeOf([&] { Insert("t", R"({"a": "x"})"); }), ErrorCode::kValidation);
}

TEST_F(TableRegistryTest, ADroppedIndexLeavesNothingBehind) {
  Register("t", R"({"type": "object", "properties": {"a": {"type": "integer"}}, "indexed_fields": ["a"]})");
  Insert("t", R"({"a": 1})");
  Register("t", R"({"type": "object", "properties": {"a": {"type": "integer"}}})");
  EXPECT_EQ(tenant_->catalog()->Get("t")->FindIndex("a"), nullptr);
  ExpectSound();
}

TEST_F(TableRegistryTest, ADroppedTableTakesEverythingWithItAndItsNameIsFree) {
  Register("t", kArticleSchema);
  Uuid id = Insert("t", R"({"name": "a", "category": "c", "key": "k"})");
  tenant_->DropTable("t");
  EXPECT_EQ(CodeOf([&] { tenant_->catalog()->Get("t"); }), ErrorCode::kTableNotFound);
  EXPECT_FALSE(tenant_->Latest().FindId(id).has_value());
  ExpectSound();
  Register("t", kArticleSchema);
  EXPECT_EQ(Insert("t", R"({"name": "a", "key": "k"})"), id);
  ExpectSound();
  Reopen();
  EXPECT_EQ(tenant_->catalog()->Get("t")->counters->live_rows, 1);
  ExpectSound();
}

TEST_F(TableRegistryTest, ATemporaryTableThatWasLeftIsDroppedAtTheNextOpening) {
  Register("left", R"({"type": "object", "properties": {"name": {"type": "string"}}, "x-rem-temporary": true})");
  const Uuid id = Insert("left", R"({"name": "a"})");
  EXPECT_NE(Show(id), "absent");
  Reopen();
  EXPECT_EQ(tenant_->catalog()->Find("left"), nullptr);
  EXPECT_EQ(Show(id), "absent");
  ExpectSound();
}

TEST_F(TableRegistryTest, TenantsDoNotSeeEachOther) {
  Register("t", kArticleSchema);
  Uuid id = Insert("t", R"({"name": "secret", "category": "c"})");
  auto other = store_->OpenTenant("other", true);
  EXPECT_EQ(other->catalog()->Find("t"), nullptr);
  EXPECT_FALSE(other->Latest().FindId(id).has_value());
  EXPECT_TRUE(other->Latest().FindByLookup("secret", 10).empty());
  EXPECT_FALSE(other->writer().Delete(id));
  EXPECT_FALSE(other->writer().Purge(id));
  EXPECT_NE(Show(id), "absent");
  EXPECT_EQ(store_->ListTenants(), (std::vector<std::string>{"acme", "other"}));
}

TEST_F(TableRegistryTest, ADroppedTenantIsGoneAndItsHandlesSaySo) {
  auto other = store_->OpenTenant("other", true);
  TenantId number = other->tenant();
  Document record = Document::FromJson(R"({"name": "n", "content": "c"})");
  other->writer().Insert("resources", {&record, 1}, {});
  store_->DropTenant("other");
  EXPECT_EQ(CodeOf([&] { other->writer(); }), ErrorCode::kTenant);
  EXPECT_EQ(CodeOf([&] { store_->OpenTenant("other", false); }), ErrorCode::kTenant);
  EXPECT_EQ(CodeOf([&] { store_->DropTenant("other"); }), ErrorCode::kTenant);
  auto again = store_->OpenTenant("other", true);
  EXPECT_NE(again->tenant(), number);
  EXPECT_EQ(again->catalog()->Get("resources")->counters->live_rows, 0);
}

TEST_F(TableRegistryTest, BadTenantNamesAreRefused) {
  for (std::string name :
       {std::string(), std::string("a/b"), std::string("a\nb"), std::string(129, 'x'), std::string("\xff")}) {
    EXPECT_EQ(CodeOf([&] { store_->OpenTenant(name, true); }), ErrorCode::kTenant) << name;
  }
}

TEST_F(TableRegistryTest, ADatabaseOfANewerFormatIsRefused) {
  tenant_.reset();
  store_.reset();
  Batch batch;
  batch.Put(Family::kMeta, MetaKey(0, MetaKind::kDatabase), std::string("\x63\0\0\0", 4) + std::string(24, 'x'));
  engine_->Write(batch, {});
  EXPECT_EQ(CodeOf([&] { Store(ShareEngine(), options_, clock_); }), ErrorCode::kFormatVersion);
}

TEST_F(TableRegistryTest, NamesOfManyUndeclaredPropertiesSurviveAReopen) {
  Register("t", R"({"type": "object", "properties": {}})");
  Uuid a = Insert("t", R"({"x": 1, "nested": {"y": [{"z": 2}]}})");
  Uuid b = Insert("t", R"({"w": 1})");
  Reopen();
  EXPECT_EQ(Show(a), R"({"nested":{"y":[{"z":2}]},"x":1})");
  EXPECT_EQ(Show(b), R"({"w":1})");
  ExpectSound();
}

TEST_F(TableRegistryTest, AChangeOfTheLookupFieldsReachesRowsThatAreThere) {
  Register("t", R"({"type": "object", "properties": {"name": {"type": "string"}, "b": {"type": "string"}}})");
  Uuid id = Insert("t", R"({"name": "Ann", "b": "Bee"})");
  EXPECT_EQ(tenant_->Latest().FindByLookup("ann", 10).size(), 1u);
  Register(
      "t",
      R"({"type": "object", "properties": {"name": {"type": "string"}, "b": {"type": "string"}}, "lookup_fields": ["b"]})");
  EXPECT_TRUE(tenant_->Latest().FindByLookup("ann", 10).empty());
  EXPECT_EQ(tenant_->Latest().FindByLookup("bee", 10).size(), 1u);
  ExpectSound();
  tenant_->writer().Purge(id);
  EXPECT_TRUE(tenant_->Latest().FindByLookup("bee", 10).empty());
  ExpectSound();
}

TEST_F(TableRegistryTest, LongLookupTextsWithTheSameBeginningStayApart) {
  std::string beginning(400, 'x');
  Insert("entities", "{\"type\": \"t\", \"name\": \"" + beginning + "a\"}");
  Insert("entities", "{\"type\": \"t\", \"name\": \"" + beginning + "b\"}");
  EXPECT_EQ(tenant_->Latest().FindByLookup(beginning + "A", 10).size(), 1u);
  EXPECT_TRUE(tenant_->Latest().FindByLookup(beginning, 10).empty());
}

TEST_F(TableRegistryTest, VectorsOfARemovedColumnNeverShowUpAgain) {
  constexpr const char* kVector = R"({"type": "array", "items": {"type": "number"}, "vector": true})";
  auto schema = [&](const std::string& column) {
    return std::string(R"({"type": "object", "properties": {"n": {"type": "integer"})") +
           (column.empty() ? "" : ", \"" + column + "\": " + kVector) + "}}";
  };
  Register("t", schema("b"));
  Insert("t", R"({"n": 1, "b": [1, 2]})");
  Uuid deleted = Insert("t", R"({"n": 2, "b": [3, 4]})");
  tenant_->writer().Delete(deleted);
  Register("t", schema(""), true);
  Register("t", schema("c"), true);
  tenant_->writer().Restore(deleted);
  TablePtr table = tenant_->catalog()->Get("t");
  EXPECT_EQ(table->FindVector("c")->number, 1);
  tenant_->Snapshot()->ScanVectors(*table, *table->FindVector("c"), [](RowId, std::span<const float>) {
    ADD_FAILURE() << "a vector of another column";
    return false;
  });
  ExpectSound();
}

TEST_F(TableRegistryTest, SwitchingTheProviderOnAgainEmbedsWhatIsThere) {
  auto schema = [](const std::string& provider) {
    return R"({"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": ")" + provider +
           "\"}";
  };
  Register("t", schema("hash"));
  Uuid id = Insert("t", R"({"content": "red apples"})");
  Register("t", schema("none"), true);
  Update(id, R"({"content": "green pears"})");
  Register("t", schema("hash"), true);
  TablePtr table = tenant_->catalog()->Get("t");
  VectorValue stored;
  ASSERT_TRUE(tenant_->Latest().GetVector(*table, *table->FindVector("embedding"), 1, stored));
  VectorValue expected(stored.size());
  std::string_view text = "green pears";
  table->FindVector("embedding")->provider->Embed({&text, 1}, expected.data());
  EXPECT_EQ(stored, expected);
  ExpectSound();
}

TEST_F(TableRegistryTest, ARecordThatMustHaveAVectorCanBeUpdatedWithoutNamingIt) {
  Register("t", R"({"type": "object", "properties": {"n": {"type": "integer"},
    "v": {"type": "array", "items": {"type": "number"}, "vector": true}}, "required": ["v"]})");
  Uuid id = Insert("t", R"({"n": 1, "v": [1, 2]})");
  Update(id, R"({"n": 2})");
  EXPECT_EQ(Show(id), R"({"n":2})");
  TablePtr table = tenant_->catalog()->Get("t");
  VectorValue stored;
  ASSERT_TRUE(tenant_->Latest().GetVector(*table, *table->FindVector("v"), 1, stored));
  EXPECT_EQ(stored, (VectorValue{1, 2}));
  EXPECT_EQ(CodeOf([&] { Update(id, R"({"v": null})"); }), ErrorCode::kValidation);
}

TEST_F(TableRegistryTest, AnUnfinishedDropLeavesIdsOfNewRecordsAlone) {
  Register("t", kArticleSchema);
  Uuid id = Insert("t", R"({"name": "a", "key": "k"})");
  TableId old_table = tenant_->catalog()->Get("t")->id;
  // What a crash right after the first step of a drop leaves.
  std::string key =
      MetaKey(tenant_->tenant(), MetaKind::kTable, std::string("\0\0\0", 3) + static_cast<char>(old_table));
  std::string value;
  ASSERT_TRUE(engine_->Get(Family::kMeta, key, value));
  TableDefinition definition = DecodeDefinition(value);
  definition.dropping = true;
  Batch batch;
  batch.Put(Family::kMeta, key, EncodeDefinition(definition));
  // And a record of another table that took over the id.
  batch.Put(Family::kIds, IdKey(tenant_->tenant(), id), std::string("\x63\x01", 2));
  engine_->Write(batch, {});
  Reopen();
  EXPECT_EQ(tenant_->catalog()->Find("t"), nullptr);
  EXPECT_TRUE(engine_->Get(Family::kIds, IdKey(tenant_->tenant(), id), value));
  EXPECT_FALSE(engine_->Get(Family::kMeta, key, value));
}

TEST_F(TableRegistryTest, ATenantIsOpenOnceHoweverOftenItIsOpenedAndClosed) {
  Register("t", kArticleSchema);
  tenant_.reset();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        auto tenant = store_->OpenTenant("acme", false);
        Document record = Document::FromJson(R"({"name": "a"})");
        tenant->writer().Insert("t", {&record, 1}, {});
      }
    });
  }
  for (auto& thread : threads) thread.join();
  tenant_ = store_->OpenTenant("acme", false);
  EXPECT_EQ(tenant_->catalog()->Get("t")->counters->live_rows, 100);
  ExpectSound();
}

}  // namespace
}  // namespace rem
