#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/family.h"

namespace rem {

/// Writes that an engine applies together, in order. Keys and values lie in one buffer.
class Batch {
 public:
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };

  struct Operation {
    Kind kind;
    Family family;
    uint32_t key_size;
    uint32_t value_size;  ///< Of a put; of a range delete, the size of its end key.
    size_t offset;        ///< Of the key in the buffer; the value follows it.
  };

  /// Adds a put and returns a handle of its value for PatchFixed64.
  size_t Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);
  /// Deletes every key k with begin <= k < end; nothing when that range is empty.
  void DeleteRange(Family family, std::string_view begin, std::string_view end);

  /// Overwrites 8 bytes (little-endian) of a value at `offset` inside it: for the change sequence, which is only known
  /// at commit.
  void PatchFixed64(size_t value_handle, size_t offset, uint64_t value);

  /// Adds all operations of another batch; handles of `other` shift by the returned amount.
  size_t Append(const Batch& other);
  void Clear();
  /// Room for so many bytes of keys and values, on an empty batch in huge pages where there are enough of them.
  void Reserve(size_t bytes, size_t operations);

  bool empty() const { return operations_.empty(); }
  size_t bytes() const { return buffer_.size(); }
  const std::vector<Operation>& operations() const { return operations_; }
  std::string_view key(const Operation& op) const { return {buffer_.data() + op.offset, op.key_size}; }
  std::string_view value(const Operation& op) const {
    return {buffer_.data() + op.offset + op.key_size, op.value_size};
  }

 private:
  std::string buffer_;
  std::vector<Operation> operations_;
};

}  // namespace rem
