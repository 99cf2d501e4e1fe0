#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>
#include <rem/error.h>
#include <rem/options.h>
#include <rem/result.h>
#include <rem/uuid.h>
#include <rem/value.h>

namespace rem {

/// A stored record: its system columns and its properties.
struct Record {
  Uuid id;
  std::string table;
  Timestamp created_at;
  Timestamp modified_at;
  std::optional<Timestamp> deleted_at;
  /// Change-log sequence of the record's last change; what UpdateOptions::expected_version compares.
  uint64_t version = 0;
  /// The properties, without system columns and vectors.
  Document properties;
};

/// A record with the score that a search gave it.
struct ScoredRecord {
  Record record;
  double score = 0;
};

struct TableInfo {
  std::string name;  ///< The name that SQL uses: the schema's short_name, else the name it was registered under.
  std::string fully_qualified_name;
  std::string version;
  std::string category;  ///< "system", "agents", "public" or "user"
  std::string description;
  std::vector<std::string> indexed_fields;
  std::vector<std::string> embedding_fields;
  std::string embedding_provider;
  std::string key_field;      ///< Empty when none.
  Document json_schema;       ///< As registered, with $defs and $refs.
  int64_t row_count = 0;      ///< Live rows (soft-deleted ones not counted).
  bool indexes_ready = true;  ///< False while a new index is being built in the background.
};

struct RegisterOptions {
  /// Apply a change that existing rows may violate.
  bool force = false;
};

struct InsertOptions {
  /// Fail with kAlreadyExists instead of replacing a record with the same id or key.
  bool fail_if_exists = false;
};

struct UpdateOptions {
  /// Error(kConflict) unless the record's version is this one.
  std::optional<uint64_t> expected_version;
};

/// One entry of the change log.
struct Change {
  uint64_t sequence = 0;
  std::string operation;  ///< "insert", "update", "delete", "restore", "purge", "schema", "drop_table", "embed"
  std::string table;
  Uuid id;
  Timestamp timestamp;            ///< Physical part of the hybrid logical clock.
  uint64_t hybrid_time = 0;       ///< 48 bits of milliseconds, 16 bits of counter.
  Uuid origin;                    ///< The database that made the change.
  std::optional<Document> image;  ///< The record after the change; absent for deletions and purged records.
};

/// A filter of `Session::Query`, the engine's side of the Python Query class, as a JSON document:
///   {"filters": [P...], "sort": [{"field": f, "order": "asc"|"desc"}...], "skip": n, "take": n}
/// where P is {"op": "eq|ne|gt|gte|lt|lte|in|not_in|contains|starts_with|ends_with|exists|not_exists|all", "field": f,
/// "value": v} or {"op": "and|or", "predicates": [P...]} or {"op": "not", "predicate": P}. A field is looked up as a
/// column, then in the object `properties`, then in `metadata`; a comparison with null is false.
using QuerySpec = Document;

struct SearchOptions {
  size_t top_k = 10;
  double min_score = -1.0;
  /// "embedding", "embedding_alt" or any vector column.
  std::string column = "embedding";
  /// Optional predicate, as for Session::Query ("filters" only is used).
  std::optional<QuerySpec> filter;
};

/// What a bulk operation reports as it goes; return false to stop (what is committed stays).
using Progress = std::function<bool(uint64_t done, uint64_t total)>;

struct DatabaseInfo {
  std::string path;
  std::string database_id;
  uint32_t format_version = 0;
  std::vector<std::string> tenants;
  uint64_t disk_bytes = 0;
  uint64_t memory_bytes = 0;        ///< Of the storage engine: memtables, block cache, table readers.
  uint64_t column_cache_bytes = 0;  ///< Of decoded columns.
  uint64_t row_cache_bytes = 0;     ///< Of rows and index entries in front of the engine.
};

class Database;
struct EmbeddingStatus;  // <rem/embedding.h>
struct VectorIndexInfo;  // <rem/vector_index.h>

/// All work of one tenant. Sees only that tenant's data. Thread-safe. Keeps its Database's engine open.
class Session {
 public:
  class Impl;
  explicit Session(std::shared_ptr<Impl> impl);

  const std::string& tenant() const;

  // Tables.
  /// Registers or changes a table from a JSON Schema (draft 2020-12, or 7 where $schema says so). Errors:
  /// kInvalidSchema, kSchemaConflict with the reasons as detail.
  TableInfo RegisterSchema(std::string_view name, const Document& json_schema, const RegisterOptions& options = {});
  /// Error(kTableNotFound) with the nearest names. Finds by name, short_name or fully_qualified_name.
  TableInfo GetTable(std::string_view name) const;
  std::vector<TableInfo> ListTables() const;
  void DropTable(std::string_view name);
  /// Waits until no index of this tenant is being built. False when `timeout_ms` ran out.
  bool WaitForIndexes(int64_t timeout_ms);

  // Records. Every write is atomic, indexed and in the change log when the call returns.
  Uuid Insert(std::string_view table, const Document& record, const InsertOptions& options = {});
  /// All or nothing. Ids in the order of the records.
  std::vector<Uuid> InsertBatch(std::string_view table, std::span<const Document> records,
                                const InsertOptions& options = {});
  /// Applies an RFC 7396 merge patch and validates the result. Error(kRecordNotFound), Error(kConflict).
  Record Update(const Uuid& id, const Document& merge_patch, const UpdateOptions& options = {});
  /// Soft delete: invisible to queries, restorable. False when there is no such live record.
  bool Delete(const Uuid& id);
  bool Restore(const Uuid& id);
  /// Removes the record from rows, indexes, vectors and change-log images for good.
  bool Purge(const Uuid& id);

  std::optional<Record> Get(const Uuid& id) const;
  /// In the order of the ids; nullopt for the missing ones.
  std::vector<std::optional<Record>> MultiGet(std::span<const Uuid> ids) const;
  /// Records whose id, key, name or alias is `key` (case-insensitive), over every table.
  std::vector<Record> Lookup(std::string_view key) const;
  int64_t Count(std::string_view table) const;
  /// Calls `visit` for each live record in insert order, from one snapshot, until it returns false.
  void Scan(std::string_view table, const std::function<bool(const Record&)>& visit) const;

  // Queries.
  Result Sql(std::string_view text, std::span<const Value> parameters = {});
  /// Ends the statements of this session that are running, from any thread or a signal handler: they fail with
  /// Error(kCancelled), also while their rows are being read. Statements that begin later are not affected.
  void Cancel() const noexcept;
  /// The plan of a statement as indented text.
  std::string Explain(std::string_view text);
  std::vector<Record> Query(std::string_view table, const QuerySpec& spec) const;
  std::vector<ScoredRecord> Search(std::string_view table, std::string_view text,
                                   const SearchOptions& options = {}) const;
  std::vector<ScoredRecord> SearchVector(std::string_view table, std::span<const float> vector,
                                         const SearchOptions& options = {}) const;

  // Vectors.
  /// Any dimension for the first vector of a column without a declared provider; Error(kDimensionMismatch) later.
  void SetEmbedding(const Uuid& id, std::span<const float> vector, std::string_view column = "embedding");
  std::optional<VectorValue> GetEmbedding(const Uuid& id, std::string_view column = "embedding") const;
  /// The vector indexes of this tenant, by table and column, with the recall that they measure of themselves.
  std::vector<VectorIndexInfo> ListVectorIndexes() const;

  /// Waits until the embedding worker has nothing left to do: every live record with a text has its vectors, or was
  /// given up (see GetEmbeddingStatus). False when `timeout_ms` ran out.
  bool WaitForWorker(int64_t timeout_ms);
  /// `max_failures` of the records that were given up are named.
  EmbeddingStatus GetEmbeddingStatus(size_t max_failures = 100) const;
  /// Has the records that were given up tried again; returns how many.
  uint64_t RetryFailedEmbeddings();

  /// Has all records of a table embedded by another provider, in the background and next to its writers. Searches see
  /// the old vectors until all new ones are there, and then those, from one moment to the next. It goes on after a
  /// restart where it was. Returns true when the table has the new model; false when `progress` (vectors made so far,
  /// of about so many) said to wait no longer, while the work goes on. Calling it again waits again; another provider
  /// replaces the one begun, and the table's present provider calls it off. Errors: those of RegisterSchema for the
  /// provider, kColumnNotFound, kDimensionMismatch, kValidation where records are left that the provider does not take.
  bool Reembed(std::string_view table, std::string_view provider, const Progress& progress = {},
               std::string_view column = "embedding");

  // Change log.
  uint64_t CurrentSequence() const;
  /// Entries with start <= sequence <= end, at most `limit`. Error(kNotFound) when `start` is older than the retention.
  std::vector<Change> Changes(uint64_t start, uint64_t end, size_t limit) const;

  /// Reads everything of this tenant and compares rows, ids, indexes, vectors, counts and change log. One line per
  /// problem, at most `limit`; empty when all is sound. Run it while nobody writes.
  std::vector<std::string> Check(size_t limit = 100) const;

 private:
  std::shared_ptr<Impl> impl_;
};

/// One database directory. Opening the same path twice in a process shares the engine; another process gets
/// Error(kLocked).
class Database {
 public:
  class Impl;
  static Database Open(const OpenOptions& options);

  /// Opens a tenant, making it when `create` is set. Names: 1 to 128 bytes of UTF-8 without control characters and '/'.
  Session OpenSession(std::string_view tenant, bool create = true);
  std::vector<std::string> ListTenants() const;
  /// Removes the tenant and everything in it.
  void DropTenant(std::string_view tenant);

  DatabaseInfo Info() const;
  /// Explains one raw storage key (hex) or lists the keys under a prefix: see docs/formats/keys.md.
  std::string InspectKey(std::string_view hex) const;
  /// Frees space of deleted and overwritten data.
  void Compact();
  /// Reads every stored byte and verifies the checksums. Error(kCorruption) names the file.
  void VerifyChecksums() const;

 private:
  explicit Database(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace rem
