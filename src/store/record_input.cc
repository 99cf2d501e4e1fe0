#include "store/record_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <rem/error.h>

#include "base/time.h"
#include "catalog/view.h"
#include "embedding/provider.h"
#include "schema/validator.h"
#include "types/cast.h"

namespace rem {
namespace {

constexpr std::array<std::string_view, 4> kSystemColumns = {"id", "created_at", "modified_at", "deleted_at"};

/// A column of that name that the schema declares as the user's own hides the system column.
bool IsSystemColumn(const Table& table, std::string_view name) {
  return std::find(kSystemColumns.begin(), kSystemColumns.end(), name) != kSystemColumns.end() &&
         table.FindColumn(name) == nullptr;
}

bool IsDeclared(const Table& table, std::string_view name) {
  const auto properties = table.schema.json_schema.view().Find("properties");
  return properties && properties->kind() == NodeKind::kObject && properties->Find(name);
}

[[noreturn]] void ThrowViolations(const Table& table, const std::vector<Violation>& violations) {
  if (ViewQueryOf(table)) {
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: changing view \"{}\"", table.name()),
                "change the tables that it reads");
  }
  std::string detail;
  for (const Violation& v : violations) {
    if (!detail.empty()) detail += "\n";
    detail += fmt::format("{}: {} (rule {})", v.instance_path.empty() ? "/" : v.instance_path, v.message, v.rule);
  }
  const Violation& first = violations.front();
  throw Error(ErrorCode::kValidation,
              fmt::format("Record does not fit the schema of table \"{}\": {}: {}", table.name(),
                          first.instance_path.empty() ? "/" : first.instance_path, first.message),
              "change the record, or register a schema that allows it")
      .WithDetail(detail);
}

Uuid ReadId(const DocumentView& node) {
  if (node.kind() == NodeKind::kText) {
    if (auto id = Uuid::Parse(node.AsText())) return *id;
  }
  throw Error(ErrorCode::kValidation, fmt::format("\"id\" is not a UUID: {}", node.ToJson().substr(0, 80)),
              "leave \"id\" out to get one, or keep your own identifier in another field and name that as the schema's "
              "key_field");
}

std::optional<int64_t> ReadTime(std::string_view name, const DocumentView& node) {
  if (node.IsNull()) return std::nullopt;
  if (node.kind() == NodeKind::kText) {
    if (auto micros = ParseTimestampMicros(node.AsText())) return micros;
  }
  throw Error(ErrorCode::kValidation,
              fmt::format("\"{}\" is not a date and time: {}", name, node.ToJson().substr(0, 80)),
              "write it as in 2026-11-21T10:00:00Z");
}

VectorValue ReadVector(const VectorColumn& column, const DocumentView& node) {
  if (node.kind() != NodeKind::kArray) {
    throw Error(ErrorCode::kTypeMismatch, fmt::format("Column \"{}\" takes an array of numbers", column.name),
                "pass the vector as a list of numbers");
  }
  VectorValue vector;
  vector.reserve(node.size());
  for (size_t i = 0; i < node.size(); ++i) {
    DocumentView element = node.At(i);
    float x = element.IsNumber() ? static_cast<float>(element.AsDouble()) : std::numeric_limits<float>::quiet_NaN();
    if (!std::isfinite(x)) {
      throw Error(ErrorCode::kValidation,
                  fmt::format("Element {} of vector \"{}\" is no number in the range of 32-bit floats", i, column.name),
                  "pass finite numbers only");
    }
    vector.push_back(x);
  }
  if (vector.empty()) {
    throw Error(ErrorCode::kValidation, fmt::format("Vector \"{}\" is empty", column.name), "pass null for no vector");
  }
  return vector;
}

/// Moves system columns and vectors out of `record`; what is left are the properties.
void TakeApart(const Table& table, const DocumentView& record, RecordInput& input) {
  DocumentBuilder rest;
  rest.BeginObject();
  for (size_t i = 0; i < record.size(); ++i) {
    std::string_view name = record.KeyAt(i);
    DocumentView node = record.ValueAt(i);
    if (IsSystemColumn(table, name)) {
      if (name == "id" && !node.IsNull()) input.id = ReadId(node);
      if (name == "created_at") input.created_at = ReadTime(name, node);
      continue;
    }
    if (const VectorColumn* column = table.FindVector(name)) {
      // A null may be the schema's default; only the caller's own null empties the column.
      if (!node.IsNull()) input.vectors.push_back({column, ReadVector(*column, node)});
      continue;
    }
    rest.Key(name);
    rest.Copy(node);
  }
  rest.EndObject();
  input.properties = rest.Finish();
}

bool NeedsTakingApart(const Table& table, const DocumentView& record) {
  for (std::string_view name : kSystemColumns) {
    if (record.Find(name) && IsSystemColumn(table, name)) return true;
  }
  for (const VectorColumn& column : table.vectors) {
    if (record.Find(column.name)) return true;
  }
  return false;
}

/// The schema sees vectors and declared system columns as the caller wrote them; undeclared system columns are ours,
/// not the schema's.
Document WithoutUndeclaredSystemColumns(const Table& table, const Document& record) {
  DocumentBuilder out;
  DocumentView view = record;
  out.BeginObject();
  for (size_t i = 0; i < view.size(); ++i) {
    if (IsSystemColumn(table, view.KeyAt(i)) && !IsDeclared(table, view.KeyAt(i))) continue;
    if (table.FindVector(view.KeyAt(i)) != nullptr && table.FindColumn(view.KeyAt(i)) == nullptr) continue;
    out.Key(view.KeyAt(i));
    out.Copy(view.ValueAt(i));
  }
  out.EndObject();
  return out.Finish();
}

bool HasDefault(const Table& table, std::string_view name) {
  auto properties = table.schema.json_schema.view().Find("properties");
  auto property = properties ? properties->Find(name) : std::nullopt;
  return property && property->Find("default").has_value();
}

Document ReplaceMembers(const Table& table, const DocumentView& record, const DocumentView& members) {
  DocumentBuilder out;
  out.BeginObject();
  for (size_t i = 0; i < record.size(); ++i) {
    if (members.Find(record.KeyAt(i))) continue;
    out.Key(record.KeyAt(i));
    out.Copy(record.ValueAt(i));
  }
  for (size_t i = 0; i < members.size(); ++i) {
    // Left out, the member would get its default.
    if (members.ValueAt(i).IsNull() && !HasDefault(table, members.KeyAt(i))) continue;
    out.Key(members.KeyAt(i));
    out.Copy(members.ValueAt(i));
  }
  out.EndObject();
  return out.Finish();
}

const Uuid kRecordNamespace = *Uuid::Parse("7c1f5b6e-6d0f-5c0e-9d0a-52454d204442");

Uuid IdFromName(const Table& table, std::string_view kind, std::string_view name) {
  return Uuid::FromName(kRecordNamespace, fmt::format("{}\x1f{}\x1f{}", table.schema.name, kind, name));
}

std::optional<std::string> KeyText(const DocumentView& properties, std::string_view field) {
  auto node = properties.Find(field);
  if (!node) return std::nullopt;
  if (node->kind() == NodeKind::kText && !node->AsText().empty()) return std::string(node->AsText());
  if (node->kind() == NodeKind::kInt) return std::to_string(node->AsInt());
  return std::nullopt;
}

/// As PostgreSQL, before any other rule.
void CheckNotNulls(const Table& table, const DocumentView& properties) {
  if (!table.schema.made_by_sql) return;
  for (const ColumnSchema& column : table.schema.columns) {
    if (!column.required) continue;
    const auto node = properties.Find(column.name);
    if (node && !node->IsNull()) continue;
    throw Error(ErrorCode::kNotNullViolation,
                fmt::format("null value in column \"{}\" of relation \"{}\" violates not-null constraint", column.name,
                            table.name()),
                "give the column a value");
  }
}

/// JSON Schema has no word for many of SQL's types: a text in a date column must read as a date.
void CheckSqlTypes(const Table& table, const DocumentView& properties) {
  for (const ColumnSchema& column : table.schema.columns) {
    if (!column.sql_typed) continue;
    const auto node = properties.Find(column.name);
    if (!node || node->IsNull() || ValueFromNode(*node, column.type)) continue;
    throw Error(ErrorCode::kValidation,
                fmt::format("Record does not fit the schema of table \"{}\": /{}: {} is no {}", table.name(),
                            column.name, node->ToJson().substr(0, 80), LogicalTypeName(column.type)),
                "write the value as SQL shows it");
  }
}

}  // namespace

void CheckProperties(const Table& table, const DocumentView& properties, int64_t now_micros) {
  CheckNotNulls(table, properties);
  const Document document = Document::Copy(properties);
  if (!table.validator->IsValid(document)) ThrowViolations(table, table.validator->Validate(document));
  CheckSqlTypes(table, properties);
  if (table.rules != nullptr) table.rules->Check(properties, now_micros);
}

RecordInput ReadRecordInput(const Table& table, const Document& record, size_t max_record_bytes) {
  if (record.bytes().size() > max_record_bytes) {
    throw Error(ErrorCode::kLimitExceeded,
                fmt::format("Record of {} bytes is over the limit of {}", record.bytes().size(), max_record_bytes),
                "split it into several records, or open the database with a larger max_record_bytes");
  }
  DocumentView view = record;
  if (view.kind() != NodeKind::kObject) {
    throw Error(ErrorCode::kTypeMismatch, "A record is a JSON object", "pass an object such as {\"name\": \"...\"}");
  }
  RecordInput input;
  bool take_apart = NeedsTakingApart(table, view);
  Document seen = take_apart ? WithoutUndeclaredSystemColumns(table, record) : record;
  if (auto filled = table.validator->FillDefaults(seen)) seen = std::move(*filled);
  CheckNotNulls(table, seen);
  if (!table.validator->IsValid(seen)) ThrowViolations(table, table.validator->Validate(seen));
  CheckSqlTypes(table, seen);
  if (NeedsTakingApart(table, seen)) {
    TakeApart(table, seen, input);
  } else {
    input.properties = std::move(seen);
  }
  if (!take_apart) return input;
  if (auto id = view.Find("id"); id && !id->IsNull() && IsSystemColumn(table, "id")) input.id = ReadId(*id);
  if (auto created = view.Find("created_at"); created && IsSystemColumn(table, "created_at"))
    input.created_at = ReadTime("created_at", *created);
  for (const VectorColumn& column : table.vectors) {
    auto node = view.Find(column.name);
    if (!node) continue;
    if (node->IsNull()) {
      input.vectors.push_back({&column, std::nullopt});
    } else if (table.FindColumn(column.name) == nullptr) {
      input.vectors.push_back({&column, ReadVector(column, *node)});
    }
  }
  return input;
}

RecordInput ReadPatchedInput(const Table& table, const RowView& stored, std::span<const VectorChange> required_vectors,
                             const Document& patch, PatchKind kind, size_t max_record_bytes) {
  DocumentView view = patch;
  if (view.kind() != NodeKind::kObject) {
    throw Error(ErrorCode::kTypeMismatch, "A change of a record is a JSON object",
                "pass the fields to change, such as {\"status\": \"done\"}; null removes a field");
  }
  for (std::string_view name : kSystemColumns) {
    if (!IsSystemColumn(table, name)) continue;
    auto node = view.Find(name);
    bool same_id =
        node && name == "id" && node->kind() == NodeKind::kText && Uuid::Parse(node->AsText()) == stored.id();
    if (node && !same_id) {
      throw Error(ErrorCode::kValidation, fmt::format("System column \"{}\" cannot be changed", name),
                  "leave it out of the change");
    }
  }
  Document merged = kind == PatchKind::kMerge ? MergePatch(stored.properties(), patch)
                                              : ReplaceMembers(table, stored.properties(), patch);
  // A schema may require the system columns that it declares.
  DocumentBuilder whole;
  DocumentView properties = merged;
  whole.BeginObject();
  for (size_t i = 0; i < properties.size(); ++i) {
    if (IsSystemColumn(table, properties.KeyAt(i))) continue;
    whole.Key(properties.KeyAt(i));
    whole.Copy(properties.ValueAt(i));
  }
  auto add = [&](std::string_view name, const std::string& text) {
    if (!IsSystemColumn(table, name) || !IsDeclared(table, name)) return;
    whole.Key(name);
    whole.Text(text);
  };
  add("id", stored.id().ToString());
  add("created_at", FormatTimestampMicros(stored.created_at()));
  add("modified_at", FormatTimestampMicros(stored.modified_at()));
  for (const VectorChange& required : required_vectors) {
    if (view.Find(required.column->name)) continue;
    whole.Key(required.column->name);
    whole.BeginArray();
    for (float x : *required.vector) whole.Double(x);
    whole.EndArray();
  }
  whole.EndObject();
  RecordInput input = ReadRecordInput(table, whole.Finish(), max_record_bytes);
  std::erase_if(input.vectors, [&](const auto& v) { return !view.Find(v.column->name); });
  // MergePatch drops members that the patch sets to null: a vector is emptied that way.
  for (const VectorColumn& column : table.vectors) {
    if (auto node = view.Find(column.name); node && node->IsNull()) {
      std::erase_if(input.vectors, [&](const auto& v) { return v.column == &column; });
      input.vectors.push_back({&column, std::nullopt});
    }
  }
  return input;
}

std::optional<Uuid> DeriveRecordId(const Table& table, const RecordInput& input) {
  if (input.id) return input.id;
  if (table.schema.made_by_sql) return std::nullopt;
  DocumentView properties = input.properties;
  if (table.FindColumn("id") != nullptr && table.schema.key_field == "id") {
    // An id of the user's own that is written as a UUID is the record's id itself; others lead to one.
    const auto id = KeyText(properties, "id");
    const auto uuid = id ? Uuid::Parse(*id) : std::nullopt;
    if (uuid && uuid->ToString() == *id) return uuid;
    if (id) return RecordIdOfKey(table, *id);
  }
  if (auto uri = KeyText(properties, "uri")) {
    auto ordinal = KeyText(properties, "chunk_ordinal");
    if (!ordinal) ordinal = KeyText(properties, "ordinal");
    return IdFromName(table, "uri", ordinal ? fmt::format("{}\x1f{}", *uri, *ordinal) : *uri);
  }
  if (!table.schema.key_field.empty()) {
    if (auto key = KeyText(properties, table.schema.key_field)) return RecordIdOfKey(table, *key);
  }
  if (auto key = KeyText(properties, "key")) return RecordIdOfKey(table, *key);
  return std::nullopt;
}

Uuid RecordIdOfKey(const Table& table, std::string_view key) { return IdFromName(table, "key", key); }

const VectorChange* FindDimensionToSet(const Table& table, const RecordInput& input) {
  for (const VectorChange& change : input.vectors) {
    if (!change.vector || change.vector->size() == change.column->dimension) continue;
    if (change.column->dimension == 0) return &change;
    bool automatic = change.column->provider != nullptr && !change.column->provider_declared;
    if (automatic) return &change;
    throw Error(
        ErrorCode::kDimensionMismatch,
        fmt::format("Vector \"{}\" of table \"{}\" has dimension {}, the column has {}", change.column->name,
                    table.name(), change.vector->size(), change.column->dimension),
        change.column->provider_name.empty()
            ? "embed with the model that made the table's other vectors, or use another table"
            : fmt::format("the column is filled by provider \"{}\": leave the vector out, or declare another provider",
                          change.column->provider_name));
  }
  return nullptr;
}

std::optional<std::string> TextToEmbed(const Table& table, const DocumentView& properties) {
  std::string text;
  for (const std::string& field : table.schema.embedding_fields) {
    auto node = properties.Find(field);
    if (!node || node->kind() != NodeKind::kText || node->AsText().empty()) continue;
    if (!text.empty()) text += "\n";
    text += node->AsText();
  }
  if (text.empty()) return std::nullopt;
  return text;
}

void AppendAutomaticVectors(const Table& table, const DocumentView& properties, std::vector<VectorChange>& vectors) {
  std::optional<std::string> text;
  for (const VectorColumn& column : table.vectors) {
    if (column.provider == nullptr) continue;
    bool given =
        std::any_of(vectors.begin(), vectors.end(), [&](const auto& v) { return v.column == &column && v.vector; });
    if (given) continue;
    std::erase_if(vectors, [&](const auto& v) { return v.column == &column; });
    if (!text) text = TextToEmbed(table, properties);
    if (!text) {
      vectors.push_back({&column, std::nullopt});
      continue;
    }
    if (!column.provider->inline_on_insert()) {
      vectors.push_back({&column, std::nullopt, true});
      continue;
    }
    VectorValue vector(column.provider->dimension());
    std::string_view view = *text;
    column.provider->Embed({&view, 1}, vector.data());
    vectors.push_back({&column, std::move(vector)});
  }
}

}  // namespace rem
