#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rem {

/// A word inside FoldedText::text.
struct FoldedWord {
  uint32_t offset;
  uint32_t size;
};

/// The words of a text in lower case and without diacritics, so that "Émile" and "emile" are the same word.
///
/// Letters of ASCII, Latin (up to Extended Additional), Greek and Cyrillic are folded; other letters stay as they are.
/// Everything that is no letter, digit or mark separates words; apostrophes vanish. Scripts that write no spaces (Han,
/// kana, Thai, Lao, Khmer) give each pair of neighbouring characters as a word.
struct FoldedText {
  /// Each word has a blank on both sides, and the last one has kPadding of them after it.
  std::string text;
  std::vector<FoldedWord> words;

  static constexpr size_t kPadding = 8;
  std::string_view word(const FoldedWord& w) const { return std::string_view(text).substr(w.offset, w.size); }
};

/// Folds the first `max_bytes` bytes of `input` into `out`, whose memory is reused. Any bytes are allowed.
void FoldText(std::string_view input, size_t max_bytes, FoldedText& out);

}  // namespace rem
