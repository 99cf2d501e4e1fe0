#include <optional>

#include <rem/database.h>

#include "measure.h"
#include "sql_data.h"
#include "sql_peer.h"

namespace rem::bench {

namespace {

constexpr const char* kArticles = R"({
  "type": "object", "additionalProperties": false,
  "properties": {"name": {"type": "string"}, "category": {"type": "string"}, "status": {"type": "string"},
    "author": {"type": "string"}, "views": {"type": "integer"}, "rating": {"type": "number"},
    "published_at": {"type": "string", "format": "date-time"}, "content": {"type": "string"}},
  "indexed_fields": ["name", "author", "views"], "embedding_fields": [], "embedding_provider": "none"})";
constexpr const char* kAuthorsSchema = R"({
  "type": "object", "additionalProperties": false,
  "properties": {"author": {"type": "string"}, "country": {"type": "string"}, "karma": {"type": "integer"}},
  "indexed_fields": ["author"], "embedding_fields": [], "embedding_provider": "none"})";
constexpr size_t kBatch = 10'000;

/// The text is planned once and found again in the plan cache.
class Statement final : public SqlStatement {
 public:
  Statement(Session session, std::string sql) : session_(std::move(session)), sql_(std::move(sql)) {}

  size_t Run(const std::string* parameter, SqlRows* rows) override {
    Value value;
    if (parameter != nullptr) value = Value(*parameter);
    Result result = session_.Sql(sql_, {&value, parameter != nullptr ? size_t{1} : size_t{0}});
    const size_t width = result.columns().size();
    size_t count = 0, seen = 0;
    for (; result.Next(); ++count) {
      if (rows != nullptr) rows->emplace_back();
      for (size_t i = 0; i < width; ++i) {
        if (rows != nullptr) {
          rows->back().push_back(result.Get(i).ToText());
        } else if (result.IsNull(i)) {
          ++seen;
        } else if (result.columns()[i].type == LogicalType::kText) {
          seen += result.GetText(i).size();
        } else if (result.columns()[i].type == LogicalType::kInt) {
          seen += static_cast<size_t>(result.GetInt(i));
        } else {
          seen += result.Get(i).IsNull();
        }
      }
    }
    // Keeps the reading from being optimised away.
    asm volatile("" : : "r"(seen));
    return count;
  }

 private:
  Session session_;
  std::string sql_;
};

class RemSql final : public SqlPeer {
 public:
  /// The options count for the first of all connections; the others share its engine.
  explicit RemSql(OpenOptions options) : options_(std::move(options)) { Open(); }

  std::string name() const override { return "rem"; }

  void Load(uint64_t articles) override {
    session_->RegisterSchema("articles", Document::FromJson(kArticles));
    session_->RegisterSchema("authors", Document::FromJson(kAuthorsSchema));
    std::vector<Document> batch;
    const auto flush = [&](const char* table, size_t least) {
      if (batch.size() < least || batch.empty()) return;
      session_->InsertBatch(table, batch);
      batch.clear();
    };
    ForEachArticle(articles, [&](const Article& a) {
      DocumentBuilder b;
      b.BeginObject();
      const auto text = [&](const char* key, const std::string& value) {
        b.Key(key);
        b.Text(value);
      };
      text("id", a.id);
      text("name", a.name);
      text("category", a.category);
      text("status", a.status);
      text("author", a.author);
      b.Key("views");
      b.Int(a.views);
      b.Key("rating");
      b.Double(a.rating);
      text("published_at", a.published_at);
      text("content", a.content);
      b.EndObject();
      batch.push_back(b.Finish());
      flush("articles", kBatch);
    });
    flush("articles", 1);
    ForEachAuthor([&](const Author& a) {
      DocumentBuilder b;
      b.BeginObject();
      b.Key("author");
      b.Text(a.author);
      b.Key("country");
      b.Text(a.country);
      b.Key("karma");
      b.Int(a.karma);
      b.EndObject();
      batch.push_back(b.Finish());
    });
    flush("authors", 1);
    if (!session_->WaitForIndexes(600'000)) Fail("the indexes of REM DB did not become ready");
    database_->Compact();
  }

  std::unique_ptr<SqlStatement> Prepare(const std::string& sql) override {
    return std::make_unique<Statement>(*session_, sql);
  }
  std::unique_ptr<SqlPeer> Connect() override { return std::make_unique<RemSql>(options_); }
  void Reopen() override {
    session_.reset();
    database_.reset();
    Open();
  }
  bool SetQueryThreads(int threads) override {
    options_.threads = static_cast<size_t>(threads);
    Reopen();
    return true;
  }

 private:
  void Open() {
    database_.emplace(Database::Open(options_));
    session_.emplace(database_->OpenSession("bench"));
  }

  OpenOptions options_;
  std::optional<Database> database_;
  std::optional<Session> session_;
};

}  // namespace

std::unique_ptr<SqlPeer> OpenRemSql(const std::string& folder, bool column_cache) {
  OpenOptions options;
  options.path = folder + "/rem";
  options.durability = Durability::kNormal;
  options.threads = 1;
  // Peers keep the whole table in memory as well.
  options.block_cache_bytes = size_t{1} << 30;
  options.column_cache_bytes = column_cache ? size_t{1} << 30 : 0;
  options.row_cache_bytes = size_t{1} << 30;
  return std::make_unique<RemSql>(options);
}

}  // namespace rem::bench
