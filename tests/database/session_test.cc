#include <chrono>
#include <cmath>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rem/database.h>

#include "database/database_fixture.h"

namespace rem {
namespace {

class SessionTest : public DatabaseFixture {};

TEST_F(SessionTest, ARecordComesBackByIdFieldAndMeaningAlsoAfterAReopen) {
  Uuid id;
  {
    Session session = Database::Open(options_).OpenSession("acme");
    id = Put(session, "resources", R"({"name": "Python Tutorial", "content": "Learn Python", "category": "tutorial"})");
    Put(session, "resources", R"({"name": "Cooking", "content": "Boil the potatoes", "category": "food"})");
  }
  Session session = Database::Open(options_).OpenSession("acme", false);
  auto record = session.Get(id);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->table, "resources");
  EXPECT_EQ(record->properties.view().Find("name")->AsText(), "Python Tutorial");
  EXPECT_GT(record->created_at.micros, 0);
  EXPECT_EQ(session.Count("resources"), 2);
  EXPECT_EQ(session.Lookup("python tutorial").size(), 1u);
  auto hits = session.Search("resources", "learning python", {.top_k = 1});
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].record.id, id);
  EXPECT_GT(hits[0].score, 0.2);
  Result result = session.Sql("SELECT name FROM resources WHERE category = $1", std::vector<Value>{Value("food")});
  ASSERT_TRUE(result.Next());
  EXPECT_EQ(result.GetText(0), "Cooking");
  EXPECT_FALSE(result.Next());
  EXPECT_TRUE(session.Check().empty());
}

TEST_F(SessionTest, OpeningAPathTwiceSharesItAndTenantsStayApart) {
  Database first = Database::Open(options_);
  Database second = Database::Open(options_);
  Session acme = first.OpenSession("acme");
  Session other = second.OpenSession("other");
  Uuid id = Put(acme, "resources", R"({"name": "n", "content": "c"})");
  EXPECT_FALSE(other.Get(id).has_value());
  EXPECT_EQ(other.Count("resources"), 0);
  EXPECT_EQ(first.ListTenants(), (std::vector<std::string>{"acme", "other"}));
  OpenOptions different = options_;
  different.durability = Durability::kFull;
  EXPECT_EQ(CodeOf([&] { Database::Open(different); }), ErrorCode::kInvalidArgument);
  first.DropTenant("other");
  EXPECT_EQ(CodeOf([&] { other.Count("resources"); }), ErrorCode::kTenant);
  EXPECT_EQ(first.ListTenants(), std::vector<std::string>{"acme"});
}

TEST_F(SessionTest, AResultKeepsTheDatabaseOpenAndItsSnapshot) {
  std::optional<Result> result;
  {
    Session session = Database::Open(options_).OpenSession("acme");
    for (int i = 0; i < 10; ++i) Put(session, "resources", R"({"name": "n", "content": "c"})");
    result.emplace(session.Sql("SELECT name FROM resources"));
    Put(session, "resources", R"({"name": "later", "content": "c"})");
  }
  int rows = 0;
  while (result->Next()) ++rows;
  EXPECT_EQ(rows, 10);
  result.reset();
  EXPECT_EQ(Database::Open(options_).OpenSession("acme").Count("resources"), 11);
}

TEST_F(SessionTest, StatementTimeoutEndsStatementsUntilItIsReset) {
  Database db = Database::Open(options_);
  Session session = db.OpenSession("acme");
  const auto count = [&](const std::string& condition) {
    Result result = session.Sql("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 1 - n FROM r" + condition +
                                ") SELECT count(*) FROM r");
    EXPECT_TRUE(result.Next());
    return result.GetInt(0);
  };
  session.Sql("SET statement_timeout = '20ms'");
  EXPECT_EQ(CodeOf([&] { count(""); }), ErrorCode::kTimeout);
  session.Sql("BEGIN");
  EXPECT_EQ(CodeOf([&] { count(""); }), ErrorCode::kTimeout);
  session.Sql("ROLLBACK");
  session.Sql("RESET statement_timeout");
  EXPECT_EQ(CodeOf([&] { count(""); }), ErrorCode::kLimitExceeded);
  EXPECT_EQ(count(" WHERE n = 1"), 2);
}

TEST_F(SessionTest, LargeTablesAreSearchedByAVectorIndex) {
  Session session = Database::Open(options_).OpenSession("acme");
  const int rows = 5100;
  for (int i = 0; i < rows; ++i) {
    const double angle = 6.283185307179586 * i / rows;
    Put(session, "resources",
        fmt::format(R"({{"name": "r{}", "content": "c", "category": "c{}", "embedding": [{}, {}]}})", i, i % 100,
                    std::cos(angle), std::sin(angle)));
  }
  const std::string ranked = "SELECT name FROM resources WHERE embedding.cosine('[1, 0.00001]')";
  const auto explain = [&](const std::string& query) {
    Result result = session.Sql("EXPLAIN ANALYZE " + query);
    std::string text;
    while (result.Next()) text += std::string(result.GetText(0)) + "\n";
    return text;
  };
  // The first search asks for the index; it is made beside others, which are exact meanwhile.
  std::string plan;
  for (int attempt = 0; attempt < 2000 && plan.find("graph search=1") == std::string::npos; ++attempt) {
    plan = explain(ranked + " LIMIT 5");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_NE(plan.find("graph search=1 ef=100 codes compared="), std::string::npos) << plan;
  const auto names = [&](const std::string& query) {
    Result result = session.Sql(query);
    std::vector<std::string> found;
    while (result.Next()) found.emplace_back(result.GetText(0));
    return found;
  };
  EXPECT_EQ(names(ranked + " LIMIT 3"), (std::vector<std::string>{"r0", "r1", "r5099"}));
  EXPECT_EQ(names(ranked + " AND category = 'c7' LIMIT 2"), (std::vector<std::string>{"r7", "r5007"}));
  EXPECT_NE(explain(ranked + " AND category = 'c7' LIMIT 2").find("scan of codes=1"), std::string::npos);
  EXPECT_EQ(names(ranked + " LIMIT 4000").size(), 4000u);
  Put(session, "resources", R"({"name": "new", "content": "c", "embedding": [1, 0.00001]})");
  EXPECT_EQ(names(ranked + " LIMIT 1"), std::vector<std::string>{"new"});
  // Inside a transaction too.
  session.Sql("BEGIN");
  session.Sql("DELETE FROM resources WHERE name = 'new'");
  EXPECT_EQ(names(ranked + " LIMIT 1"), std::vector<std::string>{"r0"});
  session.Sql("ROLLBACK");
  session.Sql("SET hnsw.ef_search = 1");
  EXPECT_EQ(names(ranked + " LIMIT 20").size(), 20u);
  EXPECT_EQ(CodeOf([&] { session.Sql("SET hnsw.ef_search = 0"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { session.Sql("SET hnsw.ef_search = 1001"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { session.Sql("SET hnsw.ef_search = 'many'"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(names("SHOW hnsw.ef_search"), std::vector<std::string>{"1"});
  session.Sql("RESET hnsw.ef_search");
  EXPECT_EQ(names("SHOW hnsw.ef_search"), std::vector<std::string>{"100"});
}

TEST_F(SessionTest, ChangesTellWhatHappened) {
  Session session = Database::Open(options_).OpenSession("acme");
  uint64_t start = session.CurrentSequence() + 1;
  Uuid id = Put(session, "resources", R"({"name": "n", "content": "c"})");
  session.Update(id, Document::FromJson(R"({"name": "m"})"));
  session.Delete(id);
  session.Restore(id);
  session.Purge(id);
  auto changes = session.Changes(start, session.CurrentSequence(), 100);
  ASSERT_EQ(changes.size(), 5u);
  const char* operations[] = {"insert", "update", "delete", "restore", "purge"};
  for (size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].operation, operations[i]);
    EXPECT_EQ(changes[i].sequence, start + i);
    EXPECT_EQ(changes[i].table, "resources");
    EXPECT_EQ(changes[i].id, id);
    EXPECT_FALSE(changes[i].image.has_value()) << "a purge leaves no image";
  }
}

TEST_F(SessionTest, UpdateReturnsTheNewRecordAndKnowsConflicts) {
  Session session = Database::Open(options_).OpenSession("acme");
  Uuid id = Put(session, "resources", R"({"name": "n", "content": "c"})");
  uint64_t version = session.Get(id)->version;
  Record changed = session.Update(id, Document::FromJson(R"({"name": "m"})"), {.expected_version = version});
  EXPECT_EQ(changed.properties.view().Find("name")->AsText(), "m");
  EXPECT_GT(changed.version, version);
  EXPECT_EQ(CodeOf([&] { session.Update(id, Document::FromJson("{}"), {.expected_version = version}); }),
            ErrorCode::kConflict);
  EXPECT_TRUE(session.Delete(id));
  EXPECT_FALSE(session.Get(id).has_value());
  std::vector<Uuid> ids = {id, Uuid{}};
  for (const auto& found : session.MultiGet(ids)) EXPECT_FALSE(found.has_value());
}

TEST_F(SessionTest, QueryFiltersSortsAndPages) {
  Session session = Database::Open(options_).OpenSession("acme");
  for (int i = 0; i < 20; ++i) {
    Put(session, "entities",
        fmt::format(R"({{"type": "task", "name": "t{:02}", "properties": {{"priority": {}}}}})", i, i % 5));
  }
  Document spec = Document::FromJson(R"({"filters": [{"op": "gte", "field": "priority", "value": 3}],
    "sort": [{"field": "priority", "order": "desc"}, {"field": "name", "order": "asc"}], "skip": 1, "take": 4})");
  std::vector<std::string> names;
  for (const Record& record : session.Query("entities", spec))
    names.emplace_back(record.properties.view().Find("name")->AsText());
  EXPECT_EQ(names, (std::vector<std::string>{"t09", "t14", "t19", "t03"}));
  EXPECT_EQ(session.Query("entities", Document::FromJson("{}")).size(), 20u);
}

TEST_F(SessionTest, VectorSearchHonoursItsFilterAndFindsKWheneverKMatch) {
  Session session = Database::Open(options_).OpenSession("acme");
  for (int i = 0; i < 50; ++i) {
    Put(session, "resources",
        fmt::format(R"({{"name": "r{}", "content": "c", "category": "c{}", "embedding": [{}, 1]}})", i, i % 10, i));
  }
  SearchOptions options;
  options.top_k = 5;
  options.filter = Document::FromJson(R"({"filters": [{"op": "eq", "field": "category", "value": "c0"}]})");
  std::vector<float> query = {1, 0};
  auto hits = session.SearchVector("resources", query, options);
  ASSERT_EQ(hits.size(), 5u);
  for (const auto& hit : hits) EXPECT_EQ(hit.record.properties.view().Find("category")->AsText(), "c0");
  EXPECT_EQ(hits[0].record.properties.view().Find("name")->AsText(), "r40");
  EXPECT_GE(hits[0].score, hits[4].score);
  std::vector<float> wrong = {1, 0, 0};
  EXPECT_EQ(CodeOf([&] { session.SearchVector("resources", wrong); }), ErrorCode::kDimensionMismatch);
  std::vector<float> nan = {std::nanf(""), 0};
  EXPECT_EQ(CodeOf([&] { session.SearchVector("resources", nan); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { session.Search("resources", "text"); }), ErrorCode::kNotSupported);
  EXPECT_EQ(CodeOf([&] { session.Search("messages", "text", {.column = "nope"}); }), ErrorCode::kColumnNotFound);
}

TEST_F(SessionTest, EmbeddingsCanBeSetAndRead) {
  Session session = Database::Open(options_).OpenSession("acme");
  Uuid id = Put(session, "entities", R"({"type": "t", "name": "n"})");
  EXPECT_FALSE(session.GetEmbedding(id).has_value());
  std::vector<float> vector = {0.5f, 0.25f};
  session.SetEmbedding(id, vector);
  EXPECT_EQ(session.GetEmbedding(id), vector);
  EXPECT_FALSE(session.GetEmbedding(Uuid{}).has_value());
}

TEST_F(SessionTest, TablesCanBeRegisteredListedAndDropped) {
  Session session = Database::Open(options_).OpenSession("acme");
  TableInfo info = session.RegisterSchema(
      "notes",
      Document::FromJson(
          R"({"type": "object", "description": "Notes", "properties": {"t": {"type": "string"}}, "indexed_fields": ["t"]})"));
  EXPECT_EQ(info.name, "notes");
  EXPECT_EQ(info.indexed_fields, std::vector<std::string>{"t"});
  EXPECT_EQ(session.GetTable("NOTES").description, "Notes");
  size_t tables = session.ListTables().size();
  EXPECT_TRUE(session.WaitForIndexes(1000));
  session.DropTable("notes");
  EXPECT_EQ(session.ListTables().size(), tables - 1);
  EXPECT_EQ(CodeOf([&] { session.GetTable("notes"); }), ErrorCode::kTableNotFound);
}

TEST_F(SessionTest, ReadOnlyOpensReadAndRefuseToWrite) {
  Uuid id;
  {
    Session session = Database::Open(options_).OpenSession("acme");
    id = Put(session, "resources", R"({"name": "n", "content": "c"})");
  }
  options_.read_only = true;
  Database database = Database::Open(options_);
  Session session = database.OpenSession("acme");
  EXPECT_TRUE(session.Get(id).has_value());
  EXPECT_THROW(Put(session, "resources", R"({"name": "n", "content": "c"})"), Error);
  EXPECT_EQ(CodeOf([&] { database.OpenSession("nobody"); }), ErrorCode::kTenant);
}

TEST_F(SessionTest, BadOptionsAreRefused) {
  EXPECT_EQ(CodeOf([] { Database::Open({}); }), ErrorCode::kInvalidArgument);
  OpenOptions both = options_;
  both.in_memory = true;
  EXPECT_EQ(CodeOf([&] { Database::Open(both); }), ErrorCode::kInvalidArgument);
  OpenOptions missing = options_;
  missing.create_if_missing = false;
  EXPECT_EQ(CodeOf([&] { Database::Open(missing); }), ErrorCode::kNotFound);
  OpenOptions huge = options_;
  huge.max_record_bytes = size_t{2} << 30;
  EXPECT_EQ(CodeOf([&] { Database::Open(huge); }), ErrorCode::kInvalidArgument);
}

TEST_F(SessionTest, InfoAndInspectExplainTheDatabase) {
  Database database = Database::Open(options_);
  Session session = database.OpenSession("acme");
  Put(session, "resources", R"({"name": "n", "content": "c"})");
  DatabaseInfo info = database.Info();
  EXPECT_EQ(info.format_version, 1u);
  EXPECT_EQ(info.tenants, std::vector<std::string>{"acme"});
  EXPECT_NE(database.InspectKey("").find("rows"), std::string::npos);
  EXPECT_NE(database.InspectKey("ffffffffff").find("no key"), std::string::npos);
  EXPECT_EQ(CodeOf([&] { database.InspectKey("xyz"); }), ErrorCode::kInvalidArgument);
  database.Compact();
  database.VerifyChecksums();
  EXPECT_EQ(session.Count("resources"), 1);
}

TEST(InMemoryDatabaseTest, WorksWithoutADirectory) {
  OpenOptions options;
  options.in_memory = true;
  Session session = Database::Open(options).OpenSession("acme");
  Uuid id = session.Insert("resources", Document::FromJson(R"({"name": "n", "content": "c"})"));
  EXPECT_TRUE(session.Get(id).has_value());
  EXPECT_FALSE(Database::Open(options).OpenSession("acme").Get(id).has_value());
}

}  // namespace
}  // namespace rem
