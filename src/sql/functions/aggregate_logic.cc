#include "sql/functions/aggregate_rows.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// bool_and, bool_or, bit_and, bit_or, bit_xor: one operation over values.
template <typename T>
struct Folded {
  T value;
  bool any;
};
enum class Op { kAnd, kOr, kXor };

template <typename T, Op op>
void Fold(Folded<T>& folded, T value) {
  if (!folded.any) {
    folded = {value, true};
  } else if constexpr (op == Op::kAnd) {
    folded.value = static_cast<T>(folded.value & value);
  } else if constexpr (op == Op::kOr) {
    folded.value = static_cast<T>(folded.value | value);
  } else {
    folded.value = static_cast<T>(folded.value ^ value);
  }
}
template <typename T, Op op>
void Update(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const T* cells = in.data<T>();
  const size_t mask = in.row_mask();
  ForEachState<Folded<T>>(update, [&](Folded<T>& folded, size_t row) { Fold<T, op>(folded, cells[row & mask]); });
}
template <typename T, Op op>
void Merge(std::byte* into, const std::byte* from, Arena&, KernelFailure&) {
  const auto& other = StateOf<Folded<T>>(from);
  if (other.any) Fold<T, op>(*reinterpret_cast<Folded<T>*>(into), other.value);
}
template <typename T>
void Finish(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& folded = StateOf<Folded<T>>(state);
  if (!folded.any) return out.SetNull(row);
  out.data<T>()[row] = folded.value;
}

template <typename T, Op op>
void Add(std::vector<AggregateFunction>& out, std::string_view name, LogicalType type) {
  out.push_back({name, {type}, type, sizeof(Folded<T>), Update<T, op>, Merge<T, op>, Finish<T>});
}

}  // namespace

void AddLogicAggregates(std::vector<AggregateFunction>& out) {
  Add<uint8_t, Op::kAnd>(out, "bool_and", kBool);
  Add<uint8_t, Op::kAnd>(out, "every", kBool);
  Add<uint8_t, Op::kOr>(out, "bool_or", kBool);
  for (const LogicalType type : {kSmallInt, kInteger, kInt}) {
    Add<int64_t, Op::kAnd>(out, "bit_and", type);
    Add<int64_t, Op::kOr>(out, "bit_or", type);
    Add<int64_t, Op::kXor>(out, "bit_xor", type);
  }
}

}  // namespace rem::sql
