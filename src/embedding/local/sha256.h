#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rem {

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void Add(std::string_view bytes);
  /// 64 hexadecimal digits in lower case. Called once.
  std::string Finish();

 private:
  void* state_;
};

/// Of a file's bytes. `progress` is called with the bytes of each piece, and may throw. Error(kNotFound), Error(kIo).
std::string Sha256OfFile(const std::string& path, const std::function<void(std::string_view)>& progress = {});

/// Whether this is a digest in hexadecimal, of either case.
bool IsSha256(std::string_view text);

}  // namespace rem
