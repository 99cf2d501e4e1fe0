#include "vocabulary_learner.h"

#include <algorithm>
#include <map>
#include <queue>

#include "base/utf8.h"
#include "embedding/vocabulary.h"

namespace rem::training {
namespace {

struct CountedWord {
  std::string word;
  uint64_t count;
};

std::vector<CountedWord> Sorted(const WordCounts& counts) {
  std::vector<CountedWord> words;
  for (const auto& [word, count] : counts) {
    if (word.size() <= Vocabulary::kMaxWordBytes) words.push_back({word, count});
  }
  std::sort(words.begin(), words.end(), [](const CountedWord& x, const CountedWord& y) {
    return x.count != y.count ? x.count > y.count : x.word < y.word;
  });
  return words;
}

/// Joins the most frequent neighbours until there are enough pieces.
class PairMerger {
 public:
  explicit PairMerger(std::vector<std::string> alphabet) : pieces_(std::move(alphabet)) {
    for (size_t i = 0; i < pieces_.size(); ++i) numbers_[pieces_[i]] = static_cast<uint32_t>(i);
  }

  void Add(const CountedWord& word) {
    std::vector<uint32_t> symbols;
    for (size_t at = 0; at < word.word.size();) {
      const size_t begin = at;
      NextCodePoint(word.word, at);
      std::string piece = word.word.substr(begin, at - begin);
      if (begin != 0) piece.insert(piece.begin(), Vocabulary::kContinuation);
      const auto number = numbers_.find(piece);
      if (number == numbers_.end()) return;
      symbols.push_back(number->second);
    }
    words_.push_back(std::move(symbols));
    counts_.push_back(word.count);
  }

  void Start() {
    for (uint32_t i = 0; i < words_.size(); ++i) Count(i, 1);
    changed_.clear();
    for (const auto& [pair, entry] : pairs_) heap_.push({entry.count, pair});
  }

  /// Goes on until there are this many pieces, or nothing occurs twice.
  const std::vector<std::string>& Run(size_t pieces) {
    while (pieces_.size() < pieces && !heap_.empty()) {
      const auto [count, pair] = heap_.top();
      heap_.pop();
      const auto entry = pairs_.find(pair);
      if (entry == pairs_.end() || entry->second.count != count || count <= 1) continue;
      Merge(pair);
    }
    return pieces_;
  }

 private:
  using PairKey = uint64_t;
  static constexpr uint32_t kAny = 0xffffffff;
  struct Entry {
    int64_t count = 0;
    std::vector<uint32_t> words;
  };
  struct Candidate {
    int64_t count;
    PairKey pair;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  // Adds the pairs of a word to the counts, or takes them off. Only pairs with the symbol `fresh` do not know the word
  // yet.
  void Count(uint32_t word, int sign, uint32_t fresh = kAny) {
    const std::vector<uint32_t>& symbols = words_[word];
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      Entry& entry = pairs_[PairKey{symbols[i]} << 32 | symbols[i + 1]];
      entry.count += sign * static_cast<int64_t>(counts_[word]);
      const bool unknown = sign > 0 && (fresh == kAny || symbols[i] == fresh || symbols[i + 1] == fresh);
      if (unknown && (entry.words.empty() || entry.words.back() != word)) entry.words.push_back(word);
      changed_.push_back(PairKey{symbols[i]} << 32 | symbols[i + 1]);
    }
  }

  void Merge(PairKey pair) {
    const auto left = static_cast<uint32_t>(pair >> 32), right = static_cast<uint32_t>(pair);
    std::string piece = pieces_[left] + pieces_[right].substr(1);
    if (piece.size() > Vocabulary::kMaxPieceBytes) return;
    const auto [number, added] = numbers_.emplace(std::move(piece), pieces_.size());
    if (added) pieces_.push_back(number->first);
    std::vector<uint32_t> words = std::move(pairs_[pair].words);
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    changed_.clear();
    for (const uint32_t word : words) {
      Count(word, -1);
      std::vector<uint32_t>& symbols = words_[word];
      size_t out = 0;
      for (size_t i = 0; i < symbols.size(); ++i, ++out) {
        const bool joined = i + 1 < symbols.size() && symbols[i] == left && symbols[i + 1] == right;
        symbols[out] = joined ? number->second : symbols[i];
        i += joined;
      }
      symbols.resize(out);
      Count(word, 1, number->second);
    }
    pairs_.erase(pair);
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    for (const PairKey key : changed_) {
      if (const auto entry = pairs_.find(key); entry != pairs_.end() && key != pair)
        heap_.push({entry->second.count, key});
    }
  }

  std::vector<std::string> pieces_;
  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<std::vector<uint32_t>> words_;
  std::vector<uint64_t> counts_;
  std::unordered_map<PairKey, Entry> pairs_;
  std::priority_queue<Candidate> heap_;
  std::vector<PairKey> changed_;
};

std::vector<std::string> Alphabet(const std::vector<CountedWord>& words, uint64_t min_count) {
  std::map<std::string, uint64_t> counts;
  for (const CountedWord& word : words) {
    for (size_t at = 0; at < word.word.size();) {
      const size_t begin = at;
      NextCodePoint(word.word, at);
      std::string piece = word.word.substr(begin, at - begin);
      if (begin != 0) piece.insert(piece.begin(), Vocabulary::kContinuation);
      counts[piece] += word.count;
    }
  }
  std::vector<std::string> alphabet;
  for (const auto& [piece, count] : counts) {
    const bool ascii = static_cast<uint8_t>(piece.back()) < 0x80;
    if (ascii || count >= min_count) alphabet.push_back(piece);
  }
  return alphabet;
}

}  // namespace

std::vector<std::string> LearnVocabulary(const WordCounts& counts, const VocabularyOptions& options) {
  const std::vector<CountedWord> words = Sorted(counts);
  std::vector<std::string> tokens;
  std::unordered_map<std::string, bool> taken;
  size_t next = 0;
  for (; next < words.size() && tokens.size() < options.tokens - options.pieces; ++next) {
    if (words[next].count < options.min_word_count) break;
    tokens.push_back(words[next].word);
    taken[words[next].word] = true;
  }
  PairMerger merger(Alphabet(words, options.min_character_count));
  for (; next < words.size(); ++next) merger.Add(words[next]);
  merger.Start();
  // Word-initial pieces may be words that have a token; more merges make up for them.
  for (size_t wanted = options.tokens - tokens.size();;) {
    const std::vector<std::string>& pieces = merger.Run(wanted);
    std::vector<std::string> fresh;
    for (const std::string& piece : pieces) {
      if (taken.count(piece) == 0) fresh.push_back(piece);
    }
    if (fresh.size() >= options.tokens - tokens.size() || pieces.size() < wanted) {
      fresh.resize(std::min(fresh.size(), options.tokens - tokens.size()));
      tokens.insert(tokens.end(), fresh.begin(), fresh.end());
      return tokens;
    }
    wanted += options.tokens - tokens.size() - fresh.size();
  }
}

}  // namespace rem::training
