#include "sql/binder/table_scope.h"

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/nearest.h"
#include "sql/parser/ast_names.h"

namespace rem::sql {

namespace {

struct SystemColumn {
  std::string_view name;
  LogicalType type;
  ColumnSource source;
};
constexpr SystemColumn kSystemColumns[] = {{"id", LogicalType::kUuid, ColumnSource::kId},
                                           {"created_at", LogicalType::kTimestamp, ColumnSource::kCreatedAt},
                                           {"modified_at", LogicalType::kTimestamp, ColumnSource::kModifiedAt},
                                           {"deleted_at", LogicalType::kTimestamp, ColumnSource::kDeletedAt}};

const SystemColumn* FindSystem(std::string_view name) {
  const auto* found = std::ranges::find(kSystemColumns, name, &SystemColumn::name);
  return found == std::end(kSystemColumns) ? nullptr : found;
}

/// _id, _created_at, ...: the system columns where a table has columns of its own with their names.
const SystemColumn* FindUnderscored(std::string_view name) {
  return name.starts_with('_') ? FindSystem(name.substr(1)) : nullptr;
}

std::string Join(const std::vector<ast::NamePart>& parts) {
  std::string name;
  for (const ast::NamePart& part : parts) name += (name.empty() ? "" : ".") + part.original;
  return name;
}

}  // namespace

ColumnId TableScope::Field(PlanColumn column) {
  column.scan = scan_;
  for (size_t i = 0; i < plan_.columns.size(); ++i) {
    const PlanColumn& known = plan_.columns[i];
    if (known.scan == scan_ && known.source == column.source && known.path == column.path && known.type == column.type)
      return static_cast<ColumnId>(i);
  }
  return plan_.AddColumn(std::move(column));
}

ExprPtr TableScope::Reference(PlanColumn column, int position) {
  const LogicalType type = column.type;
  const bool dynamic = column.dynamic;
  return MakeColumn(Field(std::move(column)), type, dynamic, position);
}

// PostgreSQL folds unquoted names; property names often have capitals, so the spelling itself and then any case are
// tried too.
const ColumnSchema* TableScope::FindDeclared(const ast::NamePart& name) const {
  if (const ColumnSchema* column = table_->FindColumn(name.text)) return column;
  if (name.quoted) return nullptr;
  if (const ColumnSchema* column = table_->FindColumn(name.original)) return column;
  const ColumnSchema* found = nullptr;
  for (const ColumnSchema& column : table_->schema.columns) {
    if (FoldName(column.name) != name.text) continue;
    if (found != nullptr) return nullptr;
    found = &column;
  }
  return found;
}

bool TableScope::HasUndeclared(std::string_view name) const {
  if (!table_->schema.additional_properties) return false;
  return table_->keys->Find(name).has_value() || table_->keys->size() >= KeyDictionary::kMaxKeys;
}

ExprPtr TableScope::FindFrom(std::span<const ast::NamePart> parts, int position, bool system) {
  const ast::NamePart& name = parts[0];
  const auto with_path = [&](std::string top) {
    std::vector<std::string> path = {std::move(top)};
    for (const ast::NamePart& part : parts.subspan(1)) path.push_back(part.original);
    return path;
  };
  if (parts.size() == 1) {
    const auto reference = [&](const SystemColumn& column) {
      return Reference({std::string(column.name), column.type, column.source, false, {}}, position);
    };
    if (name.text == kRecordIdName) return reference(kSystemColumns[0]);
    const SystemColumn* column = FindSystem(name.text);
    const bool visible = system || !table_->schema.made_by_sql;
    if (column != nullptr && visible && table_->FindColumn(name.text) == nullptr) return reference(*column);
    column = FindUnderscored(name.text);
    if (column != nullptr && table_->FindColumn(name.text) == nullptr) return reference(*column);
  }
  if (const ColumnSchema* column = FindDeclared(name)) {
    if (column->type == LogicalType::kVector && parts.size() == 1) {
      if (const VectorColumn* vector = table_->FindVector(column->name)) return VectorField(*vector);
    }
    if (parts.size() == 1)
      return Reference({column->name, column->type, ColumnSource::kProperty, false, {column->name}}, position);
    if (column->type != LogicalType::kJson) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("column \"{}\" is no object: it is {}", column->name, LogicalTypeName(column->type)),
                  "only jsonb columns have members")
          .WithPosition(position);
    }
    return Reference(
        {parts.back().original, LogicalType::kJson, ColumnSource::kProperty, true, with_path(column->name)}, position);
  }
  for (const std::string& spelling : {name.text, name.original}) {
    if (HasUndeclared(spelling))
      return Reference({parts.back().original, LogicalType::kJson, ColumnSource::kProperty, true, with_path(spelling)},
                       position);
  }
  return nullptr;
}

ExprPtr TableScope::Find(const std::vector<ast::NamePart>& parts, int position) {
  if (parts.size() > 1 && IsAlias(parts[0])) {
    if (ExprPtr expr = FindFrom(std::span(parts).subspan(1), position)) return expr;
  }
  return FindFrom(parts, position);
}

ExprPtr TableScope::FindField(const std::vector<std::string>& path) {
  std::vector<ast::NamePart> parts;
  for (const std::string& name : path) parts.push_back({name, name, true});
  const ColumnSchema* column = table_->FindColumn(path[0]);
  if (column != nullptr && path.size() > 1 && column->type != LogicalType::kJson) return nullptr;
  return FindFrom(parts, 0);
}

bool TableScope::IsAlias(const ast::NamePart& part) const { return part.text == alias_ || part.original == alias_; }

const VectorColumn* TableScope::FindVector(std::span<const ast::NamePart> parts) const {
  if (parts.size() == 2 && IsAlias(parts[0])) parts = parts.subspan(1);
  if (parts.size() != 1) return nullptr;
  if (const VectorColumn* column = table_->FindVector(parts[0].text)) return column;
  return table_->FindVector(parts[0].original);
}

ExprPtr TableScope::VectorField(const VectorColumn& column) {
  return Reference({column.name, LogicalType::kVector, ColumnSource::kVector, false, {column.name}}, 0);
}

ColumnId TableScope::RowId() { return Field({"row id", LogicalType::kInt, ColumnSource::kRowId, false, {}}); }

std::vector<OutputColumn> TableScope::Star(bool with_undeclared) {
  std::vector<OutputColumn> star;
  for (const ColumnSchema& column : table_->schema.columns) {
    if (column.type == LogicalType::kVector) continue;
    star.push_back({column.name, Field({column.name, column.type, ColumnSource::kProperty, false, {column.name}})});
  }
  bool undeclared = false;
  const uint32_t keys = with_undeclared && table_->schema.additional_properties ? table_->keys->size() : 0;
  for (uint32_t key = 0; key < keys && !undeclared; ++key)
    undeclared = table_->FindColumn(table_->keys->Name(key)) == nullptr;
  // The dictionary grows without a new catalog version: a plan without the object of undeclared members must not be
  // kept.
  if (with_undeclared && !undeclared && table_->schema.additional_properties) plan_.depends_on_values = true;
  if (undeclared) star.push_back({"*", Field({"*", LogicalType::kJson, ColumnSource::kUndeclared, false, {}})});
  return star;
}

std::vector<std::string> TableScope::Names() const {
  std::vector<std::string> names;
  for (const ColumnSchema& column : table_->schema.columns) names.push_back(column.name);
  for (const SystemColumn& system : kSystemColumns) names.emplace_back(system.name);
  if (table_->schema.additional_properties) {
    for (uint32_t key = 0; key < table_->keys->size() && names.size() < 1000; ++key)
      names.emplace_back(table_->keys->Name(key));
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void TableScope::ThrowUnknown(const std::vector<ast::NamePart>& parts, int position) const {
  const std::vector<std::string> names = Names();
  const std::string& wanted = parts.size() > 1 && IsAlias(parts[0]) ? parts[1].original : parts[0].original;
  std::string known;
  for (size_t i = 0; i < names.size() && i < 12; ++i) known += (i == 0 ? "" : ", ") + names[i];
  throw Error(ErrorCode::kColumnNotFound, fmt::format("column \"{}\" does not exist", Join(parts)),
              DidYouMean(wanted, names, fmt::format("columns of \"{}\" are {}", table_->name(), known)))
      .WithPosition(position);
}

}  // namespace rem::sql
