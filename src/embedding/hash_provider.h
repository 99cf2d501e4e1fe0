#pragma once

#include "embedding/provider.h"

namespace rem {

/// Feature hashing (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009) of words, word stems
/// and character n-grams into 256 dimensions. It needs no model and no download, and it is honest about what that buys:
/// two texts are near when they share words or parts of words. It knows no synonyms and no other language.
///
/// The same text gives the same bits on every machine: all sums are of integers. docs/embeddings.md has the weights.
class HashProvider : public EmbeddingProvider {
 public:
  static constexpr uint32_t kDimension = 256;
  /// A longer text is read in pieces of at most so many bytes, divided at white space where there is some.
  static constexpr size_t kPieceBytes = 1u << 20;

  std::string_view name() const override { return "hash"; }
  uint32_t dimension() const override { return kDimension; }
  bool normalised() const override { return true; }
  std::string_view description() const override;
  size_t batch_texts() const override { return 512; }
  void Embed(std::span<const std::string_view> texts, float* out) const override;
};

}  // namespace rem
