#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/output.h"

namespace rem::cli {

struct TableColumn {
  std::string name;
  bool align_right = false;
};

struct TableCell {
  std::string text;
  bool is_null = false;
};

/// Prints rows as psql does:
///    name   | size
///   --------+------
///    apache |  412
///   (1 row)
/// Holds back the first rows to learn the column widths, then streams. On a terminal, cells are cut so that a row fits
/// its width; elsewhere they are printed whole.
class TablePrinter {
 public:
  TablePrinter(Output& out, std::vector<TableColumn> columns);

  /// `cells` has one cell per column.
  void AddRow(std::vector<TableCell> cells);
  /// Prints what is held back and the footer "(n rows)". Call once, after the last row.
  void Finish();

 private:
  void PrintHeld();
  void PrintRow(const std::vector<TableCell>& cells);
  void FitToTerminal();
  std::string Aligned(const TableCell& cell, size_t column) const;

  Output& out_;
  std::vector<TableColumn> columns_;
  std::vector<size_t> widths_;
  std::vector<std::vector<TableCell>> held_;
  size_t held_bytes_ = 0;
  bool widths_known_ = false;
  uint64_t row_count_ = 0;
  size_t terminal_width_ = 0;  // 0 when the output is no terminal
  bool color_ = false;
};

}  // namespace rem::cli
