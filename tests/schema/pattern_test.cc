#include "schema/pattern.h"

#include <re2/re2.h>

#include "schema/schema_fixture.h"

namespace rem {

namespace {

bool Matches(std::string_view pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), re2::RE2(TranslatePattern(pattern)));
}

}  // namespace

TEST(PatternTest, MatchesAsEcmaDoes) {
  EXPECT_TRUE(Matches("^a$", "a"));
  EXPECT_FALSE(Matches("^a$", "a\n"));
  EXPECT_FALSE(Matches("^a$", "b\na"));
  EXPECT_TRUE(Matches("a+", "xxaayy"));
  EXPECT_TRUE(Matches("^\\d+$", "123"));
  EXPECT_FALSE(Matches("^\\d$", "\u0967"));
  EXPECT_FALSE(Matches("^\\w$", "\u00e9"));
  EXPECT_TRUE(Matches("^\\W$", "\u00e9"));
  EXPECT_TRUE(Matches("^\\D$", "\u0967"));
  EXPECT_TRUE(Matches("^\\s$", "\u00a0"));
  EXPECT_TRUE(Matches("^\\s$", "\ufeff"));
  EXPECT_TRUE(Matches("^\\s$", "\v"));
  EXPECT_FALSE(Matches("^\\S$", "\u2029"));
  EXPECT_TRUE(Matches("^\\S$", "\u00e9"));
  EXPECT_TRUE(Matches("^[\\s-]+$", " -\u3000"));
  EXPECT_TRUE(Matches("^[^\\S]$", " "));
  EXPECT_FALSE(Matches("^.$", "\u2028"));
  EXPECT_TRUE(Matches("^.$", "\U0001F432"));
  EXPECT_TRUE(Matches("^\\cC$", "\x03"));
  EXPECT_TRUE(Matches("^\\x41\\u0042\\u{43}$", "ABC"));
  EXPECT_TRUE(Matches("^\\uD83D\\uDE00$", "\U0001F600"));
  EXPECT_TRUE(Matches("^(?<year>\\d{4})$", "2026"));
  EXPECT_TRUE(Matches("^\\p{Letter}+$", "a\u00e9\u4e00"));
  EXPECT_TRUE(Matches("^\\p{L}\\p{Lu}\\P{Nd}$", "aBc"));
  EXPECT_TRUE(Matches("^[\\p{Script=Greek}x]+$", "\u03b1x"));
  EXPECT_TRUE(Matches("^\\p{gc=Decimal_Number}$", "\u0967"));
  EXPECT_TRUE(Matches("^\\p{ASCII}\\P{ASCII}$", "a\u00e9"));
  EXPECT_TRUE(Matches("^\\p{LC}\\p{Any}$", "a1"));
  EXPECT_TRUE(Matches("^[[:alpha]$", ":"));
  EXPECT_FALSE(Matches("[]", "a"));
  EXPECT_TRUE(Matches("^[^]$", "\n"));
  EXPECT_TRUE(Matches("^\\/\\-\\.\\_$", "/-._"));
  EXPECT_TRUE(Matches("^[\\b]$", "\b"));
  EXPECT_TRUE(Matches("\\bfoo\\B", "a food"));
  EXPECT_TRUE(Matches("^a\\vb\\0$", std::string_view("a\vb\0", 4)));
  EXPECT_TRUE(Matches("^[&~^]+$", "&~^"));
}

TEST(PatternTest, RefusesWhatCannotBe) {
  for (const char* pattern :
       {"(",      "a**",   "[a",       "\\Z",          "\\a",          "\\u12", "\\x1",    "\\u{110000}",
        "\\u{}",  "\\p",   "\\p{L",    "\\p{foo=bar}", "\\p{Nothing}", "\\c1",  "\\01",    "\\1",
        "\\k<a>", "(?=a)", "(?!a)",    "(?<=a)",       "(?<!a)",       "\\",    "\\ud800", "\\ud800\\u0041",
        "[b-a]",  "[\\B]", "x{1,5000}"}) {
    EXPECT_FALSE(IsPattern(pattern)) << pattern;
  }
  EXPECT_FALSE(IsPattern(std::string(100'000, 'a')));
  EXPECT_TRUE(IsPattern("([abc])+\\s+$"));
}

TEST(PatternTest, ErrorsNameThePlaceAndTheWayRound) {
  ExpectRefused(R"j({"properties": {"a": {"pattern": "(?=x)"}}})j", "/properties/a");
  ExpectRefused(R"j({"pattern": "(?=x)"})j", "lookahead");
  ExpectRefused(R"j({"pattern": "("})j", "pattern");
  ExpectRefused(R"({"pattern": 5})", "not a text");
  ExpectRefused(R"({"patternProperties": {"[": {}}})", "patternProperties");
}

}  // namespace rem
