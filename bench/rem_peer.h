#pragma once

#include <string>
#include <vector>

#include <rem/database.h>

#include "kv_peer.h"
#include "measure.h"

namespace rem::bench {

inline Document KvSchema() {
  return Document::FromJson(R"({
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
      "category": {"type": "string", "minLength": 1, "maxLength": 64},
      "status": {"enum": ["s0", "s1", "s2", "s3"]},
      "author": {"type": "string", "minLength": 1, "maxLength": 64},
      "views": {"type": "integer", "minimum": 0},
      "rating": {"type": "number", "minimum": 1, "maximum": 5},
      "content": {"type": "string"}
    },
    "required": ["category", "author", "views", "content"],
    "indexed_fields": ["category", "author", "views"],
    "embedding_provider": "none"
  })");
}

/// REM DB through its public interface, from JSON text to the acknowledged commit: parsing, validation, indexes and
/// change log included.
class RemPeer final : public KvPeer {
 public:
  explicit RemPeer(const OpenOptions& options)
      : database_(Database::Open(options)), session_(database_.OpenSession("bench")) {
    for (const TableInfo& table : session_.ListTables()) {
      if (table.name == "ent") return;
    }
    session_.RegisterSchema("ent", KvSchema());
  }

  void InsertOne(const KvRow& row, uint64_t) override { session_.Insert("ent", Document::FromJson(row.json)); }

  void InsertMany(std::span<const KvRow> rows, uint64_t) override {
    std::vector<Document> documents;
    documents.reserve(rows.size());
    for (const KvRow& row : rows) documents.push_back(Document::FromJson(row.json));
    session_.InsertBatch("ent", documents);
  }

  int64_t GetViews(uint64_t number) override {
    const std::optional<Record> record = session_.Get(KvId(number));
    return record ? record->properties.view().Find("views")->AsInt() : -1;
  }

  int64_t CountRatedAbove(double rating) override {
    return Number("SELECT count(*) FROM ent WHERE rating > $1", rating);
  }

  int64_t CountRows() override { return session_.Count("ent"); }

  int64_t Number(std::string_view sql, const Value& parameter) {
    Result result = session_.Sql(sql, {&parameter, 1});
    if (!result.Next()) Fail("no row from: " + std::string(sql));
    return result.GetInt(0);
  }

  Database& database() { return database_; }
  Session& session() { return session_; }

 private:
  Database database_;
  Session session_;
};

}  // namespace rem::bench
