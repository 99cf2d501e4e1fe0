#include <fmt/format.h>

#include <rem/database.h>
#include <rem/embedding.h>

#include "base/check.h"
#include "database/session_impl.h"
#include "store/change_reader.h"
#include "store/consistency.h"

namespace rem {
namespace {

constexpr size_t kMaxLookupResults = 10'000;

std::optional<Record> ReadRecord(const ReadView& view, const CatalogSnapshot& catalog, TableId table_id, RowId row,
                                 std::string& buffer) {
  TablePtr table = catalog.FindById(table_id);
  if (table == nullptr || !view.GetRow(*table, row, buffer)) return std::nullopt;
  RowView stored(buffer, table->keys.get());
  if (stored.deleted()) return std::nullopt;
  return MakeRecord(*table, stored);
}

std::optional<Record> FindRecord(const TenantStore& tenant, const ReadView& view, const CatalogSnapshot& catalog,
                                 const Uuid& id) {
  std::string buffer;
  TablePtr table = tenant.FindRow(view, catalog, id, buffer);
  if (table == nullptr) return std::nullopt;
  RowView stored(buffer, table->keys.get());
  if (stored.deleted()) return std::nullopt;
  return MakeRecord(*table, stored);
}

}  // namespace

Record MakeRecord(const Table& table, const RowView& row) {
  Record record;
  RowHeader header = row.header();
  record.id = header.id;
  record.table = table.name();
  record.created_at = {header.created_at};
  record.modified_at = {header.modified_at};
  if (header.deleted_at) record.deleted_at = Timestamp{*header.deleted_at};
  record.version = header.sequence;
  record.properties = Document::Copy(row.properties());
  return record;
}

Uuid Session::Insert(std::string_view table, const Document& record, const InsertOptions& options) {
  return impl_->sql.WithWriter([&](RecordWriter& writer) { return writer.Insert(table, {&record, 1}, options)[0]; });
}

std::vector<Uuid> Session::InsertBatch(std::string_view table, std::span<const Document> records,
                                       const InsertOptions& options) {
  return impl_->sql.WithWriter([&](RecordWriter& writer) { return writer.Insert(table, records, options); });
}

Record Session::Update(const Uuid& id, const Document& merge_patch, const UpdateOptions& options) {
  impl_->sql.WithWriter([&](RecordWriter& writer) {
    writer.Update(id, merge_patch, options);
    return true;
  });
  auto record = Get(id);
  if (!record) {
    throw Error(ErrorCode::kRecordNotFound,
                fmt::format("Record {} was changed, and then deleted by another writer", id.ToString()), "restore it");
  }
  return std::move(*record);
}

bool Session::Delete(const Uuid& id) {
  return impl_->sql.WithWriter([&](RecordWriter& writer) { return writer.Delete(id); });
}

bool Session::Restore(const Uuid& id) {
  return impl_->sql.WithWriter([&](RecordWriter& writer) { return writer.Restore(id); });
}

bool Session::Purge(const Uuid& id) { return impl_->sql.Purge(id); }

std::optional<Record> Session::Get(const Uuid& id) const {
  if (impl_->sql.in_transaction()) {
    auto [catalog, view] = impl_->sql.Consistent();
    return FindRecord(*impl_->tenant, *view, *catalog, id);
  }
  ReadView view = impl_->tenant->Latest();
  return FindRecord(*impl_->tenant, view, *impl_->tenant->catalog(), id);
}

std::vector<std::optional<Record>> Session::MultiGet(std::span<const Uuid> ids) const {
  auto [catalog, view] = impl_->sql.Consistent();
  std::vector<std::optional<Record>> records;
  records.reserve(ids.size());
  for (const Uuid& id : ids) records.push_back(FindRecord(*impl_->tenant, *view, *catalog, id));
  return records;
}

std::vector<Record> Session::Lookup(std::string_view key) const {
  auto [catalog, view] = impl_->sql.Consistent();
  std::vector<Record> records;
  std::string buffer;
  if (auto id = Uuid::Parse(key)) {
    if (auto place = view->FindId(*id)) {
      if (auto record = ReadRecord(*view, *catalog, place->first, place->second, buffer))
        records.push_back(std::move(*record));
    }
  }
  for (auto [table, row] : view->FindByLookup(key, kMaxLookupResults)) {
    auto record = ReadRecord(*view, *catalog, table, row, buffer);
    if (!record || (!records.empty() && records.front().id == record->id)) continue;
    records.push_back(std::move(*record));
  }
  return records;
}

int64_t Session::Count(std::string_view table) const {
  if (!impl_->sql.in_transaction()) return impl_->tenant->catalog()->Get(table)->counters->live_rows.load();
  // The counters know committed rows only.
  auto [catalog, view] = impl_->sql.Consistent();
  RowCursor cursor = view->ScanRows(*catalog->Get(table));
  int64_t rows = 0;
  while (cursor.Next()) ++rows;
  return rows;
}

void Session::Scan(std::string_view table_name, const std::function<bool(const Record&)>& visit) const {
  // The owner keeps the database open, also when `visit` closes the last session.
  auto [catalog, view] = impl_->sql.Consistent(impl_);
  TablePtr table = catalog->Get(table_name);
  RowCursor cursor = view->ScanRows(*table);
  while (cursor.Next()) {
    if (!visit(MakeRecord(*table, cursor.row()))) return;
  }
}

void Session::SetEmbedding(const Uuid& id, std::span<const float> vector, std::string_view column) {
  impl_->sql.WithWriter([&](RecordWriter& writer) {
    writer.SetEmbedding(id, column, VectorValue(vector.begin(), vector.end()));
    return true;
  });
}

std::optional<VectorValue> Session::GetEmbedding(const Uuid& id, std::string_view column_name) const {
  auto [catalog, view] = impl_->sql.Consistent();
  auto place = view->FindId(id);
  if (!place) return std::nullopt;
  TablePtr table = catalog->FindById(place->first);
  const VectorColumn* column = table == nullptr ? nullptr : table->FindVector(column_name);
  VectorValue vector;
  if (column == nullptr || !view->GetVector(*table, *column, place->second, vector)) return std::nullopt;
  return vector;
}

bool Session::WaitForWorker(int64_t timeout_ms) { return impl_->tenant->embedding().Wait(timeout_ms); }

EmbeddingStatus Session::GetEmbeddingStatus(size_t max_failures) const {
  return impl_->tenant->GetEmbeddingStatus(max_failures);
}

uint64_t Session::RetryFailedEmbeddings() { return impl_->tenant->RetryFailedEmbeddings(); }

uint64_t Session::CurrentSequence() const { return impl_->tenant->log().committed(); }

std::vector<Change> Session::Changes(uint64_t start, uint64_t end, size_t limit) const {
  TenantStore& tenant = *impl_->tenant;
  auto [catalog, view] = tenant.Consistent();
  // Read after the snapshot: what was trimmed since is an error and no gap.
  uint64_t first = tenant.log().first_kept();
  if (start < first && start != 0) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("Changes before {} are no longer kept, {} was asked for", first, start),
                "start there, or copy the tables first; change_log_retention keeps more");
  }
  std::vector<Change> changes;
  for (LoggedChange& logged :
       ReadChanges(tenant.engine(), tenant.tenant(), std::max(start, first), end, limit, view->snapshot())) {
    const LogEntry& entry = logged.entry;
    TablePtr table = catalog->FindById(entry.table);
    Change change;
    change.sequence = logged.sequence;
    change.operation = ChangeOperationName(entry.operation);
    change.table = table == nullptr ? "" : table->name();
    change.id = entry.id;
    change.timestamp = {HybridClock::PhysicalMicros(entry.hybrid_time)};
    change.hybrid_time = entry.hybrid_time;
    change.origin = entry.origin.value_or(tenant.database_id());
    if (logged.image && entry.operation == ChangeOperation::kSchema) {
      change.image = Document::FromBytes(*logged.image);
    } else if (logged.image && table != nullptr) {
      change.image = Document::Copy(RowView(*logged.image, table->keys.get()).properties());
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<std::string> Session::Check(size_t limit) const { return CheckTenant(*impl_->tenant, limit); }

}  // namespace rem
