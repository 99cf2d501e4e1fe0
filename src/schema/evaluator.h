#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/evaluated_set.h"
#include "schema/program.h"

namespace rem {

/// Runs a program over one instance. Lives for one validation.
class Evaluator {
 public:
  /// Without `violations` the first broken rule ends it and nothing is allocated.
  Evaluator(const Validator::Program& program, const DocumentView& root, std::vector<Violation>* violations);

  bool Run();

 private:
  /// The way from the root to an instance, as frames on the stack.
  struct Path {
    const Path* parent = nullptr;
    std::string_view key;
    size_t index = SIZE_MAX;  ///< Of an array's item; SIZE_MAX for a member.
    size_t depth = 0;
  };
  /// The resources that were entered, innermost first.
  struct Scope {
    const Scope* outer = nullptr;
    uint32_t resource = 0;
  };
  /// Where one instance stands against one subschema.
  struct Site {
    const Node& node;
    const DocumentView& instance;
    const Path* path;
    const Scope* scope;
    EvaluatedSet* evaluated;
  };

  bool Eval(NodeId id, const DocumentView& instance, const Path* path, const Scope* scope, EvaluatedSet* evaluated);
  bool EvalRules(const Site& site);
  bool EvalRange(const Range& range, const Site& site);
  bool EvalRule(const Rule& rule, const Site& site);
  bool EvalTracked(const Site& site);

  bool CheckKind(const Site& site, NodeKind kind);
  bool CheckEnum(const Rule& rule, const Site& site);
  bool CheckConst(const Rule& rule, const Site& site);
  bool CheckAllOf(const Rule& rule, const Site& site);
  bool CheckAnyOf(const Rule& rule, const Site& site);
  bool CheckOneOf(const Rule& rule, const Site& site);
  bool CheckNot(const Rule& rule, const Site& site);
  bool CheckCondition(const Rule& rule, const Site& site);
  bool CheckDynamicReference(const Rule& rule, const Site& site);
  bool CheckNumber(const Rule& rule, const Site& site);
  bool CheckText(const Rule& rule, const Site& site);
  bool CheckSize(const Rule& rule, const Site& site);
  bool CheckUniqueItems(const Site& site);
  bool CheckItems(const Rule& rule, const Site& site);
  bool CheckContains(const Rule& rule, const Site& site);
  bool CheckProperties(const Rule& rule, const Site& site);
  bool CheckMember(const ObjectRule& rule, const Site& site, size_t member, std::string_view key, NodeId declared);
  bool CheckPropertyNames(const Rule& rule, const Site& site);
  bool CheckDependentRequired(const Rule& rule, const Site& site);
  bool CheckDependentSchema(const Rule& rule, const Site& site);
  bool CheckUnevaluated(const Rule& rule, const Site& site);

  bool EvalMember(NodeId id, const Site& site, size_t member, std::string_view key);
  bool EvalItem(NodeId id, const Site& site, size_t item);
  /// Without reporting.
  bool EvalQuietly(NodeId id, const DocumentView& instance, const Site& site, EvaluatedSet* evaluated);
  /// Evaluates a branch whose failure is not the instance's: its first violation goes to `first`, when there is one to
  /// fill.
  bool EvalBranch(NodeId id, const Site& site, EvaluatedSet* evaluated, std::string* first);

  bool reporting() const { return violations_ != nullptr; }
  /// No more rules need a look.
  bool Enough() const { return aborted_ || violations_ == nullptr || violations_->size() >= limit_; }
  bool Report(const Site& site, std::string_view keyword, std::string message);
  bool ReportMissing(const Rule& rule, const Site& site);
  bool ReportUnknown(const ObjectRule& rule, const Site& site, std::string_view key);
  bool Abort(const Path* path, std::string message);
  static std::string PointerOf(const Path* path);

  const Validator::Program& program_;
  const DocumentView& root_;
  std::vector<Violation>* violations_;
  size_t limit_;
  size_t frames_ = 0;
  size_t max_frames_;
  uint64_t steps_left_;
  bool aborted_ = false;
  Violation abort_reason_;
};

/// Whether `value` is a multiple of `divisor` as decimal numbers: exact, whatever their size.
bool IsMultiple(const NumberLimit& value, const NumberLimit& divisor);

/// Whether two items of `array` are equal; fills their positions.
bool HasEqualItems(const DocumentView& array, size_t& first, size_t& second);

/// "text \"abc\"", "integer 5", "an array of 3 items".
std::string DescribeInstance(const DocumentView& value);
/// JSON text cut to a readable length.
std::string ShortJson(const DocumentView& value);
/// "integer or null".
std::string DescribeKinds(const Node& node);

}  // namespace rem
