#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/local/model_manifest.h"

namespace rem {

/// Called with a file's name and its bytes that are there, of all; 0 where that is not known. False ends the call with
/// Error(kCancelled).
using ModelProgress = std::function<bool(std::string_view file, uint64_t done, uint64_t total)>;

/// What a model is added with.
struct ModelAddition {
  std::string name;  ///< What it is called here: letters, digits, ".", "_" and "-"; at most 100 of them.
  LocalModel::LongTexts long_texts = LocalModel::LongTexts::kCut;
  EncoderPrecision precision = EncoderPrecision::kF32;
  /// In place of those that the model brings or is known for.
  std::optional<std::string> query_prompt, document_prompt;
  std::string sha256;  ///< What the weights must have; empty for anything.
  ModelProgress progress;
};

/// The folder of a user's models: $REM_DB_LOCAL_MODELS, else $P8_HOME/models, else ~/.p8/models. Each has a folder of
/// its name with its files and a manifest.
class ModelStore {
 public:
  ModelStore();
  explicit ModelStore(std::string folder) : folder_(std::move(folder)) {}

  const std::string& folder() const { return folder_; }
  std::string FolderOf(std::string_view name) const;

  /// All of them in the order of their names; a folder whose manifest cannot be read is left out.
  std::vector<ModelManifest> List() const;
  /// nullopt where there is none of the name. Errors of ModelManifest::FromJson.
  std::optional<ModelManifest> Find(std::string_view name) const;
  /// Reads the model after checking every file's digest. Error(kNotFound) for a model that is not there or is another
  /// one than `identity`, Error(kCorruption) for a file that changed.
  std::unique_ptr<const LocalModel> Load(std::string_view name, std::string_view identity) const;

  /// Copies a folder's model, after trying it. Errors: those of LocalModel; kAlreadyExists for a name that has another
  /// model; kCorruption for weights that do not have the digest asked for.
  ModelManifest AddFolder(const std::string& from, const ModelAddition& addition) const;
  /// The same with the files at `address`/FILE (http or https). What was fetched stays when the network fails or the
  /// call is cancelled, and the next call goes on from there; what turns out to be no model is removed.
  ModelManifest Download(const std::string& address, const ModelAddition& addition) const;
  /// False where there is none.
  bool Remove(std::string_view name) const;

 private:
  std::string StagingFolder(const ModelAddition& addition, std::string_view kind) const;
  ModelManifest Install(const std::string& staging, const std::string& source, const ModelAddition& addition) const;

  std::string folder_;
};

/// Error(kInvalidArgument) for a name that a model cannot have.
void CheckModelName(std::string_view name);

}  // namespace rem
