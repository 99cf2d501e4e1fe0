#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include <rocksdb/env.h>

namespace rem {

/// Refuses writes while the disk is nearly full, before they reach RocksDB. A log append that fails for lack of space
/// is the one failure after which this release cannot always resume: it keeps using the log's file handle, which then
/// refuses every append.
class SpaceGuard {
 public:
  SpaceGuard(rocksdb::Env& env, std::string path) : env_(env), path_(std::move(path)) {}

  /// Error(kNoSpace) when the disk has too little room for `bytes` more. Asks the file system only once in a while.
  void Spend(uint64_t bytes);

  /// Whether a table file of so many bytes fits; true where the file system does not tell.
  bool HasRoomFor(uint64_t bytes) const;

 private:
  rocksdb::Env& env_;
  std::string path_;
  std::mutex mutex_;
  uint64_t budget_ = 0;  ///< Bytes that may be written before the next look at the disk.
};

}  // namespace rem
