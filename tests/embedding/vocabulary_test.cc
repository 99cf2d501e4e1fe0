#include "embedding/vocabulary.h"

#include <gtest/gtest.h>

#include <rem/error.h>

namespace rem {
namespace {

class VocabularyTest : public ::testing::Test {
 protected:
  std::vector<uint32_t> Encode(std::string_view text) {
    const std::vector<uint64_t> slots = Vocabulary::MakeSlots(tokens_);
    FoldedText folded;
    FoldText(text, text.size(), folded);
    Vocabulary(slots).Encode(folded, out_);
    return out_.ids;
  }
  using Ids = std::vector<uint32_t>;
  std::vector<std::string> tokens_ = {"photo", "resize", "#r", "#s", "re", "s", "#ize", "é", "жук", "#o"};
  TextTokens out_;
};

TEST_F(VocabularyTest, WholeWordsAreTokensInTheOrderOfTheText) {
  EXPECT_EQ(Encode("Resize PHOTO, photo!"), (Ids{1, 0, 0}));
  EXPECT_TRUE(out_.rare_words.empty());
  EXPECT_EQ(Encode("Жук"), (Ids{8}));
}

TEST_F(VocabularyTest, OtherWordsAreTheirLongestPieces) {
  EXPECT_EQ(Encode("resizer"), (Ids{1, 2}));
  EXPECT_EQ(Encode("photos"), (Ids{0, 3}));
  EXPECT_EQ(out_.rare_words.size(), 1u);
}

TEST_F(VocabularyTest, AWordThatPiecesDoNotCoverHasNoneButIsStillARareWord) {
  EXPECT_EQ(Encode("photox"), Ids{});
  ASSERT_EQ(out_.rare_words.size(), 1u);
  const uint64_t first = out_.rare_words[0];
  Encode("xphoto photox");
  ASSERT_EQ(out_.rare_words.size(), 2u);
  EXPECT_EQ(out_.rare_words[1], first);
  EXPECT_NE(out_.rare_words[0], first);
}

TEST_F(VocabularyTest, AContinuationIsNoWordOfItsOwn) {
  EXPECT_EQ(Encode("ize"), Ids{});
  EXPECT_EQ(Encode("reize"), (Ids{4, 6}));
}

TEST_F(VocabularyTest, WordsBeyondTheLimitAreNotTakenApart) {
  EXPECT_EQ(Encode("s" + std::string(Vocabulary::kMaxWordBytes - 1, 's')).size(), Vocabulary::kMaxWordBytes);
  EXPECT_EQ(Encode("s" + std::string(Vocabulary::kMaxWordBytes, 's')), Ids{});
  EXPECT_EQ(out_.rare_words.size(), 1u);
}

TEST_F(VocabularyTest, TokensThatCannotBeAreRefused) {
  const auto refused = [](const std::vector<std::string>& tokens) {
    try {
      Vocabulary::MakeSlots(tokens);
      return false;
    } catch (const Error& error) {
      return error.code() == ErrorCode::kInvalidArgument;
    }
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({"a", ""}));
  EXPECT_TRUE(refused({"a", "b", "a"}));
  EXPECT_TRUE(refused({std::string(Vocabulary::kMaxWordBytes + 1, 'a')}));
  EXPECT_TRUE(refused(std::vector<std::string>(Vocabulary::kMaxTokens + 1, "a")));
  EXPECT_FALSE(refused({"a", "b"}));
}

}  // namespace
}  // namespace rem
