// The SQL workload on REM DB, SQLite, DuckDB and PostgreSQL in one run; the answers must agree.
//
//   bench_sql [--rows N]... [--only LETTERS] [--peers NAMES] [--no-column-cache] [--folder PATH]
//
// Rows of articles: 10000 and 1000000 without --rows. A first scan is that of a database that was just opened, each
// time anew; without the column cache the others read stored rows too. The files stay in the operating system's memory.
// With --folder the data are kept there, or those of an earlier run are used (not of PostgreSQL).
// DuckDB and PostgreSQL take part when REM_BENCH_DUCKDB and REM_BENCH_POSTGRES say where they are. Median milliseconds;
// ratios are how many times as fast REM DB is. A query that REM DB does not support yet is printed as such.
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <utility>

#include <rem/error.h>

#include "measure.h"
#include "sql_data.h"
#include "sql_peer.h"

namespace rem::bench {
namespace {

constexpr const char* kAll = "id, name, category, status, author, views, rating, published_at, content";

struct Query {
  const char* letter;
  std::string sql;
  enum class Parameter { kNone, kName, kAuthor } parameter = Parameter::kNone;
  int most_calls = 200;
  bool scans = false;  ///< It reads all rows of the table, unless an index or a cache spares that.
};

const std::vector<Query>& Queries() {
  using enum Query::Parameter;
  static const std::vector<Query> queries = {
      {"a", std::string("SELECT ") + kAll + " FROM articles WHERE name = $1", kName, 5000},
      {"b", std::string("SELECT ") + kAll + " FROM articles WHERE author = $1", kAuthor, 1000},
      {"c", "SELECT count(*) FROM articles WHERE views > 500000 AND rating < 2.5", kNone, 200, true},
      {"d", "SELECT category, count(*), avg(views), sum(rating) FROM articles GROUP BY category", kNone, 200, true},
      {"e", "SELECT id, name, views FROM articles ORDER BY views DESC LIMIT 10", kNone, 2000},
      {"e2",
       "SELECT name, rating, views FROM articles WHERE status = 'draft' ORDER BY rating DESC, views DESC LIMIT 10",
       kNone, 200, true},
      {"f",
       "SELECT u.country, count(*), avg(a.views) FROM articles a JOIN authors u ON a.author = u.author GROUP BY "
       "u.country",
       kNone, 200, true},
      {"g", "SELECT count(*) FROM articles WHERE content LIKE '%zebrafish%'", kNone, 200, true},
      // Whole results: a sort, few rows of many by an expression, windows with frames that move.
      {"h", "SELECT name, author, views FROM articles ORDER BY author, views DESC, name", kNone, 10},
      {"i", "SELECT name, views FROM articles WHERE name LIKE '%77%' AND views % 3 = 1", kNone, 20},
      {"j", "SELECT author, sum(views) OVER (PARTITION BY author ORDER BY name) FROM articles", kNone, 10},
      {"k", "SELECT name, sum(views) OVER (ORDER BY name ROWS BETWEEN 500 PRECEDING AND 500 FOLLOWING) FROM articles",
       kNone, 5}};
  return queries;
}

// Numbers to nine digits, times without their spelling of zone and separator, rows in one order.
SqlRows Comparable(SqlRows rows) {
  for (auto& row : rows) {
    for (std::string& cell : row) {
      char* end = nullptr;
      const double number = std::strtod(cell.c_str(), &end);
      if (!cell.empty() && *end == '\0') {
        char text[40];
        std::snprintf(text, sizeof text, "%.9g", number);
        cell = text;
      } else if (cell.size() >= 19 && cell[4] == '-' && cell[13] == ':') {
        cell = cell.substr(0, 10) + " " + cell.substr(11, 8);
      }
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// Whether a list of names with commas has one; an empty list has all.
bool Lists(const std::string& names, const std::string& name) {
  return names.empty() || ("," + names + ",").find("," + name + ",") != std::string::npos;
}

class SqlBench {
 public:
  SqlBench(std::string folder, uint64_t rows, std::string only, std::string peers, bool column_cache)
      : folder_(std::move(folder)),
        rows_(rows),
        only_(std::move(only)),
        wanted_(std::move(peers)),
        column_cache_(column_cache) {}

  void Run() {
    just_loaded_ = !std::filesystem::exists(folder_);
    std::filesystem::create_directories(folder_);
    if (Lists(wanted_, "rem")) Add(OpenRemSql(folder_, column_cache_));
    if (Lists(wanted_, "sqlite")) Add(OpenSqliteSql(folder_));
    if (Lists(wanted_, "duckdb")) Add(OpenDuckdbSql(folder_));
    if (Lists(wanted_, "postgres")) Add(OpenPostgresSql());
    for (const auto& peer : peers_) {
      if (!just_loaded_) continue;
      const double begin = WallSeconds();
      peer->Load(rows_);
      loads_[peer->name()] = (WallSeconds() - begin) * 1e3;
    }
    Print("load", 1, "prepared", loads_);
    for (const Query& query : Queries())
      if (Lists(only_, query.letter)) Measure(query);
  }

 private:
  void Add(std::unique_ptr<SqlPeer> peer) {
    if (peer) peers_.push_back(std::move(peer));
  }

  std::string Parameter(const Query& query, uint64_t i) const {
    return query.parameter == Query::Parameter::kName ? ArticleName(i * 7919 % rows_) : AuthorName((i * 7 + 1) % 1000);
  }

  void Measure(const Query& query) {
    if (query.parameter == Query::Parameter::kName) {
      if (std::exchange(just_loaded_, false)) FirstLookups(query, "loaded", 5'000);
      FirstLookups(query, "opened", 200'000);
    }
    Agree(query);
    for (const int threads : {1, 2}) {
      std::map<std::string, double> times, cold;
      double cpu = 0, own_cpu = 0;
      for (const auto& peer : peers_) {
        if (!peer->SetQueryThreads(threads)) continue;
        if (query.parameter != Query::Parameter::kNone) {
          if (const double time = Median(*peer, query); time > 0) cold[peer->name()] = time;
          Warm(*peer, query);
        }
        if (const double time = Median(*peer, query); time > 0) times[peer->name()] = time;
        if (peer->name() == "rem") cpu = cpu_ms_, own_cpu = own_cpu_ms_;
      }
      Print(query.letter, threads, "prepared, first calls", cold);
      Print(query.letter, threads, "prepared", times);
      PrintCpu(query, threads, cpu, own_cpu);
    }
    if (query.scans) MeasureFirstScans(query);
    if (query.parameter != Query::Parameter::kName) return;
    std::map<std::string, double> times;
    for (const auto& peer : peers_)
      if (const double time = MedianUnprepared(*peer, query); time > 0) times[peer->name()] = time;
    Print(query.letter, 1, "unprepared", times);
    PointThroughput(query);
  }

  void MeasureFirstScans(const Query& query) {
    constexpr int kCalls = 5;
    for (const int threads : {1, 2}) {
      std::map<std::string, double> medians;
      double cpu = 0, own_cpu = 0;
      for (const auto& peer : peers_) {
        if (!peer->SetQueryThreads(threads)) continue;
        std::vector<double> times, cpus, own_cpus;
        for (int i = 0; i < kCalls; ++i) {
          peer->Reopen();
          const std::unique_ptr<SqlStatement> statement = peer->Prepare(query.sql);
          const double begin = WallSeconds(), cpu_begin = CpuSeconds(), own_begin = ThreadCpuSeconds();
          statement->Run(nullptr, nullptr);
          times.push_back((WallSeconds() - begin) * 1e3);
          cpus.push_back((CpuSeconds() - cpu_begin) * 1e3);
          own_cpus.push_back((ThreadCpuSeconds() - own_begin) * 1e3);
        }
        medians[peer->name()] = bench::Median(times);
        if (peer->name() == "rem") cpu = bench::Median(cpus), own_cpu = bench::Median(own_cpus);
      }
      Print(query.letter, threads, "first scan", medians);
      PrintCpu(query, threads, cpu, own_cpu);
    }
  }

  void Agree(const Query& query) {
    const std::string parameter = Parameter(query, 5);
    const bool has = query.parameter != Query::Parameter::kNone;
    SqlRows expected;
    std::string first;
    for (const auto& peer : peers_) {
      SqlRows rows;
      try {
        peer->Prepare(query.sql)->Run(has ? &parameter : nullptr, &rows);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kNotSupported) throw;
        std::printf("%s: REM DB: %s\n", query.letter, error.what());
        continue;
      }
      rows = Comparable(std::move(rows));
      if (first.empty()) {
        first = peer->name();
        expected = std::move(rows);
      } else {
        Require(rows == expected, peer->name() + " and " + first + " differ at query " + query.letter);
      }
    }
    Require(!expected.empty(), std::string("no rows at query ") + query.letter);
  }

  double Median(SqlPeer& peer, const Query& query) {
    std::unique_ptr<SqlStatement> statement = peer.Prepare(query.sql);
    return Time(query, [&](const std::string* parameter) { statement->Run(parameter, nullptr); });
  }

  // Caches that are filled by lookups need some: two seconds of the query with other parameters, of every peer.
  void Warm(SqlPeer& peer, const Query& query) {
    const std::unique_ptr<SqlStatement> statement = peer.Prepare(query.sql);
    Random random(39);
    for (const double end = WallSeconds() + 2; WallSeconds() < end;) {
      const std::string parameter = Parameter(query, random.Below(rows_));
      statement->Run(&parameter, nullptr);
    }
  }

  // Lookups all over the table right after it is loaded or opened: from the first one until most of them are served
  // from memory. What they took in all, by the clock and of the thread, and the median of the newest.
  void FirstLookups(const Query& query, const std::string& after, uint64_t most) {
    for (const auto& peer : peers_) {
      if (after == "opened") peer->Reopen();
      const std::unique_ptr<SqlStatement> statement = peer->Prepare(query.sql);
      Random random(11);
      double total = 0, cpu = 0;
      uint64_t done = 0;
      for (const uint64_t lookups : {1'000u, 5'000u, 20'000u, 50'000u, 200'000u}) {
        if (lookups > most) break;
        std::vector<double> times;
        for (; done < lookups; ++done) {
          const std::string name = ArticleName(random.Below(rows_));
          const double begin = WallSeconds(), cpu_begin = ThreadCpuSeconds();
          Require(statement->Run(&name, nullptr) == 1, "a first lookup of " + peer->name());
          cpu += ThreadCpuSeconds() - cpu_begin;
          times.push_back(WallSeconds() - begin);
          total += times.back();
        }
        std::printf(
            "{\"bench\":\"sql\",\"rows\":%llu,\"query\":\"a\",\"peer\":\"%s\",\"after\":\"%s\",\"first_lookups\":%llu,"
            "\"total_ms\":%.4g,\"thread_cpu_ms\":%.4g,\"median_of_newest_ms\":%.4g}\n",
            static_cast<unsigned long long>(rows_), peer->name().c_str(), after.c_str(),
            static_cast<unsigned long long>(lookups), total * 1e3, cpu * 1e3, bench::Median(times) * 1e3);
        std::fflush(stdout);
      }
    }
  }

  double MedianUnprepared(SqlPeer& peer, const Query& query) {
    return Time(query, [&](const std::string* parameter) {
      std::string sql = query.sql;
      sql.replace(sql.find("$1"), 2, "'" + *parameter + "'");
      peer.Prepare(sql)->Run(nullptr, nullptr);
    });
  }

  // Median milliseconds of at most `most_calls` calls or two seconds; 0 when REM DB does not support the query yet.
  double Time(const Query& query, const std::function<void(const std::string*)>& work) {
    std::vector<double> times, cpu, own_cpu;
    const double end = WallSeconds() + 2;
    for (int i = 0; i < query.most_calls + 1 && (i < 4 || WallSeconds() < end); ++i) {
      const std::string parameter = Parameter(query, static_cast<uint64_t>(i));
      const double begin = WallSeconds(), cpu_begin = CpuSeconds(), own_begin = ThreadCpuSeconds();
      try {
        work(query.parameter == Query::Parameter::kNone ? nullptr : &parameter);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kNotSupported) throw;
        return 0;
      }
      if (i == 0) continue;  // The first call warms up.
      times.push_back((WallSeconds() - begin) * 1e3);
      cpu.push_back((CpuSeconds() - cpu_begin) * 1e3);
      own_cpu.push_back((ThreadCpuSeconds() - own_begin) * 1e3);
    }
    cpu_ms_ = bench::Median(cpu);
    own_cpu_ms_ = bench::Median(own_cpu);
    return bench::Median(times);
  }

  void PointThroughput(const Query& query) {
    constexpr double kSeconds = 1.5;
    for (const int threads : {1, 2}) {
      std::map<std::string, double> rates;
      for (const auto& peer : peers_) {
        std::vector<double> done(static_cast<size_t>(threads));
        Parallel(threads, [&](int thread) {
          const std::unique_ptr<SqlPeer> connection = peer->Connect();
          const std::unique_ptr<SqlStatement> statement = connection->Prepare(query.sql);
          Random random(static_cast<uint64_t>(40 + thread));
          uint64_t calls = 0;
          const double begin = WallSeconds();
          for (; calls % 16 != 0 || WallSeconds() < begin + kSeconds; ++calls) {
            const std::string name = ArticleName(random.Below(rows_));
            Require(statement->Run(&name, nullptr) == 1, "a point query of " + peer->name());
          }
          done[static_cast<size_t>(thread)] = static_cast<double>(calls) / (WallSeconds() - begin);
        });
        for (const double rate : done) rates[peer->name()] += rate;
      }
      std::printf("{\"bench\":\"sql\",\"rows\":%llu,\"query\":\"a\",\"clients\":%d",
                  static_cast<unsigned long long>(rows_), threads);
      for (const auto& [name, rate] : rates) std::printf(",\"%s_per_s\":%.0f", name.c_str(), rate);
      std::printf("}\n");
      std::fflush(stdout);
    }
  }

  // What a busy machine does not change much.
  static void PrintCpu(const Query& query, int threads, double cpu_ms, double own_cpu_ms) {
    std::printf(
        "{\"bench\":\"sql\",\"query\":\"%s\",\"threads\":%d,\"rem_cpu_ms\":%.4g,\"rem_asking_thread_cpu_ms\":%.4g}\n",
        query.letter, threads, cpu_ms, own_cpu_ms);
  }

  void Print(const std::string& what, int threads, const char* how, const std::map<std::string, double>& times) const {
    if (times.empty()) return;
    std::printf("{\"bench\":\"sql\",\"rows\":%llu,\"query\":\"%s\",\"threads\":%d,\"how\":\"%s\"",
                static_cast<unsigned long long>(rows_), what.c_str(), threads, how);
    for (const auto& [name, time] : times) std::printf(",\"%s_ms\":%.4g", name.c_str(), time);
    const auto own = times.find("rem");
    for (const auto& [name, time] : times)
      if (own != times.end() && name != "rem") std::printf(",\"x_%s\":%.2f", name.c_str(), time / own->second);
    std::printf("}\n");
    std::fflush(stdout);
  }

  std::string folder_;
  uint64_t rows_;
  std::string only_;
  std::string wanted_;
  bool column_cache_;
  std::vector<std::unique_ptr<SqlPeer>> peers_;
  std::map<std::string, double> loads_;
  bool just_loaded_ = false;
  // Of the last query, medians.
  double cpu_ms_ = 0, own_cpu_ms_ = 0;
};

int Main(int argc, char** argv) {
  std::vector<uint64_t> sizes;
  std::string only, peers, kept;
  bool column_cache = true;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--quick") {
      sizes.push_back(10'000);
    } else if (name == "--rows" && i + 1 < argc) {
      sizes.push_back(std::stoull(argv[++i]));
    } else if (name == "--only" && i + 1 < argc) {
      only = argv[++i];
    } else if (name == "--peers" && i + 1 < argc) {
      peers = argv[++i];
    } else if (name == "--folder" && i + 1 < argc) {
      kept = argv[++i];
    } else if (name == "--no-column-cache") {
      column_cache = false;
    } else {
      Fail("unknown option " + name + "; see the top of bench_sql.cc");
    }
  }
  if (sizes.empty()) sizes = {10'000, 1'000'000};
  if (!kept.empty()) {
    for (const uint64_t rows : sizes)
      SqlBench(kept + "/" + std::to_string(rows), rows, only, peers, column_cache).Run();
    return 0;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "bench_sql_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Fail("cannot make a folder for the data");
  try {
    for (const uint64_t rows : sizes) {
      SqlBench(folder + "/" + std::to_string(rows), rows, only, peers, column_cache).Run();
      std::filesystem::remove_all(folder + "/" + std::to_string(rows));
    }
  } catch (...) {
    std::filesystem::remove_all(folder);
    throw;
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) {
  try {
    return rem::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "bench_sql: " << error.what() << '\n';
    return 1;
  }
}
