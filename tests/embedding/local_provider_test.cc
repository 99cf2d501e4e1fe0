#include "embedding/local_provider.h"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <rem/error.h>

#include "embedding/local/model_store.h"
#include "model_copy.h"

namespace rem {
namespace {

class LocalProviderTest : public ::testing::Test {
 protected:
  LocalProviderTest()
      : models_(std::filesystem::path(::testing::TempDir()) / ("rem_local_models_" + std::to_string(getpid()))) {
    if (const char* before = std::getenv("REM_DB_LOCAL_MODELS"); before != nullptr) before_ = before;
    std::filesystem::remove_all(models_);
    setenv("REM_DB_LOCAL_MODELS", models_.c_str(), 1);
  }
  ~LocalProviderTest() override {
    if (before_.empty()) {
      unsetenv("REM_DB_LOCAL_MODELS");
    } else {
      setenv("REM_DB_LOCAL_MODELS", before_.c_str(), 1);
    }
    std::filesystem::remove_all(models_);
  }

  ModelManifest Add(const std::string& name, const std::string& model = "bert") {
    ModelAddition addition;
    addition.name = name;
    return ModelStore().AddFolder(std::string(REM_TEST_DATA) + "/encoders/" + model, addition);
  }

  /// A model that was loaded once stays in the process: tests of loading have names of their own.
  static std::vector<float> Embed(const EmbeddingProvider& provider, std::string_view text) {
    std::vector<float> vector(provider.dimension());
    provider.Embed({&text, 1}, vector.data());
    return vector;
  }

  template <typename Call>
  static Error ErrorOf(const Call& call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint().empty()) << error.what();
      return error;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorCode::kInternal, "none");
  }

  std::filesystem::path models_;
  std::string before_;
};

TEST_F(LocalProviderTest, AnAddedModelIsAProvider) {
  EXPECT_EQ(FindProvider("local:tiny"), nullptr);
  const ModelManifest manifest = Add("tiny");
  const EmbeddingProvider& provider = RequireProvider("local:tiny");
  EXPECT_EQ(provider.name(), "local:tiny");
  EXPECT_EQ(provider.identity(), manifest.Identity());
  EXPECT_EQ(provider.dimension(), 20U);
  EXPECT_TRUE(provider.normalised());
  EXPECT_EQ(&RequireProvider(provider.identity()), &provider);
  EXPECT_EQ(&StoredProvider(provider.identity(), 20), &provider);
  EXPECT_EQ(ProviderNames(), (std::vector<std::string>{"builtin", "hash", "local:tiny"}));
  const LocalModel model(std::string(REM_TEST_DATA) + "/encoders/bert");
  const std::string_view text = "the red apples";
  std::vector<float> expected(20);
  model.Embed({&text, 1}, LocalModel::LongTexts::kCut, expected.data());
  EXPECT_EQ(Embed(provider, text), expected);
}

TEST_F(LocalProviderTest, TheSameModelAgainIsFineAndAnotherOneIsNot) {
  const std::string identity = Add("tiny").Identity();
  EXPECT_EQ(Add("tiny").Identity(), identity);
  EXPECT_EQ(ErrorOf([&] { Add("tiny", "mpnet"); }).code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(ModelStore().List().size(), 1U);
  // Nothing is left of what was not added.
  size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(models_)) folders += entry.is_directory();
  EXPECT_EQ(folders, 1U);
}

TEST_F(LocalProviderTest, AKnownModelIsFoundByItsPublishersName) {
  Add("all-MiniLM-L6-v2");
  for (const char* name : {"all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2", "local:all-MiniLM-L6-v2"}) {
    EXPECT_EQ(RequireProvider(name).name(), "local:all-MiniLM-L6-v2") << name;
  }
}

TEST_F(LocalProviderTest, VectorsOfAnotherModelAreNeverMixedIn) {
  const std::string first = Add("mixed").Identity();
  ASSERT_TRUE(ModelStore().Remove("mixed"));
  EXPECT_FALSE(ModelStore().Remove("mixed"));
  const EmbeddingProvider& stored = StoredProvider(first, 20);
  EXPECT_EQ(ErrorOf([&] { Embed(stored, "text"); }).code(), ErrorCode::kNotFound);
  const std::string second = Add("mixed", "mpnet").Identity();
  EXPECT_NE(first, second);
  const Error error = ErrorOf([&] { Embed(stored, "text"); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_NE(error.message().find(second), std::string::npos) << error.what();
  EXPECT_EQ(RequireProvider("local:mixed").identity(), second);
  // When the first model is back, the provider that tables hold works.
  ASSERT_TRUE(ModelStore().Remove("mixed"));
  Add("mixed");
  EXPECT_EQ(Embed(stored, "text").size(), 20U);
}

TEST_F(LocalProviderTest, FilesThatChangedAreFoundOut) {
  const std::string identity = Add("changed").Identity();
  const std::filesystem::path weights = models_ / "changed/model.safetensors";
  std::fstream file(weights, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-1, std::ios::end);
  file.put('\x55');
  file.close();
  const Error error = ErrorOf([&] { Embed(StoredProvider(identity, 20), "text"); });
  EXPECT_EQ(error.code(), ErrorCode::kCorruption);
  EXPECT_NE(error.message().find("SHA-256"), std::string::npos) << error.what();
}

TEST_F(LocalProviderTest, AManifestThatWasEditedIsDamaged) {
  Add("tiny");
  const ModelCopy copy((models_ / "tiny").string());
  copy.Replace("rem_model.json", "\"cut\"", "\"average\"");
  const std::string text = copy.Read("rem_model.json");
  std::ofstream(models_ / "tiny/rem_model.json", std::ios::binary) << text;
  EXPECT_EQ(ErrorOf([&] { FindProvider("local:tiny"); }).code(), ErrorCode::kCorruption);
  EXPECT_TRUE(ModelStore().List().empty());
}

TEST_F(LocalProviderTest, PromptsDecideWhatModelItIs) {
  const std::string plain = Add("tiny").Identity();
  ModelStore().Remove("tiny");
  ModelAddition addition;
  addition.name = "tiny";
  addition.document_prompt = "passage: ";
  const ModelManifest prompted = ModelStore().AddFolder(std::string(REM_TEST_DATA) + "/encoders/bert", addition);
  EXPECT_NE(prompted.Identity(), plain);
  const LocalModel model(std::string(REM_TEST_DATA) + "/encoders/bert");
  const std::string_view text = "passage: the red apples";
  std::vector<float> expected(20);
  model.Embed({&text, 1}, LocalModel::LongTexts::kCut, expected.data());
  EXPECT_EQ(Embed(RequireProvider("local:tiny"), "the red apples"), expected);
  EXPECT_EQ(Add("e5-tiny").query_prompt, "query: ");
}

TEST_F(LocalProviderTest, PrecisionsAreModelsOfTheirOwn) {
  const std::string from = std::string(REM_TEST_DATA) + "/encoders/bert";
  const ModelManifest exact = Add("exact");
  ModelAddition addition;
  addition.name = "exact";
  addition.precision = EncoderPrecision::kInt8;
  EXPECT_EQ(ErrorOf([&] { ModelStore().AddFolder(from, addition); }).code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(ModelStore().Remove("exact"));
  const ModelManifest bytes = ModelStore().AddFolder(from, addition);
  EXPECT_NE(bytes.Identity(), exact.Identity());
  EXPECT_EQ(ModelStore().Find("exact")->precision, EncoderPrecision::kInt8);
  // A table of the first one does not take vectors of the second one.
  EXPECT_EQ(ErrorOf([&] { Embed(StoredProvider(exact.Identity(), 20), "text"); }).code(), ErrorCode::kNotFound);
  const std::string_view text = "the red apples";
  std::vector<float> expected(20), f32(20);
  LocalModel(from, EncoderPrecision::kInt8).Embed({&text, 1}, LocalModel::LongTexts::kCut, expected.data());
  LocalModel(from).Embed({&text, 1}, LocalModel::LongTexts::kCut, f32.data());
  const std::vector<float> vector = Embed(RequireProvider("local:exact"), text);
  EXPECT_EQ(vector, expected);
  EXPECT_NE(vector, f32);
  const ModelCopy copy((models_ / "exact").string());
  EXPECT_NE(copy.Read("rem_model.json").find("\"format\": 2"), std::string::npos);
  copy.Replace("rem_model.json", "int8", "int4");
  const std::string edited = copy.Read("rem_model.json");
  std::ofstream(models_ / "exact/rem_model.json", std::ios::binary) << edited;
  EXPECT_EQ(ErrorOf([&] { FindProvider("local:exact"); }).code(), ErrorCode::kCorruption);
}

TEST_F(LocalProviderTest, QuestionsAndStoredTextsHaveTheirOwnPrompts) {
  ModelAddition addition;
  addition.name = "asked";
  addition.query_prompt = "one ";
  addition.document_prompt = "two ";
  ModelStore().AddFolder(std::string(REM_TEST_DATA) + "/encoders/bert", addition);
  const EmbeddingProvider& provider = RequireProvider("local:asked");
  EXPECT_FALSE(provider.inline_on_insert());
  const std::string_view text = "the red apples";
  std::vector<float> question(20), stored(20);
  provider.EmbedFor({&text, 1}, {.use = TextUse::kQuery}, question.data());
  provider.EmbedFor({&text, 1}, {.use = TextUse::kDocument}, stored.data());
  const EmbeddingProvider& plain = RequireProvider(Add("unasked").Identity());
  EXPECT_EQ(question, Embed(plain, "one the red apples"));
  EXPECT_EQ(stored, Embed(plain, "two the red apples"));
}

TEST_F(LocalProviderTest, AMissingModelIsUnavailableAndNotTheTextsFault) {
  const EmbeddingProvider& stored = StoredProvider("local:absent@0123456789abcdef", 20);
  const std::string_view text = "text";
  std::vector<float> vector(20);
  try {
    stored.EmbedFor({&text, 1}, {}, vector.data());
    FAIL() << "it embeds";
  } catch (const EmbeddingFailure& failure) {
    EXPECT_EQ(failure.kind(), EmbeddingFailure::Kind::kUnavailable);
    EXPECT_NE(failure.hint().find("rem-db model add absent"), std::string::npos) << failure.hint();
  }
}

TEST_F(LocalProviderTest, CutTextsAreCounted) {
  const EmbeddingProvider& provider = RequireProvider(Add("counted").Identity());
  const uint64_t before = CutTexts(provider.identity());
  std::string text;
  for (int i = 0; i < 100; ++i) text += "the ";
  Embed(provider, text);
  Embed(provider, "the");
  EXPECT_EQ(CutTexts(provider.identity()), before + 1);
}

TEST_F(LocalProviderTest, NamesThatLeadElsewhereAreRefused) {
  for (const char* name : {"", "..", ".hidden", "a/b", "-x", "with space", "a@b"}) {
    EXPECT_EQ(ErrorOf([&] { Add(name); }).code(), ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(ErrorOf([&] { ModelStore().Remove(name); }).code(), ErrorCode::kInvalidArgument) << name;
  }
}

TEST_F(LocalProviderTest, ADigestThatIsAskedForIsChecked) {
  ModelAddition addition;
  addition.name = "tiny";
  addition.sha256 = std::string(64, 'a');
  const std::string from = std::string(REM_TEST_DATA) + "/encoders/bert";
  EXPECT_EQ(ErrorOf([&] { ModelStore().AddFolder(from, addition); }).code(), ErrorCode::kCorruption);
  addition.sha256 = "abc";
  EXPECT_EQ(ErrorOf([&] { ModelStore().AddFolder(from, addition); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(ModelStore().List().empty());
  addition.sha256.clear();
  addition.progress = [](std::string_view, uint64_t, uint64_t) { return false; };
  EXPECT_EQ(ErrorOf([&] { ModelStore().AddFolder(from, addition); }).code(), ErrorCode::kCancelled);
}

TEST_F(LocalProviderTest, ThreadsThatEmbedAtOnceGetTheSameVectors) {
  const EmbeddingProvider& provider = RequireProvider(Add("shared").Identity());
  std::vector<std::string_view> texts(200, "the red apples");
  for (size_t i = 0; i < texts.size(); i += 3) texts[i] = "one two three four five";
  std::vector<std::vector<float>> vectors(4, std::vector<float>(texts.size() * 20));
  std::vector<std::thread> threads;
  for (auto& vector : vectors) threads.emplace_back([&] { provider.Embed(texts, vector.data()); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& vector : vectors) EXPECT_EQ(vector, vectors[0]);
  EXPECT_EQ(std::vector<float>(vectors[0].begin(), vectors[0].begin() + 20), Embed(provider, texts[0]));
}

}  // namespace
}  // namespace rem
