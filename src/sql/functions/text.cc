#include <algorithm>
#include <unordered_map>

#include "base/fold.h"
#include "base/utf8.h"
#include "sql/functions/map.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Text = std::string_view;

/// Longest text that a function may make.
constexpr size_t kMaxTextBytes = size_t{64} << 20;

// Folding for comparison joins letters that lower() keeps apart, such as the final sigma.
char32_t Lower(char32_t c) {
  switch (c) {
    case 0xB5:
    case 0x17F:
    case 0x345:
    case 0x3C2:
    case 0x3D0:
    case 0x3D1:
    case 0x3D5:
    case 0x3D6:
    case 0x3F0:
    case 0x3F1:
    case 0x3F5:
      return c;
    default:
      return FoldCodePoint(c);
  }
}

const std::unordered_map<char32_t, char32_t>& UpperTable() {
  static const auto table = [] {
    std::unordered_map<char32_t, char32_t> upper;
    for (char32_t c = 0x80; c < 0x2000; ++c) {
      if (const char32_t lower = Lower(c); lower != c) upper.emplace(lower, c);
    }
    return upper;
  }();
  return table;
}
char32_t Upper(char32_t c) {
  const auto it = UpperTable().find(c);
  return it == UpperTable().end() ? c : it->second;
}

template <char32_t (*Change)(char32_t), char first, char last>
void ChangeCase(KernelCall& call, size_t, Text text, Text& out) {
  char* copy = call.out->arena().Allocate(text.size());
  bool ascii = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    ascii &= static_cast<unsigned char>(c) < 0x80;
    copy[i] = c >= first && c <= last ? static_cast<char>(c ^ 0x20) : c;
  }
  out = {copy, text.size()};
  if (ascii) return;
  std::string changed;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = NextCodePoint(out, at);
    AppendCodePoint(changed, c < 0x80 ? c : Change(c));
  }
  out = call.out->arena().Copy(changed);
}

int64_t Length(Text text) { return static_cast<int64_t>(Utf8Length(text)); }
int64_t OctetLength(Text text) { return static_cast<int64_t>(text.size()); }

void Concatenate(KernelCall& call, size_t, Text a, Text b, Text& out) {
  char* at = call.out->arena().Allocate(a.size() + b.size());
  out = {at, a.size() + b.size()};
  std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), at));
}

// Byte offset of the code point number `count`, or the size.
size_t Advance(Text text, int64_t count) {
  size_t at = 0;
  while (count > 0 && at < text.size()) {
    NextCodePoint(text, at);
    --count;
  }
  return at;
}

void Substring(KernelCall& call, size_t row, Text text, int64_t start, int64_t length, Text& out) {
  if (length < 0)
    return call.failure->Set(row, ErrorCode::kInvalidArgument, "negative substring length not allowed", {}, "22011");
  int64_t end = 0;
  if (__builtin_add_overflow(start, length, &end)) end = INT64_MAX;
  const int64_t first = std::max<int64_t>(start, 1);
  out = {};
  if (end <= first) return;
  out = text.substr(Advance(text, first - 1));
  out = out.substr(0, Advance(out, end - first));
}
void SubstringFrom(KernelCall& call, size_t row, Text text, int64_t start, Text& out) {
  out = text.substr(Advance(text, start - 1 > start ? 0 : start - 1));
}
// The characters from `start` on, `length` of them, give way to `with`.
void Overlay(KernelCall& call, size_t row, Text text, Text with, int64_t start, int64_t length, Text& out) {
  if (start <= 0) {
    return call.failure->Set(row, ErrorCode::kInvalidArgument, "negative substring length not allowed", {}, "22011");
  }
  int64_t end = 0;
  if (__builtin_add_overflow(start, length, &end))
    return call.failure->Set(row, ErrorCode::kNumericOutOfRange, "integer out of range");
  const Text before = text.substr(0, Advance(text, start - 1));
  const Text behind = text.substr(Advance(text, end - 1));
  char* at = call.out->arena().Allocate(before.size() + with.size() + behind.size());
  out = {at, before.size() + with.size() + behind.size()};
  std::ranges::copy(behind, std::ranges::copy(with, std::ranges::copy(before, at).out).out);
}
void OverlayFrom(KernelCall& call, size_t row, Text text, Text with, int64_t start, Text& out) {
  Overlay(call, row, text, with, start, Length(with), out);
}
// A negative count leaves that many characters off the other end.
int64_t CountOrRest(Text text, int64_t count) {
  if (count >= 0) return count;
  const int64_t length = Length(text);
  return count <= -length ? 0 : length + count;
}
void Left(KernelCall&, size_t, Text text, int64_t count, Text& out) {
  out = text.substr(0, Advance(text, CountOrRest(text, count)));
}
void Right(KernelCall&, size_t, Text text, int64_t count, Text& out) {
  const int64_t length = Length(text);
  out = text.substr(Advance(text, length - std::min(length, CountOrRest(text, count))));
}

bool HasCodePoint(Text set, Text one) {
  for (size_t at = 0; at < set.size();) {
    const size_t begin = at;
    NextCodePoint(set, at);
    if (set.substr(begin, at - begin) == one) return true;
  }
  return false;
}
template <bool front, bool back>
void TrimSet(KernelCall&, size_t, Text text, Text set, Text& out) {
  while (front && !text.empty()) {
    const size_t size = Advance(text, 1);
    if (!HasCodePoint(set, text.substr(0, size))) break;
    text.remove_prefix(size);
  }
  while (back && !text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    if (!HasCodePoint(set, text.substr(begin))) break;
    text.remove_suffix(text.size() - begin);
  }
  out = text;
}
template <bool front, bool back>
void TrimSpaces(KernelCall& call, size_t row, Text text, Text& out) {
  TrimSet<front, back>(call, row, text, " ", out);
}

int64_t Position(Text text, Text part) {
  const size_t at = text.find(part);
  return at == Text::npos ? 0 : Length(text.substr(0, at)) + 1;
}
uint8_t StartsWith(Text text, Text prefix) { return text.starts_with(prefix); }
uint8_t EndsWith(Text text, Text suffix) { return text.ends_with(suffix); }
uint8_t Contains(Text text, Text part) { return text.find(part) != Text::npos; }

void TooLong(KernelCall& call, size_t row) {
  call.failure->Set(row, ErrorCode::kLimitExceeded, "requested length too large",
                    "a text made by a function has at most 64 MB");
}
void StoreText(KernelCall& call, size_t row, const std::string& text, Text& out) { out = call.out->arena().Copy(text); }
void Replace(KernelCall& call, size_t row, Text text, Text from, Text to, Text& out) {
  out = text;
  if (from.empty() || text.find(from) == Text::npos) return;
  std::string changed;
  for (size_t at = 0;;) {
    const size_t found = text.find(from, at);
    changed.append(text.substr(at, found == Text::npos ? found : found - at));
    if (found == Text::npos) break;
    changed.append(to);
    if (changed.size() > kMaxTextBytes) return TooLong(call, row);
    at = found + from.size();
  }
  StoreText(call, row, changed, out);
}
void Repeat(KernelCall& call, size_t row, Text text, int64_t count, Text& out) {
  out = {};
  if (count <= 0 || text.empty()) return;
  if (static_cast<uint64_t>(count) > kMaxTextBytes / text.size()) return TooLong(call, row);
  char* at = call.out->arena().Allocate(text.size() * static_cast<size_t>(count));
  out = {at, text.size() * static_cast<size_t>(count)};
  for (int64_t i = 0; i < count; ++i) at = std::copy(text.begin(), text.end(), at);
}
void Reverse(KernelCall& call, size_t, Text text, Text& out) {
  char* copy = call.out->arena().Allocate(text.size());
  char* end = copy + text.size();
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    NextCodePoint(text, at);
    end -= at - begin;
    std::copy(text.begin() + begin, text.begin() + at, end);
  }
  out = {copy, text.size()};
}
template <bool left>
void PadWith(KernelCall& call, size_t row, Text text, int64_t length, Text fill, Text& out) {
  const int64_t have = Length(text);
  if (length <= have || fill.empty()) {
    out = text.substr(0, Advance(text, std::max<int64_t>(length, 0)));
    return;
  }
  if (static_cast<uint64_t>(length) > kMaxTextBytes / 4) return TooLong(call, row);
  std::string padding;
  size_t at = 0;
  for (int64_t i = have; i < length; ++i) {
    if (at == fill.size()) at = 0;
    AppendCodePoint(padding, NextCodePoint(fill, at));
  }
  StoreText(call, row, left ? padding + std::string(text) : std::string(text) + padding, out);
}
template <bool left>
void Pad(KernelCall& call, size_t row, Text text, int64_t length, Text& out) {
  PadWith<left>(call, row, text, length, " ", out);
}
void SplitPart(KernelCall& call, size_t row, Text text, Text delimiter, int64_t field, Text& out) {
  if (field == 0) return call.failure->Set(row, ErrorCode::kInvalidArgument, "field position must not be zero");
  std::vector<Text> parts;
  while (!delimiter.empty()) {
    const size_t found = text.find(delimiter);
    if (found == Text::npos) break;
    parts.push_back(text.substr(0, found));
    text.remove_prefix(found + delimiter.size());
  }
  parts.push_back(text);
  const int64_t count = static_cast<int64_t>(parts.size());
  const int64_t index = field > 0 ? field - 1 : field + count;
  out = index >= 0 && index < count ? parts[static_cast<size_t>(index)] : Text{};
}
void Initcap(KernelCall& call, size_t row, Text text, Text& out) {
  std::string changed;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = NextCodePoint(text, at);
    const char32_t upper = c >= 'a' && c <= 'z' ? c - 32 : Upper(c), lower = c >= 'A' && c <= 'Z' ? c + 32 : Lower(c);
    AppendCodePoint(changed, inside ? lower : upper);
    inside = (c >= '0' && c <= '9') || upper != lower;
  }
  StoreText(call, row, changed, out);
}

}  // namespace

void AddTextFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       bool internal = false) {
    out.push_back({name, std::move(arguments), result, kernel, true, Volatility::kImmutable, internal});
  };
  add("||", {kText, kText}, kText, MapFull<Concatenate, Text, Text, Text>);
  add("lower", {kText}, kText, MapFull<ChangeCase<Lower, 'A', 'Z'>, Text, Text>);
  add("upper", {kText}, kText, MapFull<ChangeCase<Upper, 'a', 'z'>, Text, Text>);
  add("initcap", {kText}, kText, MapFull<Initcap, Text, Text>);
  for (const std::string_view name : {"length", "char_length", "character_length"})
    add(name, {kText}, kInteger, Map<Length, int64_t, Text>);
  add("octet_length", {kText}, kInteger, Map<OctetLength, int64_t, Text>);
  // Also with integers: bytea has such overloads, and an exact type is preferred to a text.
  for (const LogicalType number : {kInt, kInteger}) {
    for (const std::string_view name : {"substring", "substr"}) {
      add(name, {kText, number}, kText, MapFull<SubstringFrom, Text, Text, int64_t>);
      add(name, {kText, number, number}, kText, MapFull<Substring, Text, Text, int64_t, int64_t>);
    }
    add("overlay", {kText, kText, number}, kText, MapFull<OverlayFrom, Text, Text, Text, int64_t>);
    add("overlay", {kText, kText, number, number}, kText, MapFull<Overlay, Text, Text, Text, int64_t, int64_t>);
  }
  add("left", {kText, kInt}, kText, MapFull<Left, Text, Text, int64_t>);
  add("right", {kText, kInt}, kText, MapFull<Right, Text, Text, int64_t>);
  add("btrim", {kText}, kText, MapFull<TrimSpaces<true, true>, Text, Text>);
  add("ltrim", {kText}, kText, MapFull<TrimSpaces<true, false>, Text, Text>);
  add("rtrim", {kText}, kText, MapFull<TrimSpaces<false, true>, Text, Text>);
  add("btrim", {kText, kText}, kText, MapFull<TrimSet<true, true>, Text, Text, Text>);
  add("ltrim", {kText, kText}, kText, MapFull<TrimSet<true, false>, Text, Text, Text>);
  add("rtrim", {kText, kText}, kText, MapFull<TrimSet<false, true>, Text, Text, Text>);
  add("position", {kText, kText}, kInteger, Map<Position, int64_t, Text, Text>);
  add("^@", {kText, kText}, kBool, Map<StartsWith, uint8_t, Text, Text>);
  add("strpos", {kText, kText}, kInteger, Map<Position, int64_t, Text, Text>);
  add("starts_with", {kText, kText}, kBool, Map<StartsWith, uint8_t, Text, Text>);
  add("ends with", {kText, kText}, kBool, Map<EndsWith, uint8_t, Text, Text>, true);
  add("contains", {kText, kText}, kBool, Map<Contains, uint8_t, Text, Text>, true);
  add("replace", {kText, kText, kText}, kText, MapFull<Replace, Text, Text, Text, Text>);
  add("repeat", {kText, kInt}, kText, MapFull<Repeat, Text, Text, int64_t>);
  add("reverse", {kText}, kText, MapFull<Reverse, Text, Text>);
  add("lpad", {kText, kInt}, kText, MapFull<Pad<true>, Text, Text, int64_t>);
  add("rpad", {kText, kInt}, kText, MapFull<Pad<false>, Text, Text, int64_t>);
  add("lpad", {kText, kInt, kText}, kText, MapFull<PadWith<true>, Text, Text, int64_t, Text>);
  add("rpad", {kText, kInt, kText}, kText, MapFull<PadWith<false>, Text, Text, int64_t, Text>);
  add("split_part", {kText, kText, kInt}, kText, MapFull<SplitPart, Text, Text, Text, int64_t>);
}

}  // namespace rem::sql
