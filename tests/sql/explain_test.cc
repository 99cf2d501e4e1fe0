#include "sql/explain_fixture.h"

namespace rem {

namespace {

TEST_F(ExplainTest, ConditionsOfAListOfTablesBecomeAJoinAndFiltersOfItsSides) {
  EXPECT_EQ(
      Shape("SELECT a.name, b.views FROM articles a, articles b WHERE a.views = b.views AND a.author = 'author 3'"),
      "Hash Join by views = views > Index Scan on articles > Table Scan on articles");
  EXPECT_EQ(
      Shape("SELECT a.name FROM articles a LEFT JOIN articles b ON a.views = b.views WHERE a.author = 'author 3'"),
      "Hash Left Join by views = views > Index Scan on articles > Table Scan on articles");
}

TEST_F(ExplainTest, ConditionsOnTheSideThatAnOuterJoinFillsUpStayAboveIt) {
  EXPECT_EQ(Shape("SELECT a.name FROM articles a LEFT JOIN articles b ON a.views = b.views WHERE b.author IS NULL"),
            "Filter > Hash Left Join by views = views > Table Scan on articles > Table Scan on articles");
  EXPECT_EQ(
      Shape("SELECT a.name FROM articles a FULL JOIN articles b ON a.views = b.views WHERE a.author = 'author 3'"),
      "Filter > Hash Full Join by views = views > Table Scan on articles > Table Scan on articles");
}

TEST_F(ExplainTest, ShowsOperatorsWithTheirColumnsAndConditions) {
  EXPECT_EQ(
      db_.Explain("SELECT name FROM articles WHERE author = 'author 3' AND rating > 1 + 1"),
      "Index Scan on articles [author = 'author 3'] (name, author, rating) where author = 'author 3' AND rating > 2\n");
  EXPECT_EQ(db_.Explain("SELECT name, views * 2 FROM articles WHERE active ORDER BY 2 LIMIT 5"),
            "Fetch from articles (name)\n"
            "  Top N by ?column? limit 5\n"
            "    Project views * 2\n"
            "      Table Scan on articles (row id, views, active) where active\n");
}

TEST_F(ExplainTest, ExplainStatementGivesThePlanAsRows) {
  EXPECT_EQ(db_.Rows("EXPLAIN SELECT 1"), "Project 1;  One Row");
  EXPECT_EQ(db_.Sql("EXPLAIN SELECT 1").columns()[0].name, "QUERY PLAN");
}

TEST_F(ExplainTest, EqualityRangePrefixAndNullUseAnIndex) {
  EXPECT_TRUE(
      db_.Explain("SELECT name FROM articles WHERE views = 10").starts_with("Index Scan on articles [views = 10]"));
  EXPECT_TRUE(
      db_.Explain("SELECT name FROM articles WHERE 10 = views").starts_with("Index Scan on articles [views = 10]"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE views IN (10, 20)")
                  .starts_with("Index Scan on articles [views in (10, 20)]"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE views = 10 OR views = 30")
                  .starts_with("Index Scan on articles [views in (10, 30)]"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE views > 9 AND views <= 30")
                  .starts_with("Index Scan on articles [views > 9, views <= 30]"));
  EXPECT_TRUE(db_.Explain("SELECT views FROM articles WHERE name LIKE 'article 9%'")
                  .starts_with("Index Scan on articles [name starts with 'article 9']"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE category IS NULL")
                  .starts_with("Index Scan on articles [category is null]"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE metadata.level = 3")
                  .starts_with("Index Scan on articles [metadata.level = 3]"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE author = $1", {Value("author 3")})
                  .starts_with("Index Scan on articles [author = $1]"));
}

TEST_F(ExplainTest, NoIndexWhereItCannotFindEveryRow) {
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE views + 1 = 11"), "Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE views <> 10"), "Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE views = 10 OR rating = 1"), "Table Scan on articles");
  EXPECT_EQ(Shape("SELECT views FROM articles WHERE name LIKE '%9'"), "Table Scan on articles");
  EXPECT_EQ(Shape("SELECT views FROM articles WHERE name ILIKE 'article 9%'"), "Table Scan on articles");
  // An index of array elements does not hold arrays, and one of integers misses 2.5.
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE tags = '[\"t1\",\"all\"]'"), "Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE metadata.level > 3"), "Table Scan on articles");
}

TEST_F(ExplainTest, TheIndexWithFewerEntriesIsTaken) {
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE category = 'cat1' AND views = 10")
                  .starts_with("Index Scan on articles [views = 10]"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE author = 'author 2' AND views > 0")
                  .starts_with("Index Scan on articles [author = 'author 2']"));
}

TEST_F(ExplainTest, IdsAreLookedUp) {
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE id = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'"),
            "Id Lookup on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE id <> '6ba7b810-9dad-11d1-80b4-00c04fd430c8'"),
            "Table Scan on articles");
}

TEST_F(ExplainTest, AnIndexServesAnOrderWithALimit) {
  EXPECT_EQ(Shape("SELECT name FROM articles ORDER BY views DESC LIMIT 10"),
            "Index Order on articles > Top N by views desc limit 10 > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles ORDER BY views DESC"), "Sort by views desc > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles ORDER BY rating LIMIT 10"),
            "Fetch from articles > Top N by rating limit 10 > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles ORDER BY views NULLS FIRST LIMIT 10"),
            "Fetch from articles > Top N by views nulls first limit 10 > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT views FROM articles ORDER BY views LIMIT 900"),
            "Top N by views limit 900 > Table Scan on articles");
}

TEST_F(ExplainTest, ConditionsAreSimplified) {
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE 1 > 2"), "Empty");
  EXPECT_EQ(db_.Explain("SELECT name FROM articles WHERE 2 > 1"), "Table Scan on articles (name)\n");
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE NOT (views <> 10)")
                  .starts_with("Index Scan on articles [views = 10]"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE (views = 10) IS TRUE")
                  .starts_with("Index Scan on articles [views = 10]"));
  // NOT of a comparison by value stays: other kinds of values are neither less nor not less.
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE NOT (metadata.level < 3)").find("not(metadata.level < 3)") !=
              std::string::npos);
  // What fails is not folded.
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE views = 1 / 0").find("1 / 0") != std::string::npos);
}

TEST_F(ExplainTest, WithoutTheOptimiserEveryQueryScans) {
  db_.settings.optimise = false;
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE views = 10"), "Filter > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles ORDER BY views LIMIT 1"),
            "Limit limit 1 > Sort by views > Table Scan on articles");
}

TEST_F(ExplainTest, RanksReadRowsOnlyForConditions) {
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') LIMIT 3"),
            "Limit limit 3 > Vector Rank on articles by embedding.cosine limit 3");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') AND author = 'author 1'"),
            "Vector Rank on articles by embedding.cosine limit 10 > Index Scan on articles");
}

}  // namespace

}  // namespace rem
