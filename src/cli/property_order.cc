#include "cli/property_order.h"

#include <algorithm>
#include <optional>
#include <set>

#include <rem/yaml.h>

namespace rem::cli {

namespace {

constexpr std::string_view kOrderKey = "x-rem-property-order";

// Walks JSON text that was found valid before, so it only has to find where things end.
class JsonWalker {
 public:
  explicit JsonWalker(std::string_view text) : text_(text) {}

  // Calls visit(raw key text) with the walker in front of the value, for each member; visit returns true when it walked
  // over the value.
  template <typename Visit>
  void Members(const Visit& visit) {
    if (!Take('{')) return;
    while (Peek() == '"') {
      const std::string_view key = RawString();
      Take(':');
      if (!visit(key)) SkipValue();
      if (!Take(',')) break;
    }
    Take('}');
  }

 private:
  char Peek() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }

  // The string at the position, quotes included.
  std::string_view RawString() {
    Peek();
    const size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(start, at_ - start);
  }

  void SkipValue() {
    int depth = 0;
    while (true) {
      const char c = Peek();
      if (c == '\0') return;
      if (c == '"') {
        RawString();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        ++at_;
        continue;
      } else {
        while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
      }
      if (depth == 0) return;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string Unquote(std::string_view raw) { return std::string(Document::FromJson(raw).view().AsText()); }

// Key of a "key: value" line of block style without its quotes; nullopt when the line is something else.
std::optional<std::string> YamlKey(std::string_view line) {
  if (line.empty()) return std::nullopt;
  if (line[0] == '"' || line[0] == '\'') {
    const size_t close = line.find(line[0], 1);
    if (close == std::string_view::npos || line.substr(close + 1, 1) != ":") return std::nullopt;
    return std::string(line.substr(1, close - 1));
  }
  size_t colon = line.find(": ");
  if (colon == std::string_view::npos && line.back() == ':') colon = line.size() - 1;
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view key = line.substr(0, colon);
  return std::string(key.substr(0, key.find_last_not_of(' ') + 1));
}

// The order is only used when it names exactly the properties that the parser found.
bool NamesAll(const std::vector<std::string>& order, const DocumentView& properties) {
  if (order.size() != properties.size()) return false;
  const std::set<std::string> names(order.begin(), order.end());
  if (names.size() != order.size()) return false;
  return std::all_of(order.begin(), order.end(),
                     [&](const std::string& name) { return properties.Find(name).has_value(); });
}

}  // namespace

std::vector<std::string> JsonPropertyOrder(std::string_view text) {
  std::vector<std::string> names;
  JsonWalker walker(text);
  walker.Members([&](std::string_view key) {
    if (key != "\"properties\"") return false;
    walker.Members([&](std::string_view name) {
      names.push_back(Unquote(name));
      return false;
    });
    return true;
  });
  return names;
}

std::vector<std::string> YamlPropertyOrder(std::string_view text) {
  std::vector<std::string> names;
  bool inside = false;
  size_t indent = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find_last_not_of(" \r") + 1);
    const size_t spaces = line.find_first_not_of(' ');
    if (spaces == std::string_view::npos || line[spaces] == '#') continue;
    if (!inside) {
      inside = spaces == 0 && YamlKey(line.substr(0, line.find(" #"))) == "properties";
      continue;
    }
    if (spaces == 0) break;
    if (indent == 0) indent = spaces;
    if (spaces != indent) continue;
    if (std::optional<std::string> key = YamlKey(line.substr(spaces))) names.push_back(std::move(*key));
  }
  return names;
}

bool LooksLikeYaml(std::string_view path, std::string_view text) {
  if (path.ends_with(".yaml") || path.ends_with(".yml")) return true;
  if (path.ends_with(".json")) return false;
  const size_t start = text.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && text[start] != '{' && text[start] != '[';
}

Document ReadSchemaText(std::string_view text, bool is_yaml) {
  Document schema = is_yaml ? DocumentFromYaml(text) : Document::FromJson(text);
  const std::optional<DocumentView> properties = schema.view().Find("properties");
  if (!properties || properties->kind() != NodeKind::kObject || schema.view().Find(kOrderKey)) return schema;
  const std::vector<std::string> order = is_yaml ? YamlPropertyOrder(text) : JsonPropertyOrder(text);
  if (!NamesAll(order, *properties)) return schema;
  DocumentBuilder builder;
  builder.BeginObject();
  for (size_t i = 0; i < schema.view().size(); ++i) {
    builder.Key(schema.view().KeyAt(i));
    builder.Copy(schema.view().ValueAt(i));
  }
  builder.Key(kOrderKey);
  builder.BeginArray();
  for (const std::string& name : order) builder.Text(name);
  builder.EndArray();
  builder.EndObject();
  return builder.Finish();
}

}  // namespace rem::cli
