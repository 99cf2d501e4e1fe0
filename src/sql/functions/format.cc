#include <algorithm>
#include <cctype>

#include "base/utf8.h"
#include "sql/functions/by_value.h"
#include "sql/functions/quote.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Text = std::string_view;

constexpr size_t kMaxTextBytes = size_t{64} << 20;

/// One %-directive of format().
struct Directive {
  int64_t argument = 0;  ///< From 1; 0: the next one.
  int64_t width = 0;
  bool width_from_argument = false;
  int64_t width_argument = 0;  ///< From 1; 0: the next one.
  bool left = false;
  char type = 's';
};

[[noreturn]] void ThrowUnterminated() {
  throw Error(ErrorCode::kInvalidArgument, "unterminated format() type specifier", "For a single \"%\" use \"%%\".");
}

class Formatter {
 public:
  Formatter(const Value* arguments, size_t count)
      : format_(arguments[0].AsText()), arguments_(arguments), count_(count) {}

  std::string Run() {
    while (at_ < format_.size()) {
      const char c = format_[at_++];
      if (c != '%') {
        out_.push_back(c);
        continue;
      }
      if (at_ >= format_.size()) ThrowUnterminated();
      if (format_[at_] == '%') {
        out_.push_back('%');
        ++at_;
        continue;
      }
      Apply(ReadDirective());
      if (out_.size() > kMaxTextBytes)
        throw Error(ErrorCode::kLimitExceeded, "text is too long: a function may make at most 64 MB");
    }
    return std::move(out_);
  }

 private:
  bool IsDigit() const { return at_ < format_.size() && format_[at_] >= '0' && format_[at_] <= '9'; }
  void Advance() {
    if (++at_ >= format_.size()) ThrowUnterminated();
  }
  bool ReadNumber(int64_t& number) {
    if (!IsDigit()) return false;
    number = 0;
    while (IsDigit()) {
      number = number * 10 + (format_[at_] - '0');
      if (number > INT32_MAX) throw Error(ErrorCode::kNumericOutOfRange, "number is out of range");
      Advance();
    }
    return true;
  }
  static void CheckPosition(int64_t number) {
    if (number == 0) {
      throw Error(ErrorCode::kInvalidArgument, "format specifies argument 0, but arguments are numbered from 1");
    }
  }

  Directive ReadDirective() {
    Directive out;
    int64_t number = 0;
    bool have_number = ReadNumber(number);
    if (have_number && format_[at_] == '$') {
      CheckPosition(number);
      out.argument = number;
      have_number = false;
      Advance();
    }
    if (!have_number) {
      while (format_[at_] == '-') {
        out.left = true;
        Advance();
      }
      if (format_[at_] == '*') {
        out.width_from_argument = true;
        Advance();
        if (ReadNumber(number)) {
          if (format_[at_] != '$')
            throw Error(ErrorCode::kInvalidArgument, "width argument position must be ended by \"$\"");
          CheckPosition(number);
          out.width_argument = number;
          Advance();
        }
      } else if (ReadNumber(number)) {
        out.width = number;
      }
    } else {
      out.width = number;
    }
    const size_t begin = at_;
    NextCodePoint(format_, at_);
    const Text type = format_.substr(begin, at_ - begin);
    if (type != "s" && type != "I" && type != "L") {
      throw Error(ErrorCode::kInvalidArgument, "unrecognized format() type specifier \"" + std::string(type) + "\"",
                  "For a single \"%\" use \"%%\".");
    }
    out.type = type[0];
    return out;
  }

  const Value& Argument(int64_t position) {
    if (position > 0) next_ = static_cast<size_t>(position);
    if (next_ >= count_) throw Error(ErrorCode::kInvalidArgument, "too few arguments for format()");
    return arguments_[next_++];
  }

  void Apply(Directive directive) {
    if (directive.width_from_argument) {
      const Value& width = Argument(directive.width_argument);
      directive.width = width.IsNull() ? 0 : WidthOf(width);
      if (directive.width < 0) {
        directive.left = true;
        directive.width = -directive.width;
      }
    }
    const Value& value = Argument(directive.argument);
    std::string text = value.IsNull() ? std::string() : value.ToText();
    if (directive.type == 'I') {
      if (value.IsNull()) {
        throw Error(ErrorCode::kInvalidArgument, "null values cannot be formatted as an SQL identifier")
            .WithSqlState("22004");
      }
      text = QuoteIdentifier(text);
    } else if (directive.type == 'L') {
      text = value.IsNull() ? "NULL" : QuoteLiteralText(text);
    }
    const auto length = static_cast<int64_t>(Utf8Length(text));
    const auto padding = static_cast<size_t>(std::max<int64_t>(0, directive.width - length));
    if (padding > kMaxTextBytes)
      throw Error(ErrorCode::kLimitExceeded, "text is too long: a function may make at most 64 MB");
    if (!directive.left) out_.append(padding, ' ');
    out_ += text;
    if (directive.left) out_.append(padding, ' ');
  }
  static int64_t WidthOf(const Value& value) {
    const Value width = IsInteger(value.type()) ? value : CastValue(Value(value.ToText()), kInteger);
    if (width.AsInt() > INT32_MAX || width.AsInt() < -INT32_MAX)
      throw Error(ErrorCode::kNumericOutOfRange, "number is out of range");
    return width.AsInt();
  }

  Text format_;
  const Value* arguments_;
  size_t count_;
  size_t at_ = 0;
  size_t next_ = 1;
  std::string out_;
};

Value Format(const Value* a, size_t count, LogicalType) {
  if (a[0].IsNull()) return Value();
  return Value(Formatter(a, count).Run());
}

Value QuoteIdent(const Value* a, size_t, LogicalType) { return Value(QuoteIdentifier(a[0].AsText())); }
// A boolean among others is cast, so it is spelled out.
std::string CastText(const Value& value) { return CastValue(value, kText).AsText(); }
Value QuoteLiteral(const Value* a, size_t, LogicalType) { return Value(QuoteLiteralText(CastText(a[0]))); }
Value QuoteNullable(const Value* a, size_t, LogicalType) {
  return Value(a[0].IsNull() ? "NULL" : QuoteLiteralText(CastText(a[0])));
}

Value Concat(const Value* a, size_t count, LogicalType) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    if (!a[i].IsNull()) out += a[i].ToText();
  }
  return Value(std::move(out));
}

[[noreturn]] void ThrowUnicodeEscape() {
  throw Error(ErrorCode::kSyntax, "invalid Unicode escape",
              "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.");
}
[[noreturn]] void ThrowSurrogates() { throw Error(ErrorCode::kSyntax, "invalid Unicode surrogate pair"); }

// The digits behind a backslash: "0061", "+000061", "u0061", "U00000061".
char32_t ReadUnicodeEscape(Text text, size_t& at) {
  size_t digits = 4;
  if (at < text.size() && (text[at] == '+' || text[at] == 'u' || text[at] == 'U')) {
    digits = text[at] == '+' ? 6 : text[at] == 'u' ? 4 : 8;
    ++at;
  }
  uint64_t code = 0;
  for (size_t i = 0; i < digits; ++i, ++at) {
    const Text kHex = "0123456789abcdef";
    const size_t digit =
        at < text.size() ? kHex.find(static_cast<char>(text[at] | (text[at] >= 'A' ? 32 : 0))) : Text::npos;
    if (digit == Text::npos) ThrowUnicodeEscape();
    code = code * 16 + digit;
  }
  if (code == 0 || code > 0x10FFFF)
    throw Error(ErrorCode::kSyntax, "invalid Unicode code point: " + std::string(text.substr(0, 100)));
  return static_cast<char32_t>(code);
}

Value Unistr(const Value* a, size_t, LogicalType) {
  const Text text = a[0].AsText();
  std::string out;
  char32_t high = 0;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '\\' || (at + 1 < text.size() && text[at + 1] == '\\')) {
      if (high != 0) ThrowSurrogates();
      out.push_back(text[at]);
      at += text[at] == '\\' ? 2 : 1;
      continue;
    }
    ++at;
    const char32_t c = ReadUnicodeEscape(text, at);
    const bool low = c >= 0xDC00 && c <= 0xDFFF;
    if (low != (high != 0)) ThrowSurrogates();
    if (c >= 0xD800 && c <= 0xDBFF) {
      high = c;
      continue;
    }
    AppendCodePoint(out, low ? 0x10000 + ((high & 0x3FF) << 10) + (c & 0x3FF) : c);
    high = 0;
  }
  if (high != 0) ThrowSurrogates();
  return Value(std::move(out));
}

[[noreturn]] void ThrowNoIdentifier(Text text) {
  throw Error(ErrorCode::kInvalidArgument,
              "string is not a valid identifier: \"" + std::string(text.substr(0, 100)) + "\"");
}
// 'Foo."Bar"' as {foo,Bar}.
Value ParseIdent(const Value* a, size_t count, LogicalType type) {
  const std::string& text = a[0].AsText();
  const bool strict = count < 2 || a[1].AsBool();
  const auto skip = [&](size_t& at) {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  };
  std::vector<Value> parts;
  size_t at = 0;
  for (skip(at);; skip(at)) {
    std::string part;
    const char c = at < text.size() ? text[at] : '\0';
    if (c == '"') {
      const size_t end = text.find('"', at + 1);
      if (end == std::string::npos) ThrowNoIdentifier(text);
      part = text.substr(at + 1, end - at - 1);
      if (part.empty()) ThrowNoIdentifier(text);
      at = end + 1;
    } else {
      const auto starts = [](char x) {
        return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || x == '_' || (x & 0x80) != 0;
      };
      if (!starts(c)) ThrowNoIdentifier(text);
      while (at < text.size() && (starts(text[at]) || text[at] == '$' || (text[at] >= '0' && text[at] <= '9'))) {
        part.push_back(text[at] >= 'A' && text[at] <= 'Z' ? static_cast<char>(text[at] + 32) : text[at]);
        ++at;
      }
    }
    parts.emplace_back(std::move(part));
    skip(at);
    if (at >= text.size()) break;
    if (text[at] != '.') {
      if (strict) ThrowNoIdentifier(text);
      break;
    }
    ++at;
  }
  return Value::OfArray(ElementOf(type), std::move(parts));
}

}  // namespace

void AddFormatFunctions(std::vector<Function>& out) {
  const auto add = [&](Text name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       bool strict = true, bool variadic = false) {
    out.push_back({name, std::move(arguments), result, kernel, strict, Volatility::kImmutable, false, variadic});
  };
  add("format", {kText, kAny}, kText, ByValue<Format>, false, true);
  add("concat", {kAny, kAny}, kText, ByValue<Concat>, false, true);
  add("quote_ident", {kText}, kText, ByValue<QuoteIdent>);
  add("quote_literal", {kAny}, kText, ByValue<QuoteLiteral>);
  add("quote_nullable", {kAny}, kText, ByValue<QuoteNullable>, false);
  add("unistr", {kText}, kText, ByValue<Unistr>);
  add("parse_ident", {kText}, ArrayOf(kText), ByValue<ParseIdent>);
  add("parse_ident", {kText, kBool}, ArrayOf(kText), ByValue<ParseIdent>);
}

}  // namespace rem::sql
