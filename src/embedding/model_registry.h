#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rem {

enum class ModelKind : uint8_t {
  kBuiltin,  ///< Part of REM DB.
  kLocal,    ///< Weights on the user's disk.
  kHttp,     ///< A service.
};

/// What is known of a model without running it.
struct ModelInfo {
  std::string_view name;
  /// Another name that people use, or empty.
  std::string_view alias;
  ModelKind kind;
  uint32_t dimension;
  /// "cosine" everywhere: all of these models are trained for it.
  std::string_view metric;
  bool normalised;
  /// Tokens of a text that the model reads; 0 for no limit.
  uint32_t max_tokens;
};

std::span<const ModelInfo> Models();
/// By name or alias, ASCII case ignored; nullptr for an unknown one.
const ModelInfo* FindModel(std::string_view name);
/// "built in", "local", "service".
std::string_view ModelKindName(ModelKind kind);

}  // namespace rem
