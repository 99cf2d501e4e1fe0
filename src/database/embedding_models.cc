#include <rem/embedding.h>

#include "embedding/model_registry.h"
#include "embedding/provider.h"

namespace rem {

std::vector<EmbeddingModelInfo> ListEmbeddingModels() {
  std::vector<EmbeddingModelInfo> models;
  for (const ModelInfo& model : Models()) {
    EmbeddingModelInfo info;
    info.name = model.name;
    info.kind = ModelKindName(model.kind);
    info.dimension = model.dimension;
    info.metric = model.metric;
    info.normalised = model.normalised;
    info.max_tokens = model.max_tokens;
    if (const EmbeddingProvider* provider = FindProvider(model.name)) {
      info.available = true;
      info.identity = provider->identity();
      info.description = provider->description();
    }
    models.push_back(std::move(info));
  }
  return models;
}

std::vector<std::vector<float>> EmbedTexts(std::string_view model, const std::vector<std::string>& texts) {
  const EmbeddingProvider& provider = RequireProvider(model);
  std::vector<std::vector<float>> vectors;
  for (const std::string& text : texts) {
    const std::string_view view = text;
    vectors.emplace_back(provider.dimension());
    provider.Embed({&view, 1}, vectors.back().data());
  }
  return vectors;
}

}  // namespace rem
