#include "sql/pipeline.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/binder.h"
#include "sql/binder/spec_binder.h"
#include "sql/executor/operator.h"
#include "sql/executor/result_source.h"
#include "sql/executor/statement_state.h"
#include "sql/parser/normalise.h"
#include "sql/parser/parser.h"
#include "sql/pipeline_change.h"
#include "sql/plan/plan_parameters.h"
#include "sql/plan_cache.h"
#include "sql/planner/planner.h"
#include "types/cast.h"

namespace rem {

namespace {

using sql::ExecContext;
using sql::PhysicalPlan;

struct PlannedStatement {
  std::shared_ptr<const PhysicalPlan> plan;
  bool explain = false;
  /// Set for a statement that is no query; then there is no plan.
  std::shared_ptr<sql::ast::Change> change;
  /// Set where literals of the text became parameters of the plan.
  std::shared_ptr<const sql::NormalisedText> normalised;
};

std::shared_ptr<const PhysicalPlan> Plan(const QueryContext& context, sql::LogicalPlan logical,
                                         std::span<const Value> parameters, int64_t now_micros) {
  const sql::FixedValues fixed{parameters, now_micros};
  const sql::PlannerContext planner{*context.view, context.optimise,
                                    [&](const sql::Expr& expr) { return sql::EvaluateFixed(expr, fixed); },
                                    context.catalog->version()};
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
  if (const auto cached = context.plan_cache->Find(key, context.catalog->version()))
    return GiveTypes(text.literals, cached->literal_types) ? PlannedStatement{cached->plan} : PlannedStatement{};
  try {
    const sql::ast::Statement statement = sql::ParseStatement(text.text);
    sql::LogicalPlan logical =
        sql::BindStatement(statement, *context.catalog, text.literals, {context.quoted_names_as_text});
    auto plan = Plan(context, std::move(logical), text.literals, now_micros);
    sql::CachedPlan made{plan, {}};
    for (const auto type : sql::ParameterTypes(*plan, text.literals.size())) {
      if (!type) return {};
      made.literal_types.push_back(*type);
    }
    if (plan->depends_on_values || !GiveTypes(text.literals, made.literal_types)) return {};
    context.plan_cache->Add(key, std::move(made));
    return {std::move(plan)};
  } catch (const Error&) {
    return {};  // The original says it with its own words and positions.
  }
}

PlannedStatement PlanStatement(const QueryContext& context, std::string_view text, std::span<const Value> parameters,
                               int64_t now_micros) {
  std::string key;
  if (context.plan_cache != nullptr) {
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
    key = sql::PlanCache::KeyOf(text, parameters, context.optimise, false);
    if (const auto cached = context.plan_cache->Find(key, context.catalog->version())) return {cached->plan};
  }
  const sql::ast::Statement statement = sql::ParseStatement(text);
  if (const auto* change = std::get_if<std::shared_ptr<sql::ast::Change>>(&statement.body)) {
    if (static_cast<size_t>(statement.parameter_count) != parameters.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("statement has {} parameters, {} values were passed", statement.parameter_count,
                              parameters.size()),
                  "pass one value for each parameter");
    }
    return {nullptr, false, *change, nullptr};
  }
  if (statement.explain && (statement.explain->analyze || statement.explain->format == sql::ast::ExplainFormat::kJson))
    throw Error(ErrorCode::kNotSupported, "not supported yet: EXPLAIN ANALYZE and EXPLAIN FORMAT JSON",
                "write EXPLAIN SELECT ...");
  sql::LogicalPlan logical =
      sql::BindStatement(statement, *context.catalog, parameters, {context.quoted_names_as_text});
  PlannedStatement planned{Plan(context, std::move(logical), parameters, now_micros), statement.explain.has_value(),
                           nullptr, nullptr};
  if (context.plan_cache != nullptr && !planned.explain && !planned.plan->depends_on_values)
    context.plan_cache->Add(key, {planned.plan, {}});
  return planned;
}

std::unique_ptr<ExecContext> MakeContext(const QueryContext& context, std::shared_ptr<const PhysicalPlan> plan,
                                         std::span<const Value> parameters, int64_t now_micros) {
  auto exec = std::make_unique<ExecContext>();
  exec->view = context.view;
  exec->plan = std::move(plan);
  exec->parameters.assign(parameters.begin(), parameters.end());
  exec->now_micros = now_micros;
  exec->statement = std::make_shared<sql::StatementState>();
  exec->batch_rows = std::max<size_t>(context.batch_rows, 1);
  exec->memory_limit_bytes = context.memory_limit_bytes;
  return exec;
}

Result MakeResult(const QueryContext& context, std::shared_ptr<const PhysicalPlan> plan,
                  std::span<const Value> parameters, int64_t now_micros,
                  Result::Source::PositionMap original_position = nullptr) {
  std::vector<ResultColumn> columns;
  std::vector<size_t> output;
  for (const sql::OutputColumn& column : plan->output) {
    columns.push_back({column.name, plan->columns[column.column].type});
    const auto place = std::ranges::find(plan->root->layout, column.column);
    REM_CHECK(place != plan->root->layout.end());
    output.push_back(static_cast<size_t>(place - plan->root->layout.begin()));
  }
  std::unique_ptr<const ExecContext> exec = MakeContext(context, plan, parameters, now_micros);
  // Operators are built by the source, so that all errors of the execution go through it.
  return Result(std::make_unique<Result::Source>(std::move(columns), std::move(exec), *plan->root, std::move(output),
                                                 std::move(original_position)));
}

/// Rows of a text that is there already.
class TextLines : public sql::Operator {
 public:
  explicit TextLines(std::string_view text) {
    std::vector<std::string_view> lines;
    for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      lines.push_back(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    column_.Reset(lines.size());
    for (size_t i = 0; i < lines.size(); ++i) column_.Set(i, Value(lines[i]));
    batch_.columns = {&column_};
    batch_.rows = lines.size();
  }
  ColumnBatch* Next() override { return std::exchange(done_, true) ? nullptr : &batch_; }

 private:
  Column column_{LogicalType::kText};
  ColumnBatch batch_;
  bool done_ = false;
};

std::shared_ptr<const PhysicalPlan> PlanSpec(const QueryContext& context, std::string_view table,
                                             const DocumentView& spec, int64_t now_micros) {
  return Plan(context, sql::BindQuerySpec(*context.catalog, table, spec), {}, now_micros);
}

}  // namespace

Result sql::RunSelect(const QueryContext& context, ast::SelectPtr select, std::span<const Value> parameters,
                      int64_t now_micros) {
  ast::Statement statement;
  statement.body = std::move(select);
  statement.parameter_count = static_cast<int>(parameters.size());
  LogicalPlan logical = BindStatement(statement, *context.catalog, parameters, {context.quoted_names_as_text});
  return MakeResult(context, Plan(context, std::move(logical), parameters, now_micros), parameters, now_micros);
}

std::shared_ptr<sql::PlanCache> NewPlanCache(size_t plans) { return std::make_shared<sql::PlanCache>(plans); }

Result ExecuteSql(const QueryContext& context, std::string_view text, std::span<const Value> parameters) {
  const int64_t now_micros = context.clock->NowMicros();
  const PlannedStatement planned = PlanStatement(context, text, parameters, now_micros);
  if (planned.change != nullptr) {
    if (context.changes == nullptr)
      throw Error(ErrorCode::kPermission, "this statement changes data, and only queries can run here",
                  "run it with Session::Sql");
    return context.changes->Run(context, *planned.change, parameters);
  }
  if (planned.normalised != nullptr)
    return MakeResult(context, planned.plan, planned.normalised->literals, now_micros,
                      [text = planned.normalised](int position) { return text->OriginalPosition(position); });
  if (!planned.explain) return MakeResult(context, planned.plan, parameters, now_micros);
  auto lines = std::make_unique<TextLines>(sql::FormatPlan(*planned.plan));
  auto exec = MakeContext(context, planned.plan, parameters, now_micros);
  return Result(std::make_unique<Result::Source>(std::vector<ResultColumn>{{"QUERY PLAN", LogicalType::kText}},
                                                 std::move(exec), std::move(lines), std::vector<size_t>{0}));
}

std::string ExplainSql(const QueryContext& context, std::string_view text, std::span<const Value> parameters) {
  const PlannedStatement planned = PlanStatement(context, text, parameters, context.clock->NowMicros());
  if (planned.change != nullptr)
    throw Error(ErrorCode::kNotSupported, "not supported yet: EXPLAIN of a change",
                "explain the SELECT that finds the rows");
  return sql::FormatPlan(*planned.plan);
}

std::vector<RowId> ExecuteQuerySpec(const QueryContext& context, std::string_view table, const DocumentView& spec) {
  const int64_t now_micros = context.clock->NowMicros();
  Result result = MakeResult(context, PlanSpec(context, table, spec, now_micros), {}, now_micros);
  std::vector<RowId> rows;
  while (result.Next()) rows.push_back(static_cast<RowId>(result.GetInt(0)));
  return rows;
}

std::string ExplainQuerySpec(const QueryContext& context, std::string_view table, const DocumentView& spec) {
  return sql::FormatPlan(*PlanSpec(context, table, spec, context.clock->NowMicros()));
}

}  // namespace rem
