#include "store/tenant_context.h"
#include "store/vector_indexes.h"

// Indexes of columns that are being filled with another model's vectors, to take the place of the old ones.

namespace rem {

std::string VectorIndexes::ColumnName(const VectorColumn& column) {
  return column.name.substr(0, column.name.size() - (column.shadow ? kShadowSuffix.size() : 0));
}

bool VectorIndexes::PrepareShadow(const Table& table, const VectorColumn& shadow) {
  if (shadow.dimension == 0 || shadow.dimension > HnswOptions::kMaxDimension) return true;
  std::vector<VectorMetric> metrics;
  const VectorColumn* column = table.FindVector(ColumnName(shadow));
  std::lock_guard lock(mutex_);
  if (stopping_ || table.counters->live_rows.load() < settings_.min_rows) return true;
  for (const auto& [key, place] : places_) {
    if (column != nullptr && key.table == table.id && key.column == column->number) metrics.push_back(key.metric);
  }
  if (metrics.empty()) metrics.push_back(VectorMetric::kCosine);
  bool ready = true;
  for (const VectorMetric metric : metrics) {
    const Key key{table.id, shadow.number, metric};
    const auto found = places_.find(key);
    if (found != places_.end()) {
      ready &= found->second.index != nullptr || found->second.refused;
      continue;
    }
    // Vectors of length 1 are served by one index, once it can tell.
    const auto cosine = places_.find({table.id, shadow.number, VectorMetric::kCosine});
    if (cosine != places_.end() && cosine->second.index != nullptr && cosine->second.index->unit_lengths()) continue;
    ready = false;
    if (cosine == places_.end() || cosine->second.index != nullptr || cosine->second.refused)
      AskFor(key, table, shadow);
  }
  return ready;
}

bool VectorIndexes::HasShadow(TableId table, ColumnNumber shadow) const {
  std::lock_guard lock(mutex_);
  const auto first = places_.lower_bound({table, shadow, VectorMetric{}});
  return first != places_.end() && first->first.table == table && first->first.column == shadow;
}

void VectorIndexes::NoteExchange(TableId table, ColumnNumber shadow) {
  std::lock_guard lock(mutex_);
  for (auto& [key, place] : places_) {
    if (key.table != table || key.column != shadow) continue;
    place.column.name = ColumnName(place.column);
    place.column.shadow = false;
  }
  awake_ = true;
  changed_.notify_all();
}

}  // namespace rem
