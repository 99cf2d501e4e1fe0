#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rem/error.h>

#include "storage/key_codec.h"
#include "storage/key_space.h"

namespace {

/// Any bytes either decode to values that encode to the same bytes again, or are refused as corrupt.
void DecodeAndEncode(std::string_view in, rem::KeyOrder order) {
  try {
    while (!in.empty()) {
      const std::string_view before = in;
      bool cut = false;
      const rem::Value value = rem::TakeIndexValue(in, order, &cut);
      std::string again;
      // A cut text is one byte longer than what is left of it, at least.
      if (cut) {
        rem::AppendIndexValue(again, value.AsText() + "x", order);
      } else {
        rem::AppendIndexValue(again, value, order);
      }
      if (again != before.substr(0, before.size() - in.size())) std::abort();
    }
  } catch (const rem::Error& error) {
    if (error.code() != rem::ErrorCode::kCorruption) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  DecodeAndEncode(bytes, rem::KeyOrder::kAscending);
  DecodeAndEncode(bytes, rem::KeyOrder::kDescending);
  for (size_t family = 0; family < rem::kFamilyCount; ++family) {
    const std::string line = rem::DescribeKey(static_cast<rem::Family>(family), bytes);
    if (line.empty() || line.find('\n') != std::string::npos) std::abort();
  }
  const std::string end = rem::PrefixEnd(bytes);
  if (!end.empty() && (end <= bytes || end.size() > bytes.size())) std::abort();
  return 0;
}
