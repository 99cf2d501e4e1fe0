#include "embedding/local/encoder_shape.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

#include <rem/document.h>
#include <rem/error.h>

namespace rem {

namespace {

constexpr std::string_view kSupported =
    "the encoders of model_type bert (MiniLM, bge, e5, gte), mpnet, distilbert and nomic_bert are supported";
// Larger than every published encoder of these families; a file that says more is damaged.
constexpr int64_t kMaxHidden = 8192, kMaxInner = 65536, kMaxLayers = 96, kMaxVocabulary = 2'000'000,
                  kMaxPositions = 65536;

class ConfigReader {
 public:
  ConfigReader(const DocumentView& config, const std::string& source) : config_(config), source_(source) {}

  std::string Text(std::string_view key, std::string_view otherwise) const {
    const auto found = config_.Find(key);
    return std::string(found && found->kind() == NodeKind::kText ? found->AsText() : otherwise);
  }

  uint32_t Size(std::string_view key, int64_t most) const {
    const auto found = config_.Find(key);
    if (!found || found->kind() != NodeKind::kInt || found->AsInt() < 1 || found->AsInt() > most) {
      throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" has no \"{}\" from 1 to {}", source_, key, most),
                  "restore config.json from where the model was published");
    }
    return static_cast<uint32_t>(found->AsInt());
  }

  uint32_t SizeOr(std::string_view key, int64_t most, uint32_t otherwise) const {
    return Has(key) ? Size(key, most) : otherwise;
  }

  double Number(std::string_view key, double otherwise) const {
    const auto found = config_.Find(key);
    return found && found->IsNumber() ? found->AsDouble() : otherwise;
  }

  bool Flag(std::string_view key, bool otherwise) const {
    const auto found = config_.Find(key);
    return found && found->kind() == NodeKind::kBool ? found->AsBool() : otherwise;
  }

  bool Has(std::string_view key) const {
    const auto found = config_.Find(key);
    return found && !found->IsNull();
  }

  void Refuse(bool condition, std::string_view what) const {
    if (!condition) return;
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: {} in \"{}\"", what, source_),
                std::string(kSupported));
  }

  EncoderActivation Activation(std::string_view key) const {
    const std::string name = Text(key, "gelu");
    if (name == "gelu") return EncoderActivation::kGelu;
    if (name == "gelu_new" || name == "gelu_pytorch_tanh") return EncoderActivation::kGeluTanh;
    if (name == "relu") return EncoderActivation::kRelu;
    if (name == "swiglu") return EncoderActivation::kSwishGate;
    Refuse(true, fmt::format("{} \"{}\"", key, name));
    return {};
  }

 private:
  const DocumentView& config_;
  const std::string& source_;
};

void ReadBert(const ConfigReader& config, EncoderShape& shape) {
  shape.hidden = config.Size("hidden_size", kMaxHidden);
  shape.layers = config.Size("num_hidden_layers", kMaxLayers);
  shape.heads = config.Size("num_attention_heads", kMaxHidden);
  shape.inner = config.Size("intermediate_size", kMaxInner);
  shape.positions = config.Size("max_position_embeddings", kMaxPositions);
  shape.activation = config.Activation("hidden_act");
  shape.epsilon = static_cast<float>(config.Number("layer_norm_eps", 1e-12));
  config.Refuse(shape.activation == EncoderActivation::kSwishGate, "hidden_act \"swiglu\"");
  config.Refuse(config.Flag("is_decoder", false), "a decoder");
}

void ReadDistilBert(const ConfigReader& config, EncoderShape& shape) {
  shape.hidden = config.Size("dim", kMaxHidden);
  shape.layers = config.Size("n_layers", kMaxLayers);
  shape.heads = config.Size("n_heads", kMaxHidden);
  shape.inner = config.Size("hidden_dim", kMaxInner);
  shape.positions = config.Size("max_position_embeddings", kMaxPositions);
  shape.activation = config.Activation("activation");
  config.Refuse(shape.activation == EncoderActivation::kSwishGate, "activation \"swiglu\"");
}

void ReadNomicBert(const ConfigReader& config, EncoderShape& shape) {
  shape.hidden = config.Size("n_embd", kMaxHidden);
  shape.layers = config.Size("n_layer", kMaxLayers);
  shape.heads = config.Size("n_head", kMaxHidden);
  shape.inner = config.Size("n_inner", kMaxInner);
  shape.activation = config.Activation("activation_function");
  shape.epsilon = static_cast<float>(config.Number("layer_norm_epsilon", 1e-12));
  shape.attention_bias = config.Flag("qkv_proj_bias", false);
  shape.inner_bias = config.Flag("mlp_fc1_bias", false);
  shape.token_types = config.SizeOr("type_vocab_size", 64, 0);
  shape.rotary_base = static_cast<float>(config.Number("rotary_emb_base", 10000));
  // Beyond the positions that the model was trained with, its publishers stretch the rotation; that is left out.
  shape.positions = config.SizeOr("max_trained_positions", kMaxPositions, config.Size("n_positions", kMaxPositions));
  config.Refuse(shape.activation != EncoderActivation::kSwishGate, "another activation_function than swiglu");
  config.Refuse(config.Number("rotary_emb_fraction", 0) != 1, "another rotary_emb_fraction than 1");
  config.Refuse(config.Flag("rotary_emb_interleaved", false), "rotary_emb_interleaved");
  config.Refuse(config.Has("rotary_emb_scale_base"), "rotary_emb_scale_base");
  config.Refuse(config.Flag("prenorm", false), "prenorm");
  config.Refuse(config.Flag("causal", false), "causal attention");
  config.Refuse(config.Flag("use_rms_norm", false), "use_rms_norm");
  config.Refuse(config.Flag("mlp_fc2_bias", shape.inner_bias) != shape.inner_bias, "mlp_fc2_bias unlike mlp_fc1_bias");
  config.Refuse(config.Number("num_experts", 0) > 0, "a mixture of experts");
}

}  // namespace

EncoderShape ReadEncoderShape(const DocumentView& document, const std::string& source) {
  const ConfigReader config(document, source);
  EncoderShape shape;
  const std::string type = config.Text("model_type", "");
  shape.vocabulary = config.Size("vocab_size", kMaxVocabulary);
  if (type == "bert") {
    ReadBert(config, shape);
    shape.token_types = config.Size("type_vocab_size", 64);
    config.Refuse(config.Text("position_embedding_type", "absolute") != "absolute", "relative positions of bert");
  } else if (type == "mpnet") {
    shape.family = EncoderFamily::kMpnet;
    ReadBert(config, shape);
    shape.epsilon = static_cast<float>(config.Number("layer_norm_eps", 1e-12));
    shape.position_offset = 2;
    shape.distance_buckets = config.SizeOr("relative_attention_num_buckets", 1024, 32);
    config.Refuse(shape.distance_buckets % 4 != 0, "relative_attention_num_buckets that four does not divide");
  } else if (type == "distilbert") {
    shape.family = EncoderFamily::kDistilBert;
    ReadDistilBert(config, shape);
  } else if (type == "nomic_bert") {
    shape.family = EncoderFamily::kNomicBert;
    ReadNomicBert(config, shape);
  } else {
    config.Refuse(true, fmt::format("model_type \"{}\"", type));
  }
  if (shape.hidden % shape.heads != 0 || shape.positions <= shape.position_offset + 2 ||
      (shape.rotary_base != 0 && shape.head_size() % 2 != 0)) {
    throw Error(ErrorCode::kCorruption, fmt::format("The sizes in \"{}\" do not fit together", source),
                "restore config.json from where the model was published");
  }
  return shape;
}

}  // namespace rem
