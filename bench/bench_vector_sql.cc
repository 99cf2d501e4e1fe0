// Vector search through SQL beside the same index searched directly: N rows of 384 dimensions, k = 10, the default
// beam of 100. The budget for everything that SQL adds is a quarter of the search.
//
//   bench_vector_sql [--rows=N] [--queries=N]
//
// Rates are by processor time. The answers of the two are compared.

#include <unistd.h>

#include <filesystem>
#include <map>

#include <rem/database.h>

#include "index/vector/hnsw_index.h"
#include "measure.h"
#include "vector_table.h"

namespace rem::bench {
namespace {

constexpr size_t kDimension = VectorTable::kDimension;
constexpr size_t kTop = 10;
constexpr size_t kEf = 100;
constexpr double kRoundSeconds = 0.5;
constexpr int kRounds = 5;

std::unique_ptr<HnswIndex> Build(const VectorTable& data) {
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

double Rate(const VectorTable& data, const std::function<void(size_t query)>& search) {
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

void Run(const VectorSettings& settings) {
  const VectorTable data(settings.rows, settings.queries);
  const std::string path = std::filesystem::temp_directory_path() / ("bench_vector_sql_" + std::to_string(getpid()));
  OpenOptions options;
  options.path = path;
  options.durability = Durability::kNormal;
  {
    Database database = Database::Open(options);
    Session session = database.OpenSession("bench");
    std::printf("%zu rows loaded in %.1f s\n", data.rows, LoadVectorTable(session, data));

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

    const auto sql = [&](const std::string& text, size_t q) { return Nearest(session, data, text, q); };
    std::printf("index made in the background in %.1f s more\n", WaitForGraph(session, data, 600));

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
      const double common = Share(answers, raw);
      Require(common > 0.97, "SQL and the index agree in " + std::to_string(common) + " of the rows");
    }
    const std::string filtered = "SELECT number FROM docs WHERE tenth = 3 ORDER BY v <=> $1 LIMIT 10";
    std::printf("%-58s %9.0f queries/s\n", filtered.c_str(), Rate(data, [&](size_t q) { sql(filtered, q); }));
  }
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) { return rem::bench::VectorMain("bench_vector_sql", argc, argv, rem::bench::Run); }
