#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <rem/error.h>
#include <rem/yaml.h>

#include "base/utf8.h"

namespace rem {

namespace {

constexpr size_t kMaxBytes = 4u << 20;
constexpr size_t kMaxNodes = 200'000;
constexpr size_t kMaxDepth = 190;

[[noreturn]] void Fail(const YAML::Mark& mark, std::string_view problem, std::string_view hint) {
  std::string place =
      mark.is_null() ? std::string() : fmt::format(" at line {}, column {}", mark.line + 1, mark.column + 1);
  throw Error(ErrorCode::kInvalidSchema, fmt::format("YAML does not read{}: {}", place, problem), std::string(hint));
}

bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Writes YAML nodes into a DocumentBuilder by the core schema of YAML 1.2.
class YamlReader {
 public:
  Document Read(const YAML::Node& root) {
    Write(root, 0);
    return builder_.Finish();
  }

 private:
  void Write(const YAML::Node& node, size_t depth) {
    // An alias is written out each time it is used, which a few lines can blow up without end.
    if (++nodes_ > kMaxNodes)
      Fail(node.Mark(), "more than 200000 nodes with its aliases written out", "use fewer aliases");
    if (depth > kMaxDepth)
      Fail(node.Mark(), "nested too deeply", "flatten the document, or check it for an alias inside its own anchor");
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        builder_.Null();
        return;
      case YAML::NodeType::Scalar:
        WriteScalar(node);
        return;
      case YAML::NodeType::Sequence:
        builder_.BeginArray();
        for (const YAML::Node& item : node) Write(item, depth + 1);
        builder_.EndArray();
        return;
      case YAML::NodeType::Map:
        WriteMap(node, depth);
        return;
    }
  }

  void WriteMap(const YAML::Node& node, size_t depth) {
    builder_.BeginObject();
    std::set<std::string> seen;
    for (const auto& member : node) {
      if (!member.first.IsScalar() && !member.first.IsNull())
        Fail(member.first.Mark(), "a key is not a single value", "keys are texts, as in JSON");
      const std::string key = member.first.IsNull() ? "null" : member.first.Scalar();
      if (!seen.insert(key).second)
        Fail(member.first.Mark(), fmt::format("key \"{}\" is there twice", key), "remove one of them");
      CheckText(key, member.first.Mark());
      builder_.Key(key);
      Write(member.second, depth + 1);
    }
    builder_.EndObject();
  }

  static void CheckText(const std::string& text, const YAML::Mark& mark) {
    if (!IsValidUtf8(text)) Fail(mark, "text is not UTF-8", "save the file as UTF-8");
    if (text.find('\0') != std::string::npos)
      Fail(mark, "text has a NUL character", "PostgreSQL text cannot hold NUL; remove it");
  }

  void WriteScalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const std::string& tag = node.Tag();
    CheckText(text, node.Mark());
    if (tag == "!" || tag == "tag:yaml.org,2002:str") {
      builder_.Text(text);
      return;
    }
    const bool plain = tag == "?" || tag.empty();
    if (!plain && !tag.starts_with("tag:yaml.org,2002:"))
      Fail(node.Mark(), fmt::format("unknown tag \"{}\"", tag), "use plain YAML without tags of its own");
    const bool written = WriteKnown(node, text);
    if (written) return;
    if (!plain)
      Fail(node.Mark(), fmt::format("\"{}\" is not of type {}", text, tag), "correct the value or drop the tag");
    builder_.Text(text);
  }

  bool WriteKnown(const YAML::Node& node, const std::string& text) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
      builder_.Null();
    } else if (text == "true" || text == "True" || text == "TRUE") {
      builder_.Bool(true);
    } else if (text == "false" || text == "False" || text == "FALSE") {
      builder_.Bool(false);
    } else {
      return WriteNumber(node, text);
    }
    return true;
  }

  bool WriteNumber(const YAML::Node& node, const std::string& text) {
    std::string_view digits = text;
    const bool negative = digits[0] == '-';
    if (digits[0] == '-' || digits[0] == '+') digits.remove_prefix(1);
    if (digits == ".inf" || digits == ".Inf" || digits == ".INF" || text == ".nan" || text == ".NaN" ||
        text == ".NAN") {
      Fail(node.Mark(), fmt::format("{} is no JSON number", text), "leave the value out, or use null");
    }
    int base = 10;
    if (AllDigits(digits)) return WriteInteger(node, text, digits, negative, base);
    if (text.starts_with("0o") || text.starts_with("0x")) {
      base = text[1] == 'o' ? 8 : 16;
      const std::string_view allowed = base == 8 ? "01234567" : "0123456789abcdefABCDEF";
      digits.remove_prefix(2);
      if (digits.empty() || digits.find_first_not_of(allowed) != std::string_view::npos) return false;
      return WriteInteger(node, text, digits, false, base);
    }
    return WriteDouble(node, text, digits, negative);
  }

  bool WriteInteger(const YAML::Node& node, const std::string& text, std::string_view digits, bool negative, int base) {
    const std::string signed_digits = (negative ? "-" : "") + std::string(digits);
    int64_t value = 0;
    const auto [end, error] =
        std::from_chars(signed_digits.data(), signed_digits.data() + signed_digits.size(), value, base);
    if (error != std::errc())
      Fail(node.Mark(), fmt::format("{} does not fit 64 bits", text), "write it in quotes to store it as text");
    builder_.Int(value);
    return true;
  }

  // [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
  bool WriteDouble(const YAML::Node& node, const std::string& text, std::string_view digits, bool negative) {
    std::string_view rest = digits;
    const auto take = [&] {
      size_t count = 0;
      while (count < rest.size() && rest[count] >= '0' && rest[count] <= '9') ++count;
      rest.remove_prefix(count);
      return count;
    };
    const size_t whole = take();
    size_t fraction = 0;
    if (!rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      fraction = take();
    }
    if (whole + fraction == 0) return false;
    if (!rest.empty() && (rest[0] == 'e' || rest[0] == 'E')) {
      rest.remove_prefix(1);
      if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) rest.remove_prefix(1);
      if (take() == 0) return false;
    }
    if (!rest.empty()) return false;
    double value = 0;
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), value).ec;
    if (error == std::errc::result_out_of_range && value == 0) value = std::strtod(text.c_str(), nullptr);
    if (std::isinf(value) || (error != std::errc() && error != std::errc::result_out_of_range)) {
      Fail(node.Mark(), fmt::format("{} is beyond the range of a double", text),
           "write it in quotes to store it as text");
    }
    builder_.Double(negative ? -std::fabs(value) : std::fabs(value));
    return true;
  }

  DocumentBuilder builder_;
  size_t nodes_ = 0;
};

// Counts documents and events without building anything.
class EventCounter final : public YAML::EventHandler {
 public:
  size_t documents = 0;

  void OnDocumentStart(const YAML::Mark&) override { ++documents; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { Count(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { Count(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
    Count(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    Count(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    Count(mark);
  }
  void OnMapEnd() override {}

 private:
  void Count(const YAML::Mark& mark) {
    if (++events_ > kMaxNodes) Fail(mark, "more than 200000 nodes", "split the document");
  }

  size_t events_ = 0;
};

// YAML::LoadAll would do, but yaml-cpp takes some texts (a comma that opens the document) for an endless row of empty
// documents.
size_t CountDocuments(const std::string& yaml) {
  std::istringstream in(yaml);
  YAML::Parser parser(in);
  EventCounter counter;
  while (counter.documents < 2 && parser.HandleNextDocument(counter)) {
  }
  return counter.documents;
}

}  // namespace

Document DocumentFromYaml(std::string_view yaml) {
  if (yaml.size() > kMaxBytes) {
    throw Error(ErrorCode::kLimitExceeded, fmt::format("YAML is {} bytes long", yaml.size()),
                fmt::format("it may have {} bytes", kMaxBytes));
  }
  try {
    const std::string text(yaml);
    const size_t documents = CountDocuments(text);
    if (documents != 1) {
      throw Error(ErrorCode::kInvalidSchema, documents == 0 ? "YAML holds no document" : "YAML holds several documents",
                  "write exactly one document");
    }
    return YamlReader().Read(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    Fail(error.mark, error.msg, "check the indentation and quotes around there");
  }
}

}  // namespace rem
