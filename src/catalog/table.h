#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/row_rules.h"
#include "schema/table_schema.h"
#include "storage/key_space.h"
#include "types/key_dictionary.h"

namespace rem {

class Validator;
class EmbeddingProvider;

struct IndexDefinition {
  IndexId id = 0;
  IndexedField field;
  /// False while it is being built: it takes writes but answers nothing.
  bool ready = true;
};

struct VectorColumn {
  std::string name;
  ColumnNumber number = 0;
  /// 0 until the first vector sets it.
  uint32_t dimension = 0;
  /// What embeds the table's embedding fields into this column; nullptr where only the caller gives vectors.
  const EmbeddingProvider* provider = nullptr;
  std::string provider_name;
  /// The schema names the provider. Otherwise the first vector of another dimension that a caller gives turns the
  /// column into one that only callers fill, and the vectors made so far are dropped.
  bool provider_declared = false;
  /// Being filled with another model's vectors, to take the place of the column of this name. Nothing reads it before,
  /// and its name has kShadowSuffix, which no name that a user gives can have.
  bool shadow = false;
};
inline constexpr std::string_view kShadowSuffix{"\0new", 4};

/// What changes with every commit, shared by all versions of a table's definition.
struct TableCounters {
  std::atomic<RowId> next_row{1};
  std::atomic<int64_t> live_rows{0};
  /// Rows that were inserted, changed or deleted since the tenant was opened.
  std::atomic<uint64_t> changes{0};
};

/// One version of a table's definition. Immutable, but for the dictionary and the counters, which only grow.
struct Table {
  TenantId tenant = 0;
  TableId id = 0;
  uint64_t definition_version = 0;  ///< Grows with every change; plans made for another version are stale.
  TableSchema schema;
  std::vector<IndexDefinition> indexes;
  std::vector<VectorColumn> vectors;
  std::shared_ptr<const Validator> validator;
  std::shared_ptr<const RowRules> rules;  ///< nullptr where the schema needs none.
  std::shared_ptr<KeyDictionary> keys;
  std::shared_ptr<TableCounters> counters;

  const std::string& name() const { return schema.short_name; }
  const ColumnSchema* FindColumn(std::string_view name) const;
  const VectorColumn* FindVector(std::string_view name) const;
  const IndexDefinition* FindIndex(std::string_view field_name) const;
};

using TablePtr = std::shared_ptr<const Table>;

}  // namespace rem
