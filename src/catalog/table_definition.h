#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>

#include "catalog/table.h"

namespace rem {

/// What a change of the schema left to be derived again from the rows: finished before the change is visible, and
/// again at the next open when a crash cut it off. Not nested in TableDefinition: clang 14 cannot make an optional of
/// a nested type with default values while the outer type is incomplete.
struct PendingRederive {
  std::vector<std::string> old_lookup_fields;
  bool vectors = false;
};

/// What Family::kMeta holds of a table (docs/formats/definitions.md): enough to build a Table again.
struct TableDefinition {
  struct Index {
    IndexId id = 0;
    std::string field;
    bool ready = true;
  };
  struct Vector {
    ColumnNumber number = 0;
    std::string name;
    uint32_t dimension = 0;
    std::string provider;
    bool provider_declared = false;
    /// See VectorColumn; `name` is that of the column whose place it will take.
    bool shadow = false;
    /// The provider was chosen for the table, and holds until the schema names another one than it did then.
    bool chosen = false;
  };

  TableId id = 0;
  std::string name;
  uint64_t version = 1;
  Document schema;
  std::vector<Index> indexes;
  std::vector<Vector> vectors;
  /// Numbers below this were given to vector columns of this table, also to ones that are gone.
  ColumnNumber next_vector = 0;
  std::optional<PendingRederive> rederive;
  /// Being dropped: invisible; the drop is finished at the next open.
  bool dropping = false;
};

std::string EncodeDefinition(const TableDefinition& definition);
/// Error(kCorruption), Error(kFormatVersion).
TableDefinition DecodeDefinition(std::string_view bytes);

/// The definition of a new table, or of `previous` under a new schema. New indexes take ids from `next_index_id` and
/// are not ready when there are rows to index (`previous` given). Vector columns keep their numbers; a column without
/// provider and dimension gets them from its first vector. Errors: kNotFound for an unknown provider.
TableDefinition DefineTable(const TableSchema& schema, const TableDefinition* previous, TableId id,
                            const std::function<IndexId()>& next_index_id);

/// The runtime form. `keys` and `counters` are shared by all versions of the table. Without `make_rules`, a table whose
/// schema needs rules takes no records.
TablePtr BuildTable(TenantId tenant, const TableDefinition& definition, std::shared_ptr<KeyDictionary> keys,
                    std::shared_ptr<TableCounters> counters, RowRulesMaker make_rules = nullptr);

}  // namespace rem
