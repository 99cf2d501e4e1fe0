#include <dlfcn.h>

#include <cstdlib>

#include "measure.h"
#include "sql_data.h"
#include "sql_peer.h"

namespace rem::bench {

namespace {

// What is used of DuckDB's C interface, declared here because the library is loaded when it is there, never linked.
struct DuckResult {
  uint64_t unused[3];
  void* columns;
  char* error;
  void* internal;
};

struct Api {
  int (*open)(const char*, void**);
  void (*close)(void**);
  int (*connect)(void*, void**);
  void (*disconnect)(void**);
  int (*query)(void*, const char*, DuckResult*);
  void (*destroy_result)(DuckResult*);
  const char* (*result_error)(DuckResult*);
  uint64_t (*row_count)(DuckResult*);
  uint64_t (*column_count)(DuckResult*);
  char* (*value_varchar)(DuckResult*, uint64_t, uint64_t);
  void (*free)(void*);
  int (*prepare)(void*, const char*, void**);
  void (*destroy_prepare)(void**);
  const char* (*prepare_error)(void*);
  int (*bind_varchar)(void*, uint64_t, const char*);
  int (*execute_prepared)(void*, DuckResult*);
  int (*appender_create)(void*, const char*, const char*, void**);
  int (*append_varchar)(void*, const char*);
  int (*append_int64)(void*, int64_t);
  int (*append_double)(void*, double);
  int (*appender_end_row)(void*);
  int (*appender_destroy)(void**);

  explicit Api(void* library) {
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
      if (function == nullptr) Fail(std::string("libduckdb.so lacks ") + name);
    };
    find(open, "duckdb_open");
    find(close, "duckdb_close");
    find(connect, "duckdb_connect");
    find(disconnect, "duckdb_disconnect");
    find(query, "duckdb_query");
    find(destroy_result, "duckdb_destroy_result");
    find(result_error, "duckdb_result_error");
    find(row_count, "duckdb_row_count");
    find(column_count, "duckdb_column_count");
    find(value_varchar, "duckdb_value_varchar");
    find(free, "duckdb_free");
    find(prepare, "duckdb_prepare");
    find(destroy_prepare, "duckdb_destroy_prepare");
    find(prepare_error, "duckdb_prepare_error");
    find(bind_varchar, "duckdb_bind_varchar");
    find(execute_prepared, "duckdb_execute_prepared");
    find(appender_create, "duckdb_appender_create");
    find(append_varchar, "duckdb_append_varchar");
    find(append_int64, "duckdb_append_int64");
    find(append_double, "duckdb_append_double");
    find(appender_end_row, "duckdb_appender_end_row");
    find(appender_destroy, "duckdb_appender_destroy");
  }
};

class Statement final : public SqlStatement {
 public:
  Statement(const Api& api, void* connection, const std::string& sql)
      : api_(api), connection_(connection), sql_(sql), statement_(Prepare(sql)) {}
  ~Statement() override {
    api_.destroy_prepare(&statement_);
    if (as_text_ != nullptr) api_.destroy_prepare(&as_text_);
  }

  /// The result is materialised by the library; its cells are decoded only into `rows`.
  size_t Run(const std::string* parameter, SqlRows* rows) override {
    // Cells of some types, uuid among them, can be read only as text.
    if (rows != nullptr && as_text_ == nullptr)
      as_text_ = Prepare("SELECT CAST(COLUMNS(*) AS varchar) FROM (" + sql_ + ")");
    void* statement = rows == nullptr ? statement_ : as_text_;
    if (parameter != nullptr) api_.bind_varchar(statement, 1, parameter->c_str());
    DuckResult result{};
    if (api_.execute_prepared(statement, &result) != 0) Fail(api_.result_error(&result));
    const uint64_t count = api_.row_count(&result), width = api_.column_count(&result);
    for (uint64_t row = 0; rows != nullptr && row < count; ++row) {
      rows->emplace_back();
      for (uint64_t column = 0; column < width; ++column) {
        char* text = api_.value_varchar(&result, column, row);
        rows->back().push_back(text == nullptr ? "" : text);
        api_.free(text);
      }
    }
    api_.destroy_result(&result);
    return count;
  }

 private:
  void* Prepare(const std::string& sql) const {
    void* statement = nullptr;
    if (api_.prepare(connection_, sql.c_str(), &statement) != 0)
      Fail(sql + ": " + std::string(api_.prepare_error(statement)));
    return statement;
  }

  const Api& api_;
  void* connection_;
  std::string sql_;
  void* statement_;
  void* as_text_ = nullptr;
};

class DuckdbSql final : public SqlPeer {
 public:
  DuckdbSql(const Api& api, std::shared_ptr<void> database) : api_(api), database_(std::move(database)) {
    if (api_.connect(database_.get(), &connection_) != 0) Fail("DuckDB cannot connect");
  }
  ~DuckdbSql() override { api_.disconnect(&connection_); }

  std::string name() const override { return "duckdb"; }

  void Load(uint64_t articles) override {
    Execute(
        "CREATE TABLE articles(id uuid PRIMARY KEY, name varchar, category varchar, status varchar, author varchar, "
        "views "
        "bigint, rating double, published_at timestamp, content varchar)");
    Execute("CREATE TABLE authors(author varchar PRIMARY KEY, country varchar, karma bigint)");
    Append("articles", [&](void* appender) {
      ForEachArticle(articles, [&](const Article& a) {
        for (const std::string* text : {&a.id, &a.name, &a.category, &a.status, &a.author})
          api_.append_varchar(appender, text->c_str());
        api_.append_int64(appender, a.views);
        api_.append_double(appender, a.rating);
        api_.append_varchar(appender, a.published_at.c_str());
        api_.append_varchar(appender, a.content.c_str());
        if (api_.appender_end_row(appender) != 0) Fail("DuckDB did not take an article");
      });
    });
    Append("authors", [&](void* appender) {
      ForEachAuthor([&](const Author& a) {
        api_.append_varchar(appender, a.author.c_str());
        api_.append_varchar(appender, a.country.c_str());
        api_.append_int64(appender, a.karma);
        if (api_.appender_end_row(appender) != 0) Fail("DuckDB did not take an author");
      });
    });
    for (const std::string column : {"name", "author", "views"})
      Execute("CREATE INDEX articles_" + column + " ON articles(" + column + ")");
    Execute("ANALYZE");
    Execute("CHECKPOINT");
  }

  std::unique_ptr<SqlStatement> Prepare(const std::string& sql) override {
    return std::make_unique<Statement>(api_, connection_, sql);
  }
  std::unique_ptr<SqlPeer> Connect() override { return std::make_unique<DuckdbSql>(api_, database_); }
  bool SetQueryThreads(int threads) override {
    Execute("SET threads TO " + std::to_string(threads));
    return true;
  }

 private:
  void Append(const char* table, const std::function<void(void*)>& work) {
    void* appender = nullptr;
    if (api_.appender_create(connection_, nullptr, table, &appender) != 0) Fail("DuckDB cannot append");
    work(appender);
    if (api_.appender_destroy(&appender) != 0) Fail("DuckDB lost appended rows");
  }

  void Execute(const std::string& sql) {
    DuckResult result{};
    if (api_.query(connection_, sql.c_str(), &result) != 0) Fail(sql + ": " + api_.result_error(&result));
    api_.destroy_result(&result);
  }

  const Api& api_;
  std::shared_ptr<void> database_;
  void* connection_ = nullptr;
};

}  // namespace

std::unique_ptr<SqlPeer> OpenDuckdbSql(const std::string& folder) {
  const char* path = std::getenv("REM_BENCH_DUCKDB");
  if (path == nullptr) {
    std::printf("DuckDB is left out: REM_BENCH_DUCKDB does not name libduckdb.so\n");
    return nullptr;
  }
  void* library = dlopen(path, RTLD_NOW);
  if (library == nullptr) Fail(dlerror());
  static const Api api(library);
  void* database = nullptr;
  if (api.open((folder + "/duck.db").c_str(), &database) != 0) Fail("DuckDB cannot open its file");
  return std::make_unique<DuckdbSql>(api, std::shared_ptr<void>(database, [](void* p) { api.close(&p); }));
}

}  // namespace rem::bench
