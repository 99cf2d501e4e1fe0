#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "store/read_view.h"
#include "store/table_vector_index.h"
#include "store/tenant_context.h"
#include "store/vector_index_file.h"

namespace rem {

class CatalogSnapshot;
struct VectorIndexInfo;

struct VectorIndexSettings {
  /// A table with fewer live rows is searched row by row, which is as fast and exact.
  int64_t min_rows = 5000;
  uint32_t m = 16;
  uint32_t ef_construction = 200;
  VectorCodes codes = VectorCodes::kAuto;
  /// Of each index.
  size_t memory_limit = size_t{8} << 30;
  /// Of each index, for vectors that searches have read; see VectorCache.
  size_t cache_bytes = size_t{512} << 20;
  /// The codes of purged rows are taken out of memory and files together, this long after the last time at the soonest.
  int64_t forget_purged_ms = 30'000;
};

/// The vector indexes of one tenant: made in the background when a table that is searched is large enough, and kept up
/// to date from the change log. They are derived: without one, or where one cannot be used, a search looks at every
/// vector. Thread-safe.
///
/// Whatever changes a stored vector has an entry of its row in the change log, or one of its table's definition.
class VectorIndexes {
 public:
  explicit VectorIndexes(TenantContext& context) : context_(context) {}
  ~VectorIndexes() { Stop(); }

  /// Where they are kept between two openings of the database; before the first Find. In memory only without it.
  void SetFiles(std::unique_ptr<const VectorIndexFiles> files) { files_ = std::move(files); }
  /// Before the first Find; for tests.
  void Configure(const VectorIndexSettings& settings) { settings_ = settings; }
  /// The index that orders a column by `metric`; nullptr while there is none. Asks for one when the table is large
  /// enough, and waits for one that lies in a file, for about as long as a search without it would take. Vectors of
  /// length 1 have the same order under every metric, so one index over them serves all.
  std::shared_ptr<const TableVectorIndex> Find(const Table& table, const VectorColumn& column,
                                               VectorMetric metric = VectorMetric::kCosine);

  /// Deletes the files of the table's indexes that are not in use: what is purged now would stay in them. Those in use
  /// are kept up to date.
  void ForgetFiles(const Table& table);

  /// Asks for the indexes that the table's definition names.
  void MakeDeclared(const Table& table);

  /// Makes the indexes of a column that takes the place of another one soon, those that the other one has, so that
  /// searches never do without. False while they are being made. From the first call on, whoever stores a vector of
  /// the shadow tells the change log.
  bool PrepareShadow(const Table& table, const VectorColumn& shadow);
  /// Whether an index of this shadow is there or being made.
  bool HasShadow(TableId table, ColumnNumber shadow) const;
  /// The shadow took its column's place.
  void NoteExchange(TableId table, ColumnNumber shadow);

  /// The rows of `table` that changed after `after`, ascending, as of now. nullopt when that cannot be said: the
  /// definition changed otherwise than that `column` took the place of another one, there are more than `limit`
  /// changes, or the log does not reach back so far. The indexes are told to catch up when there are many.
  std::optional<std::vector<RowId>> ChangedSince(const Table& table, const VectorColumn& column, Sequence after,
                                                 size_t limit);

  /// The indexes over the catalog's tables that are in use, lie on disk, or were asked for by CREATE INDEX; those of
  /// temporary tables are left out.
  std::vector<VectorIndexInfo> Describe(const CatalogSnapshot& catalog) const;

  /// Waits until all indexes asked for are made and have taken up every change so far. False when the time ran out.
  bool WaitForAll(int64_t timeout_ms);
  /// Of all indexes.
  size_t memory_bytes() const;
  /// Ends the background work, for good. Searches go on.
  void Stop();
  /// After Stop(): saves what is not saved yet.
  void Save() noexcept;
  /// After Stop(): deletes the files, those of tables that nobody searched this time too.
  void DeleteFiles() const;

 private:
  struct Key {
    TableId table = 0;
    ColumnNumber column = 0;
    VectorMetric metric = VectorMetric::kCosine;
    auto operator<=>(const Key&) const = default;
  };
  struct Place {
    TablePtr table;
    VectorColumn column;
    VectorMetric metric = VectorMetric::kCosine;
    VectorIndexSettings settings;
    std::shared_ptr<TableVectorIndex> index;             // nullptr while it is being made
    bool refused = false;                                // it grew too large, or failed: not tried again
    bool purged = false;                                 // codes of purged rows lie in the graph or its file
    std::chrono::steady_clock::time_point forgot{};      // when they were last taken out
    bool invalid = false;                                // the definition changed while it was being made
    Sequence saved = 0;                                  // the change up to which the file has it
    std::chrono::steady_clock::time_point wait_until{};  // a file is being read: searches wait for it
  };
  enum class Progress { kDone, kMore, kInvalid, kFull };

  void Run() noexcept;
  void Wake();
  bool WorkOnce();
  /// Takes the place of one that another index can serve. True when it did.
  bool ServeByCosine(const Key& key, const Place& place);
  std::shared_ptr<TableVectorIndex> LoadOrMake(Place& place);
  std::shared_ptr<TableVectorIndex> Make(Place& place);
  void SaveIfDue(Place& place) const;
  /// Takes the codes of purged rows out of memory and off the disk.
  void ForgetPurged(Place& place) const;
  /// Searches a query that was asked exactly too, where it is time for that.
  void SampleRecall(const Place& place) const;
  struct Sample {
    std::vector<float> mean;  // of the directions for kCosine
    bool unit_lengths = true;
  };
  Sample TakeSample(const Place& place) const;
  std::optional<VectorIndexInfo> DescribeOne(const Table& table, const VectorColumn& column, VectorMetric metric) const;
  /// `name`: set to what CREATE INDEX called it.
  VectorIndexSettings SettingsFor(const Key& key, const Table& table, const VectorColumn& column,
                                  std::string* name = nullptr) const;
  void AskFor(const Key& key, const Table& table, const VectorColumn& column);
  bool WaitForFile(const Place& place, std::unique_lock<std::mutex>& lock);
  /// The name that the column has, or takes over.
  static std::string ColumnName(const VectorColumn& column);
  bool AddRows(const Place& place, TableVectorIndex& index);
  bool PutAll(const std::vector<std::pair<RowId, VectorValue>>& rows, TableVectorIndex& index) const;
  /// `repairs`: removed nodes are taken out, where there are many. Not while searches wait for the index.
  Progress CatchUp(Place& place, TableVectorIndex& index, bool repairs = true);

  TenantContext& context_;
  VectorIndexSettings settings_;
  std::unique_ptr<const VectorIndexFiles> files_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Place> places_;
  std::set<Key> without_file_;  // of those that are not in places_: surely none on disk
  bool awake_ = false;
  bool busy_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace rem
