#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rem/document.h>
#include <rem/uuid.h>

#include "catalog/table.h"
#include "storage/engine.h"

namespace rem {

/// What a record occupies in a unique index. A record with a NULL among the indexed values occupies nothing.
///
/// Unique indexes have the entries of ordinary ones, values and then the row id, so that building, checking and
/// reading them is the same. Who writes an entry looks for another one with its values first; two writers of the same
/// values are kept apart by a lock on those values.
struct UniqueKey {
  const IndexDefinition* index = nullptr;
  std::string prefix;  ///< Of the index entries with these values.
  std::string exact;   ///< Tells apart long texts that the index holds cut.

  /// Locks of records stand for values too.
  Uuid lock() const;
};

bool HasUniqueKeys(const Table& table);
std::vector<UniqueKey> UniqueKeysOf(const Table& table, const DocumentView& properties);

/// The live row, other than `self`, that has `key`; `properties` are those that the key was made of.
std::optional<RowId> FindDuplicate(const Engine& reader, const Table& table, const UniqueKey& key,
                                   const DocumentView& properties, RowId self);
/// Whether two records have the same values in an index.
bool SameIndexedValues(const Table& table, const IndexedField& field, const DocumentView& a, const DocumentView& b);

/// Error(kUniqueViolation), as PostgreSQL words it.
[[noreturn]] void ThrowDuplicateKey(const Table& table, const IndexedField& index, const DocumentView& properties);
/// Does so for the first of the record's keys that another row has.
void CheckUniqueKeys(const Engine& reader, const Table& table, const DocumentView& properties, RowId self);

}  // namespace rem
