// What several requests under way bring with a service that takes its time: records through the embedding worker, and
// texts in one call, with one request at a time and with several.
//
//   bench_embedding_service [--rows=N] [--latency-ms=N] [--requests=N]
//
// The limit is the service: with r requests at a time, texts of a request * r / latency.

#include <cstdlib>
#include <filesystem>

#include <rem/options.h>

#include "base/clock.h"
#include "embedding/provider.h"
#include "measure.h"
#include "options.h"
#include "storage/rocksdb_engine.h"
#include "store/store.h"
#include "text_service.h"

namespace rem::bench {
namespace {

constexpr int64_t kLongMs = 600'000;
constexpr size_t kTextsOfRequest = 96;

struct Settings {
  size_t rows = 4'000;
  size_t latency_ms = 50;
  size_t requests = 4;
};

struct Rates {
  double call = 0;
  double worker = 0;
};

Rates Measure(const Settings& settings, size_t at_once) {
  setenv("REM_DB_HTTP_REQUESTS", std::to_string(at_once).c_str(), 1);
  const TextService service(static_cast<int>(settings.latency_ms));
  const std::string name = service.Provider("bench" + std::to_string(at_once));
  const EmbeddingProvider& provider = RequireProvider(name);
  std::vector<std::string> texts;
  for (size_t i = 0; i < settings.rows; ++i) texts.push_back("record number " + std::to_string(i));
  const auto rows = static_cast<double>(settings.rows);
  Rates rates;

  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> vectors(texts.size() * provider.dimension());
  const double begin = WallSeconds();
  provider.EmbedFor(views, {}, vectors.data());
  rates.call = rows / (WallSeconds() - begin);
  for (size_t i = 0; i < texts.size(); ++i)
    Require(vectors[i * provider.dimension()] == TextService::First(texts[i]), "a vector of a call");

  const std::string path = std::filesystem::temp_directory_path() / "rem_bench_embedding_service";
  std::filesystem::remove_all(path);
  OpenOptions options;
  options.path = path;
  {
    Store store(OpenRocksDbEngine(options), options, SystemClock());
    const auto tenant = store.OpenTenant("bench", true);
    const TablePtr table = tenant->Register(
        "t",
        Document::FromJson(
            R"({"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": ")" + name +
            "\"}"),
        false);
    std::vector<Document> records;
    for (const std::string& text : texts) records.push_back(Document::FromJson("{\"content\": \"" + text + "\"}"));
    const double inserted = WallSeconds();
    tenant->writer().Insert("t", records, {});
    Require(tenant->embedding().Wait(kLongMs), "the worker is not done in time");
    rates.worker = rows / (WallSeconds() - inserted);
    const auto view = tenant->Snapshot();
    RowCursor cursor = view->ScanRows(*table);
    VectorValue stored;
    size_t row = 0;
    for (; cursor.Next(); ++row) {
      Require(view->GetVector(*table, table->vectors[0], cursor.row_id(), stored), "a row has no vector");
      Require(stored[0] == TextService::First(texts[row]), "a stored vector");
    }
    Require(row == settings.rows, "rows in the table");
  }
  std::filesystem::remove_all(path);
  return rates;
}

void Run(const Settings& settings) {
  std::printf("%zu texts, %zu ms a request of at most %zu texts\n\n", settings.rows, settings.latency_ms,
              kTextsOfRequest);
  std::printf("%-22s %12s %12s %12s %10s\n", "requests at a time", "call, 1/s", "worker, 1/s", "limit, 1/s",
              "of limit");
  Rates one;
  for (const size_t at_once : {size_t{1}, settings.requests}) {
    const Rates rates = Measure(settings, at_once);
    const double limit =
        static_cast<double>(kTextsOfRequest * at_once) * 1000 / static_cast<double>(settings.latency_ms);
    std::printf("%-22zu %12.0f %12.0f %12.0f %10.2f\n", at_once, rates.call, rates.worker, limit, rates.worker / limit);
    if (at_once == 1) {
      one = rates;
    } else {
      std::printf("%-22s %12.2f %12.2f\n", "times as fast", rates.call / one.call, rates.worker / one.worker);
    }
  }
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) {
  rem::bench::Settings settings;
  return rem::bench::BenchMain(
      "bench_embedding_service", argc, argv,
      {{"rows", &settings.rows}, {"latency-ms", &settings.latency_ms}, {"requests", &settings.requests}},
      [&] { rem::bench::Run(settings); });
}
