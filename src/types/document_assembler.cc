#include "types/document_assembler.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/utf8.h"
#include "types/document_layout.h"

namespace rem {

namespace {

constexpr size_t kKeptBytes = 1u << 20;
constexpr size_t kInsertionSortMembers = 24;

uint64_t NamePrefix(std::string_view name) {
  if (name.size() >= 8) return LoadBig64(name.data());
  uint64_t prefix = 0;
  if (!name.empty()) std::memcpy(&prefix, name.data(), name.size());
  return __builtin_bswap64(prefix);
}

[[noreturn]] void ThrowTooLarge(size_t max_bytes) {
  throw Error(ErrorCode::kLimitExceeded, fmt::format("document is larger than the limit of {} bytes", max_bytes),
              "split it into several records, or raise max_record_bytes");
}

[[noreturn]] void ThrowTooDeep(size_t max_depth) {
  throw Error(ErrorCode::kLimitExceeded, fmt::format("document nests deeper than the limit of {} levels", max_depth),
              "flatten the document, or store the inner part as text");
}

// True when `value` holds no container more than `levels` deep.
bool FitsDepth(const DocumentView& value, size_t levels) {
  if (!IsContainer(TagOf(value.bytes()))) return true;
  if (levels == 0) return false;
  // An inner container takes four bytes or more of each outer one.
  if (value.bytes().size() / 4 < levels) return true;
  const ContainerHead head = ReadContainer(value.bytes());
  for (uint32_t i = 0; i < head.count; ++i) {
    if (!FitsDepth(DocumentView(head.value(i), value.keys()), levels - 1)) return false;
  }
  return true;
}

}  // namespace

void DocumentAssembler::SetLimits(DocumentLimits limits) {
  max_bytes_ = std::min(limits.max_bytes, kMaxDocumentBytes);
  max_depth_ = std::min(limits.max_depth, kMaxDocumentDepth);
}

void DocumentAssembler::Reset() {
  out_.clear();
  names_.clear();
  frames_.clear();
  ends_.clear();
  members_.clear();
}

void DocumentAssembler::Shrink() {
  if (out_.capacity() + names_.capacity() + sorted_.capacity() + 4 * ends_.capacity() +
          sizeof(Member) * members_.capacity() <=
      kKeptBytes)
    return;
  DocumentAssembler fresh;
  fresh.max_bytes_ = max_bytes_;
  fresh.max_depth_ = max_depth_;
  *this = std::move(fresh);
}

void DocumentAssembler::ValueDone() {
  if (out_.size() + names_.size() > max_bytes_) ThrowTooLarge(max_bytes_);
  if (frames_.empty()) return;
  const Frame& frame = frames_.back();
  const auto end = static_cast<uint32_t>(out_.size() - frame.begin);
  if (frame.is_object) {
    members_.back().value_end = end;
  } else {
    ends_.push_back(end);
  }
}

void DocumentAssembler::Null() {
  out_.push_back(static_cast<char>(NodeTag::kNull));
  ValueDone();
}

void DocumentAssembler::Bool(bool value) {
  out_.push_back(static_cast<char>(value ? NodeTag::kTrue : NodeTag::kFalse));
  ValueDone();
}

void DocumentAssembler::Int(int64_t value) {
  AppendInt(out_, value);
  ValueDone();
}

void DocumentAssembler::Double(double value) {
  AppendDouble(out_, value);
  ValueDone();
}

void DocumentAssembler::Text(std::string_view value) {
  if (value.size() > max_bytes_) ThrowTooLarge(max_bytes_);
  out_.push_back(static_cast<char>(NodeTag::kText));
  out_.append(value);
  ValueDone();
}

void DocumentAssembler::Copy(const DocumentView& value) {
  if (value.bytes().size() > max_bytes_) ThrowTooLarge(max_bytes_);
  if (!IsContainer(TagOf(value.bytes())) || value.keys() == nullptr) {
    if (!FitsDepth(value, max_depth_ - frames_.size())) ThrowTooDeep(max_depth_);
    out_.append(value.bytes());
    ValueDone();
    return;
  }
  CopyContainer(value);
}

void DocumentAssembler::CopyContainer(const DocumentView& value) {
  const ContainerHead head = ReadContainer(value.bytes());
  if (head.tag == NodeTag::kArray) {
    BeginArray();
    for (uint32_t i = 0; i < head.count; ++i) Copy(DocumentView(head.value(i), value.keys()));
    EndArray();
    return;
  }
  BeginObject();
  for (uint32_t i = 0; i < head.count; ++i) {
    Key(value.KeyAt(i));
    Copy(DocumentView(head.value(i), value.keys()));
  }
  EndObject();
}

void DocumentAssembler::Begin(bool is_object) {
  if (frames_.size() >= max_depth_) ThrowTooDeep(max_depth_);
  frames_.push_back({out_.size(), names_.size(), ends_.size(), members_.size(), is_object});
}

void DocumentAssembler::BeginArray() { Begin(false); }
void DocumentAssembler::BeginObject() { Begin(true); }

void DocumentAssembler::Key(std::string_view name) {
  if (name.size() > max_bytes_) ThrowTooLarge(max_bytes_);
  const auto value_begin = static_cast<uint32_t>(out_.size() - frames_.back().begin);
  members_.push_back({NamePrefix(name), static_cast<uint32_t>(names_.size()), static_cast<uint32_t>(name.size()),
                      value_begin, value_begin});
  names_.append(name);
}

void DocumentAssembler::EndArray() {
  const Frame frame = frames_.back();
  PutArrayHead(out_, frame.begin, std::span(ends_).subspan(frame.ends_begin));
  ends_.resize(frame.ends_begin);
  frames_.pop_back();
  ValueDone();
}

bool DocumentAssembler::Less(const Member& a, const Member& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  return NameOf(a) < NameOf(b);
}

void DocumentAssembler::SortMembers(Member* members, size_t count) const {
  if (count > kInsertionSortMembers) {
    std::sort(members, members + count, [this](const Member& a, const Member& b) { return Less(a, b); });
    return;
  }
  for (size_t i = 1; i < count; ++i) {
    const Member member = members[i];
    size_t at = i;
    for (; at > 0 && Less(member, members[at - 1]); --at) members[at] = members[at - 1];
    members[at] = member;
  }
}

void DocumentAssembler::ReorderValues(const Frame& frame, const Member* members, size_t count) {
  bool in_order = true;
  for (size_t i = 1; i < count; ++i) in_order &= members[i - 1].value_begin < members[i].value_begin;
  char* values = out_.data() + frame.begin;
  sorted_.clear();
  uint32_t end = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t size = members[i].value_end - members[i].value_begin;
    if (!in_order) sorted_.append(values + members[i].value_begin, size);
    value_ends_.push_back(end += size);
  }
  if (!in_order) std::memcpy(values, sorted_.data(), sorted_.size());
}

void DocumentAssembler::EndObject() {
  const Frame frame = frames_.back();
  Member* members = members_.data() + frame.members_begin;
  const size_t count = members_.size() - frame.members_begin;
  SortMembers(members, count);
  for (size_t i = 1; i < count; ++i) {
    if (members[i - 1].prefix == members[i].prefix && NameOf(members[i - 1]) == NameOf(members[i])) {
      throw Error(ErrorCode::kInvalidJson,
                  fmt::format("duplicate key in object: \"{}\"", Utf8Prefix(NameOf(members[i]), 100)),
                  "keep one of the two members");
    }
  }
  value_ends_.clear();
  name_ends_.clear();
  ReorderValues(frame, members, count);
  sorted_.clear();
  for (size_t i = 0; i < count; ++i) {
    sorted_.append(NameOf(members[i]));
    name_ends_.push_back(static_cast<uint32_t>(sorted_.size()));
  }
  PutNamedHead(out_, frame.begin, value_ends_, sorted_, name_ends_);
  members_.resize(frame.members_begin);
  names_.resize(frame.names_begin);
  frames_.pop_back();
  ValueDone();
}

}  // namespace rem
