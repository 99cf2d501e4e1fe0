#include "cli/result_writer.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/json_output.h"
#include "cli/table_printer.h"

namespace rem::cli {

namespace {

void WriteTable(Result& result, Output& out) {
  std::vector<TableColumn> columns;
  for (const ResultColumn& column : result.columns()) {
    columns.push_back({column.name, IsNumber(column.type)});
  }
  const size_t width = columns.size();
  TablePrinter printer(out, std::move(columns));
  while (result.Next()) {
    std::vector<TableCell> cells(width);
    for (size_t i = 0; i < width; ++i) {
      cells[i].is_null = result.IsNull(i);
      if (!cells[i].is_null) cells[i].text = result.Get(i).ToText();
    }
    printer.AddRow(std::move(cells));
  }
  printer.Finish();
}

std::vector<std::string> UniqueNames(const std::vector<ResultColumn>& columns) {
  std::vector<std::string> names;
  std::set<std::string> declared, used;
  for (const ResultColumn& column : columns) declared.insert(column.name);
  for (const ResultColumn& column : columns) {
    std::string name = column.name;
    // A made name must not take that of another column either.
    for (int number = 2; used.count(name) > 0 || (number > 2 && declared.count(name) > 0); ++number) {
      name = fmt::format("{}_{}", column.name, number);
    }
    used.insert(name);
    names.push_back(std::move(name));
  }
  return names;
}

void WriteJsonCell(JsonWriter& json, const Result& result, size_t column, LogicalType type) {
  if (result.IsNull(column)) return json.Null();
  switch (type) {
    case LogicalType::kBool:
      return json.Bool(result.GetBool(column));
    case LogicalType::kSmallInt:
    case LogicalType::kInteger:
    case LogicalType::kInt:
      return json.Int(result.GetInt(column));
    case LogicalType::kDouble:
      return json.Double(result.GetDouble(column));
    case LogicalType::kText:
      return json.Text(result.GetText(column));
    case LogicalType::kJson:
      return json.Json(result.GetJson(column));
    default:
      return json.SqlValue(result.Get(column));
  }
}

void WriteJsonRow(JsonWriter& json, const Result& result, const std::vector<std::string>& names) {
  json.Clear();
  json.BeginObject();
  for (size_t i = 0; i < names.size(); ++i) {
    json.Key(names[i]);
    WriteJsonCell(json, result, i, result.columns()[i].type);
  }
  json.EndObject();
}

void WriteJsonArray(Result& result, Output& out) {
  const std::vector<std::string> names = UniqueNames(result.columns());
  JsonWriter json;
  out.Write("[");
  bool first = true;
  while (result.Next()) {
    WriteJsonRow(json, result, names);
    out.Write(first ? "\n" : ",\n");
    out.Write(json.text());
    first = false;
  }
  out.Write(first ? "]\n" : "\n]\n");
}

void WriteJsonLines(Result& result, Output& out) {
  const std::vector<std::string> names = UniqueNames(result.columns());
  JsonWriter json;
  while (result.Next()) {
    WriteJsonRow(json, result, names);
    out.WriteLine(json.text());
  }
}

void AppendCsvField(std::string& line, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

void WriteCsv(Result& result, Output& out) {
  std::string line;
  const size_t width = result.columns().size();
  for (size_t i = 0; i < width; ++i) {
    if (i > 0) line += ',';
    AppendCsvField(line, result.columns()[i].name);
  }
  line += "\r\n";
  out.Write(line);
  while (result.Next()) {
    line.clear();
    for (size_t i = 0; i < width; ++i) {
      if (i > 0) line += ',';
      if (result.IsNull(i)) continue;
      if (result.columns()[i].type == LogicalType::kText) {
        AppendCsvField(line, result.GetText(i));
      } else {
        AppendCsvField(line, result.Get(i).ToText());
      }
    }
    line += "\r\n";
    out.Write(line);
  }
}

}  // namespace

void WriteResult(Result& result, RowFormat format, Output& out) {
  switch (format) {
    case RowFormat::kTable:
      return WriteTable(result, out);
    case RowFormat::kJson:
      return WriteJsonArray(result, out);
    case RowFormat::kJsonLines:
      return WriteJsonLines(result, out);
    case RowFormat::kCsv:
      return WriteCsv(result, out);
  }
}

}  // namespace rem::cli
