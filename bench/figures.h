#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "measure.h"

namespace rem::bench {

enum class Better { kHigher, kLower };

/// One measured thing with the values of REM DB and of its peers, by peer name: "rem", "rocksdb", "sqlite".
struct Figure {
  std::string what;
  std::string unit;
  Better better = Better::kHigher;
  std::map<std::string, double> values;
  std::map<std::string, double> cpu_values;  ///< The same per second of processor time.
  double goal = 0;                           ///< Smallest (kLower: largest) value that is good enough; 0 for none.
  double goal_of_rocksdb = 0;                ///< Smallest good ratio to RocksDB; 0 for none.
  std::string note;

  void Set(const std::string& peer, const Rate& rate) {
    values[peer] = rate.per_second;
    cpu_values[peer] = rate.per_cpu_second;
  }

  /// How many times as good as the peer; 0 where one of them has no value.
  double Ratio(const std::map<std::string, double>& of, const std::string& peer) const {
    const auto own = of.find("rem"), other = of.find(peer);
    if (own == of.end() || other == of.end() || own->second <= 0 || other->second <= 0) return 0;
    return better == Better::kHigher ? own->second / other->second : other->second / own->second;
  }

  std::string Met() const {
    if (goal == 0 && goal_of_rocksdb == 0) return "";
    const auto own = values.find("rem");
    if (own == values.end()) return "no value";
    if (goal != 0 && (better == Better::kHigher ? own->second < goal : own->second > goal)) return "no";
    if (goal_of_rocksdb != 0 && Ratio(values, "rocksdb") < goal_of_rocksdb) return "no";
    return "yes";
  }
};

/// Prints each figure as one line of JSON when it comes, and all of them as a table at the end.
class Figures {
 public:
  explicit Figures(bool judge) : judge_(judge) {}

  void Add(Figure figure) {
    std::string line = "{\"bench\":\"kv\",\"what\":\"" + figure.what + "\",\"unit\":\"" + figure.unit + "\"";
    for (const auto& [peer, value] : figure.values) Append(line, peer, value);
    for (const auto& [peer, value] : figure.cpu_values) Append(line, peer + "_per_cpu_s", value);
    for (const char* peer : {"rocksdb", "sqlite"}) {
      if (const double ratio = figure.Ratio(figure.values, peer); ratio > 0)
        Append(line, std::string("ratio_") + peer, ratio);
      if (const double ratio = figure.Ratio(figure.cpu_values, peer); ratio > 0)
        Append(line, std::string("cpu_ratio_") + peer, ratio);
    }
    if (figure.goal != 0) Append(line, "goal", figure.goal);
    if (figure.goal_of_rocksdb != 0) Append(line, "goal_ratio_rocksdb", figure.goal_of_rocksdb);
    if (judge_ && !figure.Met().empty()) line += ",\"met\":\"" + figure.Met() + "\"";
    if (!figure.note.empty()) line += ",\"note\":\"" + figure.note + "\"";
    std::printf("%s}\n", line.c_str());
    std::fflush(stdout);
    figures_.push_back(std::move(figure));
  }

  void PrintTable() const {
    std::printf("\n%-44s %-10s %11s %11s %11s %9s %9s %9s %5s\n", "", "unit", "REM DB", "RocksDB", "SQLite", "xRocksDB",
                "(by cpu)", "xSQLite", judge_ ? "goal" : "");
    for (const Figure& figure : figures_) {
      std::printf("%-44s %-10s %11s %11s %11s %9s %9s %9s %5s\n", figure.what.c_str(), figure.unit.c_str(),
                  Cell(figure.values, "rem").c_str(), Cell(figure.values, "rocksdb").c_str(),
                  Cell(figure.values, "sqlite").c_str(), RatioCell(figure.Ratio(figure.values, "rocksdb")).c_str(),
                  RatioCell(figure.Ratio(figure.cpu_values, "rocksdb")).c_str(),
                  RatioCell(figure.Ratio(figure.values, "sqlite")).c_str(), judge_ ? figure.Met().c_str() : "");
    }
  }

 private:
  static void Append(std::string& line, const std::string& name, double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.6g", value);
    line += ",\"" + name + "\":" + text;
  }

  static std::string Cell(const std::map<std::string, double>& values, const std::string& peer) {
    const auto found = values.find(peer);
    if (found == values.end()) return "-";
    char text[64];
    std::snprintf(text, sizeof text, found->second >= 1000 ? "%.0f" : "%.4g", found->second);
    return text;
  }

  static std::string RatioCell(double ratio) {
    if (ratio == 0) return "-";
    char text[64];
    std::snprintf(text, sizeof text, "%.2f", ratio);
    return text;
  }

  bool judge_;
  std::vector<Figure> figures_;
};

}  // namespace rem::bench
