#include "schema/schema_fixture.h"

namespace rem {

namespace {

std::string Fill(std::string_view schema, std::string_view instance) {
  const auto filled = Validator::Compile(Document::FromJson(schema)).FillDefaults(Document::FromJson(instance));
  return filled ? filled->ToJson() : "nothing";
}

}  // namespace

TEST(DefaultsTest, FillsAbsentProperties) {
  const std::string_view schema =
      R"({"properties": {"a": {"default": 1}, "b": {"type": "string"}, "c": {"default": null}}})";
  EXPECT_EQ(Fill(schema, R"({"b": "x"})"), R"({"a":1,"b":"x","c":null})");
  EXPECT_EQ(Fill(schema, R"({"a": 2, "c": 3})"), "nothing");
  EXPECT_EQ(Fill(schema, R"({"a": null, "c": 3})"), "nothing");
  EXPECT_EQ(Fill(schema, "[]"), "nothing");
  EXPECT_EQ(Fill(R"({"properties": {"a": {}}})", "{}"), "nothing");
}

TEST(DefaultsTest, ReachesNestedPlaces) {
  const std::string_view schema = R"({"$defs": {"Item": {"type": "object", "properties": {"n": {"default": 1}}}},
    "properties": {"item": {"$ref": "#/$defs/Item"}, "list": {"items": {"$ref": "#/$defs/Item"}}, "pair": {"prefixItems": [true, {"$ref": "#/$defs/Item"}]},
                   "map": {"additionalProperties": {"$ref": "#/$defs/Item"}}, "old": {"allOf": [{"$ref": "#/$defs/Item"}]}}})";
  EXPECT_EQ(Fill(schema, R"({"item": {}})"), R"({"item":{"n":1}})");
  EXPECT_EQ(Fill(schema, R"({"list": [{"n": 2}, {}, 5]})"), R"({"list":[{"n":2},{"n":1},5]})");
  EXPECT_EQ(Fill(schema, R"({"pair": [{}, {}]})"), R"({"pair":[{},{"n":1}]})");
  EXPECT_EQ(Fill(schema, R"({"map": {"x": {}}})"), R"({"map":{"x":{"n":1}}})");
  EXPECT_EQ(Fill(schema, R"({"old": {}})"), R"({"old":{"n":1}})");
  EXPECT_EQ(Fill(schema, R"({"item": {"n": 0}, "list": [], "map": {}})"), "nothing");
}

TEST(DefaultsTest, DefaultsOfReferencesAndDefaultsInsideDefaults) {
  EXPECT_EQ(
      Fill(
          R"({"$defs": {"C": {"default": "red"}}, "properties": {"c": {"$ref": "#/$defs/C"}, "d": {"$ref": "#/$defs/C", "default": "blue"}}})",
          "{}"),
      R"({"c":"red","d":"blue"})");
  EXPECT_EQ(Fill(R"({"properties": {"p": {"default": {}, "properties": {"q": {"default": 2}}}}})", "{}"),
            R"({"p":{"q":2}})");
}

TEST(DefaultsTest, RecursiveDefaultsEnd) {
  EXPECT_EQ(Fill(R"({"properties": {"child": {"$ref": "#", "default": {}}}})", R"({"child": {"child": {"child": 1}}})"),
            "nothing");
  const std::string filled = Fill(R"({"properties": {"child": {"$ref": "#", "default": {}}}})", "{}");
  EXPECT_LT(filled.size(), 60u);
  EXPECT_EQ(filled.substr(0, 10), R"({"child":{)");
}

TEST(DefaultsTest, AlternativesAreLeftAlone) {
  EXPECT_EQ(
      Fill(R"({"anyOf": [{"properties": {"a": {"default": 1}}}], "if": {"properties": {"b": {"default": 1}}}})", "{}"),
      "nothing");
}

}  // namespace rem
