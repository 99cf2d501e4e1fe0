#include "store/vector_indexes.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/random.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

constexpr int64_t kWait = 60'000;

/// A database on disk whose one table has vectors.
class VectorIndexesTest : public ::testing::Test {
 protected:
  VectorIndexesTest() : path_(testing::TempDir() + "vector_indexes_" + std::to_string(getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::remove_all(path_ + ".other");
    Open();
    tenant_->Register(
        "t",
        Document::FromJson(
            R"({"type":"object","properties":{"v":{"type":"array","items":{"type":"number"},"vector":{"dimension":16}}},"embedding_fields":[]})"),
        false);
  }
  ~VectorIndexesTest() override {
    Close();
    std::filesystem::remove_all(path_);
    std::filesystem::remove_all(path_ + ".other");
  }

  void Open(bool read_only = false) {
    OpenOptions options;
    options.path = path_;
    options.durability = Durability::kNormal;
    options.read_only = read_only;
    store_ = std::make_unique<Store>(OpenRocksDbEngine(options), options, clock_);
    tenant_ = store_->OpenTenant("acme", !read_only);
    VectorIndexSettings settings;
    settings.min_rows = 100;
    tenant_->vector_indexes().Configure(settings);
  }
  void Close() {
    tenant_.reset();
    store_.reset();
  }
  void Reopen() {
    Close();
    Open();
  }
  Uuid Add() {
    const Document record = Document::FromJson("{}");
    const Uuid id = tenant_->writer().Insert("t", {&record, 1}, {})[0];
    VectorValue vector(16);
    for (float& x : vector) x = static_cast<float>(random_.Uniform() - 0.5);
    tenant_->writer().SetEmbedding(id, "v", vector);
    return id;
  }
  void AddMany(int count) {
    for (int i = 0; i < count; ++i) Add();
  }
  std::shared_ptr<const TableVectorIndex> Index() {
    const TablePtr table = tenant_->catalog()->Get("t");
    tenant_->vector_indexes().Find(*table, table->vectors[0]);
    EXPECT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
    return tenant_->vector_indexes().Find(*table, table->vectors[0]);
  }
  std::vector<std::filesystem::path> Files() const {
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::exists(path_ + "/vector_indexes")) return files;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/vector_indexes")) files.push_back(entry);
    return files;
  }

  std::string path_;
  ManualClock clock_{1'000'000};
  Random random_{3};
  std::unique_ptr<Store> store_;
  std::shared_ptr<TenantStore> tenant_;
};

TEST_F(VectorIndexesTest, ComesBackFromItsFileAndCatchesUp) {
  AddMany(150);
  const Uuid gone = Add();
  ASSERT_NE(Index(), nullptr);
  ASSERT_EQ(Files().size(), 1u);
  Reopen();
  // Unknown to the file: these changes are made before anyone asks for the index.
  tenant_->writer().Delete(gone);
  AddMany(20);
  const auto index = Index();
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->graph().size(), 170u);
  // The removed node tells that the graph came from the file: one made anew has none.
  EXPECT_EQ(index->graph().removed(), 1u);
  Reopen();
  EXPECT_EQ(Index()->graph().size(), 170u);
}

TEST_F(VectorIndexesTest, ADamagedFileIsMadeAgain) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  Close();
  ASSERT_EQ(Files().size(), 1u);
  const auto size = std::filesystem::file_size(Files()[0]);
  std::fstream file(Files()[0], std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 2));
  file.put('\x55').put('\x12').put('\x77');
  file.close();
  Open();
  ASSERT_NE(Index(), nullptr);
  EXPECT_EQ(Index()->graph().size(), 150u);
  Close();
  std::filesystem::resize_file(Files()[0], size / 3);
  Open();
  EXPECT_EQ(Index()->graph().size(), 150u);
}

TEST_F(VectorIndexesTest, AFileOfAnotherHistoryIsNotTaken) {
  AddMany(150);
  Close();
  std::filesystem::copy(path_, path_ + ".other", std::filesystem::copy_options::recursive);
  Open();
  AddMany(30);
  ASSERT_EQ(Index()->graph().size(), 180u);
  Close();
  // The database goes back to the copy, as after the loss of its last changes, and takes other changes.
  const std::string folder = "/vector_indexes";
  std::filesystem::copy(path_ + folder, path_ + ".other" + folder, std::filesystem::copy_options::recursive);
  std::filesystem::remove_all(path_);
  std::filesystem::rename(path_ + ".other", path_);
  clock_.Advance(1'000'000);
  Open();
  std::vector<Uuid> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(Add());
  for (const Uuid& id : ids) tenant_->writer().Delete(id);
  const auto index = Index();
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->graph().size(), 150u);
}

TEST_F(VectorIndexesTest, ReadOnlyDatabasesUseTheFileAndWriteNone) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  Close();
  const auto written = std::filesystem::last_write_time(Files()[0]);
  Open(true);
  EXPECT_EQ(Index()->graph().size(), 150u);
  Close();
  EXPECT_EQ(std::filesystem::last_write_time(Files()[0]), written);
  Open();
}

TEST_F(VectorIndexesTest, FilesGoWithTheTable) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  tenant_->DropTable("t");
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  EXPECT_TRUE(Files().empty());
}

TEST_F(VectorIndexesTest, FilesGoWithTheTenant) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  ASSERT_EQ(Files().size(), 1u);
  tenant_.reset();
  store_->DropTenant("acme");
  EXPECT_TRUE(Files().empty());
}

TEST_F(VectorIndexesTest, AnIndexPastItsMemoryIsGivenUp) {
  AddMany(150);
  VectorIndexSettings settings;
  settings.min_rows = 100;
  settings.memory_limit = 1000;
  tenant_->vector_indexes().Configure(settings);
  EXPECT_EQ(Index(), nullptr);
  EXPECT_EQ(tenant_->vector_indexes().memory_bytes(), 0u);
}

// Whether a file has a node of the row, which its id stands for. Lengths and counts at the beginning are left out.
bool HasRow(const std::filesystem::path& path, uint64_t row) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return bytes.find(std::string(reinterpret_cast<const char*>(&row), sizeof row), 400) != std::string::npos;
}

TEST_F(VectorIndexesTest, PurgedRowsLeaveTheFileToo) {
  VectorIndexSettings settings;
  settings.min_rows = 100;
  settings.forget_purged_ms = 0;
  tenant_->vector_indexes().Configure(settings);
  AddMany(150);
  const Uuid secret = Add();
  ASSERT_NE(Index(), nullptr);
  ASSERT_TRUE(HasRow(Files()[0], 151));  // Rows are numbered from 1.
  tenant_->writer().Purge(secret);
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  EXPECT_FALSE(HasRow(Files()[0], 151));
  EXPECT_EQ(Index()->graph().removed(), 0u);
  EXPECT_EQ(Index()->graph().size(), 150u);
}

TEST_F(VectorIndexesTest, PurgedRowsLeaveTheFileAtTheLatestAtTheEnd) {
  AddMany(150);
  const Uuid first = Add(), second = Add();
  ASSERT_NE(Index(), nullptr);
  tenant_->writer().Purge(first);
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  tenant_->writer().Purge(second);
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  Close();
  EXPECT_TRUE(HasRow(Files()[0], 150));
  EXPECT_FALSE(HasRow(Files()[0], 151));
  EXPECT_FALSE(HasRow(Files()[0], 152));
  Open();
  EXPECT_EQ(Index()->graph().size(), 150u);
}

TEST_F(VectorIndexesTest, QueriesAreSampledForRecall) {
  AddMany(300);
  const auto index = Index();
  ASSERT_NE(index, nullptr);
  for (int round = 0; round < 100 && index->sampler().state().samples == 0; ++round) {
    for (int i = 0; i < 64; ++i) {
      VectorValue query(16);
      for (float& x : query) x = static_cast<float>(random_.Uniform() - 0.5);
      index->sampler().Offer(query);
    }
    ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  }
  const auto states = tenant_->vector_indexes().Describe();
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(states[0].column, "v");
  EXPECT_EQ(states[0].rows, 300u);
  EXPECT_GT(states[0].memory_bytes, 300u * 16);
  EXPECT_GE(states[0].recall.samples, 1u);
  EXPECT_GE(states[0].recall.recall, 0.9);
}

TEST_F(VectorIndexesTest, AFileMadeWithOtherOptionsIsMadeAgain) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  Reopen();
  VectorIndexSettings settings;
  settings.min_rows = 100;
  settings.m = 8;
  tenant_->vector_indexes().Configure(settings);
  ASSERT_NE(Index(), nullptr);
  EXPECT_EQ(Index()->graph().options().m, 8u);
}

}  // namespace
}  // namespace rem
