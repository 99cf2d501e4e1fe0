#pragma once

#include <cstdint>
#include <string>

namespace rem {

class DocumentView;

enum class EncoderFamily : uint8_t { kBert, kMpnet, kDistilBert, kNomicBert };
enum class EncoderActivation : uint8_t { kGelu, kGeluTanh, kRelu, kSwishGate };

/// The sizes and variants of a transformer encoder, as its config.json says.
struct EncoderShape {
  EncoderFamily family = EncoderFamily::kBert;
  uint32_t hidden = 0;
  uint32_t layers = 0;
  uint32_t heads = 0;
  uint32_t inner = 0;
  uint32_t vocabulary = 0;
  /// Rows of the table of positions; the first `position_offset` of them belong to padding.
  uint32_t positions = 0;
  uint32_t position_offset = 0;
  /// 0 for a model without them.
  uint32_t token_types = 0;
  EncoderActivation activation = EncoderActivation::kGelu;
  float epsilon = 1e-12F;
  /// Buckets of the distance between two tokens that have a bias of their own (MPNet); 0 for none.
  uint32_t distance_buckets = 0;
  /// Base of the rotation that tells positions apart (nomic); 0 for none.
  float rotary_base = 0;
  /// Whether the linear layers have something to add.
  bool attention_bias = true;
  bool inner_bias = true;

  uint32_t head_size() const { return hidden / heads; }
  /// Tokens of the longest text.
  uint32_t max_tokens() const { return positions - position_offset; }
};

/// Reads config.json. Errors: kNotSupported, which names what is supported, for another architecture or variant;
/// kCorruption for sizes that are missing or cannot be. `source` is the file's name for messages.
EncoderShape ReadEncoderShape(const DocumentView& config, const std::string& source);

}  // namespace rem
