// COPY to and from files.

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <rem/database.h>

namespace rem {
namespace {

class CopyTest : public ::testing::Test {
 protected:
  CopyTest() { session_.Sql("CREATE TABLE t (id int PRIMARY KEY, v text, n numeric, b boolean DEFAULT true)"); }
  ~CopyTest() override { std::filesystem::remove(path_); }

  static OpenOptions InMemory() {
    OpenOptions options;
    options.in_memory = true;
    return options;
  }
  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string Read() const {
    std::ostringstream out;
    out << std::ifstream(path_, std::ios::binary).rdbuf();
    return out.str();
  }
  int64_t Copy(const std::string& what, const std::string& options = "") {
    return session_.Sql("COPY " + what + " '" + path_ + "' " + options).affected_rows();
  }
  Error ErrorOf(const std::string& what, const std::string& options = "") {
    try {
      Copy(what, options);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error: " << what;
    return Error(ErrorCode::kInternal, "");
  }
  std::vector<std::string> Rows(const std::string& sql) {
    std::vector<std::string> rows;
    for (const auto& row : session_.Sql(sql).FetchAll()) {
      std::string line;
      for (const Value& value : row) line += (line.empty() ? "" : "|") + (value.IsNull() ? "NULL" : value.ToText());
      rows.push_back(line);
    }
    return rows;
  }

  const std::string path_ = (std::filesystem::temp_directory_path() /
                             ("rem_copy_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
                              ::testing::UnitTest::GetInstance()->current_test_info()->name()))
                                .string();
  Database database_ = Database::Open(InMemory());
  Session session_ = database_.OpenSession("acme");
};

using Strings = std::vector<std::string>;

TEST_F(CopyTest, WritesText) {
  session_.Sql("INSERT INTO t VALUES (1, E'a\\tb\\nc\\\\d', 1.50, true), (2, NULL, NULL, false), (3, '', 0, true)");
  EXPECT_EQ(Copy("t TO"), 3);
  EXPECT_EQ(Read(), "1\ta\\tb\\nc\\\\d\t1.50\tt\n2\t\\N\t\\N\tf\n3\t\t0\tt\n");
}

TEST_F(CopyTest, WritesCsv) {
  session_.Sql(
      "INSERT INTO t VALUES (1, 'a,\"b\"', 1.50, true), (2, NULL, NULL, false), (3, '', 0, true), (4, E'x\\ny', 1, "
      "true)");
  EXPECT_EQ(Copy("t TO", "WITH (FORMAT csv, HEADER)"), 4);
  EXPECT_EQ(Read(), "id,v,n,b\n1,\"a,\"\"b\"\"\",1.50,t\n2,,,f\n3,\"\",0,t\n4,\"x\ny\",1,t\n");
  EXPECT_EQ(Copy("(SELECT id, v FROM t WHERE id < 3 ORDER BY id DESC) TO", "CSV DELIMITER ';' NULL 'none'"), 2);
  EXPECT_EQ(Read(), "2;none\n1;\"a,\"\"b\"\"\"\n");
  EXPECT_EQ(Copy("t (v, id) TO", "CSV"), 4);
  EXPECT_EQ(Read(), "\"a,\"\"b\"\"\",1\n,2\n\"\",3\n\"x\ny\",4\n");
  EXPECT_EQ(ErrorOf("t TO", "CSV FORCE QUOTE *").sqlstate(), "0A000");
}

TEST_F(CopyTest, ReadsWhatItWrote) {
  session_.Sql("INSERT INTO t VALUES (1, E'a\\tb\\nc\\\\d,\"q\"', 1.50, true), (2, NULL, NULL, NULL)");
  session_.Sql("INSERT INTO t VALUES (3, '', 0, true), (4, '\\N', 7, false), (5, E'a\\r\\nb\\r', 0, true)");
  const Strings before = Rows("SELECT * FROM t ORDER BY id");
  for (const char* options :
       {"", "WITH (FORMAT csv)", "CSV HEADER QUOTE '''' DELIMITER '|'", "DELIMITER '|' NULL 'nil'"}) {
    Copy("t TO", options);
    session_.Sql("DELETE FROM t");
    EXPECT_EQ(Copy("t FROM", options), 5) << options;
    EXPECT_EQ(Rows("SELECT * FROM t ORDER BY id"), before) << options;
  }
}

TEST_F(CopyTest, ReadsTheLineEndsOfWindows) {
  Write("1,\"a\r\nb\",1,t\r\n2,c,2,f\r\n");
  EXPECT_EQ(Copy("t FROM", "CSV"), 2);
  EXPECT_EQ(Rows("SELECT id, v, b FROM t ORDER BY id"), (Strings{"1|a\r\nb|t", "2|c|f"}));
}

TEST_F(CopyTest, AFolderAndAFileWithoutLinesAreRefused) {
  const std::pair<const char*, ErrorCode> cases[] = {{"/", ErrorCode::kIo}, {"/dev/zero", ErrorCode::kLimitExceeded}};
  for (const auto& [file, code] : cases) {
    try {
      session_.Sql(std::string("COPY t FROM '") + file + "'");
      ADD_FAILURE() << file;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST_F(CopyTest, ReadsEscapesAndDefaults) {
  Write("1\ta\\x41\\101\\q\\\nb\n2\tplain\r\n\\.\nnot read\n");
  session_.Sql("ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (id * 2) STORED");
  EXPECT_EQ(Copy("t (id, v) FROM"), 2);
  EXPECT_EQ(Rows("SELECT id, v, b, g FROM t ORDER BY id"), (Strings{"1|aAAq\nb|t|2", "2|plain|t|4"}));
}

TEST_F(CopyTest, ErrorsTellTheLineAndNothingIsThere) {
  Write("1\ta\t1\tt\n2\tb\tx\tt\n");
  const Error wrong = ErrorOf("t FROM");
  EXPECT_EQ(wrong.sqlstate(), "22P02");
  EXPECT_NE(wrong.detail().find("COPY t, line 2"), std::string::npos) << wrong.detail();
  Write("1,a\n2,b,1,t,9\n");
  EXPECT_EQ(ErrorOf("t FROM", "CSV").sqlstate(), "22P04");
  Write("1,a,1,t\n\"2,b\n");
  EXPECT_EQ(ErrorOf("t FROM", "CSV").sqlstate(), "22P04");
  Write("id,v\n5,a\n5,b\n");
  const Error twice = ErrorOf("t (id, v) FROM", "CSV HEADER");
  EXPECT_EQ(twice.sqlstate(), "23505");
  EXPECT_NE(twice.detail().find("line 3"), std::string::npos) << twice.detail();
  EXPECT_EQ(Rows("SELECT * FROM t"), Strings());
}

TEST_F(CopyTest, RefusesWhatItCannotDo) {
  EXPECT_EQ(ErrorOf("t FROM").sqlstate(), "58P01");
  EXPECT_EQ(ErrorOf("nothing TO").sqlstate(), "42P01");
  EXPECT_EQ(ErrorOf("t (nothing) TO").sqlstate(), "42703");
  EXPECT_EQ(ErrorOf("t TO", "WITH (FORMAT binary)").sqlstate(), "0A000");
  EXPECT_EQ(ErrorOf("t TO", "WITH (FORMAT xml)").sqlstate(), "22023");
  EXPECT_EQ(ErrorOf("t TO", "DELIMITER 'a'").sqlstate(), "22023");
  EXPECT_EQ(ErrorOf("t TO", "QUOTE 'a'").sqlstate(), "0A000");
  session_.Sql("CREATE VIEW v AS SELECT * FROM t");
  EXPECT_EQ(ErrorOf("v TO").sqlstate(), "42809");
  try {
    session_.Sql("COPY t FROM STDIN");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), "0A000");
  }
}

}  // namespace
}  // namespace rem
