#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/functions/jsonpath.h"
#include "sql/functions/jsonpath_item.h"
#include "types/cast.h"
#include "types/numeric.h"

// How a path is run, step by step, follows the SQL/JSON path language as PostgreSQL reads it: in lax mode arrays are
// unwrapped where a step wants their elements, single values stand for arrays of one, and errors of the structure are
// no items; in strict mode they are errors. A predicate is true, false or unknown.

namespace rem::sql {

namespace {

/// Steps of one run, and how deep they may call each other.
constexpr size_t kMaxSteps = 20'000'000, kMaxDepth = 4'000;

enum class Outcome : uint8_t { kFound, kNothing, kFailed };
enum class Truth : uint8_t { kFalse, kTrue, kUnknown };

class Runner {
 public:
  Runner(const JsonPath& path, const DocumentView& target, const DocumentView& variables, bool silent)
      : path_(path), root_{target, nullptr}, current_(root_), variables_(variables), loud_(!silent) {}

  /// Without `found` it may stop at the first item.
  Outcome Run(PathItems* found) {
    if (!path_.lax && found == nullptr) {
      // Only the whole list tells that there are no errors.
      PathItems all;
      const Outcome outcome = Execute(*path_.root, root_, &all, path_.lax);
      if (outcome == Outcome::kFailed) return outcome;
      return all.empty() ? Outcome::kNothing : Outcome::kFound;
    }
    return Execute(*path_.root, root_, found, path_.lax);
  }

 private:
  struct Level {
    explicit Level(Runner& runner) : runner(runner) {
      if (++runner.steps_ > kMaxSteps)
        throw Error(ErrorCode::kLimitExceeded, "jsonpath takes too many steps", "use fewer **, or a smaller document");
      if (++runner.depth_ > kMaxDepth)
        throw Error(ErrorCode::kLimitExceeded, "jsonpath is nested too deeply", "use fewer steps")
            .WithSqlState("54001");
    }
    ~Level() { --runner.depth_; }
    Runner& runner;
  };

  // An error of the document's structure.
  Outcome Fail(std::string_view state, std::string message, ErrorCode code = ErrorCode::kInvalidArgument) const {
    if (!loud_) return Outcome::kFailed;
    throw Error(code, std::move(message), "strict and silent say what happens then").WithSqlState(state);
  }
  Outcome Mismatch(std::string_view state, std::string message) const {
    return ignore_ ? Outcome::kNothing : Fail(state, std::move(message));
  }

  Outcome Next(const PathNode& node, const PathItem& item, PathItems* found) {
    if (node.next != nullptr) return Execute(*node.next, item, found, path_.lax);
    if (found != nullptr) found->push_back(item);
    return Outcome::kFound;
  }

  static bool IsArray(const PathItem& item) { return item.view.kind() == NodeKind::kArray; }
  static bool IsObject(const PathItem& item) { return item.view.kind() == NodeKind::kObject; }

  // The step for each element of the array in its place.
  Outcome Unwrapped(const PathNode& node, const PathItem& array, PathItems* found) {
    Outcome outcome = Outcome::kNothing;
    for (size_t i = 0; i < array.view.size(); ++i) {
      const Outcome one = Execute(node, {array.view.At(i), array.owner}, found, false);
      if (one == Outcome::kFailed) return one;
      if (one == Outcome::kFound) outcome = one;
      if (one == Outcome::kFound && found == nullptr) break;
    }
    return outcome;
  }

  Outcome Execute(const PathNode& node, const PathItem& item, PathItems* found, bool unwrap) {
    using enum PathKind;
    const Level level(*this);
    switch (node.kind) {
      case kNull:
      case kBool:
      case kNumber:
      case kString:
      case kVariable:
        return Literal(node, found);
      case kRoot:
        return Next(node, root_, found);
      case kCurrent:
        return Next(node, current_, found);
      case kLast:
        return Next(node, NumberItem(std::to_string(array_size_ - 1)), found);
      case kKey:
        return Key(node, item, found, unwrap);
      case kAnyKey:
        if (IsObject(item)) return Children(node.next.get(), item, found, 1, 1, 1, path_.lax);
        if (unwrap && IsArray(item)) return Unwrapped(node, item, found);
        return Mismatch("2203A", "jsonpath wildcard member accessor can only be applied to an object");
      case kAnyArray:
        if (IsArray(item)) return Children(node.next.get(), item, found, 1, 1, 1, path_.lax);
        if (path_.lax) return Next(node, item, found);
        return Mismatch("22039", "jsonpath wildcard array accessor can only be applied to an array");
      case kIndexArray:
        return Elements(node, item, found);
      case kAny:
        return AnyLevels(node, item, found);
      case kFilter:
        if (unwrap && IsArray(item)) return Unwrapped(node, item, found);
        return TestInside(*node.left, item) == Truth::kTrue ? Next(node, item, found) : Outcome::kNothing;
      case kAdd:
      case kSubtract:
      case kMultiply:
      case kDivide:
      case kModulo:
        return Arithmetic(node, item, found);
      case kPlus:
      case kMinus:
        return Signed(node, item, found);
      case kType:
      case kSize:
      case kAbs:
      case kFloor:
      case kCeiling:
      case kDouble:
      case kKeyValue:
        return Method(node, item, found, unwrap);
      default:
        break;
    }
    // A predicate as a value: true, false, or null where it is unknown.
    const Truth truth = Test(node, item);
    if (node.next == nullptr && found == nullptr) return Outcome::kFound;
    return Next(node, truth == Truth::kUnknown ? PathItem() : BoolItem(truth == Truth::kTrue), found);
  }

  Outcome Literal(const PathNode& node, PathItems* found) {
    switch (node.kind) {
      case PathKind::kBool:
        return Next(node, BoolItem(node.flag), found);
      case PathKind::kNumber:
        return Next(node, NumberItem(node.text), found);
      case PathKind::kString:
        return Next(node, TextItem(node.text), found);
      case PathKind::kVariable: {
        const auto value = variables_.Find(node.text);
        if (!value)
          throw Error(ErrorCode::kNotFound, fmt::format("could not find jsonpath variable \"{}\"", node.text),
                      "give it in the third argument")
              .WithSqlState("42704");
        return Next(node, {*value, nullptr}, found);
      }
      default:
        return Next(node, PathItem(), found);
    }
  }

  Outcome Key(const PathNode& node, const PathItem& item, PathItems* found, bool unwrap) {
    if (IsObject(item)) {
      if (const auto value = item.view.Find(node.text)) return Next(node, {*value, item.owner}, found);
      return Mismatch("2203A", fmt::format("JSON object does not contain key \"{}\"", node.text));
    }
    if (unwrap && IsArray(item)) return Unwrapped(node, item, found);
    return Mismatch("2203A", "jsonpath member accessor can only be applied to an object");
  }

  // The values inside a container, from level `first` to `last`, each given to `step` (nullptr: to the result).
  Outcome Children(const PathNode* step, const PathItem& container, PathItems* found, uint32_t level, uint32_t first,
                   uint32_t last, bool unwrap_next) {
    const Level guard(*this);
    Outcome outcome = Outcome::kNothing;
    const bool object = IsObject(container);
    if (!object && !IsArray(container)) return outcome;
    std::vector<size_t> order(container.view.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    // jsonb keeps members by the length of their name, then by its bytes.
    if (object) {
      std::ranges::sort(order, [&](size_t a, size_t b) {
        const std::string_view x = container.view.KeyAt(a), y = container.view.KeyAt(b);
        return x.size() != y.size() ? x.size() < y.size() : x < y;
      });
    }
    for (const size_t i : order) {
      const PathItem child{object ? container.view.ValueAt(i) : container.view.At(i), container.owner};
      const bool inner = IsObject(child) || IsArray(child);
      const bool leaves = first == PathNode::kNoLimit && last == PathNode::kNoLimit && !inner;
      if (level >= first || leaves) {
        Outcome one = Outcome::kFound;
        if (step != nullptr) {
          one = Execute(*step, child, found, unwrap_next);
        } else if (found != nullptr) {
          found->push_back(child);
        }
        if (one == Outcome::kFailed) return one;
        if (one == Outcome::kFound) outcome = one;
        if (one == Outcome::kFound && found == nullptr) return one;
      }
      if (level >= last || !inner) continue;
      const Outcome below = Children(step, child, found, level + 1, first, last, unwrap_next);
      if (below == Outcome::kFailed) return below;
      if (below == Outcome::kFound) outcome = below;
      if (below == Outcome::kFound && found == nullptr) return below;
    }
    return outcome;
  }

  Outcome AnyLevels(const PathNode& node, const PathItem& item, PathItems* found) {
    const bool before = std::exchange(ignore_, true);
    Outcome outcome = Outcome::kNothing;
    if (node.first == 0) outcome = Next(node, item, found);
    const bool done = outcome == Outcome::kFailed || (outcome == Outcome::kFound && found == nullptr);
    if (!done) {
      const Outcome below = Children(node.next.get(), item, found, 1, node.first, node.last, path_.lax);
      if (below != Outcome::kNothing) outcome = below;
    }
    ignore_ = before;
    return outcome;
  }

  Outcome Elements(const PathNode& node, const PathItem& item, PathItems* found) {
    if (!IsArray(item) && !path_.lax)
      return Mismatch("22039", "jsonpath array accessor can only be applied to an array");
    const int64_t size = IsArray(item) ? static_cast<int64_t>(item.view.size()) : 1;
    const int64_t outer = std::exchange(array_size_, size);
    Outcome outcome = Outcome::kNothing;
    for (const auto& [from_node, to_node] : node.subscripts) {
      int64_t from = 0, to = 0;
      if (!Index(*from_node, item, from) || (to_node != nullptr && !Index(*to_node, item, to))) {
        outcome = Outcome::kFailed;
        break;
      }
      if (to_node == nullptr) to = from;
      if (!ignore_ && (from < 0 || from > to || to >= size)) {
        outcome = Outcome::kFailed;
        array_size_ = outer;
        return Fail("22033", "jsonpath array subscript is out of bounds");
      }
      for (int64_t i = std::max<int64_t>(from, 0); i <= std::min(to, size - 1); ++i) {
        const PathItem element = IsArray(item) ? PathItem{item.view.At(static_cast<size_t>(i)), item.owner} : item;
        const Outcome one = node.next == nullptr && found == nullptr ? Outcome::kFound : Next(node, element, found);
        if (one != Outcome::kNothing) outcome = one;
        if (one == Outcome::kFailed || (one == Outcome::kFound && found == nullptr)) break;
      }
      if (outcome == Outcome::kFailed || (outcome == Outcome::kFound && found == nullptr)) break;
    }
    array_size_ = outer;
    return outcome;
  }

  // A whole number that a subscript gives; false for none, where errors are silent.
  bool Index(const PathNode& node, const PathItem& item, int64_t& index) {
    PathItems items;
    if (Execute(node, item, &items, path_.lax) == Outcome::kFailed) return false;
    if (items.size() != 1 || !items[0].view.IsNumber())
      return Fail("22033", "jsonpath array subscript is not a single numeric value") != Outcome::kFailed;
    const auto number = NumericToInt(TruncateNumeric(NumericOf(items[0].view), 0));
    if (!number || *number < INT32_MIN || *number > INT32_MAX)
      return Fail("22033", "jsonpath array subscript is out of integer range") != Outcome::kFailed;
    index = *number;
    return true;
  }

  // All items, and where `unwrap` in lax mode the elements of those that are arrays.
  Outcome Collect(const PathNode& node, const PathItem& item, bool unwrap, PathItems& items) {
    if (!unwrap || !path_.lax) return Execute(node, item, &items, path_.lax);
    PathItems whole;
    const Outcome outcome = Execute(node, item, &whole, path_.lax);
    if (outcome == Outcome::kFailed) return outcome;
    for (const PathItem& one : whole) {
      if (!IsArray(one)) {
        items.push_back(one);
        continue;
      }
      for (size_t i = 0; i < one.view.size(); ++i) items.push_back({one.view.At(i), one.owner});
    }
    return Outcome::kFound;
  }
  Outcome CollectQuietly(const PathNode& node, const PathItem& item, bool unwrap, PathItems& items) {
    const bool loud = std::exchange(loud_, false);
    const Outcome outcome = Collect(node, item, unwrap, items);
    loud_ = loud;
    return outcome;
  }

  Outcome Arithmetic(const PathNode& node, const PathItem& item, PathItems* found) {
    PathItems left, right;
    if (Collect(*node.left, item, true, left) == Outcome::kFailed) return Outcome::kFailed;
    if (Collect(*node.right, item, true, right) == Outcome::kFailed) return Outcome::kFailed;
    constexpr std::string_view kSigns = "+-*/%";
    const char sign = kSigns[static_cast<size_t>(node.kind) - static_cast<size_t>(PathKind::kAdd)];
    const auto single = [](const PathItems& items) { return items.size() == 1 && items[0].view.IsNumber(); };
    for (const auto& [items, side] : {std::pair(&left, "left"), std::pair(&right, "right")}) {
      if (!single(*items))
        return Fail("22038",
                    fmt::format("{} operand of jsonpath operator {} is not a single numeric value", side, sign));
    }
    std::string result;
    try {
      const std::string a = NumericOf(left[0].view), b = NumericOf(right[0].view);
      result = sign == '+'   ? AddNumerics(a, b)
               : sign == '-' ? SubtractNumerics(a, b)
               : sign == '*' ? MultiplyNumerics(a, b)
               : sign == '/' ? DivideNumerics(a, b)
                             : RemainderNumerics(a, b);
    } catch (const Error&) {
      if (loud_) throw;
      return Outcome::kFailed;
    }
    if (node.next == nullptr && found == nullptr) return Outcome::kFound;
    return Next(node, NumberItem(result), found);
  }

  Outcome Signed(const PathNode& node, const PathItem& item, PathItems* found) {
    PathItems items;
    if (Collect(*node.left, item, true, items) == Outcome::kFailed) return Outcome::kFailed;
    Outcome outcome = Outcome::kNothing;
    for (const PathItem& one : items) {
      if (!one.view.IsNumber()) {
        if (found == nullptr && node.next == nullptr) continue;
        return Fail("2203B", fmt::format("operand of unary jsonpath operator {} is not a numeric value",
                                         node.kind == PathKind::kPlus ? '+' : '-'));
      }
      if (found == nullptr && node.next == nullptr) return Outcome::kFound;
      const PathItem value = node.kind == PathKind::kPlus ? one : NumberItem(NegateNumeric(NumericOf(one.view)));
      const Outcome next = Next(node, value, found);
      if (next == Outcome::kFailed) return next;
      if (next == Outcome::kFound) outcome = next;
      if (next == Outcome::kFound && found == nullptr) return next;
    }
    return outcome;
  }

  Outcome Method(const PathNode& node, const PathItem& item, PathItems* found, bool unwrap) {
    using enum PathKind;
    if (node.kind == kType) return Next(node, TextItem(PathTypeName(item.view)), found);
    if (node.kind == kSize) {
      if (!IsArray(item) && !path_.lax)
        return Mismatch("22039", "jsonpath item method .size() can only be applied to an array");
      return Next(node, NumberItem(std::to_string(IsArray(item) ? item.view.size() : 1)), found);
    }
    if (unwrap && IsArray(item)) return Unwrapped(node, item, found);
    if (node.kind == kKeyValue) return Members(node, item, found);
    if (node.kind == kDouble) return ToDouble(node, item, found);
    if (!item.view.IsNumber()) {
      return Fail("22036", fmt::format("jsonpath item method .{}() can only be applied to a numeric value",
                                       node.kind == kAbs     ? "abs"
                                       : node.kind == kFloor ? "floor"
                                                             : "ceiling"));
    }
    std::string number = NumericOf(item.view);
    if (node.kind == kFloor) number = FloorNumeric(number);
    if (node.kind == kCeiling) number = CeilNumeric(number);
    if (node.kind == kAbs && number.starts_with('-')) number.erase(0, 1);
    return Next(node, NumberItem(number), found);
  }

  Outcome ToDouble(const PathNode& node, const PathItem& item, PathItems* found) {
    if (item.view.IsNumber()) return Next(node, NumberItem(NumericOf(item.view)), found);
    if (item.view.kind() != NodeKind::kText)
      return Fail("22036", "jsonpath item method .double() can only be applied to a string or numeric value");
    const auto value = ParseDouble(item.view.AsText());
    if (!value || !std::isfinite(*value)) {
      return Fail("22036",
                  "string argument of jsonpath item method .double() is not a valid representation of a double "
                  "precision number");
    }
    return Next(node, NumberItem(NumericFromDouble(*value, 15)), found);
  }

  Outcome Members(const PathNode& node, const PathItem& item, PathItems* found) {
    if (!IsObject(item)) return Fail("2203C", "jsonpath item method .keyvalue() can only be applied to an object");
    // PostgreSQL's id is the place of the object in its bytes; only that of the whole document is known without them.
    if (item.view.bytes().data() != root_.view.bytes().data())
      throw Error(ErrorCode::kNotSupported, "not supported yet: .keyvalue() of an inner object",
                  "apply the path to that object, or use jsonb_each");
    PathItems members;
    DocumentBuilder builder;
    std::vector<std::pair<std::string_view, DocumentView>> pairs;
    for (size_t i = 0; i < item.view.size(); ++i) pairs.emplace_back(item.view.KeyAt(i), item.view.ValueAt(i));
    std::ranges::sort(pairs, [](const auto& a, const auto& b) {
      return a.first.size() != b.first.size() ? a.first.size() < b.first.size() : a.first < b.first;
    });
    Outcome outcome = Outcome::kNothing;
    for (const auto& [key, value] : pairs) {
      builder.BeginObject();
      builder.Key("id");
      builder.Int(0);
      builder.Key("key");
      builder.Text(key);
      builder.Key("value");
      builder.Copy(value);
      builder.EndObject();
      const Outcome one = Next(node, OwnedItem(builder.Finish()), found);
      if (one == Outcome::kFailed) return one;
      if (one == Outcome::kFound) outcome = one;
      if (one == Outcome::kFound && found == nullptr) return one;
    }
    return outcome;
  }

  // ---- Predicates ----

  Truth TestInside(const PathNode& node, const PathItem& item) {
    const PathItem before = std::exchange(current_, item);
    const Truth truth = Test(node, item);
    current_ = before;
    return truth;
  }

  Truth Test(const PathNode& node, const PathItem& item) {
    const Level level(*this);
    switch (node.kind) {
      case PathKind::kAnd: {
        const Truth left = Test(*node.left, item);
        if (left == Truth::kFalse) return left;
        const Truth right = Test(*node.right, item);
        return right == Truth::kTrue ? left : right;
      }
      case PathKind::kOr: {
        const Truth left = Test(*node.left, item);
        if (left == Truth::kTrue) return left;
        const Truth right = Test(*node.right, item);
        return right == Truth::kFalse ? left : right;
      }
      case PathKind::kNot: {
        const Truth truth = Test(*node.left, item);
        if (truth == Truth::kUnknown) return truth;
        return truth == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
      }
      case PathKind::kIsUnknown:
        return Test(*node.left, item) == Truth::kUnknown ? Truth::kTrue : Truth::kFalse;
      case PathKind::kExists: {
        PathItems items;
        if (CollectQuietly(*node.left, item, false, items) == Outcome::kFailed) return Truth::kUnknown;
        return items.empty() ? Truth::kFalse : Truth::kTrue;
      }
      default:
        return Pairs(node, item);
    }
  }

  // True where some pair of items of both sides is: in lax mode found as soon as there is one, in strict mode only
  // where no pair is unknown.
  Truth Pairs(const PathNode& node, const PathItem& item) {
    PathItems left, right;
    if (CollectQuietly(*node.left, item, true, left) == Outcome::kFailed) return Truth::kUnknown;
    const bool comparison = node.kind != PathKind::kStartsWith;
    if (node.right == nullptr) {
      right.emplace_back();
    } else if (CollectQuietly(*node.right, item, comparison, right) == Outcome::kFailed) {
      return Truth::kUnknown;
    }
    bool unknown = false, found = false;
    for (const PathItem& a : left) {
      for (const PathItem& b : right) {
        const Truth truth = Compare(node, a.view, b.view);
        if (truth == Truth::kUnknown && !path_.lax) return truth;
        if (truth == Truth::kTrue && path_.lax) return truth;
        unknown |= truth == Truth::kUnknown;
        found |= truth == Truth::kTrue;
      }
    }
    return found ? Truth::kTrue : unknown ? Truth::kUnknown : Truth::kFalse;
  }

  static Truth Compare(const PathNode& node, const DocumentView& a, const DocumentView& b) {
    using enum PathKind;
    if (node.kind == kStartsWith) {
      if (a.kind() != NodeKind::kText || b.kind() != NodeKind::kText) return Truth::kUnknown;
      return a.AsText().starts_with(b.AsText()) ? Truth::kTrue : Truth::kFalse;
    }
    if (node.kind == kLikeRegex) {
      if (a.kind() != NodeKind::kText) return Truth::kUnknown;
      return Regex::Get(node.text, node.regex_flags)->Matches(a.AsText()) ? Truth::kTrue : Truth::kFalse;
    }
    int order = 0;
    if (PathTypeName(a) != PathTypeName(b)) {
      // null differs from everything else, and nothing else compares.
      if (!a.IsNull() && !b.IsNull()) return Truth::kUnknown;
      return node.kind == kNotEqual ? Truth::kTrue : Truth::kFalse;
    }
    switch (a.kind()) {
      case NodeKind::kNull:
        break;
      case NodeKind::kBool:
        order = int{a.AsBool()} - int{b.AsBool()};
        break;
      case NodeKind::kInt:
      case NodeKind::kDouble: {
        const auto compared = CompareNumerics(NumericOf(a), NumericOf(b));
        order = compared < 0 ? -1 : compared > 0 ? 1 : 0;
        break;
      }
      case NodeKind::kText:
        order = a.AsText().compare(b.AsText());
        break;
      case NodeKind::kArray:
      case NodeKind::kObject:
        return Truth::kUnknown;
    }
    const bool truth = node.kind == kEqual         ? order == 0
                       : node.kind == kNotEqual    ? order != 0
                       : node.kind == kLess        ? order < 0
                       : node.kind == kLessOrEqual ? order <= 0
                       : node.kind == kGreater     ? order > 0
                                                   : order >= 0;
    return truth ? Truth::kTrue : Truth::kFalse;
  }

  const JsonPath& path_;
  const PathItem root_;
  PathItem current_;
  const DocumentView variables_;
  bool loud_;
  bool ignore_ = path_.lax;
  int64_t array_size_ = -1;
  size_t steps_ = 0, depth_ = 0;
};

}  // namespace

JsonPathAnswer RunJsonPath(const JsonPath& path, const DocumentView& target, const DocumentView& variables,
                           bool silent) {
  PathItems items;
  JsonPathAnswer answer;
  answer.failed = Runner(path, target, variables, silent).Run(&items) == Outcome::kFailed;
  for (const PathItem& item : items) answer.items.push_back(Document::Copy(item.view));
  return answer;
}

JsonPathPresence JsonPathExists(const JsonPath& path, const DocumentView& target, const DocumentView& variables,
                                bool silent) {
  const Outcome outcome = Runner(path, target, variables, silent).Run(nullptr);
  return {outcome == Outcome::kFound, outcome == Outcome::kFailed};
}

}  // namespace rem::sql
