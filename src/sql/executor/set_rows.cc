#include "sql/executor/set_rows.h"

#include <algorithm>
#include <utility>

#include "sql/executor/cell_hash.h"
#include "sql/executor/parallel_run.h"

namespace rem::sql {

namespace {

constexpr size_t kRowsBetweenChecks = 4096;

}  // namespace

size_t SetRows::Part::memory_bytes() const { return keys.memory_bytes() + entries.capacity() * sizeof(Entry); }

SetRows::SetRows(const ExecContext& context, const PhysicalNode& node, size_t workers)
    : context_(context), memory_(context, "set operation") {
  for (const ColumnId id : node.layout) {
    types_.push_back(context.column(id).type);
    columns_.push_back(std::make_unique<Column>(types_.back()));
  }
  for (size_t i = 0; i < workers; ++i) {
    auto worker = std::make_unique<Worker>(context);
    for (size_t part = 0; part < workers; ++part) worker->parts.push_back(std::make_unique<Part>(types_));
    workers_.push_back(std::move(worker));
  }
}

void SetRows::Add(size_t number, const ColumnBatch& batch, uint64_t order) {
  Worker& worker = *workers_[number];
  HashRows(batch.columns, batch.row_numbers(), batch.count(), worker.hashes);
  for (size_t i = 0; i < batch.count(); ++i) {
    const size_t place = PartOf(worker.hashes[i]);
    Part& part = *worker.parts[place];
    const size_t known = part.keys.size();
    const uint32_t key = part.keys.FindOrAdd(batch.columns, batch.row(i), worker.hashes[i]);
    if (key == known) part.entries.push_back({order + i, static_cast<uint32_t>(number * workers_.size() + place), key});
  }
  CheckMemory(number);
}

void SetRows::Finish() {
  kept_.resize(workers_.size());
  RunItems(context_, workers_.size(), workers_.size(), [this](size_t part) { MergePart(part); });
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
    std::vector<Entry>& more = worker->parts[number]->entries;
    const auto middle = static_cast<std::ptrdiff_t>(entries.size());
    entries.insert(entries.end(), more.begin(), more.end());
    more = {};
    std::inplace_merge(entries.begin(), entries.begin() + middle, entries.end(),
                       [](const Entry& a, const Entry& b) { return a.order < b.order; });
  }
  return entries;
}

void SetRows::MergePart(size_t number) {
  std::vector<Entry> entries = EntriesOf(number);
  KeepFirst(number, entries);
  kept_[number] = std::move(entries);
}

// The first row of each key, of all workers. A key that several workers have is the one of the first of them, which the
// others look up; most keys of a large result are one worker's alone, and nothing is copied for them.
void SetRows::KeepFirst(size_t number, std::vector<Entry>& entries) {
  std::vector<std::vector<size_t>> place(workers_.size());
  std::vector<const Column*> cells;
  size_t places = 0;
  for (size_t i = 0; i < workers_.size(); ++i) {
    const KeyTable& keys = workers_[i]->parts[number]->keys;
    cells.clear();
    for (size_t c = 0; c < keys.columns(); ++c) cells.push_back(&keys.column(c));
    for (size_t key = 0; key < keys.size(); ++key) {
      if (key % kRowsBetweenChecks == 0) context_.CheckEnd();
      uint32_t found = KeyTable::kNone;
      size_t other = 0;
      for (; other < i && found == KeyTable::kNone; ++other)
        found = workers_[other]->parts[number]->keys.Find(cells, key, keys.hash(key));
      place[i].push_back(found == KeyTable::kNone ? places++ : place[other - 1][found]);
    }
  }
  std::vector<uint8_t> seen(places, 0);
  std::erase_if(entries, [&](const Entry& entry) {
    return std::exchange(seen[place[entry.part / workers_.size()][entry.key]], uint8_t{1}) != 0;
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
      const Part& part = *workers_[entry.part / workers_.size()]->parts[entry.part % workers_.size()];
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
  for (const auto& part : worker.parts) bytes += part->memory_bytes();
  worker.memory.Set(bytes);
}

}  // namespace rem::sql
