#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rem/uuid.h>

#include "storage/family.h"

namespace rem {

using TenantId = uint32_t;      ///< 0 is the database itself.
using TableId = uint32_t;       ///< Per tenant, from 1, never used again.
using IndexId = uint32_t;       ///< Per tenant, from 1, never used again.
using RowId = uint64_t;         ///< Per table, from 1, in insert order, never used again.
using ColumnNumber = uint16_t;  ///< Of a vector column in its table.
using Sequence = uint64_t;      ///< Of a change, per tenant, from 1, without gaps.

/// What a key of Family::kMeta is about: the byte after the tenant. docs/formats/keys.md lists every key of every
/// family.
enum class MetaKind : uint8_t {
  kDatabase = 0x01,          ///< Format version, database id, creation time. Tenant 0.
  kTenant = 0x02,            ///< + name -> tenant id. Tenant 0.
  kTable = 0x10,             ///< + table id -> definition.
  kKeyName = 0x11,           ///< + table id + key id (4 bytes) -> member name.
  kCounters = 0x12,          ///< Next table id, index id of the tenant; first kept sequence.
  kRowFloor = 0x13,          ///< + table id -> row ids below this were given out, even if the rows are purged.
  kCheckpoint = 0x14,        ///< + consumer name -> position in the change log.
  kSequence = 0x15,          ///< + table id + column name -> values below this may have been given to its records.
  kPendingEmbedding = 0x16,  ///< + table id + column (2) + row -> attempts: the worker will make the row's vector.
  kFailedEmbedding = 0x17,   ///< + table id + column (2) + row -> why the worker gave the row up.
  kStatistics = 0x18,        ///< + table id -> what a sample of its rows says (docs/formats/statistics.md).
};

// All integers big-endian, so that bytes sort as numbers.
std::string MetaKey(TenantId tenant, MetaKind kind, std::string_view rest = {});
std::string TenantPrefix(TenantId tenant);                                       // tenant(4)
std::string TablePrefix(TenantId tenant, TableId table);                         // tenant(4) table(4)
void AppendRowKey(std::string& out, TenantId tenant, TableId table, RowId row);  // tenant(4) table(4) row(8)
std::string RowKey(TenantId tenant, TableId table, RowId row);
RowId RowIdOfRowKey(std::string_view key);
std::string IdKey(TenantId tenant, const Uuid& id);       // tenant(4) id(16)
std::string IndexPrefix(TenantId tenant, IndexId index);  // tenant(4) index(4), then AppendIndexValue, then row(8)
RowId RowIdOfIndexKey(std::string_view key);              // the last 8 bytes
std::string LookupPrefix(TenantId tenant, std::string_view folded);  // tenant(4) text 0x00, then table(4) row(8)
std::string VectorKey(TenantId tenant, TableId table, ColumnNumber column,
                      RowId row);  // tenant(4) table(4) column(2) row(8)
std::string VectorPrefix(TenantId tenant, TableId table, ColumnNumber column);
/// `kind` is kPendingEmbedding or kFailedEmbedding.
std::string EmbeddingKey(MetaKind kind, TenantId tenant, TableId table, ColumnNumber column, RowId row);
std::string EmbeddingPrefix(MetaKind kind, TenantId tenant, TableId table, ColumnNumber column);

enum class LogPart : uint8_t {
  kEntry = 0,  ///< Always there.
  kImage = 1,  ///< The row after this change, put here when a later change overwrites it.
};
std::string LogKey(TenantId tenant, Sequence sequence, LogPart part);  // tenant(4) sequence(8) part(1)
Sequence SequenceOfLogKey(std::string_view key);

/// One line that explains a raw key: family, tenant, table, row id, values. For `rem-db inspect`; never throws on
/// damaged keys, says what is wrong.
std::string DescribeKey(Family family, std::string_view key);

}  // namespace rem
