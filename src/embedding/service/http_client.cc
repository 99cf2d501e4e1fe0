#include "embedding/service/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"

namespace rem {

namespace {

constexpr long kConnectMs = 10'000;
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

/// A count of requests as rate-limit headers write it; nullopt for anything else.
std::optional<int64_t> ParseCount(std::string_view text) {
  if (text.empty() || text.size() > 15 || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  int64_t count = 0;
  for (const char digit : text) count = count * 10 + (digit - '0');
  return count;
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

/// libcurl keeps the connections of a multi handle's transfers for its next ones.
class HttpClient::Connections {
 public:
  Connections() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    multi_.reset(curl_multi_init());
    if (multi_ == nullptr) throw Error(ErrorCode::kInternal, "libcurl cannot be started", "please report this");
  }
  CURLM* multi() { return multi_.get(); }

 private:
  struct CloseMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  std::unique_ptr<CURLM, CloseMulti> multi_;
};

/// One transfer.
class HttpCalls::Call {
 public:
  Call(CURLM* multi, HttpRequest request, size_t tag)
      : request_(std::move(request)), tag_(tag), multi_(multi), easy_(curl_easy_init()) {
    if (easy_ == nullptr) throw Error(ErrorCode::kInternal, "libcurl cannot be started", "please report this");
    for (const std::string& header : request_.headers) {
      curl_slist* longer = curl_slist_append(headers_.get(), header.c_str());
      if (longer == nullptr) throw std::bad_alloc();
      headers_.release();
      headers_.reset(longer);
    }
    Prepare();
    if (curl_multi_add_handle(multi_, easy_.get()) != CURLM_OK)
      throw Error(ErrorCode::kInternal, "libcurl cannot be started", "please report this");
  }
  ~Call() { curl_multi_remove_handle(multi_, easy_.get()); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const CURL* easy() const { return easy_.get(); }

  Result Finish(CURLcode code) {
    Result result;
    result.tag = tag_;
    if (code != CURLE_OK) {
      result.error = ErrorOf(code);
      return result;
    }
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
    const int64_t asked = std::max(retry_after_ms_, std::clamp<int64_t>(seconds, 0, 1'000'000) * 1000);
    const bool used_up = used_up_ || response_.status == 429;
    response_.wait_ms = asked > 0 ? asked : used_up ? response_.reset_ms : 0;
    result.response = std::move(response_);
    return result;
  }

 private:
  struct CloseEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void Prepare() {
    Set(CURLOPT_URL, request_.url.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_USERAGENT, "rem-db");
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_POSTFIELDS, request_.body.data());
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    Set(CURLOPT_HTTPHEADER, headers_.get());
    Set(CURLOPT_CONNECTTIMEOUT_MS, std::min<long>(kConnectMs, request_.timeout_ms));
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout_ms));
    Set(CURLOPT_ACCEPT_ENCODING, "");
    Set(CURLOPT_WRITEFUNCTION, &Call::OnBody);
    Set(CURLOPT_WRITEDATA, this);
    Set(CURLOPT_HEADERFUNCTION, &Call::OnHeader);
    Set(CURLOPT_HEADERDATA, this);
  }

  Error ErrorOf(CURLcode code) const {
    const std::string host = request_.url.substr(0, request_.url.find_first_of("/?", request_.url.find("//") + 2));
    if (too_large_) {
      return {ErrorCode::kLimitExceeded,
              fmt::format("{} answers with more than {} bytes", host, HttpClient::kMaxAnswerBytes),
              "check that it is an embedding service"};
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
      return {ErrorCode::kTimeout, fmt::format("{} did not answer in {} ms", host, request_.timeout_ms),
              "see whether the service works; REM_DB_HTTP_TIMEOUT_SECONDS gives it longer"};
    }
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT) {
      return {ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no http or https address", host),
              "write it as http://localhost:11434/v1"};
    }
    return {ErrorCode::kIo, fmt::format("{} cannot be reached: {}", host, curl_easy_strerror(code)),
            "check the address, the network and that the service runs"};
  }

  static size_t OnBody(char* data, size_t size, size_t count, void* self) {
    auto* call = static_cast<Call*>(self);
    if (call->response_.body.size() + size * count > HttpClient::kMaxAnswerBytes) {
      call->too_large_ = true;
      return 0;
    }
    try {
      call->response_.body.append(data, size * count);
    } catch (...) {
      return 0;
    }
    return size * count;
  }

  static size_t OnHeader(char* data, size_t size, size_t count, void* self) {
    auto* call = static_cast<Call*>(self);
    const std::string_view line(data, size * count);
    if (NameIs(line, "retry-after-ms")) {
      call->retry_after_ms_ = ParseRateLimitMs(fmt::format("{}ms", ValueOf(line)));
    } else if (NameIs(line, "x-ratelimit-remaining-requests")) {
      call->response_.remaining_requests = ParseCount(ValueOf(line));
      call->used_up_ |= call->response_.remaining_requests == 0;
    } else if (NameIs(line, "x-ratelimit-remaining-tokens")) {
      call->used_up_ |= ParseCount(ValueOf(line)) == 0;
    } else if (NameIs(line, "x-ratelimit-reset-requests") || NameIs(line, "x-ratelimit-reset-tokens")) {
      call->response_.reset_ms = std::max(call->response_.reset_ms, ParseRateLimitMs(ValueOf(line)));
    }
    return size * count;
  }

  const HttpRequest request_;
  const size_t tag_;
  CURLM* const multi_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, CloseEasy> easy_;
  HttpResponse response_;
  bool too_large_ = false;
  bool used_up_ = false;
  int64_t retry_after_ms_ = 0;
};

HttpClient::HttpClient() = default;
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Connections> HttpClient::Take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Connections>();
  std::unique_ptr<Connections> connections = std::move(idle_.back());
  idle_.pop_back();
  return connections;
}

void HttpClient::GiveBack(std::unique_ptr<Connections> connections) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(connections));
}

HttpCalls::HttpCalls(HttpClient& client) : client_(client), connections_(client.Take()) {}

HttpCalls::~HttpCalls() {
  calls_.clear();
  client_.GiveBack(std::move(connections_));
}

void HttpCalls::Start(HttpRequest request, size_t tag) {
  calls_.push_back(std::make_unique<Call>(connections_->multi(), std::move(request), tag));
}

std::optional<HttpCalls::Result> HttpCalls::TakeFinished() {
  int running = 0, left = 0;
  curl_multi_perform(connections_->multi(), &running);
  const CURLMsg* message = curl_multi_info_read(connections_->multi(), &left);
  if (message == nullptr) return std::nullopt;
  const auto found = std::find_if(calls_.begin(), calls_.end(),
                                  [&](const auto& call) { return call->easy() == message->easy_handle; });
  REM_CHECK(found != calls_.end());
  Result result = (*found)->Finish(message->data.result);
  calls_.erase(found);
  return result;
}

std::optional<HttpCalls::Result> HttpCalls::Next(int64_t wait_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  for (;;) {
    if (std::optional<Result> result = TakeFinished()) return result;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    curl_multi_poll(connections_->multi(), nullptr, 0, static_cast<int>(left.count()), nullptr);
  }
}

}  // namespace rem
