#include "storage/info_log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rem {
namespace {

class InfoLogTest : public testing::Test {
 protected:
  InfoLogTest() : directory_(testing::TempDir() + "info_log_test"), path_(directory_ + "/LOG") {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~InfoLogTest() override { std::filesystem::remove_all(directory_); }

  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  std::shared_ptr<rocksdb::Logger> Open(size_t max_bytes = 1u << 20) {
    return OpenInfoLog(path_, rocksdb::InfoLogLevel::WARN_LEVEL, max_bytes);
  }

  /// For a process of its own, whose files may not grow past 100 bytes, so that writes fail as on a full disk.
  void LogPastTheFileLimit() {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    limit.rlim_cur = limit.rlim_max = 100;
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto log = Open();
    for (int i = 0; i < 50; ++i) rocksdb::Warn(log, "line %d, which does not fit for long", i);
    std::exit(log->GetLogFileSize() <= 100 ? 0 : 1);
  }

  std::string directory_;
  std::string path_;
};

TEST_F(InfoLogTest, WritesLinesOfItsLevel) {
  const auto log = Open();
  rocksdb::Warn(log, "a %s of %d", "warning", 7);
  rocksdb::Info(log, "not worth a line");
  const std::string text = Read(path_);
  EXPECT_NE(text.find("a warning of 7\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("not worth"), std::string::npos) << text;
  EXPECT_EQ(log->GetLogFileSize(), text.size());
}

TEST_F(InfoLogTest, KeepsTheLogBeforeThisOne) {
  rocksdb::Warn(Open(), "the first process");
  const auto log = Open(200);
  rocksdb::Warn(log, "the second process");
  EXPECT_NE(Read(path_ + ".old").find("the first process"), std::string::npos);
  EXPECT_EQ(Read(path_).find("the first process"), std::string::npos);
  for (int i = 0; i < 20; ++i) rocksdb::Warn(log, "line %d", i);
  EXPECT_NE(Read(path_).find("line 19"), std::string::npos);
  EXPECT_LE(std::filesystem::file_size(path_), 200u);
  EXPECT_LE(std::filesystem::file_size(path_ + ".old"), 200u);
}

TEST_F(InfoLogTest, CutsEndlessMessages) {
  const auto log = Open();
  rocksdb::Warn(log, "%s", std::string(100'000, 'x').c_str());
  EXPECT_GT(log->GetLogFileSize(), 1000u);
  EXPECT_LT(log->GetLogFileSize(), 10'000u);
}

TEST_F(InfoLogTest, DropsLinesThatCannotBeWritten) {
  // Other tests leave threads behind, so a mere fork could find their locks taken.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(LogPastTheFileLimit(), testing::ExitedWithCode(0), "");
  EXPECT_LE(std::filesystem::file_size(path_), 100u);
  std::filesystem::remove_all(directory_);
  rocksdb::Warn(Open(), "nowhere to write");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(InfoLogTest, WritesNothingWithoutAPath) {
  const auto log = OpenInfoLog("", rocksdb::InfoLogLevel::WARN_LEVEL, 1u << 20);
  rocksdb::Warn(log, "nowhere");
  EXPECT_EQ(log->GetLogFileSize(), 0u);
}

}  // namespace
}  // namespace rem
