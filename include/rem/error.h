#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rem {

/// What kind of failure an Error reports. One table (`DescribeError`) maps each code to SQLSTATE, HTTP status, gRPC
/// status and the Python exception.
enum class ErrorCode : uint16_t {
  kInvalidArgument,  ///< A value or option that the call cannot take.
  kInvalidJson,      ///< Text that is not JSON, or JSON that no record can hold (duplicate keys, NUL, 2^63, too deep).
  kInvalidSchema,    ///< A JSON Schema that does not compile.
  kSchemaConflict,   ///< A schema change that would break existing rows; the detail lists the reasons.
  kValidation,       ///< A record that its table's schema refuses.
  kTypeMismatch,     ///< A value of the wrong type, or a cast that cannot be done.
  kNumericOutOfRange,  ///< Integer or double overflow.
  kDivisionByZero,
  kInvalidText,        ///< Text that does not parse as the type asked for ("abc" as integer), or is not UTF-8.
  kInvalidDatetime,    ///< A date or time that does not exist, such as 2026-02-30.
  kDimensionMismatch,  ///< A vector whose dimension differs from its column's.
  kSyntax,             ///< SQL that does not parse.
  kTableNotFound,
  kColumnNotFound,
  kFunctionNotFound,
  kAmbiguous,  ///< A name that fits several things.
  kGrouping,   ///< A column that must appear in GROUP BY or in an aggregate.
  kRecordNotFound,
  kNotFound,  ///< Any other named thing that does not exist (provider, index, file).
  kAlreadyExists,
  kUniqueViolation,
  kNotNullViolation,
  kCheckViolation,
  kForeignKeyViolation,
  kTextTooLong,             ///< A text that is longer than its column allows.
  kTableExists,             ///< A table or index of that name is there already.
  kColumnExists,            ///< A column of that name is there already.
  kDependentObjects,        ///< Something else needs what should be dropped.
  kInvalidColumnReference,  ///< ON CONFLICT that names no key.
  kGeneratedAlways,         ///< A value for a column whose values a sequence always gives.
  kInvalidForeignKey,       ///< A foreign key whose columns do not fit those that it refers to.
  kConflict,                ///< The record changed since the version that the caller saw.
  kNoTransaction,           ///< A statement that needs an open transaction.
  kInTransaction,           ///< A statement that cannot run inside a transaction.
  kTransactionFailed,       ///< A statement failed before; only ROLLBACK is possible.
  kTenant,                  ///< A tenant name that cannot be, or a tenant that does not exist.
  kLimitExceeded,           ///< Past a documented limit (record size, depth, rows in memory, statement length).
  kNotSupported,            ///< Not supported yet, or on purpose; the hint names the way round.
  kCancelled,
  kTimeout,
  kClosed,  ///< The database was closed.
  kLocked,  ///< Another process has the database open.
  kNoSpace,
  kPermission,
  kIo,
  kFormatVersion,  ///< Written by a version of REM DB that this one does not know.
  kCorruption,     ///< Stored bytes that fail their checksum or their invariants.
  kInternal,       ///< A broken invariant of ours; please report it.
};

/// What each ErrorCode is called elsewhere.
struct ErrorDescription {
  std::string_view name;      ///< Stable lower-case name, for example "table_not_found".
  std::string_view sqlstate;  ///< Five characters, PostgreSQL's where it has one.
  int http_status;
  int grpc_status;
  std::string_view python_class;  ///< Name in `rem_db.errors`.
};

/// Returns the row of the error table for `code`.
const ErrorDescription& DescribeError(ErrorCode code);

/// The one exception type of REM DB. `what()` is "message" + detail + hint, each on a line of its own.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string message, std::string hint = {});

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& detail() const { return detail_; }
  const std::string& hint() const { return hint_; }
  /// 1-based character position in the SQL text, 0 where none applies.
  int position() const { return position_; }
  /// The five characters of this error; those of its code unless WithSqlState said otherwise.
  std::string_view sqlstate() const { return sqlstate_; }

  Error WithDetail(std::string detail) &&;
  Error WithHint(std::string hint) &&;
  Error WithPosition(int position) &&;
  /// `sqlstate` outlives the error: a literal. For PostgreSQL's finer distinctions within one code.
  Error WithSqlState(std::string_view sqlstate) &&;

  const char* what() const noexcept override { return what_.c_str(); }

 private:
  void Compose();

  ErrorCode code_;
  std::string message_;
  std::string detail_;
  std::string hint_;
  int position_ = 0;
  std::string_view sqlstate_;
  std::string what_;
};

}  // namespace rem
