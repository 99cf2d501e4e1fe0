// A process that writes is killed at random moments, again and again. What it acknowledged must be there afterwards, in
// rows, indexes, counts and change log; the one operation that was under way may be there whole or not at all.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rem/database.h>

#include "base/clock.h"
#include "database/random_program.h"
#include "database/session_impl.h"
#include "storage/rocksdb_engine.h"
#include "store/store.h"

namespace rem {
namespace {

/// Each writer has a thread and a tenant of its own, so that commits of several meet in one group.
constexpr size_t kWriters = 3;
constexpr int kRounds = 20;
constexpr const char* kDirectoryVariable = "REM_CRASH_TEST_DIRECTORY";
constexpr const char* kSeedVariable = "REM_CRASH_TEST_SEED";
constexpr const char* kDoneVariable = "REM_CRASH_TEST_DONE";
constexpr const char* kDurabilityVariable = "REM_CRASH_TEST_DURABILITY";
constexpr const char* kPipeVariable = "REM_CRASH_TEST_PIPE";

using Done = std::array<uint64_t, kWriters>;

OpenOptions Options(const std::string& directory, Durability durability) {
  OpenOptions options;
  options.path = directory;
  options.durability = durability;
  // Small, so that memtables are flushed and files compacted while writers run.
  options.write_buffer_bytes = 1u << 20;
  return options;
}

std::string TenantName(size_t writer) { return "tenant" + std::to_string(writer); }
uint64_t SeedOf(uint64_t seed, size_t writer) { return seed * 31 + writer; }

void Execute(Session& session, const ProgramOperation& operation) {
  using Kind = ProgramOperation::Kind;
  std::vector<Document> documents;
  for (const auto& [id, fields] : operation.records) {
    documents.push_back(fields.ToDocument(fields.email.empty() ? std::optional(id) : std::nullopt));
  }
  switch (operation.kind) {
    case Kind::kInsert:
    case Kind::kUpsert:
      ASSERT_EQ(session.Insert(operation.table, documents[0]), operation.records[0].first);
      return;
    case Kind::kBatch:
      // All or nothing either way: one call, or a transaction of single inserts.
      if (documents.size() % 2 == 0) {
        session.Sql("BEGIN");
        for (const Document& document : documents) session.Insert(operation.table, document);
        session.Sql("COMMIT");
        return;
      }
      ASSERT_EQ(session.InsertBatch(operation.table, documents).size(), documents.size());
      return;
    case Kind::kUpdate:
      session.Update(operation.id, operation.patch);
      return;
    case Kind::kDelete:
      ASSERT_TRUE(session.Delete(operation.id));
      return;
    case Kind::kRestore:
      ASSERT_TRUE(session.Restore(operation.id));
      return;
    case Kind::kPurge:
      ASSERT_TRUE(session.Purge(operation.id));
      return;
  }
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The process that gets killed: it writes until then and reports each operation that was acknowledged as one byte, the
// writer's number.
TEST(CrashWriterTest, WriterProcess) {
  if (Variable(kDirectoryVariable).empty())
    GTEST_SKIP() << "runs only as a child of CrashTest.AcknowledgedWritesSurviveAKill";
  const int pipe = std::stoi(Variable(kPipeVariable));
  const uint64_t seed = std::stoull(Variable(kSeedVariable));
  std::string done = Variable(kDoneVariable);
  Database database = Database::Open(Options(
      Variable(kDirectoryVariable), Variable(kDurabilityVariable) == "full" ? Durability::kFull : Durability::kNormal));
  std::vector<std::thread> writers;
  for (size_t i = 0; i < kWriters; ++i) {
    size_t used = 0;
    const uint64_t skip = std::stoull(done, &used);
    done.erase(0, used + 1);
    writers.emplace_back([&database, pipe, seed, skip, i] {
      RandomProgram program(SeedOf(seed, i));
      program.Skip(skip);
      Session session = database.OpenSession(TenantName(i), false);
      for (;;) {
        const ProgramOperation operation = program.Next();
        Execute(session, operation);
        if (testing::Test::HasFailure()) std::abort();
        program.Apply(operation);
        const char byte = static_cast<char>(i);
        if (write(pipe, &byte, 1) != 1) std::abort();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
}

class Killer {
 public:
  Killer(std::string directory, uint64_t seed) : directory_(std::move(directory)), seed_(seed), random_(seed) {}

  /// Starts a writer, kills it at a random moment and adds what it acknowledged to `done`.
  void KillOneWriter(Durability durability, Done& done) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, 0), 0);
    const pid_t child = Start(durability, done, ends[1]);
    ASSERT_GT(child, 0);
    close(ends[1]);
    ASSERT_EQ(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
    // Some die while they open the database, most after some hundred commits.
    const bool early = random_.Below(4) == 0;
    uint64_t acknowledged = 0;
    const uint64_t wanted = early ? UINT64_MAX : 1 + random_.Below(durability == Durability::kFull ? 60 : 300);
    pollfd waiting = {ends[0], POLLIN, 0};
    char byte;
    if (early) {
      usleep(static_cast<useconds_t>(random_.Below(120'000)));
    } else {
      while (acknowledged < wanted && poll(&waiting, 1, 60'000) == 1 && read(ends[0], &byte, 1) == 1)
        Acknowledge(byte, acknowledged, done);
      usleep(static_cast<useconds_t>(random_.Below(3'000)));
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    while (read(ends[0], &byte, 1) == 1) Acknowledge(byte, acknowledged, done);
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself, status " << status;
    ASSERT_TRUE(early || acknowledged >= wanted) << "the writer stood still after " << acknowledged << " operations";
  }

 private:
  static void Acknowledge(char byte, uint64_t& acknowledged, Done& done) {
    ASSERT_LT(static_cast<size_t>(byte), kWriters);
    ++done[static_cast<size_t>(byte)];
    ++acknowledged;
  }

  /// A new program and not only a fork: threads of the engine do not survive a fork.
  pid_t Start(Durability durability, const Done& done, int pipe) {
    std::vector<std::string> environment = {
        std::string(kDirectoryVariable) + "=" + directory_, std::string(kSeedVariable) + "=" + std::to_string(seed_),
        std::string(kPipeVariable) + "=" + std::to_string(pipe),
        std::string(kDurabilityVariable) + "=" + (durability == Durability::kFull ? "full" : "normal")};
    std::string counts = std::string(kDoneVariable) + "=";
    for (const uint64_t count : done) counts += std::to_string(count) + ",";
    environment.push_back(counts);
    for (char** inherited = environ; *inherited != nullptr; ++inherited) environment.emplace_back(*inherited);
    std::vector<char*> pointers;
    for (std::string& entry : environment) pointers.push_back(entry.data());
    pointers.push_back(nullptr);
    std::string program = "/proc/self/exe", filter = "--gtest_filter=CrashWriterTest.WriterProcess",
                brief = "--gtest_brief=1";
    char* const arguments[] = {program.data(), filter.data(), brief.data(), nullptr};
    const pid_t child = fork();
    if (child == 0) {
      execve(program.c_str(), arguments, pointers.data());
      _exit(127);
    }
    return child;
  }

  std::string directory_;
  uint64_t seed_;
  Random random_;
};

void CheckRecords(const Session& session, const RandomProgram& program) {
  std::map<std::string, int64_t> live;
  for (const auto& [id, row] : program.rows()) {
    const std::optional<Record> record = session.Get(id);
    ASSERT_EQ(record.has_value(), row.live) << id.ToString();
    if (!row.live) continue;
    ++live[row.table];
    ASSERT_EQ(record->id, id);
    ASSERT_EQ(record->table, row.table);
    ASSERT_EQ(record->properties, row.fields.ToDocument()) << id.ToString();
  }
  for (const Uuid& id : program.purged()) {
    ASSERT_EQ(session.Get(id).has_value(), program.rows().count(id) != 0 && program.rows().at(id).live)
        << id.ToString();
  }
  for (const char* table : RandomProgram::kTables) {
    ASSERT_EQ(session.Count(table), live[table]) << table;
    int64_t scanned = 0;
    session.Scan(table, [&](const Record& record) {
      ++scanned;
      return program.rows().count(record.id) != 0;
    });
    ASSERT_EQ(scanned, live[table]) << table;
  }
}

void CheckLog(const Session& session, const RandomProgram& program, uint64_t first) {
  const std::vector<Change> changes = session.Changes(first, session.CurrentSequence(), SIZE_MAX);
  ASSERT_EQ(changes.size(), program.log_entries());
  size_t at = 0;
  for (const std::vector<RandomProgram::LogEntry>& group : program.log()) {
    std::map<Uuid, const RandomProgram::LogEntry*> expected;
    for (const RandomProgram::LogEntry& entry : group) expected[entry.id] = &entry;
    for (size_t i = 0; i < group.size(); ++i, ++at) {
      const Change& change = changes[at];
      ASSERT_EQ(change.sequence, first + at);
      ASSERT_EQ(expected.count(change.id), 1u) << "at change " << change.sequence;
      const RandomProgram::LogEntry& entry = *expected[change.id];
      expected.erase(change.id);
      ASSERT_EQ(change.operation, entry.operation) << "at change " << change.sequence;
      ASSERT_EQ(change.table, entry.table);
      // A purge takes the images of its record with it, also those of a record that came again under the same id later.
      const bool purged = program.purged().count(change.id) != 0;
      if (!entry.image || purged) continue;
      ASSERT_TRUE(change.image.has_value()) << "at change " << change.sequence;
      ASSERT_EQ(*change.image, entry.image->ToDocument()) << "at change " << change.sequence;
    }
  }
}

using Entries = std::multiset<std::pair<std::string, Uuid>>;

/// What the index of a field must hold, without the entries of absent fields.
Entries ExpectedEntries(const RandomProgram& program, const std::string& table, const std::string& field) {
  Entries entries;
  for (const auto& [id, row] : program.rows()) {
    if (!row.live || row.table != table) continue;
    if (field == "category") entries.emplace(row.fields.category, id);
    if (field == "author" && row.fields.author) entries.emplace(*row.fields.author, id);
    if (field == "views") entries.emplace(std::to_string(row.fields.views), id);
    if (field != "tags") continue;
    for (const std::string& tag : row.fields.tags) entries.emplace(tag, id);
  }
  return entries;
}

void CheckIndexes(TenantStore& tenant, const RandomProgram& program) {
  const std::shared_ptr<const ReadView> view = tenant.Snapshot();
  for (const char* name : RandomProgram::kTables) {
    const TablePtr table = tenant.catalog()->Get(name);
    ASSERT_EQ(table->indexes.size(), 4u);
    for (const IndexDefinition& index : table->indexes) {
      Entries found;
      IndexCursor cursor = view->ScanIndex(index, {});
      std::string row;
      bool cut = false;
      while (cursor.Next()) {
        ASSERT_TRUE(view->GetRow(*table, cursor.row_id(), row))
            << name << "." << index.field.name << " names row " << cursor.row_id();
        const Value value = cursor.value(&cut);
        if (!value.IsNull()) found.emplace(value.ToText(), RowView(row, table->keys.get()).id());
      }
      ASSERT_EQ(found, ExpectedEntries(program, name, index.field.name)) << name << "." << index.field.name;
    }
  }
}

class CrashTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "rem_crash_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void MakeTables() {
    Database database = Database::Open(Options(directory_, Durability::kFull));
    for (size_t i = 0; i < kWriters; ++i) {
      Session session = database.OpenSession(TenantName(i));
      for (const char* table : RandomProgram::kTables) session.RegisterSchema(table, RandomProgram::SchemaOf(table));
      first_change_[i] = session.CurrentSequence() + 1;
    }
  }

  /// Brings a program to what was acknowledged, and one operation further where the database has that one too.
  void CatchUp(size_t writer, TenantStore& tenant, uint64_t acknowledged, uint64_t& done) {
    RandomProgram& program = programs_[writer];
    program.Skip(acknowledged);
    const uint64_t changes = tenant.log().committed() + 1 - first_change_[writer];
    if (changes == program.log_entries()) return;
    // The random sequence cannot be wound back: the operation is known to be there before it is done in the model.
    ASSERT_GT(changes, program.log_entries()) << "acknowledged changes are lost";
    program.Skip(1);
    ++done;
    ASSERT_EQ(changes, program.log_entries()) << "half of an operation is there, or more than one";
  }

  void CheckDatabase(const Done& before, Done& done) {
    const OpenOptions options = Options(directory_, Durability::kFull);
    const auto store = std::make_shared<Store>(OpenRocksDbEngine(options), options, SystemClock());
    for (size_t i = 0; i < kWriters; ++i) {
      SCOPED_TRACE(TenantName(i));
      const std::shared_ptr<TenantStore> tenant = store->OpenTenant(TenantName(i), false);
      ASSERT_NO_FATAL_FAILURE(CatchUp(i, *tenant, done[i] - before[i], done[i]));
      ASSERT_NO_FATAL_FAILURE(CheckIndexes(*tenant, programs_[i]));
      const Session session(std::make_shared<Session::Impl>(store, tenant));
      ASSERT_NO_FATAL_FAILURE(CheckRecords(session, programs_[i]));
      ASSERT_NO_FATAL_FAILURE(CheckLog(session, programs_[i], first_change_[i]));
      ASSERT_EQ(session.Check(), std::vector<std::string>{});
    }
  }

  std::string directory_;
  std::array<uint64_t, kWriters> first_change_{};
  std::vector<RandomProgram> programs_;
};

TEST_F(CrashTest, AcknowledgedWritesSurviveAKill) {
  const std::string given = Variable(kSeedVariable);
  const uint64_t seed = given.empty() ? Random::FromSystem().Next() >> 16 : std::stoull(given);
  SCOPED_TRACE("set " + std::string(kSeedVariable) + "=" + std::to_string(seed) + " to write the same again");
  for (size_t i = 0; i < kWriters; ++i) programs_.emplace_back(SeedOf(seed, i));
  MakeTables();
  Killer killer(directory_, seed);
  Done done{};
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const Done before = done;
    ASSERT_NO_FATAL_FAILURE(killer.KillOneWriter(round % 2 == 0 ? Durability::kFull : Durability::kNormal, done));
    ASSERT_NO_FATAL_FAILURE(CheckDatabase(before, done));
  }
  for (const uint64_t operations : done) EXPECT_GT(operations, 100u);
}

}  // namespace
}  // namespace rem
