#include "store/recall_sampler.h"

#include <gtest/gtest.h>

namespace rem {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

TEST(RecallSamplerTest, TakesAShareOfTheQueriesAndOfTheTime) {
  RecallSampler sampler;
  const Clock::time_point start{};
  EXPECT_FALSE(sampler.Take(start));
  sampler.Offer(VectorValue{1, 2});
  sampler.Offer(VectorValue{3, 4});
  EXPECT_EQ(sampler.Take(start), (VectorValue{1, 2}));
  EXPECT_FALSE(sampler.Take(start));
  sampler.Add(10, 10, sampler.ef(), start, milliseconds(5));
  for (int i = 0; i < 200; ++i) sampler.Offer(VectorValue{5, 6});
  EXPECT_FALSE(sampler.Take(start + milliseconds(499)));
  EXPECT_EQ(sampler.Take(start + milliseconds(501)), (VectorValue{5, 6}));
}

TEST(RecallSamplerTest, WidensTheBeamWhileTooFewAreFound) {
  RecallSampler sampler;
  const Clock::time_point start{};
  EXPECT_EQ(sampler.ef(), RecallSampler::kFirstEf);
  for (int i = 0; i < 9; ++i) sampler.Add(9, 10, 100, start, milliseconds(1));
  EXPECT_EQ(sampler.ef(), 100u);
  sampler.Add(9, 10, 100, start, milliseconds(1));
  EXPECT_EQ(sampler.ef(), 150u);
  // What was searched with the narrow beam says nothing of the wider one.
  for (int i = 0; i < 20; ++i) sampler.Add(0, 10, 100, start, milliseconds(1));
  EXPECT_EQ(sampler.ef(), 150u);
  for (int i = 0; i < 200; ++i) sampler.Add(10, 10, 150, start, milliseconds(1));
  EXPECT_EQ(sampler.ef(), 150u);
  EXPECT_EQ(sampler.state().recall, 1.0);
  EXPECT_EQ(sampler.state().samples, 210u);
  for (int i = 0; i < 100; ++i) sampler.Add(0, 10, sampler.ef(), start, milliseconds(1));
  EXPECT_EQ(sampler.ef(), RecallSampler::kMostEf);
}

}  // namespace
}  // namespace rem
