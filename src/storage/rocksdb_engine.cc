#include "storage/rocksdb_engine.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <numeric>
#include <system_error>
#include <utility>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/write_batch.h>

#include "base/check.h"
#include "storage/info_log.h"
#include "storage/key_codec.h"
#include "storage/log_check.h"
#include "storage/rocksdb_bulk.h"
#include "storage/rocksdb_files.h"
#include "storage/rocksdb_iterator.h"
#include "storage/rocksdb_options.h"
#include "storage/space_guard.h"
#include "storage/status_error.h"
#include "storage/table_check.h"

namespace rem {

namespace {

/// At close, memtables larger than this are written to table files, because replaying them would make the next open
/// slow.
constexpr uint64_t kFlushAtCloseBytes = 8u << 20;
constexpr size_t kMaxInfoLogBytes = 4u << 20;

/// From this many logs on they are turned into table files at open, so that short-lived processes do not pile them up.
constexpr size_t kMaxKeptLogs = 8;
/// A converted batch larger than this gives its memory back after the write.
constexpr size_t kKeptBatchBytes = 4u << 20;
/// A long scan may fill this part of the block cache, by bytes on disk, of which there are about half as many.
constexpr size_t kShareOfOneScan = 8;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

/// Notes that RocksDB has stopped writing. It would resume on a thread of its own once there is space, without the
/// check that Resume below makes.
class FailureListener final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status* /*error*/) override {
    failed = true;
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
  std::atomic<bool> failed{false};
};

class RocksDbSnapshot final : public EngineSnapshot {
 public:
  explicit RocksDbSnapshot(rocksdb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}
  ~RocksDbSnapshot() override { db_.ReleaseSnapshot(snapshot_); }
  const rocksdb::Snapshot* snapshot() const { return snapshot_; }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* snapshot_;
};

const rocksdb::Snapshot* SnapshotOf(const EngineSnapshot* snapshot) {
  return snapshot == nullptr ? nullptr : static_cast<const RocksDbSnapshot*>(snapshot)->snapshot();
}

class RocksDbEngine final : public Engine {
 public:
  RocksDbEngine(RocksDbConfig config, std::string path, bool read_only, std::shared_ptr<FailureListener> listener,
                std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> opened)
      : config_(std::move(config)),
        path_(std::move(path)),
        read_only_(read_only),
        listener_(std::move(listener)),
        db_(std::move(db)) {
    // The families were opened in the order of the enum, RocksDB's unused default one last.
    REM_CHECK(opened.size() == kFamilyCount + 1);
    std::copy_n(opened.begin(), kFamilyCount, handles_.begin());
    default_handle_ = opened.back();
    bulk_ = std::make_unique<BulkWriter>(*db_, handles_, config_, path_);
    guard_ = std::make_unique<SpaceGuard>(*config_.db.env, path_);
  }

  /// Prepares a database that was opened for writing. `many_logs`: see kMaxKeptLogs.
  void StartWriting(bool many_logs) {
    // The lock is ours, so no other process is writing there.
    std::error_code ignored;
    std::filesystem::remove_all(BulkDirectory(path_), ignored);
    // On a nearly full disk the logs stay, so that what is there can be read and deleted.
    if (many_logs && guard_->HasRoomFor(LogBytes())) FlushAll();
    WriteMarker();
  }

  ~RocksDbEngine() override {
    try {
      if (!read_only_ && MemtableBytes() > kFlushAtCloseBytes) FlushAll();
    } catch (const Error&) {
      // The log has everything; the next open replays it.
    }
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    db_->DestroyColumnFamilyHandle(default_handle_);
    db_->Close().PermitUncheckedError();
  }

  bool Get(Family family, std::string_view key, std::string& value, const EngineSnapshot* snapshot) const override {
    rocksdb::ReadOptions read;
    read.snapshot = SnapshotOf(snapshot);
    const rocksdb::Status status = db_->Get(read, Handle(family), ToSlice(key), &value);
    if (status.ok()) return true;
    if (status.IsNotFound()) return false;
    throw ErrorFromStatus(status, "cannot read from the database");
  }

  std::vector<std::optional<std::string>> MultiGet(Family family, std::span<const std::string> keys,
                                                   const EngineSnapshot* snapshot) const override {
    rocksdb::ReadOptions read;
    read.snapshot = SnapshotOf(snapshot);
    std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db_->MultiGet(read, Handle(family), keys.size(), slices.data(), values.data(), statuses.data());
    std::vector<std::optional<std::string>> results(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].ok()) {
        results[i].emplace(values[i].data(), values[i].size());
      } else if (!statuses[i].IsNotFound()) {
        throw ErrorFromStatus(statuses[i], "cannot read from the database");
      }
    }
    return results;
  }

  std::unique_ptr<EngineIterator> Scan(Family family, ScanOptions options) const override {
    const rocksdb::Snapshot* snapshot = SnapshotOf(options.snapshot);
    // Asked once a scan has proved long.
    std::function<bool()> keeps_blocks;
    if (options.sequential && options.fill_cache)
      keeps_blocks = [this, family, lower = options.lower] { return FitsCache(family, lower); };
    return NewRocksDbIterator(*db_, Handle(family), std::move(options), snapshot, std::move(keeps_blocks));
  }

  std::unique_ptr<const EngineSnapshot> NewSnapshot() const override { return std::make_unique<RocksDbSnapshot>(*db_); }

  void Write(const Batch& batch, const WriteOptions& options) override {
    CheckWritable();
    if (batch.empty()) return;
    guard_->Spend(batch.bytes());
    WithRecovery([&] {
      if (options.bulk && !has_resumed_ && BulkWriter::Suits(batch)) {
        bulk_->Write(batch);
      } else {
        WriteToLog(batch, options.sync || options.bulk);
      }
    });
  }

  void Sync() override {
    CheckWritable();
    WithRecovery([&] { ThrowIfFailed(db_->FlushWAL(true), "cannot sync the database"); });
  }

  void Compact(Family family, std::string_view lower, std::string_view upper) override {
    CheckWritable();
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    // The largest level is rewritten as well: that is where the overwritten data lies.
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    const rocksdb::Slice begin = ToSlice(lower);
    const rocksdb::Slice end = ToSlice(upper);
    ThrowIfFailed(
        db_->CompactRange(options, Handle(family), lower.empty() ? nullptr : &begin, upper.empty() ? nullptr : &end),
        "cannot compact the database");
    // The marker in RocksDB's own family would keep the log that holds it.
    ThrowIfFailed(db_->Flush(rocksdb::FlushOptions(), default_handle_), "cannot compact the database");
  }

  EngineStats Stats() const override {
    EngineStats stats;
    stats.disk_bytes = SumOverFamilies("rocksdb.total-sst-files-size") + LogBytes();
    stats.memory_bytes = SumOverFamilies("rocksdb.cur-size-all-mem-tables") +
                         SumOverFamilies("rocksdb.estimate-table-readers-mem") + config_.block_cache->GetUsage();
    return stats;
  }

  uint64_t ApproximateSize(Family family, std::string_view lower, std::string_view upper) const override {
    // Past every key that is made here: RocksDB has no range without an end.
    static const std::string kEnd(64, '\xff');
    const rocksdb::Range range(ToSlice(lower), upper.empty() ? rocksdb::Slice(kEnd) : ToSlice(upper));
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    options.include_files = true;
    uint64_t bytes = 0;
    ThrowIfFailed(db_->GetApproximateSizes(options, Handle(family), &range, 1, &bytes),
                  "cannot estimate the size of a key range");
    return bytes;
  }

  void VerifyChecksums() const override {
    rocksdb::ReadOptions read;
    read.fill_cache = false;
    // Whole files against the checksums in the MANIFEST, which covers the bytes between blocks too, then the logs.
    ThrowIfFailed(db_->VerifyFileChecksums(read), "a stored file is damaged");
    VerifyLogFiles(path_);
  }

  void FlushAll() {
    // RocksDB's own family too: its marker would keep every log since the first.
    std::vector<rocksdb::ColumnFamilyHandle*> all(handles_.begin(), handles_.end());
    all.push_back(default_handle_);
    ThrowIfFailed(db_->Flush(rocksdb::FlushOptions(), all), "cannot write memory to the database's files");
  }

 private:
  rocksdb::ColumnFamilyHandle* Handle(Family family) const { return handles_[static_cast<size_t>(family)]; }

  /// Whether the blocks of a long scan that begins at `lower`, or is one part of a scan around it, are worth the block
  /// cache: those of all rows of a large table would throw out what gets have put there, and be thrown out by each
  /// other before the next scan comes to them. Filling it is what costs most of such a scan, by the page faults of
  /// fresh memory.
  bool FitsCache(Family family, std::string_view lower) const {
    const FamilySpec& spec = DescribeFamily(family);
    if (spec.access != AccessPattern::kScanAndGet || lower.size() < spec.prefix_bytes) return true;
    const std::string prefix(lower.substr(0, spec.prefix_bytes));
    return ApproximateSize(family, prefix, PrefixEnd(prefix)) < config_.block_cache->GetCapacity() / kShareOfOneScan;
  }

  void CheckWritable() const {
    if (!read_only_) return;
    throw Error(ErrorCode::kPermission, "the database is open for reading only", "open it without read_only to write");
  }

  /// The order in which the operations go into the memtables. A large batch of puts is sorted by family and key,
  /// stably: an ordered insert starts where the last one ended in the skip list, which halves the cost of a batch of a
  /// thousand records.
  static void OrderForInsertion(const Batch& batch, std::vector<uint32_t>& order) {
    constexpr size_t kWorthSorting = 64;
    const auto& operations = batch.operations();
    order.resize(operations.size());
    std::iota(order.begin(), order.end(), 0u);
    auto is_put = [](const Batch::Operation& op) { return op.kind == Batch::Kind::kPut; };
    if (operations.size() < kWorthSorting || !std::all_of(operations.begin(), operations.end(), is_put)) return;
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      const Batch::Operation& left = operations[a];
      const Batch::Operation& right = operations[b];
      return left.family != right.family ? left.family < right.family : batch.key(left) < batch.key(right);
    });
  }

  void WriteToLog(const Batch& batch, bool sync) {
    // One converted batch per thread keeps its memory: a commit allocates nothing here.
    thread_local rocksdb::WriteBatch converted;
    thread_local std::vector<uint32_t> order;
    converted.Clear();
    OrderForInsertion(batch, order);
    for (uint32_t i : order) {
      const Batch::Operation& op = batch.operations()[i];
      rocksdb::ColumnFamilyHandle* handle = Handle(op.family);
      const rocksdb::Slice key = ToSlice(batch.key(op));
      rocksdb::Status added;
      switch (op.kind) {
        case Batch::Kind::kPut:
          added = converted.Put(handle, key, ToSlice(batch.value(op)));
          break;
        case Batch::Kind::kDelete:
          added = converted.Delete(handle, key);
          break;
        case Batch::Kind::kDeleteRange:
          added = converted.DeleteRange(handle, key, ToSlice(batch.value(op)));
          break;
      }
      ThrowIfFailed(added, "cannot build a write");
    }
    rocksdb::WriteOptions write;
    write.sync = sync;
    const rocksdb::Status status = db_->Write(write, &converted);
    if (converted.GetDataSize() > kKeptBatchBytes) converted = rocksdb::WriteBatch();
    ThrowIfFailed(status, "cannot write to the database");
  }

  /// Makes the memtable of RocksDB's own family, which nothing else uses, hold something (see Resume).
  void WriteMarker() {
    rocksdb::WriteBatch batch;
    ThrowIfFailed(batch.Put(default_handle_, "open", ""), "cannot build a write");
    ThrowIfFailed(db_->Write({}, &batch), "cannot write to the database");
  }

  /// Throws where RocksDB still cannot write. It only starts a new log where a memtable holds something; otherwise it
  /// would go on with the file whose write failed, which aborts the process. The first attempt starts the new log even
  /// where the rest of it fails.
  void Resume() {
    std::lock_guard lock(resume_mutex_);
    if (!listener_->failed) return;
    if (!log_is_fresh_ && SumOverFamilies("rocksdb.num-entries-active-mem-table") + DefaultFamilyEntries() == 0) {
      throw Error(ErrorCode::kIo, "the database cannot write since an earlier write failed",
                  "close the database and open it again");
    }
    log_is_fresh_ = true;
    ThrowIfFailed(db_->Resume(), "the database cannot write since an earlier write failed");
    log_is_fresh_ = false;
    has_resumed_ = true;
    listener_->failed = false;
    WriteMarker();
  }

  uint64_t DefaultFamilyEntries() const {
    uint64_t entries = 0;
    db_->GetIntProperty(default_handle_, "rocksdb.num-entries-active-mem-table", &entries);
    return entries;
  }

  /// After a write error RocksDB refuses every write until it is told to resume, which writes the memtables to files
  /// and starts a new log, so that the failed batch is gone for good. That is tried at once, and where it fails before
  /// each later write.
  template <typename Operation>
  void WithRecovery(const Operation& operation) {
    if (listener_->failed) Resume();
    try {
      operation();
    } catch (const Error& failure) {
      if (!listener_->failed) throw;
      try {
        Resume();
      } catch (const Error&) {
        throw failure;
      }
      throw;
    }
  }

  uint64_t SumOverFamilies(const char* property) const {
    uint64_t sum = 0;
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      uint64_t value = 0;
      if (db_->GetIntProperty(handle, property, &value)) sum += value;
    }
    return sum;
  }

  uint64_t MemtableBytes() const { return SumOverFamilies("rocksdb.cur-size-active-mem-table"); }

  uint64_t LogBytes() const {
    rocksdb::VectorLogPtr logs;
    uint64_t bytes = 0;
    if (db_->GetSortedWalFiles(logs).ok()) {
      for (const auto& log : logs) bytes += log->SizeFileBytes();
    }
    return bytes;
  }

  RocksDbConfig config_;
  std::string path_;
  bool read_only_;
  std::shared_ptr<FailureListener> listener_;
  std::unique_ptr<rocksdb::DB> db_;
  FamilyHandles handles_{};
  rocksdb::ColumnFamilyHandle* default_handle_ = nullptr;
  std::unique_ptr<BulkWriter> bulk_;
  std::unique_ptr<SpaceGuard> guard_;
  std::mutex resume_mutex_;
  bool log_is_fresh_ =
      false;  ///< A resume that failed later on has replaced the log whose write failed. Under resume_mutex_.
  /// This release gives ingested files the number 0 once it has resumed from an error; bulks go through the log from
  /// then on.
  std::atomic<bool> has_resumed_{false};
};

/// A family that this program does not know is one of a newer version.
void CheckFamiliesOnDisk(const OpenOptions& options, const rocksdb::DBOptions& db_options) {
  std::vector<std::string> names;
  ThrowIfFailed(rocksdb::DB::ListColumnFamilies(db_options, options.path, &names),
                "cannot open the database in \"" + options.path + "\"");
  for (const std::string& name : names) {
    bool known = name == rocksdb::kDefaultColumnFamilyName;
    for (size_t i = 0; i < kFamilyCount; ++i) known = known || name == DescribeFamily(static_cast<Family>(i)).name;
    if (!known) {
      throw Error(ErrorCode::kFormatVersion,
                  "the database in \"" + options.path + "\" has an unknown column family \"" + name + "\"",
                  "it was written by a newer version of REM DB or by another program; open it there");
    }
  }
}

}  // namespace

std::unique_ptr<Engine> OpenRocksDbEngine(const OpenOptions& options, rocksdb::Env* env) {
  const DatabaseFiles files = PrepareDatabaseDirectory(options);
  RocksDbConfig config = MakeRocksDbConfig(options);
  if (env != nullptr) config.db.env = env;
  // The text log belongs to the process that writes.
  config.db.info_log =
      OpenInfoLog(options.read_only ? "" : options.path + "/LOG", rocksdb::InfoLogLevel::WARN_LEVEL, kMaxInfoLogBytes);
  auto listener = std::make_shared<FailureListener>();
  config.db.listeners.push_back(listener);
  if (files.exists) {
    VerifyLogFiles(options.path);
    VerifyTableFiles(options.path);
    CheckFamiliesOnDisk(options, config.db);
  }

  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    families.emplace_back(std::string(DescribeFamily(static_cast<Family>(i)).name), config.families[i]);
  }
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());

  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status =
      options.read_only ? rocksdb::DB::OpenForReadOnly(config.db, options.path, families, &handles, &opened)
                        : rocksdb::DB::Open(config.db, options.path, families, &handles, &opened);
  if (!status.ok()) {
    const Error error = ErrorFromStatus(status, "cannot open the database in \"" + options.path + "\"");
    if (error.code() == ErrorCode::kLocked) {
      throw Error(ErrorCode::kLocked, "the database in \"" + options.path + "\" is open in another process",
                  error.hint())
          .WithDetail(error.detail());
    }
    throw error;
  }
  auto engine = std::make_unique<RocksDbEngine>(std::move(config), options.path, options.read_only, std::move(listener),
                                                std::unique_ptr<rocksdb::DB>(opened), std::move(handles));
  if (!options.read_only) engine->StartWriting(files.write_ahead_logs >= kMaxKeptLogs);
  return engine;
}

}  // namespace rem
