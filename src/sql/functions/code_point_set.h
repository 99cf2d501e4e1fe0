#pragma once

#include <bitset>
#include <cstdint>
#include <utility>
#include <vector>

namespace rem::sql {

/// The classes of POSIX that a bracket expression names, by the rules of Unicode.
enum class CharacterClass : uint8_t {
  kAlnum,
  kAlpha,
  kAscii,
  kBlank,
  kCntrl,
  kDigit,
  kGraph,
  kLower,
  kPrint,
  kPunct,
  kSpace,
  kUpper,
  kXdigit,
  kWord,  ///< alnum and the underscore
};

/// A set of code points, built range by range and then sealed for lookups.
class CodePointSet {
 public:
  using Range = std::pair<char32_t, char32_t>;  ///< Both ends included.

  void Add(char32_t first, char32_t last) { ranges_.emplace_back(first, last); }
  void Add(CharacterClass which);
  void Add(const CodePointSet& other);
  /// Adds the other case of every letter.
  void FoldCase();
  void Complement();
  /// Sorts and joins the ranges; needed before Contains and ranges().
  void Seal();

  bool Contains(char32_t c) const;
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
  std::bitset<128> ascii_;
};

}  // namespace rem::sql
