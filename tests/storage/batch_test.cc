#include "storage/batch.h"

#include <gtest/gtest.h>

#include <rem/error.h>

#include "base/bytes.h"

namespace rem {
namespace {

TEST(BatchTest, KeepsOperationsInOrder) {
  Batch batch;
  EXPECT_TRUE(batch.empty());
  batch.Put(Family::kRows, "key", "value");
  batch.Delete(Family::kIds, "gone");
  batch.DeleteRange(Family::kLog, "a", "bc");
  ASSERT_EQ(batch.operations().size(), 3u);
  const auto& ops = batch.operations();
  EXPECT_EQ(ops[0].kind, Batch::Kind::kPut);
  EXPECT_EQ(ops[0].family, Family::kRows);
  EXPECT_EQ(batch.key(ops[0]), "key");
  EXPECT_EQ(batch.value(ops[0]), "value");
  EXPECT_EQ(ops[1].kind, Batch::Kind::kDelete);
  EXPECT_EQ(batch.key(ops[1]), "gone");
  EXPECT_EQ(batch.value(ops[1]), "");
  EXPECT_EQ(ops[2].kind, Batch::Kind::kDeleteRange);
  EXPECT_EQ(batch.key(ops[2]), "a");
  EXPECT_EQ(batch.value(ops[2]), "bc");
  EXPECT_EQ(batch.bytes(), 3u + 5 + 4 + 1 + 2);
}

TEST(BatchTest, EmptyRangesAreNoOperations) {
  Batch batch;
  batch.DeleteRange(Family::kRows, "b", "b");
  batch.DeleteRange(Family::kRows, "c", "a");
  EXPECT_TRUE(batch.empty());
}

TEST(BatchTest, PatchesAValueInPlace) {
  Batch batch;
  batch.Put(Family::kRows, "first", "0123456789");
  const size_t handle = batch.Put(Family::kRows, "key", std::string(12, '.'));
  batch.PatchFixed64(handle, 2, 0x4847464544434241);
  EXPECT_EQ(batch.value(batch.operations()[1]), "..ABCDEFGH..");
  EXPECT_EQ(batch.value(batch.operations()[0]), "0123456789");
  EXPECT_THROW(batch.PatchFixed64(handle, 5, 0), Error);
  EXPECT_THROW(batch.PatchFixed64(~size_t{0} - 2, 1, 0), Error);
}

TEST(BatchTest, AppendedHandlesShift) {
  Batch first;
  first.Put(Family::kRows, "a", "first");
  Batch second;
  const size_t handle = second.Put(Family::kIds, "b", std::string(8, '-'));
  second.Delete(Family::kRows, "c");
  const size_t shift = first.Append(second);
  first.PatchFixed64(handle + shift, 0, 0x3131313131313131);
  ASSERT_EQ(first.operations().size(), 3u);
  EXPECT_EQ(first.value(first.operations()[1]), "11111111");
  EXPECT_EQ(first.key(first.operations()[2]), "c");
  EXPECT_EQ(second.value(second.operations()[0]), "--------");
}

TEST(BatchTest, AppendsItself) {
  Batch batch;
  batch.Put(Family::kRows, "a", "1");
  batch.Append(batch);
  ASSERT_EQ(batch.operations().size(), 2u);
  EXPECT_EQ(batch.key(batch.operations()[1]), "a");
  EXPECT_EQ(batch.value(batch.operations()[1]), "1");
}

TEST(BatchTest, ClearForgetsEverything) {
  Batch batch;
  batch.Reserve(100, 10);
  batch.Put(Family::kRows, "a", "1");
  batch.Clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.bytes(), 0u);
}

}  // namespace
}  // namespace rem
