#include <sqlite3.h>

#include "measure.h"
#include "sql_data.h"
#include "sql_peer.h"

namespace rem::bench {

namespace {

void BindText(sqlite3_stmt* statement, int column, const std::string& text) {
  sqlite3_bind_text(statement, column, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

class Statement final : public SqlStatement {
 public:
  Statement(sqlite3* db, const std::string& sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK)
      Fail(sql + ": " + sqlite3_errmsg(db));
  }
  ~Statement() override { sqlite3_finalize(statement_); }

  size_t Run(const std::string* parameter, SqlRows* rows) override {
    if (parameter != nullptr) BindText(statement_, 1, *parameter);
    size_t count = 0;
    int state = 0;
    for (; (state = sqlite3_step(statement_)) == SQLITE_ROW; ++count) {
      if (rows != nullptr) rows->emplace_back();
      const int width = sqlite3_column_count(statement_);
      for (int i = 0; i < width; ++i) {
        if (rows != nullptr) {
          const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, i));
          rows->back().push_back(text == nullptr ? "" : text);
        } else if (sqlite3_column_type(statement_, i) == SQLITE_TEXT) {
          sqlite3_column_text(statement_, i);
        } else {
          sqlite3_column_double(statement_, i);
        }
      }
    }
    if (state != SQLITE_DONE) Fail(std::string("SQLite: ") + sqlite3_errmsg(db_));
    sqlite3_reset(statement_);
    return count;
  }

  sqlite3_stmt* statement() { return statement_; }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

class SqliteSql final : public SqlPeer {
 public:
  explicit SqliteSql(const std::string& path) : path_(path) { Open(); }
  ~SqliteSql() override { sqlite3_close(db_); }

  std::string name() const override { return "sqlite"; }

  void Load(uint64_t articles) override {
    Execute(
        "CREATE TABLE articles(id TEXT PRIMARY KEY, name TEXT, category TEXT, status TEXT, author TEXT, views INT, "
        "rating REAL, published_at TEXT, content TEXT)");
    Execute("CREATE TABLE authors(author TEXT PRIMARY KEY, country TEXT, karma INT)");
    Execute("BEGIN");
    {
      Statement insert(db_, "INSERT INTO articles VALUES(?,?,?,?,?,?,?,?,?)");
      ForEachArticle(articles, [&](const Article& a) {
        const std::string* texts[] = {&a.id, &a.name, &a.category, &a.status, &a.author};
        for (int i = 0; i < 5; ++i) BindText(insert.statement(), i + 1, *texts[i]);
        sqlite3_bind_int64(insert.statement(), 6, a.views);
        sqlite3_bind_double(insert.statement(), 7, a.rating);
        BindText(insert.statement(), 8, a.published_at);
        BindText(insert.statement(), 9, a.content);
        insert.Run(nullptr, nullptr);
      });
      Statement author(db_, "INSERT INTO authors VALUES(?,?,?)");
      ForEachAuthor([&](const Author& a) {
        BindText(author.statement(), 1, a.author);
        BindText(author.statement(), 2, a.country);
        sqlite3_bind_int64(author.statement(), 3, a.karma);
        author.Run(nullptr, nullptr);
      });
    }
    Execute("COMMIT");
    for (const std::string column : {"name", "author", "views"})
      Execute("CREATE INDEX articles_" + column + " ON articles(" + column + ")");
    Execute("ANALYZE");
    Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  std::unique_ptr<SqlStatement> Prepare(const std::string& sql) override {
    return std::make_unique<Statement>(db_, sql);
  }
  std::unique_ptr<SqlPeer> Connect() override { return std::make_unique<SqliteSql>(path_); }
  void Reopen() override {
    sqlite3_close(db_);
    Open();
  }

 private:
  void Open() {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path_.c_str(), &db_, flags, nullptr) != SQLITE_OK) Fail("SQLite cannot open " + path_);
    for (const char* pragma : {"journal_mode=WAL", "synchronous=NORMAL", "cache_size=-262144", "mmap_size=4294967296",
                               "temp_store=MEMORY", "case_sensitive_like=ON"})
      Execute(std::string("PRAGMA ") + pragma);
  }
  void Execute(const std::string& sql) {
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) Fail(sql + ": " + sqlite3_errmsg(db_));
  }

  std::string path_;
  sqlite3* db_ = nullptr;
};

}  // namespace

std::unique_ptr<SqlPeer> OpenSqliteSql(const std::string& folder) {
  return std::make_unique<SqliteSql>(folder + "/sqlite.db");
}

}  // namespace rem::bench
