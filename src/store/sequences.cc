#include "store/sequences.h"

#include <limits>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/bytes.h"
#include "storage/key_codec.h"

namespace rem {
namespace {

// As many values as PostgreSQL logs ahead.
constexpr int64_t kValuesAhead = 32;

std::string TableKey(TableId table) {
  std::string out;
  AppendBig32(out, table);
  return out;
}

}  // namespace

std::string Sequences::StoredKey(const Key& key) const {
  return MetaKey(context_.tenant, MetaKind::kSequence, TableKey(key.first) + key.second);
}

Sequences::State& Sequences::Load(const Key& key) {
  const auto known = states_.find(key);
  if (known != states_.end()) return known->second;
  State state;
  std::string value;
  if (context_.engine->Get(Family::kMeta, StoredKey(key), value)) {
    std::string_view in = value;
    uint64_t bound = 0;
    if (!TakeFixed(in, bound))
      throw Error(ErrorCode::kCorruption, "A sequence is damaged", "restore the database from a backup");
    state.next = state.bound = static_cast<int64_t>(bound);
  }
  return states_.emplace(key, state).first->second;
}

void Sequences::Store(const Key& key, int64_t bound) {
  std::string value;
  AppendFixed(value, static_cast<uint64_t>(bound));
  Commit commit;
  commit.batch.Put(Family::kMeta, StoredKey(key), value);
  context_.commits->Run(commit);
}

int64_t Sequences::Next(TableId table, std::string_view column) {
  const std::lock_guard lock(mutex_);
  const Key key(table, column);
  State& state = Load(key);
  if (state.next > std::numeric_limits<int64_t>::max() - kValuesAhead) {
    throw Error(ErrorCode::kNumericOutOfRange, fmt::format("the sequence of column \"{}\" is used up", column),
                "make another table");
  }
  if (state.next >= state.bound) {
    Store(key, state.next + kValuesAhead);
    state.bound = state.next + kValuesAhead;
  }
  return state.next++;
}

void Sequences::Restart(TableId table, std::string_view column, int64_t next) {
  const std::lock_guard lock(mutex_);
  const Key key(table, column);
  State& state = Load(key);
  Store(key, next);
  state.next = state.bound = next;
}

void Sequences::Save() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, state] : states_) {
    if (state.bound == state.next) continue;
    Store(key, state.next);
    state.bound = state.next;
  }
}

void Sequences::Rename(TableId table, std::string_view from, std::string_view to) {
  const std::lock_guard lock(mutex_);
  const int64_t next = Load(Key(table, from)).next;
  Store(Key(table, to), next);
  states_[Key(table, to)] = {next, next};
}

void Sequences::AppendRemoval(TableId table, Batch& batch) {
  const std::lock_guard lock(mutex_);
  std::erase_if(states_, [&](const auto& entry) { return entry.first.first == table; });
  const std::string prefix = MetaKey(context_.tenant, MetaKind::kSequence, TableKey(table));
  batch.DeleteRange(Family::kMeta, prefix, PrefixEnd(prefix));
}

}  // namespace rem
