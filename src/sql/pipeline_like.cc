#include "sql/pipeline_like.h"

#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "catalog/row_rules.h"
#include "catalog/view.h"
#include "sql/pipeline_change.h"

namespace rem::sql {

namespace {

[[noreturn]] void NotSupported(const std::string& what, std::string hint, int position) {
  throw Error(ErrorCode::kNotSupported, "not supported yet: " + what, std::move(hint)).WithPosition(position);
}

TablePtr Source(const ast::LikeTable& like, const CatalogSnapshot& catalog) {
  TablePtr source = FindTable(catalog, like.table);
  if (!source->schema.made_by_sql && !ViewQueryOf(*source)) {
    NotSupported(fmt::format("LIKE of table \"{}\", which a JSON Schema defines", source->name()),
                 "name the columns, or use CREATE TABLE ... AS SELECT", like.table.position);
  }
  return source;
}

// A default comes only where it is asked for. That of a sequence would be the source's sequence, but for an identity
// column, which gets one of its own.
Document PropertyLike(const ast::LikeTable& like, const SchemaDraft::Property& property) {
  const DocumentView schema = property.schema;
  const auto computed = schema.Find("sqlDefault");
  const bool sequence = computed && computed->kind() == NodeKind::kText && computed->AsText() == kSequenceDefault;
  const bool always = schema.Find("sqlIdentity").has_value();
  if (sequence && !always && (like.defaults || like.identity)) {
    NotSupported(fmt::format("LIKE with the sequence of column \"{}\"", property.name),
                 "leave out INCLUDING DEFAULTS and IDENTITY, or name the column", like.table.position);
  }
  const bool keep = sequence ? like.identity : like.defaults;
  DocumentBuilder out;
  out.BeginObject();
  for (size_t i = 0; i < schema.size(); ++i) {
    const std::string_view key = schema.KeyAt(i);
    const bool of_default = key == "default" || key == "sqlDefault" || key == "sqlIdentity";
    if ((of_default && !keep) || (key == "description" && !like.comments)) continue;
    out.Key(key);
    out.Copy(schema.ValueAt(i));
  }
  out.EndObject();
  return out.Finish();
}

}  // namespace

void AddColumnsLike(const ast::LikeTable& like, const std::string& table, const CatalogSnapshot& catalog,
                    SchemaDraft& draft) {
  const TablePtr source = Source(like, catalog);
  const SchemaDraft from(*source);
  const bool view = ViewQueryOf(*source).has_value();
  for (const ColumnSchema& column : source->schema.columns) {
    SchemaDraft::Property property = *SchemaDraft(from).Find(column.name);
    if (draft.Find(property.name) != nullptr) {
      throw Error(ErrorCode::kColumnExists, fmt::format("column \"{}\" specified more than once", property.name),
                  "give each column a name of its own")
          .WithPosition(like.table.position);
    }
    property.schema = PropertyLike(like, property);
    if (view) SetPropertyRequired(property, false);
    draft.properties.push_back(std::move(property));
  }
  if (!like.constraints) return;
  for (const TableConstraint& constraint : from.sql.constraints) {
    if (constraint.kind != TableConstraint::Kind::kCheck) continue;
    for (const TableConstraint& other : draft.sql.constraints) {
      if (other.name != constraint.name) continue;
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("constraint \"{}\" for relation \"{}\" already exists", constraint.name, table),
                  "leave out INCLUDING CONSTRAINTS")
          .WithPosition(like.table.position);
    }
    draft.sql.constraints.push_back(constraint);
  }
}

void AddKeysLike(const ast::LikeTable& like, const CatalogSnapshot& catalog,
                 std::vector<ast::Constraint>& constraints) {
  if (!like.indexes) return;
  for (const TableConstraint& constraint : SchemaDraft(*Source(like, catalog)).sql.constraints) {
    const bool primary = constraint.kind == TableConstraint::Kind::kPrimaryKey;
    if (!primary && constraint.kind != TableConstraint::Kind::kUnique) continue;
    ast::Constraint key;
    key.kind = primary ? ast::ConstraintKind::kPrimaryKey : ast::ConstraintKind::kUnique;
    key.columns = constraint.columns;
    key.position = like.table.position;
    constraints.push_back(std::move(key));
  }
}

void AddIndexesLike(const ast::LikeTable& like, const std::string& table, const CatalogSnapshot& catalog,
                    SchemaDraft& draft) {
  if (!like.indexes) return;
  for (SqlIndex index : SchemaDraft(*Source(like, catalog)).sql.indexes) {
    std::string name = table;
    for (const std::string& column : index.columns) name += "_" + column;
    index.name = FreeRelationName(catalog, draft, name + "_idx");
    draft.sql.indexes.push_back(std::move(index));
  }
}

}  // namespace rem::sql
