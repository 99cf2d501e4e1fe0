#include "store/change_reader.h"
#include "store/log_entry.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

class ChangeLogTest : public StoreFixture {
 protected:
  ChangeLogTest() {
    Register("t", R"({"type": "object", "properties": {"a": {"type": "integer"}}, "indexed_fields": ["a"]})");
    start_ = tenant_->log().committed() + 1;
  }
  /// "operation:image" of each change since the fixture was made.
  std::vector<std::string> Log(size_t limit = 1000) {
    auto snapshot = tenant_->engine().NewSnapshot();
    std::vector<std::string> out;
    for (const LoggedChange& change :
         ReadChanges(tenant_->engine(), tenant_->tenant(), start_, UINT64_MAX, limit, snapshot.get())) {
      std::string image = "-";
      if (change.image) image = RowView(*change.image, tenant_->catalog()->Get("t")->keys.get()).properties().ToJson();
      out.push_back(std::string(ChangeOperationName(change.entry.operation)) + ":" + image);
    }
    return out;
  }
  Sequence start_ = 1;
};

TEST_F(ChangeLogTest, EveryChangeKeepsItsImageAlsoWhenTheRecordChangesLater) {
  Uuid id = Insert("t", R"({"a": 1})");
  Update(id, R"({"a": 2})");
  tenant_->writer().Delete(id);
  tenant_->writer().Restore(id);
  Update(id, R"({"a": 3})");
  EXPECT_EQ(Log(), (std::vector<std::string>{R"(insert:{"a":1})", R"(update:{"a":2})", "delete:-", R"(restore:{"a":2})",
                                             R"(update:{"a":3})"}));
  EXPECT_EQ(Log(2).size(), 2u);
}

TEST_F(ChangeLogTest, APurgeRemovesEveryImageOfTheRecordAndOfNoOther) {
  Uuid id = Insert("t", R"({"a": 1})");
  Insert("t", R"({"a": 10})");
  Update(id, R"({"a": 2})");
  tenant_->writer().Purge(id);
  EXPECT_EQ(Log(), (std::vector<std::string>{"insert:-", R"(insert:{"a":10})", "update:-", "purge:-"}));
  ExpectSound();
}

TEST_F(ChangeLogTest, TheRetentionBoundsTheLogAndCountsStayRight) {
  options_.change_log_retention = 50;
  Reopen();
  for (int i = 0; i < 300; ++i) Insert("t", R"({"a": 1})");
  Sequence last = tenant_->log().committed();
  Sequence first = tenant_->log().first_kept();
  EXPECT_GE(last - first + 1, 50u);
  EXPECT_LE(last - first + 1, 60u);
  ExpectSound();
  Reopen();
  EXPECT_EQ(tenant_->log().committed(), last);
  EXPECT_EQ(tenant_->log().first_kept(), first);
  EXPECT_EQ(tenant_->catalog()->Get("t")->counters->live_rows, 300);
  Insert("t", R"({"a": 1})");
  EXPECT_EQ(tenant_->log().committed(), last + 1);
  ExpectSound();
}

TEST_F(ChangeLogTest, HybridTimesGrowWhenTheClockGoesBack) {
  Insert("t", R"({"a": 1})");
  clock_.Advance(-60'000'000);
  Insert("t", R"({"a": 2})");
  auto changes = ReadChanges(tenant_->engine(), tenant_->tenant(), start_, UINT64_MAX, 10, nullptr);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_GT(changes[1].entry.hybrid_time, changes[0].entry.hybrid_time);
}

TEST(LogEntryTest, AnEntryReadsBackAndDamageIsSeen) {
  LogEntry entry;
  entry.operation = ChangeOperation::kRestore;
  entry.live_after = true;
  entry.table = 300;
  entry.row = 1ull << 40;
  entry.id = *Uuid::Parse("0193a000-0000-7000-8000-000000000001");
  entry.hybrid_time = 123456789;
  entry.previous = 77;
  entry.origin = *Uuid::Parse("0193a000-0000-7000-8000-000000000002");
  std::string bytes;
  AppendLogEntry(bytes, entry);
  LogEntry read = DecodeLogEntry(bytes);
  EXPECT_EQ(read.operation, entry.operation);
  EXPECT_EQ(read.live_before, false);
  EXPECT_EQ(read.live_after, true);
  EXPECT_EQ(read.table, entry.table);
  EXPECT_EQ(read.row, entry.row);
  EXPECT_EQ(read.id, entry.id);
  EXPECT_EQ(read.hybrid_time, entry.hybrid_time);
  EXPECT_EQ(read.previous, entry.previous);
  EXPECT_EQ(read.origin, entry.origin);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_THROW(DecodeLogEntry(bytes.substr(0, size)), Error) << size;
  EXPECT_THROW(DecodeLogEntry(bytes + "x"), Error);
  bytes[0] = 9;
  try {
    DecodeLogEntry(bytes);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFormatVersion);
  }
}

}  // namespace
}  // namespace rem
