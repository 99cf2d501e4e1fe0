#include "sql/pipeline_rules.h"

#include "sql/functions/session_access.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rem/error.h>

#include "catalog/computed_values.h"
#include "schema/index_expression.h"
#include "sql/binder/binder.h"
#include "sql/executor/program.h"
#include "sql/parser/parser.h"
#include "sql/parser/scanner.h"
#include "sql/pipeline_row_program.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

[[noreturn]] void NotSupported(const std::string& what, std::string_view hint, int position = 0) {
  throw Error(ErrorCode::kNotSupported, what, std::string(hint)).WithPosition(position);
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
  if (!IsPlainPlan(plan))
    NotSupported("aggregate functions are not allowed in DEFAULT expressions", "write a constant");
  return PlainOutput(plan, 0);
}

ChangeTarget TargetOf(const ColumnSchema& column) {
  ChangeTarget target;
  target.name = column.name;
  target.type = column.type;
  target.modifier = column.modifier;
  target.padded = column.padded;
  return target;
}

/// Whether an expression names one of these columns; then its name.
std::optional<std::string> NamedOf(const ast::Expr& expr, const std::set<std::string>& columns) {
  if (expr.kind == ast::ExprKind::kColumn && columns.contains(expr.parts.back().text)) return expr.parts.back().text;
  for (const ast::ExprPtr& argument : expr.arguments) {
    if (argument == nullptr) continue;
    if (auto name = NamedOf(*argument, columns)) return name;
  }
  return std::nullopt;
}

[[noreturn]] void NotImmutable(const char* message) {
  throw Error(ErrorCode::kInvalidSchema, message, "its values must depend on the row alone").WithSqlState("42P17");
}

class SqlRowRules final : public RowRules, public ComputedValues {
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
    if (rules.checks == nullptr) return;
    rules.checks->Run(properties, now_micros, [&](size_t i, const Value& answer) {
      if (answer.IsNull() || answer.AsBool()) return true;
      Fail(rules.check_names[i], properties);
    });
  }

  std::optional<Document> WithGenerated(const DocumentView& record) const override {
    return WithMembers(Rules().generated, record);
  }

  std::optional<Document> WithIndexed(const DocumentView& properties) const override {
    return WithMembers(Rules().indexed, properties);
  }

 private:
  struct Default {
    ChangeTarget target;
    ExprPtr expr;  ///< nullptr: a sequence.
    bool untyped = false;
  };
  /// Members that follow from the others of a record.
  struct Members {
    std::vector<ChangeTarget> targets;
    std::vector<bool> untyped;
    std::unique_ptr<const RowProgram> program;
  };
  struct Compiled {
    std::vector<Default> defaults;
    std::vector<std::string> check_names;
    std::unique_ptr<const RowProgram> checks;
    Members generated;
    Members indexed;
  };

  static std::optional<Document> WithMembers(const Members& members, const DocumentView& record) {
    if (members.program == nullptr || record.kind() != NodeKind::kObject) return std::nullopt;
    const auto computed = [&](std::string_view name) {
      return std::ranges::find(members.targets, name, &ChangeTarget::name) != members.targets.end();
    };
    DocumentBuilder out;
    out.BeginObject();
    for (size_t i = 0; i < record.size(); ++i) {
      if (computed(record.KeyAt(i))) continue;
      out.Key(record.KeyAt(i));
      out.Copy(record.ValueAt(i));
    }
    members.program->Run(record, 0, [&](size_t i, const Value& value) {
      const Value assigned = AssignedValue(members.targets[i], value, members.untyped[i], 0);
      // A condition that does not hold leaves the row out of its index, as a NULL does.
      const bool left_out = assigned.IsNull() || (members.targets[i].is_key && !assigned.AsBool());
      if (left_out) return true;
      out.Key(members.targets[i].name);
      out.Copy(StoredFromValue(assigned));
      return true;
    });
    out.EndObject();
    return out.Finish();
  }

  const Compiled& Rules() const {
    const std::lock_guard lock(mutex_);
    if (compiled_ == nullptr) {
      auto compiled = std::make_unique<Compiled>();
      CompileDefaults(*compiled);
      CompileChecks(*compiled);
      CompileGenerated(compiled->generated);
      CompileIndexed(compiled->indexed);
      compiled_ = std::move(compiled);
    }
    return *compiled_;
  }

  void CompileDefaults(Compiled& out) const {
    for (const ColumnSchema& column : schema_.columns) {
      if (column.default_expression.empty()) continue;
      Default one{TargetOf(column), nullptr, false};
      if (column.default_expression != kSequenceDefault) {
        ast::ExprPtr expr = ParseStoredExpression(column.default_expression);
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
    std::vector<ast::ExprPtr> expressions;
    for (const TableConstraint* check : checks) {
      if (MayAskSession(check->expression))
        NotSupported("not supported yet: sequences and parameters in CHECK", "compare with constants");
      expressions.push_back(ParseStoredExpression(check->expression));
      out.check_names.push_back(check->name);
    }
    out.checks = std::make_unique<RowProgram>(schema_, std::move(expressions), "check constraint");
    for (size_t i = 0; i < checks.size(); ++i) CheckIsCondition(out.checks->expression(i), "CHECK");
  }

  static void CheckIsCondition(const Expr& expr, std::string_view place) {
    if (expr.type == LogicalType::kBool || expr.type == LogicalType::kNull || expr.unknown) return;
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("argument of {} must be type boolean, not type {}", place, LogicalTypeName(expr.type)),
                "compare it with something");
  }

  void CompileGenerated(Members& out) const {
    std::vector<ast::ExprPtr> expressions;
    std::set<std::string> generated;
    for (const ColumnSchema& column : schema_.columns) {
      const std::string text(GeneratedExpression(schema_, column.name));
      if (text.empty()) continue;
      generated.insert(column.name);
      out.targets.push_back(TargetOf(column));
      expressions.push_back(ParseStoredExpression(text));
      out.untyped.push_back(IsUntyped(*expressions.back(), {}));
    }
    if (expressions.empty()) return;
    for (const ast::ExprPtr& expr : expressions) {
      if (const auto name = NamedOf(*expr, generated)) {
        throw Error(ErrorCode::kInvalidSchema,
                    fmt::format("cannot use generated column \"{}\" in column generation expression", *name),
                    "A generated column cannot reference another generated column.")
            .WithSqlState("42P17");
      }
    }
    out.program = std::make_unique<RowProgram>(schema_, std::move(expressions), "column generation expression");
    for (size_t i = 0; i < out.targets.size(); ++i) {
      const Expr& expr = out.program->expression(i);
      if (out.program->Calls(i, Volatility::kStable)) NotImmutable("generation expression is not immutable");
      const bool fits = out.untyped[i] || expr.unknown || expr.type == out.targets[i].type ||
                        CastLevelOf(expr.type, out.targets[i].type) >= CastLevel::kAssignment;
      if (fits) continue;
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("column \"{}\" is of type {} but default expression is of type {}", out.targets[i].name,
                              LogicalTypeName(out.targets[i].type), LogicalTypeName(expr.type)),
                  "You will need to rewrite or cast the expression.");
    }
  }

  void CompileIndexed(Members& out) const {
    std::vector<ast::ExprPtr> expressions;
    const auto add = [&](const IndexedField& part) {
      const auto expression = part.path.size() == 1 ? IndexExpression::Parse(part.path[0]) : std::nullopt;
      const bool known = std::ranges::find(out.targets, part.path.back(), &ChangeTarget::name) != out.targets.end();
      if (!expression || known) return;
      ChangeTarget target;
      target.name = part.path[0];
      target.type = expression->type;
      target.is_key = expression->condition;
      out.targets.push_back(std::move(target));
      out.untyped.push_back(false);
      expressions.push_back(ParseStoredExpression(expression->text));
    };
    for (const IndexedField& index : schema_.indexes) {
      add(index);
      for (const IndexedField& part : index.more) add(part);
    }
    if (expressions.empty()) return;
    out.program = std::make_unique<RowProgram>(schema_, std::move(expressions), "index expression");
    for (size_t i = 0; i < out.targets.size(); ++i) {
      const bool condition = out.targets[i].is_key;
      if (condition) CheckIsCondition(out.program->expression(i), "WHERE");
      if (out.program->Calls(i, Volatility::kStable))
        NotImmutable(condition ? "functions in index predicate must be marked IMMUTABLE"
                               : "functions in index expression must be marked IMMUTABLE");
    }
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
};

}  // namespace

std::optional<Value> ConstantDefault(const ast::StoredExpr& stored, const ChangeTarget& target, int position) {
  const bool untyped = IsUntyped(*stored.expr, {});
  const ExprPtr expr = BindDefault(ParseStoredExpression(stored.text));
  const bool null = expr->kind == ExprKind::kConstant && expr->value.IsNull();
  if (!untyped && !null && expr->type != target.type && CastLevelOf(expr->type, target.type) < CastLevel::kAssignment) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("column \"{}\" is of type {} but default expression is of type {}", target.name,
                            LogicalTypeName(target.type), LogicalTypeName(expr->type)),
                "You will need to rewrite or cast the expression.")
        .WithPosition(position);
  }
  if (!IsFoldable(*expr) || CallsFunction(*expr, Volatility::kStable)) return std::nullopt;
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
  return Mentions(*ParseStoredExpression(expression), column);
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

LogicalType TypeOfExpression(const TableSchema& schema, const std::string& expression) {
  std::vector<ast::ExprPtr> one;
  one.push_back(ParseStoredExpression(expression));
  const RowProgram program(schema, std::move(one), "index expression");
  return program.expression(0).unknown ? LogicalType::kText : program.expression(0).type;
}

void CheckRowRules(const TableSchema& schema) { SqlRowRules(schema).Compile(); }

}  // namespace rem::sql

namespace rem {

std::shared_ptr<const RowRules> MakeRowRules(const TableSchema& schema) {
  return std::make_shared<const sql::SqlRowRules>(schema);
}

}  // namespace rem
