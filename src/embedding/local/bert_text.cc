#include "embedding/local/bert_text.h"

#include <utf8proc.h>

#include "base/utf8.h"

namespace rem {

namespace {

constexpr char32_t kReplacement = 0xfffd;

utf8proc_category_t CategoryOf(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

bool IsSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  if (c == 0x85) return true;
  const utf8proc_category_t category = CategoryOf(c);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

bool IsControl(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  if (c < 0x80) return c < 0x20 || c == 0x7f;
  const utf8proc_category_t category = CategoryOf(c);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CO;
}

bool IsPunctuation(char32_t c) {
  if (c < 0x80) return (c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || (c > 'z' && c < 0x7f);
  const utf8proc_category_t category = CategoryOf(c);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

// The blocks of CJK Unified Ideographs that BERT names, and those for compatibility.
bool IsIdeograph(char32_t c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2a6df) ||
         (c >= 0x2a700 && c <= 0x2b73f) || (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b820 && c <= 0x2ceaf) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

}  // namespace

// An ideograph comes with blanks around it; what is dropped gives no code point at all.
bool BertWords::Decode() {
  folded_size_ = folded_used_ = 0;
  while (folded_size_ == 0) {
    if (position_ == text_.size()) return false;
    utf8proc_int32_t read = 0;
    const utf8proc_ssize_t bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data()) + position_,
                                                    static_cast<utf8proc_ssize_t>(text_.size() - position_), &read);
    position_ += bytes > 0 ? static_cast<size_t>(bytes) : 1;
    const char32_t c = bytes > 0 ? static_cast<char32_t>(read) : kReplacement;
    if (options_.clean_text && (c == 0 || c == kReplacement || IsControl(c))) continue;
    const bool ideograph = options_.split_ideographs && IsIdeograph(c);
    if (ideograph) folded_[folded_size_++] = ' ';
    utf8proc_int32_t parts[4] = {static_cast<utf8proc_int32_t>(c)};
    utf8proc_ssize_t count = 1;
    if (options_.strip_accents && c >= 0x80) {
      int boundary = 0;
      count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, 4, UTF8PROC_DECOMPOSE, &boundary);
      // No character decomposes into more than four.
      if (count < 0 || count > 4) count = 0;
    }
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
      const auto part = static_cast<char32_t>(parts[i]);
      if (options_.strip_accents && part >= 0x80 && CategoryOf(part) == UTF8PROC_CATEGORY_MN) continue;
      if (!options_.lower_case) {
        folded_[folded_size_++] = part;
      } else if (part < 0x80) {
        folded_[folded_size_++] = part >= 'A' && part <= 'Z' ? part + ('a' - 'A') : part;
      } else if (part == 0x130) {
        // The only letter whose lower case is two code points.
        folded_[folded_size_++] = 'i';
        folded_[folded_size_++] = 0x307;
      } else {
        folded_[folded_size_++] = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(part)));
      }
    }
    if (ideograph) folded_[folded_size_++] = ' ';
  }
  return true;
}

void BertWords::Append(char32_t c) {
  if (length_ == kMaxWordLength) return;
  AppendCodePoint(word_, c);
  ++length_;
}

bool BertWords::Next() {
  word_.clear();
  length_ = 0;
  while (folded_used_ < folded_size_ || Decode()) {
    const char32_t c = folded_[folded_used_];
    if (IsSpace(c)) {
      ++folded_used_;
      if (length_ > 0) return true;
    } else if (IsPunctuation(c)) {
      // It ends the word before it, and comes back as a word of its own.
      if (length_ > 0) return true;
      ++folded_used_;
      Append(c);
      return true;
    } else {
      ++folded_used_;
      Append(c);
    }
  }
  return length_ > 0;
}

}  // namespace rem
