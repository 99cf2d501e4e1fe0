#include "store/vector_index_file.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "index/vector/hnsw_file.h"

namespace rem {

namespace {

constexpr uint8_t kMetaVersion = 1;

struct Meta {
  std::string database;
  Sequence sequence = 0;
  uint64_t change_hash = 0;
  bool unit_lengths = false;
  std::vector<RowId> uncoded;
};

std::string EncodeMeta(const Meta& meta) {
  std::string out;
  out.push_back(static_cast<char>(kMetaVersion));
  out.append(meta.database);
  AppendFixed(out, meta.sequence);
  AppendFixed(out, meta.change_hash);
  out.push_back(meta.unit_lengths ? 1 : 0);
  AppendVarint(out, meta.uncoded.size());
  for (const RowId row : meta.uncoded) AppendVarint(out, row);
  return out;
}

bool DecodeMeta(std::string_view in, Meta& meta) {
  uint8_t version = 0, unit_lengths = 0;
  if (!TakeFixed(in, version) || version != kMetaVersion || in.size() < 16) return false;
  meta.database = in.substr(0, 16);
  in.remove_prefix(16);
  uint64_t count = 0;
  if (!TakeFixed(in, meta.sequence) || !TakeFixed(in, meta.change_hash) || !TakeFixed(in, unit_lengths) ||
      !TakeVarint(in, count) || count > in.size()) {
    return false;
  }
  meta.unit_lengths = unit_lengths != 0;
  meta.uncoded.resize(count);
  for (RowId& row : meta.uncoded) {
    if (!TakeVarint(in, row)) return false;
  }
  return in.empty();
}

}  // namespace

std::string VectorIndexFiles::PathOf(TableId table, ColumnNumber column, VectorMetric metric) const {
  constexpr std::string_view kOfMetric[] = {"", "-ip", "-l2"};
  return fmt::format("{}/{}-{}-{}{}.hnsw", folder_, tenant_, table, column, kOfMetric[static_cast<size_t>(metric)]);
}

uint64_t VectorIndexFiles::HashOfChange(Sequence sequence) const {
  std::string entry;
  if (!engine_.Get(Family::kLog, LogKey(tenant_, sequence, LogPart::kEntry), entry)) return 0;
  return Hash64(entry) | 1;
}

void VectorIndexFiles::Save(const TableVectorIndex& index) const {
  if (folder_.empty() || read_only_) return;
  Meta meta;
  meta.database = database_.AsBytes();
  meta.sequence = index.applied();
  meta.change_hash = HashOfChange(meta.sequence);
  if (meta.change_hash == 0) return;
  meta.unit_lengths = index.unit_lengths();
  meta.uncoded = index.uncoded();
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) throw Error(ErrorCode::kIo, fmt::format("cannot create \"{}\": {}", folder_, error.message()));
  HnswFile::Save(index.graph(), EncodeMeta(meta), PathOf(index.table(), index.column(), index.metric()));
}

std::shared_ptr<TableVectorIndex> VectorIndexFiles::Load(TableId table, const VectorColumn& column, VectorMetric metric,
                                                         const VectorIndexLimits& limits) const {
  if (folder_.empty()) return nullptr;
  std::shared_ptr<TableVectorIndex> index;
  try {
    index = Read(PathOf(table, column.number, metric), table, column, metric, limits);
  } catch (const Error&) {
    // Damaged, of another format, or unreadable: it is made again from the vectors.
  }
  if (index == nullptr) Delete(table, column.number, metric);
  return index;
}

std::shared_ptr<TableVectorIndex> VectorIndexFiles::Read(const std::string& path, TableId table,
                                                         const VectorColumn& column, VectorMetric metric,
                                                         const VectorIndexLimits& limits) const {
  std::string bytes;
  std::unique_ptr<HnswIndex> graph = HnswFile::Load(path, limits.memory_limit, bytes);
  Meta meta;
  if (graph == nullptr || !DecodeMeta(bytes, meta)) return nullptr;
  const bool ours = meta.database == database_.AsBytes() && graph->options().dimension == column.dimension &&
                    graph->options().metric == metric && graph->options().m == limits.m &&
                    graph->options().ef_construction == limits.ef_construction && meta.change_hash != 0 &&
                    meta.change_hash == HashOfChange(meta.sequence);
  if (!ours) return nullptr;
  auto index = std::make_shared<TableVectorIndex>(table, column, std::move(graph), meta.sequence, limits.cache_bytes);
  index->Restore(meta.unit_lengths, meta.uncoded);
  return index;
}

void VectorIndexFiles::Delete(TableId table, ColumnNumber column, VectorMetric metric) const {
  if (folder_.empty() || read_only_) return;
  std::error_code ignored;
  std::filesystem::remove(PathOf(table, column, metric), ignored);
}

void VectorIndexFiles::DeleteAll() const {
  if (folder_.empty() || read_only_) return;
  std::error_code ignored;
  const std::string prefix = fmt::format("{}-", tenant_);
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    if (entry.path().filename().string().starts_with(prefix)) std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace rem
