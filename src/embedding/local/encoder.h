#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "embedding/local/bf16_matrix.h"
#include "embedding/local/encoder_shape.h"
#include "embedding/local/packed_matrix.h"
#include "embedding/local/quantised_matrix.h"
#include "embedding/local/safetensors.h"

namespace rem {

/// How a text's token vectors become one.
enum class Pooling : uint8_t { kMean, kFirstToken };

/// What the products of the layers are computed in; all else is computed in F32.
enum class EncoderPrecision : uint8_t {
  kF32,
  kInt8,  ///< QuantisedMatrix.
  kBf16,  ///< Bf16Matrix.
};
/// "f32", "int8", "bf16".
std::string_view PrecisionName(EncoderPrecision precision);
std::optional<EncoderPrecision> FindPrecision(std::string_view name);

/// A transformer encoder (Devlin et al., "BERT", 2018; Song et al., "MPNet", 2020; Sanh et al., "DistilBERT", 2019;
/// Nussbaum et al., "Nomic Embed", 2024). Immutable and thread-safe.
///
/// Texts of a call lie one behind the other without padding; only attention sees where one ends. A text's vector does
/// not depend on the texts beside it, to the bit.
class Encoder {
 public:
  /// Memory that calls reuse; one for each thread.
  struct Scratch;
  struct ScratchFree {
    void operator()(Scratch* scratch) const;
  };
  using ScratchPointer = std::unique_ptr<Scratch, ScratchFree>;
  static ScratchPointer MakeScratch();

  /// Copies the weights of the linear layers into the order in which they are read; the tables of tokens and positions
  /// are read from `weights`. Errors: those of SafetensorsFile::Require.
  Encoder(const EncoderShape& shape, SafetensorsFile weights, const MathKernels& kernels,
          EncoderPrecision precision = EncoderPrecision::kF32);

  const EncoderShape& shape() const { return shape_; }

  /// Texts as token numbers, each of 1 to shape().max_tokens() tokens below shape().vocabulary. Writes shape().hidden
  /// floats for each, not normalised.
  void Encode(std::span<const std::span<const uint32_t>> texts, Pooling pooling, Scratch& scratch, float* out) const;

 private:
  struct Linear {
    std::variant<PackedMatrix, QuantisedMatrix, Bf16Matrix> matrix;
    std::vector<float> bias;  ///< Empty where the layer adds nothing.
    void Multiply(const float* a, size_t a_stride, size_t rows, float* c, size_t c_stride) const;
  };
  struct Norm {
    std::vector<float> gain;
    std::vector<float> shift;
  };
  struct Layer {
    Linear query_key_value, attended, inner, gate, outer;
    Norm attention_norm, output_norm;
  };
  class WeightReader;

  void Embed(std::span<const std::span<const uint32_t>> texts, float* rows) const;
  void Attend(const Layer& layer, std::span<const std::span<const uint32_t>> texts, Scratch& scratch) const;
  void AttendOnce(const float* text, size_t tokens, size_t head, Scratch& scratch, float* out) const;
  void Rotate(float* row, size_t position) const;
  void TransformRows(const Layer& layer, float* rows, size_t count, Scratch& scratch) const;
  void Normalise(const Norm& norm, float* row) const;
  void MakeRotation();

  EncoderShape shape_;
  SafetensorsFile weights_;
  const MathKernels& kernels_;
  const EncoderPrecision precision_;
  const Tensor* tokens_ = nullptr;
  /// max_tokens() rows: the vector of the position, and of token type 0 where there is one. Empty for rotation.
  std::vector<float> positions_;
  /// What every token adds where positions_ is empty.
  std::vector<float> token_type_;
  Norm embedding_norm_;
  std::vector<Layer> layers_;
  /// heads * distance_buckets, a row for each head.
  std::vector<float> distance_bias_;
  /// Bucket of each distance from -(max_tokens() - 1) to max_tokens() - 1.
  std::vector<uint32_t> bucket_of_distance_;
  /// For each position, cosine and sine of head_size() / 2 angles.
  std::vector<float> cosines_, sines_;
};

}  // namespace rem
