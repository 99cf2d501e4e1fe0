#include "store/record_entries.h"

#include <algorithm>
#include <array>

#include <rem/value.h>

#include "base/bytes.h"
#include "base/fold.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "catalog/computed_values.h"
#include "storage/key_codec.h"
#include "storage/key_space.h"
#include "types/cast.h"

namespace rem {
namespace {

constexpr size_t kMaxLookupBytes = 256;

/// Members by which people name things; found in any record, at its top or inside its object `properties`.
constexpr std::array<std::string_view, 16> kIdentifierNames = {
    "identifier", "code",    "issue_number", "ticket_id", "employee_id", "user_id",  "customer_id",    "order_id",
    "product_id", "task_id", "account_id",   "sku",       "isbn",        "username", "invoice_number", "case_number"};

void AppendIndexKey(const Table& table, const IndexDefinition& index, RowId row, const DocumentView& node,
                    RecordEntries& out) {
  std::string key = IndexPrefix(table.tenant, index.id);
  auto value = ValueFromNode(node, index.field.type);
  AppendIndexValue(key, value ? *value : Value());
  AppendBig64(key, row);
  out.emplace_back(Family::kIndex, std::move(key));
}

void AppendLookupKey(const Table& table, RowId row, const DocumentView& node, RecordEntries& out) {
  std::string text;
  switch (node.kind()) {
    case NodeKind::kText:
      text = FoldLookupText(node.AsText());
      break;
    case NodeKind::kInt:
      text = std::to_string(node.AsInt());
      break;
    case NodeKind::kArray:
      for (size_t i = 0; i < node.size(); ++i) {
        if (node.At(i).kind() != NodeKind::kArray) AppendLookupKey(table, row, node.At(i), out);
      }
      return;
    default:
      return;
  }
  if (text.empty()) return;
  std::string key = LookupPrefix(table.tenant, text);
  AppendBig32(key, table.id);
  AppendBig64(key, row);
  out.emplace_back(Family::kLookup, std::move(key));
}

void AppendIdentifiers(const Table& table, RowId row, const DocumentView& object, RecordEntries& out) {
  // Records are small: walking the members once costs less than sixteen searches.
  for (size_t i = 0; i < object.size(); ++i) {
    std::string_view name = object.KeyAt(i);
    if (std::find(kIdentifierNames.begin(), kIdentifierNames.end(), name) != kIdentifierNames.end()) {
      AppendLookupKey(table, row, object.ValueAt(i), out);
    }
  }
}

}  // namespace

std::string FoldLookupText(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
  std::string folded = FoldCase(text);
  if (folded.size() <= kMaxLookupBytes) return folded;
  // A long text is known by its beginning and a hash of the whole, so that texts with the same beginning stay apart.
  uint64_t hash = Hash64(folded);
  std::string key(Utf8Prefix(folded, kMaxLookupBytes - 17));
  key += '\x01';
  key += ToHex({reinterpret_cast<const char*>(&hash), sizeof(hash)});
  return key;
}

IndexedValues AppendIndexedValues(const IndexedField& field, const DocumentView& properties, std::string& key) {
  IndexedValues found;
  const auto append = [&](const IndexedField& part) {
    auto node = part.path.size() == 1 ? properties.Find(part.path[0]) : properties.FindPath(part.path);
    auto value = node ? ValueFromNode(*node, part.type) : std::nullopt;
    if (!value) value = Value();
    found.any_null |= value->IsNull();
    found.any_cut |= !AppendIndexValue(key, *value);
  };
  append(field);
  for (const IndexedField& part : field.more) append(part);
  return found;
}

void AppendIndexEntries(const Table& table, const IndexDefinition& index, RowId row, const DocumentView& properties,
                        RecordEntries& out) {
  if (!index.field.more.empty()) {
    std::string key = IndexPrefix(table.tenant, index.id);
    AppendIndexedValues(index.field, properties, key);
    AppendBig64(key, row);
    out.emplace_back(Family::kIndex, std::move(key));
    return;
  }
  auto node =
      index.field.path.size() == 1 ? properties.Find(index.field.path[0]) : properties.FindPath(index.field.path);
  if (!index.field.each_element) {
    AppendIndexKey(table, index, row, node ? *node : DocumentView(), out);
    return;
  }
  if (!node || node->kind() != NodeKind::kArray) return;
  for (size_t i = 0; i < node->size(); ++i) AppendIndexKey(table, index, row, node->At(i), out);
}

void AppendLookupEntries(const Table& table, std::span<const std::string> fields, RowId row,
                         const DocumentView& properties, RecordEntries& out) {
  for (const std::string& field : fields) {
    if (auto node = properties.Find(field)) AppendLookupKey(table, row, *node, out);
  }
  AppendIdentifiers(table, row, properties, out);
  auto nested = properties.Find("properties");
  if (!nested || nested->kind() != NodeKind::kObject) return;
  AppendIdentifiers(table, row, *nested, out);
  // Inside `properties` an `id` is the caller's own; at the top it is the record's.
  if (auto id = nested->Find("id")) AppendLookupKey(table, row, *id, out);
}

void AppendRecordEntries(const Table& table, RowId row, const DocumentView& properties, RecordEntries& out) {
  const ComputedValues* computed = ComputedValuesOf(table);
  const auto whole = computed == nullptr ? std::nullopt : computed->WithIndexed(properties);
  const DocumentView indexed = whole ? whole->view() : properties;
  for (const IndexDefinition& index : table.indexes) AppendIndexEntries(table, index, row, indexed, out);
  AppendLookupEntries(table, table.schema.lookup_fields, row, properties, out);
}

void AppendEntryChanges(RecordEntries& before, RecordEntries& after, Batch& batch) {
  if (before.empty()) {
    for (const auto& [family, key] : after) batch.Put(family, key, {});
    return;
  }
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  for (const auto& entry : before) {
    if (!std::binary_search(after.begin(), after.end(), entry)) batch.Delete(entry.first, entry.second);
  }
  for (const auto& entry : after) {
    if (!std::binary_search(before.begin(), before.end(), entry)) batch.Put(entry.first, entry.second, {});
  }
}

}  // namespace rem
