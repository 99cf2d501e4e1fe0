// The local encoder against tools/make_bert_fixture.py: one tiny model of each family with random weights, whose tokens
// and vectors that program computed from the papers.
#include <atomic>
#include <cmath>

#include <gtest/gtest.h>
#include <rem/document.h>
#include <rem/error.h>

#include "embedding/local/local_model.h"
#include "embedding/local/math_kernels.h"
#include "embedding/local/model_folder.h"

namespace rem {
namespace {

class EncoderFixtureTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return std::string(REM_TEST_DATA) + "/encoders/" + GetParam(); }
};

std::vector<float> EmbedOne(const LocalModel& model, std::string_view text,
                            LocalModel::LongTexts long_texts = LocalModel::LongTexts::kCut) {
  std::vector<float> vector(model.dimension());
  model.Embed({&text, 1}, long_texts, vector.data());
  return vector;
}

TEST_P(EncoderFixtureTest, TokensAndVectorsAreThoseOfTheReference) {
  const LocalModel model(folder());
  const Document file = RequireJsonFile(folder() + "/reference.json");
  const DocumentView items = *file.view().Find("items");
  ASSERT_GT(items.size(), 20U);
  size_t cut_texts = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string_view text = items.At(i).Find("text")->AsText();
    std::vector<uint32_t> ids, expected_ids;
    const bool cut = model.Tokenize(text, ids);
    cut_texts += cut;
    EXPECT_EQ(cut, items.At(i).Find("cut")->AsBool()) << text;
    const DocumentView numbers = *items.At(i).Find("ids");
    for (size_t t = 0; t < numbers.size(); ++t) expected_ids.push_back(static_cast<uint32_t>(numbers.At(t).AsInt()));
    EXPECT_EQ(ids, expected_ids) << text;
    const std::vector<float> vector = EmbedOne(model, text);
    const DocumentView expected = *items.At(i).Find("vector");
    ASSERT_EQ(vector.size(), expected.size());
    for (size_t d = 0; d < vector.size(); ++d) EXPECT_NEAR(vector[d], expected.At(d).AsDouble(), 1e-5) << text << d;
  }
  EXPECT_GT(cut_texts, 0U);
}

TEST_P(EncoderFixtureTest, ATextHasTheSameBitsWhateverIsEmbeddedWithIt) {
  const LocalModel model(folder());
  std::vector<std::string> texts;
  for (size_t i = 0; i < 150; ++i) {
    texts.push_back(i % 7 == 0 ? "" : std::string(i % 10, 'a') + " red apples " + std::string(i % 8, '1'));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> all(views.size() * model.dimension());
  EXPECT_EQ(model.Embed(views, LocalModel::LongTexts::kCut, all.data()), 0U);
  for (size_t i = 0; i < views.size(); ++i) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * model.dimension());
    EXPECT_EQ(EmbedOne(model, views[i]), std::vector<float>(begin, begin + model.dimension())) << texts[i];
  }
}

TEST_P(EncoderFixtureTest, EveryInstructionSetGivesTheSameVectors) {
  const LocalModelConfig config = ReadLocalModelConfig(folder());
  std::vector<uint32_t> ids;
  LocalModel(folder()).Tokenize("the red apples, one two three and now something that is longer", ids);
  const std::span<const uint32_t> text = ids;
  std::vector<float> first;
  for (const MathKernels* kernels : RunnableMathKernels()) {
    const Encoder encoder(config.shape, SafetensorsFile::Open(folder() + "/model.safetensors"), *kernels);
    std::vector<float> vector(config.shape.hidden);
    encoder.Encode({&text, 1}, Pooling::kMean, *Encoder::MakeScratch(), vector.data());
    if (first.empty()) first = vector;
    for (size_t d = 0; d < vector.size(); ++d) EXPECT_NEAR(vector[d], first[d], 1e-5) << kernels->name;
  }
}

TEST_P(EncoderFixtureTest, LongTextsAreCutOrAveraged) {
  const LocalModel model(folder());
  std::string head, tail;
  for (int i = 0; i < 28; ++i) head += "the ";
  for (int i = 0; i < 28; ++i) tail += "red ";
  const std::string both = head + tail;
  EXPECT_EQ(EmbedOne(model, both), EmbedOne(model, head));
  // Two halves of the same length: the mean of their vectors, before they are brought to length 1.
  const std::vector<float> average = EmbedOne(model, both, LocalModel::LongTexts::kAverage);
  EXPECT_NE(average, EmbedOne(model, head));
  EXPECT_EQ(EmbedOne(model, head, LocalModel::LongTexts::kAverage), EmbedOne(model, head));
  const std::string_view endless = both;
  std::string much;
  for (int i = 0; i < 40; ++i) much += endless;
  const std::string_view view = much;
  std::vector<float> vector(model.dimension());
  EXPECT_EQ(model.Embed({&view, 1}, LocalModel::LongTexts::kAverage, vector.data()), 1U);
  EXPECT_EQ(model.Embed({&endless, 1}, LocalModel::LongTexts::kAverage, vector.data()), 0U);
}

TEST_P(EncoderFixtureTest, ACallThatIsCancelledEnds) {
  const LocalModel model(folder());
  const std::vector<std::string_view> texts(1000, "the red apples");
  std::vector<float> vectors(texts.size() * model.dimension());
  std::atomic<bool> cancelled{false};
  model.Embed(texts, LocalModel::LongTexts::kCut, vectors.data(), &cancelled);
  cancelled = true;
  EXPECT_THROW(model.Embed(texts, LocalModel::LongTexts::kCut, vectors.data(), &cancelled), Error);
}

TEST_P(EncoderFixtureTest, AnyBytesAreAText) {
  const LocalModel model(folder());
  std::string binary;
  for (int i = 0; i < 2000; ++i) binary += static_cast<char>(i * 37 % 256);
  const std::string long_word(1u << 20, 'a'), brackets(1u << 20, '[');
  for (const std::string& text : {binary, long_word, brackets, std::string("\xff\xfe\x00", 3)}) {
    for (const float x : EmbedOne(model, text)) EXPECT_TRUE(std::isfinite(x));
  }
}

TEST_P(EncoderFixtureTest, AText10MegabytesLongIsCutAndCounted) {
  const LocalModel model(folder());
  std::string text;
  while (text.size() < 10'000'000) text += "the red apples ";
  const std::string_view view = text;
  std::vector<float> vector(model.dimension());
  EXPECT_EQ(model.Embed({&view, 1}, LocalModel::LongTexts::kCut, vector.data()), 1U);
  EXPECT_EQ(vector, EmbedOne(model, view.substr(0, 1500)));
  EXPECT_EQ(model.Embed({&view, 1}, LocalModel::LongTexts::kAverage, vector.data()), 1U);
  for (const float x : vector) EXPECT_TRUE(std::isfinite(x));
}

INSTANTIATE_TEST_SUITE_P(Families, EncoderFixtureTest, ::testing::Values("bert", "mpnet", "distilbert", "nomic"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace rem
