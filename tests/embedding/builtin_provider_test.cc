#include "embedding/builtin_provider.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <rem/error.h>
#include <unistd.h>

#include "embedding/model_file.h"

namespace rem {
namespace {

std::vector<float> Embed(std::string_view text) {
  std::vector<float> vector(BuiltinProvider::kDimension);
  FindProvider("builtin")->Embed({&text, 1}, vector.data());
  return vector;
}

double Cosine(std::string_view a, std::string_view b) {
  const std::vector<float> x = Embed(a), y = Embed(b);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += double{x[i]} * y[i];
  return sum;
}

TEST(BuiltinProviderTest, VectorsHaveLengthOne) {
  for (const char* text : {"a", "photo", "the quick brown fox jumps over the lazy dog", "日本語", "Ünïcödé", "xqzzy"}) {
    EXPECT_NEAR(Cosine(text, text), 1, 1e-5) << text;
  }
  EXPECT_EQ(Embed(""), std::vector<float>(BuiltinProvider::kDimension, 0));
}

TEST(BuiltinProviderTest, RelatedWordsAreNearWithoutSharedLetters) {
  EXPECT_GT(Cosine("shrink photos on the command line", "utility to compress JPEG images"),
            Cosine("shrink photos on the command line", "relational database server for the web") + 0.2);
  EXPECT_GT(Cosine("my car broke down", "automobile repair"),
            Cosine("my car broke down", "chocolate cake recipe") + 0.2);
  EXPECT_GT(Cosine("doctor", "physician"), Cosine("doctor", "guitar") + 0.2);
}

TEST(BuiltinProviderTest, WordsOfOtherLanguagesFindThemselves) {
  EXPECT_GT(Cosine("東京の天気", "明日の東京の天気"), Cosine("東京の天気", "寿司のレシピ") + 0.2);
}

TEST(BuiltinProviderTest, ManyTextsAtOnceAreTheSameAsOneByOne) {
  const std::vector<std::string_view> texts = {"first text", "", "second, longer text about photos", "first text"};
  std::vector<float> all(texts.size() * BuiltinProvider::kDimension);
  FindProvider("builtin")->Embed(texts, all.data());
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * BuiltinProvider::kDimension);
    EXPECT_EQ(std::vector<float>(begin, begin + BuiltinProvider::kDimension), Embed(texts[i])) << i;
  }
}

TEST(BuiltinProviderTest, ThreadsThatLoadAtOnceGetTheSameVectors) {
  const BuiltinProvider provider;
  const std::string_view text = "red apples";
  std::vector<std::vector<float>> vectors(4, std::vector<float>(BuiltinProvider::kDimension));
  std::vector<std::thread> threads;
  for (auto& vector : vectors) threads.emplace_back([&] { provider.Embed({&text, 1}, vector.data()); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& vector : vectors) EXPECT_EQ(vector, Embed(text));
}

class ModelFileTest : public ::testing::Test {
 protected:
  ModelFileTest() : folder_(std::filesystem::temp_directory_path() / ("rem_models_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    setenv("REM_DB_MODELS", folder_.c_str(), 1);
  }
  ~ModelFileTest() override {
    unsetenv("REM_DB_MODELS");
    std::filesystem::remove_all(folder_);
  }
  static ErrorCode Load() {
    try {
      BuiltinProvider().model();
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint().empty());
      return error.code();
    }
    return ErrorCode::kInternal;
  }
  void Write(const StaticModelParts& parts) {
    std::ofstream(folder_ / "builtin-1.model", std::ios::binary) << EncodeStaticModel(parts);
  }
  std::filesystem::path folder_;
};

TEST_F(ModelFileTest, AMissingFileNamesThePlacesSearched) {
  try {
    BuiltinProvider().model();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(error.hint().find((folder_ / "builtin-1.model").string()), std::string::npos) << error.hint();
  }
}

TEST_F(ModelFileTest, AnotherModelUnderTheNameIsRefused) {
  StaticModelParts parts{"builtin", 1,        BuiltinProvider::kDimension,
                         0,         {"word"}, std::vector<float>(BuiltinProvider::kDimension, 1)};
  Write(parts);
  const BuiltinProvider provider;
  EXPECT_EQ(provider.model().token_count(), 1u);
  parts.version = 2;
  Write(parts);
  EXPECT_EQ(Load(), ErrorCode::kFormatVersion);
  parts = {"builtin", 1, 32, 0, {"word"}, std::vector<float>(32, 1)};
  Write(parts);
  EXPECT_EQ(Load(), ErrorCode::kFormatVersion);
  std::ofstream(folder_ / "builtin-1.model") << std::string(1000, 'x');
  EXPECT_EQ(Load(), ErrorCode::kCorruption);
}

TEST_F(ModelFileTest, AFailedLoadIsTriedAgain) {
  const BuiltinProvider provider;
  EXPECT_THROW(provider.model(), Error);
  Write({"builtin", 1, BuiltinProvider::kDimension, 0, {"word"}, std::vector<float>(BuiltinProvider::kDimension, 1)});
  EXPECT_EQ(provider.model().token(0), "word");
}

}  // namespace
}  // namespace rem
