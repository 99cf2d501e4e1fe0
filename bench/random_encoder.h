#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace rem::bench {

/// A folder with a sentence encoder of all-MiniLM-L6-v2's shape and random weights; removed at the end.
class RandomEncoder {
 public:
  static constexpr uint64_t kHidden = 384, kLayers = 6, kHeads = 12, kInner = 1536, kVocabulary = 30522,
                            kPositions = 512;
  /// Multiplications and additions for one token, those of attention left out.
  static constexpr double kFlopsPerToken = 2.0 * kLayers * (4 * kHidden * kHidden + 2 * kHidden * kInner);

  /// `words` are pieces of the vocabulary.
  explicit RandomEncoder(const std::vector<std::string>& words)
      : folder_(std::filesystem::temp_directory_path() / ("rem_bench_encoder_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_ / "1_Pooling");
    WriteTexts(words);
    WriteWeights();
  }
  ~RandomEncoder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RandomEncoder(const RandomEncoder&) = delete;
  RandomEncoder& operator=(const RandomEncoder&) = delete;
  std::string folder() const { return folder_.string(); }

 private:
  void WriteTexts(const std::vector<std::string>& words) const {
    std::ofstream(folder_ / "config.json")
        << R"({"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,)"
        << R"("intermediate_size": 1536, "max_position_embeddings": 512, "vocab_size": 30522, "type_vocab_size": 2,)"
        << R"("hidden_act": "gelu", "layer_norm_eps": 1e-12})";
    std::ofstream(folder_ / "sentence_bert_config.json") << R"({"max_seq_length": 256})";
    std::ofstream vocabulary(folder_ / "vocab.txt");
    vocabulary << "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n.\n";
    for (const std::string& word : words) vocabulary << word << '\n';
  }

  static std::vector<std::pair<std::string, std::vector<uint64_t>>> Tensors() {
    std::vector<std::pair<std::string, std::vector<uint64_t>>> tensors = {
        {"embeddings.word_embeddings.weight", {kVocabulary, kHidden}},
        {"embeddings.position_embeddings.weight", {kPositions, kHidden}},
        {"embeddings.token_type_embeddings.weight", {2, kHidden}},
        {"embeddings.LayerNorm.weight", {kHidden}},
        {"embeddings.LayerNorm.bias", {kHidden}}};
    const auto linear = [&](const std::string& name, uint64_t rows, uint64_t columns) {
      tensors.push_back({name + ".weight", {rows, columns}});
      tensors.push_back({name + ".bias", {rows}});
    };
    for (uint64_t layer = 0; layer < kLayers; ++layer) {
      const std::string at = "encoder.layer." + std::to_string(layer) + ".";
      for (const char* part : {"query", "key", "value"}) linear(at + "attention.self." + part, kHidden, kHidden);
      linear(at + "attention.output.dense", kHidden, kHidden);
      linear(at + "intermediate.dense", kInner, kHidden);
      linear(at + "output.dense", kHidden, kInner);
      for (const char* part : {"attention.output.LayerNorm", "output.LayerNorm"}) {
        tensors.push_back({at + part + ".weight", {kHidden}});
        tensors.push_back({at + part + ".bias", {kHidden}});
      }
    }
    return tensors;
  }

  void WriteWeights() const {
    std::string header = "{";
    uint64_t offset = 0;
    for (const auto& [name, shape] : Tensors()) {
      uint64_t count = 1;
      std::string extents;
      for (const uint64_t extent : shape) {
        extents += (extents.empty() ? "" : ",") + std::to_string(extent);
        count *= extent;
      }
      header += (offset == 0 ? "\"" : ",\"") + name + R"(":{"dtype":"F32","shape":[)" + extents +
                R"(],"data_offsets":[)" + std::to_string(offset) + "," + std::to_string(offset + 4 * count) + "]}";
      offset += 4 * count;
    }
    header += "}";
    std::ofstream file(folder_ / "model.safetensors", std::ios::binary);
    const uint64_t size = header.size();
    file.write(reinterpret_cast<const char*>(&size), sizeof(size));
    file << header;
    uint64_t state = 1;
    std::vector<float> values(offset / 4);
    for (float& value : values) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      value = (static_cast<float>(state >> 40) / 16777216.0F - 0.5F) * 0.12F;
    }
    file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(offset));
  }

  std::filesystem::path folder_;
};

}  // namespace rem::bench
