#pragma once

#include <array>
#include <atomic>
#include <string>

#include <rocksdb/db.h>

#include "storage/batch.h"
#include "storage/rocksdb_options.h"

namespace rem {

using FamilyHandles = std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>;

/// Below this the log is faster than making files.
inline constexpr size_t kMinBulkBytes = 1u << 20;

/// Writes batches as sorted table files and adds these to the database in one atomic step.
class BulkWriter {
 public:
  BulkWriter(rocksdb::DB& db, const FamilyHandles& handles, const RocksDbConfig& config,
             const std::string& database_path);

  /// False when the batch is small or holds deletions, which table files cannot express in order: write it through the
  /// log.
  static bool Suits(const Batch& batch);
  /// `batch` must suit. Durable at return. Of several puts to one key the last one counts. On an error nothing is
  /// visible and no file is left.
  void Write(const Batch& batch);

 private:
  rocksdb::DB& db_;
  const FamilyHandles& handles_;
  const RocksDbConfig& config_;
  std::string directory_;
  std::atomic<uint64_t> next_file_{0};
};

}  // namespace rem
