#include "embedding/local/sha256.h"

#include <openssl/evp.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include <rem/error.h>

#include "base/check.h"

namespace rem {

Sha256::Sha256() : state_(EVP_MD_CTX_new()) {
  REM_CHECK(state_ != nullptr && EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(state_), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(state_)); }

void Sha256::Add(std::string_view bytes) {
  REM_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(state_), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::Finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  REM_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(state_), digest, &size) == 1 && size == 32);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string Sha256OfFile(const std::string& path, const std::function<void(std::string_view)>& progress) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("Cannot read \"{}\": {}", path, std::strerror(errno)),
                "check the file and its permissions");
  }
  Sha256 digest;
  std::vector<char> buffer(1u << 20);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const std::string_view piece(buffer.data(), static_cast<size_t>(file.gcount()));
    digest.Add(piece);
    if (progress && !piece.empty()) progress(piece);
  }
  if (file.bad()) {
    throw Error(ErrorCode::kIo, fmt::format("Cannot read \"{}\": {}", path, std::strerror(errno)), "check the disk");
  }
  return digest.Finish();
}

bool IsSha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

}  // namespace rem
