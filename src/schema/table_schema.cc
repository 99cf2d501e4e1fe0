#include "schema/table_schema.h"

#include <algorithm>

#include <fmt/format.h>

#include <rem/error.h>

#include "base/nearest.h"
#include "schema/column_type.h"
#include "schema/index_expression.h"

namespace rem {

namespace {

constexpr size_t kMaxNameBytes = 128;

struct SystemColumn {
  std::string_view name;
  LogicalType type;
};

constexpr SystemColumn kSystemColumns[] = {
    {"id", LogicalType::kUuid},
    {"created_at", LogicalType::kTimestamp},
    {"modified_at", LogicalType::kTimestamp},
    {"deleted_at", LogicalType::kTimestamp},
};

const SystemColumn* FindSystemColumn(std::string_view name) {
  for (const SystemColumn& column : kSystemColumns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

/// Reads one schema. The members that are found so far stand in `out`.
class TableSchemaReader {
 public:
  TableSchemaReader(std::string_view name, const Document& json_schema) : root_(json_schema.view()) {
    out_.name = name;
    out_.json_schema = json_schema;
  }

  TableSchema Read() {
    CheckName(out_.name, "table");
    if (root_.kind() != NodeKind::kObject) NotAnObject();
    extra_ = root_.Find("json_schema_extra");
    if (extra_ && extra_->kind() != NodeKind::kObject) extra_.reset();
    object_ = FollowSchema(root_, root_);
    const ColumnType type = ReadColumnType(root_, root_, out_.name);
    const auto properties = object_.Find("properties");
    const bool says_object = type.is_object || (properties && type.type == LogicalType::kJson && !type.is_array);
    if (object_.kind() != NodeKind::kObject || !says_object) NotAnObject();
    if (properties && properties->kind() != NodeKind::kObject) {
      throw Error(ErrorCode::kInvalidSchema, fmt::format("\"properties\" of schema \"{}\" is not an object", out_.name),
                  "write it as {\"name\": {\"type\": \"string\"}, ...}");
    }
    ReadMetadata();
    ReadColumns(properties);
    ReadIndexes();
    ReadSqlKeys();
    ReadEmbeddingFields();
    ReadKeyAndLookup();
    return std::move(out_);
  }

 private:
  [[noreturn]] void NotAnObject() const {
    throw Error(ErrorCode::kInvalidSchema, fmt::format("schema of table \"{}\" does not describe an object", out_.name),
                "a table's schema needs \"type\": \"object\" and \"properties\"");
  }

  static void CheckName(std::string_view name, std::string_view what) {
    if (name.empty()) {
      throw Error(ErrorCode::kInvalidSchema, fmt::format("a {} has an empty name", what), "give it a name");
    }
    if (name.size() > kMaxNameBytes) {
      throw Error(ErrorCode::kInvalidSchema, fmt::format("name of a {} is {} bytes long", what, name.size()),
                  fmt::format("names have at most {} bytes", kMaxNameBytes));
    }
  }

  std::optional<DocumentView> Metadata(std::string_view key) const {
    auto value = root_.Find(key);
    if ((!value || value->IsNull()) && extra_) value = extra_->Find(key);
    if (value && value->IsNull()) return std::nullopt;
    return value;
  }

  void ReadText(std::string_view key, std::string& out) const {
    const auto value = Metadata(key);
    if (!value) return;
    if (value->kind() != NodeKind::kText) WrongMetadata(key, "a text");
    out = value->AsText();
  }

  /// False when the key is absent.
  bool ReadTextList(std::string_view key, std::vector<std::string>& out) const {
    const auto value = Metadata(key);
    if (!value) return false;
    if (value->kind() != NodeKind::kArray) WrongMetadata(key, "a list of texts");
    for (size_t i = 0; i < value->size(); ++i) {
      const DocumentView item = value->At(i);
      if (item.kind() != NodeKind::kText) WrongMetadata(key, "a list of texts");
      if (std::find(out.begin(), out.end(), item.AsText()) == out.end()) out.emplace_back(item.AsText());
    }
    return true;
  }

  [[noreturn]] void WrongMetadata(std::string_view key, std::string_view expected) const {
    throw Error(ErrorCode::kInvalidSchema, fmt::format("\"{}\" of schema \"{}\" is not {}", key, out_.name, expected),
                "docs/schemas.md lists the metadata keys and their types");
  }

  void ReadMetadata() {
    out_.short_name = out_.name;
    ReadText("short_name", out_.short_name);
    ReadText("version", out_.version);
    ReadText("category", out_.category);
    out_.fully_qualified_name = out_.category + "." + out_.name;
    ReadText("fully_qualified_name", out_.fully_qualified_name);
    ReadText("description", out_.description);
    ReadText("default_embedding_provider", out_.embedding_provider);
    ReadText("embedding_provider", out_.embedding_provider);
    ReadText("embedding_provider_alt", out_.embedding_provider_alt);
    ReadText("key_field", out_.key_field);
    if (const auto sql = Metadata(kSqlDefinitionKey)) {
      sql_ = ReadSqlDefinition(*sql);
      out_.made_by_sql = sql_.made_by_sql;
      out_.constraints = sql_.constraints;
    }
    out_.tools = Document::FromBytes(EmptyArray());
    if (const auto tools = Metadata("tools")) {
      if (tools->kind() != NodeKind::kArray) WrongMetadata("tools", "a list");
      out_.tools = Document::Copy(*tools);
    }
  }

  static std::string EmptyArray() {
    DocumentBuilder builder;
    builder.BeginArray();
    builder.EndArray();
    return builder.Finish().bytes();
  }

  void ReadColumns(const std::optional<DocumentView>& properties) {
    if (const auto additional = object_.Find("additionalProperties")) {
      out_.additional_properties = additional->kind() != NodeKind::kBool || additional->AsBool();
    }
    if (!properties) return;
    for (size_t i = 0; i < properties->size(); ++i)
      AddColumn(std::string(properties->KeyAt(i)), properties->ValueAt(i));
    const auto required = object_.Find("required");
    for (ColumnSchema& column : out_.columns) {
      for (size_t i = 0; required && required->kind() == NodeKind::kArray && i < required->size(); ++i) {
        const DocumentView item = required->At(i);
        if (item.kind() == NodeKind::kText && item.AsText() == column.name) column.required = true;
      }
      column.nullable = column.nullable || !column.required;
    }
    OrderColumns();
  }

  void AddColumn(std::string name, const DocumentView& schema) {
    CheckName(name, "property");
    const ColumnType type = ReadColumnType(root_, schema, name);
    const bool sql_typed = schema.Find("sqlType").has_value();
    // A column of SQL, and one of another type, is the user's own.
    if (const SystemColumn* system = FindSystemColumn(name); system && type.type == system->type && !sql_typed) return;
    ColumnSchema column;
    column.name = std::move(name);
    column.type = type.type;
    column.modifier = type.modifier;
    column.padded = type.padded;
    column.nullable = type.nullable;
    column.vector_dimension = type.vector_dimension;
    column.sql_typed = sql_typed;
    if (const auto expression = schema.Find("sqlDefault")) {
      if (expression->kind() != NodeKind::kText) {
        throw Error(ErrorCode::kInvalidSchema, fmt::format("\"sqlDefault\" of property \"{}\" is no text", column.name),
                    "write a default as \"default\"");
      }
      column.default_expression = expression->AsText();
    }
    auto description = schema.Find("description");
    if (!description) description = FollowSchema(root_, schema).Find("description");
    if (description && description->kind() == NodeKind::kText) column.description = description->AsText();
    out_.columns.push_back(std::move(column));
  }

  void OrderColumns() {
    const auto order = Metadata("x-rem-property-order");
    if (!order || order->kind() != NodeKind::kArray) return;
    std::vector<std::string_view> names;
    for (size_t i = 0; i < order->size(); ++i) {
      if (order->At(i).kind() == NodeKind::kText) names.push_back(order->At(i).AsText());
    }
    const auto rank = [&](const ColumnSchema& column) {
      return std::find(names.begin(), names.end(), column.name) - names.begin();
    };
    std::stable_sort(out_.columns.begin(), out_.columns.end(),
                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  }

  const ColumnSchema* FindColumn(std::string_view name) const {
    for (const ColumnSchema& column : out_.columns) {
      if (column.name == name) return &column;
    }
    return nullptr;
  }

  [[noreturn]] void UnknownField(std::string_view key, std::string_view field, std::string_view part,
                                 const std::vector<std::string>& known) const {
    throw Error(ErrorCode::kInvalidSchema,
                fmt::format("field \"{}\" in \"{}\" of schema \"{}\" does not exist", field, key, out_.name),
                DidYouMean(part, known, "name a property that the schema declares"));
  }

  static std::vector<std::string> NamesOf(const std::optional<DocumentView>& properties) {
    std::vector<std::string> names;
    for (size_t i = 0; properties && i < properties->size(); ++i) names.emplace_back(properties->KeyAt(i));
    return names;
  }

  [[noreturn]] void CannotIndex(std::string_view field, std::string_view why) const {
    throw Error(
        ErrorCode::kInvalidSchema,
        fmt::format("field \"{}\" in \"indexed_fields\" of schema \"{}\" cannot be indexed: {}", field, out_.name, why),
        "index a text, number, boolean, date-time or uuid property, or an array of these");
  }

  void ReadIndexes() {
    std::vector<std::string> fields;
    ReadTextList("indexed_fields", fields);
    for (const std::string& field : fields) out_.indexes.push_back(ReadIndex(field));
  }

  /// "a.b.c" is the property of that very name where there is one, else the path a, b, c.
  static std::vector<std::string> SplitPath(const DocumentView& object, std::string_view field) {
    const auto properties = object.Find("properties");
    if (properties && properties->Find(field)) return {std::string(field)};
    std::vector<std::string> path;
    while (true) {
      const size_t dot = field.find('.');
      path.emplace_back(field.substr(0, dot));
      if (dot == std::string_view::npos) return path;
      field.remove_prefix(dot + 1);
    }
  }

  IndexedField ReadIndex(const std::string& field) {
    if (FindSystemColumn(field) && !FindColumn(field)) CannotIndex(field, "it is a system column");
    IndexedField index;
    index.name = field;
    index.path = SplitPath(object_, field);
    DocumentView at = object_;
    for (const std::string& part : index.path) {
      const auto properties = at.Find("properties");
      const bool open = !properties || properties->kind() != NodeKind::kObject || properties->size() == 0;
      // Nothing is declared inside a free-form object, so its members are indexed as texts.
      if (open && &part != index.path.data()) return index;
      const auto next = open ? std::nullopt : properties->Find(part);
      if (!next) UnknownField("indexed_fields", field, part, open ? std::vector<std::string>{} : NamesOf(properties));
      const ColumnType type = ReadColumnType(root_, *next, field);
      at = FollowSchema(root_, *next);
      if (&part != &index.path.back()) {
        if (!type.is_object) CannotIndex(field, fmt::format("\"{}\" is not an object", part));
        continue;
      }
      SetIndexType(type, index);
    }
    return index;
  }

  IndexedField SqlIndexField(const std::string& name, const std::vector<std::string>& columns, bool unique) const {
    IndexedField index;
    for (const std::string& name_of_column : columns) {
      const auto expression = IndexExpression::Parse(name_of_column);
      ColumnSchema computed;
      if (expression) {
        computed.name = name_of_column;
        computed.type = expression->type;
      }
      const ColumnSchema& column = expression ? computed : DeclaredColumn(kSqlDefinitionKey, name_of_column);
      const bool ordered = !IsArray(column.type) && column.type != LogicalType::kJson &&
                           column.type != LogicalType::kVector && column.type != LogicalType::kInterval;
      if (!ordered) {
        throw Error(ErrorCode::kNotSupported,
                    fmt::format("not supported yet: an index or key over {} \"{}\" of type {}",
                                expression ? "expression" : "column", expression ? expression->text : column.name,
                                LogicalTypeName(column.type)),
                    "booleans, numbers, texts, dates, times, uuids and bytea can be indexed");
      }
      IndexedField part;
      part.name = column.name;
      part.path = {column.name};
      part.type = column.type;
      if (&name_of_column == columns.data()) {
        index = part;
      } else {
        index.more.push_back(std::move(part));
      }
    }
    index.name = name;
    index.unique = unique;
    return index;
  }

  void AddSqlIndex(IndexedField index) {
    const bool known =
        std::any_of(out_.indexes.begin(), out_.indexes.end(), [&](const auto& i) { return i.name == index.name; });
    if (known) {
      throw Error(ErrorCode::kAlreadyExists, fmt::format("relation \"{}\" already exists", index.name),
                  "give the index or constraint another name");
    }
    out_.indexes.push_back(std::move(index));
  }

  void ReadSqlKeys() {
    using Kind = TableConstraint::Kind;
    for (const TableConstraint& constraint : out_.constraints) {
      if (constraint.kind == Kind::kForeignKey) {
        // Whoever deletes what it refers to looks for the records that do.
        AddSqlIndex(SqlIndexField(constraint.name, constraint.columns, false));
      }
      if (constraint.kind != Kind::kPrimaryKey && constraint.kind != Kind::kUnique) continue;
      AddSqlIndex(SqlIndexField(constraint.name, constraint.columns, true));
      out_.indexes.back().primary = constraint.kind == Kind::kPrimaryKey;
    }
    for (const SqlIndex& index : sql_.indexes) AddSqlIndex(SqlIndexField(index.name, index.columns, index.unique));
  }

  void SetIndexType(const ColumnType& type, IndexedField& index) const {
    if (type.is_vector) CannotIndex(index.name, "it is a vector, which has an index of its own");
    if (type.is_array) {
      if (!type.element || *type.element == LogicalType::kInterval)
        CannotIndex(index.name, "the array's items are of no single type");
      index.type = *type.element;
      index.each_element = true;
      return;
    }
    if (type.type == LogicalType::kJson) CannotIndex(index.name, "it is of no single type");
    if (type.type == LogicalType::kInterval) CannotIndex(index.name, "intervals have no order in an index");
    index.type = type.type;
  }

  void ReadEmbeddingFields() {
    if (!ReadTextList("embedding_fields", out_.embedding_fields)) {
      for (const std::string_view name : {"content", "description"}) {
        const ColumnSchema* column = FindColumn(name);
        if (column && column->type == LogicalType::kText) {
          out_.embedding_fields.emplace_back(name);
          return;
        }
      }
      return;
    }
    for (const std::string& field : out_.embedding_fields) {
      const ColumnSchema& column = DeclaredColumn("embedding_fields", field);
      if (column.type != LogicalType::kText) {
        throw Error(
            ErrorCode::kInvalidSchema,
            fmt::format("field \"{}\" in \"embedding_fields\" of schema \"{}\" is not a text", field, out_.name),
            "embed properties of type string");
      }
    }
  }

  const ColumnSchema& DeclaredColumn(std::string_view key, std::string_view field) const {
    const ColumnSchema* column = FindColumn(field);
    if (column) return *column;
    std::vector<std::string> names;
    for (const ColumnSchema& known : out_.columns) names.push_back(known.name);
    UnknownField(key, field, field, names);
  }

  void ReadKeyAndLookup() {
    const ColumnSchema* own_id = FindColumn("id");
    // A caller's id is the first choice of every insert, so naming it as the key says nothing new.
    if (out_.key_field == "id" && own_id == nullptr) out_.key_field.clear();
    const bool is_key = own_id && (own_id->type == LogicalType::kText || IsInteger(own_id->type));
    if (is_key && out_.key_field.empty() && !out_.made_by_sql) out_.key_field = "id";
    if (!out_.key_field.empty()) {
      const ColumnSchema& column = DeclaredColumn("key_field", out_.key_field);
      if (column.type == LogicalType::kJson || column.type == LogicalType::kVector) {
        throw Error(ErrorCode::kInvalidSchema,
                    fmt::format("\"key_field\" \"{}\" of schema \"{}\" is not a single value", column.name, out_.name),
                    "take a text, integer, uuid or date-time property as the key");
      }
    }
    if (ReadTextList("lookup_fields", out_.lookup_fields)) {
      for (const std::string& field : out_.lookup_fields) DeclaredColumn("lookup_fields", field);
      return;
    }
    if (!out_.key_field.empty()) out_.lookup_fields.push_back(out_.key_field);
    for (const IndexedField& index : out_.indexes) {
      if (index.primary && index.more.empty()) out_.lookup_fields.push_back(index.path[0]);
    }
    for (const std::string_view name : {"id", "name"}) {
      const auto& fields = out_.lookup_fields;
      if (FindColumn(name) && std::find(fields.begin(), fields.end(), name) == fields.end())
        out_.lookup_fields.emplace_back(name);
    }
  }

  TableSchema out_;
  DocumentView root_;
  DocumentView object_;
  std::optional<DocumentView> extra_;
  SqlDefinition sql_;
};

}  // namespace

bool IndexedField::SameEntries(const IndexedField& other) const {
  return path == other.path && type == other.type && each_element == other.each_element && unique == other.unique &&
         std::equal(more.begin(), more.end(), other.more.begin(), other.more.end(),
                    [](const IndexedField& a, const IndexedField& b) { return a.SameEntries(b); });
}

TableSchema ReadTableSchema(std::string_view name, const Document& json_schema) {
  return TableSchemaReader(name, json_schema).Read();
}

}  // namespace rem
