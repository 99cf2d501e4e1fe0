#include "sql/executor/cell_hash.h"

#include <bit>
#include <cmath>

#include "base/hash.h"

namespace rem::sql {

namespace {

uint64_t Mix(uint64_t value) {
  // The finaliser of MurmurHash3.
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ value >> 33;
}
uint64_t Combine(uint64_t seed, uint64_t value) { return Mix(seed * 0x9e3779b97f4a7c15ULL + value); }

uint64_t HashDouble(double value) {
  if (value == 0) return 0;
  return std::isnan(value) ? 1 : std::bit_cast<uint64_t>(value);
}

uint64_t HashNode(const DocumentView& node) {
  uint64_t hash = 0;
  switch (node.kind()) {
    case NodeKind::kNull:
      return 2;
    case NodeKind::kBool:
      return node.AsBool() ? 3 : 4;
    case NodeKind::kInt:
    case NodeKind::kDouble:
      return Mix(HashDouble(node.AsDouble()) + 5);
    case NodeKind::kText:
      return Hash64(node.AsText());
    case NodeKind::kArray:
      for (size_t i = 0; i < node.size(); ++i) hash = Combine(hash, HashNode(node.At(i)));
      return Combine(hash, 6 + node.size());
    case NodeKind::kObject:
      // A sum, so that the order of members does not count.
      for (size_t i = 0; i < node.size(); ++i) hash += Combine(Hash64(node.KeyAt(i)), HashNode(node.ValueAt(i)));
      return Combine(hash, 7 + node.size());
  }
  return hash;
}

}  // namespace

uint64_t HashCell(const Column& column, size_t row, uint64_t seed) {
  if (column.IsNull(row)) return Combine(seed, 0x6e756c6c);
  row &= column.row_mask();
  switch (column.type()) {
    case LogicalType::kBool:
      return Combine(seed, column.data<uint8_t>()[row] != 0);
    case LogicalType::kInt:
    case LogicalType::kTimestamp:
      return Combine(seed, static_cast<uint64_t>(column.data<int64_t>()[row]));
    case LogicalType::kDouble:
      return Combine(seed, HashDouble(column.data<double>()[row]));
    case LogicalType::kText:
      return Hash64(column.data<std::string_view>()[row], seed);
    case LogicalType::kUuid:
      return Hash64(column.data<Uuid>()[row].AsBytes(), seed);
    case LogicalType::kJson:
      return Combine(seed, HashNode(column.data<DocumentView>()[row]));
    case LogicalType::kVector:
      // Vectors compare, and few enough of them are keys: equal hashes cost time only.
      return Combine(seed, 8);
    default: {
      std::string buffer;
      return Hash64(KeyBytes(column, row, buffer), seed);
    }
  }
}

void HashRows(std::span<const Column* const> columns, const uint32_t* rows, size_t count,
              std::vector<uint64_t>& hashes) {
  hashes.assign(count, 0);
  for (const Column* column : columns) {
    for (size_t i = 0; i < count; ++i) hashes[i] = HashCell(*column, rows == nullptr ? i : rows[i], hashes[i]);
  }
}

bool SameCell(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  const bool a_null = a.IsNull(a_row), b_null = b.IsNull(b_row);
  if (a_null || b_null) return a_null == b_null;
  return CompareCells(a, a_row, b, b_row) == 0;
}

}  // namespace rem::sql
