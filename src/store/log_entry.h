#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rem/uuid.h>

#include "storage/key_space.h"

namespace rem {

enum class ChangeOperation : uint8_t {
  kInsert = 1,
  kUpdate = 2,
  kDelete = 3,
  kRestore = 4,
  kPurge = 5,
  kSchema = 6,
  kDropTable = 7,
  kEmbed = 8,  ///< The worker made a vector of the record; its row and version stay as they are.
};
/// "insert", "update", ...
std::string_view ChangeOperationName(ChangeOperation operation);

/// One change as the log stores it (docs/formats/change_log.md). It does not hold the record: the image is the current
/// row while the row's sequence is this entry's, and lies beside the entry (LogPart::kImage) once a later change has
/// overwritten the row.
struct LogEntry {
  ChangeOperation operation = ChangeOperation::kInsert;
  bool live_before = false;  ///< The record was visible before / is visible after the change: what row counts add up.
  bool live_after = false;
  TableId table = 0;
  RowId row = 0;
  Uuid id;
  uint64_t hybrid_time = 0;
  /// The record's change before this one, 0 for its first: purge follows this chain.
  Sequence previous = 0;
  /// Set when another database made the change.
  std::optional<Uuid> origin;
};

void AppendLogEntry(std::string& out, const LogEntry& entry);
/// Error(kCorruption), Error(kFormatVersion).
LogEntry DecodeLogEntry(std::string_view bytes);

/// Position of a consumer of the change log and its own data with it (docs/formats/change_log.md).
struct Checkpoint {
  Sequence sequence = 0;
  std::string payload;
};
std::string EncodeCheckpoint(const Checkpoint& checkpoint);
Checkpoint DecodeCheckpoint(std::string_view bytes);

}  // namespace rem
