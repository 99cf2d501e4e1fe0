#include "schema/vector_index_definition.h"

#include <algorithm>
#include <array>

#include <rem/error.h>

namespace rem {

namespace {

constexpr std::array<std::string_view, 3> kMetrics = {"cosine", "inner_product", "l2"};

struct CodesName {
  std::string_view name;
  VectorIndexDefinition::Codes codes;
};
constexpr std::array<CodesName, 5> kCodes = {{{"bits", VectorIndexDefinition::Codes::kBits},
                                              {"int8", VectorIndexDefinition::Codes::kInt8},
                                              {"float16", VectorIndexDefinition::Codes::kFloat16},
                                              {"float32", VectorIndexDefinition::Codes::kFloat32},
                                              {"auto", VectorIndexDefinition::Codes::kAuto}}};

[[noreturn]] void Invalid(const std::string& what) {
  throw Error(ErrorCode::kInvalidSchema, "\"" + std::string(kVectorIndexesKey) + "\" of a schema is not valid: " + what,
              "leave it out; CREATE INDEX writes it");
}

std::string Text(const DocumentView& object, std::string_view key) {
  const auto node = object.Find(key);
  if (!node || node->kind() != NodeKind::kText) Invalid("\"" + std::string(key) + "\" is no text");
  return std::string(node->AsText());
}

uint64_t Number(const DocumentView& object, std::string_view key, uint64_t least, uint64_t most) {
  const auto node = object.Find(key);
  if (!node || node->kind() != NodeKind::kInt || node->AsInt() < static_cast<int64_t>(least) ||
      node->AsInt() > static_cast<int64_t>(most))
    Invalid("\"" + std::string(key) + "\" is no number in its range");
  return static_cast<uint64_t>(node->AsInt());
}

}  // namespace

std::optional<VectorIndexDefinition::Codes> FindVectorCodes(std::string_view name) {
  const auto found = std::ranges::find(kCodes, name, &CodesName::name);
  return found == kCodes.end() ? std::nullopt : std::optional(found->codes);
}

std::string_view VectorCodesName(VectorIndexDefinition::Codes codes) {
  return std::ranges::find(kCodes, codes, &CodesName::codes)->name;
}

std::string_view VectorMetricName(VectorIndexDefinition::Metric metric) {
  return kMetrics[static_cast<size_t>(metric)];
}

std::vector<VectorIndexDefinition> ReadVectorIndexes(const DocumentView& schema) {
  using Definition = VectorIndexDefinition;
  std::vector<Definition> indexes;
  const auto list = schema.Find(kVectorIndexesKey);
  if (!list) return indexes;
  if (list->kind() != NodeKind::kArray) Invalid("it is no array");
  for (size_t i = 0; i < list->size(); ++i) {
    const DocumentView object = list->At(i);
    if (object.kind() != NodeKind::kObject) Invalid("it holds more than objects");
    Definition index;
    index.name = Text(object, "name");
    index.column = Text(object, "column");
    const auto metric = std::ranges::find(kMetrics, Text(object, "metric"));
    if (metric == kMetrics.end()) Invalid("unknown \"metric\"");
    index.metric = static_cast<Definition::Metric>(metric - kMetrics.begin());
    if (object.Find("codes")) {
      const auto codes = FindVectorCodes(Text(object, "codes"));
      if (!codes) Invalid("unknown \"codes\"");
      index.codes = *codes;
    }
    index.m = static_cast<uint32_t>(Number(object, "m", Definition::kLeastM, Definition::kMostM));
    index.ef_construction = static_cast<uint32_t>(
        Number(object, "ef_construction", Definition::kLeastEfConstruction, Definition::kMostEfConstruction));
    index.memory_limit = Number(object, "memory_limit", Definition::kLeastMemory, Definition::kMostMemory);
    indexes.push_back(std::move(index));
  }
  return indexes;
}

void WriteVectorIndexes(const std::vector<VectorIndexDefinition>& indexes, DocumentBuilder& out) {
  out.BeginArray();
  for (const VectorIndexDefinition& index : indexes) {
    out.BeginObject();
    out.Key("name");
    out.Text(index.name);
    out.Key("column");
    out.Text(index.column);
    out.Key("metric");
    out.Text(VectorMetricName(index.metric));
    if (index.codes != VectorIndexDefinition::Codes::kAuto) {
      out.Key("codes");
      out.Text(VectorCodesName(index.codes));
    }
    out.Key("m");
    out.Int(index.m);
    out.Key("ef_construction");
    out.Int(index.ef_construction);
    out.Key("memory_limit");
    out.Int(static_cast<int64_t>(index.memory_limit));
    out.EndObject();
  }
  out.EndArray();
}

}  // namespace rem
