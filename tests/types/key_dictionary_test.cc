#include "types/key_dictionary.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace rem {
namespace {

std::string NameOf(uint32_t i) { return "member_" + std::to_string(i); }

TEST(KeyDictionaryTest, NumbersNamesInOrder) {
  KeyDictionary keys;
  EXPECT_EQ(keys.size(), 0u);
  EXPECT_FALSE(keys.Find("a"));
  EXPECT_EQ(keys.Add("a"), 0u);
  EXPECT_EQ(keys.Add(""), 1u);
  EXPECT_EQ(keys.Find("a"), 0u);
  EXPECT_EQ(keys.Find(""), 1u);
  EXPECT_EQ(keys.Name(0), "a");
  EXPECT_EQ(keys.size(), 2u);
}

TEST(KeyDictionaryTest, IsFullAtItsLimit) {
  KeyDictionary keys;
  for (uint32_t i = 0; i < KeyDictionary::kMaxKeys; ++i) ASSERT_EQ(keys.Add(NameOf(i)), i);
  EXPECT_FALSE(keys.Add("one too many"));
  EXPECT_EQ(keys.size(), KeyDictionary::kMaxKeys);
  for (uint32_t i = 0; i < KeyDictionary::kMaxKeys; ++i) {
    ASSERT_EQ(keys.Find(NameOf(i)), i);
    ASSERT_EQ(keys.Name(i), NameOf(i));
  }
  EXPECT_FALSE(keys.Find("one too many"));
}

TEST(KeyDictionaryTest, ReadersSeeEveryPublishedNameWhileOneAdds) {
  KeyDictionary keys;
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&, r] {
      uint32_t i = static_cast<uint32_t>(r);
      while (!done.load()) {
        const uint32_t size = keys.size();
        if (size == 0) continue;
        i = (i * 31 + 7) % size;
        if (keys.Name(i) != NameOf(i)) ++wrong;
        // A name far behind the newest is in the table for certain.
        const auto found = keys.Find(NameOf(i));
        if (i + 1 < size && found != i) ++wrong;
        const auto next = keys.Find(NameOf(size));
        if (next && keys.Name(*next) != NameOf(size)) ++wrong;
      }
    });
  }
  for (uint32_t i = 0; i < 5000; ++i) keys.Add(NameOf(i));
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace rem
