#include "catalog/table_definition.h"

#include <fmt/format.h>

#include <algorithm>

#include <rem/error.h>

#include "base/check.h"
#include "embedding/provider.h"
#include "schema/validator.h"

namespace rem {
namespace {

constexpr uint64_t kDefinitionFormat = 2;

void AddInt(DocumentBuilder& out, std::string_view key, uint64_t value) {
  out.Key(key);
  out.Int(static_cast<int64_t>(value));
}

void AddText(DocumentBuilder& out, std::string_view key, std::string_view value) {
  out.Key(key);
  out.Text(value);
}

void AddBool(DocumentBuilder& out, std::string_view key, bool value) {
  out.Key(key);
  out.Bool(value);
}

DocumentView Member(const DocumentView& object, std::string_view key, NodeKind kind) {
  auto found = object.Find(key);
  if (!found || found->kind() != kind) {
    throw Error(ErrorCode::kCorruption, fmt::format("A table definition has no valid member \"{}\"", key),
                "restore the database from a backup");
  }
  return *found;
}

uint64_t IntMember(const DocumentView& object, std::string_view key) {
  return static_cast<uint64_t>(Member(object, key, NodeKind::kInt).AsInt());
}

std::string TextMember(const DocumentView& object, std::string_view key) {
  return std::string(Member(object, key, NodeKind::kText).AsText());
}

bool BoolMember(const DocumentView& object, std::string_view key) {
  return Member(object, key, NodeKind::kBool).AsBool();
}

/// The identity of the provider that fills "embedding" (or "embedding_alt"), empty where none does.
std::string AutomaticProvider(const TableSchema& schema, std::string_view column, bool* declared) {
  bool alternative = column == "embedding_alt";
  const std::string& named = alternative ? schema.embedding_provider_alt : schema.embedding_provider;
  *declared = !named.empty();
  if (named == kNoProvider) return {};
  if (!named.empty()) return std::string(RequireProvider(named).identity());
  if (alternative || schema.embedding_fields.empty()) return {};
  return std::string(RequireProvider(kDefaultProvider).identity());
}

/// "builtin-1" is a version of "builtin", and "local:x@0123456789abcdef" one of "local:x". A later version does not
/// take over the vectors that an earlier one made.
bool IsVersionOf(std::string_view identity, std::string_view provider) {
  const char mark = provider.starts_with("local:") ? '@' : '-';
  return identity.size() > provider.size() + 1 && identity.starts_with(provider) && identity[provider.size()] == mark;
}

/// What the schema of a definition says of the provider of "embedding" (or "embedding_alt").
std::string NamedProvider(const TableDefinition& definition, std::string_view column) {
  const TableSchema schema = ReadTableSchema(definition.name, definition.schema);
  return column == "embedding_alt" ? schema.embedding_provider_alt : schema.embedding_provider;
}

TableDefinition::Vector DefineVector(const TableSchema& schema, std::string_view name, uint32_t declared_dimension,
                                     const TableDefinition* previous, ColumnNumber& next_number) {
  TableDefinition::Vector vector;
  vector.name = name;
  vector.dimension = declared_dimension;
  if (name == "embedding" || name == "embedding_alt") {
    vector.provider = AutomaticProvider(schema, name, &vector.provider_declared);
    // A declared dimension that the default provider does not have means that the caller brings the vectors.
    if (!vector.provider.empty()) {
      uint32_t provided = RequireProvider(vector.provider).dimension();
      if (declared_dimension != 0 && declared_dimension != provided) {
        if (vector.provider_declared) {
          throw Error(ErrorCode::kDimensionMismatch,
                      fmt::format("Column \"{}\" declares dimension {}, but provider \"{}\" has dimension {}", name,
                                  declared_dimension, vector.provider, provided),
                      "remove the declared dimension or name another provider");
        }
        vector.provider.clear();
      } else {
        vector.dimension = provided;
      }
    }
  }
  if (previous != nullptr) {
    for (const auto& old : previous->vectors) {
      if (old.name != name || old.shadow) continue;
      vector.number = old.number;
      const std::string& named = name == "embedding_alt" ? schema.embedding_provider_alt : schema.embedding_provider;
      if (old.chosen && named == NamedProvider(*previous, name)) {
        vector.dimension = old.dimension;
        vector.provider = old.provider;
        vector.chosen = true;
        return vector;
      }
      const bool same_model = vector.provider_declared && old.provider_declared && IsVersionOf(old.provider, named);
      if ((!vector.provider_declared && !old.provider_declared && declared_dimension == 0) || same_model) {
        vector.dimension = old.dimension;
        vector.provider = old.provider;
      }
      return vector;
    }
  }
  vector.number = next_number++;
  return vector;
}

void DefineVectors(const TableSchema& schema, const TableDefinition* previous, TableDefinition& definition) {
  ColumnNumber next_number = previous == nullptr ? 0 : previous->next_vector;
  for (const ColumnSchema& column : schema.columns) {
    if (column.type != LogicalType::kVector) continue;
    definition.vectors.push_back(DefineVector(schema, column.name, column.vector_dimension, previous, next_number));
  }
  for (std::string_view name : {"embedding", "embedding_alt"}) {
    bool there = std::any_of(definition.vectors.begin(), definition.vectors.end(),
                             [&](const auto& v) { return v.name == name; });
    bool declared = false;
    if (!there && !AutomaticProvider(schema, name, &declared).empty()) {
      definition.vectors.push_back(DefineVector(schema, name, 0, previous, next_number));
    }
  }
  definition.next_vector = next_number;
  if (previous == nullptr) return;
  // What is being built goes on while what it is to replace stays.
  for (const auto& shadow : previous->vectors) {
    const auto same = [&](const auto& v) { return v.name == shadow.name && !v.shadow; };
    const auto before = std::find_if(previous->vectors.begin(), previous->vectors.end(), same);
    const auto after = std::find_if(definition.vectors.begin(), definition.vectors.end(), same);
    if (!shadow.shadow || before == previous->vectors.end() || after == definition.vectors.end()) continue;
    if (before->provider == after->provider && before->dimension == after->dimension)
      definition.vectors.push_back(shadow);
  }
}

}  // namespace

std::string EncodeDefinition(const TableDefinition& definition) {
  DocumentBuilder out;
  out.BeginObject();
  // An older version reads what it understands.
  const bool newer = std::any_of(definition.vectors.begin(), definition.vectors.end(),
                                 [](const auto& vector) { return vector.shadow || vector.chosen; });
  AddInt(out, "format", newer ? kDefinitionFormat : 1);
  AddInt(out, "id", definition.id);
  AddText(out, "name", definition.name);
  AddInt(out, "version", definition.version);
  AddBool(out, "dropping", definition.dropping);
  AddInt(out, "next_vector", definition.next_vector);
  if (definition.rederive) {
    out.Key("rederive");
    out.BeginObject();
    AddBool(out, "vectors", definition.rederive->vectors);
    out.Key("old_lookup_fields");
    out.BeginArray();
    for (const std::string& field : definition.rederive->old_lookup_fields) out.Text(field);
    out.EndArray();
    out.EndObject();
  }
  out.Key("schema");
  out.Copy(definition.schema);
  out.Key("indexes");
  out.BeginArray();
  for (const auto& index : definition.indexes) {
    out.BeginObject();
    AddInt(out, "id", index.id);
    AddText(out, "field", index.field);
    AddBool(out, "ready", index.ready);
    out.EndObject();
  }
  out.EndArray();
  out.Key("vectors");
  out.BeginArray();
  for (const auto& vector : definition.vectors) {
    out.BeginObject();
    AddInt(out, "number", vector.number);
    AddText(out, "name", vector.name);
    AddInt(out, "dimension", vector.dimension);
    AddText(out, "provider", vector.provider);
    AddBool(out, "provider_declared", vector.provider_declared);
    if (vector.shadow) AddBool(out, "shadow", true);
    if (vector.chosen) AddBool(out, "chosen", true);
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return out.Finish().bytes();
}

TableDefinition DecodeDefinition(std::string_view bytes) {
  Document document = Document::FromBytes(std::string(bytes));
  DocumentView root = document;
  uint64_t format = IntMember(root, "format");
  if (format == 0 || format > kDefinitionFormat) {
    throw Error(ErrorCode::kFormatVersion,
                fmt::format("A table definition has format {}, this version knows up to {}", format, kDefinitionFormat),
                "open the database with the version of REM DB that wrote it, or a newer one");
  }
  TableDefinition definition;
  definition.id = static_cast<TableId>(IntMember(root, "id"));
  definition.name = TextMember(root, "name");
  definition.version = IntMember(root, "version");
  definition.dropping = BoolMember(root, "dropping");
  definition.next_vector = static_cast<ColumnNumber>(IntMember(root, "next_vector"));
  if (auto rederive = root.Find("rederive")) {
    definition.rederive.emplace();
    definition.rederive->vectors = BoolMember(*rederive, "vectors");
    DocumentView fields = Member(*rederive, "old_lookup_fields", NodeKind::kArray);
    for (size_t i = 0; i < fields.size(); ++i) {
      definition.rederive->old_lookup_fields.emplace_back(fields.At(i).AsText());
    }
  }
  definition.schema = Document::Copy(Member(root, "schema", NodeKind::kObject));
  DocumentView indexes = Member(root, "indexes", NodeKind::kArray);
  for (size_t i = 0; i < indexes.size(); ++i) {
    DocumentView index = indexes.At(i);
    definition.indexes.push_back(
        {static_cast<IndexId>(IntMember(index, "id")), TextMember(index, "field"), BoolMember(index, "ready")});
  }
  DocumentView vectors = Member(root, "vectors", NodeKind::kArray);
  for (size_t i = 0; i < vectors.size(); ++i) {
    DocumentView vector = vectors.At(i);
    definition.vectors.push_back({static_cast<ColumnNumber>(IntMember(vector, "number")), TextMember(vector, "name"),
                                  static_cast<uint32_t>(IntMember(vector, "dimension")), TextMember(vector, "provider"),
                                  BoolMember(vector, "provider_declared"), vector.Find("shadow").has_value(),
                                  vector.Find("chosen").has_value()});
  }
  return definition;
}

TableDefinition DefineTable(const TableSchema& schema, const TableDefinition* previous, TableId id,
                            const std::function<IndexId()>& next_index_id) {
  TableDefinition definition;
  definition.id = id;
  definition.name = schema.name;
  definition.version = previous == nullptr ? 1 : previous->version + 1;
  definition.schema = schema.json_schema;
  // An index goes on under its id only when it indexes the same thing.
  std::vector<IndexedField> old_fields;
  if (previous != nullptr) old_fields = ReadTableSchema(previous->name, previous->schema).indexes;
  for (const IndexedField& field : schema.indexes) {
    TableDefinition::Index index{0, field.name, previous == nullptr};
    bool same = std::any_of(old_fields.begin(), old_fields.end(),
                            [&](const IndexedField& old) { return old.name == field.name && old.SameEntries(field); });
    if (same) {
      for (const auto& old : previous->indexes) {
        if (old.field == field.name) index = old;
      }
    }
    if (index.id == 0) index.id = next_index_id();
    definition.indexes.push_back(index);
  }
  DefineVectors(schema, previous, definition);
  return definition;
}

TablePtr BuildTable(TenantId tenant, const TableDefinition& definition, std::shared_ptr<KeyDictionary> keys,
                    std::shared_ptr<TableCounters> counters, RowRulesMaker make_rules) {
  auto table = std::make_shared<Table>();
  table->tenant = tenant;
  table->id = definition.id;
  table->definition_version = definition.version;
  table->schema = ReadTableSchema(definition.name, definition.schema);
  for (const auto& stored : definition.indexes) {
    for (const IndexedField& field : table->schema.indexes) {
      if (field.name == stored.field) table->indexes.push_back({stored.id, field, stored.ready});
    }
  }
  REM_CHECK(table->indexes.size() == definition.indexes.size());
  for (const auto& stored : definition.vectors) {
    VectorColumn column{stored.name, stored.number,   stored.dimension,
                        nullptr,     stored.provider, stored.provider_declared || stored.chosen};
    column.shadow = stored.shadow;
    if (stored.shadow) column.name += kShadowSuffix;
    if (!stored.provider.empty()) column.provider = &StoredProvider(stored.provider, stored.dimension);
    table->vectors.push_back(column);
  }
  table->validator = std::make_shared<const Validator>(Validator::Compile(definition.schema));
  if (make_rules != nullptr && NeedsRowRules(table->schema)) table->rules = make_rules(table->schema);
  table->keys = std::move(keys);
  table->counters = std::move(counters);
  return table;
}

}  // namespace rem
