#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <rem/document.h>
#include <rem/uuid.h>
#include <rem/value.h>

#include "catalog/table.h"
#include "storage/row_codec.h"

namespace rem {

/// A vector for one of the table's columns; absent where the column is to be emptied.
struct VectorChange {
  const VectorColumn* column = nullptr;
  std::optional<VectorValue> vector;
  /// Emptied until the worker has made the vector.
  bool pending = false;
};

/// A caller's record, taken apart and found valid.
struct RecordInput {
  Document properties;                ///< Defaults filled in; without system columns and vectors.
  std::optional<Uuid> id;             ///< The caller's.
  std::optional<int64_t> created_at;  ///< The caller's, for imports.
  std::vector<VectorChange> vectors;  ///< Given by the caller.
};

/// Checks one record against its table. Errors: kValidation with every broken rule, kTypeMismatch for a record that is
/// no object, kDimensionMismatch, kLimitExceeded.
RecordInput ReadRecordInput(const Table& table, const Document& record, size_t max_record_bytes);

/// Checks properties without vectors and system columns, as they are stored, and the table's rules.
void CheckProperties(const Table& table, const DocumentView& properties, int64_t now_micros);

enum class PatchKind : uint8_t {
  kMerge,    ///< RFC 7396.
  kMembers,  ///< Each member replaces the record's whole one; see RecordWriter::Replace.
};

/// The record that an RFC 7396 merge patch (or another kind of patch) makes of a stored one, checked as above. `id` and
/// the times cannot be patched. `vectors` holds those that the patch names; `required_vectors` are stored ones that the
/// schema requires.
RecordInput ReadPatchedInput(const Table& table, const RowView& stored, std::span<const VectorChange> required_vectors,
                             const Document& patch, PatchKind kind, size_t max_record_bytes);

/// The identifier that the record's uri, key field or key gives it; nullopt when it has none of them and gets a random
/// one. `explicit_id` first.
std::optional<Uuid> DeriveRecordId(const Table& table, const RecordInput& input);
/// The identifier that a record of `table` with this key-field value has.
Uuid RecordIdOfKey(const Table& table, std::string_view key);

/// The table's first dimension mismatch that `input` could settle, because the column takes its dimension from the
/// first vector; nullptr when all fit. Error(kDimensionMismatch) when a vector cannot fit.
const VectorChange* FindDimensionToSet(const Table& table, const RecordInput& input);

/// The text that is embedded: the embedding fields, in order, a line each. nullopt when all are absent or empty.
std::optional<std::string> TextToEmbed(const Table& table, const DocumentView& properties);
/// Embeds that text for every column with a provider that `vectors` does not cover yet, or leaves it to the worker.
void AppendAutomaticVectors(const Table& table, const DocumentView& properties, std::vector<VectorChange>& vectors);

}  // namespace rem
