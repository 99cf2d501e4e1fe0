#include "sql/pipeline_rules.h"

#include "sql/functions/session_access.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/binder.h"
#include "sql/executor/field_reader.h"
#include "sql/executor/program.h"
#include "sql/parser/parser.h"
#include "sql/parser/scanner.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

[[noreturn]] void NotSupported(const std::string& what, std::string_view hint, int position = 0) {
  throw Error(ErrorCode::kNotSupported, what, std::string(hint)).WithPosition(position);
}

ast::ExprPtr ParseExpression(const std::string& text) {
  ast::Statement statement = ParseStatement("SELECT " + text);
  return std::move(std::get<ast::SelectPtr>(statement.body)->items[0].expr);
}

/// The expression of the one output of a plan that computes nothing but expressions.
ExprPtr OutputExpr(const LogicalPlan& plan, size_t output) {
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

bool IsPlain(const LogicalPlan& plan) {
  if (!plan.subqueries.empty() || !plan.ctes.empty()) return false;
  const LogicalNode* node = plan.root.get();
  while (std::holds_alternative<LogicalProject>(node->body)) node = node->input.get();
  return std::holds_alternative<LogicalScan>(node->body) || std::holds_alternative<LogicalOneRow>(node->body);
}

void RefuseColumns(const ast::Expr& expr) {
  if (expr.kind == ast::ExprKind::kColumn)
    NotSupported("cannot use column reference in DEFAULT expression", "write a constant or a function", expr.position);
  if (expr.subquery != nullptr)
    NotSupported("cannot use subquery in DEFAULT expression", "write a constant or a function", expr.position);
  for (const ast::ExprPtr& argument : expr.arguments) {
    if (argument != nullptr) RefuseColumns(*argument);
  }
}

ExprPtr BindDefault(ast::ExprPtr expr) {
  RefuseColumns(*expr);
  ast::Statement statement;
  auto select = std::make_unique<ast::Select>();
  select->items.push_back({std::move(expr), std::nullopt});
  statement.body = std::move(select);
  const LogicalPlan plan = BindStatement(statement, CatalogSnapshot(0, {}), {}, {false});
  if (!IsPlain(plan)) NotSupported("aggregate functions are not allowed in DEFAULT expressions", "write a constant");
  return OutputExpr(plan, 0);
}

bool HasCalls(const Expr& expr, Volatility at_least) {
  if (expr.function != nullptr && expr.function->volatility >= at_least) return true;
  return std::ranges::any_of(expr.arguments, [&](const ExprPtr& argument) { return HasCalls(*argument, at_least); });
}

ChangeTarget TargetOf(const ColumnSchema& column) {
  ChangeTarget target;
  target.name = column.name;
  target.type = column.type;
  target.modifier = column.modifier;
  target.padded = column.padded;
  return target;
}

class SqlRowRules final : public RowRules {
 public:
  explicit SqlRowRules(const TableSchema& schema) : schema_(schema) {}

  void Compile() const { Rules(); }

  Document WithDefaults(const Document& record, int64_t now_micros,
                        const std::function<int64_t(std::string_view)>& next_value) const override {
    const Compiled& rules = Rules();
    const DocumentView view = record;
    if (view.kind() != NodeKind::kObject) return record;
    const bool complete =
        std::ranges::all_of(rules.defaults, [&](const Default& one) { return view.Find(one.target.name).has_value(); });
    if (complete) return record;
    DocumentBuilder out;
    out.BeginObject();
    for (size_t i = 0; i < view.size(); ++i) {
      out.Key(view.KeyAt(i));
      out.Copy(view.ValueAt(i));
    }
    for (const Default& one : rules.defaults) {
      if (view.Find(one.target.name)) continue;
      Value value;
      if (one.expr == nullptr) {
        value = CastValue(Value(next_value(one.target.name)), one.target.type);
      } else {
        value = AssignedValue(one.target, EvaluateFixed(*one.expr, {{}, now_micros}), one.untyped, 0);
      }
      if (value.IsNull()) continue;
      out.Key(one.target.name);
      out.Copy(StoredFromValue(value));
    }
    out.EndObject();
    return out.Finish();
  }

  void Check(const DocumentView& properties, int64_t now_micros) const override {
    const Compiled& rules = Rules();
    if (rules.checks.empty()) return;
    std::unique_ptr<Programs> programs = Take(rules, now_micros);
    for (size_t i = 0; i < rules.fields.size(); ++i) {
      Column& column = *programs->columns[i];
      column.Reset(1);
      const auto node = properties.Find(rules.fields[i].name);
      if (node && !node->IsNull()) {
        StoreNode(*node, column, 0);
      } else {
        column.SetNull(0);
      }
    }
    for (size_t i = 0; i < rules.checks.size(); ++i) {
      const Column& answer = programs->checks[i].Run(programs->inputs, 1, nullptr, 1);
      if (answer.IsNull(0) || answer.Get(0).AsBool()) continue;
      Fail(rules.checks[i].name, properties);
    }
    if (!rules.depends_on_time) Give(std::move(programs));
  }

 private:
  struct Default {
    ChangeTarget target;
    ExprPtr expr;  ///< nullptr: a sequence.
    bool untyped = false;
  };
  struct NamedCheck {
    std::string name;
    ExprPtr expr;
  };
  struct Field {
    std::string name;
    LogicalType type;
    ColumnId column;
  };
  struct Compiled {
    std::vector<Default> defaults;
    std::vector<NamedCheck> checks;
    std::vector<Field> fields;  ///< That the checks read.
    bool depends_on_time = false;
  };
  /// Programs hold registers, so each caller has its own.
  struct Programs {
    std::vector<std::unique_ptr<Column>> columns;
    std::vector<const Column*> inputs;
    std::vector<Program> checks;
  };

  const Compiled& Rules() const {
    const std::lock_guard lock(mutex_);
    if (compiled_ == nullptr) {
      auto compiled = std::make_unique<Compiled>();
      CompileDefaults(*compiled);
      CompileChecks(*compiled);
      compiled_ = std::move(compiled);
    }
    return *compiled_;
  }

  void CompileDefaults(Compiled& out) const {
    for (const ColumnSchema& column : schema_.columns) {
      if (column.default_expression.empty()) continue;
      Default one{TargetOf(column), nullptr, false};
      if (column.default_expression != kSequenceDefault) {
        ast::ExprPtr expr = ParseExpression(column.default_expression);
        one.untyped = IsUntyped(*expr, {});
        one.expr = BindDefault(std::move(expr));
      }
      out.defaults.push_back(std::move(one));
    }
  }

  void CompileChecks(Compiled& out) const {
    std::vector<const TableConstraint*> checks;
    for (const TableConstraint& constraint : schema_.constraints) {
      if (constraint.kind == TableConstraint::Kind::kCheck) checks.push_back(&constraint);
    }
    if (checks.empty()) return;
    // PostgreSQL checks in the order of the names.
    std::ranges::sort(checks, {}, [](const TableConstraint* check) { return check->name; });
    auto table = std::make_shared<Table>();
    table->schema = schema_;
    table->schema.short_name = table->schema.name;
    table->keys = std::make_shared<KeyDictionary>();
    table->counters = std::make_shared<TableCounters>();
    ast::Statement statement;
    auto select = std::make_unique<ast::Select>();
    for (const TableConstraint* check : checks) {
      if (MayAskSession(check->expression))
        NotSupported("not supported yet: sequences and parameters in CHECK", "compare with constants");
      select->items.push_back({ParseExpression(check->expression), std::nullopt});
      if (select->items.back().expr->kind == ast::ExprKind::kStar) NotSupported("cannot check *", "name columns");
    }
    ast::TableName name;
    name.name = schema_.name;
    // The name that expressions may put before columns.
    name.alias = schema_.short_name;
    select->from.push_back(TableFrom(name));
    statement.body = std::move(select);
    const LogicalPlan plan = BindStatement(statement, CatalogSnapshot(0, {table}), {}, {false});
    if (!IsPlain(plan)) NotSupported("cannot use subquery or aggregate in check constraint", "write it over the row");
    for (size_t i = 0; i < checks.size(); ++i) {
      ExprPtr expr = OutputExpr(plan, i);
      if (expr->type != LogicalType::kBool && expr->type != LogicalType::kNull && !expr->unknown) {
        throw Error(ErrorCode::kTypeMismatch,
                    fmt::format("argument of CHECK must be type boolean, not type {}", LogicalTypeName(expr->type)),
                    "compare it with something");
      }
      out.depends_on_time |= HasCalls(*expr, Volatility::kStable);
      out.checks.push_back({checks[i]->name, std::move(expr)});
    }
    std::vector<ColumnId> used;
    for (const NamedCheck& check : out.checks) CollectColumns(*check.expr, used);
    std::ranges::sort(used);
    used.erase(std::unique(used.begin(), used.end()), used.end());
    for (const ColumnId column : used) {
      const PlanColumn& field = plan.columns[column];
      if (field.source != ColumnSource::kProperty || field.path.size() != 1)
        NotSupported("not supported yet: system columns, vectors and paths in CHECK", "write it over declared columns");
      out.fields.push_back({field.path[0], field.type, column});
    }
  }

  std::unique_ptr<Programs> Take(const Compiled& rules, int64_t now_micros) const {
    if (!rules.depends_on_time) {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Programs> programs = std::move(free_.back());
        free_.pop_back();
        return programs;
      }
    }
    auto programs = std::make_unique<Programs>();
    std::vector<ColumnId> layout;
    for (const Field& field : rules.fields) {
      layout.push_back(field.column);
      programs->columns.push_back(std::make_unique<Column>(field.type));
      programs->inputs.push_back(programs->columns.back().get());
    }
    for (const NamedCheck& check : rules.checks)
      programs->checks.push_back(Program::Compile(*check.expr, layout, {{}, now_micros}));
    return programs;
  }

  void Give(std::unique_ptr<Programs> programs) const {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(programs));
  }

  [[noreturn]] void Fail(const std::string& name, const DocumentView& properties) const {
    std::string row;
    for (const ColumnSchema& column : schema_.columns) {
      const auto node = properties.Find(column.name);
      const auto value = node ? ValueFromNode(*node, column.type) : std::nullopt;
      row += (row.empty() ? "" : ", ") + (value && !value->IsNull() ? value->ToText() : std::string("null"));
    }
    throw Error(ErrorCode::kCheckViolation,
                fmt::format("new row for relation \"{}\" violates check constraint \"{}\"", schema_.short_name, name),
                "change the values that the constraint names")
        .WithDetail(fmt::format("Failing row contains ({}).", row));
  }

  const TableSchema schema_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<const Compiled> compiled_;
  mutable std::vector<std::unique_ptr<Programs>> free_;
};

}  // namespace

std::optional<Value> ConstantDefault(const ast::StoredExpr& stored, const ChangeTarget& target, int position) {
  const bool untyped = IsUntyped(*stored.expr, {});
  const ExprPtr expr = BindDefault(ParseExpression(stored.text));
  const bool null = expr->kind == ExprKind::kConstant && expr->value.IsNull();
  if (!untyped && !null && expr->type != target.type && CastLevelOf(expr->type, target.type) < CastLevel::kAssignment) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("column \"{}\" is of type {} but default expression is of type {}", target.name,
                            LogicalTypeName(target.type), LogicalTypeName(expr->type)),
                "You will need to rewrite or cast the expression.")
        .WithPosition(position);
  }
  if (!IsFoldable(*expr) || HasCalls(*expr, Volatility::kStable)) return std::nullopt;
  return AssignedValue(target, EvaluateFixed(*expr, {}), untyped, position);
}

namespace {

bool Mentions(const ast::Expr& expr, std::string_view column) {
  if (expr.kind == ast::ExprKind::kColumn && expr.parts.back().text == column) return true;
  return std::ranges::any_of(
      expr.arguments, [&](const ast::ExprPtr& argument) { return argument != nullptr && Mentions(*argument, column); });
}

}  // namespace

bool ExpressionMentions(const std::string& expression, std::string_view column) {
  return Mentions(*ParseExpression(expression), column);
}

std::string RenameInExpression(const std::string& expression, std::string_view from, std::string_view to) {
  std::string quoted = "\"";
  for (const char c : to) quoted += c == '"' ? "\"\"" : std::string(1, c);
  quoted += '"';
  std::string out;
  size_t copied = 0;
  Scanner scanner(expression);
  for (Token token = scanner.Next(); token.kind != TokenKind::kEnd;) {
    const Token next = scanner.Next();
    const bool word = token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName;
    bool is_quoted = false;
    // A name before a parenthesis is a function's.
    if (word && NameOfToken(scanner.Text(token), &is_quoted) == from && scanner.Text(next) != "(") {
      out += expression.substr(copied, token.begin - copied) + quoted;
      copied = token.end;
    }
    token = next;
  }
  return out + expression.substr(copied);
}

void CheckRowRules(const TableSchema& schema) { SqlRowRules(schema).Compile(); }

}  // namespace rem::sql

namespace rem {

std::shared_ptr<const RowRules> MakeRowRules(const TableSchema& schema) {
  return std::make_shared<const sql::SqlRowRules>(schema);
}

}  // namespace rem
