// A process that writes vectors, with an index that is built, changed and saved beside it, is killed at random moments.
// Afterwards searches must give what comparing all vectors gives.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "search/vector_search.h"
#include "storage/rocksdb_engine.h"
#include "store/store.h"

namespace rem {
namespace {

constexpr const char* kDirectoryVariable = "REM_VECTOR_CRASH_DIRECTORY";
constexpr const char* kSeedVariable = "REM_VECTOR_CRASH_SEED";
constexpr size_t kDimension = 24;
constexpr int kRounds = 10;

VectorValue Draw(Random& random) {
  VectorValue vector(kDimension);
  for (float& value : vector) value = static_cast<float>(random.Uniform() - 0.5);
  return vector;
}

/// The database of a directory, whose one table has vectors. Its index is saved after every purge.
class CrashDatabase {
 public:
  explicit CrashDatabase(const std::string& directory) {
    OpenOptions options;
    options.path = directory;
    options.durability = Durability::kNormal;
    options.write_buffer_bytes = 1u << 20;
    store_ = std::make_unique<Store>(OpenRocksDbEngine(options), options, SystemClock());
    tenant_ = store_->OpenTenant("acme", true);
    if (tenant_->catalog()->Find("t") == nullptr)
      tenant_->Register(
          "t",
          Document::FromJson(
              R"({"type":"object","properties":{"v":{"type":"array","items":{"type":"number"},"vector":{"dimension":24}}},"embedding_fields":[]})"),
          false);
    VectorIndexSettings settings;
    settings.min_rows = 100;
    settings.forget_purged_ms = 0;
    tenant_->vector_indexes().Configure(settings);
  }
  ~CrashDatabase() {
    tenant_.reset();
    store_.reset();
  }
  TenantStore& tenant() { return *tenant_; }
  TablePtr table() { return tenant_->catalog()->Get("t"); }
  Uuid Insert(Random& random) {
    const Document record = Document::FromJson("{}");
    const Uuid id = tenant_->writer().Insert("t", {&record, 1}, {})[0];
    tenant_->writer().SetEmbedding(id, "v", Draw(random));
    return id;
  }
  std::vector<ScoredRow> Search(const VectorValue& vector, bool exact, VectorSearchReport* report = nullptr) {
    const TablePtr table = this->table();
    VectorQuery query;
    query.vector = vector;
    const auto view = tenant_->Snapshot();
    return exact ? FlatSearch(*view, *table, table->vectors[0], query)
                 : VectorSearch(*view, *table, table->vectors[0], query, report);
  }

 private:
  std::unique_ptr<Store> store_;
  std::shared_ptr<TenantStore> tenant_;
};

TEST(VectorCrashWriterTest, WriterProcess) {
  const char* directory = std::getenv(kDirectoryVariable);
  if (directory == nullptr) GTEST_SKIP() << "runs only as a child of VectorCrashTest";
  Random random(std::stoull(std::getenv(kSeedVariable)));
  CrashDatabase database(directory);
  std::vector<Uuid> ids;
  for (;;) {
    ids.push_back(database.Insert(random));
    database.Search(Draw(random), false);
    if (ids.size() % 7 == 0) database.tenant().writer().Purge(ids[random.Below(ids.size())]);
    if (ids.size() % 11 == 0) database.tenant().writer().Delete(ids[random.Below(ids.size())]);
    if (ids.size() % 5 == 0) {
      try {
        database.tenant().writer().SetEmbedding(ids[random.Below(ids.size())], "v", Draw(random));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kRecordNotFound) throw;
      }
    }
  }
}

void KillOneWriter(const std::string& directory, uint64_t seed, int64_t after_ms) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    setenv(kDirectoryVariable, directory.c_str(), 1);
    setenv(kSeedVariable, std::to_string(seed).c_str(), 1);
    execl("/proc/self/exe", "/proc/self/exe", "--gtest_filter=VectorCrashWriterTest.WriterProcess", "--gtest_brief=1",
          nullptr);
    _exit(127);
  }
  usleep(static_cast<useconds_t>(after_ms * 1000));
  ASSERT_EQ(kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself, status " << status;
}

TEST(VectorCrashTest, SearchesAreRightAfterAKillDuringBuildsAndSaves) {
  const std::string directory = testing::TempDir() + "vector_crash_" + std::to_string(getpid());
  std::filesystem::remove_all(directory);
  Random random(17);
  {
    // Enough rows for an index, which the first writer builds.
    CrashDatabase database(directory);
    for (int i = 0; i < 300; ++i) database.Insert(random);
  }
  for (int round = 0; round < kRounds; ++round) {
    KillOneWriter(directory, 100 + static_cast<uint64_t>(round), 20 + static_cast<int64_t>(random.Below(400)));
    CrashDatabase database(directory);
    database.Search(Draw(random), false);
    ASSERT_TRUE(database.tenant().vector_indexes().WaitForAll(60'000));
    size_t common = 0;
    constexpr int kQueries = 20;
    for (int q = 0; q < kQueries; ++q) {
      const VectorValue query = Draw(random);
      VectorSearchReport report;
      const auto found = database.Search(query, false, &report);
      const auto exact = database.Search(query, true);
      EXPECT_EQ(report.strategy, VectorSearchReport::Strategy::kGraph);
      ASSERT_EQ(found.size(), exact.size());
      std::set<std::pair<RowId, double>> wanted;
      for (const ScoredRow& row : exact) wanted.emplace(row.row, row.score);
      for (const ScoredRow& row : found) common += wanted.count({row.row, row.score});
    }
    EXPECT_GE(common, 10u * kQueries * 97 / 100) << "round " << round;
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace rem
