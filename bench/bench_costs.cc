// What the planner's cost constants stand for (sql/plan/access_estimate.h, sql/planner/join_cost.cc): nanoseconds of
// each way to get at one row, on one thread, and the same in rows that a scan takes from the engine.
//
//   bench_costs [--rows=N]     rows of the larger table: 200000 without --rows, 50000 at least
//
// Each figure is what a statement takes more than one with fewer rows, or than one without the operator, so that what a
// statement costs by itself is in none of them. The plan of each statement and its answer are checked.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <rem/database.h>

#include "measure.h"
#include "options.h"

namespace rem::bench {
namespace {

constexpr const char* kSchema = R"({
  "type": "object", "additionalProperties": false,
  "properties": {"k": {"type": "integer"}, "g": {"type": "integer"}, "name": {"type": "string"},
                 "content": {"type": "string"}},
  "indexed_fields": ["k"], "embedding_fields": [], "embedding_provider": "none"})";

/// Keys in an order that has nothing to do with that of the rows.
uint64_t KeyOf(uint64_t row, uint64_t rows) { return row * 7919 % rows; }

class CostBench {
 public:
  CostBench(std::string folder, uint64_t rows) : folder_(std::move(folder)), rows_(rows) {}

  void Run() {
    Open(true);
    Load("big", rows_, rows_);
    for (const uint64_t rows : {uint64_t{200}, uint64_t{2'000}, uint64_t{20'000}})
      Load("few" + std::to_string(rows), rows, rows_);
    if (!session_->WaitForIndexes(600'000)) Fail("the indexes did not become ready");
    database_->Compact();
    Open(false);
    scan_ns_ = PerRow("SELECT count(g) FROM big", rows_, "Table Scan");
    Print("row of a scan, from the engine", scan_ns_);
    MeasureRows("caches off");
    Open(true);
    Print("row of a scan, cached", PerRow("SELECT count(g) FROM big", rows_, "Table Scan"));
    MeasureRows("caches on, warm");
    MeasureHashes();
    MeasureChoices();
  }

 private:
  void Open(bool caches) {
    session_.reset();
    database_.reset();
    OpenOptions options;
    options.path = folder_ + "/rem";
    options.durability = Durability::kNormal;
    options.threads = 1;
    options.block_cache_bytes = size_t{1} << 30;
    options.column_cache_bytes = caches ? size_t{1} << 30 : 0;
    options.row_cache_bytes = caches ? size_t{1} << 30 : 0;
    database_.emplace(Database::Open(options));
    session_.emplace(database_->OpenSession("bench"));
  }

  void Load(const std::string& table, uint64_t rows, uint64_t keys) {
    session_->RegisterSchema(table, Document::FromJson(kSchema));
    std::vector<Document> batch;
    for (uint64_t i = 0; i < rows; ++i) {
      const uint64_t key = KeyOf(i, keys);
      batch.push_back(Document::FromJson(R"({"k":)" + std::to_string(key) + R"(,"g":)" + std::to_string(key % 100) +
                                         R"(,"name":"name )" + std::to_string(key) + R"(","content":")" +
                                         std::string(200, static_cast<char>('a' + key % 26)) + R"("})"));
      if (batch.size() < 10'000 && i + 1 < rows) continue;
      session_->InsertBatch(table, batch);
      batch.clear();
    }
  }

  std::string PlanOf(const std::string& sql) {
    std::string plan;
    for (Result result = session_->Sql("EXPLAIN " + sql); result.Next();) plan += std::string(result.GetText(0)) + "\n";
    return plan;
  }

  // Milliseconds, the least of some calls: what disturbs a call only adds to it.
  double Milliseconds(const std::string& sql, int64_t expected, const std::string& plan) {
    const std::string shown = PlanOf(sql);
    Require(shown.find(plan) != std::string::npos, "no " + plan + " in the plan of " + sql + "\n" + shown);
    double least = 1e9;
    for (int i = 0; i < 12; ++i) {
      const double begin = ThreadCpuSeconds();
      Result result = session_->Sql(sql);
      Require(result.Next() && result.GetInt(0) == expected, sql);
      least = std::min(least, (ThreadCpuSeconds() - begin) * 1e3);
    }
    return least;
  }

  double PerRow(const std::string& sql, uint64_t rows, const std::string& plan) {
    return Milliseconds(sql, static_cast<int64_t>(rows), plan) * 1e6 / static_cast<double>(rows);
  }

  void MeasureRows(const std::string& how) {
    const auto more = [&](const auto& sql, uint64_t fewer, uint64_t rows, const std::string& plan) {
      const double ms = Milliseconds(sql(rows), static_cast<int64_t>(rows), plan) -
                        Milliseconds(sql(fewer), static_cast<int64_t>(fewer), plan);
      return ms * 1e6 / static_cast<double>(rows - fewer);
    };
    const uint64_t most = rows_ / 100;
    const auto range = [](const char* column) {
      return [column](uint64_t rows) {
        return std::string("SELECT count(") + column + ") FROM big WHERE k < " + std::to_string(rows);
      };
    };
    Print("entry of an index, " + how, more(range("k"), most / 10, most, "Index Only Scan"));
    Print("row fetched in an index scan, " + how, more(range("g"), most / 10, most, "Index Scan"));
    Print("row looked up in a join by an index, " + how,
          more(
              [](uint64_t rows) {
                return "SELECT count(b.g) FROM few" + std::to_string(rows) + " f JOIN big b ON b.k = f.k";
              },
              200, 2'000, "Index Join"));
  }

  // The inner key is computed, so that no index serves it.
  void MeasureHashes() {
    const auto join = [&](const std::string& probe, const std::string& build, uint64_t result) {
      return Milliseconds("SELECT count(p.g) FROM " + probe + " p LEFT JOIN " + build + " b ON b.k + 0 = p.k",
                          static_cast<int64_t>(result), "Hash");
    };
    const auto rows = static_cast<double>(rows_);
    const double scan = Milliseconds("SELECT count(g + k) FROM big", static_cast<int64_t>(rows_), "Table Scan");
    const double small = join("big", "few200", rows_), larger = join("big", "few20000", rows_);
    Print("row that probes a hash table, and finds nothing", (small - scan) * 1e6 / rows);
    Print("row put into a hash table", (larger - small) * 1e6 / 19'800);
  }

  // The join that the planner chooses, beside the one by hashing.
  void MeasureChoices() {
    for (const uint64_t rows : {uint64_t{200}, uint64_t{2'000}, uint64_t{20'000}}) {
      const std::string from = "SELECT count(b.g) FROM few" + std::to_string(rows) + " f JOIN big b ON b.k";
      const double chosen = Milliseconds(from + " = f.k", static_cast<int64_t>(rows), "Join");
      const double hashed = Milliseconds(from + " + 0 = f.k", static_cast<int64_t>(rows), "Hash Join");
      const bool looked_up = PlanOf(from + " = f.k").find("Index Join") != std::string::npos;
      std::printf(
          "{\"bench\":\"costs\",\"rows\":%llu,\"joined\":%llu,\"chosen\":\"%s\",\"chosen_ms\":%.4g,\"hashed_ms\":%.4g}"
          "\n",
          static_cast<unsigned long long>(rows_), static_cast<unsigned long long>(rows), looked_up ? "lookup" : "hash",
          chosen, hashed);
      std::fflush(stdout);
    }
  }

  void Print(const std::string& what, double ns) const {
    std::printf("{\"bench\":\"costs\",\"rows\":%llu,\"what\":\"%s\",\"ns\":%.4g,\"scanned_rows\":%.3g}\n",
                static_cast<unsigned long long>(rows_), what.c_str(), ns, ns / scan_ns_);
    std::fflush(stdout);
  }

  std::string folder_;
  uint64_t rows_;
  double scan_ns_ = 1;
  std::optional<Database> database_;
  std::optional<Session> session_;
};

void Run(uint64_t rows) {
  std::string folder = (std::filesystem::temp_directory_path() / "bench_costs_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Fail("cannot make a folder for the data");
  try {
    CostBench(folder, std::max<uint64_t>(rows, 50'000)).Run();
  } catch (...) {
    std::filesystem::remove_all(folder);
    throw;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rem::bench

int main(int argc, char** argv) {
  size_t rows = 200'000;
  return rem::bench::BenchMain("bench_costs", argc, argv, {{"rows", &rows}}, [&] { rem::bench::Run(rows); });
}
