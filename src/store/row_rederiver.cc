#include "store/row_rederiver.h"

#include "storage/row_codec.h"
#include "store/record_entries.h"
#include "store/record_input.h"
#include "store/row_vectors.h"

namespace rem {
namespace {

constexpr size_t kRowsAtOnce = 1'000;

}  // namespace

void RederiveRows(const TenantContext& context, const Table& table, std::span<const std::string> old_lookup_fields,
                  bool vectors) {
  RowId next = 0;
  for (;;) {
    ScanOptions options;
    options.lower = RowKey(table.tenant, table.id, next);
    options.upper = TablePrefix(table.tenant, table.id + 1);
    options.fill_cache = false;
    auto it = context.engine->Scan(Family::kRows, std::move(options));
    Commit commit;
    size_t rows = 0;
    for (it->SeekToFirst(); it->Valid() && rows < kRowsAtOnce; it->Next(), ++rows) {
      RowId row = RowIdOfRowKey(it->key());
      next = row + 1;
      RowView view(it->value(), table.keys.get());
      if (view.deleted()) continue;
      RecordEntries before;
      RecordEntries after;
      AppendLookupEntries(table, old_lookup_fields, row, view.properties(), before);
      AppendLookupEntries(table, table.schema.lookup_fields, row, view.properties(), after);
      AppendEntryChanges(before, after, commit.batch);
      if (!vectors) continue;
      std::vector<VectorChange> changes;
      AppendAutomaticVectors(table, view.properties(), changes);
      AppendVectorChanges(table, row, changes, commit.batch);
    }
    if (rows == 0) return;
    if (!commit.batch.empty()) context.commits->Run(commit);
  }
}

}  // namespace rem
