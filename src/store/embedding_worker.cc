#include "store/embedding_worker.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include <rem/error.h>

#include "base/check.h"
#include "storage/key_codec.h"
#include "store/row_vectors.h"
#include "store/vector_indexes.h"

namespace rem {
namespace {

// A provider that asks for a longer pause is asked again sooner.
constexpr int64_t kLongestRetryAfterMs = 3'600'000;
constexpr std::chrono::seconds kPauseOfEngine{1};
// Between two looks at whether an index is made.
constexpr std::chrono::milliseconds kPauseOfIndex{50};
constexpr int64_t kLongestWaitMs = int64_t{365} * 24 * 3600 * 1000;

EmbeddingFailure::Kind KindOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kInvalidText:
    case ErrorCode::kLimitExceeded:
    case ErrorCode::kValidation:
      return EmbeddingFailure::Kind::kRefused;
    default:
      return EmbeddingFailure::Kind::kUnavailable;
  }
}

}  // namespace

void EmbeddingWorker::Configure(const EmbeddingWorkerSettings& settings) {
  std::lock_guard lock(mutex_);
  wanted_settings_ = settings;
}

void EmbeddingWorker::Start() {
  if (!context_.read_only && HasPending()) Wake();
}

bool EmbeddingWorker::HasPending() const {
  const CatalogPtr catalog = registry_.catalog();  // Kept: definitions may change meanwhile.
  for (const TablePtr& table : catalog->tables()) {
    for (const VectorColumn& column : table->vectors) {
      if (column.shadow || HasPending(*table, column)) return true;
    }
  }
  return false;
}

bool EmbeddingWorker::HasPending(const Table& table, const VectorColumn& column) const {
  const std::string prefix = EmbeddingPrefix(MetaKind::kPendingEmbedding, table.tenant, table.id, column.number);
  auto it = context_.engine->Scan(Family::kMeta, {.lower = prefix, .upper = PrefixEnd(prefix)});
  it->SeekToFirst();
  return it->Valid();
}

void EmbeddingWorker::Wake() {
  std::lock_guard lock(mutex_);
  if (stopping_ || context_.read_only) return;
  awake_ = true;
  idle_ = false;
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.notify_all();
}

bool EmbeddingWorker::Wait(int64_t timeout_ms) {
  if (context_.read_only) return !HasPending();
  timeout_ms = std::clamp<int64_t>(timeout_ms, 0, kLongestWaitMs);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return idle_ || stopping_; });
  return idle_;
}

void EmbeddingWorker::Stop() {
  std::thread thread;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

EmbeddingWorker::State EmbeddingWorker::state() const {
  std::lock_guard lock(mutex_);
  return {embedded_.load(), retried_.load(), given_up_.load(), !idle_, last_error_, next_attempt_micros_};
}

void EmbeddingWorker::SetError(const std::string& error) {
  std::lock_guard lock(mutex_);
  last_error_ = error;
}

void EmbeddingWorker::Run() noexcept {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    awake_ = false;
    settings_ = wanted_settings_;
    next_attempt_micros_.reset();
    lock.unlock();
    Round round;
    try {
      WorkOnce(round);
    } catch (const std::exception& error) {
      // The engine's: what is wrong with it shows where it is used for an answer. The queue loses nothing.
      round.waiting = true;
      round.wake = Clock::now() + kPauseOfEngine;
      SetError(error.what());
    }
    lock.lock();
    if (round.more || awake_) continue;
    idle_ = !round.waiting;
    changed_.notify_all();
    const auto woken = [&] { return awake_ || stopping_; };
    if (idle_) {
      changed_.wait(lock, woken);
      continue;
    }
    const auto pause = std::min(round.wake - Clock::now(), Clock::duration(std::chrono::minutes(1)));
    next_attempt_micros_ =
        context_.clock->NowMicros() + std::chrono::duration_cast<std::chrono::microseconds>(pause).count();
    changed_.wait_for(lock, pause, woken);
  }
}

void EmbeddingWorker::WorkOnce(Round& round) {
  const CatalogPtr catalog = registry_.catalog();  // Kept: definitions may change meanwhile.
  for (const TablePtr& table : catalog->tables()) {
    for (const VectorColumn& column : table->vectors) {
      if (stopping_) return;
      if (column.provider == nullptr) continue;
      if (column.shadow) {
        WorkShadow(table, column, round);
      } else {
        WorkColumn(table, column, round);
      }
    }
  }
}

void EmbeddingWorker::WorkShadow(const TablePtr& table, const VectorColumn& shadow, Round& round) {
  RowId& filled = filled_[{table->id, shadow.number}];
  // Rows go into the queue somewhat ahead of those that leave it.
  if (filled != kAllRows && !batches_.QueueRows(table, shadow, filled)) filled = kAllRows;
  Round mine;
  WorkColumn(table, shadow, mine);
  const ColumnKey key{table->id, shadow.number};
  if (filled == kAllRows && !mine.waiting && cursors_[key] == 0) ++passes_[key];
  VectorColumn archived = shadow;
  archived.number |= kArchivedColumn;
  WorkColumn(table, archived, mine);
  if (filled != kAllRows) mine.more = true;
  if (filled == kAllRows && !mine.waiting) FinishShadow(table, shadow, mine);
  round.more |= mine.more;
  round.waiting |= mine.waiting;
  round.wake = std::min(round.wake, mine.wake);
}

void EmbeddingWorker::FinishShadow(const TablePtr& table, const VectorColumn& shadow, Round& round) {
  // Beside writers the queue may never be quite empty. After a whole pass over it all that waits has come since, and
  // may wait for its vector after the exchange too, as what is inserted then. Rows of a provider that embeds inline
  // never wait. The first pass that ended may have begun before all rows were there.
  const bool recent = passes_[{table->id, shadow.number}] > 1 && !shadow.provider->inline_on_insert();
  const size_t may_wait = recent ? shadow.provider->batch_texts() : 0;
  if (!IsQueueShort(*context_.engine, table->tenant, table->id, shadow.number, may_wait)) return;
  if (!context_.vector_indexes->PrepareShadow(*table, shadow)) {
    round.waiting = true;
    round.wake = Clock::now() + kPauseOfIndex;
  } else if (registry_.FinishReembedding(table->id, shadow.number, may_wait)) {
    context_.vector_indexes->NoteExchange(table->id, shadow.number);
  }
}

void EmbeddingWorker::WorkColumn(const TablePtr& table, const VectorColumn& column, Round& round) {
  RowId& cursor = cursors_[{table->id, column.number}];
  const RowId from = cursor;
  const auto note = [&](Clock::time_point wake) {
    round.waiting = true;
    round.wake = std::min(round.wake, wake);
  };
  const auto pause = pauses_.find(column.provider);
  if (pause != pauses_.end() && pause->second.until > Clock::now()) {
    if (HasPending(*table, column)) note(pause->second.until);
    return;
  }
  // A provider that does not answer is asked for less and less: the text that it does not come back from, if that is
  // what keeps it away, is then alone some time.
  const auto most = most_texts_.find(column.provider);
  const size_t max_texts = most == most_texts_.end() ? column.provider->batch_texts() : most->second;
  const EmbeddingBatch batch = batches_.Take(table, column, from, max_texts, settings_.max_batch_bytes);
  cursor = batch.end ? 0 : batch.next;
  if (batch.due_micros) {
    const int64_t micros = *batch.due_micros - context_.clock->NowMicros();
    note(Clock::now() + std::chrono::microseconds(std::max<int64_t>(micros, 0)));
  }
  // Rows before `from` may wait by now: only a whole pass says that none does.
  if (!batch.empty() || !batch.end || from != 0) round.more = true;
  batches_.DropStale(batch);
  if (!batch.texts.empty()) EmbedBatch(batch);
}

std::vector<EmbeddingWorker::Failed> EmbeddingWorker::TryEach(const EmbeddingBatch& batch,
                                                              std::span<const PendingText> texts) {
  const EmbeddingProvider& provider = *batch.column.provider;
  REM_CHECK(provider.dimension() == batch.column.dimension);
  std::vector<std::string_view> views;
  views.reserve(texts.size());
  for (const PendingText& text : texts) views.push_back(text.text);
  std::vector<float> vectors(texts.size() * provider.dimension());
  EmbedOptions options;
  options.cancelled = &stopping_;
  std::vector<Failed> failed;
  // What goes wrong with the engine is not the provider's.
  std::exception_ptr broken;
  const EmbedSink sink = [&](size_t begin, size_t end, const EmbeddingFailure* failure) {
    const std::span<const PendingText> part = texts.subspan(begin, end - begin);
    if (failure != nullptr) {
      failed.push_back({part, *failure});
      return true;
    }
    try {
      const size_t dimension = provider.dimension();
      embedded_ += batches_.StoreVectors(
          batch, part, std::span<const float>(vectors).subspan(begin * dimension, part.size() * dimension));
    } catch (...) {
      broken = std::current_exception();
      return false;
    }
    NoteAnswer(&provider);
    return true;
  };
  try {
    provider.EmbedEach(views, options, vectors.data(), sink);
  } catch (const EmbeddingFailure& failure) {
    failed.assign(1, {texts, failure});
  } catch (const Error& error) {
    failed.assign(1, {texts, EmbeddingFailure(KindOf(error.code()), error)});
  } catch (const std::exception& error) {
    failed.assign(
        1, {texts, EmbeddingFailure(EmbeddingFailure::Kind::kFailed, Error(ErrorCode::kInternal, error.what()))});
  }
  if (broken) std::rethrow_exception(broken);
  return failed;
}

EmbeddingWorker::Failure EmbeddingWorker::Try(const EmbeddingBatch& batch, std::span<const PendingText> texts) {
  std::vector<Failed> failed = TryEach(batch, texts);
  if (failed.empty()) return std::nullopt;
  return std::move(failed.front().failure);
}

void EmbeddingWorker::EmbedBatch(const EmbeddingBatch& batch) {
  const std::vector<Failed> failed = TryEach(batch, batch.texts);
  if (failed.empty() || stopping_) return;
  for (const Failed& part : failed) {
    // All of them wait for the provider; those that are to blame for something are found when it goes on.
    if (part.failure.kind() == EmbeddingFailure::Kind::kUnavailable)
      return PauseProvider(batch, batch.texts.size(), part.failure);
  }
  for (const Failed& part : failed) {
    if (!EmbedFailed(batch, part)) return;
  }
}

bool EmbeddingWorker::EmbedFailed(const EmbeddingBatch& batch, const Failed& part) {
  const std::span<const PendingText> texts = part.texts;
  if (texts.size() == 1) {
    Settle(batch, texts[0], part.failure);
    return true;
  }
  const auto pause = [&](const EmbeddingFailure& failure) {
    PauseProvider(batch, texts.size(), failure);
    return false;
  };
  size_t failed = 0;
  for (const PendingText* text : {&texts.front(), &texts.back()}) {
    const Failure alone = Try(batch, {text, 1});
    if (stopping_) return false;
    if (!alone) continue;
    if (alone->kind() == EmbeddingFailure::Kind::kUnavailable) return pause(*alone);
    Settle(batch, *text, *alone);
    ++failed;
  }
  if (failed == 2) return pause(part.failure);
  ++retried_;
  return EmbedParts(batch, texts.subspan(1, texts.size() - 2));
}

bool EmbeddingWorker::EmbedParts(const EmbeddingBatch& batch, std::span<const PendingText> texts) {
  if (texts.empty()) return true;
  const Failure failure = Try(batch, texts);
  if (stopping_) return false;
  if (!failure) return true;
  if (failure->kind() == EmbeddingFailure::Kind::kUnavailable) {
    PauseProvider(batch, texts.size(), *failure);
    return false;
  }
  if (texts.size() == 1) {
    Settle(batch, texts[0], *failure);
    return true;
  }
  ++retried_;
  const size_t half = texts.size() / 2;
  return EmbedParts(batch, texts.first(half)) && EmbedParts(batch, texts.subspan(half));
}

void EmbeddingWorker::Settle(const EmbeddingBatch& batch, const PendingText& text, const EmbeddingFailure& failure) {
  EmbeddingAttempts attempts;
  attempts.attempts = static_cast<uint8_t>(std::min(text.attempts + 1, UINT8_MAX));
  attempts.error = failure.message();
  const bool give_up =
      failure.kind() == EmbeddingFailure::Kind::kRefused || attempts.attempts >= settings_.max_attempts;
  attempts.at_micros = context_.clock->NowMicros();
  if (!give_up) attempts.at_micros += std::max(failure.retry_after_ms(), PauseMs(attempts.attempts)) * 1000;
  ++(give_up ? given_up_ : retried_);
  SetError(failure.message());
  batches_.StoreFailure(batch, text, attempts, give_up);
}

void EmbeddingWorker::NoteAnswer(const EmbeddingProvider* provider) {
  if (pauses_.erase(provider) > 0) SetError({});
  const auto most = most_texts_.find(provider);
  if (most == most_texts_.end()) return;
  most->second *= 2;
  if (most->second >= provider->batch_texts()) most_texts_.erase(most);
}

void EmbeddingWorker::PauseProvider(const EmbeddingBatch& batch, size_t texts, const EmbeddingFailure& failure) {
  Pause& pause = pauses_[batch.column.provider];
  ++pause.failures;
  most_texts_[batch.column.provider] = std::max<size_t>(texts / 4, 1);
  ++retried_;
  const int64_t asked = std::min(failure.retry_after_ms(), kLongestRetryAfterMs);
  pause.until = Clock::now() + std::chrono::milliseconds(std::max(asked, PauseMs(pause.failures)));
  SetError(failure.message());
}

int64_t EmbeddingWorker::PauseMs(uint32_t failures) {
  const uint32_t doublings = std::min<uint32_t>(failures - 1, 20);
  const int64_t pause = std::min(settings_.first_pause_ms << doublings, settings_.longest_pause_ms);
  return pause / 2 + static_cast<int64_t>(random_.Uniform() * static_cast<double>(pause - pause / 2));
}

}  // namespace rem
