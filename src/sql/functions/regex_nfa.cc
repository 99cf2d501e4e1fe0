#include "sql/functions/regex_nfa.h"

#include <rem/error.h>

#include "base/utf8.h"

namespace rem::sql {

namespace {

constexpr size_t kMaxOps = 100'000;

size_t PreviousStart(std::string_view text, size_t at) {
  --at;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

bool IsWord(char32_t c) {
  static const CodePointSet words = [] {
    CodePointSet set;
    set.Add(CharacterClass::kWord);
    set.Seal();
    return set;
  }();
  return words.Contains(c);
}
bool WordBefore(std::string_view text, size_t at) {
  if (at == 0) return false;
  size_t start = PreviousStart(text, at);
  return IsWord(NextCodePoint(text, start));
}
bool WordBehind(std::string_view text, size_t at) { return at < text.size() && IsWord(NextCodePoint(text, at)); }

}  // namespace

/// The states that are reached at one place of the text, each once.
struct RegexNfa::Run {
  explicit Run(size_t ops) : place(ops) {}
  bool Insert(uint32_t state) {
    const uint32_t at = place[state];
    if (at < states.size() && states[at] == state) return false;
    place[state] = static_cast<uint32_t>(states.size());
    states.push_back(state);
    return true;
  }
  std::vector<uint32_t> states;
  std::vector<uint32_t> place;
};

RegexNfa::RegexNfa(RegexNodePtr node) : root_(std::move(node)) {
  Compile(*root_);
  Emit({});
}

uint32_t RegexNfa::Emit(Op op) {
  if (ops_.size() >= kMaxOps) ThrowInvalidRegex("regular expression is too complex");
  const auto at = static_cast<uint32_t>(ops_.size());
  op.next = at + 1;
  ops_.push_back(op);
  return at;
}

void RegexNfa::Compile(const RegexNode& node) {
  using Kind = RegexNode::Kind;
  switch (node.kind) {
    case Kind::kEmpty:
      return;
    case Kind::kSet:
      Emit({Op::Kind::kSet, {}, false, 0, 0, &node.set, 0});
      return;
    case Kind::kConcat:
    case Kind::kGroup:
      for (const auto& item : node.items) Compile(*item);
      return;
    case Kind::kAlternate: {
      std::vector<uint32_t> exits;
      for (size_t i = 0; i + 1 < node.items.size(); ++i) {
        const uint32_t split = Emit({Op::Kind::kSplit, {}, false, 0, 0, nullptr, 0});
        Compile(*node.items[i]);
        exits.push_back(Emit({Op::Kind::kSplit, {}, false, 0, 0, nullptr, 0}));
        ops_[split].other = static_cast<uint32_t>(ops_.size());
      }
      Compile(*node.items.back());
      for (const uint32_t exit : exits) ops_[exit].next = ops_[exit].other = static_cast<uint32_t>(ops_.size());
      return;
    }
    case Kind::kRepeat:
      return CompileRepeat(node);
    case Kind::kLookAhead:
    case Kind::kLookBehind:
      looks_.push_back(std::make_unique<RegexNfa>(node.items[0]));
      Emit({Op::Kind::kLook, node.kind, node.negated, 0, 0, nullptr, static_cast<uint32_t>(looks_.size() - 1)});
      return;
    default:
      Emit({Op::Kind::kTest, node.kind, false, 0, 0, nullptr, 0});
  }
}

void RegexNfa::CompileRepeat(const RegexNode& node) {
  for (int i = 0; i < node.min; ++i) Compile(*node.items[0]);
  if (node.max == kUnbounded) {
    const uint32_t split = Emit({Op::Kind::kSplit, {}, false, 0, 0, nullptr, 0});
    Compile(*node.items[0]);
    const uint32_t back = Emit({Op::Kind::kSplit, {}, false, 0, 0, nullptr, 0});
    ops_[back].next = ops_[back].other = split;
    ops_[split].other = static_cast<uint32_t>(ops_.size());
    return;
  }
  std::vector<uint32_t> exits;
  for (int i = node.min; i < node.max; ++i) {
    exits.push_back(Emit({Op::Kind::kSplit, {}, false, 0, 0, nullptr, 0}));
    Compile(*node.items[0]);
  }
  for (const uint32_t exit : exits) ops_[exit].other = static_cast<uint32_t>(ops_.size());
}

bool RegexNfa::Holds(const Op& op, std::string_view text, size_t at, RegexBudget& budget) const {
  using Kind = RegexNode::Kind;
  if (op.kind == Op::Kind::kLook) {
    const RegexNfa& look = *looks_[op.look];
    bool found = false;
    if (op.test == Kind::kLookAhead) {
      found = look.Shortest(text, at, text.size(), budget) != kNone;
    } else {
      for (size_t begin = at;; begin = PreviousStart(text, begin)) {
        found = look.MatchesExactly(text, begin, at, budget);
        if (found || begin == 0) break;
      }
    }
    return found != op.negated;
  }
  switch (op.test) {
    case Kind::kTextBegin:
      return at == 0;
    case Kind::kTextEnd:
      return at == text.size();
    case Kind::kLineBegin:
      return at == 0 || text[at - 1] == '\n';
    case Kind::kLineEnd:
      return at == text.size() || text[at] == '\n';
    case Kind::kWordBegin:
      return !WordBefore(text, at) && WordBehind(text, at);
    case Kind::kWordEnd:
      return WordBefore(text, at) && !WordBehind(text, at);
    case Kind::kWordBorder:
      return WordBefore(text, at) != WordBehind(text, at);
    default:
      return WordBefore(text, at) == WordBehind(text, at);
  }
}

void RegexNfa::Simulate(std::string_view text, size_t begin, size_t limit, RegexBudget& budget,
                        const std::function<bool(size_t)>& on_end) const {
  Run now(ops_.size());
  std::vector<uint32_t> pending = {0};
  for (size_t at = begin;;) {
    bool matched = false;
    while (!pending.empty()) {
      const uint32_t state = pending.back();
      pending.pop_back();
      if (!now.Insert(state)) continue;
      if (--budget.steps < 0) {
        throw Error(ErrorCode::kLimitExceeded, "regular expression takes too long on this text",
                    "write a simpler pattern, or match shorter texts");
      }
      const Op& op = ops_[state];
      if (op.kind == Op::Kind::kMatch) matched = true;
      if (op.kind == Op::Kind::kSplit) {
        pending.push_back(op.next);
        if (op.other != op.next) pending.push_back(op.other);
      }
      if ((op.kind == Op::Kind::kTest || op.kind == Op::Kind::kLook) && Holds(op, text, at, budget))
        pending.push_back(op.next);
    }
    if (matched && !on_end(at)) return;
    if (at >= limit) return;
    const char32_t c = NextCodePoint(text, at);
    for (const uint32_t state : now.states) {
      const Op& op = ops_[state];
      if (op.kind == Op::Kind::kSet && op.set->Contains(c)) pending.push_back(op.next);
    }
    if (pending.empty()) return;
    now.states.clear();
  }
}

size_t RegexNfa::Longest(std::string_view text, size_t begin, size_t limit, RegexBudget& budget) const {
  size_t end = kNone;
  Simulate(text, begin, limit, budget, [&](size_t at) {
    end = at;
    return true;
  });
  return end;
}

size_t RegexNfa::Shortest(std::string_view text, size_t begin, size_t limit, RegexBudget& budget) const {
  size_t end = kNone;
  Simulate(text, begin, limit, budget, [&](size_t at) {
    end = at;
    return false;
  });
  return end;
}

bool RegexNfa::MatchesExactly(std::string_view text, size_t begin, size_t end, RegexBudget& budget) const {
  return Longest(text, begin, end, budget) == end;
}

std::vector<size_t> RegexNfa::Ends(std::string_view text, size_t begin, size_t limit, RegexBudget& budget) const {
  std::vector<size_t> ends;
  Simulate(text, begin, limit, budget, [&](size_t at) {
    ends.push_back(at);
    return true;
  });
  return ends;
}

}  // namespace rem::sql
