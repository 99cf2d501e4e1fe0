#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/program.h"
#include "schema/schema_index.h"

namespace rem {

/// Turns schema documents into a Validator::Program. Subschemas wait in a queue, so that references may form any graph.
class SchemaCompiler {
 public:
  SchemaCompiler(Validator::Program& program);

  /// Node 0 of the program becomes the root.
  void Compile(const DocumentView& root);

 private:
  /// The rules of the subschema being compiled, by the kind that they look at.
  struct RuleSets {
    std::vector<Rule> any, numbers, texts, arrays, objects, unevaluated;
  };

  struct Current {
    DocumentView schema;
    NodeId node = 0;
    uint32_t resource = 0;
    std::string location;
    Dialect dialect;
  };

  NodeId NodeFor(const DocumentView& schema);
  void CompileQueue();
  void CompileNode(NodeId id, const DocumentView& schema);
  void AddDynamicAnchors();
  void RejectEndlessReferences() const;

  // Keywords; each reads `current_` and appends to `rules_`.
  void CompileReferences();
  void CompileDynamicReference(std::string_view reference);
  void CompileTypes();
  void CompileValues();
  void CompileCombinations();
  void CompileNumbers();
  void CompileTexts();
  void CompileArrays();
  void CompileItems();
  void CompileContains();
  void CompileObjects();
  void CompileProperties();
  void CompileDependencies();
  void CompileUnevaluated();
  void AppendRules(Node& node);

  // Members of the current schema; errors name its place.
  [[noreturn]] void Fail(std::string_view keyword, std::string_view problem, std::string_view hint) const;
  std::optional<DocumentView> Keyword(std::string_view keyword) const { return current_.schema.Find(keyword); }
  std::optional<uint32_t> Count(std::string_view keyword) const;
  std::optional<NodeId> Schema(std::string_view keyword);
  std::optional<DocumentView> ObjectOf(std::string_view keyword) const;
  NodeId SchemaAt(std::string_view keyword, const DocumentView& schema);
  Range SchemaList(std::string_view keyword, const DocumentView& list);
  std::vector<std::string_view> TextList(std::string_view keyword, const DocumentView& list) const;
  void Number(std::string_view keyword, Op op);
  uint32_t Pattern(std::string_view keyword, std::string_view pattern);

  Validator::Program& program_;
  SchemaIndex index_;
  std::unordered_map<const char*, NodeId> ids_;
  std::deque<std::pair<NodeId, DocumentView>> queue_;
  std::unordered_map<std::string, uint32_t> pattern_ids_;
  std::vector<std::string> dynamic_names_;
  std::vector<bool> resources_in_use_;
  std::unordered_map<NodeId, DocumentView> defaults_;
  Current current_;
  RuleSets rules_;
};

/// Exact decimal form of a number of a schema or an instance.
NumberLimit ToNumberLimit(const DocumentView& number);

/// Fills Program::plans from the `default`s of subschemas.
void CompileDefaults(Validator::Program& program, const std::unordered_map<NodeId, DocumentView>& defaults);

}  // namespace rem
