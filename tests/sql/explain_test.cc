#include "sql/explain_fixture.h"

namespace rem {

namespace {

TEST_F(ExplainTest, ConditionsOfAListOfTablesBecomeAJoinAndFiltersOfItsSides) {
  EXPECT_EQ(
      Shape("SELECT a.name, b.views FROM articles a, articles b WHERE a.views = b.views AND a.author = 'author 3'"),
      "Index Join with articles > Index Scan on articles");
  EXPECT_EQ(
      Shape("SELECT a.name FROM articles a LEFT JOIN articles b ON a.views = b.views WHERE a.author = 'author 3'"),
      "Index Left Join with articles > Index Scan on articles");
}

TEST_F(ExplainTest, ConditionsOnTheSideThatAnOuterJoinFillsUpStayAboveIt) {
  EXPECT_EQ(Shape("SELECT a.name FROM articles a LEFT JOIN articles b ON a.views = b.views WHERE b.author IS NULL"),
            "Filter > Hash Left Join by views = views > Table Scan on articles > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT a.name FROM articles a FULL JOIN articles b ON a.views = b.views WHERE a.author IS NULL"),
            "Filter > Hash Full Join by views = views > Table Scan on articles > Table Scan on articles");
}

TEST_F(ExplainTest, ConditionsSinkBelowFunctionsInFromUnlessTheyReadTheirRows) {
  EXPECT_EQ(Shape("SELECT g FROM articles, generate_series(1, views) AS g WHERE author = 'author 3' AND g > 2"),
            "Filter > Project Set generate_series > Index Scan on articles");
  EXPECT_EQ(Shape("SELECT g FROM articles, generate_series(1, views) AS g WHERE author = 'author 3'"),
            "Project Set generate_series > Index Scan on articles");
  EXPECT_EQ(Shape("SELECT g FROM articles, generate_series(1, views) AS g WHERE g > views - 1"),
            "Filter > Project Set generate_series > Table Scan on articles");
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
  EXPECT_EQ(db_.Rows("EXPLAIN SELECT 1"), "Project 1 rows=1;  One Row rows=1");
  EXPECT_EQ(db_.Sql("EXPLAIN SELECT 1").columns()[0].name, "QUERY PLAN");
}

TEST_F(ExplainTest, ChangesAreExplainedAndNotMade) {
  const std::string before = db_.Rows("SELECT count(*), sum(views) FROM articles");
  const std::string update = db_.Rows("EXPLAIN UPDATE articles SET views = views + 1 WHERE views = 10");
  EXPECT_TRUE(update.starts_with("Update articles;  ")) << update;
  EXPECT_NE(update.find("Index Scan on articles [views = 10]"), std::string::npos) << update;
  const std::string deletion = db_.Rows("EXPLAIN DELETE FROM articles WHERE views = 10 RETURNING name");
  EXPECT_TRUE(deletion.starts_with("Delete articles;  ")) << deletion;
  EXPECT_NE(deletion.find("Index Scan on articles [views = 10]"), std::string::npos) << deletion;
  EXPECT_NE(db_.Rows("EXPLAIN INSERT INTO articles (name) SELECT name FROM articles").find("Table Scan on articles"),
            std::string::npos);
  for (const char* refused : {"EXPLAIN ANALYZE DELETE FROM articles", "EXPLAIN (FORMAT JSON) DELETE FROM articles"}) {
    try {
      db_.Sql(refused).FetchAll();
      ADD_FAILURE() << refused;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kNotSupported);
      EXPECT_FALSE(error.hint().empty());
    }
  }
  EXPECT_EQ(db_.Rows("SELECT count(*), sum(views) FROM articles"), before);
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
                  .starts_with("Index Scan on articles [views = 10 & category = 'cat1']"));
  EXPECT_TRUE(db_.Explain("SELECT name FROM articles WHERE author = 'author 2' AND views > 0")
                  .starts_with("Index Scan on articles [author = 'author 2' & views > 0]"));
}

TEST_F(ExplainTest, EverySideOfAnOrNeedsAnIndex) {
  EXPECT_TRUE(db_.Explain("SELECT rating FROM articles WHERE author = 'author 2' OR (views > 9900 AND active)")
                  .starts_with("Index Scan on articles [author = 'author 2' | views > 9900]"));
  // Most of the table: a scan costs less.
  EXPECT_EQ(Shape("SELECT rating FROM articles WHERE author = 'author 2' OR (views > 1900 AND active)"),
            "Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE author = 'author 2' OR active"), "Table Scan on articles");
  // The fewer entries win.
  EXPECT_TRUE(
      db_.Explain("SELECT rating FROM articles WHERE (author = 'author 2' OR views > 10) AND name = 'article 9'")
          .starts_with("Index Scan on articles [name = 'article 9']"));
}

TEST_F(ExplainTest, NoRowIsReadWhereAnIndexHoldsAllColumns) {
  EXPECT_EQ(Shape("SELECT count(*) FROM articles WHERE author = 'author 2'"),
            "Aggregate count > Index Only Scan on articles");
  EXPECT_EQ(Shape("SELECT views + 1 FROM articles WHERE views < 50"),
            "Project views + 1 > Index Only Scan on articles");
  EXPECT_EQ(Shape("SELECT author, views FROM articles WHERE author = 'author 2'"), "Index Scan on articles");
  EXPECT_EQ(Shape("SELECT author FROM articles WHERE author = 'author 2' AND views < 50"), "Index Scan on articles");
  EXPECT_EQ(Shape("SELECT author, _id FROM articles WHERE author = 'author 2'"), "Index Scan on articles");
  // The index has a number; the document may have 3.0.
  EXPECT_EQ(Shape("SELECT metadata.level FROM articles WHERE metadata.level = 3"), "Index Scan on articles");
}

TEST_F(ExplainTest, IdsAreLookedUp) {
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE id = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'"),
            "Id Lookup on articles");
  // Rows that were found by their id are not asked for it again.
  const std::string by_id = "SELECT name FROM articles WHERE id = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'";
  EXPECT_EQ(db_.Explain(by_id).find("where"), std::string::npos);
  EXPECT_NE(db_.Explain(by_id + " AND views > 5").find("where views > 5"), std::string::npos);
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
            "Vector Rank on articles by embedding.cosine limit 10 > Index Only Scan on articles");
}

TEST_F(ExplainTest, AnalyzeRunsTheQueryAndShowsWhatEachOperatorDid) {
  const std::string plan =
      db_.Rows("EXPLAIN ANALYZE SELECT author, count(*) FROM articles WHERE views <= 500 GROUP BY author");
  EXPECT_NE(plan.find("Aggregate count(*) by author rows=21  (actual time="), std::string::npos) << plan;
  EXPECT_NE(plan.find(" ms rows=2 batches=1 loops=1 memory="), std::string::npos) << plan;
  EXPECT_NE(plan.find(" rows=50 batches=1 loops=1 memory=1 kB index entries=50)"), std::string::npos) << plan;
  EXPECT_NE(plan.find("Planning Time: "), std::string::npos);
  EXPECT_NE(plan.find("Execution Time: "), std::string::npos);
  EXPECT_THROW(db_.Rows("EXPLAIN ANALYZE SELECT 1 / (views - 10) FROM articles"), Error);
  EXPECT_NE(db_.Rows("EXPLAIN (ANALYZE, COSTS OFF) SELECT (SELECT max(views) FROM articles b WHERE b.views < a.views) "
                     "FROM articles a WHERE views <= 30")
                .find("loops=3"),
            std::string::npos);
}

TEST_F(ExplainTest, AnalyzeShowsTheWorkOfARank) {
  for (int i = 0; i < 20; ++i)
    db_.Insert("articles", R"({"name": "v", "views": -1, "embedding": [1, )" + std::to_string(i) + ", 3]}");
  const std::string plan =
      db_.Rows("EXPLAIN ANALYZE SELECT name FROM articles WHERE embedding.cosine('[1,2,3]') AND views < 0 LIMIT 5");
  EXPECT_NE(plan.find("candidates=20 distances computed=20)"), std::string::npos) << plan;
}

TEST_F(ExplainTest, JsonHasTheKeysOfPostgres) {
  Result result =
      db_.Sql("EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(*) FROM articles a JOIN articles b ON a.views = b.views");
  ASSERT_TRUE(result.Next());
  EXPECT_EQ(result.columns()[0].type, LogicalType::kJson);
  const Document json = Document::FromJson(result.Get(0).ToText());
  const DocumentView plan = *json.view().At(0).Find("Plan");
  EXPECT_EQ(plan.Find("Node Type")->AsText(), "Aggregate");
  EXPECT_EQ(plan.Find("Actual Rows")->AsInt(), 1);
  const DocumentView join = plan.Find("Plans")->At(0);
  EXPECT_EQ(join.Find("Node Type")->AsText(), "Hash Join");
  EXPECT_EQ(join.Find("Actual Rows")->AsInt(), 1000);
  EXPECT_GT(join.Find("Peak Memory Usage")->AsInt(), 0);
  EXPECT_EQ(join.Find("Plans")->size(), 2u);
  EXPECT_EQ(join.Find("Plans")->At(1).Find("Parent Relationship")->AsText(), "Inner");
  EXPECT_TRUE(json.view().At(0).Find("Execution Time"));
  result = db_.Sql("EXPLAIN (FORMAT JSON) WITH w AS MATERIALIZED (SELECT 1 AS x) SELECT (SELECT max(x) FROM w) FROM w");
  ASSERT_TRUE(result.Next());
  const Document planned = Document::FromJson(result.Get(0).ToText());
  EXPECT_EQ(planned.view().At(0).Find("Plan")->Find("Actual Rows"), std::nullopt);
}

}  // namespace

}  // namespace rem
