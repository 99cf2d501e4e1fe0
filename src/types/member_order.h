#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <rem/document.h>

#include "types/document_layout.h"
#include "types/key_dictionary.h"

namespace rem {

/// Members of an object in order of their names, whichever way the object is stored. For a named object this is the
/// stored order and costs nothing; a keyed object, which is in order of ids, is sorted.
class MemberOrder {
 public:
  explicit MemberOrder(const DocumentView& object) : head_(ReadContainer(object.bytes())), keys_(object.keys()) {
    if (head_.tag != NodeTag::kKeyedObject) return;
    sorted_.reserve(head_.count);
    for (uint32_t i = 0; i < head_.count; ++i) sorted_.emplace_back(keys_->Name(head_.id(i)), i);
    std::sort(sorted_.begin(), sorted_.end());
  }

  uint32_t size() const { return head_.count; }
  std::string_view name(uint32_t i) const { return sorted_.empty() ? head_.name(i) : sorted_[i].first; }
  DocumentView value(uint32_t i) const {
    return DocumentView(head_.value(sorted_.empty() ? i : sorted_[i].second), keys_);
  }

 private:
  ContainerHead head_;
  const KeyDictionary* keys_;
  std::vector<std::pair<std::string_view, uint32_t>> sorted_;
};

}  // namespace rem
