#include "embedding/provider.h"

#include <array>

#include "embedding/hash_provider.h"

namespace rem {

namespace {

std::span<const EmbeddingProvider* const> Providers() {
  static const HashProvider hash;
  static const std::array<const EmbeddingProvider*, 1> providers = {&hash};
  return providers;
}

}  // namespace

const EmbeddingProvider* FindProvider(std::string_view name) {
  for (const EmbeddingProvider* provider : Providers()) {
    if (provider->name() == name) return provider;
  }
  return nullptr;
}

std::vector<std::string> ProviderNames() {
  std::vector<std::string> names;
  for (const EmbeddingProvider* provider : Providers()) names.emplace_back(provider->name());
  return names;
}

}  // namespace rem
