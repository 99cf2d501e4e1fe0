#include "sql/explain_fixture.h"

namespace rem {

namespace {

class SubqueryPlanTest : public ExplainTest {};

TEST_F(SubqueryPlanTest, ExistsIsASemiJoinAndItsNegationAnAntiJoin) {
  EXPECT_EQ(Shape("SELECT a.name FROM articles a WHERE EXISTS (SELECT 1 FROM articles b WHERE b.rating = a.rating)"),
            "Hash Semi Join by rating = rating > Table Scan on articles > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT a.name FROM articles a WHERE a.active AND NOT EXISTS (SELECT b.name FROM articles b WHERE "
                  "b.rating = a.rating AND b.views > a.views AND b.active ORDER BY b.name LIMIT 1)"),
            "Hash Anti Join by rating = rating on views > views > Table Scan on articles > Table Scan on articles");
}

TEST_F(SubqueryPlanTest, ExistsStaysWhereItsRowsDependOnTheOuterRow) {
  for (const char* inner : {"SELECT 1 FROM articles b WHERE b.rating = a.rating GROUP BY b.author HAVING count(*) > 1",
                            "SELECT 1 FROM articles b WHERE b.rating = a.rating OFFSET 1",
                            "SELECT 1 FROM articles b LEFT JOIN articles c ON c.rating = a.rating WHERE c.name IS NULL",
                            "SELECT 1 FROM articles b WHERE b.rating = 2"}) {
    EXPECT_TRUE(Shape(std::string("SELECT a.name FROM articles a WHERE EXISTS (") + inner + ")").starts_with("Filter"))
        << inner;
  }
}

TEST_F(SubqueryPlanTest, TheSelectListsSubqueriesWaitForLimitUnlessItOrdersByThem) {
  const std::string select =
      "SELECT a.name, (SELECT count(*) FROM articles b WHERE b.views < a.views) AS n FROM articles a ";
  EXPECT_TRUE(Shape(select + "ORDER BY a.rating LIMIT 2").starts_with("Project > Fetch from articles > Top N"));
  EXPECT_TRUE(Shape(select + "LIMIT 2").starts_with("Project > Limit"));
  EXPECT_FALSE(Shape(select + "ORDER BY n LIMIT 2").starts_with("Project"));
  EXPECT_FALSE(Shape(select + "ORDER BY n FETCH FIRST 2 ROWS WITH TIES").starts_with("Project"));
}

TEST_F(SubqueryPlanTest, InIsASemiJoinAndNotInMindsNulls) {
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE rating IN (SELECT b.rating FROM articles b)"),
            "Hash Semi Join by rating = rating > Table Scan on articles > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE rating NOT IN (SELECT b.rating FROM articles b)"),
            "Hash Anti Join by rating = rating or null > Table Scan on articles > Table Scan on articles");
  EXPECT_EQ(Shape("SELECT name FROM articles WHERE rating <> ALL (SELECT b.rating FROM articles b)"),
            "Hash Anti Join by rating = rating or null > Table Scan on articles > Table Scan on articles");
  EXPECT_EQ(
      Shape("SELECT a.name FROM articles a WHERE a.rating NOT IN (SELECT b.rating FROM articles b WHERE b.author = "
            "a.author)"),
      "Hash Anti Join by author = author on > Table Scan on articles > Table Scan on articles");
}

TEST_F(SubqueryPlanTest, AConditionOfTheFilledSideSinksBelowAnOuterJoin) {
  EXPECT_EQ(
      Shape("SELECT a.name, b.name FROM articles a LEFT JOIN articles b ON a.views = b.views AND b.author = 'author "
            "3' AND a.active"),
      "Hash Left Join by views = views on active > Table Scan on articles > Index Scan on articles");
}

}  // namespace

}  // namespace rem
