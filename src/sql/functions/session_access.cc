#include "sql/functions/session_access.h"

#include <algorithm>
#include <array>

#include <rem/error.h>

namespace rem::sql {
namespace {

thread_local SessionAccess* current = nullptr;

constexpr std::array<std::string_view, 7> kNames = {"nextval",         "setval",     "currval",       "lastval",
                                                    "current_setting", "set_config", "vector_indexes"};

}  // namespace

SessionAccess& CurrentSession() {
  if (current != nullptr) return *current;
  throw Error(ErrorCode::kNotSupported, "not supported yet: sequences, parameters and vector_indexes() in this place",
              "name the function in the statement itself, or insert with SQL");
}

SessionAccess* FindSession() { return current; }

SessionScope::SessionScope(SessionAccess* session) : before_(current) { current = session; }
SessionScope::~SessionScope() { current = before_; }

bool MayAskSession(std::string_view text) {
  // One pass over the text, because every statement is asked, also the shortest.
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto begins = [&](std::string_view rest, std::string_view name) {
    return rest.size() >= name.size() &&
           std::equal(name.begin(), name.end(), rest.begin(), [&](char b, char a) { return lower(a) == b; });
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char first = lower(text[i]);
    for (const std::string_view name : kNames)
      if (name[0] == first && begins(text.substr(i), name)) return true;
  }
  return false;
}

}  // namespace rem::sql
