#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <rem/result.h>

#include "sql/parser/ast_modify.h"

namespace rem::sql {

/// The configuration parameters of one connection: SET, RESET, SHOW. Only what a query's answer may depend on has an
/// effect or is checked; parameters that steer PostgreSQL's planner or its messages are kept and shown.
class Settings {
 public:
  /// Error(kNotFound) for an unknown parameter, Error(kInvalidArgument) for a wrong value, Error(kNotSupported) for one
  /// under which answers would differ.
  void Set(const std::string& name, const std::string& value);
  void Reset(const std::string& name);
  void ResetAll() { values_.clear(); }
  std::string Show(const std::string& name) const;
  /// As Show; nullopt for an unknown parameter.
  std::optional<std::string> Find(const std::string& name) const;

  /// 0: none.
  int64_t statement_timeout_ms() const;
  /// Of searches by a vector index; 0: the default.
  size_t ef_search() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

Result ShowSetting(const Settings& settings, const std::string& name);

}  // namespace rem::sql
