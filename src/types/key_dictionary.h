#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rem {

/// Member names of one table, numbered from 0 in the order in which they were first seen. Append-only: an id never
/// changes its name. Readers never lock: names live in chunks that do not move. Adding is serialised by the caller (the
/// commit path).
class KeyDictionary {
 public:
  /// Names past this many are stored in the rows themselves, so that objects used as maps cannot grow the dictionary
  /// for ever.
  static constexpr uint32_t kMaxKeys = 16'384;

  KeyDictionary();
  ~KeyDictionary();
  KeyDictionary(const KeyDictionary&) = delete;
  KeyDictionary& operator=(const KeyDictionary&) = delete;

  /// A number that no other dictionary of this process ever has, for caches.
  uint64_t serial() const { return serial_; }
  uint32_t size() const;
  /// `id` < size().
  std::string_view Name(uint32_t id) const;
  std::optional<uint32_t> Find(std::string_view name) const;
  /// Adds a new name and returns its id; nullopt when the dictionary is full. The name must not be there yet.
  std::optional<uint32_t> Add(std::string_view name);

 private:
  struct State;
  const uint64_t serial_;
  std::unique_ptr<State> state_;
};

}  // namespace rem
