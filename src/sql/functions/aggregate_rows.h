#pragma once

#include <algorithm>
#include <cstring>

#include "sql/plan/aggregate_function.h"

namespace rem::sql {

/// Calls f(state, row) for each row of an update, with its group's state as an S.
template <typename S, typename F>
inline void ForEachState(const AggregateUpdate& update, F&& f) {
  for (size_t i = 0; i < update.count; ++i)
    f(*reinterpret_cast<S*>(update.states[i]), update.rows == nullptr ? i : size_t{update.rows[i]});
}

/// Reads the state that finish is given.
template <typename S>
inline const S& StateOf(const std::byte* state) {
  return *reinterpret_cast<const S*>(state);
}

/// Bytes that grow inside a state. What it outgrows stays in the arena, which is at most as much again.
struct StateBuffer {
  char* data;
  size_t size;
  size_t capacity;

  void Clear() { size = 0; }
  void Append(std::string_view bytes, Arena& arena) {
    if (bytes.empty()) return;
    if (size + bytes.size() > capacity) {
      const size_t wanted = std::max({size + bytes.size(), capacity * 2, size_t{16}});
      char* grown = arena.Allocate(wanted);
      if (size != 0) std::memcpy(grown, data, size);
      data = grown;
      capacity = wanted;
    }
    std::memcpy(data + size, bytes.data(), bytes.size());
    size += bytes.size();
  }
  std::string_view view() const { return {data, size}; }
};

}  // namespace rem::sql
