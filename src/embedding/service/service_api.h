#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/provider.h"

namespace rem {

/// How an embedding service is spoken to.
enum class ServiceProtocol : uint8_t {
  kOpenAi,  ///< POST <base>/embeddings, as OpenAI, Ollama, vLLM and llama.cpp understand it.
  kCohere,  ///< POST <base>/embed of version 2 of Cohere's API.
};

/// The path behind the base address.
std::string_view EmbeddingPath(ServiceProtocol protocol);
/// The body that asks for the vectors of `texts`. No service is to cut a text off silently.
std::string EmbeddingBody(ServiceProtocol protocol, const std::string& model, std::span<const std::string_view> texts,
                          TextUse use);
/// Reads an answer: one vector for each of `texts` texts, row by row; `dimension` 0 takes the dimension from the first
/// vector. EmbeddingFailure(kFailed) for anything else: no JSON, another count, another dimension, no finite numbers.
std::vector<float> ReadVectors(ServiceProtocol protocol, std::string_view body, size_t texts, uint32_t dimension);
/// What an answer with an error says went wrong, in one short line without control characters; empty for nothing.
std::string ReadServiceError(std::string_view body);

}  // namespace rem
