#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "sql/pipeline.h"
#include "store/tenant_store.h"

namespace rem {

/// The transaction that a connection has open, and the statements that change data. Without BEGIN every statement is a
/// transaction of its own. Thread-safe: inside a transaction, statements run one after the other.
class SqlSession final : public ChangeRunner {
 public:
  explicit SqlSession(TenantStore& tenant) : tenant_(tenant) {}

  /// Runs a statement; `owner` is kept alive by its result. `context` says how; what it reads is set here.
  Result Execute(std::shared_ptr<const void> owner, QueryContext context, std::string_view text,
                 std::span<const Value> parameters);

  /// What a read sees: the open transaction, else the newest state. Error(kTransactionFailed).
  std::pair<CatalogPtr, std::shared_ptr<const ReadView>> Consistent(std::shared_ptr<const void> owner = nullptr);
  bool in_transaction() const { return open_.load(std::memory_order_acquire); }

  /// Calls write(RecordWriter&) with the open transaction's writer, else the tenant's.
  template <typename Write>
  auto WithWriter(Write&& write) {
    if (!in_transaction()) return write(tenant_.writer());
    const std::lock_guard lock(mutex_);
    if (transaction_ == nullptr) return write(tenant_.writer());
    CheckNotFailed();
    return write(transaction_->writer());
  }

  void Begin();
  void Commit();
  void Rollback();

  Result Run(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters) override;

 private:
  void CheckNotFailed() const;
  Result RunData(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters,
                 Transaction& transaction);
  bool RunControl(const sql::ast::Change& change);
  bool RunDefinition(const sql::ast::Change& change);

  TenantStore& tenant_;
  std::recursive_mutex mutex_;
  std::unique_ptr<Transaction> transaction_;
  bool failed_ = false;
  std::atomic<bool> open_{false};
};

}  // namespace rem
