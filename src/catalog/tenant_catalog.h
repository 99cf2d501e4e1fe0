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

  /// Grows with every change of any table of the tenant.
  uint64_t version() const { return version_; }
  /// By short_name, registered name or fully_qualified_name, in that order; then the same ignoring case; "public.x" may
  /// also be "x". nullptr when there is none.
  TablePtr Find(std::string_view name) const;
  /// As Find, but Error(kTableNotFound) with the nearest names: `Table "x" does not exist`.
  TablePtr Get(std::string_view name) const;
  TablePtr FindById(TableId id) const;
  /// Sorted by name.
  const std::vector<TablePtr>& tables() const { return tables_; }

 private:
  uint64_t version_;
  std::vector<TablePtr> tables_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::map<std::string, size_t, std::less<>> by_folded_name_;
};

using CatalogPtr = std::shared_ptr<const CatalogSnapshot>;

}  // namespace rem
