#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/local/model_config.h"

namespace rem {

/// A sentence encoder that was read from a folder: tokenizer, encoder, pooling, normalisation. Immutable and
/// thread-safe.
class LocalModel {
 public:
  /// What is done with a text that has more tokens than the model reads.
  enum class LongTexts : uint8_t {
    kCut,      ///< Its first tokens count, as in sentence-transformers.
    kAverage,  ///< The mean of the vectors of its parts, each weighted by its tokens; up to kMaxParts of them.
  };
  static constexpr size_t kMaxParts = 32;

  /// Errors: those of ReadLocalModelConfig, ReadTokenizer and Encoder.
  explicit LocalModel(const std::string& folder, EncoderPrecision precision = EncoderPrecision::kF32);

  const LocalModelConfig& config() const { return config_; }
  uint32_t dimension() const { return config_.shape.hidden; }

  /// Tokens of the text, those before and behind it included, at most config().max_tokens. Returns whether the text has
  /// more.
  bool Tokenize(std::string_view text, std::vector<uint32_t>& ids) const;

  /// Writes dimension() floats for each text. Texts are spread over the processors. Returns how many texts were cut.
  /// Error(kCancelled) soon after another thread has set `cancelled`.
  size_t Embed(std::span<const std::string_view> texts, LongTexts long_texts, float* out,
               const std::atomic<bool>* cancelled = nullptr) const;

 private:
  struct Part;
  bool Split(std::string_view text, LongTexts long_texts, uint32_t number, std::vector<Part>& parts) const;
  void EncodeParts(std::span<const Part> parts, size_t texts, const std::atomic<bool>* cancelled, float* out) const;

  LocalModelConfig config_;
  WordPieceTokenizer tokenizer_;
  std::unique_ptr<const Encoder> encoder_;
};

}  // namespace rem
