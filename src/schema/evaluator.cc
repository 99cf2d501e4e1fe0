#include "schema/evaluator.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/utf8.h"
#include "schema/json_pointer.h"
#include "schema/schema_compiler.h"
#include "types/compare.h"

namespace rem {

namespace {

// Nested combinations of schemas can ask for exponentially many steps.
constexpr uint64_t kMinSteps = 5'000'000;
constexpr uint64_t kStepsPerByte = 64;
// Nested schemas per nesting level of the instance, and their bound whatever the depth allowed: they live on the stack.
constexpr size_t kFramesPerLevel = 6;
constexpr size_t kMaxFrames = 2'000;

constexpr uint32_t Bit(NodeKind kind) { return KindBit(kind); }

bool IsIntegral(double value) { return std::isfinite(value) && value == std::trunc(value); }

std::strong_ordering CompareNumbers(const DocumentView& value, const NumberLimit& limit) {
  if (value.kind() == NodeKind::kInt) {
    if (limit.is_int) return value.AsInt() <=> limit.as_int;
    return CompareIntDouble(value.AsInt(), limit.as_double);
  }
  if (!limit.is_int) return CompareDoubles(value.AsDouble(), limit.as_double);
  return 0 <=> CompareIntDouble(limit.as_int, value.AsDouble());
}

// base ^ exponent mod m
uint64_t PowerModulo(uint64_t base, uint64_t exponent, uint64_t m) {
  unsigned __int128 result = 1 % m;
  unsigned __int128 square = base % m;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = result * square % m;
    square = square * square % m;
  }
  return static_cast<uint64_t>(result);
}

}  // namespace

bool IsMultiple(const NumberLimit& value, const NumberLimit& divisor) {
  if (value.digits == 0) return true;
  const int shift = value.exponent - divisor.exponent;
  if (shift >= 0) {
    const unsigned __int128 product = static_cast<unsigned __int128>(value.digits % divisor.digits) *
                                      PowerModulo(10, static_cast<uint64_t>(shift), divisor.digits);
    return product % divisor.digits == 0;
  }
  unsigned __int128 scaled = divisor.digits;
  for (int i = shift; i < 0; ++i) {
    scaled *= 10;
    if (scaled > value.digits) return false;
  }
  return value.digits % static_cast<uint64_t>(scaled) == 0;
}

Evaluator::Evaluator(const Validator::Program& program, const DocumentView& root, std::vector<Violation>* violations)
    : program_(program),
      root_(root),
      violations_(violations),
      limit_(std::max<size_t>(program.options.max_violations, 1)),
      max_frames_(std::min(kMaxFrames, program.options.max_depth * kFramesPerLevel)),
      steps_left_(kMinSteps + kStepsPerByte * root.bytes().size()) {}

bool Evaluator::Run() {
  const bool valid = Eval(0, root_, nullptr, nullptr, nullptr);
  // Whatever was being tried when it was stopped, the instance was not checked in full.
  if (aborted_ && violations_ != nullptr) violations_->push_back(std::move(abort_reason_));
  return valid && !aborted_;
}

bool Evaluator::Eval(NodeId id, const DocumentView& instance, const Path* path, const Scope* scope,
                     EvaluatedSet* evaluated) {
  const Node& node = program_.nodes[id];
  if (node.shape == NodeShape::kTrue) return true;
  if (frames_ >= max_frames_ || (path != nullptr && path->depth > program_.options.max_depth)) {
    return Abort(path,
                 fmt::format("nested too deeply to be checked: more than {} levels, or references that do not end",
                             program_.options.max_depth));
  }
  if (steps_left_-- == 0) {
    steps_left_ = 1;
    return Abort(path, "takes too many steps to check against this schema");
  }
  const Site site{node, instance, path, scope, evaluated};
  if (node.shape == NodeShape::kFalse)
    return reporting() ? Report(site, "", "nothing is allowed here, found " + DescribeInstance(instance)) : false;
  ++frames_;
  bool valid;
  if (program_.follows_scope && (scope == nullptr || scope->resource != node.resource)) {
    const Scope inner{scope, node.resource};
    const Site inner_site{node, instance, path, &inner, evaluated};
    valid = node.tracks ? EvalTracked(inner_site) : EvalRules(inner_site);
  } else {
    valid = node.tracks ? EvalTracked(site) : EvalRules(site);
  }
  --frames_;
  return valid;
}

// A subschema with unevaluated... sees what its own keywords evaluated, not what its neighbours did.
bool Evaluator::EvalTracked(const Site& site) {
  const size_t size = site.instance.size();
  EvaluatedSet own(size);
  const Site tracked{site.node, site.instance, site.path, site.scope, &own};
  bool valid = EvalRules(tracked);
  if (!valid) return false;
  valid = EvalRange(site.node.unevaluated, tracked);
  if (valid && site.evaluated != nullptr) site.evaluated->Merge(own);
  return valid;
}

bool Evaluator::EvalRules(const Site& site) {
  const Node& node = site.node;
  const NodeKind kind = site.instance.kind();
  if (!(node.kinds & Bit(kind)) || (node.integral_doubles_only && kind == NodeKind::kDouble)) {
    if (!CheckKind(site, kind)) return false;
  }
  bool valid = node.any.empty() || EvalRange(node.any, site);
  if (!valid && Enough()) return false;
  switch (kind) {
    case NodeKind::kInt:
    case NodeKind::kDouble:
      return (node.numbers.empty() || EvalRange(node.numbers, site)) && valid;
    case NodeKind::kText:
      return (node.texts.empty() || EvalRange(node.texts, site)) && valid;
    case NodeKind::kArray:
      return (node.arrays.empty() || EvalRange(node.arrays, site)) && valid;
    case NodeKind::kObject:
      return (node.objects.empty() || EvalRange(node.objects, site)) && valid;
    default:
      return valid;
  }
}

bool Evaluator::CheckKind(const Site& site, NodeKind kind) {
  if (kind == NodeKind::kDouble && (site.node.kinds & Bit(kind)) && IsIntegral(site.instance.AsDouble())) return true;
  if (!reporting()) return false;
  return Report(site, "type",
                fmt::format("expected {}, found {}", DescribeKinds(site.node), DescribeInstance(site.instance)));
}

bool Evaluator::EvalRange(const Range& range, const Site& site) {
  bool valid = true;
  for (uint32_t i = range.begin; i < range.end; ++i) {
    if (EvalRule(program_.rules[i], site)) continue;
    valid = false;
    if (Enough()) return false;
  }
  return valid;
}

bool Evaluator::EvalRule(const Rule& rule, const Site& site) {
  switch (rule.op) {
    case Op::kConst:
      return CheckConst(rule, site);
    case Op::kEnum:
      return CheckEnum(rule, site);
    case Op::kReference:
      return Eval(rule.a, site.instance, site.path, site.scope, site.evaluated);
    case Op::kDynamicReference:
    case Op::kRecursiveReference:
      return CheckDynamicReference(rule, site);
    case Op::kAllOf:
      return CheckAllOf(rule, site);
    case Op::kAnyOf:
      return CheckAnyOf(rule, site);
    case Op::kOneOf:
      return CheckOneOf(rule, site);
    case Op::kNot:
      return CheckNot(rule, site);
    case Op::kCondition:
      return CheckCondition(rule, site);
    case Op::kMinimum:
    case Op::kMaximum:
    case Op::kExclusiveMinimum:
    case Op::kExclusiveMaximum:
    case Op::kMultipleOf:
      return CheckNumber(rule, site);
    case Op::kMinLength:
    case Op::kMaxLength:
    case Op::kPattern:
    case Op::kFormat:
      return CheckText(rule, site);
    case Op::kMinItems:
    case Op::kMaxItems:
    case Op::kMinProperties:
    case Op::kMaxProperties:
      return CheckSize(rule, site);
    case Op::kUniqueItems:
      return CheckUniqueItems(site);
    case Op::kItems:
      return CheckItems(rule, site);
    case Op::kContains:
      return CheckContains(rule, site);
    case Op::kProperties:
      return CheckProperties(rule, site);
    case Op::kPropertyNames:
      return CheckPropertyNames(rule, site);
    case Op::kDependentRequired:
      return CheckDependentRequired(rule, site);
    case Op::kDependentSchema:
      return CheckDependentSchema(rule, site);
    case Op::kUnevaluatedItems:
    case Op::kUnevaluatedProperties:
      return CheckUnevaluated(rule, site);
  }
  return true;
}

bool Evaluator::CheckConst(const Rule& rule, const Site& site) {
  const DocumentView& wanted = program_.values[rule.a];
  if (site.instance == wanted) return true;
  if (!reporting()) return false;
  return Report(site, "const",
                fmt::format("expected {}, found {}", ShortJson(wanted), DescribeInstance(site.instance)));
}

bool Evaluator::CheckEnum(const Rule& rule, const Site& site) {
  const EnumRule& values = program_.enums[rule.a];
  if (site.instance.kind() == NodeKind::kText) {
    if (std::binary_search(values.texts.begin(), values.texts.end(), site.instance.AsText())) return true;
  } else {
    for (const DocumentView& value : values.others) {
      if (value == site.instance) return true;
    }
  }
  if (!reporting()) return false;
  std::string list;
  constexpr size_t kShown = 10;
  for (size_t i = 0; i < values.all.size() && i < kShown; ++i)
    list += (i == 0 ? "" : ", ") + ShortJson(values.all.At(i));
  if (values.all.size() > kShown) list += fmt::format(", ... ({} values)", values.all.size());
  return Report(site, "enum", fmt::format("expected one of {}, found {}", list, DescribeInstance(site.instance)));
}

bool Evaluator::CheckDynamicReference(const Rule& rule, const Site& site) {
  NodeId target = rule.a;
  for (const Scope* scope = site.scope; scope != nullptr; scope = scope->outer) {
    for (const DynamicAnchor& anchor : program_.dynamic_anchors) {
      if (anchor.resource == scope->resource && anchor.anchor == rule.b) target = anchor.node;
    }
  }
  return Eval(target, site.instance, site.path, site.scope, site.evaluated);
}

bool Evaluator::CheckAllOf(const Rule& rule, const Site& site) {
  bool valid = true;
  for (uint32_t i = rule.a; i < rule.b; ++i) {
    if (Eval(program_.node_lists[i], site.instance, site.path, site.scope, site.evaluated)) continue;
    valid = false;
    if (Enough()) return false;
  }
  return valid;
}

bool Evaluator::EvalQuietly(NodeId id, const DocumentView& instance, const Site& site, EvaluatedSet* evaluated) {
  std::vector<Violation>* const violations = violations_;
  violations_ = nullptr;
  const bool valid = Eval(id, instance, site.path, site.scope, evaluated);
  violations_ = violations;
  return valid;
}

bool Evaluator::EvalBranch(NodeId id, const Site& site, EvaluatedSet* evaluated, std::string* first) {
  if (first == nullptr) return EvalQuietly(id, site.instance, site, evaluated);
  std::vector<Violation> found;
  std::vector<Violation>* const violations = violations_;
  const size_t limit = limit_;
  violations_ = &found;
  limit_ = 1;
  const bool valid = Eval(id, site.instance, site.path, site.scope, evaluated);
  violations_ = violations;
  limit_ = limit;
  if (!found.empty()) {
    const std::string below =
        found[0].instance_path.substr(std::min(found[0].instance_path.size(), PointerOf(site.path).size()));
    *first = below.empty() ? found[0].message : below + ": " + found[0].message;
  }
  return valid;
}

bool Evaluator::CheckAnyOf(const Rule& rule, const Site& site) {
  std::string reasons;
  bool valid = false;
  for (uint32_t i = rule.a; i < rule.b; ++i) {
    if (site.evaluated != nullptr) {
      EvaluatedSet branch(site.instance.size());
      if (EvalBranch(program_.node_lists[i], site, &branch, nullptr)) {
        valid = true;
        site.evaluated->Merge(branch);
      }
      if (aborted_) return false;
      continue;
    }
    std::string first;
    if (EvalBranch(program_.node_lists[i], site, nullptr, reporting() ? &first : nullptr)) return true;
    if (aborted_) return false;
    if (!first.empty() && reasons.size() < 400) (reasons += reasons.empty() ? "" : "; or ") += first;
  }
  if (valid || !reporting()) return valid;
  if (reasons.empty()) reasons = "found " + DescribeInstance(site.instance);
  return Report(site, "anyOf", fmt::format("matches none of {} alternatives: {}", rule.b - rule.a, reasons));
}

bool Evaluator::CheckOneOf(const Rule& rule, const Site& site) {
  std::string reasons;
  uint32_t matches = 0;
  for (uint32_t i = rule.a; i < rule.b; ++i) {
    std::string first;
    bool matched;
    if (site.evaluated != nullptr) {
      EvaluatedSet branch(site.instance.size());
      matched = EvalBranch(program_.node_lists[i], site, &branch, reporting() ? &first : nullptr);
      if (matched) site.evaluated->Merge(branch);
    } else {
      matched = EvalBranch(program_.node_lists[i], site, nullptr, reporting() ? &first : nullptr);
    }
    if (aborted_) return false;
    if (matched && ++matches > 1) break;
    if (!first.empty() && reasons.size() < 400) (reasons += reasons.empty() ? "" : "; or ") += first;
  }
  if (matches == 1 || !reporting()) return matches == 1;
  if (matches > 1)
    return Report(site, "oneOf", "matches more than one alternative, found " + DescribeInstance(site.instance));
  return Report(site, "oneOf", fmt::format("matches none of {} alternatives: {}", rule.b - rule.a, reasons));
}

bool Evaluator::CheckNot(const Rule& rule, const Site& site) {
  // What is evaluated inside `not` counts for an unevaluated... inside it alone, which keeps a set of its own.
  if (!EvalQuietly(rule.a, site.instance, site, nullptr)) return !aborted_;
  if (!reporting()) return false;
  return Report(site, "not", "is of the excluded form, found " + DescribeInstance(site.instance));
}

bool Evaluator::CheckCondition(const Rule& rule, const Site& site) {
  const Condition& condition = program_.conditions[rule.a];
  bool matched;
  if (site.evaluated != nullptr) {
    EvaluatedSet branch(site.instance.size());
    matched = EvalQuietly(condition.when, site.instance, site, &branch);
    if (matched) site.evaluated->Merge(branch);
  } else {
    if (condition.then == kNoNode && condition.otherwise == kNoNode) return true;
    matched = EvalQuietly(condition.when, site.instance, site, nullptr);
  }
  if (aborted_) return false;
  const NodeId next = matched ? condition.then : condition.otherwise;
  return next == kNoNode || Eval(next, site.instance, site.path, site.scope, site.evaluated);
}

bool Evaluator::CheckNumber(const Rule& rule, const Site& site) {
  const NumberLimit& limit = program_.numbers[rule.a];
  std::string_view expected;
  if (rule.op == Op::kMultipleOf) {
    const DocumentView& value = site.instance;
    if (value.kind() == NodeKind::kInt && limit.is_int) {
      if (value.AsInt() % limit.as_int == 0) return true;
    } else if (IsMultiple(ToNumberLimit(value), limit)) {
      return true;
    }
    expected = "a multiple of";
  } else {
    const std::strong_ordering order = CompareNumbers(site.instance, limit);
    if (rule.op == Op::kMinimum) {
      if (order >= 0) return true;
      expected = "at least";
    } else if (rule.op == Op::kMaximum) {
      if (order <= 0) return true;
      expected = "at most";
    } else if (rule.op == Op::kExclusiveMinimum) {
      if (order > 0) return true;
      expected = "more than";
    } else {
      if (order < 0) return true;
      expected = "less than";
    }
  }
  if (!reporting()) return false;
  const std::string wanted = limit.is_int ? fmt::format("{}", limit.as_int) : fmt::format("{}", limit.as_double);
  return Report(site, KeywordOf(rule.op),
                fmt::format("expected {} {}, found {}", expected, wanted, DescribeInstance(site.instance)));
}

bool Evaluator::CheckText(const Rule& rule, const Site& site) {
  const std::string_view text = site.instance.AsText();
  std::string expected;
  switch (rule.op) {
    case Op::kMinLength: {
      // A code point has at most 4 bytes.
      if (text.size() / 4 >= rule.a || (text.size() >= rule.a && Utf8Length(text) >= rule.a)) return true;
      if (reporting()) expected = fmt::format("at least {} characters", rule.a);
      break;
    }
    case Op::kMaxLength:
      if (text.size() <= rule.a || Utf8Length(text) <= rule.a) return true;
      if (reporting()) expected = fmt::format("at most {} characters", rule.a);
      break;
    case Op::kPattern:
      if (re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *program_.patterns[rule.a])) return true;
      if (reporting()) expected = fmt::format("a text that matches \"{}\"", program_.pattern_texts[rule.a]);
      break;
    default: {
      const Format format = static_cast<Format>(rule.a);
      if (MatchesFormat(format, text)) return true;
      if (reporting()) expected = fmt::format("a text of format {}", FormatName(format));
    }
  }
  if (!reporting()) return false;
  return Report(site, KeywordOf(rule.op),
                fmt::format("expected {}, found {}", expected, DescribeInstance(site.instance)));
}

}  // namespace rem
