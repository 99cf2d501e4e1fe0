#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/random.h"
#include "sql/sql_fixture.h"

namespace rem {

namespace {

// Valid statements of every kind, over the articles of sql_fixture.h. What is not supported yet is damaged all the
// same.
constexpr const char* kStatements[] = {
    "SELECT name, views + 1, rating / 2.5 FROM articles WHERE category = 'cat1' AND views BETWEEN 10 AND 500 LIMIT 3",
    "SELECT a.name, b.views FROM articles a LEFT JOIN articles b ON a.author = b.author AND a.views < b.views WHERE "
    "a.views "
    "< 90",
    "SELECT category, count(*), avg(views), sum(rating) FILTER (WHERE active) FROM articles GROUP BY category HAVING "
    "count(*) > 1 ORDER BY 2 DESC, 1 NULLS FIRST",
    "SELECT DISTINCT author FROM articles WHERE name LIKE 'art%1_' OR category IN ('cat2', NULL, lower('CAT3'))",
    "WITH c AS (SELECT views AS v FROM articles) SELECT v FROM c WHERE v IN (SELECT max(views) FROM articles)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT sum(i) FROM n",
    "SELECT views FROM articles WHERE views < 50 UNION ALL SELECT 1 EXCEPT SELECT 20 INTERSECT VALUES (1), (2)",
    "SELECT CASE WHEN active THEN upper(name) ELSE coalesce(category, '-') END, views::text || 'x' FROM articles "
    "OFFSET 5",
    "SELECT metadata.level, metadata->>'status', published > '2026-01-05'::timestamptz FROM articles WHERE tags @> "
    "'[\"t1\"]'",
    "SELECT name FROM articles a WHERE EXISTS (SELECT 1 FROM articles b WHERE b.views = a.views + 10 AND NOT b.active)",
    "SELECT extract(year FROM published), date_trunc('month', published), round(rating), -views % 7 FROM articles",
    "EXPLAIN SELECT name FROM articles WHERE author = 'author 1' ORDER BY views DESC LIMIT 10",
    "SELECT string_agg(name, ',' ORDER BY views DESC), array_agg(views), bool_or(active) FROM articles WHERE views < "
    "100",
};

constexpr const char* kWords[] = {
    "SELECT", "FROM",  "WHERE",   "NULL", "(",    ")",     ",",      "'",    "\"",
    "*",      "/*",    "--",      "$1",   "::",   "[1]",   "NOT",    "AND",  "LATERAL",
    "JOIN",   "USING", "GROUP",   "BY",   "0",    "-1",    "1e400",  "$$",   "articles",
    "views",  "name",  "CASE",    "END",  "IN",   "UNION", "count(", "OVER", "9223372036854775808",
    "ARRAY[", "ROW(",  "LIMIT 0", "\\",   "\xc3", ";",     "@>",     "||",   "DISTINCT ON"};

std::string Damage(Random& random, std::string text) {
  const auto place = [&] { return random.Below(text.size() + 1); };
  for (uint64_t edits = 1 + random.Below(4); edits > 0; --edits) {
    switch (random.Below(6)) {
      case 0:
        text.erase(place(), random.Below(8));
        break;
      case 1:
        text.insert(place(), 1, static_cast<char>(random.Below(256)));
        break;
      case 2:
        text.insert(place(), std::string(" ") + kWords[random.Below(std::size(kWords))] + " ");
        break;
      case 3:
        if (const size_t at = place(); at < text.size()) text[at] = static_cast<char>(32 + random.Below(95));
        break;
      case 4: {
        const std::string piece = text.substr(place(), random.Below(40));
        text.insert(place(), piece);
        break;
      }
      default: {
        const std::string other = kStatements[random.Below(std::size(kStatements))];
        text = text.substr(0, place()) + other.substr(random.Below(other.size()));
      }
    }
  }
  return text;
}

// REM_DAMAGED_SQL sets the number of statements, REM_SEED the first edit; the default run takes some seconds.
uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST(DamagedSqlTest, RandomEditsAreAnsweredOrRefused) {
  const uint64_t seed = FromEnvironment("REM_SEED", Random::FromSystem().Next() % 1'000'000);
  const uint64_t statements = FromEnvironment("REM_DAMAGED_SQL", 100'000);
  SCOPED_TRACE("REM_SEED=" + std::to_string(seed));
  SqlDatabase db;
  db.Register("articles", kArticleSchema);
  InsertArticles(db, 30);
  Random random(seed);
  uint64_t answered = 0;
  for (uint64_t i = 0; i < statements; ++i) {
    const std::string text = Damage(random, kStatements[i % std::size(kStatements)]);
    try {
      db.Sql(text).FetchAll(10'000);
      ++answered;
    } catch (const Error& error) {
      ASSERT_NE(error.code(), ErrorCode::kInternal) << error.what() << "\n" << text;
      ASSERT_NE(error.code(), ErrorCode::kCorruption) << error.what() << "\n" << text;
    }
  }
  // Some edits leave a statement valid; if none did, nothing behind the parser was tried.
  EXPECT_GT(answered, statements / 200);
  EXPECT_LT(answered, statements);
}

}  // namespace rem
