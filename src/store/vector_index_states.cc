#include <algorithm>

#include <rem/error.h>
#include <rem/vector_index.h>

#include "catalog/tenant_catalog.h"
#include "catalog/view.h"
#include "schema/vector_index_definition.h"
#include "store/vector_indexes.h"

// What the vector indexes tell of themselves.

namespace rem {

namespace {

constexpr VectorMetric kMetrics[] = {VectorMetric::kCosine, VectorMetric::kInnerProduct, VectorMetric::kL2};

std::string MetricName(VectorMetric metric) {
  return std::string(VectorMetricName(static_cast<VectorIndexDefinition::Metric>(metric)));
}

std::string CodesName(VectorCodes codes) {
  return std::string(VectorCodesName(static_cast<VectorIndexDefinition::Codes>(codes)));
}

void TakeOptions(const HnswOptions& options, VectorIndexInfo& info) {
  info.codes = CodesName(options.codes);
  info.m = options.m;
  info.ef_construction = options.ef_construction;
}

void TakeRecall(const RecallSampler::State& state, VectorIndexInfo& info) {
  if (state.judged > 0) info.recall = state.recall;
  info.recall_samples = state.samples;
  info.ef = static_cast<uint32_t>(state.ef);
}

}  // namespace

VectorIndexSettings VectorIndexes::SettingsFor(const Key& key, const Table& table, const VectorColumn& column,
                                               std::string* name) const {
  VectorIndexSettings settings = settings_;
  std::vector<VectorIndexDefinition> declared;
  try {
    declared = ReadVectorIndexes(table.schema.json_schema);
  } catch (const Error&) {
    // Somebody wrote it by hand, and not well: as if it were not there.
  }
  for (const VectorIndexDefinition& index : declared) {
    if (index.column != ColumnName(column) || static_cast<VectorMetric>(index.metric) != key.metric) continue;
    settings.m = index.m;
    settings.ef_construction = index.ef_construction;
    settings.codes = static_cast<VectorCodes>(index.codes);
    settings.memory_limit = index.memory_limit;
    if (name != nullptr) *name = index.name;
  }
  return settings;
}

std::vector<VectorIndexInfo> VectorIndexes::Describe(const CatalogSnapshot& catalog) const {
  std::vector<VectorIndexInfo> infos;
  for (const TablePtr& table : catalog.tables()) {
    if (table->schema.json_schema.view().Find(kTemporaryKey)) continue;
    for (const VectorColumn& column : table->vectors) {
      if (column.shadow) continue;
      for (const VectorMetric metric : kMetrics) {
        if (auto info = DescribeOne(*table, column, metric)) infos.push_back(std::move(*info));
      }
    }
  }
  return infos;
}

std::optional<VectorIndexInfo> VectorIndexes::DescribeOne(const Table& table, const VectorColumn& column,
                                                          VectorMetric metric) const {
  const Key key{table.id, column.number, metric};
  std::shared_ptr<const TableVectorIndex> index;
  bool asked = false, refused = false;
  {
    std::lock_guard lock(mutex_);
    if (const auto place = places_.find(key); place != places_.end()) {
      asked = true;
      index = place->second.index;
      refused = place->second.refused;
    }
  }
  VectorIndexInfo info;
  info.table = table.name();
  info.column = column.name;
  info.metric = MetricName(metric);
  const VectorIndexSettings settings = SettingsFor(key, table, column, &info.name);
  info.m = settings.m;
  info.ef_construction = settings.ef_construction;
  info.memory_limit = settings.memory_limit;
  info.ef = RecallSampler::kFirstEf;
  info.disk_bytes = files_ == nullptr ? 0 : files_->BytesOf(key.table, key.column, metric);
  if (index != nullptr) {
    info.state = "ready";
    info.rows = index->graph().size();
    info.memory_bytes = index->memory_bytes();
    TakeOptions(index->graph().options(), info);
    TakeRecall(index->sampler().state(), info);
    return info;
  }
  info.codes = CodesName(ResolveCodes(settings.codes, column.dimension));
  const auto saved = files_ == nullptr ? std::nullopt : files_->Peek(key.table, key.column, metric);
  if (asked) {
    info.state = refused ? "given up" : "building";
  } else if (saved) {
    info.state = "saved";
    info.rows = saved->rows;
    TakeOptions(saved->options, info);
    if (const auto recall = files_->LoadRecall(key.table, key.column, metric)) TakeRecall(*recall, info);
  } else if (!info.name.empty()) {
    info.state = "not needed";
  } else {
    return std::nullopt;
  }
  return info;
}

}  // namespace rem
