#include "embedding/service/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include <rem/error.h>

namespace rem {

namespace {

constexpr long kConnectMs = 10'000;
constexpr int kLookMs = 50;
constexpr size_t kMaxIdle = 4;

bool NameIs(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(line[i])) != name[i]) return false;
  }
  return true;
}

std::string_view ValueOf(std::string_view line) {
  line.remove_prefix(line.find(':') + 1);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front()))) line.remove_prefix(1);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
  return line;
}

}  // namespace

int64_t ParseRateLimitMs(std::string_view text) {
  double total = 0;
  while (!text.empty()) {
    double number = 0, place = 0;
    size_t digits = 0;
    for (; digits < text.size() && (std::isdigit(static_cast<unsigned char>(text[digits])) || text[digits] == '.');
         ++digits) {
      if (text[digits] == '.') {
        if (place != 0) return 0;
        place = 1;
        continue;
      }
      number = number * 10 + (text[digits] - '0');
      if (place != 0) place *= 10;
    }
    if (digits == 0 || digits > 15) return 0;
    if (place != 0) number /= place;
    text.remove_prefix(digits);
    if (text.starts_with("ms")) {
      total += number;
      text.remove_prefix(2);
    } else if (text.starts_with("s") || text.starts_with("m") || text.starts_with("h")) {
      total += number * (text[0] == 's' ? 1e3 : text[0] == 'm' ? 6e4 : 3.6e6);
      text.remove_prefix(1);
    } else {
      return 0;
    }
  }
  return static_cast<int64_t>(std::min(total, 1e12));
}

/// One transfer at a time, and the connections that libcurl keeps for it.
class HttpClient::Connection {
 public:
  Connection() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    multi_.reset(curl_multi_init());
    easy_.reset(curl_easy_init());
    if (multi_ == nullptr || easy_ == nullptr)
      throw Error(ErrorCode::kInternal, "libcurl cannot be started", "please report this");
  }

  HttpResponse Post(const HttpRequest& request) {
    response_ = {};
    too_large_ = false;
    remaining_ = 1;
    reset_ms_ = retry_after_ms_ = 0;
    curl_easy_reset(easy_.get());
    std::unique_ptr<curl_slist, FreeList> headers;
    for (const std::string& header : request.headers) {
      curl_slist* longer = curl_slist_append(headers.get(), header.c_str());
      if (longer == nullptr) throw std::bad_alloc();
      headers.release();
      headers.reset(longer);
    }
    Prepare(request, headers.get());
    curl_multi_add_handle(multi_.get(), easy_.get());
    CURLcode code = CURLE_OK;
    const bool finished = Run(request, code);
    curl_multi_remove_handle(multi_.get(), easy_.get());
    if (!finished) throw Error(ErrorCode::kCancelled, "The request was cancelled", "the database was being closed");
    if (code != CURLE_OK) Throw(code, request);
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
    const int64_t asked = std::max(retry_after_ms_, std::clamp<int64_t>(seconds, 0, 1'000'000) * 1000);
    const bool used_up = remaining_ == 0 || response_.status == 429;
    response_.wait_ms = asked > 0 ? asked : used_up ? reset_ms_ : 0;
    return std::move(response_);
  }

 private:
  struct CloseEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct CloseMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void Prepare(const HttpRequest& request, curl_slist* headers) {
    Set(CURLOPT_URL, request.url.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_USERAGENT, "rem-db");
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_POSTFIELDS, request.body.data());
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(CURLOPT_HTTPHEADER, headers);
    Set(CURLOPT_CONNECTTIMEOUT_MS, std::min<long>(kConnectMs, request.timeout_ms));
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
    Set(CURLOPT_ACCEPT_ENCODING, "");
    Set(CURLOPT_WRITEFUNCTION, &Connection::OnBody);
    Set(CURLOPT_WRITEDATA, this);
    Set(CURLOPT_HEADERFUNCTION, &Connection::OnHeader);
    Set(CURLOPT_HEADERDATA, this);
  }

  // False when it was cancelled.
  bool Run(const HttpRequest& request, CURLcode& code) {
    for (;;) {
      if (request.cancelled != nullptr && *request.cancelled) return false;
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      int left = 0;
      if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left); message != nullptr) {
        code = message->data.result;
        return true;
      }
      curl_multi_poll(multi_.get(), nullptr, 0, kLookMs, nullptr);
    }
  }

  [[noreturn]] void Throw(CURLcode code, const HttpRequest& request) const {
    const std::string host = request.url.substr(0, request.url.find_first_of("/?", request.url.find("//") + 2));
    if (too_large_) {
      throw Error(ErrorCode::kLimitExceeded,
                  fmt::format("{} answers with more than {} bytes", host, HttpClient::kMaxAnswerBytes),
                  "check that it is an embedding service");
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
      throw Error(ErrorCode::kTimeout, fmt::format("{} did not answer in {} ms", host, request.timeout_ms),
                  "see whether the service works; REM_DB_HTTP_TIMEOUT_SECONDS gives it longer");
    }
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no http or https address", host),
                  "write it as http://localhost:11434/v1");
    }
    throw Error(ErrorCode::kIo, fmt::format("{} cannot be reached: {}", host, curl_easy_strerror(code)),
                "check the address, the network and that the service runs");
  }

  static size_t OnBody(char* data, size_t size, size_t count, void* self) {
    auto* connection = static_cast<Connection*>(self);
    if (connection->response_.body.size() + size * count > HttpClient::kMaxAnswerBytes) {
      connection->too_large_ = true;
      return 0;
    }
    try {
      connection->response_.body.append(data, size * count);
    } catch (...) {
      return 0;
    }
    return size * count;
  }

  static size_t OnHeader(char* data, size_t size, size_t count, void* self) {
    auto* connection = static_cast<Connection*>(self);
    const std::string_view line(data, size * count);
    if (NameIs(line, "retry-after-ms")) {
      connection->retry_after_ms_ = ParseRateLimitMs(fmt::format("{}ms", ValueOf(line)));
    } else if (NameIs(line, "x-ratelimit-remaining-requests") || NameIs(line, "x-ratelimit-remaining-tokens")) {
      if (ValueOf(line) == "0") connection->remaining_ = 0;
    } else if (NameIs(line, "x-ratelimit-reset-requests") || NameIs(line, "x-ratelimit-reset-tokens")) {
      connection->reset_ms_ = std::max(connection->reset_ms_, ParseRateLimitMs(ValueOf(line)));
    }
    return size * count;
  }

  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::unique_ptr<CURL, CloseEasy> easy_;
  HttpResponse response_;
  bool too_large_ = false;
  int remaining_ = 1;
  int64_t reset_ms_ = 0;
  int64_t retry_after_ms_ = 0;
};

HttpClient::HttpClient() = default;
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Connection> HttpClient::Take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Connection>();
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void HttpClient::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(connection));
}

HttpResponse HttpClient::Post(const HttpRequest& request) {
  std::unique_ptr<Connection> connection = Take();
  HttpResponse response = connection->Post(request);
  GiveBack(std::move(connection));
  return response;
}

}  // namespace rem
