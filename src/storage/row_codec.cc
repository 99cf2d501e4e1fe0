#include "storage/row_codec.h"

#include <rem/error.h>

#include "base/bytes.h"
#include "base/check.h"
#include "types/document_codec.h"

namespace rem {

namespace {

// docs/formats/rows.md shows these bytes.
constexpr uint8_t kRowVersion = 1;
constexpr uint8_t kFlagModified = 0x01;  ///< modified_at differs from created_at and is stored.
constexpr uint8_t kFlagDeleted = 0x02;   ///< deleted_at is stored.
constexpr uint8_t kKnownFlags = kFlagModified | kFlagDeleted;

constexpr size_t kIdOffset = kRowSequenceOffset + 8;
constexpr size_t kCreatedOffset = kIdOffset + 16;
constexpr size_t kModifiedOffset = kCreatedOffset + 8;

size_t HeaderSize(uint8_t flags) {
  return kModifiedOffset + ((flags & kFlagModified) != 0 ? 8 : 0) + ((flags & kFlagDeleted) != 0 ? 8 : 0);
}

void StartRow(const RowHeader& header, std::string& out) {
  uint8_t flags = 0;
  if (header.modified_at != header.created_at) flags |= kFlagModified;
  if (header.deleted_at) flags |= kFlagDeleted;
  out.clear();
  out.push_back(static_cast<char>(kRowVersion));
  out.push_back(static_cast<char>(flags));
  AppendFixed(out, header.sequence);
  out.append(header.id.AsBytes());
  AppendFixed(out, header.created_at);
  if ((flags & kFlagModified) != 0) AppendFixed(out, header.modified_at);
  if ((flags & kFlagDeleted) != 0) AppendFixed(out, *header.deleted_at);
}

[[noreturn]] void ThrowDamaged(const char* what) {
  throw Error(ErrorCode::kCorruption, std::string("a stored row is damaged: ") + what,
              "restore the database from a backup");
}

}  // namespace

void EncodeRow(const RowHeader& header, const DocumentView& properties, const KeyDictionary& keys, std::string& out,
               std::vector<std::string>& missing) {
  StartRow(header, out);
  EncodeWithDictionary(properties, keys, out, missing);
}

void EncodeRowWithProperties(const RowHeader& header, std::string_view properties, std::string& out) {
  StartRow(header, out);
  out.append(properties);
}

RowView::RowView(std::string_view bytes, const KeyDictionary* keys) : bytes_(bytes), keys_(keys) {
  if (bytes.size() < 2) ThrowDamaged("it is shorter than its version and flags");
  const auto version = static_cast<uint8_t>(bytes[0]);
  if (version == 0) ThrowDamaged("its version is 0");
  if (version > kRowVersion) {
    throw Error(ErrorCode::kFormatVersion,
                "a stored row has format version " + std::to_string(version) + "; this program knows up to " +
                    std::to_string(kRowVersion),
                "open the database with a newer version of REM DB");
  }
  const auto flags = static_cast<uint8_t>(bytes[1]);
  if ((flags & ~kKnownFlags) != 0) ThrowDamaged("it has unknown flags");
  const size_t header_size = HeaderSize(flags);
  if (bytes.size() <= header_size) ThrowDamaged("it ends before its properties");
  properties_ = bytes.substr(header_size);
}

RowHeader RowView::header() const { return {sequence(), id(), created_at(), modified_at(), deleted_at()}; }

uint64_t RowView::sequence() const { return LoadFixed<uint64_t>(bytes_.data() + kRowSequenceOffset); }

Uuid RowView::id() const { return Uuid::FromBytes(bytes_.substr(kIdOffset, 16)); }

int64_t RowView::created_at() const { return LoadFixed<int64_t>(bytes_.data() + kCreatedOffset); }

int64_t RowView::modified_at() const {
  const bool stored = (static_cast<uint8_t>(bytes_[1]) & kFlagModified) != 0;
  return LoadFixed<int64_t>(bytes_.data() + (stored ? kModifiedOffset : kCreatedOffset));
}

bool RowView::deleted() const { return (static_cast<uint8_t>(bytes_[1]) & kFlagDeleted) != 0; }

std::optional<int64_t> RowView::deleted_at() const {
  if (!deleted()) return std::nullopt;
  return LoadFixed<int64_t>(properties_.data() - 8);
}

DocumentView RowView::properties() const { return DocumentView(properties_, keys_); }

std::optional<DocumentView> RowView::Find(uint32_t key_id, uint32_t& hint) const {
  REM_DCHECK(keys_ != nullptr);
  std::string_view value;
  if (!FindMemberById(properties_, key_id, *keys_, hint, value)) return std::nullopt;
  return DocumentView(value, keys_);
}

}  // namespace rem
