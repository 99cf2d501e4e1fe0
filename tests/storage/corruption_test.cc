#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/random.h"
#include "storage/engine_fixture.h"
#include "storage/log_check.h"
#include "storage/rocksdb_engine.h"
#include "storage/table_check.h"

namespace rem {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteFile(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// Builds a database with records in a table file and in the log, damages one file and looks at what comes back.
class CorruptionTest : public testing::Test {
 protected:
  void SetUp() override { Build(300); }

  void Build(int logged) {
    fs::remove_all(path());
    const auto engine = OpenRocksDbEngine({.path = path()});
    for (int i = 0; i < 200; ++i) Put(*engine, "table" + std::to_string(i));
    engine->Compact(Family::kRows, {}, {});
    for (int i = 0; i < logged; ++i) Put(*engine, "log" + std::to_string(i));
    expected_ = ScanForward(*engine, Family::kRows);
  }
  static void Put(Engine& engine, const std::string& key) { PutOne(engine, Family::kRows, key, "value of " + key); }

  std::string path() const { return directory_.Sub("db"); }

  /// The largest file whose name starts and ends like this: the one with the data.
  fs::path Find(std::string_view start, std::string_view end) const {
    fs::path found;
    for (const auto& file : fs::directory_iterator(path())) {
      const std::string name = file.path().filename().string();
      if (!name.starts_with(start) || !name.ends_with(end)) continue;
      if (found.empty() || fs::file_size(file.path()) > fs::file_size(found)) found = file.path();
    }
    EXPECT_FALSE(found.empty()) << start << "*" << end;
    return found;
  }

  /// Flips each bit of some bytes of a file: every outcome is an error of kind kCorruption or the right data. Returns
  /// how often it was an error.
  int FlipBits(const fs::path& file, size_t stride) {
    const std::string good = ReadFile(file);
    const fs::path copy = directory_.Sub("copy");
    int errors = 0;
    for (size_t offset = random_.Below(stride); offset < good.size(); offset += stride) {
      fs::remove_all(copy);
      fs::copy(path(), copy, fs::copy_options::recursive);
      std::string bad = good;
      bad[offset] = static_cast<char>(bad[offset] ^ (1 << random_.Below(8)));
      WriteFile(copy / file.filename(), bad);
      try {
        const auto engine =
            OpenRocksDbEngine({.path = copy.string(), .block_cache_bytes = 1u << 20, .write_buffer_bytes = 1u << 20});
        EXPECT_EQ(ScanForward(*engine, Family::kRows), expected_) << file << " at " << offset << " of " << good.size();
        for (const auto& [key, value] : expected_)
          EXPECT_EQ(GetOr(*engine, Family::kRows, key, "absent"), value) << file << " at " << offset;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCorruption) << file << " at " << offset << ": " << error.what();
        ++errors;
      }
    }
    return errors;
  }

  TempDirectory directory_;
  Random random_{Random::FromSystem().Next()};
  Pairs expected_;
};

TEST_F(CorruptionTest, AFlippedBitInATableFileIsReported) {
  const fs::path file = Find("", ".sst");
  EXPECT_GT(FlipBits(file, fs::file_size(file) / 40 + 1), 0);
}

// RocksDB looks at the end of a table's properties before it verifies their checksum, and its assertion ends the
// process where the top bit of the count there is set. Every top bit at the end of the file is set here, that one among
// them.
TEST_F(CorruptionTest, NoFlippedBitAtTheEndOfATableFileEndsTheProcess) {
  const fs::path file = Find("", ".sst");
  const std::string good = ReadFile(file);
  int seen = 0;
  for (size_t offset = good.size() - 200; offset < good.size(); ++offset) {
    std::string bad = good;
    bad[offset] = static_cast<char>(bad[offset] ^ 0x80);
    WriteFile(file, bad);
    try {
      VerifyTableFiles(path());
    } catch (const Error& error) {
      ++seen;
      EXPECT_EQ(error.code(), ErrorCode::kCorruption);
      EXPECT_NE(std::string(error.what()).find(file.filename().string()), std::string::npos) << error.what();
    }
    try {
      EXPECT_EQ(ScanForward(*OpenRocksDbEngine({.path = path()}), Family::kRows), expected_) << offset;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorruption) << offset;
    }
  }
  EXPECT_EQ(seen, 1);
  WriteFile(file, good);
  EXPECT_NO_THROW(VerifyTableFiles(path()));
}

TEST_F(CorruptionTest, AFlippedBitInTheLogIsReported) {
  const fs::path file = Find("", ".log");
  EXPECT_GT(FlipBits(file, fs::file_size(file) / 30 + 1), 25);
}

TEST_F(CorruptionTest, AFlippedBitInTheManifestIsReported) {
  const fs::path file = Find("MANIFEST-", "");
  EXPECT_GT(FlipBits(file, fs::file_size(file) / 30 + 1), 25);
}

TEST_F(CorruptionTest, AFlippedBitInCurrentIsReported) { EXPECT_GT(FlipBits(path() + "/CURRENT", 1), 10); }

TEST_F(CorruptionTest, VerifyChecksumsNamesTheDamagedFile) {
  const fs::path file = Find("", ".sst");
  const std::string good = ReadFile(file);
  for (size_t offset = random_.Below(20); offset < good.size(); offset += good.size() / 25 + 1) {
    WriteFile(file, good);
    const auto engine = OpenRocksDbEngine({.path = path()});
    engine->VerifyChecksums();
    std::string bad = good;
    bad[offset] = static_cast<char>(bad[offset] ^ 0x10);
    WriteFile(file, bad);
    try {
      engine->VerifyChecksums();
      ADD_FAILURE() << "damage at " << offset << " went unseen";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorruption);
      EXPECT_NE(std::string(error.what()).find(file.filename().string()), std::string::npos) << error.what();
    }
  }
}

TEST_F(CorruptionTest, MissingFilesAreReported) {
  for (const fs::path& file : {Find("", ".sst"), Find("MANIFEST-", ""), fs::path(path()) / "CURRENT"}) {
    const std::string bytes = ReadFile(file);
    fs::remove(file);
    EXPECT_EQ(CodeOf([&] { ScanForward(*OpenRocksDbEngine({.path = path()}), Family::kRows); }), ErrorCode::kCorruption)
        << file;
    WriteFile(file, bytes);
  }
  EXPECT_EQ(ScanForward(*OpenRocksDbEngine({.path = path()}), Family::kRows), expected_);
}

TEST_F(CorruptionTest, FlippedBitsOfLogsAreSeenBeforeRocksDbOpens) {
  for (const fs::path& file : {Find("", ".log"), Find("MANIFEST-", "")}) {
    const std::string good = ReadFile(file);
    ASSERT_NO_THROW(VerifyLogFiles(path()));
    const int bit = static_cast<int>(random_.Below(8));
    size_t unseen = 0;
    for (size_t offset = 0; offset < good.size(); ++offset) {
      std::string bad = good;
      bad[offset] = static_cast<char>(bad[offset] ^ (1 << bit));
      WriteFile(file, bad);
      try {
        VerifyLogFiles(path());
        ++unseen;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCorruption);
      }
      if (offset > 600 && offset + 600 < good.size()) offset += 36;  // Both ends whole, the middle in samples.
    }
    EXPECT_EQ(unseen, 0u) << file << " bit " << bit;
    WriteFile(file, good);
  }
}

TEST_F(CorruptionTest, ALogThatACrashCutOffIsFine) {
  const fs::path file = Find("", ".log");
  const std::string good = ReadFile(file);
  for (size_t cut = 1; cut < 120; ++cut) {
    WriteFile(file, good.substr(0, good.size() - cut));
    EXPECT_NO_THROW(VerifyLogFiles(path())) << cut;
  }
  WriteFile(file, good.substr(0, good.size() - 10));
  {
    const auto engine = OpenRocksDbEngine({.path = path()});
    // Only the last record is incomplete.
    const Pairs rows = ScanForward(*engine, Family::kRows);
    EXPECT_EQ(rows.size(), expected_.size() - 1);
    PutOne(*engine, Family::kRows, "after the crash", "1");
  }
  // The log with the cut-off end is still there, beside a newer one.
  EXPECT_EQ(GetOr(*OpenRocksDbEngine({.path = path()}), Family::kRows, "after the crash", "absent"), "1");
}

TEST_F(CorruptionTest, ALogLongerThanABlockIsChecked) {
  const auto write_large = [&] {
    const auto engine = OpenRocksDbEngine({.path = path()});
    for (int i = 0; i < 5; ++i) PutOne(*engine, Family::kRows, "large" + std::to_string(i), std::string(50'000, 'x'));
    expected_ = ScanForward(*engine, Family::kRows);
  };
  write_large();
  ASSERT_NO_THROW(VerifyLogFiles(path()));
  const fs::path file = Find("", ".log");
  const std::string good = ReadFile(file);
  ASSERT_GT(good.size(), 200'000u);
  for (const size_t offset :
       {size_t{4}, size_t{6}, size_t{32'768 + 5}, size_t{3 * 32'768 + 6}, size_t{2 * 32'768 + 100}}) {
    std::string bad = good;
    bad[offset] = static_cast<char>(bad[offset] ^ 4);
    WriteFile(file, bad);
    EXPECT_EQ(CodeOf([&] { VerifyLogFiles(path()); }), ErrorCode::kCorruption) << offset;
  }
  // Preallocated space behind the end is no damage, records behind such space are.
  WriteFile(file, good + std::string(100'000, '\0'));
  EXPECT_NO_THROW(VerifyLogFiles(path()));
  WriteFile(file, good + std::string(100'000, '\0') + "x");
  EXPECT_EQ(CodeOf([&] { VerifyLogFiles(path()); }), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace rem
