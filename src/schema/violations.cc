#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.h"
#include "schema/evaluator.h"
#include "schema/json_pointer.h"

namespace rem {

namespace {

constexpr size_t kMaxShownBytes = 80;
// Below this an instance is printed whole before it is cut.
constexpr size_t kMaxPrintedBytes = 4096;

std::string Shorten(const std::string& text) {
  if (text.size() <= kMaxShownBytes) return text;
  return std::string(Utf8Prefix(text, kMaxShownBytes)) + "...";
}

}  // namespace

std::string_view KeywordOf(Op op) {
  switch (op) {
    case Op::kMinimum:
      return "minimum";
    case Op::kMaximum:
      return "maximum";
    case Op::kExclusiveMinimum:
      return "exclusiveMinimum";
    case Op::kExclusiveMaximum:
      return "exclusiveMaximum";
    case Op::kMultipleOf:
      return "multipleOf";
    case Op::kMinLength:
      return "minLength";
    case Op::kMaxLength:
      return "maxLength";
    case Op::kPattern:
      return "pattern";
    case Op::kFormat:
      return "format";
    case Op::kMinItems:
      return "minItems";
    case Op::kMaxItems:
      return "maxItems";
    case Op::kMinProperties:
      return "minProperties";
    case Op::kMaxProperties:
      return "maxProperties";
    case Op::kUnevaluatedItems:
      return "unevaluatedItems";
    case Op::kUnevaluatedProperties:
      return "unevaluatedProperties";
    default:
      return "";
  }
}

std::string ShortJson(const DocumentView& value) {
  if (value.kind() == NodeKind::kText && value.AsText().size() > kMaxShownBytes) {
    DocumentBuilder builder;
    builder.Text(Utf8Prefix(value.AsText(), kMaxShownBytes));
    std::string text = builder.Finish().ToJson();
    text.insert(text.size() - 1, "...");
    return text;
  }
  if (value.bytes().size() > kMaxPrintedBytes) return DescribeInstance(value);
  return Shorten(value.ToJson());
}

std::string DescribeInstance(const DocumentView& value) {
  switch (value.kind()) {
    case NodeKind::kNull:
      return "null";
    case NodeKind::kBool:
      return value.AsBool() ? "boolean true" : "boolean false";
    case NodeKind::kInt:
      return fmt::format("integer {}", value.AsInt());
    case NodeKind::kDouble:
      return "number " + value.ToJson();
    case NodeKind::kText:
      return "text " + ShortJson(value);
    case NodeKind::kArray:
      return fmt::format("an array of {} item{}", value.size(), value.size() == 1 ? "" : "s");
    case NodeKind::kObject:
      return fmt::format("an object of {} member{}", value.size(), value.size() == 1 ? "" : "s");
  }
  return "";
}

std::string DescribeKinds(const Node& node) {
  std::vector<std::string_view> names;
  const auto has = [&](NodeKind kind) { return (node.kinds & KindBit(kind)) != 0; };
  if (has(NodeKind::kDouble)) names.push_back(node.integral_doubles_only ? "integer" : "number");
  if (has(NodeKind::kText)) names.push_back("text");
  if (has(NodeKind::kBool)) names.push_back("boolean");
  if (has(NodeKind::kArray)) names.push_back("array");
  if (has(NodeKind::kObject)) names.push_back("object");
  if (has(NodeKind::kNull)) names.push_back("null");
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::string Evaluator::PointerOf(const Path* path) {
  std::vector<const Path*> frames;
  for (; path != nullptr; path = path->parent) frames.push_back(path);
  std::string pointer;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if ((*frame)->index == SIZE_MAX) {
      AppendPointerToken(pointer, (*frame)->key);
    } else {
      pointer += fmt::format("/{}", (*frame)->index);
    }
  }
  return pointer;
}

bool Evaluator::Report(const Site& site, std::string_view keyword, std::string message) {
  if (violations_->size() >= limit_) return false;
  std::string rule = site.node.location;
  if (!keyword.empty()) (rule += '/') += keyword;
  violations_->push_back({PointerOf(site.path), std::move(rule), std::move(message)});
  return false;
}

bool Evaluator::Abort(const Path* path, std::string message) {
  if (!aborted_) abort_reason_ = {PointerOf(path), "", std::move(message)};
  aborted_ = true;
  return false;
}

}  // namespace rem
