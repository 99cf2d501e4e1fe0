#include "storage/space_guard.h"

#include <algorithm>

#include <rem/error.h>

namespace rem {

namespace {

/// Kept free for RocksDB's own lists and for other programs that write between two looks at the disk.
constexpr uint64_t kReserveBytes = 16u << 20;
/// How much may be written between two looks.
constexpr uint64_t kMaxBudgetBytes = 8u << 20;

}  // namespace

void SpaceGuard::Spend(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  if (bytes <= budget_) {
    budget_ -= bytes;
    return;
  }
  uint64_t free_bytes = 0;
  // Where the file system does not tell, the write itself will.
  if (!env_.GetFreeSpace(path_, &free_bytes).ok()) return;
  // A batch is written to the log and later once more to a table file.
  const uint64_t needed = kReserveBytes + 2 * bytes;
  if (free_bytes < needed) {
    throw Error(ErrorCode::kNoSpace, "the disk of the database is nearly full",
                "free some disk space; the database goes on by itself, and nothing that was acknowledged is lost")
        .WithDetail(std::to_string(free_bytes) + " bytes are free in \"" + path_ + "\", this write needs " +
                    std::to_string(needed));
  }
  budget_ = std::min((free_bytes - needed) / 4, kMaxBudgetBytes);
}

bool SpaceGuard::HasRoomFor(uint64_t bytes) const {
  uint64_t free_bytes = 0;
  return !env_.GetFreeSpace(path_, &free_bytes).ok() || free_bytes >= kReserveBytes + bytes;
}

}  // namespace rem
