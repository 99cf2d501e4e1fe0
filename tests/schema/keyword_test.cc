#include "schema/schema_fixture.h"

namespace rem {

TEST(KeywordTest, TypeNamesKindsOfValues) {
  Expect(R"({"type": "integer"})", {"1", "1.0", "-0.0", "1e300"}, {"1.5", "\"1\"", "null", "true", "[]"});
  Expect(R"({"type": "number"})", {"1", "1.5"}, {"\"1\"", "false"});
  Expect(R"({"type": "string"})", {"\"\""}, {"1", "null"});
  Expect(R"({"type": ["string", "null"]})", {"\"a\"", "null"}, {"1", "{}"});
  Expect(R"({"type": ["integer", "number"]})", {"1.5", "2"}, {"null"});
  Expect(R"({"type": "object"})", {"{}"}, {"[]"});
  Expect(R"({"type": "array"})", {"[]"}, {"{}"});
  Expect(R"({"type": "boolean"})", {"true", "false"}, {"0", "null"});
  Expect(R"({"type": "null"})", {"null"}, {"0", "\"\"", "false"});
  ExpectRefused(R"({"type": "int"})", "unknown type \"int\"");
  ExpectRefused(R"({"type": 3})", "\"type\"");
  ExpectRefused(R"({"type": []})", "empty");
}

TEST(KeywordTest, BooleanSchemas) {
  Expect("true", {"1", "null"}, {});
  Expect("false", {}, {"1", "null", "{}"});
  Expect(R"({"properties": {"a": false, "b": true}})", {"{}", R"({"b": 1})"}, {R"({"a": 1})"});
  ExpectRefused("3", "neither an object nor a boolean");
}

TEST(KeywordTest, EnumAndConstCompareByValue) {
  Expect(R"({"enum": [1, "a", null, {"$ref": "#/x"}, [1]]})",
         {"1", "1.0", "\"a\"", "null", R"({"$ref": "#/x"})", "[1.0]"}, {"2", "\"b\"", "true", "{}", "[]", "[1,1]"});
  Expect(R"({"const": null})", {"null"}, {"0", "false", "\"\""});
  Expect(R"({"const": {"a": 1, "b": [2]}})", {R"({"b": [2.0], "a": 1.0})"}, {R"({"a": 1})"});
  Expect(R"({"const": false})", {"false"}, {"0", "[]"});
  Expect(R"({"const": 0})", {"0", "0.0", "-0.0"}, {"false", "[]", "\"\""});
  Expect(R"({"enum": []})", {}, {"1", "null"});
  ExpectRefused(R"({"enum": 1})", "not a list");
}

TEST(KeywordTest, NumericLimitsAreExact) {
  Expect(R"({"minimum": 1.1})", {"1.1", "2", "\"a\""}, {"1", "1.09"});
  Expect(R"({"maximum": 3})", {"3", "3.0"}, {"3.0000001", "4"});
  Expect(R"({"exclusiveMinimum": 0})", {"1", "0.1"}, {"0", "0.0", "-1"});
  Expect(R"({"exclusiveMaximum": 10})", {"9.99"}, {"10", "11"});
  Expect(R"({"maximum": 9007199254740993})", {"9007199254740993"}, {"9007199254740994"});
  Expect(R"({"minimum": 9007199254740993})", {"9223372036854775807", "1e300"}, {"9007199254740992"});
  Expect(R"({"maximum": 1e18})", {"1000000000000000000"}, {"1000000000000000001", "1e19"});
  ExpectRefused(R"({"minimum": "1"})", "not a number");
}

TEST(KeywordTest, MultipleOfIsDecimal) {
  Expect(R"({"multipleOf": 0.01})", {"0", "0.0", "0.07", "19.99", "4.35", "1e300", "3"}, {"0.075", "19.995"});
  Expect(R"({"multipleOf": 0.0001})", {"0.0075"}, {"0.00751"});
  Expect(R"({"multipleOf": 2})", {"4", "4.0", "-6", "1e300", "\"x\""}, {"3", "0.5"});
  Expect(R"({"multipleOf": 1e-8})", {"12391239123", "1e-8"}, {"1e-9"});
  Expect(R"({"multipleOf": 0.123456789})", {"0.246913578"}, {"1e308"});
  Expect(R"({"multipleOf": 0.5})", {"1e308", "-1.5"}, {"0.25"});
  Expect(R"({"multipleOf": 1e300})", {"0", "1e300", "3e300"}, {"5", "1.5e300"});
  Expect(R"({"multipleOf": 3.0})", {"9", "-9223372036854775806"}, {"-9223372036854775808"});
  ExpectRefused(R"({"multipleOf": 0})", "greater than 0");
}

TEST(KeywordTest, LengthsCountCodePoints) {
  Expect(R"({"minLength": 2, "maxLength": 3})", {"\"ab\"", "\"äöü\"", "\"😀😀\"", "5"}, {"\"a\"", "\"😀\"", "\"abcd\""});
  Expect(R"({"maxLength": 2.0})", {"\"ab\""}, {"\"abc\""});
  ExpectRefused(R"({"maxLength": -1})", "maxLength");
  ExpectRefused(R"({"maxLength": 1.5})", "maxLength");
}

TEST(KeywordTest, Items) {
  Expect(R"({"items": {"type": "integer"}})", {"[]", "[1,2]", "{}"}, {"[1,\"a\"]"});
  Expect(R"({"prefixItems": [{"type": "integer"}, {"type": "string"}]})", {"[]", "[1]", "[1,\"a\",null]"},
         {"[\"a\"]", "[1,2]"});
  Expect(R"({"prefixItems": [true], "items": false})", {"[]", "[1]"}, {"[1,2]"});
  Expect(R"({"items": false})", {"[]"}, {"[1]"});
  Expect(R"({"minItems": 1, "maxItems": 2})", {"[1]", "\"\""}, {"[]", "[1,2,3]"});
  ExpectRefused(R"({"items": [{}]})", "prefixItems");
  ExpectRefused(R"({"prefixItems": []})", "at least one");
}

TEST(KeywordTest, Contains) {
  Expect(R"({"contains": {"minimum": 5}})", {"[1,5]", "{}"}, {"[]", "[1,2]"});
  Expect(R"({"contains": {"const": 1}, "minContains": 2, "maxContains": 3})", {"[1,1]", "[1,2,1,1]"},
         {"[1]", "[1,1,1,1]", "[]"});
  Expect(R"({"contains": {"const": 1}, "minContains": 0})", {"[]", "[2]", "[1]"}, {});
  Expect(R"({"contains": {"const": 1}, "minContains": 0, "maxContains": 1})", {"[]", "[1]"}, {"[1,1]"});
  Expect(R"({"minContains": 3})", {"[]"}, {});
  Expect(R"({"contains": false})", {"1"}, {"[]", "[1]"});
  Expect(R"({"contains": true})", {"[1]"}, {"[]"});
}

TEST(KeywordTest, UniqueItemsComparesByValue) {
  Expect(R"({"uniqueItems": true})",
         {"[]", "[1]", "[1,true]", "[0,false]", "[[1],[true]]", "[\"a\",\"b\"]", R"([{"a": 1}, {"a": 2}])",
          "[1,2,3,4,5,6,7,8,9,10,\"1\"]", "\"aa\""},
         {"[1,1]", "[1,1.0]", "[1,2,3,4,5,6,7,8,9,10,4.0]", R"([{"a":1,"b":2},{"b":2.0,"a":1}])",
          R"([3,4,5,6,7,8,9,[{"a":1,"b":[0.0]}],[{"b":[-0.0],"a":1}]])"});
  Expect(R"({"uniqueItems": false})", {"[1,1]"}, {});
  std::string large = "[";
  for (int i = 0; i < 20000; ++i) large += std::to_string(i) + ",";
  Expect(R"({"uniqueItems": true})", {large + "-1]"}, {large + "777]"});
}

TEST(KeywordTest, Properties) {
  Expect(R"({"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}})",
         {"{}", R"({"a": 1})", R"({"b": "x", "c": 1})", "[]"}, {R"({"a": "x"})", R"({"a": 1, "b": 2})"});
  Expect(
      R"({"properties": {"__proto__": {"type": "number"}, "constructor": {"type": "number"}, "$ref": {"type": "string"}}})",
      {"{}", R"({"$ref": "a", "__proto__": 1})"},
      {R"({"__proto__": "x"})", R"({"constructor": "x"})", R"({"$ref": 1})"});
  Expect(R"({"patternProperties": {"^f.*o$": {"type": "integer"}, "a{2}": {"minimum": 5}}})",
         {R"({"foo": 1, "x": "y"})", R"({"aa": 5})"}, {R"({"foo": "1"})", R"({"fooaao": 4})"});
  Expect(R"({"properties": {"a": {}}, "patternProperties": {"^v": {}}, "additionalProperties": false})",
         {R"({"a": 1, "vx": 2})"}, {R"({"b": 1})"});
  Expect(R"({"additionalProperties": {"type": "boolean"}})", {R"({"x": true})"}, {R"({"x": 1})"});
  Expect(R"({"propertyNames": {"maxLength": 3}})", {R"({"abc": 1})", "{}", "\"abcdef\""}, {R"({"abcd": 1})"});
  Expect(R"({"propertyNames": false})", {"{}"}, {R"({"a": 1})"});
  Expect(R"({"minProperties": 1, "maxProperties": 2})", {R"({"a": 1})"}, {"{}", R"({"a": 1, "b": 2, "c": 3})"});
  Expect(R"({"required": ["a", "b", "a"]})", {R"({"a": 1, "b": null, "c": 3})", "[]"}, {R"({"a": 1})", "{}"});
  Expect(R"({"required": ["a"], "properties": {"a": {}, "b": {}, "c": {"type": "null"}}})",
         {R"({"c": null, "a": 1, "z": 2})"}, {R"({"b": 1})", R"({"a": 1, "c": 1})"});
  Expect(R"({"required": ["a\"b", "__proto__"]})", {R"({"a\"b": 1, "__proto__": 2})"}, {R"({"ab": 1})"});
  ExpectRefused(R"({"required": "a"})", "not a list");
  ExpectRefused(R"({"required": [1]})", "required");
  ExpectRefused(R"({"properties": []})", "not an object");
  ExpectRefused(R"({"properties": {"a": 1}})", "not a schema");
}

TEST(KeywordTest, Dependents) {
  Expect(R"({"dependentRequired": {"a": ["b", "c"], "x": []}})", {"{}", R"({"a": 1, "b": 1, "c": 1})", R"({"x": 1})"},
         {R"({"a": 1, "b": 2})"});
  Expect(R"({"dependentSchemas": {"a": {"required": ["b"]}, "z": false}})", {"{}", R"({"a": 1, "b": 2})"},
         {R"({"a": 1})", R"({"z": 1})"});
}

TEST(KeywordTest, Combinations) {
  Expect(R"({"allOf": [{"minimum": 1}, {"maximum": 3}]})", {"2"}, {"0", "4"});
  Expect(R"({"anyOf": [{"type": "string"}, {"minimum": 3}]})", {"\"a\"", "3"}, {"2"});
  Expect(R"({"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]})", {"2", "9"}, {"6", "1"});
  Expect(R"({"not": {"type": "string"}})", {"1"}, {"\"a\""});
  Expect(R"({"not": {"not": {"const": 1}}})", {"1"}, {"2"});
  Expect(R"({"if": {"minimum": 10}, "then": {"multipleOf": 10}, "else": {"maximum": 5}})", {"20", "3"}, {"15", "7"});
  Expect(R"({"then": false, "else": false})", {"1"}, {});
  Expect(R"({"if": false, "else": {"const": 1}})", {"1"}, {"2"});
  ExpectRefused(R"({"allOf": {}})", "list of schemas");
  ExpectRefused(R"({"anyOf": []})", "at least one");
}

TEST(KeywordTest, UnevaluatedProperties) {
  Expect(R"({"properties": {"a": {}}, "unevaluatedProperties": false})", {R"({"a": 1})", "1"}, {R"({"b": 1})"});
  Expect(
      R"({"allOf": [{"properties": {"a": {}}}, {"$ref": "#/$defs/b"}], "$defs": {"b": {"patternProperties": {"^b": {}}}}, "unevaluatedProperties": false})",
      {R"({"a": 1, "bx": 2})"}, {R"({"c": 1})"});
  Expect(
      R"({"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"properties": {"t": {}}}, "else": {"properties": {"e": {}}}, "unevaluatedProperties": false})",
      {R"({"k": 1, "t": 2})", R"({"e": 2})"}, {R"({"k": 1, "e": 2})", R"({"k": 2, "e": 1})", R"({"t": 1})"});
  Expect(
      R"({"anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": {"const": 1}}, "required": ["b"]}], "unevaluatedProperties": false})",
      {R"({"a": 1})", R"({"a": 1, "b": 1})"}, {R"({"a": 1, "b": 2})"});
  Expect(
      R"({"oneOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}], "unevaluatedProperties": {"type": "null"}})",
      {R"({"a": 1, "x": null})"}, {R"({"a": 1, "x": 2})"});
  Expect(R"({"not": {"not": {"properties": {"a": {"const": 1}}, "required": ["a"]}}, "unevaluatedProperties": false})",
         {}, {R"({"a": 1})"});
  Expect(
      R"({"dependentSchemas": {"a": {"properties": {"b": {}}}}, "properties": {"a": {}}, "unevaluatedProperties": false})",
      {R"({"a": 1, "b": 2})"}, {R"({"b": 2})"});
  Expect(R"({"allOf": [{"additionalProperties": true}], "unevaluatedProperties": false})", {R"({"x": 1})"}, {});
  Expect(R"({"allOf": [{"unevaluatedProperties": true}], "unevaluatedProperties": false})", {R"({"x": 1})"}, {});
  // A neighbour inside allOf sees only what it evaluates itself.
  Expect(R"({"allOf": [{"properties": {"a": {}}}, {"unevaluatedProperties": false}]})", {"{}"}, {R"({"a": 1})"});
  Expect(
      R"({"properties": {"a": {"properties": {"x": {}}, "unevaluatedProperties": false}}, "unevaluatedProperties": false})",
      {R"({"a": {"x": 1}})"}, {R"({"a": {"y": 1}})", R"({"x": 1})"});
}

TEST(KeywordTest, UnevaluatedItems) {
  Expect(R"({"prefixItems": [{}], "unevaluatedItems": false})", {"[1]", "{}"}, {"[1,2]"});
  Expect(R"({"items": {}, "unevaluatedItems": false})", {"[1,2]"}, {});
  Expect(R"({"contains": {"type": "string"}, "unevaluatedItems": {"type": "integer"}})", {"[\"a\", 1]"},
         {"[\"a\", null]"});
  Expect(R"({"allOf": [{"prefixItems": [true, {"const": 2}]}], "unevaluatedItems": false})", {"[1,2]"},
         {"[1,2,3]", "[1,3]"});
  Expect(R"({"if": {"prefixItems": [{"const": 1}]}, "then": {"prefixItems": [true, true]}, "unevaluatedItems": false})",
         {"[1,2]"}, {"[1,2,3]", "[2]"});
  Expect(R"({"anyOf": [{"contains": {"const": 1}}, {"contains": {"const": 2}}], "unevaluatedItems": false})",
         {"[1,2,1]"}, {"[1,3]"});
  Expect(R"({"unevaluatedItems": {"type": "string"}})", {"[\"a\"]"}, {"[1]"});
  std::string many = "[";
  for (int i = 0; i < 1000; ++i) many += "1,";
  Expect(R"({"contains": {"const": 1}, "unevaluatedItems": {"const": 2}})", {many + "2]"}, {many + "3]"});
}

TEST(KeywordTest, UnknownKeywordsAndAnnotationsLetThrough) {
  Expect(
      R"({"frobnicate": 3, "contentEncoding": "base64", "contentMediaType": "application/json", "contentSchema": {"type": "object"}, "indexed_fields": ["a"], "default": {}, "format": "made-up"})",
      {"\"not base64!\"", "1"}, {});
}

}  // namespace rem
