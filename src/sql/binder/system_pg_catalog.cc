#include <algorithm>
#include <string>

#include "sql/binder/system_objects.h"
#include "sql/binder/system_relation.h"
#include "sql/plan/aggregate_function.h"
#include "sql/plan/function.h"
#include "sql/plan/table_function.h"

// The tables of pg_catalog that tools read. Columns that stand for what PostgreSQL alone has (storage, access methods,
// privileges) are there with the value of an ordinary table, so that queries over them run.

namespace rem::sql {

namespace {

using enum LogicalType;
using Rows = std::vector<std::vector<Value>>;

Value Numbers(const std::vector<int64_t>& numbers) {
  std::vector<Value> items;
  for (const int64_t number : numbers) items.push_back(Value::OfInt(kSmallInt, number));
  return Value::OfArray(kSmallInt, std::move(items));
}
Value Short(int64_t number) { return Value::OfInt(kSmallInt, number); }
Value Int(int64_t number) { return Value::OfInt(kInteger, number); }
Value Char(char c) { return Value(std::string(1, c)); }
Value Real(double number) { return Value::OfDouble(kReal, number); }

Rows Namespaces(const CatalogSnapshot&) {
  Rows rows;
  for (const SystemNamespace& one : SystemNamespaces())
    rows.push_back({Value(one.oid), Value(one.name), Value(kOwner), Value()});
  return rows;
}

Rows Classes(const CatalogSnapshot& catalog) {
  Rows rows;
  const auto add = [&](int64_t oid, const std::string& name, int64_t name_space, char kind, int64_t method,
                       double tuples, bool has_index, size_t columns, int64_t checks) {
    rows.push_back({Value(oid),        Value(name),
                    Value(name_space), Value(0),
                    Value(0),          Value(kOwner),
                    Value(method),     Value(kind == 'v' ? 0 : oid),
                    Value(0),          Int(0),
                    Real(tuples),      Int(0),
                    Value(0),          Value(has_index),
                    Value(false),      Char('p'),
                    Char(kind),        Short(static_cast<int64_t>(columns)),
                    Short(checks),     Value(kind == 'v'),
                    Value(false),      Value(false),
                    Value(false),      Value(false),
                    Value(true),       Char(kind == 'r' ? 'd' : 'n'),
                    Value(false),      Value(),
                    Value(),           Value()});
  };
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    const auto checks = std::ranges::count_if(relation.constraints, [](const SystemConstraintInfo& constraint) {
      return constraint.constraint->kind == TableConstraint::Kind::kCheck;
    });
    add(relation.oid, relation.name, relation.name_space, relation.kind, relation.kind == 'r' ? 2 : 0, -1,
        !relation.indexes.empty(), relation.columns.size(), checks);
    for (const SystemIndexInfo& index : relation.indexes)
      add(index.oid, index.name, relation.name_space, 'i', 403, 0, false, index.columns.size(), 0);
  }
  return rows;
}

Rows Attributes(const CatalogSnapshot& catalog) {
  Rows rows;
  const auto add = [&](int64_t relation, const SystemColumnInfo& column, int64_t number) {
    const SystemType& type = *column.type.type;
    const bool by_value = !column.type.array && type.length > 0 && type.length <= 8;
    rows.push_back({Value(relation),
                    Value(column.name),
                    Value(column.type.oid()),
                    Int(-1),
                    Short(column.type.array ? -1 : type.length),
                    Short(number),
                    Int(column.type.array ? 1 : 0),
                    Int(column.type.modifier),
                    Value(by_value),
                    Value(column.not_null),
                    Value(!column.default_text.empty() || !column.generated.empty()),
                    Value(false),
                    Value(column.identity ? "d" : ""),
                    Value(column.generated.empty() ? "" : "s"),
                    Value(false),
                    Value(true),
                    Int(0),
                    Value(type.category == 'S' ? 100 : 0),
                    Value(),
                    Value()});
  };
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    int64_t number = 0;
    for (const SystemColumnInfo& column : relation.columns) add(relation.oid, column, ++number);
    for (const SystemIndexInfo& index : relation.indexes) {
      number = 0;
      for (const int64_t place : index.columns) {
        if (place == 0) continue;
        SystemColumnInfo column = relation.columns[static_cast<size_t>(place - 1)];
        column.not_null = false;
        column.default_text.clear();
        add(index.oid, column, ++number);
      }
    }
  }
  return rows;
}

Rows Types(const CatalogSnapshot&) {
  Rows rows;
  const auto add = [&](int64_t oid, std::string name, int length, char category, int64_t element, int64_t array) {
    rows.push_back({Value(oid),
                    Value(std::move(name)),
                    Value(kCatalogNamespace),
                    Value(kOwner),
                    Short(length),
                    Value(length > 0 && length <= 8),
                    Char('b'),
                    Char(category),
                    Value(false),
                    Value(true),
                    Char(','),
                    Value(0),
                    Value(element),
                    Value(array),
                    Value(false),
                    Value(0),
                    Int(-1),
                    Int(0),
                    Value(category == 'S' ? 100 : 0),
                    Value()});
  };
  for (const SystemType* type = FirstSystemType(); type != EndSystemType(); ++type) {
    add(type->oid, std::string(type->name), type->length, type->category, 0, type->array_oid);
    add(type->array_oid, "_" + std::string(type->name), -1, 'A', type->oid, 0);
  }
  return rows;
}

Rows Indexes(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    for (const SystemIndexInfo& index : relation.indexes) {
      const auto columns = static_cast<int64_t>(index.columns.size());
      rows.push_back({Value(index.oid), Value(relation.oid), Short(columns), Short(columns), Value(index.unique),
                      Value(false), Value(index.primary), Value(false), Value(true), Value(false), Value(true),
                      Value(false), Value(true), Value(true), Value(false), Numbers(index.columns), Value(), Value()});
    }
  }
  return rows;
}

char ActionLetter(TableConstraint::Action action) {
  constexpr std::string_view kLetters = "acnd";
  return kLetters[static_cast<size_t>(action)];
}

Rows Constraints(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    for (const SystemConstraintInfo& info : relation.constraints) {
      const TableConstraint& constraint = *info.constraint;
      const bool foreign = constraint.kind == TableConstraint::Kind::kForeignKey;
      const bool check = constraint.kind == TableConstraint::Kind::kCheck;
      constexpr std::string_view kKinds = "pucf";
      rows.push_back({Value(info.oid),
                      Value(constraint.name),
                      Value(kPublicNamespace),
                      Char(kKinds[static_cast<size_t>(constraint.kind)]),
                      Value(false),
                      Value(false),
                      Value(true),
                      Value(relation.oid),
                      Value(0),
                      Value(info.index),
                      Value(0),
                      Value(info.referred),
                      Char(foreign ? ActionLetter(constraint.on_update) : ' '),
                      Char(foreign ? ActionLetter(constraint.on_delete) : ' '),
                      Char(foreign ? 's' : ' '),
                      Value(true),
                      Short(0),
                      Value(!check),
                      info.columns.empty() ? Value() : Numbers(info.columns),
                      foreign ? Numbers(info.references) : Value(),
                      check ? Value("(" + constraint.expression + ")") : Value()});
    }
  }
  return rows;
}

Rows Defaults(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    int64_t number = 0;
    for (const SystemColumnInfo& column : relation.columns) {
      ++number;
      const std::string& text = column.generated.empty() ? column.default_text : column.generated;
      if (!text.empty())
        rows.push_back({Value(relation.oid + number), Value(relation.oid), Short(number), Value(text)});
    }
  }
  return rows;
}

constexpr int64_t kClassOfRelations = 1259;

Rows Descriptions(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    if (!relation.description.empty())
      rows.push_back({Value(relation.oid), Value(kClassOfRelations), Int(0), Value(relation.description)});
    int64_t number = 0;
    for (const SystemColumnInfo& column : relation.columns) {
      ++number;
      if (!column.description.empty())
        rows.push_back({Value(relation.oid), Value(kClassOfRelations), Int(number), Value(column.description)});
    }
  }
  return rows;
}

// Functions by name, with a row for each way to call them.
Rows Procedures(const CatalogSnapshot&) {
  Rows rows;
  int64_t oid = 5'000;
  const auto add = [&](const std::string& name, char kind, const std::vector<LogicalType>& arguments, bool strict,
                       bool set, char volatility) {
    rows.push_back({Value(oid++), Value(name), Value(kCatalogNamespace), Value(kOwner), Char(kind), Value(strict),
                    Value(set), Char(volatility), Short(static_cast<int64_t>(arguments.size()))});
  };
  for (const std::string& name : FunctionNames()) {
    for (const Function& function : FindFunctions(name)) {
      if (function.internal) continue;
      const char letter = function.volatility == Volatility::kImmutable ? 'i'
                          : function.volatility == Volatility::kStable  ? 's'
                                                                        : 'v';
      add(name, 'f', function.arguments, function.strict, false, letter);
    }
  }
  for (const std::string& name : TableFunctionNames()) {
    for (const TableFunction& function : FindTableFunctions(name)) {
      if (!function.internal) add(name, 'f', function.arguments, function.strict, true, 'i');
    }
  }
  for (const std::string& name : AggregateNames()) {
    for (const AggregateFunction& function : FindAggregates(name))
      add(name, 'a', function.arguments, false, false, 'i');
  }
  return rows;
}

Rows Databases(const CatalogSnapshot&) {
  return {{Value(16'383), Value("rem"), Value(kOwner), Int(6), Value("C.UTF-8"), Value("C.UTF-8"), Value(false),
           Value(true), Int(-1)}};
}
Rows Roles(const CatalogSnapshot&) {
  return {{Value("rem"), Value(true), Value(true), Value(true), Value(true), Value(true), Value(false), Int(-1),
           Value(kOwner)}};
}
Rows Methods(const CatalogSnapshot&) {
  return {{Value(2), Value("heap"), Char('t')}, {Value(403), Value("btree"), Char('i')}};
}

Rows Nothing(const CatalogSnapshot&) { return {}; }

void AddSmallRelations(std::vector<SystemRelation>& out) {
  const auto add = [&](std::string_view name, std::vector<SystemRelation::Column> columns, auto rows) {
    out.push_back({"pg_catalog", name, std::move(columns), rows});
  };
  add("pg_namespace", {{"oid", kInt}, {"nspname", kText}, {"nspowner", kInt}, {"nspacl", ArrayOf(kText)}}, Namespaces);
  add("pg_attrdef", {{"oid", kInt}, {"adrelid", kInt}, {"adnum", kSmallInt}, {"adbin", kText}}, Defaults);
  add("pg_description", {{"objoid", kInt}, {"classoid", kInt}, {"objsubid", kInteger}, {"description", kText}},
      Descriptions);
  add("pg_proc",
      {{"oid", kInt},
       {"proname", kText},
       {"pronamespace", kInt},
       {"proowner", kInt},
       {"prokind", kText},
       {"proisstrict", kBool},
       {"proretset", kBool},
       {"provolatile", kText},
       {"pronargs", kSmallInt}},
      Procedures);
  add("pg_database",
      {{"oid", kInt},
       {"datname", kText},
       {"datdba", kInt},
       {"encoding", kInteger},
       {"datcollate", kText},
       {"datctype", kText},
       {"datistemplate", kBool},
       {"datallowconn", kBool},
       {"datconnlimit", kInteger}},
      Databases);
  add("pg_roles",
      {{"rolname", kText},
       {"rolsuper", kBool},
       {"rolinherit", kBool},
       {"rolcreaterole", kBool},
       {"rolcreatedb", kBool},
       {"rolcanlogin", kBool},
       {"rolreplication", kBool},
       {"rolconnlimit", kInteger},
       {"oid", kInt}},
      Roles);
  add("pg_am", {{"oid", kInt}, {"amname", kText}, {"amtype", kText}}, Methods);
  add("pg_inherits", {{"inhrelid", kInt}, {"inhparent", kInt}, {"inhseqno", kInteger}, {"inhdetachpending", kBool}},
      Nothing);
  add("pg_trigger",
      {{"oid", kInt}, {"tgrelid", kInt}, {"tgname", kText}, {"tgenabled", kText}, {"tgisinternal", kBool}}, Nothing);
}

}  // namespace

void AddPgCatalogRelations(std::vector<SystemRelation>& out) {
  const auto add = [&](std::string_view name, std::vector<SystemRelation::Column> columns, auto rows) {
    out.push_back({"pg_catalog", name, std::move(columns), rows});
  };
  AddSmallRelations(out);
  add("pg_class",
      {{"oid", kInt},
       {"relname", kText},
       {"relnamespace", kInt},
       {"reltype", kInt},
       {"reloftype", kInt},
       {"relowner", kInt},
       {"relam", kInt},
       {"relfilenode", kInt},
       {"reltablespace", kInt},
       {"relpages", kInteger},
       {"reltuples", kReal},
       {"relallvisible", kInteger},
       {"reltoastrelid", kInt},
       {"relhasindex", kBool},
       {"relisshared", kBool},
       {"relpersistence", kText},
       {"relkind", kText},
       {"relnatts", kSmallInt},
       {"relchecks", kSmallInt},
       {"relhasrules", kBool},
       {"relhastriggers", kBool},
       {"relhassubclass", kBool},
       {"relrowsecurity", kBool},
       {"relforcerowsecurity", kBool},
       {"relispopulated", kBool},
       {"relreplident", kText},
       {"relispartition", kBool},
       {"relacl", ArrayOf(kText)},
       {"reloptions", ArrayOf(kText)},
       {"relpartbound", kText}},
      Classes);
  add("pg_attribute",
      {{"attrelid", kInt},        {"attname", kText},      {"atttypid", kInt},         {"attstattarget", kInteger},
       {"attlen", kSmallInt},     {"attnum", kSmallInt},   {"attndims", kInteger},     {"atttypmod", kInteger},
       {"attbyval", kBool},       {"attnotnull", kBool},   {"atthasdef", kBool},       {"atthasmissing", kBool},
       {"attidentity", kText},    {"attgenerated", kText}, {"attisdropped", kBool},    {"attislocal", kBool},
       {"attinhcount", kInteger}, {"attcollation", kInt},  {"attacl", ArrayOf(kText)}, {"attoptions", ArrayOf(kText)}},
      Attributes);
  add("pg_type", {{"oid", kInt},           {"typname", kText},      {"typnamespace", kInt},
                  {"typowner", kInt},      {"typlen", kSmallInt},   {"typbyval", kBool},
                  {"typtype", kText},      {"typcategory", kText},  {"typispreferred", kBool},
                  {"typisdefined", kBool}, {"typdelim", kText},     {"typrelid", kInt},
                  {"typelem", kInt},       {"typarray", kInt},      {"typnotnull", kBool},
                  {"typbasetype", kInt},   {"typtypmod", kInteger}, {"typndims", kInteger},
                  {"typcollation", kInt},  {"typdefault", kText}},
      Types);
  add("pg_index",
      {{"indexrelid", kInt},
       {"indrelid", kInt},
       {"indnatts", kSmallInt},
       {"indnkeyatts", kSmallInt},
       {"indisunique", kBool},
       {"indnullsnotdistinct", kBool},
       {"indisprimary", kBool},
       {"indisexclusion", kBool},
       {"indimmediate", kBool},
       {"indisclustered", kBool},
       {"indisvalid", kBool},
       {"indcheckxmin", kBool},
       {"indisready", kBool},
       {"indislive", kBool},
       {"indisreplident", kBool},
       {"indkey", ArrayOf(kSmallInt)},
       {"indexprs", kText},
       {"indpred", kText}},
      Indexes);
  add("pg_constraint",
      {{"oid", kInt},
       {"conname", kText},
       {"connamespace", kInt},
       {"contype", kText},
       {"condeferrable", kBool},
       {"condeferred", kBool},
       {"convalidated", kBool},
       {"conrelid", kInt},
       {"contypid", kInt},
       {"conindid", kInt},
       {"conparentid", kInt},
       {"confrelid", kInt},
       {"confupdtype", kText},
       {"confdeltype", kText},
       {"confmatchtype", kText},
       {"conislocal", kBool},
       {"coninhcount", kSmallInt},
       {"connoinherit", kBool},
       {"conkey", ArrayOf(kSmallInt)},
       {"confkey", ArrayOf(kSmallInt)},
       {"conbin", kText}},
      Constraints);
}

}  // namespace rem::sql
