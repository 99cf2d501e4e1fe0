#include "store/unique_keys.h"

#include <algorithm>
#include <cstring>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "catalog/computed_values.h"
#include "schema/index_expression.h"
#include "storage/key_codec.h"
#include "storage/row_codec.h"
#include "store/record_entries.h"
#include "types/cast.h"

namespace rem {
namespace {

/// No row has this id; see RowId.
constexpr size_t kRowIdBytes = 8;

Value IndexedValue(const IndexedField& part, const DocumentView& properties) {
  auto node = part.path.size() == 1 ? properties.Find(part.path[0]) : properties.FindPath(part.path);
  auto value = node ? ValueFromNode(*node, part.type) : std::nullopt;
  return value ? *value : Value();
}

template <typename Visit>
void ForParts(const IndexedField& field, Visit visit) {
  visit(field);
  for (const IndexedField& part : field.more) visit(part);
}

std::optional<Document> WithIndexed(const Table& table, const DocumentView& record) {
  const ComputedValues* computed = ComputedValuesOf(table);
  return computed == nullptr ? std::nullopt : computed->WithIndexed(record);
}

/// As SameIndexedValues, of members that are there already.
bool SameParts(const IndexedField& field, const DocumentView& a, const DocumentView& b) {
  bool same = true;
  ForParts(field, [&](const IndexedField& part) {
    const Value x = IndexedValue(part, a);
    const Value y = IndexedValue(part, b);
    if (x.type() == LogicalType::kText || x.type() == LogicalType::kBytea || x.type() != y.type()) {
      same = same && x == y;
      return;
    }
    std::string left, right;
    AppendIndexValue(left, x);
    AppendIndexValue(right, y);
    same = same && left == right;
  });
  return same;
}

}  // namespace

Uuid UniqueKey::lock() const {
  Uuid id;
  const uint64_t hash = Hash64(exact);
  std::memcpy(id.bytes.data() + 8, &hash, sizeof(hash));
  return id;
}

bool HasUniqueKeys(const Table& table) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [](const auto& index) { return index.field.unique; });
}

std::vector<UniqueKey> UniqueKeysOf(const Table& table, const DocumentView& record) {
  std::vector<UniqueKey> keys;
  const auto whole = WithIndexed(table, record);
  const DocumentView properties = whole ? whole->view() : record;
  for (const IndexDefinition& index : table.indexes) {
    if (!index.field.unique) continue;
    UniqueKey key;
    key.index = &index;
    key.prefix = IndexPrefix(table.tenant, index.id);
    const IndexedValues values = AppendIndexedValues(index.field, properties, key.prefix);
    if (values.any_null) continue;
    key.exact = key.prefix;
    if (values.any_cut) {
      ForParts(index.field, [&](const IndexedField& part) {
        AppendBig64(key.exact, Hash64(IndexedValue(part, properties).ToText()));
      });
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

bool SameIndexedValues(const Table& table, const IndexedField& field, const DocumentView& a, const DocumentView& b) {
  const auto x = WithIndexed(table, a);
  const auto y = WithIndexed(table, b);
  return SameParts(field, x ? x->view() : a, y ? y->view() : b);
}

std::optional<RowId> FindDuplicate(const Engine& reader, const Table& table, const UniqueKey& key,
                                   const DocumentView& properties, RowId self) {
  ScanOptions options;
  options.lower = key.prefix;
  options.upper = PrefixEnd(key.prefix);
  auto it = reader.Scan(Family::kIndex, std::move(options));
  std::string bytes;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (it->key().size() != key.prefix.size() + kRowIdBytes) continue;
    const RowId row = RowIdOfIndexKey(it->key());
    if (row == self) continue;
    if (key.exact == key.prefix) return row;
    if (!reader.Get(Family::kRows, RowKey(table.tenant, table.id, row), bytes)) continue;
    if (SameIndexedValues(table, key.index->field, properties, RowView(bytes, table.keys.get()).properties()))
      return row;
  }
  return std::nullopt;
}

void ThrowDuplicateKey(const Table& table, const IndexedField& index, const DocumentView& record) {
  const auto whole = WithIndexed(table, record);
  const DocumentView properties = whole ? whole->view() : record;
  std::string columns, values;
  ForParts(index, [&](const IndexedField& part) {
    const auto expression = IndexExpression::Parse(part.path.back());
    if (expression && expression->condition) return;
    columns += (columns.empty() ? "" : ", ") + (expression ? expression->text : part.path.back());
    values += (values.empty() ? "" : ", ") + IndexedValue(part, properties).ToText();
  });
  throw Error(ErrorCode::kUniqueViolation, "duplicate key value violates unique constraint \"" + index.name + "\"",
              "update the record that has the key, or add ON CONFLICT")
      .WithDetail("Key (" + columns + ")=(" + values + ") already exists.");
}

void CheckUniqueKeys(const Engine& reader, const Table& table, const DocumentView& properties, RowId self) {
  for (const UniqueKey& key : UniqueKeysOf(table, properties)) {
    if (FindDuplicate(reader, table, key, properties, self)) ThrowDuplicateKey(table, key.index->field, properties);
  }
}

}  // namespace rem
