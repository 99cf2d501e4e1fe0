#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/error.h>

namespace rem {

/// What a text is embedded for: some models embed a question otherwise than what it is compared with.
enum class TextUse : uint8_t { kDocument, kQuery };

struct EmbedOptions {
  TextUse use = TextUse::kDocument;
  /// Another thread sets it to end a call soon, with Error(kCancelled). Providers that answer at once do not look.
  const std::atomic<bool>* cancelled = nullptr;
};

/// Why texts were not embedded, where that decides what becomes of them.
class EmbeddingFailure : public Error {
 public:
  enum class Kind : uint8_t {
    kUnavailable,  ///< Nothing can be embedded for now: unreachable, overloaded, a key that is refused.
    kFailed,       ///< It may go better next time, or these texts make it fail.
    kRefused,      ///< These texts, or one of them, will never be taken.
  };
  /// `retry_after_ms`: when the provider asked to be called again, 0 where it said nothing.
  EmbeddingFailure(Kind kind, Error error, int64_t retry_after_ms = 0)
      : Error(std::move(error)), kind_(kind), retry_after_ms_(retry_after_ms) {}
  Kind kind() const { return kind_; }
  int64_t retry_after_ms() const { return retry_after_ms_; }

 private:
  Kind kind_;
  int64_t retry_after_ms_;
};

/// Learns what became of the texts from `begin` to before `end`: their vectors are written where `failure` is nullptr.
/// False ends the call.
using EmbedSink = std::function<bool(size_t begin, size_t end, const EmbeddingFailure* failure)>;

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
  /// So fast and sure that records are embedded while they are inserted. With any other provider the insert returns at
  /// once, and the database's worker embeds the record afterwards.
  virtual bool inline_on_insert() const { return true; }
  /// How many texts one call takes best.
  virtual size_t batch_texts() const { return 64; }
  /// Writes texts.size() * dimension() floats, row by row. Errors: those of loading the model, at the first use, and
  /// EmbeddingFailure.
  virtual void Embed(std::span<const std::string_view> texts, float* out) const = 0;
  /// The same, for a provider to which the options matter.
  virtual void EmbedFor(std::span<const std::string_view> texts, const EmbedOptions& options, float* out) const {
    Embed(texts, out);
  }
  /// The same, except that texts which fail do not keep the others from being embedded. Tells `sink` of each text once,
  /// in any order, as soon as its vector is there, from the calling thread. Errors: as above, but no EmbeddingFailure.
  virtual void EmbedEach(std::span<const std::string_view> texts, const EmbedOptions& options, float* out,
                         const EmbedSink& sink) const;
};

/// By name or identity; nullptr for an unknown one.
const EmbeddingProvider* FindProvider(std::string_view name);
/// The same for a name that a schema gives. Asks an OpenAI-compatible service for a dimension that its name does not
/// give. Errors: kNotFound with the nearest names, kInvalidArgument for the name of a compatible service that cannot be
/// read, EmbeddingFailure.
const EmbeddingProvider& RequireProvider(std::string_view name);
/// The provider of vectors that are stored. For an identity that this version lacks it is one whose Embed fails with
/// Error(kNotSupported): the table stays readable, and its vectors are not mixed with another model's.
const EmbeddingProvider& StoredProvider(std::string_view identity, uint32_t dimension);
std::vector<std::string> ProviderNames();
/// Makes a provider of the program's own known to this process. It lives as long as the process. False when the name is
/// taken.
bool RegisterProvider(const EmbeddingProvider* provider);

/// The provider of tables that name none.
inline constexpr std::string_view kDefaultProvider = "builtin";
/// A schema's way to say that its rows are not embedded.
inline constexpr std::string_view kNoProvider = "none";

}  // namespace rem
