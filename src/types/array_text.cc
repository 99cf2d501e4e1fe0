#include "types/array_text.h"

#include <cstring>

#include "base/check.h"
#include "types/column.h"

namespace rem {

namespace {

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() == 4 && (text[0] | 32) == 'n' && (text[1] | 32) == 'u' && (text[2] | 32) == 'l' &&
      (text[3] | 32) == 'l')
    return true;
  return text.find_first_of("{},\"\\ \t\n\r\f\v") != std::string_view::npos;
}

template <typename T>
void AppendRaw(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
template <typename T>
T TakeRaw(std::string_view& in) {
  REM_CHECK(in.size() >= sizeof(T));
  T value;
  std::memcpy(&value, in.data(), sizeof(T));
  in.remove_prefix(sizeof(T));
  return value;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 32);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::string FormatArray(const std::vector<Value>& items) {
  std::string out = "{";
  for (const Value& item : items) {
    if (out.size() > 1) out.push_back(',');
    if (item.IsNull()) {
      out += "NULL";
      continue;
    }
    const std::string text = item.ToText();
    if (!NeedsQuotes(text)) {
      out += text;
      continue;
    }
    out.push_back('"');
    for (const char c : text) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
  }
  out.push_back('}');
  return out;
}

std::optional<std::vector<std::optional<std::string>>> ParseArray(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::vector<std::optional<std::string>> items;
  size_t i = 0;
  const auto skip = [&] {
    while (i < text.size() && IsSpace(text[i])) ++i;
  };
  skip();
  if (i == text.size()) return items;
  for (;;) {
    skip();
    std::string item;
    bool quoted = false;
    if (i < text.size() && text[i] == '"') {
      quoted = true;
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
        item.push_back(text[i]);
      }
      if (i++ >= text.size()) return std::nullopt;
      skip();
    } else {
      size_t end = 0;
      for (; i < text.size() && text[i] != ','; ++i) {
        if (text[i] == '{' || text[i] == '}' || text[i] == '"') return std::nullopt;
        const bool escaped = text[i] == '\\';
        if (escaped && ++i == text.size()) return std::nullopt;
        item.push_back(text[i]);
        if (escaped || !IsSpace(text[i])) end = item.size();
      }
      item.resize(end);
      if (item.empty()) return std::nullopt;
    }
    const bool null = !quoted && item.size() == 4 && NeedsQuotes(item) && item.find(' ') == std::string::npos &&
                      (item[0] | 32) == 'n';
    items.push_back(null ? std::nullopt : std::optional<std::string>(std::move(item)));
    if (i == text.size()) return items;
    if (text[i] != ',') return std::nullopt;
    ++i;
  }
}

std::string EncodeArray(const std::vector<Value>& items) {
  std::string out;
  AppendRaw(out, static_cast<uint32_t>(items.size()));
  for (const Value& item : items) {
    out.push_back(item.IsNull() ? '\0' : '\1');
    if (item.IsNull()) continue;
    Column cell(item.type());
    cell.SetConstant(item);
    std::string_view bytes;
    switch (CellKindOf(item.type())) {
      case CellKind::kText:
        bytes = cell.data<std::string_view>()[0];
        break;
      case CellKind::kJson:
        bytes = cell.data<DocumentView>()[0].bytes();
        break;
      case CellKind::kVector: {
        const auto floats = cell.data<std::span<const float>>()[0];
        bytes = {reinterpret_cast<const char*>(floats.data()), floats.size_bytes()};
        break;
      }
      case CellKind::kByte:
        bytes = {reinterpret_cast<const char*>(cell.data<uint8_t>()), 1};
        break;
      case CellKind::kUuid:
        bytes = {reinterpret_cast<const char*>(cell.data<Uuid>()), sizeof(Uuid)};
        break;
      case CellKind::kInterval:
        bytes = {reinterpret_cast<const char*>(cell.data<Interval>()), sizeof(Interval)};
        break;
      default:
        bytes = {reinterpret_cast<const char*>(cell.data<int64_t>()), 8};
        break;
    }
    AppendRaw(out, static_cast<uint32_t>(bytes.size()));
    out.append(bytes);
  }
  return out;
}

std::vector<Value> DecodeArray(std::string_view in, LogicalType element) {
  std::vector<Value> items(TakeRaw<uint32_t>(in));
  for (Value& item : items) {
    if (TakeRaw<char>(in) == 0) continue;
    const auto size = TakeRaw<uint32_t>(in);
    std::string_view bytes = in.substr(0, size);
    in.remove_prefix(size);
    switch (CellKindOf(element)) {
      case CellKind::kText:
        item = Value::OfText(element, std::string(bytes));
        break;
      case CellKind::kJson:
        item = Value(Document::Copy(DocumentView(bytes)));
        break;
      case CellKind::kVector: {
        VectorValue vector(size / sizeof(float));
        std::memcpy(vector.data(), bytes.data(), size);
        item = Value(std::move(vector));
        break;
      }
      case CellKind::kByte:
        item = Value(bytes[0] != 0);
        break;
      case CellKind::kUuid:
        item = Value(TakeRaw<Uuid>(bytes));
        break;
      case CellKind::kInterval:
        item = Value(TakeRaw<Interval>(bytes));
        break;
      case CellKind::kDouble:
        item = Value::OfDouble(element, TakeRaw<double>(bytes));
        break;
      case CellKind::kInt64:
        item = Value::OfInt(element, TakeRaw<int64_t>(bytes));
        break;
    }
  }
  return items;
}

std::string FormatBytea(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\\x";
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return out;
}

std::optional<std::string> ParseBytea(std::string_view text) {
  std::string out;
  if (text.starts_with("\\x")) {
    for (size_t i = 2; i < text.size(); ++i) {
      if (IsSpace(text[i])) continue;
      if (i + 1 == text.size() || HexDigit(text[i]) < 0 || HexDigit(text[i + 1]) < 0) return std::nullopt;
      out.push_back(static_cast<char>(HexDigit(text[i]) * 16 + HexDigit(text[i + 1])));
      ++i;
    }
    return out;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
    } else if (text.substr(i).starts_with("\\\\")) {
      out.push_back('\\');
      ++i;
    } else {
      int value = 0;
      if (i + 3 >= text.size() || text[i + 1] > '3') return std::nullopt;
      for (size_t j = 1; j <= 3; ++j) {
        if (text[i + j] < '0' || text[i + j] > '7') return std::nullopt;
        value = value * 8 + (text[i + j] - '0');
      }
      out.push_back(static_cast<char>(value));
      i += 3;
    }
  }
  return out;
}

}  // namespace rem
