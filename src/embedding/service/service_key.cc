#include "embedding/service/service_key.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include <rem/error.h>

namespace rem {

namespace {

constexpr size_t kMaxKeyBytes = 4096;

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

std::string ReadKeyFile(const std::string& variable, const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxKeyBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.empty()) {
    throw Error(ErrorCode::kPermission, fmt::format("The file that {} names cannot be read, or is empty", variable),
                "put the key of the service into it, and let this process read it");
  }
  return text;
}

}  // namespace

std::string ReadServiceKey(std::span<const std::string_view> variables) {
  for (const std::string_view name : variables) {
    std::string variable(name);
    const char* value = std::getenv(variable.c_str());
    std::string key;
    if (value != nullptr && *value != '\0') {
      key = value;
    } else {
      variable += "_FILE";
      value = std::getenv(variable.c_str());
      if (value == nullptr || *value == '\0') continue;
      key = ReadKeyFile(variable, value);
    }
    key = Trimmed(key);
    // It becomes part of a header line.
    const bool fine = !key.empty() && key.size() <= kMaxKeyBytes &&
                      std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (fine) return key;
    throw Error(ErrorCode::kPermission, fmt::format("{} holds no key: it is empty, too long, or has blanks", variable),
                "set it to the key of the service alone");
  }
  return {};
}

std::string WithoutKey(std::string text, const std::string& key) {
  if (key.empty()) return text;
  for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at))
    text.replace(at, key.size(), "***");
  return text;
}

}  // namespace rem
