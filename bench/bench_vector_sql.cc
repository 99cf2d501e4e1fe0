// Vector search through SQL beside the same index searched directly: N rows of 384 dimensions, k = 10, the default
// beam of 100. The budget for everything that SQL adds is a quarter of the search.
//
//   bench_vector_sql [--rows=N] [--queries=N]
//
// Rates are by processor time. The answers of the two are compared.

#include <unistd.h>

#include <algorithm>
#include <filesystem>

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

// The best of the candidates by their vectors.
std::set<int64_t> Best(const VectorTable& data, size_t query, const std::vector<HnswCandidate>& found) {
  std::vector<std::pair<float, uint64_t>> ranked;
  for (const HnswCandidate& candidate : found) {
    ranked.emplace_back(-BestKernels().dot(data.query(query).data(), data.row(candidate.row).data(), kDimension),
                        candidate.row);
  }
  std::ranges::sort(ranked);
  std::set<int64_t> best;
  for (size_t i = 0; i < std::min(kTop, ranked.size()); ++i) best.insert(static_cast<int64_t>(ranked[i].second));
  return best;
}

void Compare(const std::string& what, const VectorTable& data, const Answers& raw, double direct,
             const std::function<std::set<int64_t>(size_t query)>& search) {
  Answers answers(data.queries);
  const double rate = Rate(data, [&](size_t q) { answers[q] = search(q); });
  std::printf("%-74s %9.0f queries/s, %.2f of the index\n", what.c_str(), rate, rate / direct);
  if (raw.empty()) return;
  const double common = Share(answers, raw);
  Require(common > 0.97, "SQL and the index agree in " + std::to_string(common) + " of the rows");
}

void RunAll(Session& session, const VectorTable& data, const HnswIndex& index) {
  Answers raw(data.queries);
  const double direct = Rate(data, [&](size_t q) {
    raw[q] = Best(data, q, index.Search({data.query(q), 2 * kTop, kEf}));
  });
  std::printf("%-74s %9.0f queries/s\n", "the index directly, ranked by vectors in memory", direct);
  for (const char* text :
       {"SELECT number FROM docs ORDER BY v <=> $1 LIMIT 10", "SELECT number FROM docs WHERE v.cosine($1) LIMIT 10"})
    Compare(text, data, raw, direct, [&](size_t q) { return Nearest(session, data, text, q); });
  // The same vectors as texts.
  std::vector<std::string> texts;
  for (const Value& vector : data.parameters) texts.push_back(vector.ToText());
  const auto numbers = [](Result result) {
    std::set<int64_t> found;
    while (result.Next()) found.insert(result.GetInt(0));
    return found;
  };
  for (const char* text :
       {"SELECT number FROM docs ORDER BY v <=> $1 LIMIT 10", "SELECT number FROM docs WHERE v.cosine($1) LIMIT 10"}) {
    Compare(std::string(text) + ", $1 a text", data, raw, direct, [&](size_t q) {
      const Value values[] = {Value(texts[q])};
      return numbers(session.Sql(text, values));
    });
  }
  Compare("SELECT number FROM docs ORDER BY v <=> '[...]' LIMIT 10, a literal", data, raw, direct, [&](size_t q) {
    return numbers(session.Sql("SELECT number FROM docs ORDER BY v <=> '" + texts[q] + "' LIMIT 10"));
  });
  const std::string distances = "SELECT v <=> $1 FROM docs ORDER BY v <=> $1 LIMIT 10";
  Compare(distances, data, {}, direct, [&](size_t q) { return Nearest(session, data, distances, q); });
}

// Conditions that a tenth of the rows satisfy.
void RunFiltered(Session& session, const VectorTable& data, const HnswIndex& index) {
  std::vector<uint64_t> tenth;
  for (size_t i = 3; i < data.rows; i += 10) tenth.push_back(i);
  Answers raw(data.queries);
  const double direct = Rate(data, [&](size_t q) {
    raw[q] = Best(data, q, index.SearchRows({data.query(q), 2 * kTop, kEf, kTop}, tenth));
  });
  std::printf("%-74s %9.0f queries/s\n", "the index directly, the rows with tenth = 3", direct);
  const std::string known = "SELECT number FROM docs WHERE tenth = 3 ORDER BY v <=> $1 LIMIT 10";
  Compare(known, data, raw, direct, [&](size_t q) { return Nearest(session, data, known, q); });
  // Other rows every time, so that they have to be found every time.
  int64_t begin = 0;
  const auto count = static_cast<int64_t>(data.rows);
  const std::string fresh = "SELECT number FROM docs WHERE number >= $2 AND number < $3 ORDER BY v <=> $1 LIMIT 10";
  Compare(fresh, data, {}, direct, [&](size_t q) {
    begin = (begin + 17) % (count - count / 10);
    const Value values[] = {data.parameters[q], Value(begin), Value(begin + count / 10)};
    std::set<int64_t> numbers;
    Result result = session.Sql(fresh, values);
    while (result.Next()) numbers.insert(result.GetInt(0));
    return numbers;
  });
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
    std::printf("index made in the background in %.1f s more\n", WaitForGraph(session, data, 600));
    RunAll(session, data, *index);
    RunFiltered(session, data, *index);
  }
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) { return rem::bench::VectorMain("bench_vector_sql", argc, argv, rem::bench::Run); }
