#include "embedding/local/model_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <rem/error.h>

#include "embedding/local/model_folder.h"

namespace rem {

namespace {

Error Unsupported(std::string_view what, const std::string& path, std::string_view hint) {
  return Error(ErrorCode::kNotSupported, fmt::format("not supported yet: {} in \"{}\"", what, path), std::string(hint));
}

// The modules that a text passes. The folder of the pooling, empty where the list names none.
std::string ReadModules(const std::string& folder, LocalModelConfig& config) {
  const std::string path = folder + "/modules.json";
  const std::optional<Document> modules = ReadJsonFile(path);
  if (!modules) return "1_Pooling";
  std::string pooling;
  config.normalise = false;
  for (size_t i = 0; i < modules->view().size() && modules->view().kind() == NodeKind::kArray; ++i) {
    const DocumentView module = modules->view().At(i);
    const std::string type = TextOr(module, "type", "");
    if (type == "sentence_transformers.models.Pooling") {
      pooling = TextOr(module, "path", "");
    } else if (type == "sentence_transformers.models.Normalize") {
      config.normalise = true;
    } else if (type != "sentence_transformers.models.Transformer" || !TextOr(module, "path", "").empty()) {
      throw Unsupported(fmt::format("module \"{}\"", type), path, "the modules Transformer, Pooling and Normalize are");
    }
  }
  return pooling;
}

void ReadPooling(const std::string& folder, const std::string& module, LocalModelConfig& config) {
  // A path out of a file must not lead anywhere else.
  if (module.empty() || module.find("..") != std::string::npos || module.front() == '/') return;
  const std::string path = fmt::format("{}/{}/config.json", folder, module);
  const std::optional<Document> pooling = ReadJsonFile(path);
  if (!pooling) return;
  const DocumentView view = pooling->view();
  if (view.kind() != NodeKind::kObject) return;
  size_t modes = 0;
  for (size_t i = 0; i < view.size(); ++i) {
    const std::string_view key = view.KeyAt(i);
    const bool set = view.ValueAt(i).kind() == NodeKind::kBool && view.ValueAt(i).AsBool();
    if (key == "include_prompt" && !set) {
      throw Unsupported("include_prompt false", path, "prompts are pooled with their text");
    }
    if (!key.starts_with("pooling_mode_") || !set) continue;
    ++modes;
    if (key == "pooling_mode_cls_token") {
      config.pooling = Pooling::kFirstToken;
    } else if (key == "pooling_mode_mean_tokens") {
      config.pooling = Pooling::kMean;
    } else {
      throw Unsupported(key, path, "pooling_mode_cls_token and pooling_mode_mean_tokens are supported");
    }
  }
  if (modes > 1) throw Unsupported("several poolings side by side", path, "one of them is");
}

void ReadLimits(const std::string& folder, LocalModelConfig& config) {
  int64_t limit = config.shape.max_tokens();
  const auto apply = [&](int64_t given) {
    if (given >= 3) limit = std::min<int64_t>(limit, given);
  };
  const std::optional<Document> sentence = ReadJsonFile(folder + "/sentence_bert_config.json");
  const int64_t stated = sentence ? WholeOr(sentence->view(), "max_seq_length", 0) : 0;
  if (stated > 0) {
    apply(stated);
  } else if (const std::optional<Document> tokenizer = ReadJsonFile(folder + "/tokenizer_config.json")) {
    apply(WholeOr(tokenizer->view(), "model_max_length", 0));
  }
  config.max_tokens = static_cast<uint32_t>(limit);
}

void ReadPrompts(const std::string& folder, LocalModelConfig& config) {
  const std::optional<Document> file = ReadJsonFile(folder + "/config_sentence_transformers.json");
  if (!file) return;
  const auto prompts = file->view().Find("prompts");
  if (!prompts) return;
  config.query_prompt = TextOr(*prompts, "query", "");
  config.document_prompt = TextOr(*prompts, "document", TextOr(*prompts, "passage", ""));
}

// tokenizer_config.json writes a token as its text or as an object.
std::string TokenOr(const std::optional<Document>& config, std::string_view key, std::string_view otherwise) {
  if (!config) return std::string(otherwise);
  const auto found = config->view().Find(key);
  return found && found->kind() == NodeKind::kObject ? TextOr(*found, "content", otherwise)
                                                     : TextOr(config->view(), key, otherwise);
}

WordPieceTokenizer ReadVocabulary(const std::string& folder, const std::string& path, std::string_view text) {
  const std::optional<Document> config = ReadJsonFile(folder + "/tokenizer_config.json");
  WordPieceParts parts;
  parts.unknown = TokenOr(config, "unk_token", parts.unknown);
  parts.first = TokenOr(config, "cls_token", parts.first);
  parts.last = TokenOr(config, "sep_token", parts.last);
  if (config) {
    parts.text.lower_case = FlagOr(config->view(), "do_lower_case", true);
    parts.text.split_ideographs = FlagOr(config->view(), "tokenize_chinese_chars", true);
    parts.text.strip_accents = FlagOr(config->view(), "strip_accents", parts.text.lower_case);
  }
  uint32_t number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    parts.pieces.emplace_back(line, number++);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  parts.special = {parts.unknown, parts.first, parts.last};
  // Encoders can do without these two.
  for (const std::string& token : {TokenOr(config, "pad_token", "[PAD]"), TokenOr(config, "mask_token", "[MASK]")}) {
    const auto same = [&](const auto& piece) { return piece.first == token; };
    if (std::any_of(parts.pieces.begin(), parts.pieces.end(), same)) parts.special.push_back(token);
  }
  return WordPieceTokenizer(std::move(parts), path);
}

/// Reads tokenizer.json.
class TokenizerJson {
 public:
  TokenizerJson(const Document& file, const std::string& path) : root_(file.view()), path_(path) {}

  WordPieceTokenizer Read() {
    const DocumentView model = Part("model", "WordPiece");
    parts_.unknown = TextOr(model, "unk_token", parts_.unknown);
    parts_.continuation = TextOr(model, "continuing_subword_prefix", parts_.continuation);
    parts_.max_word_length = static_cast<size_t>(std::max<int64_t>(WholeOr(model, "max_input_chars_per_word", 100), 1));
    const auto vocabulary = model.Find("vocab");
    for (size_t i = 0; vocabulary && vocabulary->kind() == NodeKind::kObject && i < vocabulary->size(); ++i) {
      AddPiece(vocabulary->KeyAt(i), vocabulary->ValueAt(i));
    }
    ReadNormalizer();
    Part("pre_tokenizer", "BertPreTokenizer");
    ReadProcessor();
    ReadAdded();
    return WordPieceTokenizer(std::move(parts_), path_);
  }

 private:
  DocumentView Part(std::string_view key, std::string_view type) const {
    const auto found = root_.Find(key);
    const std::string stated = found ? TextOr(*found, "type", "") : "";
    if (stated == type) return *found;
    throw Unsupported(fmt::format("{} \"{}\"", key, stated), path_,
                      "tokenizers of BERT's kind are supported: WordPiece with BertNormalizer and BertPreTokenizer");
  }

  void AddPiece(std::string_view piece, const DocumentView& number) {
    if (number.kind() != NodeKind::kInt || number.AsInt() < 0 || number.AsInt() > INT32_MAX) {
      throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" gives \"{}\" no number", path_, piece),
                  "restore the file from where the model was published");
    }
    parts_.pieces.emplace_back(piece, static_cast<uint32_t>(number.AsInt()));
  }

  void ReadNormalizer() {
    const DocumentView normalizer = Part("normalizer", "BertNormalizer");
    parts_.text.clean_text = FlagOr(normalizer, "clean_text", true);
    parts_.text.split_ideographs = FlagOr(normalizer, "handle_chinese_chars", true);
    parts_.text.lower_case = FlagOr(normalizer, "lowercase", true);
    parts_.text.strip_accents = FlagOr(normalizer, "strip_accents", parts_.text.lower_case);
  }

  void ReadProcessor() {
    const auto processor = root_.Find("post_processor");
    const std::string type = processor ? TextOr(*processor, "type", "") : "";
    if (type == "BertProcessing" || type == "RobertaProcessing") {
      parts_.first = FirstOf(*processor, "cls");
      parts_.last = FirstOf(*processor, "sep");
      return;
    }
    const auto single = type == "TemplateProcessing" ? processor->Find("single") : std::nullopt;
    const bool plain =
        single && single->kind() == NodeKind::kArray && single->size() == 3 && single->At(1).Find("Sequence");
    if (!plain) {
      throw Unsupported(fmt::format("post_processor \"{}\"", type), path_,
                        "one token before the text and one behind it are supported");
    }
    parts_.first = SpecialAt(*single, 0);
    parts_.last = SpecialAt(*single, 2);
  }

  std::string FirstOf(const DocumentView& processor, std::string_view key) const {
    const auto pair = processor.Find(key);
    const bool there =
        pair && pair->kind() == NodeKind::kArray && pair->size() == 2 && pair->At(0).kind() == NodeKind::kText;
    return there ? std::string(pair->At(0).AsText()) : std::string();
  }

  static std::string SpecialAt(const DocumentView& single, size_t i) {
    const auto token = single.At(i).Find("SpecialToken");
    return token ? TextOr(*token, "id", "") : "";
  }

  void ReadAdded() {
    const auto added = root_.Find("added_tokens");
    for (size_t i = 0; added && added->kind() == NodeKind::kArray && i < added->size(); ++i) {
      const DocumentView token = added->At(i);
      const std::string content = TextOr(token, "content", "");
      if (FlagOr(token, "normalized", false) || FlagOr(token, "single_word", false)) {
        throw Unsupported(fmt::format("the added token \"{}\"", content), path_,
                          "added tokens that are matched as they are written are supported");
      }
      const std::string_view known = content;
      const auto same = [&](const auto& piece) { return piece.first == known; };
      if (std::none_of(parts_.pieces.begin(), parts_.pieces.end(), same)) {
        AddPiece(content, token.Find("id").value_or(DocumentView()));
      }
      parts_.special.push_back(content);
    }
  }

  DocumentView root_;
  const std::string& path_;
  WordPieceParts parts_;
};

}  // namespace

LocalModelConfig ReadLocalModelConfig(const std::string& folder) {
  LocalModelConfig config;
  const std::string path = folder + "/config.json";
  config.shape = ReadEncoderShape(RequireJsonFile(path).view(), path);
  ReadPooling(folder, ReadModules(folder, config), config);
  ReadLimits(folder, config);
  ReadPrompts(folder, config);
  return config;
}

WordPieceTokenizer ReadTokenizer(const std::string& folder) {
  const std::string json = folder + "/tokenizer.json", text = folder + "/vocab.txt";
  if (const std::optional<Document> file = ReadJsonFile(json)) return TokenizerJson(*file, json).Read();
  if (const std::optional<std::string> file = ReadSmallFile(text)) return ReadVocabulary(folder, text, *file);
  throw Error(ErrorCode::kNotFound, fmt::format("The model's file \"{}\" is missing", json),
              "a model's folder has config.json, model.safetensors and tokenizer.json or vocab.txt");
}

}  // namespace rem
