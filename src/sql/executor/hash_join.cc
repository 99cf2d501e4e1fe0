#include <algorithm>

#include "sql/executor/cell_hash.h"
#include "sql/executor/key_table.h"
#include "sql/executor/lanes.h"
#include "sql/executor/pair_join.h"
#include "sql/executor/parallel_run.h"

namespace rem::sql {

namespace {

constexpr uint32_t kEnd = UINT32_MAX;
constexpr uint32_t kUnknown = UINT32_MAX - 1;
constexpr size_t kRowsBetweenChecks = 4096;

std::vector<LogicalType> TypesOf(const std::vector<ExprPtr>& exprs) {
  std::vector<LogicalType> types;
  for (const ExprPtr& expr : exprs) types.push_back(expr->type);
  return types;
}

// Right rows hang in a chain below their key; a left row's pairs are the chain of its key. NULL equals nothing, so rows
// with a NULL key are in no chain. Where NULLs match, they are in one of their own, which follows the chain of every
// key, and a left row with a NULL key meets all right rows.
class HashJoin : public PairJoin {
 public:
  HashJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right)
      : PairJoin(context, node, PlanOf(node).kind, PlanOf(node).conditions, std::move(left), std::move(right)),
        context_(context),
        node_(node),
        nulls_match_(PlanOf(node).nulls_match) {
    const FixedValues fixed = context.fixed();
    FindRightKeys(node);
    if (right_places_.empty()) AddPart(node);
    for (const ExprPtr& key : PlanOf(node).left_keys)
      left_keys_.push_back(Program::Compile(*key, node.input->layout, fixed));
    for (const ExprPtr& key : PlanOf(node).right_keys)
      right_keys_.push_back(Program::Compile(*key, node.right->layout, fixed));
  }

  /// Looks partners up in the table of another join of the same node.
  void Share(const HashJoin& built) {
    table_ = built.table_;
    Borrow(built);
  }

 private:
  // The keys of some hashes, which one thread collects.
  struct Part {
    Part(const ExecContext& context, std::vector<LogicalType> types)
        : keys(std::move(types)), memory(context, "join") {}

    void Add(std::span<const Column* const> cells, uint32_t row, uint64_t hash, std::vector<uint32_t>& next,
             size_t cell) {
      const uint32_t key = keys.FindOrAdd(cells, cell, hash);
      if (key == first.size()) {
        first.push_back(row);
        last.push_back(row);
      } else {
        next[last[key]] = row;
        last[key] = row;
      }
    }
    size_t memory_bytes() const {
      return keys.memory_bytes() + (first.capacity() + last.capacity()) * sizeof(uint32_t);
    }

    KeyTable keys;
    std::vector<uint32_t> first, last;  // Of each key's chain.
    MemoryUse memory;
  };
  struct Table {
    const Part& PartOf(uint64_t hash) const { return *parts[parts.size() == 1 ? 0 : NumberOf(hash, parts.size())]; }
    // By bits that say nothing of the place within a part.
    static size_t NumberOf(uint64_t hash, size_t parts) { return (hash >> 56) % parts; }

    std::vector<std::unique_ptr<Part>> parts;
    std::vector<uint32_t> next;       // For each right row.
    std::vector<uint32_t> null_rows;  // Right rows with a NULL key.
  };

  static const HashJoinPlan& PlanOf(const PhysicalNode& node) { return std::get<HashJoinPlan>(node.body); }

  void Evaluate(std::vector<Program>& keys, const ColumnBatch& batch) {
    cells_.clear();
    for (Program& key : keys) cells_.push_back(&key.Run(batch.columns, batch.rows, batch.row_numbers(), batch.count()));
  }
  bool HasNull(size_t row) const {
    return std::ranges::any_of(cells_, [&](const Column* column) { return column->IsNull(row); });
  }

  // Where all keys are columns, several threads can fill the table from the rows that were kept.
  void FindRightKeys(const PhysicalNode& node) {
    if (context_.pool == nullptr || context_.threads < 2 || context_.lane != nullptr) return;
    for (const ExprPtr& key : PlanOf(node).right_keys) {
      const auto place = key->kind == ExprKind::kColumn ? std::ranges::find(node.right->layout, key->column)
                                                        : node.right->layout.end();
      if (place == node.right->layout.end()) return right_places_.clear();
      right_places_.push_back(static_cast<size_t>(place - node.right->layout.begin()));
    }
  }

  void AddPart(const PhysicalNode& node) {
    own_.parts.push_back(std::make_unique<Part>(context_, TypesOf(PlanOf(node).right_keys)));
  }

  void AddRight(const ColumnBatch& batch, size_t first) override {
    if (!right_places_.empty()) return;
    Evaluate(right_keys_, batch);
    HashRows(cells_, batch.row_numbers(), batch.count(), hashes_);
    own_.next.resize(first + batch.count(), kEnd);
    for (size_t i = 0; i < batch.count(); ++i) {
      const auto row = static_cast<uint32_t>(first + i);
      if (!HasNull(batch.row(i))) {
        own_.parts[0]->Add(cells_, row, hashes_[i], own_.next, batch.row(i));
      } else if (nulls_match_) {
        own_.null_rows.push_back(row);
      }
    }
  }

  void FinishRight() override {
    if (right_places_.empty()) return;
    const size_t rows = right_rows().size();
    const size_t threads = ThreadsFor(context_, rows);
    cells_.clear();
    for (const size_t place : right_places_) cells_.push_back(&right_rows().column(place));
    for (size_t i = 0; i < threads; ++i) AddPart(node_);
    own_.next.assign(rows, kEnd);
    hashes_.resize(rows);
    for (size_t row = 0; nulls_match_ && row < rows; ++row)
      if (HasNull(row)) own_.null_rows.push_back(static_cast<uint32_t>(row));
    RunItems(context_, threads, threads, [&](size_t chunk) {
      for (size_t row = rows * chunk / threads; row < rows * (chunk + 1) / threads; ++row) {
        hashes_[row] = 0;
        for (const Column* column : cells_) hashes_[row] = HashCell(*column, row, hashes_[row]);
      }
    });
    RunItems(context_, threads, threads, [&](size_t part) { FillPart(part, rows); });
    if (threads > 1) context_.Note(node_, "threads that built", threads);
    hashes_ = {};
  }

  void FillPart(size_t number, size_t rows) {
    Part& part = *own_.parts[number];
    const size_t parts = own_.parts.size();
    for (size_t row = 0; row < rows; ++row) {
      if (row % kRowsBetweenChecks == 0) {
        context_.CheckEnd();
        part.memory.Set(part.memory_bytes());
      }
      if ((parts > 1 && Table::NumberOf(hashes_[row], parts) != number) || HasNull(row)) continue;
      part.Add(cells_, static_cast<uint32_t>(row), hashes_[row], own_.next, row);
    }
    part.memory.Set(part.memory_bytes());
  }

  void StartLeft(const ColumnBatch& batch) override {
    Evaluate(left_keys_, batch);
    chains_.resize(batch.count());
    if (cells_.size() == 1 && cells_[0]->codes() != nullptr) {
      FindChainsByCodes(batch);
    } else {
      HashRows(cells_, batch.row_numbers(), batch.count(), hashes_);
      for (size_t i = 0; i < batch.count(); ++i) chains_[i] = FindChain(batch.row(i), hashes_[i]);
    }
    left_ = 0;
    if (!nulls_match_) return;
    meets_all_.assign(batch.count(), 0);
    for (size_t i = 0; i < batch.count(); ++i) meets_all_[i] = HasNull(batch.row(i));
    more_ = 0;
  }

  uint32_t FindChain(size_t row, uint64_t hash) const {
    if (HasNull(row)) return kEnd;
    const Part& part = table_->PartOf(hash);
    const uint32_t key = part.keys.Find(cells_, row, hash);
    return key == KeyTable::kNone ? kEnd : part.first[key];
  }

  // Looks each cell of the dictionary up once.
  void FindChainsByCodes(const ColumnBatch& batch) {
    const CellCodes& codes = *cells_[0]->codes();
    if (dictionary_ != codes.dictionary) code_chains_.clear();
    dictionary_ = codes.dictionary;
    if (code_chains_.size() < codes.limit) code_chains_.resize(codes.limit, kUnknown);
    for (size_t i = 0; i < batch.count(); ++i) {
      const size_t row = batch.row(i);
      uint32_t& chain = code_chains_[codes.codes[row]];
      if (chain == kUnknown) chain = FindChain(row, HashCell(*cells_[0], row, 0));
      chains_[i] = chain;
    }
  }

  // Pairs of the left row with the rows that NULL lets match, from `more_` on; false when no further pair fits.
  bool PairNulls() {
    const bool all = meets_all_[left_] != 0;
    const size_t count = all ? right_rows().size() : table_->null_rows.size();
    while (more_ < count && !Settled(left_)) {
      const size_t next = more_++;
      if (!Pair(left_, all ? static_cast<uint32_t>(next) : table_->null_rows[next])) return false;
    }
    more_ = 0;
    return true;
  }

  void FindPairs() override {
    for (; left_ < left_count(); ++left_) {
      uint32_t& row = chains_[left_];
      while (row != kEnd && !Settled(left_)) {
        const uint32_t right = row;
        row = table_->next[row];
        if (!Pair(left_, right)) return;
      }
      if (nulls_match_ && !PairNulls()) return;
    }
  }

  // The parts count theirs where several threads fill them.
  size_t MoreMemory() const override {
    size_t bytes = (own_.next.capacity() + own_.null_rows.capacity()) * sizeof(uint32_t);
    if (right_places_.empty()) bytes += own_.parts[0]->memory_bytes();
    return bytes;
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  std::vector<Program> left_keys_, right_keys_;
  std::vector<size_t> right_places_;  // Of the keys in the right side's layout, where all are columns.
  Table own_;
  const Table* table_ = &own_;    // own_, or that of another join.
  std::vector<uint32_t> chains_;  // For each row of the left batch, what is left of its chain.
  // The chains of the cells of one dictionary, by their codes, where there is one key.
  uint64_t dictionary_ = 0;
  std::vector<uint32_t> code_chains_;
  size_t left_ = 0;
  const bool nulls_match_;
  std::vector<uint8_t> meets_all_;  // Rows of the left batch with a NULL key.
  size_t more_ = 0;
  std::vector<const Column*> cells_;
  std::vector<uint64_t> hashes_;
};

}  // namespace

OperatorPtr NewHashJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right) {
  auto join = std::make_unique<HashJoin>(context, node, std::move(left), std::move(right));
  if (context.lane != nullptr) {
    const auto& built = *context.lane->joins;
    if (const auto shared = built.find(&node); shared != built.end())
      join->Share(static_cast<const HashJoin&>(*shared->second));
  }
  return join;
}

OperatorPtr BuildHashTable(const ExecContext& context, const PhysicalNode& node) {
  auto join = std::make_unique<HashJoin>(context, node, nullptr, BuildOperators(context, *node.right));
  join->ReadRight();
  return join;
}

}  // namespace rem::sql
