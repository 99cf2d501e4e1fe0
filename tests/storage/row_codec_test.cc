#include "storage/row_codec.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "storage/batch.h"
#include "storage/engine_fixture.h"

namespace rem {
namespace {

class RowCodecTest : public testing::Test {
 protected:
  std::string Encode(const RowHeader& header, std::string_view json) {
    const Document document = Document::FromJson(json);
    std::string row = "old contents";
    std::vector<std::string> missing;
    EncodeRow(header, document, keys_, row, missing);
    for (const std::string& name : missing) {
      if (!keys_.Find(name)) keys_.Add(name);
    }
    if (!missing.empty()) {
      missing.clear();
      EncodeRow(header, document, keys_, row, missing);
    }
    EXPECT_TRUE(missing.empty());
    return row;
  }

  static void ExpectHeader(const RowView& row, const RowHeader& expected) {
    EXPECT_EQ(row.sequence(), expected.sequence);
    EXPECT_EQ(row.id(), expected.id);
    EXPECT_EQ(row.created_at(), expected.created_at);
    EXPECT_EQ(row.modified_at(), expected.modified_at);
    EXPECT_EQ(row.deleted_at(), expected.deleted_at);
    EXPECT_EQ(row.deleted(), expected.deleted_at.has_value());
    const RowHeader header = row.header();
    EXPECT_EQ(header.sequence, expected.sequence);
    EXPECT_EQ(header.modified_at, expected.modified_at);
    EXPECT_EQ(header.deleted_at, expected.deleted_at);
  }

  const Uuid id_ = *Uuid::Parse("0190b3a4-0000-7000-8000-0000000000ff");
  KeyDictionary keys_;
};

TEST_F(RowCodecTest, ReadsBackEveryHeader) {
  for (const int64_t modified : {int64_t{1000}, int64_t{2000}, int64_t{-5}}) {
    for (const std::optional<int64_t> deleted :
         {std::optional<int64_t>(), std::optional<int64_t>(3000), std::optional<int64_t>(0)}) {
      const RowHeader header = {
          .sequence = 42, .id = id_, .created_at = 1000, .modified_at = modified, .deleted_at = deleted};
      const std::string bytes = Encode(header, R"({"name":"x","size":3})");
      const RowView row(bytes, &keys_);
      ExpectHeader(row, header);
      EXPECT_EQ(row.properties(), Document::FromJson(R"({"name":"x","size":3})").view());
    }
  }
}

TEST_F(RowCodecTest, HasTheBytesOfItsFormatPage) {
  const std::string plain =
      Encode({.sequence = 0x0807060504030201, .id = id_, .created_at = 1, .modified_at = 1}, "null");
  EXPECT_EQ(ToHex(plain),
            "0100"
            "0102030405060708"
            "0190b3a40000700080000000000000ff"
            "0100000000000000"
            "00");
  const std::string full =
      Encode({.sequence = 1, .id = id_, .created_at = 1, .modified_at = 2, .deleted_at = 3}, "null");
  EXPECT_EQ(ToHex(full),
            "0103"
            "0100000000000000"
            "0190b3a40000700080000000000000ff"
            "0100000000000000"
            "0200000000000000"
            "0300000000000000"
            "00");
}

TEST_F(RowCodecTest, FindsMembersByDictionaryId) {
  const std::string bytes = Encode({.id = id_}, R"({"name":"Ada","tags":["a","b"],"nested":{"deep":7}})");
  const RowView row(bytes, &keys_);
  uint32_t hint = 0;
  ASSERT_TRUE(row.Find(*keys_.Find("name"), hint));
  EXPECT_EQ(row.Find(*keys_.Find("name"), hint)->AsText(), "Ada");
  EXPECT_EQ(row.Find(*keys_.Find("nested"), hint)->Find("deep")->AsInt(), 7);
  EXPECT_EQ(row.Find(*keys_.Add("other"), hint), std::nullopt);
}

TEST_F(RowCodecTest, ReportsNamesThatTheDictionaryLacks) {
  std::string row;
  std::vector<std::string> missing;
  const Document document = Document::FromJson(R"({"new":1})");
  EncodeRow({.id = id_}, document, keys_, row, missing);
  EXPECT_EQ(missing, std::vector<std::string>{"new"});
  // It is readable all the same, names inside.
  EXPECT_EQ(RowView(row, &keys_).properties(), document.view());
}

TEST_F(RowCodecTest, ChangesTheHeaderAndKeepsTheProperties) {
  const std::string before = Encode({.sequence = 1, .id = id_, .created_at = 5, .modified_at = 5}, R"({"a":[1,2,3]})");
  const RowView old_row(before, &keys_);
  RowHeader header = old_row.header();
  header.deleted_at = 9;
  header.modified_at = 9;
  std::string after;
  EncodeRowWithProperties(header, old_row.properties().bytes(), after);
  const RowView row(after, &keys_);
  ExpectHeader(row, header);
  EXPECT_EQ(row.properties().bytes(), old_row.properties().bytes());
  header.deleted_at.reset();
  header.modified_at = 5;
  std::string restored;
  EncodeRowWithProperties(header, row.properties().bytes(), restored);
  EXPECT_EQ(restored, before);
}

TEST_F(RowCodecTest, SequenceIsPatchedInABatch) {
  Batch batch;
  const size_t handle =
      batch.Put(Family::kRows, "key", Encode({.id = id_, .created_at = 7, .modified_at = 7}, R"({"a":1})"));
  batch.PatchFixed64(handle, kRowSequenceOffset, 4711);
  const RowView row(batch.value(batch.operations()[0]), &keys_);
  EXPECT_EQ(row.sequence(), 4711u);
  EXPECT_EQ(row.created_at(), 7);
}

TEST_F(RowCodecTest, ReportsDamage) {
  const std::string good = Encode({.id = id_, .created_at = 1, .modified_at = 2, .deleted_at = 3}, "1");
  const auto code = [&](const std::string& bytes) { return CodeOf([&] { RowView(bytes, &keys_); }); };
  // The properties of this row are one node that may itself be several bytes long; everything before them must be
  // whole.
  for (size_t size = 0; size <= 50; ++size) EXPECT_EQ(code(good.substr(0, size)), ErrorCode::kCorruption) << size;
  std::string bad = good;
  bad[0] = 0;
  EXPECT_EQ(code(bad), ErrorCode::kCorruption);
  bad[0] = 2;
  EXPECT_EQ(code(bad), ErrorCode::kFormatVersion);
  bad = good;
  bad[1] = '\x04';
  EXPECT_EQ(code(bad), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace rem
