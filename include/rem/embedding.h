#pragma once

#include <cstdint>
#include <functional>
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
  std::string
      precision;  ///< What a local model's layers are computed in, "f32", "int8" or "bf16"; empty for other kinds.
  uint64_t cut_texts = 0;  ///< Texts of this process of which the model read only the first max_tokens tokens.
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
  std::string provider;      ///< Its identity.
  uint64_t pending = 0;      ///< Records that wait for their vector, those being tried again among them.
  uint64_t retrying = 0;     ///< Records that failed before.
  uint64_t failed = 0;       ///< Records that were given up.
  bool reembedding = false;  ///< The vectors are to replace those that the column has.
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
  // Since this process opened the database:
  uint64_t embedded = 0;  ///< Vectors made in the background.
  uint64_t retried = 0;   ///< Calls of a provider that failed and that are repeated, whole or in parts.
  uint64_t given_up = 0;  ///< Records that were given up, those that were tried again since among them.
  /// Texts, questions among them, of which a model of these tables read only the first max_tokens tokens; of all
  /// tenants, since this process began.
  uint64_t cut_texts = 0;
  bool working = false;                   ///< The worker has something to do.
  std::string last_error;                 ///< Of the last attempt, empty once it went well.
  std::optional<Timestamp> next_attempt;  ///< While the worker pauses.
  std::vector<EmbeddingQueue> queues;
  std::vector<FailedEmbedding> failures;  ///< The first of them.
};

/// A model to put into the folder of the user's models: $REM_DB_LOCAL_MODELS, else $P8_HOME/models, else ~/.p8/models.
struct AddModelOptions {
  /// A folder as sentence-transformers writes it (config.json, model.safetensors, tokenizer.json or vocab.txt), which
  /// is copied; or the name of a published model ("all-MiniLM-L6-v2", "BAAI/bge-small-en-v1.5"), which is downloaded.
  std::string source;
  std::string name;    ///< What it is called here; empty for the last part of `source`.
  std::string sha256;  ///< What the weights must have, 64 hexadecimal digits; empty for what the server states.
  /// Where published models are: https://huggingface.co, or a mirror of it.
  std::string server;
  /// The vector of a text with more tokens than the model reads is the mean over its parts, instead of its beginning's.
  bool average_long_texts = false;
  /// What the layers are computed in: "f32", or "int8" or "bf16", which are faster on processors that have instructions
  /// for them and give somewhat other vectors.
  std::string precision = "f32";
  /// What is put before questions and before stored texts, in place of what the model was published with.
  std::optional<std::string> query_prompt, document_prompt;
  /// Called with a file's name and its bytes that are there, of all (0 when that is not known); false cancels.
  std::function<bool(std::string_view file, uint64_t done, uint64_t total)> progress;
};

/// Adds a model; schemas then name it "local:NAME". The same model again is no error. Errors: kNotFound for a model
/// that does not exist, kNotSupported for an architecture that cannot be run, kAlreadyExists for a name that has
/// another model, kCorruption for damaged files or a wrong SHA-256, kIo and kTimeout for the network (the next call
/// goes on with what has come), kCancelled.
EmbeddingModelInfo AddEmbeddingModel(const AddModelOptions& options);

/// Removes an added model's files. Tables keep their vectors, and cannot embed texts with it any more.
/// Error(kNotFound).
void RemoveEmbeddingModel(std::string_view name);

}  // namespace rem
