// Generated columns and indexes over expressions, for records that come through the API and from several sessions.

#include <gtest/gtest.h>
#include <rem/database.h>

namespace rem {
namespace {

class ComputedValuesTest : public ::testing::Test {
 protected:
  ComputedValuesTest() {
    one_.Sql(
        "CREATE TABLE t (id int PRIMARY KEY, email text, gone boolean DEFAULT false, n int, "
        "twice int GENERATED ALWAYS AS (n * 2) STORED)");
    one_.Sql("CREATE UNIQUE INDEX t_email ON t (lower(email)) WHERE NOT gone");
  }

  static OpenOptions InMemory() {
    OpenOptions options;
    options.in_memory = true;
    return options;
  }
  static int64_t Number(Session& session, const std::string& sql) {
    Result result = session.Sql(sql);
    EXPECT_TRUE(result.Next());
    return result.GetInt(0);
  }
  template <typename Call>
  static std::string StateOf(Call call) {
    try {
      call();
    } catch (const Error& error) {
      return std::string(error.sqlstate());
    }
    return "";
  }
  static Document Record(const std::string& json) { return Document::FromJson(json); }

  Database database_ = Database::Open(InMemory());
  Session one_ = database_.OpenSession("acme");
  Session two_ = database_.OpenSession("acme");
};

TEST_F(ComputedValuesTest, RecordsOfTheApiAreComputedAndKeptUnique) {
  const Uuid id = one_.Insert("t", Record(R"({"id": 1, "email": "A@x", "n": 5, "twice": 77})"));
  EXPECT_EQ(Number(one_, "SELECT twice FROM t WHERE id = 1"), 10);
  one_.Update(id, Record(R"({"n": 7})"));
  EXPECT_EQ(Number(one_, "SELECT twice FROM t WHERE id = 1"), 14);
  one_.Update(id, Record(R"({"n": null})"));
  EXPECT_EQ(Number(one_, "SELECT count(*) FROM t WHERE twice IS NULL"), 1);
  EXPECT_EQ(StateOf([&] { one_.Insert("t", Record(R"({"id": 2, "email": "a@X"})")); }), "23505");
  const Uuid other = one_.Insert("t", Record(R"({"id": 2, "email": "a@X", "gone": true})"));
  EXPECT_EQ(StateOf([&] { one_.Update(other, Record(R"({"gone": false})")); }), "23505");
  one_.Delete(id);
  one_.Update(other, Record(R"({"gone": false})"));
  EXPECT_EQ(StateOf([&] { one_.Restore(id); }), "23505");
  EXPECT_TRUE(one_.Check().empty());
}

TEST_F(ComputedValuesTest, ABatchMeetsItself) {
  std::vector<Document> records;
  for (int i = 0; i < 3'000; ++i)
    records.push_back(
        Record(R"({"id": )" + std::to_string(i) + R"(, "email": "U)" + std::to_string(i) + R"(", "n": 1})"));
  one_.InsertBatch("t", records);
  EXPECT_EQ(Number(one_, "SELECT sum(twice) FROM t"), 6'000);
  EXPECT_EQ(StateOf([&] { one_.Sql("INSERT INTO t (id, email) VALUES (5000, 'u77')"); }), "23505");
  records.clear();
  records.push_back(Record(R"({"id": 6000, "email": "same"})"));
  records.push_back(Record(R"({"id": 6001, "email": "SAME"})"));
  EXPECT_EQ(StateOf([&] { one_.InsertBatch("t", records); }), "23505");
  EXPECT_EQ(one_.Count("t"), 3'000);
  EXPECT_TRUE(one_.Check().empty());
}

TEST_F(ComputedValuesTest, TwoTransactionsCannotTakeTheSameValue) {
  one_.Sql("BEGIN");
  two_.Sql("BEGIN");
  one_.Sql("INSERT INTO t (id, email) VALUES (1, 'A')");
  two_.Sql("INSERT INTO t (id, email) VALUES (2, 'a')");
  one_.Sql("COMMIT");
  EXPECT_EQ(StateOf([&] { two_.Sql("COMMIT"); }), "40001");
  two_.Sql("BEGIN");
  two_.Sql("INSERT INTO t (id, email, gone) VALUES (2, 'a', true)");
  two_.Sql("COMMIT");
  EXPECT_EQ(one_.Count("t"), 2);
  EXPECT_TRUE(one_.Check().empty());
}

TEST_F(ComputedValuesTest, AnIndexOfRowsThatAreThereIsFilled) {
  one_.Sql("INSERT INTO t (id, email, n) SELECT i, 'E' || i, i % 5 FROM generate_series(1, 50) AS i");
  one_.Sql("CREATE INDEX ON t ((n + 1)) WHERE id > 10");
  EXPECT_TRUE(one_.Check().empty());
  one_.Sql("UPDATE t SET n = n + 1 WHERE id % 2 = 0");
  one_.Sql("DELETE FROM t WHERE id % 7 = 0");
  EXPECT_TRUE(one_.Check().empty());
  EXPECT_EQ(StateOf([&] { one_.Sql("CREATE UNIQUE INDEX ON t ((n + 1))"); }), "23505");
}

}  // namespace
}  // namespace rem
