#include "schema/schema_compiler.h"

#include <algorithm>

#include <fmt/format.h>

#include <rem/error.h>

#include "base/check.h"

namespace rem {

namespace {

constexpr size_t kMaxNodes = 100'000;
// Stands for $recursiveAnchor among the dynamic anchors; no $dynamicAnchor can be called so.
constexpr std::string_view kRecursiveName = "$recursive";

}  // namespace

SchemaCompiler::SchemaCompiler(Validator::Program& program)
    : program_(program), index_(program.options.known_schemas, program.documents) {}

void SchemaCompiler::Compile(const DocumentView& root) {
  if (root.kind() != NodeKind::kObject && root.kind() != NodeKind::kBool) {
    throw Error(ErrorCode::kInvalidSchema, "schema is neither an object nor a boolean",
                "a schema is a JSON object such as {\"type\": \"object\"}");
  }
  index_.AddRoot(root);
  NodeFor(root);
  CompileQueue();
  size_t nodes = 0;
  while (nodes != program_.nodes.size()) {
    nodes = program_.nodes.size();
    AddDynamicAnchors();
    CompileQueue();
  }
  program_.follows_scope = !program_.dynamic_anchors.empty();
  RejectEndlessReferences();
  CompileDefaults(program_, defaults_);
}

NodeId SchemaCompiler::NodeFor(const DocumentView& schema) {
  const auto [found, is_new] = ids_.emplace(schema.bytes().data(), static_cast<NodeId>(program_.nodes.size()));
  if (is_new) {
    if (program_.nodes.size() >= kMaxNodes) {
      throw Error(ErrorCode::kInvalidSchema, fmt::format("schema has more than {} subschemas", kMaxNodes),
                  "split it into several tables");
    }
    program_.nodes.emplace_back();
    queue_.emplace_back(found->second, schema);
  }
  return found->second;
}

void SchemaCompiler::CompileQueue() {
  while (!queue_.empty()) {
    const auto [id, schema] = queue_.front();
    queue_.pop_front();
    CompileNode(id, schema);
  }
}

void SchemaCompiler::CompileNode(NodeId id, const DocumentView& schema) {
  const SchemaPlace& place = index_.PlaceOf(schema);
  current_ = {.schema = schema,
              .node = id,
              .resource = place.resource,
              .location = place.location,
              .dialect = index_.resource(place.resource).dialect};
  rules_ = {};
  if (resources_in_use_.size() <= place.resource) resources_in_use_.resize(place.resource + 1);
  resources_in_use_[place.resource] = true;
  program_.nodes[id].resource = place.resource;
  program_.nodes[id].location = place.location;
  if (schema.kind() == NodeKind::kBool) {
    program_.nodes[id].shape = schema.AsBool() ? NodeShape::kTrue : NodeShape::kFalse;
    return;
  }
  if (const auto value = Keyword("default")) defaults_.emplace(id, *value);
  const bool only_reference = current_.dialect.draft == Draft::k7 && Keyword("$ref");
  CompileReferences();
  if (!only_reference) {
    CompileTypes();
    CompileValues();
    CompileNumbers();
    CompileTexts();
    CompileArrays();
    CompileObjects();
    CompileCombinations();
    CompileUnevaluated();
  }
  // Definitions are compiled even where nothing refers to them, so that a mistake in one shows at once.
  for (const std::string_view keyword : {"$defs", "definitions"}) {
    const auto definitions = ObjectOf(keyword);
    for (size_t i = 0; definitions && i < definitions->size(); ++i) SchemaAt(keyword, definitions->ValueAt(i));
  }
  AppendRules(program_.nodes[id]);
}

void SchemaCompiler::AppendRules(Node& node) {
  const auto append = [&](const std::vector<Rule>& rules) {
    const Range range{static_cast<uint32_t>(program_.rules.size()),
                      static_cast<uint32_t>(program_.rules.size() + rules.size())};
    program_.rules.insert(program_.rules.end(), rules.begin(), rules.end());
    return range;
  };
  node.any = append(rules_.any);
  node.numbers = append(rules_.numbers);
  node.texts = append(rules_.texts);
  node.arrays = append(rules_.arrays);
  node.objects = append(rules_.objects);
  node.unevaluated = append(rules_.unevaluated);
  node.tracks = !rules_.unevaluated.empty();
  const bool empty = rules_.any.empty() && rules_.numbers.empty() && rules_.texts.empty() && rules_.arrays.empty() &&
                     rules_.objects.empty();
  if (empty && !node.tracks && node.kinds == kAllKinds && !node.integral_doubles_only) node.shape = NodeShape::kTrue;
}

void SchemaCompiler::CompileReferences() {
  const Draft draft = current_.dialect.draft;
  if (const auto ref = Keyword("$ref")) {
    if (ref->kind() != NodeKind::kText) Fail("$ref", "is not a text", "write it as \"#/$defs/Name\"");
    const auto target = index_.Resolve(current_.resource, ref->AsText(), "$ref", current_.location);
    rules_.any.push_back({Op::kReference, NodeFor(target.schema)});
  }
  if (draft == Draft::k2020) {
    if (const auto ref = Keyword("$dynamicRef")) {
      if (ref->kind() != NodeKind::kText) Fail("$dynamicRef", "is not a text", "write it as \"#name\"");
      CompileDynamicReference(ref->AsText());
    }
  }
  if (draft == Draft::k2019 && Keyword("$recursiveRef")) {
    const auto target = index_.Resolve(current_.resource, "#", "$recursiveRef", current_.location);
    const NodeId node = NodeFor(target.schema);
    if (index_.resource(target.resource).recursive_anchor) {
      if (std::find(dynamic_names_.begin(), dynamic_names_.end(), kRecursiveName) == dynamic_names_.end())
        dynamic_names_.emplace_back(kRecursiveName);
      const auto name = std::find(dynamic_names_.begin(), dynamic_names_.end(), kRecursiveName);
      rules_.any.push_back({Op::kRecursiveReference, node, static_cast<uint32_t>(name - dynamic_names_.begin())});
    } else {
      rules_.any.push_back({Op::kReference, node});
    }
  }
}

void SchemaCompiler::CompileDynamicReference(std::string_view reference) {
  const auto target = index_.Resolve(current_.resource, reference, "$dynamicRef", current_.location);
  const NodeId node = NodeFor(target.schema);
  const auto& anchors = index_.resource(target.resource).dynamic_anchors;
  if (target.anchor.empty() || !anchors.contains(target.anchor)) {
    rules_.any.push_back({Op::kReference, node});
    return;
  }
  auto name = std::find(dynamic_names_.begin(), dynamic_names_.end(), target.anchor);
  if (name == dynamic_names_.end()) name = dynamic_names_.insert(name, target.anchor);
  rules_.any.push_back({Op::kDynamicReference, node, static_cast<uint32_t>(name - dynamic_names_.begin())});
}

// Any resource of which something is compiled may be entered before a dynamic reference, which then looks for its
// anchors.
void SchemaCompiler::AddDynamicAnchors() {
  program_.dynamic_anchors.clear();
  for (uint32_t resource = 0; resource < resources_in_use_.size(); ++resource) {
    if (!resources_in_use_[resource]) continue;
    const SchemaResource& entry = index_.resource(resource);
    for (uint32_t name = 0; name < dynamic_names_.size(); ++name) {
      if (const auto found = entry.dynamic_anchors.find(dynamic_names_[name]); found != entry.dynamic_anchors.end()) {
        program_.dynamic_anchors.push_back({resource, name, NodeFor(found->second)});
      }
      if (dynamic_names_[name] == kRecursiveName && entry.recursive_anchor) {
        program_.dynamic_anchors.push_back({resource, name, NodeFor(entry.root)});
      }
    }
  }
}

namespace {

// The subschemas that always look at the same instance as `node` does.
void AppendInPlace(const Validator::Program& program, const Node& node, std::vector<NodeId>& out);

}  // namespace

void SchemaCompiler::RejectEndlessReferences() const {
  enum class Mark : uint8_t { kNew, kOpen, kDone };
  std::vector<Mark> marks(program_.nodes.size(), Mark::kNew);
  struct Step {
    NodeId node;
    size_t next = 0;
    std::vector<NodeId> targets;
  };
  std::vector<Step> path;
  for (NodeId start = 0; start < program_.nodes.size(); ++start) {
    if (marks[start] != Mark::kNew) continue;
    const auto open = [&](NodeId node) {
      marks[node] = Mark::kOpen;
      path.push_back({node});
      AppendInPlace(program_, program_.nodes[node], path.back().targets);
    };
    open(start);
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == step.targets.size()) {
        marks[step.node] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const NodeId target = step.targets[step.next++];
      if (marks[target] == Mark::kOpen) {
        const std::string& location = program_.nodes[step.node].location;
        throw Error(ErrorCode::kInvalidSchema,
                    fmt::format("reference at \"{}\" never ends: it leads back to \"{}\" for the same value", location,
                                program_.nodes[target].location),
                    "a recursive schema must go through \"properties\" or \"items\" before it refers to itself");
      }
      if (marks[target] == Mark::kNew) open(target);
    }
  }
}

namespace {

void AppendInPlace(const Validator::Program& program, const Node& node, std::vector<NodeId>& out) {
  for (uint32_t i = node.any.begin; i < node.any.end; ++i) {
    const Rule& rule = program.rules[i];
    switch (rule.op) {
      case Op::kReference:
      case Op::kNot:
        out.push_back(rule.a);
        break;
      case Op::kAllOf:
      case Op::kAnyOf:
      case Op::kOneOf:
        out.insert(out.end(), program.node_lists.begin() + rule.a, program.node_lists.begin() + rule.b);
        break;
      case Op::kCondition:
        out.push_back(program.conditions[rule.a].when);
        break;
      default:
        break;
    }
  }
}

}  // namespace

// ---- Members of the current schema.

void SchemaCompiler::Fail(std::string_view keyword, std::string_view problem, std::string_view hint) const {
  throw Error(ErrorCode::kInvalidSchema,
              fmt::format("\"{}\" at {} {}", keyword,
                          current_.location.empty() ? std::string_view("the top level") : current_.location, problem),
              std::string(hint));
}

std::optional<uint32_t> SchemaCompiler::Count(std::string_view keyword) const {
  const auto value = Keyword(keyword);
  if (!value) return std::nullopt;
  double number = -1;
  if (value->IsNumber()) number = value->AsDouble();
  if (!(number >= 0) || number != static_cast<double>(static_cast<uint64_t>(std::min(number, 1e18)))) {
    Fail(keyword, "is not a whole number of 0 or more", "write it as 0, 1, 2, ...");
  }
  // No instance has more than 2^32 - 1 of anything.
  return static_cast<uint32_t>(std::min(number, 4294967295.0));
}

NodeId SchemaCompiler::SchemaAt(std::string_view keyword, const DocumentView& schema) {
  if (schema.kind() != NodeKind::kObject && schema.kind() != NodeKind::kBool) {
    Fail(keyword, "holds something that is not a schema", "a schema is an object or a boolean");
  }
  return NodeFor(schema);
}

std::optional<NodeId> SchemaCompiler::Schema(std::string_view keyword) {
  const auto value = Keyword(keyword);
  if (!value) return std::nullopt;
  return SchemaAt(keyword, *value);
}

std::optional<DocumentView> SchemaCompiler::ObjectOf(std::string_view keyword) const {
  const auto value = Keyword(keyword);
  if (value && value->kind() != NodeKind::kObject) Fail(keyword, "is not an object", "write it as {\"name\": ...}");
  return value;
}

Range SchemaCompiler::SchemaList(std::string_view keyword, const DocumentView& list) {
  if (list.kind() != NodeKind::kArray || list.size() == 0)
    Fail(keyword, "is not a list of schemas", "write it as [{...}, ...] with at least one schema");
  Range range{static_cast<uint32_t>(program_.node_lists.size()), 0};
  for (size_t i = 0; i < list.size(); ++i) program_.node_lists.push_back(SchemaAt(keyword, list.At(i)));
  range.end = static_cast<uint32_t>(program_.node_lists.size());
  return range;
}

std::vector<std::string_view> SchemaCompiler::TextList(std::string_view keyword, const DocumentView& list) const {
  std::vector<std::string_view> texts;
  const bool is_list = list.kind() == NodeKind::kArray;
  for (size_t i = 0; is_list && i < list.size(); ++i) {
    if (list.At(i).kind() != NodeKind::kText)
      Fail(keyword, "holds something that is not a text", "list property names");
    texts.push_back(list.At(i).AsText());
  }
  if (!is_list) Fail(keyword, "is not a list of texts", "write it as [\"name\", ...]");
  return texts;
}

}  // namespace rem
