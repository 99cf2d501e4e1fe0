#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "base/thread_pool.h"
#include "sql/slt_reader.h"
#include "sql/sql_fixture.h"
#include "types/cast.h"

namespace rem {

namespace {

struct Setting {
  const char* name;
  bool rocksdb = false;
  bool optimise = true;
  size_t batch_rows = 2048;
  bool plan_cache = false;
  bool threads = false;
  /// Statements that may be repeated are: the second run takes the plan that the first one left, the third the columns
  /// that the second one cached. Files call this setting plan_cache.
  size_t runs = 1;
  size_t row_cache_bytes = OpenOptions().row_cache_bytes;
  size_t column_cache_bytes = OpenOptions().column_cache_bytes;
};

const Setting kSettings[] = {{"default"},
                             {"optimiser_off", false, false},
                             {"batch_of_one", false, true, 1},
                             {"rocksdb", true},
                             {"small_row_cache", false, true, 2048, false, false, 1, 30'000},
                             {"plan_cache", false, true, 2048, true, false, 3},
                             {"threads", false, true, 2048, false, true},
                             {"threads_again", false, true, 2048, false, true, 3},
                             // Then the orders of indexes are worth their while.
                             {"without_column_cache", false, true, 2048, false, false, 1, 30'000, 0}};

std::filesystem::path SltDirectory() { return std::filesystem::path(REM_SOURCE_DIR) / "tests" / "slt"; }

std::string Show(const Value& value, char type) {
  if (value.IsNull()) return "NULL";
  // Compact, so that files read as JSON does.
  std::string text = value.type() == LogicalType::kJson ? value.AsJson().ToJson() : value.ToText();
  if (type == 'R' && value.type() == LogicalType::kDouble) text = FormatDouble(value.AsDouble());
  return text.empty() ? "(empty)" : text;
}

class SltRunner {
 public:
  SltRunner(const std::string& path, const Setting& setting)
      : path_(path), setting_(setting), db_(setting.rocksdb, setting.row_cache_bytes, setting.column_cache_bytes) {
    db_.settings.optimise = setting.optimise;
    db_.settings.batch_rows = setting.batch_rows;
    if (setting.threads) {
      // Also tables of a few rows are shared out, in ranges of one row.
      db_.settings.pool = &pool_;
      db_.settings.threads = 3;
      db_.settings.rows_per_thread = 1;
    }
    if (setting.plan_cache) db_.settings.plan_cache = NewPlanCache();
  }

  void Run() {
    for (const SltRecord& record : ReadSltFile(path_, setting_.runs > 1 ? "plan_cache" : setting_.name)) {
      SCOPED_TRACE(path_ + ":" + std::to_string(record.line) + " (" + setting_.name + ")\n" + record.text);
      try {
        for (size_t run = 0; run < setting_.runs; ++run) RunRecord(record, run);
      } catch (const Error& error) {
        ADD_FAILURE() << error.what();
      }
    }
  }

 private:
  void RunRecord(const SltRecord& record, size_t run) {
    switch (record.kind) {
      case SltRecord::Kind::kSchema:
        if (run == 0) db_.Register(record.name, record.text);
        return;
      case SltRecord::Kind::kInsert: {
        std::istringstream lines(record.text);
        for (std::string line; run == 0 && std::getline(lines, line);) db_.Insert(record.name, line);
        return;
      }
      case SltRecord::Kind::kStatementOk:
        // It may change data, so it runs once.
        if (run == 0) db_.Sql(record.text).FetchAll();
        return;
      case SltRecord::Kind::kStatementError:
        // In a transaction the second error would be another one.
        if (run == 0) ExpectError(record);
        return;
      case SltRecord::Kind::kQuery:
        if (run == 0 || !Changes(record.text)) ExpectRows(record);
        return;
    }
  }

  // A query with RETURNING, or one that moves a sequence on, which does not answer the same twice.
  static bool Changes(const std::string& text) {
    std::string folded = text;
    std::ranges::transform(folded, folded.begin(), [](unsigned char c) { return std::tolower(c); });
    return folded.find("insert into") != std::string::npos || folded.find("update ") != std::string::npos ||
           folded.find("delete from") != std::string::npos || folded.find("nextval") != std::string::npos ||
           folded.find("setval") != std::string::npos;
  }

  void ExpectError(const SltRecord& record) {
    try {
      db_.Sql(record.text).FetchAll();
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate(), record.name) << error.what();
      return;
    }
    ADD_FAILURE() << "expected error " << record.name;
  }

  void ExpectRows(const SltRecord& record) {
    Result result = db_.Sql(record.text);
    ASSERT_EQ(result.columns().size(), record.types.size());
    std::vector<std::string> actual;
    for (const auto& row : result.FetchAll()) {
      std::string line;
      for (size_t i = 0; i < row.size(); ++i) {
        const std::string cell = Show(row[i], record.types[i]);
        if (record.order == SltRecord::Order::kValueSort) {
          actual.push_back(cell);
        } else {
          line += (i == 0 ? "" : "\t") + cell;
        }
      }
      if (record.order != SltRecord::Order::kValueSort) actual.push_back(line);
    }
    std::vector<std::string> expected = record.expected;
    if (record.order != SltRecord::Order::kNoSort) {
      std::ranges::sort(actual);
      std::ranges::sort(expected);
    }
    if (setting_.threads && SameButForRounding(result.columns(), actual, expected)) return;
    EXPECT_EQ(actual, expected);
  }

  // Threads add up doubles in an order that differs from run to run; everything else is exact.
  static bool SameButForRounding(const std::vector<ResultColumn>& columns, const std::vector<std::string>& actual,
                                 const std::vector<std::string>& expected) {
    return std::ranges::equal(actual, expected, [&](const std::string& a, const std::string& b) {
      std::istringstream our_cells(a), their_cells(b);
      std::string ours, theirs;
      for (const ResultColumn& column : columns) {
        if (!std::getline(our_cells, ours, '\t') || !std::getline(their_cells, theirs, '\t')) return false;
        if (ours == theirs) continue;
        const auto x = ParseDouble(ours), y = ParseDouble(theirs);
        if (column.type != LogicalType::kDouble || !x || !y || !(std::abs(*x - *y) <= 1e-14 * std::abs(*y)))
          return false;
      }
      return true;
    });
  }

  std::string path_;
  const Setting& setting_;
  ThreadPool pool_{2};
  SqlDatabase db_;
};

class SltTest : public ::testing::TestWithParam<Setting> {};

TEST_P(SltTest, AllFilesGiveTheirAnswers) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(SltDirectory())) {
    if (entry.path().extension() != ".slt") continue;
    ++files;
    SltRunner(entry.path().string(), GetParam()).Run();
  }
  EXPECT_GE(files, 8u);
}

INSTANTIATE_TEST_SUITE_P(Settings, SltTest, ::testing::ValuesIn(kSettings),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace

}  // namespace rem
