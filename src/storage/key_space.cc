#include "storage/key_space.h"

#include <rem/error.h>

#include "base/bytes.h"
#include "base/check.h"

namespace rem {

namespace {

void AppendTable(std::string& out, TenantId tenant, TableId table) {
  AppendBig32(out, tenant);
  AppendBig32(out, table);
}

}  // namespace

std::string MetaKey(TenantId tenant, MetaKind kind, std::string_view rest) {
  std::string key;
  key.reserve(5 + rest.size());
  AppendBig32(key, tenant);
  key.push_back(static_cast<char>(kind));
  key.append(rest);
  return key;
}

std::string TenantPrefix(TenantId tenant) {
  std::string key;
  AppendBig32(key, tenant);
  return key;
}

std::string TablePrefix(TenantId tenant, TableId table) {
  std::string key;
  AppendTable(key, tenant, table);
  return key;
}

void AppendRowKey(std::string& out, TenantId tenant, TableId table, RowId row) {
  AppendTable(out, tenant, table);
  AppendBig64(out, row);
}

std::string RowKey(TenantId tenant, TableId table, RowId row) {
  std::string key;
  key.reserve(16);
  AppendRowKey(key, tenant, table, row);
  return key;
}

RowId RowIdOfRowKey(std::string_view key) {
  REM_CHECK(key.size() == 16);
  return LoadBig64(key.data() + 8);
}

std::string IdKey(TenantId tenant, const Uuid& id) {
  std::string key;
  key.reserve(20);
  AppendBig32(key, tenant);
  key.append(id.AsBytes());
  return key;
}

std::string IndexPrefix(TenantId tenant, IndexId index) {
  std::string key;
  AppendTable(key, tenant, index);
  return key;
}

RowId RowIdOfIndexKey(std::string_view key) {
  REM_CHECK(key.size() >= 16);
  return LoadBig64(key.data() + key.size() - 8);
}

std::string LookupPrefix(TenantId tenant, std::string_view folded) {
  if (folded.find('\0') != std::string_view::npos) {
    throw Error(ErrorCode::kInvalidText, "a lookup key contains a NUL character",
                "remove it: no stored text can hold one");
  }
  std::string key;
  key.reserve(4 + folded.size() + 1 + 12);
  AppendBig32(key, tenant);
  key.append(folded);
  key.push_back('\0');
  return key;
}

std::string VectorPrefix(TenantId tenant, TableId table, ColumnNumber column) {
  std::string key;
  key.reserve(18);
  AppendTable(key, tenant, table);
  AppendFixed(key, static_cast<uint16_t>(__builtin_bswap16(column)));
  return key;
}

std::string VectorKey(TenantId tenant, TableId table, ColumnNumber column, RowId row) {
  std::string key = VectorPrefix(tenant, table, column);
  AppendBig64(key, row);
  return key;
}

std::string EmbeddingPrefix(MetaKind kind, TenantId tenant, TableId table, ColumnNumber column) {
  std::string rest;
  AppendBig32(rest, table);
  AppendFixed(rest, static_cast<uint16_t>(__builtin_bswap16(column)));
  return MetaKey(tenant, kind, rest);
}

std::string EmbeddingKey(MetaKind kind, TenantId tenant, TableId table, ColumnNumber column, RowId row) {
  std::string key = EmbeddingPrefix(kind, tenant, table, column);
  AppendBig64(key, row);
  return key;
}

std::string LogKey(TenantId tenant, Sequence sequence, LogPart part) {
  std::string key;
  AppendBig32(key, tenant);
  AppendBig64(key, sequence);
  key.push_back(static_cast<char>(part));
  return key;
}

Sequence SequenceOfLogKey(std::string_view key) {
  REM_CHECK(key.size() == 13);
  return LoadBig64(key.data() + 4);
}

}  // namespace rem
