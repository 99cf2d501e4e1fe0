#include <algorithm>
#include <numeric>
#include <optional>

#include "sql/executor/parallel_run.h"
#include "sql/executor/sort_run.h"
#include "sql/executor/window_call.h"

namespace rem::sql {

namespace {

constexpr size_t kRowsBetweenMemoryChecks = 1024;
/// Enough parts that a thread which was late or slow leaves its share to the others.
constexpr size_t kPartsPerThread = 4;

std::vector<SortKey> PartitionKeys(const LogicalWindow& window) {
  std::vector<SortKey> keys;
  for (const ColumnId column : window.partition) keys.push_back({column, false, false});
  return keys;
}

std::vector<SortKey> AllKeys(const LogicalWindow& window) {
  std::vector<SortKey> keys = PartitionKeys(window);
  keys.insert(keys.end(), window.order.begin(), window.order.end());
  return keys;
}

// The end of the rows from `begin` on that are equal by `order`.
size_t PeersEnd(const RowOrder& order, std::span<const Column* const> columns, std::span<const uint32_t> rows,
                size_t begin) {
  size_t end = begin + 1;
  while (end < rows.size() && order.Compare(columns, rows[begin], columns, rows[end]) == 0) ++end;
  return end;
}

// The calls of a window over some partitions, which one thread computes.
class WindowPart {
 public:
  WindowPart(const ExecContext& context, const LogicalWindow& window, std::span<const ColumnId> layout)
      : memory_(context, "window"), by_order_(window.order, layout) {
    for (const WindowCall& call : window.calls)
      calls_.push_back(std::make_unique<RunningWindowCall>(context, call, window, layout));
  }

  /// Room for the results of `rows` rows.
  void Start(size_t rows) {
    for (const auto& call : calls_) call->Start(rows);
    CountMemory();
  }

  /// Results of the partition's rows from `begin` on are written at the places that `results` lists.
  void Run(std::span<const uint32_t> rows, size_t begin, std::span<const uint32_t> results,
           std::span<const Column* const> columns) {
    partition_.rows = rows;
    partition_.begin = begin;
    partition_.end = begin + results.size();
    partition_.results = results;
    partition_.group.clear();
    partition_.group_begin.clear();
    for (size_t at = 0; at < rows.size();) {
      const size_t end = PeersEnd(by_order_, columns, rows, at);
      partition_.group.insert(partition_.group.end(), end - at, static_cast<uint32_t>(partition_.group_begin.size()));
      partition_.group_begin.push_back(static_cast<uint32_t>(at));
      at = end;
    }
    partition_.group_begin.push_back(static_cast<uint32_t>(rows.size()));
    for (const auto& call : calls_) call->Run(partition_, columns);
    uncounted_ += rows.size();
    if (uncounted_ < kRowsBetweenMemoryChecks) return;
    uncounted_ = 0;
    CountMemory();
  }

  const Column& results(size_t call) const { return calls_[call]->results(); }

 private:
  void CountMemory() {
    size_t bytes = (partition_.group.capacity() + partition_.group_begin.capacity()) * sizeof(uint32_t);
    for (const auto& call : calls_) bytes += call->memory_bytes();
    memory_.Set(bytes);
  }

  MemoryUse memory_;
  RowOrder by_order_;
  std::vector<std::unique_ptr<RunningWindowCall>> calls_;
  WindowPartition partition_;
  size_t uncounted_ = 0;
};

// Keeps all rows, sorts them by partition and order, and computes the calls partition by partition.
class Window : public Operator {
 public:
  Window(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        node_(node),
        window_(std::get<WindowPlan>(node.body).window),
        input_(std::move(input)),
        memory_(context, "window") {}

  ColumnBatch* Next() override {
    if (!done_) RunAll();
    if (next_ == rows_.size()) return nullptr;
    const size_t count = std::min(context_.batch_rows, rows_.size() - next_);
    sorted_->run(0).rows().Show(std::span(rows_).subspan(next_, count), batch_);
    batch_.columns.insert(batch_.columns.end(), results_.begin(), results_.end());
    next_ += count;
    return &batch_;
  }

 private:
  void RunAll() {
    done_ = true;
    // Tells what is wrong with the frames, also where there are no rows.
    parts_.push_back(std::make_unique<WindowPart>(context_, window_, node_.input->layout));
    std::vector<std::unique_ptr<SortRun>> runs;
    runs.push_back(std::make_unique<SortRun>(context_, node_.input->layout, "window"));
    uint64_t rows = 0;
    for (const ColumnBatch* batch; (batch = input_->Next()) != nullptr; rows += batch->count())
      runs[0]->Add(*batch, rows);
    input_.reset();
    sorted_.emplace(context_, node_.input->layout, AllKeys(window_), std::move(runs));
    rows_ = sorted_->TakeOrder();
    sorted_->run(0).rows().Show({}, batch_);
    columns_ = batch_.columns;
    FindPartitions();
    memory_.Set(rows_.capacity() * sizeof(uint32_t) + begins_.capacity() * sizeof(size_t));
    const size_t threads = ThreadsFor(context_, rows_.size());
    if (threads < 2) {
      RunByOne();
    } else {
      RunByThreads(threads);
    }
  }

  void FindPartitions() {
    const RowOrder by_partition(PartitionKeys(window_), node_.input->layout);
    for (size_t begin = 0; begin < rows_.size();) {
      begins_.push_back(begin);
      begin += PeersEnd(by_partition, columns_, std::span(rows_).subspan(begin), 0);
    }
    begins_.push_back(rows_.size());
  }

  std::span<const uint32_t> Partition(size_t i) const {
    return std::span(rows_).subspan(begins_[i], begins_[i + 1] - begins_[i]);
  }

  void RunByOne() {
    WindowPart& part = *parts_[0];
    part.Start(rows_.size());
    for (size_t i = 0; i + 1 < begins_.size(); ++i) part.Run(Partition(i), 0, Partition(i), columns_);
    for (size_t call = 0; call < window_.calls.size(); ++call) results_.push_back(&part.results(call));
  }

  // The places of all rows at which the parts begin, with the end behind the last one: whole partitions, but for the
  // large ones.
  std::vector<size_t> Cut(size_t threads) const {
    const size_t few = rows_.size() / (threads * kPartsPerThread) + 1, many = rows_.size() / threads + 1;
    std::vector<size_t> cuts = {0};
    const auto cut = [&](size_t at) {
      if (at > cuts.back()) cuts.push_back(at);
    };
    for (size_t i = 0; i + 1 < begins_.size(); ++i) {
      const size_t begin = begins_[i], end = begins_[i + 1];
      if (end - begin > many) {
        for (size_t at = begin; at < end; at += many) cut(at);
        cut(end);
      } else if (end - cuts.back() >= few) {
        cut(end);
      }
    }
    cut(rows_.size());
    return cuts;
  }

  void RunPart(WindowPart& part, size_t begin, size_t end, std::span<const uint32_t> places) {
    part.Start(end - begin);
    auto i = static_cast<size_t>(std::ranges::upper_bound(begins_, begin) - begins_.begin()) - 1;
    for (size_t at = begin; at < end; ++i) {
      const size_t stop = std::min(end, begins_[i + 1]);
      part.Run(Partition(i), at - begins_[i], places.subspan(at - begin, stop - at), columns_);
      at = stop;
    }
  }

  // Each thread writes to columns of its own, from which the results are put where their rows are.
  void RunByThreads(size_t threads) {
    const std::vector<size_t> cuts = Cut(threads);
    size_t most_rows = 0;
    for (size_t part = 0; part + 1 < cuts.size(); ++part) most_rows = std::max(most_rows, cuts[part + 1] - cuts[part]);
    std::vector<uint32_t> places(most_rows);
    std::iota(places.begin(), places.end(), 0);
    while (parts_.size() + 1 < cuts.size())
      parts_.push_back(std::make_unique<WindowPart>(context_, window_, node_.input->layout));
    RunItems(context_, threads, parts_.size(),
             [&](size_t part) { RunPart(*parts_[part], cuts[part], cuts[part + 1], places); });
    context_.Note(node_, "threads", threads);
    for (size_t call = 0; call < window_.calls.size(); ++call) {
      auto& column = all_results_.emplace_back(std::make_unique<Column>(parts_[0]->results(call).type()));
      column->Grow(rows_.size());
      for (size_t part = 0; part < parts_.size(); ++part) {
        const size_t first_row = cuts[part], end_row = cuts[part + 1];
        for (size_t i = first_row; i < end_row; ++i)
          column->CopyCell(rows_[i], parts_[part]->results(call), i - first_row);
      }
      results_.push_back(column.get());
    }
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const LogicalWindow& window_;
  OperatorPtr input_;
  std::optional<SortedRows> sorted_;
  MemoryUse memory_;
  std::vector<uint32_t> rows_;  // In the window's order.
  std::vector<size_t> begins_;  // Of the partitions in it, with the end behind the last one.
  std::vector<const Column*> columns_;
  std::vector<std::unique_ptr<WindowPart>> parts_;
  std::vector<std::unique_ptr<Column>> all_results_;
  std::vector<const Column*> results_;
  bool done_ = false;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewWindow(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Window>(context, node, std::move(input));
}

}  // namespace rem::sql
