#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <rem/document.h>

#include "base/bytes.h"
#include "base/check.h"

namespace rem {

// The bytes of a document node, shared by everything that reads or writes them. The format page is
// docs/formats/document.md.

/// Deepest nesting that any document may have: bounds every recursion over documents.
inline constexpr size_t kMaxDocumentDepth = 200;
/// Largest document: offsets are 32 bits wide.
inline constexpr size_t kMaxDocumentBytes = size_t{1} << 30;

enum class NodeTag : uint8_t {
  kNull = 0,
  kFalse = 1,
  kTrue = 2,
  kInt8 = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kDouble = 7,
  kText = 8,
  kArray = 9,
  kNamedObject = 10,  ///< An object that holds the names of its members.
  kKeyedObject = 11,  ///< An object that holds dictionary ids instead.
};
inline constexpr uint8_t kLastTag = 11;

inline NodeTag TagOf(std::string_view bytes) {
  REM_DCHECK(!bytes.empty());
  return static_cast<NodeTag>(bytes[0]);
}

/// Loads the `i`-th entry of a table of little-endian numbers of `width` 1, 2 or 4 bytes.
inline uint32_t LoadEntry(const char* table, size_t i, uint8_t width) {
  if (width == 1) return static_cast<uint8_t>(table[i]);
  if (width == 2) return LoadFixed<uint16_t>(table + 2 * i);
  return LoadFixed<uint32_t>(table + 4 * i);
}

inline uint8_t WidthFor(size_t largest) { return largest < 0x100 ? 1 : largest < 0x10000 ? 2 : 4; }

/// The decoded head of a container. Pointers go into the node's bytes.
struct ContainerHead {
  NodeTag tag = NodeTag::kArray;
  uint8_t width = 1;     ///< Of offsets.
  uint8_t id_width = 1;  ///< Of dictionary ids; keyed objects only.
  uint32_t count = 0;
  const char* ids = nullptr;       ///< Keyed objects.
  const char* key_ends = nullptr;  ///< Named objects.
  const char* keys = nullptr;      ///< Named objects: the names, one behind the other.
  const char* value_ends = nullptr;
  const char* values = nullptr;

  std::string_view value(size_t i) const {
    const uint32_t begin = i == 0 ? 0 : LoadEntry(value_ends, i - 1, width);
    return {values + begin, LoadEntry(value_ends, i, width) - begin};
  }
  std::string_view name(size_t i) const {
    const uint32_t begin = i == 0 ? 0 : LoadEntry(key_ends, i - 1, width);
    return {keys + begin, LoadEntry(key_ends, i, width) - begin};
  }
  uint32_t id(size_t i) const { return LoadEntry(ids, i, id_width); }
};

inline bool IsContainer(NodeTag tag) { return tag >= NodeTag::kArray; }

/// Reads the head of an array or object whose bytes are known to be good.
inline ContainerHead ReadContainer(std::string_view bytes) {
  ContainerHead head;
  head.tag = TagOf(bytes);
  const auto widths = static_cast<uint8_t>(bytes[1]);
  head.width = widths & 0x0f;
  head.id_width = widths >> 4;
  const char* at = bytes.data() + 2;
  if (static_cast<uint8_t>(*at) < 0x80) {
    head.count = static_cast<uint8_t>(*at++);
  } else {
    std::string_view rest = bytes.substr(2);
    uint64_t count = 0;
    REM_CHECK(TakeVarint(rest, count));
    head.count = static_cast<uint32_t>(count);
    at = rest.data();
  }
  const size_t table = size_t{head.count} * head.width;
  if (head.tag == NodeTag::kNamedObject) {
    head.key_ends = at;
    at += table;
  } else if (head.tag == NodeTag::kKeyedObject) {
    head.ids = at;
    at += size_t{head.count} * head.id_width;
  }
  head.value_ends = at;
  at += table;
  if (head.tag == NodeTag::kNamedObject) {
    head.keys = at;
    if (head.count != 0) at += LoadEntry(head.key_ends, head.count - 1, head.width);
  }
  head.values = at;
  return head;
}

/// Position of the member with this name (named objects) or id (keyed objects).
std::optional<uint32_t> FindName(const ContainerHead& head, std::string_view name);
std::optional<uint32_t> FindId(const ContainerHead& head, uint32_t id);

// Writing. A container's values are appended to `out` first, from `begin` on, with `ends` relative to `begin`; then its
// head is put in front.
void AppendInt(std::string& out, int64_t value);
void AppendDouble(std::string& out, double value);
void PutArrayHead(std::string& out, size_t begin, std::span<const uint32_t> ends);
/// `name_ends` are relative to the start of `names`; members are in order of their names.
void PutNamedHead(std::string& out, size_t begin, std::span<const uint32_t> ends, std::string_view names,
                  std::span<const uint32_t> name_ends);
/// `ids` ascend.
void PutKeyedHead(std::string& out, size_t begin, std::span<const uint32_t> ends, std::span<const uint32_t> ids);

}  // namespace rem
