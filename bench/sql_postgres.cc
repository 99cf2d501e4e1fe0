#include <dlfcn.h>

#include <atomic>
#include <cstdlib>

#include "measure.h"
#include "sql_data.h"
#include "sql_peer.h"

namespace rem::bench {

namespace {

// What is used of libpq, declared here because the library is loaded when it is there, never linked.
struct Api {
  void* (*connect)(const char*);
  int (*status)(void*);
  void (*finish)(void*);
  char* (*error_message)(void*);
  void* (*exec)(void*, const char*);
  void* (*prepare)(void*, const char*, const char*, int, const unsigned*);
  void* (*exec_prepared)(void*, const char*, int, const char* const*, const int*, const int*, int);
  int (*result_status)(void*);
  int (*ntuples)(void*);
  int (*nfields)(void*);
  char* (*getvalue)(void*, int, int);
  void (*clear)(void*);
  int (*put_copy_data)(void*, const char*, int);
  int (*put_copy_end)(void*, const char*);
  void* (*get_result)(void*);

  explicit Api(void* library) {
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
      if (function == nullptr) Fail(std::string("libpq.so.5 lacks ") + name);
    };
    find(connect, "PQconnectdb");
    find(status, "PQstatus");
    find(finish, "PQfinish");
    find(error_message, "PQerrorMessage");
    find(exec, "PQexec");
    find(prepare, "PQprepare");
    find(exec_prepared, "PQexecPrepared");
    find(result_status, "PQresultStatus");
    find(ntuples, "PQntuples");
    find(nfields, "PQnfields");
    find(getvalue, "PQgetvalue");
    find(clear, "PQclear");
    find(put_copy_data, "PQputCopyData");
    find(put_copy_end, "PQputCopyEnd");
    find(get_result, "PQgetResult");
  }
};

constexpr int kCommandOk = 1, kTuplesOk = 2, kCopyIn = 4;

class Statement final : public SqlStatement {
 public:
  Statement(const Api& api, void* connection, const std::string& sql) : api_(api), connection_(connection) {
    static std::atomic<uint64_t> next{0};
    name_ = "s" + std::to_string(++next);
    void* result = api.prepare(connection, name_.c_str(), sql.c_str(), 0, nullptr);
    if (api.result_status(result) != kCommandOk) Fail(sql + ": " + api.error_message(connection));
    api.clear(result);
  }
  ~Statement() override { api_.clear(api_.exec(connection_, ("DEALLOCATE " + name_).c_str())); }

  size_t Run(const std::string* parameter, SqlRows* rows) override {
    const char* values[] = {parameter == nullptr ? nullptr : parameter->c_str()};
    void* result =
        api_.exec_prepared(connection_, name_.c_str(), parameter == nullptr ? 0 : 1, values, nullptr, nullptr, 0);
    if (api_.result_status(result) != kTuplesOk) Fail(api_.error_message(connection_));
    const int count = api_.ntuples(result), width = api_.nfields(result);
    for (int row = 0; rows != nullptr && row < count; ++row) {
      rows->emplace_back();
      for (int column = 0; column < width; ++column) rows->back().push_back(api_.getvalue(result, row, column));
    }
    api_.clear(result);
    return static_cast<size_t>(count);
  }

 private:
  const Api& api_;
  void* connection_;
  std::string name_;
};

class PostgresSql final : public SqlPeer {
 public:
  PostgresSql(const Api& api, std::string where) : api_(api), where_(std::move(where)) {
    connection_ = api_.connect(where_.c_str());
    if (api_.status(connection_) != 0) Fail(api_.error_message(connection_));
    Execute("SET jit = off; SET work_mem = '256MB'; SET client_min_messages = error");
  }
  ~PostgresSql() override { api_.finish(connection_); }

  std::string name() const override { return "postgres"; }

  void Load(uint64_t articles) override {
    Execute("DROP TABLE IF EXISTS articles; DROP TABLE IF EXISTS authors");
    Execute(
        "CREATE TABLE articles(id uuid PRIMARY KEY, name text, category text, status text, author text, views bigint, "
        "rating double precision, published_at timestamptz, content text)");
    Execute("CREATE TABLE authors(author text PRIMARY KEY, country text, karma bigint)");
    Copy("articles", [&] {
      ForEachArticle(articles, [&](const Article& a) {
        char numbers[64];
        std::snprintf(numbers, sizeof numbers, "\t%lld\t%.2f\t", static_cast<long long>(a.views), a.rating);
        Send(a.id + "\t" + a.name + "\t" + a.category + "\t" + a.status + "\t" + a.author + numbers + a.published_at +
             "\t" + a.content + "\n");
      });
    });
    Copy("authors", [&] {
      ForEachAuthor(
          [&](const Author& a) { Send(a.author + "\t" + a.country + "\t" + std::to_string(a.karma) + "\n"); });
    });
    for (const std::string column : {"name", "author", "views"})
      Execute("CREATE INDEX articles_" + column + " ON articles(" + column + ")");
    Execute("VACUUM ANALYZE articles");
    Execute("VACUUM ANALYZE authors");
  }

  std::unique_ptr<SqlStatement> Prepare(const std::string& sql) override {
    return std::make_unique<Statement>(api_, connection_, sql);
  }
  std::unique_ptr<SqlPeer> Connect() override { return std::make_unique<PostgresSql>(api_, where_); }
  bool SetQueryThreads(int threads) override {
    Execute("SET max_parallel_workers_per_gather TO " + std::to_string(threads - 1));
    return true;
  }

 private:
  void Send(const std::string& line) {
    if (api_.put_copy_data(connection_, line.data(), static_cast<int>(line.size())) != 1)
      Fail(api_.error_message(connection_));
  }

  template <typename Work>
  void Copy(const std::string& table, const Work& work) {
    void* begin = api_.exec(connection_, ("COPY " + table + " FROM STDIN").c_str());
    if (api_.result_status(begin) != kCopyIn) Fail(api_.error_message(connection_));
    api_.clear(begin);
    work();
    api_.put_copy_end(connection_, nullptr);
    while (void* result = api_.get_result(connection_)) {
      if (api_.result_status(result) != kCommandOk) Fail(api_.error_message(connection_));
      api_.clear(result);
    }
  }

  void Execute(const std::string& sql) {
    void* result = api_.exec(connection_, sql.c_str());
    const int status = api_.result_status(result);
    if (status != kCommandOk && status != kTuplesOk) Fail(sql + ": " + api_.error_message(connection_));
    api_.clear(result);
  }

  const Api& api_;
  std::string where_;
  void* connection_ = nullptr;
};

}  // namespace

std::unique_ptr<SqlPeer> OpenPostgresSql() {
  const char* where = std::getenv("REM_BENCH_POSTGRES");
  if (where == nullptr) {
    std::printf("PostgreSQL is left out: REM_BENCH_POSTGRES is not set (tools/sql_check/postgres.py starts one)\n");
    return nullptr;
  }
  void* library = dlopen("libpq.so.5", RTLD_NOW);
  if (library == nullptr) Fail(dlerror());
  static const Api api(library);
  return std::make_unique<PostgresSql>(api, where);
}

}  // namespace rem::bench
