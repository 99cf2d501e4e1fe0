// Measures a model file on STS-B and on the held-out pairs, beside `hash` and BM25; see README.md.

#include <iostream>

#include "embedding/hash_provider.h"
#include "embedding/static_model.h"
#include "report.h"

namespace rem::training {
namespace {

System ProviderSystem(const EmbeddingProvider& provider) {
  return {std::string(provider.name()), provider.dimension(),
          [&provider](std::span<const std::string_view> texts, float* out) { provider.Embed(texts, out); }};
}

int Run(const std::string& model_path, const std::string& corpus_path, const std::string& sources_path,
        const std::string& sts_path) {
  const StaticModel model = StaticModel::Open(model_path);
  const HashProvider hash;
  const Corpus corpus = ReadCorpus(corpus_path, ReadSources(sources_path));
  std::cout << Report(corpus, ReadScoredPairs(sts_path), {ProviderSystem(hash), StaticSystem(model)}, true);
  return 0;
}

}  // namespace
}  // namespace rem::training

int main(int count, char** words) {
  if (count != 5) {
    std::cerr << "usage: evaluate_embeddings MODEL PAIRS.jsonl SOURCES.txt STS.csv" << std::endl;
    return 2;
  }
  try {
    return rem::training::Run(words[1], words[2], words[3], words[4]);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << std::endl;
    return 1;
  }
}
