#include "catalog/table_definition.h"

#include <gtest/gtest.h>

#include <rem/error.h>

#include "catalog/tenant_catalog.h"
#include "embedding/provider.h"

namespace rem {
namespace {

TableSchema Schema(const std::string& json) { return ReadTableSchema("t", Document::FromJson(json)); }

class TableDefinitionTest : public ::testing::Test {
 protected:
  TableDefinition Define(const std::string& json, const TableDefinition* previous = nullptr) {
    return DefineTable(Schema(json), previous, 7, [this] { return next_index_++; });
  }
  IndexId next_index_ = 1;
};

constexpr const char* kIndexed =
    R"({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "indexed_fields": ["a", "b"]})";

TEST_F(TableDefinitionTest, ReadsBackWhatItWrote) {
  TableDefinition definition = Define(kIndexed);
  definition.dropping = true;
  TableDefinition read = DecodeDefinition(EncodeDefinition(definition));
  EXPECT_EQ(read.id, 7u);
  EXPECT_EQ(read.name, "t");
  EXPECT_EQ(read.version, 1u);
  EXPECT_TRUE(read.dropping);
  EXPECT_EQ(read.schema, definition.schema);
  ASSERT_EQ(read.indexes.size(), 2u);
  EXPECT_EQ(read.indexes[1].id, 2u);
  EXPECT_EQ(read.indexes[1].field, "b");
}

TEST_F(TableDefinitionTest, ADamagedOrNewerDefinitionIsSaid) {
  DocumentBuilder newer;
  newer.BeginObject();
  newer.Key("format");
  newer.Int(1000);
  newer.EndObject();
  try {
    DecodeDefinition(newer.Finish().bytes());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFormatVersion);
  }
  try {
    DecodeDefinition(Document::FromJson("{}").bytes());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorruption);
  }
}

TEST_F(TableDefinitionTest, AnIndexKeepsItsIdOnlyWhileItIndexesTheSame) {
  TableDefinition first = Define(kIndexed);
  TableDefinition second = Define(
      R"({"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "string"}, "c": {"type": "string"}}, "indexed_fields": ["a", "b", "c"]})",
      &first);
  EXPECT_EQ(second.version, 2u);
  EXPECT_EQ(second.indexes[0].id, 3u) << "the type changed, so the entries change";
  EXPECT_FALSE(second.indexes[0].ready);
  EXPECT_EQ(second.indexes[1].id, 2u);
  EXPECT_TRUE(second.indexes[1].ready);
  EXPECT_EQ(second.indexes[2].id, 4u);
}

TEST_F(TableDefinitionTest, VectorColumnsComeFromTheSchemaAndFromEmbeddingFields) {
  TableDefinition automatic = Define(R"({"type": "object", "properties": {"content": {"type": "string"}}})");
  ASSERT_EQ(automatic.vectors.size(), 1u);
  EXPECT_EQ(automatic.vectors[0].name, "embedding");
  EXPECT_EQ(automatic.vectors[0].provider, "builtin-1");
  EXPECT_FALSE(automatic.vectors[0].provider_declared);
  EXPECT_EQ(automatic.vectors[0].dimension, FindProvider("builtin")->dimension());

  TableDefinition both = Define(
      R"({"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": "hash", "embedding_provider_alt": "hash"})");
  ASSERT_EQ(both.vectors.size(), 2u);
  EXPECT_EQ(both.vectors[1].name, "embedding_alt");
  EXPECT_NE(both.vectors[0].number, both.vectors[1].number);

  TableDefinition own = Define(
      R"({"type": "object", "properties": {"v": {"type": "array", "items": {"type": "number"}, "vector": {"dimension": 3}}}})");
  ASSERT_EQ(own.vectors.size(), 1u);
  EXPECT_EQ(own.vectors[0].dimension, 3u);
  EXPECT_TRUE(own.vectors[0].provider.empty());
}

TEST_F(TableDefinitionTest, ATableKeepsTheModelOfItsVectors) {
  const char* undeclared = R"({"type": "object", "properties": {"content": {"type": "string"}}})";
  TableDefinition old = Define(undeclared);
  old.vectors[0].provider = "hash";
  EXPECT_EQ(Define(undeclared, &old).vectors[0].provider, "hash") << "made when hash was the default";

  const char* declared =
      R"({"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": "builtin"})";
  old = Define(declared);
  EXPECT_EQ(old.vectors[0].provider, "builtin-1");
  old.vectors[0].provider = "builtin-0";
  EXPECT_EQ(Define(declared, &old).vectors[0].provider, "builtin-0") << "made by an earlier version of the model";
  const char* other =
      R"({"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": "hash"})";
  EXPECT_EQ(Define(other, &old).vectors[0].provider, "hash");
}

TEST_F(TableDefinitionTest, ATableWithAModelThatIsGoneOpensButDoesNotEmbed) {
  TableDefinition definition = Define(R"({"type": "object", "properties": {"content": {"type": "string"}}})");
  definition.vectors[0].provider = "builtin-99";
  TablePtr table = BuildTable(1, definition, std::make_shared<KeyDictionary>(), std::make_shared<TableCounters>());
  const VectorColumn* column = table->FindVector("embedding");
  ASSERT_NE(column, nullptr);
  std::vector<float> vector(column->dimension);
  const std::string_view text = "red apples";
  try {
    column->provider->Embed({&text, 1}, vector.data());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotSupported);
    EXPECT_NE(error.message().find("builtin-99"), std::string::npos);
  }
}

TEST_F(TableDefinitionTest, ADeclaredDimensionThatTheProviderLacksIsRefused) {
  const char* json = R"({"type": "object", "properties": {"content": {"type": "string"},
    "embedding": {"type": "array", "items": {"type": "number"}, "vector": {"dimension": 3}}}, "embedding_provider": "hash"})";
  try {
    Define(json);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDimensionMismatch);
  }
}

TEST_F(TableDefinitionTest, BuildsATableThatFindsItsParts) {
  TableDefinition definition = Define(kIndexed);
  TablePtr table = BuildTable(1, definition, std::make_shared<KeyDictionary>(), std::make_shared<TableCounters>());
  EXPECT_NE(table->FindColumn("a"), nullptr);
  EXPECT_EQ(table->FindColumn("z"), nullptr);
  EXPECT_EQ(table->FindIndex("b")->id, 2u);
  EXPECT_EQ(table->FindIndex("z"), nullptr);
  EXPECT_EQ(table->FindVector("embedding"), nullptr);
  CatalogSnapshot catalog(1, {table});
  EXPECT_EQ(catalog.Find("T"), table);
  EXPECT_EQ(catalog.FindById(7), table);
  EXPECT_EQ(catalog.FindById(8), nullptr);
}

}  // namespace
}  // namespace rem
