#include "base/bytes.h"

#include <limits>

#include <gtest/gtest.h>

namespace rem {
namespace {

TEST(BytesTest, BigEndianOrderIsNumberOrder) {
  std::string previous;
  for (const uint64_t value :
       {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, uint64_t{1} << 40, ~uint64_t{0}}) {
    std::string key;
    AppendBig64(key, value);
    EXPECT_EQ(LoadBig64(key.data()), value);
    EXPECT_LT(previous, key);
    previous = key;
  }
  std::string key;
  AppendBig32(key, 0x01020304);
  EXPECT_EQ(key, std::string("\x01\x02\x03\x04"));
  EXPECT_EQ(LoadBig32(key.data()), 0x01020304u);
}

TEST(BytesTest, FixedNumbersRoundTrip) {
  std::string bytes;
  AppendFixed<uint16_t>(bytes, 0x0102);
  AppendFixed<double>(bytes, -2.5);
  std::string_view in = bytes;
  uint16_t small = 0;
  double real = 0;
  ASSERT_TRUE(TakeFixed(in, small));
  ASSERT_TRUE(TakeFixed(in, real));
  EXPECT_EQ(small, 0x0102);
  EXPECT_EQ(real, -2.5);
  EXPECT_TRUE(in.empty());
  EXPECT_FALSE(TakeFixed(in, small));
}

TEST(BytesTest, VarintsRoundTripAtEveryLength) {
  for (int bits = 0; bits <= 64; ++bits) {
    const uint64_t value = bits == 64 ? std::numeric_limits<uint64_t>::max() : (uint64_t{1} << bits) - 1;
    std::string bytes;
    AppendVarint(bytes, value);
    EXPECT_LE(bytes.size(), 10u);
    std::string_view in = bytes;
    uint64_t back = 7;
    ASSERT_TRUE(TakeVarint(in, back));
    EXPECT_EQ(back, value);
    EXPECT_TRUE(in.empty());
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      std::string_view part(bytes.data(), cut);
      EXPECT_FALSE(TakeVarint(part, back));
      EXPECT_EQ(part.size(), cut);
    }
  }
}

TEST(BytesTest, RefusesVarintsPast64Bits) {
  uint64_t value = 0;
  const std::string long_one(11, '\x80');
  std::string_view in = long_one;
  EXPECT_FALSE(TakeVarint(in, value));
  const std::string overflow = std::string(9, '\xff') + '\x02';
  in = overflow;
  EXPECT_FALSE(TakeVarint(in, value));
}

TEST(BytesTest, LengthPrefixedBytesRoundTripAndLeaveTheInputOnFailure) {
  std::string bytes;
  AppendLengthPrefixed(bytes, "abc");
  AppendLengthPrefixed(bytes, "");
  std::string_view in = bytes, taken;
  ASSERT_TRUE(TakeLengthPrefixed(in, taken));
  EXPECT_EQ(taken, "abc");
  ASSERT_TRUE(TakeLengthPrefixed(in, taken));
  EXPECT_EQ(taken, "");
  in = std::string_view(bytes).substr(0, 3);
  EXPECT_FALSE(TakeLengthPrefixed(in, taken));
  EXPECT_EQ(in.size(), 3u);
}

TEST(BytesTest, HexRoundTrips) {
  const std::string bytes("\x00\x7f\xff\x10", 4);
  EXPECT_EQ(ToHex(bytes), "007fff10");
  std::string back = "kept";
  EXPECT_FALSE(FromHex("123", back));
  EXPECT_FALSE(FromHex("1g", back));
  EXPECT_EQ(back, "kept");
  EXPECT_TRUE(FromHex("007FfF10", back));
  EXPECT_EQ(back, bytes);
}

}  // namespace
}  // namespace rem
