#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rem/error.h>

namespace rem {

struct HttpRequest {
  std::string url;   ///< http or https.
  std::string body;  ///< JSON, sent by POST.
  /// "Name: value" each.
  std::vector<std::string> headers;
  int64_t timeout_ms = 60'000;  ///< For the whole request.
};

struct HttpResponse {
  long status = 0;
  std::string body;
  /// What the server's headers ask for: milliseconds to wait before the next request, 0 for none.
  int64_t wait_ms = 0;
  /// How many more requests the server takes now, by its headers; nullopt where it says nothing.
  std::optional<int64_t> remaining_requests;
  /// When that starts anew, in milliseconds; 0 where it says nothing.
  int64_t reset_ms = 0;
};

/// Keeps connections between calls. Thread-safe.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();

  static constexpr size_t kMaxAnswerBytes = size_t{64} << 20;

 private:
  friend class HttpCalls;
  /// Connections of one set of calls at a time.
  class Connections;
  std::unique_ptr<Connections> Take();
  void GiveBack(std::unique_ptr<Connections> connections);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Connections>> idle_;
};

/// Some requests that are under way at the same time, driven by the thread that waits for them. Follows no redirection,
/// so that a key goes nowhere else. What runs at its end is given up.
class HttpCalls {
 public:
  /// `client` outlives it.
  explicit HttpCalls(HttpClient& client);
  ~HttpCalls();
  HttpCalls(const HttpCalls&) = delete;
  HttpCalls& operator=(const HttpCalls&) = delete;

  /// `tag` comes back with the result.
  void Start(HttpRequest request, size_t tag);
  size_t running() const { return calls_.size(); }

  struct Result {
    size_t tag = 0;
    HttpResponse response;
    /// kTimeout, kIo for an unreachable or broken server, kLimitExceeded for an answer of more than kMaxAnswerBytes,
    /// kInvalidArgument for a URL that cannot be. None of them holds a header or the body.
    std::optional<Error> error;
  };
  /// One that ended; waits at most `wait_ms` for it, also where none runs.
  std::optional<Result> Next(int64_t wait_ms);

 private:
  class Call;
  std::optional<Result> TakeFinished();

  HttpClient& client_;
  std::unique_ptr<HttpClient::Connections> connections_;
  std::vector<std::unique_ptr<Call>> calls_;
};

/// A duration as rate-limit headers write it ("1s", "6m0s", "120ms", "1.5s"), in milliseconds; 0 for anything else.
int64_t ParseRateLimitMs(std::string_view text);

}  // namespace rem
