#include <sys/random.h>

#include "base/random.h"
#include "sql/functions/map.h"
#include "sql/functions/session_access.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// What PostgreSQL clients ask a server about itself.
constexpr std::string_view kVersion = "PostgreSQL 15.0 (REM DB)";

template <const std::string_view& text>
void Constant(KernelCall& call) {
  std::string_view* out = call.out->data<std::string_view>();
  ForEachRow(call, [&](size_t row) { out[row] = text; });
}
constexpr std::string_view kUser = "rem", kDatabase = "rem", kSchema = "public", kEncoding = "UTF8";

// A generator for each thread, so that parallel scans do not wait for each other.
Random& Generator() {
  thread_local Random random = Random::FromSystem();
  return random;
}
void RandomDouble(KernelCall& call) {
  double* out = call.out->data<double>();
  ForEachRow(call, [&](size_t row) { out[row] = Generator().Uniform(); });
}
void SetSeed(KernelCall& call, size_t row, double seed, std::string_view& out) {
  if (!(seed >= -1 && seed <= 1)) {
    return call.failure->Set(row, ErrorCode::kInvalidArgument,
                             "setseed parameter " + Value(seed).ToText() + " is out of allowed range [-1,1]");
  }
  Generator() = Random(static_cast<uint64_t>(static_cast<int64_t>(seed * 0x1p52)));
  out = "";
}
void RandomUuid(KernelCall& call) {
  Uuid* out = call.out->data<Uuid>();
  ForEachRow(call, [&](size_t row) {
    Uuid& uuid = out[row];
    if (getrandom(uuid.bytes.data(), 16, 0) != 16)
      return call.failure->Set(row, ErrorCode::kInternal, "could not generate random values");
    // RFC 9562: version 4, variant 10.
    uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0F) | 0x40);
    uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
  });
}

}  // namespace

void AddSessionFunctions(std::vector<Function>& out) {
  const auto constant = [&](std::initializer_list<std::string_view> names, Kernel kernel) {
    for (const std::string_view name : names) out.push_back({name, {}, kText, kernel, true, Volatility::kStable});
  };
  constant({"version"}, Constant<kVersion>);
  constant({"current_user", "session_user", "user", "current_role"}, Constant<kUser>);
  constant({"current_database", "current_catalog"}, Constant<kDatabase>);
  constant({"current_schema"}, Constant<kSchema>);
  constant({"pg_client_encoding", "getdatabaseencoding"}, Constant<kEncoding>);
  AddSequenceFunctions(out);
  out.push_back({"random", {}, kDouble, RandomDouble, true, Volatility::kVolatile});
  out.push_back({"setseed", {kDouble}, kText, MapFull<SetSeed, std::string_view, double>, true, Volatility::kVolatile});
  out.push_back({"gen_random_uuid", {}, kUuid, RandomUuid, true, Volatility::kVolatile});
}

}  // namespace rem::sql
