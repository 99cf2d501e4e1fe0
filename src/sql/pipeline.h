#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>
#include <rem/result.h>
#include <rem/value.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "catalog/tenant_catalog.h"
#include "store/read_view.h"

namespace rem {

class ChangeRunner;
class StatisticsCache;
class ThreadPool;

namespace sql {
class PlanCache;
namespace ast {
struct Change;
}
}  // namespace sql

/// What a query reads and how it may run.
struct QueryContext {
  CatalogPtr catalog;
  std::shared_ptr<const ReadView> view;
  /// Plans of earlier statements of the same tenant; may be absent.
  std::shared_ptr<sql::PlanCache> plan_cache;
  /// What is known about the tables, for the planner; absent: every statement takes its own samples.
  StatisticsCache* statistics = nullptr;
  /// Runs the statements that are no queries; without it they are refused.
  ChangeRunner* changes = nullptr;
  Clock* clock = &SystemClock();
  size_t batch_rows = 2048;
  /// For all that the operators of one statement keep.
  size_t memory_limit_bytes = size_t{1} << 30;
  /// Threads of one statement, the caller's among them; the others come from `pool`, which may be absent.
  size_t threads = 1;
  ThreadPool* pool = nullptr;
  /// Rows of a table that are worth a thread; 0: the engine's choice.
  size_t rows_per_thread = 0;
  /// Ends the statement from elsewhere; may be absent.
  std::shared_ptr<const Interrupt> interrupt;
  /// Counts from where the statement began; without it, from where its execution begins.
  std::optional<StatementEnd> end;
  /// 0: none.
  int64_t statement_timeout_ms = 0;
  /// How many nodes a walk over a vector index keeps in sight; 0: the default.
  size_t ef_search = 0;
  /// Called when the rows of a query cannot be computed to their end; may be absent.
  std::function<void()> on_failure;
  /// Off: no rule and no index is used. For tests: answers must not change.
  bool optimise = true;
  /// A double-quoted name that is no column is a text literal.
  bool quoted_names_as_text = true;
};

/// What INSERT, CREATE TABLE, BEGIN and the like are handed to. Running one may use it up.
class ChangeRunner {
 public:
  virtual ~ChangeRunner() = default;
  virtual Result Run(const QueryContext& context, sql::ast::Change& change, std::span<const Value> parameters) = 0;
};

/// Holds up to a fixed number of plans, each for one statement text, parameter types and catalog version. Thread-safe.
std::shared_ptr<sql::PlanCache> NewPlanCache(size_t plans = 256);

/// Runs one statement; rows are computed as the result is read. Errors have SQL positions.
Result ExecuteSql(const QueryContext& context, std::string_view text, std::span<const Value> parameters = {});

/// The plan of a SELECT (or of the statement after EXPLAIN) as indented text.
std::string ExplainSql(const QueryContext& context, std::string_view text, std::span<const Value> parameters = {});

/// Row ids of the live records that a QuerySpec (rem/database.h) selects, in its order. Uses indexes as SQL does.
std::vector<RowId> ExecuteQuerySpec(const QueryContext& context, std::string_view table, const DocumentView& spec);
std::string ExplainQuerySpec(const QueryContext& context, std::string_view table, const DocumentView& spec);

}  // namespace rem
