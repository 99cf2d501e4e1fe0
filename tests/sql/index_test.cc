#include "sql/sql_fixture.h"

namespace rem {

namespace {

/// Answers through indexes must be those of a scan.
class IndexQueryTest : public ::testing::TestWithParam<bool> {
 protected:
  IndexQueryTest() : db_(GetParam()) {
    db_.Register("articles", kArticleSchema);
    InsertArticles(db_, 3000);
  }
  void ExpectSame(const std::string& sql, const std::vector<Value>& parameters = {}) {
    db_.settings.optimise = true;
    const std::string fast = db_.Rows(sql, parameters);
    db_.settings.batch_rows = 1;
    EXPECT_EQ(db_.Rows(sql, parameters), fast) << sql;
    db_.settings.batch_rows = 2048;
    db_.settings.optimise = false;
    EXPECT_EQ(db_.Rows(sql, parameters), fast) << sql;
    EXPECT_EQ(fast.empty(), sql.find("-- none") != std::string::npos) << sql;
  }
  SqlDatabase db_;
};

TEST_P(IndexQueryTest, ConditionsGiveTheRowsOfAScan) {
  for (const char* condition : {"views = 500",
                                "views IN (10, 20, 20, 99999)",
                                "views > 29900",
                                "views >= 29900 AND views < 29950",
                                "views BETWEEN 100 AND 200",
                                "views = 500.0",
                                "views > 29900.5",
                                "views = 500.5 -- none",
                                "name LIKE 'article 29%'",
                                "name = 'article 7'",
                                "name > 'article 99'",
                                "category IS NULL AND views < 1000",
                                "author = 'author 3' AND active",
                                "metadata.level = 3 AND views < 500",
                                "metadata.level = 3.0 AND views < 500",
                                "metadata.level IN (1, 2) AND views < 300",
                                "views = NULL -- none",
                                "author = 'author 3' AND author = 'author 4' -- none",
                                "category = 'cat1'",
                                "starts_with(name, 'article 12')",
                                "views < 100 OR views = 20000",
                                "author = 'author 3' OR name = 'article 7'",
                                "author = 'author 3' OR views < 1800",
                                "(author = 'author 3' AND views < 1800 AND active) OR category = 'cat1'",
                                "category = 'cat9' OR category IS NULL AND views < 300",
                                "author = 'author 3' OR rating > 370",
                                "author = 'author 3' OR NULL",
                                "author = 'author 3' AND category = 'cat1' AND views > 0",
                                "category = 'cat1' AND views < 1000 AND name LIKE 'article 7%'",
                                "category = 'cat1' AND author IN ('author 3', 'author 4', 'author 5')",
                                "category = 'cat1' AND author = 'nobody' -- none",
                                "NOT (views >= 100)"}) {
    ExpectSame(std::string("SELECT views, name FROM articles WHERE ") + condition + "\n ORDER BY views");
  }
}

TEST_P(IndexQueryTest, ASecondIndexSparesReadingRows) {
  const std::string few = db_.Rows(
      "EXPLAIN ANALYZE SELECT rating FROM articles WHERE views BETWEEN 100 AND 900 AND author IN ('author 0', 'author "
      "1')");
  EXPECT_NE(few.find("rows=81 batches=1 loops=1"), std::string::npos) << few;
  EXPECT_NE(few.find("index entries=81 entries of other indexes=99"), std::string::npos) << few;
  // The first has too many entries to be read by, the second has not.
  const std::string many = db_.Rows(
      "EXPLAIN ANALYZE SELECT rating FROM articles WHERE category = 'cat1' AND author IN ('author 3', 'author 4', "
      "'author 5')");
  EXPECT_NE(many.find("index entries=150"), std::string::npos) << many;
}

TEST_P(IndexQueryTest, IndexesGiveTheirOwnValuesWithoutTheRows) {
  for (const char* query : {"SELECT author FROM articles WHERE author = 'author 3'",
                            "SELECT count(*), min(views), max(views) FROM articles WHERE views BETWEEN 95 AND 777",
                            "SELECT category FROM articles WHERE category IN ('cat1', 'cat7') ORDER BY 1",
                            "SELECT count(*), count(category) FROM articles WHERE category IS NULL",
                            "SELECT name, upper(name) FROM articles WHERE name LIKE 'article 12%'",
                            "SELECT views FROM articles WHERE views < 500 AND views % 20 = 0",
                            "SELECT views FROM articles WHERE views > 100 -- more than an index is read for"}) {
    ExpectSame(query);
  }
}

TEST_P(IndexQueryTest, IndexesGiveOnlyRowsThatAreThere) {
  db_.Sql("DELETE FROM articles WHERE name = 'article 151'");
  db_.Sql("UPDATE articles SET author = 'other' WHERE name = 'article 152'");
  ExpectSame("SELECT count(author) FROM articles WHERE author = 'author 3'");
  EXPECT_EQ(db_.Rows("SELECT count(author) FROM articles WHERE author = 'author 3'"), "48");
  EXPECT_EQ(db_.Rows("SELECT author, count(*) FROM articles WHERE author = 'other' GROUP BY 1"), "other|1");
}

TEST_P(IndexQueryTest, OrdersGiveTheRowsOfASort) {
  for (const char* order :
       {"views LIMIT 5", "views DESC LIMIT 5", "views DESC LIMIT 5 OFFSET 3", "views LIMIT 100 OFFSET 50",
        "views DESC LIMIT 0 -- none", "views LIMIT 1 OFFSET 5000 -- none"}) {
    ExpectSame(std::string("SELECT views, name FROM articles ORDER BY ") + order);
    ExpectSame(std::string("SELECT views * 2, name FROM articles WHERE views > 1000 ORDER BY ") + order);
    ExpectSame(std::string("SELECT * FROM articles WHERE active ORDER BY ") + order);
  }
  ExpectSame("SELECT views FROM articles WHERE rating > 1000 AND active ORDER BY views LIMIT 10 -- none");
  ExpectSame("SELECT views FROM articles WHERE views > 100 AND rating = 12.625 ORDER BY views LIMIT 10");
}

TEST_P(IndexQueryTest, ParametersAreBoundsOfAnIndex) {
  ExpectSame("SELECT views FROM articles WHERE author = $1 ORDER BY 1", {Value("author 3")});
  ExpectSame("SELECT views FROM articles WHERE author = ? AND views > ? ORDER BY 1", {Value("author 3"), Value(1700)});
  ExpectSame("SELECT views FROM articles WHERE views IN (?, ?) ORDER BY 1 LIMIT ?", {Value("10"), Value(20), Value(5)});
  ExpectSame("SELECT views FROM articles WHERE views = $1 -- none", {Value()});
}

TEST_P(IndexQueryTest, LongTextsAreComparedInTheRow) {
  const std::string start(600, 'x');
  for (const char* end : {"b", "a", "c"})
    db_.Insert("articles", R"({"name": ")" + start + end + R"(", "author": "long"})");
  ExpectSame("SELECT length(name), right(name, 1) FROM articles WHERE name = '" + start + "a'");
  ExpectSame("SELECT right(name, 1) FROM articles WHERE name > '" + start + "a' ORDER BY name");
  ExpectSame("SELECT right(name, 1) FROM articles WHERE name LIKE '" + start + "b%'");
  ExpectSame("SELECT right(name, 1) FROM articles ORDER BY name DESC LIMIT 2");
  ExpectSame("SELECT right(name, 1) FROM articles WHERE name >= '" + start + "' ORDER BY name LIMIT 3");
}

TEST_P(IndexQueryTest, DeletedRowsAreGone) {
  const Uuid id = db_.Insert("articles", R"({"name": "to go", "views": 5})");
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE id = '" + id.ToString() + "'"), "to go");
  db_.tenant().writer().Delete(id);
  ExpectSame("SELECT name FROM articles WHERE id = '" + id.ToString() + "' -- none");
  ExpectSame("SELECT name FROM articles WHERE name = 'to go' -- none");
  ExpectSame("SELECT name, views FROM articles ORDER BY views LIMIT 1");
}

TEST_P(IndexQueryTest, IdsInAListComeOnce) {
  const Uuid a = db_.Insert("articles", R"({"name": "a", "views": 1})"),
             b = db_.Insert("articles", R"({"name": "b", "views": 2})");
  ExpectSame("SELECT name FROM articles WHERE id IN ('" + b.ToString() + "', '" + a.ToString() + "', '" + a.ToString() +
             "') ORDER BY name");
  ExpectSame("SELECT name FROM articles WHERE id = $1", {Value(a)});
  ExpectSame("SELECT name FROM articles WHERE id::text = '" + a.ToString() + "'");
}

// Where a scan would leave the columns in memory for all that follow, an index is only taken for few rows: else the
// cache would stay empty for ever.
TEST(IndexCostTest, WideRangesAreScannedWhereTheColumnCacheCanTakeThem) {
  const std::string wide = "EXPLAIN ANALYZE SELECT count(*) FROM articles WHERE views >= 24000 AND active";
  const std::string narrow = "EXPLAIN ANALYZE SELECT count(*) FROM articles WHERE views >= 29500 AND active";
  for (const size_t cache_bytes : {OpenOptions().column_cache_bytes, size_t{0}}) {
    SqlDatabase db(false, OpenOptions().row_cache_bytes, cache_bytes);
    db.Register("articles", kArticleSchema);
    InsertArticles(db, 3000);
    const bool scans = db.Rows(wide).find("scans of the table instead") != std::string::npos;
    EXPECT_EQ(scans, cache_bytes > 0) << db.Rows(wide);
    EXPECT_EQ(db.Rows(narrow).find("scans of the table instead"), std::string::npos) << db.Rows(narrow);
  }
}

// Each statement by itself costs less by the index than by a scan of a table that is not cached; many of them do not.
TEST(IndexCostTest, RepeatedLookupsOfManyRowsPayForAScanThatKeepsTheColumns) {
  const std::string query = "SELECT name, rating FROM articles WHERE views >= 28500 AND active ORDER BY views";
  for (const size_t cache_bytes : {OpenOptions().column_cache_bytes, size_t{0}}) {
    SqlDatabase db(false, OpenOptions().row_cache_bytes, cache_bytes);
    db.Register("articles", kArticleSchema);
    InsertArticles(db, 3000);
    const std::string expected = db.Rows(query);
    std::string scanned;
    for (int i = 0; i < 30; ++i) {
      const std::string plan = db.Rows("EXPLAIN ANALYZE " + query);
      scanned += plan.find("scans of the table instead") == std::string::npos ? '-' : '+';
      ASSERT_EQ(db.Rows(query), expected) << i;
    }
    if (cache_bytes == 0) {
      EXPECT_EQ(scanned.find('+'), std::string::npos) << scanned;
      continue;
    }
    // Not at once; and all that follow find the columns, or they would go by the index again.
    EXPECT_TRUE(scanned.starts_with("-")) << scanned;
    EXPECT_TRUE(scanned.ends_with("++++++++++")) << scanned;
    EXPECT_EQ(scanned.find("+-"), std::string::npos) << scanned;
    db.Insert("articles", R"({"name": "new", "views": 28505, "active": true, "rating": 1})");
    EXPECT_NE(db.Rows(query), expected);
    EXPECT_NE(db.Rows(query).find("new"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, IndexQueryTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "rocksdb" : "memory"; });

}  // namespace

}  // namespace rem
