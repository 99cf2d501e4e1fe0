#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <rem/database.h>

namespace rem {

/// A folder of its own for a database, removed afterwards, and what tests of sessions say often.
class DatabaseFixture : public ::testing::Test {
 protected:
  DatabaseFixture() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::temp_directory_path() / (std::string("rem_") + test->test_suite_name() + "_" +
                                                           std::to_string(::getpid()) + "_" + test->name());
    std::filesystem::remove_all(directory_);
    options_.path = directory_.string();
    options_.durability = Durability::kNormal;
  }
  ~DatabaseFixture() override { std::filesystem::remove_all(directory_); }

  static Uuid Put(Session& session, const std::string& table, const std::string& json) {
    return session.Insert(table, Document::FromJson(json));
  }
  /// Of the error that the call throws, which has to have a hint.
  template <typename Call>
  static ErrorCode CodeOf(Call&& call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint().empty()) << error.what();
      return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::kInternal;
  }

  std::filesystem::path directory_;
  OpenOptions options_;
};

}  // namespace rem
