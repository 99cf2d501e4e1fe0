#include "sql/functions/session_access.h"

#include <algorithm>
#include <array>

#include <rem/error.h>

namespace rem::sql {
namespace {

thread_local SessionAccess* current = nullptr;

constexpr std::array<std::string_view, 6> kNames = {"nextval", "setval",          "currval",
                                                    "lastval", "current_setting", "set_config"};

}  // namespace

SessionAccess& CurrentSession() {
  if (current != nullptr) return *current;
  throw Error(ErrorCode::kNotSupported, "not supported yet: sequences and parameters in this place",
              "name the function in the statement itself, or insert with SQL");
}

SessionAccess* FindSession() { return current; }

SessionScope::SessionScope(SessionAccess* session) : before_(current) { current = session; }
SessionScope::~SessionScope() { current = before_; }

bool MayAskSession(std::string_view text) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; };
  return std::ranges::any_of(kNames, [&](std::string_view name) {
    return std::search(text.begin(), text.end(), name.begin(), name.end(), same) != text.end();
  });
}

}  // namespace rem::sql
