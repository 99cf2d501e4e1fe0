#include <rem/embedding.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <rem/error.h>

#include "base/nearest.h"
#include "embedding/local/model_store.h"
#include "embedding/local_provider.h"
#include "embedding/model_registry.h"
#include "embedding/provider.h"

namespace rem {

namespace {

constexpr std::string_view kModelServer = "https://huggingface.co";

void Describe(const EmbeddingProvider& provider, EmbeddingModelInfo& info) {
  info.available = true;
  info.identity = provider.identity();
  info.description = provider.description();
  info.dimension = provider.dimension();
  info.normalised = provider.normalised();
  info.cut_texts = CutTexts(provider.identity());
}

EmbeddingModelInfo InfoOf(const ModelManifest& manifest) {
  EmbeddingModelInfo info;
  info.name = std::string(kLocalPrefix) + manifest.name;
  info.kind = ModelKindName(ModelKind::kLocal);
  info.metric = "cosine";
  info.max_tokens = manifest.max_tokens;
  info.precision = PrecisionName(manifest.precision);
  Describe(StoredLocalProvider(manifest.Identity(), manifest.dimension), info);
  return info;
}

std::string_view LastPart(std::string_view source) {
  while (source.ends_with('/')) source.remove_suffix(1);
  return source.substr(source.rfind('/') + 1);
}

// "owner/name" of a published model.
std::string PublishedName(const std::string& source) {
  if (const ModelInfo* known = FindModel(source); known != nullptr && known->kind == ModelKind::kLocal) {
    return std::string(known->alias);
  }
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '/';
  };
  const bool two_parts = std::count(source.begin(), source.end(), '/') == 1 && source.front() != '/' &&
                         source.back() != '/' && source.front() != '.' && source.find("..") == std::string::npos;
  if (two_parts && std::all_of(source.begin(), source.end(), fine)) return source;
  std::vector<std::string> names;
  for (const ModelInfo& model : Models()) {
    if (model.kind == ModelKind::kLocal) names.emplace_back(model.name);
  }
  throw Error(
      ErrorCode::kNotFound, fmt::format("There is no folder and no published model \"{}\"", source),
      DidYouMean(source, names,
                 fmt::format("give the path of a folder, a name of Hugging Face such as \"owner/name\", or one of: {}",
                             fmt::join(names, ", "))));
}

}  // namespace

std::vector<EmbeddingModelInfo> ListEmbeddingModels() {
  std::vector<EmbeddingModelInfo> models;
  const std::vector<ModelManifest> added = ModelStore().List();
  for (const ModelInfo& model : Models()) {
    if (model.kind != ModelKind::kBuiltin) continue;
    EmbeddingModelInfo info{std::string(model.name), std::string(ModelKindName(model.kind)), model.dimension};
    info.metric = model.metric;
    info.max_tokens = model.max_tokens;
    if (const EmbeddingProvider* provider = FindProvider(model.name)) Describe(*provider, info);
    models.push_back(std::move(info));
  }
  for (const ModelManifest& manifest : added) models.push_back(InfoOf(manifest));
  for (const ModelInfo& model : Models()) {
    const auto is_it = [&](const ModelManifest& manifest) { return manifest.name == model.name; };
    if (model.kind == ModelKind::kBuiltin || std::any_of(added.begin(), added.end(), is_it)) continue;
    EmbeddingModelInfo info{std::string(model.name), std::string(ModelKindName(model.kind)), model.dimension};
    info.metric = model.metric;
    info.normalised = model.normalised;
    info.max_tokens = model.max_tokens;
    if (model.kind == ModelKind::kHttp) Describe(RequireProvider(model.name), info);
    models.push_back(std::move(info));
  }
  return models;
}

std::vector<std::vector<float>> EmbedTexts(std::string_view model, const std::vector<std::string>& texts) {
  const EmbeddingProvider& provider = RequireProvider(model);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const size_t dimension = provider.dimension();
  std::vector<float> all(texts.size() * dimension);
  provider.Embed(views, all.data());
  std::vector<std::vector<float>> vectors;
  for (auto row = all.begin(); row != all.end(); row += static_cast<std::ptrdiff_t>(dimension)) {
    vectors.emplace_back(row, row + static_cast<std::ptrdiff_t>(dimension));
  }
  return vectors;
}

EmbeddingModelInfo AddEmbeddingModel(const AddModelOptions& options) {
  if (options.source.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "No model was given", "give the path of a folder or a published name");
  }
  ModelAddition addition;
  addition.long_texts = options.average_long_texts ? LocalModel::LongTexts::kAverage : LocalModel::LongTexts::kCut;
  const std::optional<EncoderPrecision> precision = FindPrecision(options.precision);
  if (!precision) {
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: the precision \"{}\"", options.precision),
                "f32, int8 or bf16");
  }
  addition.precision = *precision;
  addition.query_prompt = options.query_prompt;
  addition.document_prompt = options.document_prompt;
  addition.sha256 = options.sha256;
  addition.progress = options.progress;
  const ModelStore store;
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(options.source, ignored);
  const std::string published = folder ? std::string() : PublishedName(options.source);
  const std::string absolute = folder ? std::filesystem::canonical(options.source).string() : published;
  addition.name = options.name.empty() ? std::string(LastPart(absolute)) : options.name;
  if (folder) return InfoOf(store.AddFolder(options.source, addition));
  std::string server = options.server.empty() ? std::string(kModelServer) : options.server;
  while (server.ends_with('/')) server.pop_back();
  return InfoOf(store.Download(fmt::format("{}/{}/resolve/main", server, published), addition));
}

void RemoveEmbeddingModel(std::string_view name) {
  if (name.starts_with(kLocalPrefix)) name.remove_prefix(kLocalPrefix.size());
  const ModelStore store;
  if (store.Remove(name)) return;
  const std::vector<std::string> known = LocalProviderNames();
  throw Error(ErrorCode::kNotFound, fmt::format("There is no model \"{}\" in \"{}\"", name, store.folder()),
              DidYouMean(name, known, known.empty() ? "no model was added" : "rem-db model list shows them"));
}

}  // namespace rem
