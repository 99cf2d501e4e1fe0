#include <algorithm>
#include <bit>

#include "base/utf8.h"
#include "sql/functions/by_value.h"

namespace rem::sql {

namespace {

using enum LogicalType;

Value Bytes(std::string bytes) { return Value::OfText(kBytea, std::move(bytes)); }

Value Length(const Value* a, size_t, LogicalType type) {
  return Value::OfInt(type, static_cast<int64_t>(a[0].AsBytes().size()));
}
Value BitLength(const Value* a, size_t, LogicalType type) {
  return Value::OfInt(type, static_cast<int64_t>(a[0].raw_text().size()) * 8);
}
Value Concatenate(const Value* a, size_t, LogicalType) { return Bytes(a[0].AsBytes() + a[1].AsBytes()); }

Value Position(const Value* a, size_t, LogicalType type) {
  const size_t at = a[0].AsBytes().find(a[1].AsBytes());
  return Value::OfInt(type, at == std::string::npos ? 0 : static_cast<int64_t>(at) + 1);
}

[[noreturn]] void ThrowNegativeLength() {
  throw Error(ErrorCode::kInvalidArgument, "negative substring length not allowed").WithSqlState("22011");
}
std::string Part(const std::string& bytes, int64_t start, int64_t length) {
  const int64_t end = start + length;
  const auto size = static_cast<int64_t>(bytes.size());
  const int64_t first = std::clamp<int64_t>(start, 1, size + 1), last = std::clamp<int64_t>(end, first, size + 1);
  return bytes.substr(static_cast<size_t>(first - 1), static_cast<size_t>(last - first));
}
Value Substring(const Value* a, size_t count, LogicalType) {
  if (count == 3 && a[2].AsInt() < 0) ThrowNegativeLength();
  return Bytes(Part(a[0].AsBytes(), a[1].AsInt(), count == 3 ? a[2].AsInt() : INT32_MAX));
}
Value Overlay(const Value* a, size_t count, LogicalType) {
  const std::string &bytes = a[0].AsBytes(), &with = a[1].AsBytes();
  const int64_t start = a[2].AsInt(), length = count == 4 ? a[3].AsInt() : static_cast<int64_t>(with.size());
  if (start <= 0) ThrowNegativeLength();
  return Bytes(Part(bytes, 1, start - 1) + with + Part(bytes, start + length, INT32_MAX));
}

template <bool front, bool back>
Value Trim(const Value* a, size_t, LogicalType) {
  std::string_view bytes = a[0].AsBytes();
  const std::string& set = a[1].AsBytes();
  while (front && !bytes.empty() && set.find(bytes.front()) != std::string::npos) bytes.remove_prefix(1);
  while (back && !bytes.empty() && set.find(bytes.back()) != std::string::npos) bytes.remove_suffix(1);
  return Bytes(std::string(bytes));
}

size_t CheckedIndex(int64_t index, size_t size) {
  if (index < 0 || index >= static_cast<int64_t>(size)) {
    throw Error(ErrorCode::kInvalidArgument, "index " + std::to_string(index) + " out of valid range, 0.." +
                                                 std::to_string(static_cast<int64_t>(size) - 1))
        .WithSqlState("2202E");
  }
  return static_cast<size_t>(index);
}
Value GetByte(const Value* a, size_t, LogicalType type) {
  const std::string& bytes = a[0].AsBytes();
  return Value::OfInt(type, static_cast<uint8_t>(bytes[CheckedIndex(a[1].AsInt(), bytes.size())]));
}
Value SetByte(const Value* a, size_t, LogicalType) {
  std::string bytes = a[0].AsBytes();
  bytes[CheckedIndex(a[1].AsInt(), bytes.size())] = static_cast<char>(a[2].AsInt());
  return Bytes(std::move(bytes));
}
Value GetBit(const Value* a, size_t, LogicalType type) {
  const std::string& bytes = a[0].AsBytes();
  const size_t at = CheckedIndex(a[1].AsInt(), bytes.size() * 8);
  return Value::OfInt(type, static_cast<uint8_t>(bytes[at / 8]) >> (at % 8) & 1);
}
Value SetBit(const Value* a, size_t, LogicalType) {
  std::string bytes = a[0].AsBytes();
  const size_t at = CheckedIndex(a[1].AsInt(), bytes.size() * 8);
  if (a[2].AsInt() != 0 && a[2].AsInt() != 1) throw Error(ErrorCode::kInvalidArgument, "new bit must be 0 or 1");
  const auto bit = static_cast<uint8_t>(1U << (at % 8));
  const auto byte = static_cast<uint8_t>(bytes[at / 8]);
  bytes[at / 8] = static_cast<char>(a[2].AsInt() == 1 ? byte | bit : byte & ~bit);
  return Bytes(std::move(bytes));
}
Value BitCount(const Value* a, size_t, LogicalType type) {
  int64_t bits = 0;
  for (const char c : a[0].AsBytes()) bits += std::popcount(static_cast<uint8_t>(c));
  return Value::OfInt(type, bits);
}

enum class Encoding : uint8_t { kUtf8, kLatin1, kAscii };
Encoding EncodingNamed(const std::string& name, std::string_view role) {
  std::string plain;
  for (const char c : name) {
    if (c != '-' && c != '_') plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  if (plain == "utf8" || plain == "unicode") return Encoding::kUtf8;
  if (plain == "latin1" || plain == "iso88591") return Encoding::kLatin1;
  if (plain == "sqlascii") return Encoding::kAscii;
  throw Error(ErrorCode::kInvalidArgument, "invalid " + std::string(role) + " encoding name \"" + name + "\"",
              "encodings are UTF8, LATIN1 and SQL_ASCII");
}
Value ConvertFrom(const Value* a, size_t, LogicalType) {
  const std::string& bytes = a[0].AsBytes();
  if (EncodingNamed(a[1].AsText(), "source") == Encoding::kLatin1) {
    std::string out;
    for (const char c : bytes) AppendCodePoint(out, static_cast<uint8_t>(c));
    return Value(std::move(out));
  }
  if (!IsValidUtf8(bytes) || bytes.find('\0') != std::string::npos)
    throw Error(ErrorCode::kInvalidText, "invalid byte sequence for encoding \"UTF8\"").WithSqlState("22021");
  return Value(bytes);
}
Value ConvertTo(const Value* a, size_t, LogicalType) {
  const std::string& text = a[0].AsText();
  if (EncodingNamed(a[1].AsText(), "destination") != Encoding::kLatin1) return Bytes(text);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = NextCodePoint(text, at);
    if (c > 0xFF) {
      throw Error(ErrorCode::kInvalidText, "character has no equivalent in encoding \"LATIN1\"").WithSqlState("22P05");
    }
    out.push_back(static_cast<char>(c));
  }
  return Bytes(std::move(out));
}

}  // namespace

void AddBytesFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel) {
    out.push_back({name, std::move(arguments), result, kernel});
  };
  add("length", {kBytea}, kInteger, ByValue<Length>);
  add("octet_length", {kBytea}, kInteger, ByValue<Length>);
  add("bit_length", {kBytea}, kInteger, ByValue<BitLength>);
  add("bit_length", {kText}, kInteger, ByValue<BitLength>);
  add("||", {kBytea, kBytea}, kBytea, ByValue<Concatenate>);
  add("position", {kBytea, kBytea}, kInteger, ByValue<Position>);
  for (const std::string_view name : {"substring", "substr"}) {
    add(name, {kBytea, kInteger}, kBytea, ByValue<Substring>);
    add(name, {kBytea, kInteger, kInteger}, kBytea, ByValue<Substring>);
  }
  add("overlay", {kBytea, kBytea, kInteger}, kBytea, ByValue<Overlay>);
  add("overlay", {kBytea, kBytea, kInteger, kInteger}, kBytea, ByValue<Overlay>);
  add("btrim", {kBytea, kBytea}, kBytea, ByValue<Trim<true, true>>);
  add("ltrim", {kBytea, kBytea}, kBytea, ByValue<Trim<true, false>>);
  add("rtrim", {kBytea, kBytea}, kBytea, ByValue<Trim<false, true>>);
  add("get_byte", {kBytea, kInteger}, kInteger, ByValue<GetByte>);
  add("set_byte", {kBytea, kInteger, kInteger}, kBytea, ByValue<SetByte>);
  add("get_bit", {kBytea, kInt}, kInteger, ByValue<GetBit>);
  add("set_bit", {kBytea, kInt, kInteger}, kBytea, ByValue<SetBit>);
  add("bit_count", {kBytea}, kInt, ByValue<BitCount>);
  add("convert_from", {kBytea, kText}, kText, ByValue<ConvertFrom>);
  add("convert_to", {kText, kText}, kBytea, ByValue<ConvertTo>);
}

}  // namespace rem::sql
