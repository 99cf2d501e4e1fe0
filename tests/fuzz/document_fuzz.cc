// Any bytes: VerifyDocument refuses them as corruption, or they are a document that every reader can walk and that is
// built again as it was. The first byte chooses whether the document may use a dictionary.

#include <cstdint>
#include <cstdlib>

#include <rem/document.h>
#include <rem/error.h>

#include "types/compare.h"
#include "types/document_codec.h"

namespace {

const rem::KeyDictionary& Keys() {
  static rem::KeyDictionary keys;
  if (keys.size() == 0) {
    for (const char* name : {"b", "a", "", "longer name"}) keys.Add(name);
  }
  return keys;
}

void Rebuild(const rem::DocumentView& node, rem::DocumentBuilder& builder) {
  switch (node.kind()) {
    case rem::NodeKind::kArray:
      builder.BeginArray();
      for (size_t i = 0; i < node.size(); ++i) Rebuild(node.At(i), builder);
      builder.EndArray();
      break;
    case rem::NodeKind::kObject:
      builder.BeginObject();
      for (size_t i = 0; i < node.size(); ++i) {
        builder.Key(node.KeyAt(i));
        Rebuild(node.ValueAt(i), builder);
      }
      builder.EndObject();
      break;
    default:
      builder.Copy(node);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const rem::KeyDictionary* keys = data[0] % 2 == 0 ? nullptr : &Keys();
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    rem::VerifyDocument(bytes, keys);
  } catch (const rem::Error& error) {
    if (error.code() != rem::ErrorCode::kCorruption) std::abort();
    return 0;
  }
  const rem::DocumentView view(bytes, keys);
  rem::DocumentBuilder builder({.max_bytes = 1u << 30});
  Rebuild(view, builder);
  const rem::Document rebuilt = builder.Finish();
  if (keys == nullptr && rebuilt.bytes() != bytes) std::abort();
  if (rem::Document::Copy(view).bytes() != rebuilt.bytes()) std::abort();
  if (!(view == rebuilt.view()) || rem::CompareDocuments(view, rebuilt) != 0) std::abort();

  std::string encoded;
  std::vector<std::string> missing;
  rem::EncodeWithDictionary(view, Keys(), encoded, missing);
  rem::VerifyDocument(encoded, &Keys());
  if (!(rem::DocumentView(encoded, &Keys()) == view)) std::abort();
  if (rem::Document::FromJson(view.ToJson()).bytes() != rebuilt.bytes()) std::abort();
  return 0;
}
