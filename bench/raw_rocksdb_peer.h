#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <rem/options.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "base/bytes.h"
#include "kv_peer.h"
#include "measure.h"
#include "storage/engine.h"
#include "storage/rocksdb_engine.h"
#include "storage/rocksdb_options.h"

namespace rem::bench {

/// What REM DB stores for one record in one column family: how many pairs, and their mean sizes.
struct PairShape {
  double pairs = 0;
  double key_bytes = 0;
  double value_bytes = 0;
};
using PairShapes = std::array<PairShape, kFamilyCount>;

/// Reads the shapes from a closed database of `records` records, through the storage engine. Definitions and counters
/// do not count.
inline PairShapes MeasurePairs(const OpenOptions& options, double records) {
  PairShapes shapes;
  const std::unique_ptr<Engine> engine = OpenRocksDbEngine(options);
  for (size_t i = 0; i < kFamilyCount; ++i) {
    if (static_cast<Family>(i) == Family::kMeta) continue;
    double pairs = 0, key_bytes = 0, value_bytes = 0;
    const auto iterator = engine->Scan(static_cast<Family>(i), {});
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      ++pairs;
      key_bytes += static_cast<double>(iterator->key().size());
      value_bytes += static_cast<double>(iterator->value().size());
    }
    // A definition in the change log is no pair of a record: hence the rounding.
    if (pairs > 0)
      shapes[i] = {static_cast<double>(static_cast<int64_t>(pairs / records + 0.5)), key_bytes / pairs,
                   value_bytes / pairs};
  }
  return shapes;
}

/// RocksDB itself, with the options of our engine and with pairs of the same number, order and size as REM DB writes
/// for each record. What it does not do: parse, validate, look whether the id is there, count, give sequences.
class RawRocksDbPeer final : public KvPeer {
 public:
  RawRocksDbPeer(const OpenOptions& options, const PairShapes& shapes)
      : shapes_(shapes), config_(MakeRocksDbConfig(options)), sync_(options.durability == Durability::kFull) {
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (size_t i = 0; i < kFamilyCount; ++i) {
      families.emplace_back(std::string(DescribeFamily(static_cast<Family>(i)).name), config_.families[i]);
    }
    families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* db = nullptr;
    Check(rocksdb::DB::Open(config_.db, options.path, families, &handles_, &db));
    db_.reset(db);
  }

  ~RawRocksDbPeer() override {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  void InsertOne(const KvRow& row, uint64_t number) override {
    thread_local rocksdb::WriteBatch batch;
    batch.Clear();
    AddPairs(batch, row, number);
    Commit(batch);
  }

  void InsertMany(std::span<const KvRow> rows, uint64_t first) override {
    rocksdb::WriteBatch batch;
    for (size_t i = 0; i < rows.size(); ++i) AddPairs(batch, rows[i], first + i);
    Commit(batch);
  }

  int64_t GetViews(uint64_t number) override {
    rocksdb::PinnableSlice value;
    std::string key;
    StartKey(key, kTable);
    AppendBig64(key, number + 1);
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), Handle(Family::kRows), key, &value);
    if (status.IsNotFound()) return -1;
    Check(status);
    return LoadFixed<int64_t>(value.data());
  }

  int64_t CountRatedAbove(double rating) override {
    int64_t count = 0;
    Scan([&](const rocksdb::Slice& value) { count += LoadFixed<double>(value.data() + 8) > rating; });
    return count;
  }

  int64_t CountRows() override {
    int64_t count = 0;
    Scan([&](const rocksdb::Slice&) { ++count; });
    return count;
  }

  void Compact() {
    for (size_t i = 0; i < kFamilyCount; ++i)
      Check(db_->CompactRange(rocksdb::CompactRangeOptions(), handles_[i], nullptr, nullptr));
  }

 private:
  static constexpr uint32_t kTable = 1;

  static void Check(const rocksdb::Status& status) {
    if (!status.ok()) Fail("RocksDB: " + status.ToString());
  }

  rocksdb::ColumnFamilyHandle* Handle(Family family) const { return handles_[static_cast<size_t>(family)]; }

  static void StartKey(std::string& key, uint32_t second) {
    key.clear();
    AppendBig32(key, 1);
    AppendBig32(key, second);
  }

  template <typename Visit>
  void Scan(const Visit& visit) {
    rocksdb::ReadOptions read;
    read.readahead_size = 1u << 20;
    const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(read, Handle(Family::kRows)));
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) visit(iterator->value());
    Check(iterator->status());
  }

  // Values are cut from the record's JSON, so that they compress like records; a row starts with the two numbers that
  // the reads check.
  void AddPairs(rocksdb::WriteBatch& batch, const KvRow& row, uint64_t number) {
    thread_local std::string key, value;
    StartKey(key, kTable);
    AppendBig64(key, number + 1);
    value.clear();
    AppendFixed(value, row.views);
    AppendFixed(value, row.rating);
    value.append(row.json);
    Put(batch, Family::kRows, key, value);

    key.clear();
    AppendBig32(key, 1);
    key.append(row.id.AsBytes());
    Put(batch, Family::kIds, key, value);

    AddIndexEntry(batch, 1, row.category, number);
    AddIndexEntry(batch, 2, row.author, number);
    char digits[8];
    const uint64_t big = __builtin_bswap64(static_cast<uint64_t>(row.views) ^ (uint64_t{1} << 63));
    std::memcpy(digits, &big, sizeof digits);
    AddIndexEntry(batch, 3, {digits, sizeof digits}, number);

    AddNumbered(batch, Family::kLog, row, number);
    if (shapes_[static_cast<size_t>(Family::kLookup)].pairs > 0) AddNumbered(batch, Family::kLookup, row, number);
  }

  void AddIndexEntry(rocksdb::WriteBatch& batch, uint32_t index, std::string_view bytes, uint64_t number) {
    thread_local std::string key;
    StartKey(key, index);
    key.append(bytes);
    // Two bytes of type and terminator, as an order-preserving encoding has them.
    key.append(2, '\0');
    AppendBig64(key, number + 1);
    Put(batch, Family::kIndex, key, {});
  }

  void AddNumbered(rocksdb::WriteBatch& batch, Family family, const KvRow& row, uint64_t number) {
    thread_local std::string key;
    key.clear();
    AppendBig32(key, 1);
    AppendBig64(key, number + 1);
    key.resize(std::max(key.size(), KeySize(family)), '\0');
    Put(batch, family, key, row.id.AsBytes());
  }

  size_t KeySize(Family family) const {
    return static_cast<size_t>(shapes_[static_cast<size_t>(family)].key_bytes + 0.5);
  }

  void Put(rocksdb::WriteBatch& batch, Family family, std::string_view key, std::string_view value) {
    const auto size = static_cast<size_t>(shapes_[static_cast<size_t>(family)].value_bytes + 0.5);
    thread_local std::string padded;
    if (value.size() < size) {
      padded.assign(value);
      while (padded.size() < size) padded.append(filler_, 0, size - padded.size());
      value = padded;
    }
    Check(batch.Put(Handle(family), rocksdb::Slice(key.data(), key.size()), rocksdb::Slice(value.data(), size)));
  }

  void Commit(rocksdb::WriteBatch& batch) {
    rocksdb::WriteOptions write;
    write.sync = sync_;
    Check(db_->Write(write, &batch));
  }

  PairShapes shapes_;
  RocksDbConfig config_;
  bool sync_;
  std::string filler_ = std::string(64, 'f');
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace rem::bench
