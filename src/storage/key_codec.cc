#include "storage/key_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/check.h"
#include "types/numeric.h"

namespace rem {

namespace {

// The first byte of an encoding. Tags lie below 0x80 with NULL the greatest, so that a set high bit marks a descending
// encoding.
constexpr char kTagBool = 0x10;
constexpr char kTagInt = 0x20;
constexpr char kTagDouble = 0x30;
constexpr char kTagText = 0x40;
constexpr char kTagTimestamp = 0x50;
constexpr char kTagUuid = 0x60;
constexpr char kTagNumeric = 0x61;
constexpr char kTagBytea = 0x62;
constexpr char kTagDate = 0x63;
constexpr char kTagTime = 0x64;
constexpr char kTagLocalTimestamp = 0x65;
constexpr char kTagNull = 0x70;

// Inside a text a NUL byte is followed by one of these. The end sorts before the cut, and both before a text that goes
// on with a NUL.
constexpr char kTextEnd = 0x01;
constexpr char kTextCut = 0x02;
constexpr char kTextNul = static_cast<char>(0xFF);

constexpr uint64_t kSignBit = uint64_t{1} << 63;

uint64_t OrderedInt(int64_t value) { return static_cast<uint64_t>(value) ^ kSignBit; }
int64_t IntOfOrdered(uint64_t ordered) { return static_cast<int64_t>(ordered ^ kSignBit); }

uint64_t OrderedDouble(double value) {
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  if (value == 0) value = 0;  // -0.0 becomes 0.0.
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

double DoubleOfOrdered(uint64_t ordered) {
  return std::bit_cast<double>((ordered & kSignBit) != 0 ? ordered & ~kSignBit : ~ordered);
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (;;) {
    const size_t nul = text.find('\0');
    if (nul == std::string_view::npos) break;
    out.append(text.substr(0, nul + 1));
    out.push_back(kTextNul);
    text.remove_prefix(nul + 1);
  }
  out.append(text);
}

[[noreturn]] void ThrowDamaged(const char* what) {
  throw Error(ErrorCode::kCorruption, std::string("an index key is damaged: ") + what,
              "rebuild the index, or restore the database from a backup");
}

/// Reads bytes of an encoding, inverted when it is descending.
class KeyReader {
 public:
  KeyReader(std::string_view& in, KeyOrder order) : in_(in), mask_(order == KeyOrder::kDescending ? 0xFF : 0) {}

  uint8_t Byte() {
    if (in_.empty()) ThrowDamaged("it ends inside a value");
    const auto byte = static_cast<uint8_t>(static_cast<uint8_t>(in_.front()) ^ mask_);
    in_.remove_prefix(1);
    return byte;
  }

  uint64_t Big64() {
    if (in_.size() < 8) ThrowDamaged("it ends inside a value");
    const uint64_t value = LoadBig64(in_.data());
    in_.remove_prefix(8);
    return mask_ == 0 ? value : ~value;
  }

  std::string Text(bool* cut) {
    std::string text;
    for (;;) {
      const uint8_t byte = Byte();
      if (byte != 0) {
        text.push_back(static_cast<char>(byte));
      } else {
        const auto mark = static_cast<char>(Byte());
        if (mark != kTextNul) {
          if (mark != kTextEnd && mark != kTextCut) ThrowDamaged("a text has an unknown mark");
          if (mark == kTextCut && text.size() != kMaxIndexedTextBytes) ThrowDamaged("a text is cut at the wrong place");
          if (cut != nullptr) *cut = mark == kTextCut;
          return text;
        }
        text.push_back('\0');
      }
      if (text.size() > kMaxIndexedTextBytes) ThrowDamaged("a text is too long");
    }
  }

 private:
  std::string_view& in_;
  uint8_t mask_;
};

void AppendTagged(std::string& out, char tag, uint64_t ordered) {
  out.push_back(tag);
  AppendBig64(out, ordered);
}

// A numeric sorts by its class, then by the power of ten of its first digit, then by its digits; of a negative number
// the bytes behind the class are inverted. The digits end with a byte below any of them.
enum NumericClass : uint8_t { kMinusInfinity = 1, kNegative, kZero, kPositive, kInfinity, kNaN };

void AppendNumeric(std::string& out, std::string_view text) {
  out.push_back(kTagNumeric);
  text = NumericKey(text);
  if (text == "NaN") return out.push_back(kNaN);
  if (text == "Infinity") return out.push_back(kInfinity);
  if (text == "-Infinity") return out.push_back(kMinusInfinity);
  const size_t first = text.find_first_of("123456789");
  if (first == std::string_view::npos) return out.push_back(kZero);
  const bool negative = text[0] == '-';
  const size_t point = std::min(text.find('.'), text.size());
  const auto power = static_cast<int32_t>(point) - static_cast<int32_t>(first) - (first < point);
  std::string digits;
  for (const char c : text.substr(first)) {
    if (c != '.') digits.push_back(c);
  }
  digits.resize(digits.find_last_not_of('0') + 1);
  out.push_back(negative ? kNegative : kPositive);
  const size_t begin = out.size();
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((static_cast<uint32_t>(power) ^ 0x80000000U) >> shift));
  out.append(digits);
  out.push_back('\0');
  if (negative) {
    for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
  }
}

Value TakeNumeric(KeyReader& reader) {
  const auto numeric = [](std::string text) { return Value::OfText(LogicalType::kNumeric, std::move(text)); };
  const uint8_t kind = reader.Byte();
  if (kind == kNaN) return numeric("NaN");
  if (kind == kInfinity) return numeric("Infinity");
  if (kind == kMinusInfinity) return numeric("-Infinity");
  if (kind == kZero) return numeric("0");
  if (kind != kNegative && kind != kPositive) ThrowDamaged("a numeric has an unknown class");
  const uint8_t mask = kind == kNegative ? 0xFF : 0;
  uint32_t power = 0;
  for (int i = 0; i < 4; ++i) power = power << 8 | (reader.Byte() ^ mask);
  std::string digits;
  for (uint8_t byte = reader.Byte() ^ mask; byte != 0; byte = reader.Byte() ^ mask) {
    if (byte < '0' || byte > '9' || digits.size() > kMaxNumericWeight + kMaxNumericScale)
      ThrowDamaged("a numeric holds no digits");
    digits.push_back(static_cast<char>(byte));
  }
  const auto exponent = static_cast<int32_t>(power ^ 0x80000000U);
  if (digits.empty() || std::abs(int64_t{exponent}) > kMaxNumericWeight) ThrowDamaged("a numeric is too large");
  std::string text = kind == kNegative ? "-" : "";
  const auto size = static_cast<int64_t>(digits.size());
  if (exponent < 0) {
    text += "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  } else if (exponent + 1 >= size) {
    text += digits + std::string(static_cast<size_t>(exponent + 1 - size), '0');
  } else {
    text +=
        digits.substr(0, static_cast<size_t>(exponent) + 1) + "." + digits.substr(static_cast<size_t>(exponent) + 1);
  }
  return numeric(std::move(text));
}

bool AppendText(std::string& out, std::string_view text) {
  const bool whole = text.size() <= kMaxIndexedTextBytes;
  out.push_back(kTagText);
  AppendEscaped(out, text.substr(0, kMaxIndexedTextBytes));
  out.push_back('\0');
  out.push_back(whole ? kTextEnd : kTextCut);
  return whole;
}

}  // namespace

bool AppendIndexValue(std::string& out, const Value& value, KeyOrder order) {
  const size_t begin = out.size();
  bool whole = true;
  switch (value.type()) {
    case LogicalType::kNull:
      out.push_back(kTagNull);
      break;
    case LogicalType::kBool:
      out.push_back(kTagBool);
      out.push_back(value.AsBool() ? 1 : 0);
      break;
    case LogicalType::kSmallInt:
    case LogicalType::kInteger:
    case LogicalType::kInt:
      AppendTagged(out, kTagInt, OrderedInt(value.AsInt()));
      break;
    case LogicalType::kReal:
    case LogicalType::kDouble:
      AppendTagged(out, kTagDouble, OrderedDouble(value.AsDouble()));
      break;
    case LogicalType::kText:
      whole = AppendText(out, value.AsText());
      break;
    case LogicalType::kBytea:
      whole = AppendText(out, value.AsBytes());
      out[begin] = kTagBytea;
      break;
    case LogicalType::kNumeric:
      AppendNumeric(out, value.AsNumeric());
      break;
    case LogicalType::kDate:
      AppendTagged(out, kTagDate, OrderedInt(value.AsDate()));
      break;
    case LogicalType::kTime:
      AppendTagged(out, kTagTime, OrderedInt(value.AsTime()));
      break;
    case LogicalType::kLocalTimestamp:
      AppendTagged(out, kTagLocalTimestamp, OrderedInt(value.AsTimestamp().micros));
      break;
    case LogicalType::kTimestamp:
      AppendTagged(out, kTagTimestamp, OrderedInt(value.AsTimestamp().micros));
      break;
    case LogicalType::kUuid:
      out.push_back(kTagUuid);
      out.append(value.AsUuid().AsBytes());
      break;
    default:
      throw Error(ErrorCode::kTypeMismatch,
                  "cannot index a value of type " + std::string(LogicalTypeName(value.type())),
                  "index a field inside it that is a boolean, number, text, time or uuid");
  }
  if (order == KeyOrder::kDescending) {
    for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
  }
  return whole;
}

Value TakeIndexValue(std::string_view& in, KeyOrder order, bool* cut) {
  if (cut != nullptr) *cut = false;
  KeyReader reader(in, order);
  switch (static_cast<char>(reader.Byte())) {
    case kTagNull:
      return {};
    case kTagBool: {
      const uint8_t byte = reader.Byte();
      if (byte > 1) ThrowDamaged("a boolean is neither 0 nor 1");
      return byte == 1;
    }
    case kTagInt:
      return IntOfOrdered(reader.Big64());
    case kTagDouble: {
      const uint64_t ordered = reader.Big64();
      const double value = DoubleOfOrdered(ordered);
      if (OrderedDouble(value) != ordered) ThrowDamaged("a double is not in its canonical form");
      return value;
    }
    case kTagText:
      return reader.Text(cut);
    case kTagTimestamp:
      return Timestamp{IntOfOrdered(reader.Big64())};
    case kTagBytea:
      return Value::OfText(LogicalType::kBytea, reader.Text(cut));
    case kTagNumeric:
      return TakeNumeric(reader);
    case kTagDate:
      return Value::OfInt(LogicalType::kDate, IntOfOrdered(reader.Big64()));
    case kTagTime:
      return Value::OfInt(LogicalType::kTime, IntOfOrdered(reader.Big64()));
    case kTagLocalTimestamp:
      return Value::OfInt(LogicalType::kLocalTimestamp, IntOfOrdered(reader.Big64()));
    case kTagUuid: {
      Uuid id;
      for (uint8_t& byte : id.bytes) byte = reader.Byte();
      return id;
    }
    default:
      ThrowDamaged("a value has an unknown type tag");
  }
}

void AppendIndexTextPrefix(std::string& out, std::string_view prefix) {
  out.push_back(kTagText);
  AppendEscaped(out, prefix.substr(0, kMaxIndexedTextBytes));
}

std::string PrefixEnd(std::string_view prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xFF) prefix.remove_suffix(1);
  std::string end(prefix);
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

}  // namespace rem
