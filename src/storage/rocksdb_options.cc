#include "storage/rocksdb_options.h"

#include <sys/resource.h>

#include <algorithm>

#include <rocksdb/cache.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_buffer_manager.h>

namespace rem {

namespace {

constexpr size_t kKiB = 1u << 10;
constexpr size_t kMiB = 1u << 20;
constexpr uint64_t kSecondsPerDay = 24 * 60 * 60;

/// RocksDB keeps a descriptor per table file open. Half of what the process may have leaves the rest to the
/// application.
int MaxOpenFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  const rlim_t half = limit.rlim_cur / 2;
  return static_cast<int>(std::clamp<rlim_t>(half, 64, 1u << 20));
}

void TuneLogAndWrites(rocksdb::DBOptions& db, const OpenOptions& options) {
  // Replays every whole record and stops at one that a crash cut off. The stricter mode refuses databases after every
  // crash, the laxer ones drop records behind a damaged one. What this mode cannot tell from a cut-off end is found by
  // VerifyLogFiles before RocksDB opens.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A log is replayed into memory and kept, instead of one small table file per family at every open: short-lived
  // processes that write a few records each would otherwise spend their time on fsync and leave hundreds of tiny files.
  db.avoid_flush_during_recovery = true;
  // A family that is written rarely must not hold old logs for ever, since every open replays them: past this its
  // memtable is flushed.
  db.max_total_wal_size = options.write_buffer_bytes;
  // A write is in the operating system before Write returns, so the death of the process loses nothing even without
  // sync.
  db.manual_wal_flush = false;
  // All families share the log, so a batch is atomic over them through it; flushing them together as well would only
  // write small files.
  db.atomic_flush = false;
  // The commit pipeline above has one writer thread at a time, which groups the commits itself. So there is never a
  // second writer to overlap with: pipelining only adds hand-overs, a concurrent memtable only atomic operations, and
  // unordered writes would give up that a snapshot sees whole batches.
  db.enable_pipelined_write = false;
  db.allow_concurrent_memtable_write = false;
  db.unordered_write = false;
  // Memtables of all families together; a single one is flushed when the sum gets here. Flushing starts early enough
  // that writers need not wait.
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes);
  // Written table data goes to the disk in steps and not in one burst at the end, which would stall the syncs of
  // commits behind it.
  db.bytes_per_sync = kMiB;
}

void TuneFilesAndBackground(rocksdb::DBOptions& db) {
  // One flush and one compaction: the engine is embedded and leaves cores to the application. A single flush thread
  // also keeps clear of a fault of RocksDB before 8.6.6, where a failing flush could remove the output of another one.
  db.max_background_jobs = 2;
  db.max_open_files = MaxOpenFiles();
  // Checks on every read and at open are on; each table file also has a checksum over all its bytes, block trailers and
  // footer included, so that VerifyChecksums finds any flipped bit.
  db.paranoid_checks = true;
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  // Deleting files may take long on some file systems; it is not done on the thread that drops an iterator.
  db.avoid_unnecessary_blocking_io = true;
  // Counters cost atomic operations on every read, and nothing reads them.
  db.statistics = nullptr;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  // Statistics of every table file would be read at open, for an estimate that compaction does without.
  db.skip_stats_update_on_db_open = true;
  // The list of table files is rewritten before it grows large; it is read whole at every open.
  db.max_manifest_file_size = 16 * kMiB;
}

rocksdb::BlockBasedTableOptions TableOptions(const FamilySpec& spec, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Indexes and filters count against the cache's bytes, so that memory is bounded by the option; being pinned, they
  // cost no lookup.
  table.cache_index_and_filter_blocks = true;
  table.metadata_cache_options.top_level_index_pinning = rocksdb::PinningTier::kAll;
  table.metadata_cache_options.partition_pinning = rocksdb::PinningTier::kAll;
  table.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
  // The newest format of this release: better index encoding and the faster Bloom filter.
  table.format_version = 5;
  // The checksum of every block, verified whenever it is read from a file.
  table.checksum = rocksdb::kXXH3;
  const bool found_by_key = spec.access == AccessPattern::kPoint || spec.access == AccessPattern::kScanAndGet ||
                            spec.access == AccessPattern::kLarge;
  if (found_by_key) {
    // One byte and a quarter per key answer 99 % of the gets of absent keys without a read. A ribbon filter saves 30 %
    // of that but takes three times as long to build, which compaction on two cores feels more than the memory.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.whole_key_filtering = true;
  }
  if (spec.access == AccessPattern::kPoint || spec.access == AccessPattern::kScanAndGet) {
    // A hash of the keys inside each block replaces the binary search of a get; scans ignore it.
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    table.data_block_hash_table_util_ratio = 0.75;
  }
  switch (spec.access) {
    case AccessPattern::kPoint:
      table.block_size = 4 * kKiB;  // A get reads one page.
      break;
    case AccessPattern::kScanAndGet:
      table.block_size = 8 * kKiB;  // Some twenty rows: a get decompresses little, a scan still has few blocks.
      break;
    case AccessPattern::kRange:
      // Hundreds of entries: a block that one lookup has read serves many others, and keys without values unpack fast.
      table.block_size = 16 * kKiB;
      break;
    case AccessPattern::kAppend:
    case AccessPattern::kLarge:
      table.block_size = 16 * kKiB;  // Read in order, or larger than a page each.
      break;
  }
  return table;
}

rocksdb::ColumnFamilyOptions FamilyOptions(const FamilySpec& spec, const OpenOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(spec, cache)));
  // No prefix extractor. Its filters could only tell whether a file has a given tenant or table, which the key range of
  // the file tells as well, and iterators would need the caller's promise to stay inside a prefix to be right.
  family.prefix_extractor = nullptr;

  // The write buffer is shared; half of it for one family lets a bulk of rows use it while flushes of the others go on.
  family.write_buffer_size = std::max<size_t>(options.write_buffer_bytes / 2, 4 * kMiB);
  // Writers go on while two full memtables wait for the flush thread.
  family.max_write_buffer_number = 4;
  // Level sizes follow the largest level: space overhead stays near 10 %, also after large deletes.
  family.level_compaction_dynamic_level_bytes = true;
  family.target_file_size_base = 64 * kMiB;
  family.max_bytes_for_level_base = 256 * kMiB;
  // Data that lies still is compacted once in this time, so that what was deleted above it goes away from the disk.
  family.ttl = 30 * kSecondsPerDay;
  family.periodic_compaction_seconds = 60 * kSecondsPerDay;

  // LZ4 unpacks at memory speed and fits more rows into the cache of the operating system. Random ids and floats do not
  // get smaller.
  const bool incompressible = spec.access == AccessPattern::kLarge || spec.family == Family::kIds;
  family.compression = incompressible ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;

  if (spec.family == Family::kIds) {
    // An insert asks whether its id is there, and mostly it is not: a Bloom filter of the memtable answers without the
    // skip list.
    family.memtable_prefix_bloom_size_ratio = 0.02;
    family.memtable_whole_key_filtering = true;
  }
  if (spec.access == AccessPattern::kScanAndGet || spec.access == AccessPattern::kLarge) {
    // A row is got by an id that was found before, so it is there: the largest level, where most rows are, needs no
    // filter to say so.
    family.optimize_filters_for_hits = true;
  }
  // No memtable insert hints: a skip list already remembers its last insert, which is the place of the next one for
  // keys that arrive in order, and in a family with range deletions hints make this release abort inside the memtable.
  if (spec.access == AccessPattern::kAppend || spec.access == AccessPattern::kRange) {
    // A file with many deletions in a row makes scans slow; it is compacted at once.
    family.table_properties_collector_factories.push_back(rocksdb::NewCompactOnDeletionCollectorFactory(16'384, 8'192));
  }
  return family;
}

}  // namespace

RocksDbConfig MakeRocksDbConfig(const OpenOptions& options) {
  RocksDbConfig config;
  // The lock-free HyperClockCache of this release is marked experimental and wants the average block size in advance,
  // which differs here by family; sixteen shards keep the locks of the LRU cache short.
  config.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes, 4);
  config.db.create_if_missing = options.create_if_missing;
  config.db.create_missing_column_families = true;
  TuneLogAndWrites(config.db, options);
  TuneFilesAndBackground(config.db);
  for (size_t i = 0; i < kFamilyCount; ++i) {
    config.families[i] = FamilyOptions(DescribeFamily(static_cast<Family>(i)), options, config.block_cache);
  }
  return config;
}

}  // namespace rem
