#include <charconv>

#include <fmt/format.h>
#include <rem/document.h>
#include <rem/error.h>

#include "types/compare.h"
#include "types/document_layout.h"
#include "types/json_writer.h"
#include "types/key_dictionary.h"

namespace rem {

namespace {

std::string_view KindName(NodeKind kind) {
  static constexpr std::string_view kNames[] = {"null", "boolean", "integer", "double", "text", "array", "object"};
  return kNames[static_cast<size_t>(kind)];
}

[[noreturn]] void ThrowWrongKind(NodeKind kind, std::string_view wanted) {
  throw Error(ErrorCode::kInternal,
              fmt::format("document node read as the wrong kind: it is {}, wanted {}", KindName(kind), wanted));
}

std::optional<int64_t> LoadInt(std::string_view bytes) {
  switch (TagOf(bytes)) {
    case NodeTag::kInt8:
      return LoadFixed<int8_t>(bytes.data() + 1);
    case NodeTag::kInt16:
      return LoadFixed<int16_t>(bytes.data() + 1);
    case NodeTag::kInt32:
      return LoadFixed<int32_t>(bytes.data() + 1);
    case NodeTag::kInt64:
      return LoadFixed<int64_t>(bytes.data() + 1);
    default:
      return std::nullopt;
  }
}

bool IsObject(std::string_view bytes) { return TagOf(bytes) >= NodeTag::kNamedObject; }

bool EqualArrays(const DocumentView& a, const DocumentView& b) {
  const ContainerHead x = ReadContainer(a.bytes());
  const ContainerHead y = ReadContainer(b.bytes());
  if (x.count != y.count) return false;
  for (uint32_t i = 0; i < x.count; ++i) {
    if (!(DocumentView(x.value(i), a.keys()) == DocumentView(y.value(i), b.keys()))) return false;
  }
  return true;
}

bool EqualObjects(const DocumentView& a, const DocumentView& b) {
  const ContainerHead x = ReadContainer(a.bytes());
  const ContainerHead y = ReadContainer(b.bytes());
  if (x.count != y.count) return false;
  const bool same_order = x.tag == y.tag && (x.tag == NodeTag::kNamedObject || a.keys() == b.keys());
  for (uint32_t i = 0; i < x.count; ++i) {
    if (same_order) {
      if (x.tag == NodeTag::kNamedObject ? x.name(i) != y.name(i) : x.id(i) != y.id(i)) return false;
      if (!(DocumentView(x.value(i), a.keys()) == DocumentView(y.value(i), b.keys()))) return false;
    } else {
      const auto other = b.Find(a.KeyAt(i));
      if (!other || !(DocumentView(x.value(i), a.keys()) == *other)) return false;
    }
  }
  return true;
}

}  // namespace

NodeKind DocumentView::kind() const {
  static constexpr NodeKind kKinds[] = {NodeKind::kNull, NodeKind::kBool,  NodeKind::kBool,   NodeKind::kInt,
                                        NodeKind::kInt,  NodeKind::kInt,   NodeKind::kInt,    NodeKind::kDouble,
                                        NodeKind::kText, NodeKind::kArray, NodeKind::kObject, NodeKind::kObject};
  const auto tag = static_cast<uint8_t>(TagOf(bytes_));
  REM_DCHECK(tag <= kLastTag);
  return kKinds[tag];
}

bool DocumentView::AsBool() const {
  if (kind() != NodeKind::kBool) ThrowWrongKind(kind(), "boolean");
  return TagOf(bytes_) == NodeTag::kTrue;
}

int64_t DocumentView::AsInt() const {
  const auto value = LoadInt(bytes_);
  if (!value) ThrowWrongKind(kind(), "integer");
  return *value;
}

double DocumentView::AsDouble() const {
  if (TagOf(bytes_) == NodeTag::kDouble) return LoadFixed<double>(bytes_.data() + 1);
  const auto value = LoadInt(bytes_);
  if (!value) ThrowWrongKind(kind(), "double");
  return static_cast<double>(*value);
}

std::string_view DocumentView::AsText() const {
  if (TagOf(bytes_) != NodeTag::kText) ThrowWrongKind(kind(), "text");
  return bytes_.substr(1);
}

size_t DocumentView::size() const { return IsContainer(TagOf(bytes_)) ? ReadContainer(bytes_).count : 0; }

DocumentView DocumentView::At(size_t i) const {
  if (TagOf(bytes_) != NodeTag::kArray) ThrowWrongKind(kind(), "array");
  const ContainerHead head = ReadContainer(bytes_);
  REM_CHECK(i < head.count);
  return DocumentView(head.value(i), keys_);
}

std::string_view DocumentView::KeyAt(size_t i) const {
  if (!IsObject(bytes_)) ThrowWrongKind(kind(), "object");
  const ContainerHead head = ReadContainer(bytes_);
  REM_CHECK(i < head.count);
  return head.tag == NodeTag::kNamedObject ? head.name(i) : keys_->Name(head.id(i));
}

DocumentView DocumentView::ValueAt(size_t i) const {
  if (!IsObject(bytes_)) ThrowWrongKind(kind(), "object");
  const ContainerHead head = ReadContainer(bytes_);
  REM_CHECK(i < head.count);
  return DocumentView(head.value(i), keys_);
}

std::optional<DocumentView> DocumentView::Find(std::string_view key) const {
  if (!IsObject(bytes_)) return std::nullopt;
  const ContainerHead head = ReadContainer(bytes_);
  std::optional<uint32_t> at;
  if (head.tag == NodeTag::kNamedObject) {
    at = FindName(head, key);
  } else if (const auto id = keys_->Find(key)) {
    at = FindId(head, *id);
  }
  if (!at) return std::nullopt;
  return DocumentView(head.value(*at), keys_);
}

std::optional<DocumentView> DocumentView::FindPath(std::span<const std::string> path) const {
  DocumentView node = *this;
  for (const std::string& step : path) {
    if (TagOf(node.bytes_) == NodeTag::kArray) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error != std::errc() || end != step.data() + step.size() || index >= node.size()) return std::nullopt;
      node = node.At(index);
    } else {
      const auto member = node.Find(step);
      if (!member) return std::nullopt;
      node = *member;
    }
  }
  return node;
}

std::string DocumentView::ToJson() const { return WriteJson(*this, false); }
std::string DocumentView::ToPrettyJson() const { return WriteJson(*this, true); }

bool operator==(const DocumentView& a, const DocumentView& b) {
  if (a.keys_ == b.keys_ && a.bytes_ == b.bytes_) return true;
  const NodeKind kind = a.kind();
  if (a.IsNumber() && b.IsNumber()) {
    if (kind == NodeKind::kInt) {
      return b.kind() == NodeKind::kInt ? a.AsInt() == b.AsInt() : CompareIntDouble(a.AsInt(), b.AsDouble()) == 0;
    }
    return b.kind() == NodeKind::kInt ? CompareIntDouble(b.AsInt(), a.AsDouble()) == 0
                                      : CompareDoubles(a.AsDouble(), b.AsDouble()) == 0;
  }
  if (kind != b.kind()) return false;
  switch (kind) {
    case NodeKind::kArray:
      return EqualArrays(a, b);
    case NodeKind::kObject:
      return EqualObjects(a, b);
    default:
      return a.bytes_ == b.bytes_;
  }
}

}  // namespace rem
