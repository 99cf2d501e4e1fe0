#include "sql/sql_fixture.h"

namespace rem {

namespace {

class QuerySpecTest : public ::testing::Test {
 protected:
  QuerySpecTest() {
    db_.Register("articles", kArticleSchema);
    InsertArticles(db_, 40);
    db_.Register(
        "things",
        R"({"type":"object","properties":{"type":{"type":"string"},"properties":{"type":"object"},"metadata":{"type":"object"}}})");
    db_.Insert("things", R"({"type": "a", "properties": {"size": 3, "name": "One"}})");
    db_.Insert("things", R"({"type": "b", "metadata": {"size": 5, "list": ["x", 2]}})");
    db_.Insert("things", R"({"type": "c", "size": "3", "properties": {"size": 9}})");
  }
  std::vector<RowId> Run(const std::string& table, const std::string& json) {
    std::vector<std::vector<RowId>> answers;
    for (const bool optimise : {true, false}) {
      db_.settings.optimise = optimise;
      const Document spec = Document::FromJson(json);
      answers.push_back(ExecuteQuerySpec(db_.Context(), table, spec));
    }
    EXPECT_EQ(answers[0], answers[1]) << json;
    return answers[0];
  }
  std::vector<RowId> Articles(const std::string& predicate) {
    return Run("articles", R"({"filters": [)" + predicate + R"(], "sort": [{"field": "views"}]})");
  }
  std::vector<RowId> Things(const std::string& predicate) {
    return Run("things", R"({"filters": [)" + predicate + "]}");
  }
  using Rows = std::vector<RowId>;
  SqlDatabase db_;
};

TEST_F(QuerySpecTest, ComparesColumns) {
  EXPECT_EQ(Articles(R"({"op": "eq", "field": "views", "value": 30})"), Rows({3}));
  EXPECT_EQ(Articles(R"({"op": "lte", "field": "views", "value": 20})"), Rows({1, 2}));
  EXPECT_EQ(Articles(R"({"op": "gt", "field": "views", "value": 389.5})"), Rows({39, 40}));
  EXPECT_EQ(Articles(R"({"op": "in", "field": "views", "value": [20, 10, "x", null, 30.0]})"), Rows({1, 2, 3}));
  EXPECT_EQ(Articles(R"({"op": "starts_with", "field": "name", "value": "article 4"})"), Rows({4, 40}));
  EXPECT_EQ(Articles(R"({"op": "ends_with", "field": "name", "value": " 7"})"), Rows({7}));
  EXPECT_EQ(Articles(R"({"op": "contains", "field": "name", "value": "LE 7"})"), Rows());
  EXPECT_EQ(Articles(R"({"op": "gte", "field": "published", "value": "2026-01-28T00:00:00Z"})"), Rows({27}));
  EXPECT_EQ(
      Articles(R"({"op": "eq", "field": "metadata.level", "value": 3}, {"op": "lt", "field": "views", "value": 150})"),
      Rows({3, 10}));
}

TEST_F(QuerySpecTest, ComparisonsWithNullAndOtherTypesAreFalse) {
  EXPECT_EQ(Articles(R"({"op": "eq", "field": "views", "value": "30"})"), Rows());
  EXPECT_EQ(Articles(R"({"op": "eq", "field": "views", "value": null})"), Rows());
  EXPECT_EQ(
      Articles(
          R"({"op": "ne", "field": "category", "value": "cat1"}, {"op": "in", "field": "views", "value": [10, 20, 110]})"),
      Rows({2}));
  EXPECT_EQ(
      Articles(
          R"({"op": "not", "predicate": {"op": "eq", "field": "category", "value": "cat1"}}, {"op": "in", "field": "views", "value": [10, 20, 110]})"),
      Rows({2, 11}));
  EXPECT_EQ(
      Articles(
          R"({"op": "not_in", "field": "category", "value": ["cat1"]}, {"op": "in", "field": "views", "value": [10, 20, 110]})"),
      Rows({2}));
  EXPECT_EQ(Articles(R"({"op": "exists", "field": "rating"}, {"op": "lt", "field": "views", "value": 50})"),
            Rows({1, 2, 3}));
  EXPECT_EQ(Articles(R"({"op": "not_exists", "field": "rating"}, {"op": "lt", "field": "views", "value": 50})"),
            Rows({4}));
  EXPECT_EQ(Articles(R"({"op": "eq", "field": "nothing", "value": 1})"), Rows());
}

TEST_F(QuerySpecTest, FieldsAreLookedUpInPropertiesAndMetadata) {
  EXPECT_EQ(Things(R"({"op": "eq", "field": "size", "value": 3})"), Rows({1}));
  EXPECT_EQ(Things(R"({"op": "eq", "field": "size", "value": "3"})"), Rows({3}));
  EXPECT_EQ(Things(R"({"op": "gte", "field": "size", "value": 3})"), Rows({1, 2}));
  EXPECT_EQ(Things(R"({"op": "contains", "field": "list", "value": "x"})"), Rows({2}));
  EXPECT_EQ(Things(R"({"op": "contains", "field": "list", "value": 2.0})"), Rows({2}));
  EXPECT_EQ(Things(R"({"op": "contains", "field": "properties", "value": "name"})"), Rows({1}));
  EXPECT_EQ(
      Things(
          R"({"op": "or", "predicates": [{"op": "eq", "field": "type", "value": "a"}, {"op": "and", "predicates": [{"op": "all"}, {"op": "eq", "field": "type", "value": "b"}]}]})"),
      Rows({1, 2}));
}

TEST_F(QuerySpecTest, SortsSkipsAndTakes) {
  EXPECT_EQ(Run("articles", R"({"sort": [{"field": "views", "order": "desc"}], "skip": 1, "take": 2})"),
            Rows({39, 38}));
  EXPECT_EQ(Run("articles", R"({"sort": [{"field": "active"}, {"field": "views", "order": "desc"}], "take": 2})"),
            Rows({39, 37}));
  EXPECT_EQ(Run("things", R"({"sort": [{"field": "size", "order": "desc"}]})").size(), 3u);
  EXPECT_EQ(Run("things", "{}").size(), 3u);
}

TEST_F(QuerySpecTest, UsesIndexes) {
  db_.settings.optimise = true;
  const std::string plan =
      ExplainQuerySpec(db_.Context(), "articles",
                       Document::FromJson(R"({"filters": [{"op": "eq", "field": "author", "value": "author 0"}]})"));
  EXPECT_TRUE(plan.starts_with("Index Only Scan on articles [author = 'author 0']")) << plan;
}

TEST_F(QuerySpecTest, BadSpecsAreErrors) {
  for (const char* spec :
       {"[1]", R"({"filters": 1})", R"({"filters": [1]})",
        R"({"filters": [{"op": "like", "field": "name", "value": 1}]})", R"({"filters": [{"op": "eq"}]})",
        R"({"filters": [{"op": "not"}]})", R"({"filters": [{"op": "and"}]})",
        R"({"filters": [{"op": "in", "field": "name", "value": 1}]})", R"({"take": -1})",
        R"({"sort": [{"field": "name", "order": "up"}]})"}) {
    EXPECT_THROW(ExecuteQuerySpec(db_.Context(), "articles", Document::FromJson(spec)), Error) << spec;
  }
  EXPECT_THROW(ExecuteQuerySpec(db_.Context(), "nothing", Document::FromJson("{}")), Error);
}

}  // namespace

}  // namespace rem
