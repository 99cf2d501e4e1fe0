#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "sql/sql_fixture.h"
#include "store/column_cache.h"

namespace rem {

namespace {

constexpr const char* kCreate =
    "CREATE TABLE t (a bigint NOT NULL, b double precision, c text, d text, e boolean, f timestamptz, g jsonb)";

Document Record(Random& random, int64_t number) {
  DocumentBuilder b;
  b.BeginObject();
  b.Key("a");
  b.Int(number);
  if (random.Below(10) != 0) {
    b.Key("b");
    b.Double(static_cast<double>(random.Below(1000)) / 8);
  }
  b.Key("c");
  b.Text("group " + std::to_string(random.Below(7)));
  if (random.Below(5) != 0) {
    b.Key("d");
    b.Text(std::string(random.Below(40), 'x') + std::to_string(number));
  }
  b.Key("e");
  b.Bool(random.Below(2) == 0);
  b.Key("f");
  b.Text("2026-01-0" + std::to_string(random.Below(9) + 1) + "T10:00:00Z");
  b.Key("g");
  b.BeginObject();
  b.Key("level");
  b.Int(static_cast<int64_t>(random.Below(5)));
  b.EndObject();
  b.EndObject();
  return b.Finish();
}

/// The queries that are asked with and without the cache. '?' stands for a number below the count of rows.
constexpr const char* kQueries[] = {
    "SELECT count(*) FROM t",
    "SELECT count(b), sum(a), min(d), max(f), bool_and(e) FROM t",
    "SELECT c, count(*), sum(a), avg(b) FROM t GROUP BY c ORDER BY c",
    "SELECT e, c, count(*) FROM t WHERE a > ? GROUP BY e, c ORDER BY 1, 2",
    "SELECT a, d, g FROM t WHERE a % 97 = 5 ORDER BY a",
    "SELECT a, b, d, f FROM t WHERE a BETWEEN ? AND ? + 40 ORDER BY a",
    "SELECT count(d), max(d) FROM t WHERE b > 60",
    "SELECT id, created_at, modified_at, a FROM t WHERE c = 'group 3' ORDER BY a LIMIT 50",
    "SELECT count(*) FROM t WHERE d IS NULL AND NOT e",
    "SELECT a FROM t LIMIT 100 OFFSET ?",
    "SELECT * FROM t WHERE b < 1 ORDER BY a",
    "SELECT g->>'level', count(*) FROM t GROUP BY 1 ORDER BY 1",
    "SELECT x.a, y.a FROM t x JOIN t y ON y.a = x.a + 1 WHERE x.c = 'group 1' ORDER BY 1 LIMIT 40",
    "SELECT count(*), sum(a) FROM t WHERE c LIKE '%3' OR c IS NULL OR upper(c) = 'GROUP 5'",
    "SELECT c, count(*) FROM t WHERE c > 'group 2' AND c <> 'group 4' AND b < 70 GROUP BY c ORDER BY c",
    "SELECT x.c, v.n, v.m, count(*), sum(x.a) FROM t x JOIN (VALUES ('group 1', 1, 'p'), ('group 1', 2, 'q'), "
    "('group 5', 3, 'p')) v (c, n, m) ON v.c = x.c GROUP BY x.c, v.n, v.m ORDER BY 1, 2",
    "SELECT v.m, count(*), sum(x.a) FROM t x LEFT JOIN (VALUES ('group 1', 'p'), ('group 1', 'q'), ('group 5', 'p')) v "
    "(c, m) ON v.c = x.c AND x.a % 3 > 0 GROUP BY v.m ORDER BY 1",
    "SELECT d, count(*) FROM t WHERE a < ? GROUP BY d ORDER BY 2 DESC, 1 LIMIT 5",
    "SELECT c, count(DISTINCT e), max(d) FROM t WHERE c IN ('group 1', 'group 6') GROUP BY c ORDER BY c",
    "SELECT count(*) FROM t x WHERE EXISTS (SELECT FROM t y WHERE y.d = x.c)",
    "SELECT a FROM t ORDER BY b DESC NULLS LAST, a LIMIT 30",
    "SELECT a, c FROM t WHERE a IN (?, ?, ?) ORDER BY a",
    "SELECT count(*), sum(a) FROM t WHERE ? >= a AND b IS NOT NULL",
    "SELECT a FROM t WHERE a = ? AND f < '2026-01-04'",
    "SELECT count(*) FROM t WHERE b <= 0.5 AND a <> 7 AND a > ?::smallint % 500",
    "SELECT count(*) FROM t WHERE f = '2026-01-10T10:00:00Z' OR a < 3",
    "SELECT count(*) FROM t WHERE f > '2026-01-09T10:00:00Z' AND a > NULL::bigint",
    "SELECT a, (SELECT count(*) FROM t y WHERE y.a < t.a AND y.a > t.a - 5) FROM t WHERE a % 3001 = 0 ORDER BY 1"};

class ColumnCacheTest : public ::testing::TestWithParam<bool> {
 protected:
  ColumnCacheTest() : db_(GetParam()), pool_(2) { db_.Sql(kCreate).FetchAll(); }

  void Insert(size_t count) {
    std::vector<Document> records;
    for (size_t i = 0; i < count; ++i) records.push_back(Record(random_, next_++));
    db_.InsertAll("t", records);
  }
  std::string Filled(std::string query) {
    for (size_t at; (at = query.find('?')) != std::string::npos;)
      query.replace(at, 1, std::to_string(random_.Below(static_cast<uint64_t>(next_))));
    return query;
  }
  std::string Rows(const std::string& sql, bool cached, size_t threads = 1) {
    // Blocks are batches, so smaller batches do without the cache.
    db_.settings.batch_rows = cached ? kColumnBlockRows : kColumnBlockRows / 2;
    db_.settings.pool = &pool_;
    db_.settings.threads = threads;
    db_.settings.rows_per_thread = cached && random_.Below(2) == 0 ? 100 : kColumnBlockRows;
    return db_.Rows(sql);
  }
  /// Asks some of the queries in both ways.
  void Compare(size_t queries) {
    for (size_t i = 0; i < queries; ++i) {
      const std::string query = Filled(kQueries[random_.Below(std::size(kQueries))]);
      const std::string expected = Rows(query, false);
      for (size_t run = 0; run < 3; ++run) ASSERT_EQ(Rows(query, true, 1 + random_.Below(2) * 2), expected) << query;
    }
  }
  std::string Analyse(const std::string& sql) {
    db_.settings.batch_rows = kColumnBlockRows;
    return db_.Rows("EXPLAIN ANALYZE " + sql);
  }
  size_t CachedBytes() { return db_.tenant().Snapshot()->moment().cache->memory_bytes(); }

  void ChangeSomething();

  SqlDatabase db_;
  ThreadPool pool_;
  Random random_{20261121};
  int64_t next_ = 0;
  int64_t columns_ = 0;
};

void ColumnCacheTest::ChangeSomething() {
  const auto sql = [&](const std::string& text) { db_.Sql(Filled(text)).FetchAll(); };
  switch (random_.Below(12)) {
    case 0:
      return Insert(1 + random_.Below(50));
    case 1:
      return Insert(1000 + random_.Below(1000));
    case 2:
      return sql("UPDATE t SET b = b + 1 WHERE a = ?");
    case 3:
      return sql("UPDATE t SET c = 'group 8', d = 'changed' WHERE a % 1500 = 7");
    case 4:
      return sql("DELETE FROM t WHERE a = ?");
    case 5:
      return sql("DELETE FROM t WHERE a BETWEEN ? AND ? AND a % 3 = 0");
    case 6: {
      // Deletes softly, restores, purges.
      Result rows = db_.Sql(Filled("SELECT id FROM t WHERE a > ? LIMIT 3"));
      int kind = 0;
      for (const auto& row : rows.FetchAll()) {
        RecordWriter& writer = db_.tenant().writer();
        writer.Delete(row[0].AsUuid());
        if (++kind == 1) writer.Restore(row[0].AsUuid());
        if (kind == 2) writer.Purge(row[0].AsUuid());
      }
      return;
    }
    case 7:
      sql("BEGIN");
      sql("UPDATE t SET a = a WHERE a = ?");
      sql("UPDATE t SET e = NOT e WHERE a % 800 = 1");
      Compare(1);
      return sql(random_.Below(2) == 0 ? "COMMIT" : "ROLLBACK");
    case 8:
      return sql("ALTER TABLE t ADD COLUMN z" + std::to_string(++columns_) + " int DEFAULT 7");
    case 9:
      if (columns_ == 0) return;
      return sql("ALTER TABLE t DROP COLUMN z" + std::to_string(columns_--));
    case 10:
      // Another column takes the name.
      sql("ALTER TABLE t RENAME COLUMN d TO dd");
      sql("ALTER TABLE t RENAME COLUMN c TO d");
      sql("ALTER TABLE t RENAME COLUMN dd TO c");
      return;
    default:
      return sql("UPDATE t SET g = '{\"level\": 9}' WHERE a % 2000 = 3");
  }
}

TEST_P(ColumnCacheTest, BlocksWhoseValuesAllLieElsewhereAreSkipped) {
  Insert(4 * kColumnBlockRows - 1);
  const auto skipped = [&](const std::string& condition) {
    const std::string sql = "SELECT count(*) FROM t WHERE " + condition;
    std::string plan;
    for (int run = 0; run < 3; ++run) plan = Analyse(sql);
    EXPECT_EQ(Rows(sql, true), Rows(sql, false)) << sql;
    const size_t at = plan.find("skipped blocks=");
    return at == std::string::npos ? 0 : std::stoi(plan.substr(at + 15));
  };
  EXPECT_GE(skipped("a > 7000"), 3);
  EXPECT_GE(skipped("a BETWEEN 3000 AND 3100"), 3);
  EXPECT_GE(skipped("a = 5000"), 3);
  EXPECT_GE(skipped("4000 > a"), 2);
  EXPECT_GE(skipped("a IN (1, 4)"), 3);
  EXPECT_GE(skipped("b > 1000"), 4);
  EXPECT_GE(skipped("f < '2020-01-01'"), 4);
  EXPECT_EQ(skipped("a > 7000 OR e"), 0);
  EXPECT_EQ(skipped("a <> 5000"), 0);
  EXPECT_EQ(skipped("a > b"), 0);
  EXPECT_EQ(skipped("b >= 0"), 0);
}

TEST_P(ColumnCacheTest, AnswersAreThoseOfTheRowsAfterAnyChange) {
  Insert(5000);
  size_t most_cached = 0;
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE(round);
    Compare(4);
    if (HasFatalFailure()) return;
    most_cached = std::max(most_cached, CachedBytes());
    ChangeSomething();
  }
  EXPECT_GT(most_cached, 0u);
}

TEST_P(ColumnCacheTest, TheThirdStatementReadsNoRows) {
  Insert(5000);
  for (const std::string sql :
       {"SELECT sum(a) FROM t WHERE b > 10 AND c = 'group 1'", "SELECT c, d, sum(a) FROM t WHERE b > 10 GROUP BY c, d",
        "SELECT a FROM t LIMIT 10", "SELECT max(d) FROM t WHERE a = 77"}) {
    Rows(sql, true);
    Rows(sql, true);
    EXPECT_NE(Analyse(sql).find("cached blocks="), std::string::npos) << Analyse(sql);
  }
  EXPECT_NE(Analyse("SELECT sum(a) FROM t").find("cached blocks=3"), std::string::npos)
      << Analyse("SELECT sum(a) FROM t");
  db_.Sql("UPDATE t SET a = -1 WHERE a = 100").FetchAll();
  EXPECT_NE(Analyse("SELECT sum(a) FROM t").find("cached blocks=2"), std::string::npos);
  EXPECT_NE(Analyse("SELECT sum(a) FROM t").find("cached blocks=3"), std::string::npos);
}

TEST_P(ColumnCacheTest, OldSnapshotsKeepTheirRows) {
  Insert(6000);
  const std::string sql = "SELECT a, c FROM t";
  for (int i = 0; i < 3; ++i) Rows(sql, true);
  std::vector<Result> open;
  std::vector<std::string> expected;
  for (int i = 0; i < 6; ++i) {
    expected.push_back(Rows(sql, false));
    db_.settings.batch_rows = kColumnBlockRows;
    open.push_back(db_.Sql(sql));
    ASSERT_TRUE(open.back().Next());
    for (int change = 0; change < 3; ++change) db_.Sql(Filled("UPDATE t SET c = 'new' WHERE a = ?")).FetchAll();
    db_.Sql(Filled("DELETE FROM t WHERE a = ?")).FetchAll();
    Insert(10);
    Rows(sql, true);
  }
  for (size_t i = 0; i < open.size(); ++i) {
    std::string rows;
    do {
      rows += (rows.empty() ? "" : ";") + open[i].Get(0).ToText() + "|" + open[i].Get(1).ToText();
    } while (open[i].Next());
    EXPECT_EQ(rows, expected[i]);
  }
}

// A transaction that has written nothing reads what its beginning left in the caches, and what it writes through none.
TEST_P(ColumnCacheTest, TransactionsReadTheirSnapshotAndTheirOwnChanges) {
  Insert(6000);
  SqlSession other(db_.tenant());
  const auto elsewhere = [&](const std::string& text) {
    QueryContext context = db_.settings;
    context.batch_rows = kColumnBlockRows;
    other.Execute(nullptr, context, text, {}).FetchAll();
  };
  const std::string sql = "SELECT c, count(*), sum(a) FROM t GROUP BY c ORDER BY c";
  const std::string point = "SELECT a, c FROM t WHERE a = 77 ORDER BY c";
  for (int i = 0; i < 3; ++i) Rows(sql, true);
  db_.Sql("BEGIN").FetchAll();
  const std::string before = Rows(sql, true), one = Rows(point, true);
  EXPECT_NE(Analyse(sql).find("cached blocks=3"), std::string::npos);
  // What others commit is not seen, also once they have filled the caches with it.
  elsewhere("UPDATE t SET c = 'theirs' WHERE a < 300");
  elsewhere("DELETE FROM t WHERE a % 500 = 1");
  for (int i = 0; i < 3; ++i) elsewhere(sql);
  for (const size_t threads : {1, 3}) {
    EXPECT_EQ(Rows(sql, true, threads), before);
    EXPECT_EQ(Rows(point, true, threads), one);
  }
  db_.Sql("SAVEPOINT s").FetchAll();
  db_.Sql("UPDATE t SET c = 'mine' WHERE a >= 5000").FetchAll();
  EXPECT_EQ(Analyse(sql).find("cached"), std::string::npos);
  const std::string mine = Rows(sql, false);
  EXPECT_NE(mine, before);
  for (const size_t threads : {1, 3}) EXPECT_EQ(Rows(sql, true, threads), mine);
  db_.Sql("ROLLBACK TO s").FetchAll();
  EXPECT_EQ(Rows(sql, true, 3), before);
  db_.Sql("ROLLBACK").FetchAll();
  EXPECT_NE(Rows(sql, true), before);
  EXPECT_EQ(Rows(sql, true), Rows(sql, false));
}

TEST_P(ColumnCacheTest, DroppedTablesGiveTheirMemoryBack) {
  Insert(3000);
  for (int i = 0; i < 3; ++i) Rows("SELECT sum(a), max(d) FROM t", true);
  EXPECT_GT(CachedBytes(), 50'000u);
  db_.Sql("DROP TABLE t").FetchAll();
  EXPECT_EQ(CachedBytes(), 0u);
}

// Each commit moves something from one block to another, so every snapshot has the same sum.
TEST_P(ColumnCacheTest, ConcurrentReadersSeeWholeCommits) {
  Insert(6000);
  const std::string sum = Rows("SELECT sum(a), count(*) FROM t", false);
  db_.settings.batch_rows = kColumnBlockRows;
  db_.settings.threads = 1;
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      SqlSession session(db_.tenant());
      while (!done) {
        QueryContext context = db_.settings;
        context.clock = &db_.clock();
        Result result = session.Execute(nullptr, std::move(context), "SELECT sum(a), count(*) FROM t", {});
        ASSERT_TRUE(result.Next());
        EXPECT_EQ(result.Get(0).ToText() + "|" + result.Get(1).ToText(), sum);
      }
    });
  }
  threads.emplace_back([&] {
    SqlSession session(db_.tenant());
    Random random(7);
    for (int i = 0; i < 150; ++i) {
      const std::string from = std::to_string(random.Below(6000)), to = std::to_string(random.Below(6000));
      QueryContext context = db_.settings;
      context.clock = &db_.clock();
      session
          .Execute(nullptr, std::move(context),
                   "UPDATE t SET a = CASE WHEN id = (SELECT id FROM t LIMIT 1 OFFSET " + from +
                       ") THEN a - 5 ELSE a + 5 END WHERE id IN ((SELECT id FROM t LIMIT 1 OFFSET " + from +
                       "), (SELECT id FROM t LIMIT 1 OFFSET " + to + ")) AND " + from + " <> " + to,
                   {})
          .FetchAll();
    }
    done = true;
  });
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Engines, ColumnCacheTest, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "rocksdb" : "memory"; });

}  // namespace

}  // namespace rem
