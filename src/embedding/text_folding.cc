#include "embedding/text_folding.h"

#include <array>

#include "base/utf8.h"

namespace rem {

namespace {

// What a code point becomes. Values of 0x80 and more stand for themselves or are letters of other scripts.
constexpr char32_t kSeparator = ' ';
constexpr char32_t kDropped = 0;

constexpr std::array<uint8_t, 128> MakeAsciiFolding() {
  std::array<uint8_t, 128> table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = kSeparator;
  for (uint8_t c = '0'; c <= '9'; ++c) table[c] = c;
  for (uint8_t c = 'a'; c <= 'z'; ++c) table[c] = c;
  for (uint8_t c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<uint8_t>(c + 'a' - 'A');
  table['\''] = kDropped;
  return table;
}
constexpr std::array<uint8_t, 128> kAsciiFolding = MakeAsciiFolding();

// One character for each code point: its base letter, '.' to keep it, or a digit for the two letters in kPairs.
constexpr std::string_view kLatinFrom00C0 =
    "aaaaaa2ceeeeiiiidnooooo ouuuuy41aaaaaa2ceeeeiiiidnooooo ouuuuy4y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii55jjkkklllllll"
    "lllnnnnnnnnnoooooo33rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
    "bb.....cc.ddd....ffg....kkl.....oo..pp.....ttt.uu..yyzz........."
    ".............aaiioouuuuuuuuuu.aaaa22ggggkkoooo..j...gg..nnaa22oo"
    "aaaaeeeeiiiioooorrrruuuusstt..hh.d..zzaaeeooooooooyy.........l.."
    "...b............";
constexpr std::string_view kLatinFrom1E00 =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
    "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
    "wwwwwwwwwwxxxxyyzzzzzzhtwy.s..1.aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
    "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";
constexpr std::string_view kPairs[] = {"ss", "ae", "oe", "th", "ij"};
static_assert(kLatinFrom00C0.size() == 0x250 - 0xc0 && kLatinFrom1E00.size() == 0x100);

struct Folding {
  char32_t from, to;
};
// Greek and Cyrillic letters with marks, after lower-casing.
constexpr Folding kMarkedLetters[] = {
    {U'ά', U'α'}, {U'έ', U'ε'}, {U'ή', U'η'}, {U'ί', U'ι'}, {U'ό', U'ο'}, {U'ύ', U'υ'}, {U'ώ', U'ω'},
    {U'ϊ', U'ι'}, {U'ϋ', U'υ'}, {U'ΐ', U'ι'}, {U'ΰ', U'υ'}, {U'ς', U'σ'}, {U'ё', U'е'}, {U'ѐ', U'е'},
    {U'й', U'и'}, {U'ѝ', U'и'}, {U'ї', U'і'}, {U'ў', U'у'}, {U'ѓ', U'г'}, {U'ќ', U'к'},
};

char32_t LowerGreek(char32_t c) {
  switch (c) {
    case 0x386:
      return U'α';
    case 0x388:
      return U'ε';
    case 0x389:
      return U'η';
    case 0x38a:
      return U'ι';
    case 0x38c:
      return U'ο';
    case 0x38e:
      return U'υ';
    case 0x38f:
      return U'ω';
    case 0x37e:
    case 0x387:
      return kSeparator;
    default:
      return c >= 0x391 && c <= 0x3ab ? c + 0x20 : c;
  }
}

char32_t LowerCyrillic(char32_t c) {
  if (c < 0x410) return c + 0x50;
  if (c < 0x430) return c + 0x20;
  if (c < 0x460) return c;
  if (c < 0x482 || (c >= 0x48a && c < 0x4c0) || c >= 0x4d0) return c | 1;
  return c;
}

char32_t FoldGreekOrCyrillic(char32_t c) {
  const char32_t lower = c < 0x400 ? LowerGreek(c) : LowerCyrillic(c);
  for (const Folding& folding : kMarkedLetters) {
    if (folding.from == lower) return folding.to;
  }
  return lower;
}

bool IsMark(char32_t c) {
  return (c >= 0x300 && c < 0x370) || (c >= 0x483 && c < 0x488) || (c >= 0x1ab0 && c < 0x1b00) ||
         (c >= 0x20d0 && c < 0x2100) || (c >= 0xfe00 && c < 0xfe10) || c == 0xad || c == 0x2019 || c == 0x200d ||
         c == 0xfeff;
}

bool IsPunctuation(char32_t c) {
  if (c < 0xc0) return c != 0xaa && c != 0xb5 && c != 0xba;
  return (c >= 0x2000 && c < 0x2c00) || (c >= 0x2e00 && c < 0x2e80) || (c >= 0x3000 && c < 0x3005) ||
         (c >= 0x3007 && c < 0x3021) || c == 0x30fb || (c >= 0xe000 && c < 0xf900) || (c >= 0xfe10 && c < 0xfe70) ||
         c == 0xfffd;
}

bool WritesNoSpaces(char32_t c) {
  if (c < 0xe00) return false;
  return (c >= 0xe00 && c < 0xf00) || (c >= 0x1780 && c < 0x1800) || (c >= 0x3005 && c < 0x3100) ||
         (c >= 0x3400 && c < 0x4dc0) || (c >= 0x4e00 && c < 0xa000) || (c >= 0xf900 && c < 0xfb00) ||
         (c >= 0x20000 && c < 0x40000);
}

class Folder {
 public:
  explicit Folder(FoldedText& out) : out_(out) {}

  void Fold(std::string_view input) {
    out_.text.assign(1, ' ');
    out_.words.clear();
    for (size_t at = 0; at < input.size();) {
      const auto byte = static_cast<uint8_t>(input[at]);
      if (byte < 0x80) {
        ++at;
        AddAscii(kAsciiFolding[byte]);
      } else {
        AddWide(NextCodePoint(input, at));
      }
    }
    EndWord();
    out_.text.append(FoldedText::kPadding, ' ');
  }

 private:
  void AddAscii(uint8_t folded) {
    if (folded == kSeparator) {
      EndWord();
    } else if (folded != kDropped) {
      AddLetter(folded);
    }
  }

  void AddLetter(char32_t c) {
    if (unspaced_ != 0) EndWord();
    if (c < 0x80) {
      out_.text.push_back(static_cast<char>(c));
    } else {
      AppendCodePoint(out_.text, c);
    }
  }

  void AddWide(char32_t c) {
    if (c >= 0xff01 && c <= 0xff5e) return AddAscii(kAsciiFolding[c - 0xfee0]);
    if (IsMark(c)) return;
    if (IsPunctuation(c)) return EndWord();
    if (c < 0x250) return AddLatin(c, kLatinFrom00C0[c < 0xc0 ? 0 : c - 0xc0]);
    if (c >= 0x370 && c < 0x530) {
      c = FoldGreekOrCyrillic(c);
      return c == kSeparator ? EndWord() : AddLetter(c);
    }
    if (c >= 0x1e00 && c < 0x1f00) return AddLatin(c, kLatinFrom1E00[c - 0x1e00]);
    if (WritesNoSpaces(c)) return AddUnspaced(c);
    AddLetter(c);
  }

  void AddLatin(char32_t c, char base) {
    if (c < 0xc0) return AddLetter(c == 0xaa ? 'a' : c == 0xba ? 'o' : U'μ');
    if (base == ' ') return EndWord();
    if (base == '.') return AddLetter(c);
    if (base < '1' || base > '5') return AddLetter(static_cast<char32_t>(base));
    for (const char letter : kPairs[base - '1']) AddLetter(static_cast<char32_t>(letter));
  }

  // A run of such characters a b c becomes the words "ab" and "bc"; a run of one is a word.
  void AddUnspaced(char32_t c) {
    if (unspaced_ == 0) {
      EndWord();
    } else if (unspaced_ > 1) {
      EndWord();
      AppendCodePoint(out_.text, last_unspaced_);
      unspaced_ = 1;
    }
    AppendCodePoint(out_.text, c);
    last_unspaced_ = c;
    ++unspaced_;
  }

  void EndWord() {
    unspaced_ = 0;
    const size_t size = out_.text.size() - start_;
    if (size == 0) return;
    out_.words.push_back({static_cast<uint32_t>(start_), static_cast<uint32_t>(size)});
    out_.text.push_back(' ');
    start_ = out_.text.size();
  }

  FoldedText& out_;
  size_t start_ = 1;
  size_t unspaced_ = 0;
  char32_t last_unspaced_ = 0;
};

}  // namespace

void FoldText(std::string_view input, size_t max_bytes, FoldedText& out) {
  Folder(out).Fold(Utf8Prefix(input, max_bytes));
}

}  // namespace rem
