#include "sql/pipeline_session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <type_traits>

#include <fmt/format.h>
#include <rem/error.h>
#include <rem/vector_index.h>

#include "base/check.h"
#include "sql/executor/rows_result.h"
#include "sql/parser/ast_tables.h"
#include "sql/pipeline_alter.h"
#include "sql/pipeline_change.h"
#include "sql/pipeline_schema.h"
#include "sql/pipeline_view.h"
#include "sql/plan_cache.h"
#include "sql/planner/statistics.h"

namespace rem {
namespace {

// A statement outside a transaction that loses against another writer is run again this often.
constexpr int kMaxAttempts = 1000;
// So many times without waiting.
constexpr int kHastyAttempts = 3;

/// Of the statements that lost several times one at a time is run, so that they compete with new ones only. Tenants may
/// share a turn, which costs them time and nothing else.
class Turn {
 public:
  void Take(const TenantStore& tenant, const StatementEnd& end) {
    if (turn_.owns_lock()) return;
    static std::array<std::timed_mutex, 64> turns;
    turn_ = std::unique_lock(turns[std::hash<const void*>()(&tenant) / alignof(std::max_align_t) % turns.size()],
                             std::defer_lock);
    while (!turn_.try_lock_for(std::chrono::milliseconds(20))) end.Check();
  }

 private:
  std::unique_lock<std::timed_mutex> turn_;
};

Result Done() { return sql::MakeRowsResult({}, {}, -1); }

Result Collected(Result result) {
  if (result.columns().empty()) return result;
  const std::vector<ResultColumn> columns(result.columns().begin(), result.columns().end());
  std::vector<std::vector<Value>> rows;
  while (result.Next()) {
    std::vector<Value>& row = rows.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i) row.push_back(result.Get(i));
  }
  return sql::MakeRowsResult(columns, rows, result.affected_rows());
}

/// ROLLBACK and ROLLBACK TO are all that a failed transaction takes; COMMIT rolls it back.
bool EndsFailure(const sql::ast::Change& change) {
  const auto* control = std::get_if<sql::ast::TransactionControl>(&change.body);
  if (control == nullptr) return false;
  return control->verb == sql::ast::TransactionVerb::kRollback ||
         control->verb == sql::ast::TransactionVerb::kRollbackTo || control->verb == sql::ast::TransactionVerb::kCommit;
}

[[noreturn]] void ThrowNoPrepared(const std::string& name) {
  throw Error(ErrorCode::kNotFound, fmt::format("prepared statement \"{}\" does not exist", name), "PREPARE it first")
      .WithSqlState("26000");
}

}  // namespace

std::optional<std::string> SqlSession::Setting(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return settings_.Find(name);
}

void SqlSession::SetSetting(const std::string& name, const std::string& value, bool local) {
  const std::lock_guard lock(mutex_);
  RunSetting({sql::ast::SettingVerb::kSet, name, value, local});
}

sql::SessionSequences::Place SqlSession::SequencePlace() {
  const std::lock_guard lock(mutex_);
  return {tenant_, transaction_.get(), temporary_.Named(target().catalog())};
}

std::vector<VectorIndexInfo> SqlSession::VectorIndexes() {
  return tenant_.vector_indexes().Describe(*tenant_.catalog());
}

SqlSession::~SqlSession() {
  transaction_.reset();
  try {
    temporary_.DropAll(tenant_);
  } catch (...) {
    // What is left is dropped when the database is opened again.
  }
}

void SqlSession::CheckNotFailed() const {
  if (!failed_) return;
  throw Error(ErrorCode::kTransactionFailed,
              "current transaction is aborted, commands ignored until end of transaction block",
              "ROLLBACK, or ROLLBACK TO a savepoint");
}

std::pair<CatalogPtr, std::shared_ptr<const ReadView>> SqlSession::Consistent(std::shared_ptr<const void> owner) {
  if (in_transaction()) {
    const std::lock_guard lock(mutex_);
    if (transaction_ != nullptr) {
      CheckNotFailed();
      return {temporary_.Named(transaction_->catalog()), transaction_->View(std::move(owner))};
    }
  }
  auto [catalog, view] = tenant_.Consistent(std::move(owner));
  return {temporary_.Named(std::move(catalog)), std::move(view)};
}

Result SqlSession::Execute(std::shared_ptr<const void> owner, QueryContext context, std::string_view text,
                           std::span<const Value> parameters) {
  const sql::SessionScope scope(this);
  const bool asks = sql::MayAskSession(text);
  if (asks) context.pool = nullptr;
  try {
    Result result = ExecuteNamed(std::move(owner), std::move(context), text, parameters);
    // Others would read it when this connection is no longer the one that runs.
    return asks ? Collected(std::move(result)) : std::move(result);
  } catch (const Error& error) {
    std::string message = error.message(), detail = error.detail(), hint = error.hint();
    const size_t before = message.size() + detail.size() + hint.size();
    for (std::string* text : {&message, &detail, &hint}) temporary_.Shorten(*text);
    if (message.size() + detail.size() + hint.size() == before) throw;
    throw Error(error.code(), std::move(message), std::move(hint))
        .WithDetail(std::move(detail))
        .WithPosition(error.position())
        .WithSqlState(error.sqlstate());
  }
}

Result SqlSession::ExecuteNamed(std::shared_ptr<const void> owner, QueryContext context, std::string_view text,
                                std::span<const Value> parameters) {
  context.changes = this;
  context.statistics = &tenant_.statistics();
  {
    const std::lock_guard lock(mutex_);
    if (const int64_t set = settings_.statement_timeout_ms(); set > 0) context.statement_timeout_ms = set;
    context.ef_search = settings_.ef_search();
  }
  context.end.emplace(context.interrupt, context.statement_timeout_ms);
  Turn turn;
  for (int attempt = 1; !in_transaction(); ++attempt) {
    if (attempt > kHastyAttempts) {
      turn.Take(tenant_, *context.end);
      context.end->Check();
    }
    try {
      std::tie(context.catalog, context.view) = Consistent(owner);
      return ExecuteSql(context, text, parameters);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConflict || attempt == kMaxAttempts || in_transaction()) throw;
    }
  }
  const std::lock_guard lock(mutex_);
  if (transaction_ == nullptr) return ExecuteNamed(std::move(owner), std::move(context), text, parameters);
  // Names resolve as at the beginning, and a failed transaction still has to know its ROLLBACK. Plans are not shared:
  // the catalog may be an older one.
  context.plan_cache = nullptr;
  context.catalog = temporary_.Named(transaction_->catalog());
  context.view = transaction_->View(std::move(owner));
  context.on_failure = [this, begun = begun_] { Fail(begun); };  // The view keeps the session.
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

bool SqlSession::Purge(const Uuid& id) {
  if (in_transaction()) return WithWriter([&](RecordWriter& writer) { return writer.Purge(id); });
  if (HasForeignKeys(*tenant_.catalog())) WithWriter([&](RecordWriter& writer) { return writer.Delete(id); });
  return tenant_.writer().Purge(id);
}

void SqlSession::Begin() {
  const std::lock_guard lock(mutex_);
  if (transaction_ != nullptr) {
    throw Error(ErrorCode::kInTransaction, "there is already a transaction in progress",
                "COMMIT or ROLLBACK it first, or use SAVEPOINT");
  }
  transaction_ = tenant_.Begin();
  ++begun_;
  settings_at_begin_ = settings_at_commit_ = settings_;
  failed_ = false;
  open_.store(true, std::memory_order_release);
}

void SqlSession::Commit() {
  const std::lock_guard lock(mutex_);
  if (transaction_ == nullptr)
    throw Error(ErrorCode::kNoTransaction, "there is no transaction in progress", "BEGIN one");
  const std::unique_ptr<Transaction> ending = std::move(transaction_);
  open_.store(false, std::memory_order_release);
  settings_ = settings_at_begin_;
  try {
    CheckNotFailed();
    temporary_.DropGoing(*ending);
    ending->Commit();
  } catch (...) {
    cursors_.Rollback();
    throw;
  }
  cursors_.Commit();
  settings_ = settings_at_commit_;
}

void SqlSession::Rollback() {
  const std::lock_guard lock(mutex_);
  if (transaction_ == nullptr)
    throw Error(ErrorCode::kNoTransaction, "there is no transaction in progress", "BEGIN one");
  transaction_.reset();
  cursors_.Rollback();
  temporary_.ForgetGoing();
  settings_ = settings_at_begin_;
  failed_ = false;
  open_.store(false, std::memory_order_release);
}

Result SqlSession::Run(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters) {
  {
    const std::lock_guard lock(mutex_);
    if (transaction_ != nullptr && !EndsFailure(change)) CheckNotFailed();
    if (auto* setting = std::get_if<sql::ast::Setting>(&change.body)) {
      if (auto result = RunSetting(*setting)) return std::move(*result);
      return Done();
    }
    if (const auto* maintenance = std::get_if<sql::ast::Maintenance>(&change.body)) {
      RunMaintenance(context, *maintenance);
      return Done();
    }
    if (auto* view = std::get_if<sql::ast::CreateView>(&change.body)) {
      RunCreateView(context, *view, parameters);
      return Done();
    }
    if (RunControl(change) || RunPreparing(change) || RunSequence(change) || RunDefinition(change)) return Done();
    if (auto result = RunCursor(context, change, parameters)) return std::move(*result);
    if (auto* execute = std::get_if<sql::ast::Execute>(&change.body)) return RunExecute(context, *execute, parameters);
    if (auto* create = std::get_if<sql::ast::CreateTableAs>(&change.body))
      return RunCreateTableAs(context, *create, parameters);
    if (auto* locking = std::get_if<sql::ast::LockingSelect>(&change.body))
      return sql::RunLockingSelect(context, std::move(locking->query), parameters, transaction_.get());
    if (transaction_ != nullptr) return RunData(context, change, parameters, *transaction_);
  }
  const std::unique_ptr<Transaction> own = tenant_.Begin();
  QueryContext query = context;
  query.catalog = temporary_.Named(own->catalog());
  query.view = own->View();
  Result result = RunData(query, change, parameters, *own);
  own->Commit();
  return result;
}

namespace {

// The parameters of the statement, and what the changes in its WITH gave.
std::vector<Value> RunChangesOfWith(const sql::ChangeContext& context, sql::ast::Change& change) {
  return std::visit(
      [&](auto& body) -> std::vector<Value> {
        if constexpr (requires { body.with; }) return sql::RunCommons(context, body.with, body.recursive);
        if constexpr (std::is_same_v<std::decay_t<decltype(body)>, sql::ast::ModifyingSelect>)
          return sql::RunCommons(context, body.query->with, body.query->recursive);
        return {context.parameters.begin(), context.parameters.end()};
      },
      change.body);
}

}  // namespace

Result SqlSession::RunData(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters,
                           Transaction& transaction) {
  const int64_t now_micros = context.clock->NowMicros();
  const Transaction::Mark before = transaction.mark();
  const std::vector<Value> values = RunChangesOfWith({context, transaction, parameters, now_micros}, change);
  const sql::ChangeContext changes{context, transaction, values, now_micros};
  const auto run = [&]() -> Result {
    if (auto* select = std::get_if<sql::ast::ModifyingSelect>(&change.body))
      return RunModifyingSelect(changes, *select);
    if (auto* insert = std::get_if<sql::ast::Insert>(&change.body)) return RunInsert(changes, *insert);
    if (auto* update = std::get_if<sql::ast::Update>(&change.body)) return RunUpdate(changes, *update);
    if (auto* del = std::get_if<sql::ast::Delete>(&change.body)) return RunDelete(changes, *del);
    if (auto* copy = std::get_if<sql::ast::Copy>(&change.body)) return RunCopy(changes, *copy);
    if (auto* merge = std::get_if<sql::ast::Merge>(&change.body)) return RunMerge(changes, *merge);
    return RunTruncate(changes, std::get<sql::ast::Truncate>(change.body));
  };
  Result result = run();
  EnforceForeignKeys(transaction, before, *context.view);
  return result;
}

bool SqlSession::RunPreparing(sql::ast::Change& change) {
  if (auto* prepare = std::get_if<sql::ast::Prepare>(&change.body)) {
    const auto [place, is_new] = prepared_.try_emplace(prepare->name);
    if (!is_new) {
      throw Error(ErrorCode::kAlreadyExists, fmt::format("prepared statement \"{}\" already exists", prepare->name),
                  "DEALLOCATE it first")
          .WithSqlState("42P05");
    }
    place->second = {std::move(prepare->types), std::move(prepare->text)};
    return true;
  }
  if (const auto* deallocate = std::get_if<sql::ast::Deallocate>(&change.body)) {
    if (deallocate->name.empty()) {
      prepared_.clear();
    } else if (prepared_.erase(deallocate->name) == 0) {
      ThrowNoPrepared(deallocate->name);
    }
    return true;
  }
  return false;
}

std::optional<Result> SqlSession::RunCursor(const QueryContext& context, sql::ast::Change& change,
                                            std::span<const Value> parameters) {
  if (auto* declare = std::get_if<sql::ast::DeclareCursor>(&change.body)) {
    if (transaction_ == nullptr && !declare->hold)
      throw Error(ErrorCode::kNoTransaction, "DECLARE CURSOR can only be used in transaction blocks",
                  "BEGIN a transaction, or declare it WITH HOLD");
    if (cursors_.Has(declare->name))
      throw Error(ErrorCode::kAlreadyExists, fmt::format("cursor \"{}\" already exists", declare->name),
                  "CLOSE it first")
          .WithSqlState("42P03");
    Result rows = sql::RunSelect(context, std::move(declare->query), parameters, context.clock->NowMicros());
    cursors_.Declare(*declare, std::move(rows), transaction_ != nullptr);
    return Done();
  }
  if (const auto* fetch = std::get_if<sql::ast::FetchCursor>(&change.body)) return cursors_.Fetch(*fetch);
  if (const auto* close = std::get_if<sql::ast::CloseCursor>(&change.body)) {
    cursors_.Close(close->name);
    return Done();
  }
  return std::nullopt;
}

Result SqlSession::RunExecute(const QueryContext& context, sql::ast::Execute& execute,
                              std::span<const Value> parameters) {
  const auto found = prepared_.find(execute.name);
  if (found == prepared_.end()) ThrowNoPrepared(execute.name);
  // A copy: the statement may deallocate itself.
  const PreparedStatement prepared = found->second;
  std::vector<Value> values;
  if (!prepared.types.empty() && prepared.types.size() != execute.arguments.size()) {
    throw Error(ErrorCode::kSyntax,
                fmt::format("wrong number of parameters for prepared statement \"{}\"", execute.name),
                "pass one value for each parameter")
        .WithDetail(fmt::format("Expected {} parameters but got {}.", prepared.types.size(), execute.arguments.size()));
  }
  if (!execute.arguments.empty()) {
    auto select = std::make_unique<sql::ast::Select>();
    select->values_of = "EXECUTE parameters";
    for (size_t i = 0; i < execute.arguments.size(); ++i) {
      sql::ast::ExprPtr argument = std::move(execute.arguments[i]);
      if (!prepared.types.empty()) {
        auto cast = std::make_unique<sql::ast::Expr>();
        cast->kind = sql::ast::ExprKind::kCast;
        cast->position = argument->position;
        cast->type = std::make_unique<sql::ast::TypeName>(prepared.types[i]);
        cast->arguments.push_back(std::move(argument));
        argument = std::move(cast);
      }
      select->items.push_back({std::move(argument), std::nullopt});
    }
    Result result = sql::RunSelect(context, std::move(select), parameters, context.clock->NowMicros());
    REM_CHECK(result.Next());
    for (size_t i = 0; i < result.columns().size(); ++i) values.push_back(result.Get(i));
  }
  return ExecuteSql(context, prepared.text, values);
}

std::optional<Result> SqlSession::RunSetting(const sql::ast::Setting& setting) {
  using enum sql::ast::SettingVerb;
  sql::Settings changed = settings_;
  switch (setting.verb) {
    case kShow:
      return sql::ShowSetting(settings_, setting.name);
    case kSet:
      changed.Set(setting.name, setting.value);
      break;
    case kReset:
      changed.Reset(setting.name);
      break;
    case kDiscard:
      if (transaction_ != nullptr)
        throw Error(ErrorCode::kInTransaction, "DISCARD ALL cannot run inside a transaction block", "COMMIT first");
      prepared_.clear();
      cursors_.Close("");
      changed.ResetAll();
      break;
    case kResetAll:
      changed.ResetAll();
      break;
  }
  // Outside a transaction, SET LOCAL lasts for its own statement only.
  if (setting.local && transaction_ == nullptr) return std::nullopt;
  settings_ = changed;
  if (setting.local) return std::nullopt;
  if (setting.verb == kSet) {
    settings_at_commit_.Set(setting.name, setting.value);
  } else {
    settings_at_commit_ = changed;
  }
  return std::nullopt;
}

void SqlSession::RunMaintenance(const QueryContext& context, const sql::ast::Maintenance& maintenance) {
  if (maintenance.vacuum && transaction_ != nullptr)
    throw Error(ErrorCode::kInTransaction, "VACUUM cannot run inside a transaction block", "COMMIT first");
  std::vector<TablePtr> tables;
  for (const sql::ast::Maintenance::Target& target : maintenance.targets) {
    tables.push_back(sql::FindTable(*context.catalog, target.table));
    for (const std::string& column : target.columns) {
      if (tables.back()->FindColumn(column) != nullptr) continue;
      throw Error(ErrorCode::kColumnNotFound,
                  fmt::format("column \"{}\" of relation \"{}\" does not exist", column, tables.back()->name()),
                  "name columns of the table, or none, which samples all of them");
    }
  }
  if (tables.empty()) tables = context.catalog->tables();
  if (maintenance.analyze) {
    for (const TablePtr& table : tables) sql::AnalyseTable(*table, *context.view, tenant_.statistics());
    tenant_.SaveStatistics();
    if (context.plan_cache != nullptr) context.plan_cache->Clear();
  }
  if (maintenance.vacuum) tenant_.Compact();
}

Result SqlSession::RunCreateTableAs(const QueryContext& context, sql::ast::CreateTableAs& create,
                                    std::span<const Value> parameters) {
  Place(create.table, create.lifetime);
  if (create.if_not_exists && context.catalog->Find(create.table.name) != nullptr) return Done();
  Result rows = sql::RunSelect(context, std::move(create.query), parameters, context.clock->NowMicros());
  sql::ast::CreateTable table = sql::TableOfResult(create, rows.columns());
  sql::SchemaOf(table, *context.catalog);  // Before the first row: refuses columns that cannot be.
  const std::vector<Document> records = create.with_data ? sql::RecordsOfResult(table, rows) : std::vector<Document>();
  sql::NamedDefinitions target = definitions();
  sql::RunCreateTable(target, table);
  if (transaction_ != nullptr) {
    transaction_->writer().Insert(table.table.name, records, {});
    return sql::MakeRowsResult({}, {}, static_cast<int64_t>(records.size()));
  }
  try {
    const std::unique_ptr<Transaction> own = tenant_.Begin();
    own->writer().Insert(table.table.name, records, {});
    own->Commit();
  } catch (...) {
    tenant_.DropTable(table.table.name);
    throw;
  }
  temporary_.DropGoing(tenant_);
  return sql::MakeRowsResult({}, {}, static_cast<int64_t>(records.size()));
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
      cursors_.Savepoint(control->savepoint);
      break;
    case kRelease:
      transaction_->Release(control->savepoint);
      cursors_.Release(control->savepoint);
      break;
    case kRollbackTo:
      transaction_->RollbackToSavepoint(control->savepoint);
      cursors_.RollbackTo(control->savepoint);
      failed_ = false;
      break;
  }
  return true;
}

void SqlSession::Place(sql::ast::TableName& name, const sql::ast::Lifetime& lifetime) {
  if (!lifetime.temporary) return;
  name.name = temporary_.NameOf(name.name);
  // Outside a transaction the statement is one, and the table is gone at once: nobody can see it.
  if (lifetime.drop_on_commit) temporary_.DropOnCommit(name.name);
}

bool SqlSession::RunSequence(sql::ast::Change& change) {
  if (auto* create = std::get_if<sql::ast::CreateSequence>(&change.body)) {
    Place(create->name, {create->temporary, false});
    sql::NamedDefinitions target = definitions();
    sql::RunCreateSequence(target, *create);
    return true;
  }
  const auto* restart = std::get_if<sql::ast::RestartSequence>(&change.body);
  if (restart == nullptr) return false;
  const sql::SessionSequences::Place place = SequencePlace();
  if (!restart->if_exists || place.catalog->Find(restart->name.name) != nullptr)
    sequences_.Restart(place, restart->name.name, restart->value);
  return true;
}

void SqlSession::RunCreateView(const QueryContext& context, sql::ast::CreateView& view,
                               std::span<const Value> parameters) {
  std::set<std::string> names;
  sql::ast::CollectTables(*view.query, names);
  for (const std::string& name : names) {
    const TablePtr table = context.catalog->Find(name);
    // As in PostgreSQL, a view of what goes with the connection goes with it too.
    if (table != nullptr) view.temporary |= context.catalog->IsTemporary(*table);
  }
  Place(view.view, {view.temporary, false});
  sql::NamedDefinitions target = definitions();
  sql::RunCreateView(context, target, view, parameters);
}

namespace {

bool AddsReferences(const sql::ast::AlterTable& alter) {
  return std::ranges::any_of(alter.actions, [](const sql::ast::AlterAction& action) {
    return std::ranges::any_of(action.constraints, [](const sql::ast::Constraint& constraint) {
      return constraint.kind == sql::ast::ConstraintKind::kForeignKey;
    });
  });
}

}  // namespace

// In a transaction of its own, which relies on the records that are referred to until it commits.
void SqlSession::RunAlterReferences(sql::ast::AlterTable& alter) {
  const std::unique_ptr<Transaction> own = transaction_ == nullptr ? tenant_.Begin() : nullptr;
  Transaction& transaction = own != nullptr ? *own : *transaction_;
  sql::NamedDefinitions target(transaction, temporary_);
  sql::RunAlterTable(target, alter);
  if (const TablePtr table = target.catalog()->Find(alter.table.name)) CheckForeignKeysOf(transaction, *table);
  if (own != nullptr) own->Commit();
}

bool SqlSession::RunDefinition(sql::ast::Change& change) {
  using namespace sql;
  const bool definition = std::visit(
      [](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        return std::is_same_v<Body, ast::CreateTable> || std::is_same_v<Body, ast::DropTables> ||
               std::is_same_v<Body, ast::AlterTable> || std::is_same_v<Body, ast::CreateIndex> ||
               std::is_same_v<Body, ast::DropIndexes> || std::is_same_v<Body, ast::Comment>;
      },
      change.body);
  if (!definition) return false;
  if (auto* create = std::get_if<ast::CreateTable>(&change.body)) Place(create->table, create->lifetime);
  if (auto* alter = std::get_if<ast::AlterTable>(&change.body); alter != nullptr && AddsReferences(*alter)) {
    RunAlterReferences(*alter);
    return true;
  }
  NamedDefinitions target = definitions();
  if (auto* create = std::get_if<ast::CreateTable>(&change.body)) RunCreateTable(target, *create);
  if (auto* drop = std::get_if<ast::DropTables>(&change.body)) RunDropTables(target, *drop);
  if (auto* alter = std::get_if<ast::AlterTable>(&change.body)) RunAlterTable(target, *alter);
  if (auto* index = std::get_if<ast::CreateIndex>(&change.body)) RunCreateIndex(target, *index);
  if (auto* drop = std::get_if<ast::DropIndexes>(&change.body)) RunDropIndexes(target, *drop);
  if (auto* comment = std::get_if<ast::Comment>(&change.body)) RunComment(target, *comment);
  if (transaction_ == nullptr) temporary_.DropGoing(tenant_);
  return true;
}

}  // namespace rem
