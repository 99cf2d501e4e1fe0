#include <rem/error.h>

#include <set>

#include <gtest/gtest.h>

#include "base/check.h"

namespace rem {
namespace {

constexpr int kCodes = static_cast<int>(ErrorCode::kInternal) + 1;

TEST(ErrorTest, EveryCodeIsDescribed) {
  std::set<std::string_view> names, classes;
  for (int i = 0; i < kCodes; ++i) {
    const ErrorDescription& description = DescribeError(static_cast<ErrorCode>(i));
    EXPECT_TRUE(names.insert(description.name).second) << description.name;
    EXPECT_TRUE(classes.insert(description.python_class).second) << description.python_class;
    EXPECT_EQ(description.sqlstate.size(), 5u) << description.name;
    EXPECT_GE(description.http_status, 400) << description.name;
    EXPECT_LT(description.http_status, 600) << description.name;
    EXPECT_GE(description.grpc_status, 1) << description.name;
    EXPECT_LE(description.grpc_status, 16) << description.name;
  }
}

TEST(ErrorTest, MapsToPostgresStates) {
  EXPECT_EQ(DescribeError(ErrorCode::kSyntax).sqlstate, "42601");
  EXPECT_EQ(DescribeError(ErrorCode::kTableNotFound).sqlstate, "42P01");
  EXPECT_EQ(DescribeError(ErrorCode::kDivisionByZero).sqlstate, "22012");
  EXPECT_EQ(DescribeError(ErrorCode::kNoSpace).sqlstate, "53100");
  EXPECT_EQ(DescribeError(ErrorCode::kTableNotFound).python_class, "TableNotFound");
  EXPECT_EQ(DescribeError(ErrorCode::kTableNotFound).http_status, 404);
}

TEST(ErrorTest, DescribesAnUnknownNumberAsInternal) {
  EXPECT_EQ(DescribeError(static_cast<ErrorCode>(60'000)).name, "internal");
}

TEST(ErrorTest, WhatHoldsMessageDetailAndHintOnLinesOfTheirOwn) {
  EXPECT_STREQ(Error(ErrorCode::kIo, "cannot read").what(), "cannot read");
  EXPECT_STREQ(Error(ErrorCode::kIo, "cannot read", "try again").what(), "cannot read\nHint: try again");
  const Error error = Error(ErrorCode::kIo, "cannot read").WithDetail("block 7").WithHint("try again").WithPosition(12);
  EXPECT_STREQ(error.what(), "cannot read\nDetail: block 7\nHint: try again");
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_EQ(error.message(), "cannot read");
  EXPECT_EQ(error.detail(), "block 7");
  EXPECT_EQ(error.hint(), "try again");
  EXPECT_EQ(error.position(), 12);
}

TEST(ErrorTest, AFailedCheckNamesItsCondition) {
  try {
    REM_CHECK(1 + 1 == 3);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal);
    EXPECT_NE(error.message().find("1 + 1 == 3"), std::string::npos);
    EXPECT_NE(error.message().find("error_test.cc"), std::string::npos);
  }
  REM_CHECK(true);
  REM_DCHECK(true);
}

}  // namespace
}  // namespace rem
