#include "embedding/service_provider.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <deque>

#include <fmt/format.h>
#include <rem/document.h>

#include "embedding/http_test_server.h"

namespace rem {
namespace {

using Kind = EmbeddingFailure::Kind;

/// A service whose vectors are (length of the text, 1), and which first answers what it is told.
class ServiceProviderTest : public ::testing::Test {
 protected:
  ServiceProviderTest() : server_([this](const HttpTestServer::Request& request) { return Answer(request); }) {}
  ~ServiceProviderTest() override {
    for (const char* name :
         {"OPENAI_API_KEY", "OPENAI_BASE_URL", "REM_DB_HTTP_TIMEOUT_SECONDS", "REM_DB_COHERE_URL", "CO_API_KEY"})
      unsetenv(name);
  }

  std::string Answer(const HttpTestServer::Request& request) {
    if (slow_) std::this_thread::sleep_for(std::chrono::milliseconds(400));
    const std::lock_guard lock(mutex_);
    if (!told_.empty()) {
      const std::string next = told_.front();
      told_.pop_front();
      return next;
    }
    const Document body = Document::FromJson(request.body);
    const DocumentView texts = *body.view().Find("input");
    std::string data;
    for (size_t i = texts.size(); i-- > 0;) {
      data += fmt::format("{}{{\"index\": {}, \"embedding\": [{}, 1]}}", data.empty() ? "" : ",", i,
                          texts.At(i).AsText().size());
    }
    return HttpTestServer::Response(200, "{\"data\": [" + data + "]}");
  }

  const EmbeddingProvider& Provider(const std::string& model = "m") {
    return RequireCompatibleProvider(fmt::format("{}{}/v1#{}@2", kCompatiblePrefix, server_.address(), model));
  }
  static std::vector<float> Embed(const EmbeddingProvider& provider, std::vector<std::string_view> texts,
                                  const EmbedOptions& options = {}) {
    std::vector<float> out(texts.size() * provider.dimension());
    provider.EmbedFor(texts, options, out.data());
    return out;
  }
  /// What one embedding fails of.
  EmbeddingFailure Failure(const EmbeddingProvider& provider, std::string_view text = "text") {
    try {
      Embed(provider, {text});
    } catch (const EmbeddingFailure& failure) {
      EXPECT_FALSE(failure.hint().empty());
      return failure;
    }
    ADD_FAILURE() << "it did not fail";
    return EmbeddingFailure(Kind::kFailed, Error(ErrorCode::kInternal, ""));
  }

  /// What the service answers next.
  void Tell(std::deque<std::string> answers) {
    const std::lock_guard lock(mutex_);
    told_ = std::move(answers);
  }

  std::mutex mutex_;
  std::deque<std::string> told_;
  std::atomic<bool> slow_{false};
  HttpTestServer server_;
};

TEST_F(ServiceProviderTest, VectorsComeInTheOrderOfTheTexts) {
  EXPECT_EQ(Embed(Provider(), {"a", "bbb", "  ", "cc"}), (std::vector<float>{1, 1, 3, 1, 0, 0, 2, 1}));
  ASSERT_EQ(server_.requests().size(), 1u);
  const HttpTestServer::Request request = server_.requests()[0];
  EXPECT_TRUE(request.head.starts_with("POST /v1/embeddings HTTP/1.1"));
  EXPECT_EQ(request.head.find("Authorization"), std::string::npos);
  EXPECT_EQ(Document::FromJson(request.body).view().Find("model")->AsText(), "m");
}

TEST_F(ServiceProviderTest, ManyTextsAreSeveralRequestsAndALongTextIsTheMeanOfItsPieces) {
  const std::string long_text = std::string(1000, 'x') + " " + std::string(500, 'y');
  std::vector<std::string_view> texts(200, "abcd");
  texts[77] = long_text;
  const std::vector<float> vectors = Embed(Provider("many"), texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    const float expected = i == 77 ? (1001.0f * 1001 + 500.0f * 500) / 1501 : 4;
    EXPECT_FLOAT_EQ(vectors[2 * i], expected) << i;
    EXPECT_FLOAT_EQ(vectors[2 * i + 1], 1);
  }
  EXPECT_EQ(server_.requests().size(), 3u);
}

TEST_F(ServiceProviderTest, WhatMayGoBetterIsTriedAgain) {
  for (const std::string& first : {HttpTestServer::Response(500, "{}"), HttpTestServer::Response(503, "no json"),
                                   std::string(), HttpTestServer::Response(429, "{}", "Retry-After: 1\r\n"),
                                   HttpTestServer::Response(429, "{}", "x-ratelimit-reset-requests: 30ms\r\n")}) {
    Tell({first});
    EXPECT_EQ(Embed(Provider("again"), {"abc"}), (std::vector<float>{3, 1}));
  }
}

TEST_F(ServiceProviderTest, FailuresSayWhoIsToBlame) {
  const auto fails = [&](int status, const std::string& body, const std::string& headers = {}) {
    Tell(std::deque<std::string>(3, HttpTestServer::Response(status, body, headers)));
    const EmbeddingFailure failure = Failure(Provider("blame" + std::to_string(status)));
    Tell({});
    return failure;
  };
  EXPECT_EQ(fails(400, R"({"error": {"message": "too long"}})").kind(), Kind::kRefused);
  EXPECT_NE(fails(400, R"({"error": {"message": "too long"}})").message().find("too long"), std::string::npos);
  EXPECT_EQ(fails(401, "").kind(), Kind::kUnavailable);
  EXPECT_EQ(fails(404, "").kind(), Kind::kUnavailable);
  EXPECT_EQ(fails(302, "", "Location: http://example.com/\r\n").kind(), Kind::kUnavailable);
  EXPECT_EQ(fails(500, "").kind(), Kind::kFailed);
  EXPECT_EQ(fails(502, "").kind(), Kind::kUnavailable);
  EXPECT_EQ(fails(200, "{not json").kind(), Kind::kFailed);
  EXPECT_EQ(fails(200, R"({"data": [{"embedding": [1, 2, 3]}]})").code(), ErrorCode::kDimensionMismatch);
  const EmbeddingFailure later = fails(429, "", "Retry-After: 90\r\n");
  EXPECT_EQ(later.kind(), Kind::kUnavailable);
  EXPECT_EQ(later.retry_after_ms(), 90'000);
  // It is not asked before.
  const size_t before = server_.requests().size();
  EXPECT_GT(Failure(Provider("blame429")).retry_after_ms(), 80'000);
  EXPECT_EQ(server_.requests().size(), before);
  EXPECT_EQ(Failure(Provider("binary"), "\xff\xfe text").kind(), Kind::kRefused);
  EXPECT_EQ(Failure(Provider("large"), std::string(2'000'000, 'x')).code(), ErrorCode::kLimitExceeded);
  EXPECT_EQ(Failure(RequireCompatibleProvider("openai-compatible:http://127.0.0.1:1#m@2")).code(), ErrorCode::kIo);
}

TEST_F(ServiceProviderTest, TheKeyIsSentAndNeverShown) {
  const EmbeddingProvider& provider = *FindServiceProvider("text-embedding-3-small");
  setenv("OPENAI_BASE_URL", (server_.address() + "/v1/").c_str(), 1);
  EXPECT_EQ(Failure(provider).code(), ErrorCode::kPermission);
  EXPECT_TRUE(server_.requests().empty());
  setenv("OPENAI_API_KEY", "sk-secret", 1);
  Tell({HttpTestServer::Response(401, R"({"error": {"message": "bad key sk-secret"}})")});
  EXPECT_EQ(std::string(Failure(provider).what()).find("sk-"), std::string::npos);
  Tell({HttpTestServer::Response(400, R"({"error": {"message": "odd key sk-secret"}})")});
  const EmbeddingFailure odd = Failure(provider);
  EXPECT_EQ(std::string(odd.what()).find("sk-secret"), std::string::npos);
  EXPECT_NE(std::string(odd.what()).find("odd key ***"), std::string::npos);
  EXPECT_NE(server_.requests()[0].head.find("Authorization: Bearer sk-secret"), std::string::npos);
}

TEST_F(ServiceProviderTest, ASlowServiceIsGivenUpAndACallCanBeCancelled) {
  slow_ = true;
  setenv("REM_DB_HTTP_TIMEOUT_SECONDS", "0.05", 1);
  EXPECT_EQ(Failure(Provider("slow")).code(), ErrorCode::kTimeout);
  unsetenv("REM_DB_HTTP_TIMEOUT_SECONDS");
  std::atomic<bool> cancelled{false};
  EmbedOptions options;
  options.cancelled = &cancelled;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    cancelled = true;
  });
  try {
    Embed(Provider("cancelled"), {"text"}, options);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  other.join();
}

TEST_F(ServiceProviderTest, TheDimensionIsAskedForOnce) {
  const std::string name = fmt::format("{}{}/v1#asked", kCompatiblePrefix, server_.address());
  EXPECT_EQ(FindServiceProvider(name), nullptr);
  const EmbeddingProvider& provider = RequireCompatibleProvider(name);
  EXPECT_EQ(provider.dimension(), 2u);
  EXPECT_EQ(provider.identity(), name + "@2");
  EXPECT_EQ(&RequireCompatibleProvider(name), &provider);
  EXPECT_EQ(FindProvider(name), &provider);
  EXPECT_EQ(server_.requests().size(), 1u);
}

}  // namespace
}  // namespace rem
