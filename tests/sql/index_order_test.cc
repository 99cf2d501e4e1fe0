#include "base/thread_pool.h"
#include "sql/explain_fixture.h"

namespace rem {

namespace {

class TwoTablesTest : public ExplainTest {
 protected:
  explicit TwoTablesTest(size_t column_cache_bytes = OpenOptions{}.column_cache_bytes)
      : ExplainTest(column_cache_bytes) {
    db_.Register("others", kArticleSchema);
    std::vector<Document> records;
    for (int i = 1; i <= 800; ++i) {
      const std::string views = i % 5 == 0 ? "" : R"(,"views":)" + std::to_string(i % 300 * 5);
      records.push_back(Document::FromJson(R"({"name":"n)" + std::to_string(i % 7) + "\"" + views + "}"));
    }
    db_.InsertAll("others", records);
  }
  /// Answers of the plan and of the one without any rule.
  void ExpectSame(const std::string& sql) {
    for (const size_t batch : {1, 3, 2048}) {
      db_.settings.batch_rows = batch;
      const std::string rows = db_.Rows(sql);
      db_.settings.optimise = false;
      EXPECT_EQ(rows, db_.Rows(sql)) << sql << " in batches of " << batch;
      db_.settings.optimise = true;
    }
    db_.settings.batch_rows = 2048;
  }
};

/// Tables that do not fit the column cache, for there is none: that is where an index's order pays.
class IndexOrderTest : public TwoTablesTest {
 protected:
  IndexOrderTest() : TwoTablesTest(0) {}
};

TEST_F(IndexOrderTest, GroupsComeFromAnIndexThatHoldsThemInOrder) {
  EXPECT_EQ(Shape("SELECT views, count(*) FROM others GROUP BY views"),
            "Ordered Aggregate count > Index Order Scan on others");
  EXPECT_EQ(Shape("SELECT author, count(*) FROM articles WHERE author > 'author 3' GROUP BY author"),
            "Ordered Aggregate count > Index Order Scan on articles");
  // Rows would have to be read, two columns are no index's order, one value needs none.
  EXPECT_EQ(Shape("SELECT author, sum(views) FROM articles GROUP BY author"), "Aggregate sum > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT author, views, count(*) FROM articles GROUP BY author, views"),
            "Aggregate count > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT author, count(*) FROM articles WHERE author = 'author 3' GROUP BY author"),
            "Aggregate count > Index Only Scan on articles");
}

TEST_F(TwoTablesTest, ThatTheColumnCacheHoldsAreHashed) {
  EXPECT_EQ(Shape("SELECT views, count(*) FROM others GROUP BY views"), "Aggregate count > Table Scan on others");
  EXPECT_EQ(Shape("SELECT count(*) FROM others o JOIN articles a ON o.views = a.views"),
            "Aggregate count > Hash Join by views = views > Table Scan on articles > Table Scan on others");
}

TEST_F(IndexOrderTest, DifferentRowsAreGroups) {
  EXPECT_EQ(Shape("SELECT DISTINCT author FROM articles"),
            "Ordered Aggregate by author > Index Order Scan on articles");
  EXPECT_EQ(Shape("SELECT DISTINCT category, author FROM articles"),
            "Aggregate by category, author > Table Scan on articles");
  // Few of them, and such with other columns, come out as they are met.
  EXPECT_EQ(Shape("SELECT DISTINCT category, author FROM articles LIMIT 2"),
            "Limit limit 2 > Distinct by category, author > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT DISTINCT ON (category) category, name FROM articles"),
            "Distinct by category > Table Scan on articles");
}

TEST_F(IndexOrderTest, AnOrderNeedsNoSort) {
  EXPECT_EQ(Shape("SELECT views FROM articles ORDER BY views"), "Index Order Scan on articles");
  EXPECT_EQ(Shape("SELECT views FROM articles WHERE views < 900 ORDER BY views DESC"), "Index Order Scan on articles");
  EXPECT_EQ(Shape("SELECT views FROM articles ORDER BY views NULLS FIRST"),
            "Sort by views nulls first > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name, views FROM articles ORDER BY views"), "Sort by views > Table Scan on articles");
  // An index makes a 0.0 of -0.0.
  EXPECT_EQ(Shape("SELECT rating FROM articles ORDER BY rating"), "Sort by rating > Table Scan on articles");
}

TEST_F(IndexOrderTest, TwoIndexesAreMerged) {
  EXPECT_EQ(
      Shape("SELECT count(*) FROM others o JOIN articles a ON o.views = a.views"),
      "Aggregate count > Merge Join by views = views > Index Order Scan on articles > Index Order Scan on others");
  EXPECT_EQ(Shape("SELECT o.views FROM others o LEFT JOIN articles a ON o.views = a.views"),
            "Merge Left Join by views = views > Index Order Scan on others > Index Order Scan on articles");
  EXPECT_EQ(Shape("SELECT o.views FROM others o WHERE NOT EXISTS (SELECT 1 FROM articles a WHERE o.views = a.views)"),
            "Merge Anti Join by views = views > Index Order Scan on others > Index Order Scan on articles");
  EXPECT_EQ(Shape("SELECT count(a.rating) FROM others o JOIN articles a ON o.views = a.views"),
            "Aggregate count > Hash Join by views = views > Table Scan on articles > Table Scan on others");
  EXPECT_EQ(Shape("SELECT count(*) FROM others o FULL JOIN articles a ON o.views = a.views"),
            "Aggregate count > Hash Full Join by views = views > Table Scan on others > Table Scan on articles");
}

TEST_F(IndexOrderTest, AnswersAreThoseOfHashing) {
  for (const std::string sql :
       {"SELECT views, count(*) FROM others GROUP BY views ORDER BY views",
        "SELECT name, count(DISTINCT name) FROM articles GROUP BY name ORDER BY 1",
        "SELECT DISTINCT views FROM others ORDER BY views", "SELECT DISTINCT views, name FROM others ORDER BY 1, 2",
        "SELECT count(*) FROM (SELECT DISTINCT views FROM others LIMIT 5) t",
        "SELECT count(*) FROM (SELECT DISTINCT name FROM others WHERE views < 0) t",
        "SELECT views FROM others ORDER BY views", "SELECT views FROM others ORDER BY views DESC",
        "SELECT views FROM others WHERE views > 100 AND views < 700 AND views % 2 = 0 ORDER BY views",
        "SELECT count(*), sum(o.views), min(a.views) FROM others o JOIN articles a ON o.views = a.views",
        "SELECT count(*), count(a.views), sum(o.views) FROM others o LEFT JOIN articles a ON o.views = a.views",
        "SELECT o.views, a.views FROM others o LEFT JOIN articles a ON o.views = a.views AND a.views % 3 = 0 ORDER BY "
        "1, 2",
        "SELECT count(*) FROM others o JOIN others p ON o.views = p.views WHERE o.views < p.views + 1",
        "SELECT count(*) FROM others o JOIN others p ON o.name = p.name",
        "SELECT o.name FROM others o JOIN articles a ON o.name = a.name",
        "SELECT views FROM others o WHERE EXISTS (SELECT 1 FROM articles a WHERE o.views = a.views) ORDER BY 1",
        "SELECT views FROM others o WHERE NOT EXISTS (SELECT 1 FROM articles a WHERE o.views = a.views) ORDER BY 1",
        "SELECT views FROM others o WHERE NOT EXISTS (SELECT 1 FROM articles a WHERE o.views = a.views AND a.views > "
        "200 "
        "AND o.views < 600) ORDER BY 1"})
    ExpectSame(sql);
}

TEST_F(IndexOrderTest, TextsThatTheIndexHoldsCutComeInTheirOrder) {
  const std::string beginning(600, 'x');
  std::vector<Document> records;
  for (int i = 0; i < 40; ++i) {
    const std::string name = i % 4 == 3 ? "y" + std::to_string(i) : beginning + std::to_string(i * 7 % 10);
    records.push_back(Document::FromJson(R"({"name":")" + name + R"("})"));
  }
  db_.InsertAll("others", records);
  EXPECT_EQ(Shape("SELECT name FROM others ORDER BY name"), "Index Order Scan on others");
  for (const std::string sql : {"SELECT name FROM others ORDER BY name", "SELECT name FROM others ORDER BY name DESC",
                                "SELECT name, count(*) FROM others GROUP BY name ORDER BY name",
                                "SELECT count(*) FROM others o JOIN others p ON o.name = p.name",
                                "SELECT name FROM others WHERE name > 'x' AND name < 'xy' ORDER BY name"})
    ExpectSame(sql);
}

TEST_F(IndexOrderTest, GroupsNeedNoMoreMemoryThanABatchOfThem) {
  db_.settings.batch_rows = 16;
  db_.settings.memory_limit_bytes = 60'000;
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM (SELECT name, count(*) AS n FROM articles GROUP BY name) t WHERE n = 1"),
            "1000");
  db_.settings.optimise = false;
  EXPECT_THROW(db_.Rows("SELECT count(*) FROM (SELECT name, count(*) AS n FROM articles GROUP BY name) t WHERE n = 1"),
               Error);
}

}  // namespace

}  // namespace rem
