#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rem {

/// A 16-byte universally unique identifier (RFC 4122 / RFC 9562), in network byte order.
struct Uuid {
  std::array<uint8_t, 16> bytes{};

  /// Parses the 36-character form (either case), also without hyphens, in braces or with "urn:uuid:". nullopt
  /// otherwise.
  static std::optional<Uuid> Parse(std::string_view text);

  /// Derives a version 5 (name-based, SHA-1) identifier: the same inputs always give the same result.
  static Uuid FromName(const Uuid& name_space, std::string_view name);

  /// Takes 16 raw bytes; `bytes` must have that size.
  static Uuid FromBytes(std::string_view bytes);

  /// Formats as 36 lower-case characters.
  std::string ToString() const;

  std::string_view AsBytes() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  bool IsNil() const { return *this == Uuid{}; }

  auto operator<=>(const Uuid&) const = default;
};

}  // namespace rem
