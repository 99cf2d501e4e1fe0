#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rem {

/// What is known of an embedding model.
struct EmbeddingModelInfo {
  std::string name;
  std::string kind;  ///< "built in", "local" or "service".
  uint32_t dimension = 0;
  std::string metric;
  bool normalised = false;
  uint32_t max_tokens = 0;  ///< Tokens of a text that count; 0 for no limit.
  bool available = false;   ///< Schemas can name it in embedding_provider.
  std::string identity;     ///< What tables store beside the vectors that it made; empty when it is not available.
  std::string description;
};

/// Every model that REM DB knows, the available ones first.
std::vector<EmbeddingModelInfo> ListEmbeddingModels();

/// Embeds texts with an available model, without a database. One vector of the model's dimension for each text. Errors:
/// kNotFound with the nearest names for an unknown model or a missing model file, kNotSupported for a model that is
/// known but not available, kCorruption and kFormatVersion of the model's file.
std::vector<std::vector<float>> EmbedTexts(std::string_view model, const std::vector<std::string>& texts);

}  // namespace rem
