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
  /// The name that schemas use: "hash", "builtin".
  virtual std::string_view name() const = 0;
  /// What is stored with a table's vectors: the name and, where a later version of the provider makes other vectors,
  /// its version, "builtin-1". Vectors of two identities are never compared.
  virtual std::string_view identity() const { return name(); }
  virtual uint32_t dimension() const = 0;
  /// Every vector has length 1 (or 0 for a text without any feature).
  virtual bool normalised() const = 0;
  /// One line on what it is and is not, for users.
  virtual std::string_view description() const = 0;
  /// Writes texts.size() * dimension() floats, row by row. Errors: those of loading the model, at the first use.
  virtual void Embed(std::span<const std::string_view> texts, float* out) const = 0;
};

/// By name or identity; nullptr for an unknown one.
const EmbeddingProvider* FindProvider(std::string_view name);
/// The same for a name that a schema gives. Error(kNotSupported) for a model that is known but cannot be run,
/// Error(kNotFound) with the nearest names for any other.
const EmbeddingProvider& RequireProvider(std::string_view name);
/// The provider of vectors that are stored. For an identity that this version lacks it is one whose Embed fails with
/// Error(kNotSupported): the table stays readable, and its vectors are not mixed with another model's.
const EmbeddingProvider& StoredProvider(std::string_view identity, uint32_t dimension);
std::vector<std::string> ProviderNames();

/// The provider of tables that name none.
inline constexpr std::string_view kDefaultProvider = "builtin";
/// A schema's way to say that its rows are not embedded.
inline constexpr std::string_view kNoProvider = "none";

}  // namespace rem
