#include <rem/uuid.h>

#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"

namespace rem {

namespace {

constexpr std::array<int8_t, 256> MakeHexValues() {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(i);
  for (int i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = static_cast<int8_t>(10 + i);
  return values;
}
constexpr std::array<int8_t, 256> kHexValues = MakeHexValues();

// Where the hyphens of the 36-character form stand.
constexpr bool IsHyphenPosition(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

bool IsUrnPrefix(std::string_view text) {
  constexpr std::string_view kUrn = "urn:uuid:";
  if (text.size() < kUrn.size()) return false;
  for (size_t i = 0; i < kUrn.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != kUrn[i]) return false;
  }
  return true;
}

}  // namespace

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (IsUrnPrefix(text)) {
    text.remove_prefix(9);
  } else if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, text.size() - 2);
  }
  const bool hyphens = text.size() == 36;
  if (!hyphens && text.size() != 32) return std::nullopt;

  Uuid uuid;
  size_t at = 0;
  for (uint8_t& byte : uuid.bytes) {
    if (hyphens && IsHyphenPosition(at)) {
      if (text[at] != '-') return std::nullopt;
      ++at;
    }
    const int high = kHexValues[static_cast<uint8_t>(text[at])];
    const int low = kHexValues[static_cast<uint8_t>(text[at + 1])];
    if ((high | low) < 0) return std::nullopt;
    byte = static_cast<uint8_t>(high << 4 | low);
    at += 2;
  }
  return uuid;
}

Uuid Uuid::FromName(const Uuid& name_space, std::string_view name) {
  std::string input(name_space.AsBytes());
  input.append(name);
  const auto digest = Sha1(input);
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), digest.data(), uuid.bytes.size());
  uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0f) | 0x50);
  uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid;
}

Uuid Uuid::FromBytes(std::string_view bytes) {
  Uuid uuid;
  REM_CHECK(bytes.size() == uuid.bytes.size());
  std::memcpy(uuid.bytes.data(), bytes.data(), uuid.bytes.size());
  return uuid;
}

std::string Uuid::ToString() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(36, '-');
  size_t at = 0;
  for (const uint8_t byte : bytes) {
    if (IsHyphenPosition(at)) ++at;
    text[at++] = kDigits[byte >> 4];
    text[at++] = kDigits[byte & 15];
  }
  return text;
}

}  // namespace rem
