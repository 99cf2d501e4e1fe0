#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rem {

/// When a write is acknowledged.
enum class Durability : uint8_t {
  kFull,    ///< After fsync: survives power loss. Concurrent writers share one sync (group commit).
  kNormal,  ///< After the write reached the operating system: survives the death of the process, not power loss.
};

/// How to open a database.
struct OpenOptions {
  /// Directory of the database. Empty together with `in_memory`.
  std::string path;
  /// Keep everything in memory; gone at close. For tests and scratch work.
  bool in_memory = false;
  bool create_if_missing = true;
  bool read_only = false;
  Durability durability = Durability::kFull;
  /// Memory for cached blocks of the storage engine, shared by all tenants of the path. The cache of places, which
  /// spares gets by id one of their two reads, takes up to an eighth of it in addition.
  size_t block_cache_bytes = 256u << 20;
  /// Memory for decoded columns of tables that are scanned again and again, shared by all tenants of the path. 0: none.
  size_t column_cache_bytes = 128u << 20;
  /// Memory for rows and index entries that lookups read, and for rows that were just written, shared by all tenants of
  /// the path. 0: none.
  size_t row_cache_bytes = 64u << 20;
  /// Memory for writes not yet in sorted files, over all column families.
  size_t write_buffer_bytes = 128u << 20;
  /// Threads that one query may use, the caller's among them. 0: as many as the machine has.
  size_t threads = 0;
  /// Memory for what the operators of one query keep (groups, joins, sorts). 0: a quarter of the machine's.
  size_t query_memory_bytes = 0;
  /// Largest record, as JSON text or in binary form.
  size_t max_record_bytes = 16u << 20;
  /// How many of a tenant's newest change-log entries are kept at least.
  uint64_t change_log_retention = 1'000'000;
  /// How many records of a tenant may wait for their embeddings, about; 0: any number. Past it an insert that would add
  /// to them waits for the worker, `embedding_wait_ms` at most, and then is Error(kLimitExceeded).
  uint64_t max_pending_embeddings = 10'000'000;
  int64_t embedding_wait_ms = 10'000;
};

}  // namespace rem
