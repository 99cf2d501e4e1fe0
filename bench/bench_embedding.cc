// Texts a second and time a text of the providers that need no network. The peer is reading the text's bytes once
// (XXH3), which no provider can avoid.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/hash.h"
#include "embedding/provider.h"

namespace {

// English of the kind that tables hold; the words vary, so that rows do not all come from the nearest cache.
std::vector<std::string> Texts(size_t count, size_t words) {
  static const char* const kWords[] = {
      "the",      "a",         "of",       "record",     "search",  "meaning",   "photo",   "image",     "compress",
      "command",  "line",      "database", "server",     "network", "physician", "illness", "treatment", "history",
      "century",  "war",       "recipe",   "garlic",     "butter",  "oven",      "museum",  "painter",   "river",
      "mountain", "traveller", "ticket",   "account",    "payment", "transfer",  "balance", "engine",    "vehicle",
      "repair",   "garage",    "resizer",  "kubernetes", "and",     "to",        "is",      "in",        "that",
      "for",      "with",      "on",       "it",         "xkqzt"};
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

// Arguments: words of a text. Short texts are 10 words; with two threads the items a second are those of both.
BENCHMARK_CAPTURE(Embed, builtin, "builtin")->Arg(10)->Arg(50)->Arg(500);
BENCHMARK_CAPTURE(Embed, builtin, "builtin")->Arg(10)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(Embed, hash, "hash")->Arg(10)->Arg(50)->Arg(500);
BENCHMARK_CAPTURE(Embed, hash, "hash")->Arg(10)->Threads(2)->UseRealTime();
BENCHMARK(ReadBytes)->Arg(10)->Arg(50)->Arg(500);

}  // namespace

BENCHMARK_MAIN();
