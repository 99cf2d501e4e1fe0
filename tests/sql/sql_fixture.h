#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <rem/database.h>

#include "base/clock.h"
#include "base/random.h"
#include "sql/pipeline.h"
#include "sql/pipeline_rules.h"
#include "sql/pipeline_session.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "store/store.h"

namespace rem {

/// One tenant over an engine, and statements against it.
class SqlDatabase {
 public:
  explicit SqlDatabase(bool rocksdb = false, size_t row_cache_bytes = OpenOptions().row_cache_bytes,
                       size_t column_cache_bytes = OpenOptions().column_cache_bytes) {
    options_.row_cache_bytes = row_cache_bytes;
    options_.column_cache_bytes = column_cache_bytes;
    if (rocksdb) {
      directory_ =
          std::filesystem::temp_directory_path() / ("rem_sql_" + NewUuid(SystemClock().NowMicros()).ToString());
      options_.path = directory_.string();
      options_.durability = Durability::kNormal;
    } else {
      options_.in_memory = true;
    }
    store_ = std::make_unique<Store>(rocksdb ? OpenRocksDbEngine(options_) : NewMemoryEngine(), options_, clock_,
                                     &MakeRowRules);
    tenant_ = store_->OpenTenant("acme", true);
    session_ = std::make_unique<SqlSession>(*tenant_);
  }
  ~SqlDatabase() {
    session_.reset();
    tenant_.reset();
    store_.reset();
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  void Register(const std::string& name, const std::string& schema) {
    tenant_->Register(name, Document::FromJson(schema), false);
    tenant_->WaitForIndexes(60'000);
  }
  Uuid Insert(const std::string& table, const std::string& json) {
    Document record = Document::FromJson(json);
    return tenant_->writer().Insert(table, {&record, 1}, {})[0];
  }
  void InsertAll(const std::string& table, const std::vector<Document>& records) {
    tenant_->writer().Insert(table, records, {});
  }
  TenantStore& tenant() { return *tenant_; }
  ManualClock& clock() { return clock_; }

  /// For the newest state, with the settings of `settings`.
  QueryContext Context() {
    QueryContext context = settings;
    context.catalog = tenant_->catalog();
    context.view = tenant_->Snapshot();
    context.clock = &clock_;
    context.statistics = &tenant_->statistics();
    return context;
  }
  Result Sql(std::string_view text, const std::vector<Value>& parameters = {}) {
    QueryContext context = settings;
    context.clock = &clock_;
    return session_->Execute(nullptr, std::move(context), text, parameters);
  }
  std::string Explain(std::string_view text, const std::vector<Value>& parameters = {}) {
    return ExplainSql(Context(), text, parameters);
  }

  /// Rows as text: values separated by '|', rows by ';'.
  std::string Rows(std::string_view text, const std::vector<Value>& parameters = {}) {
    Result result = Sql(text, parameters);
    std::string rows;
    for (const auto& row : result.FetchAll()) {
      if (!rows.empty()) rows += ';';
      for (size_t i = 0; i < row.size(); ++i)
        rows += (i == 0 ? "" : "|") + (row[i].IsNull() ? std::string("NULL") : row[i].ToText());
    }
    return rows;
  }

  QueryContext settings;

 private:
  ManualClock clock_{1'790'000'000'000'000};
  std::filesystem::path directory_;
  OpenOptions options_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<TenantStore> tenant_;
  std::unique_ptr<SqlSession> session_;
};

/// The articles that most tests query: id 1 to `count`, views = 10 * id, ten categories, two authors with the same name
/// for every 50 rows.
inline constexpr const char* kArticleSchema = R"({
  "type": "object",
  "properties": {
    "name": {"type": "string"}, "category": {"type": ["string", "null"]}, "author": {"type": "string"},
    "views": {"type": "integer"}, "rating": {"type": ["number", "null"]}, "active": {"type": "boolean"},
    "published": {"type": "string", "format": "date-time"}, "tags": {"type": "array", "items": {"type": "string"}},
    "metadata": {"type": "object", "properties": {"level": {"type": "integer"}}},
    "embedding": {"type": "array", "items": {"type": "number"}, "vector": {"dimension": 3}}
  },
  "required": ["name"],
  "x-rem-property-order": ["name", "category", "author", "views", "rating", "active", "published", "tags", "metadata", "embedding"],
  "indexed_fields": ["name", "category", "author", "views", "tags", "metadata.level"],
  "embedding_fields": []
})";

inline void InsertArticles(SqlDatabase& db, int count) {
  std::vector<Document> records;
  for (int i = 1; i <= count; ++i) {
    DocumentBuilder b;
    b.BeginObject();
    b.Key("name");
    b.Text("article " + std::to_string(i));
    if (i % 11 != 0) {
      b.Key("category");
      b.Text("cat" + std::to_string(i % 10));
    }
    b.Key("author");
    b.Text("author " + std::to_string(i / 50));
    b.Key("views");
    b.Int(10 * i);
    if (i % 4 != 0) {
      b.Key("rating");
      b.Double(i / 8.0);
    }
    b.Key("active");
    b.Bool(i % 2 == 0);
    b.Key("published");
    b.Text("2026-01-" + std::string(i % 28 < 9 ? "0" : "") + std::to_string(i % 28 + 1) + "T10:00:00Z");
    b.Key("tags");
    b.BeginArray();
    b.Text("t" + std::to_string(i % 3));
    b.Text("all");
    b.EndArray();
    b.Key("metadata");
    b.BeginObject();
    b.Key("level");
    b.Int(i % 7);
    b.Key("status");
    b.Text(i % 2 == 0 ? "open" : "done");
    b.EndObject();
    b.EndObject();
    records.push_back(b.Finish());
  }
  db.InsertAll("articles", records);
}

}  // namespace rem
