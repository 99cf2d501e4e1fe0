#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rem/document.h>

#include "catalog/table.h"
#include "storage/batch.h"

namespace rem {

/// The keys that a live record has besides its row: secondary index entries and lookup entries. All have empty values.
using RecordEntries = std::vector<std::pair<Family, std::string>>;

/// Appends the entries of one record. `properties` may be a stored row's or an input's.
void AppendRecordEntries(const Table& table, RowId row, const DocumentView& properties, RecordEntries& out);
/// Only those of one index: for building it.
void AppendIndexEntries(const Table& table, const IndexDefinition& index, RowId row, const DocumentView& properties,
                        RecordEntries& out);

/// Appends the values that an index has for a record, in the order of the index's columns.
struct IndexedValues {
  bool any_null = false;
  bool any_cut = false;  ///< See AppendIndexValue.
};
IndexedValues AppendIndexedValues(const IndexedField& field, const DocumentView& properties, std::string& key);

/// Only lookup entries, as if `fields` were the table's lookup fields.
void AppendLookupEntries(const Table& table, std::span<const std::string> fields, RowId row,
                         const DocumentView& properties, RecordEntries& out);

/// Adds to the batch what turns `before` into `after`: entries in both stay untouched. Sorts its arguments.
void AppendEntryChanges(RecordEntries& before, RecordEntries& after, Batch& batch);

/// Text under which Session::Lookup finds a record: folded, white space trimmed, a long text replaced by its beginning
/// and a hash.
std::string FoldLookupText(std::string_view text);

}  // namespace rem
