#include "storage/key_space.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "storage/engine_fixture.h"
#include "storage/key_codec.h"

namespace rem {
namespace {

using namespace std::string_literals;

const Uuid kId = *Uuid::Parse("0190b3a4-0000-7000-8000-0000000000ff");

// The bytes are those of docs/formats/keys.md: a change here is a new format version.
TEST(KeySpaceTest, KeysHaveTheBytesOfTheirFormatPage) {
  EXPECT_EQ(ToHex(MetaKey(1, MetaKind::kTable, "\0\0\0\2"s)), "000000011000000002");
  EXPECT_EQ(ToHex(MetaKey(0, MetaKind::kDatabase)), "0000000001");
  EXPECT_EQ(ToHex(RowKey(1, 2, 3)), "00000001000000020000000000000003");
  EXPECT_EQ(ToHex(IdKey(1, kId)), "000000010190b3a4000070008000" + "0000000000ff"s);
  EXPECT_EQ(ToHex(IndexPrefix(1, 9)), "0000000100000009");
  EXPECT_EQ(ToHex(LookupPrefix(1, "ab")), "00000001616200");
  EXPECT_EQ(ToHex(VectorKey(1, 2, 0x0304, 5)), "000000010000000203040000000000000005");
  EXPECT_EQ(ToHex(LogKey(1, 256, LogPart::kImage)), "00000001000000000000010001");
}

TEST(KeySpaceTest, NumbersSortAsBytes) {
  EXPECT_LT(RowKey(1, 2, 255), RowKey(1, 2, 256));
  EXPECT_LT(RowKey(1, 2, ~RowId{0}), RowKey(1, 3, 0));
  EXPECT_LT(RowKey(255, 9, 9), RowKey(256, 0, 0));
  EXPECT_LT(LogKey(1, 9, LogPart::kImage), LogKey(1, 10, LogPart::kEntry));
}

TEST(KeySpaceTest, KeysStartWithTheirPrefixes) {
  for (const std::string& key : {RowKey(7, 8, 9), VectorKey(7, 8, 1, 9)}) {
    EXPECT_TRUE(key.starts_with(TenantPrefix(7)));
    EXPECT_TRUE(key.starts_with(TablePrefix(7, 8)));
  }
  EXPECT_TRUE(VectorKey(7, 8, 1, 9).starts_with(VectorPrefix(7, 8, 1)));
  std::string appended = "x";
  AppendRowKey(appended, 7, 8, 9);
  EXPECT_EQ(appended, "x" + RowKey(7, 8, 9));
}

TEST(KeySpaceTest, TakesNumbersOutOfKeys) {
  EXPECT_EQ(RowIdOfRowKey(RowKey(1, 2, 0x0102030405060708)), 0x0102030405060708u);
  EXPECT_EQ(SequenceOfLogKey(LogKey(1, 77, LogPart::kEntry)), 77u);
  std::string key = IndexPrefix(1, 2);
  AppendIndexValue(key, "text");
  AppendBig64(key, 99);
  EXPECT_EQ(RowIdOfIndexKey(key), 99u);
  EXPECT_THROW(RowIdOfRowKey("short"), Error);
  EXPECT_THROW(RowIdOfIndexKey("short"), Error);
  EXPECT_THROW(SequenceOfLogKey("short"), Error);
}

TEST(KeySpaceTest, LookupTextsAreNoPrefixesOfEachOther) {
  EXPECT_FALSE(LookupPrefix(1, "ab").starts_with(LookupPrefix(1, "a")));
  EXPECT_EQ(CodeOf([] { LookupPrefix(1, "a\0b"s); }), ErrorCode::kInvalidText);
}

TEST(KeySpaceTest, FamiliesAreDescribed) {
  EXPECT_EQ(DescribeFamily(Family::kMeta).name, "meta");
  EXPECT_EQ(DescribeFamily(Family::kLog).name, "log");
  EXPECT_EQ(DescribeFamily(Family::kRows).prefix_bytes, TablePrefix(1, 1).size());
  EXPECT_EQ(DescribeFamily(Family::kVectors).prefix_bytes, VectorPrefix(1, 1, 1).size());
  EXPECT_THROW(DescribeFamily(static_cast<Family>(99)), Error);
}

TEST(DescribeKeyTest, ExplainsEveryKind) {
  EXPECT_EQ(DescribeKey(Family::kMeta, MetaKey(0, MetaKind::kDatabase)), "meta tenant=0 database");
  EXPECT_EQ(DescribeKey(Family::kMeta, MetaKey(0, MetaKind::kTenant, "acme")), "meta tenant=0 tenant name=\"acme\"");
  EXPECT_EQ(DescribeKey(Family::kMeta, MetaKey(3, MetaKind::kTable, "\0\0\0\2"s)),
            "meta tenant=3 definition of table=2");
  EXPECT_EQ(DescribeKey(Family::kMeta, MetaKey(3, MetaKind::kKeyName, "\0\0\0\2\0\0\0\5"s)),
            "meta tenant=3 name of table=2 key=5");
  EXPECT_EQ(DescribeKey(Family::kMeta, MetaKey(3, MetaKind::kCounters)), "meta tenant=3 counters");
  EXPECT_EQ(DescribeKey(Family::kMeta, MetaKey(3, MetaKind::kRowFloor, "\0\0\0\2"s)),
            "meta tenant=3 row floor of table=2");
  EXPECT_EQ(DescribeKey(Family::kMeta, MetaKey(3, MetaKind::kCheckpoint, "text")),
            "meta tenant=3 checkpoint of consumer=\"text\"");
  EXPECT_EQ(DescribeKey(Family::kRows, RowKey(1, 2, 3)), "rows tenant=1 table=2 row=3");
  EXPECT_EQ(DescribeKey(Family::kIds, IdKey(1, kId)), "ids tenant=1 id=0190b3a4-0000-7000-8000-0000000000ff");
  EXPECT_EQ(DescribeKey(Family::kLookup, LookupPrefix(1, "alice") + std::string(RowKey(0, 4, 5), 4)),
            "lookup tenant=1 text=\"alice\" table=4 row=5");
  EXPECT_EQ(DescribeKey(Family::kVectors, VectorKey(1, 2, 3, 4)), "vectors tenant=1 table=2 column=3 row=4");
  EXPECT_EQ(DescribeKey(Family::kLog, LogKey(1, 2, LogPart::kEntry)), "log tenant=1 sequence=2 part=entry");
  EXPECT_EQ(DescribeKey(Family::kLog, LogKey(1, 2, LogPart::kImage)), "log tenant=1 sequence=2 part=image");
}

TEST(DescribeKeyTest, ExplainsIndexValues) {
  std::string key = IndexPrefix(1, 2);
  AppendIndexValue(key, "a\"b\n\xff");
  AppendIndexValue(key, Value(int64_t{-4}), KeyOrder::kDescending);
  AppendIndexValue(key, Value());
  AppendIndexValue(key, std::string(600, 'x'));
  AppendBig64(key, 17);
  EXPECT_EQ(DescribeKey(Family::kIndex, key), "index tenant=1 index=2 values=(\"a\\\"b\\x0a\\xff\", -4 desc, NULL, \"" +
                                                  std::string(512, 'x') + "\" (cut)) row=17");
}

TEST(DescribeKeyTest, SaysWhatIsWrongWithDamagedKeys) {
  for (size_t family = 0; family < kFamilyCount; ++family) {
    for (const std::string& key : {""s, "abc"s, std::string(200, '\xee')}) {
      EXPECT_NE(DescribeKey(static_cast<Family>(family), key).find("damaged key"), std::string::npos);
    }
  }
  EXPECT_EQ(DescribeKey(Family::kRows, "abc"), "rows damaged key (expected 16 bytes), 3 bytes: 616263");
  EXPECT_NE(DescribeKey(Family::kLog, LogKey(1, 2, static_cast<LogPart>(9))).find("unknown part"), std::string::npos);
  EXPECT_NE(DescribeKey(static_cast<Family>(99), "k").find("no such family"), std::string::npos);
  for (const MetaKind kind :
       {MetaKind::kDatabase, MetaKind::kTable, MetaKind::kKeyName, MetaKind::kCounters, MetaKind::kRowFloor}) {
    EXPECT_NE(DescribeKey(Family::kMeta, MetaKey(1, kind, "odd")).find("wrong size"), std::string::npos);
  }
}

}  // namespace
}  // namespace rem
