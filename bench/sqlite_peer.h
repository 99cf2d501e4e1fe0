#pragma once

#include <memory>
#include <string>

#include <rem/options.h>
#include <sqlite3.h>

#include "kv_peer.h"
#include "measure.h"

namespace rem::bench {

/// SQLite with a write-ahead log, one connection, prepared statements, a table keyed by the id and three indexes. Not
/// thread-safe.
class SqlitePeer final : public KvPeer {
 public:
  SqlitePeer(const std::string& path, Durability durability, bool with_indexes = true) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path.c_str(), &db_, flags, nullptr) != SQLITE_OK) Fail("SQLite cannot open " + path);
    Run("PRAGMA journal_mode=WAL");
    Run(durability == Durability::kFull ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    Run("PRAGMA cache_size=-262144");
    Run("PRAGMA mmap_size=4294967296");
    Run("CREATE TABLE IF NOT EXISTS ent(id BLOB PRIMARY KEY, category TEXT, author TEXT, views INT, rating REAL, doc "
        "TEXT) WITHOUT ROWID");
    if (with_indexes) CreateIndexes();
    insert_ = Prepare("INSERT INTO ent VALUES(?,?,?,?,?,?)");
    get_ = Prepare("SELECT views, doc FROM ent WHERE id = ?");
    scan_ = Prepare("SELECT count(*) FROM ent WHERE rating > ?");
    count_ = Prepare("SELECT count(*) FROM ent");
  }

  ~SqlitePeer() override {
    for (sqlite3_stmt* statement : {insert_, get_, scan_, count_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }

  void CreateIndexes() {
    for (const char* field : {"category", "author", "views"}) {
      Run(std::string("CREATE INDEX IF NOT EXISTS ent_") + field + " ON ent(" + field + ")");
    }
  }

  void Checkpoint() { Run("PRAGMA wal_checkpoint(TRUNCATE)"); }

  void InsertOne(const KvRow& row, uint64_t) override {
    sqlite3_bind_blob(insert_, 1, row.id.bytes.data(), 16, SQLITE_STATIC);
    BindText(insert_, 2, row.category);
    BindText(insert_, 3, row.author);
    sqlite3_bind_int64(insert_, 4, row.views);
    sqlite3_bind_double(insert_, 5, row.rating);
    BindText(insert_, 6, row.json);
    Step(insert_, SQLITE_DONE);
    sqlite3_reset(insert_);
  }

  void InsertMany(std::span<const KvRow> rows, uint64_t first) override {
    Run("BEGIN");
    for (const KvRow& row : rows) InsertOne(row, first);
    Run("COMMIT");
  }

  int64_t GetViews(uint64_t number) override {
    const Uuid id = KvId(number);
    sqlite3_bind_blob(get_, 1, id.bytes.data(), 16, SQLITE_STATIC);
    int64_t views = -1;
    if (sqlite3_step(get_) == SQLITE_ROW) {
      views = sqlite3_column_int64(get_, 0);
      if (sqlite3_column_text(get_, 1)[0] != '{') Fail("SQLite gave a document that is none");
    }
    sqlite3_reset(get_);
    return views;
  }

  int64_t CountRatedAbove(double rating) override {
    sqlite3_bind_double(scan_, 1, rating);
    return Number(scan_);
  }

  int64_t CountRows() override { return Number(count_); }

 private:
  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
      Fail(sqlite3_errmsg(db_));
    return statement;
  }

  void Run(const std::string& sql) {
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) Fail(sql + ": " + sqlite3_errmsg(db_));
  }

  static void BindText(sqlite3_stmt* statement, int column, const std::string& text) {
    sqlite3_bind_text(statement, column, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }

  void Step(sqlite3_stmt* statement, int expected) {
    if (sqlite3_step(statement) != expected) Fail(std::string("SQLite: ") + sqlite3_errmsg(db_));
  }

  int64_t Number(sqlite3_stmt* statement) {
    Step(statement, SQLITE_ROW);
    const int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return number;
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* get_ = nullptr;
  sqlite3_stmt* scan_ = nullptr;
  sqlite3_stmt* count_ = nullptr;
};

}  // namespace rem::bench
