#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace rem::training {

using WordCounts = std::unordered_map<std::string, uint64_t>;

struct VocabularyOptions {
  size_t tokens = 32000;
  /// Tokens that are pieces; the rest are whole words.
  size_t pieces = 8000;
  /// A whole word occurs at least this often.
  uint64_t min_word_count = 6;
  /// A character of its own occurs at least this often.
  uint64_t min_character_count = 200;
};

/// The most frequent words, and pieces for all the others: byte pair encoding (Sennrich et al., "Neural Machine
/// Translation of Rare Words with Subword Units", 2016) over the words that got no token, so that no piece is spent on
/// a word that has one. Pieces that continue a word begin with '#'. The same counts give the same tokens.
std::vector<std::string> LearnVocabulary(const WordCounts& counts, const VocabularyOptions& options);

}  // namespace rem::training
