#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>

#include "types/key_dictionary.h"

namespace rem {

/// Appends `view` to `out` in its stored form, member names replaced by dictionary ids. Names that the dictionary does
/// not hold are appended to `missing` and the object that has them is written with its names; the caller adds the names
/// to the dictionary and encodes again, or accepts the names when the dictionary is full.
void EncodeWithDictionary(const DocumentView& view, const KeyDictionary& keys, std::string& out,
                          std::vector<std::string>& missing);

/// Finds the member with dictionary id `key_id` in an object written by EncodeWithDictionary. `hint` is the position
/// where the last row had it, tried first and updated: rows of one table mostly have one shape. False when absent.
/// Falls back to the name when this object is stored with names.
bool FindMemberById(std::string_view object_bytes, uint32_t key_id, const KeyDictionary& keys, uint32_t& hint,
                    std::string_view& value_bytes);

/// Walks all of `bytes` and throws Error(kCorruption) unless they are a well-formed document: offsets inside, ids
/// known, UTF-8, sorted members.
void VerifyDocument(std::string_view bytes, const KeyDictionary* keys);

}  // namespace rem
