#include "sql/functions/by_value.h"
#include "sql/functions/session_access.h"

namespace rem::sql {
namespace {

using enum LogicalType;

Value NextVal(const Value* a, size_t, LogicalType) { return Value(CurrentSession().NextValue(a[0].AsText())); }
Value CurrVal(const Value* a, size_t, LogicalType) { return Value(CurrentSession().CurrentValue(a[0].AsText())); }
Value LastVal(const Value*, size_t, LogicalType) { return Value(CurrentSession().LastValue()); }
Value SetVal(const Value* a, size_t count, LogicalType) {
  CurrentSession().SetValue(a[0].AsText(), a[1].AsInt(), count < 3 || a[2].AsBool());
  return Value(a[1].AsInt());
}

Value CurrentSetting(const Value* a, size_t count, LogicalType) {
  if (auto value = CurrentSession().Setting(a[0].AsText())) return Value(std::move(*value));
  if (count > 1 && a[1].AsBool()) return Value();
  throw Error(ErrorCode::kNotFound, "unrecognized configuration parameter \"" + a[0].AsText() + "\"");
}
Value SetConfig(const Value* a, size_t, LogicalType) {
  SessionAccess& session = CurrentSession();
  session.SetSetting(a[0].AsText(), a[1].AsText(), a[2].AsBool());
  return Value(session.Setting(a[0].AsText()).value_or(""));
}

}  // namespace

void AddSequenceFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       Volatility volatility = Volatility::kVolatile) {
    out.push_back({name, std::move(arguments), result, kernel, true, volatility});
  };
  add("nextval", {kText}, kInt, ByValue<NextVal>);
  add("currval", {kText}, kInt, ByValue<CurrVal>);
  add("lastval", {}, kInt, ByValue<LastVal>);
  add("setval", {kText, kInt}, kInt, ByValue<SetVal>);
  add("setval", {kText, kInt, kBool}, kInt, ByValue<SetVal>);
  add("current_setting", {kText}, kText, ByValue<CurrentSetting>, Volatility::kStable);
  add("current_setting", {kText, kBool}, kText, ByValue<CurrentSetting>, Volatility::kStable);
  add("set_config", {kText, kText, kBool}, kText, ByValue<SetConfig>);
}

}  // namespace rem::sql
