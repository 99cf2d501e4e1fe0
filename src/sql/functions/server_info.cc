#include "sql/functions/server_info.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/functions/by_value.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

using enum LogicalType;

Value Schemas(const Value* a, size_t, LogicalType) {
  std::vector<Value> names;
  if (a[0].AsBool()) names.emplace_back("pg_catalog");
  names.emplace_back("public");
  return Value::OfArray(kText, std::move(names));
}
Value ProcessId(const Value*, size_t, LogicalType type) { return Value::OfInt(type, getpid()); }
Value Never(const Value*, size_t, LogicalType) { return Value(false); }

// Units of 1,024 of the one before. A size goes to the next one at 10,240, and is rounded half away from zero.
constexpr std::array<std::string_view, 6> kUnits = {"bytes", "kB", "MB", "GB", "TB", "PB"};

Value SizePretty(const Value* a, size_t, LogicalType) {
  int64_t size = a[0].AsInt();
  const auto below = [&](int64_t limit) { return size > -limit && size < limit; };
  // From kB on `size` counts halves, so that the last one decides the rounding.
  for (size_t unit = 0;; ++unit) {
    if (unit + 1 < kUnits.size() && !below(unit == 0 ? 10'240 : 20'479)) {
      size /= unit == 0 ? 512 : 1'024;
      continue;
    }
    if (unit > 0) size = (size + (size < 0 ? -1 : 1)) / 2;
    return Value(fmt::format("{} {}", size, kUnits[unit]));
  }
}

Value SizeBytes(const Value* a, size_t, LogicalType type) {
  const std::string& text = a[0].AsText();
  const auto fail = [&](std::string hint) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("invalid size: \"{}\"", text), std::move(hint));
  };
  size_t end = text.find_first_not_of("0123456789.+-eE \t");
  // "1e3 B" has an exponent, "1 EB" none.
  end = std::min(end, text.size());
  std::string number = text.substr(0, end), unit = text.substr(end);
  const auto trim = [](std::string& word) {
    word.erase(0, std::min(word.find_first_not_of(" \t"), word.size()));
    word.erase(word.find_last_not_of(" \t") + 1);
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  trim(number);
  trim(unit);
  const auto value = ParseDouble(number);
  if (!value) throw fail("write a number and a unit, such as '10 MB'");
  double factor = 1;
  bool known = unit.empty() || unit == "b";
  for (const std::string_view name : kUnits) {
    std::string lower(name);
    trim(lower);
    known |= unit == lower;
    if (known) break;
    factor *= 1'024;
  }
  if (!known) throw fail("Valid units are \"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".");
  const double bytes = *value * factor;
  if (!(bytes > -9.2e18 && bytes < 9.2e18)) throw Error(ErrorCode::kNumericOutOfRange, "bigint out of range");
  return Value::OfInt(type, static_cast<int64_t>(bytes < 0 ? bytes - 0.5 : bytes + 0.5));
}

}  // namespace

void AddServerInfoFunctions(std::vector<Function>& out) {
  const auto stable = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result,
                          Kernel kernel) {
    out.push_back({name, std::move(arguments), result, kernel, true, Volatility::kStable});
  };
  stable("current_schemas", {kBool}, ArrayOf(kText), ByValue<Schemas>);
  stable("pg_backend_pid", {}, kInteger, ByValue<ProcessId>);
  stable("pg_is_in_recovery", {}, kBool, ByValue<Never>);
  stable("pg_size_pretty", {kInt}, kText, ByValue<SizePretty>);
  stable("pg_size_bytes", {kText}, kInt, ByValue<SizeBytes>);
}

}  // namespace rem::sql
