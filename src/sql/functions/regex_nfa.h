#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "sql/functions/regex_syntax.h"

namespace rem::sql {

/// Steps that the matching of one text may still take, so that no pattern runs without end.
struct RegexBudget {
  int64_t steps = 200'000'000;
};

/// A nondeterministic automaton that is run over all its states at once: time goes with the text times the pattern,
/// never with a power of either.
class RegexNfa {
 public:
  /// Keeps `node`. Error when it is too large.
  explicit RegexNfa(RegexNodePtr node);

  static constexpr size_t kNone = ~size_t{0};

  /// The last or first byte at which a match that begins at `begin` ends, up to `limit`; kNone without one. `text` is
  /// what the anchors see.
  size_t Longest(std::string_view text, size_t begin, size_t limit, RegexBudget& budget) const;
  size_t Shortest(std::string_view text, size_t begin, size_t limit, RegexBudget& budget) const;
  /// Whether it matches exactly from `begin` to `end`.
  bool MatchesExactly(std::string_view text, size_t begin, size_t end, RegexBudget& budget) const;
  /// All ends up to `limit`, ascending.
  std::vector<size_t> Ends(std::string_view text, size_t begin, size_t limit, RegexBudget& budget) const;

 private:
  struct Op {
    enum class Kind : uint8_t { kSet, kSplit, kTest, kLook, kMatch };
    Kind kind = Kind::kMatch;
    RegexNode::Kind test = RegexNode::Kind::kEmpty;
    bool negated = false;
    uint32_t next = 0, other = 0;
    const CodePointSet* set = nullptr;
    uint32_t look = 0;
  };
  struct Run;

  uint32_t Emit(Op op);
  void Compile(const RegexNode& node);
  void CompileRepeat(const RegexNode& node);
  void Simulate(std::string_view text, size_t begin, size_t limit, RegexBudget& budget,
                const std::function<bool(size_t)>& on_end) const;
  bool Holds(const Op& op, std::string_view text, size_t at, RegexBudget& budget) const;

  RegexNodePtr root_;
  std::vector<Op> ops_;
  std::vector<std::unique_ptr<RegexNfa>> looks_;
};

}  // namespace rem::sql
