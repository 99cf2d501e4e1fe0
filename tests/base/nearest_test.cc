#include "base/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rem {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NearestTest, FindsSlipsBestFirst) {
  const std::vector<std::string> known = {"category", "categories", "created_at", "name", "names"};
  EXPECT_THAT(NearestNames("categry", known), ElementsAre("category"));
  EXPECT_THAT(NearestNames("nmae", known), ElementsAre("name"));
  EXPECT_THAT(NearestNames("NAMES", known), ElementsAre("names", "name"));
  EXPECT_THAT(NearestNames("NAMES", known, 1), ElementsAre("names"));
}

TEST(NearestTest, IsSilentWhenNothingIsNear) {
  const std::vector<std::string> known = {"category", "a", "category"};
  EXPECT_THAT(NearestNames("embedding", known), IsEmpty());
  EXPECT_THAT(NearestNames("b", known), IsEmpty());
  EXPECT_THAT(NearestNames("", known), IsEmpty());
  EXPECT_THAT(NearestNames(std::string(1000, 'c'), known), IsEmpty());
  EXPECT_THAT(NearestNames("categori", known), ElementsAre("category"));
}

TEST(NearestTest, PhrasesTheQuestion) {
  const std::vector<std::string> known = {"cat", "car", "cap"};
  EXPECT_EQ(DidYouMean("caz", known), "did you mean \"cat\", \"car\" or \"cap\"?");
  EXPECT_EQ(DidYouMean("catt", known), "did you mean \"cat\"?");
  EXPECT_EQ(DidYouMean("elephant", known, "list them with .tables"), "list them with .tables");
}

}  // namespace
}  // namespace rem
