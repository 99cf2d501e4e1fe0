#include <atomic>
#include <thread>

#include "base/random.h"
#include "schema/vector_index_definition.h"
#include "sql/plan_cache.h"
#include "sql/sql_fixture.h"
#include "store/vector_indexes.h"

namespace rem {

namespace {

constexpr size_t kDimension = 8;

/// Points, of which every tenth has no vector, with an index from 200 rows on.
class NearestTest : public ::testing::Test {
 protected:
  NearestTest() {
    VectorIndexSettings settings;
    settings.min_rows = 200;
    db_.tenant().vector_indexes().Configure(settings);
    db_.Register("points", R"({"type":"object","properties":{"number":{"type":"integer"},"colour":{"type":"string"},
        "v":{"type":"array","items":{"type":"number"},"vector":{"dimension":8}}},
        "embedding_fields":[],"indexed_fields":["number"]})");
  }

  std::string Draw(double scale = 1) {
    std::string text = "[";
    for (size_t i = 0; i < kDimension; ++i)
      text += (i == 0 ? "" : ",") + std::to_string(scale * (random_.Uniform() - 0.5));
    return text + "]";
  }
  void Fill(int count, bool all_have_vectors = false) {
    std::vector<Document> records;
    for (int i = 0; i < count; ++i) {
      std::string json = R"({"number":)" + std::to_string(i) + R"(,"colour":")" + (i % 7 == 0 ? "red" : "blue") + "\"";
      // Lengths differ by a factor of four, so that every metric has an order of its own.
      if (all_have_vectors || i % 10 != 3) json += R"(,"v":)" + Draw(1 + 3 * random_.Uniform());
      records.push_back(Document::FromJson(json + "}"));
    }
    db_.InsertAll("points", records);
  }
  // Asks for the indexes of all metrics, and waits for them. Searches are as wide as they can be.
  void MakeIndexes() {
    db_.Sql("SET hnsw.ef_search = 1000");
    for (const char* sign : {"<=>", "<->", "<#>"}) {
      db_.Rows(std::string("SELECT number FROM points ORDER BY v ") + sign + " '" + Draw() + "' LIMIT 1");
      ASSERT_TRUE(db_.tenant().vector_indexes().WaitForAll(60'000));
    }
  }
  // The same by computing every distance.
  std::string Exact(const std::string& sql, const std::vector<Value>& parameters = {}) {
    db_.settings.optimise = false;
    std::string rows = db_.Rows(sql, parameters);
    db_.settings.optimise = true;
    return rows;
  }
  void ExpectSame(const std::string& sql, const std::vector<Value>& parameters = {}) {
    EXPECT_EQ(db_.Rows(sql, parameters), Exact(sql, parameters)) << sql;
  }
  std::string Analyse(const std::string& sql) { return db_.Rows("EXPLAIN ANALYZE " + sql); }

  Random random_{5};
  SqlDatabase db_;
};

TEST_F(NearestTest, EveryOrderGivesWhatComputingAllDistancesGives) {
  const std::vector<std::string> orders = {"v <=> '$'",
                                           "v <-> '$'",
                                           "v <#> '$'",
                                           "v.cosine('$') DESC",
                                           "v.l2('$')",
                                           "v.inner_product('$') DESC",
                                           "'$' <-> v",
                                           "l2_distance(v, '$')",
                                           "cosine_distance(v, '$')",
                                           "v.cosine('$') DESC NULLS LAST"};
  const std::vector<std::string> rests = {"LIMIT 10", "LIMIT 5 OFFSET 7", "LIMIT 0", "LIMIT 1 OFFSET 500"};
  const std::vector<std::string> conditions = {"",
                                               "WHERE colour = 'red'",
                                               "WHERE number < 300 AND colour <> 'red'",
                                               "WHERE number = 5",
                                               "WHERE v IS NOT NULL",
                                               "WHERE number > 10000"};
  for (const int rows : {60, 340}) {
    Fill(rows);
    if (rows > 200) MakeIndexes();
    for (std::string order : orders) {
      order.replace(order.find('$'), 1, Draw());
      for (const std::string& rest : rests) {
        for (const std::string& condition : conditions)
          ExpectSame("SELECT number FROM points " + condition + " ORDER BY " + order + " " + rest);
      }
    }
  }
}

TEST_F(NearestTest, TheIndexIsUsed) {
  Fill(400);
  MakeIndexes();
  for (const char* sign : {"<=>", "<->", "<#>"}) {
    const std::string sql = std::string("SELECT number FROM points ORDER BY v ") + sign + " '" + Draw() + "' LIMIT 5";
    const std::string plan = Analyse(sql);
    EXPECT_NE(plan.find("graph search=1"), std::string::npos) << plan;
    EXPECT_NE(plan.find("given up=0"), std::string::npos) << plan;
  }
  const std::string filtered =
      Analyse("SELECT number FROM points WHERE colour = 'red' ORDER BY v <-> '" + Draw() + "' LIMIT 5");
  EXPECT_NE(filtered.find("scan of codes=1"), std::string::npos) << filtered;
}

TEST_F(NearestTest, RowsWithoutAVectorComeWhereNullsBelong) {
  Fill(300);
  MakeIndexes();
  const std::string query = Draw();
  // 270 of them have vectors.
  ExpectSame("SELECT v IS NULL FROM points ORDER BY v <=> '" + query + "' LIMIT 280");
  ExpectSame("SELECT v IS NULL FROM points ORDER BY v.cosine('" + query + "') DESC LIMIT 40");
  const std::string plan = Analyse("SELECT number FROM points ORDER BY v.cosine('" + query + "') DESC LIMIT 4");
  EXPECT_NE(plan.find("given up=1"), std::string::npos) << plan;
}

TEST_F(NearestTest, AScoreGoesThroughTheIndexOnceEveryRowHasAVector) {
  Fill(300, true);
  MakeIndexes();
  const std::string sql = "SELECT number FROM points ORDER BY v.cosine('" + Draw() + "') DESC LIMIT 4";
  ExpectSame(sql);
  EXPECT_NE(Analyse(sql).find("graph search=1"), std::string::npos);
  const std::string red =
      "SELECT number FROM points WHERE colour = 'red' ORDER BY v.inner_product('" + Draw() + "') DESC LIMIT 4";
  ExpectSame(red);
  EXPECT_NE(Analyse(red).find("scan of codes=1"), std::string::npos);
  // A row without one, which the index has not heard of: it comes first.
  db_.Insert("points", R"({"number":-1,"colour":"red"})");
  EXPECT_TRUE(db_.Rows(sql).starts_with("-1;"));
  EXPECT_TRUE(db_.Rows(red).starts_with("-1;"));
  db_.Sql("DELETE FROM points WHERE number = -1").FetchAll();
  ExpectSame(sql);
}

TEST_F(NearestTest, ConditionsOnTheDistanceEndTheAnswer) {
  Fill(400);
  MakeIndexes();
  for (const char* limit : {"LIMIT 3", "LIMIT 60 OFFSET 2", "LIMIT 100000"}) {
    const std::string v = "'" + Draw() + "'";
    for (const char* bound : {"0.1", "0.8", "1.2", "5"}) {
      for (const char* sign : {"<", "<="}) {
        const std::string head = "SELECT number FROM points WHERE v <=> " + v + " " + sign + " " + bound;
        ExpectSame(head + " ORDER BY v <=> " + v + " " + limit);
        ExpectSame(head + " AND colour = 'red' ORDER BY v <=> " + v + " " + limit);
        ExpectSame("SELECT number FROM points WHERE v <-> " + v + " " + sign + " " + bound + " ORDER BY v <-> " + v +
                   " " + limit);
        ExpectSame("SELECT number FROM points WHERE v.cosine(" + v + ") > 1 - " + bound + " ORDER BY v.cosine(" + v +
                   ") DESC " + limit);
      }
    }
    // On the far side, or of another vector: an ordinary condition.
    ExpectSame("SELECT number FROM points WHERE v <=> " + v + " > 0.5 ORDER BY v <=> " + v + " " + limit);
    ExpectSame("SELECT number FROM points WHERE v <=> '" + Draw() + "' < 0.9 ORDER BY v <=> " + v + " " + limit);
  }
  const std::string v = "'" + Draw() + "'";
  const std::string plan =
      Analyse("SELECT number FROM points WHERE v <=> " + v + " < 0.2 ORDER BY v <=> " + v + " LIMIT 100000");
  EXPECT_NE(plan.find("graph search=1"), std::string::npos) << plan;
}

TEST_F(NearestTest, ABatchOfVectorsIsALateralJoin) {
  Fill(400);
  MakeIndexes();
  db_.Register("queries", R"({"type":"object","properties":{"name":{"type":"string"},
      "q":{"type":"array","items":{"type":"number"},"vector":{"dimension":8}}},"embedding_fields":[]})");
  for (int i = 0; i < 5; ++i) db_.Insert("queries", R"({"name":"q)" + std::to_string(i) + R"(","q":)" + Draw() + "}");
  db_.Insert("queries", R"({"name":"without"})");
  const std::string sql =
      "SELECT name, number, round(d::numeric, 4) FROM queries, LATERAL (SELECT number, v <-> q AS d FROM points "
      "ORDER BY v <-> q LIMIT 3) AS near WHERE q IS NOT NULL ORDER BY name, d";
  ExpectSame(sql);
  EXPECT_NE(Analyse(sql).find("graph search"), std::string::npos);
  ExpectSame("SELECT name, (SELECT number FROM points ORDER BY v <=> q LIMIT 1) FROM queries ORDER BY name");
}

TEST_F(NearestTest, TheVectorMayBeAParameterAndTheRestOfTheRowIsThere) {
  Fill(300);
  MakeIndexes();
  const Value vector(VectorValue{0.1f, 0.2f, -0.3f, 0.4f, 0.1f, 0, 0.2f, 0.3f});
  ExpectSame("SELECT number, colour, v <=> $1, upper(colour), id FROM points ORDER BY v <=> $1 LIMIT 7", {vector});
  ExpectSame("SELECT number, colour FROM points ORDER BY v <-> $1::vector LIMIT $2", {vector, Value(3)});
  ExpectSame("SELECT v FROM points ORDER BY 1 - (v <=> $1) DESC LIMIT 3", {vector});
  ExpectSame("SELECT number FROM points ORDER BY v <=> $1, number LIMIT 7", {vector});
  ExpectSame("SELECT number FROM points ORDER BY v <=> NULL LIMIT 0");
  EXPECT_THROW(db_.Rows("SELECT number FROM points ORDER BY v <=> '[1,2]' LIMIT 3"), Error);
  EXPECT_THROW(db_.Rows("SELECT number FROM points ORDER BY v <=> $1 LIMIT -1", {vector}), Error);
}

TEST_F(NearestTest, TheRankingPredicateByDistance) {
  Fill(300);
  MakeIndexes();
  const std::string v = "'" + Draw() + "'";
  EXPECT_EQ(db_.Rows("SELECT number, _score FROM points WHERE v.l2(" + v + ") LIMIT 5"),
            Exact("SELECT number, v <-> " + v + " FROM points WHERE v IS NOT NULL ORDER BY v <-> " + v + " LIMIT 5"));
}

TEST_F(NearestTest, RowsOfAConditionAreKeptUntilTheTableChanges) {
  Fill(400);
  MakeIndexes();
  const std::string v = "'" + Draw() + "'";
  const std::string sql = "SELECT number FROM points WHERE colour = 'red' ORDER BY v <=> " + v + " LIMIT 10";
  const auto known = [&](const std::string& text) {
    return Analyse(text).find("rows known from before") != std::string::npos;
  };
  EXPECT_FALSE(known(sql));
  EXPECT_TRUE(known(sql));
  ExpectSame(sql);
  EXPECT_TRUE(known("SELECT number FROM points WHERE colour = 'red' AND v.cosine(" + v + ") LIMIT 3"));
  const std::string nearest = "SELECT number FROM points WHERE colour = 'red' ORDER BY v <=> " + v + " LIMIT 1";
  for (const std::string& change :
       {"INSERT INTO points (number, colour, v) VALUES (5000, 'red', " + v + ")",
        std::string("UPDATE points SET colour = 'blue' WHERE number = 5000"),
        std::string("UPDATE points SET colour = 'red' WHERE number = 5000"),
        std::string("DELETE FROM points WHERE number = 5000"), std::string("TRUNCATE points")}) {
    const QueryContext before = db_.Context();
    const std::string old = db_.Rows(nearest);
    db_.Rows(change);
    EXPECT_FALSE(known(sql)) << change;
    EXPECT_NE(db_.Rows(nearest), old) << change;
    ExpectSame(sql);
    Result result = ExecuteSql(before, nearest, {});
    ASSERT_TRUE(result.Next());
    EXPECT_EQ(result.Get(0).ToText(), old) << "in the snapshot before " << change;
    ExpectSame(sql);
  }
}

TEST_F(NearestTest, EveryConditionHasRowsOfItsOwn) {
  Fill(300);
  MakeIndexes();
  const std::string by = " ORDER BY v <=> '" + Draw() + "' LIMIT 300";
  const std::vector<std::string> conditions = {"colour = 'red'",
                                               "colour = 'blue'",
                                               "colour <> 'red'",
                                               "colour = 'r' || 'ed'",
                                               "colour IN ('red', 'green')",
                                               "colour IN ('blue', 'green')",
                                               "number < 100",
                                               "number < 100.5",
                                               "number <= 100",
                                               "number + 1 < 100",
                                               "number + 2 < 100",
                                               "number < 100 AND colour = 'red'",
                                               "number < 100 OR colour = 'red'",
                                               "number > 100",
                                               "number IN (1, 2, 3)",
                                               "number IN (1, 2, 4)",
                                               "number = 7",
                                               "number = 8",
                                               "number::text < '20'",
                                               "number::float8 < 20",
                                               "colour LIKE 'r%'",
                                               "colour LIKE 'b%'",
                                               "id IS NOT NULL",
                                               "colour IS NULL",
                                               "CASE WHEN number > 5 THEN colour = 'red' ELSE number > 3 END",
                                               "coalesce(number, 3) > 40",
                                               "number % 3 = 0"};
  for (int run = 0; run < 2; ++run) {
    for (const std::string& condition : conditions) ExpectSame("SELECT number FROM points WHERE " + condition + by);
    for (const char* colour : {"red", "blue", "green"})
      ExpectSame("SELECT number FROM points WHERE colour = $1" + by, {Value(colour)});
    for (const int64_t least : {0, 5, 7, 100})
      ExpectSame("SELECT number FROM points WHERE number > $1 AND number < $2" + by, {Value(least), Value(150)});
    ExpectSame("SELECT number FROM points WHERE number > $1 AND number < $2" + by, {Value(5.5), Value(150)});
  }
  // Of a row around the query, of another row of the table, and what is another value each time.
  ExpectSame(
      "SELECT a.number, b.number FROM points a, LATERAL (SELECT number FROM points WHERE number > a.number "
      "ORDER BY v <=> '" +
      Draw() + "' LIMIT 2) AS b WHERE a.number > 280 ORDER BY 1, 2");
  for (const std::string& condition : {std::string("random() < 2"), std::string("created_at < now()"),
                                       std::string("number < (SELECT 100)"), "v <-> '" + Draw() + "' > 0.1"}) {
    const std::string sql = "SELECT number FROM points WHERE " + condition + by;
    Analyse(sql);
    EXPECT_EQ(Analyse(sql).find("rows known from before"), std::string::npos) << condition;
    ExpectSame(sql);
  }
}

TEST_F(NearestTest, TransactionsKnowTheirOwnRows) {
  Fill(300);
  MakeIndexes();
  const std::string v = "'" + Draw() + "'";
  const std::string by = "ORDER BY v <=> " + v + " LIMIT 10";
  const std::string red = "SELECT number FROM points WHERE colour = 'red' " + by;
  ExpectSame(red);
  db_.Rows("BEGIN");
  ExpectSame(red);
  db_.Rows("INSERT INTO points (number, colour, v) VALUES (5000, 'red', " + v + ")");
  ExpectSame(red);
  EXPECT_EQ(db_.Rows("SELECT number FROM points WHERE v.cosine(" + v + ") LIMIT 1"), "5000");
  EXPECT_NE(Analyse("SELECT number FROM points " + by).find("graph search=1"), std::string::npos);
  db_.Rows("DELETE FROM points WHERE colour = 'red' AND number < 5000");
  EXPECT_EQ(db_.Rows("SELECT number FROM points WHERE colour = 'red' " + by), Exact(red));
  ExpectSame("SELECT number FROM points " + by);
  db_.Rows("ROLLBACK");
  ExpectSame(red);
  ExpectSame("SELECT number FROM points " + by);
}

// One row is red in every snapshot: each commit makes another one red.
TEST_F(NearestTest, ConcurrentReadersFindTheRowsOfTheirSnapshot) {
  Fill(300, true);
  db_.Rows("UPDATE points SET colour = 'blue'");
  db_.Rows("UPDATE points SET colour = 'red' WHERE number = 0");
  MakeIndexes();
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      SqlSession session(db_.tenant());
      const std::vector<Value> vector{Value(VectorValue{0.1f, 0.2f, -0.3f, 0.4f, 0.1f, 0, 0.2f, 0.3f})};
      while (!done) {
        QueryContext context = db_.settings;
        context.clock = &db_.clock();
        const auto rows =
            session
                .Execute(nullptr, std::move(context),
                         "SELECT colour FROM points WHERE colour = 'red' ORDER BY v <=> $1 LIMIT 5", vector)
                .FetchAll();
        ASSERT_EQ(rows.size(), 1u);
        ASSERT_EQ(rows[0][0].ToText(), "red");
      }
    });
  }
  for (int i = 1; i <= 200; ++i) {
    const std::string red = std::to_string(i % 300);
    db_.Rows("UPDATE points SET colour = CASE number WHEN " + red +
             " THEN 'red' ELSE 'blue' END WHERE colour = 'red' OR number = " + red);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(NearestTest, OnePlanServesAllVectorsThatAreLiterals) {
  Fill(300);
  MakeIndexes();
  db_.settings.plan_cache = NewPlanCache(100);
  const auto with = [](std::string sql, const std::string& vector) {
    for (size_t at; (at = sql.find('?')) != std::string::npos;) sql.replace(at, 1, "'" + vector + "'");
    return sql;
  };
  const std::vector<std::string> statements = {
      "SELECT number FROM points ORDER BY v <=> ? LIMIT 5",
      "SELECT number, v <-> ? AS d FROM points ORDER BY v <-> ? LIMIT 5",
      "SELECT number, v <=> ?::vector FROM points WHERE v <=> ? < 0.9 AND colour = 'red' ORDER BY v <=> ?, number "
      "LIMIT 5",
      "SELECT number, _score, v.cosine(?) FROM points WHERE v.cosine(?) LIMIT 5",
      "SELECT number FROM points WHERE points.v.l2(?) AND number > 7 LIMIT 5",
      "SELECT colour, min(v <#> ?), count(*) FILTER (WHERE v <=> ? < 1) FROM points GROUP BY colour ORDER BY 1",
      "SELECT v <=> ? < 1, count(*) FROM points GROUP BY v <=> ? < 1 ORDER BY 1",
      "SELECT DISTINCT colour FROM (SELECT colour FROM points ORDER BY v <=> ? LIMIT 50) AS near ORDER BY 1"};
  for (size_t i = 0; i < statements.size(); ++i) {
    for (int run = 0; run < 3; ++run) {
      const std::string sql = with(statements[i], Draw());
      const std::string rows = db_.Rows(sql);
      const size_t plans = db_.settings.plan_cache->size();
      EXPECT_EQ(plans, i + 1) << sql;
      const auto kept = std::exchange(db_.settings.plan_cache, nullptr);
      EXPECT_EQ(rows, db_.Rows(sql)) << sql;
      db_.settings.plan_cache = kept;
    }
    const auto fail = [&](const std::string& vector) {
      try {
        db_.Rows(with(statements[i], vector));
      } catch (const Error& error) {
        return error.message() + " at " + std::to_string(error.position());
      }
      return std::string("no error");
    };
    for (const char* wrong : {"[1,2]", "[1,x]", "[1,2,3,4,5,6,7,8,9]", "[]"}) {
      const std::string known = fail(wrong);
      const auto kept = std::exchange(db_.settings.plan_cache, nullptr);
      EXPECT_EQ(known, fail(wrong)) << statements[i] << wrong;
      EXPECT_NE(known, "no error") << statements[i] << wrong;
      db_.settings.plan_cache = kept;
    }
  }
  // Texts in two parts, and with quotes, are left to the parser.
  ExpectSame("SELECT number FROM points ORDER BY v <=> '[1,2,3,4,'\n'5,6,7,8]' LIMIT 5");
  EXPECT_THROW(db_.Rows("SELECT number FROM points ORDER BY v <=> '[1,''2]' LIMIT 5"), Error);
  EXPECT_EQ(db_.Rows("SELECT '[1,2]'::vector <=> '[1,2]'"), "0");
}

class VectorIndexStatementTest : public NearestTest {
 protected:
  std::string Fail(const std::string& sql) {
    try {
      db_.Sql(sql).FetchAll();
    } catch (const Error& error) {
      return std::string(error.sqlstate());
    }
    return "no error";
  }
  // m and ef_construction of the indexes that are there.
  std::string Options() {
    EXPECT_TRUE(db_.tenant().vector_indexes().WaitForAll(60'000));
    std::string text;
    const TablePtr table = db_.tenant().catalog()->Get("points");
    for (const VectorMetric metric : {VectorMetric::kCosine, VectorMetric::kInnerProduct, VectorMetric::kL2}) {
      const auto index = db_.tenant().vector_indexes().Find(*table, table->vectors[0], metric);
      if (index == nullptr) continue;
      const HnswOptions& options = index->graph().options();
      text += std::to_string(static_cast<int>(options.metric)) + ":" + std::to_string(options.m) + "/" +
              std::to_string(options.ef_construction) + "/" + std::to_string(options.memory_limit) + " ";
    }
    return text;
  }
};

TEST_F(VectorIndexStatementTest, CreateIndexSaysHowTheIndexIsMade) {
  Fill(300);
  db_.Sql(
      "CREATE INDEX near ON points USING hnsw (v vector_l2_ops) WITH (m = 8, ef_construction = 50, memory_limit = "
      "'64 MB')");
  // At once, without a search that asks for it.
  EXPECT_TRUE(db_.tenant().vector_indexes().WaitForAll(60'000));
  EXPECT_EQ(db_.Rows("SELECT table_name, column_name, metric, index_name, state, m, ef_construction, memory_limit, "
                     "row_count, recall, recall_samples, ef FROM vector_indexes()"),
            "points|v|l2|near|ready|8|50|67108864|270|NULL|0|100");
  MakeIndexes();
  EXPECT_EQ(Options(), "0:16/200/8589934592 1:16/200/8589934592 2:8/50/67108864 ");
  const std::string sql = "SELECT number FROM points ORDER BY v <-> '" + Draw() + "' LIMIT 10";
  ExpectSame(sql);
  EXPECT_NE(Analyse(sql).find("graph search=1"), std::string::npos);
  db_.Sql("CREATE INDEX IF NOT EXISTS near ON points USING hnsw (v)");
  db_.Sql("DROP INDEX near");
  MakeIndexes();  // Finds out that the old ones are of another definition.
  MakeIndexes();
  EXPECT_EQ(Options(), "0:16/200/8589934592 1:16/200/8589934592 2:16/200/8589934592 ");
  EXPECT_EQ(Fail("DROP INDEX near"), "42704");
}

TEST_F(VectorIndexStatementTest, EveryKindOfCodesFindsTheSame) {
  Fill(300);
  const std::string sql = "SELECT number FROM points ORDER BY v <-> '" + Draw() + "' LIMIT 10";
  for (const char* codes : {"bits", "int8", "float16", "float32", "auto"}) {
    db_.Sql(std::string("CREATE INDEX near ON points USING hnsw (v vector_l2_ops) WITH (codes = '") + codes + "')");
    MakeIndexes();
    MakeIndexes();
    EXPECT_EQ(db_.Rows("SELECT codes FROM vector_indexes() WHERE metric = 'l2'"),
              codes == std::string("auto") ? "int8" : codes);
    ExpectSame(sql);
    EXPECT_NE(Analyse(sql).find("graph search=1"), std::string::npos);
    db_.Sql("DROP INDEX near");
  }
}

TEST_F(VectorIndexStatementTest, WrongStatementsSayWhatIsWrong) {
  Fill(10);
  const std::string on = "CREATE INDEX ON points USING hnsw ";
  EXPECT_EQ(Fail(on + "(v) WITH (m = 1)"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (m = 101)"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (ef_construction = 3)"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (m = 40, ef_construction = 64)"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (m = 'many')"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (lists = 100)"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (codes = 'float8')"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (codes = 16)"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (memory_limit = 100)"), "22023");
  EXPECT_EQ(Fail(on + "(v) WITH (memory_limit = '99999999999 GB')"), "22023");
  EXPECT_EQ(Fail(on + "(v vector_l3_ops)"), "42704");
  EXPECT_EQ(Fail(on + "(w)"), "42703");
  EXPECT_EQ(Fail(on + "(number)"), "42804");
  EXPECT_EQ(Fail(on + "(v, number)"), "0A000");
  EXPECT_EQ(Fail("CREATE UNIQUE INDEX ON points USING hnsw (v)"), "0A000");
  EXPECT_EQ(Fail("CREATE INDEX ON points USING ivfflat (v)"), "0A000");
  EXPECT_EQ(Fail(on + "(v)"), "no error");
  EXPECT_EQ(Fail(on + "(v vector_cosine_ops)"), "0A000");
  EXPECT_EQ(Fail("CREATE INDEX points_v_idx ON points USING hnsw (v vector_l2_ops)"), "42P07");
  EXPECT_EQ(Fail("DROP INDEX points_v_idx"), "no error");
}

TEST_F(VectorIndexStatementTest, OptionsGoWithTheColumn) {
  db_.Sql("CREATE TABLE notes (id serial PRIMARY KEY, a vector(8), b text)");
  db_.Sql("CREATE INDEX near ON notes USING hnsw (a) WITH (m = 4)");
  db_.Sql("ALTER TABLE notes RENAME COLUMN a TO c");
  EXPECT_EQ(ReadVectorIndexes(db_.tenant().catalog()->Get("notes")->schema.json_schema)[0].column, "c");
  EXPECT_EQ(ReadVectorIndexes(db_.tenant().catalog()->Get("notes")->schema.json_schema)[0].m, 4u);
  EXPECT_EQ(Fail("CREATE INDEX near ON points (number)"), "42P07");
  db_.Sql("ALTER TABLE notes DROP COLUMN c");
  EXPECT_TRUE(ReadVectorIndexes(db_.tenant().catalog()->Get("notes")->schema.json_schema).empty());
}

}  // namespace

}  // namespace rem
