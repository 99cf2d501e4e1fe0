#pragma once

#include <cstdint>
#include <string_view>

#include "embedding/provider.h"

namespace rem {

/// What the names of models behind an OpenAI-compatible address begin with:
/// "openai-compatible:http://localhost:11434/v1#nomic-embed-text", with "@768" behind it where the dimension is given.
inline constexpr std::string_view kCompatiblePrefix = "openai-compatible:";

/// The provider of a service's model by a registered name ("text-embedding-3-small", "openai:text-embedding-3-small",
/// "embed-english-v3.0") or by the name of a compatible one whose dimension is given, or known by now. nullptr for
/// others. Makes no request. It lives as long as the process.
const EmbeddingProvider* FindServiceProvider(std::string_view name);
/// The provider behind a name with kCompatiblePrefix; asks the service for the dimension when it is not given. Errors:
/// kInvalidArgument for a name that cannot be, EmbeddingFailure.
const EmbeddingProvider& RequireCompatibleProvider(std::string_view name);

}  // namespace rem
