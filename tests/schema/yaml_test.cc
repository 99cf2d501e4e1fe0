#include <rem/yaml.h>

#include "schema/schema_fixture.h"

namespace rem {

namespace {

std::string Json(std::string_view yaml) { return DocumentFromYaml(yaml).ToJson(); }

void ExpectNotRead(std::string_view yaml, std::string_view part) {
  try {
    DocumentFromYaml(yaml);
    ADD_FAILURE() << yaml;
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_FALSE(error.hint().empty());
  }
}

}  // namespace

TEST(YamlTest, ReadsTheCoreSchema) {
  EXPECT_EQ(Json("a: 1\nb: [x, 'y', \"1\"]\nc:\n  d: true\n  e: ~\n  f:\n"),
            R"({"a":1,"b":["x","y","1"],"c":{"d":true,"e":null,"f":null}})");
  EXPECT_EQ(Json("[null, Null, NULL, False, TRUE, yes, no, on]"), R"([null,null,null,false,true,"yes","no","on"])");
  EXPECT_EQ(Json("[0x1F, 0o17, -12, +3, 007, 1.5, 1e3, -.5, 2., 1.2.3, 2026-11-21, 0x, -, '~']"),
            R"([31,15,-12,3,7,1.5,1000.0,-0.5,2.0,"1.2.3","2026-11-21","0x","-","~"])");
  EXPECT_EQ(Json("[!!str 5, !!int 5, 1e-400]"), R"(["5",5,0.0])");
  EXPECT_EQ(Json("x: &a {p: 1}\ny: *a\n"), R"({"x":{"p":1},"y":{"p":1}})");
  EXPECT_EQ(Json("|\n  two\n  lines\n"), "\"two\\nlines\\n\"");
}

TEST(YamlTest, RefusesWithThePlace) {
  ExpectNotRead("a: 1\na: 2\n", "line 2, column 1");
  ExpectNotRead("a: [1,\n", "YAML does not read");
  ExpectNotRead("a: .inf", "no JSON number");
  ExpectNotRead("a: .nan", "no JSON number");
  ExpectNotRead("a: 99999999999999999999", "64 bits");
  ExpectNotRead("a: 1e999", "range of a double");
  ExpectNotRead("a: !mine 5", "unknown tag");
  ExpectNotRead("a: !!int x", "not of type");
  ExpectNotRead("[1]: 2", "not a single value");
  ExpectNotRead("a: \"x\\0y\"", "NUL");
  ExpectNotRead("", "no document");
  ExpectNotRead("--- 1\n--- 2\n", "several documents");
  ExpectNotRead(",:", "several documents");
  ExpectNotRead(", a", "several documents");
  ExpectNotRead("# nothing\n", "no document");
  ExpectNotRead("&a [*a]", "nested too deeply");
  ExpectNotRead(std::string(5u << 20, ' '), "bytes");
}

TEST(YamlTest, BoundsAliases) {
  std::string bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "" : ",") + before;
    bomb += "]\n";
  }
  ExpectNotRead(bomb, "200000 nodes");
}

}  // namespace rem
