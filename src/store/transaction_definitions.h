#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include <rem/document.h>

#include "catalog/table_definition.h"
#include "catalog/tenant_catalog.h"
#include "store/table_registry.h"
#include "store/tenant_context.h"

namespace rem {

/// The definitions that an open transaction made, changed and dropped. What they make of stored records lies in the
/// transaction's overlay like any other write; the definitions themselves are written when it commits.
///
/// The numbers of new tables and indexes are taken from the database at once and never used again, so that whatever a
/// transaction leaves behind under a number (names of members, values of sequences) means nothing to others.
class TransactionDefinitions {
 public:
  /// One state of the definitions; rolling back to a savepoint is going back to an earlier one.
  struct State {
    CatalogPtr catalog;
    /// By table; those that are dropped say so.
    std::map<TableId, ChangedDefinition> changed;
  };
  using StatePtr = std::shared_ptr<const State>;

  TransactionDefinitions(TenantContext& context, TableRegistry& registry, CatalogPtr base)
      : context_(context),
        registry_(registry),
        base_(base),
        state_(std::make_shared<const State>(State{std::move(base), {}})) {}
  TransactionDefinitions(const TransactionDefinitions&) = delete;
  TransactionDefinitions& operator=(const TransactionDefinitions&) = delete;
  /// Clears away what tables that never came to be have left.
  ~TransactionDefinitions();

  /// As the transaction found it.
  const CatalogPtr& base() const { return base_; }
  const CatalogPtr& catalog() const { return state_->catalog; }
  const StatePtr& state() const { return state_; }
  void GoTo(StatePtr state) { state_ = std::move(state); }
  bool empty() const { return state_->changed.empty(); }
  bool Drops(TableId table) const;

  /// A table that is there under the same name is redefined: see Redefine().
  TablePtr Register(std::string_view name, const Document& json_schema, const Engine& reader, Commit& commit);
  /// Adds to `commit` what the change makes of the records that `reader` has.
  TablePtr Redefine(TableId table, uint64_t version, const Redefinition& change, const Engine& reader, Commit& commit);
  void Drop(std::string_view name);
  /// As TableRegistry::SetVectorDimension, for a table of this transaction; false for any other.
  bool SetVectorDimension(TableId table, std::string_view column, uint32_t dimension);

  /// To be called before they are written: from then on they may be in the database, even when the write fails.
  void Committing();

 private:
  TablePtr Publish(TableId table, ChangedDefinition changed);

  TenantContext& context_;
  TableRegistry& registry_;
  const CatalogPtr base_;
  StatePtr state_;
  std::set<TableId> made_;
};

}  // namespace rem
