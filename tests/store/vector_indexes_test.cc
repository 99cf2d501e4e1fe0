#include "store/vector_indexes.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <rem/vector_index.h>
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
  std::vector<VectorIndexInfo> Describe() const { return tenant_->vector_indexes().Describe(*tenant_->catalog()); }
  std::vector<std::filesystem::path> Files() const {
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::exists(path_ + "/vector_indexes")) return files;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/vector_indexes")) {
      if (entry.path().extension() == ".hnsw") files.push_back(entry);
    }
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

TEST_F(VectorIndexesTest, TheFirstSearchAfterAnOpeningWaitsForTheFile) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  Reopen();
  const TablePtr table = tenant_->catalog()->Get("t");
  EXPECT_NE(tenant_->vector_indexes().Find(*table, table->vectors[0]), nullptr);
}

TEST_F(VectorIndexesTest, NoSearchWaitsForAFileThatIsDamaged) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  Close();
  ASSERT_EQ(Files().size(), 1u);
  std::filesystem::resize_file(Files()[0], std::filesystem::file_size(Files()[0]) / 2);
  Open();
  const TablePtr table = tenant_->catalog()->Get("t");
  // Whether the one that is made from the vectors is there already or not, this comes back.
  tenant_->vector_indexes().Find(*table, table->vectors[0]);
  EXPECT_EQ(Index()->graph().size(), 150u);
}

TEST_F(VectorIndexesTest, SearchesOfSeveralThreadsWaitForTheFile) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  Reopen();
  const TablePtr table = tenant_->catalog()->Get("t");
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (const VectorMetric metric : {VectorMetric::kCosine, VectorMetric::kCosine, VectorMetric::kL2}) {
    threads.emplace_back([&, metric] {
      const auto index = tenant_->vector_indexes().Find(*table, table->vectors[0], metric);
      if (index != nullptr && index->metric() == VectorMetric::kCosine) ++found;
    });
  }
  for (std::thread& thread : threads) thread.join();
  // The one for L2 waits only where it comes after the others.
  EXPECT_GE(found, 2);
}

TEST_F(VectorIndexesTest, RemovedNodesAreTakenOutWhenNothingChanges) {
  AddMany(150);
  std::vector<Uuid> more;
  for (int i = 0; i < 110; ++i) more.push_back(Add());
  ASSERT_NE(Index(), nullptr);
  for (const Uuid& id : more) tenant_->writer().Delete(id);
  const auto index = Index();
  EXPECT_EQ(index->graph().size(), 150u);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (index->graph().removed() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(index->graph().removed(), 0u);
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

TEST_F(VectorIndexesTest, NoFileKeepsPurgedRowsWhenNobodySearches) {
  AddMany(150);
  const Uuid secret = Add();
  ASSERT_NE(Index(), nullptr);
  Reopen();
  ASSERT_TRUE(HasRow(Files()[0], 151));
  tenant_->writer().Delete(secret);
  EXPECT_EQ(Files().size(), 1u);
  tenant_->writer().Purge(secret);
  EXPECT_TRUE(Files().empty());
  Reopen();
  EXPECT_TRUE(Files().empty());
  EXPECT_EQ(Index()->graph().size(), 150u);
  ASSERT_EQ(Files().size(), 1u);
  EXPECT_FALSE(HasRow(Files()[0], 151));
}

// Until the codes are out of the graph there is no file that a crash could leave behind.
TEST_F(VectorIndexesTest, TheFileGoesAtOnceWithPurgedRows) {
  AddMany(150);
  const Uuid first = Add(), second = Add();
  ASSERT_NE(Index(), nullptr);
  tenant_->writer().Purge(first);
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));  // The first time it is written again at once.
  ASSERT_EQ(Files().size(), 1u);
  EXPECT_FALSE(HasRow(Files()[0], 151));
  tenant_->writer().Purge(second);
  ASSERT_TRUE(tenant_->vector_indexes().WaitForAll(kWait));
  EXPECT_TRUE(Files().empty());
  Close();
  ASSERT_EQ(Files().size(), 1u);
  EXPECT_FALSE(HasRow(Files()[0], 152));
  Open();
  EXPECT_EQ(Index()->graph().size(), 150u);
}

TEST_F(VectorIndexesTest, FilesOfATableThatNobodySearchedGoWithIt) {
  AddMany(150);
  ASSERT_NE(Index(), nullptr);
  Reopen();
  ASSERT_EQ(Files().size(), 1u);
  tenant_->DropTable("t");
  EXPECT_TRUE(Files().empty());
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
  const auto infos = Describe();
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].table, "t");
  EXPECT_EQ(infos[0].column, "v");
  EXPECT_EQ(infos[0].metric, "cosine");
  EXPECT_EQ(infos[0].name, "");
  EXPECT_EQ(infos[0].state, "ready");
  EXPECT_EQ(infos[0].codes, "int8");
  EXPECT_EQ(infos[0].rows, 300u);
  EXPECT_GT(infos[0].memory_bytes, 300u * 16);
  EXPECT_GT(infos[0].disk_bytes, 300u * 16);
  EXPECT_GE(infos[0].recall_samples, 1u);
  ASSERT_TRUE(infos[0].recall.has_value());
  EXPECT_GE(*infos[0].recall, 0.9);
  EXPECT_EQ(infos[0].ef, 100u);
}

TEST_F(VectorIndexesTest, WhatWasMeasuredOutlivesTheProcess) {
  AddMany(150);
  const auto index = Index();
  ASSERT_NE(index, nullptr);
  EXPECT_FALSE(Describe()[0].recall.has_value());
  const std::chrono::steady_clock::time_point start{};
  for (int i = 0; i < 10; ++i) index->sampler().Add(8, 10, 100, start, std::chrono::milliseconds(1));
  for (int i = 0; i < 4; ++i) index->sampler().Add(10, 10, 150, start, std::chrono::milliseconds(1));
  Reopen();
  // Nobody has searched yet.
  auto infos = Describe();
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].state, "saved");
  EXPECT_EQ(infos[0].rows, 150u);
  EXPECT_EQ(infos[0].memory_bytes, 0u);
  EXPECT_EQ(infos[0].recall, 1.0);
  EXPECT_EQ(infos[0].recall_samples, 14u);
  EXPECT_EQ(infos[0].ef, 150u);
  ASSERT_NE(Index(), nullptr);
  EXPECT_EQ(Index()->sampler().ef(), 150u);
  infos = Describe();
  EXPECT_EQ(infos[0].state, "ready");
  EXPECT_EQ(infos[0].recall_samples, 14u);
  Close();
  // A damaged note is as good as none.
  std::filesystem::path note = Files()[0];
  note.replace_extension(".recall");
  ASSERT_TRUE(std::filesystem::exists(note));
  std::fstream(note, std::ios::in | std::ios::out | std::ios::binary).seekp(12).put('\x7f');
  Open();
  infos = Describe();
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_FALSE(infos[0].recall.has_value());
  EXPECT_EQ(infos[0].ef, 100u);
  ASSERT_NE(Index(), nullptr);
  EXPECT_EQ(Index()->sampler().ef(), 100u);
}

TEST_F(VectorIndexesTest, TellsOfItselfWhileItIsMadeAndChanged) {
  AddMany(150);
  std::vector<Uuid> going;
  for (int i = 0; i < 20; ++i) going.push_back(Add());
  std::atomic<bool> done{false};
  std::thread watcher([&] {
    while (!done) {
      for (const VectorIndexInfo& info : Describe()) {
        EXPECT_LE(info.rows, 200u);
        EXPECT_TRUE(info.state == "building" || info.state == "ready") << info.state;
      }
    }
  });
  ASSERT_NE(Index(), nullptr);
  for (const Uuid& id : going) {
    Add();
    tenant_->writer().Purge(id);
  }
  const auto index = Index();
  done = true;
  watcher.join();
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(Describe()[0].rows, 170u);
}

TEST_F(VectorIndexesTest, AnIndexPastItsMemorySaysSo) {
  AddMany(150);
  VectorIndexSettings settings;
  settings.min_rows = 100;
  settings.memory_limit = 1000;
  tenant_->vector_indexes().Configure(settings);
  EXPECT_TRUE(Describe().empty());
  EXPECT_EQ(Index(), nullptr);
  const auto infos = Describe();
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].state, "given up");
  EXPECT_EQ(infos[0].memory_limit, 1000u);
  EXPECT_EQ(infos[0].rows, 0u);
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
  Reopen();
  settings.codes = VectorCodes::kFloat16;
  tenant_->vector_indexes().Configure(settings);
  ASSERT_NE(Index(), nullptr);
  EXPECT_EQ(Index()->graph().options().codes, VectorCodes::kFloat16);
  EXPECT_EQ(Describe()[0].codes, "float16");
  Reopen();
  EXPECT_EQ(Describe()[0].codes, "float16");
}

}  // namespace
}  // namespace rem
