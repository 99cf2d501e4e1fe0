#include <gmock/gmock.h>

#include "base/utf8.h"
#include "document_samples.h"

namespace rem {
namespace {

using testing::HasSubstr;

std::string Nested(size_t depth, char open, char close) { return std::string(depth, open) + std::string(depth, close); }

struct BadJson {
  std::string text;
  std::string place;
  std::string reason;
};

TEST(JsonReaderTest, SaysWhatIsWrongAndWhere) {
  const BadJson kCases[] = {
      {"", "line 1, column 1", "the text is empty"},
      {" \n ", "line 2, column 2", "the text is empty"},
      {"{", "line 1, column 2", "a key in double quotes expected, found the end of the text"},
      {"[1", "line 1, column 3", "',' or ']' expected, found the end of the text"},
      {"[1 2]", "line 1, column 4", "',' or ']' expected, found '2'"},
      {"[1,]", "line 1, column 4", "a comma before ']'"},
      {"{\"a\":1,}", "line 1, column 8", "a comma before '}'"},
      {"{\"a\" 1}", "line 1, column 6", "':' expected after a key, found '1'"},
      {"{a:1}", "line 1, column 2", "a key in double quotes expected, found 'a'"},
      {"{\n  \"é\": tru\n}", "line 2, column 8", "unknown word: tru"},
      {"['a']", "line 1, column 2", "single quotes"},
      {"[1] x", "line 1, column 5", "text after the end of the value"},
      {"{} {}", "line 1, column 4", "text after the end of the value"},
      {"]", "line 1, column 1", "a value expected, found ']'"},
      {"\xef\xbb\xbf{}", "line 1, column 1", "byte order mark"},
      {"NaN", "line 1, column 1", "NaN is not a JSON number"},
      {"[-Infinity]", "line 1, column 3", "Infinity is not a JSON number"},
      {"01", "line 1, column 1", "leading zero"},
      {"-", "line 1, column 2", "a digit expected after '-'"},
      {"1.", "line 1, column 3", "a digit expected after '.'"},
      {"1.5e", "line 1, column 5", "a digit expected in the exponent"},
      {"1e+", "line 1, column 4", "a digit expected in the exponent"},
      {"+1", "line 1, column 1", "a value expected, found '+'"},
      {"\"abc", "line 1, column 1", "a text that does not end"},
      {"\"a\\", "line 1, column 4", "unknown escape: a backslash before the end of the text"},
      {"\"\\x\"", "line 1, column 3", "unknown escape: a backslash before 'x'"},
      {"\"\\u12g4\"", "line 1, column 6", "four hexadecimal digits expected"},
      {"\"a\nb\"", "line 1, column 3", "the control character U+000A in a text"},
      {"\"a\\u0000b\"", "line 1, column 3", "a NUL character"},
      {"{\"a\\u0000b\":1}", "line 1, column 4", "a NUL character"},
      {std::string("\"a\0b\"", 5), "line 1, column 3", "a NUL character"},
      {"\"\\ud800\"", "line 1, column 2", "the first half of a surrogate pair"},
      {"\"\\ud800\\u0041\"", "line 1, column 2", "the first half of a surrogate pair"},
      {"\"\\udc00\"", "line 1, column 2", "the second half of a surrogate pair"},
      {"\"é\xff\"", "line 1, column 3", "a byte that is not UTF-8"},
      {"\xff", "line 1, column 1", "a value expected, found a byte that is not UTF-8"},
      {"[1,\"12345678901234567890\xc3\"]", "line 1, column 25", "a byte that is not UTF-8"},
      {"{\"a\":1,\"b\":{\"a\":2,\"a\":3}}", "line 1, column 19", "duplicate key in object: \"a\""},
      {"{\"\\u0061\":1,\"a\":2}", "line 1, column 13", "duplicate key in object: \"a\""},
      {"[9223372036854775808]", "line 1, column 2", "an integer beyond 64 bits: 9223372036854775808"},
      {"-9223372036854775809", "line 1, column 1", "an integer beyond 64 bits"},
      {"123456789012345678901234567890", "line 1, column 1", "an integer beyond 64 bits"},
      {"1e999", "line 1, column 1", "a number beyond double precision: 1e999"},
      {"-1e999", "line 1, column 1", "a number beyond double precision"},
      {std::string(400, '9') + ".5", "line 1, column 1", "a number beyond double precision"},
  };
  for (const BadJson& bad : kCases) {
    const Error error = ErrorOf([&] { Json(bad.text); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidJson) << bad.text;
    EXPECT_THAT(error.message(), HasSubstr(bad.place)) << bad.text;
    EXPECT_THAT(error.message(), HasSubstr(bad.reason)) << bad.text;
    EXPECT_FALSE(error.hint().empty()) << bad.text;
    EXPECT_TRUE(IsValidUtf8(error.what())) << bad.text;
  }
}

TEST(JsonReaderTest, HintsSayWhatToDo) {
  EXPECT_THAT(ErrorOf([] { Json("\"\\u0000\""); }).hint(), HasSubstr("PostgreSQL text cannot hold NUL; remove it"));
  EXPECT_THAT(ErrorOf([] { Json("9223372036854775808"); }).hint(), HasSubstr("store it as text"));
  EXPECT_THAT(ErrorOf([] { Json("Infinity"); }).hint(), HasSubstr("no Infinity"));
}

TEST(JsonReaderTest, BoundsTheDepth) {
  EXPECT_EQ(Json(Nested(200, '[', ']')).ToJson(), Nested(200, '[', ']'));
  for (const size_t depth : {201, 1023, 1024, 1025, 10'000, 1'000'000}) {
    EXPECT_EQ(ErrorOf([&] { Json(Nested(depth, '[', ']')); }).code(), ErrorCode::kLimitExceeded) << depth;
  }
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(ErrorOf([&] { Json(objects); }).code(), ErrorCode::kLimitExceeded);
  EXPECT_EQ(ErrorOf([&] { Json(std::string(10'000, '[')); }).code(), ErrorCode::kLimitExceeded);
  EXPECT_EQ(ErrorOf([&] { Document::FromJson("[[[]]]", {.max_depth = 2}); }).code(), ErrorCode::kLimitExceeded);
  // Greater limits are cut to the one that bounds every recursion.
  EXPECT_EQ(ErrorOf([&] { Document::FromJson(Nested(201, '[', ']'), {.max_depth = 100'000}); }).code(),
            ErrorCode::kLimitExceeded);
}

TEST(JsonReaderTest, BoundsTheSize) {
  EXPECT_EQ(ErrorOf([] { Document::FromJson("\"0123456789\"", {.max_bytes = 10}); }).code(), ErrorCode::kLimitExceeded);
  EXPECT_EQ(ErrorOf([] { Json("\"" + std::string(17u << 20, 'x') + "\""); }).code(), ErrorCode::kLimitExceeded);
  const std::string large = "\"" + std::string(3u << 20, 'x') + "\"";
  EXPECT_EQ(Json(large).ToJson(), large);
  // Binary can be larger than the text: eight bytes for every "1.5".
  std::string doubles = "[1.5";
  for (int i = 0; i < 100; ++i) doubles += ",1.5";
  EXPECT_EQ(ErrorOf([&] { Document::FromJson(doubles + "]", {.max_bytes = 500}); }).code(), ErrorCode::kLimitExceeded);
}

TEST(JsonReaderTest, WorksAfterAnError) {
  EXPECT_THROW(Json("{\"a\":[1,"), Error);
  EXPECT_THROW(Json("{\"a\":[1,\"\\u0000\"]}"), Error);
  EXPECT_THROW(Json("{\"a\":[{\"b\":1,\"b\":2}]}"), Error);
  EXPECT_EQ(Json("{\"a\":[1,2]}").ToJson(), "{\"a\":[1,2]}");
}

TEST(JsonReaderTest, TellsIntegersFromDoubles) {
  EXPECT_EQ(Json("1").view().kind(), NodeKind::kInt);
  EXPECT_EQ(Json("-0").view().kind(), NodeKind::kInt);
  EXPECT_EQ(Json("1.0").view().kind(), NodeKind::kDouble);
  EXPECT_EQ(Json("1e2").view().kind(), NodeKind::kDouble);
  EXPECT_EQ(Json("1e-400").view().AsDouble(), 0.0);
  EXPECT_EQ(Json("1.7976931348623157e308").view().AsDouble(), 1.7976931348623157e308);
  EXPECT_EQ(Json("0.1").view().AsDouble(), 0.1);
}

TEST(JsonReaderTest, DecodesEscapes) {
  EXPECT_EQ(Json(R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")").view().AsText(), "\"\\/\b\f\n\r\té😀");
  EXPECT_EQ(Json(R"({"\u0061\n":1})").view().KeyAt(0), "a\n");
}

TEST(JsonWriterTest, EscapesOnlyWhatItMust) {
  EXPECT_EQ(Json(R"("a\"b\\c\/é😀\u2028\u007f")").ToJson(), "\"a\\\"b\\\\c/é😀\u2028\x7f\"");
  EXPECT_EQ(Json(R"("\b\f\n\r\t\u0001\u001f")").ToJson(), R"("\b\f\n\r\t\u0001\u001f")");
}

TEST(JsonWriterTest, DoublesStayDoubles) {
  for (const std::string text :
       {"1.0", "-0.0", "0.1", "1e+20", "1e+15", "100000.0", "1e-05", "0.0001", "5e-324", "1.7976931348623157e+308"}) {
    EXPECT_EQ(Json(text).ToJson(), text);
    EXPECT_EQ(Json(text).view().kind(), NodeKind::kDouble);
  }
}

TEST(JsonWriterTest, PrettyTextIsIndentedByTwo) {
  EXPECT_EQ(Json(R"({"b":[1,{}],"a":{"c":[]}})").view().ToPrettyJson(),
            "{\n  \"a\": {\n    \"c\": []\n  },\n  \"b\": [\n    1,\n    {}\n  ]\n}");
}

TEST(JsonWriterTest, RandomDocumentsReadBackEqual) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Document document = RandomDocument(random);
    ASSERT_EQ(Document::FromJson(document.ToJson()).bytes(), document.bytes()) << "seed " << seed;
    ASSERT_EQ(Document::FromJson(document.view().ToPrettyJson()).bytes(), document.bytes()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace rem
