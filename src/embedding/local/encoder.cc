#include "embedding/local/encoder.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "embedding/local/encoder_weights.h"
#include "embedding/local/math_kernels.h"

namespace rem {

namespace {

// Rows that pass a layer together: their intermediate values stay in the second cache.
constexpr size_t kRowBlock = 96;

}  // namespace

struct Encoder::Scratch {
  AlignedFloats rows;      ///< tokens * hidden
  AlignedFloats three;     ///< tokens * 3 * hidden: query, key, value
  AlignedFloats attended;  ///< tokens * hidden
  AlignedFloats scores;    ///< kRowBlock * tokens of the longest text
  AlignedFloats bias;      ///< tokens of the longest text
  AlignedFloats inner, gate, outer;
  PackedMatrix keys, values;
};

void Encoder::ScratchFree::operator()(Scratch* scratch) const { delete scratch; }

Encoder::ScratchPointer Encoder::MakeScratch() { return ScratchPointer(new Scratch()); }

std::string_view PrecisionName(EncoderPrecision precision) {
  switch (precision) {
    case EncoderPrecision::kInt8:
      return "int8";
    case EncoderPrecision::kBf16:
      return "bf16";
    case EncoderPrecision::kF32:
      break;
  }
  return "f32";
}

std::optional<EncoderPrecision> FindPrecision(std::string_view name) {
  for (const EncoderPrecision precision : {EncoderPrecision::kF32, EncoderPrecision::kInt8, EncoderPrecision::kBf16}) {
    if (PrecisionName(precision) == name) return precision;
  }
  return std::nullopt;
}

void Encoder::Linear::Multiply(const float* a, size_t a_stride, size_t rows, float* c, size_t c_stride) const {
  const float* start = bias.empty() ? nullptr : bias.data();
  std::visit([&](const auto& of) { of.Multiply(a, a_stride, rows, start, c, c_stride); }, matrix);
}

Encoder::Encoder(const EncoderShape& shape, SafetensorsFile weights, const MathKernels& kernels,
                 EncoderPrecision precision)
    : shape_(shape), weights_(std::move(weights)), kernels_(kernels), precision_(precision) {
  WeightReader(*this, kernels).Read();
  if (shape_.rotary_base != 0) MakeRotation();
}

// Su et al., "RoFormer", 2021: the pair (i, i + half) of position p is turned by p * base^(-i / half).
void Encoder::MakeRotation() {
  const size_t half = shape_.head_size() / 2;
  cosines_.resize(shape_.max_tokens() * half);
  sines_.resize(cosines_.size());
  for (size_t position = 0; position < shape_.max_tokens(); ++position) {
    for (size_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(position) *
                           std::pow(double{shape_.rotary_base}, -static_cast<double>(i) / static_cast<double>(half));
      cosines_[position * half + i] = static_cast<float>(std::cos(angle));
      sines_[position * half + i] = static_cast<float>(std::sin(angle));
    }
  }
}

// Queries and keys of one token, which lie in front of its values.
void Encoder::Rotate(float* row, size_t position) const {
  const size_t half = shape_.head_size() / 2;
  const float* cosine = cosines_.data() + position * half;
  const float* sine = sines_.data() + position * half;
  for (size_t head = 0; head < 2 * shape_.heads; ++head, row += 2 * half) {
    for (size_t i = 0; i < half; ++i) {
      const float x = row[i], y = row[i + half];
      row[i] = x * cosine[i] - y * sine[i];
      row[i + half] = y * cosine[i] + x * sine[i];
    }
  }
}

void Encoder::Normalise(const Norm& norm, float* row) const {
  kernels_.layer_norm(row, shape_.hidden, norm.gain.data(), norm.shift.data(), shape_.epsilon);
}

void Encoder::Embed(std::span<const std::span<const uint32_t>> texts, float* rows) const {
  const size_t hidden = shape_.hidden;
  for (const std::span<const uint32_t> text : texts) {
    REM_CHECK(!text.empty() && text.size() <= shape_.max_tokens());
    for (size_t i = 0; i < text.size(); ++i, rows += hidden) {
      REM_CHECK(text[i] < shape_.vocabulary);
      tokens_->Read(size_t{text[i]} * hidden, hidden, rows);
      kernels_.add(rows, positions_.empty() ? token_type_.data() : positions_.data() + i * hidden, hidden);
      Normalise(embedding_norm_, rows);
    }
  }
}

// One head over one text; `text` is its first row of queries, keys and values.
void Encoder::AttendOnce(const float* text, size_t tokens, size_t head, Scratch& scratch, float* out) const {
  const size_t hidden = shape_.hidden, size = shape_.head_size(), stride = 3 * hidden;
  const float* query = text + head * size;
  scratch.keys.Pack(query + hidden, tokens, stride, size, 1);
  scratch.values.Pack(query + 2 * hidden, size, 1, tokens, stride);
  const float scale = 1 / std::sqrt(static_cast<float>(size));
  const float* bias_of_bucket =
      distance_bias_.empty() ? nullptr : distance_bias_.data() + head * shape_.distance_buckets;
  for (size_t begin = 0; begin < tokens; begin += kRowBlock) {
    const size_t rows = std::min(kRowBlock, tokens - begin);
    float* scores = scratch.scores.data();
    scratch.keys.Multiply(query + begin * stride, stride, rows, nullptr, scores, tokens);
    for (size_t r = 0; r < rows; ++r) {
      float* bias = nullptr;
      if (bias_of_bucket != nullptr) {
        bias = scratch.bias.data();
        // The distance from the asking token to the first one of the text.
        const uint32_t* bucket = bucket_of_distance_.data() + (shape_.max_tokens() - 1) - (begin + r);
        for (size_t t = 0; t < tokens; ++t) bias[t] = bias_of_bucket[bucket[t]];
      }
      kernels_.softmax(scores + r * tokens, tokens, scale, bias);
    }
    scratch.values.Multiply(scores, tokens, rows, nullptr, out + begin * hidden + head * size, hidden);
  }
}

void Encoder::Attend(const Layer& layer, std::span<const std::span<const uint32_t>> texts, Scratch& scratch) const {
  const size_t hidden = shape_.hidden;
  float* three = scratch.three.data();
  float* attended = scratch.attended.data();
  size_t longest = 0;
  for (const std::span<const uint32_t> text : texts) longest = std::max(longest, text.size());
  scratch.scores.Reserve(std::min(kRowBlock, longest) * longest);
  scratch.bias.Reserve(longest);
  for (const std::span<const uint32_t> text : texts) {
    if (shape_.rotary_base != 0) {
      for (size_t i = 0; i < text.size(); ++i) Rotate(three + i * 3 * hidden, i);
    }
    for (size_t head = 0; head < shape_.heads; ++head) AttendOnce(three, text.size(), head, scratch, attended);
    three += text.size() * 3 * hidden;
    attended += text.size() * hidden;
  }
}

// What of a layer each token does for itself.
void Encoder::TransformRows(const Layer& layer, float* rows, size_t count, Scratch& scratch) const {
  const size_t hidden = shape_.hidden, inner = shape_.inner;
  float* values = scratch.inner.Reserve(kRowBlock * inner);
  float* outer = scratch.outer.Reserve(kRowBlock * hidden);
  for (size_t begin = 0; begin < count; begin += kRowBlock, rows += kRowBlock * hidden) {
    const size_t block = std::min(kRowBlock, count - begin);
    layer.attended.Multiply(scratch.attended.data() + begin * hidden, hidden, block, outer, hidden);
    kernels_.add(rows, outer, block * hidden);
    for (size_t r = 0; r < block; ++r) Normalise(layer.attention_norm, rows + r * hidden);
    layer.inner.Multiply(rows, hidden, block, values, inner);
    switch (shape_.activation) {
      case EncoderActivation::kGelu:
        kernels_.gelu(values, block * inner);
        break;
      case EncoderActivation::kGeluTanh:
        kernels_.gelu_tanh(values, block * inner);
        break;
      case EncoderActivation::kRelu:
        kernels_.relu(values, block * inner);
        break;
      case EncoderActivation::kSwishGate: {
        float* gate = scratch.gate.Reserve(kRowBlock * inner);
        layer.gate.Multiply(rows, hidden, block, gate, inner);
        kernels_.swish_gate(values, gate, block * inner);
        break;
      }
    }
    layer.outer.Multiply(values, inner, block, outer, hidden);
    kernels_.add(rows, outer, block * hidden);
    for (size_t r = 0; r < block; ++r) Normalise(layer.output_norm, rows + r * hidden);
  }
}

void Encoder::Encode(std::span<const std::span<const uint32_t>> texts, Pooling pooling, Scratch& scratch,
                     float* out) const {
  const size_t hidden = shape_.hidden;
  size_t tokens = 0;
  for (const std::span<const uint32_t> text : texts) tokens += text.size();
  if (tokens == 0) return;
  scratch.keys = PackedMatrix(kernels_);
  scratch.values = PackedMatrix(kernels_);
  float* rows = scratch.rows.Reserve(tokens * hidden);
  scratch.three.Reserve(tokens * 3 * hidden);
  scratch.attended.Reserve(tokens * hidden);
  Embed(texts, rows);
  for (const Layer& layer : layers_) {
    layer.query_key_value.Multiply(rows, hidden, tokens, scratch.three.data(), 3 * hidden);
    Attend(layer, texts, scratch);
    TransformRows(layer, rows, tokens, scratch);
  }
  for (const std::span<const uint32_t> text : texts) {
    if (pooling == Pooling::kFirstToken) {
      std::copy(rows, rows + hidden, out);
    } else {
      std::fill(out, out + hidden, 0.0F);
      for (size_t i = 0; i < text.size(); ++i) kernels_.add(out, rows + i * hidden, hidden);
      for (size_t d = 0; d < hidden; ++d) out[d] /= static_cast<float>(text.size());
    }
    rows += text.size() * hidden;
    out += hidden;
  }
}

}  // namespace rem
