#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rem {

/// XXH3, 64 bits. Stable: may be stored.
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

/// SHA-1 (FIPS 180-4), for name-based UUIDs only; not for security.
std::array<uint8_t, 20> Sha1(std::string_view bytes);

}  // namespace rem
