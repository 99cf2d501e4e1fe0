// Folders that hold no model, a damaged one, or one that cannot be run.
#include <gtest/gtest.h>
#include <rem/error.h>

#include "embedding/local/local_model.h"
#include "model_copy.h"

namespace rem {
namespace {

class LocalModelErrorsTest : public ::testing::Test {
 protected:
  ModelCopy bert_{std::string(REM_TEST_DATA) + "/encoders/bert"};

  /// What loading fails with; its message must hold `words`, and its hint something.
  ErrorCode Load(const std::string& words) {
    try {
      LocalModel model(bert_.folder());
    } catch (const Error& error) {
      EXPECT_NE(error.message().find(words), std::string::npos) << error.what();
      EXPECT_FALSE(error.hint().empty()) << error.what();
      return error.code();
    }
    ADD_FAILURE() << "it loads";
    return ErrorCode::kInternal;
  }
};

TEST_F(LocalModelErrorsTest, MissingFilesAreNamed) {
  bert_.Remove("vocab.txt");
  EXPECT_EQ(Load("tokenizer.json"), ErrorCode::kNotFound);
  bert_.Remove("model.safetensors");
  bert_.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n");
  EXPECT_EQ(Load("model.safetensors"), ErrorCode::kNotFound);
  bert_.Remove("config.json");
  EXPECT_EQ(Load("config.json"), ErrorCode::kNotFound);
}

TEST_F(LocalModelErrorsTest, AnArchitectureThatCannotBeRunIsNamed) {
  bert_.Replace("config.json", "\"bert\"", "\"xlm-roberta\"");
  EXPECT_EQ(Load("xlm-roberta"), ErrorCode::kNotSupported);
  bert_.Replace("config.json", "\"xlm-roberta\"", "\"bert\", \"position_embedding_type\": \"relative_key\"");
  EXPECT_EQ(Load("relative positions"), ErrorCode::kNotSupported);
}

TEST_F(LocalModelErrorsTest, OtherVariantsAreRefused) {
  bert_.Replace("config.json", "\"gelu\"", "\"quick_gelu\"");
  EXPECT_EQ(Load("quick_gelu"), ErrorCode::kNotSupported);
  bert_.Replace("config.json", "\"quick_gelu\"", "\"gelu\"");
  bert_.Replace("1_Pooling/config.json", "\"pooling_mode_max_tokens\": false", "\"pooling_mode_max_tokens\": true");
  EXPECT_EQ(Load("pooling_mode_max_tokens"), ErrorCode::kNotSupported);
  bert_.Replace("modules.json", "models.Normalize", "models.Dense");
  EXPECT_EQ(Load("models.Dense"), ErrorCode::kNotSupported);
  bert_.Remove("modules.json");
  bert_.Remove("1_Pooling/config.json");
  bert_.Write("tokenizer.json", R"({"model": {"type": "BPE", "vocab": {}}})");
  EXPECT_EQ(Load("BPE"), ErrorCode::kNotSupported);
}

TEST_F(LocalModelErrorsTest, ConfigurationsThatCannotBeAreDamaged) {
  const std::string config = bert_.Read("config.json");
  for (const char* size : {"0", "-4", "3", "99999999999", "\"20\"", "null", "2.5"}) {
    bert_.Write("config.json", config);
    bert_.Replace("config.json", "\"num_attention_heads\": 2", std::string("\"num_attention_heads\": ") + size);
    EXPECT_EQ(Load("config.json"), ErrorCode::kCorruption) << size;
  }
  bert_.Write("config.json", "{\"model_type\": ");
  EXPECT_EQ(Load("config.json"), ErrorCode::kCorruption);
  bert_.Write("config.json", "[1, 2]");
  EXPECT_EQ(Load("config.json"), ErrorCode::kCorruption);
}

TEST_F(LocalModelErrorsTest, AVocabularyOfAnotherModelIsRefused) {
  std::string more = bert_.Read("vocab.txt");
  for (int i = 0; i < 100; ++i) more += "word" + std::to_string(i) + "\n";
  bert_.Write("vocab.txt", more);
  EXPECT_EQ(Load("tokens"), ErrorCode::kCorruption);
  bert_.Write("vocab.txt", "a\nb\n");
  EXPECT_EQ(Load("[UNK]"), ErrorCode::kCorruption);
}

TEST_F(LocalModelErrorsTest, TensorsThatAreMissingOrOfAnotherShapeAreNamed) {
  bert_.Replace("model.safetensors", "encoder.layer.1.output.dense.bias", "encoder.layer.1.output.dense.bits");
  EXPECT_EQ(Load("encoder.layer.1.output.dense.bias"), ErrorCode::kCorruption);
  bert_.Replace("model.safetensors", "encoder.layer.1.output.dense.bits", "encoder.layer.1.output.dense.bias");
  bert_.Replace("config.json", "\"intermediate_size\": 37", "\"intermediate_size\": 36");
  EXPECT_EQ(Load("[37, 20] instead of [36, 20]"), ErrorCode::kCorruption);
}

TEST_F(LocalModelErrorsTest, WeightsOfAnotherTypeAreRefused) {
  // The same number of bytes, so that only the type is wrong.
  bert_.Replace("model.safetensors", "\"dtype\":\"F32\"", "\"dtype\":\"I32\"");
  EXPECT_EQ(Load("not F32, F16 or BF16"), ErrorCode::kNotSupported);
}

TEST_F(LocalModelErrorsTest, DamagedHeadersAreRefused) {
  const std::string weights = bert_.Read("model.safetensors");
  bert_.Write("model.safetensors", "");
  EXPECT_EQ(Load("too short"), ErrorCode::kCorruption);
  bert_.Write("model.safetensors", std::string(8, '\xff') + "{}");
  EXPECT_EQ(Load("header"), ErrorCode::kCorruption);
  bert_.Write("model.safetensors", weights.substr(0, weights.size() - 1));
  EXPECT_EQ(Load("lies at bytes"), ErrorCode::kCorruption);
  bert_.Write("model.safetensors", std::string(1, '\4') + std::string(7, '\0') + "null");
  EXPECT_EQ(Load("no JSON object"), ErrorCode::kCorruption);
  bert_.Write("model.safetensors", weights);
  bert_.Replace("model.safetensors", "\"shape\":[2,20]", "\"shape\":[9,99]");
  EXPECT_EQ(Load("has 160 bytes"), ErrorCode::kCorruption);
}

// No byte of the header makes it crash or read outside.
TEST_F(LocalModelErrorsTest, AnyFlippedByteOfTheHeaderIsAnErrorOrHarmless) {
  const std::string weights = bert_.Read("model.safetensors");
  for (size_t at = 0; at < 600; at += 3) {
    std::string damaged = weights;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 7));
    bert_.Write("model.safetensors", damaged);
    try {
      LocalModel model(bert_.folder());
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint().empty()) << error.what();
    }
  }
}

}  // namespace
}  // namespace rem
