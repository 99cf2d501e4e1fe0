#include "catalog/table_statistics.h"

#include <gtest/gtest.h>

namespace rem {

namespace {

TableStatistics Sample() {
  TableStatistics statistics;
  statistics.definition_version = 7;
  statistics.live_rows = 1000;
  statistics.changes = 40;
  ColumnStatistics& views = statistics.columns["views"];
  views.null_fraction = 0.25;
  views.distinct = 300;
  views.common = {{Value(int64_t{-5}), 0.5}};
  views.bounds = {Value(int64_t{1}), Value(int64_t{20})};
  statistics.columns["name"].bounds = {Value(std::string("a")), Value(std::string("\xc3\xa4"))};
  statistics.columns["nothing"];
  return statistics;
}

TEST(TableStatisticsTest, ComeBackAsTheyWereWithTheChangesSince) {
  const TableStatistics sample = Sample();
  const TableStatisticsPtr read = DecodeStatistics(EncodeStatistics(sample, 140));
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->definition_version, 7u);
  EXPECT_EQ(read->live_rows, 1000);
  EXPECT_EQ(read->changes, -100);
  ASSERT_EQ(read->columns.size(), 3u);
  const ColumnStatistics& views = read->columns.at("views");
  EXPECT_EQ(views.null_fraction, 0.25);
  EXPECT_EQ(views.distinct, 300);
  EXPECT_EQ(views.common, Sample().columns["views"].common);
  EXPECT_EQ(views.bounds, Sample().columns["views"].bounds);
  EXPECT_EQ(read->columns.at("name").bounds, Sample().columns["name"].bounds);
}

TEST(TableStatisticsTest, AnyDamageGivesNone) {
  const std::string bytes = EncodeStatistics(Sample(), 40);
  EXPECT_EQ(DecodeStatistics(""), nullptr);
  EXPECT_EQ(DecodeStatistics("\x02" + bytes.substr(1)), nullptr);
  EXPECT_EQ(DecodeStatistics(bytes + "x"), nullptr);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_EQ(DecodeStatistics(bytes.substr(0, size)), nullptr);
  // A flipped byte may give other numbers, never anything worse.
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      DecodeStatistics(damaged);
    }
  }
}

}  // namespace

}  // namespace rem
