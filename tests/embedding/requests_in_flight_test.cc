#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "embedding/fake_service.h"
#include "embedding/service/request_gate.h"
#include "embedding/service_provider.h"

namespace rem {
namespace {

using Kind = EmbeddingFailure::Kind;
using std::chrono::milliseconds;

constexpr size_t kTextsOfRequest = 96;

std::vector<std::string> Texts(size_t count) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(std::string(1 + i % 50, static_cast<char>('a' + i % 26)));
  return texts;
}

/// What became of each text.
struct Outcome {
  std::vector<float> vectors;
  std::vector<int> reports;
  std::vector<std::optional<EmbeddingFailure>> failures;
};

Outcome EmbedEach(const EmbeddingProvider& provider, const std::vector<std::string>& texts,
                  const EmbedOptions& options = {}) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  Outcome outcome;
  outcome.vectors.resize(texts.size() * provider.dimension());
  outcome.reports.resize(texts.size());
  outcome.failures.resize(texts.size());
  provider.EmbedEach(views, options, outcome.vectors.data(),
                     [&](size_t begin, size_t end, const EmbeddingFailure* failure) {
                       for (size_t i = begin; i < end; ++i) {
                         ++outcome.reports[i];
                         if (failure != nullptr) outcome.failures[i] = *failure;
                       }
                       return true;
                     });
  return outcome;
}

/// Every text was reported once, and those that did not fail have their vectors.
void Check(const Outcome& outcome, const std::vector<std::string>& texts) {
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(outcome.reports[i], 1) << i;
    if (outcome.failures[i]) continue;
    const std::vector<float> vector = FakeService::VectorOf(texts[i]);
    ASSERT_EQ(outcome.vectors[2 * i], vector[0]) << i;
    ASSERT_EQ(outcome.vectors[2 * i + 1], vector[1]) << i;
  }
}

class RequestsInFlightTest : public ::testing::Test {
 protected:
  ~RequestsInFlightTest() override { unsetenv("REM_DB_HTTP_REQUESTS"); }
};

TEST_F(RequestsInFlightTest, FourRequestsAreUnderWayAndTheOrderIsKept) {
  FakeService* at = nullptr;
  // The first four are answered when all of them are there, the first one last.
  FakeService service([&](size_t number, const DocumentView&) {
    EXPECT_TRUE(number >= 4 || at->AwaitTogether(4));
    if (number == 0) std::this_thread::sleep_for(milliseconds(50));
    return std::string();
  });
  at = &service;
  const std::vector<std::string> texts = Texts(10 * kTextsOfRequest + 7);
  Check(EmbedEach(RequireProvider(service.Provider("four")), texts), texts);
  EXPECT_EQ(service.most_together(), 4u);
  EXPECT_EQ(service.requests(), 11u);
}

TEST_F(RequestsInFlightTest, TheirNumberCanBeChosen) {
  setenv("REM_DB_HTTP_REQUESTS", "2", 1);
  FakeService* at = nullptr;
  FakeService service([&](size_t number, const DocumentView&) {
    EXPECT_TRUE(number >= 2 || at->AwaitTogether(2));
    std::this_thread::sleep_for(milliseconds(5));
    return std::string();
  });
  at = &service;
  const std::vector<std::string> texts = Texts(8 * kTextsOfRequest);
  Check(EmbedEach(RequireProvider(service.Provider("two")), texts), texts);
  EXPECT_EQ(service.most_together(), 2u);
}

TEST_F(RequestsInFlightTest, CallsOfOneModelShareThePlaces) {
  FakeService service([](size_t, const DocumentView&) {
    std::this_thread::sleep_for(milliseconds(10));
    return std::string();
  });
  const EmbeddingProvider& provider = RequireProvider(service.Provider("shared"));
  const std::vector<std::string> texts = Texts(6 * kTextsOfRequest);
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) callers.emplace_back([&] { Check(EmbedEach(provider, texts), texts); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_LE(service.most_together(), 4u);
}

TEST_F(RequestsInFlightTest, ABadTextFailsItsOwnRequestOnly) {
  FakeService service;
  std::vector<std::string> texts = Texts(5 * kTextsOfRequest);
  texts[2 * kTextsOfRequest + 5] = "refuse this";
  texts[7] = std::string(2'000'000, 'x');
  texts[8] = "  ";
  const Outcome outcome = EmbedEach(RequireProvider(service.Provider("bad")), texts);
  size_t refused = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(outcome.reports[i], 1) << i;
    if (i == 8) continue;
    if (outcome.failures[i]) {
      ++refused;
      EXPECT_EQ(outcome.failures[i]->kind(), Kind::kRefused);
    } else {
      EXPECT_EQ(outcome.vectors[2 * i], FakeService::VectorOf(texts[i])[0]) << i;
    }
  }
  EXPECT_EQ(refused, kTextsOfRequest + 1);
  EXPECT_TRUE(outcome.failures[7]);
  EXPECT_TRUE(outcome.failures[2 * kTextsOfRequest + 5]);
  EXPECT_FALSE(outcome.failures[8]);
  EXPECT_EQ(outcome.vectors[2 * 8 + 1], 0);
}

TEST_F(RequestsInFlightTest, ALongTextOfSeveralRequestsHasOneVectorWhateverComesFirst) {
  std::vector<std::string> texts = Texts(3);
  for (int i = 0; i < 250; ++i) texts[1] += std::string(900 + i, static_cast<char>('a' + i % 26)) + " ";
  std::vector<float> first;
  for (int run = 0; run < 2; ++run) {
    FakeService service([run](size_t number, const DocumentView&) {
      if ((number == 0) == (run == 0)) std::this_thread::sleep_for(milliseconds(30));
      return std::string();
    });
    const Outcome outcome = EmbedEach(RequireProvider(service.Provider("long")), texts);
    EXPECT_EQ(outcome.reports, (std::vector<int>{1, 1, 1}));
    EXPECT_FALSE(outcome.failures[1]);
    EXPECT_GT(service.requests(), 2u);
    if (run == 0) first = outcome.vectors;
    EXPECT_EQ(outcome.vectors, first);
  }
}

TEST_F(RequestsInFlightTest, WhatFailsOnceIsTriedAgainAndWrongAnswersFailAlone) {
  FakeService service([](size_t number, const DocumentView&) -> std::string {
    if (number == 0) return HttpTestServer::Response(429, "{}", "retry-after-ms: 80\r\n");
    if (number == 1) return HttpTestServer::Response(500, "{}");
    if (number == 2) return HttpTestServer::Response(200, R"({"data": [{"embedding": [1, 2]}]})");
    return {};
  });
  const std::vector<std::string> texts = Texts(8 * kTextsOfRequest);
  const Outcome outcome = EmbedEach(RequireProvider(service.Provider("trouble")), texts);
  Check(outcome, texts);
  size_t failed = 0;
  for (const auto& failure : outcome.failures) {
    if (!failure) continue;
    ++failed;
    EXPECT_EQ(failure->kind(), Kind::kFailed);
  }
  EXPECT_EQ(failed, kTextsOfRequest);
  EXPECT_EQ(service.requests(), 10u);
}

TEST_F(RequestsInFlightTest, AServiceThatTakesNoMoreIsSentNoMore) {
  FakeService* at = nullptr;
  FakeService service([&](size_t number, const DocumentView&) -> std::string {
    EXPECT_TRUE(at->AwaitTogether(4));
    if (number == 1) return HttpTestServer::Response(429, "{}", "Retry-After: 90\r\n");
    std::this_thread::sleep_for(milliseconds(60));
    return {};
  });
  at = &service;
  const std::vector<std::string> texts = Texts(10 * kTextsOfRequest);
  const Outcome outcome = EmbedEach(RequireProvider(service.Provider("quota")), texts);
  Check(outcome, texts);
  size_t failed = 0;
  for (const auto& failure : outcome.failures) {
    if (!failure) continue;
    ++failed;
    EXPECT_EQ(failure->kind(), Kind::kUnavailable);
    EXPECT_GT(failure->retry_after_ms(), 80'000);
  }
  // Three that were under way are answered; the others are not sent.
  EXPECT_EQ(failed, 7 * kTextsOfRequest);
  EXPECT_EQ(service.requests(), 4u);
}

TEST_F(RequestsInFlightTest, ACancelledCallLeavesItsPlacesToOthers) {
  std::atomic<bool> slow{true};
  FakeService service([&](size_t, const DocumentView&) {
    for (int i = 0; slow && i < 2000; ++i) std::this_thread::sleep_for(milliseconds(5));
    return std::string();
  });
  const EmbeddingProvider& provider = RequireProvider(service.Provider("cancel"));
  const std::vector<std::string> texts = Texts(6 * kTextsOfRequest);
  std::atomic<bool> cancelled{false};
  std::thread other([&] {
    service.AwaitTogether(4);
    cancelled = true;
  });
  try {
    EmbedEach(provider, texts, {.cancelled = &cancelled});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  other.join();
  slow = false;
  Check(EmbedEach(provider, texts), texts);
}

TEST_F(RequestsInFlightTest, ASinkEndsTheCall) {
  FakeService service;
  const EmbeddingProvider& provider = RequireProvider(service.Provider("sink"));
  const std::vector<std::string> texts = Texts(20 * kTextsOfRequest);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> vectors(2 * texts.size());
  int reports = 0;
  provider.EmbedEach(views, {}, vectors.data(), [&](size_t, size_t, const EmbeddingFailure*) { return ++reports < 2; });
  EXPECT_EQ(reports, 2);
  EXPECT_LT(service.requests(), 20u);
  Check(EmbedEach(provider, texts), texts);
}

TEST(RequestGateTest, KeepsWhatTheServiceAsksFor) {
  RequestGate gate;
  const RequestGate::Clock::time_point start = RequestGate::Clock::now();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(gate.Enter(start, 4, false).granted);
  EXPECT_FALSE(gate.Enter(start, 4, false).granted);
  EXPECT_EQ(gate.Enter(start, 4, false).wait_ms, 0);
  EXPECT_TRUE(gate.Enter(start, 4, true).granted);  // A question waits for no place.
  gate.Exit(start, start, {.answered = true});
  // Two requests are left until a second has passed.
  gate.Exit(start, start, {.answered = true, .remaining_requests = 2, .reset_ms = 1000});
  EXPECT_FALSE(gate.Enter(start, 4, false).granted);
  gate.Exit(start, start, {.answered = true});
  gate.Exit(start, start, {.answered = true});
  EXPECT_TRUE(gate.Enter(start, 4, false).granted);
  EXPECT_FALSE(gate.Enter(start, 4, false).granted);
  EXPECT_TRUE(gate.Enter(start + milliseconds(1000), 4, false).granted);
  gate.Exit(start, start, {.answered = true, .wait_ms = 500});
  EXPECT_NEAR(gate.Enter(start, 4, false).wait_ms, 500, 1);
  EXPECT_FALSE(gate.Enter(start + milliseconds(499), 4, true).granted);
  EXPECT_TRUE(gate.Enter(start + milliseconds(500), 4, true).granted);
}

TEST(RequestGateTest, HalvesItsRequestsWhenRefusedAndComesBack) {
  RequestGate gate;
  RequestGate::Clock::time_point now = RequestGate::Clock::now();
  const auto together = [&] {
    size_t count = 0;
    while (gate.Enter(now, 8, false).granted) ++count;
    return count;
  };
  ASSERT_EQ(together(), 8u);
  // All eight are refused; they were under way together, so it counts once.
  for (int i = 0; i < 8; ++i) gate.Exit(now + milliseconds(i + 1), now, {.overloaded = true});
  EXPECT_EQ(together(), 0u);
  now += milliseconds(300);
  EXPECT_EQ(together(), 4u);
  gate.Exit(now, now, {.overloaded = true});
  for (int i = 0; i < 3; ++i) gate.Exit(now, now - milliseconds(1), {.answered = true});
  now += milliseconds(600);
  EXPECT_EQ(together(), 2u);
  for (size_t round = 2; round < 8; ++round) {
    for (size_t i = 0; i < round; ++i) gate.Exit(now, now, {.answered = true});
    EXPECT_EQ(together(), round + 1);
  }
}

}  // namespace
}  // namespace rem
