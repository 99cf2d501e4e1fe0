#include "schema/pattern.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include <rem/error.h>

#include "base/utf8.h"

namespace rem {

namespace {

constexpr size_t kMaxPatternBytes = 64 * 1024;

// White space and line terminators of ECMA 262, and all other code points.
constexpr std::string_view kSpace =
    "\\t\\n\\x{b}\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
constexpr std::string_view kNotSpace =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{"
    "2030}-\\x{205e}"
    "\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";
constexpr std::string_view kDot = "[^\\n\\r\\x{2028}\\x{2029}]";

constexpr std::pair<std::string_view, std::string_view> kCategories[] = {
    {"Cased_Letter", "LC"},
    {"Close_Punctuation", "Pe"},
    {"Connector_Punctuation", "Pc"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"},
    {"Format", "Cf"},
    {"Initial_Punctuation", "Pi"},
    {"Letter", "L"},
    {"Letter_Number", "Nl"},
    {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Math_Symbol", "Sm"},
    {"Modifier_Letter", "Lm"},
    {"Modifier_Symbol", "Sk"},
    {"Nonspacing_Mark", "Mn"},
    {"Number", "N"},
    {"Open_Punctuation", "Ps"},
    {"Other", "C"},
    {"Other_Letter", "Lo"},
    {"Other_Number", "No"},
    {"Other_Punctuation", "Po"},
    {"Other_Symbol", "So"},
    {"Paragraph_Separator", "Zp"},
    {"Private_Use", "Co"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Spacing_Mark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecase_Letter", "Lt"},
    {"Uppercase_Letter", "Lu"},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Translator {
 public:
  explicit Translator(std::string_view in) : in_(in) {}

  std::string Translate() {
    if (in_.size() > kMaxPatternBytes)
      Fail("is too long", fmt::format("patterns have at most {} bytes", kMaxPatternBytes));
    while (at_ < in_.size()) {
      const char c = in_[at_++];
      switch (c) {
        case '\\':
          Escape(false);
          break;
        case '[':
          Class();
          break;
        case '(':
          Group();
          break;
        case '.':
          out_ += kDot;
          break;
        default:
          out_ += c;
      }
    }
    return std::move(out_);
  }

 private:
  [[noreturn]] static void Fail(std::string problem, std::string hint) {
    throw Error(ErrorCode::kInvalidSchema, std::move(problem), std::move(hint));
  }

  bool Take(std::string_view text) {
    if (!in_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  void Group() {
    if (Take("?=") || Take("?!") || Take("?<=") || Take("?<!")) {
      Fail("lookahead and lookbehind are not supported",
           "write the condition as a schema of its own: \"not\", \"allOf\" or \"anyOf\" of patterns");
    }
    if (Take("?<") || Take("?P<")) {
      out_ += "(?P<";
      return;
    }
    out_ += '(';
  }

  void CodePoint(uint32_t value) { out_ += fmt::format("\\x{{{:x}}}", value); }

  uint32_t Hex(size_t digits) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      const int digit = at_ < in_.size() ? HexDigit(in_[at_]) : -1;
      if (digit < 0) Fail("has an incomplete \\x or \\u escape", "write \\xHH, \\uHHHH or \\u{H...}");
      value = value * 16 + static_cast<uint32_t>(digit);
      ++at_;
    }
    return value;
  }

  void Unicode() {
    if (Take("{")) {
      uint32_t value = 0;
      size_t digits = 0;
      while (at_ < in_.size() && HexDigit(in_[at_]) >= 0 && value <= 0x10FFFF) {
        value = value * 16 + static_cast<uint32_t>(HexDigit(in_[at_++]));
        ++digits;
      }
      if (digits == 0 || value > 0x10FFFF || !Take("}"))
        Fail("has a wrong \\u{...} escape", "write a code point up to 10FFFF in hexadecimal");
      CodePoint(value);
      return;
    }
    uint32_t value = Hex(4);
    if (value >= 0xD800 && value < 0xDC00 && Take("\\u")) {
      const uint32_t low = Hex(4);
      if (low < 0xDC00 || low > 0xDFFF) Fail("has half of a surrogate pair", "write the character itself or \\u{H...}");
      value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    }
    if (value >= 0xD800 && value <= 0xDFFF)
      Fail("has half of a surrogate pair", "write the character itself or \\u{H...}");
    CodePoint(value);
  }

  void Property(bool negated, bool in_class) {
    if (!Take("{")) Fail("has \\p without a property name", "write \\p{L}, \\p{Letter} or \\p{Script=Greek}");
    const size_t end = in_.find('}', at_);
    if (end == std::string_view::npos) Fail("has \\p{ without }", "write \\p{L}, \\p{Letter} or \\p{Script=Greek}");
    std::string_view name = in_.substr(at_, end - at_);
    at_ = end + 1;
    bool script = false;
    if (const size_t equals = name.find('='); equals != std::string_view::npos) {
      const std::string_view key = name.substr(0, equals);
      script = key == "Script" || key == "sc" || key == "Script_Extensions" || key == "scx";
      if (!script && key != "General_Category" && key != "gc")
        Fail(fmt::format("has an unknown property \"{}\"", name), "use General_Category and Script");
      name = name.substr(equals + 1);
    }
    if (!script) {
      for (const auto& [known, short_name] : kCategories) {
        if (name == known) name = short_name;
      }
      if (name == "LC" && !negated) return Ranges("\\p{Lu}\\p{Ll}\\p{Lt}", in_class);
      if (name == "ASCII") return Ranges(negated ? "\\x{80}-\\x{10ffff}" : "\\x{0}-\\x{7f}", in_class);
      if (name == "Any" && !negated) return Ranges("\\x{0}-\\x{10ffff}", in_class);
    }
    out_ += fmt::format("\\{}{{{}}}", negated ? 'P' : 'p', name);
  }

  void Ranges(std::string_view ranges, bool in_class) {
    if (!in_class) out_ += '[';
    out_ += ranges;
    if (!in_class) out_ += ']';
  }

  void Escape(bool in_class) {
    if (at_ == in_.size()) Fail("ends with a backslash", "write \\\\ for a backslash");
    const char c = in_[at_++];
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 't':
      case 'n':
      case 'f':
      case 'r':
        (out_ += '\\') += c;
        return;
      case 'v':
        out_ += "\\x{b}";
        return;
      case 's':
        return Ranges(kSpace, in_class);
      case 'S':
        return Ranges(kNotSpace, in_class);
      case 'b':
        out_ += in_class ? "\\x{8}" : "\\b";
        return;
      case 'x':
        return CodePoint(Hex(2));
      case 'u':
        return Unicode();
      case 'p':
        return Property(false, in_class);
      case 'P':
        return Property(true, in_class);
      case 'c':
        if (at_ == in_.size() || !IsLetter(in_[at_])) Fail("has \\c without a letter", "write \\cA to \\cZ");
        return CodePoint(static_cast<uint32_t>(in_[at_++]) % 32);
      case 'k':
        Fail("backreferences are not supported", "compare parts of a text in the application");
      case 'B':
        if (in_class) break;
        out_ += "\\B";
        return;
      case '0':
        if (at_ < in_.size() && IsDigit(in_[at_])) Fail("has an octal escape", "write \\xHH");
        return CodePoint(0);
      default:
        break;
    }
    if (IsDigit(c)) Fail("backreferences are not supported", "compare parts of a text in the application");
    if (IsLetter(c))
      Fail(fmt::format("has an unknown escape \\{}", c),
           "ECMA 262 anchors are ^ and $; other letters need no backslash");
    Literal(c);
  }

  // One byte of UTF-8 or punctuation that stands for itself.
  void Literal(char c) {
    if (static_cast<unsigned char>(c) < 0x80 && c != '_' && !IsDigit(c) && c != ' ' && c > ' ') out_ += '\\';
    out_ += c;
  }

  void Class() {
    if (Take("]")) {
      out_ += "[^\\x{0}-\\x{10ffff}]";
      return;
    }
    if (Take("^]")) {
      out_ += "[\\x{0}-\\x{10ffff}]";
      return;
    }
    out_ += '[';
    if (Take("^")) out_ += '^';
    while (at_ < in_.size() && in_[at_] != ']') {
      const char c = in_[at_++];
      if (c == '\\') {
        Escape(true);
      } else if (c == '[' || c == '&' || c == '~') {
        (out_ += '\\') += c;
      } else {
        out_ += c;
      }
    }
    if (!Take("]")) Fail("has [ without ]", "close the character class, or write \\[ for a bracket");
    out_ += ']';
  }

  std::string_view in_;
  size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string TranslatePattern(std::string_view pattern) { return Translator(pattern).Translate(); }

bool IsPattern(std::string_view pattern) {
  try {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    return re2::RE2(TranslatePattern(pattern), options).ok();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace rem
