#include "embedding/provider.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <mutex>

#include <rem/error.h>

#include "base/nearest.h"
#include "embedding/builtin_provider.h"
#include "embedding/hash_provider.h"
#include "embedding/local_provider.h"
#include "embedding/model_registry.h"
#include "embedding/service_provider.h"

namespace rem {

namespace {

std::span<const EmbeddingProvider* const> Providers() {
  static const BuiltinProvider builtin;
  static const HashProvider hash;
  static const std::array<const EmbeddingProvider*, 2> providers = {&builtin, &hash};
  return providers;
}

/// Providers that the program brought, in the order in which they came.
struct OwnProviders {
  std::mutex mutex;
  std::vector<const EmbeddingProvider*> providers;
};

OwnProviders& Own() {
  static OwnProviders* own = new OwnProviders;  // Never destroyed: databases may be closed by static objects.
  return *own;
}

bool Answers(const EmbeddingProvider& provider, std::string_view name) {
  return provider.name() == name || provider.identity() == name;
}

/// Stands for the provider of stored vectors that this version cannot make.
class MissingProvider : public EmbeddingProvider {
 public:
  MissingProvider(std::string_view identity, uint32_t dimension) : identity_(identity), dimension_(dimension) {}
  std::string_view name() const override { return identity_; }
  uint32_t dimension() const override { return dimension_; }
  bool normalised() const override { return false; }
  std::string_view description() const override { return "Not part of this version."; }
  void Embed(std::span<const std::string_view> texts, float* out) const override {
    throw Error(ErrorCode::kNotSupported,
                fmt::format("The table's vectors come from \"{}\", which this version does not have", identity_),
                "open the database with the version that wrote it, give vectors instead of texts, or register the "
                "schema again with another embedding_provider");
  }

 private:
  std::string identity_;
  uint32_t dimension_;
};

// A model of this kind that nobody added, or not the one with this digest.
[[noreturn]] void ThrowNoLocalModel(std::string_view name) {
  if (name.starts_with(kLocalPrefix)) name.remove_prefix(kLocalPrefix.size());
  const std::vector<std::string> known = LocalProviderNames();
  const std::string_view model = name.substr(0, name.find('@'));
  std::string hint =
      fmt::format("add it: rem-db model add {} fetches a published model, or give the path of its folder", model);
  if (!known.empty()) hint += fmt::format("; there are: {}", fmt::join(known, ", "));
  throw Error(ErrorCode::kNotFound,
              fmt::format("The embedding model \"{}{}\" is not on this machine", kLocalPrefix, name), std::move(hint));
}

}  // namespace

void EmbeddingProvider::EmbedEach(std::span<const std::string_view> texts, const EmbedOptions& options, float* out,
                                  const EmbedSink& sink) const {
  try {
    EmbedFor(texts, options, out);
  } catch (const EmbeddingFailure& failure) {
    sink(0, texts.size(), &failure);
    return;
  }
  sink(0, texts.size(), nullptr);
}

const EmbeddingProvider* FindProvider(std::string_view name) {
  for (const EmbeddingProvider* provider : Providers()) {
    if (Answers(*provider, name)) return provider;
  }
  {
    const std::lock_guard lock(Own().mutex);
    for (const EmbeddingProvider* provider : Own().providers) {
      if (Answers(*provider, name)) return provider;
    }
  }
  if (const EmbeddingProvider* service = FindServiceProvider(name)) return service;
  return FindLocalProvider(name);
}

bool RegisterProvider(const EmbeddingProvider* provider) {
  if (provider->name() == kNoProvider || FindProvider(provider->name()) != nullptr) return false;
  const std::lock_guard lock(Own().mutex);
  Own().providers.push_back(provider);
  return true;
}

const EmbeddingProvider& RequireProvider(std::string_view name) {
  if (const EmbeddingProvider* provider = FindProvider(name)) return *provider;
  if (name.starts_with(kCompatiblePrefix)) return RequireCompatibleProvider(name);
  if (name.starts_with(kLocalPrefix)) ThrowNoLocalModel(name);
  const ModelInfo* model = FindModel(name);
  if (model != nullptr && model->kind == ModelKind::kLocal) ThrowNoLocalModel(model->name);
  std::vector<std::string> known = ProviderNames();
  const std::string fallback =
      fmt::format("known providers: {}; \"none\" switches embedding off", fmt::join(known, ", "));
  for (const ModelInfo& model : Models()) known.emplace_back(model.name);
  throw Error(ErrorCode::kNotFound, fmt::format("Embedding provider \"{}\" does not exist", name),
              DidYouMean(name, known, fallback));
}

const EmbeddingProvider& StoredProvider(std::string_view identity, uint32_t dimension) {
  if (identity.starts_with(kLocalPrefix)) return StoredLocalProvider(identity, dimension);
  if (const EmbeddingProvider* provider = FindProvider(identity)) return *provider;
  // Tables keep pointers to providers, so these live as long as the process; there are as many as identities.
  static std::mutex mutex;
  static std::map<std::pair<std::string, uint32_t>, MissingProvider> missing;
  const std::lock_guard lock(mutex);
  return missing.try_emplace({std::string(identity), dimension}, identity, dimension).first->second;
}

std::vector<std::string> ProviderNames() {
  std::vector<std::string> names;
  for (const EmbeddingProvider* provider : Providers()) names.emplace_back(provider->name());
  for (std::string& name : LocalProviderNames()) names.push_back(std::move(name));
  const std::lock_guard lock(Own().mutex);
  for (const EmbeddingProvider* provider : Own().providers) names.emplace_back(provider->name());
  return names;
}

}  // namespace rem
