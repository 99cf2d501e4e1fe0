#include "sql/pipeline_cursors.h"

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/rows_result.h"

namespace rem::sql {

namespace {

size_t BytesOf(const Value& value) {
  size_t bytes = sizeof(Value);
  if (value.type() == LogicalType::kText || value.type() == LogicalType::kNumeric ||
      value.type() == LogicalType::kBytea)
    bytes += value.raw_text().size();
  if (value.type() == LogicalType::kJson) bytes += value.AsJson().bytes().size();
  if (value.type() == LogicalType::kVector) bytes += value.AsVector().size() * sizeof(float);
  if (!value.IsNull() && IsArray(value.type())) {
    for (const Value& item : value.AsArray()) bytes += BytesOf(item);
  }
  return bytes;
}

}  // namespace

void Cursors::Declare(const ast::DeclareCursor& declare, Result rows, bool in_transaction) {
  Cursor cursor;
  cursor.columns.assign(rows.columns().begin(), rows.columns().end());
  cursor.forward_only = declare.no_scroll;
  cursor.hold = declare.hold;
  cursor.in_transaction = in_transaction;
  cursor.number = next_number_++;
  size_t bytes = 0;
  while (rows.Next()) {
    std::vector<Value>& row = cursor.rows.emplace_back();
    for (size_t i = 0; i < cursor.columns.size(); ++i) {
      row.push_back(rows.Get(i));
      bytes += BytesOf(row.back());
    }
    if (bytes > kMaxBytes)
      throw Error(ErrorCode::kLimitExceeded, fmt::format("cursor \"{}\" would hold more than 256 MB", declare.name),
                  "read the query without a cursor, or fewer of its rows");
  }
  cursors_.emplace(declare.name, std::move(cursor));
}

Cursors::Cursor& Cursors::Find(const std::string& name) {
  const auto found = cursors_.find(name);
  if (found != cursors_.end()) return found->second;
  throw Error(ErrorCode::kNotFound, fmt::format("cursor \"{}\" does not exist", name), "DECLARE it in this transaction")
      .WithSqlState("34000");
}

Result Cursors::Fetch(const ast::FetchCursor& fetch) {
  using enum ast::FetchDirection;
  Cursor& cursor = Find(fetch.name);
  const auto size = static_cast<int64_t>(cursor.rows.size());
  const int64_t end = size + 1;
  // Beyond the ends there is nothing to tell counts apart, and sums of them stay small.
  int64_t count = std::clamp(fetch.count, -end, end);
  const bool single = fetch.direction == kAbsolute || fetch.direction == kRelative;
  int64_t last = cursor.position;
  if (fetch.direction == kBackward) count = -count;
  if (fetch.direction == kAbsolute) {
    last = count >= 0 ? count : std::max<int64_t>(end + count, 0);
  } else {
    last = std::clamp<int64_t>(cursor.position + count, 0, end);
  }
  const bool stays = !single && count == 0;
  const bool at_end = !single && count != 0 && last == cursor.position;
  if (cursor.forward_only && (last < cursor.position || count < 0)) {
    throw Error(ErrorCode::kInvalidArgument, "cursor can only scan forward",
                "Declare it with SCROLL option to enable backward scan.")
        .WithSqlState("55000");
  }
  // The rows from here to `last` are given, in this order.
  const int64_t first = single || stays ? last : last > cursor.position ? cursor.position + 1 : cursor.position - 1;
  cursor.position = last;
  std::vector<std::vector<Value>> rows;
  const int64_t step = last >= first ? 1 : -1;
  for (int64_t place = first; !at_end; place += step) {
    if (place >= 1 && place <= size) rows.push_back(cursor.rows[static_cast<size_t>(place - 1)]);
    if (place == last) break;
  }
  const auto given = static_cast<int64_t>(rows.size());
  if (fetch.move) return MakeRowsResult({}, {}, given);
  return MakeRowsResult(cursor.columns, rows, given);
}

void Cursors::Close(const std::string& name) {
  if (name.empty()) return cursors_.clear();
  Find(name);
  cursors_.erase(name);
}

auto Cursors::FindSavepoint(const std::string& name) {
  return std::find_if(savepoints_.rbegin(), savepoints_.rend(), [&](const auto& one) { return one.first == name; });
}

void Cursors::Release(const std::string& name) {
  const auto found = FindSavepoint(name);
  if (found != savepoints_.rend()) savepoints_.erase(std::next(found).base(), savepoints_.end());
}

void Cursors::RollbackTo(const std::string& name) {
  const auto found = FindSavepoint(name);
  if (found == savepoints_.rend()) return;
  const uint64_t from = found->second;
  std::erase_if(cursors_, [&](const auto& one) { return one.second.in_transaction && one.second.number >= from; });
  savepoints_.erase(found.base(), savepoints_.end());
}

void Cursors::Commit() {
  std::erase_if(cursors_, [](const auto& one) { return !one.second.hold; });
  for (auto& [name, cursor] : cursors_) cursor.in_transaction = false;
  savepoints_.clear();
}

void Cursors::Rollback() {
  std::erase_if(cursors_, [](const auto& one) { return one.second.in_transaction; });
  savepoints_.clear();
}

}  // namespace rem::sql
