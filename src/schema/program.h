#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>

#include "schema/formats.h"
#include "schema/validator.h"

namespace re2 {
class RE2;
}

namespace rem {

/// Index of a compiled subschema in Validator::Program::nodes.
using NodeId = uint32_t;
constexpr NodeId kNoNode = UINT32_MAX;

/// One bit for each NodeKind that a `type` lets through.
constexpr uint8_t KindBit(NodeKind kind) { return static_cast<uint8_t>(1u << static_cast<unsigned>(kind)); }
constexpr uint8_t kAllKinds = 0x7F;

/// A half-open range of one of the program's vectors.
struct Range {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool empty() const { return begin == end; }
  uint32_t size() const { return end - begin; }
};

/// What one keyword asks for; `a` and `b` index into the vectors of the program as noted.
enum class Op : uint8_t {
  // Any instance.
  kConst,               ///< a: values
  kEnum,                ///< a: enums
  kReference,           ///< a: node
  kDynamicReference,    ///< a: node it refers to by itself, b: dynamic anchor
  kRecursiveReference,  ///< the same, of draft 2019-09
  kAllOf,               ///< a..b: node_lists
  kAnyOf,               ///< a..b: node_lists
  kOneOf,               ///< a..b: node_lists
  kNot,                 ///< a: node
  kCondition,           ///< a: conditions
  // Numbers.
  kMinimum,           ///< a: numbers
  kMaximum,           ///< a: numbers
  kExclusiveMinimum,  ///< a: numbers
  kExclusiveMaximum,  ///< a: numbers
  kMultipleOf,        ///< a: numbers
  // Texts.
  kMinLength,  ///< a: count
  kMaxLength,  ///< a: count
  kPattern,    ///< a: patterns
  kFormat,     ///< a: Format
  // Arrays.
  kMinItems,  ///< a: count
  kMaxItems,  ///< a: count
  kUniqueItems,
  kItems,     ///< a: item_rules
  kContains,  ///< a: contains_rules
  // Objects.
  kMinProperties,      ///< a: count
  kMaxProperties,      ///< a: count
  kProperties,         ///< a: object_rules
  kPropertyNames,      ///< a: node
  kDependentRequired,  ///< a: dependent_required
  kDependentSchema,    ///< a: text of the property, b: node
  // After all others.
  kUnevaluatedItems,       ///< a: node
  kUnevaluatedProperties,  ///< a: node
};

struct Rule {
  Op op;
  uint32_t a = 0;
  uint32_t b = 0;
};

/// A number as the schema gives it, with its exact decimal form: `digits` * 10^`exponent`.
struct NumberLimit {
  bool is_int = false;
  int64_t as_int = 0;
  double as_double = 0;
  uint64_t digits = 0;
  int exponent = 0;
};

struct PropertyEntry {
  std::string_view name;
  NodeId schema = kNoNode;  ///< kNoNode where the name is only in `required`.
  bool required = false;
};

struct PatternEntry {
  uint32_t pattern = 0;
  NodeId schema = kNoNode;
};

/// `properties`, `required`, `patternProperties` and `additionalProperties` of one subschema, checked in one pass over
/// the members.
struct ObjectRule {
  Range properties;  ///< Of Program::properties, sorted by name.
  Range patterns;    ///< Of Program::pattern_entries.
  uint32_t required_count = 0;
  NodeId additional = kNoNode;
};

struct ItemRule {
  Range prefix;  ///< Of Program::node_lists.
  NodeId rest = kNoNode;
  bool rest_is_additional = false;  ///< The keyword is `additionalItems`.
};

struct ContainsRule {
  NodeId schema = kNoNode;
  uint32_t least = 1;
  uint32_t most = UINT32_MAX;
  bool marks_items = true;  ///< Items that it finds count as evaluated (2020-12).
};

struct Condition {
  NodeId when = kNoNode;
  NodeId then = kNoNode;
  NodeId otherwise = kNoNode;
};

struct DependentRequired {
  std::string_view property;
  std::vector<std::string_view> needs;
};

struct EnumRule {
  std::vector<std::string_view> texts;  ///< Sorted.
  std::vector<DocumentView> others;
  DocumentView all;
};

enum class NodeShape : uint8_t { kRules, kTrue, kFalse };

/// A compiled subschema. Its rules lie one after another: those for any instance, then those for each kind.
struct Node {
  NodeShape shape = NodeShape::kRules;
  uint8_t kinds = kAllKinds;
  bool integral_doubles_only = false;  ///< `type` names integer and not number: a double must be integral.
  bool tracks = false;                 ///< Has unevaluatedItems or unevaluatedProperties.
  uint32_t resource = 0;
  Range any;
  Range numbers;
  Range texts;
  Range arrays;
  Range objects;
  Range unevaluated;
  std::string location;  ///< JSON Pointer; with its URI before it when it lies in another schema.
};

/// The node that a resource's dynamic anchor names.
struct DynamicAnchor {
  uint32_t resource = 0;
  uint32_t anchor = 0;
  NodeId node = kNoNode;
};

/// Where defaults are missing below one place of the instance; see defaults.cc.
struct DefaultPlan {
  struct Property {
    std::string_view name;
    std::optional<DocumentView> value;
    uint32_t plan = UINT32_MAX;
  };
  std::vector<Property> properties;  ///< Sorted by name.
  std::vector<uint32_t> prefix;
  uint32_t items = UINT32_MAX;
  uint32_t additional = UINT32_MAX;
  bool useful = false;
};
constexpr uint32_t kNoPlan = UINT32_MAX;

struct Validator::Program {
  Program();
  ~Program();

  ValidatorOptions options;
  std::deque<Document> documents;  ///< Keeps alive what views and names point into.
  std::vector<Node> nodes;
  std::vector<Rule> rules;
  std::vector<NodeId> node_lists;
  std::vector<NumberLimit> numbers;
  std::vector<DocumentView> values;
  std::vector<EnumRule> enums;
  std::vector<Condition> conditions;
  std::vector<std::unique_ptr<re2::RE2>> patterns;
  std::vector<std::string> pattern_texts;  ///< As the schema writes them.
  std::vector<PropertyEntry> properties;
  std::vector<PatternEntry> pattern_entries;
  std::vector<ObjectRule> object_rules;
  std::vector<ItemRule> item_rules;
  std::vector<ContainsRule> contains_rules;
  std::vector<DependentRequired> dependent_required;
  std::vector<std::string_view> texts;
  std::vector<DynamicAnchor> dynamic_anchors;
  std::vector<DefaultPlan> plans;  ///< The first is the root's.
  bool follows_scope = false;      ///< There are dynamic references, so resources that are entered must be remembered.
};

/// The keyword of an operation, for messages.
std::string_view KeywordOf(Op op);

}  // namespace rem
