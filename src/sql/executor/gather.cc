#include "sql/executor/gather.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>

#include "base/thread_pool.h"
#include "sql/executor/lanes.h"
#include "sql/executor/row_store.h"
#include "sql/executor/statement_state.h"

namespace rem::sql {

namespace {

/// Ranges that may be read beyond the one that is shown, for each lane.
constexpr uint64_t kRangesAhead = 4;
/// What waits to be shown is about this at most, and this part of the statement's memory.
constexpr size_t kMostHeldBytes = size_t{32} << 20;
constexpr size_t kMostHeldShare = 8;
constexpr uint64_t kNoRange = UINT64_MAX;

// A batch that owns its cells.
struct HeldBatch {
  std::vector<std::unique_ptr<Column>> columns;
  ColumnBatch batch;
  size_t bytes = 0;
};

std::unique_ptr<HeldBatch> Hold(const ColumnBatch& batch) {
  auto held = std::make_unique<HeldBatch>();
  const size_t count = batch.count();
  for (const Column* from : batch.columns) {
    auto& column = held->columns.emplace_back(std::make_unique<Column>(from->type()));
    column->Reset(std::max<size_t>(count, 1));
    AppendCells(*column, 0, *from, batch.row_numbers(), count);
    if (const CellCodes* codes = from->codes()) {
      CellCodes& own = column->StartCodes();
      own.dictionary = codes->dictionary;
      own.limit = codes->limit;
      own.codes.resize(count);
      for (size_t i = 0; i < count; ++i) own.codes[i] = codes->codes[batch.row(i)];
    }
    held->bytes += column->memory_bytes();
    held->batch.columns.push_back(column.get());
  }
  held->batch.rows = count;
  return held;
}

// What the asking thread and those that help it share.
class SharedRead : public std::enable_shared_from_this<SharedRead> {
 public:
  SharedRead(const ExecContext& context, const PhysicalNode& node, const LaneShare& share)
      : context_(context),
        node_(node),
        share_(share),
        most_held_(std::min(kMostHeldBytes, context.statement->memory.limit_bytes() / kMostHeldShare)),
        memory_(std::in_place, context, "rows read ahead") {
    BuildJoins(context, node, joins_);
    AddLane(true);
  }

  ColumnBatch* Next();
  /// No thread works for it after this.
  void Close();

 private:
  // One copy of the operators, which one thread at a time moves on.
  struct ReadLane final : RowRanges {
    explicit ReadLane(SharedRead& shared) : read(shared) {}
    bool Take(Range& range) override { return read.TakeRange(*this, range); }

    SharedRead& read;
    Lane lane;
    ExecContext context;
    OperatorPtr input;
    bool running = false;
    bool ended = false;
    std::exception_ptr error;        // Instead of the next batch.
    uint64_t range = kNoRange;       // That it reads.
    ColumnBatch* pending = nullptr;  // Its batch, of that range, that nobody has taken yet.
  };
  struct Slot {
    ReadLane* lane = nullptr;
    bool done = false;  // No more batches will come.
    std::deque<std::unique_ptr<HeldBatch>> batches;
  };

  void AddLane(bool ramps);
  bool TakeRange(ReadLane& lane, RowRanges::Range& range);
  void EndRange(ReadLane& lane);
  void Help();
  void CallHelp();
  void Pull(ReadLane& lane, std::unique_lock<std::mutex>& lock);
  bool KeepPending(ReadLane& lane, std::unique_lock<std::mutex>& lock);
  bool Open(const ReadLane& lane) const;
  ReadLane* IdleLane() const;
  ColumnBatch* Show(ReadLane& lane);
  void LeaveMine();
  bool ReadAhead(std::unique_lock<std::mutex>& lock);

  const ExecContext& context_;
  const PhysicalNode& node_;
  const LaneShare share_;
  const size_t most_held_;
  std::map<const PhysicalNode*, OperatorPtr> joins_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<ReadLane>> lanes_;
  std::map<uint64_t, Slot> slots_;  // Of ranges that were taken and not shown to their end.
  uint64_t next_range_ = 0;         // To be taken.
  uint64_t shown_ = 0;              // The range that is shown.
  size_t held_ = 0;
  std::optional<MemoryUse> memory_;
  size_t tasks_ = 0;    // In the pool, or at work.
  size_t running_ = 0;  // Lanes that helpers move on.
  bool helped_ = false;
  bool no_help_ = false;
  bool closed_ = false;
  // The asking thread's: the lane whose batch it shows, and the batch that it shows.
  ReadLane* mine_ = nullptr;
  std::unique_ptr<HeldBatch> current_;
};

void SharedRead::AddLane(bool ramps) {
  auto lane = std::make_unique<ReadLane>(*this);
  lane->lane = {share_.scan, lane.get(), &joins_};
  lane->lane.ramps = ramps;
  lane->context = context_;
  lane->context.lane = &lane->lane;
  lane->input = BuildOperators(lane->context, node_);
  lanes_.push_back(std::move(lane));
}

// Called by the operators of a lane, in the thread that moves it on.
bool SharedRead::TakeRange(ReadLane& lane, RowRanges::Range& range) {
  const std::lock_guard lock(mutex_);
  EndRange(lane);
  if (closed_ || next_range_ == share_.ranges()) {
    // What comes now comes after all ranges, from one lane.
    lane.range = range.number = share_.ranges();
    return false;
  }
  const uint64_t number = next_range_++;
  lane.range = number;
  slots_[number].lane = &lane;
  range = share_.range(number);
  if (number > 0 && !helped_) {
    helped_ = true;
    while (lanes_.size() < share_.lanes) AddLane(false);
    context_.Note(node_, "threads", lanes_.size());
  }
  if (helped_) CallHelp();
  return true;
}

void SharedRead::EndRange(ReadLane& lane) {
  if (lane.range < share_.ranges()) slots_[lane.range].done = true;
  lane.range = kNoRange;
  changed_.notify_all();
}

// Whether a lane should be read ahead.
bool SharedRead::Open(const ReadLane& lane) const {
  if (no_help_ || closed_ || lane.ended || lane.error || held_ >= most_held_) return false;
  const uint64_t end = shown_ + kRangesAhead * share_.lanes;
  return lane.range != kNoRange ? lane.range < std::min(end, share_.ranges())
                                : next_range_ < std::min(end, share_.ranges());
}

SharedRead::ReadLane* SharedRead::IdleLane() const {
  const auto idle = std::ranges::find_if(lanes_, [this](const auto& lane) { return !lane->running && Open(*lane); });
  return idle == lanes_.end() ? nullptr : idle->get();
}

void SharedRead::CallHelp() {
  if (!helped_ || tasks_ + 1 >= lanes_.size() || IdleLane() == nullptr) return;
  ++tasks_;
  context_.pool->Submit([self = shared_from_this()] { self->Help(); });
}

// What a thread of the pool does.
void SharedRead::Help() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    ReadLane* lane = IdleLane();
    if (lane == nullptr) break;
    lane->running = true;
    ++running_;
    do {
      if (lane->pending == nullptr) Pull(*lane, lock);
    } while (Open(*lane) && KeepPending(*lane, lock));
    lane->running = false;
    --running_;
    changed_.notify_all();
  }
  --tasks_;
}

// Makes the lane's next batch the pending one.
void SharedRead::Pull(ReadLane& lane, std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  ColumnBatch* batch = nullptr;
  std::exception_ptr error;
  try {
    batch = lane.input->Next();
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  lane.pending = batch;
  lane.error = error;
  // An operator that knew that no row of a range would do has asked for none.
  if (batch != nullptr && lane.range == kNoRange) lane.range = share_.ranges();
  if (batch != nullptr || error) return changed_.notify_all();
  lane.ended = true;
  EndRange(lane);
}

// Moves the pending batch to those that wait. False where there is none, or no memory for it: then it stays.
bool SharedRead::KeepPending(ReadLane& lane, std::unique_lock<std::mutex>& lock) {
  if (lane.pending == nullptr) return false;
  lock.unlock();
  std::unique_ptr<HeldBatch> held = Hold(*lane.pending);
  lock.lock();
  try {
    memory_->Set(held_ + held->bytes);
  } catch (const Error&) {
    // Another operator needs the memory. One thread at a time can do without.
    memory_->Set(held_);
    no_help_ = true;
    return false;
  }
  held_ += held->bytes;
  lane.pending = nullptr;
  slots_[lane.range].batches.push_back(std::move(held));
  changed_.notify_all();
  return true;
}

void SharedRead::LeaveMine() {
  if (mine_ != nullptr) mine_->running = false;
  mine_ = nullptr;
}

ColumnBatch* SharedRead::Show(ReadLane& lane) {
  ColumnBatch* batch = lane.pending;
  // It stays valid, as no other thread moves the lane on.
  lane.pending = nullptr;
  return batch;
}

// Does what a helper would do, once, while a helper reads what is to be shown next.
bool SharedRead::ReadAhead(std::unique_lock<std::mutex>& lock) {
  LeaveMine();
  ReadLane* lane = IdleLane();
  if (lane == nullptr) return false;
  lane->running = true;
  if (lane->pending == nullptr) Pull(*lane, lock);
  if (Open(*lane)) KeepPending(*lane, lock);
  lane->running = false;
  return true;
}

ColumnBatch* SharedRead::Next() {
  std::unique_lock lock(mutex_);
  if (current_ != nullptr) {
    held_ -= current_->bytes;
    memory_->Set(held_);
    current_.reset();
    CallHelp();
  }
  for (;;) {
    const auto found = slots_.find(shown_);
    ReadLane* lane = nullptr;
    if (found != slots_.end()) {
      Slot& slot = found->second;
      if (!slot.batches.empty()) {
        current_ = std::move(slot.batches.front());
        slot.batches.pop_front();
        return &current_->batch;
      }
      if (slot.done) {
        slots_.erase(found);
        ++shown_;
        CallHelp();
        continue;
      }
      lane = slot.lane;
      if (lane->running && lane != mine_) {
        if (!ReadAhead(lock)) changed_.wait(lock);
        continue;
      }
    } else {
      // Nobody has begun the range: lanes that do not run are before it, or have not begun at all.
      if (mine_ != nullptr && !mine_->ended) lane = mine_;
      for (size_t i = 0; i < lanes_.size() && lane == nullptr; ++i)
        if (!lanes_[i]->running && !lanes_[i]->ended) lane = lanes_[i].get();
      if (lane == nullptr) {
        if (std::ranges::none_of(lanes_, [&](const auto& other) { return other->running && other.get() != mine_; }))
          return nullptr;
        changed_.wait(lock);
        continue;
      }
    }
    if (lane != mine_) LeaveMine();
    mine_ = lane;
    lane->running = true;
    if (lane->pending == nullptr && !lane->error) Pull(*lane, lock);
    if (lane->error && (lane->range == shown_ || lane->range == kNoRange)) std::rethrow_exception(lane->error);
    // What comes after all ranges comes from the lane that ends last, so that nobody begins another one.
    const bool last = lane->range == share_.ranges() && !slots_.contains(shown_);
    if (lane->pending != nullptr && (last || lane->range == shown_)) return Show(*lane);
  }
}

void SharedRead::Close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  changed_.wait(lock, [this] { return running_ == 0; });
  // Here and not where the last task lets go of this: they work with what the statement owns.
  lanes_.clear();
  slots_.clear();
  joins_.clear();
  memory_.reset();
}

class Gather : public Operator {
 public:
  Gather(const ExecContext& context, const PhysicalNode& node) : context_(context), node_(node) {}
  ~Gather() override {
    if (read_ != nullptr) read_->Close();
  }
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;

  ColumnBatch* Next() override {
    if (read_ == nullptr && alone_ == nullptr) Start();
    if (alone_ != nullptr) return alone_->Next();
    context_.CheckEnd();
    return read_->Next();
  }

 private:
  void Start() {
    if (const auto share = ShareOf(context_, node_)) {
      read_ = std::make_shared<SharedRead>(context_, node_, *share);
    } else {
      alone_ = BuildAlone(context_, node_);
    }
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  OperatorPtr alone_;
  std::shared_ptr<SharedRead> read_;
};

}  // namespace

bool MayGather(const ExecContext& context, const PhysicalNode& node) {
  if (context.pool == nullptr || context.threads < 2 || context.lane != nullptr) return false;
  const PhysicalNode* scan = ScanBelow(node);
  return scan != nullptr && std::holds_alternative<TableScanPlan>(scan->body);
}

OperatorPtr NewGather(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<Gather>(context, node);
}

}  // namespace rem::sql
