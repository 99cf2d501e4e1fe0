#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rem/error.h>

#include "storage/row_codec.h"
#include "types/document_codec.h"

/// Any bytes are a row whose parts can be read and written again, or are refused.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static rem::KeyDictionary keys;
  if (keys.size() == 0) {
    for (const char* name : {"id", "name", "tags", "size"}) keys.Add(name);
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const rem::RowView row(bytes, &keys);
    std::string again;
    rem::EncodeRowWithProperties(row.header(), row.properties().bytes(), again);
    // A row that stores modified_at although it equals created_at is readable, but we write it shorter.
    if (again.size() > bytes.size()) std::abort();
    const rem::RowView read_again(again, &keys);
    if (read_again.sequence() != row.sequence() || read_again.id() != row.id() ||
        read_again.created_at() != row.created_at() || read_again.modified_at() != row.modified_at() ||
        read_again.deleted_at() != row.deleted_at()) {
      std::abort();
    }
    rem::VerifyDocument(row.properties().bytes(), &keys);
    // Well-formed properties can be walked and searched.
    row.properties().ToJson();
    uint32_t hint = 0;
    for (uint32_t key = 0; key < keys.size(); ++key) row.Find(key, hint);
  } catch (const rem::Error& error) {
    if (error.code() != rem::ErrorCode::kCorruption && error.code() != rem::ErrorCode::kFormatVersion) std::abort();
  }
  return 0;
}
