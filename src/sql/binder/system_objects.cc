#include "sql/binder/system_objects.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "catalog/view.h"
#include "sql/binder/system_relation.h"
#include "sql/functions/quote.h"
#include "sql/plan/expression.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

// Ranges of numbers that do not meet.
constexpr int64_t kFirstSystemOid = 1000, kFirstTableOid = 16384, kObjectsPerTable = 4096;

constexpr SystemNamespace kNamespaces[] = {{kCatalogNamespace, "pg_catalog"},
                                           {kPublicNamespace, "public"},
                                           {kInformationNamespace, "information_schema"},
                                           {2201, "system"},
                                           {2202, "user"},
                                           {2203, "agents"}};

int64_t NamespaceOf(const Table& table) {
  if (table.schema.made_by_sql || ViewQueryOf(table)) return kPublicNamespace;
  const auto* found = std::ranges::find(kNamespaces, table.schema.category, &SystemNamespace::name);
  return found == std::end(kNamespaces) ? kPublicNamespace : found->oid;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + QuoteIdentifier(name);
  return text;
}

std::vector<int64_t> Places(const SystemRelationInfo& relation, const std::vector<std::string>& names) {
  std::vector<int64_t> places;
  for (const std::string& name : names) {
    const auto at = std::ranges::find(relation.columns, name, &SystemColumnInfo::name);
    places.push_back(at == relation.columns.end() ? 0 : at - relation.columns.begin() + 1);
  }
  return places;
}

// A stored default as SQL writes it: 'a'::text, 0, '2024-01-01'::date.
std::string LiteralOf(const ColumnSchema& column, const ColumnType& type, const DocumentView& value) {
  if (value.kind() == NodeKind::kNull) return "";
  const std::string text = value.kind() == NodeKind::kText ? std::string(value.AsText())
                                                           : Value(Document::FromJson(value.ToJson())).ToText();
  if (column.type == LogicalType::kBool || IsNumber(column.type)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'::" + FormatSystemType(type.oid(), -1);
}

std::string DefaultOf(const Table& table, const ColumnSchema& column, const ColumnType& type) {
  if (column.default_expression == kSequenceDefault)
    return fmt::format("nextval('{}_{}_seq'::regclass)", table.name(), column.name);
  if (!column.default_expression.empty()) return column.default_expression;
  const auto properties = table.schema.json_schema.view().Find("properties");
  const auto property = properties ? properties->Find(column.name) : std::nullopt;
  const auto value = property ? property->Find("default") : std::nullopt;
  return value ? LiteralOf(column, type, *value) : "";
}

// The columns that an expression names, in their order in the table: its words that are no text.
std::vector<int64_t> NamedColumns(const SystemRelationInfo& relation, std::string_view expression) {
  std::vector<std::string> words;
  for (size_t i = 0; i < expression.size();) {
    const char c = expression[i];
    const auto in_word = [&](char one) {
      return one == '_' || one == '$' || std::isalnum(static_cast<unsigned char>(one));
    };
    if (c == '\'' || c == '"') {
      const size_t end = std::min(expression.find(c, i + 1), expression.size());
      if (c == '"') words.emplace_back(expression.substr(i + 1, end - i - 1));
      i = end + 1;
    } else if (in_word(c)) {
      const size_t begin = i;
      while (i < expression.size() && in_word(expression[i])) ++i;
      words.emplace_back(expression.substr(begin, i - begin));
    } else {
      ++i;
    }
  }
  std::vector<int64_t> places;
  for (size_t i = 0; i < relation.columns.size(); ++i) {
    if (std::ranges::find(words, relation.columns[i].name) != words.end())
      places.push_back(static_cast<int64_t>(i) + 1);
  }
  return places;
}

const char* ActionText(TableConstraint::Action action) {
  switch (action) {
    case TableConstraint::Action::kCascade:
      return "CASCADE";
    case TableConstraint::Action::kSetNull:
      return "SET NULL";
    case TableConstraint::Action::kSetDefault:
      return "SET DEFAULT";
    case TableConstraint::Action::kNoAction:
      break;
  }
  return "NO ACTION";
}

std::string DefinitionOf(const TableConstraint& constraint) {
  using Kind = TableConstraint::Kind;
  switch (constraint.kind) {
    case Kind::kPrimaryKey:
      return fmt::format("PRIMARY KEY ({})", Joined(constraint.columns));
    case Kind::kUnique:
      return fmt::format("UNIQUE ({})", Joined(constraint.columns));
    case Kind::kCheck:
      return fmt::format("CHECK (({}))", constraint.expression);
    case Kind::kForeignKey:
      break;
  }
  std::string text = fmt::format("FOREIGN KEY ({}) REFERENCES {}({})", Joined(constraint.columns),
                                 QuoteIdentifier(constraint.table), Joined(constraint.references));
  using Action = TableConstraint::Action;
  if (constraint.on_update != Action::kNoAction) text += fmt::format(" ON UPDATE {}", ActionText(constraint.on_update));
  if (constraint.on_delete != Action::kNoAction) text += fmt::format(" ON DELETE {}", ActionText(constraint.on_delete));
  return text;
}

void AddColumns(SystemRelationInfo& relation, const Table& table) {
  for (const ColumnSchema& column : table.schema.columns) {
    SystemColumnInfo info;
    info.name = column.name;
    info.type = ColumnTypeOf(column);
    info.not_null = !column.nullable && relation.kind == 'r';
    info.default_text = DefaultOf(table, column, info.type);
    info.description = column.description;
    relation.columns.push_back(std::move(info));
  }
}

// Indexes over whole columns; those of paths into objects have no attribute number that could name them.
void AddIndexes(SystemRelationInfo& relation, const Table& table) {
  for (const IndexDefinition& index : table.indexes) {
    const IndexedField& field = index.field;
    std::vector<std::string> names = {field.path.empty() ? field.name : field.path[0]};
    bool whole = field.path.size() == 1;
    for (const IndexedField& more : field.more) {
      names.push_back(more.path.empty() ? more.name : more.path[0]);
      whole &= more.path.size() == 1;
    }
    if (!whole) continue;
    SystemIndexInfo info;
    info.oid = relation.oid + 1 + static_cast<int64_t>(relation.indexes.size());
    const bool named = table.schema.made_by_sql;
    info.name = named ? field.name : fmt::format("{}_{}_idx", table.name(), field.name);
    info.columns = Places(relation, names);
    info.unique = field.unique || field.primary;
    info.primary = field.primary;
    info.definition = fmt::format("CREATE {}INDEX {} ON {}.{} USING btree ({})", info.unique ? "UNIQUE " : "",
                                  QuoteIdentifier(info.name), NamespaceName(relation.name_space),
                                  QuoteIdentifier(relation.name), Joined(names));
    relation.indexes.push_back(std::move(info));
  }
}

void AddConstraints(SystemRelationInfo& relation, const std::vector<SystemRelationInfo>& all) {
  if (relation.table == nullptr) return;
  for (const TableConstraint& constraint : relation.table->schema.constraints) {
    SystemConstraintInfo info;
    info.oid = relation.oid + kObjectsPerTable / 2 + static_cast<int64_t>(relation.constraints.size());
    info.constraint = &constraint;
    const bool check = constraint.kind == TableConstraint::Kind::kCheck;
    info.columns = check ? NamedColumns(relation, constraint.expression) : Places(relation, constraint.columns);
    info.definition = DefinitionOf(constraint);
    if (constraint.kind == TableConstraint::Kind::kForeignKey) {
      const auto other = std::ranges::find_if(
          all, [&](const SystemRelationInfo& one) { return one.table != nullptr && one.name == constraint.table; });
      if (other != all.end()) {
        info.referred = other->oid;
        info.references = Places(*other, constraint.references);
      }
    }
    const auto index = std::ranges::find(relation.indexes, constraint.name, &SystemIndexInfo::name);
    if (index != relation.indexes.end()) info.index = index->oid;
    relation.constraints.push_back(std::move(info));
  }
}

SystemRelationInfo DescribeTable(const TablePtr& table) {
  SystemRelationInfo relation;
  relation.oid = kFirstTableOid + static_cast<int64_t>(table->id) * kObjectsPerTable;
  relation.table = table;
  relation.name = table->name();
  relation.name_space = NamespaceOf(*table);
  relation.description = table->schema.description;
  if (const auto view = ViewQueryOf(*table)) {
    relation.kind = 'v';
    relation.view_text = *view;
  } else if (table->schema.json_schema.view().Find(kSequenceKey)) {
    relation.kind = 'S';
  }
  AddColumns(relation, *table);
  AddIndexes(relation, *table);
  return relation;
}

SystemRelationInfo DescribeSystem(const SystemRelation& system, int64_t oid) {
  SystemRelationInfo relation;
  relation.oid = oid;
  relation.name = system.name;
  relation.name_space = system.schema == "pg_catalog" ? kCatalogNamespace : kInformationNamespace;
  relation.kind = 'v';
  for (const SystemRelation::Column& column : system.columns) {
    SystemColumnInfo info;
    info.name = column.name;
    ColumnSchema schema;
    schema.type = column.type;
    info.type = ColumnTypeOf(schema);
    relation.columns.push_back(std::move(info));
  }
  return relation;
}

// One part of a name, folded unless it is quoted; moves behind it.
std::string TakeName(std::string_view& text) {
  std::string name;
  if (!text.starts_with('"')) {
    for (; !text.empty() && text[0] != '.'; text.remove_prefix(1))
      name += text[0] >= 'A' && text[0] <= 'Z' ? static_cast<char>(text[0] + 32) : text[0];
    return name;
  }
  for (text.remove_prefix(1); !text.empty(); text.remove_prefix(1)) {
    if (text[0] == '"') {
      text.remove_prefix(1);
      if (!text.starts_with('"')) break;
    }
    name += text[0];
  }
  return name;
}

}  // namespace

std::span<const SystemNamespace> SystemNamespaces() { return kNamespaces; }

std::string_view NamespaceName(int64_t oid) {
  const auto* found = std::ranges::find(kNamespaces, oid, &SystemNamespace::oid);
  return found == std::end(kNamespaces) ? "" : found->name;
}

std::vector<SystemRelationInfo> DescribeRelations(const CatalogSnapshot& catalog) {
  std::vector<SystemRelationInfo> relations;
  for (const TablePtr& table : catalog.tables()) {
    // Temporary tables are those of a connection, most of them of another one.
    if (!table->schema.json_schema.view().Find(kTemporaryKey)) relations.push_back(DescribeTable(table));
  }
  const size_t tables = relations.size();
  for (size_t i = 0; i < tables; ++i) AddConstraints(relations[i], relations);
  int64_t oid = kFirstSystemOid;
  for (const SystemRelation& system : SystemRelations()) relations.push_back(DescribeSystem(system, oid++));
  return relations;
}

int64_t FindRelationOid(const std::vector<SystemRelationInfo>& relations, std::string_view name) {
  const std::string_view whole = name;
  const std::string first = TakeName(name);
  int64_t name_space = 0;
  std::string relation = first;
  if (name.starts_with('.')) {
    name.remove_prefix(1);
    relation = TakeName(name);
    const auto* known = std::ranges::find(kNamespaces, first, &SystemNamespace::name);
    name_space = known == std::end(kNamespaces) ? -1 : known->oid;
  }
  for (const SystemRelationInfo& one : relations) {
    const bool seen = name_space == 0 ? one.name_space != kInformationNamespace : one.name_space == name_space;
    if (seen && one.name == relation) return one.oid;
    for (const SystemIndexInfo& index : one.indexes) {
      if (seen && index.name == relation) return index.oid;
    }
  }
  // The name of a table may be a dotted one.
  for (const SystemRelationInfo& one : relations) {
    if (one.table != nullptr && one.name == whole) return one.oid;
  }
  return 0;
}

}  // namespace rem::sql
