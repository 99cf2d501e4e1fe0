#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <rem/options.h>

namespace rem {

/// What lies in a database directory before RocksDB opens it.
struct DatabaseFiles {
  bool exists = false;  ///< A database is there.
  size_t write_ahead_logs = 0;
};

/// Checks the path and makes the directory when the options ask for it. Errors as OpenRocksDbEngine documents them; in
/// particular kCorruption when table or log files lie there without the file CURRENT, because RocksDB would start an
/// empty database and delete them.
DatabaseFiles PrepareDatabaseDirectory(const OpenOptions& options);

/// Sorted files that a bulk write makes before it adds them to the database. A crash leaves them behind; they are
/// removed at open.
std::filesystem::path BulkDirectory(const std::string& database_path);

}  // namespace rem
