// Inserting records that are embedded by `builtin` and searched by a vector index.
//
//   bench_embedded_insert [--rows=N] [--threads=N]
//
// Batches of 1,000 records of 10 to 50 words go into one table from several threads, first into a table without vectors
// (what the storage costs), then into one with vectors (what embedding adds), then into one that has an index already.
// "indexed" lasts until the index has taken up every row. The embedding alone, on the same texts and threads, is the
// limit. Rates are given by the clock and by the time of all processors, which a busy machine does not change.

#include <atomic>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include <rem/options.h>

#include "base/clock.h"
#include "embedding/provider.h"
#include "measure.h"
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
    std::printf("%-34s %12s %22s\n", "", "records/s", "records/processor-s");
    Measure("embedding alone", [&] {
      const EmbeddingProvider& provider = RequireProvider("builtin");
      Spread(settings_.rows, settings_.threads, [&](size_t begin, size_t end) {
        const std::vector<std::string_view> views(texts_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                  texts_.begin() + static_cast<std::ptrdiff_t>(end));
        std::vector<float> vectors(views.size() * provider.dimension());
        provider.Embed(views, vectors.data());
      });
    });
    Register("plain", "none");
    Measure("insert without vectors", [&] { InsertAll("plain", 0, settings_.rows); });
    Register("embedded", "builtin");
    Measure("insert with vectors", [&] { InsertAll("embedded", 0, settings_.rows); });
    Register("indexed", "builtin");
    InsertAll("indexed", settings_.rows, kWarmRows);
    AwaitIndex();
    Measure("insert with vectors and index", [&] { InsertAll("indexed", 0, settings_.rows); });
    Measure("until the index has them all", [&] { AwaitIndex(); });
    CheckAnswers();
  }

 private:
  void Measure(const char* name, const std::function<void()>& work) {
    const double wall = WallSeconds(), cpu = CpuSeconds();
    work();
    const auto rows = static_cast<double>(settings_.rows);
    std::printf("%-34s %12.0f %22.0f\n", name, rows / (WallSeconds() - wall), rows / (CpuSeconds() - cpu));
    std::fflush(stdout);
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
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--rows=", 7) == 0) {
      settings.rows = std::strtoull(argv[i] + 7, nullptr, 10);
    } else if (std::strncmp(argv[i], "--threads=", 10) == 0) {
      settings.threads = std::strtoull(argv[i] + 10, nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: bench_embedded_insert [--rows=N] [--threads=N]\n");
      return 2;
    }
  }
  try {
    rem::bench::Inserts(settings).Run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
