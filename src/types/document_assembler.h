#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>

namespace rem {

/// Builds document bytes in one pass; what DocumentBuilder and the JSON reader share. Does not check the nesting of
/// calls or the characters of texts and names (the caller has), but limits and duplicate names. Buffers live on between
/// documents.
class DocumentAssembler {
 public:
  explicit DocumentAssembler(DocumentLimits limits = {}) { SetLimits(limits); }

  void SetLimits(DocumentLimits limits);
  void Reset();

  void Null();
  void Bool(bool value);
  void Int(int64_t value);
  void Double(double value);
  void Text(std::string_view value);
  void Copy(const DocumentView& value);
  void BeginArray();
  void EndArray();
  void BeginObject();
  void Key(std::string_view name);
  void EndObject();

  bool InObject() const { return !frames_.empty() && frames_.back().is_object; }
  size_t depth() const { return frames_.size(); }
  /// The bytes of the finished root node.
  const std::string& bytes() const { return out_; }
  /// Gives back memory past what ordinary documents need.
  void Shrink();

 private:
  struct Frame {
    size_t begin;          // of the container's values in out_
    size_t names_begin;    // of its names in names_
    size_t ends_begin;     // of its entries in ends_
    size_t members_begin;  // of its entries in members_
    bool is_object;
  };
  struct Member {
    uint64_t prefix;  // the first eight bytes of the name, so that most comparisons need no look at names_
    uint32_t name_begin;
    uint32_t name_size;
    uint32_t value_begin;  // relative to the frame's begin
    uint32_t value_end;
  };

  void Begin(bool is_object);
  void ValueDone();
  void CopyContainer(const DocumentView& value);
  void SortMembers(Member* members, size_t count) const;
  void ReorderValues(const Frame& frame, const Member* members, size_t count);
  std::string_view NameOf(const Member& member) const { return {names_.data() + member.name_begin, member.name_size}; }
  bool Less(const Member& a, const Member& b) const;

  size_t max_bytes_ = 0;
  size_t max_depth_ = 0;
  std::string out_;
  std::string names_;
  std::vector<Frame> frames_;
  std::vector<uint32_t> ends_;
  std::vector<Member> members_;
  std::string sorted_;
  std::vector<uint32_t> value_ends_;
  std::vector<uint32_t> name_ends_;
};

}  // namespace rem
