#include "sql/executor/set_rows.h"

#include <algorithm>
#include <utility>

#include "sql/executor/cell_hash.h"
#include "sql/executor/parallel_run.h"

namespace rem::sql {

namespace {

constexpr size_t kRowsBetweenChecks = 4096;

}  // namespace

size_t SetRows::Part::memory_bytes() const {
  return keys.memory_bytes() + counts.capacity() * sizeof(uint64_t) + right_key.capacity() * sizeof(uint32_t) +
         entries.capacity() * sizeof(Entry);
}

SetRows::SetRows(const ExecContext& context, const PhysicalNode& node, size_t workers)
    : context_(context), plan_(std::get<SetOpPlan>(node.body)), memory_(context, "set operation") {
  for (const ColumnId id : node.layout) {
    types_.push_back(context.column(id).type);
    columns_.push_back(std::make_unique<Column>(types_.back()));
  }
  for (size_t i = 0; i < workers; ++i) {
    auto worker = std::make_unique<Worker>(context);
    for (size_t part = 0; part < workers; ++part) {
      worker->left.push_back(std::make_unique<Part>(types_));
      if (plan_.kind != SetKind::kUnion) worker->right.push_back(std::make_unique<Part>(types_));
    }
    workers_.push_back(std::move(worker));
  }
}

void SetRows::AddRight(size_t number, const ColumnBatch& batch) {
  Worker& worker = *workers_[number];
  HashRows(batch.columns, batch.row_numbers(), batch.count(), worker.hashes);
  for (size_t i = 0; i < batch.count(); ++i) {
    Part& part = *worker.right[PartOf(worker.hashes[i])];
    const uint32_t key = part.keys.FindOrAdd(batch.columns, batch.row(i), worker.hashes[i]);
    if (key == part.counts.size()) part.counts.push_back(0);
    ++part.counts[key];
  }
  CheckMemory(number);
}

void SetRows::FinishRight() {
  RunItems(context_, workers_.size(), workers_.size(), [this](size_t part) { MergeRight(part); });
  for (size_t i = 0; i < workers_.size(); ++i) {
    for (size_t part = 0; i > 0 && part < workers_.size(); ++part) workers_[i]->right[part].reset();
    CheckMemory(i);
  }
}

// Into the first worker's part.
void SetRows::MergeRight(size_t number) {
  Part& all = *workers_[0]->right[number];
  std::vector<const Column*> cells;
  for (size_t i = 1; i < workers_.size(); ++i) {
    const Part& part = *workers_[i]->right[number];
    cells.clear();
    for (size_t c = 0; c < part.keys.columns(); ++c) cells.push_back(&part.keys.column(c));
    for (size_t key = 0; key < part.keys.size(); ++key) {
      if (key % kRowsBetweenChecks == 0) context_.CheckEnd();
      const uint32_t into = all.keys.FindOrAdd(cells, key, part.keys.hash(key));
      if (into == all.counts.size()) all.counts.push_back(0);
      all.counts[into] += part.counts[key];
    }
  }
}

void SetRows::Add(size_t number, const ColumnBatch& batch, uint64_t order) {
  Worker& worker = *workers_[number];
  HashRows(batch.columns, batch.row_numbers(), batch.count(), worker.hashes);
  for (size_t i = 0; i < batch.count(); ++i)
    AddRow(number, PartOf(worker.hashes[i]), batch.columns, batch.row(i), worker.hashes[i], order + i);
  CheckMemory(number);
}

void SetRows::AddRow(size_t number, size_t place, std::span<const Column* const> cells, size_t row, uint64_t hash,
                     uint64_t order) {
  uint32_t right = KeyTable::kNone;
  if (plan_.kind != SetKind::kUnion) {
    // The right side only answers now, so all workers may ask.
    right = workers_[0]->right[place]->keys.Find(cells, row, hash);
    const bool found = right != KeyTable::kNone;
    if (plan_.kind == SetKind::kIntersect ? !found : found && !plan_.all) return;
  }
  Part& part = *workers_[number]->left[place];
  const uint32_t key = part.keys.FindOrAdd(cells, row, hash);
  const bool is_new = key == part.right_key.size();
  if (is_new) part.right_key.push_back(right);
  if (is_new || plan_.all)
    part.entries.push_back({order, static_cast<uint32_t>(number * workers_.size() + place), key});
}

void SetRows::Finish() {
  kept_.resize(workers_.size());
  RunItems(context_, workers_.size(), workers_.size(), [this](size_t part) { MergeLeft(part); });
  std::vector<Entry>& all = kept_[0];
  for (size_t i = 1; i < kept_.size(); ++i) {
    const auto middle = static_cast<std::ptrdiff_t>(all.size());
    all.insert(all.end(), kept_[i].begin(), kept_[i].end());
    kept_[i] = {};
    std::inplace_merge(all.begin(), all.begin() + middle, all.end(),
                       [](const Entry& a, const Entry& b) { return a.order < b.order; });
  }
  for (size_t i = 0; i < workers_.size(); ++i) CheckMemory(i);
  memory_.Set(all.capacity() * sizeof(Entry));
}

// In their order.
std::vector<SetRows::Entry> SetRows::EntriesOf(size_t number) {
  std::vector<Entry> entries;
  for (const auto& worker : workers_) {
    std::vector<Entry>& more = worker->left[number]->entries;
    const auto middle = static_cast<std::ptrdiff_t>(entries.size());
    entries.insert(entries.end(), more.begin(), more.end());
    more = {};
    std::inplace_merge(entries.begin(), entries.begin() + middle, entries.end(),
                       [](const Entry& a, const Entry& b) { return a.order < b.order; });
  }
  return entries;
}

void SetRows::MergeLeft(size_t number) {
  std::vector<Entry> entries = EntriesOf(number);
  if (plan_.kind == SetKind::kIntersect || plan_.all) {
    KeepByCount(number, entries);
  } else {
    KeepFirst(number, entries);
  }
  kept_[number] = std::move(entries);
}

// The first row of each key, of all workers. A key that several workers have is the one of the first of them, which the
// others look up; most keys of a large result are one worker's alone, and nothing is copied for them.
void SetRows::KeepFirst(size_t number, std::vector<Entry>& entries) {
  std::vector<std::vector<size_t>> place(workers_.size());
  std::vector<const Column*> cells;
  size_t places = 0;
  for (size_t i = 0; i < workers_.size(); ++i) {
    const KeyTable& keys = workers_[i]->left[number]->keys;
    cells.clear();
    for (size_t c = 0; c < keys.columns(); ++c) cells.push_back(&keys.column(c));
    for (size_t key = 0; key < keys.size(); ++key) {
      if (key % kRowsBetweenChecks == 0) context_.CheckEnd();
      uint32_t found = KeyTable::kNone;
      size_t other = 0;
      for (; other < i && found == KeyTable::kNone; ++other)
        found = workers_[other]->left[number]->keys.Find(cells, key, keys.hash(key));
      place[i].push_back(found == KeyTable::kNone ? places++ : place[other - 1][found]);
    }
  }
  std::vector<uint8_t> seen(places, 0);
  std::erase_if(entries, [&](const Entry& entry) {
    return std::exchange(seen[place[entry.part / workers_.size()][entry.key]], uint8_t{1}) != 0;
  });
}

// Each row that has a partner uses one up, or with INTERSECT alone all of them.
void SetRows::KeepByCount(size_t number, std::vector<Entry>& entries) {
  std::vector<uint64_t>& counts = workers_[0]->right[number]->counts;
  const bool wants_partner = plan_.kind == SetKind::kIntersect;
  std::erase_if(entries, [&](const Entry& entry) {
    const uint32_t right = workers_[entry.part / workers_.size()]->left[number]->right_key[entry.key];
    const bool has_partner = right != KeyTable::kNone && counts[right] > 0;
    if (has_partner) counts[right] = plan_.all ? counts[right] - 1 : 0;
    return has_partner != wants_partner;
  });
}

ColumnBatch* SetRows::Next() {
  const std::vector<Entry>& entries = kept_[0];
  const size_t count = std::min(context_.batch_rows, entries.size() - next_);
  if (count == 0) return nullptr;
  context_.CheckEnd();
  batch_.columns.clear();
  for (size_t c = 0; c < columns_.size(); ++c) {
    columns_[c]->Reset(count);
    for (size_t i = 0; i < count; ++i) {
      const Entry& entry = entries[next_ + i];
      const Part& part = *workers_[entry.part / workers_.size()]->left[entry.part % workers_.size()];
      columns_[c]->CopyCell(i, part.keys.column(c), entry.key);
    }
    batch_.columns.push_back(columns_[c].get());
  }
  next_ += count;
  batch_.rows = count;
  batch_.filtered = false;
  return &batch_;
}

void SetRows::CheckMemory(size_t number) {
  Worker& worker = *workers_[number];
  size_t bytes = worker.hashes.capacity() * sizeof(uint64_t);
  for (const auto& part : worker.left) bytes += part->memory_bytes();
  for (const auto& part : worker.right) bytes += part == nullptr ? 0 : part->memory_bytes();
  worker.memory.Set(bytes);
}

}  // namespace rem::sql
