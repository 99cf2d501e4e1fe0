#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <re2/re2.h>

#include <rem/error.h>

#include "schema/formats.h"
#include "schema/pattern.h"
#include "schema/schema_compiler.h"

namespace rem {

namespace {

struct TypeName {
  std::string_view name;
  uint8_t kinds;
};

constexpr TypeName kTypeNames[] = {
    {"null", KindBit(NodeKind::kNull)},     {"boolean", KindBit(NodeKind::kBool)},
    {"integer", KindBit(NodeKind::kInt)},   {"number", KindBit(NodeKind::kInt) | KindBit(NodeKind::kDouble)},
    {"string", KindBit(NodeKind::kText)},   {"array", KindBit(NodeKind::kArray)},
    {"object", KindBit(NodeKind::kObject)},
};

template <typename T>
uint32_t Push(std::vector<T>& list, T value) {
  list.push_back(std::move(value));
  return static_cast<uint32_t>(list.size() - 1);
}

void DecimalOfDouble(double value, uint64_t& digits, int& exponent) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text), std::fabs(value), std::chars_format::scientific).ptr;
  digits = 0;
  exponent = 0;
  bool fraction = false;
  const char* at = text;
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10 + static_cast<uint64_t>(*at - '0');
    if (fraction) --exponent;
  }
  if (at == end) return;
  ++at;
  if (*at == '+') ++at;
  int power = 0;
  std::from_chars(at, end, power);
  exponent += power;
}

}  // namespace

NumberLimit ToNumberLimit(const DocumentView& number) {
  NumberLimit limit;
  limit.as_double = number.AsDouble();
  if (number.kind() == NodeKind::kInt) {
    limit.is_int = true;
    limit.as_int = number.AsInt();
    limit.digits =
        limit.as_int < 0 ? uint64_t{0} - static_cast<uint64_t>(limit.as_int) : static_cast<uint64_t>(limit.as_int);
    return limit;
  }
  DecimalOfDouble(limit.as_double, limit.digits, limit.exponent);
  return limit;
}

void SchemaCompiler::CompileTypes() {
  if (!current_.dialect.validation) return;
  const auto type = Keyword("type");
  if (!type) return;
  constexpr std::string_view kHint = "types are null, boolean, integer, number, string, array and object";
  std::vector<std::string_view> names;
  if (type->kind() == NodeKind::kText) {
    names.push_back(type->AsText());
  } else {
    names = TextList("type", *type);
    if (names.empty()) Fail("type", "is an empty list", kHint);
  }
  Node& node = program_.nodes[current_.node];
  node.kinds = 0;
  for (const std::string_view name : names) {
    const auto known = std::find_if(std::begin(kTypeNames), std::end(kTypeNames),
                                    [&](const TypeName& entry) { return entry.name == name; });
    if (known == std::end(kTypeNames)) Fail("type", fmt::format("names an unknown type \"{}\"", name), kHint);
    node.kinds |= known->kinds;
  }
  if ((node.kinds & KindBit(NodeKind::kInt)) && !(node.kinds & KindBit(NodeKind::kDouble))) {
    node.kinds |= KindBit(NodeKind::kDouble);
    node.integral_doubles_only = true;
  }
}

void SchemaCompiler::CompileValues() {
  if (!current_.dialect.validation) return;
  if (const auto value = Keyword("const")) rules_.any.push_back({Op::kConst, Push(program_.values, *value)});
  const auto values = Keyword("enum");
  if (!values) return;
  if (values->kind() != NodeKind::kArray) Fail("enum", "is not a list", "write it as [\"a\", \"b\", ...]");
  EnumRule rule;
  rule.all = *values;
  for (size_t i = 0; i < values->size(); ++i) {
    const DocumentView value = values->At(i);
    if (value.kind() == NodeKind::kText) {
      rule.texts.push_back(value.AsText());
    } else {
      rule.others.push_back(value);
    }
  }
  std::sort(rule.texts.begin(), rule.texts.end());
  rules_.any.push_back({Op::kEnum, Push(program_.enums, std::move(rule))});
}

void SchemaCompiler::Number(std::string_view keyword, Op op) {
  const auto value = Keyword(keyword);
  if (!value) return;
  if (!value->IsNumber()) Fail(keyword, "is not a number", "write it as a JSON number");
  if (op == Op::kMultipleOf && !(value->AsDouble() > 0))
    Fail(keyword, "is not greater than 0", "a divisor is positive");
  rules_.numbers.push_back({op, Push(program_.numbers, ToNumberLimit(*value))});
}

void SchemaCompiler::CompileNumbers() {
  if (!current_.dialect.validation) return;
  Number("minimum", Op::kMinimum);
  Number("maximum", Op::kMaximum);
  Number("exclusiveMinimum", Op::kExclusiveMinimum);
  Number("exclusiveMaximum", Op::kExclusiveMaximum);
  Number("multipleOf", Op::kMultipleOf);
}

uint32_t SchemaCompiler::Pattern(std::string_view keyword, std::string_view pattern) {
  const auto [known, is_new] =
      pattern_ids_.emplace(std::string(pattern), static_cast<uint32_t>(program_.patterns.size()));
  if (!is_new) return known->second;
  std::string translated;
  try {
    translated = TranslatePattern(pattern);
  } catch (const Error& error) {
    Fail(keyword, fmt::format("is the pattern \"{}\": {}", pattern, error.message()), error.hint());
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  auto compiled = std::make_unique<re2::RE2>(translated, options);
  if (!compiled->ok()) {
    Fail(keyword, fmt::format("is the pattern \"{}\": {}", pattern, compiled->error()),
         "patterns are ECMA 262 regular expressions without lookaround");
  }
  program_.patterns.push_back(std::move(compiled));
  program_.pattern_texts.emplace_back(pattern);
  return known->second;
}

void SchemaCompiler::CompileTexts() {
  if (current_.dialect.validation) {
    if (const auto count = Count("minLength")) rules_.texts.push_back({Op::kMinLength, *count});
    if (const auto count = Count("maxLength")) rules_.texts.push_back({Op::kMaxLength, *count});
    if (const auto pattern = Keyword("pattern")) {
      if (pattern->kind() != NodeKind::kText)
        Fail("pattern", "is not a text", "write the regular expression as a JSON string");
      rules_.texts.push_back({Op::kPattern, Pattern("pattern", pattern->AsText())});
    }
  }
  const auto format = Keyword("format");
  if (!format) return;
  if (format->kind() != NodeKind::kText) Fail("format", "is not a text", "write it as \"date-time\", \"uuid\", ...");
  const auto known = FormatFromName(format->AsText());
  if (known && program_.options.assert_formats) rules_.texts.push_back({Op::kFormat, static_cast<uint32_t>(*known)});
}

void SchemaCompiler::CompileArrays() {
  if (current_.dialect.validation) {
    if (const auto count = Count("minItems")) rules_.arrays.push_back({Op::kMinItems, *count});
    if (const auto count = Count("maxItems")) rules_.arrays.push_back({Op::kMaxItems, *count});
    if (const auto unique = Keyword("uniqueItems")) {
      if (unique->kind() != NodeKind::kBool) Fail("uniqueItems", "is not a boolean", "write true or false");
      if (unique->AsBool()) rules_.arrays.push_back({Op::kUniqueItems});
    }
  }
  if (!current_.dialect.applicators) return;
  CompileItems();
  CompileContains();
}

void SchemaCompiler::CompileItems() {
  ItemRule rule;
  const auto items = Keyword("items");
  if (current_.dialect.draft == Draft::k2020) {
    if (items && items->kind() == NodeKind::kArray)
      Fail("items", "is a list", "draft 2020-12 calls a list of schemas \"prefixItems\"");
    if (const auto prefix = Keyword("prefixItems")) rule.prefix = SchemaList("prefixItems", *prefix);
    if (items) rule.rest = SchemaAt("items", *items);
  } else if (items && items->kind() == NodeKind::kArray) {
    if (items->size() > 0) rule.prefix = SchemaList("items", *items);
    if (const auto rest = Schema("additionalItems")) {
      rule.rest = *rest;
      rule.rest_is_additional = true;
    }
  } else if (items) {
    rule.rest = SchemaAt("items", *items);
  }
  if (!rule.prefix.empty() || rule.rest != kNoNode)
    rules_.arrays.push_back({Op::kItems, Push(program_.item_rules, rule)});
}

void SchemaCompiler::CompileContains() {
  const auto contains = Schema("contains");
  const bool counted = current_.dialect.draft != Draft::k7 && current_.dialect.validation;
  const auto least = counted ? Count("minContains") : std::nullopt;
  const auto most = counted ? Count("maxContains") : std::nullopt;
  if (!contains) return;
  ContainsRule rule;
  rule.schema = *contains;
  if (least) rule.least = *least;
  if (most) rule.most = *most;
  rule.marks_items = current_.dialect.draft == Draft::k2020;
  rules_.arrays.push_back({Op::kContains, Push(program_.contains_rules, rule)});
}

void SchemaCompiler::CompileObjects() {
  if (current_.dialect.validation) {
    if (const auto count = Count("minProperties")) rules_.objects.push_back({Op::kMinProperties, *count});
    if (const auto count = Count("maxProperties")) rules_.objects.push_back({Op::kMaxProperties, *count});
  }
  CompileProperties();
  if (current_.dialect.applicators) {
    if (const auto names = Schema("propertyNames")) rules_.objects.push_back({Op::kPropertyNames, *names});
  }
  CompileDependencies();
}

void SchemaCompiler::CompileProperties() {
  std::vector<PropertyEntry> entries;
  ObjectRule rule;
  const bool applies = current_.dialect.applicators;
  if (const auto properties = applies ? ObjectOf("properties") : std::nullopt) {
    for (size_t i = 0; i < properties->size(); ++i)
      entries.push_back({properties->KeyAt(i), SchemaAt("properties", properties->ValueAt(i))});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const size_t declared = entries.size();
  if (const auto required = current_.dialect.validation ? Keyword("required") : std::nullopt) {
    for (const std::string_view name : TextList("required", *required)) {
      const auto end = entries.begin() + static_cast<ptrdiff_t>(declared);
      const auto entry =
          std::lower_bound(entries.begin(), end, name, [](const auto& a, std::string_view b) { return a.name < b; });
      if (entry != end && entry->name == name) {
        entry->required = true;
      } else {
        entries.push_back({name, kNoNode, true});
      }
    }
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  entries.erase(
      std::unique(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name == b.name; }),
      entries.end());
  for (const PropertyEntry& entry : entries) rule.required_count += entry.required ? 1 : 0;
  rule.properties = {static_cast<uint32_t>(program_.properties.size()),
                     static_cast<uint32_t>(program_.properties.size() + entries.size())};
  program_.properties.insert(program_.properties.end(), entries.begin(), entries.end());

  rule.patterns.begin = static_cast<uint32_t>(program_.pattern_entries.size());
  if (const auto patterns = applies ? ObjectOf("patternProperties") : std::nullopt) {
    for (size_t i = 0; i < patterns->size(); ++i) {
      const uint32_t pattern = Pattern("patternProperties", patterns->KeyAt(i));
      program_.pattern_entries.push_back({pattern, SchemaAt("patternProperties", patterns->ValueAt(i))});
    }
  }
  rule.patterns.end = static_cast<uint32_t>(program_.pattern_entries.size());
  if (const auto additional = applies ? Schema("additionalProperties") : std::nullopt) rule.additional = *additional;
  if (entries.empty() && rule.patterns.empty() && rule.additional == kNoNode) return;
  rules_.objects.push_back({Op::kProperties, Push(program_.object_rules, rule)});
}

void SchemaCompiler::CompileDependencies() {
  const auto add_required = [&](std::string_view keyword, std::string_view property, const DocumentView& names) {
    rules_.objects.push_back({Op::kDependentRequired, Push(program_.dependent_required,
                                                           DependentRequired{property, TextList(keyword, names)})});
  };
  const auto add_schema = [&](std::string_view keyword, std::string_view property, const DocumentView& schema) {
    const NodeId node = SchemaAt(keyword, schema);
    rules_.objects.push_back({Op::kDependentSchema, Push(program_.texts, property), node});
  };
  const bool modern = current_.dialect.draft != Draft::k7;
  if (const auto required = modern && current_.dialect.validation ? ObjectOf("dependentRequired") : std::nullopt) {
    for (size_t i = 0; i < required->size(); ++i)
      add_required("dependentRequired", required->KeyAt(i), required->ValueAt(i));
  }
  if (!current_.dialect.applicators) return;
  if (const auto schemas = modern ? ObjectOf("dependentSchemas") : std::nullopt) {
    for (size_t i = 0; i < schemas->size(); ++i) add_schema("dependentSchemas", schemas->KeyAt(i), schemas->ValueAt(i));
  }
  // Later drafts keep `dependencies` for old schemas.
  if (const auto both = ObjectOf("dependencies")) {
    for (size_t i = 0; i < both->size(); ++i) {
      if (both->ValueAt(i).kind() == NodeKind::kArray) {
        add_required("dependencies", both->KeyAt(i), both->ValueAt(i));
      } else {
        add_schema("dependencies", both->KeyAt(i), both->ValueAt(i));
      }
    }
  }
}

void SchemaCompiler::CompileCombinations() {
  if (!current_.dialect.applicators) return;
  const std::pair<std::string_view, Op> lists[] = {{"allOf", Op::kAllOf}, {"anyOf", Op::kAnyOf}, {"oneOf", Op::kOneOf}};
  for (const auto& [keyword, op] : lists) {
    const auto list = Keyword(keyword);
    if (!list) continue;
    const Range range = SchemaList(keyword, *list);
    rules_.any.push_back({op, range.begin, range.end});
  }
  if (const auto schema = Schema("not")) rules_.any.push_back({Op::kNot, *schema});
  const auto when = Schema("if");
  const auto then = Schema("then");
  const auto otherwise = Schema("else");
  if (when)
    rules_.any.push_back({Op::kCondition, Push(program_.conditions,
                                               Condition{*when, then.value_or(kNoNode), otherwise.value_or(kNoNode)})});
}

void SchemaCompiler::CompileUnevaluated() {
  if (!current_.dialect.unevaluated || current_.dialect.draft == Draft::k7) return;
  if (const auto schema = Schema("unevaluatedItems")) rules_.unevaluated.push_back({Op::kUnevaluatedItems, *schema});
  if (const auto schema = Schema("unevaluatedProperties"))
    rules_.unevaluated.push_back({Op::kUnevaluatedProperties, *schema});
}

}  // namespace rem
