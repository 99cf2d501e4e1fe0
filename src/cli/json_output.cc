#include "cli/json_output.h"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "cli/terminal.h"

namespace rem::cli {

namespace {

void AppendEscaped(std::string& out, std::string_view text) {
  out += '"';
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(start, i - start);
    start = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        break;
    }
  }
  out += text.substr(start);
  out += '"';
}

void WriteTexts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.Key(name);
  json.BeginArray();
  for (const std::string& text : texts) json.Text(text);
  json.EndArray();
}

}  // namespace

void JsonWriter::Clear() {
  text_.clear();
  has_elements_.clear();
  after_key_ = false;
}

void JsonWriter::NewLine() {
  if (!pretty_) return;
  text_ += '\n';
  text_.append(2 * has_elements_.size(), ' ');
}

void JsonWriter::BeforeValue() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_elements_.empty()) return;
  if (has_elements_.back()) text_ += ',';
  has_elements_.back() = true;
  NewLine();
}

void JsonWriter::Open(char bracket) {
  BeforeValue();
  text_ += bracket;
  has_elements_.push_back(false);
}

void JsonWriter::Close(char bracket) {
  const bool had_elements = has_elements_.back();
  has_elements_.pop_back();
  if (had_elements) NewLine();
  text_ += bracket;
}

void JsonWriter::Key(std::string_view name) {
  BeforeValue();
  AppendEscaped(text_, name);
  text_ += pretty_ ? ": " : ":";
  after_key_ = true;
}

void JsonWriter::Int(int64_t value) { Raw(fmt::format_int(value).c_str()); }

void JsonWriter::Uint(uint64_t value) { Raw(fmt::format_int(value).c_str()); }

void JsonWriter::Double(double value) {
  if (!std::isfinite(value)) return Null();
  std::string text = fmt::format("{}", value);
  // A double stays one when it is read back.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  Raw(text);
}

void JsonWriter::Text(std::string_view value) {
  BeforeValue();
  AppendEscaped(text_, value);
}

void JsonWriter::Json(const DocumentView& value) {
  if (!pretty_) return Raw(value.ToJson());
  // Strings in JSON text hold no raw line breaks, so each one in it is layout.
  std::string indented;
  for (const char c : value.ToPrettyJson()) {
    indented += c;
    if (c == '\n') indented.append(2 * has_elements_.size(), ' ');
  }
  Raw(indented);
}

void JsonWriter::SqlValue(const Value& value) {
  if (IsArray(value.type())) {
    std::string items = "[";
    JsonWriter item;
    for (const Value& one : value.AsArray()) {
      item.Clear();
      item.SqlValue(one);
      if (items.size() > 1) items += ",";
      items += item.text();
    }
    return Raw(items + "]");
  }
  switch (value.type()) {
    case LogicalType::kNull:
      return Null();
    case LogicalType::kBool:
      return Bool(value.AsBool());
    case LogicalType::kSmallInt:
    case LogicalType::kInteger:
    case LogicalType::kInt:
      return Int(value.AsInt());
    case LogicalType::kDouble:
      return Double(value.AsDouble());
    case LogicalType::kJson:
      return Json(value.AsJson());
    case LogicalType::kReal:
    case LogicalType::kNumeric: {
      // JSON numbers are decimals of any length; only NaN and the infinities have none.
      const std::string text = value.ToText();
      return text.find_first_of("NI") == std::string::npos ? Raw(text) : Text(text);
    }
    case LogicalType::kVector: {
      std::string numbers = "[";
      for (const float number : value.AsVector())
        fmt::format_to(std::back_inserter(numbers), "{}{}", numbers.size() > 1 ? "," : "", number);
      return Raw(numbers + "]");
    }
    default:
      return Text(value.ToText());
  }
}

void JsonWriter::Raw(std::string_view json) {
  BeforeValue();
  text_ += json;
}

void WriteRecordMembers(JsonWriter& json, const Record& record) {
  json.Key("id");
  json.Text(record.id.ToString());
  json.Key("table");
  json.Text(record.table);
  json.Key("created_at");
  json.Text(record.created_at.ToString());
  json.Key("modified_at");
  json.Text(record.modified_at.ToString());
  if (record.deleted_at) {
    json.Key("deleted_at");
    json.Text(record.deleted_at->ToString());
  }
  json.Key("version");
  json.Uint(record.version);
  json.Key("properties");
  json.Json(record.properties);
}

void WriteRecord(JsonWriter& json, const Record& record) {
  json.BeginObject();
  WriteRecordMembers(json, record);
  json.EndObject();
}

void WriteTableInfo(JsonWriter& json, const TableInfo& table, bool with_schema) {
  json.BeginObject();
  const auto text = [&](std::string_view name, std::string_view value) {
    json.Key(name);
    json.Text(value);
  };
  text("name", table.name);
  text("fully_qualified_name", table.fully_qualified_name);
  text("version", table.version);
  text("category", table.category);
  text("description", table.description);
  WriteTexts(json, "indexed_fields", table.indexed_fields);
  WriteTexts(json, "embedding_fields", table.embedding_fields);
  text("embedding_provider", table.embedding_provider);
  text("key_field", table.key_field);
  json.Key("row_count");
  json.Int(table.row_count);
  json.Key("indexes_ready");
  json.Bool(table.indexes_ready);
  if (with_schema) {
    json.Key("json_schema");
    json.Json(table.json_schema);
  }
  json.EndObject();
}

void WriteError(JsonWriter& json, const Error& error) {
  const ErrorDescription& description = DescribeError(error.code());
  json.BeginObject();
  json.Key("error");
  json.Text(ToValidUtf8(error.message()));
  json.Key("code");
  json.Text(description.name);
  json.Key("sqlstate");
  json.Text(error.sqlstate());
  if (!error.detail().empty()) {
    json.Key("detail");
    json.Text(ToValidUtf8(error.detail()));
  }
  if (!error.hint().empty()) {
    json.Key("hint");
    json.Text(ToValidUtf8(error.hint()));
  }
  if (error.position() > 0) {
    json.Key("position");
    json.Int(error.position());
  }
  json.EndObject();
}

}  // namespace rem::cli
