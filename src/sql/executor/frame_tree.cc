#include "sql/executor/frame_tree.h"

#include <algorithm>

namespace rem::sql {

FrameTree::FrameTree(const AggregateFunction& function)
    : function_(function), state_words_((function.state_bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t)) {}

void FrameTree::Clear() {
  levels_.clear();
  arena_ = Arena();
}

bool FrameTree::Build(size_t places, const AddRows& add) {
  Clear();
  for (size_t rows = kLeafRows; rows <= places; rows *= kFan) {
    levels_.push_back({rows, std::vector<uint64_t>(places / rows * state_words_)});
    if (BuildLevel(places, add)) continue;
    Clear();
    return false;
  }
  return built();
}

bool FrameTree::BuildLevel(size_t places, const AddRows& add) {
  Level& level = levels_.back();
  for (size_t i = 0; i < places / level.rows; ++i) {
    if (levels_.size() == 1) {
      if (!add({i * level.rows, (i + 1) * level.rows}, StateAt(level, i), arena_)) return false;
      continue;
    }
    KernelFailure failure;
    for (size_t below = i * kFan; below < (i + 1) * kFan && !failure.failed; ++below)
      function_.merge(StateAt(level, i), StateAt(levels_[levels_.size() - 2], below), arena_, failure);
    if (failure.failed) return false;
  }
  return true;
}

// From the first row on, so that what depends on the order of rows, as the rounding of doubles, does so as little as
// can be.
bool FrameTree::Add(PlaceRange range, std::byte* state, Arena& arena, const AddRows& add) const {
  for (size_t at = range.begin; at < range.end;) {
    const auto fits = [&](const Level& level) { return at % level.rows == 0 && at + level.rows <= range.end; };
    const auto largest = std::find_if(levels_.rbegin(), levels_.rend(), fits);
    if (largest == levels_.rend()) {
      const size_t end = std::min(range.end, (at / kLeafRows + 1) * kLeafRows);
      if (!add({at, end}, state, arena)) return false;
      at = end;
      continue;
    }
    KernelFailure failure;
    function_.merge(state, StateAt(*largest, at / largest->rows), arena, failure);
    if (failure.failed) return false;
    at += largest->rows;
  }
  return true;
}

size_t FrameTree::memory_bytes() const {
  size_t bytes = arena_.bytes();
  for (const Level& level : levels_) bytes += level.states.capacity() * sizeof(uint64_t);
  return bytes;
}

}  // namespace rem::sql
