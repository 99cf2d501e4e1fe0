#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/utf8.h"
#include "types/document_codec.h"
#include "types/document_layout.h"

namespace rem {

namespace {

class Verifier {
 public:
  explicit Verifier(const KeyDictionary* keys) : keys_(keys) {}

  void Node(std::string_view bytes, size_t depth) {
    if (bytes.empty()) Fail("a node without bytes");
    const auto tag = static_cast<uint8_t>(bytes[0]);
    if (tag > kLastTag) Fail("an unknown tag");
    const size_t payload = bytes.size() - 1;
    switch (static_cast<NodeTag>(tag)) {
      case NodeTag::kNull:
      case NodeTag::kFalse:
      case NodeTag::kTrue:
        Need(payload == 0, "a constant with a payload");
        return;
      case NodeTag::kInt8:
        Need(payload == 1, "an integer of the wrong size");
        return;
      case NodeTag::kInt16:
        Int<int16_t, int8_t>(bytes);
        return;
      case NodeTag::kInt32:
        Int<int32_t, int16_t>(bytes);
        return;
      case NodeTag::kInt64:
        Int<int64_t, int32_t>(bytes);
        return;
      case NodeTag::kDouble:
        Need(payload == 8 && std::isfinite(LoadFixed<double>(bytes.data() + 1)),
             "a double of the wrong size, or one that is not finite");
        return;
      case NodeTag::kText:
        Text(bytes.substr(1));
        return;
      case NodeTag::kArray:
      case NodeTag::kNamedObject:
      case NodeTag::kKeyedObject:
        Container(bytes, depth);
        return;
    }
  }

 private:
  [[noreturn]] static void Fail(std::string_view what) {
    throw Error(ErrorCode::kCorruption, fmt::format("stored document is damaged: {}", what),
                "restore the record from a backup or a peer");
  }
  static void Need(bool condition, std::string_view what) {
    if (!condition) Fail(what);
  }

  // A number that fits the narrower form must be stored in it, so that equal documents have equal bytes.
  template <typename T, typename Narrower>
  static void Int(std::string_view bytes) {
    Need(bytes.size() == 1 + sizeof(T), "an integer of the wrong size");
    const T value = LoadFixed<T>(bytes.data() + 1);
    Need(value < std::numeric_limits<Narrower>::min() || value > std::numeric_limits<Narrower>::max(),
         "an integer wider than it needs");
  }

  static void Text(std::string_view text) {
    Need(text.find('\0') == std::string_view::npos, "a text with a NUL character");
    Need(IsValidUtf8(text), "a text that is not UTF-8");
  }

  // Checks that the table ascends from 0 (not strictly) and returns its last number.
  static uint32_t Ends(const char* table, uint32_t count, uint8_t width) {
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t end = LoadEntry(table, i, width);
      Need(end >= last, "offsets that go back");
      last = end;
    }
    return last;
  }

  void Container(std::string_view bytes, size_t depth) {
    Need(depth < kMaxDocumentDepth, "nesting past the limit");
    Need(bytes.size() >= 3, "a container that is cut off");
    const NodeTag tag = TagOf(bytes);
    const auto widths = static_cast<uint8_t>(bytes[1]);
    const uint8_t width = widths & 0x0f;
    const uint8_t id_width = widths >> 4;
    Need(width == 1 || width == 2 || width == 4, "an impossible offset width");
    Need(tag == NodeTag::kKeyedObject ? id_width == 1 || id_width == 2 : id_width == 0, "an impossible id width");

    std::string_view rest = bytes.substr(2);
    const size_t before = rest.size();
    uint64_t count = 0;
    Need(TakeVarint(rest, count), "a count that is cut off");
    Need(before - rest.size() == 1 || rest.data()[-1] != 0, "a count longer than it needs");
    const size_t per_member = tag == NodeTag::kArray         ? width
                              : tag == NodeTag::kNamedObject ? 2 * width
                                                             : width + id_width;
    Need(count <= rest.size() / per_member, "more members than bytes");

    const ContainerHead head = ReadContainer(bytes);
    size_t largest = Ends(head.value_ends, head.count, width);
    size_t values = rest.size() - count * per_member;
    if (tag == NodeTag::kNamedObject) {
      const uint32_t names = Ends(head.key_ends, head.count, width);
      Need(names <= values, "names past the end");
      values -= names;
      if (names > largest) largest = names;
    }
    Need((head.count == 0 ? 0 : LoadEntry(head.value_ends, head.count - 1, width)) == values,
         "values that do not fill the container");
    Need(width == WidthFor(largest), "offsets wider than they need");
    if (tag == NodeTag::kNamedObject) Names(head);
    if (tag == NodeTag::kKeyedObject) Ids(head);
    for (uint32_t i = 0; i < head.count; ++i) Node(head.value(i), depth + 1);
  }

  static void Names(const ContainerHead& head) {
    for (uint32_t i = 0; i < head.count; ++i) {
      Text(head.name(i));
      Need(i == 0 || head.name(i - 1) < head.name(i), "members out of order");
    }
  }

  void Ids(const ContainerHead& head) const {
    Need(keys_ != nullptr, "dictionary ids in a document that has no dictionary");
    for (uint32_t i = 0; i < head.count; ++i) {
      Need(head.id(i) < keys_->size(), "an id that the dictionary does not know");
      Need(i == 0 || head.id(i - 1) < head.id(i), "members out of order");
    }
    Need(head.id_width == (head.count == 0 || head.id(head.count - 1) < 0x100 ? 1 : 2), "ids wider than they need");
  }

  const KeyDictionary* keys_;
};

}  // namespace

void VerifyDocument(std::string_view bytes, const KeyDictionary* keys) { Verifier(keys).Node(bytes, 0); }

}  // namespace rem
