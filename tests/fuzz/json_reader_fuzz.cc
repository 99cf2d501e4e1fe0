// Any text: the reader takes it or refuses it with a clear error, and what it takes reads back equal from its own JSON.

#include <cstdint>
#include <cstdlib>

#include <rem/document.h>
#include <rem/error.h>

#include "types/document_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  rem::Document document;
  try {
    document = rem::Document::FromJson(json);
  } catch (const rem::Error& error) {
    const bool expected =
        error.code() == rem::ErrorCode::kInvalidJson || error.code() == rem::ErrorCode::kLimitExceeded;
    if (!expected || error.hint().empty()) std::abort();
    return 0;
  }
  rem::VerifyDocument(document.bytes(), nullptr);
  if (rem::Document::FromJson(document.ToJson()).bytes() != document.bytes()) std::abort();
  return 0;
}
