#include "sql/functions/regex_pieces.h"

namespace rem::sql {

namespace {

using Kind = RegexNode::Kind;
using Piece = RegexPiece;
using PiecePtr = std::unique_ptr<Piece>;

// What a piece tells the one around it: its preference stays its own, but both together are mixed.
uint8_t Upward(uint8_t flags) {
  const bool mixed = (flags & Piece::kLonger) != 0 && (flags & Piece::kShorter) != 0;
  return static_cast<uint8_t>((flags & ~(Piece::kLonger | Piece::kShorter)) | (mixed ? Piece::kMixed : 0));
}
uint8_t PreferenceOf(uint8_t flags) { return flags & (Piece::kLonger | Piece::kShorter); }
// The first preference wins.
uint8_t Combine(uint8_t a, uint8_t b) {
  const uint8_t preference = PreferenceOf(a) != 0 ? PreferenceOf(a) : PreferenceOf(b);
  return Upward(a | b) | preference;
}
bool IsMessy(uint8_t flags) { return (flags & (Piece::kMixed | Piece::kCaptures)) != 0; }

RegexNodePtr Concat(std::vector<RegexNodePtr> items) {
  auto node = std::make_shared<RegexNode>();
  node->kind = Kind::kConcat;
  node->items = std::move(items);
  return node;
}
RegexNodePtr Repeat(const RegexNodePtr& item, int min, int max) {
  auto node = std::make_shared<RegexNode>();
  node->kind = Kind::kRepeat;
  node->min = min;
  node->max = max;
  node->items.push_back(item);
  return node;
}
int OneLess(int bound) { return bound <= 0 ? bound : bound - 1; }

PiecePtr Plain(RegexNodePtr syntax, uint8_t flags) {
  auto piece = std::make_unique<Piece>();
  piece->flags = flags;
  piece->syntax = std::move(syntax);
  return piece;
}
PiecePtr Pair(PiecePtr left, PiecePtr right, uint8_t flags) {
  auto piece = std::make_unique<Piece>();
  piece->kind = Piece::Kind::kConcat;
  piece->flags = flags;
  piece->syntax = Concat({left->syntax, right->syntax});
  piece->parts.push_back(std::move(left));
  piece->parts.push_back(std::move(right));
  return piece;
}

PiecePtr Build(const RegexNodePtr& node);

PiecePtr BuildAtom(const RegexNodePtr& node) {
  if (node->kind != Kind::kGroup) return Build(node);
  PiecePtr piece = Build(node->items[0]);
  if (piece->group != 0) {
    auto wrapper = std::make_unique<Piece>();
    wrapper->kind = Piece::Kind::kConcat;
    wrapper->flags = piece->flags;
    wrapper->syntax = piece->syntax;
    wrapper->parts.push_back(std::move(piece));
    piece = std::move(wrapper);
  }
  piece->group = node->group;
  piece->flags |= Piece::kCaptures;
  return piece;
}

PiecePtr BuildQuantified(PiecePtr atom, const RegexNodePtr& syntax, int min, int max, uint8_t preference) {
  const uint8_t own = atom->flags & (Piece::kLonger | Piece::kShorter | Piece::kMixed);
  if (min == 1 && max == 1 && (preference == 0 || own == 0 || own == preference)) return atom;
  const uint8_t flags = Combine(preference, atom->flags);
  const RegexNodePtr inner = atom->syntax;
  if ((atom->flags & Piece::kCaptures) == 0) return Plain(syntax, flags);
  // Only the last round's groups count, so the others may be one plain piece.
  if (min > 0) return Pair(Plain(Repeat(inner, min - 1, OneLess(max)), PreferenceOf(flags)), std::move(atom), flags);
  auto piece = std::make_unique<Piece>();
  piece->kind = Piece::Kind::kRepeat;
  piece->flags = flags;
  piece->min = min;
  piece->max = max;
  piece->syntax = Repeat(inner, min, max);
  piece->parts.push_back(std::move(atom));
  piece->parts.push_back(Plain(Repeat(inner, 0, OneLess(max)), 0));
  return piece;
}

PiecePtr BuildBranch(const std::vector<RegexNodePtr>& items, size_t from) {
  std::vector<RegexNodePtr> prefix;
  uint8_t flags = 0;
  for (size_t i = from; i < items.size(); ++i) {
    const RegexNodePtr& item = items[i];
    if (item->kind == Kind::kSet || (item->kind >= Kind::kTextBegin && item->kind <= Kind::kLookBehind)) {
      prefix.push_back(item);
      continue;
    }
    const bool repeated = item->kind == Kind::kRepeat;
    const int min = repeated ? item->min : 1, max = repeated ? item->max : 1;
    if (max == 0) continue;
    const uint8_t preference = !repeated || item->preference == RegexNode::Preference::kNone ? 0
                               : item->preference == RegexNode::Preference::kLonger          ? Piece::kLonger
                                                                                             : Piece::kShorter;
    const RegexNodePtr& atom_syntax = repeated ? item->items[0] : item;
    PiecePtr atom = BuildAtom(atom_syntax);
    const auto all = static_cast<uint8_t>(flags | preference | atom->flags);
    if (atom_syntax->kind != Kind::kGroup && !IsMessy(Upward(all))) {
      prefix.push_back(item);
      flags = all;
      continue;
    }
    uint8_t tail_flags = Combine(preference, atom->flags);
    PiecePtr tail = BuildQuantified(std::move(atom), item, min, max, preference);
    if (i + 1 < items.size()) {
      PiecePtr rest = BuildBranch(items, i + 1);
      tail_flags |= Combine(tail_flags, rest->flags);
      tail = Pair(std::move(tail), std::move(rest), tail_flags);
    }
    if (prefix.empty()) return tail;
    const uint8_t whole = flags | Combine(flags, tail_flags);
    return Pair(Plain(Concat(std::move(prefix)), flags), std::move(tail), whole);
  }
  return Plain(Concat(std::move(prefix)), flags);
}

PiecePtr Build(const RegexNodePtr& node) {
  if (node->kind == Kind::kConcat) return BuildBranch(node->items, 0);
  if (node->kind != Kind::kAlternate) return BuildBranch({node}, 0);
  auto piece = std::make_unique<Piece>();
  piece->kind = Piece::Kind::kAlternate;
  piece->flags = Piece::kLonger;
  piece->syntax = node;
  for (const RegexNodePtr& item : node->items) {
    PiecePtr branch = Build(item);
    piece->flags |= Upward(piece->flags | branch->flags);
    piece->parts.push_back(std::move(branch));
  }
  if (!IsMessy(piece->flags)) {
    piece->kind = Piece::Kind::kPlain;
    piece->parts.clear();
  }
  return piece;
}

// Automata for what a dissection asks about: everything beside or above a group.
void Equip(Piece& piece) {
  piece.nfa = std::make_unique<RegexNfa>(piece.syntax);
  if ((piece.flags & Piece::kCaptures) == 0) {
    piece.parts.clear();
    return;
  }
  for (auto& part : piece.parts) Equip(*part);
}

void DissectRounds(const Piece& piece, std::string_view text, size_t begin, size_t end, RegexBudget& budget,
                   std::vector<RegexSpan>& spans) {
  if (begin == end && piece.min == 0) return;
  const Piece &round = *piece.parts[0], &others = *piece.parts[1];
  // Each round as long (or short) as the rest allows; only the last one's groups stay.
  for (;;) {
    std::vector<size_t> ends = round.nfa->Ends(text, begin, end, budget);
    size_t chosen = end;
    for (size_t i = 0; i < ends.size(); ++i) {
      const size_t middle = ends[round.short_wanted() ? i : ends.size() - 1 - i];
      if (middle == begin && begin != end) continue;
      if (!others.nfa->MatchesExactly(text, middle, end, budget)) continue;
      chosen = middle;
      break;
    }
    if (chosen == end) return DissectRegex(round, text, begin, end, budget, spans);
    begin = chosen;
  }
}

}  // namespace

std::unique_ptr<RegexPiece> BuildRegexPieces(const RegexNodePtr& root) {
  PiecePtr piece = Build(root);
  Equip(*piece);
  return piece;
}

void DissectRegex(const RegexPiece& piece, std::string_view text, size_t begin, size_t end, RegexBudget& budget,
                  std::vector<RegexSpan>& spans) {
  if (piece.group != 0) spans[piece.group] = {begin, end};
  if ((piece.flags & Piece::kCaptures) == 0 || piece.parts.empty()) return;
  switch (piece.kind) {
    case Piece::Kind::kPlain:
      return;
    case Piece::Kind::kRepeat:
      return DissectRounds(piece, text, begin, end, budget, spans);
    case Piece::Kind::kAlternate:
      for (const auto& part : piece.parts) {
        if (part->nfa->MatchesExactly(text, begin, end, budget))
          return DissectRegex(*part, text, begin, end, budget, spans);
      }
      return;
    case Piece::Kind::kConcat:
      break;
  }
  if (piece.parts.size() == 1) return DissectRegex(*piece.parts[0], text, begin, end, budget, spans);
  const Piece &left = *piece.parts[0], &right = *piece.parts[1];
  const std::vector<size_t> ends = left.nfa->Ends(text, begin, end, budget);
  for (size_t i = 0; i < ends.size(); ++i) {
    const size_t middle = ends[left.short_wanted() ? i : ends.size() - 1 - i];
    if (!right.nfa->MatchesExactly(text, middle, end, budget)) continue;
    DissectRegex(left, text, begin, middle, budget, spans);
    return DissectRegex(right, text, middle, end, budget, spans);
  }
}

}  // namespace rem::sql
