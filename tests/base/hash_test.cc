#include "base/hash.h"

#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace rem {
namespace {

std::string Sha1Hex(std::string_view text) {
  const auto digest = Sha1(text);
  return ToHex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

TEST(HashTest, Hash64IsTheStoredFunction) {
  EXPECT_EQ(Hash64(""), 0x2d06800538d394c2u);
  EXPECT_NE(Hash64("a"), Hash64("b"));
  EXPECT_NE(Hash64("a", 1), Hash64("a", 2));
  EXPECT_EQ(Hash64(std::string(1000, 'x')), Hash64(std::string(1000, 'x')));
}

TEST(HashTest, Sha1GivesThePublishedDigests) {
  EXPECT_EQ(Sha1Hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(Sha1Hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Sha1Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(Sha1Hex(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

}  // namespace
}  // namespace rem
