// Vector search through SQL beside the same index searched directly: N rows of 384 dimensions, k = 10, the default
// beam of 100. The budget for everything that SQL adds is a quarter of the search.
//
//   bench_vector_sql [--rows=N] [--queries=N]
//
// Rates are by processor time. The answers of the two are compared.

#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>

#include <rem/database.h>

#include "index/vector/hnsw_index.h"
#include "measure.h"
#include "vector_data.h"

namespace rem::bench {
namespace {

constexpr size_t kDimension = 384;
constexpr size_t kTop = 10;
constexpr size_t kEf = 100;
constexpr size_t kBatch = 5000;
constexpr double kRoundSeconds = 0.5;
constexpr int kRounds = 5;

struct Settings {
  size_t rows = 100'000;
  size_t queries = 500;
};

struct Data {
  size_t rows = 0, queries = 0;
  std::vector<float> base, asked;
  std::span<const float> row(size_t i) const { return {base.data() + i * kDimension, kDimension}; }
  std::span<const float> query(size_t i) const { return {asked.data() + i * kDimension, kDimension}; }
};

using Answers = std::vector<std::set<int64_t>>;

Session Load(Database& database, const Data& data) {
  Session session = database.OpenSession("bench");
  session.RegisterSchema("docs", Document::FromJson(R"({"type":"object","properties":{"number":{"type":"integer"},
      "tenth":{"type":"integer"},"v":{"type":"array","items":{"type":"number"},"vector":{"dimension":384}}},
      "embedding_fields":[],"indexed_fields":["tenth"]})"));
  for (size_t at = 0; at < data.rows; at += kBatch) {
    std::vector<Document> records;
    for (size_t i = at; i < std::min(data.rows, at + kBatch); ++i) {
      DocumentBuilder out;
      out.BeginObject();
      out.Key("number");
      out.Int(static_cast<int64_t>(i));
      out.Key("tenth");
      out.Int(static_cast<int64_t>(i % 10));
      out.Key("v");
      out.BeginArray();
      for (const float value : data.row(i)) out.Double(value);
      out.EndArray();
      out.EndObject();
      records.push_back(out.Finish());
    }
    session.InsertBatch("docs", records);
  }
  return session;
}

std::unique_ptr<HnswIndex> Build(const Data& data) {
  HnswOptions options;
  options.dimension = kDimension;
  options.centre.assign(kDimension, 0);
  for (size_t i = 0; i < data.rows; ++i) {
    for (size_t d = 0; d < kDimension; ++d) options.centre[d] += data.row(i)[d] / static_cast<float>(data.rows);
  }
  auto index = std::make_unique<HnswIndex>(options);
  for (size_t i = 0; i < data.rows; ++i) index->Insert(i, data.row(i));
  return index;
}

double Rate(const Data& data, const std::function<void(size_t query)>& search) {
  for (size_t q = 0; q < data.queries; ++q) search(q);
  RoundTimer timer;
  for (int round = 0; round < kRounds; ++round) {
    const double start = WallSeconds(), cpu = CpuSeconds();
    size_t done = 0;
    while (done % 16 != 0 || WallSeconds() - start < kRoundSeconds) search(done++ % data.queries);
    timer.Add(static_cast<double>(done), WallSeconds() - start, CpuSeconds() - cpu);
  }
  return timer.rate().per_cpu_second;
}

size_t Common(const Answers& a, const Answers& b) {
  size_t common = 0;
  for (size_t q = 0; q < a.size(); ++q) {
    for (const int64_t number : a[q]) common += b[q].count(number);
  }
  return common;
}

void Run(const Settings& settings) {
  Data data;
  VectorSource source(kDimension, 7);
  data.rows = settings.rows;
  data.queries = settings.queries;
  data.base = source.Sample(settings.rows);
  data.asked = source.Sample(settings.queries);

  const std::string path = std::filesystem::temp_directory_path() / ("bench_vector_sql_" + std::to_string(getpid()));
  OpenOptions options;
  options.path = path;
  options.durability = Durability::kNormal;
  {
    Database database = Database::Open(options);
    double start = WallSeconds();
    Session session = Load(database, data);
    std::printf("%zu rows loaded in %.1f s\n", data.rows, WallSeconds() - start);

    const auto index = Build(data);
    Answers raw(data.queries);
    const double direct = Rate(data, [&](size_t q) {
      std::pair<float, uint64_t> ranked[2 * kTop];
      const auto found = index->Search({data.query(q), 2 * kTop, kEf});
      for (size_t i = 0; i < found.size(); ++i)
        ranked[i] = {-BestKernels().dot(data.query(q).data(), data.row(found[i].row).data(), kDimension), found[i].row};
      std::sort(ranked, ranked + found.size());
      raw[q].clear();
      for (size_t i = 0; i < std::min(kTop, found.size()); ++i) raw[q].insert(static_cast<int64_t>(ranked[i].second));
    });
    std::printf("%-58s %9.0f queries/s\n", "the index directly, ranked by vectors in memory", direct);

    std::vector<Value> vectors;
    for (size_t q = 0; q < data.queries; ++q)
      vectors.emplace_back(VectorValue(data.query(q).begin(), data.query(q).end()));
    const auto sql = [&](const std::string& text, size_t q) {
      std::set<int64_t> numbers;
      Result result = session.Sql(text, {&vectors[q], 1});
      while (result.Next()) numbers.insert(result.columns()[0].type == LogicalType::kInt ? result.GetInt(0) : 0);
      return numbers;
    };
    start = WallSeconds();
    while (session.Sql("EXPLAIN ANALYZE SELECT number FROM docs ORDER BY v <=> $1 LIMIT 10", {vectors.data(), 1})
               .FetchAll()
               .size() != 0) {
      std::string plan;
      for (const auto& row :
           session.Sql("EXPLAIN ANALYZE SELECT number FROM docs ORDER BY v <=> $1 LIMIT 10", {vectors.data(), 1})
               .FetchAll())
        plan += row[0].ToText() + "\n";
      if (plan.find("graph search=1") != std::string::npos) break;
      if (WallSeconds() - start > 600) Fail("no index after ten minutes");
      usleep(200'000);
    }
    std::printf("index made in the background in %.1f s\n", WallSeconds() - start);

    const std::map<std::string, bool> statements = {
        {"SELECT v <=> $1 FROM docs ORDER BY v <=> $1 LIMIT 10", false},
        {"SELECT number FROM docs ORDER BY v <=> $1 LIMIT 10", true},
        {"SELECT number FROM docs WHERE v.cosine($1) LIMIT 10", true},
    };
    for (const auto& [text, compare] : statements) {
      Answers answers(data.queries);
      const double rate = Rate(data, [&](size_t q) { answers[q] = sql(text, q); });
      std::printf("%-58s %9.0f queries/s, %.2f of the index\n", text.c_str(), rate, rate / direct);
      if (!compare) continue;
      const double common = static_cast<double>(Common(answers, raw)) / static_cast<double>(kTop * data.queries);
      Require(common > 0.97, "SQL and the index agree in " + std::to_string(common) + " of the rows");
    }
    const std::string filtered = "SELECT number FROM docs WHERE tenth = 3 ORDER BY v <=> $1 LIMIT 10";
    std::printf("%-58s %9.0f queries/s\n", filtered.c_str(), Rate(data, [&](size_t q) { sql(filtered, q); }));
  }
  std::filesystem::remove_all(path);
}

Settings Parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (argument.substr(0, equals) == "--rows") {
      settings.rows = std::stoull(argument.substr(equals + 1));
    } else if (argument.substr(0, equals) == "--queries") {
      settings.queries = std::stoull(argument.substr(equals + 1));
    } else {
      Fail("unknown argument " + argument);
    }
  }
  return settings;
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) {
  try {
    rem::bench::Run(rem::bench::Parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_vector_sql: %s\n", error.what());
    return 1;
  }
}
