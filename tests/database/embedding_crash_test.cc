// A process that inserts records and embeds them in the background is killed again and again. In the end every record
// that was acknowledged has its vector, and each vector was written once.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <rem/database.h>
#include <rem/embedding.h>

#include "base/random.h"
#include "store/scripted_provider.h"

namespace rem {
namespace {

constexpr const char* kDirectoryVariable = "REM_EMBEDDING_CRASH_DIRECTORY";
constexpr const char* kRoundVariable = "REM_EMBEDDING_CRASH_ROUND";
constexpr const char* kPipeVariable = "REM_EMBEDDING_CRASH_PIPE";
constexpr const char* kSchema = R"({"type": "object", "key_field": "name", "properties": {
  "name": {"type": "string"}, "content": {"type": "string"}}, "embedding_provider": "scripted"})";
constexpr int kRounds = 6;

OpenOptions Options(const std::string& directory) {
  OpenOptions options;
  options.path = directory;
  options.durability = Durability::kNormal;
  return options;
}

std::string RecordName(int round, int number) { return fmt::format("record {} {}", round, number); }

/// Not a test: what the other one starts and kills.
TEST(EmbeddingCrashWriterTest, WriterProcess) {
  const char* directory = std::getenv(kDirectoryVariable);
  if (directory == nullptr) GTEST_SKIP() << "started by EmbeddingCrashTest";
  const int round = std::atoi(std::getenv(kRoundVariable)), pipe = std::atoi(std::getenv(kPipeVariable));
  ScriptedProvider::Fresh();
  Database database = Database::Open(Options(directory));
  Session session = database.OpenSession("acme");
  session.RegisterSchema("notes", Document::FromJson(kSchema));
  for (int i = 0;; ++i) {
    const std::string name = RecordName(round, i);
    session.Insert("notes", Document::FromJson(fmt::format(R"({{"name": "{0}", "content": "text of {0}"}})", name)));
    ASSERT_EQ(write(pipe, "x", 1), 1);
  }
}

/// Starts a writer, kills it after so many records, and returns how many it acknowledged.
int RunAndKill(const std::string& directory, int round, int wanted) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    setenv(kDirectoryVariable, directory.c_str(), 1);
    setenv(kRoundVariable, std::to_string(round).c_str(), 1);
    setenv(kPipeVariable, std::to_string(ends[1]).c_str(), 1);
    execl("/proc/self/exe", "writer", "--gtest_filter=EmbeddingCrashWriterTest.WriterProcess", "--gtest_brief=1",
          nullptr);
    _exit(127);
  }
  close(ends[1]);
  int acknowledged = 0;
  char byte = 0;
  while (acknowledged < wanted && read(ends[0], &byte, 1) == 1) ++acknowledged;
  EXPECT_EQ(kill(child, SIGKILL), 0);
  while (read(ends[0], &byte, 1) == 1) ++acknowledged;
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself, status " << status;
  return acknowledged;
}

TEST(EmbeddingCrashTest, EveryRecordIsEmbeddedOnce) {
  std::string directory = (std::filesystem::temp_directory_path() / "rem_embedding_crash_XXXXXX").string();
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  Random random(20261121);
  std::vector<int> acknowledged;
  for (int round = 0; round < kRounds; ++round)
    acknowledged.push_back(RunAndKill(directory, round, 1 + static_cast<int>(random.Below(150))));
  ScriptedProvider::Fresh();
  {
    Database database = Database::Open(Options(directory));
    Session session = database.OpenSession("acme");
    ASSERT_TRUE(session.WaitForWorker(60'000));
    const EmbeddingStatus status = session.GetEmbeddingStatus();
    EXPECT_EQ(status.pending, 0u);
    EXPECT_EQ(status.failed, 0u);
    std::map<Uuid, int> embedded;
    for (const Change& change : session.Changes(0, session.CurrentSequence(), SIZE_MAX))
      embedded[change.id] += change.operation == "embed";
    int64_t records = 0;
    session.Scan("notes", [&](const Record& record) {
      ++records;
      const auto vector = session.GetEmbedding(record.id);
      const std::string text(record.properties.view().Find("content")->AsText());
      EXPECT_EQ(vector, ScriptedProvider::VectorOf(text)) << text;
      EXPECT_EQ(embedded[record.id], 1) << text;
      return true;
    });
    int64_t least = 0;
    for (int round = 0; round < kRounds; ++round) {
      least += acknowledged[round];
      for (int i = 0; i < acknowledged[round]; ++i) EXPECT_EQ(session.Lookup(RecordName(round, i)).size(), 1u);
    }
    EXPECT_GE(records, least);
    EXPECT_EQ(session.Check(), std::vector<std::string>());
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace rem
