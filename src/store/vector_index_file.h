#pragma once

#include <memory>
#include <string>

#include <rem/uuid.h>

#include "storage/engine.h"
#include "store/table_vector_index.h"

namespace rem {

/// What a file must have been made with to be taken, and what it may take of memory.
struct VectorIndexLimits {
  uint32_t m = 16;
  uint32_t ef_construction = 200;
  size_t memory_limit = 0;
  size_t cache_bytes = 0;
};

/// Where the vector indexes of one tenant lie on disk, and what must hold for one to be taken: it was made from this
/// database, and the change log still is the one that it followed. See docs/formats/vector_index.md.
class VectorIndexFiles {
 public:
  /// An empty folder keeps nothing.
  VectorIndexFiles(std::string folder, bool read_only, const Engine& engine, TenantId tenant, const Uuid& database)
      : folder_(std::move(folder)), read_only_(read_only), engine_(engine), tenant_(tenant), database_(database) {}

  /// Nobody may change the index meanwhile. Does nothing when the log no longer holds the change that the index has
  /// come to. Error(kIo), Error(kNoSpace).
  void Save(const TableVectorIndex& index) const;
  /// nullptr when there is none that can be used; one that cannot is deleted.
  std::shared_ptr<TableVectorIndex> Load(TableId table, const VectorColumn& column, VectorMetric metric,
                                         const VectorIndexLimits& limits) const;
  void Delete(TableId table, ColumnNumber column, VectorMetric metric) const;
  /// Those of all tables of the tenant.
  void DeleteAll() const;

 private:
  std::string PathOf(TableId table, ColumnNumber column, VectorMetric metric) const;
  std::shared_ptr<TableVectorIndex> Read(const std::string& path, TableId table, const VectorColumn& column,
                                         VectorMetric metric, const VectorIndexLimits& limits) const;
  /// Of the log's entry; 0 where it is not there.
  uint64_t HashOfChange(Sequence sequence) const;

  const std::string folder_;
  const bool read_only_;
  const Engine& engine_;
  const TenantId tenant_;
  const Uuid database_;
};

}  // namespace rem
