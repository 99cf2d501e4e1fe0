#include "sql/functions/session_access.h"

#include <algorithm>
#include <array>

#include <rem/error.h>

namespace rem::sql {
namespace {

thread_local SessionAccess* current = nullptr;

constexpr std::array<std::string_view, 7> kNames = {"nextval",         "setval",     "currval",       "lastval",
                                                    "current_setting", "set_config", "vector_indexes"};

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// The characters that a name may begin with.
constexpr auto kBegins = [] {
  std::array<bool, 256> begins{};
  for (size_t c = 0; c < begins.size(); ++c)
    begins[c] =
        std::ranges::any_of(kNames, [&](std::string_view name) { return name[0] == Lower(static_cast<char>(c)); });
  return begins;
}();

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
  // Every statement is asked, also the shortest, and most of those call nothing.
  if (text.find('(') == std::string_view::npos) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!kBegins[static_cast<uint8_t>(text[i])]) continue;
    const std::string_view rest = text.substr(i);
    for (const std::string_view name : kNames)
      if (rest.size() >= name.size() && std::ranges::equal(name, rest.substr(0, name.size()), {}, {}, Lower))
        return true;
  }
  return false;
}

}  // namespace rem::sql
