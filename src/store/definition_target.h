#pragma once

#include <cstdint>
#include <string_view>

#include <rem/document.h>

#include "catalog/tenant_catalog.h"
#include "store/table_rewriter.h"

namespace rem {

class RecordWriter;

/// Where definitions of tables are changed: the database, or an open transaction, in which nobody else sees them until
/// it commits.
class DefinitionTarget {
 public:
  virtual ~DefinitionTarget() = default;

  virtual CatalogPtr catalog() const = 0;
  /// See Session::RegisterSchema.
  virtual TablePtr Register(std::string_view name, const Document& json_schema, bool force) = 0;
  /// Gives a table another definition and its records what follows from it. Its new indexes are ready. Error(kConflict)
  /// when the table is no longer the version that the change was made for.
  virtual TablePtr Redefine(TableId table, uint64_t version, const Redefinition& change) = 0;
  /// Removes a table and everything in it.
  virtual void DropTable(std::string_view name) = 0;
  virtual bool HasRecords(const Table& table) const = 0;
  virtual RecordWriter& writer() = 0;
  /// Begins to make the vector indexes that a table declares. Those of a transaction come with the first search.
  virtual void MakeVectorIndexes(const Table&) {}
};

}  // namespace rem
