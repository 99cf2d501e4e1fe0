#include "schema/sql_definition.h"

#include <algorithm>
#include <array>
#include <utility>

#include <rem/error.h>

namespace rem {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"primary key", "unique", "check", "foreign key"};
constexpr std::array<std::string_view, 4> kActions = {"no action", "cascade", "set null", "set default"};

[[noreturn]] void Invalid(const std::string& what) {
  throw Error(ErrorCode::kInvalidSchema, "\"x-rem-sql\" of a schema is not valid: " + what,
              "leave it out; CREATE TABLE and ALTER TABLE write it");
}

std::string Text(const DocumentView& object, std::string_view key) {
  const auto node = object.Find(key);
  if (!node || node->kind() != NodeKind::kText) Invalid("\"" + std::string(key) + "\" is no text");
  return std::string(node->AsText());
}

template <size_t N>
uint8_t OneOf(const DocumentView& object, std::string_view key, const std::array<std::string_view, N>& words) {
  const auto found = std::ranges::find(words, Text(object, key));
  if (found == words.end()) Invalid("unknown \"" + std::string(key) + "\"");
  return static_cast<uint8_t>(found - words.begin());
}

bool Flag(const DocumentView& object, std::string_view key) {
  const auto node = object.Find(key);
  return node && node->kind() == NodeKind::kBool && node->AsBool();
}

std::vector<std::string> Texts(const DocumentView& object, std::string_view key) {
  const auto list = object.Find(key);
  if (!list || list->kind() != NodeKind::kArray || list->size() == 0) Invalid("no \"" + std::string(key) + "\"");
  std::vector<std::string> texts;
  for (size_t i = 0; i < list->size(); ++i) {
    if (list->At(i).kind() != NodeKind::kText) Invalid("\"" + std::string(key) + "\" holds more than texts");
    texts.emplace_back(list->At(i).AsText());
  }
  return texts;
}

std::vector<DocumentView> Objects(const DocumentView& object, std::string_view key) {
  std::vector<DocumentView> objects;
  const auto list = object.Find(key);
  if (!list) return objects;
  if (list->kind() != NodeKind::kArray) Invalid("\"" + std::string(key) + "\" is no array");
  for (size_t i = 0; i < list->size(); ++i) {
    if (list->At(i).kind() != NodeKind::kObject) Invalid("\"" + std::string(key) + "\" holds more than objects");
    objects.push_back(list->At(i));
  }
  return objects;
}

TableConstraint ReadConstraint(const DocumentView& json) {
  using Kind = TableConstraint::Kind;
  TableConstraint constraint;
  constraint.name = Text(json, "name");
  constraint.kind = static_cast<Kind>(OneOf(json, "kind", kKinds));
  if (constraint.kind == Kind::kCheck) {
    constraint.expression = Text(json, "expression");
    return constraint;
  }
  constraint.columns = Texts(json, "columns");
  if (constraint.kind != Kind::kForeignKey) return constraint;
  constraint.table = Text(json, "table");
  constraint.references = Texts(json, "references");
  if (constraint.references.size() != constraint.columns.size()) Invalid("a foreign key has columns without partners");
  constraint.on_delete = static_cast<TableConstraint::Action>(OneOf(json, "on_delete", kActions));
  constraint.on_update = static_cast<TableConstraint::Action>(OneOf(json, "on_update", kActions));
  return constraint;
}

void WriteText(DocumentBuilder& out, std::string_view key, std::string_view value) {
  out.Key(key);
  out.Text(value);
}

void WriteTexts(DocumentBuilder& out, std::string_view key, const std::vector<std::string>& texts) {
  out.Key(key);
  out.BeginArray();
  for (const std::string& text : texts) out.Text(text);
  out.EndArray();
}

void WriteConstraint(const TableConstraint& constraint, DocumentBuilder& out) {
  out.BeginObject();
  WriteText(out, "name", constraint.name);
  WriteText(out, "kind", kKinds[static_cast<size_t>(constraint.kind)]);
  if (constraint.kind == TableConstraint::Kind::kCheck) {
    WriteText(out, "expression", constraint.expression);
  } else {
    WriteTexts(out, "columns", constraint.columns);
  }
  if (constraint.kind == TableConstraint::Kind::kForeignKey) {
    WriteText(out, "table", constraint.table);
    WriteTexts(out, "references", constraint.references);
    WriteText(out, "on_delete", kActions[static_cast<size_t>(constraint.on_delete)]);
    WriteText(out, "on_update", kActions[static_cast<size_t>(constraint.on_update)]);
  }
  out.EndObject();
}

}  // namespace

SqlDefinition ReadSqlDefinition(const DocumentView& json) {
  if (json.kind() != NodeKind::kObject) Invalid("it is no object");
  SqlDefinition definition;
  definition.made_by_sql = Flag(json, "made");
  for (const DocumentView& constraint : Objects(json, "constraints"))
    definition.constraints.push_back(ReadConstraint(constraint));
  for (const DocumentView& index : Objects(json, "indexes"))
    definition.indexes.push_back({Text(index, "name"), Texts(index, "columns"), Flag(index, "unique")});
  return definition;
}

void WriteSqlDefinition(const SqlDefinition& definition, DocumentBuilder& out) {
  out.BeginObject();
  out.Key("made");
  out.Bool(definition.made_by_sql);
  out.Key("constraints");
  out.BeginArray();
  for (const TableConstraint& constraint : definition.constraints) WriteConstraint(constraint, out);
  out.EndArray();
  out.Key("indexes");
  out.BeginArray();
  for (const SqlIndex& index : definition.indexes) {
    out.BeginObject();
    WriteText(out, "name", index.name);
    WriteTexts(out, "columns", index.columns);
    out.Key("unique");
    out.Bool(index.unique);
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
}

}  // namespace rem
