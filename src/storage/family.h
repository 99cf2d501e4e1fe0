#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rem {

/// The column families of a database. One row each in the table of family.cc, which gives the name on disk and how it
/// is used.
enum class Family : uint8_t {
  kMeta,     ///< Definitions, dictionaries, counters, checkpoints.
  kRows,     ///< (tenant, table, row id) -> row.
  kIds,      ///< (tenant, public id) -> (table, row id).
  kIndex,    ///< (tenant, index, value, row id) -> nothing.
  kLookup,   ///< (tenant, folded key text, table, row id) -> nothing.
  kVectors,  ///< (tenant, table, column, row id) -> float32s.
  kLog,      ///< (tenant, sequence, part) -> change-log entry.
};
inline constexpr size_t kFamilyCount = 7;

/// How a family is read; the engine derives its tuning (filters, block format, compression) from this.
enum class AccessPattern : uint8_t {
  kPoint,       ///< Small values found by whole key.
  kScanAndGet,  ///< Larger values, scanned in order and found by whole key.
  kRange,       ///< Short ranges under a prefix, keys only.
  kAppend,      ///< Written at the end, read in order, deleted from the front.
  kLarge,       ///< Large incompressible values found by whole key.
};

struct FamilySpec {
  Family family;
  std::string_view name;  ///< On disk; never changes.
  AccessPattern access;
  size_t prefix_bytes;  ///< Length of the key prefix that scans stay inside; 0 for none.
};

const FamilySpec& DescribeFamily(Family family);

}  // namespace rem
