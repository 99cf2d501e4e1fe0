#include "embedding/local/model_manifest.h"

#include <fmt/format.h>

#include <array>

#include <rem/document.h>
#include <rem/error.h>

#include "embedding/local/model_folder.h"
#include "embedding/local/sha256.h"

namespace rem {

namespace {

constexpr size_t kDigestDigits = 16;

std::string_view NameOf(LocalModel::LongTexts long_texts) {
  return long_texts == LocalModel::LongTexts::kCut ? "cut" : "average";
}

}  // namespace

std::span<const std::string_view> ModelFileNames() {
  static constexpr std::array<std::string_view, 9> names = {"config.json",
                                                            "model.safetensors",
                                                            "tokenizer.json",
                                                            "vocab.txt",
                                                            "tokenizer_config.json",
                                                            "modules.json",
                                                            "1_Pooling/config.json",
                                                            "sentence_bert_config.json",
                                                            "config_sentence_transformers.json"};
  return names;
}

std::string ModelManifest::Identity() const {
  Sha256 digest;
  for (const File& file : files) digest.Add(fmt::format("{} {}\n", file.path, file.sha256));
  digest.Add(fmt::format("{} {}\n{}\n{}\n", NameOf(long_texts), query_prompt.size(), query_prompt, document_prompt));
  if (precision != EncoderPrecision::kF32) digest.Add(fmt::format("{}\n", PrecisionName(precision)));
  return fmt::format("local:{}@{}", name, digest.Finish().substr(0, kDigestDigits));
}

std::string ModelManifest::ToJson() const {
  DocumentBuilder out;
  const auto text = [&](std::string_view key, std::string_view value) {
    out.Key(key);
    out.Text(value);
  };
  const auto number = [&](std::string_view key, uint64_t value) {
    out.Key(key);
    out.Int(static_cast<int64_t>(value));
  };
  out.BeginObject();
  const bool reduced = precision != EncoderPrecision::kF32;
  number("format", reduced ? kFormat : 1);
  text("name", name);
  text("identity", Identity());
  text("source", source);
  number("dimension", dimension);
  number("max_tokens", max_tokens);
  out.Key("normalised");
  out.Bool(normalised);
  text("long_texts", NameOf(long_texts));
  if (reduced) text("precision", PrecisionName(precision));
  text("query_prompt", query_prompt);
  text("document_prompt", document_prompt);
  out.Key("files");
  out.BeginArray();
  for (const File& file : files) {
    out.BeginObject();
    text("path", file.path);
    number("bytes", file.bytes);
    text("sha256", file.sha256);
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return out.Finish().view().ToPrettyJson() + "\n";
}

ModelManifest ModelManifest::FromJson(const DocumentView& json, const std::string& path) {
  const auto damaged = [&](std::string_view what) {
    return Error(ErrorCode::kCorruption, fmt::format("\"{}\" is damaged: {}", path, what),
                 "remove the model with rem-db model remove and add it again");
  };
  const int64_t format = WholeOr(json, "format", 0);
  if (format < 1 || format > kFormat) {
    throw Error(ErrorCode::kFormatVersion, fmt::format("\"{}\" has format {}", path, format),
                fmt::format("this version reads formats up to {}; add the model again", kFormat));
  }
  ModelManifest manifest;
  manifest.name = TextOr(json, "name", "");
  manifest.source = TextOr(json, "source", "");
  manifest.dimension = static_cast<uint32_t>(WholeOr(json, "dimension", 0));
  manifest.max_tokens = static_cast<uint32_t>(WholeOr(json, "max_tokens", 0));
  manifest.normalised = FlagOr(json, "normalised", false);
  manifest.query_prompt = TextOr(json, "query_prompt", "");
  manifest.document_prompt = TextOr(json, "document_prompt", "");
  const std::string long_texts = TextOr(json, "long_texts", "");
  if (long_texts == "average") {
    manifest.long_texts = LocalModel::LongTexts::kAverage;
  } else if (long_texts != "cut") {
    throw damaged("\"long_texts\" is neither \"cut\" nor \"average\"");
  }
  const std::optional<EncoderPrecision> precision = FindPrecision(TextOr(json, "precision", "f32"));
  if (!precision) throw damaged("\"precision\" is not one that this version knows");
  manifest.precision = *precision;
  const auto files = json.Find("files");
  for (size_t i = 0; files && files->kind() == NodeKind::kArray && i < files->size(); ++i) {
    const DocumentView file = files->At(i);
    manifest.files.push_back(
        {TextOr(file, "path", ""), static_cast<uint64_t>(WholeOr(file, "bytes", 0)), TextOr(file, "sha256", "")});
  }
  if (manifest.dimension == 0 || manifest.files.empty()) throw damaged("dimension or files are missing");
  if (TextOr(json, "identity", "") != manifest.Identity())
    throw damaged("it does not have the identity that it states");
  return manifest;
}

}  // namespace rem
