#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/check.h"
#include "sql/parser/ast_names.h"
#include "sql/pipeline_change.h"
#include "store/unique_keys.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

// Expressions of VALUES that one query computes.
constexpr size_t kExpressionsAtOnce = 200;

/// A value of a row to insert: nullopt is DEFAULT.
struct Given {
  std::optional<Value> value;
  bool untyped = false;
  int position = 0;
};
using Row = std::vector<Given>;

[[noreturn]] void CountMismatch(bool more_expressions, int position) {
  throw Error(ErrorCode::kSyntax,
              more_expressions ? "INSERT has more expressions than target columns"
                               : "INSERT has more target columns than expressions",
              "give each column one value")
      .WithPosition(position);
}

std::optional<Value> Literal(const ast::Expr& expr, std::span<const Value> parameters) {
  switch (expr.kind) {
    case ast::ExprKind::kNull:
      return Value();
    case ast::ExprKind::kBool:
      return Value(expr.number != 0);
    case ast::ExprKind::kString:
      return Value(expr.text);
    case ast::ExprKind::kInteger: {
      const auto number = ParseInt(expr.text);
      return number ? std::optional<Value>(*number) : std::nullopt;
    }
    case ast::ExprKind::kParameter:
      return parameters[static_cast<size_t>(expr.number) - 1];
    default:
      return std::nullopt;
  }
}

class Inserter {
 public:
  Inserter(const ChangeContext& context, ast::Insert& insert)
      : context_(context), insert_(insert), table_(FindChanged(*context.query.catalog, insert.table)) {}

  Result Run() {
    Targets();
    if (insert_.conflict) CheckConflictTarget();
    std::vector<Row> rows = insert_.default_values ? std::vector<Row>(1) : Rows();
    for (const Row& row : rows) InsertRow(row);
    return Returning(context_, context_.transaction.View(), insert_.table, insert_.returning, changed_);
  }

 private:
  void Targets() {
    if (insert_.default_values) return;
    if (insert_.columns.empty()) {
      targets_ = AllTargets(*table_, insert_.table.position);
      return;
    }
    for (const ast::Assignment& column : insert_.columns) {
      ChangeTarget target = ResolveTarget(*table_, column);
      if (std::ranges::any_of(targets_, [&](const auto& t) { return t.name == target.name; })) {
        throw Error(ErrorCode::kColumnExists, fmt::format("column \"{}\" specified more than once", target.name),
                    "name each column once")
            .WithPosition(column.position);
      }
      if (target.is_id && !table_->schema.key_field.empty()) {
        throw Error(ErrorCode::kNotSupported,
                    fmt::format("not supported yet: an id of your own in table \"{}\", whose key is column \"{}\"",
                                table_->name(), table_->schema.key_field),
                    "leave out id: it follows from the key")
            .WithPosition(column.position);
      }
      targets_.push_back(std::move(target));
    }
  }

  void CheckWidth(size_t width, int position) {
    if (width > targets_.size()) CountMismatch(true, position);
    if (width < targets_.size() && !insert_.columns.empty()) CountMismatch(false, position);
  }

  std::vector<Row> Rows() { return insert_.source != nullptr ? SelectedRows() : ListedRows(); }

  std::vector<Row> SelectedRows() {
    const auto plan =
        PlanSelect(context_.query, WithCommons(std::move(insert_.source)), context_.parameters, context_.now_micros);
    CheckWidth(plan->output.size(), insert_.table.position);
    Result result = RunPlan(context_.query, plan, context_.parameters, context_.now_micros);
    std::vector<Row> rows;
    while (result.Next()) {
      Row& row = rows.emplace_back();
      for (size_t i = 0; i < result.columns().size(); ++i)
        row.push_back({result.Get(i), plan->output[i].literal, insert_.table.position});
    }
    return rows;
  }

  /// The query below the WITH of the statement.
  ast::SelectPtr WithCommons(ast::SelectPtr query) {
    if (insert_.with.empty()) return query;
    for (const ast::CommonTable& own : query->with) {
      if (std::ranges::find(insert_.with, own.name, &ast::CommonTable::name) == insert_.with.end()) continue;
      throw Error(ErrorCode::kNotSupported, "not supported yet: one name in WITH before INSERT and before its SELECT",
                  "rename one of them")
          .WithPosition(own.position);
    }
    std::ranges::move(query->with, std::back_inserter(insert_.with));
    query->with = std::move(insert_.with);
    query->recursive |= insert_.recursive;
    insert_.with.clear();
    return query;
  }

  std::vector<Row> ListedRows() {
    CheckWidth(insert_.rows[0].size(), insert_.rows[0].empty() ? 0 : insert_.table.position);
    std::vector<Row> rows;
    std::vector<std::pair<Given*, ast::ExprPtr*>> computed;
    for (const auto& list : insert_.rows) rows.emplace_back(list.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      for (size_t j = 0; j < rows[i].size(); ++j) {
        const ast::Expr* expr = insert_.rows[i][j].get();
        if (expr == nullptr) continue;  // DEFAULT
        Given& given = rows[i][j];
        given.position = expr->position;
        given.untyped = IsUntyped(*expr, context_.parameters);
        given.value = Literal(*expr, context_.parameters);
        if (!given.value) computed.emplace_back(&given, &insert_.rows[i][j]);
      }
    }
    // A WITH query is computed once.
    const size_t at_once = insert_.with.empty() ? kExpressionsAtOnce : std::max<size_t>(computed.size(), 1);
    if (!insert_.with.empty() && at_once > kMaxColumns)
      throw Error(ErrorCode::kNotSupported, "not supported yet: so many expressions in VALUES behind WITH",
                  "write INSERT ... SELECT")
          .WithPosition(insert_.with[0].position);
    for (size_t begin = 0; begin < computed.size() || !insert_.with.empty(); begin += at_once) {
      auto select = WithCommons(std::make_unique<ast::Select>());
      select->values_of = "VALUES";
      const size_t end = std::min(computed.size(), begin + at_once);
      for (size_t i = begin; i < end; ++i) select->items.push_back({std::move(*computed[i].second), std::nullopt});
      Result result = RunSelect(context_.query, std::move(select), context_.parameters, context_.now_micros);
      REM_CHECK(result.Next());
      for (size_t i = begin; i < end; ++i) computed[i].first->value = result.Get(i - begin);
    }
    return rows;
  }

  /// Finds the constraint that ON CONFLICT names; none: any.
  void CheckConflictTarget() {
    const ast::OnConflict& conflict = *insert_.conflict;
    std::set<std::string> named;
    for (const ast::NamePart& part : conflict.columns) named.insert(part.text);
    const std::string& key = table_->schema.key_field;
    const std::string by_id = table_->name() + "_pkey";
    const bool has_id_key = !table_->schema.made_by_sql;
    if (has_id_key && named == std::set<std::string>{key.empty() ? "id" : key}) arbiter_ = by_id;
    if (has_id_key && conflict.constraint == by_id) arbiter_ = by_id;
    for (const IndexDefinition& index : table_->indexes) {
      if (!index.field.unique) continue;
      std::set<std::string> columns = {index.field.path.back()};
      for (const IndexedField& part : index.field.more) columns.insert(part.path.back());
      if (named == columns || conflict.constraint == index.field.name) arbiter_ = index.field.name;
    }
    if (!arbiter_.empty() || (named.empty() && conflict.constraint.empty() && !conflict.update)) {
      if (conflict.update) CheckSet();
      return;
    }
    if (!conflict.constraint.empty()) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("constraint \"{}\" for table \"{}\" does not exist", conflict.constraint, table_->name()),
                  "name a PRIMARY KEY or UNIQUE constraint")
          .WithPosition(conflict.position);
    }
    if (named.empty()) {
      throw Error(ErrorCode::kSyntax, "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                  "for example, ON CONFLICT (column_name)")
          .WithPosition(conflict.position);
    }
    for (const ast::NamePart& part : conflict.columns) {
      ast::Assignment column;
      column.path = {part};
      column.position = conflict.position;
      ResolveTarget(*table_, column);
    }
    throw Error(ErrorCode::kInvalidColumnReference,
                "there is no unique or exclusion constraint matching the ON CONFLICT specification",
                "name the columns of a PRIMARY KEY or UNIQUE constraint")
        .WithPosition(conflict.position);
  }

  void CheckSet() {
    for (const ast::Assignment& assignment : insert_.conflict->set) {
      ChangeTarget target = ResolveTarget(*table_, assignment);
      if (target.is_id || target.is_key || (target.always && assignment.value != nullptr)) {
        throw Error(ErrorCode::kNotSupported, "not supported yet: this assignment in ON CONFLICT DO UPDATE",
                    "set other columns to expressions")
            .WithPosition(assignment.position);
      }
      set_.push_back(std::move(target));
    }
  }

  void InsertRow(const Row& row) {
    Complete(row);
    std::vector<RecordWriter::Obstacle> obstacles;
    const Uuid id = context_.transaction.writer().InsertNew(table_->name(), record_, obstacles);
    if (obstacles.empty()) {
      changed_.push_back(id);
      mine_.insert(id.ToString());
      return;
    }
    const auto met = std::ranges::find_if(
        obstacles, [&](const auto& one) { return arbiter_.empty() || one.constraint == arbiter_; });
    if (!insert_.conflict || met == obstacles.end()) ThrowDuplicate(obstacles[0].constraint);
    if (insert_.conflict->update) UpdateExisting(met->id);
  }

  /// Makes the record: the given values, and computed defaults, all at the time of the statement.
  void Complete(const Row& row) {
    proposed_.assign(targets_.size(), Value());
    DocumentBuilder given;
    given.BeginObject();
    for (size_t i = 0; i < row.size(); ++i) {
      if (!row[i].value) continue;
      if (targets_[i].always) {
        throw Error(ErrorCode::kGeneratedAlways,
                    fmt::format("cannot insert a non-DEFAULT value into column \"{}\"", targets_[i].name),
                    "leave the column out, or write DEFAULT")
            .WithPosition(row[i].position);
      }
      proposed_[i] = AssignedValue(targets_[i], *row[i].value, row[i].untyped, row[i].position);
      AddMember(*table_, targets_[i], proposed_[i], given);
    }
    for (const ColumnSchema& column : table_->schema.columns) CheckGiven(column, row);
    given.EndObject();
    record_ = given.Finish();
    if (table_->rules == nullptr) return;
    record_ = table_->rules->WithDefaults(
        record_, context_.now_micros, [&](std::string_view column) { return NextOfColumn(context_, *table_, column); });
  }

  /// A NOT NULL column that the row leaves out and that has no default.
  void CheckGiven(const ColumnSchema& column, const Row& row) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (targets_[i].name == column.name && row[i].value) return;
    }
    const ast::NamePart part{column.name, column.name, true};
    if (column.name == "id" || column.name == "created_at" || column.name == "modified_at" ||
        column.name == "deleted_at" || table_->FindVector(column.name) != nullptr)
      return;
    ast::Assignment assignment;
    assignment.path = {part};
    const ChangeTarget target = ResolveTarget(*table_, assignment);
    if (!target.has_default) CheckNotNull(*table_, target, Value());
  }

  [[noreturn]] void ThrowDuplicate(const std::string& constraint) {
    for (const IndexDefinition& index : table_->indexes) {
      if (index.field.unique && index.field.name == constraint) ThrowDuplicateKey(index.field, record_);
    }
    const std::string& key = table_->schema.key_field;
    const auto value = record_.view().Find(key.empty() ? "id" : key);
    throw Error(ErrorCode::kUniqueViolation,
                fmt::format("duplicate key value violates unique constraint \"{}\"", constraint),
                "update the record, or add ON CONFLICT")
        .WithDetail(
            fmt::format("Key ({})=({}) already exists.", key.empty() ? "id" : key,
                        value ? (value->kind() == NodeKind::kText ? std::string(value->AsText()) : value->ToJson())
                              : std::string("null")));
  }

  /// Declared columns of the row that was to be inserted. Vectors are not compared with anything.
  std::vector<ResultColumn> ExcludedColumns() const {
    std::vector<ResultColumn> columns;
    for (const ColumnSchema& column : table_->schema.columns) {
      if (column.type != LogicalType::kVector) columns.push_back({column.name, column.type});
    }
    return columns;
  }

  /// The statement's parameters, the id of the record that is there, and the row that was to be inserted.
  std::vector<Value> ConflictParameters(const Uuid& id, std::span<const ResultColumn> excluded) const {
    std::vector<Value> values(context_.parameters.begin(), context_.parameters.end());
    values.push_back(Value(id));
    for (const ResultColumn& column : excluded) {
      const auto node = record_.view().Find(column.name);
      const auto value = node ? ValueFromNode(*node, column.type) : std::nullopt;
      ChangeTarget target;
      target.name = column.name;
      target.type = column.type;
      values.push_back(value ? *value : node ? Value() : ConstantDefault(*table_, target));
    }
    return values;
  }

  /// SELECT <values> FROM table, <the row> AS excluded WHERE table.id = ... AND <condition>, planned once.
  void PlanConflict(const QueryContext& query, std::span<const Value> parameters,
                    std::span<const ResultColumn> excluded) {
    ast::OnConflict& conflict = *insert_.conflict;
    const size_t id = context_.parameters.size() + 1;
    auto select = std::make_unique<ast::Select>();
    select->values_of = "UPDATE";
    for (ast::Assignment& assignment : conflict.set) {
      conflict_untyped_.push_back(assignment.value != nullptr && IsUntyped(*assignment.value, context_.parameters));
      conflict_defaults_.push_back(assignment.value == nullptr);
      if (assignment.value != nullptr) select->items.push_back({std::move(assignment.value), std::nullopt});
    }
    select->from.push_back(TableFrom(insert_.table));
    select->from.push_back(RowFrom("excluded", excluded, id + 1));
    select->where = HasId(insert_.table, id);
    if (conflict.where != nullptr) {
      auto both = std::make_unique<ast::Expr>();
      both->kind = ast::ExprKind::kAnd;
      both->arguments.push_back(std::move(select->where));
      both->arguments.push_back(std::move(conflict.where));
      select->where = std::move(both);
    }
    conflict_plan_ = PlanSelect(query, std::move(select), parameters, context_.now_micros);
    if (conflict_plan_->depends_on_values)
      throw Error(ErrorCode::kNotSupported, "not supported yet: a ranking score in ON CONFLICT DO UPDATE",
                  "compute it in a statement of its own")
          .WithPosition(conflict.position);
  }

  void UpdateExisting(const Uuid& id) {
    if (mine_.contains(id.ToString())) {
      throw Error(ErrorCode::kInvalidArgument, "ON CONFLICT DO UPDATE command cannot affect row a second time",
                  "Ensure that no rows proposed for insertion within the same command have duplicate constrained "
                  "values.")
          .WithSqlState("21000");
    }
    const std::vector<ResultColumn> excluded = ExcludedColumns();
    const std::vector<Value> parameters = ConflictParameters(id, excluded);
    if (conflict_plan_ == nullptr) PlanConflict(context_.query, parameters, excluded);
    Result result = RunPlan(context_.query, conflict_plan_, parameters, context_.now_micros);
    if (!result.Next()) return;  // The condition does not hold: the row stays as it is, and may be met again.
    mine_.insert(id.ToString());
    DocumentBuilder members;
    members.BeginObject();
    size_t next = 0;
    for (size_t i = 0; i < set_.size(); ++i) {
      const ChangeTarget& target = set_[i];
      const Value value = conflict_defaults_[i] ? DefaultOf(context_, *table_, target)
                                                : AssignedValue(target, result.Get(next++), conflict_untyped_[i],
                                                                insert_.conflict->set[i].position);
      CheckNotNull(*table_, target, value);
      members.Key(target.name);
      members.Copy(StoredFromValue(value));
    }
    members.EndObject();
    context_.transaction.writer().Replace(id, members.Finish());
    changed_.push_back(id);
  }

  const ChangeContext& context_;
  ast::Insert& insert_;
  const TablePtr table_;
  std::vector<ChangeTarget> targets_;
  std::vector<ChangeTarget> set_;  // Of DO UPDATE,
  std::vector<bool> conflict_untyped_, conflict_defaults_;
  std::shared_ptr<const PhysicalPlan> conflict_plan_;  // and the query for its values.
  std::string arbiter_;                                // The constraint of ON CONFLICT; empty: any.
  std::vector<Value> proposed_;                        // The row at hand,
  Document record_;                                    // and the record that it makes.
  std::vector<Uuid> changed_;                          // For RETURNING.
  std::set<std::string> mine_;                         // Records that this statement wrote.
};

}  // namespace

Result RunInsert(const ChangeContext& context, ast::Insert& insert) { return Inserter(context, insert).Run(); }

}  // namespace rem::sql
