#include "embedding/local/model_folder.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include <rem/error.h>

namespace rem {

namespace {

constexpr uintmax_t kMaxBytes = 16u << 20;

Error Unreadable(const std::string& path, std::string_view what) {
  return Error(ErrorCode::kIo, fmt::format("Cannot read \"{}\": {}", path, what), "check the file and its permissions");
}

}  // namespace

std::optional<std::string> ReadSmallFile(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return std::nullopt;
  const uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed) throw Unreadable(path, failed.message());
  if (size > kMaxBytes) {
    throw Error(ErrorCode::kLimitExceeded, fmt::format("\"{}\" has {} bytes", path, size),
                fmt::format("files of a model other than its weights have at most {} bytes", kMaxBytes));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(size, '\0');
  file.read(text.data(), static_cast<std::streamsize>(size));
  if (!file || static_cast<uintmax_t>(file.gcount()) != size) throw Unreadable(path, "it ended early");
  return text;
}

std::optional<Document> ReadJsonFile(const std::string& path) {
  const std::optional<std::string> text = ReadSmallFile(path);
  if (!text) return std::nullopt;
  Document document;
  try {
    document = Document::FromJson(*text, {.max_bytes = 4 * kMaxBytes});
  } catch (const Error& error) {
    throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" is damaged: {}", path, error.message()),
                "restore the file from where the model was published");
  }
  return document;
}

Document RequireJsonFile(const std::string& path) {
  std::optional<Document> document = ReadJsonFile(path);
  if (!document) {
    throw Error(ErrorCode::kNotFound, fmt::format("The model's file \"{}\" is missing", path),
                "a model's folder has config.json, model.safetensors and tokenizer.json or vocab.txt");
  }
  return *std::move(document);
}

std::string TextOr(const DocumentView& object, std::string_view key, std::string_view otherwise) {
  const auto found = object.Find(key);
  return std::string(found && found->kind() == NodeKind::kText ? found->AsText() : otherwise);
}

int64_t WholeOr(const DocumentView& object, std::string_view key, int64_t otherwise) {
  const auto found = object.Find(key);
  return found && found->kind() == NodeKind::kInt ? found->AsInt() : otherwise;
}

bool FlagOr(const DocumentView& object, std::string_view key, bool otherwise) {
  const auto found = object.Find(key);
  return found && found->kind() == NodeKind::kBool ? found->AsBool() : otherwise;
}

}  // namespace rem
