#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rem/error.h>

#include "schema/index_expression.h"
#include "sql/pipeline_alter.h"
#include "sql/pipeline_change.h"
#include "sql/pipeline_rules.h"
#include "sql/pipeline_schema.h"
#include "sql/pipeline_vector_index.h"
#include "sql/pipeline_view.h"
#include "store/vector_indexes.h"

namespace rem::sql {

// CREATE INDEX and DROP INDEX.

namespace {

[[noreturn]] void NotSupported(const std::string& what, std::string_view hint, int position = 0) {
  throw Error(ErrorCode::kNotSupported, "not supported yet: " + what, std::string(hint)).WithPosition(position);
}

/// The table that has an index of this name made by CREATE INDEX.
TablePtr TableOfIndex(const CatalogSnapshot& catalog, const std::string& name) {
  for (const TablePtr& table : catalog.tables()) {
    const SchemaDraft draft(*table);
    if (std::ranges::find(draft.sql.indexes, name, &SqlIndex::name) != draft.sql.indexes.end()) return table;
    const auto& vectors = draft.vector_indexes;
    if (std::ranges::find(vectors, name, &VectorIndexDefinition::name) != vectors.end()) return table;
  }
  return nullptr;
}

/// What PostgreSQL calls an expression in the name of its index.
std::string NameOfExpression(const ast::Expr& expr) {
  return expr.kind == ast::ExprKind::kFunction ? expr.parts.back().text : "expr";
}

std::string MadeName(const ast::CreateIndex& create) {
  std::string name = create.table.name;
  size_t computed = 0;
  for (const std::string& column : create.columns)
    name += "_" + (column.empty() ? NameOfExpression(*create.expressions[computed++].expr) : column);
  return name + "_idx";
}

}  // namespace

void RunCreateIndex(DefinitionTarget& target, const ast::CreateIndex& create) {
  const CatalogPtr catalog = target.catalog();
  const TablePtr table = FindTable(*catalog, create.table);
  CheckIsTable(*table, create.position);
  if (table->schema.category == "system")
    NotSupported("CREATE INDEX on a built-in table", "register a schema of your own", create.position);
  SchemaDraft draft(*table);
  std::string name = create.name;
  if (name.empty()) {
    name = FreeRelationName(*catalog, draft, MadeName(create));
  } else if (RelationExists(*catalog, draft, name)) {
    if (create.if_not_exists) return;
    throw Error(ErrorCode::kTableExists, fmt::format("relation \"{}\" already exists", name),
                "give the index another name")
        .WithPosition(create.position);
  }
  if (create.vectors) {
    if (create.where || !create.expressions.empty())
      NotSupported("hnsw indexes over expressions or parts of the rows", "index a vector column", create.position);
    VectorIndexDefinition index = DefineVectorIndex(create, *table);
    for (const VectorIndexDefinition& other : draft.vector_indexes) {
      if (other.column == index.column && other.metric == index.metric)
        NotSupported("a second hnsw index with the same column and operator class",
                     "drop index " + other.name + " first", create.position);
    }
    index.name = name;
    draft.vector_indexes.push_back(std::move(index));
    RedefineTable(target, *table, {{}, draft.Finish(), {}, false});
    // Made in the background, as soon as the table is large enough.
    if (const TablePtr now = target.catalog()->FindById(table->id)) target.MakeVectorIndexes(*now);
    return;
  }
  std::set<std::string> seen;
  const auto expression = [&](const ast::StoredExpr& stored, bool condition) {
    return IndexExpression{condition, TypeOfExpression(table->schema, stored.text), stored.text}.name();
  };
  std::vector<std::string> columns;
  for (size_t i = 0, computed = 0; i < create.columns.size(); ++i) {
    const bool named = !create.columns[i].empty();
    columns.push_back(named ? create.columns[i] : expression(create.expressions[computed++], false));
    const std::string& column = columns.back();
    if (named && table->FindColumn(column) == nullptr) {
      throw Error(ErrorCode::kColumnNotFound, fmt::format("column \"{}\" does not exist", column),
                  "name the table's columns")
          .WithPosition(create.position);
    }
    if (!seen.insert(column).second) NotSupported("an index with a column twice", "name it once", create.position);
  }
  if (create.where) columns.push_back(expression(*create.where, true));
  draft.sql.indexes.push_back({name, columns, create.unique});
  RedefineTable(target, *table, {{}, draft.Finish(), {}, false});
}

void RunDropIndexes(DefinitionTarget& target, const ast::DropIndexes& drop) {
  for (const bool really : {false, true}) {
    for (const std::string& name : drop.names) {
      const CatalogPtr catalog = target.catalog();
      const TablePtr table = TableOfIndex(*catalog, name);
      if (table == nullptr && !drop.if_exists) {
        for (const TablePtr& other : catalog->tables()) {
          for (const TableConstraint& constraint : other->schema.constraints) {
            if (constraint.name != name) continue;
            throw Error(ErrorCode::kDependentObjects,
                        fmt::format("cannot drop index {} because constraint {} on table {} requires it", name, name,
                                    other->name()),
                        fmt::format("You can drop constraint {} on table {} instead.", name, other->name()));
          }
        }
        throw Error(ErrorCode::kNotFound, fmt::format("index \"{}\" does not exist", name),
                    "name an index that CREATE INDEX made");
      }
      if (!really || table == nullptr) continue;
      SchemaDraft draft(*table);
      std::erase_if(draft.sql.indexes, [&](const SqlIndex& index) { return index.name == name; });
      std::erase_if(draft.vector_indexes, [&](const VectorIndexDefinition& index) { return index.name == name; });
      RedefineTable(target, *table, {{}, draft.Finish(), {}, false});
    }
  }
}

}  // namespace rem::sql
