#include "store/column_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "storage/key_space.h"
#include "store/cell_dictionary.h"

namespace rem {

namespace {

class ColumnCacheTest : public ::testing::Test {
 protected:
  explicit ColumnCacheTest(size_t bytes = 10 << 20) : cache_(std::make_shared<ColumnCache>(bytes)) {}

  static Batch RowPut(TableId table, RowId row) {
    Batch batch;
    batch.Put(Family::kRows, RowKey(1, table, row), "row");
    return batch;
  }
  void Write(const Batch& batch, bool fails = false) {
    ColumnCache::Change change(*cache_, batch);
    if (!fails) change.Done();
  }
  static ColumnBlock Block(size_t rows, size_t number = 0) {
    ColumnBlock block;
    block.columns.resize(number + 1);
    auto column = std::make_shared<Column>(LogicalType::kInt);
    column->Reset(kColumnBlockRows);
    for (size_t i = 0; i < rows; ++i) block.offsets.push_back(static_cast<uint16_t>(i));
    block.columns[number] = std::move(column);
    return block;
  }
  std::shared_ptr<TableColumns> Open(TableId table) { return cache_->Open(1, table, 1); }

  std::shared_ptr<ColumnCache> cache_;
};

TEST_F(ColumnCacheTest, GivesWhatIsNotOlderThanTheSnapshotAndNotNewer) {
  auto table = Open(1);
  const CacheMoment before = cache_->Now();
  table->Put(0, before, Block(3));
  EXPECT_EQ(table->Find(0, before)->rows(), 3u);
  Write(RowPut(1, 5));
  EXPECT_EQ(table->Find(0, before), nullptr);
  const CacheMoment after = cache_->Now();
  table->Put(0, before, Block(3));
  EXPECT_EQ(table->Find(0, after), nullptr) << "the columns are those before the change";
  table->Put(0, after, Block(4));
  EXPECT_EQ(table->Find(0, after)->rows(), 4u);
  EXPECT_EQ(table->Find(0, before), nullptr);
}

TEST_F(ColumnCacheTest, WritesToOtherBlocksAndTablesChangeNothing) {
  auto table = Open(1);
  const CacheMoment moment = cache_->Now();
  table->Put(0, moment, Block(1));
  table->Put(7, moment, Block(1));
  Write(RowPut(1, kColumnBlockRows));
  Write(RowPut(2, 1));
  EXPECT_NE(table->Find(0, moment), nullptr);
  EXPECT_NE(table->Find(7, cache_->Now()), nullptr);
  // A block that was written before it was ever held.
  table->Put(1, moment, Block(1));
  EXPECT_EQ(table->Find(1, moment), nullptr);
}

TEST_F(ColumnCacheTest, MomentsDuringAWriteDoNotSeeItsEnd) {
  auto table = Open(1);
  {
    ColumnCache::Change change(*cache_, RowPut(1, 1));
    const CacheMoment during = cache_->Now();
    table->Put(0, during, Block(1));
    EXPECT_EQ(table->Find(0, during), nullptr);
    auto opened = Open(2);
    opened->Put(0, during, Block(1));
    EXPECT_EQ(opened->Find(0, during), nullptr) << "the write may be one of this table";
    change.Done();
  }
  const CacheMoment after = cache_->Now();
  table->Put(0, after, Block(1));
  EXPECT_NE(table->Find(0, after), nullptr);
}

TEST_F(ColumnCacheTest, FailedWritesDropEverything) {
  auto table = Open(1);
  table->Put(0, cache_->Now(), Block(1));
  Write(RowPut(9, 1), true);
  EXPECT_EQ(table->Find(0, cache_->Now()), nullptr);
  table->Put(0, cache_->Now(), Block(1));
  EXPECT_EQ(table->Find(0, cache_->Now()), nullptr) << "nobody stamps it any more";
  EXPECT_EQ(cache_->memory_bytes(), 0u);
}

TEST_F(ColumnCacheTest, RangeDeletesDropTablesThatTheyMeet) {
  auto dropped = Open(1), kept = Open(2);
  dropped->Put(0, cache_->Now(), Block(1));
  kept->Put(0, cache_->Now(), Block(1));
  Batch batch;
  batch.DeleteRange(Family::kRows, TablePrefix(1, 1), TablePrefix(1, 2));
  Write(batch);
  EXPECT_EQ(dropped->Find(0, cache_->Now()), nullptr);
  EXPECT_NE(kept->Find(0, cache_->Now()), nullptr);
}

Selection Rows(std::vector<RowId> rows) { return std::make_shared<const std::vector<RowId>>(std::move(rows)); }

TEST_F(ColumnCacheTest, SelectionsHoldUntilTheTableChanges) {
  auto table = Open(1);
  const CacheMoment before = cache_->Now();
  EXPECT_EQ(table->FindSelection("a", before), nullptr);
  table->PutSelection("a", before, Rows({1, 5}));
  table->PutSelection("b", before, Rows({}));
  EXPECT_EQ(*table->FindSelection("a", before), (std::vector<RowId>{1, 5}));
  Write(RowPut(2, 5));
  EXPECT_EQ(*table->FindSelection("b", cache_->Now()), std::vector<RowId>());
  // In a block that the cache has never heard of.
  Write(RowPut(1, 70 * kColumnBlockRows));
  EXPECT_EQ(table->FindSelection("a", before), nullptr);
  table->PutSelection("a", before, Rows({1, 5}));
  const CacheMoment after = cache_->Now();
  EXPECT_EQ(table->FindSelection("a", after), nullptr) << "the rows are those before the change";
  table->PutSelection("a", after, Rows({1}));
  EXPECT_EQ(*table->FindSelection("a", cache_->Now()), std::vector<RowId>{1});
  EXPECT_EQ(table->FindSelection("a", before), nullptr);
  {
    ColumnCache::Change change(*cache_, RowPut(1, 1));
    const CacheMoment during = cache_->Now();
    table->PutSelection("a", during, Rows({1}));
    EXPECT_EQ(table->FindSelection("a", during), nullptr);
    change.Done();
  }
  const CacheMoment last = cache_->Now();
  table->PutSelection("a", last, Rows({2}));
  cache_->Clear();
  EXPECT_EQ(table->FindSelection("a", last), nullptr);
  EXPECT_EQ(cache_->memory_bytes(), 0u);
}

TEST_F(ColumnCacheTest, SelectionsAreCountedAndLimited) {
  auto table = Open(1);
  const CacheMoment moment = cache_->Now();
  const auto name = [](int i) { return "condition " + std::to_string(i); };
  for (int i = 0; i < 500; ++i) {
    table->PutSelection(name(i), moment, Rows({RowId(i)}));
    EXPECT_NE(table->FindSelection(name(0), moment), nullptr) << "the least recently used one goes first";
  }
  int held = 0;
  for (int i = 0; i < 500; ++i) held += table->FindSelection(name(i), moment) != nullptr;
  EXPECT_GT(held, 8);
  EXPECT_LT(held, 200);
  EXPECT_GT(cache_->memory_bytes(), 0u);
  table->PutSelection("large", moment, Rows(std::vector<RowId>(1 << 20)));
  EXPECT_EQ(table->FindSelection("large", moment), nullptr);
  Write(RowPut(1, 1));
  EXPECT_EQ(cache_->memory_bytes(), 0u);
}

// A state that writes change, and readers copy behind their moments, as they take snapshots of the engine.
TEST_F(ColumnCacheTest, ConcurrentReadersFindTheSelectionOfTheirSnapshot) {
  std::atomic<RowId> engine{0};
  std::atomic<bool> done{false};
  std::atomic<int> hits{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const CacheMoment moment = cache_->Now();
        const RowId snapshot = engine.load();
        auto table = Open(1);
        if (const Selection found = table->FindSelection("a", moment)) {
          ASSERT_EQ(found->at(0), snapshot);
          ++hits;
        } else {
          table->PutSelection("a", moment, Rows({snapshot}));
        }
      }
    });
  }
  for (int i = 1; i <= 2000 || hits < 100; ++i) {
    const Batch batch = RowPut(1, static_cast<RowId>(i % 7) * kColumnBlockRows);
    ColumnCache::Change change(*cache_, batch);
    engine = static_cast<RowId>(i);
    if (i % 50 != 0) change.Done();
    if (i % 16 == 0) std::this_thread::yield();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(ColumnCacheTest, ColumnsOfABlockJoin) {
  auto table = Open(1);
  const CacheMoment moment = cache_->Now();
  table->Put(0, moment, Block(2, 0));
  table->Put(0, moment, Block(2, 3));
  const ColumnBlockPtr found = table->Find(0, moment);
  EXPECT_NE(found->column(0), nullptr);
  EXPECT_EQ(found->column(1), nullptr);
  EXPECT_NE(found->column(3), nullptr);
  EXPECT_EQ(found->column(99), nullptr);
}

TEST_F(ColumnCacheTest, LookupsPayForOneScan) {
  const auto columns = Open(1);
  columns->AddLookups(60);
  const CacheMoment early = cache_->Now();
  EXPECT_FALSE(columns->LookupsReach(100));
  EXPECT_FALSE(columns->TakeLookups(early, 100));
  columns->AddLookups(60);
  EXPECT_TRUE(columns->LookupsReach(100));
  // Every lane of the scan that is paid for keeps its blocks; no other scan does, and all begins anew.
  const CacheMoment paid = cache_->Now(), later = cache_->Now();
  EXPECT_TRUE(columns->TakeLookups(paid, 100));
  EXPECT_TRUE(columns->TakeLookups(paid, 100));
  EXPECT_FALSE(columns->TakeLookups(later, 100));
  EXPECT_FALSE(columns->LookupsReach(100));
  columns->AddLookups(100);
  EXPECT_TRUE(columns->TakeLookups(later, 100));
}

TEST_F(ColumnCacheTest, NewDefinitionsStartAfresh) {
  auto old = cache_->Open(1, 1, 1);
  old->Put(0, cache_->Now(), Block(1));
  auto now = cache_->Open(1, 1, 2);
  EXPECT_EQ(now->Find(0, cache_->Now()), nullptr);
  EXPECT_EQ(cache_->Open(1, 1, 1), nullptr);
  EXPECT_EQ(old->Find(0, cache_->Now()), nullptr);
}

Column Texts(const std::vector<std::string>& texts) {
  Column column(LogicalType::kText);
  column.Reset(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) column.Set(i, texts[i] == "NULL" ? Value() : Value(texts[i]));
  return column;
}

TEST(CellDictionaryTest, EqualCellsHaveEqualCodesOverAllColumns) {
  CellDictionary dictionary;
  Column first = Texts({"a", "b", "a", "NULL", "", "b", "NULL", "a", "", ""});
  Column second = Texts({"b", "NULL", "c", "c", "a", "b"});
  EXPECT_GT(dictionary.Encode(first, 10), 0u);
  dictionary.Encode(second, 6);
  ASSERT_NE(first.codes(), nullptr);
  ASSERT_NE(second.codes(), nullptr);
  EXPECT_EQ(first.codes()->dictionary, second.codes()->dictionary);
  const auto cell = [](const Column& column, size_t row) {
    return column.IsNull(row) ? "NULL" : std::string(column.data<std::string_view>()[row]);
  };
  for (size_t a = 0; a < 10; ++a) {
    for (size_t b = 0; b < 6; ++b) {
      const bool same = cell(first, a) == cell(second, b);
      EXPECT_EQ(first.codes()->codes[a] == second.codes()->codes[b], same) << a << " " << b;
    }
    EXPECT_LT(first.codes()->codes[a], first.codes()->limit);
  }
  first.Reset(1);
  EXPECT_EQ(first.codes(), nullptr);
}

TEST(CellDictionaryTest, ColumnsOfManyTextsAreLeftAsTheyAre) {
  CellDictionary dictionary;
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back(std::to_string(i));
  Column column = Texts(texts);
  dictionary.Encode(column, 100);
  EXPECT_EQ(column.codes(), nullptr);
  Column numbers(LogicalType::kInt);
  numbers.Reset(1);
  numbers.Set(0, Value(int64_t{1}));
  EXPECT_EQ(dictionary.Encode(numbers, 1), 0u);
  EXPECT_EQ(numbers.codes(), nullptr);
}

TEST(CellDictionaryTest, CodesComeAlongWithGatheredCells) {
  CellDictionary dictionary;
  Column column = Texts({"x", "y", "x", "y", "NULL", "x"});
  dictionary.Encode(column, 6);
  Column gathered(LogicalType::kText);
  const uint32_t rows[] = {4, 1, 1, 5};
  gathered.Gather(column, rows, 4);
  EXPECT_TRUE(gathered.IsNull(0));
  EXPECT_EQ(gathered.Get(1).AsText(), "y");
  EXPECT_EQ(gathered.Get(3).AsText(), "x");
  ASSERT_NE(gathered.codes(), nullptr);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(gathered.codes()->codes[i], column.codes()->codes[rows[i]]);
  gathered.Gather(Texts({"z"}), rows, 0);
  EXPECT_EQ(gathered.codes(), nullptr);
}

class SmallColumnCacheTest : public ColumnCacheTest {
 protected:
  SmallColumnCacheTest() : ColumnCacheTest(1 << 20) {}
};

TEST_F(SmallColumnCacheTest, KeepsItsLimitAndWhatIsInUse) {
  auto large = Open(1);
  std::vector<size_t> held;
  for (int scan = 0; scan < 40; ++scan) {
    const CacheMoment moment = cache_->Now();
    bool again = false;
    large->Want(moment, {"a"}, &again);
    EXPECT_EQ(again, scan > 0);
    size_t hits = 0;
    for (uint64_t block = 0; block < 100; ++block) {
      if (large->Find(block, moment) != nullptr) {
        ++hits;
      } else {
        large->Put(block, moment, Block(5));
      }
      ASSERT_LE(cache_->memory_bytes(), size_t{1} << 20);
    }
    held.push_back(hits);
  }
  EXPECT_GE(held.back(), 50u) << "a table that does not fit keeps what fits";
  // Another table gets in once the first is not scanned any more.
  auto other = Open(2);
  for (int scan = 0; scan < 40; ++scan) {
    const CacheMoment moment = cache_->Now();
    bool again = false;
    other->Want(moment, {"a"}, &again);
    for (uint64_t block = 0; block < 20; ++block) {
      if (other->Find(block, moment) == nullptr) other->Put(block, moment, Block(5));
    }
  }
  for (uint64_t block = 0; block < 20; ++block) EXPECT_NE(other->Find(block, cache_->Now()), nullptr);
}

TEST(ColumnCacheOffTest, KeepsNothing) {
  auto cache = std::make_shared<ColumnCache>(0);
  EXPECT_EQ(cache->Now().cache, nullptr);
  EXPECT_EQ(cache->Open(1, 1, 1), nullptr);
}

}  // namespace

}  // namespace rem
