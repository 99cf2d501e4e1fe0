#pragma once

#include <functional>
#include <memory>

#include <rocksdb/db.h>

#include "storage/engine.h"

namespace rem {

/// `snapshot` is the RocksDB snapshot of `options.snapshot`, or nullptr. `keeps_blocks`, where it is given, is asked
/// before a sequential scan reads ahead, and says whether what it reads is put into the block cache from there on.
std::unique_ptr<EngineIterator> NewRocksDbIterator(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
                                                   ScanOptions options, const rocksdb::Snapshot* snapshot,
                                                   std::function<bool()> keeps_blocks);

}  // namespace rem
