// The VECTOR workload: search by meaning over N vectors of 384 dimensions, k = 10, beside hnswlib in the same run.
//
//   bench_vector [--rows=N] [--queries=N] [--codes=bits|int8|float16|float32|each] [--threads=N] [--no-peer]
//
// Each line gives the smallest beam width whose recall@10 reaches the goal, that recall, and queries a second. Our
// answers include the exact ranking of the candidates by their float vectors, which lie outside the index here as they
// do in a table; hnswlib keeps them inside.

#include <atomic>
#include <map>
#include <span>

#include "index/vector/hnsw_index.h"
#include "measure.h"
#include "vector_data.h"
#include "vector_peer.h"

namespace rem::bench {
namespace {

constexpr size_t kDimension = 384;
constexpr size_t kTop = 10;
constexpr uint32_t kM = 16;
constexpr uint32_t kEfConstruction = 200;
constexpr double kRoundSeconds = 0.4;
constexpr int kRounds = 5;

struct Settings {
  size_t rows = 100'000;
  size_t queries = 1000;
  int threads = 1;
  bool peer = true;
  std::vector<VectorCodes> codes = {VectorCodes::kBits};
};

constexpr std::pair<const char*, VectorCodes> kCodes[] = {{"bits", VectorCodes::kBits},
                                                          {"int8", VectorCodes::kInt8},
                                                          {"float16", VectorCodes::kFloat16},
                                                          {"float32", VectorCodes::kFloat32}};

struct Filter {
  std::string name;
  std::vector<uint64_t> rows;                // empty for all
  std::vector<std::vector<uint64_t>> truth;  // of each query
};

struct Workload {
  std::vector<float> base;
  std::vector<float> queries;
  size_t rows = 0;
  size_t query_count = 0;
  std::vector<Filter> filters;
};

Workload MakeWorkload(const Settings& settings) {
  Workload work;
  VectorSource source(kDimension, 7);
  work.rows = settings.rows;
  work.query_count = settings.queries;
  work.base = source.Sample(settings.rows);
  work.queries = source.Sample(settings.queries);
  std::mt19937_64 random(11);
  std::vector<uint64_t> all(settings.rows), tenth, hundredth, thousandth;
  for (uint64_t row = 0; row < settings.rows; ++row) {
    all[row] = row;
    const uint64_t category = random() % 1000;
    if (category < 100) tenth.push_back(row);
    if (category >= 700 && category < 710) hundredth.push_back(row);
    if (category == 900) thousandth.push_back(row);
  }
  work.filters = {{"all", {}, {}}, {"10 %", tenth, {}}, {"1 %", hundredth, {}}, {"0.1 %", thousandth, {}}};
  for (Filter& filter : work.filters) filter.truth.resize(settings.queries);
  std::atomic<size_t> next{0};
  Parallel(2, [&](int) {
    std::vector<float> scores(settings.rows);
    for (size_t q; (q = next++) < settings.queries;) {
      for (size_t i = 0; i < settings.rows; ++i) {
        scores[i] = BestKernels().dot(&work.queries[q * kDimension], &work.base[i * kDimension], kDimension);
      }
      for (Filter& filter : work.filters) {
        filter.truth[q] = TopOf(scores, filter.rows.empty() ? all : filter.rows, kTop);
      }
    }
  });
  return work;
}

class RemPeer : public VectorPeer {
 public:
  explicit RemPeer(VectorCodes codes) : codes_(codes) {}

  std::string name() const override {
    const auto found =
        std::find_if(std::begin(kCodes), std::end(kCodes), [&](const auto& c) { return c.second == codes_; });
    return found->first;
  }

  void Build(const float* vectors, size_t count, size_t dimension, int threads) override {
    vectors_ = vectors;
    dimension_ = dimension;
    HnswOptions options;
    options.dimension = dimension;
    options.m = kM;
    options.ef_construction = kEfConstruction;
    options.codes = codes_;
    options.centre.assign(dimension, 0);
    for (size_t i = 0; i < count; ++i) {
      for (size_t d = 0; d < dimension; ++d)
        options.centre[d] += vectors[i * dimension + d] / static_cast<float>(count);
    }
    index_ = std::make_unique<HnswIndex>(options);
    std::atomic<size_t> next{0};
    Parallel(threads, [&](int) {
      for (size_t i; (i = next++) < count;) index_->Insert(i, {vectors + i * dimension, dimension});
    });
  }

  size_t Search(const float* query, size_t k, size_t ef, uint64_t* out) override {
    return Rank(query, k, index_->Search({{query, dimension_}, Candidates(k, ef), ef}, &counts_), out);
  }

  size_t SearchRows(const float* query, size_t k, size_t ef, std::span<const uint64_t> rows, uint64_t* out) {
    return Rank(query, k, index_->SearchRows({{query, dimension_}, Candidates(k, ef), ef}, rows, &counts_), out);
  }

  const HnswIndex& index() const { return *index_; }
  const HnswCounts& counts() const { return counts_; }

 private:
  static size_t Candidates(size_t k, size_t ef) { return std::min(ef, k + k / 2); }

  size_t Rank(const float* query, size_t k, const std::vector<HnswCandidate>& found, uint64_t* out) const {
    std::pair<float, uint64_t> ranked[2 * kTop];
    for (size_t i = 0; i < found.size(); ++i) {
      const char* vector = reinterpret_cast<const char*>(vectors_ + found[i].row * dimension_);
      for (size_t at = 0; at < dimension_ * sizeof(float); at += 64) __builtin_prefetch(vector + at);
    }
    for (size_t i = 0; i < found.size(); ++i) {
      ranked[i] = {-BestKernels().dot(query, vectors_ + found[i].row * dimension_, dimension_), found[i].row};
    }
    std::sort(ranked, ranked + found.size());
    const size_t count = std::min(k, found.size());
    for (size_t i = 0; i < count; ++i) out[i] = ranked[i].second;
    return count;
  }

  VectorCodes codes_;
  const float* vectors_ = nullptr;
  size_t dimension_ = 0;
  std::unique_ptr<HnswIndex> index_;
  static thread_local HnswCounts counts_;
};

thread_local HnswCounts RemPeer::counts_;

using SearchFunction = std::function<size_t(const float* query, size_t ef, uint64_t* out)>;

double Recall(const Workload& work, const Filter& filter, size_t ef, const SearchFunction& search) {
  size_t hits = 0, wanted = 0;
  for (size_t q = 0; q < work.query_count; ++q) {
    uint64_t found[kTop];
    const size_t count = search(&work.queries[q * kDimension], ef, found);
    for (const uint64_t row : filter.truth[q]) hits += std::count(found, found + count, row);
    wanted += filter.truth[q].size();
  }
  return static_cast<double>(hits) / static_cast<double>(wanted);
}

double QueriesPerSecond(const Workload& work, size_t ef, int threads, const SearchFunction& search) {
  RoundTimer timer;
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<size_t> done{0};
    const double start = WallSeconds(), cpu = CpuSeconds();
    Parallel(threads, [&](int thread) {
      uint64_t found[kTop];
      size_t mine = 0;
      size_t q = static_cast<size_t>(thread) * work.query_count / static_cast<size_t>(threads);
      while (mine % 16 != 0 || WallSeconds() - start < kRoundSeconds) {
        search(&work.queries[q * kDimension], ef, found);
        q = (q + 1) % work.query_count;
        ++mine;
      }
      done += mine;
    });
    timer.Add(static_cast<double>(done), WallSeconds() - start, CpuSeconds() - cpu);
  }
  // By processor time, which stays true on a busy machine.
  return timer.rate().per_cpu_second * threads;
}

std::map<std::string, double> Measure(const std::string& peer, const Workload& work, const Filter& filter, int threads,
                                      const SearchFunction& search, const RemPeer* rem) {
  std::map<std::string, double> rates;
  double recall = 0;
  size_t ef = kTop;
  for (const double goal : {0.95, 0.99}) {
    while (recall < goal) {
      recall = Recall(work, filter, ef, search);
      if (recall >= goal) break;
      ef += std::max<size_t>(2, ef / 8);
      if (ef > 4096) {
        std::printf("%-8s %-6s recall %.2f not reached (%.4f)\n", peer.c_str(), filter.name.c_str(), goal, recall);
        return rates;
      }
    }
    const double rate = QueriesPerSecond(work, ef, threads, search);
    rates[goal == 0.95 ? "0.95" : "0.99"] = rate;
    std::printf("%-8s %-6s recall@10 >= %.2f: ef %4zu recall %.4f  %9.0f queries/s", peer.c_str(), filter.name.c_str(),
                goal, ef, recall, rate);
    if (rem != nullptr) std::printf("  (last query: %zu distances)", rem->counts().scored);
    std::printf("\n");
    std::fflush(stdout);
  }
  return rates;
}

template <typename Peer>
void Build(Peer& peer, const Workload& work, int threads) {
  const double resident = ResidentMegabytes(), wall = WallSeconds(), cpu = CpuSeconds();
  peer.Build(work.base.data(), work.rows, kDimension, threads);
  std::printf("%-8s build of %zu on %d thread(s): %.1f s, %.1f s of processor time, %.0f MiB more resident\n",
              peer.name().c_str(), work.rows, threads, WallSeconds() - wall, CpuSeconds() - cpu,
              ResidentMegabytes() - resident);
  std::fflush(stdout);
}

void Run(const Settings& settings) {
  const Workload work = MakeWorkload(settings);
  std::printf("%zu vectors of %zu dimensions, kernels %s\n", work.rows, kDimension, BestKernels().name);
  std::map<std::string, double> ours;
  for (const VectorCodes codes : settings.codes) {
    RemPeer rem(codes);
    Build(rem, work, settings.threads);
    std::printf("%-8s %.1f MB for graph and codes\n", rem.name().c_str(),
                static_cast<double>(rem.index().memory_bytes()) / 1e6);
    for (const Filter& filter : work.filters) {
      const SearchFunction search = [&](const float* query, size_t ef, uint64_t* out) {
        return filter.rows.empty() ? rem.Search(query, kTop, ef, out)
                                   : rem.SearchRows(query, kTop, ef, filter.rows, out);
      };
      const auto rates = Measure(rem.name(), work, filter, settings.threads, search, &rem);
      if (filter.rows.empty() && ours.empty()) ours = rates;
    }
  }
  std::unique_ptr<VectorPeer> peer = settings.peer ? MakeHnswlibPeer(kM, kEfConstruction) : nullptr;
  if (peer == nullptr) return;
  Build(*peer, work, settings.threads);
  const SearchFunction search = [&](const float* query, size_t ef, uint64_t* out) {
    return peer->Search(query, kTop, ef, out);
  };
  const auto theirs = Measure("hnswlib", work, work.filters[0], settings.threads, search, nullptr);
  for (const auto& [goal, rate] : ours) {
    const auto found = theirs.find(goal);
    if (found != theirs.end()) std::printf("recall %s: %.2fx hnswlib\n", goal.c_str(), rate / found->second);
  }
}

Settings Parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    if (name == "--rows") {
      settings.rows = std::stoull(value);
    } else if (name == "--queries") {
      settings.queries = std::stoull(value);
    } else if (name == "--threads") {
      settings.threads = std::stoi(value);
    } else if (name == "--codes") {
      settings.codes.clear();
      for (const auto& [codes_name, codes] : kCodes) {
        if (value == codes_name || value == "each") settings.codes.push_back(codes);
      }
      if (settings.codes.empty()) Fail("unknown codes " + value);
    } else if (name == "--no-peer") {
      settings.peer = false;
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
    std::fprintf(stderr, "bench_vector: %s\n", error.what());
    return 1;
  }
}
