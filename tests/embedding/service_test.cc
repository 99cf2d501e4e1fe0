#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include <rem/document.h>

#include "embedding/service/http_client.h"
#include "embedding/service/long_text.h"
#include "embedding/service/service_api.h"
#include "embedding/service/service_key.h"
#include "embedding/service_provider.h"

namespace rem {
namespace {

TEST(ServiceTest, RateLimitsReadAsDurations) {
  EXPECT_EQ(ParseRateLimitMs("1s"), 1000);
  EXPECT_EQ(ParseRateLimitMs("6m0s"), 360'000);
  EXPECT_EQ(ParseRateLimitMs("120ms"), 120);
  EXPECT_EQ(ParseRateLimitMs("1.5s"), 1500);
  EXPECT_EQ(ParseRateLimitMs("1h2m3s"), 3'723'000);
  for (const char* bad : {"", "s", "1", "1x", "-1s", "1.2.3s", "99999999999999999s"})
    EXPECT_EQ(ParseRateLimitMs(bad), 0);
}

TEST(ServiceTest, LongTextsComeApartAtBlanksAndWholeCharacters) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "word" + std::to_string(i) + (i % 7 == 0 ? "\n" : " ");
  text += std::string(100, 'x');
  for (int i = 0; i < 50; ++i) text += "\xE2\x82\xAC";
  std::string joined;
  for (const std::string_view piece : SplitLongText(text, 64)) {
    EXPECT_LE(piece.size(), 64u);
    EXPECT_FALSE(piece.empty());
    EXPECT_NE(static_cast<unsigned char>(piece[0]) & 0xC0, 0x80);
    joined += piece;
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(SplitLongText("short", 64).size(), 1u);
  EXPECT_TRUE(SplitLongText("", 64).empty());
}

TEST(ServiceTest, BodiesAreWhatTheServicesDocument) {
  const std::string_view texts[] = {"a \"quoted\"\n text", "b"};
  const auto body = [&](ServiceProtocol protocol, TextUse use) {
    return Document::FromJson(EmbeddingBody(protocol, "m", texts, use)).ToJson();
  };
  EXPECT_EQ(
      body(ServiceProtocol::kOpenAi, TextUse::kDocument),
      Document::FromJson(R"({"model":"m","input":["a \"quoted\"\n text","b"],"encoding_format":"float"})").ToJson());
  EXPECT_EQ(body(ServiceProtocol::kCohere, TextUse::kQuery),
            Document::FromJson(R"({"model":"m","texts":["a \"quoted\"\n text","b"],"input_type":"search_query",
              "embedding_types":["float"],"truncate":"NONE"})")
                .ToJson());
}

TEST(ServiceTest, AnswersAreTakenInTheirOrderOrNotAtAll) {
  const auto read = [](std::string_view body, size_t texts = 2, uint32_t dimension = 2) {
    return ReadVectors(ServiceProtocol::kOpenAi, body, texts, dimension);
  };
  EXPECT_EQ(read(R"({"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2.5]}]})"),
            (std::vector<float>{1, 2.5, 3, 4}));
  EXPECT_EQ(ReadVectors(ServiceProtocol::kCohere, R"({"embeddings":{"float":[[1,2],[3,4]]}})", 2, 0),
            (std::vector<float>{1, 2, 3, 4}));
  for (const char* bad :
       {"", "null", "[]", "{}", R"({"data":{}})", R"({"data":[]})", R"({"data":[{"index":0,"embedding":[1,2]}]})",
        R"({"data":[{"index":0,"embedding":[1,2]},{"index":0,"embedding":[1,2]}]})",
        R"({"data":[{"index":0,"embedding":[1,2]},{"index":2,"embedding":[1,2]}]})",
        R"({"data":[{"index":0,"embedding":[1,2]},{"index":-1,"embedding":[1,2]}]})",
        R"({"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1]}]})",
        R"({"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,null]}]})",
        R"({"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,1e300]}]})", R"({"data":[1,2]})"}) {
    try {
      read(bad);
      ADD_FAILURE() << bad;
    } catch (const EmbeddingFailure& failure) {
      EXPECT_EQ(failure.kind(), EmbeddingFailure::Kind::kFailed);
      EXPECT_FALSE(failure.hint().empty());
    }
  }
  EXPECT_EQ(ReadServiceError(R"({"error":{"message":"bad\nthing"}})"), "bad thing");
  EXPECT_EQ(ReadServiceError(R"({"message":"bad"})"), "bad");
  EXPECT_EQ(ReadServiceError(R"({"error":"bad"})"), "bad");
  EXPECT_EQ(ReadServiceError("<html>"), "");
}

TEST(ServiceTest, KeysComeFromTheEnvironmentOrAFileAndAreNotShown) {
  const std::string_view names[] = {"REM_DB_TEST_KEY"};
  EXPECT_EQ(ReadServiceKey(names), "");
  setenv("REM_DB_TEST_KEY", " abc ", 1);
  EXPECT_EQ(ReadServiceKey(names), "abc");
  setenv("REM_DB_TEST_KEY", "secret\r\nHost: evil", 1);
  try {
    ReadServiceKey(names);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
  unsetenv("REM_DB_TEST_KEY");
  setenv("REM_DB_TEST_KEY_FILE", "/nonexistent/key", 1);
  EXPECT_THROW(ReadServiceKey(names), Error);
  unsetenv("REM_DB_TEST_KEY_FILE");
  EXPECT_EQ(WithoutKey("a key key b", "key"), "a *** *** b");
}

TEST(ServiceTest, NamesOfCompatibleModels) {
  const EmbeddingProvider* given = FindServiceProvider("openai-compatible:http://localhost:1/v1#a/b:c@77");
  ASSERT_NE(given, nullptr);
  EXPECT_EQ(given->dimension(), 77u);
  EXPECT_EQ(given->identity(), "openai-compatible:http://localhost:1/v1#a/b:c@77");
  EXPECT_EQ(given->name(), "openai-compatible:http://localhost:1/v1#a/b:c");
  EXPECT_FALSE(given->inline_on_insert());
  EXPECT_EQ(FindServiceProvider("openai-compatible:http://localhost:1/v1#a/b:c"), given);
  EXPECT_EQ(&StoredProvider(given->identity(), 77), given);
  for (const char* bad :
       {"openai-compatible:", "openai-compatible:http://x", "openai-compatible:file:///x#m",
        "openai-compatible:http://a:b@x#m", "openai-compatible:http://x#m@0", "openai-compatible:http://x#"})
    EXPECT_EQ(FindServiceProvider(bad), nullptr) << bad;
  EXPECT_EQ(FindProvider("openai:text-embedding-3-large")->dimension(), 3072u);
  EXPECT_EQ(FindProvider("cohere:embed-english-v3.0")->identity(), "embed-english-v3.0");
}

}  // namespace
}  // namespace rem
