#include <rem/document.h>

#include "document_samples.h"

namespace rem {
namespace {

TEST(DocumentTest, ReadsEveryKind) {
  const Document document = Json(R"({"n":null,"b":true,"i":-70000,"d":1.5,"t":"é","a":[1,[2]],"o":{"x":1}})");
  const DocumentView view = document;
  EXPECT_EQ(view.kind(), NodeKind::kObject);
  EXPECT_EQ(view.size(), 7u);
  EXPECT_TRUE(view.Find("n")->IsNull());
  EXPECT_TRUE(view.Find("b")->AsBool());
  EXPECT_EQ(view.Find("i")->AsInt(), -70000);
  EXPECT_EQ(view.Find("i")->AsDouble(), -70000.0);
  EXPECT_EQ(view.Find("d")->AsDouble(), 1.5);
  EXPECT_EQ(view.Find("t")->AsText(), "é");
  EXPECT_EQ(view.Find("a")->size(), 2u);
  EXPECT_EQ(view.Find("a")->At(1).At(0).AsInt(), 2);
  EXPECT_EQ(view.Find("o")->Find("x")->AsInt(), 1);
  EXPECT_FALSE(view.Find("x"));
  EXPECT_FALSE(view.Find("b")->Find("x"));
  EXPECT_EQ(view.Find("b")->size(), 0u);
  EXPECT_EQ(view.KeyAt(0), "a");
  EXPECT_EQ(view.ValueAt(1).AsBool(), true);
  EXPECT_TRUE(DocumentView().IsNull());
  EXPECT_TRUE(Document().view().IsNull());
}

TEST(DocumentTest, KeepsEveryIntegerExactly) {
  for (const std::string text : {"0", "-1", "127", "128", "-128", "-129", "32767", "32768", "-32769", "2147483647",
                                 "2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808"}) {
    const Document document = Json(text);
    EXPECT_EQ(document.view().kind(), NodeKind::kInt) << text;
    EXPECT_EQ(std::to_string(document.view().AsInt()), text);
    EXPECT_EQ(document.ToJson(), text);
  }
}

TEST(DocumentTest, WrongKindsAreInternalErrors) {
  const Document text = Json("\"t\"");
  const Document array = Json("[1]");
  const DocumentView view = text, list = array;
  EXPECT_EQ(ErrorOf([&] { view.AsInt(); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([&] { view.AsDouble(); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([&] { view.AsBool(); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([&] { view.At(0); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([&] { view.KeyAt(0); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([&] { view.ValueAt(0); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([&] { list.AsText(); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([&] { list.At(1); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(ErrorOf([&] { Document::FromBytes(""); }).code(), ErrorCode::kInternal);
}

TEST(DocumentTest, WalksPaths) {
  const Document document = Json(R"({"metadata":{"tags":["a","b"],"0":"zero"}})");
  const auto find = [&](std::vector<std::string> path) { return document.view().FindPath(path); };
  EXPECT_EQ(find({"metadata", "tags", "1"})->AsText(), "b");
  EXPECT_EQ(find({"metadata", "0"})->AsText(), "zero");
  EXPECT_EQ(find({})->kind(), NodeKind::kObject);
  for (const std::string step : {"2", "-1", "x", "1x", "", "99999999999999999999"})
    EXPECT_FALSE(find({"metadata", "tags", step})) << step;
  EXPECT_FALSE(find({"metadata", "tags", "0", "x"}));
  EXPECT_FALSE(find({"nothing", "x"}));
}

TEST(DocumentTest, EqualDocumentsHaveEqualBytes) {
  EXPECT_EQ(Json(R"({"a":1,"b":[true,null]})").bytes(), Json(R"( { "b" : [ true , null ] , "a" : 1 } )").bytes());
  EXPECT_NE(Json(R"({"a":1})").bytes(), Json(R"({"a":2})").bytes());
}

TEST(DocumentTest, EqualityIsThatOfJsonSchema) {
  EXPECT_EQ(Json("1"), Json("1.0"));
  EXPECT_EQ(Json("-0.0"), Json("0"));
  EXPECT_EQ(Json("0.0"), Json("-0.0"));
  EXPECT_EQ(Json(R"({"a":[1,2.0]})"), Json(R"({"a":[1.0,2]})"));
  EXPECT_FALSE(Json("9007199254740993") == Json("9007199254740992.0"));
  EXPECT_FALSE(Json("1") == Json("true"));
  EXPECT_FALSE(Json("1") == Json("2.0"));
  EXPECT_FALSE(Json("1") == Json("2"));
  EXPECT_FALSE(Json("\"1\"") == Json("\"2\""));
  EXPECT_FALSE(Json("[1]") == Json("[1,1]"));
  EXPECT_FALSE(Json("[1]") == Json("[2]"));
  EXPECT_FALSE(Json(R"({"a":1})") == Json(R"({"b":1})"));
  EXPECT_FALSE(Json(R"({"a":1})") == Json(R"({"a":2})"));
  EXPECT_FALSE(Json(R"({"a":1})") == Json(R"({"a":1,"b":1})"));
  EXPECT_FALSE(Json("null") == Json("false"));
}

TEST(DocumentTest, LargeContainersUseWiderOffsets) {
  for (const size_t size : {10, 200, 300, 70'000}) {
    DocumentBuilder builder;
    builder.BeginObject();
    builder.Key("text");
    builder.Text(std::string(size, 'x'));
    builder.Key("list");
    builder.BeginArray();
    for (size_t i = 0; i < size; ++i) builder.Int(static_cast<int64_t>(i));
    builder.EndArray();
    builder.EndObject();
    const Document document = builder.Finish();
    EXPECT_EQ(document.view().Find("text")->AsText().size(), size);
    const DocumentView list = *document.view().Find("list");
    ASSERT_EQ(list.size(), size);
    EXPECT_EQ(list.At(size - 1).AsInt(), static_cast<int64_t>(size - 1));
  }
}

TEST(DocumentTest, ManyMembersAreFound) {
  DocumentBuilder builder;
  builder.BeginObject();
  for (int i = 0; i < 5000; ++i) {
    builder.Key("key" + std::to_string(i * 7 % 5000));
    builder.Int(i * 7 % 5000);
  }
  builder.EndObject();
  const Document document = builder.Finish();
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(document.view().Find("key" + std::to_string(i))->AsInt(), i);
  for (size_t i = 1; i < 5000; ++i) ASSERT_LT(document.view().KeyAt(i - 1), document.view().KeyAt(i));
}

TEST(DocumentBuilderTest, RefusesWrongNesting) {
  const auto internal = [](auto action) {
    EXPECT_EQ(ErrorOf([&] {
                DocumentBuilder b;
                action(b);
              }).code(),
              ErrorCode::kInternal);
  };
  internal([](DocumentBuilder& b) { b.Finish(); });
  internal([](DocumentBuilder& b) {
    b.BeginArray();
    b.Finish();
  });
  internal([](DocumentBuilder& b) { b.EndArray(); });
  internal([](DocumentBuilder& b) { b.EndObject(); });
  internal([](DocumentBuilder& b) {
    b.BeginObject();
    b.EndArray();
  });
  internal([](DocumentBuilder& b) {
    b.BeginObject();
    b.Int(1);
  });
  internal([](DocumentBuilder& b) {
    b.BeginObject();
    b.Key("a");
    b.Key("b");
  });
  internal([](DocumentBuilder& b) {
    b.BeginObject();
    b.Key("a");
    b.EndObject();
  });
  internal([](DocumentBuilder& b) { b.Key("a"); });
  internal([](DocumentBuilder& b) {
    b.BeginArray();
    b.Key("a");
  });
  internal([](DocumentBuilder& b) {
    b.Null();
    b.Null();
  });
}

TEST(DocumentBuilderTest, RefusesBadData) {
  DocumentBuilder builder({.max_bytes = 100, .max_depth = 3});
  const auto code = [&](auto action) {
    const Error error = ErrorOf([&] { action(); });
    EXPECT_FALSE(error.hint().empty());
    builder.Reset();
    return error.code();
  };
  EXPECT_EQ(code([&] { builder.Double(0.0 / 0.0); }), ErrorCode::kInvalidJson);
  EXPECT_EQ(code([&] { builder.Double(1e308 * 10); }), ErrorCode::kInvalidJson);
  EXPECT_EQ(code([&] { builder.Text("\xff"); }), ErrorCode::kInvalidJson);
  EXPECT_EQ(code([&] { builder.Text(std::string_view("a\0b", 3)); }), ErrorCode::kInvalidJson);
  EXPECT_EQ(code([&] {
              builder.BeginObject();
              builder.Key("\xc3");
            }),
            ErrorCode::kInvalidJson);
  EXPECT_EQ(code([&] { builder.Text(std::string(101, 'x')); }), ErrorCode::kLimitExceeded);
  EXPECT_EQ(code([&] {
              builder.BeginObject();
              builder.Key(std::string(101, 'x'));
            }),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(code([&] {
              builder.BeginArray();
              for (;;) builder.Int(1);
            }),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(code([&] { builder.Copy(Document::FromJson("\"" + std::string(200, 'x') + "\"")); }),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(code([&] {
              for (int i = 0; i < 4; ++i) builder.BeginArray();
            }),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(code([&] {
              builder.BeginArray();
              builder.Copy(Json("[[[1]]]"));
            }),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(code([&] {
              builder.BeginObject();
              builder.Key("a");
              builder.Null();
              builder.Key("a");
              builder.Null();
              builder.EndObject();
            }),
            ErrorCode::kInvalidJson);
  builder.Copy(Json("[[[1]]]"));
  EXPECT_EQ(builder.Finish().ToJson(), "[[[1]]]");
}

TEST(DocumentBuilderTest, IsReusableAndMovable) {
  DocumentBuilder first;
  first.BeginArray();
  first.Int(1);
  DocumentBuilder builder = std::move(first);
  builder.EndArray();
  EXPECT_EQ(builder.Finish().ToJson(), "[1]");
  builder.Text(std::string(2u << 20, 'x'));
  EXPECT_EQ(builder.Finish().bytes().size(), (2u << 20) + 1);
  builder.Bool(false);
  EXPECT_EQ(builder.Finish().ToJson(), "false");
}

TEST(MergePatchTest, FollowsTheAppendixOfRfc7396) {
  const struct {
    std::string_view target, patch, result;
  } kCases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", R"(null)", R"(null)"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& [target, patch, result] : kCases)
    EXPECT_EQ(MergePatch(Json(target), Json(patch)).ToJson(), result) << target << patch;
}

}  // namespace
}  // namespace rem
