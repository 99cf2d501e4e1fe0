#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"
#include "embedding/provider.h"
#include "store/embedding_batch.h"

namespace rem {

struct EmbeddingWorkerSettings {
  /// Of the texts that are read and embedded at once.
  size_t max_batch_bytes = size_t{1} << 20;
  /// A pause doubles with every failure in a row, from the first to the longest.
  int64_t first_pause_ms = 500;
  int64_t longest_pause_ms = 60'000;
  /// A text that fails so often is given up.
  uint8_t max_attempts = 5;
};

/// Embeds in the background what one tenant's writers left in the queue (embedding_queue.h), batch by batch and column
/// by column, without any lock while a provider works. One thread, started when there is something to do. A provider
/// may keep several requests of a batch under way and is done with them in any order: each one's vectors are stored at
/// once.
///
/// What fails decides what follows. While a provider is unavailable, its rows wait and nothing counts against them: the
/// worker tries again after a pause. Texts that fail or are refused together are taken apart until those that are to
/// blame are found; those are tried again later and then given up, or given up at once, and the others are done. Where
/// the first and the last one of them fail alone, the provider is taken to be at fault too, and pauses.
class EmbeddingWorker {
 public:
  EmbeddingWorker(TenantContext& context, TableRegistry& registry)
      : context_(context), registry_(registry), batches_(context, registry) {}
  ~EmbeddingWorker() { Stop(); }

  /// From the worker's next round on; for tests.
  void Configure(const EmbeddingWorkerSettings& settings);
  /// At open: goes on with what an earlier process left.
  void Start();
  /// There may be something to do, and it is to be tried now.
  void Wake();
  /// Waits until no live row waits. False when the time ran out.
  bool Wait(int64_t timeout_ms);
  /// Ends the thread for good, and a call of a provider that can be ended.
  void Stop();

  /// Whether a live row waits, by the stored queue, or a column is being filled anew.
  bool HasPending() const;

  struct State {
    // Since the database was opened:
    uint64_t embedded = 0;  ///< Vectors.
    uint64_t retried = 0;   ///< Failures after which more is tried.
    uint64_t given_up = 0;  ///< Rows.
    bool working = false;
    std::string last_error;  ///< Empty once all goes well.
    std::optional<int64_t> next_attempt_micros;
  };
  State state() const;

 private:
  using Clock = std::chrono::steady_clock;
  using ColumnKey = std::pair<TableId, ColumnNumber>;
  struct Pause {
    Clock::time_point until;
    uint32_t failures = 0;  ///< In a row.
  };
  struct Round {
    bool more = false;     ///< There is more to do at once.
    bool waiting = false;  ///< Something waits for its time.
    Clock::time_point wake = Clock::time_point::max();
  };
  static constexpr RowId kAllRows = UINT64_MAX;
  using Failure = std::optional<EmbeddingFailure>;
  /// Texts side by side that failed together.
  struct Failed {
    std::span<const PendingText> texts;
    EmbeddingFailure failure;
  };

  bool HasPending(const Table& table, const VectorColumn& column) const;
  void Run() noexcept;
  void WorkOnce(Round& round);
  void WorkColumn(const TablePtr& table, const VectorColumn& column, Round& round);
  /// Fills a shadow, and puts it in the place of its column when nothing is left to do.
  void WorkShadow(const TablePtr& table, const VectorColumn& shadow, Round& round);
  /// Nearly all of it is there.
  void FinishShadow(const TablePtr& table, const VectorColumn& shadow, Round& round);
  void EmbedBatch(const EmbeddingBatch& batch);
  /// Takes texts apart that failed together. False when nothing more is to be tried now.
  bool EmbedFailed(const EmbeddingBatch& batch, const Failed& failed);
  bool EmbedParts(const EmbeddingBatch& batch, std::span<const PendingText> texts);
  /// Embeds, and stores each vector as soon as it is there. Returns what failed.
  std::vector<Failed> TryEach(const EmbeddingBatch& batch, std::span<const PendingText> texts);
  /// The same; the first failure, if there is one.
  Failure Try(const EmbeddingBatch& batch, std::span<const PendingText> texts);
  /// One text fails alone.
  void Settle(const EmbeddingBatch& batch, const PendingText& text, const EmbeddingFailure& failure);
  /// It made some vectors.
  void NoteAnswer(const EmbeddingProvider* provider);
  /// It does not answer, asked for so many texts.
  void PauseProvider(const EmbeddingBatch& batch, size_t texts, const EmbeddingFailure& failure);
  /// With jitter, so that those who failed together do not come back together.
  int64_t PauseMs(uint32_t failures);
  void SetError(const std::string& error);

  TenantContext& context_;
  TableRegistry& registry_;
  EmbeddingBatches batches_;
  // Of the thread alone.
  EmbeddingWorkerSettings settings_;
  std::map<ColumnKey, RowId> cursors_;
  std::map<ColumnKey, RowId> filled_;  ///< The rows of a shadow up to here are in the queue; kAllRows: all.
  std::map<ColumnKey, int> passes_;    ///< Over a shadow's queue, since all of its rows are in it.
  std::map<const EmbeddingProvider*, Pause> pauses_;
  std::map<const EmbeddingProvider*, size_t> most_texts_;  ///< Of a batch, for providers that did not answer of late.
  Random random_ = Random::FromSystem();

  std::atomic<uint64_t> embedded_{0}, retried_{0}, given_up_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  EmbeddingWorkerSettings wanted_settings_;
  bool awake_ = false;
  bool idle_ = true;
  std::string last_error_;
  std::optional<int64_t> next_attempt_micros_;
  std::thread thread_;
};

}  // namespace rem
