#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/local/local_model.h"

namespace rem {

/// What rem-db model add writes beside a model's files (docs/formats/local_model.md): what a table needs to know of it
/// without reading the weights, and the digests that tell whether they are still the same.
struct ModelManifest {
  /// 1 is what a model in F32 has, which earlier versions read too.
  static constexpr int64_t kFormat = 2;
  static constexpr std::string_view kFileName = "rem_model.json";
  struct File {
    std::string path;
    uint64_t bytes = 0;
    std::string sha256;
  };

  std::string name;
  /// Where the files came from: a folder or an address.
  std::string source;
  uint32_t dimension = 0;
  uint32_t max_tokens = 0;
  bool normalised = false;
  LocalModel::LongTexts long_texts = LocalModel::LongTexts::kCut;
  EncoderPrecision precision = EncoderPrecision::kF32;
  std::string query_prompt, document_prompt;
  std::vector<File> files;

  /// "local:NAME@DIGEST": 16 hexadecimal digits over everything that decides what vectors come out.
  std::string Identity() const;
  std::string ToJson() const;
  /// Error(kCorruption), Error(kFormatVersion).
  static ModelManifest FromJson(const DocumentView& json, const std::string& path);
};

/// The files that make a model, where they are there; those that must be there first.
std::span<const std::string_view> ModelFileNames();

}  // namespace rem
