// Texts a second and time a text of the providers that need no network. The peer is reading the text's bytes once
// (XXH3), which no provider can avoid. The local encoder runs with random weights in the shape of all-MiniLM-L6-v2; its
// limit is its matrix product on data that stays in the first cache, measured in the same run, and its peer OpenBLAS.
#include <benchmark/benchmark.h>

#include <time.h>

#include <cmath>
#include <string>
#include <vector>

#ifdef REM_HAS_OPENBLAS
#include <cblas.h>
extern "C" void openblas_set_num_threads(int threads);
#endif

#include "base/hash.h"
#include "embedding/local/local_model.h"
#include "embedding/local/math_kernels.h"
#include "embedding/local/packed_matrix.h"
#include "embedding/local/quantised_matrix.h"
#include "embedding/provider.h"
#include "random_encoder.h"

namespace {

// English of the kind that tables hold; the words vary, so that rows do not all come from the nearest cache.
constexpr const char* kWords[] = {
    "the",      "a",         "of",       "record",     "search",  "meaning",   "photo",   "image",     "compress",
    "command",  "line",      "database", "server",     "network", "physician", "illness", "treatment", "history",
    "century",  "war",       "recipe",   "garlic",     "butter",  "oven",      "museum",  "painter",   "river",
    "mountain", "traveller", "ticket",   "account",    "payment", "transfer",  "balance", "engine",    "vehicle",
    "repair",   "garage",    "resizer",  "kubernetes", "and",     "to",        "is",      "in",        "that",
    "for",      "with",      "on",       "it",         "xkqzt"};

std::vector<std::string> Texts(size_t count, size_t words) {
  std::vector<std::string> texts;
  uint64_t state = 7;
  for (size_t i = 0; i < count; ++i) {
    std::string text;
    for (size_t w = 0; w < words; ++w) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += std::string(w == 0 ? "" : " ") + kWords[(state >> 33) % std::size(kWords)];
    }
    texts.push_back(text + ".");
  }
  return texts;
}

bool HasLengthOne(const float* vector, size_t size) {
  double squares = 0;
  for (size_t d = 0; d < size; ++d) squares += double{vector[d]} * vector[d];
  return std::abs(squares - 1) < 1e-4;
}

void Embed(benchmark::State& state, const char* name) {
  const rem::EmbeddingProvider* provider = rem::FindProvider(name);
  const std::vector<std::string> texts = Texts(2000, static_cast<size_t>(state.range(0)));
  std::vector<float> vector(provider->dimension());
  size_t at = 0;
  for (auto _ : state) {
    const std::string_view text = texts[at++ % texts.size()];
    provider->Embed({&text, 1}, vector.data());
    if (!HasLengthOne(vector.data(), vector.size())) state.SkipWithError("the vector does not have length 1");
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

void ReadBytes(benchmark::State& state) {
  const std::vector<std::string> texts = Texts(2000, static_cast<size_t>(state.range(0)));
  size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(rem::Hash64(texts[at++ % texts.size()]));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

const rem::LocalModel& MiniLmShapedModel(rem::EncoderPrecision precision) {
  static const rem::bench::RandomEncoder files({std::begin(kWords), std::end(kWords)});
  static const rem::LocalModel f32(files.folder()), int8(files.folder(), rem::EncoderPrecision::kInt8),
      bf16(files.folder(), rem::EncoderPrecision::kBf16);
  return precision == rem::EncoderPrecision::kInt8 ? int8 : precision == rem::EncoderPrecision::kBf16 ? bf16 : f32;
}

double SecondsOfThread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Floating point operations a second of a processor in a product that stays in its first cache.
double PeakFlops() {
  constexpr size_t kRows = 24, kDepth = 128;
  const rem::MathKernels& kernels = rem::BestMathKernels();
  const size_t columns = kernels.panel;
  const std::vector<float> a(kRows * kDepth, 0.5F), panel(kDepth * columns, 0.25F);
  std::vector<float> c(kRows * columns);
  const double begin = SecondsOfThread();
  double seconds = 0;
  size_t runs = 0;
  for (; seconds < 0.1; seconds = SecondsOfThread() - begin) {
    for (int i = 0; i < 1000; ++i, ++runs) {
      kernels.multiply({a.data(), kDepth, kRows, kDepth, panel.data(), nullptr, false, c.data(), columns, columns});
      benchmark::DoNotOptimize(c.data());
    }
  }
  return static_cast<double>(runs * kRows * kDepth * columns) * 2 / seconds;
}

// Many texts at a time, on all processors; Time is that of a clock, and everything else is a second of processor time,
// so that it holds on a machine that is not quiet: multiply by the processors. of_peak: the share of PeakFlops that the
// products of the layers reach.
void EncodeLocally(benchmark::State& state) {
  const auto precision = static_cast<rem::EncoderPrecision>(state.range(2));
  const rem::LocalModel& model = MiniLmShapedModel(precision);
  const rem::LocalModel& exact = MiniLmShapedModel(rem::EncoderPrecision::kF32);
  const std::vector<std::string> texts =
      Texts(static_cast<size_t>(state.range(1)), static_cast<size_t>(state.range(0)));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const size_t dimension = model.dimension();
  std::vector<float> vectors(views.size() * dimension), one(dimension);
  size_t tokens = 0;
  std::vector<uint32_t> ids;
  for (const std::string_view view : views) {
    model.Tokenize(view, ids);
    tokens += ids.size();
  }
  const double peak = PeakFlops();
  for (auto _ : state) model.Embed(views, rem::LocalModel::LongTexts::kCut, vectors.data());
  model.Embed({&views.back(), 1}, rem::LocalModel::LongTexts::kCut, one.data());
  const bool same = std::equal(one.begin(), one.end(), vectors.end() - static_cast<std::ptrdiff_t>(dimension));
  if (!same || !HasLengthOne(one.data(), dimension)) state.SkipWithError("a vector alone is not the one of the batch");
  std::vector<float> of_f32(dimension);
  exact.Embed({&views.back(), 1}, rem::LocalModel::LongTexts::kCut, of_f32.data());
  double cosine = 0;
  for (size_t d = 0; d < dimension; ++d) cosine += double{one[d]} * of_f32[d];
  if (cosine < 0.99) state.SkipWithError("far from the vector in f32");
  state.SetLabel(std::string(rem::PrecisionName(precision)));
  state.counters["cosine_to_f32"] = cosine;
  const auto runs = static_cast<double>(state.iterations());
  const double flops = static_cast<double>(tokens) * rem::bench::RandomEncoder::kFlopsPerToken * runs;
  using Counter = benchmark::Counter;
  state.counters["tokens_per_text"] = static_cast<double>(tokens) / static_cast<double>(views.size());
  state.counters["of_peak"] = Counter(flops / peak, Counter::kIsRate);
  state.counters["flops"] = Counter(flops, Counter::kIsRate);
  state.counters["peak_flops"] = peak;
  state.SetItemsProcessed(static_cast<int64_t>(views.size()) * state.iterations());
}

// The products of one layer for 192 tokens on one thread, with the weights packed before.
void MultiplyOwn(benchmark::State& state) {
  const size_t rows = 192, columns = static_cast<size_t>(state.range(0)), depth = static_cast<size_t>(state.range(1));
  const std::vector<float> weights(columns * depth, 0.5F), a(rows * depth, 0.25F);
  std::vector<float> c(rows * columns);
  rem::PackedMatrix matrix(rem::BestMathKernels());
  matrix.Pack(weights.data(), columns, depth, depth, 1);
  for (auto _ : state) matrix.Multiply(a.data(), depth, rows, nullptr, c.data(), columns);
  if (c.back() != 0.125F * static_cast<float>(depth)) state.SkipWithError("wrong product");
  const double flops = 2.0 * static_cast<double>(rows * columns * depth) * static_cast<double>(state.iterations());
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}

#ifdef REM_HAS_OPENBLAS
void MultiplyOpenBlas(benchmark::State& state) {
  openblas_set_num_threads(1);
  const int rows = 192, columns = static_cast<int>(state.range(0)), depth = static_cast<int>(state.range(1));
  const std::vector<float> weights(static_cast<size_t>(columns * depth), 0.5F),
      a(static_cast<size_t>(rows * depth), 0.25F);
  std::vector<float> c(static_cast<size_t>(rows * columns));
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, columns, depth, 1, a.data(), depth, weights.data(),
                depth, 0, c.data(), columns);
  }
  if (c.back() != 0.125F * static_cast<float>(depth)) state.SkipWithError("wrong product");
  const double flops = 2.0 * rows * columns * depth * static_cast<double>(state.iterations());
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}
BENCHMARK(MultiplyOpenBlas)->Args({384, 384})->Args({1536, 384})->Args({384, 1536});
#endif

// The same in bytes, the rows' turning into them included.
void MultiplyInt8(benchmark::State& state) {
  const size_t rows = 192, columns = static_cast<size_t>(state.range(0)), depth = static_cast<size_t>(state.range(1));
  const std::vector<float> weights(columns * depth, 0.5F), a(rows * depth, 0.25F);
  std::vector<float> c(rows * columns);
  rem::QuantisedMatrix matrix(rem::BestInt8Kernels());
  matrix.Pack(weights.data(), columns, depth);
  for (auto _ : state) matrix.Multiply(a.data(), depth, rows, nullptr, c.data(), columns);
  if (std::abs(c.back() / static_cast<float>(depth) - 0.125F) > 1e-5F) state.SkipWithError("wrong product");
  const double flops = 2.0 * static_cast<double>(rows * columns * depth) * static_cast<double>(state.iterations());
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
  state.SetLabel(rem::BestInt8Kernels().name);
}

BENCHMARK(MultiplyInt8)->Args({384, 384})->Args({1536, 384})->Args({384, 1536});
BENCHMARK(MultiplyOwn)->Args({384, 384})->Args({1536, 384})->Args({384, 1536});

// Words of a text, texts of a call, 1 for int8 and 2 for bf16.
BENCHMARK(EncodeLocally)
    ->Args({10, 1, 0})
    ->Args({10, 1, 1})
    ->Args({10, 1, 2})
    ->Args({10, 300, 0})
    ->Args({10, 300, 1})
    ->Args({10, 300, 2})
    ->Args({50, 100, 0})
    ->Args({50, 100, 1})
    ->Args({200, 50, 0})
    ->Args({200, 50, 1})
    ->MeasureProcessCPUTime();

// Arguments: words of a text. Short texts are 10 words; with two threads the items a second are those of both.
BENCHMARK_CAPTURE(Embed, builtin, "builtin")->Arg(10)->Arg(50)->Arg(500);
BENCHMARK_CAPTURE(Embed, builtin, "builtin")->Arg(10)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(Embed, hash, "hash")->Arg(10)->Arg(50)->Arg(500);
BENCHMARK_CAPTURE(Embed, hash, "hash")->Arg(10)->Threads(2)->UseRealTime();
BENCHMARK(ReadBytes)->Arg(10)->Arg(50)->Arg(500);

}  // namespace

BENCHMARK_MAIN();
