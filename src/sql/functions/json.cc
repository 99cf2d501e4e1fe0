#include "base/time.h"
#include "sql/functions/map.h"
#include "types/cast.h"
#include "types/compare.h"
#include "types/json_writer.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Text = std::string_view;

std::optional<DocumentView> Member(const DocumentView& node, Text name) {
  return node.kind() == NodeKind::kObject ? node.Find(name) : std::nullopt;
}
std::optional<DocumentView> Element(const DocumentView& node, int64_t index) {
  if (node.kind() != NodeKind::kArray) return std::nullopt;
  const int64_t size = static_cast<int64_t>(node.size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  return node.At(static_cast<size_t>(index));
}

template <typename Key, auto Step>
void GetNode(KernelCall& call, size_t row, const DocumentView& node, Key key, DocumentView& out) {
  if (const auto found = Step(node, key)) {
    out = *found;
  } else {
    call.out->SetNull(row);
  }
}
void NodeText(KernelCall& call, size_t row, const DocumentView& node, Text& out) {
  switch (node.kind()) {
    case NodeKind::kNull:
      return call.out->SetNull(row);
    case NodeKind::kText:
      out = node.AsText();
      return;
    default:
      out = call.out->arena().Copy(WriteJsonb(node));
  }
}
template <typename Key, auto Step>
void GetText(KernelCall& call, size_t row, const DocumentView& node, Key key, Text& out) {
  const auto found = Step(node, key);
  if (!found) return call.out->SetNull(row);
  NodeText(call, row, *found, out);
}

// A value reached by a path, where an expression needs it with a type. Another kind of value is NULL.
void ExtractBool(KernelCall& call, size_t row, const DocumentView& node, uint8_t& out) {
  if (node.kind() != NodeKind::kBool) return call.out->SetNull(row);
  out = node.AsBool();
}
void ExtractDouble(KernelCall& call, size_t row, const DocumentView& node, double& out) {
  if (!node.IsNumber()) return call.out->SetNull(row);
  out = node.AsDouble();
}
template <LogicalType type, typename R>
void ExtractOther(KernelCall& call, size_t row, const DocumentView&, R&) {
  const DocumentView node = call.in[0]->data<DocumentView>()[row & call.in[0]->row_mask()];
  const auto value = ValueFromNode(node, type);
  call.out->Set(row, value ? *value : Value());
}

uint8_t HasKey(const DocumentView& node, Text key) {
  if (node.kind() == NodeKind::kObject) return node.Find(key).has_value();
  if (node.kind() == NodeKind::kText) return node.AsText() == key;
  if (node.kind() != NodeKind::kArray) return false;
  for (size_t i = 0; i < node.size(); ++i) {
    if (node.At(i).kind() == NodeKind::kText && node.At(i).AsText() == key) return true;
  }
  return false;
}

// jsonb containment. Nesting is bounded by the depth that a document may have.
bool ContainsNode(const DocumentView& a, const DocumentView& b, bool top) {
  if (b.kind() == NodeKind::kObject) {
    if (a.kind() != NodeKind::kObject) return false;
    for (size_t i = 0; i < b.size(); ++i) {
      const auto member = a.Find(b.KeyAt(i));
      if (!member || !ContainsNode(*member, b.ValueAt(i), false)) return false;
    }
    return true;
  }
  if (b.kind() == NodeKind::kArray) {
    if (a.kind() != NodeKind::kArray) return false;
    for (size_t i = 0; i < b.size(); ++i) {
      bool found = false;
      for (size_t j = 0; j < a.size() && !found; ++j) found = ContainsNode(a.At(j), b.At(i), false);
      if (!found) return false;
    }
    return true;
  }
  // At the top, an array contains a scalar that is one of its elements.
  if (top && a.kind() == NodeKind::kArray) {
    for (size_t i = 0; i < a.size(); ++i) {
      if (a.At(i) == b) return true;
    }
    return false;
  }
  return a == b;
}
uint8_t Contains(const DocumentView& a, const DocumentView& b) { return ContainsNode(a, b, true); }
uint8_t Contained(const DocumentView& a, const DocumentView& b) { return ContainsNode(b, a, true); }

// What the Contains of a QuerySpec means: a part of a text, an element of an array, a member name of an object.
uint8_t SpecContains(const DocumentView& node, const DocumentView& part) {
  switch (node.kind()) {
    case NodeKind::kText:
      return part.kind() == NodeKind::kText && node.AsText().find(part.AsText()) != Text::npos;
    case NodeKind::kObject:
      return part.kind() == NodeKind::kText && node.Find(part.AsText()).has_value();
    case NodeKind::kArray:
      for (size_t i = 0; i < node.size(); ++i) {
        if (node.At(i) == part) return true;
      }
      return false;
    default:
      return false;
  }
}

void TypeOf(KernelCall&, size_t, const DocumentView& node, Text& out) {
  switch (node.kind()) {
    case NodeKind::kNull:
      out = "null";
      break;
    case NodeKind::kBool:
      out = "boolean";
      break;
    case NodeKind::kInt:
    case NodeKind::kDouble:
      out = "number";
      break;
    case NodeKind::kText:
      out = "string";
      break;
    case NodeKind::kArray:
      out = "array";
      break;
    case NodeKind::kObject:
      out = "object";
      break;
  }
}
void ArrayLength(KernelCall& call, size_t row, const DocumentView& node, int64_t& out) {
  if (node.kind() != NodeKind::kArray) {
    return call.failure->Set(row, ErrorCode::kInvalidArgument, "cannot get array length of something that is no array",
                             "jsonb_typeof(value) = 'array' selects the arrays");
  }
  out = static_cast<int64_t>(node.size());
}

}  // namespace

void AddJsonFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       bool internal = false) {
    out.push_back({name, std::move(arguments), result, kernel, true, Volatility::kImmutable, internal});
  };
  add("->", {kJson, kText}, kJson, MapFull<GetNode<Text, Member>, DocumentView, DocumentView, Text>);
  add("->", {kJson, kInt}, kJson, MapFull<GetNode<int64_t, Element>, DocumentView, DocumentView, int64_t>);
  add("->>", {kJson, kText}, kText, MapFull<GetText<Text, Member>, Text, DocumentView, Text>);
  add("->>", {kJson, kInt}, kText, MapFull<GetText<int64_t, Element>, Text, DocumentView, int64_t>);
  add("?", {kJson, kText}, kBool, Map<HasKey, uint8_t, DocumentView, Text>);
  add("@>", {kJson, kJson}, kBool, Map<Contains, uint8_t, DocumentView, DocumentView>);
  add("<@", {kJson, kJson}, kBool, Map<Contained, uint8_t, DocumentView, DocumentView>);
  add("json_typeof", {kJson}, kText, MapFull<TypeOf, Text, DocumentView>);
  add("json_array_length", {kJson}, kInteger, MapFull<ArrayLength, int64_t, DocumentView>);
  add("jsonb_exists", {kJson, kText}, kBool, Map<HasKey, uint8_t, DocumentView, Text>);
  add("jsonb_contains", {kJson, kJson}, kBool, Map<Contains, uint8_t, DocumentView, DocumentView>);
  add("jsonb_contained", {kJson, kJson}, kBool, Map<Contained, uint8_t, DocumentView, DocumentView>);
  add("jsonb_typeof", {kJson}, kText, MapFull<TypeOf, Text, DocumentView>);
  add("jsonb_array_length", {kJson}, kInteger, MapFull<ArrayLength, int64_t, DocumentView>);
  add("spec contains", {kJson, kJson}, kBool, Map<SpecContains, uint8_t, DocumentView, DocumentView>, true);
  add("extract", {kJson}, kText, MapFull<NodeText, Text, DocumentView>, true);
  add("extract", {kJson}, kBool, MapFull<ExtractBool, uint8_t, DocumentView>, true);
  add("extract", {kJson}, kDouble, MapFull<ExtractDouble, double, DocumentView>, true);
  add("extract", {kJson}, kInt, MapFull<ExtractOther<kInt, int64_t>, int64_t, DocumentView>, true);
  add("extract", {kJson}, kTimestamp, MapFull<ExtractOther<kTimestamp, int64_t>, int64_t, DocumentView>, true);
  add("extract", {kJson}, kUuid, MapFull<ExtractOther<kUuid, Uuid>, Uuid, DocumentView>, true);
}

}  // namespace rem::sql
