#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rem::training {

enum class Use : uint8_t { kTrain, kSplit, kDev, kTest, kOut };

struct Source {
  std::string tag;
  Use use = Use::kOut;
  double weight = 1;
  std::string licence;
  std::string attribution;
};

/// Reads sources.txt. Error(kInvalidText) names the line that does not parse.
std::vector<Source> ReadSources(const std::string& path);

struct Pair {
  std::string a, b;
  uint32_t source = 0;
};

/// The pairs of one held-out set: every b is a document, some a are queries.
struct HeldOut {
  std::string name;
  bool test = false;
  std::vector<Pair> pairs;
};

/// The corpus divided by what its sources are used for. Of a source with Use::kSplit about one document in
/// kSplitModulus goes to the held-out sets, by a hash of its text, and with it every pair that names that text.
struct Corpus {
  static constexpr uint64_t kSplitModulus = 25;
  std::vector<Source> sources;
  std::vector<Pair> training;
  std::vector<HeldOut> held_out;
};

/// Reads pairs, one JSON object {"a", "b", "s"} a line. Error for a line that does not parse or a tag that
/// `sources` does not list.
Corpus ReadCorpus(const std::string& path, std::vector<Source> sources);

/// Adds, for each distinct passage of at least three sentences, one sentence of it with the rest of it: what a passage
/// says in one place is a question for what it says in the others. Chosen by a hash of the passage.
void AddSentencePairs(Corpus& corpus);

/// Reads STS-B rows: sentence 1, sentence 2, score; comma-separated with quotes.
struct ScoredPair {
  std::string a, b;
  double score = 0;
};
std::vector<ScoredPair> ReadScoredPairs(const std::string& path);

}  // namespace rem::training
