#include <gmock/gmock.h>

#include "schema/schema_fixture.h"
#include "schema/table_schema.h"

namespace rem {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SchemaDifference Compare(std::string_view before, std::string_view after) {
  return CompareSchemas(ReadTableSchema("t", Document::FromJson(before)),
                        ReadTableSchema("t", Document::FromJson(after)));
}

/// Compares two schemas of one property "a".
std::vector<std::string> Change(std::string_view before, std::string_view after) {
  const auto table = [](std::string_view property) {
    return R"({"type": "object", "properties": {"a": )" + std::string(property) + "}}";
  };
  return Compare(table(before), table(after)).conflicts;
}

}  // namespace

TEST(CompareSchemasTest, IdenticalAndMetadata) {
  const std::string_view schema = R"({"type": "object", "properties": {"a": {"type": "integer"}}})";
  EXPECT_TRUE(Compare(schema, schema).identical);
  const auto changed = Compare(
      schema,
      R"({"type": "object", "description": "x", "version": "2.0.0", "properties": {"a": {"type": "integer", "title": "A", "default": 1}}})");
  EXPECT_FALSE(changed.identical);
  EXPECT_THAT(changed.conflicts, IsEmpty());
  EXPECT_FALSE(changed.embedding_changed);
}

TEST(CompareSchemasTest, LoosenedConstraintsAreCompatible) {
  const std::pair<std::string_view, std::string_view> loosened[] = {
      {R"({"type": "integer"})", R"({"type": "number"})"},
      {R"({"type": "string"})", R"({"type": ["string", "null"]})"},
      {R"({"type": "string"})", R"({"anyOf": [{"type": "string"}, {"type": "null"}]})"},
      {R"({"enum": ["a"]})", R"({"enum": ["a", "b"]})"},
      {R"({"const": 1})", R"({"enum": [1, 2]})"},
      {R"({"maxLength": 5})", R"({"maxLength": 10})"},
      {R"({"minimum": 5})", R"({"minimum": 4})"},
      {R"({"pattern": "a"})", "{}"},
      {R"({"format": "date"})", "true"},
      {R"({"uniqueItems": true})", R"({"uniqueItems": false})"},
      {R"({"type": "array", "items": {"type": "integer"}})", R"({"type": "array", "items": {"type": "number"}})"},
      {R"({"required": ["x"]})", R"({"required": []})"},
      {R"({"additionalProperties": false})", R"({"additionalProperties": true})"},
      {"{}", R"({"minLength": 0})"},
      {R"({"additionalProperties": {"type": "integer"}})", R"({"additionalProperties": {"type": "number"}})"},
      {R"({"enum": ["a"]})", R"({"enum": ["a"], "type": "string"})"},
      {R"({"anyOf": [{"type": "integer"}, {"type": "null"}]})", R"({"type": ["integer", "null"]})"},
      {R"({"type": "object", "properties": {"x": {"$ref": "#"}}})",
       R"({"type": "object", "properties": {"x": {"$ref": "#"}, "y": {}}})"}};
  for (const auto& [before, after] : loosened)
    EXPECT_THAT(Change(before, after), IsEmpty()) << before << " -> " << after;
}

TEST(CompareSchemasTest, WhatMayBreakRowsIsAConflict) {
  const std::tuple<std::string_view, std::string_view, std::string_view> tightened[] = {
      {R"({"type": "integer"})", R"({"type": "string"})", "type of \"a\" changes from integer to string"},
      {R"({"type": ["string", "null"]})", R"({"type": "string"})", "from string or null to string"},
      {"{}", R"({"type": "string"})", "from anything to string"},
      {R"({"enum": ["a", "b"]})", R"({"enum": ["a"]})", "value \"b\" of \"a\" is no longer allowed"},
      {"{}", R"({"enum": [1]})", "limited to a list"},
      {R"({"maxLength": 10})", R"({"maxLength": 5})", "maxLength of \"a\" tightens from 10 to 5"},
      {"{}", R"({"minimum": 0})", "lower limit of \"a\" gets a minimum of 0"},
      {"{}", R"({"pattern": "x"})", "\"pattern\" of \"a\" is added"},
      {R"({"format": "date"})", R"({"format": "time"})", "\"format\" of \"a\" changes"},
      {"{}", R"({"uniqueItems": true})", "unique"},
      {R"({"items": {"type": "number"}})", R"({"items": {"type": "integer"}})", "type of \"a[]\""},
      {"{}", R"({"items": {"type": "integer"}})", "items of \"a\""},
      {"{}", R"({"required": ["x"]})", "property \"a.x\" becomes required"},
      {"{}", R"({"additionalProperties": false})", "additional properties of \"a\" become forbidden"},
      {R"({"anyOf": [{"type": "integer"}, {"type": "null"}]})", R"({"type": "integer"})",
       "type of \"a\" changes from null to integer"},
      {"{}", "false", "schema of \"a\" changes"},
      {R"({"if": {"const": 1}, "then": false})", R"({"then": false})", "\"if\" of \"a\" is removed"},
      {R"({"$ref": "x.json"})", R"({"$ref": "y.json"})", "$ref"},
      {R"({"type": ["string", "integer"]})", R"({"anyOf": [{"type": "string"}, {"type": "integer"}]})", "anyOf"},
      {R"({"items": [{"type": "string"}]})", R"({"items": {"type": "string"}})", "items"}};
  for (const auto& [before, after, reason] : tightened) {
    const auto conflicts = Change(before, after);
    ASSERT_FALSE(conflicts.empty()) << before << " -> " << after;
    EXPECT_THAT(conflicts[0], HasSubstr(std::string(reason))) << before << " -> " << after;
  }
}

TEST(CompareSchemasTest, Properties) {
  EXPECT_THAT(Compare(R"({"type": "object", "properties": {"a": {}}})",
                      R"({"type": "object", "properties": {"a": {}, "b": {"type": "string"}}})")
                  .conflicts,
              IsEmpty());
  EXPECT_THAT(Compare(R"({"type": "object", "properties": {"a": {}}})",
                      R"({"type": "object", "properties": {"a": {}}, "required": ["a"]})")
                  .conflicts,
              ElementsAre("property \"a\" becomes required"));
  EXPECT_THAT(
      Compare(R"({"type": "object", "properties": {"a": {}}})", R"({"type": "object", "properties": {}})").conflicts,
      IsEmpty());
  EXPECT_THAT(Compare(R"({"type": "object", "properties": {"a": {}}, "additionalProperties": false})",
                      R"({"type": "object", "properties": {}, "additionalProperties": false})")
                  .conflicts,
              ElementsAre(HasSubstr("property \"a\" is removed")));
}

TEST(CompareSchemasTest, FollowsReferences) {
  const std::string_view before =
      R"({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "object", "properties": {"n": {"type": "integer"}, "again": {"$ref": "#/$defs/A"}}}}})";
  EXPECT_THAT(
      Compare(
          before,
          R"({"type": "object", "properties": {"a": {"$ref": "#/$defs/B"}}, "$defs": {"B": {"type": "object", "properties": {"n": {"type": "number"}, "again": {"$ref": "#/$defs/B"}}}}})")
          .conflicts,
      IsEmpty());
  EXPECT_THAT(
      Compare(
          before,
          R"({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "object", "properties": {"n": {"type": "string"}, "again": {"$ref": "#/$defs/A"}}}}})")
          .conflicts,
      ElementsAre("type of \"a.n\" changes from integer to string"));
}

TEST(CompareSchemasTest, IndexesKeysVectorsAndEmbeddings) {
  const std::string properties =
      R"("type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}})";
  const auto difference = Compare("{" + properties + R"(, "indexed_fields": ["a"]})",
                                  "{" + properties + R"(, "indexed_fields": ["b"], "embedding_fields": ["a"]})");
  EXPECT_THAT(difference.conflicts, IsEmpty());
  ASSERT_EQ(difference.added_indexes.size(), 1u);
  EXPECT_EQ(difference.added_indexes[0].name, "b");
  ASSERT_EQ(difference.dropped_indexes.size(), 1u);
  EXPECT_EQ(difference.dropped_indexes[0].name, "a");
  EXPECT_TRUE(difference.embedding_changed);
  EXPECT_THAT(Compare("{" + properties + "}", "{" + properties + R"(, "key_field": "a"})").conflicts,
              ElementsAre(HasSubstr("key_field changes from none to \"a\"")));
  const std::string vector = R"({"type": "array", "items": {"type": "number"}, "vector": )";
  EXPECT_THAT(Change(vector + "true}", vector + "false}"), ElementsAre("property \"a\" is no longer a vector"));
  EXPECT_THAT(Change(vector + "true}", vector + R"({"dimension": 3}})"),
              ElementsAre("dimension of vector \"a\" becomes fixed at 3"));
  EXPECT_THAT(Change(vector + R"({"dimension": 4}})", vector + R"({"dimension": 3}})"),
              ElementsAre("dimension of vector \"a\" changes from 4 to 3"));
}

TEST(CompareSchemasTest, ManyAlternativesEnd) {
  const auto schema = [](std::string_view leaf) {
    std::string defs;
    for (int i = 0; i < 12; ++i) {
      defs += (i == 0 ? "" : ",") + ("\"d" + std::to_string(i)) +
              R"(": {"type": "object", "properties": {"x": {"anyOf": [)";
      for (int j = 0; j < 12; ++j) defs += R"({"$ref": "#/$defs/d)" + std::to_string(j) + "\"},";
      defs += R"({"type": ")" + std::string(leaf) + R"("}]}}})";
    }
    return R"({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": {)" + defs + "}}";
  };
  EXPECT_FALSE(Compare(schema("string"), schema("integer")).conflicts.empty());
}

}  // namespace rem
