// The local encoder against vectors that others computed. REM_REFERENCE_MODELS (environment, else CMake) is the folder
// of the models; a test whose model is not there is skipped.
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <rem/document.h>

#include "embedding/local/local_model.h"
#include "embedding/local/model_folder.h"

namespace rem {
namespace {

std::string ReferenceFolder(const std::string& model) {
  const char* given = std::getenv("REM_REFERENCE_MODELS");
  return std::string(given != nullptr ? given : REM_REFERENCE_MODELS) + "/" + model;
}

double LargestDifference(const std::vector<float>& vector, const DocumentView& expected) {
  EXPECT_EQ(vector.size(), expected.size());
  double largest = 0;
  for (size_t d = 0; d < vector.size(); ++d) {
    largest = std::max(largest, std::abs(expected.At(d).AsDouble() - double{vector[d]}));
  }
  return largest;
}

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// One of the texts has a NUL character, which documents do not hold: another one stands for it.
Document ReadReferences(const std::string& path, const std::string& stand_in) {
  const std::optional<std::string> text = ReadSmallFile(path);
  EXPECT_EQ(text->find(stand_in), std::string::npos);
  return Document::FromJson(Replaced(*text, "\\u0000", stand_in));
}

TEST(ReferenceModelTest, TokensAndVectorsAreThoseOfTheReference) {
  const std::string folder = ReferenceFolder("bert-tiny-random");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no model with reference vectors in " << folder;
  const LocalModel model(folder);
  EXPECT_EQ(model.config().max_tokens, 256U);
  const std::string stand_in = "\uf8ff";
  const Document file = ReadReferences(folder + "/reference_embeddings.json", stand_in);
  const DocumentView items = *file.view().Find("items");
  ASSERT_GT(items.size(), 50U);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string with_nul = Replaced(std::string(items.At(i).Find("text")->AsText()), stand_in, {"\0", 1});
    const std::string_view text = with_nul;
    const DocumentView expected = *items.At(i).Find("ids");
    std::vector<uint32_t> ids;
    const bool cut = model.Tokenize(text, ids);
    EXPECT_EQ(cut, items.At(i).Find("n_tokens_untruncated")->AsInt() > 256) << text;
    std::vector<uint32_t> expected_ids;
    for (size_t t = 0; t < expected.size(); ++t) expected_ids.push_back(static_cast<uint32_t>(expected.At(t).AsInt()));
    EXPECT_EQ(ids, expected_ids) << text;
    std::vector<float> vector(model.dimension());
    model.Embed({&text, 1}, LocalModel::LongTexts::kCut, vector.data());
    EXPECT_LT(LargestDifference(vector, *items.At(i).Find("embedding")), 1e-5) << text;
  }
}

class ReducedPrecisionTest : public ::testing::TestWithParam<EncoderPrecision> {};

TEST_P(ReducedPrecisionTest, StaysNearTheReferenceAndATextIsTheSameInAnyBatch) {
  const std::string folder = ReferenceFolder("bert-tiny-random");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no model with reference vectors in " << folder;
  const LocalModel model(folder, GetParam());
  const std::string stand_in = "\uf8ff";
  const Document file = ReadReferences(folder + "/reference_embeddings.json", stand_in);
  const DocumentView items = *file.view().Find("items");
  std::vector<std::string> texts;
  for (size_t i = 0; i < items.size(); ++i)
    texts.push_back(Replaced(std::string(items.At(i).Find("text")->AsText()), stand_in, {"\0", 1}));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const size_t dimension = model.dimension();
  std::vector<float> all(texts.size() * dimension), one(dimension);
  model.Embed(views, LocalModel::LongTexts::kCut, all.data());
  double least = 1, sum = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    model.Embed({&views[i], 1}, LocalModel::LongTexts::kCut, one.data());
    EXPECT_TRUE(std::equal(one.begin(), one.end(), all.begin() + static_cast<std::ptrdiff_t>(i * dimension))) << i;
    const DocumentView expected = *items.At(i).Find("embedding");
    double cosine = 0;
    for (size_t d = 0; d < dimension; ++d) cosine += double{one[d]} * expected.At(d).AsDouble();
    least = std::min(least, cosine);
    sum += cosine;
  }
  const double mean = sum / static_cast<double>(texts.size());
  RecordProperty("cosine", std::to_string(least) + " at least, " + std::to_string(mean) + " on average");
  // So few dimensions average little of the rounding out; with those of published encoders less of it is left.
  const bool bytes = GetParam() == EncoderPrecision::kInt8;
  EXPECT_GT(least, bytes ? 0.99 : 0.9998);
  EXPECT_GT(mean, bytes ? 0.997 : 0.9999);
}

INSTANTIATE_TEST_SUITE_P(Precisions, ReducedPrecisionTest,
                         ::testing::Values(EncoderPrecision::kInt8, EncoderPrecision::kBf16),
                         [](const auto& info) { return std::string(PrecisionName(info.param)); });

// The publisher's vectors: the weights are the user's to bring.
TEST(ReferenceModelTest, MiniLmGivesThePublishedVectors) {
  const std::string folder = ReferenceFolder("all-MiniLM-L6-v2-metadata");
  if (!std::filesystem::exists(folder + "/model.safetensors")) {
    GTEST_SKIP() << "put model.safetensors of sentence-transformers/all-MiniLM-L6-v2 into " << folder;
  }
  const LocalModel model(folder);
  EXPECT_EQ(model.config().max_tokens, 256U);
  const Document file = RequireJsonFile(folder + "/public_reference_embeddings.json");
  const DocumentView items = *file.view().Find("items");
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string_view text = items.At(i).Find("encoder_input")->AsText();
    std::vector<float> vector(model.dimension());
    model.Embed({&text, 1}, LocalModel::LongTexts::kCut, vector.data());
    // Who published them does not say with which version of which library.
    EXPECT_LT(LargestDifference(vector, *items.At(i).Find("embedding")), 1e-3) << text;
  }
}

}  // namespace
}  // namespace rem
