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
}

}  // namespace

}  // namespace rem
