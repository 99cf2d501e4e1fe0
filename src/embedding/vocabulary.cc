#include "embedding/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <rem/error.h>

#include "base/hash.h"

namespace rem {

namespace {

constexpr uint64_t kSeed = 0x52454d56;  // "REMV"
constexpr uint64_t kNumberBits = 16;
constexpr uint64_t kNumberMask = (uint64_t{1} << kNumberBits) - 1;

}  // namespace

std::vector<uint64_t> Vocabulary::MakeSlots(std::span<const std::string> tokens) {
  if (tokens.empty() || tokens.size() > kMaxTokens) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("A vocabulary of {} tokens", tokens.size()),
                fmt::format("give 1 to {} tokens", kMaxTokens));
  }
  std::vector<uint64_t> slots(std::bit_ceil(2 * tokens.size()), 0);
  const uint64_t mask = slots.size() - 1;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    if (token.empty() || token.size() > kMaxWordBytes) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("Token {} has {} bytes", i, token.size()),
                  fmt::format("tokens have 1 to {} bytes", kMaxWordBytes));
    }
    const uint64_t hash = Hash64(token, kSeed);
    uint64_t slot = hash & mask;
    for (; slots[slot] != 0; slot = (slot + 1) & mask) {
      if (((slots[slot] ^ hash) & ~kNumberMask) == 0) {
        throw Error(ErrorCode::kInvalidArgument, fmt::format("Token \"{}\" is there twice", token),
                    "give each token once");
      }
    }
    slots[slot] = (hash & ~kNumberMask) | (i + 1);
  }
  return slots;
}

bool Vocabulary::SlotIsBelow(uint64_t slot, size_t count) {
  const uint64_t number = slot & kNumberMask;
  return number > 0 && number <= count;
}

uint32_t Vocabulary::Find(uint64_t hash) const {
  const uint64_t mask = slots_.size() - 1;
  for (uint64_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (((slots_[slot] ^ hash) & ~kNumberMask) == 0) return static_cast<uint32_t>((slots_[slot] & kNumberMask) - 1);
  }
  return kNone;
}

bool Vocabulary::EncodePieces(std::string_view word, std::vector<uint32_t>& ids) const {
  if (word.size() > kMaxWordBytes) return false;
  const size_t before = ids.size();
  // Behind the first piece, the byte before the rest of the word becomes the continuation mark.
  std::array<char, kMaxWordBytes + 1> buffer;
  std::memcpy(buffer.data() + 1, word.data(), word.size());
  for (size_t at = 0; at < word.size();) {
    const size_t mark = at == 0 ? 0 : 1;
    char* start = buffer.data() + 1 + at - mark;
    if (mark != 0) *start = kContinuation;
    size_t size = std::min(word.size() - at, kMaxPieceBytes);
    uint32_t id = kNone;
    for (; size > 0; --size) {
      id = Find(Hash64({start, size + mark}, kSeed));
      if (id != kNone) break;
    }
    if (id == kNone) {
      ids.resize(before);
      return false;
    }
    ids.push_back(id);
    at += size;
  }
  return true;
}

void Vocabulary::EncodeWord(std::string_view word, TextTokens& out) const {
  const uint64_t hash = Hash64(word, kSeed);
  if (const uint32_t id = Find(hash); id != kNone) {
    out.ids.push_back(id);
    return;
  }
  EncodePieces(word, out.ids);
  out.rare_words.push_back(hash);
}

void Vocabulary::Encode(const FoldedText& text, TextTokens& out) const {
  out.ids.clear();
  out.rare_words.clear();
  for (const FoldedWord& word : text.words) EncodeWord(text.word(word), out);
}

}  // namespace rem
