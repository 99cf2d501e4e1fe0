#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "sql/sql_fixture.h"
#include "store/index_cache.h"
#include "store/row_cache.h"

namespace rem {

namespace {

/// Lookups by an index, in its order, and by id. '?' stands for a number below 300.
constexpr const char* kQueries[] = {
    "SELECT id, n, name, author, body FROM t WHERE name = 'name ?'",
    "SELECT n, name, body FROM t WHERE author = 'author 3' ORDER BY n, name",
    "SELECT name, n FROM t ORDER BY n DESC, name LIMIT 10",
    "SELECT name, n FROM t ORDER BY n, name LIMIT 5 OFFSET 3",
    "SELECT n, body FROM t WHERE n BETWEEN ? AND ? ORDER BY n, body",
    "SELECT count(*), sum(n) FROM t WHERE name LIKE 'name 1%'",
    "SELECT n FROM t WHERE n > ? ORDER BY n LIMIT 20",
    "SELECT x.n, y.name FROM t x JOIN t y ON y.name = x.author WHERE x.name = 'name ?' ORDER BY 1, 2",
    "SELECT count(*) FROM t WHERE author IS NULL",
    "SELECT name, body FROM t WHERE id IN (SELECT id FROM t WHERE n = ?) ORDER BY 1, 2"};

class RowCacheTest : public ::testing::TestWithParam<bool> {
 protected:
  RowCacheTest() : db_(GetParam()) {
    for (const char* sql : {"CREATE TABLE t (n bigint, name text, author text, body text)", "CREATE INDEX ON t (n)",
                            "CREATE INDEX ON t (name)", "CREATE INDEX ON t (author)"})
      db_.Sql(sql).FetchAll();
    db_.tenant().WaitForIndexes(60'000);
  }

  std::string Filled(std::string query) {
    for (size_t at; (at = query.find('?')) != std::string::npos;)
      query.replace(at, 1, std::to_string(random_.Below(300)));
    return query;
  }
  void Run(const std::string& text) { db_.Sql(Filled(text)).FetchAll(); }
  void Insert(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      Run("INSERT INTO t (n, name, author, body) VALUES (?, 'name ?', " +
          (random_.Below(20) == 0 ? std::string("NULL") : "'author " + std::to_string(random_.Below(9)) + "'") + ", '" +
          std::string(random_.Below(90), 'b') + "?')");
    }
  }
  /// Through the indexes, or from a scan of the rows.
  std::string Rows(const std::string& sql, bool by_index) {
    db_.settings.optimise = by_index;
    const std::string rows = db_.Rows(sql);
    db_.settings.optimise = true;
    return rows;
  }
  void Compare(size_t queries) {
    for (size_t i = 0; i < queries; ++i) {
      const std::string query = Filled(kQueries[random_.Below(std::size(kQueries))]);
      const std::string expected = Rows(query, false);
      for (size_t run = 0; run < 2; ++run) ASSERT_EQ(Rows(query, true), expected) << query;
    }
  }
  void ChangeSomething();

  SqlDatabase db_;
  Random random_{20261122};
  int columns_ = 0;
};

void RowCacheTest::ChangeSomething() {
  switch (random_.Below(14)) {
    case 0:
      return Insert(1 + random_.Below(5));
    case 1:
      return Run("UPDATE t SET n = n + 1 WHERE n = ?");
    case 2:
      return Run("UPDATE t SET body = 'changed ?' WHERE name = 'name ?'");
    case 3:
      return Run("DELETE FROM t WHERE n = ?");
    case 4:
      return Run("UPDATE t SET author = 'author ?', name = 'name ?' WHERE n = ?");
    case 5: {
      Result found = db_.Sql(Filled("SELECT id FROM t WHERE n > ? LIMIT 3"));
      int kind = 0;
      for (const auto& row : found.FetchAll()) {
        RecordWriter& writer = db_.tenant().writer();
        writer.Delete(row[0].AsUuid());
        Compare(1);
        if (++kind == 1) writer.Restore(row[0].AsUuid());
        if (kind == 2) writer.Purge(row[0].AsUuid());
      }
      return;
    }
    case 6:
    case 7:
      Run("BEGIN");
      Run("UPDATE t SET n = ? WHERE n = ?");
      Run("DELETE FROM t WHERE name = 'name ?'");
      Compare(2);
      Run("SAVEPOINT s");
      Run("UPDATE t SET name = 'name ?' WHERE n = ?");
      Compare(1);
      Run("ROLLBACK TO s");
      Compare(1);
      Run(random_.Below(2) == 0 ? "COMMIT" : "ROLLBACK");
      return;
    case 8:
      return Run("ALTER TABLE t ADD COLUMN z" + std::to_string(++columns_) + " int DEFAULT 7");
    case 9:
      if (columns_ > 0) Run("ALTER TABLE t DROP COLUMN z" + std::to_string(columns_--));
      return;
    case 10:
      Run("ALTER TABLE t RENAME COLUMN body TO other");
      Run("ALTER TABLE t RENAME COLUMN other TO body");
      return;
    case 11:
      Run("INSERT INTO t (n, name, author, body) SELECT n + 1, name, 'author ?', body || '+' FROM t WHERE n % 7 = 1");
      Run("DELETE FROM t WHERE body LIKE '%+' AND n % 3 > 0");
      return;
    case 12:
      if (random_.Below(4) != 0) return;
      Run(random_.Below(2) == 0 ? "TRUNCATE t" : "DROP TABLE t");
      Run("CREATE TABLE IF NOT EXISTS t (n bigint, name text, author text, body text)");
      for (const char* column : {"n", "name", "author"}) Run(std::string("DROP INDEX IF EXISTS t_") + column + "_idx");
      columns_ = 0;
      for (const char* column : {"n", "name", "author"}) Run(std::string("CREATE INDEX ON t (") + column + ")");
      db_.tenant().WaitForIndexes(60'000);
      return Insert(150);
    default:
      db_.tenant().Compact();
  }
}

TEST_P(RowCacheTest, LookupsGiveWhatScansGiveAfterAnyChange) {
  Insert(200);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    Compare(5);
    if (HasFatalFailure()) return;
    ChangeSomething();
  }
  const CacheMoment moment = db_.tenant().Snapshot()->moment();
  EXPECT_GT(moment.rows->memory_bytes(), 0u);
  EXPECT_GT(moment.indexes->memory_bytes(), 0u);
}

TEST_P(RowCacheTest, OldSnapshotsKeepTheirRows) {
  Insert(200);
  const std::string sql = "SELECT n, name, body FROM t WHERE author = 'author 3'";
  std::vector<Result> open;
  std::vector<std::string> expected;
  db_.settings.batch_rows = 2;
  for (int i = 0; i < 8; ++i) {
    for (int run = 0; run < 2; ++run) Rows(sql, true);
    expected.push_back(Rows(sql, true));
    open.push_back(db_.Sql(sql));
    ASSERT_TRUE(open.back().Next());
    for (int change = 0; change < 4; ++change) {
      Run("UPDATE t SET body = 'new', n = ? WHERE name = 'name ?'");
      Run("UPDATE t SET author = 'author 3' WHERE n = ?");
      Run("DELETE FROM t WHERE n = ?");
    }
  }
  for (size_t i = 0; i < open.size(); ++i) {
    std::string rows;
    do {
      rows += rows.empty() ? "" : ";";
      for (size_t c = 0; c < 3; ++c) rows += (c == 0 ? "" : "|") + open[i].Get(c).ToText();
    } while (open[i].Next());
    EXPECT_EQ(rows, expected[i]);
  }
}

TEST_P(RowCacheTest, DroppedTablesGiveTheirMemoryBack) {
  Insert(100);
  for (int i = 0; i < 3; ++i) Rows("SELECT * FROM t WHERE n BETWEEN 0 AND 20", true);
  const CacheMoment moment = db_.tenant().Snapshot()->moment();
  EXPECT_GT(moment.rows->memory_bytes(), 0u);
  EXPECT_GT(moment.indexes->memory_bytes(), 0u);
  db_.Sql("DROP TABLE t").FetchAll();
  EXPECT_EQ(moment.rows->memory_bytes(), 0u);
  EXPECT_EQ(moment.indexes->memory_bytes(), 0u);
}

// Each commit moves a row to another place in the index and an amount from one row to another: every snapshot has the
// same sums, whichever way it is asked.
TEST_P(RowCacheTest, ConcurrentReadersSeeWholeCommits) {
  for (int i = 0; i < 50; ++i)
    Run("INSERT INTO t (n, name, author, body) VALUES (" + std::to_string(i) + ", 'account', 'author', '100')");
  Run("INSERT INTO t (n, name, author, body) SELECT 1000 + g, 'other', 'author', '0' FROM generate_series(1, 400) g");
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  const auto execute = [&](SqlSession& session, const std::string& sql) {
    QueryContext context = db_.settings;
    context.clock = &db_.clock();
    return session.Execute(nullptr, std::move(context), sql, {}).FetchAll();
  };
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      SqlSession session(db_.tenant());
      while (!done) {
        for (const char* sql : {"SELECT sum(n), count(*), sum(body::bigint) FROM t WHERE name = 'account'",
                                "SELECT sum(n), count(*), sum(body::bigint) FROM t WHERE n BETWEEN 0 AND 49",
                                "SELECT sum(n), count(*), sum(body::bigint) FROM (SELECT n, body FROM t ORDER BY n "
                                "LIMIT 50) s"}) {
          const auto rows = execute(session, sql);
          EXPECT_EQ(rows[0][0].ToText() + "|" + rows[0][1].ToText() + "|" + rows[0][2].ToText(), "1225|50|5000");
        }
      }
    });
  }
  threads.emplace_back([&] {
    SqlSession session(db_.tenant());
    Random random(7);
    for (int i = 0; i < 200; ++i) {
      const std::string from = std::to_string(random.Below(50)), to = std::to_string(random.Below(50));
      if (from == to) continue;
      // The two exchange their numbers, and one pays the other.
      execute(session, "BEGIN");
      execute(session, "UPDATE t SET n = CASE n WHEN " + from + " THEN " + to + " ELSE " + from +
                           " END, body = (CASE n WHEN " + from +
                           " THEN body::bigint - 1 ELSE body::bigint + 1 END)::text WHERE n IN (" + from + ", " + to +
                           ")");
      execute(session, i % 5 == 0 ? "ROLLBACK" : "COMMIT");
    }
    done = true;
  });
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Engines, RowCacheTest, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "rocksdb" : "memory"; });

}  // namespace

}  // namespace rem
