#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/functions/session_access.h"
#include "sql/parser/ast_modify.h"
#include "sql/pipeline.h"
#include "sql/pipeline_cursors.h"
#include "sql/pipeline_sequence.h"
#include "sql/pipeline_settings.h"
#include "sql/pipeline_temporary.h"
#include "store/reference_checks.h"
#include "store/tenant_store.h"

namespace rem {

/// The transaction that a connection has open, and the statements that change data. Without BEGIN every statement is a
/// transaction of its own. Thread-safe: inside a transaction, statements run one after the other.
class SqlSession final : public ChangeRunner, private sql::SessionAccess {
 public:
  explicit SqlSession(TenantStore& tenant) : tenant_(tenant) {}
  /// Drops its temporary tables.
  ~SqlSession() override;

  /// Runs a statement; `owner` is kept alive by its result. `context` says how; what it reads is set here.
  Result Execute(std::shared_ptr<const void> owner, QueryContext context, std::string_view text,
                 std::span<const Value> parameters);

  /// What a read sees: the open transaction, else the newest state. Error(kTransactionFailed).
  std::pair<CatalogPtr, std::shared_ptr<const ReadView>> Consistent(std::shared_ptr<const void> owner = nullptr);
  bool in_transaction() const { return open_.load(std::memory_order_acquire); }

  /// Calls write(RecordWriter&) with the open transaction's writer, else the tenant's. Foreign keys are kept.
  template <typename Write>
  auto WithWriter(Write&& write) {
    if (!in_transaction()) return WithOwnWriter(write);
    const std::lock_guard lock(mutex_);
    if (transaction_ == nullptr) return WithOwnWriter(write);
    CheckNotFailed();
    return WithForeignKeys(*transaction_, write);
  }

  /// See Session::Purge. A record that others refer to is deleted first, as foreign keys have it.
  bool Purge(const Uuid& id);

  void Begin();
  void Commit();
  void Rollback();

  Result Run(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters) override;

 private:
  template <typename Write>
  auto WithOwnWriter(Write& write) {
    if (!HasForeignKeys(*tenant_.catalog())) return write(tenant_.writer());
    const std::unique_ptr<Transaction> transaction = tenant_.Begin();
    auto result = WithForeignKeys(*transaction, write);
    transaction->Commit();
    return result;
  }

  /// What the call changed is undone when a foreign key forbids it.
  template <typename Write>
  static auto WithForeignKeys(Transaction& transaction, Write& write) {
    const Transaction::Mark mark = transaction.mark();
    const auto before = transaction.View();
    auto result = write(transaction.writer());
    try {
      EnforceForeignKeys(transaction, mark, *before);
    } catch (...) {
      transaction.RollbackTo(mark);
      throw;
    }
    return result;
  }

  // What functions ask.
  int64_t NextValue(std::string_view sequence) override { return sequences_.Next(SequencePlace(), sequence); }
  int64_t CurrentValue(std::string_view sequence) override { return sequences_.Current(SequencePlace(), sequence); }
  int64_t LastValue() override { return sequences_.Last(); }
  void SetValue(std::string_view sequence, int64_t value, bool called) override {
    sequences_.Set(SequencePlace(), sequence, value, called);
  }
  void Took(uint32_t table, std::string_view column, int64_t value) override {
    sequences_.Remember(table, std::string(column), value);
  }
  std::optional<std::string> Setting(const std::string& name) override;
  void SetSetting(const std::string& name, const std::string& value, bool local) override;
  std::vector<VectorIndexInfo> VectorIndexes() override;
  sql::SessionSequences::Place SequencePlace();
  bool RunSequence(sql::ast::Change& change);

  Result ExecuteNamed(std::shared_ptr<const void> owner, QueryContext context, std::string_view text,
                      std::span<const Value> parameters);
  void CheckNotFailed() const;
  /// Where CREATE, ALTER and DROP go.
  DefinitionTarget& target() {
    if (transaction_ != nullptr) return *transaction_;
    return tenant_;
  }
  sql::NamedDefinitions definitions() { return {target(), temporary_}; }
  /// Gives a table that is to be made the name that it is stored under.
  void Place(sql::ast::TableName& name, const sql::ast::Lifetime& lifetime);
  void RunCreateView(const QueryContext& context, sql::ast::CreateView& view, std::span<const Value> parameters);
  Result RunData(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters,
                 Transaction& transaction);
  bool RunControl(const sql::ast::Change& change);
  bool RunDefinition(sql::ast::Change& change);
  /// ALTER TABLE that adds a foreign key.
  void RunAlterReferences(sql::ast::AlterTable& alter);
  Result RunCreateTableAs(const QueryContext& context, sql::ast::CreateTableAs& create,
                          std::span<const Value> parameters);
  /// PREPARE and DEALLOCATE.
  bool RunPreparing(sql::ast::Change& change);
  /// DECLARE, FETCH, MOVE and CLOSE.
  std::optional<Result> RunCursor(const QueryContext& context, sql::ast::Change& change,
                                  std::span<const Value> parameters);
  /// A query of a transaction failed while its rows were read.
  void Fail(uint64_t transaction) {
    const std::lock_guard lock(mutex_);
    if (transaction_ != nullptr && transaction == begun_) failed_ = true;
  }
  Result RunExecute(const QueryContext& context, sql::ast::Execute& execute, std::span<const Value> parameters);
  void RunMaintenance(const QueryContext& context, const sql::ast::Maintenance& maintenance);
  std::optional<Result> RunSetting(const sql::ast::Setting& setting);

  TenantStore& tenant_;
  sql::TemporaryTables temporary_;
  sql::SessionSequences sequences_;
  std::recursive_mutex mutex_;
  std::unique_ptr<Transaction> transaction_;
  bool failed_ = false;
  uint64_t begun_ = 0;  ///< Transactions so far.
  sql::Settings settings_;
  sql::Settings settings_at_begin_, settings_at_commit_;  ///< What ROLLBACK and COMMIT go back to.
  struct PreparedStatement {
    std::vector<sql::ast::TypeName> types;
    std::string text;
  };
  std::map<std::string, PreparedStatement> prepared_;
  sql::Cursors cursors_;
  std::atomic<bool> open_{false};
};

}  // namespace rem
