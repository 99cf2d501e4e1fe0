#include "sql/planner/statistics.h"

#include "sql/explain_fixture.h"

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
  const auto plans = db_.settings.plan_cache;
  EXPECT_EQ(db_.Rows("SELECT name FROM grown WHERE author = 'author 3'"), "n3");
  EXPECT_NE(scans().find("Index Scan"), std::string::npos);
}

}  // namespace

}  // namespace rem
