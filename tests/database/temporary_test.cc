// Temporary tables and sequences as users of several sessions see them.

#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <rem/database.h>

namespace rem {
namespace {

class TemporaryTest : public ::testing::Test {
 protected:
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

TEST_F(TemporaryTest, EachSessionHasItsOwn) {
  one_.Sql("CREATE TABLE t (k bigint)");
  one_.Sql("INSERT INTO t VALUES (1)");
  one_.Sql("CREATE VIEW v AS SELECT k FROM t");
  one_.Sql("CREATE TEMP TABLE t (k bigint)");
  two_.Sql("CREATE TEMP TABLE t (k bigint)");
  one_.Sql("INSERT INTO t VALUES (10)");
  two_.Sql("INSERT INTO t VALUES (20)");
  EXPECT_EQ(Number(one_, "SELECT k FROM t"), 10);
  EXPECT_EQ(Number(two_, "SELECT k FROM t"), 20);
  EXPECT_EQ(Number(two_, "SELECT k FROM v"), 1);
  Session three = database_.OpenSession("acme");
  EXPECT_EQ(Number(three, "SELECT k FROM t"), 1);
  EXPECT_TRUE(two_.Check().empty());
}

TEST_F(TemporaryTest, GoesWithItsSession) {
  Uuid id;
  {
    Session three = database_.OpenSession("acme");
    three.Sql("CREATE TEMP TABLE t (k bigint PRIMARY KEY)");
    Result result = three.Sql("INSERT INTO t VALUES (1) RETURNING _id");
    ASSERT_TRUE(result.Next());
    id = result.Get(0).AsUuid();
    EXPECT_TRUE(two_.Get(id));
  }
  EXPECT_FALSE(two_.Get(id));
  EXPECT_TRUE(two_.Check().empty());
}

TEST_F(TemporaryTest, MessagesSayTheNameThatWasGiven) {
  one_.Sql("CREATE TEMP TABLE t (k bigint PRIMARY KEY)");
  one_.Sql("INSERT INTO t VALUES (1)");
  try {
    one_.Sql("INSERT INTO t VALUES (NULL)");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "null value in column \"k\" of relation \"t\" violates not-null constraint");
  }
  EXPECT_EQ(CodeOf(one_, "CREATE TEMP TABLE t (k bigint)"), ErrorCode::kTableExists);
}

TEST_F(TemporaryTest, ASequenceGivesEachValueOnce) {
  one_.Sql("CREATE SEQUENCE s");
  std::mutex mutex;
  std::set<int64_t> taken;
  const auto take = [&] {
    Session session = database_.OpenSession("acme");
    for (int i = 0; i < 50; ++i) {
      const int64_t value = Number(session, "SELECT nextval('s')");
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(taken.insert(value).second);
    }
  };
  std::thread other(take);
  take();
  other.join();
  EXPECT_EQ(*taken.rbegin(), 100);
  EXPECT_EQ(Number(one_, "SELECT last_value FROM s"), 100);
  EXPECT_EQ(CodeOf(one_, "SELECT currval('s')"), ErrorCode::kInvalidArgument);
}

TEST_F(TemporaryTest, ADefaultTakesFromItsSequence) {
  one_.Sql("CREATE SEQUENCE s START 5");
  one_.Sql("CREATE TABLE t (k bigint DEFAULT nextval('s'), x bigint)");
  one_.Sql("INSERT INTO t (x) VALUES (1), (2)");
  EXPECT_EQ(Number(two_, "SELECT max(k) FROM t"), 6);
  EXPECT_EQ(Number(one_, "SELECT currval('s')"), 6);
  // A record that comes without a statement has no connection to ask.
  try {
    one_.Insert("t", Document::FromJson(R"({"x": 3})"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotSupported);
  }
}

}  // namespace
}  // namespace rem
