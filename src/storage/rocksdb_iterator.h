#pragma once

#include <memory>

#include <rocksdb/db.h>

#include "storage/engine.h"

namespace rem {

/// `snapshot` is the RocksDB snapshot of `options.snapshot`, or nullptr.
std::unique_ptr<EngineIterator> NewRocksDbIterator(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
                                                   ScanOptions options, const rocksdb::Snapshot* snapshot);

}  // namespace rem
