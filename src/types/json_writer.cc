#include "types/json_writer.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <vector>

#include <fmt/format.h>
#include <rem/error.h>

#include "types/cast.h"
#include "types/document_layout.h"
#include "types/member_order.h"
#include "types/numeric.h"

namespace rem {

namespace {

class Writer {
 public:
  Writer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void Write(const DocumentView& node, size_t depth) {
    switch (node.kind()) {
      case NodeKind::kNull:
        out_ += "null";
        return;
      case NodeKind::kBool:
        out_ += node.AsBool() ? "true" : "false";
        return;
      case NodeKind::kInt:
        WriteInt(node.AsInt());
        return;
      case NodeKind::kDouble:
        WriteDouble(node.AsDouble());
        return;
      case NodeKind::kText:
        AppendJsonText(out_, node.AsText());
        return;
      case NodeKind::kArray:
        WriteArray(node, depth);
        return;
      case NodeKind::kObject:
        WriteObject(node, depth);
        return;
    }
  }

 private:
  void WriteInt(int64_t value) {
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
    out_.append(buffer, end);
  }

  void WriteDouble(double value) {
    const std::string text = FormatDouble(value);
    out_ += text;
    // Without a fraction or exponent it would read back as an integer.
    if (text.find_first_of(".e") == std::string::npos) out_ += ".0";
  }

  void NewLine(size_t depth) {
    if (!pretty_) return;
    out_.push_back('\n');
    out_.append(2 * depth, ' ');
  }

  void CheckDepth(size_t depth) const {
    if (depth >= kMaxDocumentDepth) {
      throw Error(ErrorCode::kLimitExceeded,
                  fmt::format("document nests deeper than the limit of {} levels", kMaxDocumentDepth));
    }
  }

  void WriteArray(const DocumentView& node, size_t depth) {
    CheckDepth(depth);
    const ContainerHead head = ReadContainer(node.bytes());
    out_.push_back('[');
    for (uint32_t i = 0; i < head.count; ++i) {
      if (i > 0) out_.push_back(',');
      NewLine(depth + 1);
      Write(DocumentView(head.value(i), node.keys()), depth + 1);
    }
    if (head.count > 0) NewLine(depth);
    out_.push_back(']');
  }

  void WriteObject(const DocumentView& node, size_t depth) {
    CheckDepth(depth);
    const MemberOrder members(node);
    out_.push_back('{');
    for (uint32_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_.push_back(',');
      NewLine(depth + 1);
      AppendJsonText(out_, members.name(i));
      out_.push_back(':');
      if (pretty_) out_.push_back(' ');
      Write(members.value(i), depth + 1);
    }
    if (members.size() > 0) NewLine(depth);
    out_.push_back('}');
  }

  std::string& out_;
  bool pretty_;
};

// True when one of the eight bytes is below 0x20, a quote or a backslash (or, seldom, without need). Zero bytes are
// found by the test of Mycroft (1987).
bool MayNeedEscape(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x8080808080808080;
  const auto has_zero_byte = [](uint64_t w) { return (w - kOnes) & ~w & kHigh; };
  const uint64_t control = (word - kOnes * 0x20) & ~word & kHigh;
  return (control | has_zero_byte(word ^ kOnes * '"') | has_zero_byte(word ^ kOnes * '\\')) != 0;
}

}  // namespace

void AppendJsonText(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    while (i + 8 <= text.size() && !MayNeedEscape(LoadFixed<uint64_t>(text.data() + i))) i += 8;
    if (i == text.size()) break;
    const auto c = static_cast<uint8_t>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') [[likely]]
      continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"':
        out.push_back('"');
        break;
      case '\\':
        out.push_back('\\');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      case '\b':
        out.push_back('b');
        break;
      case '\f':
        out.push_back('f');
        break;
      default:
        out += "u00";
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(text, plain, text.size() - plain);
  out.push_back('"');
}

namespace {

void AppendJsonb(std::string& out, const DocumentView& node, size_t depth) {
  const NodeKind kind = node.kind();
  if (kind == NodeKind::kDouble) {
    out += *ParseNumeric(FormatDouble(node.AsDouble()));
    return;
  }
  if (kind != NodeKind::kArray && kind != NodeKind::kObject) {
    Writer(out, false).Write(node, depth);
    return;
  }
  if (depth >= kMaxDocumentDepth) {
    throw Error(ErrorCode::kLimitExceeded,
                fmt::format("document nests deeper than the limit of {} levels", kMaxDocumentDepth));
  }
  if (kind == NodeKind::kArray) {
    out.push_back('[');
    for (size_t i = 0; i < node.size(); ++i) {
      if (i > 0) out += ", ";
      AppendJsonb(out, node.At(i), depth + 1);
    }
    out.push_back(']');
    return;
  }
  const MemberOrder members(node);
  std::vector<uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](uint32_t i) { return members.name(i).size(); });
  out.push_back('{');
  for (const uint32_t i : order) {
    if (i != order.front()) out += ", ";
    AppendJsonText(out, members.name(i));
    out += ": ";
    AppendJsonb(out, members.value(i), depth + 1);
  }
  out.push_back('}');
}

}  // namespace

std::string WriteJsonb(const DocumentView& view) {
  std::string out;
  out.reserve(view.bytes().size() * 2);
  AppendJsonb(out, view, 0);
  return out;
}

std::string WriteJson(const DocumentView& view, bool pretty) {
  std::string out;
  out.reserve(view.bytes().size() + view.bytes().size() / 2);
  Writer(out, pretty).Write(view, 0);
  return out;
}

}  // namespace rem
