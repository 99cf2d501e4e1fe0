#include "storage/key_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "storage/engine_fixture.h"
#include "types/compare.h"

namespace rem {
namespace {

using namespace std::string_literals;

constexpr KeyOrder kBothOrders[] = {KeyOrder::kAscending, KeyOrder::kDescending};

std::string Encode(const Value& value, KeyOrder order = KeyOrder::kAscending) {
  std::string out;
  AppendIndexValue(out, value, order);
  return out;
}

Value Decode(std::string_view bytes, KeyOrder order = KeyOrder::kAscending) {
  const Value value = TakeIndexValue(bytes, order);
  EXPECT_TRUE(bytes.empty());
  return value;
}

Value Numeric(const char* text) { return Value::OfText(LogicalType::kNumeric, text); }

/// Values of one type in ascending order, NULL at the end.
std::vector<std::vector<Value>> OrderedValues() {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const int64_t min = std::numeric_limits<int64_t>::min();
  const int64_t max = std::numeric_limits<int64_t>::max();
  return {
      {false, true, Value()},
      {min, min + 1, int64_t{-256}, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{255}, int64_t{256}, max - 1, max,
       Value()},
      {-inf, -1e300, -1.5, -5e-324, 0.0, 5e-324, 1.0, 1.5, 1e300, inf, nan, Value()},
      {"", "\0"s, "\0\0"s, "\0a"s, "\1", "a", "a\0"s, "a\0\1"s, "a\0b"s, "a\1", "aa", "b", "\x7f", "\xc3\xa9",
       "\xff\xff", Value()},
      {Timestamp{min}, Timestamp{-1}, Timestamp{0}, Timestamp{1}, Timestamp{max}, Value()},
      {Uuid{}, *Uuid::Parse("00000000-0000-0000-0000-000000000001"),
       *Uuid::Parse("7fffffff-ffff-ffff-ffff-ffffffffffff"), *Uuid::Parse("80000000-0000-0000-0000-000000000000"),
       *Uuid::Parse("ffffffff-ffff-ffff-ffff-ffffffffffff"), Value()},
      {Numeric("-Infinity"),
       Numeric("-12345678901234567890123"),
       Numeric("-100"),
       Numeric("-99.5"),
       Numeric("-99"),
       Numeric("-1.5"),
       Numeric("-1"),
       Numeric("-0.5"),
       Numeric("-0.05"),
       Numeric("0"),
       Numeric("0.0001"),
       Numeric("0.001"),
       Numeric("0.01"),
       Numeric("0.5"),
       Numeric("1"),
       Numeric("1.05"),
       Numeric("1.5"),
       Numeric("9"),
       Numeric("10"),
       Numeric("10.01"),
       Numeric("99"),
       Numeric("100"),
       Numeric("12345678901234567890123"),
       Numeric("Infinity"),
       Numeric("NaN"),
       Value()},
      {Value::OfInt(LogicalType::kDate, -1), Value::OfInt(LogicalType::kDate, 0),
       Value::OfInt(LogicalType::kDate, 20'000), Value()},
      {Value::OfInt(LogicalType::kTime, 0), Value::OfInt(LogicalType::kTime, 1), Value()},
      {Value::OfInt(LogicalType::kLocalTimestamp, min), Value::OfInt(LogicalType::kLocalTimestamp, 5), Value()},
      {Value::OfText(LogicalType::kBytea, ""), Value::OfText(LogicalType::kBytea, "\0"s),
       Value::OfText(LogicalType::kBytea, "\xff"), Value()},
  };
}

TEST(KeyCodecTest, ByteOrderIsValueOrder) {
  for (const auto& values : OrderedValues()) {
    for (size_t i = 0; i < values.size(); ++i) {
      for (size_t j = i + 1; j < values.size(); ++j) {
        EXPECT_LT(Encode(values[i]), Encode(values[j])) << values[i].ToText() << " / " << values[j].ToText();
        EXPECT_GT(Encode(values[i], KeyOrder::kDescending), Encode(values[j], KeyOrder::kDescending));
        EXPECT_TRUE(CompareValues(values[i], values[j]) < 0);
      }
    }
  }
}

TEST(KeyCodecTest, NoEncodingIsAPrefixOfAnother) {
  for (const KeyOrder order : kBothOrders) {
    for (const auto& values : OrderedValues()) {
      for (const Value& a : values) {
        for (const Value& b : values) {
          EXPECT_TRUE(&a == &b || !Encode(b, order).starts_with(Encode(a, order))) << a.ToText() << " / " << b.ToText();
        }
      }
    }
  }
}

TEST(KeyCodecTest, ReadsBackEveryType) {
  for (const KeyOrder order : kBothOrders) {
    for (const auto& values : OrderedValues()) {
      for (const Value& value : values) {
        const Value back = Decode(Encode(value, order), order);
        EXPECT_EQ(back.type(), value.type());
        EXPECT_TRUE(CompareValues(back, value) == 0) << value.ToText();
      }
    }
  }
}

TEST(KeyCodecTest, ReadsPartsOneAfterAnother) {
  std::string key;
  AppendIndexValue(key, "name\0x"s);
  AppendIndexValue(key, Value(int64_t{-7}), KeyOrder::kDescending);
  AppendIndexValue(key, Value());
  std::string_view rest = key;
  EXPECT_EQ(TakeIndexValue(rest), Value("name\0x"s));
  EXPECT_EQ(TakeIndexValue(rest, KeyOrder::kDescending), Value(int64_t{-7}));
  EXPECT_TRUE(TakeIndexValue(rest).IsNull());
  EXPECT_TRUE(rest.empty());
}

TEST(KeyCodecTest, EqualDoublesHaveEqualKeys) {
  EXPECT_EQ(Encode(-0.0), Encode(0.0));
  EXPECT_EQ(Encode(std::numeric_limits<double>::quiet_NaN()), Encode(-std::numeric_limits<double>::signaling_NaN()));
  EXPECT_FALSE(std::signbit(Decode(Encode(-0.0)).AsDouble()));
}

TEST(KeyCodecTest, RandomValuesKeepTheirOrder) {
  const uint64_t seed = Random::FromSystem().Next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const auto text = [&] {
    std::string out;
    for (uint64_t n = random.Below(6); n > 0; --n) out.push_back("\0\1\2ab\xff"[random.Below(6)]);
    return out;
  };
  const auto value = [&](uint64_t type) -> Value {
    if (type == 0) return static_cast<int64_t>(random.Next());
    if (type == 1) return std::bit_cast<double>(random.Next());
    if (type == 2) return text();
    return Timestamp{static_cast<int64_t>(random.Next())};
  };
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t type = random.Below(4);
    const Value a = value(type);
    const Value b = value(type);
    const auto order = CompareValues(a, b);
    EXPECT_TRUE((Encode(a) <=> Encode(b)) == order) << a.ToText() << " / " << b.ToText();
    EXPECT_TRUE((Encode(b, KeyOrder::kDescending) <=> Encode(a, KeyOrder::kDescending)) == order);
  }
}

TEST(KeyCodecTest, CutsLongTextsAndSaysSo) {
  const std::string longest(kMaxIndexedTextBytes, 'a');
  std::string key;
  EXPECT_TRUE(AppendIndexValue(key, longest));
  for (const KeyOrder order : kBothOrders) {
    std::string cut_key;
    EXPECT_FALSE(AppendIndexValue(cut_key, longest + "tail", order));
    std::string_view in = cut_key;
    bool cut = false;
    EXPECT_EQ(TakeIndexValue(in, order, &cut), Value(longest));
    EXPECT_TRUE(cut);
    in = key;
    TakeIndexValue(in, KeyOrder::kAscending, &cut);
    EXPECT_FALSE(cut);
  }
  EXPECT_EQ(Encode(longest + "b"), Encode(longest + "c"));
}

TEST(KeyCodecTest, CutTextsStayInOrder) {
  const std::string longest(kMaxIndexedTextBytes, 'a');
  const std::string shorter = longest.substr(1);
  // The text whose 513th byte would split a character sorts behind the one that ends there.
  const std::vector<std::string> ordered = {
      shorter, longest, longest + "\0"s, shorter + "b", shorter + "\xc3\xa9", shorter + "\xc4\xa9"};
  for (size_t i = 1; i < ordered.size(); ++i) EXPECT_LE(Encode(ordered[i - 1]), Encode(ordered[i])) << i;
  EXPECT_LT(Encode(longest), Encode(longest + "x"));
  EXPECT_LT(Encode(longest + "x"), Encode(shorter + "b"));
}

TEST(KeyCodecTest, TextPrefixCoversTheTextsThatStartWithIt) {
  for (const std::string& prefix : {""s, "ab"s, "a\0"s, std::string(600, 'p')}) {
    std::string bytes;
    AppendIndexTextPrefix(bytes, prefix);
    EXPECT_TRUE(Encode(prefix).starts_with(bytes));
    EXPECT_TRUE(Encode(prefix + "more").starts_with(bytes));
    EXPECT_EQ(Encode("other" + prefix).starts_with(bytes), prefix.empty());
  }
  std::string bytes;
  AppendIndexTextPrefix(bytes, "ab");
  EXPECT_LT(Encode("abz"), PrefixEnd(bytes));
  EXPECT_GT(Encode("ac"), PrefixEnd(bytes));
}

TEST(KeyCodecTest, PrefixEndIsTheSmallestGreaterString) {
  EXPECT_EQ(PrefixEnd("abc"), "abd");
  EXPECT_EQ(PrefixEnd("ab\xff"), "ac");
  EXPECT_EQ(PrefixEnd("\xff\xff"), "");
  EXPECT_EQ(PrefixEnd(""), "");
  EXPECT_EQ(PrefixEnd("\x7f"), "\x80");
}

TEST(KeyCodecTest, RefusesTypesThatHaveNoOrder) {
  std::string out = "kept";
  EXPECT_EQ(CodeOf([&] { AppendIndexValue(out, Document::FromJson("{}")); }), ErrorCode::kTypeMismatch);
  EXPECT_EQ(CodeOf([&] { AppendIndexValue(out, VectorValue{1.0F}); }), ErrorCode::kTypeMismatch);
  EXPECT_EQ(out, "kept");
}

TEST(KeyCodecTest, ReportsDamagedBytes) {
  const auto code = [](std::string bytes) {
    return CodeOf([&] {
      std::string_view in = bytes;
      TakeIndexValue(in);
    });
  };
  EXPECT_EQ(code(""), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x05"), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x10\x02"), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x20\x01\x02"), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x40no end"), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x40x\0"s), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x40x\0\x07"s), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x40short\0\x02"s), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x40" + std::string(600, 'x') + "\0\x01"s), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x60too short"), ErrorCode::kCorruption);
  EXPECT_EQ(code("\x30\xff\xff\xff\xff\xff\xff\xff\xff"), ErrorCode::kCorruption);
  // Every cut of a good encoding is damaged.
  for (const auto& values : OrderedValues()) {
    for (const Value& value : values) {
      const std::string good = Encode(value);
      for (size_t size = 0; size < good.size(); ++size) EXPECT_EQ(code(good.substr(0, size)), ErrorCode::kCorruption);
    }
  }
}

}  // namespace
}  // namespace rem
