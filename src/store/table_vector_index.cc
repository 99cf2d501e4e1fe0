#include "store/table_vector_index.h"

#include <rem/error.h>

namespace rem {

bool TableVectorIndex::Put(RowId row, std::span<const float> vector) {
  cache_.Drop(row);
  const float squared = BestKernels().dot(vector.data(), vector.data(), vector.size());
  if (!IsUnitLength(squared)) unit_lengths_.store(false, std::memory_order_relaxed);
  bool coded = false;
  try {
    coded = graph_->Insert(row, vector);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kLimitExceeded) throw;
    return false;
  }
  if (coded && uncoded_count_.load() == 0) return true;
  std::lock_guard lock(mutex_);
  if (coded) {
    uncoded_.erase(row);
  } else {
    uncoded_.insert(row);
  }
  uncoded_count_ = uncoded_.size();
  return uncoded_.size() <= kMaxUncoded;
}

void TableVectorIndex::Remove(RowId row) {
  cache_.Drop(row);
  graph_->Remove(row);
  if (uncoded_count_.load() == 0) return;
  std::lock_guard lock(mutex_);
  uncoded_.erase(row);
  uncoded_count_ = uncoded_.size();
}

void TableVectorIndex::Restore(bool unit_lengths, const std::vector<RowId>& uncoded) {
  unit_lengths_ = unit_lengths;
  std::lock_guard lock(mutex_);
  uncoded_.insert(uncoded.begin(), uncoded.end());
  uncoded_count_ = uncoded_.size();
}

std::vector<RowId> TableVectorIndex::uncoded() const {
  if (uncoded_count_.load() == 0) return {};
  std::lock_guard lock(mutex_);
  return {uncoded_.begin(), uncoded_.end()};
}

}  // namespace rem
