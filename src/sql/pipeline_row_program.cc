#include "sql/pipeline_row_program.h"

#include <algorithm>
#include <utility>

#include <rem/error.h>

#include "sql/binder/binder.h"
#include "sql/executor/field_reader.h"
#include "sql/executor/program.h"
#include "sql/functions/session_access.h"
#include "sql/parser/parser.h"
#include "sql/pipeline_change.h"
#include "sql/plan/plan.h"

namespace rem::sql {
namespace {

[[noreturn]] void NotSupported(const std::string& what, std::string_view hint) {
  throw Error(ErrorCode::kNotSupported, what, std::string(hint));
}

/// The table that the expressions are bound over: it has the columns, and no rows.
TablePtr TableWithoutRows(const TableSchema& schema) {
  auto table = std::make_shared<Table>();
  table->schema = schema;
  table->schema.short_name = table->schema.name;
  table->keys = std::make_shared<KeyDictionary>();
  table->counters = std::make_shared<TableCounters>();
  return table;
}

}  // namespace

/// Programs hold registers, so each caller has its own.
struct RowProgram::Programs {
  std::vector<std::unique_ptr<Column>> columns;
  std::vector<const Column*> inputs;
  std::vector<Program> programs;
};

ast::ExprPtr ParseStoredExpression(const std::string& text) {
  ast::Statement statement = ParseStatement("SELECT " + text);
  return std::move(std::get<ast::SelectPtr>(statement.body)->items[0].expr);
}

ExprPtr PlainOutput(const LogicalPlan& plan, size_t output) {
  const ColumnId column = plan.output[output].column;
  const LogicalNode* node = plan.root.get();
  while (const auto* project = std::get_if<LogicalProject>(&node->body)) {
    for (const ComputedColumn& computed : project->computed) {
      if (computed.column == column) return computed.expr;
    }
    node = node->input.get();
  }
  const PlanColumn& known = plan.columns[column];
  return MakeColumn(column, known.type, known.dynamic);
}

bool IsPlainPlan(const LogicalPlan& plan) {
  if (!plan.subqueries.empty() || !plan.ctes.empty()) return false;
  const LogicalNode* node = plan.root.get();
  while (std::holds_alternative<LogicalProject>(node->body)) node = node->input.get();
  return std::holds_alternative<LogicalScan>(node->body) || std::holds_alternative<LogicalOneRow>(node->body);
}

bool CallsFunction(const Expr& expr, Volatility at_least) {
  if (expr.function != nullptr && expr.function->volatility >= at_least) return true;
  return std::ranges::any_of(expr.arguments,
                             [&](const ExprPtr& argument) { return CallsFunction(*argument, at_least); });
}

RowProgram::RowProgram(const TableSchema& schema, std::vector<ast::ExprPtr> expressions, const std::string& place) {
  ast::Statement statement;
  auto select = std::make_unique<ast::Select>();
  const size_t count = expressions.size();
  for (ast::ExprPtr& expr : expressions) {
    if (expr->kind == ast::ExprKind::kStar) NotSupported("not supported yet: * in " + place, "name columns");
    select->items.push_back({std::move(expr), std::nullopt});
  }
  ast::TableName name;
  name.name = schema.name;
  // The name that expressions may put before columns.
  name.alias = schema.short_name;
  select->from.push_back(TableFrom(name));
  statement.body = std::move(select);
  const LogicalPlan plan = BindStatement(statement, CatalogSnapshot(0, {TableWithoutRows(schema)}), {}, {false});
  if (!IsPlainPlan(plan))
    NotSupported("cannot use subquery or aggregate in " + place, "write it over the columns of one row");
  std::vector<ColumnId> used;
  for (size_t i = 0; i < count; ++i) {
    exprs_.push_back(PlainOutput(plan, i));
    depends_on_time_ |= CallsFunction(*exprs_[i], Volatility::kStable);
    CollectColumns(*exprs_[i], used);
  }
  std::ranges::sort(used);
  used.erase(std::unique(used.begin(), used.end()), used.end());
  for (const ColumnId column : used) {
    const PlanColumn& field = plan.columns[column];
    if (field.source != ColumnSource::kProperty || field.path.size() != 1)
      NotSupported("not supported yet: system columns, vectors and paths in " + place,
                   "write it over declared columns");
    fields_.push_back({field.path[0], field.type, column});
  }
}

RowProgram::~RowProgram() = default;

bool RowProgram::Calls(size_t i, Volatility volatility) const { return CallsFunction(*exprs_[i], volatility); }

std::unique_ptr<RowProgram::Programs> RowProgram::Take(int64_t now_micros) const {
  if (!depends_on_time_) {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Programs> programs = std::move(free_.back());
      free_.pop_back();
      return programs;
    }
  }
  auto programs = std::make_unique<Programs>();
  std::vector<ColumnId> layout;
  for (const Field& field : fields_) {
    layout.push_back(field.column);
    programs->columns.push_back(std::make_unique<Column>(field.type));
    programs->inputs.push_back(programs->columns.back().get());
  }
  for (const ExprPtr& expr : exprs_) programs->programs.push_back(Program::Compile(*expr, layout, {{}, now_micros}));
  return programs;
}

void RowProgram::Run(const DocumentView& properties, int64_t now_micros,
                     const std::function<bool(size_t, const Value&)>& visit) const {
  std::unique_ptr<Programs> programs = Take(now_micros);
  for (size_t i = 0; i < fields_.size(); ++i) {
    Column& column = *programs->columns[i];
    column.Reset(1);
    const auto node = properties.Find(fields_[i].name);
    if (node && !node->IsNull()) {
      StoreNode(*node, column, 0);
    } else {
      column.SetNull(0);
    }
  }
  for (size_t i = 0; i < exprs_.size(); ++i) {
    if (!visit(i, programs->programs[i].Run(programs->inputs, 1, nullptr, 1).Get(0))) break;
  }
  if (depends_on_time_) return;
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(programs));
}

}  // namespace rem::sql
