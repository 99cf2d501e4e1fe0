#include "embedding/local/word_piece.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include <rem/error.h>

namespace rem {

WordPieceTokenizer::WordPieceTokenizer(WordPieceParts parts, const std::string& source)
    : text_(parts.text), max_word_length_(std::min(parts.max_word_length, BertWords::kMaxWordLength - 1)) {
  std::unordered_set<uint32_t> numbers;
  for (auto& [piece, number] : parts.pieces) {
    const bool continues = piece.size() > parts.continuation.size() && piece.starts_with(parts.continuation);
    std::string text = continues ? piece.substr(parts.continuation.size()) : piece;
    longest_piece_ = std::max(longest_piece_, text.size());
    size_ = std::max(size_, number + 1);
    // A vocabulary file may hold a line twice; the later one counts, as it does where the models are trained.
    if (!numbers.insert(number).second) {
      throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" gives the number {} to two pieces", source, number),
                  "restore the file from where the model was published");
    }
    (continues ? continued_ : whole_).insert_or_assign(std::move(text), number);
  }
  unknown_ = Require(parts.unknown, source);
  first_ = Require(parts.first, source);
  last_ = Require(parts.last, source);
  for (std::string& token : parts.special) {
    if (token.empty()) continue;
    const uint32_t number = Require(token, source);
    if (special_starts_.find(token[0]) == std::string::npos) special_starts_ += token[0];
    special_.emplace(std::move(token), number);
  }
}

uint32_t WordPieceTokenizer::Require(const std::string& piece, const std::string& source) const {
  const auto found = whole_.find(piece);
  if (found != whole_.end()) return found->second;
  throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" has no token \"{}\"", source, piece),
              "restore the files of the tokenizer from where the model was published");
}

bool WordPieceTokenizer::EncodeWord(std::string_view word, std::vector<uint32_t>& ids) const {
  const size_t before = ids.size();
  for (size_t begin = 0; begin < word.size();) {
    const Numbers& numbers = begin == 0 ? whole_ : continued_;
    size_t size = std::min(word.size() - begin, longest_piece_);
    for (; size > 0; --size) {
      const auto found = numbers.find(word.substr(begin, size));
      if (found == numbers.end()) continue;
      ids.push_back(found->second);
      break;
    }
    if (size == 0) {
      ids.resize(before);
      return false;
    }
    begin += size;
  }
  return true;
}

void WordPieceTokenizer::EncodePlain(std::string_view text, size_t limit, std::vector<uint32_t>& ids) const {
  BertWords words(text, text_);
  while (ids.size() <= limit && words.Next()) {
    if (words.word_length() > max_word_length_ || !EncodeWord(words.word(), ids)) ids.push_back(unknown_);
  }
}

size_t WordPieceTokenizer::FindSpecial(std::string_view text, size_t begin, std::string_view& token) const {
  while (true) {
    begin = text.find_first_of(special_starts_, begin);
    if (begin == std::string_view::npos) return begin;
    token = {};
    for (const auto& [candidate, ignored] : special_) {
      if (candidate.size() > token.size() && text.substr(begin).starts_with(candidate)) token = candidate;
    }
    if (!token.empty()) return begin;
    ++begin;
  }
}

bool WordPieceTokenizer::Encode(std::string_view text, size_t limit, std::vector<uint32_t>& ids) const {
  ids.clear();
  size_t begin = 0;
  while (begin < text.size() && ids.size() <= limit) {
    std::string_view token;
    const size_t end = special_starts_.empty() ? std::string_view::npos : FindSpecial(text, begin, token);
    EncodePlain(text.substr(begin, end == std::string_view::npos ? end : end - begin), limit, ids);
    if (end == std::string_view::npos) break;
    ids.push_back(special_.find(token)->second);
    begin = end + token.size();
  }
  const bool more = ids.size() > limit;
  if (more) ids.resize(limit);
  return more;
}

}  // namespace rem
