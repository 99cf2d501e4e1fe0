#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <atomic>

#include "storage/engine_fixture.h"
#include "storage/rocksdb_engine.h"

namespace rem {
namespace {

/// When the disk fails.
struct DiskState {
  std::atomic<bool> full{false};          ///< Every append fails with "no space".
  std::atomic<int64_t> appends_left{-1};  ///< After so many appends the disk is full; -1 for never.
  std::atomic<bool> tear{false};          ///< A failing append writes half of its bytes, as a full disk does.
  std::atomic<uint64_t> free_bytes{uint64_t{1} << 40};

  bool NextAppendFails() {
    if (appends_left >= 0 && appends_left-- == 0) full = true;
    return full;
  }
};

class FailingFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, DiskState& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    if (!disk_.NextAppendFails()) return FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (disk_.tear) {
      const rocksdb::IOStatus half = FSWritableFileOwnerWrapper::Append({data.data(), data.size() / 2}, options, debug);
      if (!half.ok()) return half;
    }
    rocksdb::IOStatus status = rocksdb::IOStatus::NoSpace("injected");
    status.SetRetryable(true);  // As RocksDB's own file system says for ENOSPC.
    return status;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& /*info*/, rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }

 private:
  DiskState& disk_;
};

class FailingFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FailingFileSystem(DiskState& disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "FailingFileSystem"; }
  rocksdb::IOStatus GetFreeSpace(const std::string& /*path*/, const rocksdb::IOOptions& /*options*/,
                                 uint64_t* free_bytes, rocksdb::IODebugContext* /*debug*/) override {
    *free_bytes = disk_.free_bytes;
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, &file, debug);
    if (status.ok()) *result = std::make_unique<FailingFile>(std::move(file), disk_);
    return status;
  }

 private:
  DiskState& disk_;
};

class WriteFailureTest : public testing::Test {
 protected:
  WriteFailureTest() : env_(rocksdb::NewCompositeEnv(std::make_shared<FailingFileSystem>(disk_))) { Reopen(); }
  ~WriteFailureTest() override {
    disk_.full = false;
    disk_.appends_left = -1;
    engine_.reset();
  }

  void Reopen() {
    engine_.reset();
    engine_ = OpenRocksDbEngine({.path = directory_.Sub("db")}, env_.get());
  }
  Pairs Rows() { return ScanForward(*engine_, Family::kRows); }
  /// The pairs that a process which opens a copy of the files now would see.
  Pairs RowsAfterCrash() {
    const std::string copy = directory_.Sub("crashed" + std::to_string(copies_++));
    std::filesystem::copy(directory_.Sub("db"), copy, std::filesystem::copy_options::recursive);
    return ScanForward(*OpenRocksDbEngine({.path = copy}), Family::kRows);
  }

  TempDirectory directory_;
  DiskState disk_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<Engine> engine_;
  int copies_ = 0;
};

TEST_F(WriteFailureTest, WritesWorkAgainOnceThereIsSpace) {
  for (const bool tear : {false, true}) {
    disk_.tear = tear;
    const std::string round = tear ? "torn" : "whole";
    PutOne(*engine_, Family::kRows, round + " before", "1", {.sync = true});
    const Pairs before = Rows();
    disk_.full = true;
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(CodeOf([&] { PutOne(*engine_, Family::kRows, "failed", "x", {.sync = true}); }), ErrorCode::kNoSpace);
    }
    EXPECT_EQ(Rows(), before) << "reads go on, the failed batch is not there";
    EXPECT_EQ(RowsAfterCrash(), before);
    disk_.full = false;
    PutOne(*engine_, Family::kRows, round + " later", "2", {.sync = true});
    Pairs expected = before;
    expected.emplace_back(round + " later", "2");
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(Rows(), expected);
    EXPECT_EQ(RowsAfterCrash(), expected);
    Reopen();
    EXPECT_EQ(Rows(), expected);
  }
}

TEST_F(WriteFailureTest, ANearlyFullDiskIsLeftAlone) {
  disk_.free_bytes = 20u << 20;
  PutOne(*engine_, Family::kRows, "fits", "1", {.sync = true});
  disk_.free_bytes = 1u << 20;
  const std::string large(2u << 20, 'x');
  EXPECT_EQ(CodeOf([&] { PutOne(*engine_, Family::kRows, "large", large); }), ErrorCode::kNoSpace);
  EXPECT_EQ(CodeOf([&] { PutOne(*engine_, Family::kRows, "large", large, {.bulk = true}); }), ErrorCode::kNoSpace);
  EXPECT_EQ(Rows(), (Pairs{{"fits", "1"}}));
  disk_.free_bytes = 1u << 30;
  PutOne(*engine_, Family::kRows, "large", large);
  EXPECT_EQ(Rows().size(), 2u);
}

TEST_F(WriteFailureTest, ADiskThatFillsUpAtAnyAppendLosesNothingAcknowledged) {
  // Small writes and a bulk; the disk fills up at the n-th append, then has space again.
  for (int64_t n = 0; n < 50; n += 5) {
    Pairs acknowledged = Rows();
    disk_.tear = n % 2 == 0;
    disk_.appends_left = n;
    int failures = 0;
    for (int i = 0; i < 8; ++i) {
      Batch batch;
      const std::string key = "n" + std::to_string(1000 + n) + "i" + std::to_string(i);
      batch.Put(Family::kRows, key, i == 4 ? std::string(2u << 20, 'b') : "small");
      try {
        engine_->Write(batch, {.sync = true, .bulk = i == 4});
        acknowledged.emplace_back(key, std::string(batch.value(batch.operations()[0])));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kNoSpace) << error.what();
        ++failures;
      }
    }
    disk_.appends_left = -1;
    disk_.full = false;
    std::sort(acknowledged.begin(), acknowledged.end());
    ASSERT_EQ(Rows(), acknowledged) << "n " << n;
    ASSERT_EQ(RowsAfterCrash(), acknowledged) << "n " << n;
    EXPECT_TRUE(n > 5 || failures > 0) << n;
    // Room for the next round.
    Batch batch;
    batch.DeleteRange(Family::kRows, "a", "z");
    engine_->Write(batch, {.sync = true});
  }
  Reopen();
  EXPECT_TRUE(Rows().empty());
}

}  // namespace
}  // namespace rem
