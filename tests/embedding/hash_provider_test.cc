#include "embedding/hash_provider.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/hash.h"
#include "embedding/provider.h"

namespace rem {
namespace {

std::vector<float> Embed(std::string_view text) {
  std::vector<float> vector(HashProvider::kDimension, 99.0f);
  HashProvider().Embed({&text, 1}, vector.data());
  return vector;
}

double Cosine(std::string_view a, std::string_view b) {
  const std::vector<float> x = Embed(a), y = Embed(b);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += static_cast<double>(x[i]) * y[i];
  return sum;
}

double Length(const std::vector<float>& vector) {
  double sum = 0;
  for (const float x : vector) sum += static_cast<double>(x) * x;
  return std::sqrt(sum);
}

TEST(HashProviderTest, IsFoundByNameAndDescribesItself) {
  const EmbeddingProvider* provider = FindProvider("hash");
  ASSERT_NE(provider, nullptr);
  EXPECT_EQ(provider->name(), "hash");
  EXPECT_EQ(provider->dimension(), 256u);
  EXPECT_TRUE(provider->normalised());
  EXPECT_NE(provider->description().find("not meaning"), std::string_view::npos);
  EXPECT_EQ(provider->identity(), "hash");
}

// Stored vectors are compared with new ones, so these numbers never change under the name "hash".
TEST(HashProviderTest, GivesTheSameBitsEverywhere) {
  const std::vector<float> vector = Embed("Émile shrinks 3 photos, and photos of the 日本語 page.");
  EXPECT_EQ(vector[0], -0.00849780906f);
  EXPECT_EQ(vector[5], -0.0590764955f);
  EXPECT_EQ(vector[255], -0.0985249728f);
  EXPECT_EQ(Hash64({reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)}),
            4243447867420947341u);
}

TEST(HashProviderTest, VectorsHaveLengthOne) {
  for (const char* text : {"a", "photo", "the quick brown fox jumps over the lazy dog", "日", "Ünïcödé", "x y z"}) {
    EXPECT_NEAR(Length(Embed(text)), 1.0, 1e-5) << text;
  }
}

TEST(HashProviderTest, TextWithoutWordsIsTheZeroVector) {
  for (const char* text : {"", "   ", "\n\t", "... !?", "—“”…", "\xcc\x81"}) {
    EXPECT_EQ(Embed(text), std::vector<float>(256, 0.0f)) << text;
  }
}

TEST(HashProviderTest, SharedWordsAreNearerThanOthers) {
  EXPECT_GT(Cosine("photo", "photos shrink"), Cosine("photo", "database") + 0.3);
  EXPECT_GT(Cosine("shrink photos on the command line", "utility to compress JPEG photos from the command line"),
            Cosine("shrink photos on the command line", "relational database server for the web and the cloud") + 0.3);
}

TEST(HashProviderTest, WordFormsMeet) {
  for (const auto& [a, b] : {std::pair{"resize", "resizing"},
                             {"photo", "photos"},
                             {"box", "boxes"},
                             {"library", "libraries"},
                             {"shrink", "shrinking"},
                             {"compress", "compressed"},
                             {"run", "running"}}) {
    EXPECT_GT(Cosine(a, b), 0.25) << a << " " << b;
  }
}

TEST(HashProviderTest, WordPartsMeet) { EXPECT_GT(Cosine("postgresql", "postgresq"), 0.2); }

TEST(HashProviderTest, StopWordsCountLittle) {
  EXPECT_GT(Cosine("the photo of the year", "photo year"), 0.9);
  EXPECT_LT(Cosine("the photo of the house", "the server of the bank"), 0.3);
}

TEST(HashProviderTest, RepeatedWordsCountLessThanLinearly) {
  EXPECT_GT(Cosine("cat dog", "cat cat cat cat cat dog"), 0.8);
  EXPECT_LT(Cosine("cat dog", "cat cat cat cat cat dog"), 0.999);
}

TEST(HashProviderTest, CaseAccentsAndPunctuationDoNotMatter) {
  EXPECT_EQ(Embed("Émile's CAFÉ!"), Embed("emiles cafe"));
  EXPECT_EQ(Embed("E\xcc\x81mile"), Embed("émile"));
  EXPECT_EQ(Embed("ΆΛΦΑ Ёлка"), Embed("αλφα елка"));
}

TEST(HashProviderTest, ManyTextsAtOnceAreTheSameAsOneByOne) {
  const std::vector<std::string_view> texts = {"first text", "", "second, longer text about photos", "first text"};
  std::vector<float> all(texts.size() * 256);
  HashProvider().Embed(texts, all.data());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(std::vector<float>(all.begin() + 256 * i, all.begin() + 256 * (i + 1)), Embed(texts[i])) << i;
  }
}

TEST(HashProviderTest, AllOfALongTextCounts) {
  std::string half;
  for (int i = 0; half.size() < HashProvider::kPieceBytes * 3 / 4; ++i) half += "word" + std::to_string(i % 5000) + " ";
  const std::string other = "quite different things are said here ";
  // The same words as often: it does not matter in which piece they stand.
  const std::vector<float> vector = Embed(half + other + half + other + half);
  EXPECT_NEAR(Length(vector), 1.0, 1e-5);
  EXPECT_EQ(Embed(half + half + half + other + other), vector);
  EXPECT_NE(Embed(half + half + half), vector);
  std::string words, twice;
  for (int i = 0; i < 3; ++i) words += other + std::string(HashProvider::kPieceBytes / 2, ' ');
  for (int i = 0; i < 3; ++i) twice += other;
  EXPECT_EQ(Embed(words), Embed(twice));
}

TEST(HashProviderTest, AText10MegabytesLongIsEmbedded) {
  std::string text;
  for (uint64_t i = 0; text.size() < 10'000'000; ++i) text += std::to_string(i * 0x9e3779b97f4a7c15) + " ";
  EXPECT_NEAR(Length(Embed(text)), 1.0, 1e-5);
}

TEST(HashProviderTest, OneEndlessWordIsAWord) {
  const std::string blob(HashProvider::kPieceBytes, 'x');
  EXPECT_NEAR(Length(Embed(blob)), 1.0, 1e-5);
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "ж";
  EXPECT_NEAR(Length(Embed(wide)), 1.0, 1e-5);
}

TEST(HashProviderTest, AWordRepeatedAMillionTimesDoesNotOverflow) {
  std::string text;
  while (text.size() < HashProvider::kPieceBytes) text += "a b ";
  EXPECT_NEAR(Length(Embed(text)), 1.0, 1e-5);
}

TEST(HashProviderTest, AnyBytesAreTaken) {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>(i * 167 + i / 256));
  EXPECT_NEAR(Length(Embed(bytes)), 1.0, 1e-5);
  for (const std::string_view cut : {"\xe4", "\xe4\xb8", "\xf0\x9f\x98", "\xff\xff\xff", "abc\xc3"}) {
    const double length = Length(Embed(cut));
    EXPECT_TRUE(length == 0 || std::abs(length - 1) < 1e-5) << length;
  }
}

}  // namespace
}  // namespace rem
