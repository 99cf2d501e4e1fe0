// How busy the embedding worker keeps a local encoder of all-MiniLM-L6-v2's shape (random weights), from the first
// record that waits to the last vector that is stored.
//
//   bench_embedding_worker [--rows=N] [--words=N]
//
// "busy" is the share of that time during which the encoder computes; the goal is 0.90. The limit is the encoder
// alone, on the same texts in calls of the same size, without a database: "of encoder alone" compares processor time,
// which a busy machine does not change, and holds what the worker costs besides. "processors" is how many the process
// kept at work, of all that a quiet machine has.

#include <atomic>
#include <cmath>
#include <filesystem>
#include <random>
#include <thread>

#include <rem/options.h>

#include "base/clock.h"
#include "embedding/local/local_model.h"
#include "embedding/provider.h"
#include "measure.h"
#include "options.h"
#include "random_encoder.h"
#include "storage/rocksdb_engine.h"
#include "store/store.h"

namespace rem::bench {
namespace {

constexpr int64_t kLongMs = 600'000;
constexpr size_t kTextsOfCall = 256;

struct Settings {
  size_t rows = 2'000;
  size_t words = 10;
};

std::vector<std::string> MakeWords() {
  std::mt19937_64 random(3);
  std::vector<std::string> words(5'000);
  for (std::string& word : words) {
    for (size_t i = 0, size = 3 + random() % 7; i < size; ++i) word += static_cast<char>('a' + random() % 26);
  }
  return words;
}

/// The encoder as a provider that keeps the time.
class TimedEncoder final : public EmbeddingProvider {
 public:
  explicit TimedEncoder(const std::string& folder) : model_(folder) {}
  std::string_view name() const override { return "timed"; }
  uint32_t dimension() const override { return static_cast<uint32_t>(model_.dimension()); }
  bool normalised() const override { return true; }
  std::string_view description() const override { return "of a benchmark"; }
  bool inline_on_insert() const override { return false; }
  size_t batch_texts() const override { return kTextsOfCall; }
  void Embed(std::span<const std::string_view> texts, float* out) const override {
    const double begin = WallSeconds();
    if (running_.fetch_add(1) == 0) since_ = begin;
    model_.Embed(texts, LocalModel::LongTexts::kCut, out);
    if (running_.fetch_sub(1) == 1) seconds_ = seconds_ + WallSeconds() - since_;
    texts_ += texts.size();
  }
  /// During which at least one call ran.
  double seconds() const { return seconds_; }
  size_t texts() const { return texts_; }

 private:
  const LocalModel model_;
  mutable std::atomic<int> running_{0};
  mutable std::atomic<double> since_{0}, seconds_{0};
  mutable std::atomic<size_t> texts_{0};
};

void Run(const Settings& settings) {
  const std::vector<std::string> words = MakeWords();
  const RandomEncoder files(words);
  const auto* encoder = new TimedEncoder(files.folder());  // Lives as long as the process, as providers do.
  Require(RegisterProvider(encoder), "the provider is there already");
  std::mt19937_64 random(5);
  std::vector<std::string> texts(settings.rows);
  for (std::string& text : texts) {
    for (size_t i = 0; i < settings.words; ++i) text += (i == 0 ? "" : " ") + words[random() % words.size()];
  }

  std::vector<float> vectors(texts.size() * encoder->dimension());
  const double alone_cpu = CpuSeconds(), alone_wall = WallSeconds();
  for (size_t i = 0; i < texts.size(); i += kTextsOfCall) {
    const std::vector<std::string_view> views(
        texts.begin() + static_cast<std::ptrdiff_t>(i),
        texts.begin() + static_cast<std::ptrdiff_t>(std::min(i + kTextsOfCall, texts.size())));
    encoder->Embed(views, vectors.data() + i * encoder->dimension());
  }
  const double alone = CpuSeconds() - alone_cpu, alone_seconds = WallSeconds() - alone_wall;

  const std::string path = std::filesystem::temp_directory_path() / "rem_bench_embedding_worker";
  std::filesystem::remove_all(path);
  OpenOptions options;
  options.path = path;
  {
    Store store(OpenRocksDbEngine(options), options, SystemClock());
    const auto tenant = store.OpenTenant("bench", true);
    const TablePtr table = tenant->Register("t", Document::FromJson(R"({"type": "object",
      "properties": {"content": {"type": "string"}}, "embedding_provider": "timed"})"),
                                            false);
    std::vector<Document> records;
    for (const std::string& text : texts) {
      DocumentBuilder record;
      record.BeginObject();
      record.Key("content");
      record.Text(text);
      record.EndObject();
      records.push_back(record.Finish());
    }
    const double before = encoder->seconds();
    const size_t texts_before = encoder->texts();
    const double wall = WallSeconds(), cpu = CpuSeconds();
    tenant->writer().Insert("t", records, {});
    const double inserted = WallSeconds();
    Require(tenant->embedding().Wait(kLongMs), "the worker is not done in time");
    const double seconds = WallSeconds() - inserted, cpu_seconds = CpuSeconds() - cpu;
    const auto rows = static_cast<double>(settings.rows);
    const double busy = std::min(1.0, (encoder->seconds() - before) / seconds);
    std::printf("%zu records of %zu words, %u processors\n\n", settings.rows, settings.words,
                std::thread::hardware_concurrency());
    std::printf("%-24s %10.0f texts/s %10.0f texts/processor-s\n", "encoder alone", rows / alone_seconds, rows / alone);
    std::printf("%-24s %10.0f texts/s %10.0f texts/processor-s\n", "by the worker", rows / seconds, rows / cpu_seconds);
    std::printf("%-24s %10.3f s\n", "insert call", inserted - wall);
    std::printf("%-24s %10.3f   (goal 0.90: %s)\n", "busy", busy, busy >= 0.9 ? "yes" : "no");
    std::printf("%-24s %10.3f\n", "of encoder alone", alone / cpu_seconds);
    std::printf("%-24s %10.2f\n", "processors", cpu_seconds / (WallSeconds() - wall));

    Require(encoder->texts() - texts_before == settings.rows, "every text is embedded once");
    const auto view = tenant->Snapshot();
    RowCursor cursor = view->ScanRows(*table);
    VectorValue stored;
    size_t row = 0;
    for (; cursor.Next(); ++row) {
      Require(view->GetVector(*table, table->vectors[0], cursor.row_id(), stored), "a row has no vector");
      Require(
          std::equal(stored.begin(), stored.end(), vectors.begin() + static_cast<std::ptrdiff_t>(row * stored.size())),
          "a stored vector");
    }
    Require(row == settings.rows, "rows in the table");
  }
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) {
  rem::bench::Settings settings;
  return rem::bench::BenchMain("bench_embedding_worker", argc, argv,
                               {{"rows", &settings.rows}, {"words", &settings.words}},
                               [&] { rem::bench::Run(settings); });
}
