#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>

namespace rem {

/// What CREATE INDEX ... USING hnsw says of the index over one vector column.
struct VectorIndexDefinition {
  enum class Metric : uint8_t { kCosine = 0, kInnerProduct = 1, kL2 = 2 };
  enum class Codes : uint8_t { kInt8 = 0, kBits = 1, kFloat16 = 2, kFloat32 = 3, kAuto = 255 };
  static constexpr uint32_t kLeastM = 2, kMostM = 100;
  static constexpr uint32_t kLeastEfConstruction = 4, kMostEfConstruction = 1000;
  static constexpr uint64_t kLeastMemory = uint64_t{1} << 20, kMostMemory = uint64_t{1} << 44;

  std::string name;
  std::string column;
  Metric metric = Metric::kCosine;
  Codes codes = Codes::kAuto;  ///< What a search walks by.
  uint32_t m = 16;
  uint32_t ef_construction = 200;
  uint64_t memory_limit = uint64_t{8} << 30;  ///< Bytes for the graph, its codes and the vectors that it keeps.

  bool operator==(const VectorIndexDefinition&) const = default;
};

/// The member of a table's schema that holds them:
///   [{"name": "t_v_idx", "column": "v", "metric": "l2", "m": 16, "ef_construction": 200, "memory_limit": 8589934592}]
/// with "codes": "float16" where they are not kAuto.
inline constexpr std::string_view kVectorIndexesKey = "x-rem-vector-indexes";

/// "bits", "int8", "float16", "float32" or "auto"; nullopt for another name.
std::optional<VectorIndexDefinition::Codes> FindVectorCodes(std::string_view name);
std::string_view VectorCodesName(VectorIndexDefinition::Codes codes);
/// "cosine", "inner_product" or "l2".
std::string_view VectorMetricName(VectorIndexDefinition::Metric metric);

/// Of a table's schema; empty without any. Error(kInvalidSchema) for what WriteVectorIndexes never wrote.
std::vector<VectorIndexDefinition> ReadVectorIndexes(const DocumentView& schema);
/// Adds the array; the caller has given the key.
void WriteVectorIndexes(const std::vector<VectorIndexDefinition>& indexes, DocumentBuilder& out);

}  // namespace rem
