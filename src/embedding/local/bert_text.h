#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rem {

/// What BERT's basic tokenisation does to a text before it cuts words into pieces (Devlin et al., 2018).
struct BertTextOptions {
  bool clean_text = true;        ///< Drops control characters and U+FFFD.
  bool split_ideographs = true;  ///< Every Chinese character is a word.
  bool lower_case = true;
  bool strip_accents = true;  ///< Canonical decomposition without its nonspacing marks.
};

/// The words of a text one after another. White space separates words; each punctuation mark is one. Any bytes are
/// allowed: those that are no UTF-8 count as U+FFFD.
class BertWords {
 public:
  /// A longer word is cut; `word_length` goes on counting up to it.
  static constexpr size_t kMaxWordLength = 1000;

  BertWords(std::string_view text, const BertTextOptions& options) : text_(text), options_(options) {}

  /// Moves to the next word; false behind the last one.
  bool Next();
  std::string_view word() const { return word_; }
  /// Code points of the word.
  size_t word_length() const { return length_; }

 private:
  /// The next code points after folding, up to four; false at the end of the text.
  bool Decode();
  void Append(char32_t c);

  std::string_view text_;
  const BertTextOptions options_;
  size_t position_ = 0;
  std::string word_;
  size_t length_ = 0;
  /// Folded code points of one that was read, and how many of them are used up.
  char32_t folded_[8] = {};
  size_t folded_size_ = 0, folded_used_ = 0;
};

}  // namespace rem
