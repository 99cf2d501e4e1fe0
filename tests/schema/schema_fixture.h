#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <rem/document.h>
#include <rem/error.h>

#include "schema/validator.h"

namespace rem {

/// Compiles `schema` and expects each of `valid` to pass and each of `invalid` to fail, quietly and with violations
/// alike.
inline void Expect(std::string_view schema, std::initializer_list<std::string_view> valid,
                   std::initializer_list<std::string_view> invalid, const ValidatorOptions& options = {}) {
  SCOPED_TRACE(std::string(schema));
  const Validator validator = Validator::Compile(Document::FromJson(schema), options);
  for (const std::string_view json : valid) {
    const auto violations = validator.Validate(Document::FromJson(json));
    EXPECT_TRUE(violations.empty()) << json << ": " << violations[0].rule << ": " << violations[0].message;
  }
  for (const std::string_view json : invalid) {
    EXPECT_FALSE(validator.IsValid(Document::FromJson(json))) << json;
    EXPECT_FALSE(validator.Validate(Document::FromJson(json)).empty()) << json;
  }
}

/// Expects kInvalidSchema with `part` somewhere in the text.
inline void ExpectRefused(std::string_view schema, std::string_view part, ErrorCode code = ErrorCode::kInvalidSchema) {
  SCOPED_TRACE(std::string(schema));
  try {
    Validator::Compile(Document::FromJson(schema));
    ADD_FAILURE() << "compiles";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_FALSE(error.hint().empty()) << error.what();
  }
}

}  // namespace rem
