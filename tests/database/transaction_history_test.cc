// Random interleavings of transactions against a model of snapshot isolation: what each reads, and which commits
// conflict.

#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rem/database.h>

#include "base/random.h"

namespace rem {
namespace {

constexpr int kKeys = 6;
constexpr size_t kSessions = 4;

struct Row {
  int record = 0;  // A record that takes the key of a deleted one is another record.
  int64_t n = 0;
};
using Rows = std::map<int, Row>;

struct ModelTransaction {
  Rows rows;  // The snapshot with the transaction's own changes.
  uint64_t begin = 0;
  std::set<int> touched;  // Records that were there at the beginning.
  std::set<int> made;
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {
    database_ = Database::Open(InMemory());
    for (size_t i = 0; i < kSessions; ++i) sessions_.push_back(database_->OpenSession("acme"));
    sessions_[0].Sql("CREATE TABLE t (k bigint PRIMARY KEY, n bigint)");
  }

  void Step() {
    const size_t who = random_.Below(kSessions);
    std::optional<ModelTransaction>& open = open_[who];
    Session& session = sessions_[who];
    if (!open) {
      if (random_.Below(3) == 0) return Change(session, nullptr);
      session.Sql("BEGIN");
      open = ModelTransaction{committed_, clock_, {}, {}};
      saved_[who].reset();
      return;
    }
    switch (random_.Below(12)) {
      case 0:
      case 1:
        return Commit(session, open);
      case 2:
        session.Sql("ROLLBACK");
        open.reset();
        return;
      case 3:
        session.Sql("SAVEPOINT s");
        saved_[who] = *open;
        return;
      case 4:
        if (!saved_[who]) return;
        session.Sql("ROLLBACK TO s");
        open = saved_[who];
        return;
      case 5:
      case 6:
      case 7:
        EXPECT_EQ(Read(session), Written(open->rows));
        return;
      default:
        return Change(session, &*open);
    }
  }

  void Finish() {
    for (size_t i = 0; i < kSessions; ++i) {
      if (open_[i]) Commit(sessions_[i], open_[i]);
      EXPECT_EQ(Read(sessions_[i]), Written(committed_));
    }
    EXPECT_EQ(sessions_[0].Check(), std::vector<std::string>());
  }

  int commits() const { return commits_; }
  int conflicts() const { return conflicts_; }

 private:
  static OpenOptions InMemory() {
    OpenOptions options;
    options.in_memory = true;
    return options;
  }

  static std::string Read(Session& session) {
    std::string text;
    Result result = session.Sql("SELECT k, n FROM t ORDER BY k");
    while (result.Next()) text += fmt::format("{}={} ", result.GetInt(0), result.GetInt(1));
    return text;
  }
  static std::string Written(const Rows& rows) {
    std::string text;
    for (const auto& [key, row] : rows) text += fmt::format("{}={} ", key, row.n);
    return text;
  }

  /// One change, in the open transaction or, without one, committed at once.
  void Change(Session& session, ModelTransaction* open) {
    Rows& rows = open != nullptr ? open->rows : committed_;
    const int key = static_cast<int>(random_.Below(kKeys));
    const int64_t n = next_value_++;
    const auto found = rows.find(key);
    if (found == rows.end()) {
      session.Sql(fmt::format("INSERT INTO t VALUES ({}, {})", key, n));
      rows[key] = {next_record_, n};
      if (open != nullptr) open->made.insert(next_record_);
      ++next_record_;
      if (open == nullptr) ++clock_;
      return;
    }
    const int record = found->second.record;
    if (random_.Below(3) == 0) {
      session.Sql(fmt::format("DELETE FROM t WHERE k = {}", key));
      rows.erase(found);
    } else {
      session.Sql(fmt::format("UPDATE t SET n = {} WHERE k = {}", n, key));
      found->second.n = n;
    }
    if (open == nullptr) {
      changed_[record] = ++clock_;
    } else if (!open->made.contains(record)) {
      open->touched.insert(record);
    }
  }

  void Commit(Session& session, std::optional<ModelTransaction>& open) {
    const ModelTransaction mine = std::move(*open);
    open.reset();
    bool conflict = false;
    for (const int record : mine.touched) conflict = conflict || changed_[record] > mine.begin;
    for (const auto& [key, row] : mine.rows) {
      const auto taken = committed_.find(key);
      if (!mine.made.contains(row.record) || taken == committed_.end()) continue;
      conflict = conflict || !mine.touched.contains(taken->second.record);
    }
    ErrorCode code = ErrorCode::kInternal;
    bool failed = false;
    try {
      session.Sql("COMMIT");
    } catch (const Error& error) {
      failed = true;
      code = error.code();
    }
    ASSERT_EQ(failed, conflict) << "COMMIT of " << Written(mine.rows) << "over " << Written(committed_);
    if (conflict) {
      EXPECT_EQ(code, ErrorCode::kConflict);
      ++conflicts_;
      return;
    }
    ++commits_;
    ++clock_;
    for (const int record : mine.touched) changed_[record] = clock_;
    std::erase_if(committed_, [&](const auto& entry) { return mine.touched.contains(entry.second.record); });
    for (const auto& [key, row] : mine.rows) {
      if (mine.made.contains(row.record) || mine.touched.contains(row.record)) committed_[key] = row;
    }
  }

  Random random_;
  std::optional<Database> database_;
  std::vector<Session> sessions_;
  std::optional<ModelTransaction> open_[kSessions];
  std::optional<ModelTransaction> saved_[kSessions];
  Rows committed_;
  std::map<int, uint64_t> changed_;  // When a commit changed or deleted the record last.
  uint64_t clock_ = 0;
  int next_record_ = 0;
  int64_t next_value_ = 1;
  int commits_ = 0;
  int conflicts_ = 0;
};

TEST(TransactionHistoryTest, RandomInterleavingsReadAndConflictAsSnapshotIsolationSays) {
  int commits = 0;
  int conflicts = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    History history(seed);
    for (int step = 0; step < 400 && !testing::Test::HasFailure(); ++step) history.Step();
    if (testing::Test::HasFailure()) return;
    history.Finish();
    commits += history.commits();
    conflicts += history.conflicts();
  }
  EXPECT_GT(commits, 100);
  EXPECT_GT(conflicts, 100);
}

}  // namespace
}  // namespace rem
