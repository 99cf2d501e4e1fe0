#include "schema/schema_fixture.h"

namespace rem {

TEST(ReferenceTest, PointsIntoItself) {
  Expect(R"({"properties": {"child": {"$ref": "#"}, "v": {"type": "integer"}}, "additionalProperties": false})",
         {R"({"child": {"child": {"v": 1}}})"}, {R"({"child": {"x": 1}})", R"({"child": {"child": {"v": "a"}}})"});
  Expect(
      R"({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}}})",
      {R"({"kids": [{"kids": []}, {}]})"}, {R"({"kids": [{"kids": [1]}]})"});
}

TEST(ReferenceTest, SiblingsOfRefCount) {
  Expect(R"({"$defs": {"a": {"type": "array"}}, "$ref": "#/$defs/a", "maxItems": 1})", {"[1]"}, {"[1,2]", "1"});
}

TEST(ReferenceTest, PointersAreUnescaped) {
  const std::string_view schema =
      R"({"$defs": {"a~b": {"const": 1}, "c/d": {"const": 2}, "e%f": {"const": 3}, "g\"h": {"const": 4}, "": {"$defs": {"": {"const": 5}}}},
    "properties": {"t": {"$ref": "#/$defs/a~0b"}, "s": {"$ref": "#/$defs/c~1d"}, "p": {"$ref": "#/$defs/e%25f"}, "q": {"$ref": "#/$defs/g%22h"}, "e": {"$ref": "#/$defs//$defs/"}}})";
  Expect(schema, {R"({"t": 1, "s": 2, "p": 3, "q": 4, "e": 5})"},
         {R"({"t": 2})", R"({"s": 1})", R"({"p": 1})", R"({"q": 1})", R"({"e": 1})"});
  Expect(R"({"prefixItems": [{"type": "integer"}, {"$ref": "#/prefixItems/0"}]})", {"[1,2]"}, {"[1,\"a\"]"});
}

TEST(ReferenceTest, RefAsAPropertyNameAndInsideEnum) {
  Expect(R"({"properties": {"$ref": {"$ref": "#/$defs/s"}}, "$defs": {"s": {"type": "string"}}})", {R"({"$ref": "a"})"},
         {R"({"$ref": 2})"});
  Expect(R"({"const": {"$ref": "#/nowhere"}})", {R"({"$ref": "#/nowhere"})"}, {"1"});
  Expect(
      R"({"enum": [{"$id": "http://example.com/a", "type": "null"}], "$defs": {"a": {"$id": "http://example.com/a", "type": "string"}}})",
      {R"({"$id": "http://example.com/a", "type": "null"})"}, {"1"});
}

TEST(ReferenceTest, IdChangesTheBase) {
  const std::string_view schema =
      R"({"$id": "http://example.com/root.json", "properties": {"x": {"$ref": "folder/item.json"}, "y": {"$ref": "http://example.com/folder/other.json"}},
    "$defs": {"i": {"$id": "folder/item.json", "type": "array", "items": {"$ref": "other.json"}},
              "o": {"$id": "http://example.com/folder/other.json", "$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}}})";
  Expect(schema, {R"({"x": [1], "y": 2})"}, {R"({"x": ["a"]})", R"({"y": "a"})", R"({"x": 1})"});
}

TEST(ReferenceTest, UrnsAndFiles) {
  Expect(
      R"({"$id": "urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed", "properties": {"a": {"$ref": "urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed#/$defs/b"}, "c": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "string"}}})",
      {R"({"a": "x", "c": "y"})"}, {R"({"a": 1})", R"({"c": 1})"});
  Expect(
      R"({"$id": "urn:example:root?+f=1", "$ref": "urn:example:root?+f=1#here", "$defs": {"x": {"$anchor": "here", "type": "string"}}})",
      {"\"a\""}, {"1"});
  Expect(
      R"({"$id": "file:///folder/file.json", "$defs": {"foo": {"type": "number"}}, "allOf": [{"$ref": "#/$defs/foo"}]})",
      {"1"}, {"\"a\""});
}

TEST(ReferenceTest, Anchors) {
  Expect(R"({"$ref": "#foo", "$defs": {"A": {"$anchor": "foo", "type": "integer"}}})", {"1"}, {"\"a\""});
  Expect(
      R"({"$id": "http://example.com/root", "$ref": "http://example.com/nested.json#foo", "$defs": {"A": {"$id": "nested.json", "$defs": {"B": {"$anchor": "foo", "type": "integer"}}}, "C": {"$anchor": "foo", "type": "string"}}})",
      {"1"}, {"\"a\""});
  ExpectRefused(R"({"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}})", "twice");
}

TEST(ReferenceTest, IntoUnknownKeywords) {
  Expect(R"({"odd": {"inner": {"type": "integer"}}, "$ref": "#/odd/inner"})", {"1"}, {"\"a\""});
}

TEST(ReferenceTest, KnownSchemasAreCompiledOnDemand) {
  ValidatorOptions options;
  options.known_schemas.emplace_back("http://example.com/int.json",
                                     Document::FromJson(R"({"type": "integer", "$defs": {"s": {"type": "string"}}})"));
  options.known_schemas.emplace_back(
      "http://example.com/outer.json",
      Document::FromJson(R"({"$defs": {"x": {"$id": "http://example.com/inner.json", "type": "null"}}})"));
  options.known_schemas.emplace_back(
      "http://example.com/moved.json",
      Document::FromJson(
          R"({"$id": "http://example.com/real/a.json", "$ref": "b.json", "$defs": {"b": {"$id": "b.json", "const": 7}}})"));
  Expect(R"({"$ref": "http://example.com/int.json"})", {"1"}, {"\"a\""}, options);
  Expect(R"({"$id": "http://example.com/", "$ref": "int.json#/$defs/s"})", {"\"a\""}, {"1"}, options);
  Expect(R"({"$ref": "http://example.com/inner.json"})", {"null"}, {"1"}, options);
  Expect(R"({"$ref": "http://example.com/moved.json"})", {"7"}, {"1"}, options);
  const Validator validator =
      Validator::Compile(Document::FromJson(R"({"$ref": "http://example.com/int.json"})"), options);
  EXPECT_EQ(validator.Validate(Document::FromJson("null"))[0].rule, "http://example.com/int.json#/type");
}

TEST(ReferenceTest, MetaschemasValidateSchemas) {
  Expect(R"({"$ref": "https://json-schema.org/draft/2020-12/schema"})",
         {R"({"type": "integer", "properties": {"a": {"minLength": 1}}})", "true",
          R"({"$defs": {"a": {"items": {"minItems": 2}}}})"},
         {R"({"type": 1})", R"({"properties": {"a": {"minLength": -1}}})",
          R"({"$defs": {"a": {"items": {"minItems": "x"}}}})", "3", R"({"allOf": [{"required": ["a", "a"]}]})"});
  Expect(R"({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "http://json-schema.org/draft-07/schema#"})",
         {R"({"items": [{"type": "string"}]})", "false"},
         {R"({"items": [{"type": "strin"}]})", R"({"minLength": -1})", "1"});
}

TEST(ReferenceTest, MetaschemaOf2019ValidatesSchemas) {
  Expect(
      R"({"$schema": "https://json-schema.org/draft/2019-09/schema", "$ref": "https://json-schema.org/draft/2019-09/schema"})",
      {R"({"items": [{"type": "string"}], "additionalItems": false, "$recursiveAnchor": true})", "true",
       R"({"dependencies": {"a": ["b"], "c": {"minLength": 1}}})"},
      {R"({"minLength": -1})", R"({"items": [{"type": "strin"}]})", R"({"$anchor": "#x"})",
       R"({"$recursiveAnchor": "x"})", R"({"$defs": {"a": {"allOf": []}}})", R"({"dependencies": {"a": ["b", "b"]}})",
       "1"});
}

TEST(ReferenceTest, DynamicRefLooksOnlyAtTheScopesItIsIn) {
  // The scope of "if" has been left when "then" is applied.
  Expect(
      R"({"$id": "http://example.com/m", "if": {"$id": "one", "$defs": {"t": {"$dynamicAnchor": "t", "type": "number"}}},
      "then": {"$id": "two", "$ref": "start", "$defs": {"t": {"$dynamicAnchor": "t", "type": "null"}}},
      "$defs": {"s": {"$id": "start", "$dynamicRef": "inner#t"}, "t": {"$id": "inner", "$dynamicAnchor": "t", "type": "string"}}})",
      {"null"}, {"\"a\"", "42"});
  // Two ways to one $dynamicRef, each with an anchor of its own.
  Expect(
      R"({"$id": "http://example.com/p", "if": {"properties": {"n": {"const": 1}}, "required": ["n"]}, "then": {"$ref": "numbers"}, "else": {"$ref": "texts"},
      "$defs": {"any": {"$id": "any", "properties": {"list": {"items": {"$dynamicRef": "#item"}}}, "$defs": {"d": {"$dynamicAnchor": "item"}}},
                "numbers": {"$id": "numbers", "$ref": "any", "$defs": {"i": {"$dynamicAnchor": "item", "type": "number"}}},
                "texts": {"$id": "texts", "$ref": "any", "$defs": {"i": {"$dynamicAnchor": "item", "type": "string"}}}}})",
      {R"({"n": 1, "list": [1.5]})", R"({"list": ["a"]})"}, {R"({"n": 1, "list": ["a"]})", R"({"list": [1]})"});
  // A pointer names its place, whatever anchor stands there.
  Expect(
      R"({"$id": "http://example.com/q", "$ref": "list", "$defs": {"f": {"$dynamicAnchor": "items", "type": "string"},
      "list": {"$id": "list", "items": {"$dynamicRef": "#/$defs/items"}, "$defs": {"items": {"$dynamicAnchor": "items"}}}}})",
      {"[\"a\", 1]"}, {});
  // $ref takes a dynamic anchor for a plain one.
  Expect(R"({"$ref": "#x", "$defs": {"f": {"$dynamicAnchor": "x", "type": "string"}}})", {"\"a\""}, {"1"});
}

TEST(ReferenceTest, KeywordsOfOtherDraftsAreUnknown) {
  Expect(R"({"additionalItems": false, "$recursiveRef": "#nowhere"})", {"[1]"}, {});
  const std::string nineteen = R"({"$schema": "https://json-schema.org/draft/2019-09/schema", )";
  Expect(nineteen + R"("prefixItems": [false], "$dynamicRef": "#nowhere"})", {"[1]"}, {});
  Expect(nineteen + R"("additionalItems": {"type": "number"}, "unevaluatedItems": {"type": "string"}})", {"[\"a\"]"},
         {"[1]"});
  Expect(nineteen + R"("contains": true, "unevaluatedItems": false})", {}, {"[1]"});
}

TEST(ReferenceTest, DynamicRefTakesTheOutermostAnchor) {
  // Without an override a $dynamicRef is a $ref.
  Expect(
      R"({"$id": "http://example.com/a", "type": "array", "items": {"$dynamicRef": "#items"}, "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"}}})",
      {"[\"a\"]"}, {"[1]"});
  Expect(
      R"({"$id": "http://example.com/typical", "$ref": "list", "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"},
      "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#items"}, "$defs": {"items": {"$dynamicAnchor": "items"}}}}})",
      {"[\"a\"]"}, {"[1]"});
  // The anchor that it starts from must be dynamic itself.
  Expect(
      R"({"$id": "http://example.com/plain", "$ref": "list", "$defs": {"foo": {"$dynamicAnchor": "items", "type": "string"},
      "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#items"}, "$defs": {"items": {"$anchor": "items"}}}}})",
      {"[\"a\", 1]"}, {"1"});
  // A tree made strict through its dynamic anchor.
  ValidatorOptions options;
  options.known_schemas.emplace_back(
      "http://example.com/tree",
      Document::FromJson(R"({"$id": "http://example.com/tree", "$dynamicAnchor": "node", "type": "object",
      "properties": {"data": true, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}}})"));
  Expect(
      R"({"$id": "http://example.com/strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": false})",
      {R"({"children": [{"data": 1}]})"}, {R"({"children": [{"daat": 1}]})", R"({"x": 1})"}, options);
  Expect(R"({"$ref": "http://example.com/tree"})", {R"({"children": [{"daat": 1}]})"}, {R"({"children": [1]})"},
         options);
}

TEST(ReferenceTest, RecursiveRefOfDraft2019) {
  Expect(
      R"({"$schema": "https://json-schema.org/draft/2019-09/schema", "$id": "http://example.com/r", "$recursiveAnchor": true, "anyOf": [{"type": "integer"}, {"$ref": "#/$defs/o"}],
      "$defs": {"o": {"$id": "o", "$recursiveAnchor": true, "type": "object", "additionalProperties": {"$recursiveRef": "#"}}}})",
      {"1", R"({"a": 1})", R"({"a": {"b": 2}})"}, {"\"a\"", R"({"a": "x"})"});
  Expect(
      R"({"$schema": "https://json-schema.org/draft/2019-09/schema", "items": [{"type": "integer"}], "additionalItems": {"$recursiveRef": "#"}})",
      {"[1,[2]]"}, {"[1,[\"a\"]]"});
}

TEST(ReferenceTest, RefusesReferencesThatLeadNowhere) {
  ExpectRefused(R"({"$ref": "#/$defs/Missing"})", "#/$defs/Missing");
  ExpectRefused(R"({"properties": {"a": {"$ref": "#nope"}}})", "/properties/a");
  ExpectRefused(R"({"$ref": "http://example.com/unknown.json"})", "never fetched");
  ExpectRefused(R"({"$ref": 3})", "$ref");
  ExpectRefused(R"({"$ref": "#/%zz"})", "%");
  ExpectRefused(R"({"$ref": "#/$defs/a~2", "$defs": {"a~2": {}}})", "does not exist");
  ExpectRefused(R"({"$ref": "#/$defs/a", "$defs": {"a": 3}})", "does not exist");
  ExpectRefused(R"({"$id": "http://example.com/#frag"})", "$anchor");
  ExpectRefused(R"({"$id": 3})", "not a text");
}

TEST(ReferenceTest, RefusesReferencesThatNeverEnd) {
  ExpectRefused(R"({"$ref": "#"})", "never ends");
  ExpectRefused(
      R"({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/a"}]}}})",
      "never ends");
  ExpectRefused(R"({"not": {"$ref": "#"}})", "never ends");
  // Conditional loops end, or are stopped.
  Expect(R"({"if": {"required": ["a"]}, "then": {"$ref": "#"}})", {"{}"}, {R"({"a": 1})"});
  Expect(
      R"({"$id": "http://example.com/d", "$dynamicAnchor": "n", "anyOf": [{"type": "integer"}, {"$dynamicRef": "#n"}]})",
      {"1"}, {"\"a\""});
}

TEST(ReferenceTest, DeepInstancesWithinTheLimitPass) {
  const Validator validator = Validator::Compile(Document::FromJson(
      R"({"properties": {"c": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "additionalProperties": false})"));
  std::string json = "null";
  for (int i = 0; i < 190; ++i) json = R"({"c": )" + json + "}";
  EXPECT_TRUE(validator.IsValid(Document::FromJson(json)));
  ValidatorOptions shallow;
  shallow.max_depth = 20;
  Expect(R"({"items": {"$ref": "#"}})", {"[[[]]]"},
         {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"}, shallow);
}

TEST(ReferenceTest, ExponentialSchemasAreStopped) {
  std::string schema = R"({"$ref": "#/$defs/d0", "$defs": {)";
  for (int i = 0; i < 60; ++i)
    schema += "\"d" + std::to_string(i) + R"(": {"allOf": [{"$ref": "#/$defs/d)" + std::to_string(i + 1) +
              R"("}, {"$ref": "#/$defs/d)" + std::to_string(i + 1) + "\"}]},";
  schema += R"("d60": {"type": "integer"}}})";
  const Validator validator = Validator::Compile(Document::FromJson(schema));
  const auto violations = validator.Validate(Document::FromJson("1"));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_NE(violations[0].message.find("too many steps"), std::string::npos);
}

TEST(ReferenceTest, Dialects) {
  const std::string seven = R"({"$schema": "http://json-schema.org/draft-07/schema#", )";
  Expect(seven + R"("items": [{"type": "integer"}], "additionalItems": false})", {"[1]"}, {"[1,2]", "[\"a\"]"});
  Expect(seven + R"("dependencies": {"a": ["b"], "c": {"required": ["d"]}}})", {"{}", R"({"a": 1, "b": 2})"},
         {R"({"a": 1})", R"({"c": 1})"});
  Expect(
      seven +
          R"("properties": {"a": {"$ref": "#/definitions/s", "maxLength": 1}}, "definitions": {"s": {"type": "string"}}})",
      {R"({"a": "long"})"}, {R"({"a": 1})"});
  Expect(
      seven +
          R"("contains": {"const": 1}, "minContains": 0, "dependentRequired": {"a": ["b"]}, "unevaluatedProperties": false, "prefixItems": [false]})",
      {"[1]", R"({"a": 1})"}, {"[]"});
  Expect(seven + R"("$ref": "#foo", "definitions": {"x": {"$id": "#foo", "type": "integer"}}})", {"1"}, {"\"a\""});
  Expect(
      seven +
          R"("$ref": "http://example.com/x#foo", "definitions": {"x": {"$id": "http://example.com/x#foo", "type": "integer"}}})",
      {"1"}, {"\"a\""});
  Expect(
      seven +
          R"("$id": "http://example.com/r", "allOf": [{"$ref": "#foo"}], "definitions": {"x": {"$id": "http://example.com/r#foo", "type": "integer"}}})",
      {"1"}, {"\"a\""});
  Expect(
      seven +
          R"("$id": "http://example.com/r", "allOf": [{"$ref": "n.json#foo"}], "definitions": {"x": {"$id": "n.json", "definitions": {"y": {"$id": "#foo", "type": "integer"}}}}})",
      {"1"}, {"\"a\""});
  ExpectRefused(seven + R"("$id": "http://example.com/r#/definitions/x"})", "fragment");
  ExpectRefused(R"({"$schema": "http://json-schema.org/draft-04/schema#"})", "draft-04", ErrorCode::kNotSupported);
  ExpectRefused(R"({"$schema": "http://json-schema.org/draft-06/schema#"})", "draft-06", ErrorCode::kNotSupported);
  ExpectRefused(R"({"$schema": "http://example.com/mine"})", "unknown dialect");
  ValidatorOptions options;
  options.known_schemas.emplace_back(
      "http://example.com/meta",
      Document::FromJson(
          R"({"$schema": "https://json-schema.org/draft/2020-12/schema", "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true,
      "https://json-schema.org/draft/2020-12/vocab/applicator": true, "http://example.com/optional": false}})"));
  options.known_schemas.emplace_back("http://example.com/bad",
                                     Document::FromJson(R"({"$vocabulary": {"http://example.com/v": true}})"));
  Expect(R"({"$schema": "http://example.com/meta", "properties": {"a": false, "n": {"minimum": 10}}})", {R"({"n": 1})"},
         {R"({"a": 1})"}, options);
  EXPECT_THROW(Validator::Compile(Document::FromJson(R"({"$schema": "http://example.com/bad"})"), options), Error);
}

}  // namespace rem
