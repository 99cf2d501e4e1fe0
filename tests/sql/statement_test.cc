#include "sql/sql_fixture.h"

#include <algorithm>

#include "base/random.h"
#include "sql/plan_cache.h"

namespace rem {

namespace {

class StatementTest : public ::testing::Test {
 protected:
  StatementTest() {
    db_.Register("articles", kArticleSchema);
    InsertArticles(db_, 100);
  }
  /// The error of a statement, or the failure that there was none.
  Error Fail(std::string_view sql, const std::vector<Value>& parameters = {}) {
    try {
      db_.Sql(sql, parameters).FetchAll();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error: " << sql.substr(0, 200);
    return Error(ErrorCode::kInternal, "");
  }
  static size_t CharactersOf(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  }
  SqlDatabase db_;
};

TEST_F(StatementTest, ErrorsHavePositionsAndNearestNames) {
  Error error = Fail("SELECT name FROM articles WHERE categry = 'x'");
  EXPECT_EQ(error.code(), ErrorCode::kColumnNotFound);
  EXPECT_EQ(error.position(), 33);
  EXPECT_NE(error.hint().find("category"), std::string::npos);
  error = Fail("SELECT 1 FROM artcles");
  EXPECT_EQ(error.code(), ErrorCode::kTableNotFound);
  EXPECT_EQ(error.position(), 15);
  EXPECT_NE(std::string(error.what()).find("articles"), std::string::npos);
  error = Fail("SELECT 'ä', nme FROM articles");
  EXPECT_EQ(error.position(), 13);
  error = Fail("SELECT ? || lowr(name) FROM articles", {Value("x")});
  EXPECT_EQ(error.position(), 13);
  EXPECT_NE(error.hint().find("lower"), std::string::npos);
  error = Fail("SELECT ?, FROM articles", {Value("x")});
  EXPECT_EQ(error.code(), ErrorCode::kSyntax);
  EXPECT_EQ(error.position(), 11);
}

TEST_F(StatementTest, ParametersTakeTheTypeOfTheirPlace) {
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE views = $1", {Value("70")}), "article 7");
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE views = $1", {Value(70)}), "article 7");
  EXPECT_EQ(db_.Rows("SELECT $1 || $2", {Value("a"), Value("b")}), "ab");
  EXPECT_EQ(db_.Rows("SELECT ?::int + ?", {Value("1"), Value(2)}), "3");
  EXPECT_EQ(db_.Rows("SELECT $1 IS NULL", {Value()}), "t");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE metadata ? 'level' AND views < ?", {Value(51)}), "5");
  EXPECT_EQ(Fail("SELECT name FROM articles WHERE views = $1", {Value("x")}).code(), ErrorCode::kInvalidText);
  EXPECT_EQ(Fail("SELECT $1").code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Fail("SELECT 1", {Value(1)}).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Fail("SELECT $1, ?", {Value(1), Value(2)}).code(), ErrorCode::kSyntax);
  EXPECT_EQ(Fail("SELECT $0", {}).code(), ErrorCode::kLimitExceeded);
}

TEST_F(StatementTest, QuestionMarksInStringsAndCommentsAreText) {
  EXPECT_EQ(db_.Rows("SELECT '?', E'\\'?', $$?$$, \"?\" -- ?\n /* ? /* ? */ ? */"), "?|'?|?|?");
}

TEST_F(StatementTest, QuotedNamesThatAreNoColumnsAreTexts) {
  EXPECT_EQ(db_.Rows("SELECT \"name\" FROM articles WHERE author = \"author 0\" AND views = 10"), "article 1");
  const std::string longer(200, 'y');
  EXPECT_EQ(db_.Rows("SELECT length(\"" + longer + "\")"), "200");
  db_.settings.quoted_names_as_text = false;
  EXPECT_EQ(Fail("SELECT name FROM articles WHERE author = \"author 0\"").code(), ErrorCode::kColumnNotFound);
}

TEST_F(StatementTest, UndeclaredPropertiesAreColumns) {
  db_.Insert("articles", R"({"name": "extra", "colour": "red", "size": {"w": 3}})");
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE colour = 'red'"), "extra");
  EXPECT_EQ(db_.Rows("SELECT colour, size.w FROM articles WHERE size.w = 3"), "\"red\"|3");
  EXPECT_EQ(Fail("SELECT color FROM articles").code(), ErrorCode::kColumnNotFound);
  Result result = db_.Sql("SELECT * FROM articles WHERE name = 'extra'");
  ASSERT_TRUE(result.Next());
  EXPECT_EQ(result.columns().back().name, "*");
  EXPECT_EQ(result.GetJson(result.columns().size() - 1).ToJson(), R"({"colour":"red","size":{"w":3}})");
}

TEST_F(StatementTest, NamesOfColumnsIgnoreCaseUnlessQuoted) {
  db_.Register("camel",
               R"({"type":"object","properties":{"firstName":{"type":"string"}},"additionalProperties":false})");
  db_.Insert("camel", R"({"firstName":"Ada"})");
  EXPECT_EQ(db_.Rows("SELECT firstName, FIRSTNAME, \"firstName\" FROM camel"), "Ada|Ada|Ada");
  EXPECT_EQ(db_.Sql("SELECT firstName FROM camel").columns()[0].name, "firstName");
  // A query in FROM may have given the column another name.
  EXPECT_EQ(db_.Sql("SELECT NAME FROM (SELECT firstName AS name FROM camel) AS d").columns()[0].name, "name");
  EXPECT_EQ(db_.Sql("SELECT x FROM (SELECT firstname FROM camel) AS d(x)").columns()[0].name, "x");
}

TEST_F(StatementTest, ExpressionsAreNamedAsInPostgres) {
  const auto name = [&](const std::string& expr) { return db_.Sql("SELECT " + expr).columns()[0].name; };
  EXPECT_EQ(name("1 + 1"), "?column?");
  EXPECT_EQ(name("1::bigint"), "int8");
  EXPECT_EQ(name("1::bigint::text"), "text");
  EXPECT_EQ(name("lower('A')::varchar(3)"), "lower");
  EXPECT_EQ(name("CASE WHEN true THEN 1 ELSE 2::bigint END"), "case");
  EXPECT_EQ(name("CASE WHEN true THEN 'a' ELSE lower('B') END"), "lower");
  EXPECT_EQ(name("(SELECT 1 AS x)::text"), "x");
  EXPECT_EQ(name("(SELECT 1::text)"), "text");
  EXPECT_EQ(name("CASE WHEN true THEN 1 ELSE (SELECT 1::bigint) END"), "int8");
  EXPECT_EQ(name("(SELECT 1 + 1)::text"), "?column?");
  EXPECT_EQ(name("(ARRAY[1, 2])[1]"), "array");
  EXPECT_EQ(name("EXISTS (SELECT 1)"), "exists");
}

TEST_F(StatementTest, LimitsAreErrors) {
  EXPECT_EQ(Fail("SELECT '" + std::string(2 << 20, 'x') + "'").code(), ErrorCode::kLimitExceeded);
  const auto repeat = [](const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  };
  for (const int depth : {1'100, 10'000, 100'000}) {
    for (const std::string& sql :
         {"SELECT " + repeat("(", depth) + "1" + repeat(")", depth), "SELECT 1" + repeat("+1", depth),
          "SELECT " + repeat("NOT ", depth) + "true", "SELECT " + repeat("- ", depth) + "1",
          "SELECT 1" + repeat("::int", depth), "SELECT " + repeat("lower(", depth) + "'x'" + repeat(")", depth),
          "SELECT 1 FROM " + repeat("(SELECT 1 FROM ", depth / 2),
          "SELECT " + repeat("CASE WHEN true THEN ", depth) + "1" + repeat(" END", depth),
          "SELECT true" + repeat(" IS TRUE", depth), "SELECT metadata" + repeat("->'a'", depth) + " FROM articles",
          "SELECT 1" + repeat(" UNION SELECT 1", depth)}) {
      if (sql.size() > (1 << 20)) continue;
      const Error error = Fail(sql);
      EXPECT_TRUE(error.code() == ErrorCode::kLimitExceeded || error.code() == ErrorCode::kSyntax)
          << sql.substr(0, 60) << ": " << error.what();
    }
  }
  EXPECT_EQ(Fail("SELECT " + repeat("NULLIF(", 300) + "1" + repeat(", 2)", 300)).code(), ErrorCode::kLimitExceeded);
  EXPECT_EQ(Fail("SELECT " + repeat("CASE ", 200) + "1" + repeat(" WHEN 1 THEN 2 WHEN 2 THEN 3 END", 200)).code(),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(db_.Rows("SELECT " + repeat("(", 500) + "1" + repeat(")", 500) + " + " + repeat("abs(", 400) + "1" +
                     repeat(")", 400)),
            "2");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE views = 10" + repeat(" AND views = 10", 5'000)), "1");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE views = 10" + repeat(" OR views = 20", 5'000)), "2");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE views IN (10" + repeat(",20", 99'998) + ")"), "2");
  EXPECT_EQ(Fail("SELECT 1 FROM articles WHERE views IN (10" + repeat(",20", 100'001) + ")").code(),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(Fail(std::string("SELECT 1\0", 9)).code(), ErrorCode::kSyntax);
  EXPECT_EQ(Fail("SELECT '\xff'").code(), ErrorCode::kSyntax);
}

TEST_F(StatementTest, SortingPastTheMemoryLimitIsAnError) {
  db_.settings.memory_limit_bytes = 2000;
  EXPECT_EQ(Fail("SELECT name FROM articles ORDER BY rating").code(), ErrorCode::kLimitExceeded);
  EXPECT_EQ(db_.Sql("SELECT name FROM articles").FetchAll().size(), 100u);
}

TEST_F(StatementTest, RowsStreamWithTypesAndTypedCells) {
  Result result = db_.Sql(
      "SELECT name, views, rating, active, published, metadata, id, views / 0 FROM articles WHERE views >= 0 LIMIT 0");
  EXPECT_EQ(result.columns()[4].type, LogicalType::kTimestamp);
  EXPECT_EQ(result.columns()[6].type, LogicalType::kUuid);
  EXPECT_EQ(result.affected_rows(), -1);
  EXPECT_FALSE(result.Next());
  result = db_.Sql("SELECT name, views, rating, active, metadata FROM articles WHERE views = 40");
  EXPECT_THROW(result.GetText(0), Error);
  ASSERT_TRUE(result.Next());
  EXPECT_EQ(result.GetText(0), "article 4");
  EXPECT_EQ(result.GetInt(1), 40);
  EXPECT_EQ(result.GetDouble(1), 40);
  EXPECT_TRUE(result.IsNull(2));
  EXPECT_TRUE(result.GetBool(3));
  EXPECT_EQ(result.GetJson(4).Find("level")->AsInt(), 4);
  EXPECT_THROW(result.GetText(1), Error);
  EXPECT_THROW(result.GetDouble(2), Error);
  EXPECT_THROW(result.Get(5), Error);
  EXPECT_FALSE(result.Next());
  EXPECT_FALSE(result.Next());
  EXPECT_THROW(db_.Sql("SELECT name FROM articles").FetchAll(10), Error);
}

TEST_F(StatementTest, AResultSeesTheDataOfItsStart) {
  Result result = db_.Sql("SELECT count(*) FROM articles");
  db_.Insert("articles", R"({"name": "late"})");
  ASSERT_TRUE(result.Next());
  EXPECT_EQ(result.GetInt(0), 100);
}

TEST_F(StatementTest, CachedPlansServeOtherParameterValuesAndNewTables) {
  db_.settings.plan_cache = NewPlanCache(2);
  for (const int views : {10, 20, 30})
    EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE views = $1", {Value(views)}),
              "article " + std::to_string(views / 10));
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE views = $1", {Value()}), "");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles"), "100");
  db_.Insert("articles", R"({"name": "late"})");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles"), "101");
  db_.Register("other", R"({"type":"object","properties":{"x":{"type":"integer"}}})");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles"), "101");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM other"), "0");
}

TEST_F(StatementTest, StatementsThatDifferInLiteralsShareAPlan) {
  const auto plans = NewPlanCache(100);
  db_.settings.plan_cache = plans;
  for (const std::string views : {"10", "20", "30"}) {
    EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE views = " + views + " AND name <> 'it''s " + views + "'"),
              "article " + views.substr(0, 1));
  }
  EXPECT_EQ(plans->size(), 1u);
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE views = 3000000000 AND name <> 'a'"), "");
  // Literals that shape the plan or stand in another place are no values of one plan.
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE views > 980 ORDER BY 1 LIMIT 1"), "article 100");
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE views > 980 ORDER BY 1 LIMIT 2"), "article 100;article 99");
  EXPECT_EQ(db_.Rows("SELECT views = 10, count(*) FROM articles WHERE views < 30 GROUP BY views = 10 ORDER BY 1"),
            "f|1;t|1");
  EXPECT_EQ(db_.Rows("SELECT count(*) FILTER (WHERE views = 10), count(*) FILTER (WHERE views <= 20) FROM articles"),
            "1|2");
  for (const std::string views : {"10", "990"}) {
    EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles a WHERE EXISTS (SELECT 1 FROM articles b WHERE b.views = " +
                       views + " AND b.author = a.author)"),
              views == "10" ? "49" : "50");
  }
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE name = 'article'\n' 7'"), "1");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE name = E'article\\0407'"), "1");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE name = $$article 7$$ AND views = -70"), "0");
}

TEST_F(StatementTest, ErrorsOfSharedPlansHaveThePositionsOfTheirOwnText) {
  db_.settings.plan_cache = NewPlanCache();
  for (const std::string name : {"article 1", "a much longer name of an article, ä"}) {
    const std::string before = "SELECT count(*) FROM articles WHERE name <> '" + name + "' AND views < ";
    const int length = static_cast<int>(CharactersOf(before));
    EXPECT_EQ(db_.Rows(before + "'0'"), "0");
    EXPECT_EQ(Fail(before + "'x'").position(), length + 1);
    EXPECT_EQ(Fail(before + "5 AND nme = 3").position(), length + 7);
    EXPECT_EQ(Fail(before + "5000 AND views / (views - views) > 1").code(), ErrorCode::kDivisionByZero);
    EXPECT_EQ(Fail(before + "5000 AND (SELECT b.views FROM articles b WHERE b.views < 90) = 3").position(),
              length + 10);
  }
  EXPECT_EQ(Fail("SELECT 1 FROM articles WHERE views = 1 AND name = '\xff'").code(), ErrorCode::kSyntax);
  EXPECT_EQ(Fail("SELECT 1 FROM articles WHERE views = 1 AND name = 'open").code(), ErrorCode::kSyntax);
  EXPECT_EQ(Fail("SELECT 1 FROM articles WHERE views = 1 AND name = '''").code(), ErrorCode::kSyntax);
  EXPECT_EQ(Fail("SELECT 1 FROM articles WHERE name = 1 AND views = 7").position(), 35);
}

TEST_F(StatementTest, DamagedStatementsNeverEndTheProcess) {
  const std::vector<std::string> statements = {
      "SELECT name, views + 1 AS v FROM articles WHERE category IN ('cat1', 'cat2') AND rating > 2.5 ORDER BY v DESC "
      "LIMIT 5",
      "SELECT count(*), sum(views), avg(rating) FROM articles WHERE name LIKE 'article 1%' OR metadata.level = 3",
      "SELECT CASE WHEN active THEN lower(name) ELSE coalesce(category, 'x') END FROM articles WHERE NOT (views "
      "BETWEEN 10 AND 50)",
      "SELECT id, metadata->>'status', tags->0 FROM articles WHERE published > '2026-01-05' AND "
      "embedding.cosine('[1,0,0]')"};
  const uint64_t seed = 20261121;
  Random random(seed);
  int answered = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string sql = statements[random.Below(statements.size())];
    const std::string& other = statements[random.Below(statements.size())];
    for (uint64_t edits = 1 + random.Below(4); edits > 0; --edits) {
      const size_t at = random.Below(sql.size());
      switch (random.Below(5)) {
        case 0:
          sql.erase(at, 1 + random.Below(6));
          break;
        case 1:
          sql.insert(at, 1, static_cast<char>(random.Below(256)));
          break;
        case 2:
          sql.insert(at, other.substr(random.Below(other.size()), random.Below(12)));
          break;
        case 3:
          sql[at] = "()',.+-*/<>=?$\"1a "[random.Below(18)];
          break;
        default:
          sql.insert(at, sql.substr(random.Below(sql.size()), random.Below(20)));
          break;
      }
      if (sql.empty()) sql = " ";
    }
    try {
      db_.Sql(sql).FetchAll();
      ++answered;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << "seed " << seed << ": " << sql << "\n" << error.what();
      EXPECT_NE(error.code(), ErrorCode::kCorruption) << sql;
    }
  }
  EXPECT_GT(answered, 20);
}

}  // namespace

}  // namespace rem
