#pragma once

#include <memory>
#include <string>

#include <rocksdb/env.h>

namespace rem {

/// RocksDB's text log (warnings and errors, for people) in the file `path`. When the file passes `max_bytes`, it
/// becomes `path`.old, and a new one begins; so does one of an earlier process. With an empty path nothing is written.
/// A line that cannot be written is dropped: RocksDB's own log writer ends the process on a full disk where RocksDB has
/// its assertions on.
std::shared_ptr<rocksdb::Logger> OpenInfoLog(std::string path, rocksdb::InfoLogLevel level, size_t max_bytes);

}  // namespace rem
