#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/provider.h"
#include "embedding/service/http_client.h"
#include "embedding/service/request_gate.h"
#include "embedding/service/service_api.h"

namespace rem {

struct Service {
  ServiceProtocol protocol = ServiceProtocol::kOpenAi;
  std::string address;           ///< Where an environment variable names no other.
  const char* address_variable;  ///< nullptr for a fixed address.
  std::vector<std::string_view> key_variables;
  bool needs_key = true;
};

/// Requests to be sent, by number, and what becomes of them. The callbacks are called by the thread that sends; false
/// of the last two ends the sending.
struct ServiceRequests {
  size_t count = 0;
  /// The texts of a request when its turn comes; nullopt where nobody needs it any more, and none where there is
  /// nothing to send.
  std::function<std::optional<std::vector<std::string_view>>(size_t request)> texts;
  /// A vector for each text, row by row.
  std::function<bool(size_t request, std::vector<float> vectors)> answer;
  /// It failed, also after it was tried again, or will not be sent, since the service takes none or nobody needs it.
  std::function<bool(size_t request, const EmbeddingFailure& failure)> fail;
};

/// Sends requests to one model of a service, several at a time, and tries again what may go better. Thread-safe.
class ServiceCaller {
 public:
  /// `model` as the service calls it; `dimension` 0 takes what the service makes.
  ServiceCaller(Service service, std::string model, uint32_t dimension)
      : service_(std::move(service)), model_(std::move(model)), dimension_(dimension) {}

  /// Answers or fails every request, until one of the callbacks wants no more. Errors: kCancelled.
  void Send(const ServiceRequests& requests, const EmbedOptions& options);

  /// How many requests of one model are under way at a time, as REM_DB_HTTP_REQUESTS says; 4 by default.
  static size_t RequestsAtOnce();

 private:
  class Sending;
  struct Outcome;

  std::string Address() const;
  std::string KeyNames() const;
  /// Errors: EmbeddingFailure where one is needed and not there.
  std::string Key() const;
  HttpRequest RequestFor(std::span<const std::string_view> texts, TextUse use, int64_t timeout_ms,
                         const std::string& key) const;
  Outcome Read(const HttpCalls::Result& result, size_t texts, const std::string& key) const;
  Outcome FailureOf(const HttpResponse& response, const std::string& key) const;

  const Service service_;
  const std::string model_;
  const uint32_t dimension_;
  HttpClient client_;
  RequestGate gate_;
};

}  // namespace rem
