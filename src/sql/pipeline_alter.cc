#include "sql/pipeline_alter.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rem/error.h>

#include "catalog/view.h"
#include "sql/functions/session_access.h"
#include "sql/parser/parser.h"
#include "sql/pipeline_change.h"
#include "sql/pipeline_rules.h"
#include "sql/pipeline_schema.h"
#include "sql/pipeline_vector_index.h"
#include "sql/pipeline_view.h"
#include "store/vector_indexes.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

using ast::AlterAction;
using ast::AlterKind;
using Kind = TableConstraint::Kind;

[[noreturn]] void NotSupported(const std::string& what, std::string_view hint, int position = 0) {
  throw Error(ErrorCode::kNotSupported, "not supported yet: " + what, std::string(hint)).WithPosition(position);
}

/// A copy of `properties` in which `visit(name, node, out)` writes each member that it returns true for itself.
template <typename Visit>
Document MapMembers(const DocumentView& properties, Visit visit) {
  DocumentBuilder out;
  out.BeginObject();
  for (size_t i = 0; i < properties.size(); ++i) {
    if (visit(properties.KeyAt(i), properties.ValueAt(i), out)) continue;
    out.Key(properties.KeyAt(i));
    out.Copy(properties.ValueAt(i));
  }
  out.EndObject();
  return out.Finish();
}

bool Mentions(const TableConstraint& constraint, const std::string& column) {
  if (constraint.kind == Kind::kCheck) return ExpressionMentions(constraint.expression, column);
  return std::ranges::find(constraint.columns, column) != constraint.columns.end();
}

/// Constraints of other tables that refer to `table`.
std::vector<std::pair<TablePtr, const TableConstraint*>> ReferencesTo(const CatalogSnapshot& catalog,
                                                                      const Table& table) {
  std::vector<std::pair<TablePtr, const TableConstraint*>> references;
  for (const TablePtr& other : catalog.tables()) {
    if (other->id == table.id) continue;
    for (const TableConstraint& constraint : other->schema.constraints) {
      if (constraint.kind == Kind::kForeignKey && constraint.table == table.schema.name)
        references.emplace_back(other, &constraint);
    }
  }
  return references;
}

void Redefine(DefinitionTarget& target, const Table& before, Redefinition change) {
  if (change.name.empty()) change.name = before.schema.name;
  TableSchema schema = ReadTableSchema(change.name, change.schema);
  CheckRowRules(schema);
  target.Redefine(before.id, before.definition_version, change);
}

/// One ALTER TABLE: its actions change a draft of the schema and add to what becomes of each record.
class Alteration {
 public:
  Alteration(DefinitionTarget& target, const CatalogSnapshot& catalog, TablePtr table)
      : target_(target), catalog_(catalog), table_(std::move(table)), draft_(*table_), name_(table_->schema.name) {
    if (!table_->schema.made_by_sql)
      NotSupported(fmt::format("ALTER TABLE of \"{}\", which a JSON Schema defines", table_->name()),
                   "register the changed schema");
  }

  void Apply(AlterAction& action) {
    switch (action.kind) {
      case AlterKind::kAddColumn:
        return AddColumnAction(action);
      case AlterKind::kDropColumn:
        return DropColumn(action);
      case AlterKind::kRenameColumn:
        return RenameColumn(action);
      case AlterKind::kRenameTable:
        return RenameTable(action);
      case AlterKind::kRenameConstraint:
        FindConstraint(action)->name = action.new_name;
        return;
      case AlterKind::kSetDefault:
        return SetPropertyDefault(Column(action), &*action.default_value, action.position);
      case AlterKind::kDropDefault:
        return SetPropertyDefault(Column(action), nullptr, action.position);
      case AlterKind::kSetNotNull:
        change_.check_rows = true;
        return SetPropertyRequired(Column(action), true);
      case AlterKind::kDropNotNull:
        return DropNotNull(action);
      case AlterKind::kSetType:
        return SetType(action);
      case AlterKind::kAddConstraint:
        AddConstraints(name_, action.constraints, catalog_, draft_);
        change_.check_rows = true;
        check_references_ |= action.constraints[0].kind == ast::ConstraintKind::kForeignKey;
        return;
      case AlterKind::kDropConstraint:
        return DropConstraint(action);
    }
  }

  void Commit() {
    if (check_references_ && target_.HasRecords(*table_))
      NotSupported("adding a FOREIGN KEY to a table that has rows", "declare it in CREATE TABLE");
    change_.name = name_;
    change_.schema = draft_.Finish();
    if (!steps_.empty()) {
      change_.transform = [this](const DocumentView& properties) {
        Document document = steps_[0](properties);
        for (size_t i = 1; i < steps_.size(); ++i) document = steps_[i](document);
        return document;
      };
    }
    Redefine(target_, *table_, change_);
  }

 private:
  SchemaDraft::Property& Column(const AlterAction& action) {
    return draft_.Get(action.name, table_->name(), action.position);
  }

  void AddColumnAction(AlterAction& action) {
    if (draft_.Find(action.name) != nullptr) {
      if (action.if_exists) return;
      throw Error(ErrorCode::kColumnExists,
                  fmt::format("column \"{}\" of relation \"{}\" already exists", action.name, table_->name()),
                  "give the column another name")
          .WithPosition(action.position);
    }
    std::vector<ast::ColumnDefinition> columns;
    columns.push_back(std::move(action.column));
    AddColumns(name_, columns, draft_);
    AddConstraints(name_, action.constraints, catalog_, draft_);
    for (const ast::Constraint& constraint : action.constraints)
      check_references_ |= constraint.kind == ast::ConstraintKind::kForeignKey;
    change_.check_rows = true;
    FillNewColumn(action.name);
  }

  /// Records that are there get the default.
  void FillNewColumn(const std::string& name) {
    const DocumentView schema = draft_.Find(name)->schema;
    const auto constant = schema.Find("default");
    const auto computed = schema.Find("sqlDefault");
    if (constant) {
      Document value = Document::Copy(*constant);
      steps_.push_back([name, value](const DocumentView& properties) {
        DocumentBuilder out;
        out.BeginObject();
        for (size_t i = 0; i < properties.size(); ++i) {
          out.Key(properties.KeyAt(i));
          out.Copy(properties.ValueAt(i));
        }
        out.Key(name);
        out.Copy(value);
        out.EndObject();
        return out.Finish();
      });
    } else if (computed) {
      // The column alone, so that no other default is filled in.
      SchemaDraft one;
      one.properties.push_back(*draft_.Find(name));
      const auto rules = MakeRowRules(ReadTableSchema(name_, one.Finish()));
      steps_.push_back([this, rules](const DocumentView& properties) {
        return rules->WithDefaults(Document::Copy(properties), SystemClock().NowMicros(), [&](std::string_view column) {
          return target_.writer().NextSequenceValue(*table_, column);
        });
      });
    }
  }

  void DropColumn(const AlterAction& action) {
    if (action.if_exists && draft_.Find(action.name) == nullptr) return;
    Column(action);
    for (const auto& [other, constraint] : ReferencesTo(catalog_, *table_)) {
      if (std::ranges::find(constraint->references, action.name) == constraint->references.end()) continue;
      throw Error(ErrorCode::kDependentObjects,
                  fmt::format("cannot drop column {} of table {} because other objects depend on it", action.name,
                              table_->name()),
                  "drop the foreign key first")
          .WithDetail(fmt::format("constraint {} on table {} depends on it", constraint->name, other->name()));
    }
    std::erase_if(draft_.properties, [&](const auto& property) { return property.name == action.name; });
    std::erase_if(draft_.sql.constraints, [&](const auto& constraint) { return Mentions(constraint, action.name); });
    std::erase_if(draft_.sql.indexes, [&](const SqlIndex& index) {
      return std::ranges::find(index.columns, action.name) != index.columns.end();
    });
    std::erase_if(draft_.vector_indexes,
                  [&](const VectorIndexDefinition& index) { return index.column == action.name; });
    steps_.push_back([name = action.name](const DocumentView& properties) {
      return MapMembers(properties,
                        [&](std::string_view key, const DocumentView&, DocumentBuilder&) { return key == name; });
    });
  }

  void RenameColumn(const AlterAction& action) {
    SchemaDraft::Property& property = Column(action);
    if (draft_.Find(action.new_name) != nullptr) {
      throw Error(ErrorCode::kColumnExists,
                  fmt::format("column \"{}\" of relation \"{}\" already exists", action.new_name, table_->name()),
                  "choose another name")
          .WithPosition(action.position);
    }
    for (const auto& [other, constraint] : ReferencesTo(catalog_, *table_)) {
      if (std::ranges::find(constraint->references, action.name) != constraint->references.end())
        NotSupported("renaming a column that a foreign key refers to", "drop the foreign key first", action.position);
    }
    if (const auto computed = property.schema.view().Find("sqlDefault");
        computed && computed->AsText() == kSequenceDefault)
      target_.writer().RenameSequence(*table_, action.name, action.new_name);
    property.name = action.new_name;
    const auto rename = [&](std::vector<std::string>& columns) {
      for (std::string& column : columns) {
        if (column == action.name) column = action.new_name;
      }
    };
    for (TableConstraint& constraint : draft_.sql.constraints) {
      rename(constraint.columns);
      if (constraint.kind == Kind::kForeignKey && constraint.table == table_->schema.name)
        rename(constraint.references);
      if (constraint.kind == Kind::kCheck)
        constraint.expression = RenameInExpression(constraint.expression, action.name, action.new_name);
    }
    for (SqlIndex& index : draft_.sql.indexes) rename(index.columns);
    for (VectorIndexDefinition& index : draft_.vector_indexes) {
      if (index.column == action.name) index.column = action.new_name;
    }
    steps_.push_back([from = action.name, to = action.new_name](const DocumentView& properties) {
      return MapMembers(properties, [&](std::string_view key, const DocumentView& node, DocumentBuilder& out) {
        if (key != from) return false;
        out.Key(to);
        out.Copy(node);
        return true;
      });
    });
  }

  void RenameTable(const AlterAction& action) {
    if (RelationExists(catalog_, draft_, action.new_name) || catalog_.Find(action.new_name) != nullptr) {
      throw Error(ErrorCode::kTableExists, fmt::format("relation \"{}\" already exists", action.new_name),
                  "choose another name")
          .WithPosition(action.position);
    }
    if (!ReferencesTo(catalog_, *table_).empty())
      NotSupported("renaming a table that a foreign key refers to", "drop the foreign key first", action.position);
    // A temporary table stays one.
    const std::string prefix = catalog_.IsTemporary(*table_) ? name_.substr(0, name_.find('.') + 1) : "";
    for (TableConstraint& constraint : draft_.sql.constraints) {
      if (constraint.table == name_) constraint.table = prefix + action.new_name;
    }
    name_ = prefix + action.new_name;
  }

  void DropNotNull(const AlterAction& action) {
    for (const TableConstraint& constraint : draft_.sql.constraints) {
      if (constraint.kind != Kind::kPrimaryKey || !Mentions(constraint, action.name)) continue;
      throw Error(ErrorCode::kSchemaConflict, fmt::format("column \"{}\" is in a primary key", action.name),
                  "drop the primary key first")
          .WithPosition(action.position);
    }
    SetPropertyRequired(Column(action), false);
  }

  void SetType(const AlterAction& action) {
    SchemaDraft::Property& property = Column(action);
    const auto declared = [&]() -> std::optional<SqlType> {
      const auto text = property.schema.view().Find("sqlType");
      return text ? ParseSqlType(text->AsText()) : std::nullopt;
    };
    const std::optional<SqlType> from = declared();
    SetPropertyType(property, action.type, action.position);
    const std::optional<SqlType> to = declared();
    if (!from || !to) NotSupported("changing the type of a vector", "add another column", action.position);
    for (const auto& [other, constraint] : ReferencesTo(catalog_, *table_)) {
      if (std::ranges::find(constraint->references, action.name) != constraint->references.end())
        NotSupported("changing the type of a column that a foreign key refers to", "drop the foreign key first");
    }
    ChangeTarget target;
    target.name = action.name;
    target.type = to->type;
    target.modifier = to->modifier;
    target.padded = to->padded;
    if (from->type != to->type && CastLevelOf(from->type, to->type) < CastLevel::kAssignment) {
      throw Error(
          ErrorCode::kTypeMismatch,
          fmt::format("column \"{}\" cannot be cast automatically to type {}", action.name, LogicalTypeName(to->type)),
          "add a column of the new type, UPDATE it, and drop the old one")
          .WithPosition(action.position);
    }
    ConvertDefault(property, from->type, target);
    change_.check_rows = true;
    steps_.push_back([target, type = from->type](const DocumentView& properties) {
      return MapMembers(properties, [&](std::string_view key, const DocumentView& node, DocumentBuilder& out) {
        if (key != target.name || node.IsNull()) return false;
        const auto value = ValueFromNode(node, type);
        if (!value) return false;
        out.Key(key);
        // An explicit cast cuts texts, as it does in PostgreSQL here.
        out.Copy(StoredFromValue(
            ApplyModifier(CastValue(*value, target.type), {target.type, target.modifier, target.padded}, false)));
        return true;
      });
    });
  }

  static void ConvertDefault(SchemaDraft::Property& property, LogicalType from, const ChangeTarget& to) {
    const auto value = property.schema.view().Find("default");
    const auto old = value ? ValueFromNode(*value, from) : std::nullopt;
    if (!old || old->IsNull()) return;
    const Document converted = StoredFromValue(AssignedValue(to, *old, false, 0));
    property.schema = MapMembers(property.schema, [&](std::string_view key, const DocumentView&, DocumentBuilder& out) {
      if (key != "default") return false;
      out.Key(key);
      out.Copy(converted);
      return true;
    });
  }

  std::vector<TableConstraint>::iterator FindConstraint(const AlterAction& action) {
    const auto found = std::ranges::find(draft_.sql.constraints, action.name, &TableConstraint::name);
    if (found == draft_.sql.constraints.end()) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("constraint \"{}\" of relation \"{}\" does not exist", action.name, table_->name()),
                  "name one of the table's constraints")
          .WithPosition(action.position);
    }
    return found;
  }

  void DropConstraint(const AlterAction& action) {
    if (action.if_exists &&
        std::ranges::find(draft_.sql.constraints, action.name, &TableConstraint::name) == draft_.sql.constraints.end())
      return;
    const auto found = FindConstraint(action);
    if (found->kind == Kind::kPrimaryKey || found->kind == Kind::kUnique) {
      for (const auto& [other, constraint] : ReferencesTo(catalog_, *table_)) {
        throw Error(ErrorCode::kDependentObjects,
                    fmt::format("cannot drop constraint {} on table {} because other objects depend on it", action.name,
                                table_->name()),
                    "drop the foreign key first")
            .WithDetail(fmt::format("constraint {} on table {} depends on it", constraint->name, other->name()));
      }
    }
    draft_.sql.constraints.erase(found);
  }

  DefinitionTarget& target_;
  const CatalogSnapshot& catalog_;
  const TablePtr table_;
  SchemaDraft draft_;
  std::string name_;
  Redefinition change_;
  std::vector<RowTransform> steps_;
  bool check_references_ = false;
};

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

std::string MadeName(const ast::CreateIndex& create) {
  std::string name = create.table.name;
  for (const std::string& column : create.columns) name += "_" + column;
  return name + "_idx";
}

/// Takes the foreign keys that refer to tables which go away from the others.
void DropReferences(DefinitionTarget& target, const CatalogSnapshot& catalog, const std::vector<TablePtr>& going,
                    bool cascade) {
  const auto goes = [&](const Table& table) {
    return std::ranges::any_of(going, [&](const TablePtr& other) { return other->id == table.id; });
  };
  for (const TablePtr& table : going) {
    for (const auto& [other, constraint] : ReferencesTo(catalog, *table)) {
      if (goes(*other)) continue;
      if (!cascade) {
        throw Error(ErrorCode::kDependentObjects,
                    fmt::format("cannot drop table {} because other objects depend on it", table->name()),
                    "Use DROP ... CASCADE to drop the dependent objects too.")
            .WithDetail(fmt::format("constraint {} on table {} depends on table {}", constraint->name, other->name(),
                                    table->name()));
      }
    }
  }
  for (const TablePtr& table : going) {
    for (const auto& [other, constraint] : ReferencesTo(*target.catalog(), *table)) {
      if (goes(*other)) continue;
      SchemaDraft draft(*other);
      std::erase_if(draft.sql.constraints, [&](const TableConstraint& c) {
        return c.kind == Kind::kForeignKey && c.table == table->schema.name;
      });
      const TablePtr now = target.catalog()->FindById(other->id);
      if (now != nullptr) Redefine(target, *now, {{}, draft.Finish(), {}, false});
    }
  }
}

/// A view names its tables and their columns by the names that they had.
void CheckViewsStay(const CatalogSnapshot& catalog, const Table& table, const AlterAction& action) {
  using enum ast::AlterKind;
  if (action.kind != kDropColumn && action.kind != kRenameColumn && action.kind != kRenameTable &&
      action.kind != kSetType)
    return;
  const std::vector<TablePtr> views = ViewsOf(catalog, table);
  if (views.empty()) return;
  throw Error(ErrorCode::kDependentObjects,
              fmt::format("cannot change table {} because other objects depend on it", table.name()),
              "drop the view, and make it again afterwards")
      .WithDetail(fmt::format("view {} depends on table {}", views[0]->name(), table.name()))
      .WithPosition(action.position);
}

/// With CASCADE, the views that read what goes go too.
void AddViews(const CatalogSnapshot& catalog, std::vector<TablePtr>& going, bool cascade) {
  for (size_t i = 0; i < going.size(); ++i) {
    for (const TablePtr& view : ViewsOf(catalog, *going[i])) {
      if (std::ranges::find(going, view) != going.end()) continue;
      if (!cascade) {
        const char* kind = ViewQueryOf(*going[i]) ? "view" : "table";
        throw Error(ErrorCode::kDependentObjects,
                    fmt::format("cannot drop {} {} because other objects depend on it", kind, going[i]->name()),
                    "Use DROP ... CASCADE to drop the dependent objects too.")
            .WithDetail(fmt::format("view {} depends on {} {}", view->name(), kind, going[i]->name()));
      }
      going.push_back(view);
    }
  }
}

}  // namespace

void RunAlterTable(DefinitionTarget& target, ast::AlterTable& alter) {
  const CatalogPtr catalog = target.catalog();
  if (alter.if_exists && catalog->Find(alter.table.name) == nullptr) return;
  const TablePtr table = FindTable(*catalog, alter.table);
  CheckIsTable(*table, alter.table.position);
  for (const AlterAction& action : alter.actions) CheckViewsStay(*catalog, *table, action);
  // Its records change under the lock that a sequence would take.
  const SessionScope none(nullptr);
  Alteration alteration(target, *catalog, table);
  for (AlterAction& action : alter.actions) alteration.Apply(action);
  alteration.Commit();
}

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
    VectorIndexDefinition index = DefineVectorIndex(create, *table);
    for (const VectorIndexDefinition& other : draft.vector_indexes) {
      if (other.column == index.column && other.metric == index.metric)
        NotSupported("a second hnsw index with the same column and operator class",
                     "drop index " + other.name + " first", create.position);
    }
    index.name = name;
    draft.vector_indexes.push_back(std::move(index));
    Redefine(target, *table, {{}, draft.Finish(), {}, false});
    // Made in the background, as soon as the table is large enough.
    if (const TablePtr now = target.catalog()->FindById(table->id)) target.MakeVectorIndexes(*now);
    return;
  }
  std::set<std::string> seen;
  for (const std::string& column : create.columns) {
    if (table->FindColumn(column) == nullptr) {
      throw Error(ErrorCode::kColumnNotFound, fmt::format("column \"{}\" does not exist", column),
                  "name the table's columns")
          .WithPosition(create.position);
    }
    if (!seen.insert(column).second) NotSupported("an index with a column twice", "name it once", create.position);
  }
  draft.sql.indexes.push_back({name, create.columns, create.unique});
  Redefine(target, *table, {{}, draft.Finish(), {}, false});
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
      Redefine(target, *table, {{}, draft.Finish(), {}, false});
    }
  }
}

void RunComment(DefinitionTarget& target, const ast::Comment& comment) {
  const CatalogPtr catalog = target.catalog();
  const TablePtr table = FindTable(*catalog, comment.table);
  CheckIsTable(*table, comment.table.position);
  if (!table->schema.made_by_sql)
    NotSupported("COMMENT on a table that a JSON Schema defines", "write a \"description\" in its schema");
  SchemaDraft draft(*table);
  if (comment.column.empty()) {
    draft.SetDescription(comment.text);
  } else {
    SchemaDraft::Property& property = draft.Get(comment.column, table->name());
    property.schema = MapMembers(property.schema, [](std::string_view key, const DocumentView&, DocumentBuilder&) {
      return key == "description";
    });
    DocumentBuilder out;
    out.BeginObject();
    const DocumentView view = property.schema;
    for (size_t i = 0; i < view.size(); ++i) {
      out.Key(view.KeyAt(i));
      out.Copy(view.ValueAt(i));
    }
    if (!comment.text.empty()) {
      out.Key("description");
      out.Text(comment.text);
    }
    out.EndObject();
    property.schema = out.Finish();
  }
  Redefine(target, *table, {{}, draft.Finish(), {}, false});
}

void RunCreateTable(DefinitionTarget& target, ast::CreateTable& create) {
  const CatalogPtr catalog = target.catalog();
  const bool exists = catalog->Find(create.table.name) != nullptr;
  if (exists && create.if_not_exists) return;
  if (exists || RelationExists(*catalog, SchemaDraft(), create.table.name)) {
    throw Error(ErrorCode::kTableExists, fmt::format("relation \"{}\" already exists", create.table.name),
                "drop it first, or write CREATE TABLE IF NOT EXISTS")
        .WithPosition(create.table.position);
  }
  target.Register(create.table.name, SchemaOf(create, *catalog), false);
}

void RunDropTables(DefinitionTarget& target, const ast::DropTables& drop) {
  const CatalogPtr catalog = target.catalog();
  // All are looked up before the first goes.
  std::vector<TablePtr> going;
  for (const ast::TableName& name : drop.tables) {
    const TablePtr table = drop.if_exists ? catalog->Find(name.name) : FindTable(*catalog, name);
    if (table != nullptr) CheckIsKind(*table, drop, name.position);
    if (table != nullptr && drop.sequences) CheckSequenceIsFree(*catalog, *table);
    if (table != nullptr && std::ranges::find(going, table) == going.end()) going.push_back(table);
  }
  AddViews(*catalog, going, drop.cascade);
  DropReferences(target, *catalog, going, drop.cascade);
  for (const TablePtr& table : going) target.DropTable(table->schema.name);
}

}  // namespace rem::sql
