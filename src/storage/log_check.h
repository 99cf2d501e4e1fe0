#pragma once

#include <string>

namespace rem {

/// Verifies the record structure and checksums of every write-ahead log and of the current MANIFEST in a database
/// directory. An end that a crash cut off is fine. Error(kCorruption) names the file and the offset of a damaged
/// record.
///
/// RocksDB checks records too when it replays them, yet takes some damage for the end of the file and silently drops
/// what follows: a length that reaches past the end, a type that looks like one of a recycled log. Acknowledged commits
/// must not go that way.
void VerifyLogFiles(const std::string& database_path);

}  // namespace rem
