#include "sql/slt_reader.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rem {

namespace {

class SltReader {
 public:
  SltReader(const std::string& path, const std::string& setting) : path_(path), setting_(setting), file_(path) {
    if (!file_) Fail("cannot be opened");
  }

  std::vector<SltRecord> Run() {
    std::string line;
    bool skip = false;
    while (Line(line)) {
      if (line.empty() || line[0] == '#') continue;
      std::istringstream words(line);
      std::string word;
      words >> word;
      if (word == "skipif" || word == "onlyif") {
        std::string name;
        words >> name;
        // `onlyif rem` marks what PostgreSQL lacks, for tools/sql_check; here everything is REM DB.
        skip |= (word == "skipif") == (name == setting_ || name == "rem");
        continue;
      }
      if (word == "halt") break;
      SltRecord record = Record(word, words);
      if (!skip) records_.push_back(std::move(record));
      skip = false;
    }
    return std::move(records_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) {
    throw std::runtime_error(path_ + ":" + std::to_string(number_) + ": " + what);
  }

  bool Line(std::string& line) {
    if (!std::getline(file_, line)) return false;
    ++number_;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return true;
  }

  SltRecord Record(const std::string& word, std::istringstream& words) {
    SltRecord record;
    record.line = number_;
    if (word == "rem-schema" || word == "rem-insert") {
      record.kind = word == "rem-schema" ? SltRecord::Kind::kSchema : SltRecord::Kind::kInsert;
      words >> record.name;
      ReadText(record);
    } else if (word == "statement") {
      std::string outcome;
      words >> outcome >> record.name;
      if (outcome != "ok" && outcome != "error") Fail("expected statement ok or statement error");
      record.kind = outcome == "ok" ? SltRecord::Kind::kStatementOk : SltRecord::Kind::kStatementError;
      ReadText(record);
    } else if (word == "query") {
      std::string order;
      words >> record.types >> order;
      if (record.types.find_first_not_of("TIR") != std::string::npos) Fail("column types are T, I and R");
      if (order == "rowsort") record.order = SltRecord::Order::kRowSort;
      if (order == "valuesort") record.order = SltRecord::Order::kValueSort;
      if (ReadText(record)) ReadExpected(record);
    } else {
      Fail("unknown record: " + word);
    }
    return record;
  }

  // True when the text ended with ----, so that results follow.
  bool ReadText(SltRecord& record) {
    std::string line;
    while (Line(line) && !line.empty()) {
      if (line == "----") return true;
      record.text += (record.text.empty() ? "" : "\n") + line;
    }
    return false;
  }

  void ReadExpected(SltRecord& record) {
    std::string line;
    while (Line(line) && !line.empty()) record.expected.push_back(line);
  }

  std::string path_;
  std::string setting_;
  std::ifstream file_;
  int number_ = 0;
  std::vector<SltRecord> records_;
};

}  // namespace

std::vector<SltRecord> ReadSltFile(const std::string& path, const std::string& setting) {
  return SltReader(path, setting).Run();
}

}  // namespace rem
