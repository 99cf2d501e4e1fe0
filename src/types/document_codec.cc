#include "types/document_codec.h"

#include <algorithm>
#include <unordered_set>

#include "types/document_layout.h"

namespace rem {

namespace {

// Encodes one document. The vectors are stacks shared by all levels of nesting, so that a steady state allocates
// nothing.
class Encoder {
 public:
  void Encode(const DocumentView& view, const KeyDictionary& keys, std::string& out,
              std::vector<std::string>& missing) {
    keys_ = &keys;
    out_ = &out;
    missing_ = &missing;
    numbers_.clear();
    members_.clear();
    Node(view.bytes(), view.keys());
  }

 private:
  struct Member {
    uint32_t id;
    uint32_t position;
  };

  void Node(std::string_view bytes, const KeyDictionary* from) {
    const NodeTag tag = TagOf(bytes);
    if (!IsContainer(tag)) {
      out_->append(bytes);
    } else if (tag == NodeTag::kArray) {
      Array(bytes, from);
    } else {
      Object(bytes, from);
    }
  }

  void Array(std::string_view bytes, const KeyDictionary* from) {
    const ContainerHead head = ReadContainer(bytes);
    const size_t begin = out_->size();
    const size_t numbers_begin = numbers_.size();
    for (uint32_t i = 0; i < head.count; ++i) {
      Node(head.value(i), from);
      numbers_.push_back(static_cast<uint32_t>(out_->size() - begin));
    }
    PutArrayHead(*out_, begin, std::span(numbers_).subspan(numbers_begin));
    numbers_.resize(numbers_begin);
  }

  void Object(std::string_view bytes, const KeyDictionary* from) {
    const ContainerHead head = ReadContainer(bytes);
    const size_t members_begin = members_.size();
    bool all_known = true;
    for (uint32_t i = 0; i < head.count; ++i) {
      const std::string_view name = NameOf(head, i, from);
      const auto id = keys_->Find(name);
      if (!id) {
        all_known = false;
        missing_->emplace_back(name);
      }
      members_.push_back({id.value_or(0), i});
    }
    if (all_known) {
      SortMembers(members_begin, [](const Member& a, const Member& b) { return a.id < b.id; });
    } else if (head.tag == NodeTag::kKeyedObject) {
      SortMembers(members_begin, [&](const Member& a, const Member& b) {
        return NameOf(head, a.position, from) < NameOf(head, b.position, from);
      });
    }

    const size_t begin = out_->size();
    const size_t numbers_begin = numbers_.size();
    for (uint32_t i = 0; i < head.count; ++i) {
      Node(head.value(members_[members_begin + i].position), from);
      numbers_.push_back(static_cast<uint32_t>(out_->size() - begin));
    }
    if (all_known) {
      for (uint32_t i = 0; i < head.count; ++i) numbers_.push_back(members_[members_begin + i].id);
      PutKeyedHead(*out_, begin, Numbers(numbers_begin, head.count), Numbers(numbers_begin + head.count, head.count));
    } else {
      std::string names;
      for (uint32_t i = 0; i < head.count; ++i) {
        names.append(NameOf(head, members_[members_begin + i].position, from));
        numbers_.push_back(static_cast<uint32_t>(names.size()));
      }
      PutNamedHead(*out_, begin, Numbers(numbers_begin, head.count), names,
                   Numbers(numbers_begin + head.count, head.count));
    }
    numbers_.resize(numbers_begin);
    members_.resize(members_begin);
  }

  static std::string_view NameOf(const ContainerHead& head, uint32_t i, const KeyDictionary* from) {
    return head.tag == NodeTag::kNamedObject ? head.name(i) : from->Name(head.id(i));
  }

  std::span<const uint32_t> Numbers(size_t begin, size_t count) const {
    return std::span(numbers_).subspan(begin, count);
  }

  template <typename Less>
  void SortMembers(size_t begin, Less less) {
    const auto first = members_.begin() + static_cast<ptrdiff_t>(begin);
    if (!std::is_sorted(first, members_.end(), less)) std::sort(first, members_.end(), less);
  }

  const KeyDictionary* keys_ = nullptr;
  std::string* out_ = nullptr;
  std::vector<std::string>* missing_ = nullptr;
  std::vector<uint32_t> numbers_;
  std::vector<Member> members_;
};

// The same name may be missing in many objects; the caller gets it once, where it was first seen.
void RemoveRepeated(std::vector<std::string>& names, size_t begin) {
  if (names.size() - begin < 2 && begin == 0) return;
  std::unordered_set<std::string> seen(names.begin(), names.begin() + static_cast<ptrdiff_t>(begin));
  size_t kept = begin;
  for (size_t i = begin; i < names.size(); ++i) {
    if (!seen.insert(names[i]).second) continue;
    if (kept != i) names[kept] = std::move(names[i]);
    ++kept;
  }
  names.resize(kept);
}

}  // namespace

void EncodeWithDictionary(const DocumentView& view, const KeyDictionary& keys, std::string& out,
                          std::vector<std::string>& missing) {
  thread_local Encoder encoder;
  const size_t known_missing = missing.size();
  encoder.Encode(view, keys, out, missing);
  if (missing.size() != known_missing) RemoveRepeated(missing, known_missing);
}

bool FindMemberById(std::string_view object_bytes, uint32_t key_id, const KeyDictionary& keys, uint32_t& hint,
                    std::string_view& value_bytes) {
  const NodeTag tag = TagOf(object_bytes);
  if (tag < NodeTag::kNamedObject) return false;
  const ContainerHead head = ReadContainer(object_bytes);
  if (tag == NodeTag::kKeyedObject) {
    if (hint < head.count && head.id(hint) == key_id) [[likely]] {
      value_bytes = head.value(hint);
      return true;
    }
    const auto at = FindId(head, key_id);
    if (!at) return false;
    hint = *at;
    value_bytes = head.value(*at);
    return true;
  }
  const auto at = FindName(head, keys.Name(key_id));
  if (!at) return false;
  value_bytes = head.value(*at);
  return true;
}

}  // namespace rem
