#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rem {

struct HttpRequest {
  std::string url;   ///< http or https.
  std::string body;  ///< JSON, sent by POST.
  /// "Name: value" each.
  std::vector<std::string> headers;
  int64_t timeout_ms = 60'000;                   ///< For the whole request.
  const std::atomic<bool>* cancelled = nullptr;  ///< Ends it within a tenth of a second.
};

struct HttpResponse {
  long status = 0;
  std::string body;
  /// What the server's headers ask for: milliseconds to wait before the next request, 0 for none.
  int64_t wait_ms = 0;
};

/// Sends requests over connections that it keeps. Follows no redirection, so that a key goes nowhere else. Thread-safe.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  /// Errors: kCancelled, kTimeout, kIo for an unreachable or broken server, kLimitExceeded for an answer of more than
  /// kMaxAnswerBytes, kInvalidArgument for a URL that cannot be. None of them holds a header or the body.
  HttpResponse Post(const HttpRequest& request);

  static constexpr size_t kMaxAnswerBytes = size_t{64} << 20;

 private:
  class Connection;
  std::unique_ptr<Connection> Take();
  void GiveBack(std::unique_ptr<Connection> connection);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

/// A duration as rate-limit headers write it ("1s", "6m0s", "120ms", "1.5s"), in milliseconds; 0 for anything else.
int64_t ParseRateLimitMs(std::string_view text);

}  // namespace rem
