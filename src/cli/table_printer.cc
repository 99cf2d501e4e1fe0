#include "cli/table_printer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "cli/terminal.h"

namespace rem::cli {

namespace {

constexpr size_t kHeldRows = 1000;
constexpr size_t kHeldBytes = 16 << 20;
// A column is not cut below this many terminal columns; a table with more of them runs over the edge.
constexpr size_t kNarrowest = 6;
constexpr std::string_view kNullOnTerminal = "NULL";

}  // namespace

TablePrinter::TablePrinter(Output& out, std::vector<TableColumn> columns)
    : out_(out),
      columns_(std::move(columns)),
      terminal_width_(IsTerminal(out.fd()) ? TerminalWidth(out.fd()) : 0),
      color_(UseColor(out.fd())) {
  for (TableColumn& column : columns_) {
    column.name = Printable(column.name);
    widths_.push_back(DisplayWidth(column.name));
  }
}

void TablePrinter::AddRow(std::vector<TableCell> cells) {
  ++row_count_;
  for (TableCell& cell : cells) {
    if (cell.is_null) cell.text = color_ ? kNullOnTerminal : std::string_view();
    // Cells wider than the whole terminal are cut at once, so that long texts are not held in memory.
    if (terminal_width_ > 0)
      cell.text = CutToWidth(std::string_view(cell.text).substr(0, terminal_width_ * 8), terminal_width_);
    cell.text = Printable(cell.text);
  }
  if (widths_known_) return PrintRow(cells);
  for (size_t i = 0; i < cells.size(); ++i) {
    widths_[i] = std::max(widths_[i], DisplayWidth(cells[i].text));
    held_bytes_ += cells[i].text.size() + sizeof(TableCell);
  }
  held_.push_back(std::move(cells));
  if (held_.size() >= kHeldRows || held_bytes_ >= kHeldBytes) PrintHeld();
}

void TablePrinter::Finish() {
  if (!widths_known_) PrintHeld();
  out_.WriteLine(fmt::format("({} {})", row_count_, row_count_ == 1 ? "row" : "rows"));
}

void TablePrinter::FitToTerminal() {
  if (terminal_width_ == 0 || columns_.empty()) return;
  // Each column has a space on both sides and a bar to the next.
  const size_t frame = 3 * columns_.size() - 1;
  const size_t available = terminal_width_ > frame ? terminal_width_ - frame : 0;
  size_t cap = *std::max_element(widths_.begin(), widths_.end());
  const auto total = [&] {
    return std::accumulate(widths_.begin(), widths_.end(), size_t{0},
                           [&](size_t sum, size_t width) { return sum + std::min(width, cap); });
  };
  while (cap > kNarrowest && total() > available) --cap;
  for (size_t& width : widths_) width = std::min(width, cap);
}

void TablePrinter::PrintHeld() {
  FitToTerminal();
  widths_known_ = true;
  std::string header, rule;
  for (size_t i = 0; i < columns_.size(); ++i) {
    header += i == 0 ? " " : " | ";
    const std::string name = terminal_width_ > 0 ? CutToWidth(columns_[i].name, widths_[i]) : columns_[i].name;
    const size_t space = widths_[i] - std::min(widths_[i], DisplayWidth(name));
    header += std::string(space / 2, ' ');
    header += color_ ? fmt::format("{}{}{}", kStyleBold, name, kStyleReset) : name;
    header += std::string(space - space / 2, ' ');
    rule += (i == 0 ? "" : "+") + std::string(widths_[i] + 2, '-');
  }
  header.erase(header.find_last_not_of(' ') + 1);
  out_.WriteLine(header);
  out_.WriteLine(rule);
  for (const std::vector<TableCell>& cells : held_) PrintRow(cells);
  held_.clear();
  held_.shrink_to_fit();
}

std::string TablePrinter::Aligned(const TableCell& cell, size_t column) const {
  const bool cut = terminal_width_ > 0 && DisplayWidth(cell.text) > widths_[column];
  std::string text = cut ? CutToWidth(cell.text, widths_[column]) : cell.text;
  const size_t width = DisplayWidth(text);
  const std::string space(widths_[column] - std::min(widths_[column], width), ' ');
  if (cell.is_null && color_) text = fmt::format("{}{}{}", kStyleDim, text, kStyleReset);
  return columns_[column].align_right ? space + text : text + space;
}

void TablePrinter::PrintRow(const std::vector<TableCell>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    line += i == 0 ? " " : " | ";
    line += Aligned(cells[i], i);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out_.WriteLine(line);
}

}  // namespace rem::cli
