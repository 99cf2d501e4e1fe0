#include "sql/planner/statistics.h"

#include "sql/explain_fixture.h"
#include "sql/plan_cache.h"

namespace rem {

namespace {

class StatisticsTest : public ExplainTest {
 protected:
  TableStatisticsPtr Taken() {
    const TablePtr table = db_.tenant().catalog()->Get("articles");
    return sql::StatisticsOf(*table, *db_.tenant().Snapshot(), db_.tenant().statistics());
  }
  double Estimate(const std::string& sql) {
    const std::string plan = db_.Rows("EXPLAIN " + sql);
    return std::stod(plan.substr(plan.rfind("rows=") + 5));
  }
};

TEST_F(StatisticsTest, RangesAndEqualitiesAreGuessedFromThem) {
  EXPECT_NEAR(Estimate("SELECT rating FROM articles WHERE rating < 25"), 150, 20);
  EXPECT_NEAR(Estimate("SELECT rating FROM articles WHERE rating < 100"), 600, 40);
  EXPECT_NEAR(Estimate("SELECT rating FROM articles WHERE rating IS NULL"), 250, 5);
  EXPECT_NEAR(Estimate("SELECT category FROM articles WHERE category = 'cat3'"), 91, 3);
  EXPECT_NEAR(Estimate("SELECT metadata FROM articles WHERE author = 'author 3'"), 50, 3);
}

TEST_F(StatisticsTest, AreTakenAnewWhenMuchHasChangedAndOnlyThen) {
  const TableStatisticsPtr first = Taken();
  ASSERT_NE(first, nullptr);
  db_.Rows("UPDATE articles SET rating = 1000 WHERE views <= 1000");
  EXPECT_EQ(Taken(), first);
  EXPECT_NEAR(Estimate("SELECT rating FROM articles WHERE rating = 1000"), 0, 1);
  // The table has as many rows as before; what they hold is another matter.
  db_.Rows("UPDATE articles SET rating = 1000 WHERE views <= 2000");
  EXPECT_NE(Taken(), first);
  EXPECT_NEAR(Estimate("SELECT rating FROM articles WHERE rating = 1000"), 200, 5);
  const TableStatisticsPtr second = Taken();
  db_.Rows("ANALYZE articles");
  EXPECT_NE(Taken(), second);
}

// Times and numbers of events grow: the newest ones are those that are asked for.
TEST_F(StatisticsTest, TheEndsOfAHistogramAreThoseOfItsIndex) {
  const TableStatisticsPtr first = Taken();
  const auto insert = [&](int from, int count, int step) {
    std::vector<Document> records;
    for (int i = 0; i < count; ++i)
      records.push_back(Document::FromJson(R"({"name":"n","views":)" + std::to_string(from + i * step) + "}"));
    db_.InsertAll("articles", records);
  };
  EXPECT_LE(Estimate("SELECT views FROM articles WHERE views > 10000"), 1);
  insert(10010, 150, 10);
  ASSERT_EQ(Taken(), first);  // Too few changes for another sample.
  EXPECT_NEAR(Estimate("SELECT views FROM articles WHERE views > 10000"), 150, 25);
  EXPECT_NEAR(Estimate("SELECT views FROM articles WHERE views >= 11000"), 51, 15);
  EXPECT_NEAR(Estimate("SELECT views FROM articles WHERE views > 9000"), 250, 25);
  EXPECT_NEAR(Estimate("SELECT views FROM articles WHERE views BETWEEN 10500 AND 10900"), 41, 15);
  EXPECT_LE(Estimate("SELECT views FROM articles WHERE views > 20000"), 1);
  EXPECT_NEAR(Estimate("SELECT views FROM articles WHERE views <= 5000"), 500, 30);
  insert(0, 60, -10);
  ASSERT_EQ(Taken(), first);
  EXPECT_NEAR(Estimate("SELECT views FROM articles WHERE views < 0"), 60, 25);
  EXPECT_NEAR(Estimate("SELECT views FROM articles WHERE views > 10000"), 150, 25);
  EXPECT_LE(Estimate("SELECT views FROM articles WHERE views < -10000"), 1);
}

TEST_F(StatisticsTest, TheNewestTimesAreNotTakenToBeNone) {
  db_.Rows("CREATE TABLE events (at timestamptz, happened timestamptz)");
  db_.Rows("CREATE INDEX ON events (at)");
  ASSERT_TRUE(db_.tenant().WaitForIndexes(60'000));
  const auto insert = [&](int from, int to) {
    db_.Rows(
        "INSERT INTO events SELECT '2026-01-01T00:00:00Z'::timestamptz + i * interval '1 minute', "
        "'2026-01-01T00:00:00Z'::timestamptz + i * interval '1 minute' FROM generate_series(" +
        std::to_string(from) + ", " + std::to_string(to) + ") i");
  };
  insert(1, 6000);
  EXPECT_NEAR(Estimate("SELECT * FROM events WHERE at > '2026-01-05T00:00:00Z'"), 240, 100);
  insert(6001, 7000);
  EXPECT_NEAR(Estimate("SELECT * FROM events WHERE at > '2026-01-05T04:00:00Z'"), 1000, 150);
  EXPECT_NEAR(Estimate("SELECT * FROM events WHERE at > '2026-01-05T16:00:00Z'"), 280, 100);
  // Without an index only the sample tells.
  EXPECT_GE(Estimate("SELECT * FROM events WHERE happened > '2026-01-05T05:00:00Z'"), 0.5);
}

TEST_F(StatisticsTest, ACachedPlanIsGoodUntilATableHasDoubledOrHalved) {
  const auto plans = db_.settings.plan_cache = NewPlanCache();
  const std::string text = "SELECT name FROM articles WHERE author = $1";
  const Value author("author 3");
  const auto kept = [&] {
    const auto version = db_.Context().catalog->version();
    return plans->Find(sql::PlanCache::KeyOf(text, {&author, 1}, true, false), version) != nullptr;
  };
  EXPECT_FALSE(kept());
  db_.Rows(text, {author});
  EXPECT_TRUE(kept());
  db_.Rows("INSERT INTO articles (name) SELECT 'n' FROM generate_series(1, 900)");
  EXPECT_TRUE(kept());
  db_.Rows("INSERT INTO articles (name) SELECT 'n' FROM generate_series(1, 1200)");
  EXPECT_FALSE(kept());
  db_.Rows(text, {author});
  EXPECT_TRUE(kept());
  db_.Rows("DELETE FROM articles WHERE name = 'n'");
  EXPECT_FALSE(kept());
}

TEST_F(StatisticsTest, PlansAreMadeAnewWhenATableHasOutgrownThem) {
  db_.settings.plan_cache = NewPlanCache();
  db_.Register("grown", kArticleSchema);
  const auto scans = [&] { return db_.Rows("EXPLAIN ANALYZE SELECT name FROM grown WHERE author = 'author 3'"); };
  EXPECT_EQ(db_.Rows("SELECT name FROM grown WHERE author = 'author 3'"), "");
  EXPECT_NE(scans().find("Table Scan"), std::string::npos);
  std::vector<Document> records;
  for (int i = 0; i < 500; ++i)
    records.push_back(
        Document::FromJson(R"({"name":"n)" + std::to_string(i) + R"(","author":"author )" + std::to_string(i) + "\"}"));
  db_.InsertAll("grown", records);
  EXPECT_EQ(db_.Rows("SELECT name FROM grown WHERE author = 'author 3'"), "n3");
  EXPECT_NE(scans().find("Index Scan"), std::string::npos);
}

}  // namespace

}  // namespace rem
