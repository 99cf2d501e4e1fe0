#include <atomic>
#include <chrono>
#include <thread>

#include "base/thread_pool.h"
#include "sql/sql_fixture.h"

namespace rem {

namespace {

// Queries whose tables several threads share.
class ThreadsTest : public ::testing::Test {
 protected:
  ThreadsTest() : pool_(3), db_(true) {
    db_.Register("articles", kArticleSchema);
    InsertArticles(db_, 3000);
  }
  std::string WithThreads(const std::string& sql, size_t threads) {
    db_.settings.pool = &pool_;
    db_.settings.threads = threads;
    db_.settings.rows_per_thread = 100;
    return db_.Rows(sql);
  }
  ErrorCode CodeOf(const std::string& sql) {
    try {
      db_.Rows(sql);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  }
  ThreadPool pool_;
  SqlDatabase db_;
};

TEST_F(ThreadsTest, GiveTheRowsOfOneThreadInItsOrder) {
  for (
      const std::string sql :
      {"SELECT count(*), count(rating), sum(views), min(name), max(published), avg(views) FROM articles",
       "SELECT author, count(*), min(views), max(name), bool_or(active) FROM articles WHERE views > 300 GROUP BY "
       "author",
       "SELECT category, count(*) FILTER (WHERE active), max(rating) FROM articles GROUP BY category",
       "SELECT active, views % 7, count(*) FROM articles GROUP BY 1, 2",
       "SELECT count(*), min(name) FROM articles WHERE views > 1000 AND active",
       "SELECT count(*), min(name) FROM articles WHERE views > 29000 AND active",
       "SELECT a.category, count(*) FROM articles a JOIN articles b ON b.views = a.views + 10 GROUP BY a.category",
       "SELECT a.name FROM articles a LEFT JOIN articles b ON b.views = a.views * 2 ORDER BY b.name, a.name LIMIT 30",
       "SELECT category, name FROM articles ORDER BY category LIMIT 50",
       "SELECT name FROM articles WHERE active ORDER BY category DESC NULLS LAST LIMIT 20 OFFSET 400",
       "SELECT category, string_agg(name, ',') FROM articles WHERE views < 400 GROUP BY category",
       "SELECT name, views, category, tags, metadata, rating FROM articles WHERE views % 70 <> 0",
       "SELECT DISTINCT author FROM articles",
       "SELECT DISTINCT ON (category) category, name FROM articles",
       "SELECT name FROM articles WHERE active UNION ALL SELECT author FROM articles WHERE views < 900",
       "SELECT author FROM articles UNION SELECT name FROM articles WHERE views < 9000",
       "SELECT category, active FROM articles UNION VALUES ('cat1', true), ('none', NULL), ('none', NULL)",
       "VALUES ('author 3'), ('x') UNION SELECT author FROM articles UNION SELECT category FROM articles",
       "SELECT author, category FROM articles WHERE active INTERSECT SELECT author, category FROM articles WHERE views "
       "% 30 = 10",
       "SELECT author FROM articles WHERE views < 9000 INTERSECT ALL SELECT author FROM articles WHERE views > 24000",
       "SELECT author FROM articles INTERSECT ALL VALUES ('author 3'), ('author 3'), ('author 4'), ('x')",
       "SELECT author, active FROM articles EXCEPT SELECT author, active FROM articles WHERE views % 70 = 0",
       "SELECT category FROM articles EXCEPT ALL SELECT category FROM articles WHERE views > 9000",
       "SELECT name FROM articles EXCEPT SELECT name FROM articles WHERE views % 20 = 0",
       "SELECT views % 10 FROM articles EXCEPT SELECT views FROM articles",
       "SELECT rating FROM articles INTERSECT SELECT rating FROM articles WHERE active LIMIT 7",
       "SELECT author FROM articles UNION SELECT category FROM articles LIMIT 25",
       "SELECT author, array_agg(views) FROM articles GROUP BY author",
       "SELECT a.name, b.name FROM articles a JOIN articles b ON b.views = a.views * 2 WHERE b.active",
       "SELECT a.name, b.name FROM articles a RIGHT JOIN articles b ON b.views = a.views * 2 AND a.active",
       "SELECT a.name, b.name FROM articles a FULL JOIN articles b ON b.views = a.views + 29000",
       "SELECT a.name, b.name FROM (articles a JOIN articles c ON c.views = a.views + 5 AND c.views < 0) RIGHT JOIN "
       "articles b ON b.views = a.views",
       "SELECT a.name, b.name FROM (articles a JOIN articles c ON c.views = a.views + 5 AND c.views < 0) FULL JOIN "
       "articles b ON b.views = a.views",
       "SELECT a.name, b.name, c.name FROM articles a RIGHT JOIN articles b ON b.views = a.views * 2 JOIN articles c "
       "ON "
       "c.rating = b.rating",
       "SELECT count(*), count(a.views), sum(b.views) FROM articles a FULL JOIN articles b ON b.views = a.views + 1000",
       "SELECT b.author, count(*), count(a.views) FROM articles a RIGHT JOIN articles b ON b.views = a.views * 3 GROUP "
       "BY b.author",
       "SELECT a.name, b.name FROM articles a FULL JOIN articles b ON b.views = a.views * 7 AND b.active ORDER BY "
       "a.views DESC, b.rating, b.name",
       "SELECT a.name, b.name FROM articles a RIGHT JOIN articles b ON b.views = a.views AND a.views < 0 FULL JOIN "
       "articles c ON c.views = b.views + 10",
       "SELECT a.name, b.name FROM articles a JOIN articles b ON b.category = a.category AND b.author = a.author",
       "SELECT a.name FROM articles a WHERE a.category NOT IN (SELECT category FROM articles WHERE views > 29000 AND "
       "category IS NOT NULL)",
       "SELECT a.name FROM articles a WHERE a.rating IN (SELECT rating * 2 FROM articles WHERE views > 60)",
       "SELECT name FROM articles WHERE active LIMIT 1700 OFFSET 20",
       "SELECT name FROM articles WHERE views < 0",
       "WITH c AS MATERIALIZED (SELECT name, views FROM articles WHERE views > 90) SELECT * FROM c, c d WHERE c.views "
       "= d.views + 20",
       "SELECT a.name, (SELECT max(b.name) FROM articles b WHERE b.rating < a.rating) FROM articles a WHERE a.views < "
       "200",
       "SELECT a.name, b.name FROM articles a, LATERAL (SELECT name FROM articles WHERE rating > a.rating LIMIT 3) b "
       "WHERE a.views < 90",
       "SELECT category, name, views FROM articles ORDER BY category DESC, active",
       "SELECT * FROM (SELECT name, rating, author FROM articles WHERE views > 500 ORDER BY rating, author) t",
       "SELECT name, count(*) FROM articles GROUP BY name ORDER BY 2, 1 DESC",
       "SELECT name, sum(rating) OVER w, max(name) OVER w, rank() OVER (PARTITION BY category ORDER BY author) FROM "
       "articles WINDOW w AS (PARTITION BY author ORDER BY views ROWS BETWEEN 7 PRECEDING AND 9 FOLLOWING)",
       "SELECT name, lag(name) OVER (PARTITION BY active, category ORDER BY views DESC) FROM articles",
       "SELECT count(DISTINCT author) FROM articles",
       "SELECT sum(views) FROM articles WHERE views < 0",
       "SELECT category, count(*) FROM articles WHERE views < 0 GROUP BY category",
       "SELECT count(*) FROM (SELECT views + 1 AS v FROM articles) t WHERE v % 2 = 0"}) {
    const std::string expected = WithThreads(sql, 1);
    for (int run = 0; run < 5; ++run) EXPECT_EQ(WithThreads(sql, 4), expected) << sql;
  }
}

TEST_F(ThreadsTest, ShareTheStatementsOfATransaction) {
  const auto change = [&](const std::string& sql, size_t threads) {
    WithThreads("BEGIN", threads);
    WithThreads("UPDATE articles SET views = views + 7 WHERE views % 40 = 0", threads);
    WithThreads("DELETE FROM articles WHERE category = 'cat2' AND active", threads);
    WithThreads(
        "INSERT INTO articles (name, views, author) SELECT name || ' again', views, author FROM articles WHERE "
        "views % 9 = 1",
        threads);
    std::string rows = WithThreads(sql, threads);
    WithThreads("ROLLBACK", threads);
    return rows;
  };
  for (const std::string sql :
       {"SELECT name, views, category FROM articles",
        "SELECT author, count(*), sum(views) FROM articles GROUP BY author",
        "SELECT a.name, b.author FROM articles a JOIN articles b ON a.views = b.views + 7",
        "SELECT name FROM articles ORDER BY views DESC, name LIMIT 40",
        "SELECT author FROM articles WHERE views % 9 = 1 EXCEPT SELECT author FROM articles WHERE active"}) {
    const std::string expected = change(sql, 1);
    for (int run = 0; run < 3; ++run) EXPECT_EQ(change(sql, 4), expected) << sql;
  }
  EXPECT_NE(change("EXPLAIN ANALYZE SELECT sum(views) FROM articles", 4).find("threads"), std::string::npos);
  // Changes outside a transaction are one of their own.
  const std::string before = WithThreads("SELECT sum(views), count(*) FROM articles", 1);
  WithThreads("UPDATE articles SET views = views + 1 WHERE active", 4);
  WithThreads("UPDATE articles SET views = views - 1 WHERE active", 1);
  EXPECT_EQ(WithThreads("SELECT sum(views), count(*) FROM articles", 1), before);
}

// Several threads read ahead for a result while the transaction goes on to change what they read.
TEST_F(ThreadsTest, AResultKeepsItsRowsWhileItsTransactionWrites) {
  const std::string query = "SELECT name, views FROM articles WHERE views % 3 = 1";
  WithThreads("BEGIN", 4);
  WithThreads("UPDATE articles SET views = views + 1 WHERE active", 4);
  const std::string expected = WithThreads(query, 1);
  db_.settings.threads = 4;
  db_.settings.batch_rows = 50;
  Result reading = db_.Sql(query);
  std::string rows;
  for (int i = 0; reading.Next(); ++i) {
    rows += (rows.empty() ? "" : ";") + reading.Get(0).ToText() + "|" + reading.Get(1).ToText();
    if (i % 100 == 0)
      db_.Rows("UPDATE articles SET views = views + 1 WHERE views % 5 = " + std::to_string(i / 100 % 5));
  }
  EXPECT_EQ(rows, expected);
  db_.Rows("ROLLBACK");
}

TEST_F(ThreadsTest, ErrorsOfAnyThreadEndTheStatement) {
  WithThreads("SELECT 1", 4);
  EXPECT_EQ(CodeOf("SELECT sum(1 / (views - 29990)) FROM articles"), ErrorCode::kDivisionByZero);
  EXPECT_EQ(CodeOf("SELECT count(*) FROM articles WHERE 1 / (views - 10) > 0"), ErrorCode::kDivisionByZero);
  EXPECT_EQ(CodeOf("SELECT name FROM articles WHERE 1 / (views - 20010) > -1 ORDER BY name"),
            ErrorCode::kDivisionByZero);
  EXPECT_EQ(CodeOf("SELECT ntile(views::integer - 29000) OVER (PARTITION BY author ORDER BY views) FROM articles"),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles"), "3000");
}

TEST_F(ThreadsTest, ErrorsComeAfterTheRowsBeforeThem) {
  WithThreads("SELECT 1", 4);
  const std::string fails_late = "SELECT 1 / (views - 20010) FROM articles";
  for (int run = 0; run < 20; ++run) {
    EXPECT_EQ(db_.Rows(fails_late + " LIMIT 1000").size(), 1999U);
    Result result = db_.Sql(fails_late);
    size_t rows = 0;
    try {
      while (result.Next()) ++rows;
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kDivisionByZero);
    }
    // Up to the range of the row that fails.
    EXPECT_GT(rows, 1800U);
    EXPECT_LE(rows, 2000U);
  }
}

TEST_F(ThreadsTest, ResultsMayBeLeftAtAnyRow) {
  WithThreads("SELECT 1", 4);
  std::vector<Result> results;
  for (int i = 0; i < 40; ++i) results.push_back(db_.Sql("SELECT views, name FROM articles WHERE views > 50"));
  for (size_t i = 0; i < results.size(); ++i) {
    for (size_t row = 0; row < i * 70; ++row) {
      ASSERT_TRUE(results[i].Next());
      ASSERT_EQ(results[i].GetInt(0), static_cast<int64_t>(60 + 10 * row));
    }
  }
  // What was not asked for yet is of the state before.
  db_.Rows("DELETE FROM articles WHERE views > 100");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles"), "10");
  for (size_t i = 0; i < results.size(); i += 3) {
    EXPECT_EQ(results[i].FetchAll().size(), 2995 - i * 70);
    EXPECT_FALSE(results[i].Next());
  }
}

TEST_F(ThreadsTest, ReadingAheadLeavesTheMemoryToTheStatement) {
  WithThreads("SELECT 1", 4);
  const std::string sql = "SELECT name, author, tags, metadata FROM articles WHERE views > 10";
  const std::string expected = db_.Rows(sql);
  for (const size_t limit : {1, 10'000, 200'000}) {
    db_.settings.memory_limit_bytes = limit;
    EXPECT_EQ(db_.Rows(sql), expected) << limit;
  }
}

TEST_F(ThreadsTest, ManyStatementsShareOnePool) {
  WithThreads("SELECT 1", 4);
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      for (int run = 0; run < 10; ++run)
        EXPECT_EQ(db_.Rows("SELECT count(*), sum(views) FROM articles WHERE views > 10"), "2999|45014990");
      for (int run = 0; run < 10; ++run)
        EXPECT_EQ(db_.Rows("SELECT views FROM articles WHERE views > 29900 OR views % 3000 = 0").size(), 110U);
    });
  }
  for (std::thread& client : clients) client.join();
}

TEST_F(ThreadsTest, CollectTheSidesOfAUnion) {
  const auto threads = [&](const std::string& sql) {
    const std::string plan = WithThreads("EXPLAIN ANALYZE " + sql, 4);
    return plan.substr(0, plan.find(';')).find("threads") != std::string::npos;
  };
  EXPECT_TRUE(threads("SELECT author FROM articles UNION SELECT name FROM articles"));
  EXPECT_TRUE(threads("VALUES ('x') UNION SELECT author FROM articles"));
  EXPECT_FALSE(threads("VALUES ('x') UNION VALUES ('x')"));
  // Few rows come out before many were read.
  const std::string limited = WithThreads("EXPLAIN ANALYZE SELECT name FROM articles UNION VALUES ('x') LIMIT 3", 4);
  EXPECT_EQ(limited.find("threads"), std::string::npos) << limited;
}

TEST_F(ThreadsTest, MemoryIsThatOfTheWholeStatement) {
  WithThreads("SELECT 1", 4);
  db_.settings.memory_limit_bytes = 100'000;
  const std::pair<std::string, std::string> refused[] = {
      {"SELECT name, count(*) FROM articles GROUP BY name", "aggregation"},
      {"SELECT name FROM articles ORDER BY published, name", "sort"},
      {"SELECT count(*) FROM articles a FULL JOIN articles b ON a.name = b.name", "join"},
      {"SELECT name FROM articles UNION SELECT author FROM articles", "set operation"},
      {"SELECT name FROM articles INTERSECT SELECT name FROM articles", "set operation"},
      {"SELECT sum(views) OVER (PARTITION BY author) FROM articles", "window"}};
  for (const auto& [sql, what] : refused) {
    try {
      db_.Rows(sql);
      ADD_FAILURE() << "no error: " << sql;
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate(), "53200");
      EXPECT_NE(error.hint().find(what), std::string::npos) << error.hint();
    }
  }
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles"), "3000");
}

TEST_F(ThreadsTest, CancellingEndsWhatRunsAndNothingLater) {
  WithThreads("SELECT 1", 4);
  const auto interrupt = std::make_shared<Interrupt>();
  db_.settings.interrupt = interrupt;
  const std::string endless =
      "SELECT count(*) FROM articles a, articles b, articles c WHERE a.views + b.views < c.views";
  std::atomic<bool> ended = false;
  std::thread canceller([&] {
    // Again and again: only what runs already is cancelled, and planning takes its time on a slow machine.
    while (!ended) {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      interrupt->Cancel();
    }
  });
  EXPECT_EQ(CodeOf(endless), ErrorCode::kCancelled);
  ended = true;
  canceller.join();
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles"), "3000");
  Result result = db_.Sql("SELECT name FROM articles");
  ASSERT_TRUE(result.Next());
  interrupt->Cancel();
  EXPECT_THROW(result.FetchAll(), Error);
}

TEST_F(ThreadsTest, StatementsEndAtTheirTimeout) {
  db_.settings.statement_timeout_ms = 20;
  for (const std::string sql :
       {"SELECT count(*) FROM articles a, articles b, articles c WHERE a.views + b.views < c.views",
        "SELECT count(*) FROM articles a WHERE (SELECT count(*) FROM articles b, articles c WHERE b.views < a.views) < "
        "0",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 1 - n FROM r) SELECT count(*) FROM r"})
    EXPECT_EQ(CodeOf(sql), ErrorCode::kTimeout) << sql;
  db_.settings.statement_timeout_ms = 60'000;
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles"), "3000");
}

}  // namespace

}  // namespace rem
