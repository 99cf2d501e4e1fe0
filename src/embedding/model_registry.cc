#include "embedding/model_registry.h"

#include <algorithm>

#include "embedding/builtin_provider.h"
#include "embedding/hash_provider.h"

namespace rem {

namespace {

constexpr ModelKind kBuiltin = ModelKind::kBuiltin, kLocal = ModelKind::kLocal, kHttp = ModelKind::kHttp;

// Dimensions and limits as the models' publishers state them in their model cards and API references.
constexpr ModelInfo kModels[] = {
    {"builtin", "builtin-1", kBuiltin, BuiltinProvider::kDimension, "cosine", true, 0},
    {"hash", "", kBuiltin, HashProvider::kDimension, "cosine", true, 0},
    {"all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2", kLocal, 384, "cosine", true, 256},
    {"all-MiniLM-L12-v2", "sentence-transformers/all-MiniLM-L12-v2", kLocal, 384, "cosine", true, 128},
    {"all-mpnet-base-v2", "sentence-transformers/all-mpnet-base-v2", kLocal, 768, "cosine", true, 384},
    {"paraphrase-MiniLM-L6-v2", "sentence-transformers/paraphrase-MiniLM-L6-v2", kLocal, 384, "cosine", false, 128},
    {"bge-small-en-v1.5", "BAAI/bge-small-en-v1.5", kLocal, 384, "cosine", true, 512},
    {"bge-base-en-v1.5", "BAAI/bge-base-en-v1.5", kLocal, 768, "cosine", true, 512},
    {"bge-large-en-v1.5", "BAAI/bge-large-en-v1.5", kLocal, 1024, "cosine", true, 512},
    {"e5-small-v2", "intfloat/e5-small-v2", kLocal, 384, "cosine", true, 512},
    {"e5-base-v2", "intfloat/e5-base-v2", kLocal, 768, "cosine", true, 512},
    {"e5-large-v2", "intfloat/e5-large-v2", kLocal, 1024, "cosine", true, 512},
    {"gte-small", "thenlper/gte-small", kLocal, 384, "cosine", true, 512},
    {"gte-base", "thenlper/gte-base", kLocal, 768, "cosine", true, 512},
    {"gte-large", "thenlper/gte-large", kLocal, 1024, "cosine", true, 512},
    {"nomic-embed-text-v1.5", "nomic-ai/nomic-embed-text-v1.5", kLocal, 768, "cosine", false, 8192},
    {"text-embedding-3-small", "openai:text-embedding-3-small", kHttp, 1536, "cosine", true, 8191},
    {"text-embedding-3-large", "openai:text-embedding-3-large", kHttp, 3072, "cosine", true, 8191},
    {"text-embedding-ada-002", "openai:text-embedding-ada-002", kHttp, 1536, "cosine", true, 8191},
    {"embed-english-v3.0", "cohere:embed-english-v3.0", kHttp, 1024, "cosine", false, 512},
    {"embed-english-light-v3.0", "cohere:embed-english-light-v3.0", kHttp, 384, "cosine", false, 512},
    {"embed-multilingual-v3.0", "cohere:embed-multilingual-v3.0", kHttp, 1024, "cosine", false, 512},
    {"embed-multilingual-light-v3.0", "cohere:embed-multilingual-light-v3.0", kHttp, 384, "cosine", false, 512},
};

bool SameName(std::string_view x, std::string_view y) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c; };
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::span<const ModelInfo> Models() { return kModels; }

const ModelInfo* FindModel(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const ModelInfo& model : kModels) {
    if (SameName(model.name, name) || SameName(model.alias, name)) return &model;
  }
  return nullptr;
}

std::string_view ModelKindName(ModelKind kind) {
  switch (kind) {
    case kBuiltin:
      return "built in";
    case kLocal:
      return "local";
    case kHttp:
      return "service";
  }
  return "";
}

}  // namespace rem
