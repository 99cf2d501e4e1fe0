#include "embedding/suffix.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace rem {
namespace {

std::string Strip(std::string_view word) {
  std::string buffer;
  return std::string(StripSuffix(word, buffer));
}

TEST(SuffixTest, PluralsMeetTheirSingulars) {
  for (const auto& [plural, singular] : {std::pair{"photos", "photo"},
                                         {"boxes", "box"},
                                         {"caches", "cache"},
                                         {"libraries", "library"},
                                         {"images", "image"},
                                         {"classes", "class"},
                                         {"dishes", "dish"},
                                         {"files", "file"}}) {
    EXPECT_EQ(Strip(plural), Strip(singular)) << plural;
  }
}

TEST(SuffixTest, VerbFormsMeet) {
  for (const auto& [form, verb] : {std::pair{"resizing", "resize"},
                                   {"resized", "resize"},
                                   {"running", "run"},
                                   {"calling", "call"},
                                   {"passed", "pass"},
                                   {"stopped", "stop"},
                                   {"shrinking", "shrink"}}) {
    EXPECT_EQ(Strip(form), Strip(verb)) << form;
  }
}

TEST(SuffixTest, OtherWordsStay) {
  for (const char* word :
       {"", "s", "gas", "bus", "class", "status", "analysis", "string", "thing", "bed", "need", "red", "sing"}) {
    EXPECT_EQ(Strip(word), word);
  }
  EXPECT_EQ(Strip("élèves"), "élèves");
}

}  // namespace
}  // namespace rem
