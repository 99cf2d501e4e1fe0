#include "storage/rocksdb_engine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/random.h"
#include "storage/engine_fixture.h"
#include "storage/rocksdb_files.h"
#include "storage/status_error.h"

namespace rem {
namespace {

namespace fs = std::filesystem;

class RocksDbEngineTest : public testing::Test {
 protected:
  std::string path() const { return directory_.Sub("db"); }
  std::unique_ptr<Engine> Open() { return OpenRocksDbEngine({.path = path()}); }
  static ErrorCode OpenCode(const OpenOptions& options) {
    return CodeOf([&] { OpenRocksDbEngine(options); });
  }
  static Batch LargeBatch(int keys) {
    Batch batch;
    for (int i = 0; i < keys; ++i) batch.Put(Family::kRows, "bulk" + std::to_string(i), std::string(1000, 'b'));
    return batch;
  }

  TempDirectory directory_;
};

TEST_F(RocksDbEngineTest, KeepsEverythingWhenReopened) {
  for (int round = 0; round < 12; ++round) {
    const auto engine = Open();
    EXPECT_EQ(ScanForward(*engine, Family::kRows).size(), static_cast<size_t>(round));
    PutOne(*engine, Family::kRows, "key" + std::to_string(100 + round), std::to_string(round));
  }
  // Opens turn logs into table files now and then, so they do not pile up.
  size_t logs = 0;
  for (const auto& file : fs::directory_iterator(path())) logs += file.path().extension() == ".log" ? 1 : 0;
  EXPECT_LE(logs, 9u);
}

TEST_F(RocksDbEngineTest, ACrashLosesNothingThatWasAcknowledged) {
  const auto engine = Open();
  PutOne(*engine, Family::kRows, "not synced", "1");
  PutOne(*engine, Family::kRows, "synced", "2", {.sync = true});
  engine->Write(LargeBatch(2000), {.bulk = true});
  PutOne(*engine, Family::kRows, "after", "3");
  // What lies on the disk while the engine runs is what a killed process leaves.
  fs::copy(path(), directory_.Sub("crashed"), fs::copy_options::recursive);
  const auto crashed = OpenRocksDbEngine({.path = directory_.Sub("crashed")});
  EXPECT_EQ(ScanForward(*crashed, Family::kRows), ScanForward(*engine, Family::kRows));
}

TEST_F(RocksDbEngineTest, LargeMemtablesAreWrittenAtClose) {
  {
    const auto engine = Open();
    engine->Write(LargeBatch(12'000), {});
  }
  bool has_table = false;
  for (const auto& file : fs::directory_iterator(path())) has_table = has_table || file.path().extension() == ".sst";
  EXPECT_TRUE(has_table);
  EXPECT_EQ(ScanForward(*Open(), Family::kRows).size(), 12'000u);
}

TEST_F(RocksDbEngineTest, RemovesWhatAnInterruptedBulkLeft) {
  Open();
  fs::create_directories(BulkDirectory(path()));
  std::ofstream(BulkDirectory(path()) / "0-rows-0.sst") << "half a file";
  const auto engine = Open();
  EXPECT_FALSE(fs::exists(BulkDirectory(path())));
  engine->Write(LargeBatch(2000), {.bulk = true});
  EXPECT_TRUE(fs::is_empty(BulkDirectory(path())));
}

TEST_F(RocksDbEngineTest, AFailedBulkChangesNothing) {
  const auto engine = Open();
  PutOne(*engine, Family::kRows, "old", "1");
  // A file where the directory of the bulk should be.
  fs::remove_all(BulkDirectory(path()));
  std::ofstream(BulkDirectory(path())) << "in the way";
  EXPECT_EQ(CodeOf([&] { engine->Write(LargeBatch(2000), {.bulk = true}); }), ErrorCode::kIo);
  EXPECT_EQ(ScanForward(*engine, Family::kRows), (Pairs{{"old", "1"}}));
  fs::remove(BulkDirectory(path()));
  engine->Write(LargeBatch(2000), {.bulk = true});
  EXPECT_EQ(ScanForward(*engine, Family::kRows).size(), 2001u);
}

TEST_F(RocksDbEngineTest, BulkFilesOfSeveralFamiliesComeTogetherAndSurvive) {
  {
    const auto engine = Open();
    Batch batch;
    for (int i = 0; i < 5000; ++i) {
      const std::string key = std::to_string(i);
      for (const Family family : {Family::kRows, Family::kIds, Family::kIndex})
        batch.Put(family, key, std::string(100, 'x'));
    }
    engine->Write(batch, {.bulk = true});
    // Nothing of it is in the log.
    EXPECT_GT(engine->Stats().disk_bytes, 0u);
  }
  const auto engine = Open();
  for (const Family family : {Family::kRows, Family::kIds, Family::kIndex})
    EXPECT_EQ(ScanForward(*engine, family).size(), 5000u);
  engine->VerifyChecksums();
}

TEST_F(RocksDbEngineTest, RefusesPathsThatAreNoDatabase) {
  std::ofstream(directory_.Sub("file")) << "text";
  EXPECT_EQ(OpenCode({.path = ""}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenCode({.path = std::string("a\0b", 3)}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenCode({.path = directory_.Sub("file")}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenCode({.path = directory_.Sub("file") + "/below/it"}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenCode({.path = directory_.Sub(std::string(300, 'n'))}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenCode({.path = directory_.Sub("absent"), .create_if_missing = false}), ErrorCode::kNotFound);
  EXPECT_EQ(OpenCode({.path = directory_.Sub("absent"), .read_only = true}), ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(directory_.Sub("absent")));
  fs::create_directory(directory_.Sub("empty"));
  EXPECT_EQ(OpenCode({.path = directory_.Sub("empty"), .create_if_missing = false}), ErrorCode::kNotFound);
}

TEST_F(RocksDbEngineTest, SaysThatItMayNotWriteThere) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser may write everywhere";
  fs::permissions(directory_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(OpenCode({.path = path()}), ErrorCode::kPermission);
  fs::permissions(directory_.path(), fs::perms::owner_all);
}

TEST_F(RocksDbEngineTest, ASecondOpenIsLockedOut) {
  const auto engine = Open();
  try {
    Open();
    FAIL() << "the database opened twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kLocked);
    EXPECT_NE(error.message().find(path()), std::string::npos);
  }
  PutOne(*engine, Family::kRows, "still", "writable");
}

TEST_F(RocksDbEngineTest, AnotherProcessLocksItOut) {
  Open();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const std::string lock_path = path() + "/LOCK";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Only calls that are safe after fork: this takes the lock as RocksDB does.
    const int file = open(lock_path.c_str(), O_RDWR);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const char ok = fcntl(file, F_SETLK, &lock) == 0 ? '1' : '0';
    if (write(ready[1], &ok, 1) == 1) pause();
    _exit(0);
  }
  char ok = '0';
  ASSERT_EQ(read(ready[0], &ok, 1), 1);
  ASSERT_EQ(ok, '1');
  EXPECT_EQ(OpenCode({.path = path()}), ErrorCode::kLocked);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  Open();
  close(ready[0]);
  close(ready[1]);
}

TEST_F(RocksDbEngineTest, ReadOnlyReadsAndRefusesToWrite) {
  PutOne(*Open(), Family::kRows, "key", "value");
  const auto engine = OpenRocksDbEngine({.path = path(), .read_only = true});
  EXPECT_EQ(GetOr(*engine, Family::kRows, "key", "absent"), "value");
  EXPECT_EQ(ScanForward(*engine, Family::kRows).size(), 1u);
  EXPECT_EQ(CodeOf([&] { PutOne(*engine, Family::kRows, "key", "other"); }), ErrorCode::kPermission);
  EXPECT_EQ(CodeOf([&] { engine->Sync(); }), ErrorCode::kPermission);
  EXPECT_EQ(CodeOf([&] { engine->Compact(Family::kRows, {}, {}); }), ErrorCode::kPermission);
}

TEST_F(RocksDbEngineTest, UnknownFamiliesAreANewerFormat) {
  Open();
  rocksdb::DB* db = nullptr;
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path(), &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  ASSERT_TRUE(rocksdb::DB::Open({}, path(), families, &handles, &db).ok());
  handles.emplace_back();
  ASSERT_TRUE(db->CreateColumnFamily({}, "of the future", &handles.back()).ok());
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  delete db;
  EXPECT_EQ(OpenCode({.path = path()}), ErrorCode::kFormatVersion);
}

TEST_F(RocksDbEngineTest, CompactionGivesSpaceBack) {
  const auto engine = Open();
  engine->Write(LargeBatch(5000), {.bulk = true});
  const uint64_t full = engine->Stats().disk_bytes;
  Batch batch;
  batch.DeleteRange(Family::kRows, "a", "z");
  engine->Write(batch, {});
  engine->Compact(Family::kRows, {}, {});
  EXPECT_LT(engine->Stats().disk_bytes, full / 2);
}

TEST_F(RocksDbEngineTest, LongScansOfLargeTablesLeaveTheBlockCacheAlone) {
  constexpr uint64_t kCacheBytes = 16u << 20;
  // Two tables, by the prefix of eight bytes that keys of rows have: some 4 MB, and some 100 KB.
  const std::string large = "large...", small = "small...";
  {
    const auto engine = Open();
    Batch batch;
    Random random(5);
    for (int i = 0; i < 4100; ++i) {
      std::string value(1000, '\0');
      for (char& c : value) c = static_cast<char>(random.Next());
      batch.Put(Family::kRows, (i < 4000 ? large : small) + std::to_string(i), value);
    }
    engine->Write(batch, {.bulk = true});
  }
  const auto engine = OpenRocksDbEngine({.path = path(), .block_cache_bytes = kCacheBytes});
  const auto snapshot = engine->NewSnapshot();
  const auto filled_by = [&](const std::string& table, const char* from, const char* to, bool sequential, size_t rows) {
    const uint64_t before = engine->Stats().memory_bytes;
    const ScanOptions options = {
        .snapshot = snapshot.get(), .lower = table + from, .upper = table + to, .sequential = sequential};
    EXPECT_EQ(ScanForward(*engine, Family::kRows, options).size(), rows);
    return engine->Stats().memory_bytes - before;
  };
  // The first few blocks are kept, as those of a short scan are; also where a part of the table is scanned.
  EXPECT_LT(filled_by(large, "", "~", true, 4000), 400u << 10);
  EXPECT_LT(filled_by(large, "2", "3", true, 1111), 400u << 10);
  EXPECT_GT(filled_by(small, "", "~", true, 100), 90u << 10);
  EXPECT_GT(filled_by(large, "", "~", false, 4000), 3u << 20);
}

TEST_F(RocksDbEngineTest, AScanThatTurnsToReadingAheadGoesOnInItsSnapshot) {
  const auto engine = Open();
  const auto key = [](int i) { return "rows...." + std::to_string(10'000 + i); };
  const auto put = [&](const std::string& value) {
    Batch batch;
    for (int i = 0; i < 2000; ++i) batch.Put(Family::kRows, key(i), value + std::to_string(i));
    engine->Write(batch, {});
  };
  put("old ");
  const auto snapshot = engine->NewSnapshot();
  const auto it = engine->Scan(Family::kRows, {.snapshot = snapshot.get(), .lower = "rows....", .sequential = true});
  it->SeekToFirst();
  // All of it is overwritten, and then deleted, while the scan is at its beginning.
  put("new ");
  Batch drop;
  drop.DeleteRange(Family::kRows, "rows....", "rows..../");
  for (int i = 0; i < 2000; ++i, it->Next()) {
    if (i == 100) {
      engine->Write(drop, {});
      engine->Compact(Family::kRows, "", "");
    }
    ASSERT_TRUE(it->Valid());
    ASSERT_EQ(it->key(), key(i));
    ASSERT_EQ(it->value(), "old " + std::to_string(i));
    // Steps back count for nothing.
    if (i % 50 == 49) it->Prev(), it->Next();
  }
  EXPECT_FALSE(it->Valid());
}

TEST(StatusErrorTest, MapsEveryKindOfFailure) {
  const auto code = [](const rocksdb::Status& status) {
    const Error error = ErrorFromStatus(status, "cannot do it");
    EXPECT_EQ(error.message(), "cannot do it");
    EXPECT_EQ(error.detail(), status.ToString());
    EXPECT_FALSE(error.hint().empty());
    return error.code();
  };
  using rocksdb::Status;
  EXPECT_EQ(code(Status::NoSpace()), ErrorCode::kNoSpace);
  EXPECT_EQ(code(Status::IOError("write", "No space left on device")), ErrorCode::kNoSpace);
  EXPECT_EQ(code(Status::IOError("/db/LOCK", "Permission denied")), ErrorCode::kPermission);
  EXPECT_EQ(code(Status::IOError("mkdir", "Read-only file system")), ErrorCode::kPermission);
  EXPECT_EQ(code(Status::IOError("While lock file: /db/LOCK", "Resource temporarily unavailable")), ErrorCode::kLocked);
  EXPECT_EQ(code(Status::IOError("open", "Too many open files")), ErrorCode::kIo);
  EXPECT_EQ(code(Status::PathNotFound("/db/000004.sst")), ErrorCode::kCorruption);
  EXPECT_EQ(code(Status::IOError("read", "Input/output error")), ErrorCode::kIo);
  EXPECT_EQ(code(Status::Corruption("block checksum mismatch", "/db/000004.sst")), ErrorCode::kCorruption);
  EXPECT_EQ(code(Status::NotSupported("unknown compression")), ErrorCode::kCorruption);
  EXPECT_EQ(code(Status::ShutdownInProgress()), ErrorCode::kClosed);
  EXPECT_EQ(code(Status::Busy()), ErrorCode::kIo);
  EXPECT_EQ(code(Status::Aborted()), ErrorCode::kInternal);
  EXPECT_NO_THROW(ThrowIfFailed(Status::OK(), "fine"));
}

}  // namespace
}  // namespace rem
