#include "schema/table_schema.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "schema/builtin_schemas.h"
#include "schema/schema_fixture.h"

namespace rem {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TableSchema Read(std::string_view json) { return ReadTableSchema("issues", Document::FromJson(json)); }

void ExpectNotRead(std::string_view json, std::string_view part) {
  try {
    Read(json);
    ADD_FAILURE() << json;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidSchema);
    EXPECT_THAT(error.what(), HasSubstr(std::string(part)));
    EXPECT_FALSE(error.hint().empty());
  }
}

const ColumnSchema& Column(const TableSchema& table, std::string_view name) {
  static const ColumnSchema kNone;
  const auto found =
      std::find_if(table.columns.begin(), table.columns.end(), [&](const ColumnSchema& c) { return c.name == name; });
  return found == table.columns.end() ? kNone : *found;
}

}  // namespace

TEST(TableSchemaTest, MapsTypes) {
  const TableSchema table = Read(
      R"({"type": "object", "$defs": {"Color": {"enum": ["red", "blue"], "type": "string", "description": "A colour."}, "Loop": {"$ref": "#/$defs/Loop"}},
    "required": ["t", "on"], "properties": {
    "t": {"type": "string", "description": "Title."}, "at": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"}, "u": {"type": "string", "format": "uuid"},
    "i": {"type": "integer"}, "n": {"type": "number"}, "b": {"type": "boolean"}, "o": {"type": "object"}, "l": {"type": "array", "items": {"type": "string"}},
    "num": {"anyOf": [{"type": "integer"}, {"type": "number"}]}, "mixed": {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "on": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
    "c": {"$ref": "#/$defs/Color"}, "c7": {"allOf": [{"$ref": "#/$defs/Color"}], "default": "red"}, "k": {"const": 3}, "e": {"enum": ["a", null]}, "any": {}, "loop": {"$ref": "#/$defs/Loop"},
    "two": {"type": ["integer", "null"]}, "lost": {"$ref": "other.json"}, "tu": {"anyOf": [{"type": "string"}, {"type": "string", "format": "uuid"}]}, "yes": true}})");
  const std::pair<std::string_view, LogicalType> expected[] = {
      {"t", LogicalType::kText},     {"at", LogicalType::kTimestamp}, {"day", LogicalType::kText},
      {"u", LogicalType::kUuid},     {"i", LogicalType::kInt},        {"n", LogicalType::kDouble},
      {"b", LogicalType::kBool},     {"o", LogicalType::kJson},       {"l", LogicalType::kJson},
      {"num", LogicalType::kDouble}, {"mixed", LogicalType::kJson},   {"on", LogicalType::kTimestamp},
      {"c", LogicalType::kText},     {"c7", LogicalType::kText},      {"k", LogicalType::kInt},
      {"e", LogicalType::kText},     {"any", LogicalType::kJson},     {"loop", LogicalType::kJson},
      {"two", LogicalType::kInt},    {"lost", LogicalType::kJson},    {"tu", LogicalType::kText},
      {"yes", LogicalType::kJson}};
  EXPECT_EQ(table.columns.size(), std::size(expected));
  for (const auto& [name, type] : expected) EXPECT_EQ(Column(table, name).type, type) << name;
  EXPECT_TRUE(Column(table, "t").required);
  EXPECT_FALSE(Column(table, "t").nullable);
  EXPECT_TRUE(Column(table, "on").required);
  EXPECT_TRUE(Column(table, "on").nullable);
  EXPECT_TRUE(Column(table, "i").nullable);
  EXPECT_EQ(Column(table, "t").description, "Title.");
  EXPECT_EQ(Column(table, "c").description, "A colour.");
  EXPECT_TRUE(table.additional_properties);
}

TEST(TableSchemaTest, ReadsMetadata) {
  const TableSchema table = Read(
      R"({"title": "Issue", "description": "An issue.", "type": "object", "fully_qualified_name": "app.Issue", "short_name": "issue", "version": "2.1.0", "category": "agents",
    "embedding_fields": ["title"], "default_embedding_provider": "hash", "embedding_provider_alt": "bert", "key_field": "number", "tools": [{"name": "x"}], "additionalProperties": false,
    "indexed_fields": ["status", "priority.level", "tags", "meta.anything", "status"], "x-rem-property-order": ["title", "status", "number"],
    "properties": {"number": {"type": "integer"}, "status": {"type": "string"}, "title": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}, "meta": {"type": "object"},
                   "priority": {"anyOf": [{"$ref": "#/$defs/P"}, {"type": "null"}]}}, "$defs": {"P": {"type": "object", "properties": {"level": {"type": "integer"}}}}})");
  EXPECT_EQ(table.name, "issues");
  EXPECT_EQ(table.short_name, "issue");
  EXPECT_EQ(table.fully_qualified_name, "app.Issue");
  EXPECT_EQ(table.version, "2.1.0");
  EXPECT_EQ(table.category, "agents");
  EXPECT_EQ(table.description, "An issue.");
  EXPECT_EQ(table.embedding_provider, "hash");
  EXPECT_EQ(table.embedding_provider_alt, "bert");
  EXPECT_EQ(table.key_field, "number");
  EXPECT_EQ(table.tools.ToJson(), R"([{"name":"x"}])");
  EXPECT_FALSE(table.additional_properties);
  EXPECT_THAT(table.embedding_fields, ElementsAre("title"));
  EXPECT_THAT(table.lookup_fields, ElementsAre("number"));
  ASSERT_EQ(table.indexes.size(), 4u);
  EXPECT_THAT(table.indexes[1].path, ElementsAre("priority", "level"));
  EXPECT_EQ(table.indexes[1].type, LogicalType::kInt);
  EXPECT_TRUE(table.indexes[2].each_element);
  EXPECT_EQ(table.indexes[2].type, LogicalType::kText);
  EXPECT_EQ(table.indexes[3].type, LogicalType::kText);
  EXPECT_EQ(table.columns[0].name, "title");
  EXPECT_EQ(table.columns[2].name, "number");
  EXPECT_EQ(table.columns[3].name, "meta");
}

TEST(TableSchemaTest, DefaultsOfMetadata) {
  const TableSchema table = Read(
      R"({"$ref": "#/$defs/M", "$defs": {"M": {"type": "object", "properties": {"name": {"type": "string"}, "description": {"type": "string"}}}}})");
  EXPECT_EQ(table.short_name, "issues");
  EXPECT_EQ(table.fully_qualified_name, "user.issues");
  EXPECT_EQ(table.version, "1.0.0");
  EXPECT_THAT(table.embedding_fields, ElementsAre("description"));
  EXPECT_THAT(table.lookup_fields, ElementsAre("name"));
  EXPECT_EQ(table.tools.ToJson(), "[]");
  EXPECT_EQ(table.columns.size(), 2u);
  EXPECT_EQ(Read(R"({"type": "object", "json_schema_extra": {"category": "public"}})").category, "public");
  EXPECT_TRUE(Read(R"({"type": "object", "key_field": "id"})").key_field.empty());
  EXPECT_TRUE(Read(R"({"properties": {"content": {"type": "integer"}}})").embedding_fields.empty());
}

TEST(TableSchemaTest, Vectors) {
  const TableSchema table =
      Read(R"({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}, "vector": true},
    "b": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}], "vector": {"dimension": 384}},
    "c": {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3, "vector": true}, "d": {"type": "array", "items": {"type": "number"}, "vector": false}}})");
  EXPECT_EQ(Column(table, "a").type, LogicalType::kVector);
  EXPECT_EQ(Column(table, "a").vector_dimension, 0u);
  EXPECT_EQ(Column(table, "b").vector_dimension, 384u);
  EXPECT_EQ(Column(table, "c").vector_dimension, 3u);
  EXPECT_EQ(Column(table, "d").type, LogicalType::kJson);
  ExpectNotRead(R"({"properties": {"v": {"type": "string", "vector": true}}})", "not an array of numbers");
  ExpectNotRead(R"({"properties": {"v": {"type": "array", "items": {"type": "string"}, "vector": true}}})",
                "not an array of numbers");
  ExpectNotRead(R"({"properties": {"v": {"type": "array", "items": {"type": "number"}, "vector": {"dimension": 0}}}})",
                "dimension");
  ExpectNotRead(R"({"properties": {"v": {"type": "array", "items": {"type": "number"}, "vector": 3}}})",
                "neither true");
  ExpectNotRead(
      R"({"properties": {"v": {"type": "array", "items": {"type": "number"}, "vector": true}}, "indexed_fields": ["v"]})",
      "vector");
}

TEST(TableSchemaTest, SystemColumns) {
  const TableSchema table = Read(
      R"({"properties": {"id": {"type": "string", "format": "uuid"}, "created_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "a": {}}})");
  ASSERT_EQ(table.columns.size(), 1u);
  ExpectNotRead(R"({"properties": {"a": {}}, "indexed_fields": ["created_at"]})", "system column");
}

TEST(TableSchemaTest, AColumnOfAnotherTypeIsTheUsersOwn) {
  const TableSchema text = Read(R"({"properties": {"id": {"type": "string"}, "deleted_at": {"type": "string"}}})");
  ASSERT_EQ(text.columns.size(), 2u);
  EXPECT_EQ(text.key_field, "id");
  EXPECT_EQ(text.lookup_fields, std::vector<std::string>{"id"});
  EXPECT_EQ(Read(R"({"properties": {"id": {"type": "integer"}}})").key_field, "id");
  EXPECT_EQ(Read(R"({"properties": {"id": {"type": "integer"}, "k": {"type": "string"}}, "key_field": "k"})").key_field,
            "k");
  EXPECT_EQ(Read(R"({"properties": {"id": {"type": "boolean"}}})").key_field, "");
  EXPECT_EQ(Read(R"({"properties": {"created_at": {"type": "string", "sqlType": "timestamptz"}}})").columns.size(), 1u);
  EXPECT_EQ(
      Read(R"({"properties": {"created_at": {"type": "string"}}, "indexed_fields": ["created_at"]})").indexes.size(),
      1u);
}

TEST(TableSchemaTest, KeysOfSqlAreIndexes) {
  const TableSchema table = Read(R"({"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "x-rem-sql":
      {"made": true, "constraints": [{"name": "k", "kind": "primary key", "columns": ["a", "b"]},
       {"name": "c", "kind": "check", "expression": "a > 0"}], "indexes": [{"name": "i", "columns": ["b"], "unique": false}]}})");
  EXPECT_TRUE(table.made_by_sql);
  ASSERT_EQ(table.indexes.size(), 2u);
  EXPECT_TRUE(table.indexes[0].unique && table.indexes[0].primary);
  EXPECT_EQ(table.indexes[0].more.size(), 1u);
  EXPECT_FALSE(table.indexes[1].unique);
  EXPECT_EQ(table.constraints.size(), 2u);
  ExpectNotRead(R"({"properties": {"a": {}}, "x-rem-sql": {"indexes": [{"name": "i", "columns": ["z"]}]}})", "z");
  ExpectNotRead(R"({"properties": {"a": {}}, "x-rem-sql": {"constraints": [{"name": "i", "kind": "other"}]}})", "kind");
  ExpectNotRead(R"({"properties": {"a": {}}, "x-rem-sql": 3})", "no object");
}

TEST(TableSchemaTest, RefusesWhatIsNoTable) {
  ExpectNotRead("true", "object");
  ExpectNotRead(R"({"type": "array"})", "does not describe an object");
  ExpectNotRead("{}", "does not describe an object");
  ExpectNotRead(R"({"type": "object", "properties": 3})", "properties");
  ExpectNotRead(R"({"type": "object", "category": 3})", "\"category\"");
  ExpectNotRead(R"({"type": "object", "indexed_fields": "a"})", "list of texts");
  ExpectNotRead(R"({"type": "object", "indexed_fields": [1]})", "list of texts");
  ExpectNotRead(R"({"type": "object", "tools": {}})", "\"tools\"");
  ExpectNotRead(R"({"type": "object", "properties": {"": {}}})", "empty name");
  ExpectNotRead(R"({"type": "object", "properties": {")" + std::string(200, 'a') + R"(": {}}})", "200 bytes");
  EXPECT_THROW(ReadTableSchema("", Document::FromJson(R"({"type": "object"})")), Error);
  ExpectNotRead(R"({"properties": {"category": {"type": "string"}}, "indexed_fields": ["categry"]})",
                "did you mean \"category\"?");
  ExpectNotRead(
      R"({"properties": {"a": {"properties": {"b": {"type": "string"}}, "type": "object"}}, "indexed_fields": ["a.c"]})",
      "does not exist");
  ExpectNotRead(R"({"properties": {"a": {"type": "string"}}, "indexed_fields": ["a.c"]})", "not an object");
  ExpectNotRead(R"({"properties": {"a": {"type": "object"}}, "indexed_fields": ["a"]})", "no single type");
  ExpectNotRead(R"({"properties": {"a": {"type": "array"}}, "indexed_fields": ["a"]})", "no single type");
  ExpectNotRead(R"({"properties": {"a": {"type": "integer"}}, "embedding_fields": ["a"]})", "not a text");
  ExpectNotRead(R"({"properties": {"a": {"type": "integer"}}, "embedding_fields": ["b"]})", "does not exist");
  ExpectNotRead(R"({"properties": {"a": {"type": "object"}}, "key_field": "a"})", "single value");
  ExpectNotRead(R"({"properties": {"a": {"type": "object"}}, "key_field": "b"})", "does not exist");
  ExpectNotRead(R"({"properties": {"a": {"type": "object"}}, "lookup_fields": ["b"]})", "does not exist");
}

TEST(TableSchemaTest, BuiltinSchemasReadAndCompile) {
  const Validator meta =
      Validator::Compile(Document::FromJson(R"({"$ref": "https://json-schema.org/draft/2020-12/schema"})"));
  std::vector<std::string_view> names;
  for (const BuiltinSchema& builtin : BuiltinSchemas()) {
    SCOPED_TRACE(std::string(builtin.name));
    names.push_back(builtin.name);
    const Document json = Document::FromJson(builtin.json);
    EXPECT_TRUE(meta.IsValid(json));
    Validator::Compile(json);
    const TableSchema table = ReadTableSchema(builtin.name, json);
    EXPECT_EQ(table.category, "system");
    EXPECT_EQ(table.fully_qualified_name, "system." + std::string(builtin.name));
    EXPECT_FALSE(table.indexes.empty());
    for (const ColumnSchema& column : table.columns) EXPECT_FALSE(column.description.empty()) << column.name;
  }
  EXPECT_THAT(names, ElementsAre("resources", "entities", "agents", "sessions", "messages", "moments"));
  const TableSchema resources = ReadTableSchema("resources", Document::FromJson(BuiltinSchemas()[0].json));
  EXPECT_EQ(Column(resources, "embedding").type, LogicalType::kVector);
  EXPECT_EQ(resources.columns[0].name, "name");
  EXPECT_THAT(resources.embedding_fields, ElementsAre("content"));
}

}  // namespace rem
