#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "embedding/local/bert_text.h"

namespace rem {

class DocumentView;

/// What a tokenizer is made of.
struct WordPieceParts {
  BertTextOptions text;
  std::string unknown = "[UNK]";
  /// What stands before and behind every text.
  std::string first = "[CLS]";
  std::string last = "[SEP]";
  /// The number of each piece; one that continues a word begins with `continuation`.
  std::vector<std::pair<std::string, uint32_t>> pieces;
  std::string continuation = "##";
  /// A longer word is unknown.
  size_t max_word_length = 100;
  /// Texts that are a token wherever they stand, whatever the case of what is around them: "[MASK]".
  std::vector<std::string> special;
};

/// Takes texts apart as BERT does: words, and of each word the longest pieces from left to right (Wu et al., "Google's
/// Neural Machine Translation System", 2016). A word that the pieces do not cover is unknown as a whole. Immutable and
/// thread-safe.
class WordPieceTokenizer {
 public:
  /// Error(kCorruption) for parts that do not fit together: a piece or number that is there twice, a special token that
  /// is no piece. `source` is the file's name for messages.
  WordPieceTokenizer(WordPieceParts parts, const std::string& source);

  /// One more than the largest number of a piece.
  uint32_t vocabulary_size() const { return size_; }

  /// Replaces `ids` with the text's tokens, without those before and behind it, and stops at `limit` of them. Returns
  /// whether the text has more.
  bool Encode(std::string_view text, size_t limit, std::vector<uint32_t>& ids) const;

  uint32_t first() const { return first_; }
  uint32_t last() const { return last_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Numbers = std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>>;

  uint32_t Require(const std::string& piece, const std::string& source) const;
  void EncodePlain(std::string_view text, size_t limit, std::vector<uint32_t>& ids) const;
  bool EncodeWord(std::string_view word, std::vector<uint32_t>& ids) const;
  /// The special token that begins first at or after `begin`; npos where there is none.
  size_t FindSpecial(std::string_view text, size_t begin, std::string_view& token) const;

  BertTextOptions text_;
  Numbers whole_, continued_;
  size_t longest_piece_ = 0;
  size_t max_word_length_;
  uint32_t unknown_ = 0, first_ = 0, last_ = 0, size_ = 0;
  Numbers special_;
  /// The first characters of special tokens.
  std::string special_starts_;
};

}  // namespace rem
