#pragma once

#include <cstdint>
#include <string>

#include "embedding/local/encoder.h"
#include "embedding/local/word_piece.h"

namespace rem {

/// How a folder's model turns a text into a vector.
struct LocalModelConfig {
  EncoderShape shape;
  Pooling pooling = Pooling::kMean;
  /// Vectors are brought to length 1.
  bool normalise = true;
  /// Tokens of a text, those before and behind it counted.
  uint32_t max_tokens = 0;
  /// What is put before questions and before texts that are stored.
  std::string query_prompt, document_prompt;
};

/// Reads config.json and what sentence-transformers lays beside it where that is there: modules.json (absent: vectors
/// are normalised), 1_Pooling/config.json (absent: the mean of the tokens), sentence_bert_config.json,
/// tokenizer_config.json (limits), config_sentence_transformers.json (prompts). Errors: kNotFound, kIo, kCorruption;
/// kNotSupported for an architecture, a module or a pooling that is not known.
LocalModelConfig ReadLocalModelConfig(const std::string& folder);

/// Reads tokenizer.json, else vocab.txt with tokenizer_config.json. The same errors.
WordPieceTokenizer ReadTokenizer(const std::string& folder);

}  // namespace rem
