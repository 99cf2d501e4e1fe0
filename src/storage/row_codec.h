#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>
#include <rem/uuid.h>

#include "types/key_dictionary.h"

namespace rem {

/// System columns of a row.
struct RowHeader {
  uint64_t sequence = 0;  ///< Of the row's last change. Patched in at commit.
  Uuid id;
  int64_t created_at = 0;  ///< Microseconds since 1970.
  int64_t modified_at = 0;
  std::optional<int64_t> deleted_at;
};

/// Where the 8 bytes of RowHeader::sequence lie in a stored row, for Batch::PatchFixed64.
inline constexpr size_t kRowSequenceOffset = 2;

/// Replaces `out` with a row: version byte, flags, sequence, header, then the properties with dictionary ids
/// (docs/formats/rows.md). `missing` as in EncodeWithDictionary.
void EncodeRow(const RowHeader& header, const DocumentView& properties, const KeyDictionary& keys, std::string& out,
               std::vector<std::string>& missing);
/// Same properties bytes under another header: for delete and restore, which do not touch them.
void EncodeRowWithProperties(const RowHeader& header, std::string_view properties, std::string& out);

/// Reads a stored row in place. The constructor checks version and sizes: Error(kCorruption), Error(kFormatVersion).
class RowView {
 public:
  RowView(std::string_view bytes, const KeyDictionary* keys);

  RowHeader header() const;
  uint64_t sequence() const;
  Uuid id() const;
  int64_t created_at() const;
  int64_t modified_at() const;
  bool deleted() const;
  std::optional<int64_t> deleted_at() const;

  DocumentView properties() const;
  /// Top-level member by dictionary id (see FindMemberById). nullopt when absent.
  std::optional<DocumentView> Find(uint32_t key_id, uint32_t& hint) const;

 private:
  std::string_view bytes_;
  std::string_view properties_;
  const KeyDictionary* keys_;
};

}  // namespace rem
