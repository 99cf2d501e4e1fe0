#include "sql/functions/regex_syntax.h"

#include <array>
#include <optional>
#include <string>

#include <rem/error.h>

#include "base/utf8.h"

namespace rem::sql {

void ThrowInvalidRegex(std::string_view what) {
  throw Error(ErrorCode::kInvalidArgument, "invalid regular expression: " + std::string(what)).WithSqlState("2201B");
}

namespace {

using Node = RegexNode;
using Kind = RegexNode::Kind;

constexpr int kMaxDepth = 500;
constexpr char32_t kEnd = 0xFFFFFFFF;

RegexNodePtr Make(Kind kind) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  return node;
}

bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }
int HexDigit(char32_t c) {
  if (IsDigit(c)) return static_cast<int>(c - '0');
  c |= 32;
  return c >= 'a' && c <= 'f' ? static_cast<int>(c - 'a' + 10) : -1;
}
bool IsWordLetter(char32_t c) { return IsDigit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

std::optional<CharacterClass> ClassNamed(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kNames = {"alnum", "alpha", "ascii",  "blank", "cntrl",
                                                              "digit", "graph", "lower",  "print", "punct",
                                                              "space", "upper", "xdigit", "word"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<CharacterClass>(i);
  }
  return std::nullopt;
}

class Parser {
 public:
  Parser(std::string_view pattern, RegexFlags flags) : flags_(flags) {
    for (size_t at = 0; at < pattern.size();) text_.push_back(NextCodePoint(pattern, at));
  }

  ParsedRegex Parse() {
    ReadDirectors();
    ParsedRegex out;
    out.root = flags_.literal ? Literal() : Alternatives(false, 0);
    if (at_ < text_.size()) ThrowInvalidRegex("parentheses () not balanced");
    out.groups = groups_;
    return out;
  }

 private:
  char32_t Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : kEnd; }
  bool Take(char32_t c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  bool TakeText(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (Peek(i) != static_cast<char32_t>(text[i])) return false;
    }
    at_ += text.size();
    return true;
  }

  void ReadDirectors() {
    if (flags_.literal) return;
    if (TakeText("***=")) {
      flags_.literal = true;
      return;
    }
    if (TakeText("***:")) {
      // An ARE whatever the flags say, which it is already.
    } else if (TakeText("***")) {
      ThrowInvalidRegex("quantifier operand invalid");
    }
    if (Peek() != '(' || Peek(1) != '?' || !((Peek(2) | 32) >= 'a' && (Peek(2) | 32) <= 'z')) return;
    at_ += 2;
    while (Peek() != ')') {
      if (Peek() == kEnd) ThrowInvalidRegex("invalid embedded option");
      if (!ApplyRegexOption(text_[at_++], flags_)) ThrowInvalidRegex("invalid embedded option");
    }
    ++at_;
  }

  RegexNodePtr Literal() {
    auto out = std::make_shared<Node>();
    out->kind = Kind::kConcat;
    while (at_ < text_.size()) out->items.push_back(Character(text_[at_++]));
    return out;
  }

  RegexNodePtr SetOf(CodePointSet set) {
    auto node = std::make_shared<Node>();
    node->kind = Kind::kSet;
    set.Seal();
    node->set = std::move(set);
    return node;
  }
  RegexNodePtr Character(char32_t c) {
    CodePointSet set;
    set.Add(c, c);
    if (flags_.ignore_case) set.FoldCase();
    return SetOf(std::move(set));
  }
  RegexNodePtr Class(CharacterClass which, bool negated) {
    CodePointSet set;
    set.Add(which);
    if (negated) {
      set.Complement();
    }
    return SetOf(std::move(set));
  }

  void SkipExpanded() {
    for (;;) {
      if (flags_.expanded) {
        while (Peek() == ' ' || (Peek() >= '\t' && Peek() <= '\r')) ++at_;
        if (Peek() == '#') {
          while (Peek() != kEnd && Peek() != '\n') ++at_;
          continue;
        }
      }
      if (Peek() == '(' && Peek(1) == '?' && Peek(2) == '#') {
        while (Peek() != kEnd && Peek() != ')') ++at_;
        if (!Take(')')) ThrowInvalidRegex("parentheses () not balanced");
        continue;
      }
      return;
    }
  }

  RegexNodePtr Alternatives(bool in_look, int depth) {
    if (depth > kMaxDepth) ThrowInvalidRegex("regular expression is too complex");
    std::vector<RegexNodePtr> branches;
    do {
      branches.push_back(Branch(in_look, depth));
    } while (Take('|'));
    if (branches.size() == 1) return branches[0];
    auto out = std::make_shared<Node>();
    out->kind = Kind::kAlternate;
    out->items = std::move(branches);
    return out;
  }

  RegexNodePtr Branch(bool in_look, int depth) {
    auto out = std::make_shared<Node>();
    out->kind = Kind::kConcat;
    for (;;) {
      SkipExpanded();
      if (Peek() == kEnd || Peek() == '|' || Peek() == ')') break;
      out->items.push_back(Quantified(in_look, depth));
    }
    return out;
  }

  static bool IsConstraint(const Node& node) { return node.kind >= Kind::kTextBegin && node.kind <= Kind::kLookBehind; }

  RegexNodePtr Quantified(bool in_look, int depth) {
    RegexNodePtr atom = Atom(in_look, depth);
    if (IsConstraint(*atom)) return atom;
    SkipExpanded();
    auto repeat = std::make_shared<Node>();
    repeat->kind = Kind::kRepeat;
    repeat->preference = Node::Preference::kLonger;
    if (Take('*')) {
      repeat->max = kUnbounded;
    } else if (Take('+')) {
      repeat->min = 1;
      repeat->max = kUnbounded;
    } else if (Take('?')) {
      repeat->max = 1;
    } else if (Peek() == '{' && IsDigit(Peek(1))) {
      ++at_;
      Bounds(*repeat);
    } else {
      return atom;
    }
    if (Take('?') && repeat->preference != Node::Preference::kNone) repeat->preference = Node::Preference::kShorter;
    SkipExpanded();
    if (Peek() == '*' || Peek() == '+' || Peek() == '?' || (Peek() == '{' && IsDigit(Peek(1))))
      ThrowInvalidRegex("quantifier operand invalid");
    repeat->items.push_back(std::move(atom));
    return repeat;
  }

  int Bound() {
    if (!IsDigit(Peek())) ThrowInvalidRegex("invalid repetition count(s)");
    int value = 0;
    while (IsDigit(Peek())) {
      value = value * 10 + static_cast<int>(text_[at_++] - '0');
      if (value > kMaxRegexRepeat) ThrowInvalidRegex("invalid repetition count(s)");
    }
    return value;
  }
  void Bounds(Node& repeat) {
    repeat.min = repeat.max = Bound();
    if (Take(',')) {
      repeat.max = IsDigit(Peek()) ? Bound() : kUnbounded;
      if (repeat.max != kUnbounded && repeat.min > repeat.max) ThrowInvalidRegex("invalid repetition count(s)");
    } else {
      // {m} leaves the preference to its operand.
      repeat.preference = Node::Preference::kNone;
    }
    if (Take('}')) return;
    ThrowInvalidRegex(Peek() == kEnd ? "braces {} not balanced" : "invalid repetition count(s)");
  }

  RegexNodePtr Atom(bool in_look, int depth) {
    const char32_t c = text_[at_++];
    switch (c) {
      case '(':
        return Parenthesis(in_look, depth);
      case '[':
        return Bracket();
      case '\\':
        return Escape();
      case '.': {
        CodePointSet set;
        if (flags_.dot_stops_at_newline) set.Add('\n', '\n');
        set.Complement();
        return SetOf(std::move(set));
      }
      case '^':
        return Make(flags_.anchors_at_newline ? Kind::kLineBegin : Kind::kTextBegin);
      case '$':
        return Make(flags_.anchors_at_newline ? Kind::kLineEnd : Kind::kTextEnd);
      case '*':
      case '+':
      case '?':
        ThrowInvalidRegex("quantifier operand invalid");
      case '{':
        if (IsDigit(Peek())) ThrowInvalidRegex("quantifier operand invalid");
        return Character(c);
      default:
        return Character(c);
    }
  }

  RegexNodePtr Parenthesis(bool in_look, int depth) {
    auto node = std::make_shared<Node>();
    node->kind = Kind::kConcat;
    if (Take('?')) {
      const char32_t c = Peek();
      ++at_;
      if (c == '=' || c == '!') {
        node->kind = Kind::kLookAhead;
        node->negated = c == '!';
      } else if (c == '<' && (Peek() == '=' || Peek() == '!')) {
        node->kind = Kind::kLookBehind;
        node->negated = Peek() == '!';
        ++at_;
      } else if (c != ':') {
        ThrowInvalidRegex("quantifier operand invalid");
      }
    } else if (!in_look) {
      node->kind = Kind::kGroup;
      node->group = ++groups_;
    }
    const bool look = node->kind == Kind::kLookAhead || node->kind == Kind::kLookBehind;
    node->items.push_back(Alternatives(in_look || look, depth + 1));
    if (!Take(')')) ThrowInvalidRegex("parentheses () not balanced");
    return node;
  }

  // The code point of \u, \U, \x, octal and control escapes; behind the backslash and `c`.
  std::optional<char32_t> CharacterEscape(char32_t c) {
    static constexpr std::string_view kLetters = "abefnrtvB", kMeaning = "\a\b\033\f\n\r\t\v\\";
    if (c < 128) {
      if (const size_t at = kLetters.find(static_cast<char>(c)); at != std::string_view::npos)
        return static_cast<unsigned char>(kMeaning[at]);
    }
    switch (c) {
      case 'c':
        if (Peek() == kEnd) ThrowInvalidRegex("invalid escape \\ sequence");
        return text_[at_++] & 31;
      case 'u':
        return Hex(4, 4);
      case 'U':
        return Hex(8, 8);
      case 'x':
        return Hex(1, 255);
      case '0': {
        char32_t value = 0;
        for (int i = 0; i < 2 && Peek() >= '0' && Peek() <= '7'; ++i) value = value * 8 + (text_[at_++] - '0');
        return value;
      }
      default:
        return std::nullopt;
    }
  }
  char32_t Hex(int least, int most) {
    uint64_t value = 0;
    int count = 0;
    for (; count < most && HexDigit(Peek()) >= 0; ++count) {
      value = value * 16 + static_cast<uint64_t>(HexDigit(text_[at_++]));
      if (value > 0x10FFFF) ThrowInvalidRegex("invalid escape \\ sequence");
    }
    if (count < least) ThrowInvalidRegex("invalid escape \\ sequence");
    return static_cast<char32_t>(value);
  }

  static std::optional<std::pair<CharacterClass, bool>> ClassEscape(char32_t c) {
    switch (c) {
      case 'd':
      case 'D':
        return std::pair(CharacterClass::kDigit, c == 'D');
      case 's':
      case 'S':
        return std::pair(CharacterClass::kSpace, c == 'S');
      case 'w':
      case 'W':
        return std::pair(CharacterClass::kWord, c == 'W');
      default:
        return std::nullopt;
    }
  }

  RegexNodePtr Escape() {
    if (Peek() == kEnd) ThrowInvalidRegex("invalid escape \\ sequence");
    const char32_t c = text_[at_++];
    if (!IsWordLetter(c)) return Character(c);
    if (const auto named = ClassEscape(c)) return Class(named->first, named->second);
    switch (c) {
      case 'A':
        return Make(Kind::kTextBegin);
      case 'Z':
        return Make(Kind::kTextEnd);
      case 'm':
        return Make(Kind::kWordBegin);
      case 'M':
        return Make(Kind::kWordEnd);
      case 'y':
        return Make(Kind::kWordBorder);
      case 'Y':
        return Make(Kind::kNoWordBorder);
      default:
        break;
    }
    if (c >= '1' && c <= '9') {
      throw Error(ErrorCode::kNotSupported, "not supported yet: back references in regular expressions",
                  "compare the parts that regexp_match gives");
    }
    if (const auto character = CharacterEscape(c)) return Character(*character);
    ThrowInvalidRegex("invalid escape \\ sequence");
  }

  // Behind "[", "[.", "[=" or "[:": the name up to its end.
  std::string Delimited(char32_t delimiter, std::string_view error) {
    std::string name;
    while (Peek() != kEnd && !(Peek() == delimiter && Peek(1) == ']')) AppendCodePoint(name, text_[at_++]);
    if (Peek() == kEnd) ThrowInvalidRegex(error);
    at_ += 2;
    return name;
  }

  char32_t Element(char32_t delimiter) {
    const std::string name = Delimited(delimiter, "brackets [] not balanced");
    size_t at = 0;
    const char32_t c = name.empty() ? kEnd : NextCodePoint(name, at);
    if (name.empty() || at != name.size()) ThrowInvalidRegex("invalid collating element");
    return c;
  }

  RegexNodePtr Bracket() {
    if (TakeText("[:<:]]")) return Make(Kind::kWordBegin);
    if (TakeText("[:>:]]")) return Make(Kind::kWordEnd);
    const bool negated = Take('^');
    CodePointSet set;
    for (bool first = true; first || Peek() != ']'; first = false) {
      if (Peek() == kEnd) ThrowInvalidRegex("brackets [] not balanced");
      BracketItem(set);
    }
    ++at_;
    if (flags_.ignore_case) set.FoldCase();
    if (negated) {
      if (flags_.dot_stops_at_newline) set.Add('\n', '\n');
      set.Complement();
    }
    return SetOf(std::move(set));
  }

  void BracketItem(CodePointSet& set) {
    if (Peek() == '[' && Peek(1) == ':') {
      at_ += 2;
      const auto named = ClassNamed(Delimited(':', "brackets [] not balanced"));
      if (!named) ThrowInvalidRegex("invalid character class");
      set.Add(*named);
      return RefuseRange();
    }
    if (Peek() == '[' && Peek(1) == '=') {
      at_ += 2;
      const char32_t c = Element('=');
      set.Add(c, c);
      return RefuseRange();
    }
    if (Peek() == '\\') {
      if (const auto named = ClassEscape(Peek(1))) {
        at_ += 2;
        CodePointSet one;
        one.Add(named->first);
        if (named->second) one.Complement();
        set.Add(one);
        return RefuseRange();
      }
    }
    const char32_t first = BracketCharacter();
    char32_t last = first;
    if (Peek() == '-' && Peek(1) != ']' && Peek(1) != kEnd) {
      ++at_;
      if ((Peek() == '[' && (Peek(1) == ':' || Peek(1) == '=')) || (Peek() == '\\' && ClassEscape(Peek(1))))
        ThrowInvalidRegex("invalid character range");
      last = BracketCharacter();
      if (last < first) ThrowInvalidRegex("invalid character range");
    }
    set.Add(first, last);
  }
  void RefuseRange() {
    if (Peek() == '-' && Peek(1) != ']') ThrowInvalidRegex("invalid character range");
  }

  char32_t BracketCharacter() {
    if (Peek() == '[' && Peek(1) == '.') {
      at_ += 2;
      return Element('.');
    }
    const char32_t c = text_[at_++];
    if (c != '\\') return c;
    if (Peek() == kEnd) ThrowInvalidRegex("invalid escape \\ sequence");
    const char32_t escaped = text_[at_++];
    if (!IsWordLetter(escaped)) return escaped;
    if (const auto character = CharacterEscape(escaped)) return *character;
    if (escaped >= '1' && escaped <= '7') {
      char32_t value = escaped - '0';
      for (int i = 0; i < 2 && Peek() >= '0' && Peek() <= '7'; ++i) value = value * 8 + (text_[at_++] - '0');
      return value;
    }
    ThrowInvalidRegex("invalid escape \\ sequence");
  }

  RegexFlags flags_;
  std::vector<char32_t> text_;
  size_t at_ = 0;
  size_t groups_ = 0;
};

}  // namespace

bool ApplyRegexOption(char32_t letter, RegexFlags& flags) {
  switch (letter) {
    case 'c':
      flags.ignore_case = false;
      return true;
    case 'i':
      flags.ignore_case = true;
      return true;
    case 'm':
    case 'n':
      flags.dot_stops_at_newline = flags.anchors_at_newline = true;
      return true;
    case 'p':
      flags.dot_stops_at_newline = true;
      flags.anchors_at_newline = false;
      return true;
    case 's':
      flags.dot_stops_at_newline = flags.anchors_at_newline = false;
      return true;
    case 'w':
      flags.dot_stops_at_newline = false;
      flags.anchors_at_newline = true;
      return true;
    case 'q':
      flags.literal = true;
      return true;
    case 't':
      flags.expanded = false;
      return true;
    case 'x':
      flags.expanded = true;
      return true;
    case 'b':
    case 'e':
      throw Error(ErrorCode::kNotSupported, "not supported yet: basic and extended regular expressions",
                  "write an advanced one, without the options b and e");
    default:
      return false;
  }
}

ParsedRegex ParseRegex(std::string_view pattern, RegexFlags flags) { return Parser(pattern, flags).Parse(); }

}  // namespace rem::sql
