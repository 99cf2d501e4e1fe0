#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/text_folding.h"

namespace rem {

/// What a text is made of, in the order of the text.
struct TextTokens {
  std::vector<uint32_t> ids;
  /// Hashes of the words that the vocabulary does not hold as a whole, each once per occurrence.
  std::vector<uint64_t> rare_words;
};

/// Looks words up among at most kMaxTokens tokens: whole words, and pieces for the words that are none. A piece that
/// continues a word begins with kContinuation, which no folded word contains. Does not own its memory.
///
/// A slot of the hash table holds 48 bits of the token's hash and its number; the strings are not compared again, so a
/// word that is no token passes for one with a probability of about 2^-47.
class Vocabulary {
 public:
  static constexpr char kContinuation = '#';
  static constexpr uint32_t kMaxTokens = 0xffff;
  /// A longer word is an identifier or a blob and is not taken apart.
  static constexpr size_t kMaxWordBytes = 48;
  static constexpr size_t kMaxPieceBytes = 24;

  Vocabulary() = default;
  /// `slots` as MakeSlots wrote them: a power of two.
  explicit Vocabulary(std::span<const uint64_t> slots) : slots_(slots) {}

  /// The hash table for tokens numbered from 0. Error(kInvalidArgument) for a token that is empty, too long or there
  /// twice.
  static std::vector<uint64_t> MakeSlots(std::span<const std::string> tokens);

  /// Whether a used slot's token has a number from 0 to `count` - 1.
  static bool SlotIsBelow(uint64_t slot, size_t count);

  /// Appends the tokens of one folded word: itself, or its longest pieces from left to right (as WordPiece does: Wu et
  /// al., "Google's Neural Machine Translation System", 2016), or nothing where no pieces cover it.
  void EncodeWord(std::string_view word, TextTokens& out) const;
  /// Replaces `out` with the tokens of all words of `text`.
  void Encode(const FoldedText& text, TextTokens& out) const;

 private:
  static constexpr uint32_t kNone = 0xffffffff;
  uint32_t Find(uint64_t hash) const;
  bool EncodePieces(std::string_view word, std::vector<uint32_t>& ids) const;

  std::span<const uint64_t> slots_;
};

}  // namespace rem
