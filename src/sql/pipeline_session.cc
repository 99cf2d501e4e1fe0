#include "sql/pipeline_session.h"

#include <optional>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/rows_result.h"
#include "sql/pipeline_change.h"

namespace rem {
namespace {

// A statement outside a transaction that loses against another writer is run again this often.
constexpr int kMaxAttempts = 20;

Result Done() { return sql::MakeRowsResult({}, {}, -1); }

/// ROLLBACK and ROLLBACK TO are all that a failed transaction takes; COMMIT rolls it back.
bool EndsFailure(const sql::ast::Change& change) {
  const auto* control = std::get_if<sql::ast::TransactionControl>(&change.body);
  if (control == nullptr) return false;
  return control->verb == sql::ast::TransactionVerb::kRollback ||
         control->verb == sql::ast::TransactionVerb::kRollbackTo || control->verb == sql::ast::TransactionVerb::kCommit;
}

}  // namespace

void SqlSession::CheckNotFailed() const {
  if (!failed_) return;
  throw Error(ErrorCode::kTransactionFailed,
              "current transaction is aborted, commands ignored until end of transaction block",
              "ROLLBACK, or ROLLBACK TO a savepoint");
}

std::pair<CatalogPtr, std::shared_ptr<const ReadView>> SqlSession::Consistent(std::shared_ptr<const void> owner) {
  if (!in_transaction()) return tenant_.Consistent(std::move(owner));
  const std::lock_guard lock(mutex_);
  if (transaction_ == nullptr) return tenant_.Consistent(std::move(owner));
  CheckNotFailed();
  return {transaction_->catalog(), transaction_->View(std::move(owner))};
}

Result SqlSession::Execute(std::shared_ptr<const void> owner, QueryContext context, std::string_view text,
                           std::span<const Value> parameters) {
  context.changes = this;
  for (int attempt = 1; !in_transaction(); ++attempt) {
    try {
      std::tie(context.catalog, context.view) = tenant_.Consistent(owner);
      return ExecuteSql(context, text, parameters);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConflict || attempt == kMaxAttempts || in_transaction()) throw;
    }
  }
  const std::lock_guard lock(mutex_);
  if (transaction_ == nullptr) return Execute(std::move(owner), std::move(context), text, parameters);
  // Names resolve as at the beginning, and a failed transaction still has to know its ROLLBACK. Plans are not shared:
  // the catalog may be an older one.
  context.plan_cache = nullptr;
  context.pool = nullptr;
  context.catalog = transaction_->catalog();
  context.view = transaction_->View(std::move(owner));
  try {
    Result result = ExecuteSql(context, text, parameters);
    if (transaction_ != nullptr && result.affected_rows() < 0 && !result.columns().empty()) CheckNotFailed();
    return result;
  } catch (const Error& error) {
    // A second BEGIN, maybe of another thread, does the open transaction no harm.
    if (transaction_ != nullptr && error.code() != ErrorCode::kInTransaction) failed_ = true;
    throw;
  } catch (...) {
    if (transaction_ != nullptr) failed_ = true;
    throw;
  }
}

void SqlSession::Begin() {
  const std::lock_guard lock(mutex_);
  if (transaction_ != nullptr) {
    throw Error(ErrorCode::kInTransaction, "there is already a transaction in progress",
                "COMMIT or ROLLBACK it first, or use SAVEPOINT");
  }
  transaction_ = tenant_.Begin();
  failed_ = false;
  open_.store(true, std::memory_order_release);
}

void SqlSession::Commit() {
  const std::lock_guard lock(mutex_);
  if (transaction_ == nullptr)
    throw Error(ErrorCode::kNoTransaction, "there is no transaction in progress", "BEGIN one");
  const std::unique_ptr<Transaction> ending = std::move(transaction_);
  open_.store(false, std::memory_order_release);
  CheckNotFailed();
  ending->Commit();
}

void SqlSession::Rollback() {
  const std::lock_guard lock(mutex_);
  if (transaction_ == nullptr)
    throw Error(ErrorCode::kNoTransaction, "there is no transaction in progress", "BEGIN one");
  transaction_.reset();
  failed_ = false;
  open_.store(false, std::memory_order_release);
}

Result SqlSession::Run(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters) {
  {
    const std::lock_guard lock(mutex_);
    if (transaction_ != nullptr && !EndsFailure(change)) CheckNotFailed();
    if (RunControl(change) || RunDefinition(change)) return Done();
    if (transaction_ != nullptr) return RunData(context, change, parameters, *transaction_);
  }
  const std::unique_ptr<Transaction> own = tenant_.Begin();
  QueryContext query = context;
  query.catalog = own->catalog();
  query.view = own->View();
  query.pool = nullptr;
  Result result = RunData(query, change, parameters, *own);
  own->Commit();
  return result;
}

Result SqlSession::RunData(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters,
                           Transaction& transaction) {
  const sql::ChangeContext changes{context, transaction, parameters, context.clock->NowMicros()};
  if (auto* insert = std::get_if<sql::ast::Insert>(&change.body)) return RunInsert(changes, *insert);
  if (auto* update = std::get_if<sql::ast::Update>(&change.body)) return RunUpdate(changes, *update);
  if (auto* del = std::get_if<sql::ast::Delete>(&change.body)) return RunDelete(changes, *del);
  return RunTruncate(changes, std::get<sql::ast::Truncate>(change.body));
}

bool SqlSession::RunControl(const sql::ast::Change& change) {
  using enum sql::ast::TransactionVerb;
  const auto* control = std::get_if<sql::ast::TransactionControl>(&change.body);
  if (control == nullptr) return false;
  const bool needs_open = control->verb == kSavepoint || control->verb == kRelease || control->verb == kRollbackTo;
  if (needs_open && transaction_ == nullptr) {
    throw Error(ErrorCode::kNoTransaction, "SAVEPOINT can only be used in transaction blocks", "BEGIN a transaction");
  }
  switch (control->verb) {
    case kBegin:
      Begin();
      break;
    case kCommit:
      // As in PostgreSQL, the commit of a failed transaction is its rollback.
      failed_ ? Rollback() : Commit();
      break;
    case kRollback:
      Rollback();
      break;
    case kSavepoint:
      transaction_->Savepoint(control->savepoint);
      break;
    case kRelease:
      transaction_->Release(control->savepoint);
      break;
    case kRollbackTo:
      transaction_->RollbackToSavepoint(control->savepoint);
      failed_ = false;
      break;
  }
  return true;
}

bool SqlSession::RunDefinition(const sql::ast::Change& change) {
  const auto* create = std::get_if<sql::ast::CreateTable>(&change.body);
  const auto* drop = std::get_if<sql::ast::DropTables>(&change.body);
  if (create == nullptr && drop == nullptr) return false;
  if (transaction_ != nullptr) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: CREATE TABLE and DROP TABLE inside a transaction",
                "run it before BEGIN or after COMMIT");
  }
  const CatalogPtr catalog = tenant_.catalog();
  if (create != nullptr) {
    const Document schema = sql::SchemaOf(*create);
    if (catalog->Find(create->table.name) == nullptr) {
      tenant_.Register(create->table.name, schema, false);
    } else if (!create->if_not_exists) {
      throw Error(ErrorCode::kAlreadyExists, fmt::format("relation \"{}\" already exists", create->table.name),
                  "drop it first, or write CREATE TABLE IF NOT EXISTS")
          .WithPosition(create->table.position);
    }
    return true;
  }
  // All are looked up before the first goes.
  for (const sql::ast::TableName& name : drop->tables) {
    if (catalog->Find(name.name) == nullptr && !drop->if_exists) catalog->Get(name.name);
  }
  for (const sql::ast::TableName& name : drop->tables) {
    if (catalog->Find(name.name) != nullptr) tenant_.DropTable(name.name);
  }
  return true;
}

}  // namespace rem
