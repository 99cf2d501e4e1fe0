#include "database/random_program.h"

#include <algorithm>

#include "catalog/table.h"
#include "store/record_input.h"

namespace rem {

const char* const RandomProgram::kTables[2] = {"items", "people"};

Document ProgramFields::ToDocument(const std::optional<Uuid>& id) const {
  DocumentBuilder builder;
  builder.BeginObject();
  if (id) {
    builder.Key("id");
    builder.Text(id->ToString());
  }
  builder.Key("category");
  builder.Text(category);
  if (author) {
    builder.Key("author");
    builder.Text(*author);
  }
  builder.Key("views");
  builder.Int(views);
  builder.Key("tags");
  builder.BeginArray();
  for (const std::string& tag : tags) builder.Text(tag);
  builder.EndArray();
  builder.Key("text");
  builder.Text(text);
  if (!email.empty()) {
    builder.Key("email");
    builder.Text(email);
  }
  builder.EndObject();
  return builder.Finish();
}

Document RandomProgram::SchemaOf(const std::string& table) {
  const std::string key = table == "people" ? R"("key_field": "email",)" : "";
  return Document::FromJson(R"({"type": "object", )" + key + R"(
    "properties": {"category": {"type": "string"}, "author": {"type": "string"}, "views": {"type": "integer"},
                   "tags": {"type": "array", "items": {"type": "string"}}, "text": {"type": "string"}, "email": {"type": "string"}},
    "required": ["category", "views"],
    "indexed_fields": ["category", "author", "views", "tags"],
    "embedding_provider": "none"})");
}

ProgramFields RandomProgram::RandomFields() {
  ProgramFields fields;
  fields.category = "category" + std::to_string(random_.Below(12));
  if (random_.Below(4) != 0) fields.author = "author" + std::to_string(random_.Below(50));
  fields.views = static_cast<int64_t>(random_.Below(2000)) - 1000;
  for (uint64_t i = random_.Below(4); i > 0; --i) {
    std::string tag = "tag" + std::to_string(random_.Below(20));
    if (std::find(fields.tags.begin(), fields.tags.end(), tag) == fields.tags.end())
      fields.tags.push_back(std::move(tag));
  }
  // Some records are large, so that memtables fill and files are written while the process may be killed.
  fields.text.assign(random_.Below(10) == 0 ? random_.Below(8'000) : random_.Below(200),
                     static_cast<char>('a' + random_.Below(26)));
  return fields;
}

std::optional<Uuid> RandomProgram::Pick(bool live) {
  if (rows_.empty()) return std::nullopt;
  Uuid near;
  for (uint8_t& byte : near.bytes) byte = static_cast<uint8_t>(random_.Below(256));
  auto row = rows_.lower_bound(near);
  for (size_t tries = 0; tries < 50; ++tries) {
    if (row == rows_.end()) row = rows_.begin();
    if (row->second.live == live) return row->first;
    ++row;
  }
  return std::nullopt;
}

std::pair<Uuid, ProgramFields> RandomProgram::RandomRecord(const std::string& table, bool existing) {
  ProgramFields fields = RandomFields();
  Uuid id;
  const std::optional<Uuid> old = existing ? Pick(random_.Below(8) != 0) : std::nullopt;
  if (old && rows_.at(*old).table == table) {
    id = *old;
    fields.email = rows_.at(*old).fields.email;
    return {id, fields};
  }
  for (uint8_t& byte : id.bytes) byte = static_cast<uint8_t>(random_.Below(256));
  if (table == "people") {
    fields.email = id.ToString() + "@example.org";
    Table people;
    people.schema.name = table;
    id = RecordIdOfKey(people, fields.email);
  }
  return {id, fields};
}

Document RandomProgram::RandomPatch() {
  DocumentBuilder builder;
  builder.BeginObject();
  builder.Key("views");
  builder.Int(static_cast<int64_t>(random_.Below(2000)) - 1000);
  if (random_.Below(2) == 0) {
    builder.Key("category");
    builder.Text("category" + std::to_string(random_.Below(12)));
  }
  if (random_.Below(3) == 0) {
    builder.Key("author");
    if (random_.Below(2) == 0) {
      builder.Null();
    } else {
      builder.Text("author" + std::to_string(random_.Below(50)));
    }
  }
  if (random_.Below(3) == 0) {
    builder.Key("tags");
    builder.BeginArray();
    builder.Text("tag" + std::to_string(random_.Below(20)));
    builder.EndArray();
  }
  builder.EndObject();
  return builder.Finish();
}

ProgramOperation RandomProgram::Next() {
  using Kind = ProgramOperation::Kind;
  ProgramOperation operation;
  operation.table = kTables[random_.Below(2)];
  const uint64_t dice = random_.Below(100);
  if (dice >= 40 && dice < 90) {
    operation.kind = dice < 60 ? Kind::kUpdate : dice < 75 ? Kind::kDelete : dice < 82 ? Kind::kRestore : Kind::kPurge;
    const bool live = operation.kind == Kind::kPurge ? random_.Below(2) == 0 : operation.kind != Kind::kRestore;
    if (const std::optional<Uuid> id = Pick(live)) {
      operation.id = *id;
      operation.table = rows_.at(*id).table;
      if (operation.kind == Kind::kUpdate) operation.patch = RandomPatch();
      return operation;
    }
  }
  if (dice >= 90) {
    operation.kind = Kind::kBatch;
    std::set<Uuid> used;
    for (uint64_t i = 1 + random_.Below(20); i > 0; --i) {
      auto record = RandomRecord(operation.table, random_.Below(3) == 0);
      if (used.insert(record.first).second) operation.records.push_back(std::move(record));
    }
    return operation;
  }
  operation.kind = dice < 25 ? Kind::kInsert : Kind::kUpsert;
  operation.records.push_back(RandomRecord(operation.table, operation.kind == Kind::kUpsert));
  return operation;
}

void RandomProgram::Apply(const ProgramOperation& operation) {
  using Kind = ProgramOperation::Kind;
  std::vector<LogEntry> changes;
  for (const auto& [id, fields] : operation.records) {
    changes.push_back({rows_.count(id) != 0 ? "update" : "insert", operation.table, id, fields});
    rows_[id] = {operation.table, fields, true};
  }
  if (operation.kind == Kind::kUpdate) {
    ProgramFields& fields = rows_.at(operation.id).fields;
    const DocumentView patch = operation.patch;
    fields.views = patch.Find("views")->AsInt();
    if (const auto category = patch.Find("category")) fields.category = category->AsText();
    if (const auto author = patch.Find("author")) {
      fields.author = author->IsNull() ? std::nullopt : std::optional(std::string(author->AsText()));
    }
    if (const auto tags = patch.Find("tags")) fields.tags = {std::string(tags->At(0).AsText())};
    changes.push_back({"update", operation.table, operation.id, fields});
  } else if (operation.kind == Kind::kDelete || operation.kind == Kind::kRestore) {
    rows_.at(operation.id).live = operation.kind == Kind::kRestore;
    changes.push_back(
        {operation.kind == Kind::kRestore ? "restore" : "delete", operation.table, operation.id, std::nullopt});
  } else if (operation.kind == Kind::kPurge) {
    rows_.erase(operation.id);
    purged_.insert(operation.id);
    changes.push_back({"purge", operation.table, operation.id, std::nullopt});
  }
  log_entries_ += changes.size();
  log_.push_back(std::move(changes));
}

void RandomProgram::Skip(uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) Apply(Next());
}

}  // namespace rem
