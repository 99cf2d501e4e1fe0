#include "embedding/service_provider.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include <rem/error.h>

#include "base/random.h"
#include "embedding/model_registry.h"
#include "embedding/service/http_client.h"
#include "embedding/service/long_text.h"
#include "embedding/service/service_api.h"
#include "embedding/service/service_key.h"

namespace rem {

namespace {

using Kind = EmbeddingFailure::Kind;
using SteadyClock = std::chrono::steady_clock;

// A longer text is refused: it would be many requests that somebody pays for.
constexpr size_t kMaxTextBytes = size_t{1} << 20;
// Fewer bytes a token than any of these models needs on average, in any script.
constexpr size_t kBytesPerToken = 2;
constexpr uint32_t kUnknownMaxTokens = 512;
constexpr size_t kMaxRequestBytes = size_t{256} << 10;
constexpr size_t kMaxRequestTexts = 96;
constexpr size_t kMaxNameBytes = 500;
constexpr int64_t kFirstPauseMs = 250;
constexpr int64_t kMaxTimeoutSeconds = 3600;

/// How patient a request is: somebody waits for a query's answer.
struct Patience {
  int tries;
  int64_t longest_pause_ms;
  int64_t timeout_ms;
};

Patience PatienceFor(TextUse use) {
  Patience patience = use == TextUse::kQuery ? Patience{2, 1'500, 20'000} : Patience{3, 5'000, 60'000};
  const char* seconds = std::getenv("REM_DB_HTTP_TIMEOUT_SECONDS");
  const double given = seconds == nullptr ? 0 : std::atof(seconds);
  if (given > 0) patience.timeout_ms = static_cast<int64_t>(std::min<double>(given, kMaxTimeoutSeconds) * 1000);
  return patience;
}

struct Service {
  ServiceProtocol protocol = ServiceProtocol::kOpenAi;
  std::string address;           ///< Where an environment variable names no other.
  const char* address_variable;  ///< nullptr for a fixed address.
  std::vector<std::string_view> key_variables;
  bool needs_key = true;
};

struct ServiceModel {
  std::string name;
  std::string identity;
  std::string model;  ///< As the service calls it.
  uint32_t dimension = 0;
  uint32_t max_tokens = 0;
  bool normalised = false;
};

void SleepFor(int64_t ms, const EmbedOptions& options) {
  const auto until = SteadyClock::now() + std::chrono::milliseconds(ms);
  while (SteadyClock::now() < until) {
    if (options.cancelled != nullptr && *options.cancelled)
      throw Error(ErrorCode::kCancelled, "The request was cancelled", "the database was being closed");
    std::this_thread::sleep_for(
        std::min<SteadyClock::duration>(until - SteadyClock::now(), std::chrono::milliseconds(50)));
  }
}

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

class ServiceProvider final : public EmbeddingProvider {
 public:
  ServiceProvider(Service service, ServiceModel model) : service_(std::move(service)), model_(std::move(model)) {}

  std::string_view name() const override { return model_.name; }
  std::string_view identity() const override { return model_.identity; }
  uint32_t dimension() const override { return model_.dimension; }
  bool normalised() const override { return model_.normalised; }
  bool inline_on_insert() const override { return false; }
  size_t batch_texts() const override { return kMaxRequestTexts; }
  std::string_view description() const override { return "A service: texts are sent to it over the network."; }

  void Embed(std::span<const std::string_view> texts, float* out) const override { EmbedFor(texts, {}, out); }

  void EmbedFor(std::span<const std::string_view> texts, const EmbedOptions& options, float* out) const override {
    std::vector<Piece> pieces;
    const size_t piece_bytes = size_t{model_.max_tokens} * kBytesPerToken;
    for (size_t i = 0; i < texts.size(); ++i) {
      if (IsBlank(texts[i])) continue;
      if (texts[i].size() > kMaxTextBytes) {
        throw EmbeddingFailure(Kind::kRefused,
                               Error(ErrorCode::kLimitExceeded,
                                     fmt::format("A text of {} bytes is over the limit of {} for services",
                                                 texts[i].size(), kMaxTextBytes),
                                     "split the record into several, or give its vector"));
      }
      const std::vector<std::string_view> parts = SplitLongText(texts[i], piece_bytes);
      for (const std::string_view part : parts)
        pieces.push_back({i, part, parts.size() == 1 ? 1.0f : static_cast<float>(part.size())});
    }
    std::fill(out, out + texts.size() * dimension(), 0.0f);
    for (size_t begin = 0; begin < pieces.size();) {
      size_t end = begin, bytes = 0;
      while (end < pieces.size() && end - begin < kMaxRequestTexts && (end == begin || bytes < kMaxRequestBytes))
        bytes += pieces[end++].text.size();
      AddVectors(std::span<const Piece>(pieces).subspan(begin, end - begin), options, out);
      begin = end;
    }
    FinishMeans(pieces, out);
  }

  /// The dimension of the vectors that the service makes.
  uint32_t AskForDimension() const {
    const std::string_view text = "dimension";
    EmbedOptions options;
    options.use = TextUse::kQuery;
    return static_cast<uint32_t>(Request({&text, 1}, options).size());
  }

 private:
  struct Piece {
    size_t text_index;
    std::string_view text;
    float weight;  ///< Its length, where its text has other pieces.
  };

  /// Adds the vectors of pieces, weighted, to those of their texts.
  void AddVectors(std::span<const Piece> pieces, const EmbedOptions& options, float* out) const {
    std::vector<std::string_view> texts;
    texts.reserve(pieces.size());
    for (const Piece& piece : pieces) texts.push_back(piece.text);
    const std::vector<float> vectors = Request(texts, options);
    for (size_t i = 0; i < pieces.size(); ++i) {
      float* sum = out + pieces[i].text_index * dimension();
      for (size_t d = 0; d < dimension(); ++d) sum[d] += pieces[i].weight * vectors[i * dimension() + d];
    }
  }

  /// Turns the sums into means.
  void FinishMeans(std::span<const Piece> pieces, float* out) const {
    for (size_t begin = 0, end = 0; begin < pieces.size(); begin = end) {
      float weight = 0;
      for (; end < pieces.size() && pieces[end].text_index == pieces[begin].text_index; ++end)
        weight += pieces[end].weight;
      if (end - begin == 1) continue;
      float* vector = out + pieces[begin].text_index * dimension();
      double squared = 0;
      for (size_t d = 0; d < dimension(); ++d) {
        vector[d] /= weight;
        squared += double{vector[d]} * vector[d];
      }
      if (!normalised() || squared == 0) continue;
      const auto scale = static_cast<float>(1 / std::sqrt(squared));
      for (size_t d = 0; d < dimension(); ++d) vector[d] *= scale;
    }
  }

  std::vector<float> Request(std::span<const std::string_view> texts, const EmbedOptions& options) const {
    const Patience patience = PatienceFor(options.use);
    HttpRequest request;
    request.url = Address() + std::string(EmbeddingPath(service_.protocol));
    request.body = EmbeddingBody(service_.protocol, model_.model, texts, options.use);
    request.timeout_ms = patience.timeout_ms;
    request.cancelled = options.cancelled;
    const std::string key = Key();
    // An empty "Expect" keeps libcurl from waiting for leave to send a large body.
    request.headers = {"Content-Type: application/json", "Accept: application/json", "Expect:"};
    if (!key.empty()) request.headers.push_back("Authorization: Bearer " + key);
    for (int tried = 1;; ++tried) {
      AwaitTurn(patience, options);
      Outcome outcome = Try(request, key, texts.size());
      if (!outcome.failure) return std::move(outcome.vectors);
      const int64_t pause = std::max(PauseMs(tried), outcome.failure->retry_after_ms());
      if (!outcome.again || tried >= patience.tries || pause > patience.longest_pause_ms) throw *outcome.failure;
      SleepFor(pause, options);
    }
  }

  /// What came of one request.
  struct Outcome {
    std::vector<float> vectors;
    std::optional<EmbeddingFailure> failure;
    bool again = false;  ///< The same request may go well soon.
  };

  Outcome Try(const HttpRequest& request, const std::string& key, size_t texts) const {
    HttpResponse response;
    try {
      response = client_.Post(request);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      const bool again = error.code() == ErrorCode::kIo || error.code() == ErrorCode::kTimeout;
      return {{}, EmbeddingFailure(Kind::kUnavailable, error), again};
    }
    if (response.wait_ms > 0) NoteWait(response.wait_ms);
    if (response.status != 200) return FailureOf(response, key);
    try {
      return {ReadVectors(service_.protocol, response.body, texts, dimension()), std::nullopt};
    } catch (const EmbeddingFailure& failure) {
      return {{}, failure};
    }
  }

  Outcome FailureOf(const HttpResponse& response, const std::string& key) const {
    const long status = response.status;
    // A service may show parts of a key that it refuses.
    const bool about_key = status == 401 || status == 403;
    const std::string said = about_key ? "" : WithoutKey(ReadServiceError(response.body), key);
    const auto failure = [&](Kind kind, ErrorCode code, std::string_view what, std::string hint) {
      return EmbeddingFailure(
          kind,
          Error(code,
                fmt::format("The embedding service {} (HTTP {}){}{}", what, status, said.empty() ? "" : ": ", said),
                std::move(hint)),
          response.wait_ms);
    };
    if (about_key)
      return {{}, failure(Kind::kUnavailable, ErrorCode::kPermission, "refuses the key", "check " + KeyNames())};
    if (status == 404 || status == 405 || (status >= 300 && status < 400)) {
      return {{},
              failure(Kind::kUnavailable, ErrorCode::kNotFound, "does not know the address or the model",
                      fmt::format("check \"{}\" and that the service has \"{}\"", Address(), model_.model))};
    }
    if (status == 429 || status == 502 || status == 503 || status == 504 || status == 529 || status == 408) {
      return {{},
              failure(Kind::kUnavailable, ErrorCode::kIo, "is overloaded, or the quota is used up",
                      "records are embedded when it goes on; see the quota of the account"),
              true};
    }
    if (status >= 500)
      return {{}, failure(Kind::kFailed, ErrorCode::kIo, "failed", "see the log of the service"), true};
    return {{}, failure(Kind::kRefused, ErrorCode::kInvalidArgument, "refuses the text", "change the record's text")};
  }

  std::string Address() const {
    const char* other = service_.address_variable == nullptr ? nullptr : std::getenv(service_.address_variable);
    std::string address = other != nullptr && *other != '\0' ? other : service_.address;
    while (address.ends_with('/')) address.pop_back();
    return address;
  }

  std::string KeyNames() const { return fmt::format("{0} or {0}_FILE", fmt::join(service_.key_variables, ", ")); }

  std::string Key() const {
    std::string key;
    try {
      key = ReadServiceKey(service_.key_variables);
    } catch (const Error& error) {
      throw EmbeddingFailure(Kind::kUnavailable, error);
    }
    if (!key.empty() || !service_.needs_key) return key;
    throw EmbeddingFailure(Kind::kUnavailable,
                           Error(ErrorCode::kPermission, fmt::format("There is no key for \"{}\"", model_.name),
                                 fmt::format("set {} in the environment, or {}_FILE to the path of a file with the key",
                                             service_.key_variables[0], service_.key_variables[0])));
  }

  static int64_t PauseMs(int tried) {
    thread_local Random random = Random::FromSystem();
    const int64_t pause = kFirstPauseMs << (tried - 1);
    return pause / 2 + static_cast<int64_t>(random.Uniform() * static_cast<double>(pause / 2));
  }

  /// The service said that it takes no request before.
  void NoteWait(int64_t ms) const {
    const std::lock_guard lock(mutex_);
    next_request_ =
        std::max(next_request_, SteadyClock::now() + std::chrono::milliseconds(std::min<int64_t>(ms, 3'600'000)));
  }

  void AwaitTurn(const Patience& patience, const EmbedOptions& options) const {
    int64_t wait = 0;
    {
      const std::lock_guard lock(mutex_);
      const auto left = next_request_ - SteadyClock::now();
      wait = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
    }
    if (wait <= 0) return;
    if (wait > patience.longest_pause_ms) {
      throw EmbeddingFailure(
          Kind::kUnavailable,
          Error(ErrorCode::kIo, fmt::format("The embedding service takes no request for {} ms", wait),
                "records are embedded when it goes on; see the quota of the account"),
          wait);
    }
    SleepFor(wait, options);
  }

  const Service service_;
  const ServiceModel model_;
  mutable HttpClient client_;
  mutable std::mutex mutex_;
  mutable SteadyClock::time_point next_request_;
};

/// Tables keep pointers to providers, so these live as long as the process; there are as many as identities.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<const ServiceProvider>, std::less<>> by_identity;
  std::map<std::string, uint32_t, std::less<>> dimensions;  ///< Of compatible models that were asked.
};

Registry& TheRegistry() {
  static Registry* registry = new Registry;  // Never destroyed: databases may be closed by static objects.
  return *registry;
}

const EmbeddingProvider& Keep(Service service, ServiceModel model) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  auto& provider = registry.by_identity[model.identity];
  if (provider == nullptr) provider = std::make_unique<const ServiceProvider>(std::move(service), std::move(model));
  return *provider;
}

Service OpenAi() {
  return {ServiceProtocol::kOpenAi, "https://api.openai.com/v1", "OPENAI_BASE_URL", {"OPENAI_API_KEY"}, true};
}

Service Cohere() {
  return {ServiceProtocol::kCohere,
          "https://api.cohere.com/v2",
          "REM_DB_COHERE_URL",
          {"CO_API_KEY", "COHERE_API_KEY"},
          true};
}

/// Of a compatible model's name.
struct CompatibleName {
  std::string address;
  std::string model;
  uint32_t dimension = 0;
};

std::optional<CompatibleName> ParseCompatible(std::string_view name) {
  if (!name.starts_with(kCompatiblePrefix) || name.size() > kMaxNameBytes) return std::nullopt;
  name.remove_prefix(kCompatiblePrefix.size());
  const size_t hash = name.find('#');
  if (hash == std::string_view::npos) return std::nullopt;
  CompatibleName parsed;
  parsed.address = name.substr(0, hash);
  std::string_view model = name.substr(hash + 1);
  const bool http = parsed.address.starts_with("http://") || parsed.address.starts_with("https://");
  // A name is stored and shown: no password and no key may be in it.
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7F; }) &&
                     parsed.address.find_first_of("@?") == std::string::npos;
  if (!http || !plain) return std::nullopt;
  const size_t at = model.rfind('@');
  const std::string_view digits = at == std::string_view::npos ? "" : model.substr(at + 1);
  const bool number = !digits.empty() && digits.size() <= 5 && digits.find_first_not_of("0123456789") == digits.npos;
  if (number) {
    parsed.dimension = static_cast<uint32_t>(std::atoi(std::string(digits).c_str()));
    if (parsed.dimension == 0) return std::nullopt;
    model = model.substr(0, at);
  }
  if (model.empty()) return std::nullopt;
  parsed.model = model;
  return parsed;
}

ServiceModel ModelOf(const CompatibleName& parsed, uint32_t dimension) {
  ServiceModel model;
  model.name = fmt::format("{}{}#{}", kCompatiblePrefix, parsed.address, parsed.model);
  model.identity = fmt::format("{}@{}", model.name, dimension);
  model.model = parsed.model;
  model.dimension = dimension;
  model.max_tokens = kUnknownMaxTokens;
  return model;
}

Service ServiceOf(const CompatibleName& parsed) {
  return {ServiceProtocol::kOpenAi, parsed.address, nullptr, {"REM_DB_EMBEDDING_KEY"}, false};
}

}  // namespace

const EmbeddingProvider* FindServiceProvider(std::string_view name) {
  if (name.starts_with(kCompatiblePrefix)) {
    std::optional<CompatibleName> parsed = ParseCompatible(name);
    if (!parsed) return nullptr;
    {
      Registry& registry = TheRegistry();
      const std::lock_guard lock(registry.mutex);
      if (parsed->dimension != 0) {
        // The table that stores this dimension need not ask for it again.
        registry.dimensions.emplace(ModelOf(*parsed, parsed->dimension).name, parsed->dimension);
      } else if (const auto known = registry.dimensions.find(name); known != registry.dimensions.end()) {
        parsed->dimension = known->second;
      } else {
        return nullptr;
      }
    }
    return &Keep(ServiceOf(*parsed), ModelOf(*parsed, parsed->dimension));
  }
  const ModelInfo* info = FindModel(name);
  if (info == nullptr || info->kind != ModelKind::kHttp) return nullptr;
  ServiceModel model;
  model.name = model.identity = model.model = info->name;
  model.dimension = info->dimension;
  model.max_tokens = info->max_tokens;
  model.normalised = info->normalised;
  return &Keep(info->alias.starts_with("cohere:") ? Cohere() : OpenAi(), std::move(model));
}

const EmbeddingProvider& RequireCompatibleProvider(std::string_view name) {
  if (const EmbeddingProvider* known = FindServiceProvider(name)) return *known;
  const std::optional<CompatibleName> parsed = ParseCompatible(name);
  if (!parsed) {
    throw Error(ErrorCode::kInvalidArgument, "The name of a compatible embedding model cannot be read",
                "write openai-compatible:http://localhost:11434/v1#nomic-embed-text, with @768 behind it to give the "
                "dimension; a key belongs into REM_DB_EMBEDDING_KEY");
  }
  const ServiceProvider probe(ServiceOf(*parsed), ModelOf(*parsed, 0));
  const uint32_t dimension = probe.AskForDimension();
  {
    Registry& registry = TheRegistry();
    const std::lock_guard lock(registry.mutex);
    registry.dimensions[std::string(name)] = dimension;
  }
  return *FindServiceProvider(name);
}

}  // namespace rem
