#include "embedding/local/encoder_weights.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace rem {

/// What a family calls its tensors. Names of a layer stand behind layers + number.
struct Encoder::WeightReader::Names {
  std::string_view prefix;
  std::string_view layers;
  std::string_view embedding_norm;
  std::array<std::string_view, 3> query_key_value;
  std::string_view attended, attention_norm, inner, gate, outer, output_norm;
};

namespace {

// Distances from 0 to a quarter of the buckets have one each, those beyond share buckets that grow by the logarithm up
// to distance 128; the other half of the buckets is for tokens behind (Raffel et al., "T5", 2019, section 2.1).
uint32_t BucketOfDistance(int64_t distance, uint32_t buckets) {
  const auto half = static_cast<int64_t>(buckets / 2), exact = half / 2;
  const int64_t side = distance > 0 ? half : 0, size = std::abs(distance);
  if (size < exact) return static_cast<uint32_t>(side + size);
  const float steps = std::log(static_cast<float>(size) / static_cast<float>(exact)) /
                      static_cast<float>(std::log(128.0 / static_cast<double>(exact))) *
                      static_cast<float>(half - exact);
  return static_cast<uint32_t>(side + std::min(exact + static_cast<int64_t>(steps), half - 1));
}

std::vector<float> ReadAll(const Tensor& tensor) {
  size_t count = 1;
  for (const uint64_t extent : tensor.shape) count *= extent;
  std::vector<float> out(count);
  tensor.Read(0, count, out.data());
  return out;
}

}  // namespace

const Encoder::WeightReader::Names& Encoder::WeightReader::names() const {
  static constexpr Names kBert = {"bert.",
                                  "encoder.layer.",
                                  "embeddings.LayerNorm",
                                  {"attention.self.query", "attention.self.key", "attention.self.value"},
                                  "attention.output.dense",
                                  "attention.output.LayerNorm",
                                  "intermediate.dense",
                                  "",
                                  "output.dense",
                                  "output.LayerNorm"};
  static constexpr Names kMpnet = {"mpnet.",
                                   "encoder.layer.",
                                   "embeddings.LayerNorm",
                                   {"attention.attn.q", "attention.attn.k", "attention.attn.v"},
                                   "attention.attn.o",
                                   "attention.LayerNorm",
                                   "intermediate.dense",
                                   "",
                                   "output.dense",
                                   "output.LayerNorm"};
  static constexpr Names kDistilBert = {"distilbert.",
                                        "transformer.layer.",
                                        "embeddings.LayerNorm",
                                        {"attention.q_lin", "attention.k_lin", "attention.v_lin"},
                                        "attention.out_lin",
                                        "sa_layer_norm",
                                        "ffn.lin1",
                                        "",
                                        "ffn.lin2",
                                        "output_layer_norm"};
  static constexpr Names kNomicBert = {
      "bert.",    "encoder.layers.", "emb_ln", {"attn.Wqkv", "", ""}, "attn.out_proj", "norm1", "mlp.fc11",
      "mlp.fc12", "mlp.fc2",         "norm2"};
  switch (shape_.family) {
    case EncoderFamily::kMpnet:
      return kMpnet;
    case EncoderFamily::kDistilBert:
      return kDistilBert;
    case EncoderFamily::kNomicBert:
      return kNomicBert;
    case EncoderFamily::kBert:
      break;
  }
  return kBert;
}

Encoder::WeightReader::WeightReader(Encoder& encoder, const MathKernels& kernels)
    : encoder_(encoder), shape_(encoder.shape_), file_(encoder.weights_), kernels_(kernels) {
  const std::string_view prefix = names().prefix;
  if (file_.Find(fmt::format("{}embeddings.word_embeddings.weight", prefix)) != nullptr) prefix_ = prefix;
}

std::string Encoder::WeightReader::LayerName(size_t layer, std::string_view part) const {
  return fmt::format("{}{}{}.{}", prefix_, names().layers, layer, part);
}

Encoder::Norm Encoder::WeightReader::ReadNorm(const std::string& name) const {
  // The first BERT called them gamma and beta.
  const bool old_names = file_.Find(name + ".gamma") != nullptr;
  const std::array<uint64_t, 1> shape = {shape_.hidden};
  return {ReadAll(file_.Require(name + (old_names ? ".gamma" : ".weight"), shape)),
          ReadAll(file_.Require(name + (old_names ? ".beta" : ".bias"), shape))};
}

Encoder::Linear Encoder::WeightReader::ReadLinear(std::span<const std::string> names, uint64_t rows, uint64_t columns,
                                                  bool bias) const {
  const size_t part = rows * columns;
  std::vector<float> weights(names.size() * part);
  Linear linear;
  if (bias) linear.bias.resize(names.size() * rows);
  for (size_t i = 0; i < names.size(); ++i) {
    const std::array<uint64_t, 2> matrix = {rows, columns};
    const std::array<uint64_t, 1> vector = {rows};
    file_.Require(names[i] + ".weight", matrix).Read(0, part, weights.data() + i * part);
    if (bias) file_.Require(names[i] + ".bias", vector).Read(0, rows, linear.bias.data() + i * rows);
  }
  const size_t columns_of_all = names.size() * rows;
  switch (encoder_.precision_) {
    case EncoderPrecision::kInt8:
      linear.matrix.emplace<QuantisedMatrix>(BestInt8Kernels()).Pack(weights.data(), columns_of_all, columns);
      break;
    case EncoderPrecision::kBf16:
      linear.matrix.emplace<Bf16Matrix>(BestBf16Kernels()).Pack(weights.data(), columns_of_all, columns);
      break;
    case EncoderPrecision::kF32:
      linear.matrix.emplace<PackedMatrix>(kernels_).Pack(weights.data(), columns_of_all, columns, columns, 1);
      break;
  }
  return linear;
}

void Encoder::WeightReader::ReadEmbeddings() {
  const auto table = [&](std::string_view part, uint64_t rows) -> const Tensor& {
    const std::array<uint64_t, 2> shape = {rows, shape_.hidden};
    return file_.Require(fmt::format("{}embeddings.{}.weight", prefix_, part), shape);
  };
  encoder_.tokens_ = &table("word_embeddings", shape_.vocabulary);
  std::vector<float> type(shape_.hidden, 0);
  if (shape_.token_types > 0) table("token_type_embeddings", shape_.token_types).Read(0, shape_.hidden, type.data());
  if (shape_.rotary_base != 0) {
    encoder_.token_type_ = std::move(type);
  } else {
    const Tensor& positions = table("position_embeddings", shape_.positions);
    const size_t count = size_t{shape_.max_tokens()} * shape_.hidden;
    encoder_.positions_.resize(count);
    positions.Read(size_t{shape_.position_offset} * shape_.hidden, count, encoder_.positions_.data());
    for (size_t i = 0; i < count; ++i) encoder_.positions_[i] += type[i % shape_.hidden];
  }
  encoder_.embedding_norm_ = ReadNorm(prefix_ + std::string(names().embedding_norm));
}

void Encoder::WeightReader::ReadLayer(size_t number, Layer& layer) {
  const uint64_t hidden = shape_.hidden, inner = shape_.inner;
  const auto one = [&](std::string_view part, uint64_t rows, uint64_t columns, bool bias) {
    const std::string name = LayerName(number, part);
    return ReadLinear({&name, 1}, rows, columns, bias);
  };
  const auto& parts = names().query_key_value;
  if (parts[1].empty()) {
    layer.query_key_value = one(parts[0], 3 * hidden, hidden, shape_.attention_bias);
  } else {
    const std::array<std::string, 3> three = {LayerName(number, parts[0]), LayerName(number, parts[1]),
                                              LayerName(number, parts[2])};
    layer.query_key_value = ReadLinear(three, hidden, hidden, shape_.attention_bias);
  }
  layer.attended = one(names().attended, hidden, hidden, shape_.attention_bias);
  layer.attention_norm = ReadNorm(LayerName(number, names().attention_norm));
  layer.inner = one(names().inner, inner, hidden, shape_.inner_bias);
  if (!names().gate.empty()) layer.gate = one(names().gate, inner, hidden, shape_.inner_bias);
  layer.outer = one(names().outer, hidden, inner, shape_.inner_bias);
  layer.output_norm = ReadNorm(LayerName(number, names().output_norm));
}

void Encoder::WeightReader::ReadDistances() {
  const std::array<uint64_t, 2> shape = {shape_.distance_buckets, shape_.heads};
  const std::vector<float> table = ReadAll(file_.Require(prefix_ + "encoder.relative_attention_bias.weight", shape));
  encoder_.distance_bias_.resize(table.size());
  for (size_t bucket = 0; bucket < shape_.distance_buckets; ++bucket) {
    for (size_t head = 0; head < shape_.heads; ++head) {
      encoder_.distance_bias_[head * shape_.distance_buckets + bucket] = table[bucket * shape_.heads + head];
    }
  }
  const auto most = static_cast<int64_t>(shape_.max_tokens()) - 1;
  for (int64_t distance = -most; distance <= most; ++distance) {
    encoder_.bucket_of_distance_.push_back(BucketOfDistance(distance, shape_.distance_buckets));
  }
}

void Encoder::WeightReader::Read() {
  ReadEmbeddings();
  for (size_t i = 0; i < shape_.layers; ++i) {
    encoder_.layers_.emplace_back();
    ReadLayer(i, encoder_.layers_.back());
  }
  if (shape_.distance_buckets > 0) ReadDistances();
}

}  // namespace rem
