#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <rem/error.h>

#include "catalog/tenant_catalog.h"
#include "store/definition_target.h"

namespace rem::sql {

/// The temporary tables and views of one connection. They are stored like any other, under names that begin with the
/// connection's own prefix, go when the connection ends, and after a crash at the next opening. Thread-safe.
class TemporaryTables {
 public:
  TemporaryTables();

  /// The stored name of a temporary table.
  std::string NameOf(std::string_view name);
  /// The catalog as the connection sees it: its temporary tables have their short names and hide others.
  CatalogPtr Named(CatalogPtr catalog);
  /// Takes the prefix out of what a message says.
  void Shorten(std::string& message) const;

  /// ON COMMIT DROP.
  void DropOnCommit(std::string stored_name) { going_.insert(std::move(stored_name)); }
  /// Before the transaction of `target` commits.
  void DropGoing(DefinitionTarget& target);
  void ForgetGoing() { going_.clear(); }
  void DropAll(DefinitionTarget& target);

 private:
  const std::string prefix_;
  std::atomic<bool> used_{false};
  std::set<std::string> going_;
  std::mutex mutex_;
  CatalogPtr last_, last_named_;
};

/// Definitions as statements of a connection name them.
class NamedDefinitions final : public DefinitionTarget {
 public:
  NamedDefinitions(DefinitionTarget& target, TemporaryTables& temporary) : target_(target), temporary_(temporary) {}

  CatalogPtr catalog() const override { return temporary_.Named(target_.catalog()); }
  TablePtr Register(std::string_view name, const Document& json_schema, bool force) override {
    return target_.Register(name, json_schema, force);
  }
  TablePtr Redefine(TableId table, uint64_t version, const Redefinition& change) override {
    return target_.Redefine(table, version, change);
  }
  void DropTable(std::string_view name) override { target_.DropTable(name); }
  bool HasRecords(const Table& table) const override { return target_.HasRecords(table); }
  void MakeVectorIndexes(const Table& table) override { target_.MakeVectorIndexes(table); }
  RecordWriter& writer() override { return target_.writer(); }

 private:
  DefinitionTarget& target_;
  TemporaryTables& temporary_;
};

}  // namespace rem::sql
