#include <string>

#include "sql/binder/system_objects.h"
#include "sql/binder/system_relation.h"

// information_schema, as the SQL standard and PostgreSQL define its views.

namespace rem::sql {

namespace {

using enum LogicalType;
using Rows = std::vector<std::vector<Value>>;
using Kind = TableConstraint::Kind;

Value Int(int64_t number) { return Value::OfInt(kInteger, number); }
Value YesOrNo(bool yes) { return Value(yes ? "YES" : "NO"); }
Value Catalog() { return Value("rem"); }

std::string_view SchemaName(const SystemRelationInfo& relation) { return NamespaceName(relation.name_space); }

Rows Schemata(const CatalogSnapshot&) {
  Rows rows;
  for (const SystemNamespace& one : SystemNamespaces())
    rows.push_back({Catalog(), Value(one.name), Value("rem"), Value(), Value(), Value(), Value()});
  return rows;
}

Rows Tables(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    if (relation.kind == 'S') continue;
    const bool table = relation.kind == 'r';
    rows.push_back({Catalog(), Value(SchemaName(relation)), Value(relation.name), Value(table ? "BASE TABLE" : "VIEW"),
                    Value(), Value(), Value(), Value(), Value(), YesOrNo(table), YesOrNo(false), Value()});
  }
  return rows;
}

Rows Views(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    if (relation.kind != 'v' || relation.table == nullptr) continue;
    rows.push_back({Catalog(), Value(SchemaName(relation)), Value(relation.name), Value(relation.view_text),
                    Value("NONE"), YesOrNo(false), YesOrNo(false), YesOrNo(false), YesOrNo(false), YesOrNo(false)});
  }
  return rows;
}

struct Precision {
  Value digits, radix, scale;
};
Precision PrecisionOf(const ColumnType& column) {
  if (column.array) return {};
  const std::string_view name = column.type->name;
  if (name == "int2") return {Int(16), Int(2), Int(0)};
  if (name == "int4") return {Int(32), Int(2), Int(0)};
  if (name == "int8") return {Int(64), Int(2), Int(0)};
  if (name == "float4") return {Int(24), Int(2), Value()};
  if (name == "float8") return {Int(53), Int(2), Value()};
  if (name != "numeric") return {};
  if (column.modifier < 4) return {Value(), Int(10), Value()};
  return {Int((column.modifier - 4) >> 16), Int(10), Int((column.modifier - 4) & 0x7FF)};
}

Value DatetimePrecision(const ColumnType& column) {
  if (column.array) return Value();
  const std::string_view name = column.type->name;
  if (name == "date") return Int(0);
  const bool timed = name == "time" || name == "timestamp" || name == "timestamptz" || name == "interval";
  return timed ? Int(6) : Value();
}

std::vector<Value> ColumnRow(const SystemRelationInfo& relation, const SystemColumnInfo& column, int64_t number) {
  const ColumnType& type = column.type;
  const bool text = !type.array && type.type->category == 'S';
  const bool limited = text && type.modifier >= 4;
  const Precision precision = PrecisionOf(type);
  const bool generated = !column.generated.empty();
  const bool has_default = !column.default_text.empty();
  std::vector<Value> row = {Catalog(),
                            Value(SchemaName(relation)),
                            Value(relation.name),
                            Value(column.name),
                            Int(number),
                            has_default ? Value(column.default_text) : Value(),
                            YesOrNo(!column.not_null),
                            Value(type.array ? "ARRAY" : std::string(type.type->sql_name)),
                            limited ? Int(type.modifier - 4) : Value(),
                            limited ? Int((type.modifier - 4) * 4)
                            : text  ? Int(1'073'741'824)
                                    : Value(),
                            precision.digits,
                            precision.radix,
                            precision.scale,
                            DatetimePrecision(type)};
  // interval_type to domain_name.
  row.resize(row.size() + 11);
  row.insert(row.end(), {Catalog(), Value("pg_catalog"), Value((type.array ? "_" : "") + std::string(type.type->name)),
                         Value(), Value(), Value(), Value(), Value(std::to_string(number)), YesOrNo(false),
                         YesOrNo(column.identity), column.identity ? Value("BY DEFAULT") : Value(), Value(), Value(),
                         Value(), Value(), YesOrNo(false), Value(generated ? "ALWAYS" : "NEVER"),
                         generated ? Value(column.generated) : Value(), YesOrNo(relation.kind == 'r')});
  return row;
}

Rows Columns(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    if (relation.kind == 'S') continue;
    int64_t number = 0;
    for (const SystemColumnInfo& column : relation.columns) rows.push_back(ColumnRow(relation, column, ++number));
  }
  return rows;
}

const char* KindName(Kind kind) {
  constexpr const char* kNames[] = {"PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY"};
  return kNames[static_cast<size_t>(kind)];
}

Rows TableConstraints(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    if (relation.kind == 'S') continue;
    const auto add = [&](const std::string& name, const char* kind, Value nulls_distinct) {
      rows.push_back({Catalog(), Value("public"), Value(name), Catalog(), Value("public"), Value(relation.name),
                      Value(kind), YesOrNo(false), YesOrNo(false), YesOrNo(true), std::move(nulls_distinct)});
    };
    for (const SystemConstraintInfo& info : relation.constraints)
      add(info.constraint->name, KindName(info.constraint->kind),
          info.constraint->kind == Kind::kUnique ? YesOrNo(true) : Value());
    // PostgreSQL shows NOT NULL as a CHECK with a name of numbers.
    int64_t number = 0;
    for (const SystemColumnInfo& column : relation.columns) {
      ++number;
      if (column.not_null)
        add("2200_" + std::to_string(relation.oid) + "_" + std::to_string(number) + "_not_null", "CHECK", Value());
    }
  }
  return rows;
}

Rows KeyColumns(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    for (const SystemConstraintInfo& info : relation.constraints) {
      const TableConstraint& constraint = *info.constraint;
      if (constraint.kind == Kind::kCheck) continue;
      for (size_t i = 0; i < constraint.columns.size(); ++i) {
        const auto place = Int(static_cast<int64_t>(i) + 1);
        rows.push_back({Catalog(), Value("public"), Value(constraint.name), Catalog(), Value("public"),
                        Value(relation.name), Value(constraint.columns[i]), place,
                        constraint.kind == Kind::kForeignKey ? place : Value()});
      }
    }
  }
  return rows;
}

Rows ConstraintColumns(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    for (const SystemConstraintInfo& info : relation.constraints) {
      const TableConstraint& constraint = *info.constraint;
      const bool foreign = constraint.kind == Kind::kForeignKey;
      std::vector<std::string> columns = foreign ? constraint.references : std::vector<std::string>();
      for (const int64_t place : info.columns) {
        if (!foreign && place > 0) columns.push_back(relation.columns[static_cast<size_t>(place - 1)].name);
      }
      for (const std::string& column : columns) {
        rows.push_back({Catalog(), Value("public"), Value(foreign ? constraint.table : relation.name), Value(column),
                        Catalog(), Value("public"), Value(constraint.name)});
      }
    }
  }
  return rows;
}

Rows CheckConstraints(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    for (const SystemConstraintInfo& info : relation.constraints) {
      if (info.constraint->kind != Kind::kCheck) continue;
      rows.push_back(
          {Catalog(), Value("public"), Value(info.constraint->name), Value("((" + info.constraint->expression + "))")});
    }
    int64_t number = 0;
    for (const SystemColumnInfo& column : relation.columns) {
      ++number;
      if (column.not_null)
        rows.push_back({Catalog(), Value("public"),
                        Value("2200_" + std::to_string(relation.oid) + "_" + std::to_string(number) + "_not_null"),
                        Value(column.name + " IS NOT NULL")});
    }
  }
  return rows;
}

// The key that a foreign key refers to.
std::string ReferredKey(const std::vector<SystemRelationInfo>& relations, const TableConstraint& foreign) {
  for (const SystemRelationInfo& relation : relations) {
    if (relation.table == nullptr || relation.name != foreign.table) continue;
    for (const SystemConstraintInfo& info : relation.constraints) {
      const bool key = info.constraint->kind == Kind::kPrimaryKey || info.constraint->kind == Kind::kUnique;
      if (key && info.constraint->columns == foreign.references) return info.constraint->name;
    }
  }
  return "";
}

const char* RuleName(TableConstraint::Action action) {
  constexpr const char* kNames[] = {"NO ACTION", "CASCADE", "SET NULL", "SET DEFAULT"};
  return kNames[static_cast<size_t>(action)];
}

Rows References(const CatalogSnapshot& catalog) {
  Rows rows;
  const std::vector<SystemRelationInfo> relations = DescribeRelations(catalog);
  for (const SystemRelationInfo& relation : relations) {
    for (const SystemConstraintInfo& info : relation.constraints) {
      const TableConstraint& constraint = *info.constraint;
      if (constraint.kind != Kind::kForeignKey) continue;
      const std::string key = ReferredKey(relations, constraint);
      rows.push_back({Catalog(), Value("public"), Value(constraint.name), Catalog(), Value("public"),
                      key.empty() ? Value() : Value(key), Value("NONE"), Value(RuleName(constraint.on_update)),
                      Value(RuleName(constraint.on_delete))});
    }
  }
  return rows;
}

std::vector<SystemRelation::Column> Texts(std::initializer_list<std::string_view> names) {
  std::vector<SystemRelation::Column> columns;
  for (const std::string_view name : names) columns.push_back({name, kText});
  return columns;
}

std::vector<SystemRelation::Column> ColumnsOfColumns() {
  std::vector<SystemRelation::Column> columns = Texts({"table_catalog",
                                                       "table_schema",
                                                       "table_name",
                                                       "column_name",
                                                       "ordinal_position",
                                                       "column_default",
                                                       "is_nullable",
                                                       "data_type",
                                                       "character_maximum_length",
                                                       "character_octet_length",
                                                       "numeric_precision",
                                                       "numeric_precision_radix",
                                                       "numeric_scale",
                                                       "datetime_precision",
                                                       "interval_type",
                                                       "interval_precision",
                                                       "character_set_catalog",
                                                       "character_set_schema",
                                                       "character_set_name",
                                                       "collation_catalog",
                                                       "collation_schema",
                                                       "collation_name",
                                                       "domain_catalog",
                                                       "domain_schema",
                                                       "domain_name",
                                                       "udt_catalog",
                                                       "udt_schema",
                                                       "udt_name",
                                                       "scope_catalog",
                                                       "scope_schema",
                                                       "scope_name",
                                                       "maximum_cardinality",
                                                       "dtd_identifier",
                                                       "is_self_referencing",
                                                       "is_identity",
                                                       "identity_generation",
                                                       "identity_start",
                                                       "identity_increment",
                                                       "identity_maximum",
                                                       "identity_minimum",
                                                       "identity_cycle",
                                                       "is_generated",
                                                       "generation_expression",
                                                       "is_updatable"});
  for (SystemRelation::Column& column : columns) {
    for (const std::string_view number : {"ordinal_position", "character_maximum_length", "character_octet_length",
                                          "numeric_precision", "numeric_precision_radix", "numeric_scale",
                                          "datetime_precision", "interval_precision", "maximum_cardinality"}) {
      if (column.name == number) column.type = kInteger;
    }
  }
  return columns;
}

}  // namespace

void AddInformationSchema(std::vector<SystemRelation>& out) {
  const auto add = [&](std::string_view name, std::vector<SystemRelation::Column> columns, auto rows) {
    out.push_back({"information_schema", name, std::move(columns), rows});
  };
  add("schemata",
      Texts({"catalog_name", "schema_name", "schema_owner", "default_character_set_catalog",
             "default_character_set_schema", "default_character_set_name", "sql_path"}),
      Schemata);
  add("tables",
      Texts({"table_catalog", "table_schema", "table_name", "table_type", "self_referencing_column_name",
             "reference_generation", "user_defined_type_catalog", "user_defined_type_schema", "user_defined_type_name",
             "is_insertable_into", "is_typed", "commit_action"}),
      Tables);
  add("views",
      Texts({"table_catalog", "table_schema", "table_name", "view_definition", "check_option", "is_updatable",
             "is_insertable_into", "is_trigger_updatable", "is_trigger_deletable", "is_trigger_insertable_into"}),
      Views);
  add("columns", ColumnsOfColumns(), Columns);
  add("table_constraints",
      Texts({"constraint_catalog", "constraint_schema", "constraint_name", "table_catalog", "table_schema",
             "table_name", "constraint_type", "is_deferrable", "initially_deferred", "enforced", "nulls_distinct"}),
      TableConstraints);
  std::vector<SystemRelation::Column> keys =
      Texts({"constraint_catalog", "constraint_schema", "constraint_name", "table_catalog", "table_schema",
             "table_name", "column_name", "ordinal_position", "position_in_unique_constraint"});
  keys[7].type = keys[8].type = kInteger;
  add("key_column_usage", std::move(keys), KeyColumns);
  add("constraint_column_usage",
      Texts({"table_catalog", "table_schema", "table_name", "column_name", "constraint_catalog", "constraint_schema",
             "constraint_name"}),
      ConstraintColumns);
  add("check_constraints", Texts({"constraint_catalog", "constraint_schema", "constraint_name", "check_clause"}),
      CheckConstraints);
  add("referential_constraints",
      Texts({"constraint_catalog", "constraint_schema", "constraint_name", "unique_constraint_catalog",
             "unique_constraint_schema", "unique_constraint_name", "match_option", "update_rule", "delete_rule"}),
      References);
}

}  // namespace rem::sql
