#include "embedding/service/service_caller.h"

#include <algorithm>
#include <cstdlib>
#include <deque>

#include <fmt/format.h>

#include "embedding/service/service_key.h"

namespace rem {

namespace {

using Kind = EmbeddingFailure::Kind;
using Clock = RequestGate::Clock;

constexpr int64_t kMaxTimeoutSeconds = 3600;
constexpr size_t kRequestsAtOnce = 4;
// Between two looks at whether the call was cancelled.
constexpr int64_t kLookMs = 50;
// Until a place is looked for that another call has.
constexpr int64_t kPlaceMs = 10;

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

EmbeddingFailure Closed(int64_t wait_ms) {
  return {Kind::kUnavailable,
          Error(ErrorCode::kIo, fmt::format("The embedding service takes no request for {} ms", wait_ms),
                "records are embedded when it goes on; see the quota of the account"),
          wait_ms};
}

}  // namespace

/// What came of one request.
struct ServiceCaller::Outcome {
  std::vector<float> vectors;
  std::optional<EmbeddingFailure> failure;
  bool again = false;       ///< The same request may go well soon.
  bool overloaded = false;  ///< And so may others, somewhat later.
};

/// One call of Send.
class ServiceCaller::Sending {
 public:
  Sending(ServiceCaller& caller, const ServiceRequests& requests, const EmbedOptions& options)
      : caller_(caller),
        requests_(requests),
        options_(options),
        patience_(PatienceFor(options.use)),
        at_once_(RequestsAtOnce()),
        calls_(caller.client_) {
    for (size_t i = 0; i < requests.count; ++i) waiting_.push_back({i, 0, 0, {}});
  }
  ~Sending() {
    for (size_t i = 0; i < calls_.running(); ++i) caller_.gate_.Abandon();
  }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  void Run() {
    while (more_ && (!waiting_.empty() || calls_.running() > 0)) {
      if (options_.cancelled != nullptr && *options_.cancelled)
        throw Error(ErrorCode::kCancelled, "The request was cancelled", "the database was being closed");
      const int64_t wait_ms = Start();
      if (!more_) return;
      if (waiting_.empty() && calls_.running() == 0) return;
      if (const auto result = calls_.Next(std::min(wait_ms, kLookMs))) Finish(*result);
    }
  }

 private:
  struct Waiting {
    size_t request;
    int tried;
    uint64_t answers;  ///< answers_ when it failed last.
    Clock::time_point not_before;
  };
  struct Running {
    Waiting waiting;
    size_t texts;
    std::string key;
    Clock::time_point began;
  };

  /// Begins what may begin. Returns the milliseconds until more may.
  int64_t Start() {
    int64_t wait_ms = kLookMs;
    for (size_t i = 0; i < waiting_.size() && more_;) {
      const Clock::time_point now = Clock::now();
      if (!stopped_ && now < waiting_[i].not_before) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(waiting_[i].not_before - now);
        wait_ms = std::min(wait_ms, left.count() + 1);
        ++i;
        continue;
      }
      if (stopped_) {
        more_ = requests_.fail(TakeWaiting(i).request, *stopped_);
        continue;
      }
      const auto texts = requests_.texts(waiting_[i].request);
      if (!texts || texts->empty()) {
        const size_t request = TakeWaiting(i).request;
        more_ = texts ? requests_.answer(request, {})
                      : requests_.fail(request, EmbeddingFailure(Kind::kFailed, Error(ErrorCode::kCancelled,
                                                                                      "The request is of no use")));
        continue;
      }
      const bool urgent = options_.use == TextUse::kQuery;
      const RequestGate::Leave leave = caller_.gate_.Enter(now, at_once_, urgent);
      if (!leave.granted) {
        if (leave.wait_ms > patience_.longest_pause_ms) {
          stopped_ = Closed(leave.wait_ms);
          continue;
        }
        return std::min(wait_ms, leave.wait_ms > 0 ? leave.wait_ms : calls_.running() > 0 ? kLookMs : kPlaceMs);
      }
      Begin(TakeWaiting(i), *texts);
    }
    return wait_ms;
  }

  Waiting TakeWaiting(size_t i) {
    const Waiting taken = waiting_[i];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    return taken;
  }

  void Begin(const Waiting& waiting, std::span<const std::string_view> texts) {
    size_t place = 0;
    while (place < running_.size() && running_[place]) ++place;
    if (place == running_.size()) running_.emplace_back();
    try {
      const std::string key = caller_.Key();
      calls_.Start(caller_.RequestFor(texts, options_.use, patience_.timeout_ms, key), place);
      running_[place] = Running{waiting, texts.size(), key, Clock::now()};
    } catch (const EmbeddingFailure& failure) {
      caller_.gate_.Abandon();
      stopped_ = failure;
      waiting_.push_front(waiting);
    } catch (const Error& error) {
      // A text that no request can hold, as one that is not UTF-8.
      caller_.gate_.Abandon();
      more_ = requests_.fail(waiting.request, EmbeddingFailure(Kind::kRefused, error));
    }
  }

  void Finish(const HttpCalls::Result& result) {
    Running run = std::move(*running_[result.tag]);
    running_[result.tag].reset();
    Outcome outcome = caller_.Read(result, run.texts, run.key);
    caller_.gate_.Exit(Clock::now(), run.began,
                       {.answered = !outcome.failure,
                        .overloaded = outcome.overloaded,
                        .wait_ms = result.response.wait_ms,
                        .remaining_requests = result.response.remaining_requests,
                        .reset_ms = result.response.reset_ms});
    Waiting& waiting = run.waiting;
    if (!outcome.failure) {
      ++answers_;
      more_ = requests_.answer(waiting.request, std::move(outcome.vectors));
      return;
    }
    // An overloaded service that answered others meanwhile is worth another try, though not without end.
    const bool progress = outcome.overloaded && answers_ > waiting.answers;
    waiting.tried = progress ? 1 : waiting.tried + 1;
    waiting.answers = answers_;
    const int64_t pause = std::max(BackoffMs(waiting.tried, random_), outcome.failure->retry_after_ms());
    if (outcome.again && waiting.tried < patience_.tries && pause <= patience_.longest_pause_ms && !stopped_) {
      waiting.not_before = Clock::now() + std::chrono::milliseconds(pause);
      waiting_.push_back(waiting);
      return;
    }
    // What waits would meet the same, and is not sent; what is under way may still be answered.
    if (outcome.failure->kind() == Kind::kUnavailable && !stopped_) stopped_ = outcome.failure;
    more_ = requests_.fail(waiting.request, *outcome.failure);
  }

  ServiceCaller& caller_;
  const ServiceRequests& requests_;
  const EmbedOptions& options_;
  const Patience patience_;
  const size_t at_once_;
  HttpCalls calls_;
  std::deque<Waiting> waiting_;
  std::vector<std::optional<Running>> running_;
  std::optional<EmbeddingFailure> stopped_;  ///< Nothing more is sent.
  uint64_t answers_ = 0;
  bool more_ = true;
  Random random_ = Random::FromSystem();
};

void ServiceCaller::Send(const ServiceRequests& requests, const EmbedOptions& options) {
  Sending(*this, requests, options).Run();
}

size_t ServiceCaller::RequestsAtOnce() {
  const char* given = std::getenv("REM_DB_HTTP_REQUESTS");
  const int number = given == nullptr ? 0 : std::atoi(given);
  return number <= 0 ? kRequestsAtOnce : std::min(static_cast<size_t>(number), RequestGate::kMostAtOnce);
}

std::string ServiceCaller::Address() const {
  const char* other = service_.address_variable == nullptr ? nullptr : std::getenv(service_.address_variable);
  std::string address = other != nullptr && *other != '\0' ? other : service_.address;
  while (address.ends_with('/')) address.pop_back();
  return address;
}

std::string ServiceCaller::KeyNames() const {
  return fmt::format("{0} or {0}_FILE", fmt::join(service_.key_variables, ", "));
}

std::string ServiceCaller::Key() const {
  std::string key;
  try {
    key = ReadServiceKey(service_.key_variables);
  } catch (const Error& error) {
    throw EmbeddingFailure(Kind::kUnavailable, error);
  }
  if (!key.empty() || !service_.needs_key) return key;
  throw EmbeddingFailure(Kind::kUnavailable,
                         Error(ErrorCode::kPermission, fmt::format("There is no key for \"{}\"", model_),
                               fmt::format("set {} in the environment, or {}_FILE to the path of a file with the key",
                                           service_.key_variables[0], service_.key_variables[0])));
}

HttpRequest ServiceCaller::RequestFor(std::span<const std::string_view> texts, TextUse use, int64_t timeout_ms,
                                      const std::string& key) const {
  HttpRequest request;
  request.url = Address() + std::string(EmbeddingPath(service_.protocol));
  request.body = EmbeddingBody(service_.protocol, model_, texts, use);
  request.timeout_ms = timeout_ms;
  // An empty "Expect" keeps libcurl from waiting for leave to send a large body.
  request.headers = {"Content-Type: application/json", "Accept: application/json", "Expect:"};
  if (!key.empty()) request.headers.push_back("Authorization: Bearer " + key);
  return request;
}

ServiceCaller::Outcome ServiceCaller::Read(const HttpCalls::Result& result, size_t texts,
                                           const std::string& key) const {
  if (result.error) {
    const bool again = result.error->code() == ErrorCode::kIo || result.error->code() == ErrorCode::kTimeout;
    return {{}, EmbeddingFailure(Kind::kUnavailable, *result.error), again, again};
  }
  if (result.response.status != 200) return FailureOf(result.response, key);
  try {
    return {ReadVectors(service_.protocol, result.response.body, texts, dimension_), std::nullopt};
  } catch (const EmbeddingFailure& failure) {
    return {{}, failure};
  }
}

ServiceCaller::Outcome ServiceCaller::FailureOf(const HttpResponse& response, const std::string& key) const {
  const long status = response.status;
  // A service may show parts of a key that it refuses.
  const bool about_key = status == 401 || status == 403;
  const std::string said = about_key ? "" : WithoutKey(ReadServiceError(response.body), key);
  const auto failure = [&](Kind kind, ErrorCode code, std::string_view what, std::string hint) {
    return EmbeddingFailure(
        kind,
        Error(code, fmt::format("The embedding service {} (HTTP {}){}{}", what, status, said.empty() ? "" : ": ", said),
              std::move(hint)),
        response.wait_ms);
  };
  if (about_key)
    return {{}, failure(Kind::kUnavailable, ErrorCode::kPermission, "refuses the key", "check " + KeyNames())};
  if (status == 404 || status == 405 || (status >= 300 && status < 400)) {
    return {{},
            failure(Kind::kUnavailable, ErrorCode::kNotFound, "does not know the address or the model",
                    fmt::format("check \"{}\" and that the service has \"{}\"", Address(), model_))};
  }
  if (status == 429 || status == 502 || status == 503 || status == 504 || status == 529 || status == 408) {
    return {{},
            failure(Kind::kUnavailable, ErrorCode::kIo, "is overloaded, or the quota is used up",
                    "records are embedded when it goes on; see the quota of the account"),
            true,
            true};
  }
  if (status >= 500) return {{}, failure(Kind::kFailed, ErrorCode::kIo, "failed", "see the log of the service"), true};
  return {{}, failure(Kind::kRefused, ErrorCode::kInvalidArgument, "refuses the text", "change the record's text")};
}

}  // namespace rem
