#include "store/log_entry.h"

#include <fmt/format.h>

#include <array>

#include <rem/error.h>

#include "base/bytes.h"

namespace rem {
namespace {

// Entries of operations that came later carry the version that brought them, so that an older REM DB says so.
constexpr uint8_t kEntryVersion = 1;
constexpr uint8_t kEmbedEntryVersion = 2;
constexpr uint8_t kCheckpointVersion = 1;
constexpr uint8_t kLiveBefore = 0x10;
constexpr uint8_t kLiveAfter = 0x20;
constexpr uint8_t kHasOrigin = 0x40;
constexpr uint8_t kOperationMask = 0x0F;

[[noreturn]] void Damaged(std::string_view what) {
  throw Error(ErrorCode::kCorruption, fmt::format("A {} is damaged", what), "restore the database from a backup");
}

uint8_t TakeVersion(std::string_view& in, uint8_t known, std::string_view what) {
  uint8_t version = 0;
  if (!TakeFixed(in, version)) Damaged(what);
  if (version == 0 || version > known) {
    throw Error(ErrorCode::kFormatVersion,
                fmt::format("A {} has format {}, this version knows {}", what, version, known),
                "open the database with the version of REM DB that wrote it, or a newer one");
  }
  return version;
}

bool TakeUuid(std::string_view& in, Uuid& id) {
  if (in.size() < 16) return false;
  id = Uuid::FromBytes(in.substr(0, 16));
  in.remove_prefix(16);
  return true;
}

}  // namespace

std::string_view ChangeOperationName(ChangeOperation operation) {
  static constexpr std::array<std::string_view, 9> kNames = {"",      "insert", "update",     "delete", "restore",
                                                             "purge", "schema", "drop_table", "embed"};
  return kNames[static_cast<size_t>(operation)];
}

void AppendLogEntry(std::string& out, const LogEntry& entry) {
  out.push_back(static_cast<char>(entry.operation == ChangeOperation::kEmbed ? kEmbedEntryVersion : kEntryVersion));
  uint8_t flags = static_cast<uint8_t>(entry.operation);
  if (entry.live_before) flags |= kLiveBefore;
  if (entry.live_after) flags |= kLiveAfter;
  if (entry.origin) flags |= kHasOrigin;
  out.push_back(static_cast<char>(flags));
  AppendFixed(out, entry.hybrid_time);
  out.append(entry.id.AsBytes());
  AppendVarint(out, entry.table);
  AppendVarint(out, entry.row);
  AppendVarint(out, entry.previous);
  if (entry.origin) out.append(entry.origin->AsBytes());
}

LogEntry DecodeLogEntry(std::string_view in) {
  const uint8_t version = TakeVersion(in, kEmbedEntryVersion, "change-log entry");
  LogEntry entry;
  uint8_t flags = 0;
  uint64_t table = 0;
  bool ok = TakeFixed(in, flags) && TakeFixed(in, entry.hybrid_time) && TakeUuid(in, entry.id) &&
            TakeVarint(in, table) && TakeVarint(in, entry.row) && TakeVarint(in, entry.previous);
  uint8_t operation = flags & kOperationMask;
  if (!ok || operation < 1 || operation > (version == kEntryVersion ? 7 : 8) || table > UINT32_MAX)
    Damaged("change-log entry");
  entry.operation = static_cast<ChangeOperation>(operation);
  entry.live_before = (flags & kLiveBefore) != 0;
  entry.live_after = (flags & kLiveAfter) != 0;
  entry.table = static_cast<TableId>(table);
  if ((flags & kHasOrigin) != 0) {
    entry.origin.emplace();
    if (!TakeUuid(in, *entry.origin)) Damaged("change-log entry");
  }
  if (!in.empty()) Damaged("change-log entry");
  return entry;
}

std::string EncodeCheckpoint(const Checkpoint& checkpoint) {
  std::string out;
  out.push_back(static_cast<char>(kCheckpointVersion));
  AppendFixed(out, checkpoint.sequence);
  out.append(checkpoint.payload);
  return out;
}

Checkpoint DecodeCheckpoint(std::string_view in) {
  TakeVersion(in, kCheckpointVersion, "checkpoint");
  Checkpoint checkpoint;
  if (!TakeFixed(in, checkpoint.sequence)) Damaged("checkpoint");
  checkpoint.payload = std::string(in);
  return checkpoint;
}

}  // namespace rem
