#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <rem/uuid.h>

#include "storage/key_space.h"

namespace rem {

/// Remembers where records were found, so that a get by id reads its row at once instead of asking the id index first.
/// Only a hint: an entry may be stale or half written, and whoever uses it compares the id in the row. Direct-mapped,
/// of fixed size, lock-free; its memory is taken at the first Put and touched as it fills.
class PlaceCache {
 public:
  /// 16 bytes each.
  static constexpr size_t kEntries = size_t{1} << 20;

  std::optional<std::pair<TableId, RowId>> Get(TenantId tenant, const Uuid& id) const;
  void Put(TenantId tenant, const Uuid& id, TableId table, RowId row);

 private:
  struct Entry {
    std::atomic<uint64_t> tag_and_table{0};
    std::atomic<uint64_t> row{0};
  };

  std::once_flag made_;
  std::unique_ptr<Entry[]> owned_;
  std::atomic<Entry*> entries_{nullptr};
};

}  // namespace rem
