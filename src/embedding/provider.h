#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rem {

/// Turns texts into vectors. Immutable and thread-safe.
class EmbeddingProvider {
 public:
  virtual ~EmbeddingProvider() = default;
  /// The name that schemas use: "hash".
  virtual std::string_view name() const = 0;
  virtual uint32_t dimension() const = 0;
  /// Every vector has length 1 (or 0 for a text without any feature).
  virtual bool normalised() const = 0;
  /// One line on what it is and is not, for users.
  virtual std::string_view description() const = 0;
  /// Writes texts.size() * dimension() floats, row by row.
  virtual void Embed(std::span<const std::string_view> texts, float* out) const = 0;
};

/// nullptr for an unknown name.
const EmbeddingProvider* FindProvider(std::string_view name);
std::vector<std::string> ProviderNames();

/// The provider of tables that name none.
inline constexpr std::string_view kDefaultProvider = "hash";
/// A schema's way to say that its rows are not embedded.
inline constexpr std::string_view kNoProvider = "none";

}  // namespace rem
