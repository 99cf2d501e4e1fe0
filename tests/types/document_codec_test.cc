#include "types/document_codec.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "document_samples.h"

namespace rem {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DocumentCodecTest : public testing::Test {
 protected:
  // Encodes, adding what is missing to the dictionary until nothing is.
  std::string Encode(const DocumentView& view) {
    for (;;) {
      std::string bytes;
      std::vector<std::string> missing;
      EncodeWithDictionary(view, keys_, bytes, missing);
      if (missing.empty()) return bytes;
      for (const std::string& name : missing) {
        if (!keys_.Add(name)) return bytes;
      }
    }
  }
  DocumentView View(const std::string& bytes) const { return DocumentView(bytes, &keys_); }

  KeyDictionary keys_;
};

TEST_F(DocumentCodecTest, ReportsEachMissingNameOnceInOrder) {
  std::string bytes;
  std::vector<std::string> missing = {"c"};
  EncodeWithDictionary(Json(R"([{"a":1,"c":2},{"b":{"a":3}}])"), keys_, bytes, missing);
  EXPECT_THAT(missing, ElementsAre("c", "a", "b"));
  // What could not be replaced is stored with its names.
  VerifyDocument(bytes, nullptr);
  EXPECT_EQ(Document::Copy(DocumentView(bytes)).ToJson(), R"([{"a":1,"c":2},{"b":{"a":3}}])");
}

TEST_F(DocumentCodecTest, ReadsLikeTheDocumentWithNames) {
  const Document document = Json(R"({"z":1,"a":{"y":[{"b":2}],"x":null},"m":"text"})");
  const std::string bytes = Encode(document);
  EXPECT_LT(bytes.size(), document.bytes().size());
  const DocumentView view = View(bytes);
  EXPECT_EQ(view.size(), 3u);
  EXPECT_EQ(view.Find("z")->AsInt(), 1);
  EXPECT_EQ(view.FindPath(std::vector<std::string>{"a", "y", "0", "b"})->AsInt(), 2);
  EXPECT_FALSE(view.Find("b"));
  EXPECT_FALSE(view.Find("never seen"));
  EXPECT_EQ(view.ToJson(), document.ToJson());
  EXPECT_EQ(Document::Copy(view).bytes(), document.bytes());
  EXPECT_TRUE(view == document.view());
  EXPECT_TRUE(document.view() == view);
  EXPECT_TRUE(view == View(bytes));
}

TEST_F(DocumentCodecTest, EqualIdsOfTwoDictionariesGetTheirOwnNames) {
  const Document document = Json(R"({"b":1,"a":[{"c":2.5,"b":null},{"c":{},"b":{"a":"x"}}]})");
  const std::string bytes = Encode(document);
  EXPECT_EQ(Document::Copy(View(bytes)).bytes(), document.bytes());
  for (int round = 0; round < 2; ++round) {
    // Made and dropped again, so that the second one may lie where the first one lay.
    auto other = std::make_unique<KeyDictionary>();
    for (uint32_t i = 0; i < keys_.size(); ++i) other->Add("n" + std::to_string(round) + std::string(keys_.Name(i)));
    const std::string n = "n" + std::to_string(round);
    EXPECT_EQ(Document::Copy(DocumentView(bytes, other.get())).bytes(),
              Json("{\"" + n + "b\":1,\"" + n + "a\":[{\"" + n + "c\":2.5,\"" + n + "b\":null},{\"" + n + "c\":{},\"" +
                   n + "b\":{\"" + n + "a\":\"x\"}}]}")
                  .bytes());
  }
  EXPECT_EQ(Document::Copy(View(bytes)).bytes(), document.bytes());
}

TEST_F(DocumentCodecTest, TwoDictionariesAgree) {
  const Document document = Json(R"({"b":1,"a":{"c":[2.5]}})");
  const std::string bytes = Encode(document);
  KeyDictionary other;
  for (const char* name : {"c", "x", "b", "a"}) other.Add(name);
  std::string moved;
  std::vector<std::string> missing;
  EncodeWithDictionary(View(bytes), other, moved, missing);
  EXPECT_THAT(missing, IsEmpty());
  EXPECT_NE(moved, bytes);
  EXPECT_TRUE(DocumentView(moved, &other) == View(bytes));
  const std::string changed = Encode(Json(R"({"b":1,"a":{"c":[3]}})"));
  EXPECT_FALSE(DocumentView(moved, &other) == View(changed));
}

TEST_F(DocumentCodecTest, AnObjectWithAnUnknownNameKeepsItsNames) {
  keys_.Add("b");
  keys_.Add("a");
  const std::string outer = Encode(Json(R"({"a":1,"b":2})"));
  KeyDictionary smaller;
  smaller.Add("a");
  std::string bytes;
  std::vector<std::string> missing;
  EncodeWithDictionary(View(outer), smaller, bytes, missing);
  EXPECT_THAT(missing, ElementsAre("b"));
  VerifyDocument(bytes, &smaller);
  EXPECT_EQ(bytes, Json(R"({"a":1,"b":2})").bytes());
  uint32_t hint = 0;
  std::string_view value;
  ASSERT_TRUE(FindMemberById(bytes, 0, smaller, hint, value));
  EXPECT_EQ(DocumentView(value).AsInt(), 1);
}

TEST_F(DocumentCodecTest, FindsMembersWithAndWithoutTheHint) {
  const std::string bytes = Encode(Json(R"({"a":1,"b":2,"c":3,"d":4})"));
  keys_.Add("e");
  for (uint32_t id = 0; id < 4; ++id) {
    for (uint32_t start : {0u, 3u, 1000u}) {
      uint32_t hint = start;
      std::string_view value;
      ASSERT_TRUE(FindMemberById(bytes, id, keys_, hint, value));
      EXPECT_EQ(hint, id);
      EXPECT_EQ(DocumentView(value).AsInt(), id + 1);
    }
  }
  uint32_t hint = 2;
  std::string_view value;
  EXPECT_FALSE(FindMemberById(bytes, 4, keys_, hint, value));
  EXPECT_EQ(hint, 2u);
  EXPECT_FALSE(FindMemberById(Json("[1]").bytes(), 0, keys_, hint, value));
  EXPECT_FALSE(FindMemberById(Json(R"({"zz":1})").bytes(), 0, keys_, hint, value));
}

TEST_F(DocumentCodecTest, RandomDocumentsRoundTrip) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Document document = RandomDocument(random);
    VerifyDocument(document.bytes(), nullptr);
    const std::string bytes = Encode(document);
    VerifyDocument(bytes, &keys_);
    ASSERT_EQ(Document::Copy(View(bytes)).bytes(), document.bytes()) << "seed " << seed;
    ASSERT_EQ(View(bytes).ToJson(), document.ToJson()) << "seed " << seed;
    ASSERT_TRUE(View(bytes) == document.view()) << "seed " << seed;
  }
  EXPECT_GT(keys_.size(), 256u);
}

TEST_F(DocumentCodecTest, WritesTheBytesOfTheFormatPage) {
  const Document document = Json(R"({"b":[1,300],"a":null})");
  EXPECT_EQ(ToHex(document.bytes()), "0a01020102010b61620009010202050301042c01");
  keys_.Add("b");
  keys_.Add("a");
  EXPECT_EQ(ToHex(Encode(document)), "0b110200010a0b09010202050301042c0100");
}

TEST_F(DocumentCodecTest, VerifyFindsDamage) {
  const auto text = [](std::initializer_list<int> bytes) { return std::string(bytes.begin(), bytes.end()); };
  const std::string kBad[] = {
      "",                                            // no node
      text({12}),                                    // unknown tag
      text({0, 0}),                                  // null with a payload
      text({3}),                                     // int8 cut off
      text({4, 1, 0}),                               // int16 that fits int8
      text({5, 1, 0, 0}),                            // int32 cut off
      text({6, 1, 0, 0, 0, 0, 0, 0, 0}),             // int64 that fits int8
      text({7, 0, 0}),                               // double cut off
      text({7, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f}),       // infinity
      text({8, 0xff}),                               // not UTF-8
      text({8, 0}),                                  // NUL
      text({9}),                                     // array cut off
      text({9, 3, 0}),                               // impossible width
      text({9, 2, 0}),                               // wider than needed
      text({9, 0x11, 0}),                            // an id width in an array
      text({9, 1, 0x80, 0}),                         // long varint
      text({9, 1, 0x80}),                            // varint cut off
      text({9, 1, 5, 1}),                            // more members than bytes
      text({9, 1, 1, 2, 0}),                         // end past the bytes
      text({9, 1, 1, 0, 0}),                         // bytes past the end
      text({9, 1, 2, 1, 0, 0}),                      // offsets go back
      text({9, 1, 1, 0}),                            // a node without bytes
      text({9, 1, 0, 0}),                            // empty with a payload
      text({10, 1, 1, 9, 1, 0}),                     // names past the end
      text({10, 1, 2, 1, 2, 1, 2, 'b', 'a', 0, 0}),  // names out of order
      text({10, 1, 2, 1, 2, 1, 2, 'a', 'a', 0, 0}),  // a name twice
      text({11, 0x11, 1, 0, 1, 0}),                  // ids without a dictionary
      text({11, 1, 0}),                              // no id width
  };
  for (const std::string& bytes : kBad)
    EXPECT_EQ(ErrorOf([&] { VerifyDocument(bytes, nullptr); }).code(), ErrorCode::kCorruption)
        << testing::PrintToString(bytes);
  VerifyDocument(text({9, 1, 1, 1, 0}), nullptr);

  keys_.Add("a");
  keys_.Add("b");
  VerifyDocument(text({11, 0x11, 1, 0, 1, 0}), &keys_);
  const std::string kBadIds[] = {
      text({11, 0x11, 1, 2, 1, 0}),           // unknown id
      text({11, 0x11, 2, 1, 0, 1, 2, 0, 0}),  // ids out of order
      text({11, 0x21, 1, 1, 0, 1, 0}),        // ids wider than needed
  };
  for (const std::string& bytes : kBadIds)
    EXPECT_EQ(ErrorOf([&] { VerifyDocument(bytes, &keys_); }).code(), ErrorCode::kCorruption);

  std::string deep = text({0});
  for (int i = 0; i < 300; ++i)
    deep = text({9, deep.size() < 256 ? 1 : 2, 1}) + std::string(1, static_cast<char>(deep.size())) +
           (deep.size() < 256 ? "" : std::string(1, static_cast<char>(deep.size() >> 8))) + deep;
  EXPECT_EQ(ErrorOf([&] { VerifyDocument(deep, nullptr); }).code(), ErrorCode::kCorruption);
  // Bytes that nobody verified must not take the other recursions down either.
  EXPECT_EQ(ErrorOf([&] { DocumentView(deep).ToJson(); }).code(), ErrorCode::kLimitExceeded);
}

TEST_F(DocumentCodecTest, FlippedBytesNeverCrash) {
  Random random(11);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random source(seed);
    const Document document = RandomDocument(source);
    std::string bytes = document.bytes();
    for (int i = 0; i < 20; ++i) {
      std::string damaged = bytes;
      damaged[random.Below(damaged.size())] = static_cast<char>(random.Next());
      try {
        VerifyDocument(damaged, nullptr);
      } catch (const Error& error) {
        ASSERT_EQ(error.code(), ErrorCode::kCorruption);
        continue;
      }
      // What is accepted is another document, and reads as one.
      ASSERT_EQ(Document::FromJson(DocumentView(damaged).ToJson()).bytes(), damaged);
    }
  }
}

}  // namespace
}  // namespace rem
