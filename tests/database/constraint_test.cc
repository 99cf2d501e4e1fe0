// Keys, rules and references of tables made by SQL: through the record API, between sessions, and after a reopen.

#include <gtest/gtest.h>
#include <rem/database.h>

#include "database/database_fixture.h"

namespace rem {
namespace {

class ConstraintTest : public DatabaseFixture {
 protected:
  static std::string Rows(Session& session, const std::string& sql) {
    std::string text;
    for (const auto& row : session.Sql(sql).FetchAll()) {
      if (!text.empty()) text += ';';
      for (size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i].ToText();
    }
    return text;
  }
};

TEST_F(ConstraintTest, TheRecordApiKeepsThem) {
  Database database = Database::Open(options_);
  Session session = database.OpenSession("acme");
  session.Sql("CREATE TABLE p (id int PRIMARY KEY, u text UNIQUE, n int NOT NULL CHECK (n > 0), d int DEFAULT 1 + 1)");
  session.Sql("CREATE TABLE c (s serial, p int REFERENCES p ON DELETE CASCADE)");
  const Uuid one = Put(session, "p", R"({"id": 1, "u": "a", "n": 1})");
  const Uuid two = Put(session, "p", R"({"id": 2, "u": "b", "n": 1})");
  EXPECT_EQ(CodeOf([&] { Put(session, "p", R"({"id": 3, "u": "a", "n": 1})"); }), ErrorCode::kUniqueViolation);
  EXPECT_EQ(CodeOf([&] { Put(session, "p", R"({"id": 3, "n": 0})"); }), ErrorCode::kCheckViolation);
  EXPECT_EQ(CodeOf([&] { Put(session, "p", R"({"id": 3})"); }), ErrorCode::kNotNullViolation);
  EXPECT_EQ(CodeOf([&] { session.Update(two, Document::FromJson(R"({"u": "a"})")); }), ErrorCode::kUniqueViolation);
  EXPECT_EQ(CodeOf([&] { session.Update(two, Document::FromJson(R"({"n": -1})")); }), ErrorCode::kCheckViolation);
  // The same primary key again is the same record.
  EXPECT_EQ(Put(session, "p", R"({"id": 1, "u": "new", "n": 5})"), one);
  EXPECT_EQ(Rows(session, "SELECT * FROM p ORDER BY id"), "1|new|5|2;2|b|1|2");
  const std::vector<Document> twice = {Document::FromJson(R"({"id": 8, "u": "z", "n": 1})"),
                                       Document::FromJson(R"({"id": 9, "u": "z", "n": 1})")};
  EXPECT_EQ(CodeOf([&] { session.InsertBatch("p", twice); }), ErrorCode::kUniqueViolation);

  EXPECT_EQ(CodeOf([&] { Put(session, "c", R"({"p": 77})"); }), ErrorCode::kForeignKeyViolation);
  const Uuid child = Put(session, "c", R"({"p": 1})");
  EXPECT_EQ(CodeOf([&] { session.Update(child, Document::FromJson(R"({"p": 77})")); }),
            ErrorCode::kForeignKeyViolation);
  EXPECT_TRUE(session.Delete(one));
  EXPECT_FALSE(session.Get(child));
  // A restored child has no parent, and a restored parent may find its key taken.
  EXPECT_EQ(CodeOf([&] { session.Restore(child); }), ErrorCode::kForeignKeyViolation);
  Put(session, "p", R"({"id": 10, "u": "new", "n": 1})");
  EXPECT_EQ(CodeOf([&] { session.Restore(one); }), ErrorCode::kUniqueViolation);
  EXPECT_TRUE(session.Purge(two));
  EXPECT_EQ(session.Check(), std::vector<std::string>{});
}

TEST_F(ConstraintTest, TheyHoldBetweenTransactions) {
  Database database = Database::Open(options_);
  Session one = database.OpenSession("acme");
  Session two = database.OpenSession("acme");
  one.Sql("CREATE TABLE p (id int PRIMARY KEY)");
  one.Sql("CREATE TABLE c (p int REFERENCES p)");
  one.Sql("INSERT INTO p VALUES (1), (2)");
  // Two take the same key.
  one.Sql("BEGIN");
  two.Sql("BEGIN");
  one.Sql("INSERT INTO p VALUES (5)");
  two.Sql("INSERT INTO p VALUES (5)");
  one.Sql("COMMIT");
  EXPECT_EQ(CodeOf([&] { two.Sql("COMMIT"); }), ErrorCode::kConflict);
  // One takes the key that another gives up, before it has.
  one.Sql("BEGIN");
  one.Sql("DELETE FROM p WHERE id = 5");
  EXPECT_EQ(CodeOf([&] { two.Sql("INSERT INTO p VALUES (5)"); }), ErrorCode::kUniqueViolation);
  one.Sql("COMMIT");
  two.Sql("INSERT INTO p VALUES (5)");
  // A parent goes while a child comes, in both orders.
  one.Sql("BEGIN");
  two.Sql("BEGIN");
  one.Sql("INSERT INTO c VALUES (1)");
  two.Sql("DELETE FROM p WHERE id = 1");
  one.Sql("COMMIT");
  EXPECT_EQ(CodeOf([&] { two.Sql("COMMIT"); }), ErrorCode::kConflict);
  one.Sql("BEGIN");
  two.Sql("BEGIN");
  one.Sql("INSERT INTO c VALUES (2)");
  two.Sql("DELETE FROM p WHERE id = 2");
  two.Sql("COMMIT");
  EXPECT_EQ(CodeOf([&] { one.Sql("COMMIT"); }), ErrorCode::kConflict);
  EXPECT_EQ(Rows(one, "SELECT p.id, c.p FROM p FULL JOIN c ON p.id = c.p ORDER BY 1"), "1|1;5|");
  EXPECT_EQ(one.Check(), std::vector<std::string>{});
}

TEST_F(ConstraintTest, TheyAreThereAfterAReopen) {
  {
    Session session = Database::Open(options_).OpenSession("acme");
    session.Sql("CREATE TABLE t (id serial PRIMARY KEY, id2 int, u text, CHECK (id2 < 10), UNIQUE (id2, u))");
    session.Sql("INSERT INTO t (id2, u) VALUES (1, 'a'), (2, 'b')");
    session.Sql("ALTER TABLE t RENAME COLUMN id2 TO k");
    session.Sql("ALTER TABLE t ADD COLUMN n numeric(5,2) DEFAULT 1.5 NOT NULL");
    session.Sql("CREATE UNIQUE INDEX t_u ON t (u)");
  }
  Session session = Database::Open(options_).OpenSession("acme");
  session.Sql("INSERT INTO t (k, u) VALUES (3, 'c')");
  EXPECT_EQ(Rows(session, "SELECT * FROM t ORDER BY id"), "1|1|a|1.50;2|2|b|1.50;3|3|c|1.50");
  EXPECT_EQ(CodeOf([&] { session.Sql("INSERT INTO t (k, u) VALUES (10, 'd')"); }), ErrorCode::kCheckViolation);
  EXPECT_EQ(CodeOf([&] { session.Sql("INSERT INTO t (k, u) VALUES (4, 'a')"); }), ErrorCode::kUniqueViolation);
  EXPECT_EQ(session.Check(), std::vector<std::string>{});
  session.Sql("DROP TABLE t");
  EXPECT_EQ(session.Check(), std::vector<std::string>{});
}

TEST_F(ConstraintTest, ATextIdIsTheKey) {
  Database database = Database::Open(options_);
  Session session = database.OpenSession("acme");
  session.RegisterSchema("notes", Document::FromJson(R"({"type": "object", "required": ["id"], "properties":
      {"id": {"type": "string"}, "text": {"type": "string"}}, "embedding_fields": []})"));
  const Uuid a = Put(session, "notes", R"({"id": "a", "text": "one"})");
  EXPECT_EQ(Put(session, "notes", R"({"id": "a", "text": "two"})"), a);
  EXPECT_EQ(session.Get(a)->properties.ToJson(), R"({"id":"a","text":"two"})");
  const std::string own = "0190a000-0000-7000-8000-000000000001";
  EXPECT_EQ(Put(session, "notes", R"({"id": ")" + own + R"("})").ToString(), own);
  EXPECT_EQ(Rows(session, "SELECT id, text FROM notes WHERE id = 'a'"), "a|two");
  EXPECT_EQ(Rows(session, "SELECT _id FROM notes WHERE id = 'a'"), a.ToString());
  ASSERT_EQ(session.Lookup("A").size(), 1u);
  EXPECT_EQ(session.Lookup("A")[0].id, a);
  session.Sql("INSERT INTO notes (id, text) VALUES ('a', 'three') ON CONFLICT (id) DO UPDATE SET text = excluded.text");
  EXPECT_EQ(Rows(session, "SELECT text FROM notes WHERE id = 'a'"), "three");
  EXPECT_EQ(CodeOf([&] { session.Sql("INSERT INTO notes (id) VALUES ('a')"); }), ErrorCode::kUniqueViolation);
}

}  // namespace
}  // namespace rem
