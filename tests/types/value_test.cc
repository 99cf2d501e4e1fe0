#include <rem/value.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include <rem/error.h>

#include "base/random.h"
#include "base/time.h"
#include "document_samples.h"
#include "types/cast.h"
#include "types/compare.h"

namespace rem {
namespace {

const Uuid kUuid = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ValueTest, KnowsItsTypeAndText) {
  const struct {
    Value value;
    LogicalType type;
    std::string_view name, text;
  } kCases[] = {
      {Value(), LogicalType::kNull, "unknown", ""},
      {Value(true), LogicalType::kBool, "boolean", "t"},
      {Value(false), LogicalType::kBool, "boolean", "f"},
      {Value(7), LogicalType::kInt, "bigint", "7"},
      {Value(2.5), LogicalType::kDouble, "double precision", "2.5"},
      {Value("text"), LogicalType::kText, "text", "text"},
      {Value(Timestamp{1'500'000}), LogicalType::kTimestamp, "timestamptz", "1970-01-01T00:00:01.5Z"},
      {Value(kUuid), LogicalType::kUuid, "uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
      {Value(Json("{\"a\": [1]}")), LogicalType::kJson, "jsonb", "{\"a\": [1]}"},
      {Value(VectorValue{1.0f, 0.1f}), LogicalType::kVector, "vector", "[1,0.1]"},
  };
  for (const auto& [value, type, name, text] : kCases) {
    EXPECT_EQ(value.type(), type);
    EXPECT_EQ(LogicalTypeName(value.type()), name);
    EXPECT_EQ(value.ToText(), text);
    EXPECT_EQ(value, Value(value));
  }
  EXPECT_EQ(Value(7).AsDouble(), 7.0);
  EXPECT_EQ(Value(VectorValue{1.0f}).AsVector().size(), 1u);
}

TEST(ValueTest, TheWrongTypeIsAnInternalError) {
  EXPECT_EQ(ErrorOf([] { Value("x").AsInt(); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([] { Value("x").AsDouble(); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([] { Value().AsBool(); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([] { Value(1).AsText(); }).message(), "value read as the wrong type: it is bigint, wanted text");
}

TEST(FormatDoubleTest, FollowsPostgres) {
  const std::pair<double, std::string_view> kCases[] = {{1, "1"},
                                                        {1e20, "1e+20"},
                                                        {0.1, "0.1"},
                                                        {1e15, "1e+15"},
                                                        {100000, "100000"},
                                                        {-0.0, "-0"},
                                                        {1e14, "100000000000000"},
                                                        {123456789012345678.0, "1.2345678901234568e+17"},
                                                        {1e-4, "0.0001"},
                                                        {1e-5, "1e-05"},
                                                        {5e-324, "5e-324"},
                                                        {kInfinity, "Infinity"},
                                                        {-kInfinity, "-Infinity"},
                                                        {std::nan(""), "NaN"},
                                                        {0.1 + 0.2, "0.30000000000000004"}};
  for (const auto& [value, text] : kCases) EXPECT_EQ(FormatDouble(value), text);
}

TEST(ParseTest, ReadsNumbersAndBooleansAsPostgresDoes) {
  EXPECT_EQ(ParseInt(" +12 "), 12);
  EXPECT_EQ(ParseInt("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  for (const auto text : {"", " ", "+", "+-1", "1.0", "12a", "9223372036854775808", "0x10"})
    EXPECT_FALSE(ParseInt(text)) << text;
  EXPECT_EQ(ParseDouble(" 1e3\n"), 1000.0);
  EXPECT_EQ(ParseDouble("+.5"), 0.5);
  EXPECT_EQ(ParseDouble("-INF"), -kInfinity);
  EXPECT_EQ(ParseDouble("infinity"), kInfinity);
  EXPECT_TRUE(std::isnan(*ParseDouble("nan")));
  for (const auto text : {"", "-", "+", "e5", "1e999", "nano", "infi", "1 2", "+-1", "0x1p3", "-nan"})
    EXPECT_FALSE(ParseDouble(text)) << text;
  for (const auto text : {"t", "TRUE", "tr", "y", "yes", "on", "1", " true "}) EXPECT_EQ(ParseBool(text), true) << text;
  for (const auto text : {"f", "False", "n", "no", "of", "off", "0"}) EXPECT_EQ(ParseBool(text), false) << text;
  for (const auto text : {"", "o", "2", "truer", "10", "x"}) EXPECT_FALSE(ParseBool(text)) << text;
}

TEST(CastTest, ConvertsAsPostgresDoes) {
  const auto cast = [](Value value, LogicalType to) { return CastValue(value, to); };
  EXPECT_TRUE(cast(Value(), LogicalType::kInt).IsNull());
  EXPECT_EQ(cast("12", LogicalType::kInt), Value(12));
  EXPECT_EQ(cast("1.5", LogicalType::kDouble), Value(1.5));
  EXPECT_EQ(cast("yes", LogicalType::kBool), Value(true));
  EXPECT_EQ(cast(kUuid.ToString(), LogicalType::kUuid), Value(kUuid));
  EXPECT_EQ(cast("1970-01-01 00:00:01", LogicalType::kTimestamp), Value(Timestamp{1'000'000}));
  EXPECT_EQ(cast("{\"a\":1}", LogicalType::kJson), Value(Json("{\"a\":1}")));
  EXPECT_EQ(cast(" [1, 2.5] ", LogicalType::kVector), Value(VectorValue{1, 2.5}));
  EXPECT_EQ(cast("[]", LogicalType::kVector), Value(VectorValue{}));
  EXPECT_EQ(cast(2.5, LogicalType::kInt), Value(2));
  EXPECT_EQ(cast(3.5, LogicalType::kInt), Value(4));
  EXPECT_EQ(cast(-2.5, LogicalType::kInt), Value(-2));
  EXPECT_EQ(cast(7, LogicalType::kDouble), Value(7.0));
  EXPECT_EQ(cast(7, LogicalType::kBool), Value(true));
  EXPECT_EQ(cast(true, LogicalType::kInt), Value(1));
  EXPECT_EQ(cast(true, LogicalType::kText), Value("true"));
  EXPECT_EQ(cast(2.0, LogicalType::kText), Value("2"));
  EXPECT_EQ(cast(7, LogicalType::kJson), Value(Json("7")));
  EXPECT_EQ(cast(Json("\"a\""), LogicalType::kText), Value("\"a\""));
  EXPECT_EQ(cast(Json("2.5"), LogicalType::kInt), Value(3));
  EXPECT_EQ(cast(Json("3"), LogicalType::kInt), Value(3));
  EXPECT_EQ(cast(Json("3"), LogicalType::kDouble), Value(3.0));
  EXPECT_EQ(cast(Json("true"), LogicalType::kBool), Value(true));
  EXPECT_EQ(cast(Json("[1,2]"), LogicalType::kVector), Value(VectorValue{1, 2}));
  EXPECT_TRUE(cast(Json("null"), LogicalType::kInt).IsNull());
}

TEST(CastTest, FailuresHaveTheirCodes) {
  const auto code = [](Value value, LogicalType to) {
    const Error error = ErrorOf([&] { CastValue(value, to); });
    EXPECT_FALSE(error.hint().empty()) << error.what();
    return error.code();
  };
  EXPECT_EQ(code("abc", LogicalType::kInt), ErrorCode::kInvalidText);
  EXPECT_EQ(code("", LogicalType::kInt), ErrorCode::kInvalidText);
  EXPECT_EQ(code("1-2", LogicalType::kInt), ErrorCode::kInvalidText);
  EXPECT_EQ(code("abc", LogicalType::kDouble), ErrorCode::kInvalidText);
  EXPECT_EQ(code("1e", LogicalType::kDouble), ErrorCode::kInvalidText);
  EXPECT_EQ(code("maybe", LogicalType::kBool), ErrorCode::kInvalidText);
  EXPECT_EQ(code("abc", LogicalType::kUuid), ErrorCode::kInvalidText);
  EXPECT_EQ(code("abc", LogicalType::kTimestamp), ErrorCode::kInvalidText);
  EXPECT_EQ(code("[1,x]", LogicalType::kVector), ErrorCode::kInvalidText);
  EXPECT_EQ(code("[1e300]", LogicalType::kVector), ErrorCode::kInvalidText);
  EXPECT_EQ(code("1,2", LogicalType::kVector), ErrorCode::kInvalidText);
  EXPECT_EQ(code("9223372036854775808", LogicalType::kInt), ErrorCode::kNumericOutOfRange);
  EXPECT_EQ(code("1e999", LogicalType::kDouble), ErrorCode::kNumericOutOfRange);
  EXPECT_EQ(code(1e19, LogicalType::kInt), ErrorCode::kNumericOutOfRange);
  EXPECT_EQ(code(std::nan(""), LogicalType::kInt), ErrorCode::kNumericOutOfRange);
  EXPECT_EQ(code("2026-02-30", LogicalType::kTimestamp), ErrorCode::kInvalidDatetime);
  EXPECT_EQ(code("{", LogicalType::kJson), ErrorCode::kInvalidJson);
  EXPECT_EQ(code(1, LogicalType::kTimestamp), ErrorCode::kTypeMismatch);
  EXPECT_EQ(code(1, LogicalType::kNull), ErrorCode::kTypeMismatch);
  EXPECT_EQ(code("1", LogicalType::kNull), ErrorCode::kTypeMismatch);
  for (const auto to :
       {LogicalType::kInt, LogicalType::kBool, LogicalType::kDouble, LogicalType::kVector, LogicalType::kUuid}) {
    EXPECT_EQ(code(Json("\"x\""), to), ErrorCode::kTypeMismatch);
  }
}

TEST(ValueFromNodeTest, ReadsColumnsAndRefusesOtherKinds) {
  const auto read = [](std::string_view json, LogicalType to) { return ValueFromNode(Json(json), to); };
  EXPECT_EQ(read("true", LogicalType::kBool), Value(true));
  EXPECT_EQ(read("5", LogicalType::kInt), Value(5));
  EXPECT_EQ(read("5.0", LogicalType::kInt), Value(5));
  EXPECT_EQ(read("5", LogicalType::kDouble), Value(5.0));
  EXPECT_EQ(read("\"x\"", LogicalType::kText), Value("x"));
  EXPECT_EQ(read("\"1970-01-01T00:00:00Z\"", LogicalType::kTimestamp), Value(Timestamp{0}));
  EXPECT_EQ(read("\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"", LogicalType::kUuid), Value(kUuid));
  EXPECT_EQ(read("[1,2.5]", LogicalType::kVector), Value(VectorValue{1, 2.5}));
  EXPECT_EQ(read("{\"a\":1}", LogicalType::kJson), Value(Json("{\"a\":1}")));
  for (const auto to : {LogicalType::kBool, LogicalType::kInt, LogicalType::kText})
    EXPECT_EQ(read("null", to), Value());
  EXPECT_EQ(read("1", LogicalType::kNull), std::nullopt);
  EXPECT_EQ(read("1", LogicalType::kBool), std::nullopt);
  EXPECT_EQ(read("1.5", LogicalType::kInt), std::nullopt);
  EXPECT_EQ(read("1e30", LogicalType::kInt), std::nullopt);
  EXPECT_EQ(read("\"1\"", LogicalType::kInt), std::nullopt);
  EXPECT_EQ(read("\"1\"", LogicalType::kDouble), std::nullopt);
  EXPECT_EQ(read("1", LogicalType::kText), std::nullopt);
  EXPECT_EQ(read("\"2026-02-30\"", LogicalType::kTimestamp), std::nullopt);
  EXPECT_EQ(read("5", LogicalType::kTimestamp), std::nullopt);
  EXPECT_EQ(read("\"x\"", LogicalType::kUuid), std::nullopt);
  EXPECT_EQ(read("5", LogicalType::kVector), std::nullopt);
  EXPECT_EQ(read("[1,\"x\"]", LogicalType::kVector), std::nullopt);
  EXPECT_EQ(read("[1e300]", LogicalType::kVector), std::nullopt);
}

TEST(ValueFromNodeTest, DocumentsComeBackFromValues) {
  EXPECT_EQ(DocumentFromValue(Value()).ToJson(), "null");
  EXPECT_EQ(DocumentFromValue(Value(true)).ToJson(), "true");
  EXPECT_EQ(DocumentFromValue(Value(7)).ToJson(), "7");
  EXPECT_EQ(DocumentFromValue(Value(7.0)).ToJson(), "7.0");
  EXPECT_EQ(DocumentFromValue(Value(std::nan(""))).ToJson(), "\"NaN\"");
  EXPECT_EQ(DocumentFromValue(Value("x")).ToJson(), "\"x\"");
  EXPECT_EQ(DocumentFromValue(Value(Timestamp{0})).ToJson(), "\"1970-01-01T00:00:00Z\"");
  EXPECT_EQ(DocumentFromValue(Value(VectorValue{0.5f})).ToJson(), "[0.5]");
  EXPECT_EQ(DocumentFromValue(Value(Json("[1]"))).ToJson(), "[1]");
}

TEST(CompareTest, OrdersValuesOfOneType) {
  const double nan = std::nan("");
  const std::vector<std::vector<Value>> kAscending = {
      {Value(false), Value(true), Value()},
      {Value(-kInfinity), Value(std::numeric_limits<int64_t>::min()), Value(-1.5), Value(-1), Value(0), Value(0.5),
       Value(1), Value(9007199254740992.0), Value(int64_t{9007199254740993}),
       Value(std::numeric_limits<int64_t>::max()), Value(0x1p63), Value(kInfinity), Value(nan), Value()},
      {Value(""), Value("B"), Value("a"), Value("ab"), Value("é"), Value()},
      {Value(Timestamp{-1}), Value(Timestamp{0})},
      {Value(Uuid()), Value(kUuid)},
      {Value(VectorValue{1}), Value(VectorValue{1, 2}), Value(VectorValue{2})},
  };
  for (const auto& values : kAscending) {
    for (size_t i = 0; i < values.size(); ++i) {
      for (size_t j = 0; j < values.size(); ++j)
        EXPECT_EQ(CompareValues(values[i], values[j]), i <=> j) << values[i].ToText() << " " << values[j].ToText();
    }
  }
  EXPECT_EQ(CompareValues(Value(-0.0), Value(0)), std::strong_ordering::equal);
  EXPECT_EQ(CompareValues(Value(-0.0), Value(0.0)), std::strong_ordering::equal);
  EXPECT_EQ(ErrorOf([] { CompareValues(Value(1), Value("1")); }).code(), ErrorCode::kTypeMismatch);
}

TEST(CompareTest, OrdersDocumentsAsJsonb) {
  const std::vector<Document> kAscending = {Json("[]"),
                                            Json("null"),
                                            Json("\"a\""),
                                            Json("\"b\""),
                                            Json("-1"),
                                            Json("1.5"),
                                            Json("2"),
                                            Json("false"),
                                            Json("true"),
                                            Json("[9]"),
                                            Json("[1,2]"),
                                            Json("[1,3]"),
                                            Json("{}"),
                                            Json("{\"aa\":1}"),
                                            Json("{\"b\":1}"),
                                            Json("{\"b\":2}"),
                                            Json("{\"a\":1,\"b\":1}")};
  for (size_t i = 0; i < kAscending.size(); ++i) {
    for (size_t j = 0; j < kAscending.size(); ++j) {
      EXPECT_EQ(CompareDocuments(kAscending[i], kAscending[j]), i <=> j)
          << kAscending[i].ToJson() << " " << kAscending[j].ToJson();
    }
  }
  EXPECT_EQ(CompareValues(Value(Json("{\"a\":1,\"b\":2.0}")), Value(Json("{\"b\":2,\"a\":1}"))),
            std::strong_ordering::equal);
}

// Elements are read by a way of their own where they are short decimals; the cast of one number says what is right.
TEST(CastTest, ElementsOfVectorsAreTheNumbersThatTheirTextsAre) {
  const auto number = [](const std::string& text) -> std::optional<float> {
    try {
      const double value = CastValue(Value(text), LogicalType::kDouble).AsDouble();
      return std::isfinite(static_cast<float>(value)) ? std::optional(static_cast<float>(value)) : std::nullopt;
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  const auto check = [&](const std::string& element) {
    const std::optional<float> expected = number(element);
    try {
      const Value vector = CastValue(Value("[0.5," + element + ",-3]"), LogicalType::kVector);
      ASSERT_EQ(vector.AsVector().size(), 3u) << element;
      ASSERT_TRUE(expected.has_value()) << element;
      EXPECT_EQ(std::bit_cast<uint32_t>(vector.AsVector()[1]), std::bit_cast<uint32_t>(*expected)) << element;
      EXPECT_EQ(vector.AsVector()[2], -3);
    } catch (const Error&) {
      EXPECT_FALSE(expected.has_value()) << element;
    }
  };
  for (const char* element : {"",
                              " ",
                              "0",
                              "-0",
                              "-0.0",
                              "+1",
                              "1.",
                              ".5",
                              "-.5",
                              "-",
                              ".",
                              "--1",
                              "1..2",
                              "1.2.3",
                              "1 2",
                              " 1 ",
                              "  7.25",
                              "1e3",
                              "-1.5e-7",
                              "1e39",
                              "nan",
                              "inf",
                              "0x10",
                              "123456789012345",
                              "12345678901234.5",
                              "1234567890123456",
                              "9007199254740993",
                              "0.1234567890123",
                              "0.12345678901234567",
                              "00000000000000001",
                              "16777217",
                              "0.1",
                              "1a"})
    check(element);
  Random random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string element = std::to_string((random.Uniform() - 0.5) * std::pow(10, random.Below(9)));
    if (i % 2 == 0) {
      char text[40];
      std::snprintf(text, sizeof text, "%.*f", static_cast<int>(random.Below(15)), random.Uniform() - 0.5);
      element = text;
    }
    check(element);
  }
}

}  // namespace
}  // namespace rem
