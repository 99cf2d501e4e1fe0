#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "index/vector/hnsw_index.h"

namespace rem {

/// A graph on disk, see docs/formats/vector_index.md. Everything in it is covered by checksums; what is read is checked
/// once more against its own bounds, so that no file can lead a search astray.
class HnswFile {
 public:
  /// Writes beside `path`, syncs, and renames: the old file or the new one is there, whatever happens. Inserts and
  /// removals must wait meanwhile. `meta` is the caller's. Error(kIo), Error(kNoSpace).
  static void Save(const HnswIndex& index, std::string_view meta, const std::string& path);

  /// nullptr when there is no file. Error(kCorruption), Error(kFormatVersion), Error(kIo).
  static std::unique_ptr<HnswIndex> Load(const std::string& path, size_t memory_limit, std::string& meta);

  struct Summary {
    HnswOptions options;
    size_t rows = 0;
  };
  /// What the file's beginning says; nullopt when there is none that can be read.
  static std::optional<Summary> Peek(const std::string& path);

 private:
  static bool TakeNode(std::string_view& in, HnswIndex& index, Slot count);
  static bool LinksHold(const HnswIndex& index);
};

}  // namespace rem
