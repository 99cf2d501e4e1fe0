#include "index/vector/hnsw_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <rem/error.h>
#include <unistd.h>

#include "index/vector_workload.h"

namespace rem {
namespace {

class HnswFileTest : public ::testing::Test {
 protected:
  HnswFileTest() : path_(testing::TempDir() + "hnsw_file_" + std::to_string(getpid())) {}
  ~HnswFileTest() override { std::filesystem::remove(path_); }

  std::string Bytes() const {
    std::ifstream in(path_, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
  }
  void Write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes; }
  std::unique_ptr<HnswIndex> Load() {
    meta_.clear();
    return HnswFile::Load(path_, 0, meta_);
  }

  std::string path_;
  std::string meta_;
};

TEST_F(HnswFileTest, AnswersAreTheSameAfterLoading) {
  const auto vectors = ClusteredVectors(1500, 300, 20, 1);
  HnswOptions options = OptionsFor(300, VectorMetric::kCosine, VectorCodes::kAuto);
  options.centre = vectors[0];
  HnswIndex index(options);
  for (size_t i = 0; i < vectors.size(); ++i) index.Insert(i, vectors[i]);
  for (uint64_t row = 0; row < 300; ++row) index.Remove(row);
  index.Repair();
  for (uint64_t row = 0; row < 100; ++row) index.Insert(row, vectors[row]);
  for (uint64_t row = 500; row < 550; ++row) index.Remove(row);
  HnswFile::Save(index, "what it is", path_);
  const auto loaded = Load();
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(meta_, "what it is");
  EXPECT_EQ(loaded->size(), index.size());
  EXPECT_EQ(loaded->removed(), index.removed());
  for (size_t q = 0; q < 100; ++q) {
    const auto before = index.Search({vectors[q * 7], 10, 40}), after = loaded->Search({vectors[q * 7], 10, 40});
    ASSERT_EQ(before.size(), after.size());
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(before[i].row, after[i].row);
      EXPECT_EQ(before[i].distance, after[i].distance);
    }
  }
  // Free nodes are used again.
  const size_t memory = loaded->memory_bytes();
  for (uint64_t row = 100; row < 250; ++row) loaded->Insert(row, vectors[row]);
  EXPECT_EQ(loaded->memory_bytes(), memory);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".partial"));
}

TEST_F(HnswFileTest, EveryKindOfCodesComesBack) {
  const auto vectors = ClusteredVectors(300, 70, 5, 2);
  for (const VectorCodes codes : kAllCodes) {
    HnswIndex index(OptionsFor(70, VectorMetric::kL2, codes));
    for (size_t i = 0; i < vectors.size(); ++i) index.Insert(i, vectors[i]);
    index.Remove(7);
    HnswFile::Save(index, "", path_);
    const auto summary = HnswFile::Peek(path_);
    ASSERT_TRUE(summary.has_value());
    EXPECT_EQ(summary->options.codes, codes);
    EXPECT_EQ(summary->rows, 299u);
    const auto loaded = Load();
    ASSERT_NE(loaded, nullptr);
    EXPECT_EQ(loaded->options().codes, codes);
    for (size_t q = 0; q < 30; ++q) {
      const auto before = index.Search({vectors[q], 10, 40}), after = loaded->Search({vectors[q], 10, 40});
      ASSERT_EQ(before.size(), after.size());
      for (size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(before[i].row, after[i].row);
        EXPECT_EQ(before[i].distance, after[i].distance);
      }
    }
  }
  Write("no index at all");
  EXPECT_FALSE(HnswFile::Peek(path_).has_value());
  EXPECT_FALSE(HnswFile::Peek(path_ + ".not").has_value());
}

TEST_F(HnswFileTest, EmptyGraphsAndNoFile) {
  EXPECT_EQ(Load(), nullptr);
  HnswFile::Save(HnswIndex(OptionsFor(8)), "", path_);
  const auto loaded = Load();
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(loaded->size(), 0u);
  EXPECT_TRUE(loaded->Insert(1, Vector(8, 1.0f)));
}

TEST_F(HnswFileTest, EveryDamageIsFound) {
  HnswIndex index(OptionsFor(8));
  const auto vectors = ClusteredVectors(40, 8, 3, 2);
  for (size_t i = 0; i < vectors.size(); ++i) index.Insert(i, vectors[i]);
  HnswFile::Save(index, "meta", path_);
  const std::string good = Bytes();
  const auto refuses = [&](const std::string& bytes) {
    Write(bytes);
    try {
      Load();
      return false;
    } catch (const Error& error) {
      return error.code() == ErrorCode::kCorruption || error.code() == ErrorCode::kFormatVersion;
    }
  };
  for (size_t i = 0; i < good.size(); i += i < 200 ? 1 : 23) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    EXPECT_TRUE(refuses(bad)) << "byte " << i;
    if (i % 5 == 0) {
      EXPECT_TRUE(refuses(good.substr(0, i))) << "cut at " << i;
    }
  }
  EXPECT_TRUE(refuses(good + "x"));
  Write(good);
  EXPECT_NE(Load(), nullptr);
}

TEST_F(HnswFileTest, AFolderThatIsNotThereIsAnError) {
  EXPECT_THROW(HnswFile::Save(HnswIndex(OptionsFor(8)), "", "/nowhere/at/all"), Error);
}

}  // namespace
}  // namespace rem
