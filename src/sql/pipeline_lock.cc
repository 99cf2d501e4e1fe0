#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "catalog/view.h"
#include "sql/binder/system_relation.h"
#include "sql/executor/rows_result.h"
#include "sql/parser/ast_names.h"
#include "sql/pipeline_change.h"
#include "sql/plan/aggregate_function.h"
#include "storage/row_codec.h"

namespace rem::sql {
namespace {

[[noreturn]] void NotAllowed(const ast::Locking& lock, std::string_view with) {
  throw Error(ErrorCode::kNotSupported, fmt::format("{} is not allowed with {}", lock.strength, with),
              "lock the rows in a query of their own")
      .WithPosition(lock.position);
}

void CheckItem(const ast::Locking& lock, const ast::Expr& expr) {
  if (expr.kind == ast::ExprKind::kFunction) {
    if (expr.call != nullptr && expr.call->over != nullptr) NotAllowed(lock, "window functions");
    if (expr.parts.size() == 1 && !FindAggregates(expr.parts[0].text).empty()) NotAllowed(lock, "aggregate functions");
  }
  for (const ast::ExprPtr& argument : expr.arguments) {
    if (argument != nullptr) CheckItem(lock, *argument);
  }
}

/// The tables of FROM whose rows are locked, by the names that they have there.
class LockedTables {
 public:
  LockedTables(const ast::Select& select, const CatalogSnapshot& catalog) : catalog_(catalog) {
    for (const ast::CommonTable& common : select.with) commons_.insert(common.name);
    for (const ast::Locking& lock : select.locks) {
      lock_ = &lock;
      found_.clear();
      for (const ast::SelectItem& item : select.items) CheckItem(lock, *item.expr);
      for (const ast::FromPtr& item : select.from) Add(*item, false);
      for (const std::string& name : lock.of) {
        if (found_.contains(name)) continue;
        throw Error(ErrorCode::kTableNotFound,
                    fmt::format("relation \"{}\" in {} clause not found in FROM clause", name, lock.strength),
                    "name a table as FROM does")
            .WithPosition(lock.position);
      }
    }
  }

  const std::set<std::string>& names() const { return names_; }
  /// Set where rows are locked that no id of this query tells: those of a view or a subquery.
  bool hidden() const { return hidden_; }

 private:
  void Add(const ast::FromItem& item, bool nullable) {
    if (item.kind == ast::FromKind::kJoin) {
      using enum ast::JoinKind;
      Add(*item.left, nullable || item.join == kRight || item.join == kFull);
      Add(*item.right, nullable || item.join == kLeft || item.join == kFull);
      return;
    }
    const std::string& alias = item.kind == ast::FromKind::kTable ? item.table.alias : item.alias;
    found_.insert(alias);
    if (!lock_->of.empty() && std::ranges::find(lock_->of, alias) == lock_->of.end()) return;
    if (item.kind == ast::FromKind::kFunction) return;
    if (nullable) {
      throw Error(ErrorCode::kNotSupported,
                  fmt::format("{} cannot be applied to the nullable side of an outer join", lock_->strength),
                  "name the other table: FOR UPDATE OF t")
          .WithPosition(lock_->position);
    }
    const bool plain =
        item.kind == ast::FromKind::kTable && !commons_.contains(item.table.name) && !IsView(item.table.name);
    // VALUES, and what the catalog answers, have no rows to lock.
    const bool none = (item.kind == ast::FromKind::kSubquery && !item.subquery->values.empty()) ||
                      (item.kind == ast::FromKind::kTable && FindSystemRelation(item.table.name) != nullptr);
    if (plain && !none) {
      names_.insert(alias);
    } else if (!none) {
      hidden_ = true;
    }
  }

  bool IsView(const std::string& name) const {
    const TablePtr table = catalog_.Find(name);
    return table != nullptr && ViewQueryOf(*table).has_value();
  }

  const CatalogSnapshot& catalog_;
  const ast::Locking* lock_ = nullptr;
  std::set<std::string> commons_, found_, names_;
  bool hidden_ = false;
};

void RelyOn(Transaction& transaction, const QueryContext& context, const Uuid& id) {
  const auto place = context.view->FindId(id);
  if (!place) return;
  const TablePtr table = context.catalog->FindById(place->first);
  std::string bytes;
  if (table == nullptr || !context.view->GetRow(*table, place->second, bytes)) return;
  transaction.RelyOn({place->first, place->second, id, RowView(bytes, nullptr).sequence()});
}

}  // namespace

// Under snapshot isolation a lock is a promise about the commit: that nobody else changed the row meanwhile. So the
// locked rows are read with their ids, and the transaction relies on them as it does on rows that foreign keys name.
Result RunLockingSelect(const QueryContext& context, ast::SelectPtr select, std::span<const Value> parameters,
                        Transaction* transaction) {
  const int64_t now_micros = context.clock->NowMicros();
  const LockedTables locked(*select, *context.catalog);
  select->locks.clear();
  // A statement by itself reads one moment, and holds nothing when it ends.
  if (transaction == nullptr) return RunSelect(context, std::move(select), parameters, now_micros);
  if (locked.hidden()) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: locking rows of a view or subquery in a transaction",
                "lock the rows of its table")
        .WithPosition(select->position);
  }
  for (const std::string& name : locked.names())
    select->items.push_back({ColumnExpr(name, kRecordIdName), std::nullopt});
  Result result = RunSelect(context, std::move(select), parameters, now_micros);
  const size_t width = result.columns().size() - locked.names().size();
  std::vector<ResultColumn> columns(result.columns().begin(), result.columns().begin() + static_cast<long>(width));
  std::vector<std::vector<Value>> rows;
  while (result.Next()) {
    std::vector<Value>& row = rows.emplace_back();
    for (size_t i = 0; i < width; ++i) row.push_back(result.Get(i));
    for (size_t i = width; i < width + locked.names().size(); ++i) {
      const Value id = result.Get(i);
      if (!id.IsNull()) RelyOn(*transaction, context, id.AsUuid());
    }
  }
  return MakeRowsResult(std::move(columns), rows, -1);
}

}  // namespace rem::sql
