#include "embedding/hash_provider.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "base/bytes.h"
#include "base/hash.h"
#include "embedding/service/long_text.h"
#include "embedding/suffix.h"
#include "embedding/text_folding.h"

namespace rem {

namespace {

// Feature kinds never share hashes: each has a seed of its own.
constexpr uint64_t kWordSeed = 1;
constexpr uint64_t kStemSeed = 2;
constexpr uint64_t kGramSeed = 3;

// Weights are fixed-point with 10 fraction bits.
constexpr int kFractionBits = 10;
constexpr int64_t kOne = 1 << kFractionBits;
constexpr int64_t kWordWeight = kOne;
constexpr int64_t kStemWeight = kOne;
/// Of all n-grams of a word together.
constexpr int64_t kGramsWeight = kOne * 9 / 10;
constexpr int64_t kStopWordWeight = kOne / 12;

constexpr size_t kMinGram = 3;
constexpr size_t kMaxGram = 5;
/// N-grams are taken of this many characters of a word; what is longer is an identifier or a blob.
constexpr size_t kMaxGramCharacters = 40;
constexpr size_t kMaxTermFrequency = 255;
/// A word and a stem lie in this many dimensions, so that two words which meet in one of them still differ.
constexpr int kWordBuckets = 4;

// Computed by the compiler, so that no mathematical library decides about a bit.
constexpr double Logarithm(double x) {
  double result = 0;
  for (; x > 1.5; x /= 2) result += 0.693147180559945309417;
  const double z = (x - 1) / (x + 1);
  double power = z;
  for (int i = 1; i < 40; i += 2, power *= z * z) result += 2 * power / i;
  return result;
}

constexpr double SquareRoot(double x) {
  double root = x > 1 ? x : 1;
  for (int i = 0; i < 40; ++i) root = (root + x / root) / 2;
  return root;
}

constexpr auto MakeFrequencyWeights() {
  std::array<int64_t, kMaxTermFrequency + 1> weights{};
  for (size_t i = 1; i < weights.size(); ++i) {
    weights[i] = static_cast<int64_t>((1 + Logarithm(static_cast<double>(i))) * kOne + 0.5);
  }
  return weights;
}
constexpr auto kFrequencyWeights = MakeFrequencyWeights();

constexpr auto MakeGramWeights() {
  std::array<int64_t, (kMaxGram - kMinGram + 1) * (kMaxGramCharacters + 2)> weights{};
  for (size_t i = 1; i < weights.size(); ++i) {
    weights[i] = static_cast<int64_t>(kGramsWeight / SquareRoot(static_cast<double>(i)) + 0.5);
  }
  return weights;
}
constexpr auto kGramWeights = MakeGramWeights();

constexpr uint64_t PackWord(std::string_view word) {
  uint64_t packed = 0;
  for (const char c : word) packed = packed << 8 | static_cast<uint8_t>(c);
  return packed;
}

constexpr auto MakeStopWords() {
  constexpr std::string_view kWords[] = {
      "a",     "about", "above", "after", "all",   "also", "am",    "an",    "and",   "any",   "are",   "as",   "at",
      "be",    "been",  "being", "both",  "but",   "by",   "can",   "could", "did",   "do",    "does",  "each", "few",
      "for",   "from",  "had",   "has",   "have",  "he",   "her",   "here",  "him",   "his",   "how",   "i",    "if",
      "in",    "into",  "is",    "it",    "its",   "just", "may",   "me",    "more",  "most",  "my",    "no",   "nor",
      "not",   "of",    "on",    "or",    "other", "our",  "over",  "own",   "same",  "she",   "so",    "some", "such",
      "than",  "that",  "the",   "their", "them",  "then", "there", "these", "they",  "this",  "those", "to",   "too",
      "under", "up",    "very",  "was",   "we",    "were", "what",  "when",  "where", "which", "while", "who",  "whom",
      "why",   "will",  "with",  "would", "you",   "your"};
  std::array<uint64_t, std::size(kWords)> packed{};
  for (size_t i = 0; i < packed.size(); ++i) packed[i] = PackWord(kWords[i]);
  std::sort(packed.begin(), packed.end());
  return packed;
}
constexpr auto kStopWords = MakeStopWords();

bool IsStopWord(std::string_view word) {
  return word.size() <= 5 && std::binary_search(kStopWords.begin(), kStopWords.end(), PackWord(word));
}

// The distinct words of a text in order of first appearance, each with how often it occurs.
class WordCounter {
 public:
  struct Entry {
    uint64_t hash;
    FoldedWord word;
    uint32_t count;
  };

  const std::vector<Entry>& Count(const FoldedText& text) {
    entries_.clear();
    const size_t slots = std::bit_ceil(2 * text.words.size() + 2);
    slots_.assign(slots, 0);
    for (const FoldedWord& word : text.words) {
      const uint64_t hash = Hash64(text.word(word), kWordSeed);
      size_t slot = hash & (slots - 1);
      while (slots_[slot] != 0 && entries_[slots_[slot] - 1].hash != hash) slot = (slot + 1) & (slots - 1);
      if (slots_[slot] == 0) {
        entries_.push_back({hash, word, 0});
        slots_[slot] = static_cast<uint32_t>(entries_.size());
      }
      ++entries_[slots_[slot] - 1].count;
    }
    return entries_;
  }

 private:
  std::vector<Entry> entries_;
  std::vector<uint32_t> slots_;
};

class Embedder {
 public:
  void Embed(std::string_view text, float* out) {
    sums_.fill(0);
    if (text.size() <= HashProvider::kPieceBytes) {
      FoldText(text, text.size(), folded_);
      for (const WordCounter::Entry& entry : counter_.Count(folded_)) AddWord(entry, 0, entry.count);
    } else {
      EmbedLong(text);
    }
    Normalise(out);
  }

 private:
  // Of a word that occurs so often.
  static int64_t WeightOf(size_t count, bool stop_word) {
    const int64_t weight = kFrequencyWeights[std::min(count, kMaxTermFrequency)];
    return stop_word ? weight * kStopWordWeight >> kFractionBits : weight;
  }

  // Each piece adds what its words weigh more than in the pieces before it, so that a word counts as often as it occurs
  // in all of the text, and the memory is that of one piece and of a number for each distinct word.
  void EmbedLong(std::string_view text) {
    std::unordered_map<uint64_t, uint32_t> counts;
    for (const std::string_view piece : SplitLongText(text, HashProvider::kPieceBytes)) {
      FoldText(piece, piece.size(), folded_);
      for (const WordCounter::Entry& entry : counter_.Count(folded_)) {
        uint32_t& count = counts[entry.hash];
        AddWord(entry, count, count + entry.count);
        count += entry.count;
      }
    }
  }

  void AddWord(const WordCounter::Entry& entry, size_t before, size_t count) {
    const std::string_view word = folded_.word(entry.word);
    const bool stop_word = IsStopWord(word);
    const int64_t weight = WeightOf(count, stop_word) - WeightOf(before, stop_word);
    Spread(entry.hash, weight * kWordWeight);
    Spread(Hash64(StripSuffix(word, stem_), kStemSeed), weight * kStemWeight);
    AddGrams(entry.word, weight);
  }

  // A word has kWordBuckets dimensions at 1/2 each, that is, the length of one at 1.
  void Spread(uint64_t hash, int64_t weight) {
    static_assert(kWordBuckets == 4);
    for (int i = 0; i < kWordBuckets; ++i, hash >>= 16) Add(hash, weight / 2);
  }

  void Add(uint64_t hash, int64_t weight) {
    static_assert(HashProvider::kDimension == 256);
    sums_[hash & 0xff] += (hash & 0x100) != 0 ? weight : -weight;
  }

  // There are fifteen times as many n-grams as words and nearly all fit 8 bytes, for which one multiplication each way
  // mixes enough. Reads up to 8 bytes from `gram`: FoldedText::text has that many to spare.
  static uint64_t GramHash(const char* gram, size_t size) {
    if (size > sizeof(uint64_t)) return Hash64({gram, size}, kGramSeed);
    const uint64_t packed = LoadFixed<uint64_t>(gram) << (8 * (sizeof(uint64_t) - size));
    const uint64_t mixed = packed * 0x9e3779b97f4a7c15;
    return ((mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93) >> 32;
  }

  // N-grams of characters, the blanks around the word included: " photo " has " ph", "pho", ..., "hoto ".
  void AddGrams(const FoldedWord& word, int64_t weight) {
    const char* text = folded_.text.data() + word.offset - 1;
    const size_t size = word.size + 2;
    std::array<uint32_t, kMaxGramCharacters + 2> starts;
    size_t characters = 0;
    size_t at = 0;
    for (; at < size && characters + 1 < starts.size(); ++at) {
      if ((static_cast<uint8_t>(text[at]) & 0xc0) != 0x80) starts[characters++] = static_cast<uint32_t>(at);
    }
    while (at < size && (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80) ++at;
    starts[characters] = static_cast<uint32_t>(at);
    if (characters < kMinGram) return;

    size_t count = 0;
    for (size_t n = kMinGram; n <= kMaxGram && n <= characters; ++n) count += characters - n + 1;
    const int64_t gram_weight = weight * kGramWeights[count];
    for (size_t n = kMinGram; n <= kMaxGram; ++n) {
      for (size_t i = 0; i + n <= characters; ++i) {
        Add(GramHash(text + starts[i], starts[i + n] - starts[i]), gram_weight);
      }
    }
  }

  void Normalise(float* out) const {
    unsigned __int128 squares = 0;
    for (const int64_t sum : sums_) squares += static_cast<unsigned __int128>(static_cast<__int128>(sum) * sum);
    const double scale = squares == 0 ? 0 : 1 / std::sqrt(static_cast<double>(squares));
    for (size_t i = 0; i < sums_.size(); ++i) out[i] = static_cast<float>(static_cast<double>(sums_[i]) * scale);
  }

  FoldedText folded_;
  WordCounter counter_;
  std::string stem_;
  std::array<int64_t, HashProvider::kDimension> sums_;
};

}  // namespace

std::string_view HashProvider::description() const {
  return "Built in, no model: finds shared words and word parts, not meaning (feature hashing of words and character "
         "n-grams).";
}

void HashProvider::Embed(std::span<const std::string_view> texts, float* out) const {
  Embedder embedder;
  for (size_t i = 0; i < texts.size(); ++i) embedder.Embed(texts[i], out + i * kDimension);
}

}  // namespace rem
