#include <gmock/gmock.h>

#include "schema/schema_fixture.h"

namespace rem {

namespace {

using ::testing::HasSubstr;

Violation First(std::string_view schema, std::string_view instance) {
  const auto violations = Validator::Compile(Document::FromJson(schema)).Validate(Document::FromJson(instance));
  return violations.empty() ? Violation{} : violations[0];
}

}  // namespace

TEST(ViolationTest, NamesPathRuleAndValue) {
  const Violation violation =
      First(R"({"properties": {"a/b": {"items": {"properties": {"age": {"type": "integer"}}}}}})",
            R"({"a/b": [{}, {"age": "abc"}]})");
  EXPECT_EQ(violation.instance_path, "/a~1b/1/age");
  EXPECT_EQ(violation.rule, "/properties/a~1b/items/properties/age/type");
  EXPECT_EQ(violation.message, "expected integer, found text \"abc\"");
}

TEST(ViolationTest, SaysWhatWasExpected) {
  EXPECT_EQ(First(R"({"type": ["string", "integer", "null"]})", "1.5").message,
            "expected integer, text or null, found number 1.5");
  EXPECT_EQ(First(R"({"required": ["name"]})", "{}").message, "missing required property \"name\"");
  EXPECT_EQ(First(R"({"enum": ["a", 1]})", "[1]").message, "expected one of \"a\", 1, found an array of 1 item");
  EXPECT_EQ(First(R"({"const": null})", "{}").message, "expected null, found an object of 0 members");
  EXPECT_EQ(First(R"({"minimum": 3})", "1").message, "expected at least 3, found integer 1");
  EXPECT_EQ(First(R"({"exclusiveMaximum": 0.5})", "1").message, "expected less than 0.5, found integer 1");
  EXPECT_EQ(First(R"({"multipleOf": 2})", "3").message, "expected a multiple of 2, found integer 3");
  EXPECT_EQ(First(R"({"minLength": 2})", "\"a\"").message, "expected at least 2 characters, found text \"a\"");
  EXPECT_EQ(First(R"({"maxLength": 1})", "\"ab\"").message, "expected at most 1 characters, found text \"ab\"");
  EXPECT_EQ(First(R"({"pattern": "^a"})", "\"b\"").message, "expected a text that matches \"^a\", found text \"b\"");
  EXPECT_EQ(First(R"({"format": "uuid"})", "\"b\"").message, "expected a text of format uuid, found text \"b\"");
  EXPECT_EQ(First(R"({"minItems": 2})", "[1]").message, "expected at least 2 items, found 1");
  EXPECT_EQ(First(R"({"maxProperties": 0})", R"({"a": 1})").message, "expected at most 0 properties, found 1");
  EXPECT_EQ(First(R"({"uniqueItems": true})", "[5,1,1]").message, "items 1 and 2 are equal: 1");
  EXPECT_EQ(First(R"({"properties": {"category": {}}, "additionalProperties": false})", R"({"categry": 1})").message,
            "unknown property \"categry\"; did you mean \"category\"?");
  EXPECT_EQ(First(R"({"unevaluatedProperties": false})", R"({"x": 1})").message, "unknown property \"x\"");
  EXPECT_EQ(First(R"({"unevaluatedItems": false})", "[7]").message, "unexpected item 0: 7");
  EXPECT_EQ(First(R"({"properties": {"a": false}})", R"({"a": true})").message,
            "nothing is allowed here, found boolean true");
  EXPECT_EQ(First(R"({"dependentRequired": {"a": ["b"]}})", R"({"a": 1})").message,
            "missing property \"b\", which \"a\" needs");
  EXPECT_EQ(First(R"({"propertyNames": {"maxLength": 1}})", R"({"ab": 1})").message,
            "property name \"ab\" is not allowed: expected at most 1 characters, found text \"ab\"");
  EXPECT_EQ(First(R"({"contains": {"const": 1}})", "[2]").message,
            "expected at least 1 items that match \"contains\", found 0");
  EXPECT_EQ(First(R"({"contains": true, "maxContains": 1})", "[2,2]").rule, "/maxContains");
  EXPECT_EQ(First(R"({"not": {}})", "1").message, "is of the excluded form, found integer 1");
  EXPECT_EQ(First(R"({"oneOf": [true, true]})", "1").message, "matches more than one alternative, found integer 1");
  EXPECT_THAT(First(R"({"oneOf": [{"type": "null"}]})", "1").message, HasSubstr("expected null"));
  const Violation any = First(
      R"({"properties": {"v": {"anyOf": [{"type": "integer"}, {"properties": {"q": {"type": "null"}}, "type": "object"}]}}})",
      R"({"v": {"q": 1}})");
  EXPECT_EQ(any.instance_path, "/v");
  EXPECT_EQ(any.message,
            "matches none of 2 alternatives: expected integer, found an object of 1 member; or /q: expected null, "
            "found integer 1");
}

TEST(ViolationTest, ReportsSeveralUpToTheLimit) {
  const std::string_view schema =
      R"({"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["c", "d"]})";
  EXPECT_EQ(
      Validator::Compile(Document::FromJson(schema)).Validate(Document::FromJson(R"({"a": "x", "b": "y"})")).size(),
      4u);
  ValidatorOptions options;
  options.max_violations = 2;
  EXPECT_EQ(Validator::Compile(Document::FromJson(schema), options)
                .Validate(Document::FromJson(R"({"a": "x", "b": "y"})"))
                .size(),
            2u);
}

TEST(ViolationTest, ShortensLongValues) {
  const std::string text = "\"" + std::string(100'000, 'x') + "\"";
  EXPECT_LT(First(R"({"type": "integer"})", text).message.size(), 200u);
  EXPECT_THAT(First(R"({"type": "integer"})", text).message, HasSubstr("x...\""));
  std::string list = "[";
  for (int i = 0; i < 5000; ++i) list += "1,";
  EXPECT_LT(First(R"({"uniqueItems": true})", "[" + list + "1]," + list + "1]]").message.size(), 200u);
  EXPECT_LT(
      First(
          R"({"const": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]})",
          "1")
          .message.size(),
      140u);
  EXPECT_THAT(First(R"({"enum": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]})", "0").message, HasSubstr("(12 values)"));
}

TEST(ViolationTest, ManySubschemasAreRefused) {
  std::string schema = R"({"prefixItems": [)";
  for (int i = 0; i < 100'001; ++i) schema += "{},";
  ExpectRefused(schema + "{}]}", "more than 100000 subschemas");
}

}  // namespace rem
