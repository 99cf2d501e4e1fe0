#include "store/change_reader.h"

#include "base/bytes.h"
#include "storage/row_codec.h"

namespace rem {

std::vector<LoggedChange> ReadChanges(const Engine& engine, TenantId tenant, Sequence start, Sequence end, size_t limit,
                                      const EngineSnapshot* snapshot) {
  std::vector<LoggedChange> changes;
  ScanOptions options;
  options.snapshot = snapshot;
  options.lower = LogKey(tenant, start, LogPart::kEntry);
  options.upper = end == UINT64_MAX ? TenantPrefix(tenant + 1) : LogKey(tenant, end + 1, LogPart::kEntry);
  auto it = engine.Scan(Family::kLog, std::move(options));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    Sequence sequence = SequenceOfLogKey(it->key());
    if (static_cast<LogPart>(it->key().back()) == LogPart::kImage) {
      if (!changes.empty() && changes.back().sequence == sequence) changes.back().image = std::string(it->value());
      continue;
    }
    if (changes.size() == limit) break;
    changes.push_back({sequence, DecodeLogEntry(it->value()), std::nullopt});
  }
  std::string row;
  for (LoggedChange& change : changes) {
    bool shows_row = change.entry.live_after && !change.image;
    if (!shows_row) {
      // The image that a soft delete left belongs to the row as it is now: deleted.
      if (!change.entry.live_after && change.entry.operation != ChangeOperation::kSchema) change.image.reset();
      continue;
    }
    if (!engine.Get(Family::kRows, RowKey(tenant, change.entry.table, change.entry.row), row, snapshot)) continue;
    if (RowView(row, nullptr).sequence() == change.sequence) change.image = row;
  }
  return changes;
}

}  // namespace rem
