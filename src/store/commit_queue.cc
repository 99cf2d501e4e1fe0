#include "store/commit_queue.h"

#include "store/index_cache.h"
#include "store/row_cache.h"

namespace rem {

void CommitQueue::Run(Commit& commit) {
  Writer self;
  self.commit = &commit;
  std::unique_lock lock(mutex_);
  queue_.push_back(&self);
  self.wake.wait(lock, [&] { return self.done || queue_.front() == &self; });
  if (!self.done) {
    std::vector<Writer*> group = TakeGroup();
    lock.unlock();
    std::exception_ptr error;
    try {
      WriteGroup(group);
    } catch (...) {
      error = std::current_exception();
      RecoverLogs(group);
    }
    lock.lock();
    for (Writer* writer : group) {
      queue_.pop_front();
      writer->error = error;
      writer->done = true;
      if (writer != &self) writer->wake.notify_one();
    }
    if (!queue_.empty()) queue_.front()->wake.notify_one();
  }
  lock.unlock();
  if (self.error) std::rethrow_exception(self.error);
}

std::vector<CommitQueue::Writer*> CommitQueue::TakeGroup() {
  // The members stay in the queue until the write is done, so that the front is always the leader at work.
  std::vector<Writer*> group = {queue_.front()};
  size_t bytes = queue_.front()->commit->batch.bytes();
  if (queue_.front()->commit->bulk) return group;
  for (size_t i = 1; i < queue_.size(); ++i) {
    bytes += queue_[i]->commit->batch.bytes();
    if (queue_[i]->commit->bulk || bytes > kMaxGroupBytes) break;
    group.push_back(queue_[i]);
  }
  return group;
}

void CommitQueue::WriteGroup(const std::vector<Writer*>& group) {
  Commit& leader = *group.front()->commit;
  for (Writer* writer : group) {
    if (writer->commit->log != nullptr) writer->commit->log->EnsureRecovered(engine_);
  }
  for (size_t i = 0; i < group.size(); ++i) {
    Commit& commit = *group[i]->commit;
    size_t shift = i == 0 ? 0 : leader.batch.Append(commit.batch);
    for (PendingChange& change : commit.changes) commit.log->Number(change, shift, leader.batch);
  }
  // Housekeeping deletes and overwrites; a bulk write may only add.
  if (!leader.bulk) {
    for (Writer* writer : group) {
      if (writer->commit->log == nullptr) continue;
      writer->commit->log->Housekeep(leader.batch);
      if (writer->commit->save_counts) writer->commit->log->AppendCheckpoint(leader.batch);
    }
  }
  Write(leader.batch, {.sync = sync_, .bulk = leader.bulk});
  for (Writer* writer : group) {
    if (writer->commit->log != nullptr) writer->commit->log->Publish();
  }
  if (leader.bulk && leader.log != nullptr) HousekeepAfterBulk(*leader.log);
}

// Nothing else writes to the engine, and one leader at a time gets here: what the caches rely on.
void CommitQueue::Write(const Batch& batch, const WriteOptions& options) {
  ColumnCache::Change change(columns_, batch);
  try {
    rows_.Apply(batch, change.stamp());
    indexes_.Apply(batch, change.stamp());
    engine_.Write(batch, options);
  } catch (...) {
    // What a failed write has left is for the engine to say.
    rows_.Clear();
    indexes_.Clear();
    throw;
  }
  change.Done();
}

void CommitQueue::HousekeepAfterBulk(TenantLog& log) {
  Batch batch;
  try {
    log.Housekeep(batch);
    if (!batch.empty()) Write(batch, {});
  } catch (...) {
    // The commit itself stands; what was to be tidied is tidied by a later commit.
    log.MarkStale();
  }
}

void CommitQueue::RecoverLogs(const std::vector<Writer*>& group) {
  // Whether the failed write reached the disk is for the engine to say: numbers and counts are read again from there,
  // now or, when that fails too, before the next write.
  for (Writer* writer : group) {
    if (writer->commit->log == nullptr) continue;
    writer->commit->log->MarkStale();
    try {
      writer->commit->log->EnsureRecovered(engine_);
    } catch (...) {
    }
  }
}

}  // namespace rem
