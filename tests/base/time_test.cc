#include "base/time.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"

namespace rem {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kTen = 1'795'255'200 * kSecond;  // 2026-11-21T10:00:00Z

TEST(TimeTest, ParsesTheUsualForms) {
  const struct {
    std::string_view text;
    int64_t micros;
  } kCases[] = {
      {"2026-11-21T10:00:00Z", kTen},
      {"2026-11-21t10:00:00z", kTen},
      {"2026-11-21 10:00", kTen},
      {"2026-11-21  10:00:00 UTC", kTen},
      {"2026-11-21 10:00:00 gmt", kTen},
      {"  2026-11-21 10:00:00+00 ", kTen},
      {"2026-11-21T12:00:00+02:00", kTen},
      {"2026-11-21T12:00:00+0200", kTen},
      {"2026-11-21T12:00:00+02", kTen},
      {"2026-11-21T12:00:30+02:00:30", kTen},
      {"2026-11-21T04:30:00-05:30", kTen},
      {"2026-11-21T10:00:00.5Z", kTen + 500'000},
      {"2026-11-21T10:00:00,5", kTen + 500'000},
      {"2026-11-21T10:00:00.123456Z", kTen + 123'456},
      {"2026-11-21T10:00:00.123456499+00:00", kTen + 123'456},
      {"2026-11-21T10:00:00.1234565Z", kTen + 123'457},
      {"2026-11-21T10:00:00.9999999Z", kTen + kSecond},
      {"2026-11-21", kTen - 36'000 * kSecond},
      {"2026-11-21 UTC", kTen - 36'000 * kSecond},
      {"2026-11-21+10", kTen - 72'000 * kSecond},
      {"2026-11-20 24:00", kTen - 36'000 * kSecond},
      {"2026-11-21T09:59:60Z", kTen},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"0001-01-01T00:00:00Z", -62'135'596'800 * kSecond},
      {"2024-02-29", 19'782 * 86'400 * kSecond},
      {"2000-02-29", 11'016 * 86'400 * kSecond},
  };
  for (const auto& [text, micros] : kCases) {
    const auto parsed = ParseTimestampMicros(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, micros) << text;
  }
}

TEST(TimeTest, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      " ",
                                      "now",
                                      "2026",
                                      "2026-11",
                                      "2026-1-1",
                                      "2026-02-30",
                                      "2025-02-29",
                                      "1900-02-29",
                                      "2026-13-01",
                                      "2026-00-10",
                                      "2026-04-31",
                                      "2026-01-00",
                                      "0000-01-01",
                                      "10000-01-01",
                                      "-001-01-01",
                                      "2026-11-21T",
                                      "2026-11-21T10",
                                      "2026-11-21T10:0",
                                      "2026-11-21T25:00",
                                      "2026-11-21T24:01",
                                      "2026-11-21T10:60",
                                      "2026-11-21T10:00:61",
                                      "2026-11-21T10:00:00.",
                                      "2026-11-21T10:00:00.Z",
                                      "2026-11-21T10:00:00X",
                                      "2026-11-21T10:00:00Zx",
                                      "2026-11-21T10:00:00+2",
                                      "2026-11-21T10:00:00+16",
                                      "2026-11-21T10:00:00+02:60",
                                      "2026-11-21T10:00:00+02:0",
                                      "2026-11-21T10:00:00+020",
                                      "2026-11-21T10:00:00+02:00:6",
                                      "2026-11-21 x",
                                      "2026-11-21x",
                                      "2026-11-21 10:00:",
                                      "0001-01-01T00:00:00+01:00",
                                      "9999-12-31T23:59:60Z",
                                      "2026/11/21",
                                      "2026-11-21T10:00:00 EST"}) {
    EXPECT_FALSE(ParseTimestampMicros(text)) << text;
  }
}

TEST(TimeTest, FormatsWithAsManyDigitsAsNeeded) {
  EXPECT_EQ(FormatTimestampMicros(kTen), "2026-11-21T10:00:00Z");
  EXPECT_EQ(FormatTimestampMicros(kTen + 500'000), "2026-11-21T10:00:00.5Z");
  EXPECT_EQ(FormatTimestampMicros(kTen + 1), "2026-11-21T10:00:00.000001Z");
  EXPECT_EQ(FormatTimestampMicros(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(FormatTimestampMicros(-62'135'596'801 * kSecond), "0000-12-31T23:59:59Z");
  EXPECT_EQ(FormatTimestampMicros(std::numeric_limits<int64_t>::max()), "294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(FormatTimestampMicros(std::numeric_limits<int64_t>::min()), "-290308-12-21T19:59:05.224192Z");
}

TEST(TimeTest, RandomTimesRoundTrip) {
  Random random(7);
  constexpr int64_t kFirst = -62'135'596'800 * kSecond;
  constexpr int64_t kSpan = (253'402'300'800 + 62'135'596'800) * kSecond;
  for (int i = 0; i < 20'000; ++i) {
    const int64_t micros = kFirst + static_cast<int64_t>(random.Below(kSpan));
    EXPECT_EQ(MicrosFromCivil(CivilFromMicros(micros)), micros);
    const std::string text = FormatTimestampMicros(micros);
    ASSERT_EQ(ParseTimestampMicros(text), micros) << text;
  }
}

TEST(TimeTest, DaysFollowTheCalendar) {
  int64_t day = DaysFromCivil(1896, 1, 1);
  for (int year = 1896; year <= 2105; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int d = 1; IsValidDate(year, month, d); ++d) ASSERT_EQ(DaysFromCivil(year, month, d), day++);
    }
  }
}

TEST(TimeTest, ClocksTellTheTime) {
  EXPECT_GT(SystemClock().NowMicros(), kTen - 20 * 365 * 86'400 * kSecond);
  ManualClock clock(100);
  clock.Advance(5);
  EXPECT_EQ(clock.NowMicros(), 105);
  clock.Set(-3);
  EXPECT_EQ(clock.NowMicros(), -3);
}

}  // namespace
}  // namespace rem
