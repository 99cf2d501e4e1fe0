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
#include <thread>
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
    ScriptedProvider::Report(pipe, name);
  }
}

/// Not a test either: embeds a table anew while it inserts, until it is killed.
TEST(EmbeddingCrashWriterTest, ReembeddingProcess) {
  const char* directory = std::getenv(kDirectoryVariable);
  if (directory == nullptr) GTEST_SKIP() << "started by EmbeddingCrashTest";
  const int round = std::atoi(std::getenv(kRoundVariable)), pipe = std::atoi(std::getenv(kPipeVariable));
  ScriptedProvider::Fresh().ReportTo(pipe);
  Database database = Database::Open(Options(directory));
  Session session = database.OpenSession("acme");
  std::thread writer([&] {
    Session own = database.OpenSession("acme");
    for (int i = 0;; ++i) {
      const std::string name = RecordName(round, i);
      own.Insert("notes", Document::FromJson(fmt::format(R"({{"name": "{0}", "content": "text of {0}"}})", name)));
      ScriptedProvider::Report(pipe, "inserted " + name);
      own.WaitForWorker(1);  // Not faster than the worker for good.
    }
  });
  EXPECT_TRUE(session.Reembed("notes", "scripted"));
  writer.join();
}

/// Starts a process that runs one of the above, kills it after so many lines that it wrote, and returns all of them.
std::vector<std::string> RunAndKill(const std::string& test, const std::string& directory, int round, size_t wanted) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    setenv(kDirectoryVariable, directory.c_str(), 1);
    setenv(kRoundVariable, std::to_string(round).c_str(), 1);
    setenv(kPipeVariable, std::to_string(ends[1]).c_str(), 1);
    execl("/proc/self/exe", "writer", ("--gtest_filter=EmbeddingCrashWriterTest." + test).c_str(), "--gtest_brief=1",
          nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::vector<std::string> lines(1);
  char bytes[4096];
  ssize_t size = 0;
  bool killed = false;
  while ((size = read(ends[0], bytes, sizeof bytes)) > 0) {
    for (ssize_t i = 0; i < size; ++i) {
      if (bytes[i] == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += bytes[i];
      }
    }
    if (killed || lines.size() <= wanted) continue;
    EXPECT_EQ(kill(child, SIGKILL), 0);
    killed = true;
  }
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself, status " << status;
  lines.pop_back();  // What was not written to its end.
  return lines;
}

TEST(EmbeddingCrashTest, EveryRecordIsEmbeddedOnce) {
  std::string directory = (std::filesystem::temp_directory_path() / "rem_embedding_crash_XXXXXX").string();
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  Random random(20261121);
  std::vector<int> acknowledged;
  for (int round = 0; round < kRounds; ++round)
    acknowledged.push_back(
        static_cast<int>(RunAndKill("WriterProcess", directory, round, 1 + random.Below(150)).size()));
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

TEST(EmbeddingCrashTest, AnExchangeOfTheModelGoesOnAndLosesNothing) {
  // Enough for a vector index, which is made before the exchange.
  constexpr int kRecords = 5200, kKills = 5;
  constexpr size_t kBatch = 8;
  std::string directory = (std::filesystem::temp_directory_path() / "rem_reembedding_crash_XXXXXX").string();
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  {
    Database database = Database::Open(Options(directory));
    Session session = database.OpenSession("acme");
    session.RegisterSchema("notes", Document::FromJson(R"({"type": "object", "key_field": "name", "properties": {
      "name": {"type": "string"}, "content": {"type": "string"}}, "embedding_provider": "hash"})"));
    std::vector<Document> records;
    for (int i = 0; i < kRecords; ++i) {
      records.push_back(
          Document::FromJson(fmt::format(R"({{"name": "{0}", "content": "text of {0}"}})", RecordName(-1, i))));
    }
    session.InsertBatch("notes", records);
  }
  Random random(20261122);
  std::map<std::string, int> embedded;
  std::vector<std::string> inserted;
  const auto count = [&](const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      if (line.starts_with("embedded ")) ++embedded[line.substr(9)];
      if (line.starts_with("inserted ")) inserted.push_back(line.substr(9));
    }
  };
  for (int round = 0; round < kKills; ++round)
    count(RunAndKill("ReembeddingProcess", directory, round, 200 + random.Below(3000)));
  ScriptedProvider& provider = ScriptedProvider::Fresh();
  {
    Database database = Database::Open(Options(directory));
    Session session = database.OpenSession("acme");
    EXPECT_TRUE(session.Reembed("notes", "scripted"));
    ASSERT_TRUE(session.WaitForWorker(60'000));
    EXPECT_EQ(session.GetTable("notes").embedding_provider, "scripted");
    EXPECT_EQ(session.GetEmbeddingStatus().pending, 0u);
    EXPECT_EQ(session.Check(), std::vector<std::string>());
    size_t records = 0, again = 0;
    session.Scan("notes", [&](const Record& record) {
      ++records;
      const std::string text(record.properties.view().Find("content")->AsText());
      EXPECT_EQ(session.GetEmbedding(record.id), ScriptedProvider::VectorOf(text)) << text;
      const int times = embedded[text] + provider.Embedded(text);
      EXPECT_GE(times, 1) << text;
      again += static_cast<size_t>(times) - 1;
      return true;
    });
    EXPECT_GE(records, kRecords + inserted.size());
    // Only what was embedded and not yet stored when the process was killed is embedded once more.
    EXPECT_LE(again, kKills * kBatch);
    for (const std::string& name : inserted) EXPECT_EQ(session.Lookup(name).size(), 1u) << name;
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace rem
