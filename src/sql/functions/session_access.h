#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rem::sql {

/// What functions may ask of the connection that calls them: sequences and parameters. A sequence is named as
/// PostgreSQL's functions name it: "s", "public.s", "\"S\"".
class SessionAccess {
 public:
  virtual ~SessionAccess() = default;

  virtual int64_t NextValue(std::string_view sequence) = 0;
  /// What this connection took last from the sequence, or from any.
  virtual int64_t CurrentValue(std::string_view sequence) = 0;
  virtual int64_t LastValue() = 0;
  /// `called`: the next value is the one behind `value`.
  virtual void SetValue(std::string_view sequence, int64_t value, bool called) = 0;
  /// A statement gave a serial column its next value.
  virtual void Took(uint32_t table, std::string_view column, int64_t value) = 0;
  /// nullopt for an unknown parameter.
  virtual std::optional<std::string> Setting(const std::string& name) = 0;
  virtual void SetSetting(const std::string& name, const std::string& value, bool local) = 0;
};

/// The connection whose statement this thread runs. Error(kNotSupported) where there is none.
SessionAccess& CurrentSession();
/// nullptr where there is none.
SessionAccess* FindSession();

/// Makes a connection the current one of this thread; nullptr: none, where a call back into it would wait for itself.
class SessionScope {
 public:
  explicit SessionScope(SessionAccess* session);
  ~SessionScope();
  SessionScope(const SessionScope&) = delete;
  SessionScope& operator=(const SessionScope&) = delete;

 private:
  SessionAccess* const before_;
};

/// Whether a statement's text names a function that asks the connection: such a query runs to its end at once.
bool MayAskSession(std::string_view text);

struct Function;
void AddSequenceFunctions(std::vector<Function>& out);

}  // namespace rem::sql
