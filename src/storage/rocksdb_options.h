#pragma once

#include <array>
#include <memory>

#include <rem/options.h>
#include <rocksdb/options.h>

#include "storage/family.h"

namespace rem {

/// Everything that RocksDB is told. One value per opened database; families share its cache and write buffer.
struct RocksDbConfig {
  rocksdb::DBOptions db;
  std::array<rocksdb::ColumnFamilyOptions, kFamilyCount> families;
  std::shared_ptr<rocksdb::Cache> block_cache;
};

RocksDbConfig MakeRocksDbConfig(const OpenOptions& options);

}  // namespace rem
