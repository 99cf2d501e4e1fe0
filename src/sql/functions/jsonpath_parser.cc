#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/functions/jsonpath.h"
#include "sql/functions/jsonpath_lexer.h"
#include "sql/functions/regex_text.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using Kind = PathToken::Kind;
using NodePtr = std::unique_ptr<PathNode>;

constexpr size_t kMaxNodes = 10'000, kMaxDepth = 200, kMaxBytes = 1 << 20;

/// A part of a path. Only a predicate may stand beside && and ||, in filters and at the top; only a value anywhere
/// else.
struct Part {
  NodePtr node;
  bool predicate = false;
};

void Append(NodePtr& head, NodePtr step) {
  NodePtr* tail = &head;
  while (*tail != nullptr) tail = &(*tail)->next;
  *tail = std::move(step);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(ReadPathTokens(text)) {}

  JsonPath Parse() {
    JsonPath path;
    if (TakeWord("strict")) {
      path.lax = false;
    } else {
      TakeWord("lax");
    }
    path.root = Or().node;
    if (Current().kind != Kind::kEnd) Fail();
    return path;
  }

 private:
  const PathToken& Current() const { return tokens_[at_]; }
  [[noreturn]] void Fail() const { ThrowPathSyntax(Current().text); }
  bool IsSign(std::string_view sign) const { return Current().kind == Kind::kSign && Current().text == sign; }
  bool Take(std::string_view sign) {
    if (!IsSign(sign)) return false;
    ++at_;
    return true;
  }
  void Expect(std::string_view sign) {
    if (!Take(sign)) Fail();
  }
  // Words of the language in any case, but for null, true and false.
  bool IsWord(std::string_view word) const {
    if (Current().kind != Kind::kWord || Current().text.size() != word.size()) return false;
    const bool exact = word == "null" || word == "true" || word == "false";
    return std::ranges::equal(Current().text, word, [&](char a, char b) {
      return a == b || (!exact && a >= 'A' && a <= 'Z' && a + 32 == b);
    });
  }
  bool TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    ++at_;
    return true;
  }

  NodePtr Node(PathKind kind, NodePtr left = nullptr, NodePtr right = nullptr) {
    if (++nodes_ > kMaxNodes)
      throw Error(ErrorCode::kLimitExceeded, "jsonpath is too long",
                  fmt::format("a path has at most {} steps", kMaxNodes));
    auto node = std::make_unique<PathNode>();
    node->kind = kind;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }
  NodePtr TextNode(PathKind kind, std::string text) {
    NodePtr node = Node(kind);
    node->text = std::move(text);
    return node;
  }
  NodePtr Value(Part part) {
    if (part.predicate) Fail();
    return std::move(part.node);
  }
  NodePtr Predicate(Part part) {
    if (!part.predicate) Fail();
    return std::move(part.node);
  }

  struct Deeper {
    explicit Deeper(size_t& depth) : depth(depth) {
      if (++depth > kMaxDepth)
        throw Error(ErrorCode::kLimitExceeded, "jsonpath is nested too deeply",
                    fmt::format("paths nest at most {} deep", kMaxDepth))
            .WithSqlState("54001");
    }
    ~Deeper() { --depth; }
    size_t& depth;
  };

  Part Or() {
    const Deeper deeper(depth_);
    Part left = And();
    while (IsSign("||")) {
      NodePtr first = Predicate(std::move(left));
      ++at_;
      left = {Node(PathKind::kOr, std::move(first), Predicate(And())), true};
    }
    return left;
  }
  Part And() {
    Part left = Comparison();
    while (IsSign("&&")) {
      NodePtr first = Predicate(std::move(left));
      ++at_;
      left = {Node(PathKind::kAnd, std::move(first), Predicate(Comparison())), true};
    }
    return left;
  }

  Part Comparison() {
    static constexpr std::pair<std::string_view, PathKind> kSigns[] = {
        {"==", PathKind::kEqual},         {"!=", PathKind::kNotEqual},    {"<>", PathKind::kNotEqual},
        {"<", PathKind::kLess},           {"<=", PathKind::kLessOrEqual}, {">", PathKind::kGreater},
        {">=", PathKind::kGreaterOrEqual}};
    Part left = Sum();
    if (left.predicate) return left;
    for (const auto& [sign, kind] : kSigns) {
      if (Take(sign)) return {Node(kind, std::move(left.node), Value(Sum())), true};
    }
    if (TakeWord("starts")) {
      if (!TakeWord("with")) Fail();
      NodePtr initial;
      if (Current().kind == Kind::kString) {
        initial = TextNode(PathKind::kString, tokens_[at_++].text);
      } else if (Current().kind == Kind::kVariable) {
        initial = TextNode(PathKind::kVariable, tokens_[at_++].text);
      } else {
        Fail();
      }
      return {Node(PathKind::kStartsWith, std::move(left.node), std::move(initial)), true};
    }
    if (TakeWord("like_regex")) return {LikeRegex(std::move(left.node)), true};
    return left;
  }

  NodePtr LikeRegex(NodePtr value) {
    if (Current().kind != Kind::kString) Fail();
    NodePtr node = Node(PathKind::kLikeRegex, std::move(value));
    node->text = tokens_[at_++].text;
    std::string given;
    if (TakeWord("flag")) {
      if (Current().kind != Kind::kString) Fail();
      given = tokens_[at_++].text;
    }
    const auto has = [&](char flag) { return given.find(flag) != std::string::npos; };
    for (const char flag : given) {
      if (std::string_view("ismxq").find(flag) == std::string_view::npos)
        throw Error(ErrorCode::kSyntax,
                    fmt::format("Unrecognized flag character \"{}\" in LIKE_REGEX predicate.", std::string(1, flag)),
                    "flags are i, s, m, q");
    }
    for (const char flag : std::string_view("ismxq")) {
      if (has(flag)) node->flags += flag;
    }
    if (has('x') && !has('q'))
      throw Error(ErrorCode::kNotSupported, "XQuery \"x\" flag (expanded regular expressions) is not implemented",
                  "write the expression without spaces");
    // PostgreSQL's letters: q is literal; p and w are the halves of newline sensitivity, n both.
    std::string letters = has('i') ? "i" : "";
    if (has('q')) {
      letters += 'q';
    } else if (!has('s')) {
      letters += has('m') ? 'n' : 'p';
    } else if (has('m')) {
      letters += 'w';
    }
    node->regex_flags = ParseRegexOptions(letters).flags;
    Regex::Get(node->text, node->regex_flags);
    return node;
  }

  Part Sum() {
    Part left = Product();
    while (IsSign("+") || IsSign("-")) {
      const PathKind kind = IsSign("+") ? PathKind::kAdd : PathKind::kSubtract;
      NodePtr first = Value(std::move(left));
      ++at_;
      left = {Node(kind, std::move(first), Value(Product())), false};
    }
    return left;
  }
  Part Product() {
    Part left = Unary();
    while (IsSign("*") || IsSign("/") || IsSign("%")) {
      const PathKind kind = IsSign("*") ? PathKind::kMultiply : IsSign("/") ? PathKind::kDivide : PathKind::kModulo;
      NodePtr first = Value(std::move(left));
      ++at_;
      left = {Node(kind, std::move(first), Value(Unary())), false};
    }
    return left;
  }
  Part Unary() {
    if (!IsSign("+") && !IsSign("-")) return Primary();
    const Deeper deeper(depth_);
    const bool minus = tokens_[at_++].text == "-";
    NodePtr operand = Value(Unary());
    if (operand->kind == PathKind::kNumber && operand->next == nullptr) {
      if (minus) operand->text = NegateNumeric(operand->text);
      return {std::move(operand), false};
    }
    return {Node(minus ? PathKind::kMinus : PathKind::kPlus, std::move(operand)), false};
  }

  Part Primary() {
    if (Take("!")) return {Node(PathKind::kNot, Delimited()), true};
    if (IsWord("exists")) return {Delimited(), true};
    Part part;
    if (Take("(")) {
      part = Or();
      Expect(")");
      if (part.predicate && IsWord("is")) {
        ++at_;
        if (!TakeWord("unknown")) Fail();
        return {Node(PathKind::kIsUnknown, std::move(part.node)), true};
      }
      if (!IsSign(".") && !IsSign("[") && !IsSign("?")) return part;
    } else {
      part.node = Scalar();
    }
    while (NodePtr step = Accessor()) Append(part.node, std::move(step));
    part.predicate = false;
    return part;
  }

  // What ! may stand before.
  NodePtr Delimited() {
    const Deeper deeper(depth_);
    if (TakeWord("exists")) {
      Expect("(");
      NodePtr node = Node(PathKind::kExists, Value(Or()));
      Expect(")");
      return node;
    }
    Expect("(");
    NodePtr node = Predicate(Or());
    Expect(")");
    return node;
  }

  NodePtr Scalar() {
    const PathToken& token = Current();
    switch (token.kind) {
      case Kind::kString:
        ++at_;
        return TextNode(PathKind::kString, token.text);
      case Kind::kVariable:
        ++at_;
        return TextNode(PathKind::kVariable, token.text);
      case Kind::kInteger:
      case Kind::kDecimal: {
        ++at_;
        const auto number = ParseNumeric(token.text);
        if (!number) ThrowPathSyntax(token.text);
        return TextNode(PathKind::kNumber, *number);
      }
      case Kind::kSign:
        if (Take("$")) return Node(PathKind::kRoot);
        if (Take("@")) {
          if (filters_ == 0)
            throw Error(ErrorCode::kSyntax, "@ is not allowed in root expressions", "it names the item of a filter");
          return Node(PathKind::kCurrent);
        }
        Fail();
      case Kind::kWord:
      case Kind::kEnd:
        break;
    }
    if (TakeWord("null")) return Node(PathKind::kNull);
    if (IsWord("true") || IsWord("false")) {
      NodePtr node = Node(PathKind::kBool);
      node->flag = tokens_[at_++].text == "true";
      return node;
    }
    if (TakeWord("last")) {
      if (subscripts_ == 0)
        throw Error(ErrorCode::kSyntax, "LAST is allowed only in array subscripts", "write $[last]");
      return Node(PathKind::kLast);
    }
    Fail();
  }

  NodePtr Accessor() {
    if (Take("?")) {
      Expect("(");
      ++filters_;
      NodePtr node = Node(PathKind::kFilter, Predicate(Or()));
      --filters_;
      Expect(")");
      return node;
    }
    if (Take("[")) return Subscripts();
    if (!Take(".")) return nullptr;
    if (Take("*")) return Node(PathKind::kAnyKey);
    if (Take("**")) return AnyLevels();
    if (Current().kind != Kind::kWord && Current().kind != Kind::kString) Fail();
    const PathToken& name = tokens_[at_++];
    if (name.kind == Kind::kWord && IsSign("(")) return Method(name.text);
    return TextNode(PathKind::kKey, name.text);
  }

  NodePtr Method(const std::string& name) {
    static constexpr std::pair<std::string_view, PathKind> kMethods[] = {
        {"type", PathKind::kType},        {"size", PathKind::kSize},       {"abs", PathKind::kAbs},
        {"floor", PathKind::kFloor},      {"ceiling", PathKind::kCeiling}, {"double", PathKind::kDouble},
        {"keyvalue", PathKind::kKeyValue}};
    if (name == "datetime")
      throw Error(ErrorCode::kNotSupported, "not supported yet: .datetime() in a jsonpath",
                  "compare the text, or cast what the path gives");
    for (const auto& [method, kind] : kMethods) {
      if (name != method) continue;
      Expect("(");
      Expect(")");
      return Node(kind);
    }
    Fail();
  }

  NodePtr Subscripts() {
    if (Take("*")) {
      Expect("]");
      return Node(PathKind::kAnyArray);
    }
    NodePtr node = Node(PathKind::kIndexArray);
    ++subscripts_;
    do {
      NodePtr from = Value(Sum()), to;
      if (TakeWord("to")) to = Value(Sum());
      node->subscripts.emplace_back(std::move(from), std::move(to));
    } while (Take(","));
    --subscripts_;
    Expect("]");
    return node;
  }

  uint32_t Level() {
    if (TakeWord("last")) return PathNode::kNoLimit;
    if (Current().kind != Kind::kInteger) Fail();
    const std::string& digits = tokens_[at_++].text;
    uint32_t level = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), level);
    if (error != std::errc()) Fail();
    return level;
  }
  NodePtr AnyLevels() {
    NodePtr node = Node(PathKind::kAny);
    node->last = PathNode::kNoLimit;
    if (!Take("{")) return node;
    node->first = node->last = Level();
    if (TakeWord("to")) node->last = Level();
    Expect("}");
    return node;
  }

  const std::vector<PathToken> tokens_;
  size_t at_ = 0, nodes_ = 0, depth_ = 0, filters_ = 0, subscripts_ = 0;
};

}  // namespace

std::shared_ptr<const JsonPath> ParseJsonPath(std::string_view text) {
  if (text.size() > kMaxBytes)
    throw Error(ErrorCode::kLimitExceeded, "jsonpath is too long", "a path has at most 1 MB");
  if (text.find_first_not_of(" \t\n\r\f") == std::string_view::npos)
    throw Error(ErrorCode::kInvalidText, fmt::format("invalid input syntax for type jsonpath: \"{}\"", text),
                "the whole document is $");
  return std::make_shared<const JsonPath>(Parser(text).Parse());
}

}  // namespace rem::sql
