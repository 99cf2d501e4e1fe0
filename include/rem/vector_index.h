#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rem {

/// A vector index: one in use, one that lies on disk, or one that CREATE INDEX asked for. See docs/vector_search.md.
struct VectorIndexInfo {
  std::string table;
  std::string column;
  std::string metric;  ///< "cosine", "inner_product" or "l2".
  std::string name;    ///< What CREATE INDEX called it; empty for one that was made because somebody searched.
  /// "ready": searches use it. "building": it is being made or read, and searches compare every vector. "saved": it
  /// lies on disk, and the first search takes it up. "given up": it passed its memory limit, or could not be made. "not
  /// needed": the table has few rows.
  std::string state;
  std::string codes;  ///< What a search walks by: "bits" (and bytes), "int8", "float16" or "float32".
  uint32_t m = 0;
  uint32_t ef_construction = 0;
  uint64_t memory_limit = 0;  ///< Bytes that it may take.
  uint64_t rows = 0;          ///< That it can find.
  uint64_t memory_bytes = 0;  ///< Graph, codes, and the vectors that searches read.
  uint64_t disk_bytes = 0;    ///< Of its file.
  /// The share of the ten nearest that searches find, measured by answering some of them exactly as well; nothing
  /// before the first was measured with the present ef.
  std::optional<double> recall;
  uint64_t recall_samples = 0;  ///< Searches measured in all.
  uint32_t ef = 0;              ///< How many nodes a search keeps in sight where hnsw.ef_search is not set.
};

}  // namespace rem
