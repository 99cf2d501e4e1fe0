#include <cctype>

#include "base/utf8.h"
#include "sql/functions/by_value.h"
#include "types/array_text.h"

namespace rem::sql {

namespace {

using enum LogicalType;

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Lines of 76 characters, as RFC 2045 has them.
std::string ToBase64(std::string_view bytes) {
  std::string out;
  size_t line = 0;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    if (line == 76) {
      out.push_back('\n');
      line = 0;
    }
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) out.push_back(i + j <= bytes.size() ? kBase64[group >> (18 - 6 * j) & 63] : '=');
    line += 4;
  }
  return out;
}

std::string FromBase64(std::string_view text) {
  std::string out;
  uint32_t group = 0;
  int digits = 0, padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const size_t value = c == '=' ? 0 : std::string_view(kBase64).find(c);
    if (value == std::string_view::npos || c == '\0' || (padding > 0 && c != '=')) {
      throw Error(ErrorCode::kInvalidArgument,
                  std::string("invalid symbol \"") + c + "\" found while decoding base64 sequence");
    }
    padding += c == '=';
    group = group << 6 | static_cast<uint32_t>(value);
    if (++digits < 4) continue;
    for (int i = 0; i < 3 - padding; ++i) out.push_back(static_cast<char>(group >> (16 - 8 * i)));
    digits = 0;
    group = 0;
  }
  if (digits != 0) throw Error(ErrorCode::kInvalidArgument, "invalid base64 end sequence");
  return out;
}

// Bytes above 127 and NUL in octal, the backslash doubled.
std::string ToEscapes(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte == 0 || byte > 127) {
      out += {'\\', static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + (byte >> 3 & 7)),
              static_cast<char>('0' + (byte & 7))};
    } else {
      out.append(c == '\\' ? 2 : 1, c);
    }
  }
  return out;
}

[[noreturn]] void ThrowEncoding(const std::string& name) {
  throw Error(ErrorCode::kInvalidArgument, "unrecognized encoding: \"" + name + "\"",
              "encodings are hex, base64 and escape");
}

std::string FromHex(std::string_view text) {
  const auto digit = [&](size_t at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (std::isxdigit(c) == 0) {
      size_t end = at;
      NextCodePoint(text, end);
      throw Error(ErrorCode::kInvalidArgument,
                  "invalid hexadecimal digit: \"" + std::string(text.substr(at, end - at)) + "\"");
    }
    return std::isdigit(c) != 0 ? c - '0' : (c | 32) - 'a' + 10;
  };
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
      ++at;
      continue;
    }
    const int high = digit(at);
    if (at + 1 >= text.size())
      throw Error(ErrorCode::kInvalidArgument, "invalid hexadecimal data: odd number of digits");
    out.push_back(static_cast<char>(high * 16 + digit(at + 1)));
    at += 2;
  }
  return out;
}

Value Encode(const Value* a, size_t, LogicalType) {
  if (a[1].AsText() == "hex") return Value(FormatBytea(a[0].AsBytes()).substr(2));
  if (a[1].AsText() == "base64") return Value(ToBase64(a[0].AsBytes()));
  if (a[1].AsText() == "escape") return Value(ToEscapes(a[0].AsBytes()));
  ThrowEncoding(a[1].AsText());
}
Value Decode(const Value* a, size_t, LogicalType) {
  if (a[1].AsText() == "base64") return Value::OfText(kBytea, FromBase64(a[0].AsText()));
  if (a[1].AsText() == "hex") return Value::OfText(kBytea, FromHex(a[0].AsText()));
  if (a[1].AsText() != "escape") ThrowEncoding(a[1].AsText());
  auto bytes = a[0].AsText().starts_with("\\x") ? std::nullopt : ParseBytea(a[0].AsText());
  if (!bytes) throw Error(ErrorCode::kInvalidText, "invalid input syntax for type bytea");
  return Value::OfText(kBytea, std::move(*bytes));
}
Value ToHex(const Value* a, size_t, LogicalType) {
  static constexpr char kDigits[] = "0123456789abcdef";
  auto rest = static_cast<uint64_t>(a[0].AsInt());
  if (a[0].type() == kInteger) rest &= 0xFFFFFFFF;
  std::string out;
  do {
    out.insert(out.begin(), kDigits[rest & 15]);
    rest >>= 4;
  } while (rest != 0);
  return Value(std::move(out));
}
Value Ascii(const Value* a, size_t, LogicalType type) {
  size_t at = 0;
  return Value::OfInt(type, a[0].AsText().empty() ? 0 : static_cast<int64_t>(NextCodePoint(a[0].AsText(), at)));
}
Value Character(const Value* a, size_t, LogicalType) {
  const int64_t code = a[0].AsInt();
  if (code == 0) throw Error(ErrorCode::kLimitExceeded, "null character not permitted");
  if (code < 0) throw Error(ErrorCode::kInvalidArgument, "character number must be positive");
  if (code > 0x10FFFF) {
    throw Error(ErrorCode::kLimitExceeded, "requested character too large for encoding: " + std::to_string(code));
  }
  if ((code >= 0xD800 && code < 0xE000))
    throw Error(ErrorCode::kLimitExceeded, "requested character not valid for encoding");
  std::string out;
  AppendCodePoint(out, static_cast<char32_t>(code));
  return Value(std::move(out));
}

Value Translate(const Value* a, size_t, LogicalType) {
  const std::string &text = a[0].AsText(), &from = a[1].AsText(), &to = a[2].AsText();
  std::vector<char32_t> sources, targets;
  for (size_t at = 0; at < from.size();) sources.push_back(NextCodePoint(from, at));
  for (size_t at = 0; at < to.size();) targets.push_back(NextCodePoint(to, at));
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = NextCodePoint(text, at);
    size_t i = 0;
    while (i < sources.size() && sources[i] != c) ++i;
    if (i == sources.size()) {
      AppendCodePoint(out, c);
    } else if (i < targets.size()) {
      AppendCodePoint(out, targets[i]);
    }
  }
  return Value(std::move(out));
}

}  // namespace

void AddEncodingFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       bool strict = true) {
    out.push_back({name, std::move(arguments), result, kernel, strict});
  };
  add("encode", {kBytea, kText}, kText, ByValue<Encode>);
  add("decode", {kText, kText}, kBytea, ByValue<Decode>);
  add("to_hex", {kInteger}, kText, ByValue<ToHex>);
  add("to_hex", {kInt}, kText, ByValue<ToHex>);
  add("ascii", {kText}, kInteger, ByValue<Ascii>);
  add("chr", {kInteger}, kText, ByValue<Character>);
  add("translate", {kText, kText, kText}, kText, ByValue<Translate>);
}

}  // namespace rem::sql
