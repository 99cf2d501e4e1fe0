#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "sql/executor/window_frame.h"
#include "sql/plan/aggregate_function.h"

namespace rem::sql {

/// States of an aggregate over aligned ranges of a partition's places, so that one over any frame is put together from
/// a few of them: the segment tree of Leis et al., "Efficient Processing of Window Functions in Analytical SQL Queries"
/// (2015). Only for functions with a merge.
class FrameTree {
 public:
  explicit FrameTree(const AggregateFunction& function);

  bool built() const { return !levels_.empty(); }
  void Clear();
  /// `add` adds the rows of a range to a state, with memory of the arena; false where that fails. Returns false, with
  /// nothing built, where it did or states could not be merged.
  using AddRows = std::function<bool(PlaceRange range, std::byte* state, Arena& arena)>;
  bool Build(size_t places, const AddRows& add);
  /// Adds a range to a state, which must not outlive the tree. False where it cannot; then the state means nothing.
  bool Add(PlaceRange range, std::byte* state, Arena& arena, const AddRows& add) const;
  size_t memory_bytes() const;

 private:
  /// The rows of a state of the lowest level, and the states below one of another level.
  static constexpr size_t kLeafRows = 16;
  static constexpr size_t kFan = 4;

  struct Level {
    size_t rows = 0;  // Of each state.
    std::vector<uint64_t> states;
  };
  std::byte* StateAt(Level& level, size_t i) const {
    return reinterpret_cast<std::byte*>(level.states.data() + i * state_words_);
  }
  const std::byte* StateAt(const Level& level, size_t i) const {
    return reinterpret_cast<const std::byte*>(level.states.data() + i * state_words_);
  }
  bool BuildLevel(size_t places, const AddRows& add);

  const AggregateFunction& function_;
  const size_t state_words_;
  std::vector<Level> levels_;
  Arena arena_;
};

}  // namespace rem::sql
