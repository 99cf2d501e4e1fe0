#include "embedding/text_folding.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rem {
namespace {

using Words = std::vector<std::string>;

Words Fold(std::string_view input, size_t max_bytes = 1000) {
  FoldedText folded;
  FoldText(input, max_bytes, folded);
  Words words;
  for (const FoldedWord& word : folded.words) {
    EXPECT_EQ(folded.text[word.offset - 1], ' ');
    EXPECT_EQ(folded.text.substr(word.offset + word.size, FoldedText::kPadding).front(), ' ');
    words.emplace_back(folded.word(word));
  }
  EXPECT_EQ(folded.text.substr(folded.text.size() - FoldedText::kPadding), std::string(FoldedText::kPadding, ' '));
  return words;
}

TEST(TextFoldingTest, SplitsAtEverythingThatIsNoLetterOrDigit) {
  EXPECT_EQ(Fold("Hello, world! snake_case x-ray 3.14"),
            (Words{"hello", "world", "snake", "case", "x", "ray", "3", "14"}));
  EXPECT_EQ(Fold("a—b…c “d” №5 €6 ×7"), (Words{"a", "b", "c", "d", "5", "6", "7"}));
  EXPECT_EQ(Fold(""), Words{});
}

TEST(TextFoldingTest, ApostrophesVanish) { EXPECT_EQ(Fold("Don't l’été 'x'"), (Words{"dont", "lete", "x"})); }

TEST(TextFoldingTest, LatinLettersLoseCaseAndMarks) {
  EXPECT_EQ(Fold("Ångström ÇA Žižek Łódź ÞÓR"), (Words{"angstrom", "ca", "zizek", "lodz", "thor"}));
  EXPECT_EQ(Fold("Straße ẞ Œuvre Æon Ĳ ıİ ŉ ŀ"), (Words{"strasse", "ss", "oeuvre", "aeon", "ij", "ii", "n", "l"}));
  EXPECT_EQ(Fold("Việt Nam ƯƠ Șț"), (Words{"viet", "nam", "uo", "st"}));
  EXPECT_EQ(Fold("ª º µ"), (Words{"a", "o", "μ"}));
}

TEST(TextFoldingTest, ComposedAndDecomposedMarksAgree) { EXPECT_EQ(Fold("e\xcc\x81te\xcc\x81"), Fold("été")); }

TEST(TextFoldingTest, GreekAndCyrillicLettersLoseCaseAndMarks) {
  EXPECT_EQ(Fold("ΈΛΛΗΝΑΣ Έλληνας ΆΉΊΌΎΏ ΪΫ ϊϋΐΰ"), (Words{"ελληνασ", "ελληνασ", "αηιουω", "ιυ", "ιυιυ"}));
  EXPECT_EQ(Fold("МОСКВА Ёж Їжак ЎЌЃ й Ѣ Ґ Ӑ"), (Words{"москва", "еж", "іжак", "укг", "и", "ѣ", "ґ", "ӑ"}));
  EXPECT_EQ(Fold("α·β;γ"), (Words{"α", "β", "γ"}));
}

TEST(TextFoldingTest, FullWidthFormsAreAscii) { EXPECT_EQ(Fold("ＡＢＣ！１２"), (Words{"abc", "12"})); }

TEST(TextFoldingTest, ScriptsWithoutSpacesGivePairs) {
  EXPECT_EQ(Fold("日本語。字"), (Words{"日本", "本語", "字"}));
  EXPECT_EQ(Fold("abc東京def"), (Words{"abc", "東京", "def"}));
  EXPECT_EQ(Fold("ไทย"), (Words{"ไท", "ทย"}));
}

TEST(TextFoldingTest, OtherLettersStay) { EXPECT_EQ(Fold("שלום 한국 😀 ɐ"), (Words{"שלום", "한국", "😀", "ɐ"})); }

TEST(TextFoldingTest, StopsAtTheLimitWithoutCuttingACharacter) {
  EXPECT_EQ(Fold("ab cd ef", 4), (Words{"ab", "c"}));
  EXPECT_EQ(Fold("abж", 3), (Words{"ab"}));
}

TEST(TextFoldingTest, ReusesItsResult) {
  FoldedText folded;
  FoldText("one two three", 100, folded);
  FoldText("four", 100, folded);
  ASSERT_EQ(folded.words.size(), 1u);
  EXPECT_EQ(folded.word(folded.words[0]), "four");
}

}  // namespace
}  // namespace rem
