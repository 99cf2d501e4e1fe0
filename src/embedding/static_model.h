#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/text_folding.h"
#include "embedding/vocabulary.h"

namespace rem {

/// What a static model's file is made from.
struct StaticModelParts {
  std::string name;
  uint32_t version = 1;
  uint32_t dimension = 0;
  /// Length of the vector that a word outside the vocabulary adds, in units of the rows; see StaticModel.
  float rare_word_length = 0;
  std::vector<std::string> tokens;
  /// tokens.size() * dimension floats, row by row.
  std::vector<float> rows;
};

/// The bytes of a model file (docs/formats/static_model.md). Error(kInvalidArgument) for parts that do not fit
/// together.
std::string EncodeStaticModel(const StaticModelParts& parts);

/// A table with a learned vector for each token; a text is the sum of its tokens' vectors, brought to length 1. A word
/// that is no token adds the vectors of its pieces and one that its hash determines, so that names which no training
/// text had still find themselves. Immutable and thread-safe.
///
/// All sums are of integers, so the same text gives the same bits on every machine.
class StaticModel {
 public:
  static constexpr uint32_t kFormat = 1;
  static constexpr uint32_t kMaxDimension = 1024;
  /// A longer text is read in pieces of at most so many bytes, divided at white space where there is some.
  static constexpr size_t kPieceBytes = 1u << 20;

  /// Maps the file and verifies it. Errors: kNotFound, kIo, kFormatVersion, kCorruption.
  static StaticModel Open(const std::string& path);
  /// The same over bytes in memory.
  static StaticModel FromBytes(std::string bytes);

  const std::string& name() const { return name_; }
  uint32_t version() const { return version_; }
  uint32_t dimension() const { return dimension_; }
  uint32_t token_count() const { return token_count_; }
  std::string_view token(uint32_t id) const;
  const Vocabulary& vocabulary() const { return vocabulary_; }

  /// Memory that calls reuse; one for each thread.
  struct Scratch {
    FoldedText folded;
    TextTokens tokens;
    std::vector<int32_t> block;
    std::vector<int64_t> sums;
  };
  /// Writes dimension() floats: a vector of length 1, or of zeros for a text without words.
  void Embed(std::string_view text, Scratch& scratch, float* out) const;

 private:
  class Memory;
  StaticModel() = default;
  static StaticModel Read(std::shared_ptr<const Memory> memory, const std::string& source);
  template <typename Flush>
  void AddRows(std::span<const uint32_t> ids, int32_t* block, const Flush& flush) const;
  /// Adds a piece of a text to scratch.sums.
  void AddText(std::string_view text, Scratch& scratch) const;
  void AddRareWord(uint64_t hash, int32_t* block) const;

  std::shared_ptr<const Memory> memory_;
  std::string name_;
  uint32_t version_ = 0;
  uint32_t dimension_ = 0;
  uint32_t token_count_ = 0;
  int32_t rare_word_element_ = 0;
  Vocabulary vocabulary_;
  std::span<const uint16_t> row_weights_;
  const int8_t* rows_ = nullptr;
  std::span<const uint32_t> token_ends_;
  std::string_view token_text_;
};

}  // namespace rem
