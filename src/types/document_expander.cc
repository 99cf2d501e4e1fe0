#include "types/document_expander.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "types/document_layout.h"

namespace rem {

namespace {

// Objects of one dictionary with the same ids.
struct Shape {
  uint64_t dictionary = 0;
  std::string ids;              // As they lie in the object, preceded by their width.
  std::vector<uint32_t> order;  // Positions in ascending order of the names.
  std::string names;            // In that order.
  std::vector<uint32_t> name_ends;
};
using ShapePtr = std::shared_ptr<const Shape>;

void AppendTable(std::string& out, const std::vector<uint32_t>& numbers, uint8_t width) {
  for (const uint32_t number : numbers) out.append(reinterpret_cast<const char*>(&number), width);
}
static_assert(std::endian::native == std::endian::little);

class Expander {
 public:
  std::string Expand(std::string_view bytes, const KeyDictionary& keys) {
    keys_ = &keys;
    out_.clear();
    Node(bytes);
    std::string result = out_;
    if (out_.capacity() > kKeptBytes) out_ = std::string();
    return result;
  }

 private:
  static constexpr size_t kKeptShapes = 64;
  static constexpr size_t kKeptBytes = 1u << 20;
  // Shapes of objects that are used as maps are not worth keeping.
  static constexpr size_t kMaxKeptMembers = 256;

  void Node(std::string_view bytes) {
    const NodeTag tag = TagOf(bytes);
    if (!IsContainer(tag)) {
      out_.append(bytes);
      return;
    }
    const ContainerHead head = ReadContainer(bytes);
    if (tag == NodeTag::kArray) {
      Array(head);
    } else if (tag == NodeTag::kNamedObject) {
      Named(head);
    } else {
      const ShapePtr shape = FindShape(head);
      if (!Flat(head, *shape)) Nested(head, *shape);
    }
  }

  void Array(const ContainerHead& head) {
    const size_t begin = out_.size();
    std::vector<uint32_t> ends;
    for (uint32_t i = 0; i < head.count; ++i) Value(head, i, begin, ends);
    PutArrayHead(out_, begin, ends);
  }

  void Named(const ContainerHead& head) {
    const size_t begin = out_.size();
    std::vector<uint32_t> ends, name_ends;
    for (uint32_t i = 0; i < head.count; ++i) {
      Value(head, i, begin, ends);
      name_ends.push_back(LoadEntry(head.key_ends, i, head.width));
    }
    const std::string_view names(head.keys, name_ends.empty() ? 0 : name_ends.back());
    PutNamedHead(out_, begin, ends, names, name_ends);
  }

  void Nested(const ContainerHead& head, const Shape& shape) {
    const size_t begin = out_.size();
    std::vector<uint32_t> ends;
    for (const uint32_t i : shape.order) Value(head, i, begin, ends);
    PutNamedHead(out_, begin, ends, shape.names, shape.name_ends);
  }

  void Value(const ContainerHead& head, uint32_t i, size_t begin, std::vector<uint32_t>& ends) {
    Node(head.value(i));
    ends.push_back(static_cast<uint32_t>(out_.size() - begin));
  }

  // An object of scalars: its size is known in advance. False when a member is a container.
  bool Flat(const ContainerHead& head, const Shape& shape) {
    ends_.clear();
    uint32_t end = 0;
    for (const uint32_t i : shape.order) {
      const std::string_view value = head.value(i);
      if (IsContainer(TagOf(value))) return false;
      ends_.push_back(end += static_cast<uint32_t>(value.size()));
    }
    const uint8_t width = WidthFor(std::max<size_t>(end, shape.names.size()));
    out_.push_back(static_cast<char>(NodeTag::kNamedObject));
    out_.push_back(static_cast<char>(width));
    AppendVarint(out_, head.count);
    AppendTable(out_, shape.name_ends, width);
    AppendTable(out_, ends_, width);
    out_.append(shape.names);
    for (const uint32_t i : shape.order) out_.append(head.value(i));
    return true;
  }

  ShapePtr FindShape(const ContainerHead& head) {
    key_.assign(1, static_cast<char>(head.id_width));
    key_.append(head.ids, size_t{head.count} * head.id_width);
    ShapePtr& kept = shapes_[Hash64(key_, keys_->serial()) % kKeptShapes];
    if (kept != nullptr && kept->dictionary == keys_->serial() && kept->ids == key_) return kept;
    ShapePtr made = MakeShape(head);
    if (head.count <= kMaxKeptMembers) kept = made;
    return made;
  }

  ShapePtr MakeShape(const ContainerHead& head) const {
    auto shape = std::make_shared<Shape>();
    shape->dictionary = keys_->serial();
    shape->ids = key_;
    shape->order.resize(head.count);
    std::iota(shape->order.begin(), shape->order.end(), 0u);
    const auto name = [&](uint32_t i) { return keys_->Name(head.id(i)); };
    std::ranges::sort(shape->order, [&](uint32_t a, uint32_t b) { return name(a) < name(b); });
    for (const uint32_t i : shape->order) {
      shape->names.append(name(i));
      shape->name_ends.push_back(static_cast<uint32_t>(shape->names.size()));
    }
    return shape;
  }

  const KeyDictionary* keys_ = nullptr;
  std::string out_;
  std::string key_;
  std::vector<uint32_t> ends_;
  std::array<ShapePtr, kKeptShapes> shapes_;
};

}  // namespace

std::string ExpandNames(std::string_view bytes, const KeyDictionary& keys) {
  thread_local Expander expander;
  return expander.Expand(bytes, keys);
}

}  // namespace rem
