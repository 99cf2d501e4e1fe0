#pragma once

#include <cstdint>
#include <string_view>

#include "catalog/tenant_catalog.h"
#include "storage/engine.h"
#include "store/commit_queue.h"

namespace rem {

/// Where a RecordWriter reads what is there and puts what it made of it: an open transaction instead of the database.
class WriteTarget {
 public:
  virtual ~WriteTarget() = default;
  virtual const Engine& reader() const = 0;
  virtual CatalogPtr catalog() const = 0;
  /// Takes a whole change; nothing of it when it throws.
  virtual void Submit(Commit& commit) = 0;
  /// Settles the dimension of a vector column of a table that exists only here; false for any other.
  virtual bool SettleDimension(TableId table, std::string_view column, uint32_t dimension) = 0;
};

}  // namespace rem
