#include "store/row_remover.h"

#include "storage/key_codec.h"
#include "store/record_entries.h"
#include "store/record_place.h"
#include "store/row_vectors.h"

namespace rem {
namespace {

constexpr size_t kRowsAtOnce = 1'000;

void AppendImageRemovals(const TenantContext& context, Sequence sequence, Batch& batch) {
  std::string value;
  while (sequence != 0) {
    // Also below the oldest kept entry: see TenantLog::Housekeep.
    batch.Delete(Family::kLog, LogKey(context.tenant, sequence, LogPart::kImage));
    if (!context.engine->Get(Family::kLog, LogKey(context.tenant, sequence, LogPart::kEntry), value)) return;
    Sequence previous = DecodeLogEntry(value).previous;
    // Chains lead backwards only; a damaged one must not lead round in a circle.
    if (previous >= sequence) return;
    sequence = previous;
  }
}

}  // namespace

void AppendRowRemoval(const TenantContext& context, const Table& table, RowId row, const RowView& view, Batch& batch) {
  RecordEntries entries;
  if (!view.deleted()) AppendRecordEntries(table, row, view.properties(), entries);
  for (const auto& [family, key] : entries) batch.Delete(family, key);
  batch.Delete(Family::kRows, RowKey(table.tenant, table.id, row));
  // A drop that was cut off goes on after records with the same ids may have been inserted into another table.
  std::string place;
  std::string id = IdKey(table.tenant, view.id());
  if (context.engine->Get(Family::kIds, id, place) && place == EncodeRecordPlace(table.id, row))
    batch.Delete(Family::kIds, id);
  AppendVectorRemovals(table, row, batch);
  AppendImageRemovals(context, view.sequence(), batch);
}

void RemoveAllRows(const TenantContext& context, const Table& table) {
  std::string prefix = TablePrefix(table.tenant, table.id);
  for (;;) {
    Commit commit;
    size_t rows = 0;
    auto it = context.engine->Scan(Family::kRows, {.lower = prefix, .upper = PrefixEnd(prefix), .fill_cache = false});
    for (it->SeekToFirst(); it->Valid() && rows < kRowsAtOnce; it->Next(), ++rows) {
      AppendRowRemoval(context, table, RowIdOfRowKey(it->key()), RowView(it->value(), table.keys.get()), commit.batch);
    }
    if (rows == 0) return;
    context.commits->Run(commit);
  }
}

}  // namespace rem
