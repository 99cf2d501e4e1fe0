#pragma once

#include <array>
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
/// Only a hint: an entry may be stale or half written, and whoever uses it compares the id in the row. Four entries a
/// cache line and set, of fixed size, lock-free; its memory is taken at the first Put and touched as it fills.
class PlaceCache {
 public:
  static constexpr size_t kEntryBytes = 16;

  /// Takes at most `bytes`, and at least one set.
  explicit PlaceCache(size_t bytes);

  std::optional<std::pair<TableId, RowId>> Get(TenantId tenant, const Uuid& id) const;
  void Put(TenantId tenant, const Uuid& id, TableId table, RowId row);

 private:
  struct Entry {
    std::atomic<uint64_t> tag_and_table{0};
    std::atomic<uint64_t> row{0};
  };
  static constexpr size_t kWays = 4;
  struct alignas(kWays * sizeof(Entry)) Set {
    std::array<Entry, kWays> entries;
  };
  static_assert(sizeof(Entry) == kEntryBytes);

  const size_t sets_;  ///< A power of two.
  std::once_flag made_;
  std::unique_ptr<Set[]> owned_;
  std::atomic<Set*> table_{nullptr};
};

}  // namespace rem
