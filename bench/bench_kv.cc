// The KV/ENTITY workload: REM DB beside raw RocksDB, which commits pairs of the same number, order and size under the
// same options, and beside SQLite, all in one run. Every answer is checked; a wrong one ends the program with exit
// code 1.
//
//   bench_kv [--quick] [--rows N] [--singles N] [--tenants N] [--dir DIR] [--only SECTION]
//
// Sections: single, full, batch, bulk (with gets, scans, open, disk and memory), tenants, validate. --quick: few rows,
// answers only.

#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>

#include "figures.h"
#include "kv_probes.h"
#include "kv_row.h"
#include "measure.h"
#include "raw_rocksdb_peer.h"
#include "rem_peer.h"
#include "schema/validator.h"
#include "sqlite_peer.h"

namespace rem::bench {
namespace {

struct Settings {
  bool quick = false;
  uint64_t rows = 1'000'000;
  uint64_t singles = 100'000;
  int tenants = 1000;
  std::string dir;
  std::string only;
  std::string probe;  ///< Set in the child process that measures opening and memory of this database.
};

constexpr int kRounds = 5;

std::string Thousands(uint64_t rows) {
  if (rows % 1'000'000 == 0) return std::to_string(rows / 1'000'000) + "M";
  return rows % 1000 == 0 ? std::to_string(rows / 1000) + "k" : std::to_string(rows);
}

class KvBench {
 public:
  explicit KvBench(Settings settings) : settings_(std::move(settings)), figures_(!settings_.quick) {}

  void Run() {
    Calibrate();
    if (Wants("validate")) Validation();
    if (Wants("single")) Singles(true);
    if (Wants("single")) Singles(false);
    if (Wants("full")) FullDurability(1);
    if (Wants("full")) FullDurability(16);
    if (Wants("batch")) Batches();
    if (Wants("bulk")) Sizes();
    if (Wants("tenants")) Tenants();
    figures_.PrintTable();
  }

 private:
  bool Wants(const std::string& section) const { return settings_.only.empty() || settings_.only == section; }

  std::string Fresh(const std::string& name) const {
    const std::string path = settings_.dir + "/" + name;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove_all(path + suffix);
    return path;
  }

  std::unique_ptr<RawRocksDbPeer> NewRaw(Durability durability) {
    return std::make_unique<RawRocksDbPeer>(OptionsFor(Fresh("rocksdb"), durability), shapes_);
  }
  std::unique_ptr<RemPeer> NewRem(Durability durability) {
    return std::make_unique<RemPeer>(OptionsFor(Fresh("rem"), durability));
  }
  std::unique_ptr<SqlitePeer> NewSqlite(Durability durability) {
    return std::make_unique<SqlitePeer>(Fresh("sqlite"), durability);
  }

  /// Learns what REM DB writes for one record, and checks that the raw peer then writes the same.
  void Calibrate() {
    constexpr size_t kRecords = 2000;
    const std::vector<KvRow> rows = MakeKvRows(0, kRecords);
    NewRem(Durability::kNormal)->InsertMany(rows, 0);
    shapes_ = MeasurePairs(OptionsFor(settings_.dir + "/rem", Durability::kNormal), kRecords);
    NewRaw(Durability::kNormal)->InsertMany(rows, 0);
    const PairShapes raw = MeasurePairs(OptionsFor(settings_.dir + "/rocksdb", Durability::kNormal), kRecords);
    std::string note;
    const double own_bytes = Describe(shapes_, note), raw_bytes = Describe(raw, note);
    Figure figure{.what = "pairs of a record", .unit = "bytes", .better = Better::kLower, .note = note};
    figure.values = {{"rem", own_bytes}, {"rocksdb", raw_bytes}};
    figures_.Add(figure);
    for (size_t i = 0; i < kFamilyCount; ++i)
      Require(shapes_[i].pairs == raw[i].pairs, "the raw peer writes another number of pairs: " + note);
    Require(std::abs(own_bytes - raw_bytes) < 0.03 * own_bytes, "the raw peer writes another number of bytes: " + note);
  }

  static double Describe(const PairShapes& shapes, std::string& note) {
    double bytes = 0;
    std::ostringstream text;
    for (size_t i = 0; i < kFamilyCount; ++i) {
      const PairShape& shape = shapes[i];
      if (shape.pairs == 0) continue;
      bytes += shape.pairs * (shape.key_bytes + shape.value_bytes);
      text << DescribeFamily(static_cast<Family>(i)).name << ' ' << shape.pairs << "x(" << std::lround(shape.key_bytes)
           << '+' << std::lround(shape.value_bytes) << ") ";
    }
    note += (note.empty() ? "" : "| ") + text.str();
    return bytes;
  }

  /// One record a commit, one thread; peers take turns, so that a busy moment of the machine hits all of them.
  void Singles(bool with_id) {
    const auto rem = NewRem(Durability::kNormal);
    const auto raw = NewRaw(Durability::kNormal);
    const auto sqlite = NewSqlite(Durability::kNormal);
    std::array<RoundTimer, 3> timers;
    const uint64_t count = settings_.singles / kRounds;
    for (uint64_t round = 0; round < kRounds; ++round) {
      const std::vector<KvRow> rows = MakeKvRows(round * count, count, with_id);
      // SQLite is slower by far: a quarter of the rows is enough.
      const std::array<std::pair<KvPeer*, uint64_t>, 3> turns = {
          {{rem.get(), count}, {raw.get(), count}, {sqlite.get(), count / 4}}};
      for (size_t i = 0; i < turns.size(); ++i) {
        timers[i].Time(static_cast<double>(turns[i].second), [&] {
          for (uint64_t k = 0; k < turns[i].second; ++k) turns[i].first->InsertOne(rows[k], round * count + k);
        });
      }
    }
    Figure figure{.what = with_id ? "insert, id given" : "insert, id by the engine",
                  .unit = "/s",
                  .goal = with_id ? 0.0 : 37'000.0,
                  .goal_of_rocksdb = 0.7,
                  .note = "1 thread, normal durability"};
    figure.Set("rem", timers[0].rate());
    figure.Set("rocksdb", timers[1].rate());
    figure.Set("sqlite", timers[2].rate());
    figures_.Add(figure);
    Require(rem->CountRows() == static_cast<int64_t>(count * kRounds), "rows after single inserts");
    Require(raw->CountRows() == static_cast<int64_t>(count * kRounds), "RocksDB's rows after single inserts");
    if (with_id) {
      CheckGets(*rem, count * kRounds, 1000);
      CheckSums(*rem, count * kRounds);
    }
  }

  /// Every commit synced; writers share syncs where the database can.
  void FullDurability(int writers) {
    const double seconds = settings_.quick ? 0.05 : 1.0;
    std::array<RoundTimer, 3> timers;
    const auto rem = NewRem(Durability::kFull);
    const auto raw = NewRaw(Durability::kFull);
    const auto sqlite = NewSqlite(Durability::kFull);
    std::array<uint64_t, 3> next{};
    for (int round = 0; round < 3; ++round) {
      const std::array<KvPeer*, 3> peers = {rem.get(), raw.get(), sqlite.get()};
      // SQLite takes one writer at a time: with many it has nothing to show.
      for (size_t i = 0; i < (writers == 1 ? 3u : 2u); ++i) {
        std::atomic<uint64_t> number{next[i]};
        const double cpu = CpuSeconds(), start = WallSeconds();
        Parallel(writers, [&](int) {
          while (WallSeconds() - start < seconds) {
            const uint64_t own = number.fetch_add(1);
            peers[i]->InsertOne(MakeKvRow(own), own);
          }
        });
        timers[i].Add(static_cast<double>(number - next[i]), WallSeconds() - start, CpuSeconds() - cpu);
        next[i] = number;
      }
    }
    Figure figure{.what = "insert, synced, " + std::to_string(writers) + (writers == 1 ? " writer" : " writers"),
                  .unit = "/s",
                  .goal_of_rocksdb = writers == 1 ? 0 : 0.5,
                  .note = "full durability"};
    figure.Set("rem", timers[0].rate());
    figure.Set("rocksdb", timers[1].rate());
    if (writers == 1) figure.Set("sqlite", timers[2].rate());
    figures_.Add(figure);
    Require(rem->CountRows() == static_cast<int64_t>(next[0]), "rows after synced inserts");
    CheckGets(*rem, next[0], 500);
  }

  /// 1,000 records a commit, one thread.
  void Batches() {
    constexpr uint64_t kBatch = 1000;
    const uint64_t batches = std::max<uint64_t>(kRounds, settings_.singles * 3 / kBatch) / kRounds;
    const auto rem = NewRem(Durability::kNormal);
    const auto raw = NewRaw(Durability::kNormal);
    const auto sqlite = NewSqlite(Durability::kNormal);
    std::array<RoundTimer, 3> timers;
    for (uint64_t round = 0; round < kRounds; ++round) {
      const uint64_t first = round * batches * kBatch;
      const std::vector<KvRow> rows = MakeKvRows(first, batches * kBatch);
      const std::array<std::pair<KvPeer*, uint64_t>, 3> turns = {
          {{rem.get(), batches}, {raw.get(), batches}, {sqlite.get(), std::max<uint64_t>(1, batches / 3)}}};
      for (size_t i = 0; i < turns.size(); ++i) {
        timers[i].Time(static_cast<double>(turns[i].second * kBatch), [&] {
          for (uint64_t b = 0; b < turns[i].second; ++b) {
            turns[i].first->InsertMany(std::span(rows).subspan(b * kBatch, kBatch), first + b * kBatch);
          }
        });
      }
    }
    Figure figure{.what = "insert, batches of 1000",
                  .unit = "/s",
                  .goal = 60'000,
                  .goal_of_rocksdb = 0.8,
                  .note = "1 thread, normal durability"};
    figure.Set("rem", timers[0].rate());
    figure.Set("rocksdb", timers[1].rate());
    figure.Set("sqlite", timers[2].rate());
    figures_.Add(figure);
    const uint64_t total = kRounds * batches * kBatch;
    Require(rem->CountRows() == static_cast<int64_t>(total), "rows after batches");
    CheckGets(*rem, total, 1000);
    CheckSums(*rem, total);
  }

  void Sizes() {
    std::vector<uint64_t> sizes;
    for (uint64_t rows = settings_.rows; rows >= 10'000 && sizes.size() < 3; rows /= 10)
      sizes.insert(sizes.begin(), rows);
    if (sizes.empty()) sizes.push_back(settings_.rows);
    for (const uint64_t rows : sizes) AtSize(rows, rows == settings_.rows);
  }

  void AtSize(uint64_t rows, bool largest) {
    const auto sqlite_path = Fresh("sqlite");
    auto rem = NewRem(Durability::kNormal);
    auto raw = NewRaw(Durability::kNormal);
    auto sqlite = std::make_unique<SqlitePeer>(sqlite_path, Durability::kNormal, false);
    BulkLoad(rows, *rem, *raw, *sqlite);
    Require(rem->CountRows() == static_cast<int64_t>(rows), "rows after bulk load");
    CheckSums(*rem, rows);
    if (largest) Gets(rows, *rem, *raw, *sqlite);
    Scans(rows, *rem, *raw, *sqlite);
    rem->database().Compact();
    raw->Compact();
    sqlite->Checkpoint();
    rem.reset();
    raw.reset();
    sqlite.reset();
    Disk(rows, sqlite_path);
    Opening(rows, sqlite_path);
  }

  /// Batches of up to 100,000 records (RocksDB: 1,000), two threads. SQLite has one writer, and makes its indexes after
  /// the rows.
  void BulkLoad(uint64_t rows, RemPeer& rem, RawRocksDbPeer& raw, SqlitePeer& sqlite) {
    constexpr int kThreads = 2;
    const uint64_t batch = std::min<uint64_t>(100'000, rows / kThreads);
    std::array<RoundTimer, 3> timers;
    double sqlite_seconds = 0;
    views_.clear();
    expected_rated_ = 0;
    for (uint64_t first = 0; first < rows; first += kThreads * batch) {
      const std::vector<KvRow> chunk = MakeKvRows(first, std::min(rows - first, kThreads * batch));
      for (const KvRow& row : chunk) {
        views_.push_back(static_cast<int32_t>(row.views));
        expected_rated_ += row.rating > kRating;
      }
      const auto part = [&](int thread) {
        const uint64_t begin = std::min<uint64_t>(chunk.size(), static_cast<uint64_t>(thread) * batch);
        return std::pair(std::span(chunk).subspan(begin, std::min<uint64_t>(batch, chunk.size() - begin)),
                         first + begin);
      };
      timers[0].Time(static_cast<double>(chunk.size()), [&] {
        Parallel(kThreads, [&](int thread) { rem.InsertMany(part(thread).first, part(thread).second); });
      });
      timers[1].Time(static_cast<double>(chunk.size()), [&] {
        Parallel(kThreads, [&](int thread) {
          const auto [own, number] = part(thread);
          for (size_t i = 0; i < own.size(); i += 1000)
            raw.InsertMany(own.subspan(i, std::min<size_t>(1000, own.size() - i)), number + i);
        });
      });
      const double start = WallSeconds();
      sqlite.InsertMany(chunk, first);
      sqlite_seconds += WallSeconds() - start;
    }
    const double start = WallSeconds();
    sqlite.CreateIndexes();
    sqlite_seconds += WallSeconds() - start;
    Figure figure{.what = "bulk load, 2 threads, " + Thousands(rows),
                  .unit = "/s",
                  .goal = rows >= 100'000 ? 150'000.0 : 0.0,
                  .note = "batches of " + Thousands(batch)};
    figure.Set("rem", timers[0].rate());
    figure.Set("rocksdb", timers[1].rate());
    figure.values["sqlite"] = static_cast<double>(rows) / sqlite_seconds;
    figures_.Add(figure);
  }

  void Gets(uint64_t rows, RemPeer& rem, RawRocksDbPeer& raw, SqlitePeer& sqlite) {
    const std::array<KvPeer*, 3> peers = {&rem, &raw, &sqlite};
    const uint64_t gets = settings_.quick ? 1000 : 200'000;
    std::array<RoundTimer, 3> timers;
    for (int round = -1; round < kRounds; ++round) {  // The round before the first warms the caches.
      for (size_t i = 0; i < peers.size(); ++i) {
        Random random(static_cast<uint64_t>(round + 2));
        const auto work = [&] {
          for (uint64_t k = 0; k < gets; ++k) {
            const uint64_t number = random.Below(rows);
            if (peers[i]->GetViews(number) != views_[number])
              Fail("wrong answer: get of record " + std::to_string(number));
          }
        };
        if (round < 0) {
          work();
        } else {
          timers[i].Time(static_cast<double>(gets), work);
        }
      }
    }
    Require(!rem.session().Get(KvId(rows + 5)).has_value(), "get of an id that is not there");
    Figure figure{.what = "get by id, random, " + Thousands(rows),
                  .unit = "/s",
                  .goal = 244'000,
                  .goal_of_rocksdb = 0.7,
                  .note = "1 thread; RocksDB: one get of the row"};
    figure.Set("rem", timers[0].rate());
    figure.Set("rocksdb", timers[1].rate());
    figure.Set("sqlite", timers[2].rate());
    figures_.Add(figure);
  }

  void Scans(uint64_t rows, RemPeer& rem, RawRocksDbPeer& raw, SqlitePeer& sqlite) {
    const std::array<KvPeer*, 3> peers = {&rem, &raw, &sqlite};
    std::array<RoundTimer, 3> timers;
    RoundTimer visits;
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < peers.size(); ++i) {
        timers[i].Time(static_cast<double>(rows),
                       [&] { Require(peers[i]->CountRatedAbove(kRating) == expected_rated_, "count of a scan"); });
      }
      visits.Time(static_cast<double>(rows), [&] {
        uint64_t number = 0, wrong = 0;
        int64_t sum = 0;
        rem.session().Scan("ent", [&](const Record& record) {
          sum += record.properties.view().Find("views")->AsInt();
          wrong += record.table != "ent";
          return ++number > 0;
        });
        Require(number == rows && wrong == 0 && sum == SumOfViews(rows), "records of a scan");
      });
    }
    Figure figure{.what = "count(*) where rating > x, " + Thousands(rows),
                  .unit = "rows/s",
                  .goal = rows <= 10'000 ? 1'250'000.0 : 0.0,
                  .goal_of_rocksdb = 0.8,
                  .note = "not indexed; RocksDB: scan that reads two fixed fields"};
    figure.Set("rem", timers[0].rate());
    figure.Set("rocksdb", timers[1].rate());
    figure.Set("sqlite", timers[2].rate());
    figures_.Add(figure);
    Figure scan{.what = "Session::Scan, whole records, " + Thousands(rows), .unit = "rows/s"};
    scan.Set("rem", visits.rate());
    scan.Set("rocksdb", timers[1].rate());
    figures_.Add(scan);
  }

  void Disk(uint64_t rows, const std::string& sqlite_path) {
    Figure figure{.what = "bytes on disk a record, " + Thousands(rows),
                  .unit = "bytes",
                  .better = Better::kLower,
                  .note = "compacted"};
    figure.values = {{"rem", DiskBytes(settings_.dir + "/rem") / static_cast<double>(rows)},
                     {"rocksdb", DiskBytes(settings_.dir + "/rocksdb") / static_cast<double>(rows)},
                     {"sqlite", DiskBytes(sqlite_path) / static_cast<double>(rows)}};
    figures_.Add(figure);
  }

  /// Opening up to the first get. REM DB in a process of its own, where the memory is its own as well.
  void Opening(uint64_t rows, const std::string& sqlite_path) {
    const std::vector<double> probed = RunProbe("open", rows, 3);
    Figure open{.what = "open and first get, " + Thousands(rows), .unit = "ms", .better = Better::kLower, .goal = 200};
    open.values["rem"] = probed[0];
    double start = WallSeconds();
    {
      RawRocksDbPeer raw(OptionsFor(settings_.dir + "/rocksdb", Durability::kNormal), shapes_);
      Require(raw.GetViews(0) == views_[0], "RocksDB's first get");
      open.values["rocksdb"] = 1e3 * (WallSeconds() - start);
    }
    start = WallSeconds();
    {
      SqlitePeer sqlite(sqlite_path, Durability::kNormal);
      Require(sqlite.GetViews(0) == views_[0], "SQLite's first get");
      open.values["sqlite"] = 1e3 * (WallSeconds() - start);
    }
    figures_.Add(open);
    Figure memory{.what = "resident memory when open, " + Thousands(rows), .unit = "MB", .better = Better::kLower};
    memory.values["rem"] = probed[1];
    figures_.Add(memory);
    memory.what = "resident memory after 100k gets and a scan, " + Thousands(rows);
    memory.values["rem"] = probed[2];
    figures_.Add(memory);
  }

  void Tenants() {
    Fresh("rem");
    const std::vector<double> probed = RunProbe("tenants", static_cast<uint64_t>(settings_.tenants), 3);
    const std::array<std::pair<const char*, double>, 2> sizes = {{{"memory a tenant", 1024}, {"disk a tenant", 0}}};
    for (size_t i = 0; i < sizes.size(); ++i) {
      Figure figure{.what = sizes[i].first,
                    .unit = "KB",
                    .better = Better::kLower,
                    .goal = sizes[i].second,
                    .note = std::to_string(settings_.tenants) + " tenants with one table and 10 records each"};
      figure.values["rem"] = probed[i];
      figures_.Add(figure);
    }
    Figure open{.what = "open with all tenants", .unit = "ms", .better = Better::kLower};
    open.values["rem"] = probed[2];
    figures_.Add(open);
  }

  void Validation() {
    const Document schema = KvSchema();
    const Validator validator = Validator::Compile(schema);
    const std::vector<KvRow> rows = MakeKvRows(0, 1000);
    std::vector<Document> documents;
    RoundTimer parsing, validating;
    size_t valid = 0;
    for (int round = 0; round < kRounds; ++round) {
      parsing.Time(1000, [&] {
        documents.clear();
        for (const KvRow& row : rows) documents.push_back(Document::FromJson(row.json));
      });
      validating.Time(10'000, [&] {
        for (int i = 0; i < 10; ++i) {
          for (const Document& document : documents) valid += validator.IsValid(document);
        }
      });
    }
    Require(valid == kRounds * 10'000, "every record is valid");
    Require(!validator.IsValid(Document::FromJson(R"({"category": 1})")), "a bad record is not valid");
    Figure figure{.what = "validation of a record", .unit = "ns", .better = Better::kLower, .goal = 1000};
    figure.values["rem"] = 1e9 / validating.rate().per_second;
    figures_.Add(figure);
    figure = {.what = "parsing of a record's JSON", .unit = "ns", .better = Better::kLower};
    figure.values["rem"] = 1e9 / parsing.rate().per_second;
    figures_.Add(figure);
  }

  void CheckGets(RemPeer& rem, uint64_t rows, uint64_t gets) {
    Random random(7);
    for (uint64_t i = 0; i < gets; ++i) {
      const KvRow row = MakeKvRow(random.Below(rows));
      const std::optional<Record> record = rem.session().Get(row.id);
      Require(record.has_value() && record->id == row.id, "get of " + row.id.ToString());
      const DocumentView properties = record->properties;
      Require(properties.Find("category")->AsText() == row.category &&
                  properties.Find("author")->AsText() == row.author && properties.Find("views")->AsInt() == row.views &&
                  properties.Find("rating")->AsDouble() == row.rating,
              "properties of " + row.id.ToString());
    }
  }

  /// The three indexes and the rows say the same as the generator. Only for databases that hold the records 0 to rows
  /// - 1.
  void CheckSums(RemPeer& rem, uint64_t rows) {
    int64_t categories = 0, authors = 0, views = 0, rated = 0;
    for (uint64_t i = 0; i < rows; ++i) {
      const KvRow row = MakeKvRow(i);
      categories += row.category == "cat07";
      authors += row.author == "author0042";
      views += row.views > 900'000;
      rated += row.rating > kRating;
    }
    Require(rem.Number("SELECT count(*) FROM ent WHERE category = $1", "cat07") == categories, "count by category");
    Require(rem.Number("SELECT count(*) FROM ent WHERE author = $1", "author0042") == authors, "count by author");
    Require(rem.Number("SELECT count(*) FROM ent WHERE views > $1", int64_t{900'000}) == views, "count by views");
    Require(rem.CountRatedAbove(kRating) == rated, "count by rating");
  }

  int64_t SumOfViews(uint64_t rows) const {
    int64_t sum = 0;
    for (uint64_t i = 0; i < rows; ++i) sum += views_[i];
    return sum;
  }

  /// Runs this program again as a child that prints `count` numbers.
  std::vector<double> RunProbe(const std::string& what, uint64_t number, size_t count) const {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    const std::string command =
        "'" + program + "' --probe " + what + " --rows " + std::to_string(number) + " --dir '" + settings_.dir + "'";
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) Fail("cannot start " + command);
    std::vector<double> numbers(count);
    size_t read = 0;
    while (read < count && std::fscanf(pipe, "%lf", &numbers[read]) == 1) ++read;
    Require(pclose(pipe) == 0 && read == count, "the child process failed: " + command);
    return numbers;
  }

  static constexpr double kRating = 3.5;

  Settings settings_;
  Figures figures_;
  PairShapes shapes_;
  std::vector<int32_t> views_;  ///< Of the records of the last bulk load.
  int64_t expected_rated_ = 0;
};

Settings ParseArguments(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--quick") {
      settings.quick = true;
      settings.rows = 10'000;
      settings.singles = 2'000;
      settings.tenants = 20;
      continue;
    }
    if (i + 1 == argc) Fail(name + " is unknown or needs a value; see the top of bench_kv.cc");
    const std::string value = argv[++i];
    if (name == "--rows") {
      settings.rows = std::stoull(value);
    } else if (name == "--singles") {
      settings.singles = std::stoull(value);
    } else if (name == "--tenants") {
      settings.tenants = std::stoi(value);
    } else if (name == "--dir") {
      settings.dir = value;
    } else if (name == "--only") {
      settings.only = value;
    } else if (name == "--probe") {
      settings.probe = value;
    } else {
      Fail("unknown option " + name + "; see the top of bench_kv.cc");
    }
  }
  if (settings.rows < 100 || settings.singles < 100) {
    if (settings.probe.empty()) Fail("--rows and --singles are at least 100");
  }
  return settings;
}

int Main(int argc, char** argv) {
  Settings settings = ParseArguments(argc, argv);
  if (settings.probe == "open") return ProbeOpen(settings.dir, settings.rows), 0;
  if (settings.probe == "tenants") return ProbeTenants(settings.dir, settings.rows), 0;
  std::string own_folder;
  if (settings.dir.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "bench_kv_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) Fail("cannot make a folder for the data; give one with --dir");
    settings.dir = own_folder = pattern;
  }
  std::filesystem::create_directories(settings.dir);
  try {
    KvBench(settings).Run();
  } catch (...) {
    if (!own_folder.empty()) std::filesystem::remove_all(own_folder);
    throw;
  }
  if (!own_folder.empty()) std::filesystem::remove_all(own_folder);
  return 0;
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) {
  try {
    return rem::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "bench_kv: " << error.what() << '\n';
    return 1;
  }
}
