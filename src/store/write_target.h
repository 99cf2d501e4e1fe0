#pragma once

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
};

}  // namespace rem
