#include "schema/formats.h"

#include "schema/schema_fixture.h"

namespace rem {

namespace {

void Check(std::string_view format, std::initializer_list<std::string_view> valid,
           std::initializer_list<std::string_view> invalid) {
  const auto known = FormatFromName(format);
  ASSERT_TRUE(known) << format;
  EXPECT_EQ(FormatName(*known), format);
  for (const auto text : valid) EXPECT_TRUE(MatchesFormat(*known, text)) << format << ": " << text;
  for (const auto text : invalid) EXPECT_FALSE(MatchesFormat(*known, text)) << format << ": " << text;
}

}  // namespace

TEST(FormatTest, Times) {
  Check("date-time",
        {"2026-11-21T10:00:00Z", "2026-11-21t10:00:00.123456789+02:00", "1998-12-31T23:59:60Z",
         "1998-12-31T15:59:60.123-08:00", "0000-01-01T00:00:00z"},
        {"2026-02-30T10:00:00Z", "2026-11-21", "2026-11-21 10:00:00Z", "2026-11-21T10:00:00", "2026-11-21T24:00:00Z",
         "1998-12-31T22:59:60Z", "2026-11-21T10:00:00+24:00", "2026-11-21T10:00:00.Z", "2026-11-21T10:00:00Zx",
         "2026-11-21T10:60:00Z", "2026-1-21T10:00:00Z", ""});
  Check("date", {"2026-11-21", "2024-02-29", "2000-02-29"},
        {"2023-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-1-1", "20261121", "2026-11-211"});
  Check("time", {"10:00:00Z", "10:00:00.5-07:30", "23:59:60Z", "01:29:60+01:30", "00:29:60+00:30"},
        {"10:00:00", "10:00Z", "25:00:00Z", "10:00:61Z", "23:58:60Z", "22:59:60Z", "10:00:00+01:60", "10:00:00+0100"});
  Check("duration", {"P1Y", "P1Y2M3D", "PT1H", "PT36H", "P1DT12H", "P4W", "P1M", "PT1M2S", "P1Y2M3DT4H5M6S", "PT0S"},
        {"", "P", "PT", "P1", "1Y", "P1YT", "P1D2H", "P2D1Y", "P1Y2W", "P1Y2D", "PT1H2S", "P0.5Y", "PT1D", "P-1Y",
         "P1H", "P\u0967Y"});
}

TEST(FormatTest, Addresses) {
  Check("ipv4", {"0.0.0.0", "192.168.1.255"},
        {"256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4/24", "1..2.3", "0x7f.0.0.1", "2130706433",
         "1.2.3.\u0967", ""});
  Check("ipv6",
        {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1::d6:192.168.0.1", "1:2::8", "::2:3:4:5:6:7:8",
         "1:2:3:4:5:6:1.2.3.4"},
        {":", ":::", "12345::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "::1/64",
         "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8", "1.2.3.4", "::1.2.3", "1:2:3:4:5:6:7::8", "::g", "1:2:3:4:5:6:7:1.2.3.4",
         "100:100:100:100:100:100:255.255.255.255.255", ""});
  Check("hostname", {"example.com", "a", "xn--nxasmq6b", "1host", "a-b.c", "hostnam3"},
        {"", "-a", "a-", "a_b", ".", "a..b", "a.", ".a", "xn--", "ab--cd", "xn--X", "ex\u00e4mple.com",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"});
  Check("idn-hostname",
        {"ex\u00e4mple.com", "\u5b9f\u4f8b.\u30c6\u30b9\u30c8", "l\u00b7l", "\u05d0\u05f3", "a\u3002b",
         "\u30a2\u30fb\u30a2"},
        {"", "a\u00b7l", "\u302ea", "\u30fb", "-\u00e4", "\u0661\u06f1", "\u0300a", "a\u200db", "\u05f3\u05d0",
         "\u03b1\u0375", "\u00e4b--x"});
  Check("email",
        {"joe@example.com", "joe+tag@a.b", "\"joe bloggs\"@example.com", "te~st@example.com", "joe@[127.0.0.1]",
         "joe@[IPv6:::1]", "\"a\\\"b\"@example.com"},
        {"joe", "@example.com", ".joe@example.com", "joe.@example.com", "a..b@example.com", "joe@", "joe@-a.com",
         "joe@[127.0.0.300]", "joe bloggs@example.com", "\u00e4@example.com", "\"a\"b\"@example.com", "joe@a@b"});
  Check("idn-email", {"\uc2e4\ub840@\uc2e4\ub840.\ud14c\uc2a4\ud2b8", "joe@example.com", "\"\u00e4\"@a.b"},
        {"2962", "@a"});
}

TEST(FormatTest, Uris) {
  Check("uri",
        {"http://example.com/a?b=c#d", "urn:isbn:123", "mailto:a@b.c", "http://[::1]:80/", "ftp://user:pw@host:21/p",
         "tel:+1-816", "http://a/%20", "http://[v1.a:b]/", "file:///a", "http://x?"},
        {"", "/relative", "//host/a", "http://a b", "http://a/\\", "http://a/%zz", "http://[::1", "http://a:x/",
         "1http://a", ":a", "http://\u00e4.com", "http://a/{b}", "http://a/<b>", "http://[:::]/", "a"});
  Check("uri-reference", {"", "a", "/a/b", "?q", "#f", "//host", "../x", "http://a", "./a:b"},
        {"a b", "\\\\win\\share", "#a\\b", "%", "1a:b", "\u00e4"});
  Check("iri", {"http://\u0192\u00f8\u00f8.\u00df\u00e5r/?\u2202=\u03c0", "http://a"},
        {"/a", "http://a b", "http://\u00e4^"});
  Check("iri-reference", {"\u00e2\u03c0\u03c0", "#\u0192", "//\u0192"}, {"#\u0192\\", "\\\\a"});
  Check("uri-template", {"http://a/{b}/{c*}{?d,e:3}", "a", "", "{+x}", "{x.y}"},
        {"{", "a{b", "}", "{b{c}}", "{a:0}", "{a:12345}", "{}", "a b", "{a-b}", "%zz", "{a..b}"});
}

TEST(FormatTest, Others) {
  Check("uuid", {"2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"},
        {"2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
         "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", "2eb8-aa08-aa98-11ea-b4aa73b44-1d16380"});
  Check("json-pointer", {"", "/", "/a~0b/~1/0"}, {"a", "#", "/a~", "/a~2"});
  Check("relative-json-pointer", {"0", "1/a", "10#", "0/"}, {"", "/a", "01", "-1/a", "0##", "+1"});
  Check("regex", {"^a+$", "[a-z]"}, {"^(abc]", "(?=a)", "\\Z"});
  EXPECT_FALSE(FormatFromName("color"));
}

TEST(FormatTest, AssertsUnlessToldOtherwise) {
  Expect(R"({"format": "date"})", {"\"2026-01-01\"", "1"}, {"\"2026-02-30\""});
  ValidatorOptions annotate;
  annotate.assert_formats = false;
  Expect(R"({"format": "date"})", {"\"2026-02-30\""}, {}, annotate);
  ExpectRefused(R"({"format": 1})", "not a text");
}

}  // namespace rem
