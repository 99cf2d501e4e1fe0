#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <rem/error.h>

#include "base/interrupt.h"
#include "sql/executor/result_source.h"
#include "sql/plan_cache.h"
#include "sql/sql_fixture.h"

namespace rem {

namespace {

class SpareRunTest : public ::testing::TestWithParam<bool> {
 protected:
  SpareRunTest() : db_(GetParam()) {
    db_.settings.plan_cache = NewPlanCache();
    db_.Register("articles", kArticleSchema);
    InsertArticles(db_, 300);
  }

  /// Whether an execution has left its operators in the plan of a statement; takes them.
  bool TakesSpare(const std::string& sql, const std::vector<Value>& parameters) {
    const auto cached = db_.settings.plan_cache->Find(sql::PlanCache::KeyOf(sql, parameters, true, false),
                                                      db_.Context().catalog->version());
    return cached != nullptr && cached->spare->Take() != nullptr;
  }
  SqlDatabase db_;
};

TEST_P(SpareRunTest, LookupsLeaveTheirOperators) {
  const Value name("article 7"), views(70), author("author 3"), rows(2);
  const Value id(db_.Sql("SELECT id FROM articles WHERE views = 70").FetchAll()[0][0]);
  const std::vector<std::pair<std::string, std::vector<Value>>> queries = {
      {"SELECT * FROM articles WHERE name = $1", {name}},
      {"SELECT name, views FROM articles WHERE views = $1 LIMIT 1", {views}},
      {"SELECT name FROM articles WHERE author = $1 LIMIT $2", {author, rows}},
      {"SELECT name FROM articles WHERE id = $1", {id}},
      {"SELECT name, rating FROM articles ORDER BY views LIMIT $1", {rows}}};
  for (const auto& [sql, parameters] : queries) {
    SCOPED_TRACE(sql + db_.Explain(sql, parameters));
    const std::string once = db_.Rows(sql, parameters);
    EXPECT_NE(once, "");
    EXPECT_TRUE(TakesSpare(sql, parameters));
    EXPECT_FALSE(TakesSpare(sql, parameters));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(db_.Rows(sql, parameters), once);
    EXPECT_TRUE(TakesSpare(sql, parameters));
  }
  const std::string counts = "SELECT count(*) FROM articles WHERE rating > $1";
  db_.Rows(counts, {Value(1.0)});
  EXPECT_FALSE(TakesSpare(counts, {Value(1.0)}));
}

TEST_P(SpareRunTest, EveryExecutionHasValuesOfItsOwn) {
  const std::string point = "SELECT name, views FROM articles WHERE name = $1";
  const std::string some = "SELECT name FROM articles WHERE views >= $1 ORDER BY views LIMIT $2 OFFSET $3";
  const std::string filtered = "SELECT name FROM articles WHERE author = $1 AND rating > $2 ORDER BY name";
  for (int i = 1; i < 200; ++i) {
    const std::string name = "article " + std::to_string(i);
    EXPECT_EQ(db_.Rows(point, {Value(name)}), name + "|" + std::to_string(10 * i));
    const std::string next = "article " + std::to_string(i + 1), second = "article " + std::to_string(i + 2);
    EXPECT_EQ(db_.Rows(some, {Value(10 * i), Value(2), Value(1)}), next + ";" + second);
    EXPECT_EQ(db_.Rows(some, {Value(10 * i), Value(1), Value(0)}), name);
    EXPECT_EQ(db_.Rows(some, {Value(10 * i), Value(0), Value(0)}), "");
    const std::vector<Value> conditions = {Value("author " + std::to_string(i % 7)), Value(0.01 * i)};
    const std::string by_index = db_.Rows(filtered, conditions);
    db_.settings.optimise = false;
    EXPECT_EQ(db_.Rows(filtered, conditions), by_index);
    db_.settings.optimise = true;
  }
  EXPECT_EQ(db_.Rows(point, {Value("no such name")}), "");
  EXPECT_EQ(db_.Rows(point, {Value()}), "");
}

TEST_P(SpareRunTest, ResultsOfOnePlanDoNotDisturbEachOther) {
  const std::string sql = "SELECT name FROM articles WHERE views BETWEEN $1 AND $2";
  db_.Rows(sql, {Value(10), Value(20)});
  std::vector<Result> open;
  for (int i = 0; i < 5; ++i) open.push_back(db_.Sql(sql, {Value(10 * i + 10), Value(10 * i + 20)}));
  for (Result& result : open) ASSERT_TRUE(result.Next());
  for (size_t i = 0; i < open.size(); ++i) EXPECT_EQ(open[i].GetText(0), "article " + std::to_string(i + 1));
  // One is dropped half read, one replaced, one outlives the cache of its plan.
  open.erase(open.begin());
  open[0] = db_.Sql(sql, {Value(100), Value(100)});
  EXPECT_EQ(db_.Rows(sql, {Value(50), Value(50)}), "article 5");
  db_.settings.plan_cache = NewPlanCache();
  ASSERT_TRUE(open[0].Next());
  EXPECT_EQ(open[0].GetText(0), "article 10");
  EXPECT_FALSE(open[0].Next());
  EXPECT_FALSE(open[0].Next());
  EXPECT_EQ(open[0].columns().size(), 1u);
  EXPECT_TRUE(open[1].Next());
  EXPECT_EQ(open[1].GetText(0), "article 4");
}

TEST_P(SpareRunTest, SeesWritesAndNewProperties) {
  db_.Rows("CREATE TABLE notes (n bigint, title text)");
  db_.Rows("CREATE INDEX ON notes (n)");
  db_.tenant().WaitForIndexes(60'000);
  const std::string sql = "SELECT title, n FROM notes WHERE n = $1";
  db_.Rows("INSERT INTO notes (n) VALUES (1)");
  EXPECT_EQ(db_.Rows(sql, {Value(1)}), "NULL|1");
  // No row had a title when the operators were made.
  db_.Rows("UPDATE notes SET title = 'first' WHERE n = 1");
  EXPECT_EQ(db_.Rows(sql, {Value(1)}), "first|1");
  db_.Rows("DELETE FROM notes WHERE n = 1");
  EXPECT_EQ(db_.Rows(sql, {Value(1)}), "");
  db_.Rows("INSERT INTO notes (n, title) SELECT 2, 'title ' || i FROM generate_series(1, 500) i");
  EXPECT_EQ(db_.Sql(sql, {Value(2)}).FetchAll().size(), 500u);
  db_.Rows("ALTER TABLE notes RENAME COLUMN title TO heading");
  EXPECT_THROW(db_.Rows(sql, {Value(2)}), Error);
}

TEST_P(SpareRunTest, ErrorsAreThoseOfTheExecution) {
  const std::string sql = "SELECT name FROM articles WHERE author = $1 LIMIT $2";
  db_.Rows(sql, {Value("author 1"), Value(1)});
  EXPECT_THROW(db_.Sql(sql, {Value("author 1"), Value(-1)}), Error);
  EXPECT_EQ(db_.Sql(sql, {Value("author 1"), Value(2)}).FetchAll().size(), 2u);
  // Literals of a text that was planned with others: the position is that of the text as it was written.
  db_.Rows("SELECT name FROM articles WHERE author = 'author 1' LIMIT 1");
  try {
    db_.Rows("SELECT name FROM articles WHERE author = 'a longer text than before' LIMIT -1");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), "2201W");
    EXPECT_GE(error.position(), 70);
  }
  // A statement that was cancelled leaves nothing that the next one could trip over.
  db_.settings.interrupt = std::make_shared<Interrupt>();
  const auto interrupt = std::const_pointer_cast<Interrupt>(db_.settings.interrupt);
  Result cancelled = db_.Sql(sql, {Value("author 1"), Value(100)});
  interrupt->Cancel();
  EXPECT_THROW(cancelled.Next(), Error);
  EXPECT_FALSE(cancelled.Next());
  EXPECT_FALSE(cancelled.Next());
  cancelled = db_.Sql(sql, {Value("author 1"), Value(3)});
  EXPECT_EQ(cancelled.FetchAll().size(), 3u);
}

TEST_P(SpareRunTest, MuchMemoryIsNotKept) {
  const std::string sql = "SELECT name, metadata FROM articles WHERE id = $1";
  const std::string text(100'000, 'x');
  const Value large(db_.Insert("articles", R"({"name": "large", "metadata": {"text": ")" + text + "\"}}"));
  const Value small(db_.Insert("articles", R"({"name": "small", "metadata": {}})"));
  EXPECT_EQ(db_.Sql(sql, {large}).FetchAll().size(), 1u);
  EXPECT_FALSE(TakesSpare(sql, {large}));
  EXPECT_EQ(db_.Rows(sql, {small}), "small|{}");
  EXPECT_TRUE(TakesSpare(sql, {small}));
  // Nor are the buffers of many rows.
  const std::string many = "SELECT _id, name FROM articles WHERE views BETWEEN $1 AND $2";
  db_.Rows("INSERT INTO articles (name, views) SELECT 'n', 5 FROM generate_series(1, 400)");
  EXPECT_EQ(db_.Sql(many, {Value(5), Value(5)}).FetchAll().size(), 400u);
  EXPECT_FALSE(TakesSpare(many, {Value(5), Value(5)}));
  EXPECT_EQ(db_.Sql(many, {Value(10), Value(30)}).FetchAll().size(), 3u);
  EXPECT_TRUE(TakesSpare(many, {Value(5), Value(5)}));
}

TEST_P(SpareRunTest, AnIdleOneHoldsNoSnapshot) {
  const std::string sql = "SELECT name FROM articles WHERE name = $1";
  QueryContext context = db_.Context();
  const std::weak_ptr<const ReadView> view = context.view;
  {
    Result result = ExecuteSql(context, sql, std::vector{Value("article 1")});
    context.view = nullptr;
    ASSERT_TRUE(result.Next());
    EXPECT_FALSE(result.Next());
    EXPECT_FALSE(view.expired());  // The result keeps it, as it says.
  }
  EXPECT_TRUE(view.expired());
  EXPECT_TRUE(TakesSpare(sql, {Value("article 1")}));
}

TEST_P(SpareRunTest, ThreadsShareAPlan) {
  const std::string sql = "SELECT name, views FROM articles WHERE name = $1";
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 300; ++i) {
        const int number = (i * 7 + thread * 31) % 300 + 1;
        const std::string name = "article " + std::to_string(number);
        wrong += db_.Rows(sql, {Value(name)}) != name + "|" + std::to_string(10 * number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, SpareRunTest, ::testing::Bool(),
                         [](const auto& engine) { return engine.param ? "RocksDb" : "Memory"; });

}  // namespace

}  // namespace rem
