#include <cmath>

#include "sql/functions/map.h"
#include "types/compare.h"

namespace rem::sql {

namespace {

using enum LogicalType;

enum class Op { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

template <Op op>
constexpr bool Holds(std::strong_ordering order) {
  if constexpr (op == Op::kEqual) return order == 0;
  if constexpr (op == Op::kNotEqual) return order != 0;
  if constexpr (op == Op::kLess) return order < 0;
  if constexpr (op == Op::kLessOrEqual) return order <= 0;
  if constexpr (op == Op::kGreater) return order > 0;
  return order >= 0;
}

template <Op op, typename T>
uint8_t Compare(const T& a, const T& b) {
  if constexpr (op == Op::kEqual) return a == b;
  if constexpr (op == Op::kNotEqual) return a != b;
  if constexpr (op == Op::kLess) return a < b;
  if constexpr (op == Op::kLessOrEqual) return a <= b;
  if constexpr (op == Op::kGreater) return a > b;
  return a >= b;
}

// Two comparisons of C++ make the order in which NaN is greatest, without a branch.
template <Op op>
uint8_t CompareDouble(const double& a, const double& b) {
  const bool a_nan = a != a, b_nan = b != b;
  const bool less = a < b || (b_nan && !a_nan);
  const bool equal = a == b || (a_nan && b_nan);
  if constexpr (op == Op::kEqual) return equal;
  if constexpr (op == Op::kNotEqual) return !equal;
  if constexpr (op == Op::kLess) return less;
  if constexpr (op == Op::kLessOrEqual) return less || equal;
  if constexpr (op == Op::kGreater) return !less && !equal;
  return !less;
}
template <Op op>
uint8_t CompareMixed(const int64_t& a, const double& b) {
  return Holds<op>(CompareIntDouble(a, b));
}
template <Op op>
uint8_t CompareMixedSwapped(const double& a, const int64_t& b) {
  return Holds<op>(0 <=> CompareIntDouble(b, a));
}
template <Op op>
uint8_t CompareJson(const DocumentView& a, const DocumentView& b) {
  return Holds<op>(CompareDocuments(a, b));
}

// A value reached by a path against a plain value: JSON null is NULL; a value of another kind differs and has no order.
template <Op op>
void Unlike(KernelCall& call, size_t row, uint8_t& out) {
  out = op == Op::kNotEqual;
  if (op != Op::kEqual && op != Op::kNotEqual) call.out->SetNull(row);
}
template <Op op>
void CompareNodeText(KernelCall& call, size_t row, const DocumentView& a, std::string_view b, uint8_t& out) {
  const NodeKind kind = a.kind();
  if (kind == NodeKind::kText) {
    out = Holds<op>(a.AsText().compare(b) <=> 0);
  } else if (kind == NodeKind::kNull) {
    call.out->SetNull(row);
  } else {
    Unlike<op>(call, row, out);
  }
}
template <Op op>
void CompareNodeInt(KernelCall& call, size_t row, const DocumentView& a, int64_t b, uint8_t& out) {
  switch (a.kind()) {
    case NodeKind::kInt:
      out = Holds<op>(a.AsInt() <=> b);
      break;
    case NodeKind::kDouble:
      out = Holds<op>(0 <=> CompareIntDouble(b, a.AsDouble()));
      break;
    case NodeKind::kNull:
      call.out->SetNull(row);
      break;
    default:
      Unlike<op>(call, row, out);
  }
}
template <Op op>
void CompareNodeDouble(KernelCall& call, size_t row, const DocumentView& a, double b, uint8_t& out) {
  switch (a.kind()) {
    case NodeKind::kInt:
      out = Holds<op>(CompareIntDouble(a.AsInt(), b));
      break;
    case NodeKind::kDouble:
      out = Holds<op>(CompareDoubles(a.AsDouble(), b));
      break;
    case NodeKind::kNull:
      call.out->SetNull(row);
      break;
    default:
      Unlike<op>(call, row, out);
  }
}
template <Op op>
void CompareNodeBool(KernelCall& call, size_t row, const DocumentView& a, uint8_t b, uint8_t& out) {
  const NodeKind kind = a.kind();
  if (kind == NodeKind::kBool) {
    out = Holds<op>(int{a.AsBool()} <=> int{b});
  } else if (kind == NodeKind::kNull) {
    call.out->SetNull(row);
  } else {
    Unlike<op>(call, row, out);
  }
}

// Types that are compared less often go by CompareCells.
template <Op op>
void CompareAny(KernelCall& call) {
  uint8_t* out = call.out->data<uint8_t>();
  ForEachRow(call, [&](size_t row) { out[row] = Holds<op>(CompareCells(*call.in[0], row, *call.in[1], row) <=> 0); });
}

template <Op op>
void AddOperator(std::vector<Function>& out, std::string_view name) {
  const auto add = [&](LogicalType a, LogicalType b, Kernel kernel) { out.push_back({name, {a, b}, kBool, kernel}); };
  add(kBool, kBool, Map<Compare<op, uint8_t>, uint8_t, uint8_t, uint8_t>);
  add(kInt, kInt, Map<Compare<op, int64_t>, uint8_t, int64_t, int64_t>);
  for (const LogicalType type : {kSmallInt, kInteger, kTimestamp, kDate, kTime, kLocalTimestamp})
    add(type, type, Map<Compare<op, int64_t>, uint8_t, int64_t, int64_t>);
  for (const LogicalType type : {kNumeric, kInterval, kVector}) add(type, type, CompareAny<op>);
  out.push_back({name, {ArrayOf(kAnyElement), ArrayOf(kAnyElement)}, kBool, CompareAny<op>});
  add(kReal, kReal, Map<CompareDouble<op>, uint8_t, double, double>);
  add(kBytea, kBytea, Map<Compare<op, std::string_view>, uint8_t, std::string_view, std::string_view>);
  add(kDouble, kDouble, Map<CompareDouble<op>, uint8_t, double, double>);
  add(kInt, kDouble, Map<CompareMixed<op>, uint8_t, int64_t, double>);
  add(kDouble, kInt, Map<CompareMixedSwapped<op>, uint8_t, double, int64_t>);
  add(kText, kText, Map<Compare<op, std::string_view>, uint8_t, std::string_view, std::string_view>);
  add(kUuid, kUuid, Map<Compare<op, Uuid>, uint8_t, Uuid, Uuid>);
  add(kJson, kJson, Map<CompareJson<op>, uint8_t, DocumentView, DocumentView>);
  add(kJson, kText, MapFull<CompareNodeText<op>, uint8_t, DocumentView, std::string_view>);
  add(kJson, kInt, MapFull<CompareNodeInt<op>, uint8_t, DocumentView, int64_t>);
  add(kJson, kDouble, MapFull<CompareNodeDouble<op>, uint8_t, DocumentView, double>);
  add(kJson, kBool, MapFull<CompareNodeBool<op>, uint8_t, DocumentView, uint8_t>);
}

}  // namespace

void AddComparisonFunctions(std::vector<Function>& out) {
  AddOperator<Op::kEqual>(out, "=");
  AddOperator<Op::kNotEqual>(out, "<>");
  AddOperator<Op::kLess>(out, "<");
  AddOperator<Op::kLessOrEqual>(out, "<=");
  AddOperator<Op::kGreater>(out, ">");
  AddOperator<Op::kGreaterOrEqual>(out, ">=");
}

}  // namespace rem::sql
