#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rem/uuid.h>
#include <rem/value.h>

namespace rem {

/// What is known of an embedding model.
struct EmbeddingModelInfo {
  std::string name;
  std::string kind;  ///< "built in", "local" or "service".
  uint32_t dimension = 0;
  std::string metric;
  bool normalised = false;
  uint32_t max_tokens = 0;  ///< Tokens of a text that count; 0 for no limit.
  bool available = false;   ///< Schemas can name it in embedding_provider.
  std::string identity;     ///< What tables store beside the vectors that it made; empty when it is not available.
  std::string description;
};

/// Every model that REM DB knows, the available ones first.
std::vector<EmbeddingModelInfo> ListEmbeddingModels();

/// Embeds texts with an available model, without a database. One vector of the model's dimension for each text. Errors:
/// kNotFound with the nearest names for an unknown model or a missing model file, kNotSupported for a model that is
/// known but not available, kCorruption and kFormatVersion of the model's file.
std::vector<std::vector<float>> EmbedTexts(std::string_view model, const std::vector<std::string>& texts);

/// A vector column for which records wait, or were given up.
struct EmbeddingQueue {
  std::string table;
  std::string column;
  std::string provider;   ///< Its identity.
  uint64_t pending = 0;   ///< Records that wait for their vector, those being tried again among them.
  uint64_t retrying = 0;  ///< Records that failed before.
  uint64_t failed = 0;    ///< Records that were given up.
};

/// A record whose text the provider did not take. It has no vector in that column until its text is changed, a vector
/// is given, or Session::RetryFailedEmbeddings has it tried again.
struct FailedEmbedding {
  Uuid id;
  std::string table;
  std::string column;
  uint32_t attempts = 0;
  Timestamp failed_at;
  std::string error;
};

/// What the embedding worker of a tenant has done and has to do. Soft-deleted records do not count.
struct EmbeddingStatus {
  uint64_t pending = 0;
  uint64_t failed = 0;
  uint64_t embedded = 0;                  ///< Vectors made in the background since this process opened the database.
  bool working = false;                   ///< The worker has something to do.
  std::string last_error;                 ///< Of the last attempt, empty once it went well.
  std::optional<Timestamp> next_attempt;  ///< While the worker pauses.
  std::vector<EmbeddingQueue> queues;
  std::vector<FailedEmbedding> failures;  ///< The first of them.
};

}  // namespace rem
