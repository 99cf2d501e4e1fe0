#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace rem {

static_assert(std::endian::native == std::endian::little, "stored formats are little-endian and read without swapping");

template <typename T>
inline void AppendFixed(std::string& out, T value) {
  char buffer[sizeof(T)];
  std::memcpy(buffer, &value, sizeof(T));
  out.append(buffer, sizeof(T));
}

/// Reads a little-endian T; the caller has checked that sizeof(T) bytes are there.
template <typename T>
inline T LoadFixed(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

/// Big-endian, so that byte order is number order: for keys.
inline void AppendBig32(std::string& out, uint32_t value) { AppendFixed(out, __builtin_bswap32(value)); }
inline void AppendBig64(std::string& out, uint64_t value) { AppendFixed(out, __builtin_bswap64(value)); }
inline uint32_t LoadBig32(const char* from) { return __builtin_bswap32(LoadFixed<uint32_t>(from)); }
inline uint64_t LoadBig64(const char* from) { return __builtin_bswap64(LoadFixed<uint64_t>(from)); }

/// LEB128, at most 10 bytes.
void AppendVarint(std::string& out, uint64_t value);

/// Takes a varint from the front of `in`; false when it is cut off or too long.
bool TakeVarint(std::string_view& in, uint64_t& value);

/// Length as varint, then the bytes.
void AppendLengthPrefixed(std::string& out, std::string_view bytes);
bool TakeLengthPrefixed(std::string_view& in, std::string_view& bytes);

/// Takes `sizeof(T)` little-endian bytes from the front; false when cut off.
template <typename T>
inline bool TakeFixed(std::string_view& in, T& value) {
  if (in.size() < sizeof(T)) return false;
  value = LoadFixed<T>(in.data());
  in.remove_prefix(sizeof(T));
  return true;
}

std::string ToHex(std::string_view bytes);
/// False when `hex` has an odd length or another character.
bool FromHex(std::string_view hex, std::string& bytes);

}  // namespace rem
