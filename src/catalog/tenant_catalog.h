#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/table.h"

namespace rem {

/// The tables of one tenant at one version. Immutable: a query keeps the one it was planned with.
class CatalogSnapshot {
 public:
  CatalogSnapshot(uint64_t version, std::vector<TablePtr> tables);
  /// What the owner of temporary tables sees: those whose names begin with `temporary` ("pg_temp_7.") have names
  /// without it, and hide the tables of `permanent` that are called so.
  CatalogSnapshot(std::shared_ptr<const CatalogSnapshot> permanent, std::string_view temporary);

  /// Grows with every change of any table of the tenant.
  uint64_t version() const { return version_; }
  /// By short_name, registered name or fully_qualified_name, in that order; then the same ignoring case; "public.x" may
  /// also be "x". nullptr when there is none.
  TablePtr Find(std::string_view name) const;
  /// As Find, but Error(kTableNotFound) with the nearest names: `Table "x" does not exist`.
  TablePtr Get(std::string_view name) const;
  TablePtr FindById(TableId id) const;
  /// By which views and other stored definitions resolve names: without anybody's temporary tables.
  const CatalogSnapshot& permanent() const { return permanent_ == nullptr ? *this : *permanent_; }
  /// Whether the table is one of the owner's temporary ones.
  bool IsTemporary(const Table& table) const {
    return !temporary_.empty() && table.schema.name.starts_with(temporary_);
  }
  /// Sorted by name.
  const std::vector<TablePtr>& tables() const { return tables_; }

 private:
  uint64_t version_;
  std::vector<TablePtr> tables_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::map<std::string, size_t, std::less<>> by_folded_name_;
  std::shared_ptr<const CatalogSnapshot> permanent_;
  std::string temporary_;
};

using CatalogPtr = std::shared_ptr<const CatalogSnapshot>;

}  // namespace rem
