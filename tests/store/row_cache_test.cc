#include "store/row_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "storage/key_codec.h"
#include "storage/memory_engine.h"
#include "store/cached_index_iterator.h"
#include "store/column_cache.h"
#include "store/index_cache.h"
#include "store/read_view.h"

namespace rem {

namespace {

TEST(RowBlockTest, IsAMapOfSomePositions) {
  Random random(1);
  RowBlock block;
  std::map<size_t, std::optional<std::string>> model;
  for (int i = 0; i < 3000; ++i) {
    const size_t position = random.Below(RowBlock::kRows);
    if (random.Below(4) == 0) {
      block.Forget(position);
      model.erase(position);
    } else if (random.Below(4) == 0) {
      block.Set(position, std::nullopt);
      model[position] = std::nullopt;
    } else {
      model[position] = std::string(1 + random.Below(40), static_cast<char>('a' + i % 26));
      block.Set(position, *model[position]);
    }
    for (size_t p = 0; p < RowBlock::kRows; ++p) {
      ASSERT_EQ(block.Knows(p), model.contains(p));
      if (!model.contains(p)) continue;
      const auto row = block.Row(p);
      ASSERT_EQ(row.has_value(), model[p].has_value());
      if (row) ASSERT_EQ(*row, *model[p]);
    }
  }
}

TEST(RowCacheTest, KeepsToItsMemory) {
  for (const size_t capacity : {size_t{1}, size_t{100'000}, size_t{2'000'000}}) {
    RowCache cache(capacity);
    Random random(2);
    for (int i = 0; i < 20'000; ++i) {
      const std::string row(random.Below(3000), 'x');
      cache.Put({1, 1, random.Below(100'000)}, 0, row);
      ASSERT_LE(cache.memory_bytes(), capacity);
    }
    if (capacity == 2'000'000) EXPECT_GT(cache.memory_bytes(), capacity / 2);
    cache.Clear();
    EXPECT_EQ(cache.memory_bytes(), 0u);
  }
}

TEST(RowCacheTest, ReadsABlockAheadOnceARowOfItIsThere) {
  RowCache cache(10 << 20);
  const auto nothing = [](std::string_view) {};
  EXPECT_EQ(cache.Find({1, 1, 5}, 0, nothing), RowCache::Answer::kUnknown);
  cache.Put({1, 1, 5}, 0, "row");
  EXPECT_EQ(cache.Find({1, 1, 6}, 0, nothing), RowCache::Answer::kAhead);
  EXPECT_EQ(cache.Find({1, 1, RowBlock::kRows}, 0, nothing), RowCache::Answer::kUnknown);
  RowBlock block;
  block.Set(5, "row");
  cache.PutBlock({1, 1, 5}, 0, std::move(block));
  EXPECT_EQ(cache.Find({1, 1, 6}, 0, nothing), RowCache::Answer::kUnknown) << "once is enough";
}

TEST(RowCacheTest, LargeRowsAreNotKept) {
  RowCache cache(10 << 20);
  const auto nothing = [](std::string_view) {};
  cache.Put({1, 1, 5}, 0, std::string(RowCache::kMostRowBytes + 1, 'x'));
  EXPECT_EQ(cache.Find({1, 1, 5}, 0, nothing), RowCache::Answer::kUnknown);
  cache.Put({1, 1, 5}, 0, "small");
  EXPECT_EQ(cache.Find({1, 1, 5}, 0, nothing), RowCache::Answer::kFound);
  Batch batch;
  batch.Put(Family::kRows, RowKey(1, 1, 5), std::string(RowCache::kMostRowBytes + 1, 'x'));
  cache.Apply(batch, 2);
  EXPECT_EQ(cache.Find({1, 1, 5}, 2, nothing), RowCache::Answer::kAhead);
}

TEST(RowCacheTest, KeepsRowsThatAreWritten) {
  RowCache cache(10 << 20);
  const auto find = [&](RowId row, uint64_t as_of) {
    std::string found;
    const RowCache::Answer answer = cache.Find({1, 1, row}, as_of, [&](std::string_view bytes) { found = bytes; });
    return answer == RowCache::Answer::kFound ? found : answer == RowCache::Answer::kAbsent ? "absent" : "";
  };
  Batch batch;
  batch.Put(Family::kRows, RowKey(1, 1, 5), "five");
  batch.Put(Family::kRows, RowKey(1, 1, 6), "six");
  batch.Put(Family::kRows, RowKey(1, 1, 6), "six again");
  batch.Delete(Family::kRows, RowKey(1, 1, 7));
  batch.Put(Family::kRows, RowKey(1, 1, 8), std::string(RowCache::kMostRowBytes + 1, 'x'));
  batch.Put(Family::kRows, RowKey(1, 1, 3 * RowBlock::kRows), "another block");
  batch.Put(Family::kRows, RowKey(1, 1, 9), "back");
  cache.Apply(batch, 2);
  EXPECT_EQ(find(5, 0), "") << "a snapshot that does not see the write";
  EXPECT_EQ(find(5, 2), "five");
  EXPECT_EQ(find(6, 2), "six again");
  EXPECT_EQ(find(7, 2), "absent");
  EXPECT_EQ(find(8, 2), "");
  EXPECT_EQ(find(9, 2), "back");
  EXPECT_EQ(find(10, 2), "") << "not of this write, so not known";
  EXPECT_EQ(find(3 * RowBlock::kRows, 2), "another block");
}

TEST(RowCacheTest, WrittenRowsGiveWayToWhatLookupsRead) {
  const size_t capacity = 4 << 20;
  RowCache cache(capacity);
  const std::string row(300, 'x');
  uint64_t stamp = 0;
  for (RowId first = 0; first < 100'000; first += 1000) {
    Batch batch;
    for (RowId id = first; id < first + 1000; ++id) batch.Put(Family::kRows, RowKey(1, 1, id), row);
    cache.Apply(batch, stamp += 2);
    ASSERT_LE(cache.memory_bytes(), capacity);
  }
  EXPECT_GT(cache.memory_bytes(), capacity / 2);
  const auto found = [&](TableId table, RowId id) {
    return cache.Find({1, table, id}, stamp, [](std::string_view) {}) == RowCache::Answer::kFound;
  };
  // Not every other one, as when the cache is full of what was asked for; and read ahead as in an empty one.
  for (RowId id = 0; id < 1000; ++id) {
    const RowId first = id * 2 * RowBlock::kRows;
    cache.Put({1, 2, first}, stamp, std::string("row"));
    EXPECT_TRUE(found(2, first)) << id;
    EXPECT_EQ(cache.Find({1, 2, first + 1}, stamp, [](std::string_view) {}), RowCache::Answer::kAhead);
  }
  // What was asked for stays, however much is written.
  for (RowId first = 100'000; first < 200'000; first += 1000) {
    Batch batch;
    for (RowId id = first; id < first + 1000; ++id) batch.Put(Family::kRows, RowKey(1, 1, id), row);
    cache.Apply(batch, stamp += 2);
  }
  for (RowId id = 0; id < 1000; ++id) EXPECT_TRUE(found(2, id * 2 * RowBlock::kRows)) << id;
  cache.Clear();
  EXPECT_EQ(cache.memory_bytes(), 0u);
}

TEST(IndexCacheTest, KeepsToItsMemory) {
  const size_t capacity = 200'000;
  IndexCache cache(capacity);
  Random random(3);
  for (int i = 0; i < 5'000; ++i) {
    auto runs = cache.Open(1, static_cast<IndexId>(1 + random.Below(3)));
    std::string lower = IndexPrefix(1, static_cast<IndexId>(1 + random.Below(3)));
    AppendIndexValue(lower, Value(static_cast<int64_t>(random.Below(100'000) * 10)));
    IndexKeys keys;
    for (int k = 0; k < 5; ++k) keys.Append(lower + static_cast<char>(k) + "12345678");
    runs->Put(lower, lower + '\x09', keys, 0);
    ASSERT_LE(cache.memory_bytes(), capacity);
  }
  EXPECT_GT(cache.memory_bytes(), capacity / 2);
  // What writes add counts as well.
  for (int i = 0; i < 300; ++i) {
    Batch batch;
    for (int k = 0; k < 100; ++k) {
      std::string key = IndexPrefix(1, 1 + static_cast<IndexId>(k % 3));
      AppendIndexValue(key, Value(static_cast<int64_t>(random.Below(100'000) * 10)));
      batch.Put(Family::kIndex, key + "\x05" + std::to_string(10'000'000 + i * 100 + k), "");
    }
    cache.Apply(batch, static_cast<uint64_t>(2 * i + 2));
    ASSERT_LE(cache.memory_bytes(), capacity);
  }
  cache.Clear();
  EXPECT_EQ(cache.memory_bytes(), 0u);
}

/// Readers and one writer take turns at every point where they could in threads: a moment is taken, then its snapshot;
/// the caches hear of a write, then the engine gets it, then it is over, or fails.
class CachesModel {
 public:
  CachesModel(uint64_t seed, size_t rows_capacity, size_t indexes_capacity)
      : random_(seed),
        rows_(std::make_shared<RowCache>(rows_capacity)),
        indexes_(std::make_shared<IndexCache>(indexes_capacity)) {
    for (TableId id = 1; id <= 2; ++id) {
      Table& table = tables_.emplace_back();
      table.tenant = 1;
      table.id = id;
    }
  }

  void Run(int steps) {
    for (step_ = 0; step_ < steps && !::testing::Test::HasFailure(); ++step_) {
      switch (random_.Below(10)) {
        case 0:
        case 1:
        case 2:
          StepWrite();
          break;
        case 3:
          StepReader();
          break;
        default:
          if (!readers_.empty()) Read(readers_[random_.Below(readers_.size())]);
      }
    }
  }
  /// After everything is dropped, nothing may be counted any more.
  void Drop() {
    walks_.clear();
    rows_->Clear();
    indexes_->Clear();
    EXPECT_EQ(rows_->memory_bytes() + indexes_->memory_bytes(), 0u);
  }
  uint64_t found() const { return found_; }

 private:
  struct Reader {
    CacheMoment moment;
    std::shared_ptr<const EngineSnapshot> snapshot;  ///< nullptr: not taken yet.
  };

  struct Walk {
    std::shared_ptr<const ReadView> view;
    IndexCursor cached;
    IndexCursor direct;
  };

  std::string IndexKey(IndexId index) {
    std::string key = IndexPrefix(1, index);
    AppendIndexValue(key, random_.Below(20) == 0 ? Value() : Value(static_cast<int64_t>(random_.Below(60))));
    AppendBig64(key, random_.Below(40));
    return key;
  }

  void FillBatch() {
    const size_t count = random_.Below(50) == 0 ? 5000 : 1 + random_.Below(6);
    for (size_t i = 0; i < count; ++i) {
      const TableId table = 1 + static_cast<TableId>(random_.Below(2));
      const std::string row = RowKey(1, table, random_.Below(kRows));
      const bool put = random_.Below(3) != 0;
      if (put) {
        const size_t bytes = random_.Below(200) == 0 ? RowCache::kMostRowBytes + 5 : 1 + random_.Below(30);
        batch_.Put(Family::kRows, row, std::string(bytes, static_cast<char>('a' + step_ % 26)));
        batch_.Put(Family::kIndex, IndexKey(table), "");
      } else {
        batch_.Delete(Family::kRows, row);
        batch_.Delete(Family::kIndex, IndexKey(table));
      }
    }
    if (random_.Below(40) == 0) {
      const TableId table = 1 + static_cast<TableId>(random_.Below(2));
      batch_.DeleteRange(Family::kRows, TablePrefix(1, table), TablePrefix(1, table + 1));
      batch_.DeleteRange(Family::kIndex, IndexPrefix(1, table), IndexPrefix(1, table + 1));
    }
  }

  void StepWrite() {
    if (change_ == nullptr) {
      batch_.Clear();
      FillBatch();
      change_ = std::make_unique<ColumnCache::Change>(*columns_, batch_);
      rows_->Apply(batch_, change_->stamp());
      indexes_->Apply(batch_, change_->stamp());
    } else if (!written_ && random_.Below(8) == 0) {
      rows_->Clear();
      indexes_->Clear();
      change_.reset();
    } else if (!written_) {
      engine_->Write(batch_, {});
      written_ = true;
    } else {
      change_->Done();
      change_.reset();
      written_ = false;
    }
  }

  void StepReader() {
    if (!readers_.empty() && readers_.back().snapshot == nullptr) {
      readers_.back().snapshot = engine_->NewSnapshot();
      return;
    }
    if (readers_.size() > 6) readers_.erase(readers_.begin() + static_cast<ptrdiff_t>(random_.Below(6)));
    CacheMoment moment = columns_->Now();
    moment.cache = nullptr;
    moment.rows = rows_;
    moment.indexes = indexes_;
    readers_.push_back({std::move(moment), nullptr});
  }

  void Read(const Reader& reader) {
    if (reader.snapshot == nullptr) return;
    const ReadView view(engine_, 1, reader.snapshot, reader.moment);
    const Table& table = tables_[random_.Below(2)];
    switch (random_.Below(5)) {
      case 0:
        return ReadRow(view, table);
      case 1:
        return ReadRows(view, table);
      case 2:
        return OfferBlock(view, table);
      case 3:
        return StepWalk(reader, table.id);
      default:
        ReadIndex(view, table.id);
    }
  }

  // What a reader offers that asked the engine some time ago.
  void OfferBlock(const ReadView& view, const Table& table) {
    const RowId row = random_.Below(kRows);
    RowBlock block;
    for (size_t i = 0; i < RowBlock::kRows; ++i)
      block.Set(i, Expected(view, table, row / RowBlock::kRows * RowBlock::kRows + i));
    rows_->PutBlock({1, table.id, row}, view.moment().as_of, std::move(block));
  }

  // Walks that go on while others write.
  void StepWalk(const Reader& reader, IndexId id) {
    if (walks_.size() < 4) {
      auto view = std::make_shared<const ReadView>(engine_, 1, reader.snapshot, reader.moment);
      IndexDefinition index;
      index.id = id;
      IndexRange all;
      all.with_nulls = true;
      const bool reverse = random_.Below(2) == 0;
      const ReadView plain(engine_, 1, reader.snapshot);
      walks_.push_back({view, view->ScanIndex(index, all, reverse), plain.ScanIndex(index, all, reverse)});
      return;
    }
    const size_t number = random_.Below(walks_.size());
    Walk& walk = walks_[number];
    for (size_t i = 0; i < 20; ++i) {
      const bool more = walk.direct.Next();
      ASSERT_EQ(walk.cached.Next(), more) << "step " << step_;
      if (!more) {
        walks_.erase(walks_.begin() + static_cast<ptrdiff_t>(number));
        return;
      }
      ASSERT_EQ(walk.cached.row_id(), walk.direct.row_id()) << "step " << step_;
    }
  }

  std::optional<std::string> Expected(const ReadView& view, const Table& table, RowId row) {
    std::string value;
    if (!engine_->Get(Family::kRows, RowKey(1, table.id, row), value, view.snapshot())) return std::nullopt;
    return value;
  }

  void ReadRow(const ReadView& view, const Table& table) {
    const RowId row = random_.Below(kRows);
    std::string buffer;
    const bool found = view.GetRow(table, row, buffer);
    const auto expected = Expected(view, table, row);
    ASSERT_EQ(found, expected.has_value()) << "step " << step_;
    if (found) ASSERT_EQ(buffer, *expected) << "step " << step_;
  }

  void ReadRows(const ReadView& view, const Table& table) {
    std::vector<RowId> rows(random_.Below(30));
    for (RowId& row : rows) row = random_.Below(kRows);
    Arena arena;
    std::vector<std::string_view> found;
    view.GetRows(table, rows, arena, found);
    ASSERT_EQ(found.size(), rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto expected = Expected(view, table, rows[i]);
      ASSERT_EQ(found[i].data() != nullptr, expected.has_value()) << "step " << step_;
      if (expected) ASSERT_EQ(found[i], *expected) << "step " << step_;
      if (rows_->Find({1, table.id, rows[i]}, view.moment().as_of, [](std::string_view) {}) == RowCache::Answer::kFound)
        ++found_;
    }
  }

  void ReadIndex(const ReadView& view, IndexId id) {
    IndexRange range;
    const auto bound = [&] { return Value(static_cast<int64_t>(random_.Below(60))); };
    if (random_.Below(2) == 0) {
      range.lower = {bound(), random_.Below(2) == 0};
      if (random_.Below(2) == 0) range.upper = range.lower;
    }
    if (!range.upper && random_.Below(2) == 0) range.upper = {bound(), random_.Below(2) == 0};
    if (!range.lower && !range.upper) range.with_nulls = random_.Below(2) == 0;
    const bool reverse = random_.Below(2) == 0;
    const size_t most = random_.Below(2) == 0 ? 3 : SIZE_MAX;
    IndexDefinition index;
    index.id = id;
    // Shares the snapshot, which outlives it.
    const ReadView plain(engine_, 1, {std::shared_ptr<const EngineSnapshot>(), view.snapshot()});
    IndexCursor cached = view.ScanIndex(index, range, reverse);
    IndexCursor direct = plain.ScanIndex(index, range, reverse);
    for (size_t i = 0; i < most; ++i) {
      const bool more = direct.Next();
      ASSERT_EQ(cached.Next(), more) << "step " << step_;
      if (!more) return;
      bool cut = false;
      ASSERT_EQ(cached.row_id(), direct.row_id()) << "step " << step_;
      ASSERT_EQ(cached.value(&cut).ToText(), direct.value(&cut).ToText()) << "step " << step_;
    }
  }

  static constexpr uint64_t kRows = 150;
  Random random_;
  std::shared_ptr<Engine> engine_ = NewMemoryEngine();
  std::shared_ptr<ColumnCache> columns_ = std::make_shared<ColumnCache>(1 << 20);
  std::shared_ptr<RowCache> rows_;
  std::shared_ptr<IndexCache> indexes_;
  std::vector<Table> tables_;
  std::vector<Reader> readers_;
  std::vector<Walk> walks_;
  Batch batch_;
  std::unique_ptr<ColumnCache::Change> change_;
  bool written_ = false;
  int step_ = 0;
  uint64_t found_ = 0;
};

TEST(CachesTest, GiveWhatTheSnapshotHasInEveryOrderOfEvents) {
  uint64_t found = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    CachesModel model(seed, seed % 3 == 0 ? 100'000 : 10 << 20, seed % 4 == 0 ? 20'000 : 10 << 20);
    model.Run(3000);
    model.Drop();
    found += model.found();
  }
  EXPECT_GT(found, 500u) << "the caches should give something";
}

// As the model, but in threads: one writes, the others compare what the caches give with what their snapshots have.
TEST(CachesTest, ThreadsReadTheirSnapshots) {
  constexpr uint64_t kRows = 200;
  const std::shared_ptr<Engine> engine = NewMemoryEngine();
  const auto columns = std::make_shared<ColumnCache>(1 << 20);
  const auto rows = std::make_shared<RowCache>(300'000);
  const auto indexes = std::make_shared<IndexCache>(60'000);
  Table table;
  table.tenant = 1;
  table.id = 1;
  IndexDefinition index;
  index.id = 1;
  const auto entry = [](uint64_t value, RowId row) {
    std::string key = IndexPrefix(1, 1);
    AppendIndexValue(key, Value(static_cast<int64_t>(value)));
    AppendBig64(key, row);
    return key;
  };
  constexpr int kReaders = 3;
  std::atomic<int> reading{kReaders};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    Random random(1);
    for (int i = 0; reading > 0; ++i) {
      Batch batch;
      for (size_t n = random.Below(4) + 1; n > 0; --n) {
        const RowId row = random.Below(kRows);
        if (random.Below(3) == 0) {
          batch.Delete(Family::kRows, RowKey(1, 1, row));
        } else {
          batch.Put(Family::kRows, RowKey(1, 1, row), std::string(1 + random.Below(200), static_cast<char>(i % 100)));
        }
        const std::string key = entry(random.Below(30), random.Below(20));
        random.Below(2) == 0 ? batch.Delete(Family::kIndex, key)
                             : static_cast<void>(batch.Put(Family::kIndex, key, ""));
      }
      if (random.Below(100) == 0) {
        batch.DeleteRange(Family::kRows, TablePrefix(1, 1), TablePrefix(1, 2));
        batch.DeleteRange(Family::kIndex, IndexPrefix(1, 1), IndexPrefix(1, 2));
      }
      ColumnCache::Change change(*columns, batch);
      rows->Apply(batch, change.stamp());
      indexes->Apply(batch, change.stamp());
      if (random.Below(30) == 0) {
        rows->Clear();
        indexes->Clear();
        continue;
      }
      engine->Write(batch, {});
      change.Done();
    }
  });
  for (uint64_t thread = 0; thread < kReaders; ++thread) {
    threads.emplace_back([&, thread] {
      // Also where an assertion returns.
      const std::unique_ptr<std::atomic<int>, void (*)(std::atomic<int>*)> end(&reading, [](auto* left) { --*left; });
      Random random(10 + thread);
      for (int round = 0; round < 300 && !::testing::Test::HasFailure(); ++round) {
        CacheMoment moment = columns->Now();
        moment.rows = rows;
        moment.indexes = indexes;
        const std::shared_ptr<const EngineSnapshot> snapshot = engine->NewSnapshot();
        const ReadView view(engine, 1, snapshot, moment), plain(engine, 1, snapshot);
        for (int i = 0; i < 10; ++i) {
          const RowId row = random.Below(kRows);
          std::string cached, direct;
          const bool there = view.GetRow(table, row, cached);
          ASSERT_EQ(there, plain.GetRow(table, row, direct));
          if (there) ASSERT_EQ(cached, direct);
          IndexRange range;
          range.lower = {Value(static_cast<int64_t>(random.Below(30))), true};
          if (random.Below(2) == 0) range.upper = range.lower;
          const bool reverse = random.Below(2) == 0;
          IndexCursor a = view.ScanIndex(index, range, reverse), b = plain.ScanIndex(index, range, reverse);
          for (size_t n = random.Below(40); n > 0; --n) {
            const bool more = b.Next();
            ASSERT_EQ(a.Next(), more);
            if (!more) break;
            ASSERT_EQ(a.row_id(), b.row_id());
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

}  // namespace rem
