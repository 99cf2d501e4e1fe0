#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/uuid.h>
#include <rem/value.h>

#include "catalog/table.h"
#include "storage/engine.h"
#include "storage/key_codec.h"
#include "storage/row_codec.h"
#include "store/column_cache.h"
#include "types/arena.h"

namespace rem {

class VectorIndexes;

/// The vector indexes that a reader may use, and what was surely committed before its snapshot was taken.
struct VectorAccess {
  std::shared_ptr<VectorIndexes> indexes;  ///< nullptr: none.
  Sequence committed = 0;
  /// Inside a transaction: the rows of a table that it has changed itself, ascending, and maybe some more; nullopt for
  /// more than `limit`.
  std::function<std::optional<std::vector<RowId>>(TableId table, size_t limit)> own_changes;
};

/// Rows of one table in row-id order. Soft-deleted rows are left out unless asked for. Views live until the next call.
class RowCursor {
 public:
  RowCursor(std::unique_ptr<EngineIterator> iterator, const KeyDictionary* keys, bool with_deleted);
  /// Steps to the first, then to each next row; false after the last.
  bool Next();
  RowId row_id() const;
  /// The stored row; see RowView.
  const RowView& row() const { return *row_; }

 private:
  std::unique_ptr<EngineIterator> iterator_;
  const KeyDictionary* keys_;
  std::optional<RowView> row_;
  bool with_deleted_;
  bool started_ = false;
};

/// A range of one index: lower/upper bounds on its values, each inclusive or not.
struct IndexRange {
  struct Bound {
    Value value;
    bool inclusive = true;
  };
  std::optional<Bound> lower;
  std::optional<Bound> upper;
  /// Texts that start with this (LIKE 'abc%'); alone, without bounds.
  std::optional<std::string> text_prefix;
  /// NULLs (absent fields) too; they come last in ascending order. Only without bounds or with `only_nulls`.
  bool with_nulls = false;
  bool only_nulls = false;
};

/// Row ids under one index range, in value order, and in row-id order within equal values. Soft-deleted rows are never
/// in an index. An index of array elements may give a row several times. Must not outlive its view.
class IndexCursor {
 public:
  IndexCursor(std::unique_ptr<EngineIterator> iterator, size_t prefix_bytes, bool reverse);
  bool Next();
  RowId row_id() const;
  /// The indexed value, for covering scans. A text longer than kMaxIndexedTextBytes comes cut, with `*cut` set: then
  /// read the row, and do not trust the order among equal cut texts.
  Value value(bool* cut) const;

 private:
  std::unique_ptr<EngineIterator> iterator_;
  size_t prefix_bytes_;
  bool reverse_;
  bool started_ = false;
};

/// One tenant's data at one point in time. Everything that a query reads goes through one of these. Thread-safe; cheap
/// to share; keeps the engine open.
class ReadView {
 public:
  /// `moment` and `vectors` belong to the snapshot, and were taken before it; the empty ones where the engine is no
  /// Store's own.
  ReadView(std::shared_ptr<const Engine> engine, TenantId tenant, std::shared_ptr<const EngineSnapshot> snapshot,
           CacheMoment moment = {}, VectorAccess vectors = {});

  TenantId tenant() const { return tenant_; }
  const EngineSnapshot* snapshot() const { return snapshot_.get(); }
  const CacheMoment& moment() const { return moment_; }
  const VectorAccess& vectors() const { return vectors_; }
  /// The cached columns of a table; nullptr where this view cannot use them.
  std::shared_ptr<TableColumns> Columns(const Table& table) const;

  /// Rows with begin <= row id < end.
  RowCursor ScanRows(const Table& table, RowId begin = 0, RowId end = UINT64_MAX, bool with_deleted = false) const;
  /// The stored row into `buffer` (reused); false when absent. Soft-deleted rows are found: check RowView::deleted().
  bool GetRow(const Table& table, RowId row, std::string& buffer) const;
  /// In the order of `rows`; nullopt when absent.
  std::vector<std::optional<std::string>> GetRows(const Table& table, std::span<const RowId> rows) const;
  /// Likewise, with the bytes in an arena; a row that is absent has no data().
  void GetRows(const Table& table, std::span<const RowId> rows, Arena& arena, std::vector<std::string_view>& out) const;
  /// Where a public id lives.
  std::optional<std::pair<TableId, RowId>> FindId(const Uuid& id) const;
  IndexCursor ScanIndex(const IndexDefinition& index, const IndexRange& range, bool reverse = false) const;
  /// About which part of an index's entries lies in a range, in [0, 1] or somewhat more, by the engine's guess at
  /// bytes.
  double IndexShare(const IndexDefinition& index, const IndexRange& range) const;
  /// Rows whose lookup keys hold `text` (case-insensitive), in (table, row id) order.
  std::vector<std::pair<TableId, RowId>> FindByLookup(std::string_view text, size_t limit) const;
  bool GetVector(const Table& table, const VectorColumn& column, RowId row, VectorValue& out) const;
  /// Calls `visit` for each stored vector of the column in row-id order until it returns false. The span lives during
  /// the call.
  void ScanVectors(const Table& table, const VectorColumn& column,
                   const std::function<bool(RowId, std::span<const float>)>& visit) const;
  /// About how many bytes the rows of a table take on disk.
  uint64_t ApproximateBytes(const Table& table) const;

 private:
  friend class CachedRows;

  std::shared_ptr<const Engine> engine_;
  TenantId tenant_;
  std::shared_ptr<const EngineSnapshot> snapshot_;
  CacheMoment moment_;
  VectorAccess vectors_;
};

}  // namespace rem
