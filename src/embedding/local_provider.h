#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/provider.h"

namespace rem {

/// What the names of models on the user's disk begin with: "local:all-MiniLM-L6-v2".
inline constexpr std::string_view kLocalPrefix = "local:";

/// The provider of a model that was added to the user's models: by "local:NAME", by "local:NAME@DIGEST", which is what
/// tables store, or by the name of a known model. nullptr where there is none, or one with another digest. It lives as
/// long as the process. Errors of ModelStore::Find.
const EmbeddingProvider* FindLocalProvider(std::string_view name);
/// The provider of stored vectors; the model is looked for when a text is to be embedded.
const EmbeddingProvider& StoredLocalProvider(std::string_view identity, uint32_t dimension);
/// The names of the models that are there, with the prefix.
std::vector<std::string> LocalProviderNames();
/// Texts that this process embedded without their end, since the model reads only so many tokens.
uint64_t CutTexts(std::string_view identity);

}  // namespace rem
