// What the storage seam costs: the same pairs through Engine and through RocksDB itself with the same options, in
// turns, with the answers checked.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <rocksdb/db.h>

#include "base/bytes.h"
#include "base/random.h"
#include "storage/key_space.h"
#include "storage/rocksdb_engine.h"
#include "storage/rocksdb_options.h"

namespace {

constexpr int kRecords = 200'000;
constexpr int kPairsPerBatch = 6;
constexpr int kRounds = 5;

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "wrong answer: %s\n", what);
  std::exit(1);
}

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// RocksDB without the seam.
struct RawDatabase {
  explicit RawDatabase(const std::string& path) : config(rem::MakeRocksDbConfig({.path = path})) {
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (size_t i = 0; i < rem::kFamilyCount; ++i) {
      families.emplace_back(std::string(rem::DescribeFamily(static_cast<rem::Family>(i)).name), config.families[i]);
    }
    families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* opened = nullptr;
    Check(rocksdb::DB::Open(config.db, path, families, &handles, &opened).ok(), "open");
    db.reset(opened);
  }
  ~RawDatabase() {
    for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  }
  rocksdb::ColumnFamilyHandle* Handle(rem::Family family) { return handles[static_cast<size_t>(family)]; }

  rem::RocksDbConfig config;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  std::unique_ptr<rocksdb::DB> db;
};

rem::Uuid IdOf(uint64_t i) {
  rem::Uuid id;
  uint64_t state = rem::Random(i).Next();
  std::copy_n(reinterpret_cast<const uint8_t*>(&state), 8, id.bytes.begin());
  return id;
}

/// The pairs of one record: row, id, three index entries, change log.
template <typename Put>
void PutRecord(uint64_t row, const std::string& value, const Put& put) {
  put(rem::Family::kRows, rem::RowKey(1, 1, row), value);
  put(rem::Family::kIds, rem::IdKey(1, IdOf(row)), std::string(12, 'r'));
  for (uint32_t index = 1; index <= 3; ++index) {
    std::string key = rem::IndexPrefix(1, index);
    rem::AppendBig64(key, rem::Random(row * 3 + index).Next());
    rem::AppendBig64(key, row);
    put(rem::Family::kIndex, key, std::string());
  }
  put(rem::Family::kLog, rem::LogKey(1, row, rem::LogPart::kEntry), std::string(40, 'l'));
}

void Report(const char* what, std::vector<double> seam, std::vector<double> raw, double operations) {
  // The best of each: what is left when nothing else disturbs.
  const double best_seam = *std::min_element(seam.begin(), seam.end());
  const double best_raw = *std::min_element(raw.begin(), raw.end());
  std::printf("%-28s seam %10.0f/s   raw %10.0f/s   seam/raw %.3f\n", what, operations / best_seam,
              operations / best_raw, best_raw / best_seam);
}

void Run(const std::string& directory) {
  std::string value(300, ' ');
  rem::Random random(7);
  for (char& c : value) c = static_cast<char>('a' + random.Below(26));
  std::vector<double> write_seam, write_raw, get_seam, get_raw, scan_seam, scan_raw, bulk_seam;
  for (int round = 0; round < kRounds; ++round) {
    const std::string seam_path = directory + "/seam" + std::to_string(round);
    const std::string raw_path = directory + "/raw" + std::to_string(round);
    auto engine = rem::OpenRocksDbEngine({.path = seam_path});
    auto raw = std::make_unique<RawDatabase>(raw_path);
    const auto write_with_seam = [&] {
      rem::Batch batch;
      for (uint64_t row = 1; row <= kRecords; ++row) {
        batch.Clear();
        PutRecord(row, value,
                  [&](rem::Family family, const std::string& key, const std::string& v) { batch.Put(family, key, v); });
        engine->Write(batch, {});
      }
    };
    const auto write_raw_pairs = [&] {
      rocksdb::WriteBatch batch;
      for (uint64_t row = 1; row <= kRecords; ++row) {
        batch.Clear();
        PutRecord(row, value, [&](rem::Family family, const std::string& key, const std::string& v) {
          batch.Put(raw->Handle(family), key, v);
        });
        Check(raw->db->Write({}, &batch).ok(), "write");
      }
    };
    // Who goes first changes, since the second finds a warmer machine.
    if (round % 2 == 0) write_seam.push_back(Seconds(write_with_seam));
    write_raw.push_back(Seconds(write_raw_pairs));
    if (round % 2 == 1) write_seam.push_back(Seconds(write_with_seam));

    // Both read from table files.
    engine->Compact(rem::Family::kRows, {}, {});
    Check(raw->db->CompactRange({}, raw->Handle(rem::Family::kRows), nullptr, nullptr).ok(), "compact");
    const auto get = [&](const std::function<void(const std::string&, std::string&)>& one) {
      rem::Random keys(11);
      std::string found;
      for (int i = 0; i < kRecords; ++i) {
        one(rem::RowKey(1, 1, 1 + keys.Below(kRecords)), found);
        Check(found.size() == value.size(), "get");
      }
    };
    const auto get_with_seam = [&] {
      get([&](const std::string& key, std::string& v) { engine->Get(rem::Family::kRows, key, v); });
    };
    const auto get_from_raw = [&] {
      get([&](const std::string& key, std::string& v) {
        raw->db->Get({}, raw->Handle(rem::Family::kRows), key, &v).PermitUncheckedError();
      });
    };
    const auto scan_with_seam = [&] {
      size_t bytes = 0;
      const auto iterator =
          engine->Scan(rem::Family::kRows, {.lower = rem::TablePrefix(1, 1), .upper = rem::TablePrefix(1, 2)});
      for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next())
        bytes += iterator->value().size() + iterator->key().size();
      Check(bytes == kRecords * (value.size() + 16), "scan");
    };
    const auto scan_raw_rows = [&] {
      size_t bytes = 0;
      const std::string lower = rem::TablePrefix(1, 1), upper = rem::TablePrefix(1, 2);
      const rocksdb::Slice lower_slice(lower), upper_slice(upper);
      rocksdb::ReadOptions read;
      read.iterate_lower_bound = &lower_slice;
      read.iterate_upper_bound = &upper_slice;
      const std::unique_ptr<rocksdb::Iterator> iterator(raw->db->NewIterator(read, raw->Handle(rem::Family::kRows)));
      for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next())
        bytes += iterator->value().size() + iterator->key().size();
      Check(bytes == kRecords * (value.size() + 16), "scan");
    };
    get_with_seam(), get_from_raw(), scan_with_seam(), scan_raw_rows();
    get_seam.push_back(Seconds(get_with_seam));
    get_raw.push_back(Seconds(get_from_raw));
    scan_seam.push_back(Seconds(scan_with_seam));
    scan_raw.push_back(Seconds(scan_raw_rows));

    auto bulk_engine = rem::OpenRocksDbEngine({.path = directory + "/bulk" + std::to_string(round)});
    rem::Batch bulk;
    for (uint64_t row = 1; row <= kRecords; ++row) {
      PutRecord(row, value,
                [&](rem::Family family, const std::string& key, const std::string& v) { bulk.Put(family, key, v); });
    }
    bulk_seam.push_back(Seconds([&] { bulk_engine->Write(bulk, {.bulk = true}); }));
    engine.reset(), raw.reset(), bulk_engine.reset();
    for (const auto& entry : std::filesystem::directory_iterator(directory)) std::filesystem::remove_all(entry.path());
  }
  std::printf("%d records of %d pairs, best of %d rounds\n", kRecords, kPairsPerBatch, kRounds);
  Report("write, a batch per record", write_seam, write_raw, kRecords);
  Report("get, random rows", get_seam, get_raw, kRecords);
  Report("scan, all rows", scan_seam, scan_raw, kRecords);
  Report("bulk write / raw batches", bulk_seam, write_raw, kRecords);
}

}  // namespace

int main() {
  std::string directory = (std::filesystem::temp_directory_path() / "rem-bench-storage-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) return 1;
  Run(directory);
  std::filesystem::remove_all(directory);
  return 0;
}
