#include <rem/error.h>

#include "sql/plan_cache.h"
#include "sql/sql_fixture.h"

namespace rem {

namespace {

class RankTest : public ::testing::Test {
 protected:
  RankTest() {
    db_.Register("articles", kArticleSchema);
    for (int i = 0; i < 40; ++i) {
      ids_.push_back(db_.Insert("articles", R"({"name": "v)" + std::to_string(i) + R"(", "views": )" +
                                                std::to_string(i) + R"(, "author": ")" +
                                                (i % 10 == 0 ? "ten" : "other") + "\"}"));
      if (i < 30)
        db_.tenant().writer().SetEmbedding(ids_.back(), "embedding", {1.0f, static_cast<float>(i) / 10, 0.0f});
    }
  }
  ErrorCode Fail(std::string_view sql) {
    try {
      db_.Sql(sql).FetchAll();
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  }
  SqlDatabase db_;
  std::vector<Uuid> ids_;
};

TEST_F(RankTest, KeepsTheBestByLimitOrTen) {
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') LIMIT 3"), "v0;v1;v2");
  EXPECT_EQ(db_.Sql("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]')").FetchAll().size(), 10u);
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') LIMIT 2 OFFSET 1"), "v1;v2");
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE embedding.inner_product('[0,1,0]') LIMIT 2"), "v29;v28");
  EXPECT_EQ(db_.Sql("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') LIMIT 100").FetchAll().size(), 30u);
}

TEST_F(RankTest, ConditionsDoNotThinTheAnswer) {
  for (const bool optimise : {true, false}) {
    db_.settings.optimise = optimise;
    EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE author = 'ten' AND embedding.cosine('[1,0,0]') LIMIT 3"),
              "v0;v10;v20");
    EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') AND views > 5 LIMIT 2"), "v6;v7");
    EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') AND views > 50 LIMIT 2"), "");
    EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE embedding.cosine('[1,0,0]') AND views > 5"), "10");
  }
}

TEST_F(RankTest, ScoresAreColumns) {
  EXPECT_EQ(
      db_.Rows(
          "SELECT name, _score, embedding.cosine('[1,0,0]') FROM articles WHERE embedding.cosine('[1,0,0]') LIMIT 1"),
      "v0|1|1");
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') ORDER BY _score, name LIMIT 2"),
            "v1;v0");
  EXPECT_EQ(db_.Rows("SELECT name FROM articles ORDER BY embedding.inner_product('[0,1,0]') DESC NULLS LAST LIMIT 2"),
            "v29;v28");
  EXPECT_EQ(db_.Rows("SELECT embedding.inner_product('[0,10,0]') FROM articles WHERE views = 35"), "NULL");
  EXPECT_EQ(db_.Rows("SELECT count(*) FROM articles WHERE embedding.inner_product('[1,0,0]') > 0.5"), "30");
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE articles.embedding.cosine($1) LIMIT 1",
                     {Value(VectorValue{1, 0.5f, 0})}),
            "v5");
}

TEST_F(RankTest, DeletedRowsAreNotRanked) {
  db_.tenant().writer().Delete(ids_[0]);
  EXPECT_EQ(db_.Rows("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') LIMIT 2"), "v1;v2");
}

TEST_F(RankTest, WrongUsesAreErrors) {
  EXPECT_EQ(Fail("SELECT name FROM articles WHERE embedding.cosine('[1,0]')"), ErrorCode::kDimensionMismatch);
  EXPECT_EQ(Fail("SELECT name FROM articles WHERE embeding.cosine('[1,0,0]')"), ErrorCode::kColumnNotFound);
  EXPECT_EQ(Fail("SELECT name FROM articles WHERE embedding.cosine(1)"), ErrorCode::kTypeMismatch);
  EXPECT_EQ(Fail("SELECT name FROM articles WHERE embedding.cosine(name)"), ErrorCode::kNotSupported);
  EXPECT_EQ(Fail("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') OR views = 1"), ErrorCode::kTypeMismatch);
  EXPECT_EQ(Fail("SELECT name FROM articles WHERE embedding.cosine('[1,0,0]') AND embedding.cosine('[0,1,0]')"),
            ErrorCode::kNotSupported);
  EXPECT_EQ(Fail("SELECT name FROM articles ORDER BY embedding"), ErrorCode::kTypeMismatch);
}

TEST_F(RankTest, OnePlanServesAllVectors) {
  db_.settings.plan_cache = NewPlanCache(10);
  const std::string ranked =
      "SELECT name, embedding.cosine($1) = _score FROM articles WHERE embedding.cosine($1) LIMIT 1";
  const std::string ordered = "SELECT name FROM articles ORDER BY embedding <=> $1 LIMIT 1";
  for (int i = 0; i < 30; i += 7) {
    const Value vector(VectorValue{1, static_cast<float>(i) / 10, 0});
    EXPECT_EQ(db_.Rows(ranked, {vector}), "v" + std::to_string(i) + "|t");
    EXPECT_EQ(db_.Rows(ordered, {vector}), "v" + std::to_string(i));
    // A text that spells a vector is another statement to the cache, and one for all such texts.
    EXPECT_EQ(db_.Rows(ranked, {Value("[10," + std::to_string(i) + ",0]")}), "v" + std::to_string(i) + "|t");
  }
  EXPECT_EQ(db_.settings.plan_cache->size(), 3u);
}

TEST_F(RankTest, PreparedStatementsAndSubqueriesRankByTheirParameters) {
  db_.settings.plan_cache = NewPlanCache(10);
  db_.Rows("PREPARE near (vector) AS SELECT name FROM articles WHERE embedding.cosine($1) LIMIT 1");
  db_.Rows("PREPARE spelled (text) AS SELECT name FROM articles WHERE embedding.cosine($1) LIMIT 1");
  for (const std::string number : {"3", "21", "0"}) {
    EXPECT_EQ(db_.Rows("EXECUTE near('[10," + number + ",0]')"), "v" + number);
    EXPECT_EQ(db_.Rows("EXECUTE spelled('[10," + number + ",0]')"), "v" + number);
    const Value vector("[10," + number + ",0]");
    EXPECT_EQ(
        db_.Rows("SELECT views, (SELECT name FROM articles AS b WHERE b.views >= a.views AND b.embedding.cosine($1) "
                 "LIMIT 1) FROM articles AS a WHERE name = 'v25' UNION ALL SELECT count(*), min(name) FROM "
                 "(SELECT name FROM articles WHERE embedding.cosine($1) LIMIT 1) AS best",
                 {vector}),
        "25|v25;1|v" + number);
  }
}

TEST_F(RankTest, ConflictsMayBeSettledByAScore) {
  const std::string sql =
      "INSERT INTO articles (id, name) VALUES ($1, 'x'), ($2, 'y') ON CONFLICT (id) DO UPDATE SET rating = "
      "articles.embedding.cosine($3), name = articles.name || excluded.name WHERE articles.embedding.cosine($3) > 0.5";
  const std::vector<Value> values = {Value(ids_[0]), Value(ids_[29]), Value(VectorValue{1, 0, 0})};
  db_.Rows(sql, values);
  EXPECT_EQ(db_.Rows("SELECT name, rating FROM articles WHERE id IN ($1, $2) ORDER BY name", {values[0], values[1]}),
            "v0x|1;v29|NULL");
  db_.Rows(sql, {values[0], values[1], Value("[0,1,0]")});
  EXPECT_EQ(
      db_.Rows("SELECT name, rating > 0.9 FROM articles WHERE id IN ($1, $2) ORDER BY name", {values[0], values[1]}),
      "v0x|t;v29y|t");
}

TEST_F(RankTest, WrongVectorsAreErrorsForAKnownPlanToo) {
  db_.settings.plan_cache = NewPlanCache(10);
  const auto fail = [&](const std::string& sql, Value value) {
    try {
      db_.Rows(sql, {std::move(value)});
    } catch (const Error& error) {
      return error.message() + " at " + std::to_string(error.position());
    }
    return std::string("no error");
  };
  for (const std::string sql : {"SELECT name FROM articles WHERE embedding.cosine($1) LIMIT 1",
                                "SELECT max(embedding.cosine($1)) FROM articles WHERE views < 0 AND name <> 'x'"}) {
    const std::string at = " at " + std::to_string(sql.find("$1") + 1);
    std::string unknown = fail(sql, Value(VectorValue{1, 0}));
    EXPECT_EQ(unknown, "vector has dimension 2, column \"embedding\" has dimension 3" + at);
    std::string spelled = fail(sql, Value("[1,0]"));
    EXPECT_EQ(spelled, unknown);
    EXPECT_EQ(fail(sql, Value(VectorValue{1, 0, 0})), "no error");
    EXPECT_EQ(fail(sql, Value("[1,0,0]")), "no error");
    EXPECT_EQ(fail(sql, Value(VectorValue{1, 0})), unknown);
    EXPECT_EQ(fail(sql, Value("[1,0]")), unknown);
    EXPECT_EQ(fail(sql, Value("words")), "column \"embedding\" has no embedding provider" + at);
    EXPECT_EQ(fail(sql, Value()), "a query vector is a text or a vector" + at);
    EXPECT_EQ(fail(sql, Value(VectorValue{0, 1, 0})), "no error");
  }
}

TEST_F(RankTest, TextsAreEmbeddedByTheColumnsProvider) {
  db_.Register(
      "notes",
      R"({"type":"object","properties":{"content":{"type":"string"},"embedding":{"type":"array","items":{"type":"number"},"vector":true}},
                            "embedding_fields":["content"],"embedding_provider":"hash"})");
  for (const char* text : {"shrink photos on the command line", "a game of chess", "compress images in the terminal",
                           "bake bread at home"}) {
    db_.Insert("notes", std::string("{\"content\": \"") + text + "\"}");
  }
  EXPECT_EQ(db_.Rows("SELECT content FROM notes WHERE embedding.cosine('bread at home') LIMIT 1"),
            "bake bread at home");
  EXPECT_EQ(db_.Rows("SELECT content FROM notes WHERE embedding.cosine(\"game of chess\") LIMIT 1"), "a game of chess");
  EXPECT_EQ(db_.Rows("SELECT content FROM notes WHERE embedding.cosine(?) LIMIT 1", {Value("shrink photos")}),
            "shrink photos on the command line");
  db_.settings.plan_cache = NewPlanCache(10);
  const std::string asked =
      "SELECT content, _score = embedding.cosine($1) FROM notes WHERE embedding.cosine($1) LIMIT 1";
  EXPECT_EQ(db_.Rows(asked, {Value("bread at home")}), "bake bread at home|t");
  EXPECT_EQ(db_.Rows(asked, {Value("game of chess")}), "a game of chess|t");
  EXPECT_EQ(db_.Rows(asked, {Value("[a text with a bracket about photos")}), "shrink photos on the command line|t");
  EXPECT_EQ(db_.settings.plan_cache->size(), 1u);
}

TEST_F(RankTest, TheAlternativeColumnRanksByItsOwnProvider) {
  db_.Register("two_models", R"({"type":"object","properties":{"content":{"type":"string"}},
                           "embedding_provider":"builtin","embedding_provider_alt":"hash"})");
  for (const char* text : {"automobile repair", "carbon chemistry", "chocolate cake"}) {
    db_.Insert("two_models", std::string("{\"content\": \"") + text + "\"}");
  }
  EXPECT_EQ(db_.Rows("SELECT content FROM two_models WHERE embedding.cosine('fix my car') LIMIT 1"),
            "automobile repair");
  EXPECT_EQ(db_.Rows("SELECT content FROM two_models WHERE embedding_alt.cosine('carb') LIMIT 1"), "carbon chemistry");
  // One text, a vector for each model.
  EXPECT_EQ(
      db_.Rows("SELECT content, embedding_alt.cosine($1) > 0.9 FROM two_models WHERE embedding.cosine($1) LIMIT 1",
               {Value("carbon chemistry")}),
      "carbon chemistry|t");
}

}  // namespace

}  // namespace rem
