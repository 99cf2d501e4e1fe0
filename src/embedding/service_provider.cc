#include "embedding/service_provider.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include <rem/error.h>

#include "embedding/model_registry.h"
#include "embedding/service/embedding_plan.h"
#include "embedding/service/service_caller.h"

namespace rem {

namespace {

// A longer text is refused: it would be many requests that somebody pays for.
constexpr size_t kMaxTextBytes = size_t{1} << 20;
// Fewer bytes a token than any of these models needs on average, in any script.
constexpr size_t kBytesPerToken = 2;
constexpr uint32_t kUnknownMaxTokens = 512;
constexpr size_t kMaxRequestBytes = size_t{256} << 10;
constexpr size_t kMaxRequestTexts = 96;
constexpr size_t kRoundsOfCall = 4;
constexpr size_t kMaxNameBytes = 500;

struct ServiceModel {
  std::string name;
  std::string identity;
  std::string model;  ///< As the service calls it.
  uint32_t dimension = 0;
  uint32_t max_tokens = 0;
  bool normalised = false;
};

class ServiceProvider final : public EmbeddingProvider {
 public:
  ServiceProvider(Service service, const ServiceModel& model)
      : model_(model), caller_(std::move(service), model.model, model.dimension) {}

  std::string_view name() const override { return model_.name; }
  std::string_view identity() const override { return model_.identity; }
  uint32_t dimension() const override { return model_.dimension; }
  bool normalised() const override { return model_.normalised; }
  bool inline_on_insert() const override { return false; }
  /// Enough that a round of requests is rarely waited for while there is more to do.
  size_t batch_texts() const override { return kMaxRequestTexts * kRoundsOfCall * ServiceCaller::RequestsAtOnce(); }
  std::string_view description() const override { return "A service: texts are sent to it over the network."; }

  void Embed(std::span<const std::string_view> texts, float* out) const override { EmbedFor(texts, {}, out); }

  void EmbedFor(std::span<const std::string_view> texts, const EmbedOptions& options, float* out) const override {
    std::optional<EmbeddingFailure> failed;
    EmbedEach(texts, options, out, [&](size_t, size_t, const EmbeddingFailure* failure) {
      if (failure != nullptr) failed = *failure;
      return !failed;
    });
    if (failed) throw *failed;
  }

  void EmbedEach(std::span<const std::string_view> texts, const EmbedOptions& options, float* out,
                 const EmbedSink& sink) const override {
    EmbeddingPlan plan(texts,
                       {kMaxTextBytes, size_t{model_.max_tokens} * kBytesPerToken, kMaxRequestBytes, kMaxRequestTexts},
                       {dimension(), normalised(), out});
    if (!plan.ReportRefused(sink)) return;
    ServiceRequests requests;
    requests.count = plan.requests();
    requests.texts = [&](size_t request) -> std::optional<std::vector<std::string_view>> {
      if (!plan.IsOfUse(request)) return std::nullopt;
      return plan.Pieces(request);
    };
    requests.answer = [&](size_t request, std::vector<float> vectors) {
      return plan.Answer(request, std::move(vectors), sink);
    };
    requests.fail = [&](size_t request, const EmbeddingFailure& failure) { return plan.Fail(request, failure, sink); };
    caller_.Send(requests, options);
  }

 private:
  const ServiceModel model_;
  mutable ServiceCaller caller_;
};

/// The dimension of the vectors that a service makes.
uint32_t AskForDimension(Service service, const std::string& model) {
  ServiceCaller caller(std::move(service), model, 0);
  uint32_t dimension = 0;
  ServiceRequests requests;
  requests.count = 1;
  requests.texts = [](size_t) { return std::vector<std::string_view>{"dimension"}; };
  requests.answer = [&](size_t, const std::vector<float>& vectors) {
    dimension = static_cast<uint32_t>(vectors.size());
    return true;
  };
  requests.fail = [](size_t, const EmbeddingFailure& failure) -> bool { throw failure; };
  caller.Send(requests, {.use = TextUse::kQuery});
  return dimension;
}

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

const EmbeddingProvider& Keep(Service service, const ServiceModel& model) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  auto& provider = registry.by_identity[model.identity];
  if (provider == nullptr) provider = std::make_unique<const ServiceProvider>(std::move(service), model);
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
  return &Keep(info->alias.starts_with("cohere:") ? Cohere() : OpenAi(), model);
}

const EmbeddingProvider& RequireCompatibleProvider(std::string_view name) {
  if (const EmbeddingProvider* known = FindServiceProvider(name)) return *known;
  const std::optional<CompatibleName> parsed = ParseCompatible(name);
  if (!parsed) {
    throw Error(ErrorCode::kInvalidArgument, "The name of a compatible embedding model cannot be read",
                "write openai-compatible:http://localhost:11434/v1#nomic-embed-text, with @768 behind it to give the "
                "dimension; a key belongs into REM_DB_EMBEDDING_KEY");
  }
  const uint32_t dimension = AskForDimension(ServiceOf(*parsed), parsed->model);
  {
    Registry& registry = TheRegistry();
    const std::lock_guard lock(registry.mutex);
    registry.dimensions[std::string(name)] = dimension;
  }
  return *FindServiceProvider(name);
}

}  // namespace rem
