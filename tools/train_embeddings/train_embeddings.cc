// Learns the vocabulary and the rows of the built-in static model from a corpus of text pairs; see README.md.

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include <rem/error.h>

#include "embedding/static_model.h"
#include "embedding/suffix.h"
#include "report.h"
#include "trainer.h"
#include "vocabulary_learner.h"

namespace rem::training {
namespace {

struct Options {
  std::map<std::string, std::string> given;

  std::string Text(const std::string& name, const std::string& otherwise) const {
    const auto found = given.find(name);
    return found == given.end() ? otherwise : found->second;
  }
  double Number(const std::string& name, double otherwise) const {
    const auto found = given.find(name);
    return found == given.end() ? otherwise : std::stod(found->second);
  }
};

Options ReadOptions(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) options.given[std::string(words[i]).substr(2)] = words[i + 1];
  return options;
}

void Say(const std::string& text) { std::cerr << text << std::endl; }

std::vector<std::string> Learn(const Corpus& corpus, const Options& options) {
  WordCounts counts;
  FoldedText folded;
  for (const Pair& pair : corpus.training) {
    for (const std::string* text : {&pair.a, &pair.b}) {
      FoldText(*text, text->size(), folded);
      for (const FoldedWord& word : folded.words) ++counts[std::string(folded.word(word))];
    }
  }
  VocabularyOptions wanted;
  wanted.tokens = static_cast<size_t>(options.Number("tokens", static_cast<double>(wanted.tokens)));
  wanted.pieces = static_cast<size_t>(options.Number("pieces", static_cast<double>(wanted.pieces)));
  std::vector<std::string> tokens = LearnVocabulary(counts, wanted);
  Say(fmt::format("{} distinct words, {} tokens", counts.size(), tokens.size()));
  return tokens;
}

std::vector<TokenPair> Tokenise(const Corpus& corpus, const Vocabulary& vocabulary, const Options& options) {
  const auto max_a = static_cast<size_t>(options.Number("max-a", 64)),
             max_b = static_cast<size_t>(options.Number("max-b", 128));
  std::vector<TokenPair> pairs;
  FoldedText folded;
  TextTokens tokens;
  for (const Pair& pair : corpus.training) {
    TokenPair out;
    out.source = pair.source;
    FoldText(pair.a, pair.a.size(), folded);
    vocabulary.Encode(folded, tokens);
    out.a.assign(tokens.ids.begin(), tokens.ids.begin() + std::min(max_a, tokens.ids.size()));
    FoldText(pair.b, pair.b.size(), folded);
    vocabulary.Encode(folded, tokens);
    out.b.assign(tokens.ids.begin(), tokens.ids.begin() + std::min(max_b, tokens.ids.size()));
    if (!out.a.empty() && !out.b.empty()) pairs.push_back(std::move(out));
  }
  return pairs;
}

/// Each token has a row of its own and, but for the shortest, shares one with the tokens of its stem.
Composition Compose(const std::vector<std::string>& tokens) {
  constexpr size_t kMinBytes = 3;
  Composition composition;
  std::map<std::string, uint32_t> stem_rows;
  std::string buffer;
  composition.parameters = tokens.size();
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    composition.parts.push_back({i});
    if (tokens[i][0] == Vocabulary::kContinuation || tokens[i].size() < kMinBytes) continue;
    const auto [row, added] = stem_rows.emplace(std::string(StripSuffix(tokens[i], buffer)), composition.parameters);
    if (added) ++composition.parameters;
    composition.parts[i].push_back(row->second);
  }
  return composition;
}

TrainerOptions TrainerSettings(const Options& options) {
  TrainerOptions t;
  t.dimension = static_cast<size_t>(options.Number("dimension", static_cast<double>(t.dimension)));
  t.batch = static_cast<size_t>(options.Number("batch", static_cast<double>(t.batch)));
  t.epochs = options.Number("epochs", t.epochs);
  t.learning_rate = options.Number("learning-rate", t.learning_rate);
  t.scale = options.Number("scale", t.scale);
  t.mixed_share = options.Number("mixed-share", t.mixed_share);
  t.frequency_smoothing = options.Number("frequency-smoothing", t.frequency_smoothing);
  t.seed = static_cast<uint64_t>(options.Number("seed", static_cast<double>(t.seed)));
  return t;
}

double MeanLength(const StaticModelParts& parts) {
  double sum = 0;
  for (size_t i = 0; i < parts.tokens.size(); ++i) {
    double squares = 0;
    for (size_t d = 0; d < parts.dimension; ++d) {
      squares += std::pow(parts.rows[i * parts.dimension + d], 2);
    }
    sum += std::sqrt(squares);
  }
  return sum / static_cast<double>(parts.tokens.size());
}

int Run(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  Corpus corpus = ReadCorpus(options.Text("corpus", ""), ReadSources(options.Text("sources", "")));
  if (options.Number("sentence-pairs", 1) != 0) AddSentencePairs(corpus);
  const std::vector<ScoredPair> scored = ReadScoredPairs(options.Text("sts", ""));
  Say(fmt::format("{} training pairs, {} held-out sets, {:.0f} s", corpus.training.size(), corpus.held_out.size(),
                  seconds()));
  StaticModelParts parts;
  parts.name = "builtin";
  parts.version = static_cast<uint32_t>(options.Number("version", 1));
  parts.tokens = Learn(corpus, options);
  const std::vector<uint64_t> slots = Vocabulary::MakeSlots(parts.tokens);
  const std::vector<TokenPair> pairs = Tokenise(corpus, Vocabulary(slots), options);
  size_t all_tokens = 0;
  for (const TokenPair& pair : pairs) all_tokens += pair.a.size() + pair.b.size();
  Say(fmt::format("{} pairs, {} tokens, {:.0f} s", pairs.size(), all_tokens, seconds()));
  const TrainerOptions settings = TrainerSettings(options);
  parts.dimension = static_cast<uint32_t>(settings.dimension);
  std::vector<double> weights;
  for (const Source& source : corpus.sources) weights.push_back(source.weight);
  parts.rows = TrainRows(pairs, weights, Compose(parts.tokens), settings, [&](size_t done, size_t all, double loss) {
    if (done % std::max<size_t>(1, all / 8) == 0 || done == all) {
      Say(fmt::format("batch {}/{}, loss {:.3f}, {:.0f} s", done, all, loss, seconds()));
    }
  });
  parts.rare_word_length = static_cast<float>(options.Number("rare-word-share", 0.5) * MeanLength(parts));
  const std::string bytes = EncodeStaticModel(parts);
  std::ofstream out(options.Text("out", "static.model"), std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw Error(ErrorCode::kIo, "The model could not be written", "check the path and the space");
  Say(fmt::format("{} bytes, {:.0f} s", bytes.size(), seconds()));
  const StaticModel model = StaticModel::FromBytes(bytes);
  std::cout << Report(corpus, scored, {StaticSystem(model)}, false);
  return 0;
}

}  // namespace
}  // namespace rem::training

int main(int count, char** words) {
  try {
    return rem::training::Run(rem::training::ReadOptions(count, words));
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << std::endl;
    return 1;
  }
}
