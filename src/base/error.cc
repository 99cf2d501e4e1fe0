#include <rem/error.h>

#include <array>
#include <utility>

namespace rem {

namespace {

struct ErrorRow {
  ErrorCode code;
  ErrorDescription description;
};

// gRPC statuses, by number: 1 CANCELLED, 3 INVALID_ARGUMENT, 4 DEADLINE_EXCEEDED, 5 NOT_FOUND, 6 ALREADY_EXISTS, 7
// PERMISSION_DENIED, 8 RESOURCE_EXHAUSTED, 9 FAILED_PRECONDITION, 10 ABORTED, 11 OUT_OF_RANGE, 12 UNIMPLEMENTED, 13
// INTERNAL, 14 UNAVAILABLE, 15 DATA_LOSS.
constexpr ErrorRow kErrorTable[] = {
    {ErrorCode::kInvalidArgument, {"invalid_argument", "22023", 400, 3, "InvalidArgument"}},
    {ErrorCode::kInvalidJson, {"invalid_json", "22032", 400, 3, "InvalidJSON"}},
    {ErrorCode::kInvalidSchema, {"invalid_schema", "42P17", 400, 3, "InvalidSchema"}},
    {ErrorCode::kSchemaConflict, {"schema_conflict", "42P16", 409, 9, "SchemaConflict"}},
    {ErrorCode::kValidation, {"validation", "23514", 422, 3, "ValidationError"}},
    {ErrorCode::kTypeMismatch, {"type_mismatch", "42804", 400, 3, "TypeMismatch"}},
    {ErrorCode::kNumericOutOfRange, {"numeric_out_of_range", "22003", 400, 11, "NumericOutOfRange"}},
    {ErrorCode::kDivisionByZero, {"division_by_zero", "22012", 400, 3, "DivisionByZero"}},
    {ErrorCode::kInvalidText, {"invalid_text", "22P02", 400, 3, "InvalidText"}},
    {ErrorCode::kInvalidDatetime, {"invalid_datetime", "22008", 400, 3, "InvalidDatetime"}},
    {ErrorCode::kDimensionMismatch, {"dimension_mismatch", "22000", 400, 3, "DimensionMismatch"}},
    {ErrorCode::kSyntax, {"syntax", "42601", 400, 3, "SQLSyntaxError"}},
    {ErrorCode::kTableNotFound, {"table_not_found", "42P01", 404, 5, "TableNotFound"}},
    {ErrorCode::kColumnNotFound, {"column_not_found", "42703", 400, 3, "ColumnNotFound"}},
    {ErrorCode::kFunctionNotFound, {"function_not_found", "42883", 400, 3, "FunctionNotFound"}},
    {ErrorCode::kAmbiguous, {"ambiguous", "42702", 400, 3, "AmbiguousName"}},
    {ErrorCode::kGrouping, {"grouping", "42803", 400, 3, "GroupingError"}},
    {ErrorCode::kRecordNotFound, {"record_not_found", "P0002", 404, 5, "RecordNotFound"}},
    {ErrorCode::kNotFound, {"not_found", "42704", 404, 5, "NotFound"}},
    {ErrorCode::kAlreadyExists, {"already_exists", "42710", 409, 6, "AlreadyExists"}},
    {ErrorCode::kUniqueViolation, {"unique_violation", "23505", 409, 6, "UniqueViolation"}},
    {ErrorCode::kNotNullViolation, {"not_null_violation", "23502", 422, 3, "NotNullViolation"}},
    {ErrorCode::kCheckViolation, {"check_violation", "23514", 422, 3, "CheckViolation"}},
    {ErrorCode::kForeignKeyViolation, {"foreign_key_violation", "23503", 409, 9, "ForeignKeyViolation"}},
    {ErrorCode::kTextTooLong, {"text_too_long", "22001", 422, 3, "TextTooLong"}},
    {ErrorCode::kTableExists, {"table_exists", "42P07", 409, 6, "TableExists"}},
    {ErrorCode::kColumnExists, {"column_exists", "42701", 409, 6, "ColumnExists"}},
    {ErrorCode::kDependentObjects, {"dependent_objects", "2BP01", 409, 9, "DependentObjects"}},
    {ErrorCode::kInvalidColumnReference, {"invalid_column_reference", "42P10", 400, 3, "InvalidColumnReference"}},
    {ErrorCode::kGeneratedAlways, {"generated_always", "428C9", 400, 3, "GeneratedAlways"}},
    {ErrorCode::kInvalidForeignKey, {"invalid_foreign_key", "42830", 400, 3, "InvalidForeignKey"}},
    {ErrorCode::kConflict, {"conflict", "40001", 409, 10, "Conflict"}},
    {ErrorCode::kNoTransaction, {"no_transaction", "25P01", 400, 9, "NoTransaction"}},
    {ErrorCode::kInTransaction, {"in_transaction", "25001", 400, 9, "InTransaction"}},
    {ErrorCode::kTransactionFailed, {"transaction_failed", "25P02", 400, 9, "TransactionFailed"}},
    {ErrorCode::kTenant, {"tenant", "3D000", 400, 3, "TenantError"}},
    {ErrorCode::kLimitExceeded, {"limit_exceeded", "54000", 413, 8, "LimitExceeded"}},
    {ErrorCode::kNotSupported, {"not_supported", "0A000", 501, 12, "NotSupported"}},
    {ErrorCode::kCancelled, {"cancelled", "57014", 499, 1, "Cancelled"}},
    {ErrorCode::kTimeout, {"timeout", "57014", 504, 4, "Timeout"}},
    {ErrorCode::kClosed, {"closed", "57P01", 503, 14, "Closed"}},
    {ErrorCode::kLocked, {"locked", "55006", 423, 14, "Locked"}},
    {ErrorCode::kNoSpace, {"no_space", "53100", 507, 8, "NoSpace"}},
    {ErrorCode::kPermission, {"permission", "42501", 403, 7, "PermissionDenied"}},
    {ErrorCode::kIo, {"io", "58030", 500, 13, "IOFailure"}},
    {ErrorCode::kFormatVersion, {"format_version", "0A000", 500, 9, "FormatVersionError"}},
    {ErrorCode::kCorruption, {"corruption", "XX001", 500, 15, "Corruption"}},
    {ErrorCode::kInternal, {"internal", "XX000", 500, 13, "InternalError"}},
};

constexpr bool TableIsInCodeOrder() {
  size_t i = 0;
  for (const ErrorRow& row : kErrorTable) {
    if (static_cast<size_t>(row.code) != i++) return false;
  }
  return i == static_cast<size_t>(ErrorCode::kInternal) + 1;
}
static_assert(TableIsInCodeOrder(), "every ErrorCode needs its row, in the order of the enumeration");

}  // namespace

const ErrorDescription& DescribeError(ErrorCode code) {
  const auto index = static_cast<size_t>(code);
  // A number that is no code (from a newer peer, say) is described as an internal error rather than read past the
  // table.
  if (index >= std::size(kErrorTable)) return kErrorTable[static_cast<size_t>(ErrorCode::kInternal)].description;
  return kErrorTable[index].description;
}

Error::Error(ErrorCode code, std::string message, std::string hint)
    : std::runtime_error(std::string()), code_(code), message_(std::move(message)), hint_(std::move(hint)) {
  sqlstate_ = DescribeError(code).sqlstate;
  Compose();
}

Error Error::WithDetail(std::string detail) && {
  detail_ = std::move(detail);
  Compose();
  return std::move(*this);
}

Error Error::WithHint(std::string hint) && {
  hint_ = std::move(hint);
  Compose();
  return std::move(*this);
}

Error Error::WithPosition(int position) && {
  position_ = position;
  return std::move(*this);
}

Error Error::WithSqlState(std::string_view sqlstate) && {
  sqlstate_ = sqlstate;
  return std::move(*this);
}

void Error::Compose() {
  what_ = message_;
  if (!detail_.empty()) what_ += "\nDetail: " + detail_;
  if (!hint_.empty()) what_ += "\nHint: " + hint_;
}

}  // namespace rem
