#include <fmt/format.h>

#include "sql/functions/regex_pieces.h"

namespace rem::sql {

namespace {

using Kind = RegexNode::Kind;

void WriteSet(const CodePointSet& set, std::string& out) {
  const auto& ranges = set.ranges();
  if (ranges.empty()) {
    out += "[^\\x{0}-\\x{10FFFF}]";
    return;
  }
  if (ranges.size() == 1 && ranges[0].first == ranges[0].second) {
    out += fmt::format("\\x{{{:x}}}", static_cast<uint32_t>(ranges[0].first));
    return;
  }
  out += '[';
  for (const auto& [first, last] : ranges)
    out += fmt::format("\\x{{{:x}}}-\\x{{{:x}}}", static_cast<uint32_t>(first), static_cast<uint32_t>(last));
  out += ']';
}

bool Write(const RegexNode& node, std::string& out) {
  switch (node.kind) {
    case Kind::kEmpty:
      return true;
    case Kind::kSet:
      WriteSet(node.set, out);
      return true;
    case Kind::kConcat:
    case Kind::kGroup:
      for (const auto& item : node.items) {
        const bool wrap = item->kind == Kind::kAlternate;
        if (wrap) out += "(?:";
        if (!Write(*item, out)) return false;
        if (wrap) out += ')';
      }
      return true;
    case Kind::kAlternate:
      for (size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += '|';
        if (!Write(*node.items[i], out)) return false;
      }
      return true;
    case Kind::kRepeat:
      out += "(?:";
      if (!Write(*node.items[0], out)) return false;
      out += ')';
      if (node.max == kUnbounded) {
        out += node.min == 0 ? "*" : node.min == 1 ? "+" : fmt::format("{{{},}}", node.min);
      } else {
        out += fmt::format("{{{},{}}}", node.min, node.max);
      }
      return true;
    case Kind::kTextBegin:
      out += "\\A";
      return true;
    case Kind::kTextEnd:
      out += "\\z";
      return true;
    case Kind::kLineBegin:
      out += "(?m:^)";
      return true;
    case Kind::kLineEnd:
      out += "(?m:$)";
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<std::string> RegexForRe2(const RegexNode& root) {
  std::string out;
  if (!Write(root, out)) return std::nullopt;
  return out;
}

}  // namespace rem::sql
