#include "embedding/local/model_store.h"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <rem/error.h>

#include "embedding/local/download.h"
#include "embedding/local/model_folder.h"
#include "embedding/local/sha256.h"
#include "embedding/model_registry.h"

namespace rem {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxNameLength = 100;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string DefaultFolder() {
  if (const std::string own = Environment("REM_DB_LOCAL_MODELS"); !own.empty()) return own;
  if (const std::string home = Environment("P8_HOME"); !home.empty()) return home + "/models";
  const std::string home = Environment("HOME");
  return (home.empty() ? "." : home) + "/.p8/models";
}

void Report(const ModelProgress& progress, std::string_view file, uint64_t done, uint64_t total) {
  if (progress && !progress(file, done, total)) {
    throw Error(ErrorCode::kCancelled, "Adding the model was cancelled", "call it again to go on");
  }
}

Error NoWrite(const std::string& path, std::string_view what) {
  return Error(ErrorCode::kIo, fmt::format("Cannot write \"{}\": {}", path, what),
               "check the folder's permissions and the free space, or set REM_DB_LOCAL_MODELS to another folder");
}

void MakeFolder(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) throw NoWrite(path.string(), failed.message());
}

void CopyFile(const std::string& from, const std::string& to, std::string_view name, const ModelProgress& progress) {
  std::error_code failed;
  const uintmax_t total = fs::file_size(from, failed);
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  uint64_t done = 0;
  Sha256OfFile(from, [&](std::string_view piece) {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (!out) throw NoWrite(to, "the disk does not take it");
    done += piece.size();
    Report(progress, name, done, failed ? 0 : total);
  });
  out.close();
  if (!out) throw NoWrite(to, "the disk does not take it");
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw NoWrite(path, "the disk does not take it");
}

// Prompts that the model was trained with, where its publisher's files do not say them.
void SetKnownPrompts(ModelManifest& manifest) {
  const std::string_view name = manifest.name;
  if (name.starts_with("e5-") || name.starts_with("multilingual-e5-")) {
    manifest.query_prompt = "query: ";
    manifest.document_prompt = "passage: ";
  } else if (name.starts_with("bge-") && name.find("-en") != std::string_view::npos) {
    manifest.query_prompt = "Represent this sentence for searching relevant passages: ";
  } else if (name.starts_with("nomic-embed-text")) {
    manifest.query_prompt = "search_query: ";
    manifest.document_prompt = "search_document: ";
  }
}

// Nothing that is damaged in a way that the sizes do not show.
void TryModel(const LocalModel& model, const std::string& folder) {
  const std::string_view text = "a text to try the model with";
  std::vector<float> vector(model.dimension());
  model.Embed({&text, 1}, LocalModel::LongTexts::kCut, vector.data());
  const bool finite = std::all_of(vector.begin(), vector.end(), [](float x) { return std::isfinite(x); });
  const bool empty = std::all_of(vector.begin(), vector.end(), [](float x) { return x == 0; });
  if (!finite || empty) {
    throw Error(ErrorCode::kCorruption, fmt::format("The model in \"{}\" does not give numbers", folder),
                "fetch model.safetensors again: its bytes are not those of a trained model");
  }
}

}  // namespace

void CheckModelName(std::string_view name) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  const bool starts = !name.empty() && name[0] != '.' && name[0] != '-';
  if (starts && name.size() <= kMaxNameLength && std::all_of(name.begin(), name.end(), fine)) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("A model cannot be called \"{}\"", name),
              fmt::format("letters, digits, \".\", \"_\" and \"-\", at most {}, beginning with a letter or digit",
                          kMaxNameLength));
}

ModelStore::ModelStore() : folder_(DefaultFolder()) {}

std::string ModelStore::FolderOf(std::string_view name) const { return fmt::format("{}/{}", folder_, name); }

std::vector<ModelManifest> ModelStore::List() const {
  std::vector<ModelManifest> models;
  std::error_code failed;
  for (fs::directory_iterator at(folder_, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with('.')) continue;
    try {
      if (std::optional<ModelManifest> manifest = Find(name)) models.push_back(*std::move(manifest));
    } catch (const Error&) {
      // Whoever names this model is told what is wrong with it.
    }
  }
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

std::optional<ModelManifest> ModelStore::Find(std::string_view name) const {
  const std::string path = fmt::format("{}/{}", FolderOf(name), ModelManifest::kFileName);
  const std::optional<Document> json = ReadJsonFile(path);
  if (!json) return std::nullopt;
  ModelManifest manifest = ModelManifest::FromJson(json->view(), path);
  if (manifest.name != name) {
    throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" belongs to a model called \"{}\"", path, manifest.name),
                "add a model under another name with rem-db model add --as, instead of renaming its folder");
  }
  return manifest;
}

std::unique_ptr<const LocalModel> ModelStore::Load(std::string_view name, std::string_view identity) const {
  const std::optional<ModelManifest> manifest = Find(name);
  if (!manifest) {
    throw Error(ErrorCode::kNotFound, fmt::format("The embedding model \"{}\" is not in \"{}\"", name, folder_),
                fmt::format("add it: rem-db model add {}; or set REM_DB_LOCAL_MODELS to the folder that has it", name));
  }
  if (manifest->Identity() != identity) {
    throw Error(
        ErrorCode::kNotFound,
        fmt::format("The table's vectors come from \"{}\", and \"{}\" holds \"{}\"", identity, FolderOf(name),
                    manifest->Identity()),
        "vectors of two models are never mixed: bring the first model back, or name the new one with its digest "
        "as embedding_provider, which embeds all rows again");
  }
  for (const ModelManifest::File& file : manifest->files) {
    const std::string path = fmt::format("{}/{}", FolderOf(name), file.path);
    if (Sha256OfFile(path) != file.sha256) {
      throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" does not have the SHA-256 that it was added with", path),
                  fmt::format("the file is damaged or was replaced: rem-db model remove {}, then add it again", name));
    }
  }
  return std::make_unique<const LocalModel>(FolderOf(name), manifest->precision);
}

std::string ModelStore::StagingFolder(const ModelAddition& addition, std::string_view kind) const {
  CheckModelName(addition.name);
  if (!addition.sha256.empty() && !IsSha256(addition.sha256)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no SHA-256", addition.sha256),
                "64 hexadecimal digits, as sha256sum prints them");
  }
  return fmt::format("{}/.{}-{}", folder_, kind, addition.name);
}

ModelManifest ModelStore::AddFolder(const std::string& from, const ModelAddition& addition) const {
  const std::string staging = fmt::format("{}-{}", StagingFolder(addition, "adding"), getpid());
  // What is wrong with it is best said before anything is copied.
  ReadLocalModelConfig(from);
  std::error_code ignored;
  if (!fs::exists(fs::path(from) / "model.safetensors", ignored)) {
    throw Error(ErrorCode::kNotFound, fmt::format("\"{}\" has no model.safetensors", from),
                fs::exists(fs::path(from) / "model.safetensors.index.json", ignored)
                    ? "weights in several files are not supported yet: save the model with one file"
                    : "fetch model.safetensors from where the model was published; pytorch_model.bin is not read");
  }
  fs::remove_all(staging, ignored);
  MakeFolder(staging);
  struct Cleanup {
    const std::string& folder;
    ~Cleanup() {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  } cleanup{staging};
  for (const std::string_view file : ModelFileNames()) {
    const fs::path path = fs::path(from) / file;
    if (!fs::exists(path, ignored)) continue;
    const fs::path to = fs::path(staging) / file;
    MakeFolder(to.parent_path());
    CopyFile(path.string(), to.string(), file, addition.progress);
  }
  return Install(staging, fs::absolute(from, ignored).string(), addition);
}

ModelManifest ModelStore::Download(const std::string& address, const ModelAddition& addition) const {
  const std::string staging = StagingFolder(addition, "download");
  MakeFolder(fs::path(staging) / "1_Pooling");
  const auto names = ModelFileNames();
  // The weights come last: everything else is small, and may show that they are not worth it.
  std::vector<std::string_view> order(names.begin(), names.end());
  std::stable_partition(order.begin(), order.end(), [](std::string_view name) { return name != "model.safetensors"; });
  std::error_code ignored;
  // What came whole and is no model would meet the next call too: a page of a network that wants a login, for one.
  const auto check = [&](const auto& step) {
    try {
      return step();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCorruption || error.code() == ErrorCode::kNotSupported)
        fs::remove_all(staging, ignored);
      throw;
    }
  };
  for (const std::string_view file : order) {
    const bool weights = file == "model.safetensors";
    if (weights) check([&] { ReadLocalModelConfig(staging); });
    const bool required = weights || file == names[0];
    DownloadFile({fmt::format("{}/{}", address, file), fmt::format("{}/{}", staging, file), required,
                  weights ? addition.sha256 : std::string(),
                  [&](uint64_t done, uint64_t total) { Report(addition.progress, file, done, total); }});
  }
  ModelManifest manifest = check([&] { return Install(staging, address, addition); });
  fs::remove_all(staging, ignored);
  return manifest;
}

ModelManifest ModelStore::Install(const std::string& staging, const std::string& source,
                                  const ModelAddition& addition) const {
  const auto model = std::make_unique<const LocalModel>(staging, addition.precision);
  TryModel(*model, source);
  ModelManifest manifest;
  manifest.name = addition.name;
  manifest.source = source;
  manifest.dimension = model->dimension();
  manifest.max_tokens = model->config().max_tokens;
  manifest.normalised = model->config().normalise;
  manifest.long_texts = addition.long_texts;
  manifest.precision = addition.precision;
  manifest.query_prompt = model->config().query_prompt;
  manifest.document_prompt = model->config().document_prompt;
  if (manifest.query_prompt.empty() && manifest.document_prompt.empty()) SetKnownPrompts(manifest);
  if (addition.query_prompt) manifest.query_prompt = *addition.query_prompt;
  if (addition.document_prompt) manifest.document_prompt = *addition.document_prompt;
  std::error_code failed;
  for (const std::string_view file : ModelFileNames()) {
    const std::string path = fmt::format("{}/{}", staging, file);
    if (!fs::exists(path, failed)) continue;
    manifest.files.push_back({std::string(file), fs::file_size(path), Sha256OfFile(path)});
    std::string wanted = addition.sha256;
    std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 'a' - 'A') : c; });
    if (file == "model.safetensors" && !wanted.empty() && manifest.files.back().sha256 != wanted) {
      throw Error(ErrorCode::kCorruption,
                  fmt::format("The weights have the SHA-256 {} instead of {}", manifest.files.back().sha256, wanted),
                  "fetch model.safetensors again, or check the digest where the model was published");
    }
  }
  if (std::optional<ModelManifest> there = Find(addition.name)) {
    if (there->Identity() == manifest.Identity()) return *there;
    throw Error(ErrorCode::kAlreadyExists, fmt::format("Another model is called \"{}\" here", addition.name),
                fmt::format("rem-db model remove {}, or give this one another name with --as", addition.name));
  }
  WriteFile(fmt::format("{}/{}", staging, ModelManifest::kFileName), manifest.ToJson());
  fs::rename(staging, FolderOf(addition.name), failed);
  if (failed) throw NoWrite(FolderOf(addition.name), failed.message());
  return manifest;
}

bool ModelStore::Remove(std::string_view name) const {
  CheckModelName(name);
  std::error_code failed;
  if (!fs::exists(fmt::format("{}/{}", FolderOf(name), ModelManifest::kFileName), failed)) return false;
  fs::remove_all(FolderOf(name), failed);
  if (failed) throw NoWrite(FolderOf(name), failed.message());
  return true;
}

}  // namespace rem
