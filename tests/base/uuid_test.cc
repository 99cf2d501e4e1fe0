#include <rem/uuid.h>

#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rem/error.h>

#include "base/random.h"

namespace rem {
namespace {

constexpr std::string_view kDnsNamespace = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

TEST(UuidTest, ParsesEveryUsualForm) {
  const auto uuid = Uuid::Parse(kDnsNamespace);
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->ToString(), kDnsNamespace);
  for (const std::string_view text :
       {"6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b8109dad11d180b400c04fd430c8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "URN:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"}) {
    EXPECT_EQ(Uuid::Parse(text), uuid) << text;
  }
}

TEST(UuidTest, RefusesWhatIsNoUuid) {
  for (const std::string_view text :
       {"", "{}", "{", "6ba7b810-9dad-11d1-80b4-00c04fd430c", "6ba7b810-9dad-11d1-80b4-00c04fd430c8a",
        "6ba7b810-9dad-11d1-80b400-c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8", "urn:uuid:", "6ba7b8109dad11d180b400c04fd430-8"}) {
    EXPECT_FALSE(Uuid::Parse(text)) << text;
  }
}

TEST(UuidTest, NamesGiveTheVersion5Identifier) {
  // The example of RFC 9562, appendix A.4.
  EXPECT_EQ(Uuid::FromName(*Uuid::Parse(kDnsNamespace), "www.example.com").ToString(),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(UuidTest, RawBytesRoundTrip) {
  const Uuid uuid = *Uuid::Parse(kDnsNamespace);
  EXPECT_EQ(Uuid::FromBytes(uuid.AsBytes()), uuid);
  EXPECT_FALSE(uuid.IsNil());
  EXPECT_TRUE(Uuid().IsNil());
  EXPECT_THROW(Uuid::FromBytes("short"), Error);
}

TEST(UuidTest, NewIdentifiersCarryTimeAndVersion) {
  const Uuid early = NewUuid(1'700'000'000'000'000);
  const Uuid late = NewUuid(1'700'000'000'001'000);
  EXPECT_LT(early, late);
  EXPECT_EQ(early.ToString().substr(0, 15), "018bcfe5-6800-7");
  EXPECT_EQ(early.bytes[8] & 0xc0, 0x80);
  EXPECT_EQ(NewUuid(-1).ToString().substr(0, 15), "00000000-0000-7");
}

TEST(UuidTest, ThreadsNeverGetTheSameIdentifier) {
  std::vector<std::vector<Uuid>> made(4);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids] {
      for (int i = 0; i < 1000; ++i) ids.push_back(NewUuid(0));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<Uuid> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), 4000u);
}

TEST(UuidTest, AForkedChildDoesNotRepeatItsParent) {
  NewUuid(0);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Uuid uuid = NewUuid(0);
    _exit(write(ends[1], uuid.bytes.data(), 16) == 16 ? 0 : 1);
  }
  const Uuid ours = NewUuid(0);
  Uuid theirs;
  ASSERT_EQ(read(ends[0], theirs.bytes.data(), 16), 16);
  int status = 0;
  waitpid(child, &status, 0);
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(status, 0);
  EXPECT_NE(ours, theirs);
}

TEST(UuidTest, TheSameSeedGivesTheSameNumbers) {
  Random a(42), b(42), c(43);
  const uint64_t first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(a.Below(7), 7u);
    const double uniform = a.Uniform();
    EXPECT_GE(uniform, 0.0);
    EXPECT_LT(uniform, 1.0);
  }
  EXPECT_NE(Random::FromSystem().Next(), Random::FromSystem().Next());
}

}  // namespace
}  // namespace rem
