#include "embedding/provider.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rem/error.h>

#include "embedding/model_registry.h"

namespace rem {
namespace {

Error ErrorOf(std::string_view name) {
  try {
    RequireProvider(name);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "no error");
}

TEST(ProviderTest, ProvidersAreFoundByNameAndByIdentity) {
  EXPECT_EQ(ProviderNames(), (std::vector<std::string>{"builtin", "hash"}));
  EXPECT_EQ(FindProvider(kDefaultProvider)->name(), "builtin");
  EXPECT_EQ(FindProvider("builtin-1"), FindProvider("builtin"));
  EXPECT_EQ(&RequireProvider("hash"), FindProvider("hash"));
  EXPECT_EQ(&StoredProvider("builtin-1", 256), FindProvider("builtin"));
  for (const char* name : {"openai", "none", "", "builtin-2"}) EXPECT_EQ(FindProvider(name), nullptr) << name;
}

TEST(ProviderTest, AnUnknownNameGetsTheNearestOnes) {
  EXPECT_EQ(ErrorOf("hsh").code(), ErrorCode::kNotFound);
  EXPECT_NE(ErrorOf("hsh").hint().find("\"hash\""), std::string::npos);
  EXPECT_NE(ErrorOf("all-MiniLM-L6").hint().find("\"all-MiniLM-L6-v2\""), std::string::npos);
  EXPECT_NE(ErrorOf("something else entirely").hint().find("known providers: builtin, hash"), std::string::npos);
}

TEST(ProviderTest, ServicesAreKnownByNameAndEmbedOutsideOfInserts) {
  EXPECT_EQ(FindProvider("openai:text-embedding-3-small"), FindProvider("text-embedding-3-small"));
  EXPECT_FALSE(FindProvider("text-embedding-3-small")->inline_on_insert());
  EXPECT_TRUE(FindProvider("builtin")->inline_on_insert());
  EXPECT_NE(ErrorOf("text-embedding-3-smal").hint().find("\"text-embedding-3-small\""), std::string::npos);
  EXPECT_EQ(ErrorOf("openai-compatible:localhost").code(), ErrorCode::kInvalidArgument);
}

TEST(ProviderTest, ALocalModelThatNobodyAddedSaysHowToAddIt) {
  for (const char* name : {"all-MiniLM-L6-v2", "ALL-minilm-l6-V2", "sentence-transformers/all-MiniLM-L6-v2"}) {
    const Error error = ErrorOf(name);
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(error.hint().find("rem-db model add all-MiniLM-L6-v2"), std::string::npos) << error.hint();
  }
  EXPECT_EQ(ErrorOf("local:my-own").code(), ErrorCode::kNotFound);
  for (const char* name : {"local:", "local:../x", "local:@", "local:.hidden"}) EXPECT_EQ(FindProvider(name), nullptr);
}

TEST(ProviderTest, AStoredIdentityThatIsGoneEmbedsNothing) {
  const EmbeddingProvider& missing = StoredProvider("builtin-77", 48);
  EXPECT_EQ(missing.dimension(), 48u);
  EXPECT_EQ(missing.identity(), "builtin-77");
  EXPECT_EQ(&missing, &StoredProvider("builtin-77", 48));
  std::vector<float> vector(48);
  const std::string_view text = "text";
  EXPECT_THROW(missing.Embed({&text, 1}, vector.data()), Error);
}

TEST(ProviderTest, TheRegistryAgreesWithTheProviders) {
  for (const std::string& name : ProviderNames()) {
    const ModelInfo* model = FindModel(name);
    ASSERT_NE(model, nullptr) << name;
    EXPECT_EQ(model->kind, ModelKind::kBuiltin);
    EXPECT_EQ(model->dimension, FindProvider(name)->dimension());
    EXPECT_EQ(model->normalised, FindProvider(name)->normalised());
    EXPECT_EQ(FindModel(FindProvider(name)->identity()), model);
  }
  std::vector<std::string_view> names;
  for (const ModelInfo& model : Models()) {
    EXPECT_GT(model.dimension, 0u);
    EXPECT_EQ(FindProvider(model.name) != nullptr, model.kind != ModelKind::kLocal) << model.name;
    EXPECT_EQ(FindModel(model.name), &model);
    names.push_back(model.name);
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  EXPECT_EQ(FindModel(""), nullptr);
}

}  // namespace
}  // namespace rem
