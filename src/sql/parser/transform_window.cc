#include "sql/parser/transformer.h"

namespace rem::sql {

// OVER and WINDOW: a part of Transformer.

namespace {

// The bits of libpg_query's frame_options, which are PostgreSQL's.
enum FrameBits : int32_t {
  kNonDefault = 0x1,
  kRows = 0x4,
  kGroups = 0x8,
  kStartUnboundedPreceding = 0x20,
  kEndUnboundedFollowing = 0x100,
  kStartCurrentRow = 0x200,
  kEndCurrentRow = 0x400,
  kStartPreceding = 0x800,
  kEndPreceding = 0x1000,
  kStartFollowing = 0x2000,
  kExcludeCurrentRow = 0x8000,
  kExcludeGroup = 0x10000,
  kExcludeTies = 0x20000,
};

ast::FrameBoundKind StartOf(int32_t bits) {
  using enum ast::FrameBoundKind;
  if ((bits & kStartUnboundedPreceding) != 0) return kUnboundedPreceding;
  if ((bits & kStartCurrentRow) != 0) return kCurrentRow;
  return (bits & kStartPreceding) != 0 ? kPreceding : kFollowing;
}

ast::FrameBoundKind EndOf(int32_t bits) {
  using enum ast::FrameBoundKind;
  if ((bits & kEndUnboundedFollowing) != 0) return kUnboundedFollowing;
  if ((bits & kEndCurrentRow) != 0) return kCurrentRow;
  return (bits & kEndPreceding) != 0 ? kPreceding : kFollowing;
}

}  // namespace

ast::Window Transformer::Window(const PgQuery__WindowDef& node) {
  ast::Window window;
  window.name = node.name;
  window.base = node.refname;
  window.position = Position(node.location);
  for (size_t i = 0; i < node.n_partition_clause; ++i)
    window.partition_by.push_back(Transform(*node.partition_clause[i]));
  for (size_t i = 0; i < node.n_order_clause; ++i) window.order_by.push_back(SortItem(*node.order_clause[i]->sort_by));
  const int32_t bits = node.frame_options;
  window.framed = (bits & kNonDefault) != 0;
  if (!window.framed) return window;
  if ((bits & kRows) != 0) window.mode = ast::FrameMode::kRows;
  if ((bits & kGroups) != 0) window.mode = ast::FrameMode::kGroups;
  window.start = {StartOf(bits), TransformOptional(node.start_offset)};
  window.end = {EndOf(bits), TransformOptional(node.end_offset)};
  if ((bits & kExcludeCurrentRow) != 0) window.exclusion = ast::FrameExclusion::kCurrentRow;
  if ((bits & kExcludeGroup) != 0) window.exclusion = ast::FrameExclusion::kGroup;
  if ((bits & kExcludeTies) != 0) window.exclusion = ast::FrameExclusion::kTies;
  return window;
}

}  // namespace rem::sql
