#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/tenant_catalog.h"
#include "catalog/view.h"
#include "sql/parser/ast_modify.h"
#include "store/tenant_store.h"

namespace rem::sql {

bool IsSequence(const Table& table);

void RunCreateSequence(DefinitionTarget& target, const ast::CreateSequence& create);

/// The sequences as one connection uses them. Values are given for good, whatever becomes of a transaction.
/// Thread-safe.
class SessionSequences {
 public:
  /// Where a statement finds them: in the open transaction as well, if there is one.
  struct Place {
    TenantStore& tenant;
    Transaction* transaction = nullptr;
    CatalogPtr catalog;
  };

  int64_t Next(const Place& place, std::string_view name);
  int64_t Current(const Place& place, std::string_view name);
  int64_t Last() const;
  void Set(const Place& place, std::string_view name, int64_t value, bool called);
  /// ALTER SEQUENCE ... RESTART
  void Restart(const Place& place, const std::string& name, std::optional<int64_t> value);
  /// What this connection took from the sequence of a column; empty: one with a name of its own.
  void Remember(TableId table, const std::string& column, int64_t value);

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<TableId, std::string>, int64_t> taken_;
  std::optional<int64_t> last_;
};

}  // namespace rem::sql
