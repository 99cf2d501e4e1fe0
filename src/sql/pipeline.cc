#include "sql/pipeline.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/binder.h"
#include "sql/binder/spec_binder.h"
#include "sql/executor/operator.h"
#include "sql/executor/result_source.h"
#include "sql/executor/rows_result.h"
#include "sql/executor/statement_state.h"
#include "sql/parser/ast_modify.h"
#include "sql/parser/normalise.h"
#include "sql/parser/parser.h"
#include "sql/pipeline_change.h"
#include "sql/pipeline_explain.h"
#include "sql/plan/plan_parameters.h"
#include "sql/plan/plan_profile.h"
#include "sql/plan/query_vector.h"
#include "sql/plan_cache.h"
#include "sql/planner/planner.h"
#include "types/cast.h"

namespace rem {

namespace {

using sql::ExecContext;
using sql::PhysicalPlan;

struct PlannedStatement {
  std::shared_ptr<const PhysicalPlan> plan;
  std::optional<sql::ast::Explain> explain;
  /// Set for a statement that is no query; then there is no plan.
  std::shared_ptr<sql::ast::Change> change;
  /// Set where literals of the text became parameters of the plan.
  std::shared_ptr<const sql::NormalisedText> normalised;
  /// Set for a plan of the plan cache.
  std::shared_ptr<sql::SpareRun> spare;
};

sql::CachedPlan MakeCached(const QueryContext& context, std::shared_ptr<const PhysicalPlan> plan) {
  std::vector<sql::PlannedScan> scans = sql::DecidingScans(*plan, *context.view);
  return {std::move(plan), {}, std::make_shared<sql::SpareRun>(), std::move(scans)};
}

PlannedStatement Planned(const sql::CachedPlan& cached) {
  PlannedStatement planned{cached.plan};
  planned.spare = cached.spare;
  return planned;
}

sql::BinderOptions BinderOptionsOf(const QueryContext& context) {
  return {context.quoted_names_as_text, &sql::ParseViewQuery};
}

std::shared_ptr<const PhysicalPlan> Plan(const QueryContext& context, sql::LogicalPlan logical,
                                         std::span<const Value> parameters, int64_t now_micros, bool explain = false) {
  // Vectors of texts are made when the query runs; nothing is estimated from them.
  std::vector<Value> values(parameters.begin(), parameters.end());
  values.resize(values.size() + logical.query_vectors.size());
  const sql::FixedValues fixed{values, now_micros};
  const sql::PlannerContext planner{*context.view,
                                    context.optimise,
                                    [&](const sql::Expr& expr) { return sql::EvaluateFixed(expr, fixed); },
                                    context.catalog->version(),
                                    context.statistics,
                                    explain};
  return std::make_shared<const PhysicalPlan>(sql::PlanQuery(std::move(logical), planner));
}

// The values of literals that were taken out, each of the type that its place in the plan asks for. False for a text
// that is none of that type: then the statement as it was written says what is wrong with it.
bool GiveTypes(std::vector<Value>& literals, const std::vector<LogicalType>& types) {
  try {
    for (size_t i = 0; i < literals.size(); ++i) {
      if (literals[i].type() != types[i]) literals[i] = CastValue(literals[i], types[i]);
    }
  } catch (const Error&) {
    return false;
  }
  return true;
}

// A plan that serves the statement with other literals too; none where the literals matter to the plan.
PlannedStatement PlanNormalised(const QueryContext& context, sql::NormalisedText& text, int64_t now_micros) {
  const std::string key = sql::PlanCache::KeyOf(text.text, text.literals, context.optimise, true);
  if (const auto cached = context.plan_cache->Find(key, context.catalog->version(), context.view.get()))
    return GiveTypes(text.literals, cached->literal_types) ? Planned(*cached) : PlannedStatement{};
  try {
    const sql::ast::Statement statement = sql::ParseStatement(text.text);
    sql::LogicalPlan logical = sql::BindStatement(statement, *context.catalog, text.literals, BinderOptionsOf(context));
    auto plan = Plan(context, std::move(logical), text.literals, now_micros);
    sql::CachedPlan made = MakeCached(context, plan);
    for (const auto type : sql::ParameterTypes(*plan, text.literals.size())) {
      if (!type) return {};
      made.literal_types.push_back(*type);
    }
    if (plan->depends_on_values || !GiveTypes(text.literals, made.literal_types)) return {};
    PlannedStatement planned = Planned(made);
    context.plan_cache->Add(key, std::move(made));
    return planned;
  } catch (const Error&) {
    return {};  // The original says it with its own words and positions.
  }
}

PlannedStatement PlanStatement(const QueryContext& context, std::string_view text, std::span<const Value> parameters,
                               int64_t now_micros) {
  std::string key;
  if (context.plan_cache != nullptr) {
    key = sql::PlanCache::KeyOf(text, parameters, context.optimise, false);
    if (const auto cached = context.plan_cache->Find(key, context.catalog->version(), context.view.get()))
      return Planned(*cached);
    if (parameters.empty()) {
      sql::NormalisedText normalised = sql::NormaliseLiterals(text);
      if (!normalised.literals.empty()) {
        PlannedStatement planned = PlanNormalised(context, normalised, now_micros);
        if (planned.plan != nullptr) {
          planned.normalised = std::make_shared<const sql::NormalisedText>(std::move(normalised));
          return planned;
        }
      }
    }
  }
  const sql::ast::Statement statement = sql::ParseStatement(text);
  if (const auto* change = std::get_if<std::shared_ptr<sql::ast::Change>>(&statement.body)) {
    // The parameters of a statement that is prepared come when it is executed.
    const bool prepare = std::holds_alternative<sql::ast::Prepare>((*change)->body);
    if (!prepare && static_cast<size_t>(statement.parameter_count) != parameters.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("statement has {} parameters, {} values were passed", statement.parameter_count,
                              parameters.size()),
                  "pass one value for each parameter");
    }
    return {nullptr, statement.explain, *change, nullptr};
  }
  sql::LogicalPlan logical = sql::BindStatement(statement, *context.catalog, parameters, BinderOptionsOf(context));
  const bool explain = statement.explain.has_value();
  PlannedStatement planned{Plan(context, std::move(logical), parameters, now_micros, explain), statement.explain,
                           nullptr, nullptr};
  if (context.plan_cache != nullptr && !planned.explain && !planned.plan->depends_on_values) {
    sql::CachedPlan made = MakeCached(context, planned.plan);
    planned.spare = made.spare;
    context.plan_cache->Add(key, std::move(made));
  }
  return planned;
}

void Fill(ExecContext& exec, const QueryContext& context, std::shared_ptr<const PhysicalPlan> plan,
          std::span<const Value> parameters, int64_t now_micros) {
  exec.view = context.view;
  exec.plan = std::move(plan);
  exec.parameters.assign(parameters.begin(), parameters.end());
  exec.now_micros = now_micros;
  exec.statement = std::make_shared<sql::StatementState>(
      context.memory_limit_bytes,
      context.end ? *context.end : StatementEnd(context.interrupt, context.statement_timeout_ms));
  exec.batch_rows = std::max<size_t>(context.batch_rows, 1);
  exec.threads = context.threads;
  exec.pool = context.pool;
  exec.ef_search = context.ef_search;
  exec.rows_per_lane = context.rows_per_thread > 0 ? context.rows_per_thread : sql::kRowsPerLane;
}

// Takes the operators that an earlier execution of the plan has left, if they would be built alike. Errors of the
// execution, also those of its beginning, go through the source.
Result MakeResult(const QueryContext& context, std::shared_ptr<const PhysicalPlan> plan,
                  std::shared_ptr<sql::SpareRun> spare, std::span<const Value> parameters, int64_t now_micros,
                  Result::Source::PositionMap original_position = nullptr) {
  std::unique_ptr<Result::Source> source = spare == nullptr ? nullptr : spare->Take();
  if (source != nullptr && (source->context().threads != context.threads || source->context().pool != context.pool))
    source = nullptr;
  if (source == nullptr) source = std::make_unique<Result::Source>(*plan);
  Fill(source->context(), context, std::move(plan), parameters, now_micros);
  source->Start(std::move(original_position), context.on_failure, std::move(spare));
  return Result(std::move(source));
}

double MillisecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

Result ShownText(const std::string& text) {
  std::vector<std::vector<Value>> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back({Value(text.substr(begin, end - begin))});
    begin = end + 1;
  }
  return sql::MakeRowsResult({{"QUERY PLAN", LogicalType::kText}}, lines, -1);
}

// EXPLAIN; with ANALYZE the query runs to its end, and its rows are counted instead of shown.
Result Explain(const QueryContext& context, const PlannedStatement& planned, std::span<const Value> parameters,
               int64_t now_micros, double planning_ms) {
  const auto exec = std::make_unique<ExecContext>();
  Fill(*exec, context, planned.plan, parameters, now_micros);
  sql::ResolveQueryVectors(*planned.plan, exec->parameters);
  const sql::PlanProfile* profile = nullptr;
  sql::StatementTimes times{planning_ms, 0};
  if (planned.explain->analyze) {
    exec->statement->profile = std::make_unique<sql::PlanProfile>(*planned.plan);
    profile = exec->statement->profile.get();
    const auto begin = std::chrono::steady_clock::now();
    const sql::OperatorPtr root = sql::BuildOperators(*exec, *planned.plan->root);
    while (root->Next() != nullptr) {
    }
    times.execution = MillisecondsSince(begin);
  }
  if (planned.explain->format == sql::ast::ExplainFormat::kJson) {
    const Document json = Document::FromJson(sql::FormatPlanAsJson(*planned.plan, profile, times));
    return sql::MakeRowsResult({{"QUERY PLAN", LogicalType::kJson}}, {{Value(json)}}, -1);
  }
  return ShownText(sql::FormatPlan(*planned.plan, profile, times));
}

std::shared_ptr<const PhysicalPlan> PlanSpec(const QueryContext& context, std::string_view table,
                                             const DocumentView& spec, int64_t now_micros) {
  return Plan(context, sql::BindQuerySpec(*context.catalog, table, spec), {}, now_micros);
}

}  // namespace

std::shared_ptr<const PhysicalPlan> sql::PlanSelect(const QueryContext& context, ast::SelectPtr select,
                                                    std::span<const Value> parameters, int64_t now_micros) {
  ast::Statement statement;
  statement.body = std::move(select);
  statement.parameter_count = static_cast<int>(parameters.size());
  LogicalPlan logical = BindStatement(statement, *context.catalog, parameters, BinderOptionsOf(context));
  return Plan(context, std::move(logical), parameters, now_micros);
}

Result sql::RunPlan(const QueryContext& context, const std::shared_ptr<const PhysicalPlan>& plan,
                    std::span<const Value> parameters, int64_t now_micros) {
  return MakeResult(context, plan, nullptr, parameters, now_micros);
}

Result sql::RunSelect(const QueryContext& context, ast::SelectPtr select, std::span<const Value> parameters,
                      int64_t now_micros) {
  return RunPlan(context, PlanSelect(context, std::move(select), parameters, now_micros), parameters, now_micros);
}

std::shared_ptr<sql::PlanCache> NewPlanCache(size_t plans) { return std::make_shared<sql::PlanCache>(plans); }

Result ExecuteSql(const QueryContext& context, std::string_view text, std::span<const Value> parameters) {
  const auto begin = std::chrono::steady_clock::now();
  const int64_t now_micros = context.clock->NowMicros();
  const PlannedStatement planned = PlanStatement(context, text, parameters, now_micros);
  if (context.end) context.end->Check();
  if (planned.change != nullptr && planned.explain)
    return ShownText(sql::ExplainChange(context, *planned.change, parameters, now_micros));
  if (planned.change != nullptr) {
    if (context.changes == nullptr)
      throw Error(ErrorCode::kPermission, "this statement changes data, and only queries can run here",
                  "run it with Session::Sql");
    return context.changes->Run(context, *planned.change, parameters);
  }
  if (planned.normalised != nullptr)
    return MakeResult(context, planned.plan, planned.spare, planned.normalised->literals, now_micros,
                      [text = planned.normalised](int position) { return text->OriginalPosition(position); });
  if (planned.explain) return Explain(context, planned, parameters, now_micros, MillisecondsSince(begin));
  return MakeResult(context, planned.plan, planned.spare, parameters, now_micros);
}

std::string ExplainSql(const QueryContext& context, std::string_view text, std::span<const Value> parameters) {
  // A plan of the cache may have parameters in the place of literals.
  QueryContext fresh = context;
  fresh.plan_cache = nullptr;
  const PlannedStatement planned = PlanStatement(fresh, text, parameters, context.clock->NowMicros());
  if (planned.change != nullptr)
    return sql::ExplainChange(fresh, *planned.change, parameters, context.clock->NowMicros());
  return sql::FormatPlan(*planned.plan);
}

std::vector<RowId> ExecuteQuerySpec(const QueryContext& context, std::string_view table, const DocumentView& spec) {
  const int64_t now_micros = context.clock->NowMicros();
  Result result = MakeResult(context, PlanSpec(context, table, spec, now_micros), nullptr, {}, now_micros);
  std::vector<RowId> rows;
  while (result.Next()) rows.push_back(static_cast<RowId>(result.GetInt(0)));
  return rows;
}

std::string ExplainQuerySpec(const QueryContext& context, std::string_view table, const DocumentView& spec) {
  return sql::FormatPlan(*PlanSpec(context, table, spec, context.clock->NowMicros()));
}

}  // namespace rem
