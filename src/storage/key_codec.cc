#include "storage/key_codec.h"

#include <bit>
#include <cmath>
#include <limits>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/check.h"

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
    case LogicalType::kInt:
      AppendTagged(out, kTagInt, OrderedInt(value.AsInt()));
      break;
    case LogicalType::kDouble:
      AppendTagged(out, kTagDouble, OrderedDouble(value.AsDouble()));
      break;
    case LogicalType::kText:
      whole = AppendText(out, value.AsText());
      break;
    case LogicalType::kTimestamp:
      AppendTagged(out, kTagTimestamp, OrderedInt(value.AsTimestamp().micros));
      break;
    case LogicalType::kUuid:
      out.push_back(kTagUuid);
      out.append(value.AsUuid().AsBytes());
      break;
    case LogicalType::kJson:
    case LogicalType::kVector:
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
