#include "store/consistency.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <rem/error.h>

#include "base/bytes.h"
#include "storage/key_codec.h"
#include "store/embedding_queue.h"
#include "store/record_entries.h"
#include "store/record_place.h"
#include "store/row_vectors.h"
#include "types/document_codec.h"

namespace rem {
namespace {

class TenantCheck {
 public:
  TenantCheck(TenantStore& tenant, size_t limit)
      : tenant_(tenant),
        engine_(tenant.engine()),
        snapshot_(engine_.NewSnapshot()),
        catalog_(tenant.catalog()),
        limit_(limit) {}

  std::vector<std::string> Run() {
    for (const TablePtr& table : catalog_->tables()) CheckRows(*table);
    CheckIds();
    CheckEntries();
    CheckVectors();
    CheckQueue();
    CheckLog();
    return std::move(problems_);
  }

 private:
  template <typename... Args>
  void Report(fmt::format_string<Args...> format, Args&&... args) {
    if (problems_.size() < limit_) problems_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  std::unique_ptr<EngineIterator> Scan(Family family, const std::string& prefix) const {
    return engine_.Scan(
        family, {.snapshot = snapshot_.get(), .lower = prefix, .upper = PrefixEnd(prefix), .fill_cache = false});
  }

  void CheckRows(const Table& table) {
    int64_t live = 0;
    auto it = Scan(Family::kRows, TablePrefix(table.tenant, table.id));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      RowId row = RowIdOfRowKey(it->key());
      try {
        CheckRow(table, row, it->value(), live);
      } catch (const Error& error) {
        Report("table {} row {}: {}", table.name(), row, error.message());
      }
      if (row >= table.counters->next_row) Report("table {}: row {} is past the next row id", table.name(), row);
    }
    int64_t counted = table.counters->live_rows;
    if (live != counted) Report("table {}: {} live rows, the counter says {}", table.name(), live, counted);
  }

  void CheckRow(const Table& table, RowId row, std::string_view bytes, int64_t& live) {
    RowView view(bytes, table.keys.get());
    VerifyDocument(view.properties().bytes(), table.keys.get());
    places_[std::string(view.id().AsBytes())] = {table.id, row};
    if (view.sequence() == 0 || view.sequence() > tenant_.log().committed()) {
      Report("table {} row {}: sequence {} was never committed", table.name(), row, view.sequence());
    }
    if (view.deleted()) {
      deleted_.insert({table.id, row});
      return;
    }
    ++live;
    rows_.insert({table.id, row});
    AppendRecordEntries(table, row, view.properties(), expected_);
  }

  void CheckIds() {
    size_t found = 0;
    auto it = Scan(Family::kIds, TenantPrefix(tenant_.tenant()));
    for (it->SeekToFirst(); it->Valid(); it->Next(), ++found) {
      auto place = places_.find(std::string(it->key().substr(4)));
      if (place == places_.end()) {
        Report("id {} leads to no row", Uuid::FromBytes(it->key().substr(4)).ToString());
      } else if (DecodeRecordPlace(it->value()) != place->second) {
        Report("id {} leads to another row", Uuid::FromBytes(it->key().substr(4)).ToString());
      }
    }
    if (found != places_.size()) Report("{} rows have {} ids", places_.size(), found);
  }

  bool IsBeingBuilt(const std::string& key) const {
    uint32_t id = LoadBig32(key.data() + 4);
    for (const TablePtr& table : catalog_->tables()) {
      for (const IndexDefinition& index : table->indexes) {
        if (index.id == id) return !index.ready;
      }
    }
    return false;
  }

  void CheckEntries() {
    std::sort(expected_.begin(), expected_.end());
    expected_.erase(std::unique(expected_.begin(), expected_.end()), expected_.end());
    RecordEntries there;
    for (Family family : {Family::kIndex, Family::kLookup}) {
      auto it = Scan(family, TenantPrefix(tenant_.tenant()));
      for (it->SeekToFirst(); it->Valid(); it->Next()) there.emplace_back(family, std::string(it->key()));
    }
    std::sort(there.begin(), there.end());
    RecordEntries difference;
    std::set_difference(expected_.begin(), expected_.end(), there.begin(), there.end(), std::back_inserter(difference));
    for (const auto& [family, key] : difference) {
      bool building = family == Family::kIndex && IsBeingBuilt(key);
      if (!building) Report("missing: {}", DescribeKey(family, key));
    }
    difference.clear();
    std::set_difference(there.begin(), there.end(), expected_.begin(), expected_.end(), std::back_inserter(difference));
    for (const auto& [family, key] : difference) Report("leads nowhere: {}", DescribeKey(family, key));
  }

  void CheckVectors() {
    for (const TablePtr& table : catalog_->tables()) {
      for (const VectorColumn& column : table->vectors) {
        CheckVectorColumn(*table, column, column.number, rows_);
        CheckVectorColumn(*table, column, column.number | kArchivedColumn, deleted_);
      }
    }
  }

  void CheckVectorColumn(const Table& table, const VectorColumn& column, ColumnNumber number,
                         const std::set<std::pair<TableId, RowId>>& owners) {
    auto it = Scan(Family::kVectors, VectorPrefix(table.tenant, table.id, number));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      RowId row = LoadBig64(it->key().data() + it->key().size() - 8);
      if (it->value().size() != column.dimension * sizeof(float)) {
        // An archived vector may be older than the column's dimension; a restore drops it.
        if ((number & kArchivedColumn) == 0)
          Report("table {} row {}: vector \"{}\" has another dimension", table.name(), row, column.name.c_str());
      }
      if (!owners.contains({table.id, row}))
        Report("table {}: vector \"{}\" of row {} has no row", table.name(), column.name.c_str(), row);
    }
  }

  /// A row that waits for a vector, or was given up, is there, and has no vector.
  void CheckQueue() {
    std::string value;
    std::map<std::pair<TableId, ColumnNumber>, std::set<RowId>> seen;
    for (const MetaKind kind : {MetaKind::kPendingEmbedding, MetaKind::kFailedEmbedding}) {
      auto it = Scan(Family::kMeta, MetaKey(tenant_.tenant(), kind));
      for (it->SeekToFirst(); it->Valid(); it->Next()) {
        const EmbeddingPlace place = PlaceOfEmbeddingKey(it->key());
        DecodeEmbeddingAttempts(it->value());
        if (catalog_->FindById(place.table) == nullptr) continue;  // Its table is being dropped.
        const auto& owners = (place.column & kArchivedColumn) == 0 ? rows_ : deleted_;
        if (!owners.contains({place.table, place.row}))
          Report("leads nowhere: {}", DescribeKey(Family::kMeta, it->key()));
        const std::string vector = VectorKey(tenant_.tenant(), place.table, place.column, place.row);
        if (engine_.Get(Family::kVectors, vector, value, snapshot_.get()))
          Report("has its vector: {}", DescribeKey(Family::kMeta, it->key()));
        if (!seen[{place.table, place.column}].insert(place.row).second)
          Report("waits and was given up: {}", DescribeKey(Family::kMeta, it->key()));
      }
    }
  }

  void CheckLog() {
    Sequence expected = tenant_.log().first_kept();
    auto it = Scan(Family::kLog, TenantPrefix(tenant_.tenant()));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      Sequence sequence = SequenceOfLogKey(it->key());
      if (static_cast<LogPart>(it->key().back()) == LogPart::kImage) {
        if (sequence + 1 != expected) Report("change {}: image without entry", sequence);
        continue;
      }
      if (sequence != expected) Report("change log jumps from {} to {}", expected - 1, sequence);
      expected = sequence + 1;
      DecodeLogEntry(it->value());
    }
  }

  TenantStore& tenant_;
  const Engine& engine_;
  std::unique_ptr<const EngineSnapshot> snapshot_;
  CatalogPtr catalog_;
  size_t limit_;
  std::vector<std::string> problems_;
  std::unordered_map<std::string, std::pair<TableId, RowId>> places_;
  std::set<std::pair<TableId, RowId>> rows_;
  std::set<std::pair<TableId, RowId>> deleted_;
  RecordEntries expected_;
};

}  // namespace

std::vector<std::string> CheckTenant(TenantStore& tenant, size_t limit) { return TenantCheck(tenant, limit).Run(); }

}  // namespace rem
