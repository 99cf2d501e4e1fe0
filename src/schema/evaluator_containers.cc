#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/nearest.h"
#include "schema/evaluator.h"
#include "schema/json_pointer.h"

namespace rem {

bool Evaluator::EvalMember(NodeId id, const Site& site, size_t member, std::string_view key) {
  if (program_.nodes[id].shape == NodeShape::kTrue) return true;
  const Path path{site.path, key, SIZE_MAX, site.path == nullptr ? 1 : site.path->depth + 1};
  return Eval(id, site.instance.ValueAt(member), &path, site.scope, nullptr);
}

bool Evaluator::EvalItem(NodeId id, const Site& site, size_t item) {
  const Path path{site.path, {}, item, site.path == nullptr ? 1 : site.path->depth + 1};
  return Eval(id, site.instance.At(item), &path, site.scope, nullptr);
}

bool Evaluator::CheckSize(const Rule& rule, const Site& site) {
  const size_t size = site.instance.size();
  const bool least = rule.op == Op::kMinItems || rule.op == Op::kMinProperties;
  if (least ? size >= rule.a : size <= rule.a) return true;
  if (!reporting()) return false;
  const bool items = rule.op == Op::kMinItems || rule.op == Op::kMaxItems;
  return Report(site, KeywordOf(rule.op),
                fmt::format("expected at {} {} {}, found {}", least ? "least" : "most", rule.a,
                            items ? "items" : "properties", size));
}

bool Evaluator::CheckUniqueItems(const Site& site) {
  size_t first = 0;
  size_t second = 0;
  if (!HasEqualItems(site.instance, first, second)) return true;
  if (!reporting()) return false;
  return Report(site, "uniqueItems",
                fmt::format("items {} and {} are equal: {}", first, second, ShortJson(site.instance.At(first))));
}

bool Evaluator::CheckItems(const Rule& rule, const Site& site) {
  const ItemRule& items = program_.item_rules[rule.a];
  const size_t size = site.instance.size();
  const size_t prefix = std::min<size_t>(items.prefix.size(), size);
  bool valid = true;
  for (size_t i = 0; i < prefix; ++i) {
    if (!EvalItem(program_.node_lists[items.prefix.begin + i], site, i)) {
      valid = false;
      if (Enough()) return false;
    } else if (site.evaluated != nullptr) {
      site.evaluated->Add(i);
    }
  }
  if (items.rest == kNoNode) return valid;
  if (program_.nodes[items.rest].shape != NodeShape::kTrue) {
    for (size_t i = prefix; i < size; ++i) {
      if (EvalItem(items.rest, site, i)) continue;
      valid = false;
      if (Enough()) return false;
    }
  }
  if (site.evaluated != nullptr) site.evaluated->AddAll();
  return valid;
}

bool Evaluator::CheckContains(const Rule& rule, const Site& site) {
  const ContainsRule& contains = program_.contains_rules[rule.a];
  const bool marks = contains.marks_items && site.evaluated != nullptr;
  const size_t size = site.instance.size();
  uint32_t found = 0;
  for (size_t i = 0; i < size; ++i) {
    const Path path{site.path, {}, i, site.path == nullptr ? 1 : site.path->depth + 1};
    const Site item{site.node, site.instance, &path, site.scope, nullptr};
    if (!EvalQuietly(contains.schema, site.instance.At(i), item, nullptr)) {
      if (aborted_) return false;
      continue;
    }
    ++found;
    if (marks) site.evaluated->Add(i);
    if (!marks && found >= contains.least && contains.most == UINT32_MAX) return true;
    if (found > contains.most) break;
  }
  if (found >= contains.least && found <= contains.most) return true;
  if (!reporting()) return false;
  if (found > contains.most) {
    return Report(site, "maxContains",
                  fmt::format("expected at most {} items that match \"contains\", found more", contains.most));
  }
  return Report(site, contains.least == 1 ? "contains" : "minContains",
                fmt::format("expected at least {} items that match \"contains\", found {}", contains.least, found));
}

bool Evaluator::CheckMember(const ObjectRule& rule, const Site& site, size_t member, std::string_view key,
                            NodeId declared) {
  bool known = declared != kNoNode;
  bool valid = !known || EvalMember(declared, site, member, key);
  if (!valid && Enough()) return false;
  for (uint32_t i = rule.patterns.begin; i < rule.patterns.end; ++i) {
    const PatternEntry& entry = program_.pattern_entries[i];
    if (!re2::RE2::PartialMatch(re2::StringPiece(key.data(), key.size()), *program_.patterns[entry.pattern])) continue;
    known = true;
    if (!EvalMember(entry.schema, site, member, key)) valid = false;
    if (!valid && Enough()) return false;
  }
  if (!known && rule.additional != kNoNode) {
    known = true;
    if (program_.nodes[rule.additional].shape == NodeShape::kFalse)
      return reporting() ? ReportUnknown(rule, site, key) : false;
    if (!EvalMember(rule.additional, site, member, key)) valid = false;
  }
  if (known && valid && site.evaluated != nullptr) site.evaluated->Add(member);
  return valid;
}

bool Evaluator::CheckProperties(const Rule& rule, const Site& site) {
  const ObjectRule& object = program_.object_rules[rule.a];
  const PropertyEntry* const begin = program_.properties.data() + object.properties.begin;
  const PropertyEntry* const end = program_.properties.data() + object.properties.end;
  const PropertyEntry* next = begin;
  const size_t size = site.instance.size();
  const bool only_declared = object.patterns.empty() && object.additional == kNoNode;
  uint32_t required = 0;
  bool valid = true;
  for (size_t i = 0; i < size; ++i) {
    const std::string_view key = site.instance.KeyAt(i);
    // Members mostly come in the order of the properties.
    const PropertyEntry* entry = next;
    if (entry == end || entry->name != key) {
      entry = std::lower_bound(begin, end, key, [](const PropertyEntry& a, std::string_view b) { return a.name < b; });
    }
    NodeId declared = kNoNode;
    if (entry != end && entry->name == key) {
      declared = entry->schema;
      required += entry->required ? 1 : 0;
      next = entry + 1;
    } else if (only_declared) {
      continue;
    }
    if (CheckMember(object, site, i, key, declared)) continue;
    valid = false;
    if (Enough()) return false;
  }
  if (required == object.required_count) return valid;
  return reporting() ? ReportMissing(rule, site) : false;
}

bool Evaluator::ReportMissing(const Rule& rule, const Site& site) {
  const Range& properties = program_.object_rules[rule.a].properties;
  for (uint32_t i = properties.begin; i < properties.end; ++i) {
    const PropertyEntry& entry = program_.properties[i];
    if (!entry.required || site.instance.Find(entry.name)) continue;
    Report(site, "required", fmt::format("missing required property \"{}\"", entry.name));
  }
  return false;
}

bool Evaluator::ReportUnknown(const ObjectRule& rule, const Site& site, std::string_view key) {
  std::vector<std::string> known;
  for (uint32_t i = rule.properties.begin; i < rule.properties.end; ++i) {
    if (program_.properties[i].schema != kNoNode) known.emplace_back(program_.properties[i].name);
  }
  const std::string hint = DidYouMean(key, known);
  return Report(site, "additionalProperties",
                fmt::format("unknown property \"{}\"{}{}", key, hint.empty() ? "" : "; ", hint));
}

bool Evaluator::CheckPropertyNames(const Rule& rule, const Site& site) {
  DocumentBuilder builder;
  for (size_t i = 0; i < site.instance.size(); ++i) {
    const std::string_view key = site.instance.KeyAt(i);
    builder.Text(key);
    const Document name = builder.Finish();
    const DocumentView view = name.view();
    const Path path{site.path, key, SIZE_MAX, site.path == nullptr ? 1 : site.path->depth + 1};
    const Site at{site.node, view, &path, site.scope, nullptr};
    std::string first;
    if (EvalBranch(rule.a, at, nullptr, reporting() ? &first : nullptr)) continue;
    if (!reporting() || aborted_) return false;
    return Report(site, "propertyNames", fmt::format("property name \"{}\" is not allowed: {}", key, first));
  }
  return true;
}

bool Evaluator::CheckDependentRequired(const Rule& rule, const Site& site) {
  const DependentRequired& dependent = program_.dependent_required[rule.a];
  if (!site.instance.Find(dependent.property)) return true;
  for (const std::string_view name : dependent.needs) {
    if (site.instance.Find(name)) continue;
    if (!reporting()) return false;
    return Report(site, "dependentRequired",
                  fmt::format("missing property \"{}\", which \"{}\" needs", name, dependent.property));
  }
  return true;
}

bool Evaluator::CheckDependentSchema(const Rule& rule, const Site& site) {
  if (!site.instance.Find(program_.texts[rule.a])) return true;
  return Eval(rule.b, site.instance, site.path, site.scope, site.evaluated);
}

bool Evaluator::CheckUnevaluated(const Rule& rule, const Site& site) {
  const bool items = rule.op == Op::kUnevaluatedItems;
  if (site.instance.kind() != (items ? NodeKind::kArray : NodeKind::kObject)) return true;
  bool valid = true;
  for (size_t i = 0; i < site.instance.size(); ++i) {
    if (site.evaluated->Contains(i)) continue;
    const bool nothing = program_.nodes[rule.a].shape == NodeShape::kFalse;
    if (!nothing && (items ? EvalItem(rule.a, site, i) : EvalMember(rule.a, site, i, site.instance.KeyAt(i)))) continue;
    valid = false;
    if (nothing && reporting()) {
      Report(site, KeywordOf(rule.op),
             items ? fmt::format("unexpected item {}: {}", i, ShortJson(site.instance.At(i)))
                   : fmt::format("unknown property \"{}\"", site.instance.KeyAt(i)));
    }
    if (Enough()) return false;
  }
  if (valid) site.evaluated->AddAll();
  return valid;
}

}  // namespace rem
