#pragma once

#include <string>

namespace rem {

/// Looks at what RocksDB reads of the table files in a database directory before it verifies a checksum: the end of
/// each file's properties block, where one flipped bit ends a process whose RocksDB has its assertions on, as Debian's
/// has. Error(kCorruption) names the file. All other damage is left for RocksDB to report.
void VerifyTableFiles(const std::string& database_path);

}  // namespace rem
