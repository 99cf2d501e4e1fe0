#include "storage/table_check.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include <rem/error.h>

#include "base/bytes.h"

namespace rem {

namespace {

namespace fs = std::filesystem;

// The end of a block-based table file since format version 1:
//   checksum type (1) | handles of the metaindex and the index, padded to 40 bytes | format version (4) | magic (8)
// A handle is the offset and the size of a block, as varints. A block's last four bytes count its restart points; their
// top bit says that a hash index stands before them, which only data blocks have.
constexpr uint64_t kMagic = 0x88e241b785f4cff7;
constexpr size_t kFooterBytes = 53;
constexpr size_t kCountBytes = 4;
constexpr uint32_t kHashIndexBit = 1u << 31;
constexpr size_t kMaxMetaindexBytes = 1 << 20;

struct BlockHandle {
  uint64_t offset = 0;
  uint64_t size = 0;
};

bool TakeHandle(std::string_view& in, BlockHandle& handle) {
  return TakeVarint(in, handle.offset) && TakeVarint(in, handle.size);
}

/// Bytes of a file; nullopt where it has not got them.
std::optional<std::string> ReadAt(std::ifstream& file, uint64_t offset, size_t size) {
  std::string bytes(size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (static_cast<size_t>(file.gcount()) != size) return std::nullopt;
  return bytes;
}

/// The place that the metaindex, a block of keys that share beginnings, gives for the properties.
std::optional<BlockHandle> FindProperties(std::string_view block) {
  if (block.size() < kCountBytes) return std::nullopt;
  const size_t restarts = LoadFixed<uint32_t>(block.data() + block.size() - kCountBytes) & ~kHashIndexBit;
  if (restarts > block.size() / sizeof(uint32_t) - 1) return std::nullopt;
  block.remove_suffix(kCountBytes + restarts * sizeof(uint32_t));
  std::string key;
  uint64_t shared = 0, added = 0, value_size = 0;
  while (TakeVarint(block, shared) && TakeVarint(block, added) && TakeVarint(block, value_size)) {
    if (shared > key.size() || added > block.size() || value_size > block.size() - added) return std::nullopt;
    key.resize(shared);
    key += block.substr(0, added);
    std::string_view value = block.substr(added, value_size);
    block.remove_prefix(added + value_size);
    BlockHandle handle;
    if (key == "rocksdb.properties") return TakeHandle(value, handle) ? std::optional(handle) : std::nullopt;
  }
  return std::nullopt;
}

void CheckTable(const fs::path& path, uint64_t size) {
  std::ifstream file(path, std::ios::binary);
  // A table may be removed meanwhile, once its contents are in others.
  if (!file || size < kFooterBytes) return;
  const auto footer = ReadAt(file, size - kFooterBytes, kFooterBytes);
  if (!footer || LoadFixed<uint64_t>(footer->data() + kFooterBytes - sizeof(kMagic)) != kMagic) return;
  std::string_view handles = std::string_view(*footer).substr(1);
  BlockHandle metaindex;
  if (!TakeHandle(handles, metaindex) || metaindex.size > kMaxMetaindexBytes) return;
  const auto block = ReadAt(file, metaindex.offset, metaindex.size);
  const auto properties = block ? FindProperties(*block) : std::nullopt;
  if (!properties || properties->size < kCountBytes || properties->size > size || properties->offset > size) return;
  const uint64_t at = properties->offset + properties->size - kCountBytes;
  const auto count = ReadAt(file, at, kCountBytes);
  if (!count || (LoadFixed<uint32_t>(count->data()) & kHashIndexBit) == 0) return;
  throw Error(ErrorCode::kCorruption,
              "the file \"" + path.string() + "\" is damaged at byte " + std::to_string(at) +
                  ": its properties claim a hash index",
              "restore the database from a backup; nothing was changed");
}

}  // namespace

void VerifyTableFiles(const std::string& database_path) {
  std::error_code error;
  fs::directory_iterator entry(database_path, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() != ".sst") continue;
    std::error_code gone;
    const uint64_t size = entry->file_size(gone);
    if (!gone) CheckTable(entry->path(), size);
  }
}

}  // namespace rem
