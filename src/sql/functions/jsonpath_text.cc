#include <fmt/format.h>

#include "sql/functions/jsonpath.h"

namespace rem::sql {

namespace {

std::string Quoted(std::string_view text) {
  DocumentBuilder builder;
  builder.Text(text);
  return builder.Finish().ToJson();
}

const char* SignOf(PathKind kind) {
  switch (kind) {
    case PathKind::kAnd:
      return "&&";
    case PathKind::kOr:
      return "||";
    case PathKind::kEqual:
      return "==";
    case PathKind::kNotEqual:
      return "!=";
    case PathKind::kLess:
      return "<";
    case PathKind::kLessOrEqual:
      return "<=";
    case PathKind::kGreater:
      return ">";
    case PathKind::kGreaterOrEqual:
      return ">=";
    case PathKind::kAdd:
    case PathKind::kPlus:
      return "+";
    case PathKind::kSubtract:
    case PathKind::kMinus:
      return "-";
    case PathKind::kMultiply:
      return "*";
    case PathKind::kDivide:
      return "/";
    case PathKind::kModulo:
      return "%";
    case PathKind::kStartsWith:
      return "starts with";
    default:
      return "";
  }
}

int PriorityOf(PathKind kind) {
  switch (kind) {
    case PathKind::kOr:
      return 0;
    case PathKind::kAnd:
      return 1;
    case PathKind::kEqual:
    case PathKind::kNotEqual:
    case PathKind::kLess:
    case PathKind::kLessOrEqual:
    case PathKind::kGreater:
    case PathKind::kGreaterOrEqual:
    case PathKind::kStartsWith:
      return 2;
    case PathKind::kAdd:
    case PathKind::kSubtract:
      return 3;
    case PathKind::kMultiply:
    case PathKind::kDivide:
    case PathKind::kModulo:
      return 4;
    case PathKind::kPlus:
    case PathKind::kMinus:
      return 5;
    default:
      return 6;
  }
}

class Writer {
 public:
  std::string Write(const JsonPath& path) {
    if (!path.lax) out_ += "strict ";
    Chain(*path.root, false, true);
    return std::move(out_);
  }

 private:
  // A step and those behind it; as an operand of `around` in parentheses where it binds less.
  void Chain(const PathNode& node, bool behind, bool brackets) {
    Step(node, behind, brackets);
    for (const PathNode* next = node.next.get(); next != nullptr; next = next->next.get()) Step(*next, true, true);
  }
  void Operand(const PathNode& operand, const PathNode& around) {
    Chain(operand, false, PriorityOf(operand.kind) <= PriorityOf(around.kind));
  }

  void Step(const PathNode& node, bool behind, bool brackets) {
    using enum PathKind;
    switch (node.kind) {
      case kNull:
        out_ += "null";
        return;
      case kBool:
        out_ += node.flag ? "true" : "false";
        return;
      case kNumber:
        out_ += node.next == nullptr ? node.text : "(" + node.text + ")";
        return;
      case kString:
        out_ += Quoted(node.text);
        return;
      case kVariable:
        out_ += "$" + Quoted(node.text);
        return;
      case kRoot:
        out_ += '$';
        return;
      case kCurrent:
        out_ += '@';
        return;
      case kLast:
        out_ += "last";
        return;
      case kKey:
        out_ += (behind ? "." : "") + Quoted(node.text);
        return;
      case kAnyKey:
        out_ += behind ? ".*" : "*";
        return;
      case kAnyArray:
        out_ += "[*]";
        return;
      case kIndexArray:
        return Subscripts(node);
      case kAny:
        return Levels(node, behind);
      case kFilter:
        return Around("?(", *node.left, ")");
      case kExists:
        return Around("exists (", *node.left, ")");
      case kNot:
        return Around("!(", *node.left, ")");
      case kIsUnknown:
        return Around("(", *node.left, ") is unknown");
      case kType:
        out_ += ".type()";
        return;
      case kSize:
        out_ += ".size()";
        return;
      case kAbs:
        out_ += ".abs()";
        return;
      case kFloor:
        out_ += ".floor()";
        return;
      case kCeiling:
        out_ += ".ceiling()";
        return;
      case kDouble:
        out_ += ".double()";
        return;
      case kKeyValue:
        out_ += ".keyvalue()";
        return;
      default:
        return Operation(node, brackets);
    }
  }

  void Operation(const PathNode& node, bool brackets) {
    if (brackets) out_ += '(';
    if (node.kind == PathKind::kPlus || node.kind == PathKind::kMinus) {
      out_ += SignOf(node.kind);
      Operand(*node.left, node);
    } else if (node.kind == PathKind::kLikeRegex) {
      Operand(*node.left, node);
      out_ += " like_regex " + Quoted(node.text);
      if (!node.flags.empty()) out_ += " flag \"" + node.flags + "\"";
    } else {
      Operand(*node.left, node);
      out_ += fmt::format(" {} ", SignOf(node.kind));
      Operand(*node.right, node);
    }
    if (brackets) out_ += ')';
  }
  void Around(const char* before, const PathNode& inner, const char* behind) {
    out_ += before;
    Chain(inner, false, false);
    out_ += behind;
  }
  void Subscripts(const PathNode& node) {
    out_ += '[';
    for (size_t i = 0; i < node.subscripts.size(); ++i) {
      if (i > 0) out_ += ',';
      Chain(*node.subscripts[i].first, false, false);
      if (node.subscripts[i].second == nullptr) continue;
      out_ += " to ";
      Chain(*node.subscripts[i].second, false, false);
    }
    out_ += ']';
  }
  void Levels(const PathNode& node, bool behind) {
    const auto level = [](uint32_t number) {
      return number == PathNode::kNoLimit ? std::string("last") : std::to_string(number);
    };
    out_ += behind ? ".**" : "**";
    if (node.first == 0 && node.last == PathNode::kNoLimit) return;
    out_ += "{" + level(node.first);
    if (node.first != node.last) out_ += " to " + level(node.last);
    out_ += "}";
  }

  std::string out_;
};

}  // namespace

std::string FormatJsonPath(const JsonPath& path) { return Writer().Write(path); }

}  // namespace rem::sql
