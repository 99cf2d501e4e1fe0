#include "embedding/local_provider.h"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <mutex>

#include <rem/error.h>

#include "embedding/local/model_store.h"
#include "embedding/model_registry.h"

namespace rem {

namespace {

/// Runs one model. Its files are read at the first use.
class LocalProvider : public EmbeddingProvider {
 public:
  LocalProvider(std::string_view identity, uint32_t dimension)
      : identity_(identity), name_(identity.substr(0, identity.rfind('@'))), dimension_(dimension) {}

  std::string_view name() const override { return name_; }
  std::string_view identity() const override { return identity_; }
  uint32_t dimension() const override { return dimension_; }
  bool normalised() const override {
    const std::optional<ModelManifest> manifest = Manifest();
    return manifest && manifest->normalised;
  }
  std::string_view description() const override { return "A sentence encoder on this machine's disk."; }

  /// A text takes milliseconds.
  bool inline_on_insert() const override { return false; }
  /// Jobs for all processors, and few enough that a call takes about a second.
  size_t batch_texts() const override { return 256; }

  void Embed(std::span<const std::string_view> texts, float* out) const override { EmbedFor(texts, {}, out); }

  void EmbedFor(std::span<const std::string_view> texts, const EmbedOptions& options, float* out) const override {
    const Loaded& loaded = LoadOrFail();
    const ModelManifest& manifest = loaded.manifest;
    const std::string& prompt = options.use == TextUse::kQuery ? manifest.query_prompt : manifest.document_prompt;
    if (prompt.empty()) {
      cut_ += loaded.model->Embed(texts, manifest.long_texts, out, options.cancelled);
      return;
    }
    std::vector<std::string> prompted;
    for (const std::string_view text : texts) prompted.push_back(prompt + std::string(text));
    const std::vector<std::string_view> views(prompted.begin(), prompted.end());
    cut_ += loaded.model->Embed(views, manifest.long_texts, out, options.cancelled);
  }

  uint64_t cut() const { return cut_; }

 private:
  struct Loaded {
    ModelManifest manifest;
    std::unique_ptr<const LocalModel> model;
  };

  std::string_view model_name() const { return std::string_view(name_).substr(kLocalPrefix.size()); }

  std::optional<ModelManifest> Manifest() const {
    std::optional<ModelManifest> manifest = ModelStore().Find(model_name());
    if (manifest && manifest->Identity() != identity_) manifest.reset();
    return manifest;
  }

  // A model that is not there may come back: records wait for it instead of being given up.
  const Loaded& LoadOrFail() const {
    try {
      return Load();
    } catch (const Error& error) {
      throw EmbeddingFailure(EmbeddingFailure::Kind::kUnavailable, error);
    }
  }

  const Loaded& Load() const {
    if (const Loaded* loaded = loaded_.load(std::memory_order_acquire)) return *loaded;
    const std::lock_guard lock(loading_);
    if (owned_ == nullptr) {
      auto loaded = std::make_unique<Loaded>();
      loaded->model = ModelStore().Load(model_name(), identity_);
      loaded->manifest = *Manifest();
      if (loaded->model->dimension() != dimension_) {
        throw Error(ErrorCode::kDimensionMismatch,
                    fmt::format("\"{}\" gives vectors of dimension {}, and the table has {}", identity_,
                                loaded->model->dimension(), dimension_),
                    "register the table's schema again with another embedding_provider");
      }
      owned_ = std::move(loaded);
      loaded_.store(owned_.get(), std::memory_order_release);
    }
    return *owned_;
  }

  const std::string identity_;
  const std::string name_;
  const uint32_t dimension_;
  mutable std::mutex loading_;
  mutable std::unique_ptr<const Loaded> owned_;
  mutable std::atomic<const Loaded*> loaded_{nullptr};
  mutable std::atomic<uint64_t> cut_{0};
};

/// Tables keep pointers to providers, so these live as long as the process; there are as many as models that it saw.
struct Registry {
  std::mutex mutex;
  std::map<std::pair<std::string, uint32_t>, LocalProvider> providers;
};

Registry& TheRegistry() {
  static Registry* registry = new Registry;  // Never destroyed: databases may be closed by static objects.
  return *registry;
}

/// "local:x" and "local:x@digest" without the prefix; the publisher's name of a known model as it is called here. Empty
/// for any other name.
std::string_view NameInStore(std::string_view name) {
  if (name.starts_with(kLocalPrefix)) name.remove_prefix(kLocalPrefix.size());
  const ModelInfo* known = FindModel(name);
  return known != nullptr && known->kind == ModelKind::kLocal ? known->name : name;
}

bool MayBeLocal(std::string_view name) {
  if (name.starts_with(kLocalPrefix)) return true;
  const ModelInfo* known = FindModel(name);
  return known != nullptr && known->kind == ModelKind::kLocal;
}

}  // namespace

const EmbeddingProvider* FindLocalProvider(std::string_view name) {
  if (!MayBeLocal(name)) return nullptr;
  const std::string_view with_digest = NameInStore(name);
  const std::string_view model = with_digest.substr(0, with_digest.find('@'));
  if (model.empty() || model.find('/') != std::string_view::npos || model[0] == '.') return nullptr;
  const std::optional<ModelManifest> manifest = ModelStore().Find(model);
  if (!manifest) return nullptr;
  const std::string identity = manifest->Identity();
  if (with_digest.size() != model.size() && identity.substr(kLocalPrefix.size()) != with_digest) return nullptr;
  return &StoredLocalProvider(identity, manifest->dimension);
}

const EmbeddingProvider& StoredLocalProvider(std::string_view identity, uint32_t dimension) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  return registry.providers.try_emplace({std::string(identity), dimension}, identity, dimension).first->second;
}

std::vector<std::string> LocalProviderNames() {
  std::vector<std::string> names;
  for (const ModelManifest& manifest : ModelStore().List()) names.push_back(std::string(kLocalPrefix) + manifest.name);
  return names;
}

uint64_t CutTexts(std::string_view identity) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  uint64_t cut = 0;
  for (const auto& [key, provider] : registry.providers) {
    if (key.first == identity) cut += provider.cut();
  }
  return cut;
}

}  // namespace rem
