// A table's vector index over its life, through SQL with given vectors: N rows of 384 dimensions, k = 10, the default
// beam. Building in the background, latencies, two threads beside one, half of the rows deleted and inserted again,
// another opening.
//
//   bench_vector_life [--rows=N] [--queries=N]
//
// Recall is against the exact answers. Each figure stands beside what it is measured by: the median, one thread, the
// index as it was fresh.

#include <atomic>
#include <filesystem>
#include <numeric>
#include <random>

#include "index/vector/distance_kernels.h"
#include "vector_table.h"

namespace rem::bench {
namespace {

constexpr size_t kTop = 10;
constexpr double kRoundSeconds = 1;
constexpr int kRounds = 5;
constexpr double kPatience = 3600;
const std::string kQuery = "SELECT number FROM docs ORDER BY v <=> $1 LIMIT 10";

Answers ExactAnswers(const VectorTable& data) {
  Answers truth(data.queries);
  std::vector<uint64_t> all(data.rows);
  std::iota(all.begin(), all.end(), uint64_t{0});
  Parallel(2, [&](int thread) {
    std::vector<float> scores(data.rows);
    for (size_t q = static_cast<size_t>(thread); q < data.queries; q += 2) {
      for (size_t i = 0; i < data.rows; ++i)
        scores[i] = BestKernels().dot(data.query(q).data(), data.row(i).data(), VectorTable::kDimension);
      for (const uint64_t row : TopOf(scores, all, kTop)) truth[q].insert(static_cast<int64_t>(row));
    }
  });
  return truth;
}

double Recall(Session& session, const VectorTable& data, const Answers& truth) {
  Answers answers(data.queries);
  for (size_t q = 0; q < data.queries; ++q) answers[q] = Nearest(session, data, kQuery, q);
  return Share(answers, truth);
}

Rate QueriesPerSecond(Database& database, const VectorTable& data, int threads) {
  RoundTimer timer;
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<size_t> done{0};
    const double start = WallSeconds(), cpu = CpuSeconds();
    Parallel(threads, [&](int thread) {
      Session session = database.OpenSession("bench");
      size_t mine = 0;
      for (size_t q = static_cast<size_t>(thread) * 7; WallSeconds() - start < kRoundSeconds; ++mine)
        Nearest(session, data, kQuery, q++ % data.queries);
      done += mine;
    });
    timer.Add(static_cast<double>(done), WallSeconds() - start, CpuSeconds() - cpu);
  }
  return timer.rate();
}

void PrintLatencies(Session& session, const VectorTable& data) {
  std::vector<double> micros;
  for (size_t round = 0; round < 10; ++round) {
    for (size_t q = 0; q < data.queries; ++q) {
      const double start = WallSeconds();
      Nearest(session, data, kQuery, q);
      micros.push_back(1e6 * (WallSeconds() - start));
    }
  }
  std::sort(micros.begin(), micros.end());
  const double median = micros[micros.size() / 2], p99 = micros[micros.size() * 99 / 100];
  std::printf("latency: p50 %.0f us, p99 %.0f us, %.1f times p50\n", median, p99, p99 / median);
}

/// Recall, and the rate by processor time.
std::pair<double, double> Describe(const char* what, Database& database, Session& session, const VectorTable& data,
                                   const Answers& truth) {
  const double recall = Recall(session, data, truth);
  const Rate one = QueriesPerSecond(database, data, 1);
  std::printf("%-8s recall@10 %.4f, %.0f queries/s by processor time, %.0f by the clock\n", what, recall,
              one.per_cpu_second, one.per_second);
  std::fflush(stdout);
  return {recall, one.per_cpu_second};
}

std::vector<size_t> HalfAtRandom(size_t rows) {
  std::vector<size_t> half;
  std::mt19937_64 random(17);
  for (size_t i = 0; i < rows; ++i) {
    if (random() % 2 == 0) half.push_back(i);
  }
  return half;
}

void DeleteAndInsertHalf(Session& session, const VectorTable& data) {
  const std::vector<size_t> half = HalfAtRandom(data.rows);
  constexpr size_t kDeleted = 1000;
  for (size_t at = 0; at < half.size(); at += kDeleted) {
    std::string numbers;
    for (size_t i = at; i < std::min(half.size(), at + kDeleted); ++i)
      numbers += (i == at ? "" : ",") + std::to_string(half[i]);
    session.Sql("DELETE FROM docs WHERE number IN (" + numbers + ")").FetchAll();
    InsertVectors(session, data,
                  {half.begin() + static_cast<ptrdiff_t>(at),
                   half.begin() + static_cast<ptrdiff_t>(std::min(half.size(), at + kDeleted))});
  }
}

void Run(const VectorSettings& settings) {
  const VectorTable data(settings.rows, settings.queries);
  const Answers truth = ExactAnswers(data);
  const std::string path = std::filesystem::temp_directory_path() / ("bench_vector_life_" + std::to_string(getpid()));
  OpenOptions options;
  options.path = path;
  options.durability = Durability::kNormal;
  {
    Database database = Database::Open(options);
    Session session = database.OpenSession("bench");
    std::printf("%zu rows loaded in %.1f s", data.rows, LoadVectorTable(session, data));
    std::printf(", the graph answers %.1f s later\n", WaitForGraph(session, data, kPatience));
    const auto [recall, rate] = Describe("fresh:", database, session, data, truth);
    Require(recall > 0.9, "recall of a fresh index");
    PrintLatencies(session, data);
    std::printf("two threads: %.2f times one, by the clock\n",
                QueriesPerSecond(database, data, 2).per_second / QueriesPerSecond(database, data, 1).per_second);

    const double changing = WallSeconds();
    DeleteAndInsertHalf(session, data);
    const double changed = WallSeconds();
    WaitForGraph(session, data, kPatience);
    std::printf("half deleted and inserted again in %.1f s, the graph answers %.1f s later\n", changed - changing,
                WallSeconds() - changed);
    // Removed nodes are taken out once nothing changes.
    sleep(3);
    const auto [recall_after, rate_after] = Describe("churned:", database, session, data, truth);
    std::printf("churned beside fresh: recall %.3f, rate %.3f\n", recall_after / recall, rate_after / rate);
  }
  std::printf("%.0f MB on disk\n", DiskBytes(path) / 1e6);
  const double opening = WallSeconds();
  Database database = Database::Open(options);
  Session session = database.OpenSession("bench");
  std::printf("opened again in %.2f s", WallSeconds() - opening);
  const std::set<int64_t> first = Nearest(session, data, kQuery, 0);
  std::printf(", first answer after %.2f s", WallSeconds() - opening);
  WaitForGraph(session, data, kPatience);
  std::printf(", the graph answers after %.2f s\n", WallSeconds() - opening);
  Require(first.size() == kTop, "rows of the first answer");
  Describe("reopened:", database, session, data, truth);
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) { return rem::bench::VectorMain("bench_vector_life", argc, argv, rem::bench::Run); }
