// Inserting records that are embedded by `builtin` and searched by a vector index.
//
//   bench_embedded_insert [--rows=N] [--threads=N]
//
// Batches of 1,000 records of 10 to 50 words go into one table from several threads, first into a table without vectors
// (what the storage costs), then into one with vectors (what embedding adds), then into one that has an index already.
// "in the index" lasts until the index has taken up every row. The limits are the embedding alone and the making of a
// graph alone, on the same texts and threads. Rates are given by the clock, by the time of all processors, which a busy
// machine does not change, and by that time times the threads: what a quiet machine with so many processors reaches,
// where the work is spread evenly. Goals are those of the issue that asked for them: short texts embedded, and inserts
// with vectors and index.

#include <atomic>
#include <cmath>
#include <filesystem>
#include <random>
#include <thread>

#include <rem/options.h>

#include "base/clock.h"
#include "embedding/provider.h"
#include "index/vector/hnsw_index.h"
#include "measure.h"
#include "options.h"
#include "storage/rocksdb_engine.h"
#include "store/store.h"

namespace rem::bench {
namespace {

constexpr size_t kBatch = 1000;
constexpr size_t kWarmRows = 6000;  // enough for an index
constexpr int64_t kLongMs = 600'000;

struct Settings {
  size_t rows = 40'000;
  size_t threads = 2;
};

std::vector<std::string> MakeTexts(size_t count) {
  std::mt19937_64 random(3);
  std::vector<std::string> words(20'000);
  for (std::string& word : words) {
    for (size_t i = 0, size = 3 + random() % 7; i < size; ++i) word += static_cast<char>('a' + random() % 26);
  }
  std::vector<std::string> texts(count);
  for (std::string& text : texts) {
    for (size_t i = 0, size = 10 + random() % 41; i < size; ++i) {
      // Few words are frequent, as in any language.
      const double place = std::pow(static_cast<double>(random() % 1'000'000) / 1e6, 3);
      text += (text.empty() ? "" : " ") + words[static_cast<size_t>(place * static_cast<double>(words.size()))];
    }
  }
  return texts;
}

/// Runs `work(begin, end)` over parts of [0, count) of kBatch each, on so many threads.
template <typename Work>
void Spread(size_t count, size_t threads, const Work& work) {
  std::atomic<size_t> next{0};
  std::vector<std::thread> pool;
  for (size_t t = 0; t < threads; ++t) {
    pool.emplace_back([&] {
      for (size_t begin; (begin = next.fetch_add(kBatch)) < count;) work(begin, std::min(count, begin + kBatch));
    });
  }
  for (std::thread& thread : pool) thread.join();
}

class Inserts {
 public:
  explicit Inserts(const Settings& settings) : settings_(settings), texts_(MakeTexts(settings.rows + kWarmRows)) {
    path_ = std::filesystem::temp_directory_path() / "rem_bench_embedded_insert";
    std::filesystem::remove_all(path_);
    OpenOptions options;
    options.path = path_;
    store_ = std::make_unique<Store>(OpenRocksDbEngine(options), options, SystemClock());
    tenant_ = store_->OpenTenant("bench", true);
  }
  ~Inserts() {
    tenant_.reset();
    store_.reset();
    std::filesystem::remove_all(path_);
  }

  void Run() {
    std::printf("%zu records of 10 to 50 words, batches of %zu, %zu threads\n\n", settings_.rows, kBatch,
                settings_.threads);
    std::printf("%-34s %12s %22s %18s %10s\n", "", "records/s", "records/processor-s", "of quiet machine", "goal");
    const EmbeddingProvider& provider = RequireProvider("builtin");
    const std::vector<std::string> short_texts = ShortTexts();
    MakeVectors(short_texts);  // The first use loads the model.
    Measure(
        "embedding alone, 10 words", [&] { MakeVectors(short_texts); }, 100'000);
    std::vector<float> vectors;
    Measure("embedding alone", [&] { vectors = MakeVectors(texts_); });
    Measure("graph alone", [&] { MakeGraph(vectors, provider.dimension()); });
    Register("plain", "none");
    Measure("insert without vectors", [&] { InsertAll("plain", 0, settings_.rows); });
    Register("embedded", "builtin");
    Measure("insert with vectors", [&] { InsertAll("embedded", 0, settings_.rows); });
    Register("indexed", "builtin");
    InsertAll("indexed", settings_.rows, kWarmRows);
    AwaitIndex();
    const Spent begin;
    Measure(
        "insert with vectors and index", [&] { InsertAll("indexed", 0, settings_.rows); }, 10'000);
    const Spent inserted;
    AwaitIndex();
    Print("then until all are in the index", inserted);
    Print("both", begin);
    CheckAnswers();
  }

 private:
  struct Spent {
    double wall = WallSeconds(), cpu = CpuSeconds();
  };

  void Measure(const char* name, const std::function<void()>& work, double goal = 0) {
    const Spent begin;
    work();
    Print(name, begin, goal);
  }

  void Print(const char* name, const Spent& begin, double goal = 0) {
    const auto rows = static_cast<double>(settings_.rows);
    const double clock = rows / (WallSeconds() - begin.wall), processor = rows / (CpuSeconds() - begin.cpu);
    const double quiet = processor * static_cast<double>(settings_.threads);
    std::printf("%-34s %12.0f %22.0f %18.0f", name, clock, processor, quiet);
    if (goal > 0) std::printf(" %10.0f %s", goal, clock >= goal ? "yes" : quiet >= goal ? "if quiet" : "no");
    std::printf("\n");
    std::fflush(stdout);
  }

  std::vector<std::string> ShortTexts() const {
    std::vector<std::string> texts(settings_.rows);
    for (size_t i = 0; i < texts.size(); ++i) {
      size_t end = 0;
      for (int word = 0; word < 10 && end != std::string::npos; ++word) end = texts_[i].find(' ', end + 1);
      texts[i] = texts_[i].substr(0, end);
    }
    return texts;
  }

  /// Of the first settings_.rows texts, one after the other.
  std::vector<float> MakeVectors(const std::vector<std::string>& texts) const {
    const EmbeddingProvider& provider = RequireProvider("builtin");
    std::vector<float> vectors(settings_.rows * provider.dimension());
    Spread(settings_.rows, settings_.threads, [&](size_t begin, size_t end) {
      const std::vector<std::string_view> views(texts.begin() + static_cast<std::ptrdiff_t>(begin),
                                                texts.begin() + static_cast<std::ptrdiff_t>(end));
      provider.Embed(views, vectors.data() + begin * provider.dimension());
    });
    return vectors;
  }

  void MakeGraph(const std::vector<float>& vectors, size_t dimension) const {
    HnswOptions options;
    options.dimension = dimension;
    options.centre.assign(dimension, 0.0F);
    for (size_t i = 0; i < vectors.size(); ++i)
      options.centre[i % dimension] += vectors[i] / static_cast<float>(settings_.rows);
    HnswIndex graph(options);
    const auto add = [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i)
        Require(graph.Insert(i + 1, {vectors.data() + i * dimension, dimension}), "a vector in the graph");
    };
    const size_t first = std::min(settings_.rows, kBatch);  // Later nodes are found through the first ones.
    add(0, first);
    Spread(settings_.rows - first, settings_.threads,
           [&](size_t begin, size_t end) { add(first + begin, first + end); });
    Require(graph.size() == settings_.rows, "nodes of the graph");
  }

  void Register(const std::string& name, const std::string& provider) {
    tenant_->Register(name,
                      Document::FromJson(R"({"type": "object", "properties": {"content": {"type": "string"}},
                        "embedding_provider": ")" +
                                         provider + "\"}"),
                      false);
  }

  void InsertAll(const std::string& table, size_t first, size_t count) {
    Spread(count, settings_.threads, [&](size_t begin, size_t end) {
      std::vector<Document> records;
      for (size_t i = begin; i < end; ++i) {
        DocumentBuilder record;
        record.BeginObject();
        record.Key("content");
        record.Text(texts_[first + i]);
        record.EndObject();
        records.push_back(record.Finish());
      }
      tenant_->writer().Insert(table, records, {});
    });
  }

  void AwaitIndex() {
    const TablePtr table = tenant_->catalog()->Get("indexed");
    tenant_->vector_indexes().Find(*table, table->vectors[0]);
    Require(tenant_->vector_indexes().WaitForAll(kLongMs), "the index is not made in time");
  }

  void CheckAnswers() {
    const TablePtr table = tenant_->catalog()->Get("indexed");
    const auto index = tenant_->vector_indexes().Find(*table, table->vectors[0]);
    Require(index != nullptr && index->graph().size() == settings_.rows + kWarmRows, "rows in the index");
    Require(table->counters->live_rows.load() == static_cast<int64_t>(settings_.rows + kWarmRows), "rows in the table");
    const auto view = tenant_->Snapshot();
    size_t seen = 0;
    const EmbeddingProvider& provider = RequireProvider("builtin");
    RowCursor rows = view->ScanRows(*table);
    VectorValue stored, made(provider.dimension());
    while (rows.Next()) {
      if (++seen % 997 != 0) continue;
      const std::string_view text = rows.row().properties().Find("content")->AsText();
      provider.Embed({&text, 1}, made.data());
      Require(view->GetVector(*table, table->vectors[0], rows.row_id(), stored) && stored == made, "a stored vector");
    }
  }

  const Settings settings_;
  const std::vector<std::string> texts_;
  std::string path_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<TenantStore> tenant_;
};

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) {
  rem::bench::Settings settings;
  return rem::bench::BenchMain("bench_embedded_insert", argc, argv,
                               {{"rows", &settings.rows}, {"threads", &settings.threads}},
                               [&] { rem::bench::Inserts(settings).Run(); });
}
