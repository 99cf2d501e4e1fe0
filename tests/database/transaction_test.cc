// Transactions as users of a Session see them.

#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <rem/database.h>

namespace rem {
namespace {

class SessionTransactionTest : public ::testing::Test {
 protected:
  SessionTransactionTest() { one_.Sql("CREATE TABLE t (k bigint PRIMARY KEY, n bigint)"); }

  static int64_t Number(Session& session, const std::string& sql) {
    Result result = session.Sql(sql);
    EXPECT_TRUE(result.Next());
    return result.GetInt(0);
  }
  static ErrorCode CodeOf(Session& session, const std::string& sql) {
    try {
      session.Sql(sql).FetchAll();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no error: " << sql;
    return ErrorCode::kInternal;
  }

  static OpenOptions InMemory() {
    OpenOptions options;
    options.in_memory = true;
    return options;
  }
  Database database_ = Database::Open(InMemory());
  Session one_ = database_.OpenSession("acme");
  Session two_ = database_.OpenSession("acme");
};

TEST_F(SessionTransactionTest, BelongsToItsSession) {
  one_.Sql("BEGIN");
  one_.Sql("INSERT INTO t VALUES (1, 10)");
  EXPECT_EQ(Number(one_, "SELECT count(*) FROM t"), 1);
  EXPECT_EQ(one_.Count("t"), 1);
  EXPECT_EQ(Number(two_, "SELECT count(*) FROM t"), 0);
  EXPECT_EQ(two_.Count("t"), 0);
  one_.Sql("COMMIT");
  EXPECT_EQ(Number(two_, "SELECT n FROM t WHERE k = 1"), 10);
}

TEST_F(SessionTransactionTest, TheCallsOfTheSessionJoinIt) {
  one_.Sql("BEGIN");
  const Uuid id = one_.Insert("t", Document::FromJson(R"({"k": 1, "n": 5})"));
  one_.Update(id, Document::FromJson(R"({"n": 6})"));
  ASSERT_TRUE(one_.Get(id));
  EXPECT_FALSE(two_.Get(id));
  EXPECT_EQ(Number(one_, "SELECT n FROM t"), 6);
  one_.Sql("ROLLBACK");
  EXPECT_FALSE(one_.Get(id));
}

TEST_F(SessionTransactionTest, TheSecondCommitterIsToldAndNothingOfItRemains) {
  one_.Sql("INSERT INTO t VALUES (1, 0), (2, 0)");
  one_.Sql("BEGIN");
  two_.Sql("BEGIN");
  one_.Sql("UPDATE t SET n = n + 1 WHERE k = 1");
  two_.Sql("UPDATE t SET n = n + 10");
  one_.Sql("COMMIT");
  EXPECT_EQ(CodeOf(two_, "COMMIT"), ErrorCode::kConflict);
  EXPECT_EQ(Number(two_, "SELECT max(n) FROM t"), 1);
  EXPECT_TRUE(one_.Check().empty());
}

TEST_F(SessionTransactionTest, AResultIsNotDisturbedByLaterStatements) {
  for (int i = 1; i <= 5; ++i) one_.Sql("INSERT INTO t VALUES (" + std::to_string(i) + ", 0)");
  one_.Sql("BEGIN");
  Result result = one_.Sql("SELECT k FROM t");
  ASSERT_TRUE(result.Next());
  one_.Sql("DELETE FROM t");
  int rows = 1;
  while (result.Next()) ++rows;
  EXPECT_EQ(rows, 5);
  EXPECT_EQ(Number(one_, "SELECT count(*) FROM t"), 0);
  one_.Sql("ROLLBACK");
  EXPECT_EQ(Number(one_, "SELECT count(*) FROM t"), 5);
}

TEST_F(SessionTransactionTest, StatementsOutsideTransactionsRepeatThemselvesUntilTheyFit) {
  one_.Sql("INSERT INTO t VALUES (1, 0)");
  constexpr int kEach = 25;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([this] {
      Session session = database_.OpenSession("acme");
      for (int j = 0; j < kEach; ++j) session.Sql("UPDATE t SET n = n + 1 WHERE k = 1");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Number(one_, "SELECT n FROM t"), 2 * kEach);
  EXPECT_TRUE(one_.Check().empty());
}

TEST_F(SessionTransactionTest, CountsRowsChanged) {
  EXPECT_EQ(one_.Sql("INSERT INTO t VALUES (1, 0), (2, 0)").affected_rows(), 2);
  EXPECT_EQ(one_.Sql("UPDATE t SET n = 1 WHERE k > 1").affected_rows(), 1);
  EXPECT_EQ(one_.Sql("DELETE FROM t").affected_rows(), 2);
  EXPECT_EQ(one_.Sql("SELECT 1").affected_rows(), -1);
}

TEST_F(SessionTransactionTest, ParametersTakeTheTypeOfTheirColumn) {
  const std::vector<Value> values = {Value(7), Value("8")};
  one_.Sql("INSERT INTO t VALUES ($1, $2)", values);
  EXPECT_EQ(Number(one_, "SELECT n FROM t WHERE k = 7"), 8);
  one_.Sql("UPDATE t SET n = $1 WHERE k = $2", std::vector<Value>{Value("9"), Value(7)});
  EXPECT_EQ(Number(one_, "SELECT n FROM t WHERE k = 7"), 9);
}

TEST_F(SessionTransactionTest, KeepsItsDefinitionsToItself) {
  one_.Sql("BEGIN");
  one_.Sql("CREATE TABLE made (k bigint PRIMARY KEY)");
  one_.Sql("INSERT INTO made VALUES (1)");
  one_.Sql("ALTER TABLE t ADD COLUMN more text DEFAULT 'x'");
  EXPECT_EQ(CodeOf(two_, "SELECT * FROM made"), ErrorCode::kTableNotFound);
  EXPECT_EQ(CodeOf(two_, "SELECT more FROM t"), ErrorCode::kColumnNotFound);
  one_.Sql("COMMIT");
  EXPECT_EQ(Number(two_, "SELECT count(*) FROM made"), 1);
  EXPECT_EQ(Number(two_, "SELECT count(more) FROM t"), 0);
}

TEST_F(SessionTransactionTest, RecordsOfOthersBeforeARedefinitionAreAConflict) {
  one_.Sql("INSERT INTO t VALUES (1, 10)");
  one_.Sql("BEGIN");
  one_.Sql("CREATE UNIQUE INDEX t_n ON t (n)");
  two_.Sql("INSERT INTO t VALUES (2, 10)");
  EXPECT_EQ(CodeOf(one_, "COMMIT"), ErrorCode::kConflict);
  EXPECT_EQ(Number(one_, "SELECT count(*) FROM t WHERE n = 10"), 2);
  two_.Sql("INSERT INTO t VALUES (3, 10)");
}

TEST_F(SessionTransactionTest, TwoThatMakeTheSameTableConflict) {
  one_.Sql("BEGIN");
  one_.Sql("CREATE TABLE made (k bigint)");
  two_.Sql("CREATE TABLE made (k text)");
  EXPECT_EQ(CodeOf(one_, "COMMIT"), ErrorCode::kConflict);
  two_.Sql("INSERT INTO made VALUES ('a')");
}

TEST_F(SessionTransactionTest, RecordsWrittenUnderAnOldDefinitionAreAConflict) {
  one_.Sql("BEGIN");
  one_.Sql("INSERT INTO t VALUES (1, 10)");
  two_.Sql("BEGIN");
  two_.Sql("ALTER TABLE t ADD CHECK (n < 5)");
  two_.Sql("COMMIT");
  EXPECT_EQ(CodeOf(one_, "COMMIT"), ErrorCode::kConflict);
  EXPECT_EQ(Number(one_, "SELECT count(*) FROM t"), 0);
}

TEST_F(SessionTransactionTest, AnIdOfADroppedTableIsFreeAgain) {
  const char* schema = R"({"type": "object", "properties": {"name": {"type": "string"}}, "key_field": "name"})";
  one_.RegisterSchema("keyed", Document::FromJson(schema), {});
  const Uuid id = one_.Insert("keyed", Document::FromJson(R"({"name": "a"})"));
  one_.Sql("BEGIN");
  one_.Sql("DROP TABLE keyed");
  one_.Sql("CREATE TABLE other (name text)");
  one_.Insert("other", Document::FromJson(R"({"id": ")" + id.ToString() + R"(", "name": "b"})"));
  one_.Sql("COMMIT");
  EXPECT_EQ(Number(two_, "SELECT count(*) FROM other"), 1);
  EXPECT_TRUE(two_.Check().empty());
}

}  // namespace
}  // namespace rem
