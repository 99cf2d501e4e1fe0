#include <gtest/gtest.h>

#include <string>

#include "sql/sql_fixture.h"

namespace rem {

namespace {

std::string Repeat(std::string_view piece, size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (size_t i = 0; i < times; ++i) text += piece;
  return text;
}

class SqlLimitsTest : public ::testing::Test {
 protected:
  SqlLimitsTest() {
    db_.Register("articles", kArticleSchema);
    InsertArticles(db_, 20);
  }

  // Answered, or refused as past a limit or as not supported yet; never anything else.
  void ExpectAnswerOrLimit(const std::string& text) {
    SCOPED_TRACE(text.substr(0, 120));
    try {
      db_.Sql(text).FetchAll(1'000'000);
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::kLimitExceeded || error.code() == ErrorCode::kNotSupported)
          << error.what();
    }
  }

  // For what must only end soon: functions and patterns may be unknown or refused.
  void ExpectSomeAnswer(const std::string& text) {
    SCOPED_TRACE(text.substr(0, 120));
    try {
      EXPECT_EQ(db_.Sql(text).FetchAll(10).size(), 1u);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
    }
  }

  void ExpectLimit(const std::string& text) {
    SCOPED_TRACE(text.substr(0, 120));
    try {
      db_.Sql(text).FetchAll(1'000'000);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kLimitExceeded) << error.what();
    }
  }

  SqlDatabase db_;
};

TEST_F(SqlLimitsTest, TenMegabytesOfStatement) {
  ExpectLimit("SELECT '" + std::string(10 << 20, 'x') + "'");
  ExpectLimit("SELECT 1" + Repeat(" + 1", 2'600'000));
  ExpectLimit("SELECT 1 " + std::string(10 << 20, ' '));
}

TEST_F(SqlLimitsTest, AHundredThousandConditions) {
  ExpectAnswerOrLimit("SELECT count(*) FROM articles WHERE views > 0" + Repeat(" AND true", 100'000));
  ExpectAnswerOrLimit("SELECT count(*) FROM articles WHERE views = 1" + Repeat(" OR views=2", 90'000));
  ExpectAnswerOrLimit("SELECT count(*) FROM articles WHERE views IN (1" + Repeat(",1", 200'000) + ")");
}

TEST_F(SqlLimitsTest, AThousandJoins) {
  std::string commas = "SELECT count(*) FROM articles t", joins = commas, crosses = commas;
  for (int i = 0; i < 1000; ++i) {
    const std::string alias = "t" + std::to_string(i);
    commas += ", articles " + alias;
    joins += " JOIN articles " + alias + " ON " + alias + ".views = t.views";
    crosses += " CROSS JOIN (SELECT 1) " + alias;
  }
  ExpectAnswerOrLimit(joins);
  ExpectAnswerOrLimit(crosses);
}

TEST_F(SqlLimitsTest, TenThousandLevels) {
  for (const char* open : {"(", "NOT (", "abs(", "(SELECT ", "- (", "coalesce(1, "}) {
    ExpectLimit("SELECT " + Repeat(open, 10'000) + "1" + Repeat(")", 10'000));
    ExpectLimit("SELECT 1 FROM articles WHERE 1 = " + Repeat(open, 10'000) + "1" + Repeat(")", 10'000));
  }
  ExpectLimit("SELECT " + Repeat("CASE WHEN true THEN ", 10'000) + "1" + Repeat(" END", 10'000));
  ExpectLimit("SELECT 1 FROM " + Repeat("(SELECT 1 FROM ", 10'000) + "articles" + Repeat(") x", 10'000));
  ExpectAnswerOrLimit("SELECT 1" + Repeat(" UNION ALL SELECT 1", 10'000));
  ExpectAnswerOrLimit("SELECT 1" + Repeat("::text::bigint", 10'000));
  ExpectAnswerOrLimit("SELECT views" + Repeat(" + 1", 10'000) + " FROM articles");
  ExpectAnswerOrLimit("SELECT name" + Repeat(" || 'x'", 10'000) + " FROM articles");
}

TEST_F(SqlLimitsTest, PatternsThatBacktrack) {
  // A backtracking matcher needs longer than anyone waits for these.
  const std::string a(40, 'a');
  ExpectSomeAnswer("SELECT '" + a + "b' LIKE '" + Repeat("%a", 30) + "%c'");
  ExpectSomeAnswer("SELECT '" + a + "!' ~ '^(a+)+$'");
  ExpectSomeAnswer("SELECT '" + a + "!' ~ '(((a{1,100}){1,100}){1,100})'");
  ExpectSomeAnswer("SELECT regexp_replace('" + a + "!', '(a|aa)+$', 'x')");
}

TEST_F(SqlLimitsTest, GrowthWithoutEnd) {
  db_.settings.memory_limit_bytes = size_t{16} << 20;
  ExpectAnswerOrLimit("SELECT repeat('x', 1000000000)");
  ExpectAnswerOrLimit("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  ExpectAnswerOrLimit("WITH RECURSIVE n(i) AS (SELECT 'x' UNION ALL SELECT i || i FROM n) SELECT max(i) FROM n");
  ExpectAnswerOrLimit(
      "SELECT count(DISTINCT a.name || b.name || c.name || d.name) FROM articles a, articles b, articles c, articles "
      "d");
}

TEST_F(SqlLimitsTest, ListsOfInCountAsMemory) {
  std::string sql = "SELECT count(*) FROM articles WHERE views + 0 IN (0";
  for (int i = 1; i < 20'000; ++i) sql += "," + std::to_string(i);
  EXPECT_NO_THROW(db_.Rows(sql + ")"));
  db_.settings.memory_limit_bytes = 1'000'000;
  try {
    db_.Rows(sql + ")");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), "53200");
    EXPECT_NE(error.hint().find("IN list"), std::string::npos) << error.hint();
  }
}

}  // namespace

}  // namespace rem
