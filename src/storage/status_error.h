#pragma once

#include <string_view>

#include <rem/error.h>
#include <rocksdb/status.h>

namespace rem {

/// Turns a failed RocksDB status into our error. `doing` says what failed, for example "cannot write to the database".
Error ErrorFromStatus(const rocksdb::Status& status, std::string_view doing);

inline void ThrowIfFailed(const rocksdb::Status& status, std::string_view doing) {
  if (!status.ok()) [[unlikely]]
    throw ErrorFromStatus(status, doing);
}

}  // namespace rem
