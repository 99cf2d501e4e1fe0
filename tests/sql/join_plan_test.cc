#include "sql/explain_fixture.h"
#include "sql/plan_cache.h"

namespace rem {

namespace {

class JoinPlanTest : public ExplainTest {
 protected:
  JoinPlanTest() {
    db_.Register("small", kArticleSchema);
    InsertSome("small", 5);
    db_.Register("middle", kArticleSchema);
    InsertSome("middle", 300);
  }
  void InsertSome(const std::string& table, int count) {
    std::vector<Document> records;
    for (int i = 1; i <= count; ++i) {
      records.push_back(Document::FromJson(R"({"name":"n)" + std::to_string(i) + R"(","views":)" +
                                           std::to_string(i * 10) + R"(,"rating":)" + std::to_string(i % 7) + "}"));
    }
    db_.InsertAll(table, records);
  }
  /// The lines of an EXPLAIN statement with their guesses.
  std::string Plan(const std::string& sql) { return db_.Rows("EXPLAIN " + sql); }
};

TEST_F(JoinPlanTest, RelationsThatAConditionJoinsComeTogether) {
  // In the order of FROM the first two have no condition between them: a cross product.
  const std::string shape =
      Shape("SELECT s.name FROM small s, middle m, articles a WHERE s.rating = a.rating AND a.rating = m.rating");
  EXPECT_EQ(shape.find("Nested Loop"), std::string::npos) << shape;
  EXPECT_NE(Shape("SELECT s.name FROM small s, middle m, articles a WHERE s.rating = a.rating").find("Nested Loop"),
            std::string::npos);
}

TEST_F(JoinPlanTest, TheSmallerSideIsHashed) {
  EXPECT_EQ(Shape("SELECT m.name, a.name FROM middle m JOIN articles a ON m.rating = a.rating"),
            "Hash Join by rating = rating > Table Scan on articles > Table Scan on middle");
  EXPECT_EQ(Shape("SELECT m.name, a.name FROM articles a JOIN middle m ON m.rating = a.rating"),
            "Hash Join by rating = rating > Table Scan on articles > Table Scan on middle");
  EXPECT_EQ(Shape("SELECT m.name, a.name FROM middle m LEFT JOIN articles a ON m.rating = a.rating"),
            "Hash Right Join by rating = rating > Table Scan on articles > Table Scan on middle");
}

TEST_F(JoinPlanTest, FewRowsLookTheirPartnersUpInAnIndex) {
  EXPECT_EQ(Shape("SELECT s.name, a.name FROM articles a, small s WHERE s.views = a.views"),
            "Index Join with articles > Table Scan on small");
  EXPECT_EQ(Shape("SELECT s.name, a.name FROM small s LEFT JOIN articles a ON s.views = a.views"),
            "Index Left Join with articles > Table Scan on small");
  EXPECT_EQ(Shape("SELECT s.name FROM small s WHERE EXISTS (SELECT 1 FROM articles a WHERE s.views = a.views)"),
            "Index Semi Join with articles > Table Scan on small");
  EXPECT_EQ(Shape("SELECT s.name FROM small s WHERE NOT EXISTS (SELECT 1 FROM articles a WHERE s.views = a.views)"),
            "Index Anti Join with articles > Table Scan on small");
  EXPECT_EQ(Shape("SELECT s.name, (SELECT a.name FROM articles a WHERE a.id = s.id) FROM small s"),
            "Project name > Index Single Join with articles > Table Scan on small");
  EXPECT_EQ(Shape("SELECT m.name, a.name FROM articles a, middle m WHERE m.views = a.views"),
            "Hash Join by views = views > Table Scan on articles > Table Scan on middle");
}

TEST_F(JoinPlanTest, WhatTheColumnCacheHoldsIsHashedRatherThanLookedUp) {
  db_.Register("forty", kArticleSchema);
  InsertSome("forty", 40);
  const std::string join = "SELECT f.name, a.name FROM forty f JOIN articles a ON f.views = a.views";
  const std::string in = "SELECT name FROM articles WHERE views IN (SELECT f.views FROM forty f)";
  EXPECT_EQ(Shape(join), "Index Join with articles > Table Scan on forty");
  EXPECT_EQ(Shape(in), "Index Join with articles > Distinct by views > Table Scan on forty");
  const std::string rows = db_.Rows(join + " ORDER BY 1, 2"), found = db_.Rows(in + " ORDER BY 1");
  for (int i = 0; i < 3; ++i) db_.Rows("SELECT name, views FROM articles");
  EXPECT_EQ(Shape(join), "Hash Join by views = views > Table Scan on articles > Table Scan on forty");
  EXPECT_EQ(Shape(in), "Hash Semi Join by views = views > Table Scan on articles > Table Scan on forty");
  EXPECT_EQ(db_.Rows(join + " ORDER BY 1, 2"), rows);
  EXPECT_EQ(db_.Rows(in + " ORDER BY 1"), found);
  // Columns that are not held have to be read from rows.
  EXPECT_EQ(Shape("SELECT f.name, a.rating FROM forty f JOIN articles a ON f.views = a.views"),
            "Index Join with articles > Table Scan on forty");
}

TEST_F(JoinPlanTest, AKeptPlanIsMadeAnewWhenScansCostSomethingElse) {
  db_.Register("forty", kArticleSchema);
  InsertSome("forty", 40);
  const auto plans = db_.settings.plan_cache = NewPlanCache();
  const std::string join = "SELECT f.name, a.name FROM forty f JOIN articles a ON f.views = a.views ORDER BY 1, 2";
  const std::string rows = db_.Rows(join);
  const auto kept = [&] {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(db_.Rows(join), rows);
    const auto cached = plans->Find(sql::PlanCache::KeyOf(join, {}, true, false), db_.Context().catalog->version());
    return cached == nullptr ? std::string() : sql::FormatPlan(*cached->plan);
  };
  EXPECT_NE(kept().find("Index Join"), std::string::npos);
  for (int i = 0; i < 3; ++i) db_.Rows("SELECT name, views FROM articles");
  EXPECT_NE(kept().find("Hash Join"), std::string::npos);
  // Its own scans bring back to the cache what writes have thrown out.
  db_.Rows("UPDATE articles SET rating = 1");
  EXPECT_NE(kept().find("Hash Join"), std::string::npos);
}

TEST_F(JoinPlanTest, FewValuesOfInLookTheirRowsUp) {
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE views IN (SELECT s.views FROM small s)"),
            "Index Join with articles > Distinct by views > Table Scan on small");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE views IN (SELECT m.views FROM middle m)"),
            "Hash Semi Join by views = views > Table Scan on articles > Table Scan on middle");
}

TEST_F(JoinPlanTest, WhatEqualsAConstantPassesItOn) {
  EXPECT_EQ(db_.Explain("SELECT s.name FROM small s, articles a WHERE s.rating = a.rating AND s.rating = 2"),
            "Hash Join by rating = rating\n"
            "  Table Scan on articles (rating) where rating = 2\n"
            "  Table Scan on small (name, rating) where rating = 2\n");
}

TEST_F(JoinPlanTest, AnOuterJoinWhoseFilledRowsAreDroppedIsAnInnerOne) {
  EXPECT_EQ(Shape("SELECT m.name, a.name FROM middle m LEFT JOIN articles a ON m.rating = a.rating WHERE a.active"),
            "Hash Join by rating = rating > Table Scan on articles > Table Scan on middle");
  EXPECT_EQ(Shape("SELECT m.name FROM middle m LEFT JOIN articles a ON m.rating = a.rating WHERE a.active IS NULL"),
            "Filter > Hash Right Join by rating = rating > Table Scan on articles > Table Scan on middle");
}

TEST_F(JoinPlanTest, AJoinThatAddsNothingIsLeftOut) {
  EXPECT_EQ(Shape("SELECT m.name FROM middle m LEFT JOIN articles a ON a.id = m.id"), "Table Scan on middle");
  EXPECT_EQ(Shape("SELECT m.name FROM middle m LEFT JOIN articles a ON a.rating = m.rating"),
            "Hash Right Join by rating = rating > Table Scan on articles > Table Scan on middle");
}

TEST_F(JoinPlanTest, ConditionsSinkThroughSubqueriesGroupsAndUnions) {
  EXPECT_EQ(
      Shape("SELECT n FROM (SELECT author, count(*) AS n FROM articles GROUP BY author) t WHERE author = 'author 3'"),
      "Aggregate count > Index Only Scan on articles");
  EXPECT_EQ(Shape("SELECT n FROM (SELECT author, count(*) AS n FROM articles GROUP BY author) t WHERE n = 3"),
            "Filter > Aggregate count > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT y FROM (SELECT views - 1 AS y, name FROM articles) t WHERE name = 'article 3'"),
            "Project views - 1 > Index Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM (SELECT name FROM articles UNION ALL SELECT name FROM middle) t WHERE name = 'n3'"),
            "Append > Index Only Scan on articles > Index Only Scan on middle");
  EXPECT_EQ(Shape("SELECT name FROM (SELECT name FROM articles LIMIT 5) t WHERE name = 'article 3'"),
            "Filter > Limit limit 5 > Table Scan on articles");
}

TEST_F(JoinPlanTest, ACteThatIsReadOnceIsNotKept) {
  EXPECT_EQ(Shape("WITH t AS (SELECT name, author FROM articles) SELECT name FROM t WHERE author = 'author 3'"),
            "Project name > Index Scan on articles");
  EXPECT_EQ(Shape("WITH t AS MATERIALIZED (SELECT name, author FROM articles) SELECT name FROM t WHERE author = 'x'"),
            "Filter > With Scan on t > With t > Table Scan on articles");
  EXPECT_NE(
      Shape("WITH t AS (SELECT name FROM articles) SELECT x.name FROM t x, t y WHERE x.name = y.name").find("With t"),
      std::string::npos);
}

TEST_F(JoinPlanTest, ScalarSubqueriesAreJoined) {
  EXPECT_EQ(
      Shape("SELECT m.name, (SELECT count(*) FROM articles a WHERE a.rating = m.rating) FROM middle m"),
      "Project COALESCE > Hash Right Join by rating = rating > Aggregate count > Table Scan on articles > Table Scan "
      "on middle");
  EXPECT_EQ(Shape("SELECT m.name, (SELECT a.name FROM articles a WHERE a.rating = m.rating) FROM middle m"),
            "Project name > Hash Single Join by rating = rating > Table Scan on middle > Table Scan on articles");
  EXPECT_NE(Shape("SELECT CASE WHEN active THEN (SELECT a.name FROM articles a WHERE a.rating = m.rating) END FROM "
                  "middle m")
                .find("Subquery 1"),
            std::string::npos);
  // An index answers for one row faster than groups for all.
  EXPECT_NE(Shape("SELECT (SELECT count(*) FROM articles a WHERE a.views = m.views) FROM middle m WHERE m.views = 10")
                .find("Subquery 1"),
            std::string::npos);
}

TEST_F(JoinPlanTest, ExplainGuessesRows) {
  EXPECT_EQ(Plan("SELECT name FROM articles WHERE author = 'author 3'"),
            "Index Scan on articles [author = 'author 3'] (name, author) where author = 'author 3' rows=48");
  EXPECT_EQ(Plan("SELECT name FROM articles WHERE rating IS NULL"),
            "Table Scan on articles (name, rating) where rating is null rows=250");
  EXPECT_EQ(Plan("SELECT count(*) FROM middle GROUP BY rating"),
            "Aggregate count(*) by rating rows=7;  Table Scan on middle (rating) rows=300");
}

}  // namespace

}  // namespace rem
