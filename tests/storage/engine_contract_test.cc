#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "base/random.h"
#include "storage/engine_fixture.h"
#include "storage/faulty_engine.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"

namespace rem {
namespace {

using namespace std::string_literals;

struct EngineKind {
  const char* name;
  std::unique_ptr<Engine> (*open)(const std::string& path);
};

std::unique_ptr<Engine> OpenMemory(const std::string& /*path*/) { return NewMemoryEngine(); }
std::unique_ptr<Engine> OpenRocks(const std::string& path) { return OpenRocksDbEngine({.path = path}); }

const EngineKind kKinds[] = {
    {"Memory", OpenMemory},
    {"RocksDb", OpenRocks},
    {"FaultyMemory",
     [](const std::string& path) -> std::unique_ptr<Engine> { return NewFaultyEngine(OpenMemory(path)); }},
    {"FaultyRocksDb",
     [](const std::string& path) -> std::unique_ptr<Engine> { return NewFaultyEngine(OpenRocks(path)); }},
};

/// What every engine promises in engine.h.
class EngineContractTest : public testing::TestWithParam<EngineKind> {
 protected:
  EngineContractTest() : engine_(GetParam().open(directory_.Sub("db"))) {}

  void Put(std::string_view key, std::string_view value) { PutOne(*engine_, Family::kRows, key, value); }
  std::string Get(std::string_view key, const EngineSnapshot* snapshot = nullptr) {
    return GetOr(*engine_, Family::kRows, key, "<absent>", snapshot);
  }
  void PutLetters() {
    for (const char* key : {"b", "d", "f", "h"}) Put(key, std::string("v") + key);
  }

  TempDirectory directory_;
  std::unique_ptr<Engine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Engines, EngineContractTest, testing::ValuesIn(kKinds),
                         [](const auto& info) { return info.param.name; });

TEST_P(EngineContractTest, GetsWhatWasPut) {
  Put("key", "value");
  EXPECT_EQ(Get("key"), "value");
  EXPECT_EQ(Get("ke"), "<absent>");
  EXPECT_EQ(Get("key2"), "<absent>");
  Put("key", "other");
  EXPECT_EQ(Get("key"), "other");
}

TEST_P(EngineContractTest, GetReplacesTheOldContentsOfItsValue) {
  Put("key", "short");
  std::string value = "a much longer text that was there before";
  ASSERT_TRUE(engine_->Get(Family::kRows, "key", value));
  EXPECT_EQ(value, "short");
}

TEST_P(EngineContractTest, HoldsEmptyKeysAndValuesAndNulBytes) {
  Put("", "empty key");
  Put("empty value", "");
  Put("a\0b"s, "x\0y"s);
  Put("a\0"s, "nul");
  EXPECT_EQ(Get(""), "empty key");
  EXPECT_EQ(Get("empty value"), "");
  EXPECT_EQ(Get("a\0b"s), "x\0y"s);
  EXPECT_EQ(Get("a"), "<absent>");
  EXPECT_EQ(ScanForward(*engine_, Family::kRows),
            (Pairs{{"", "empty key"}, {"a\0"s, "nul"}, {"a\0b"s, "x\0y"s}, {"empty value", ""}}));
}

TEST_P(EngineContractTest, OrdersKeysAsUnsignedBytes) {
  Put("\xff", "3");
  Put("\x7f", "1");
  Put("\x80", "2");
  EXPECT_EQ(ScanForward(*engine_, Family::kRows), (Pairs{{"\x7f", "1"}, {"\x80", "2"}, {"\xff", "3"}}));
}

TEST_P(EngineContractTest, KeepsFamiliesApart) {
  for (size_t i = 0; i < kFamilyCount; ++i) PutOne(*engine_, static_cast<Family>(i), "key", std::to_string(i));
  for (size_t i = 0; i < kFamilyCount; ++i) {
    EXPECT_EQ(ScanForward(*engine_, static_cast<Family>(i)), (Pairs{{"key", std::to_string(i)}}));
  }
}

TEST_P(EngineContractTest, MultiGetAnswersInTheOrderOfTheKeys) {
  PutLetters();
  const std::vector<std::string> keys = {"h", "absent", "b", "h", ""};
  const auto values = engine_->MultiGet(Family::kRows, keys);
  ASSERT_EQ(values.size(), keys.size());
  EXPECT_EQ(values[0], "vh");
  EXPECT_EQ(values[1], std::nullopt);
  EXPECT_EQ(values[2], "vb");
  EXPECT_EQ(values[3], "vh");
  EXPECT_EQ(values[4], std::nullopt);
  EXPECT_TRUE(engine_->MultiGet(Family::kRows, {}).empty());
}

TEST_P(EngineContractTest, MultiGetOfManyKeysFindsEach) {
  Batch batch;
  std::vector<std::string> keys;
  for (int i = 0; i < 500; ++i) {
    keys.push_back("key" + std::to_string(i));
    if (i % 3 != 0) batch.Put(Family::kIds, keys.back(), std::to_string(i));
  }
  engine_->Write(batch, {});
  const auto snapshot = engine_->NewSnapshot();
  PutOne(*engine_, Family::kIds, "key0", "later");
  const auto values = engine_->MultiGet(Family::kIds, keys, snapshot.get());
  for (int i = 0; i < 500; ++i) EXPECT_EQ(values[i], i % 3 == 0 ? std::nullopt : std::optional(std::to_string(i)));
}

TEST_P(EngineContractTest, ScansInsideItsBounds) {
  PutLetters();
  const Pairs middle = {{"d", "vd"}, {"f", "vf"}};
  const Pairs backward = {{"f", "vf"}, {"d", "vd"}};
  for (const auto& [lower, upper] : {std::pair("d", "h"), std::pair("c", "g")}) {
    EXPECT_EQ(ScanForward(*engine_, Family::kRows, {.lower = lower, .upper = upper}), middle);
    EXPECT_EQ(ScanBackward(*engine_, Family::kRows, {.lower = lower, .upper = upper}), backward);
  }
  EXPECT_EQ(ScanForward(*engine_, Family::kRows, {.lower = "f"}), (Pairs{{"f", "vf"}, {"h", "vh"}}));
  EXPECT_EQ(ScanBackward(*engine_, Family::kRows, {.upper = "d"}), (Pairs{{"b", "vb"}}));
  EXPECT_EQ(ScanForward(*engine_, Family::kRows, {.sequential = true}).size(), 4u);
  EXPECT_EQ(ScanForward(*engine_, Family::kRows, {.fill_cache = false}).size(), 4u);
}

TEST_P(EngineContractTest, ScansOfEmptyRangesFindNothing) {
  PutLetters();
  for (const auto& [lower, upper] :
       {std::pair("d", "d"), std::pair("h", "b"), std::pair("d1", "e"), std::pair("x", "z")}) {
    EXPECT_TRUE(ScanForward(*engine_, Family::kRows, {.lower = lower, .upper = upper}).empty());
    EXPECT_TRUE(ScanBackward(*engine_, Family::kRows, {.lower = lower, .upper = upper}).empty());
  }
  EXPECT_TRUE(ScanForward(*engine_, Family::kLog).empty());
  EXPECT_TRUE(ScanBackward(*engine_, Family::kLog).empty());
}

TEST_P(EngineContractTest, SeeksStayInsideTheBounds) {
  PutLetters();
  const auto iterator = engine_->Scan(Family::kRows, {.lower = "c", .upper = "g"});
  iterator->Seek("e");
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->key(), "f");
  iterator->Seek("d");
  EXPECT_EQ(iterator->key(), "d");
  iterator->Seek("a");
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->key(), "d");
  iterator->Seek("f1");
  EXPECT_FALSE(iterator->Valid());
  iterator->Seek("z");
  EXPECT_FALSE(iterator->Valid());
  iterator->SeekForPrev("e");
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->key(), "d");
  iterator->SeekForPrev("f");
  EXPECT_EQ(iterator->key(), "f");
  iterator->SeekForPrev("z");
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->key(), "f");
  iterator->SeekForPrev("c9");
  EXPECT_FALSE(iterator->Valid());
  iterator->SeekForPrev("a");
  EXPECT_FALSE(iterator->Valid());
}

TEST_P(EngineContractTest, IteratorsTurnAround) {
  PutLetters();
  const auto iterator = engine_->Scan(Family::kRows, {});
  iterator->Seek("d");
  iterator->Next();
  EXPECT_EQ(iterator->key(), "f");
  iterator->Prev();
  iterator->Prev();
  EXPECT_EQ(iterator->key(), "b");
  iterator->Next();
  EXPECT_EQ(iterator->value(), "vd");
  iterator->SeekToLast();
  iterator->Next();
  EXPECT_FALSE(iterator->Valid());
  iterator->SeekToFirst();
  iterator->Prev();
  EXPECT_FALSE(iterator->Valid());
}

TEST_P(EngineContractTest, IteratorsKeepTheStateOfTheirStart) {
  PutLetters();
  const auto iterator = engine_->Scan(Family::kRows, {});
  Put("c", "new");
  Batch batch;
  batch.Delete(Family::kRows, "d");
  batch.Put(Family::kRows, "f", "changed");
  engine_->Write(batch, {});
  Pairs seen;
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next())
    seen.emplace_back(iterator->key(), iterator->value());
  EXPECT_EQ(seen, (Pairs{{"b", "vb"}, {"d", "vd"}, {"f", "vf"}, {"h", "vh"}}));
}

TEST_P(EngineContractTest, AppliesTheOperationsOfABatchInOrder) {
  Put("x", "old");
  Batch batch;
  batch.Put(Family::kRows, "a", "1");
  batch.Put(Family::kRows, "a", "2");
  batch.Put(Family::kRows, "b", "1");
  batch.Delete(Family::kRows, "b");
  batch.Delete(Family::kRows, "x");
  batch.Put(Family::kRows, "x", "new");
  batch.Delete(Family::kRows, "never there");
  engine_->Write(batch, {.sync = true});
  EXPECT_EQ(ScanForward(*engine_, Family::kRows), (Pairs{{"a", "2"}, {"x", "new"}}));
}

TEST_P(EngineContractTest, DeleteRangeLeavesItsEnd) {
  PutLetters();
  Batch batch;
  batch.DeleteRange(Family::kRows, "d", "h");
  engine_->Write(batch, {});
  EXPECT_EQ(ScanForward(*engine_, Family::kRows), (Pairs{{"b", "vb"}, {"h", "vh"}}));
  EXPECT_EQ(Get("f"), "<absent>");
}

TEST_P(EngineContractTest, DeleteRangeActsAtItsPlaceInTheBatch) {
  PutLetters();
  Batch batch;
  batch.Put(Family::kRows, "c", "before");
  batch.DeleteRange(Family::kRows, "a", "z");
  batch.Put(Family::kRows, "e", "after");
  batch.DeleteRange(Family::kRows, "e", "e");
  batch.DeleteRange(Family::kRows, "z", "a");
  engine_->Write(batch, {});
  EXPECT_EQ(ScanForward(*engine_, Family::kRows), (Pairs{{"e", "after"}}));
}

TEST_P(EngineContractTest, WritesNothingForAnEmptyBatch) {
  engine_->Write({}, {});
  engine_->Write({}, {.sync = true, .bulk = true});
  EXPECT_TRUE(ScanForward(*engine_, Family::kRows).empty());
}

TEST_P(EngineContractTest, SnapshotsSeeWhatWasWrittenBeforeThem) {
  PutLetters();
  const auto before = engine_->NewSnapshot();
  Batch batch;
  batch.Put(Family::kRows, "b", "changed");
  batch.DeleteRange(Family::kRows, "d", "e");
  batch.Put(Family::kRows, "z", "new");
  batch.Delete(Family::kRows, "h");
  engine_->Write(batch, {});
  const auto after = engine_->NewSnapshot();
  Put("b", "changed again");

  EXPECT_EQ(Get("b", before.get()), "vb");
  EXPECT_EQ(Get("z", before.get()), "<absent>");
  EXPECT_EQ(Get("b", after.get()), "changed");
  EXPECT_EQ(Get("b"), "changed again");
  EXPECT_EQ(ScanForward(*engine_, Family::kRows, {.snapshot = before.get()}),
            (Pairs{{"b", "vb"}, {"d", "vd"}, {"f", "vf"}, {"h", "vh"}}));
  EXPECT_EQ(ScanBackward(*engine_, Family::kRows, {.snapshot = after.get()}),
            (Pairs{{"z", "new"}, {"f", "vf"}, {"b", "changed"}}));
  const std::vector<std::string> keys = {"d", "z"};
  EXPECT_EQ(engine_->MultiGet(Family::kRows, keys, before.get())[0], "vd");
  EXPECT_EQ(engine_->MultiGet(Family::kRows, keys, before.get())[1], std::nullopt);
}

TEST_P(EngineContractTest, SnapshotsMayBeReleasedInAnyOrder) {
  Put("k", "0");
  auto first = engine_->NewSnapshot();
  Put("k", "1");
  auto second = engine_->NewSnapshot();
  auto same = engine_->NewSnapshot();
  Put("k", "2");
  first.reset();
  EXPECT_EQ(Get("k", second.get()), "1");
  second.reset();
  EXPECT_EQ(Get("k", same.get()), "1");
  same.reset();
  EXPECT_EQ(Get("k"), "2");
}

TEST_P(EngineContractTest, BulkWritesAreReadableAtOnce) {
  PutLetters();
  Batch batch;
  const std::string filler(100, 'x');
  constexpr int kCount = 12'000;
  for (int i = 0; i < kCount; ++i) {
    // Not in key order, so that the engine has to sort.
    const std::string key = "k" + std::to_string(i * 7919 % kCount + kCount);
    batch.Put(Family::kRows, key, filler + key);
    batch.Put(Family::kIndex, key, "");
  }
  batch.Put(Family::kRows, "k12000", "the last put counts");
  const auto before = engine_->NewSnapshot();
  engine_->Write(batch, {.bulk = true});
  EXPECT_EQ(Get("k12000"), "the last put counts");
  EXPECT_EQ(Get("k23999"), filler + "k23999");
  EXPECT_EQ(Get("k23999", before.get()), "<absent>");
  const Pairs rows = ScanForward(*engine_, Family::kRows);
  EXPECT_EQ(rows.size(), kCount + 4u);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  EXPECT_EQ(ScanForward(*engine_, Family::kIndex).size(), static_cast<size_t>(kCount));
  Put("k12000", "changed");
  EXPECT_EQ(Get("k12000"), "changed");
}

TEST_P(EngineContractTest, ABulkSortsKeysThatDifferOnlyFarBehindOrInLength) {
  Random random(11);
  Batch batch;
  std::map<std::string, std::string> expected;
  const std::string filler(60, 'f');
  for (int i = 0; i < 30'000; ++i) {
    // Long common beginnings, zero bytes at the end, keys that are beginnings of others, and keys that come again.
    std::string key = "p";
    for (uint64_t part = random.Below(5); part > 0; --part) key += random.Below(3) == 0 ? "commonbeginning" : "x";
    key.append(random.Below(20), '\0');
    if (random.Below(2) == 0) key += static_cast<char>(random.Below(4));
    const std::string value = filler + std::to_string(i);
    batch.Put(Family::kIndex, key, value);
    expected[key] = value;
  }
  engine_->Write(batch, {.bulk = true});
  EXPECT_EQ(ScanForward(*engine_, Family::kIndex), Pairs(expected.begin(), expected.end()));
}

TEST_P(EngineContractTest, ABulkWithDeletionsIsStillWhole) {
  PutLetters();
  Batch batch;
  batch.Put(Family::kRows, "big", std::string(2u << 20, 'b'));
  batch.Delete(Family::kRows, "b");
  engine_->Write(batch, {.bulk = true});
  EXPECT_EQ(Get("b"), "<absent>");
  EXPECT_EQ(Get("big").size(), 2u << 20);
}

TEST_P(EngineContractTest, CompactionChangesNoAnswer) {
  PutLetters();
  const auto snapshot = engine_->NewSnapshot();
  Batch batch;
  batch.DeleteRange(Family::kRows, "c", "g");
  engine_->Write(batch, {});
  engine_->Sync();
  engine_->Compact(Family::kRows, {}, {});
  engine_->Compact(Family::kRows, "a", "c");
  EXPECT_EQ(ScanForward(*engine_, Family::kRows), (Pairs{{"b", "vb"}, {"h", "vh"}}));
  EXPECT_EQ(ScanForward(*engine_, Family::kRows, {.snapshot = snapshot.get()}).size(), 4u);
  engine_->VerifyChecksums();
}

TEST_P(EngineContractTest, ReportsSizes) {
  Batch batch;
  for (int i = 0; i < 1000; ++i)
    batch.Put(Family::kRows, "a" + std::to_string(i), std::string(1000, static_cast<char>('a' + i % 26)));
  engine_->Write(batch, {.sync = true});
  const EngineStats stats = engine_->Stats();
  EXPECT_GT(stats.memory_bytes + stats.disk_bytes, 1'000'000u);
  // RocksDB estimates memtables from the random heights of a skip list: right within a factor of four.
  for (auto [lower, upper] : {std::pair<std::string, std::string>("a", "b"), {"", ""}}) {
    const uint64_t bytes = engine_->ApproximateSize(Family::kRows, lower, upper);
    EXPECT_GT(bytes, 250'000u);
    EXPECT_LT(bytes, 4'000'000u);
  }
  EXPECT_LT(engine_->ApproximateSize(Family::kRows, "b", "c"), 100'000u);
}

TEST_P(EngineContractTest, ReadersSeeWholeBatchesWhileWritersWrite) {
  constexpr int kKeys = 8;
  constexpr int kRounds = 300;
  const auto write_round = [&](int writer, int round) {
    Batch batch;
    for (int key = 0; key < kKeys; ++key) {
      batch.Put(Family::kRows, "w" + std::to_string(writer) + "k" + std::to_string(key), std::to_string(round));
    }
    engine_->Write(batch, {});
  };
  write_round(0, 0);
  write_round(1, 0);
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&, reader] {
      int last = 0;
      while (!stop) {
        const auto snapshot = engine_->NewSnapshot();
        const std::string prefix = "w" + std::to_string(reader);
        const Pairs pairs =
            ScanForward(*engine_, Family::kRows, {.snapshot = snapshot.get(), .lower = prefix, .upper = prefix + "z"});
        const int seen = pairs.empty() ? -1 : std::stoi(pairs[0].second);
        const bool whole =
            pairs.size() == kKeys && seen >= last &&
            std::all_of(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.second == pairs[0].second; }) &&
            GetOr(*engine_, Family::kRows, prefix + "k3", "-1", snapshot.get()) == pairs[0].second;
        if (!whole) ++torn;
        last = seen;
      }
    });
  }
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&, writer] {
      for (int round = 1; round <= kRounds; ++round) write_round(writer, round);
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(Get("w0k0"), std::to_string(kRounds));
  EXPECT_EQ(Get("w1k7"), std::to_string(kRounds));
}

}  // namespace
}  // namespace rem
