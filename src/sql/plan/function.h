#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/error.h>
#include <rem/value.h>

#include "types/column.h"

namespace rem::sql {

/// The first row on which a kernel failed. Kernels go on after a failure (the cell holds anything); who runs them
/// throws once.
struct KernelFailure {
  bool failed = false;
  size_t row = 0;
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string hint;
  std::string_view sqlstate;  ///< Empty: the code's.

  void Set(size_t at, ErrorCode what, std::string_view text, std::string_view advice = {},
           std::string_view state = {}) {
    if (failed) return;
    failed = true;
    row = at;
    code = what;
    message = text;
    hint = advice;
    sqlstate = state;
  }
  void Set(size_t at, const Error& error) { Set(at, error.code(), error.message(), error.hint(), error.sqlstate()); }
  Error ToError() const {
    Error error(code, message, hint);
    return sqlstate.empty() ? error : std::move(error).WithSqlState(sqlstate);
  }
};

/// One call of a kernel: some rows of its input columns.
struct KernelCall {
  std::span<const Column* const> in;
  Column* out = nullptr;
  /// Rows to compute; nullptr means 0 to count - 1.
  const uint32_t* rows = nullptr;
  size_t count = 0;
  KernelFailure* failure = nullptr;
  /// Start of the statement, for now().
  int64_t now_micros = 0;
};

using Kernel = void (*)(KernelCall&);

/// When a call may be computed.
enum class Volatility : uint8_t {
  kImmutable,  ///< Same arguments, same answer: folded while planning.
  kStable,     ///< Same answer within a statement: now().
  kVolatile,   ///< Another answer for each row: random().
};

/// One overload of a function or operator. Argument types may be kAny, or kAnyElement and ArrayOf(kAnyElement), which
/// stand for one type in the whole signature, the result included; the type that a call has is its column's.
struct Function {
  std::string_view name;
  std::vector<LogicalType> arguments;
  LogicalType result;
  Kernel kernel;
  /// NULL for a NULL argument, decided before the kernel runs: it sees only rows whose arguments are all there.
  bool strict = true;
  Volatility volatility = Volatility::kImmutable;
  /// Not reachable by its name from SQL.
  bool internal = false;
  /// The last argument may come any number of times, also not at all.
  bool variadic = false;
};

/// Overloads of a name (lower case; operators by their sign, casts as "cast"); empty for an unknown name.
std::span<const Function> FindFunctions(std::string_view name);
/// The overload with exactly these argument types, or nullptr.
const Function* FindOverload(std::string_view name, std::span<const LogicalType> arguments);
const Function* FindCast(LogicalType from, LogicalType to);
/// Names that SQL can call, for nearest-name hints.
std::vector<std::string> FunctionNames();

// What each file of this folder adds to the registry.
void AddArithmeticFunctions(std::vector<Function>& out);
void AddComparisonFunctions(std::vector<Function>& out);
void AddCastFunctions(std::vector<Function>& out);
void AddTextFunctions(std::vector<Function>& out);
void AddLikeFunctions(std::vector<Function>& out);
void AddLogicFunctions(std::vector<Function>& out);
void AddJsonFunctions(std::vector<Function>& out);
void AddDatetimeFunctions(std::vector<Function>& out);
void AddVectorFunctions(std::vector<Function>& out);
void AddNumericFunctions(std::vector<Function>& out);
void AddIntervalFunctions(std::vector<Function>& out);
void AddArrayFunctions(std::vector<Function>& out);
void AddMiscFunctions(std::vector<Function>& out);
void AddEncodingFunctions(std::vector<Function>& out);
void AddRegexFunctions(std::vector<Function>& out);
void AddDigestFunctions(std::vector<Function>& out);
void AddBytesFunctions(std::vector<Function>& out);
void AddFormatFunctions(std::vector<Function>& out);
void AddToCharFunctions(std::vector<Function>& out);
void AddJsonChangeFunctions(std::vector<Function>& out);
void AddZoneFunctions(std::vector<Function>& out);
void AddNumericPowerFunctions(std::vector<Function>& out);
void AddSessionFunctions(std::vector<Function>& out);

}  // namespace rem::sql
