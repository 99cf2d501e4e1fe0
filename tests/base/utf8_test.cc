#include "base/utf8.h"

#include <gtest/gtest.h>

namespace rem {
namespace {

TEST(Utf8Test, AcceptsEveryCodePointAndNoSurrogate) {
  for (char32_t c = 0; c <= 0x10ffff; c += c < 0x3000 ? 1 : 37) {
    std::string text;
    AppendCodePoint(text, c);
    const bool surrogate = c >= 0xd800 && c <= 0xdfff;
    ASSERT_EQ(IsValidUtf8(text), !surrogate) << static_cast<uint32_t>(c);
    if (surrogate) continue;
    size_t position = 0;
    ASSERT_EQ(NextCodePoint(text, position), c);
    ASSERT_EQ(position, text.size());
    ASSERT_EQ(Utf8Length(text), 1u);
  }
}

TEST(Utf8Test, RefusesBrokenSequences) {
  for (const std::string_view text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xe2\x82", "\xe2\x28\xa1", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf0\x9f\x98", "12345678\xc3",
        "1234567890abcdef\xff"}) {
    EXPECT_FALSE(IsValidUtf8(text)) << text;
  }
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("plain text that is longer than eight bytes"));
  EXPECT_TRUE(IsValidUtf8("12345678é漢字😀 and more text"));
}

TEST(Utf8Test, CountsCodePoints) {
  EXPECT_EQ(Utf8Length("aé漢😀"), 4u);
  EXPECT_EQ(Utf8Length(""), 0u);
}

TEST(Utf8Test, PrefixesEndBetweenCodePoints) {
  EXPECT_EQ(Utf8Prefix("aé漢", 10), "aé漢");
  EXPECT_EQ(Utf8Prefix("aé漢", 5), "aé");
  EXPECT_EQ(Utf8Prefix("aé漢", 2), "a");
  EXPECT_EQ(Utf8Prefix("😀", 3), "");
}

}  // namespace
}  // namespace rem
