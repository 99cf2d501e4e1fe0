#include "storage/batch.h"

#include <cstring>
#include <limits>

#include "base/check.h"
#include "base/huge_pages.h"

namespace rem {

namespace {

uint32_t CheckedSize(std::string_view bytes) {
  REM_CHECK(bytes.size() <= std::numeric_limits<uint32_t>::max());
  return static_cast<uint32_t>(bytes.size());
}

}  // namespace

size_t Batch::Put(Family family, std::string_view key, std::string_view value) {
  operations_.push_back({Kind::kPut, family, CheckedSize(key), CheckedSize(value), buffer_.size()});
  buffer_.append(key);
  const size_t handle = buffer_.size();
  buffer_.append(value);
  return handle;
}

void Batch::Delete(Family family, std::string_view key) {
  operations_.push_back({Kind::kDelete, family, CheckedSize(key), 0, buffer_.size()});
  buffer_.append(key);
}

void Batch::DeleteRange(Family family, std::string_view begin, std::string_view end) {
  if (begin >= end) return;
  operations_.push_back({Kind::kDeleteRange, family, CheckedSize(begin), CheckedSize(end), buffer_.size()});
  buffer_.append(begin);
  buffer_.append(end);
}

void Batch::PatchFixed64(size_t value_handle, size_t offset, uint64_t value) {
  const size_t position = value_handle + offset;
  REM_CHECK(position <= buffer_.size() && buffer_.size() - position >= sizeof(value));
  std::memcpy(buffer_.data() + position, &value, sizeof(value));
}

size_t Batch::Append(const Batch& other) {
  const size_t shift = buffer_.size();
  const size_t count = other.operations_.size();
  for (size_t i = 0; i < count; ++i) {
    Operation op = other.operations_[i];
    op.offset += shift;
    operations_.push_back(op);
  }
  buffer_.append(other.buffer_, 0, &other == this ? shift : std::string::npos);
  return shift;
}

void Batch::Clear() {
  buffer_.clear();
  operations_.clear();
}

void Batch::Reserve(size_t bytes, size_t operations) {
  buffer_.reserve(bytes);
  operations_.reserve(operations);
  AdviseHugePages(buffer_.data(), buffer_.capacity());
  AdviseHugePages(operations_.data(), operations_.capacity() * sizeof(Operation));
}

}  // namespace rem
