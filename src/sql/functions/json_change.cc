#include <algorithm>
#include <charconv>

#include "sql/functions/by_value.h"
#include "sql/functions/jsonpath_functions.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Path = std::vector<Value>;

bool IsContainer(const DocumentView& node) {
  return node.kind() == NodeKind::kObject || node.kind() == NodeKind::kArray;
}

std::optional<int64_t> IndexOf(const std::string& text) {
  int64_t index = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size() || index > INT32_MAX || index < INT32_MIN)
    return std::nullopt;
  return index;
}

[[noreturn]] void ThrowScalar(std::string_view what) {
  throw Error(ErrorCode::kInvalidArgument, "cannot " + std::string(what));
}
void CheckPath(const Path& path) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (!path[i].IsNull()) continue;
    throw Error(ErrorCode::kInvalidArgument, "path element at position " + std::to_string(i + 1) + " is null")
        .WithSqlState("22004");
  }
}

enum class PathOp : uint8_t { kReplace, kSet, kInsertBefore, kInsertAfter, kDelete };

/// Copies a document with one change at the end of a path.
class PathChange {
 public:
  PathChange(const Path& path, PathOp op, const DocumentView& value) : path_(path), op_(op), value_(value) {}

  Document Apply(const DocumentView& target) {
    Write(target, 0);
    return builder_.Finish();
  }

 private:
  bool last(size_t level) const { return level + 1 == path_.size(); }

  void Write(const DocumentView& node, size_t level) {
    if (node.kind() == NodeKind::kObject) {
      WriteObject(node, level);
    } else if (node.kind() == NodeKind::kArray) {
      WriteArray(node, level);
    } else {
      builder_.Copy(node);
    }
  }

  void WriteObject(const DocumentView& node, size_t level) {
    const std::string& key = path_[level].AsText();
    builder_.BeginObject();
    bool found = false;
    for (size_t i = 0; i < node.size(); ++i) {
      const bool here = node.KeyAt(i) == key;
      found |= here;
      if (here && last(level)) {
        if (op_ == PathOp::kDelete) continue;
        if (op_ == PathOp::kInsertBefore || op_ == PathOp::kInsertAfter) {
          throw Error(ErrorCode::kInvalidArgument, "cannot replace existing key",
                      "Try using the function jsonb_set to replace key value.");
        }
        builder_.Key(key);
        builder_.Copy(value_);
        continue;
      }
      builder_.Key(node.KeyAt(i));
      if (here) {
        Write(node.ValueAt(i), level + 1);
      } else {
        builder_.Copy(node.ValueAt(i));
      }
    }
    if (!found && last(level) && op_ != PathOp::kDelete && op_ != PathOp::kReplace) {
      builder_.Key(key);
      builder_.Copy(value_);
    }
    builder_.EndObject();
  }

  void WriteArray(const DocumentView& node, size_t level) {
    const auto index = IndexOf(path_[level].AsText());
    if (!index) {
      throw Error(ErrorCode::kInvalidText, "path element at position " + std::to_string(level + 1) +
                                               " is not an integer: \"" + path_[level].AsText() + "\"");
    }
    const auto size = static_cast<int64_t>(node.size());
    const int64_t at = *index < 0 ? *index + size : *index;
    const bool inside = at >= 0 && at < size;
    const bool adds = last(level) && !inside && op_ != PathOp::kDelete && op_ != PathOp::kReplace;
    builder_.BeginArray();
    if (adds && at < 0) builder_.Copy(value_);
    for (int64_t i = 0; i < size; ++i) {
      const DocumentView item = node.At(static_cast<size_t>(i));
      if (i != at) {
        builder_.Copy(item);
      } else if (!last(level)) {
        Write(item, level + 1);
      } else {
        if (op_ == PathOp::kInsertAfter) builder_.Copy(item);
        if (op_ != PathOp::kDelete) builder_.Copy(value_);
        if (op_ == PathOp::kInsertBefore) builder_.Copy(item);
      }
    }
    if (adds && at >= size) builder_.Copy(value_);
    builder_.EndArray();
  }

  const Path& path_;
  const PathOp op_;
  const DocumentView value_;
  DocumentBuilder builder_;
};

Value ChangeAt(const Document& target, const Path& path, PathOp op, const DocumentView& value,
               std::string_view scalar_error) {
  CheckPath(path);
  if (!IsContainer(target)) ThrowScalar(scalar_error);
  if (path.empty()) return Value(target);
  return Value(PathChange(path, op, value).Apply(target));
}

Value Set(const Value* a, size_t count, LogicalType) {
  const bool create = count < 4 || a[3].AsBool();
  return ChangeAt(a[0].AsJson(), a[1].AsArray(), create ? PathOp::kSet : PathOp::kReplace, a[2].AsJson(),
                  "set path in scalar");
}
// jsonb_set, but a NULL as the new value is what the last argument says.
Value SetLax(const Value* a, size_t count, LogicalType type) {
  if (a[0].IsNull() || a[1].IsNull() || (count > 3 && a[3].IsNull())) return Value();
  if (!a[2].IsNull()) return Set(a, std::min<size_t>(count, 4), type);
  if (count > 4 && a[4].IsNull()) {
    throw Error(ErrorCode::kInvalidArgument,
                "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or "
                "\"raise_exception\"");
  }
  const std::string treatment = count > 4 ? a[4].AsText() : "use_json_null";
  if (treatment == "return_target") return a[0];
  if (treatment == "delete_key")
    return ChangeAt(a[0].AsJson(), a[1].AsArray(), PathOp::kDelete, {}, "delete path in scalar");
  if (treatment == "raise_exception") {
    throw Error(ErrorCode::kInvalidArgument, "JSON value must not be null",
                "Exception was raised because null_value_treatment is \"raise_exception\".")
        .WithSqlState("22004");
  }
  if (treatment != "use_json_null") {
    throw Error(ErrorCode::kInvalidArgument,
                "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or "
                "\"raise_exception\"");
  }
  const bool create = count < 4 || a[3].AsBool();
  return ChangeAt(a[0].AsJson(), a[1].AsArray(), create ? PathOp::kSet : PathOp::kReplace, {}, "set path in scalar");
}
Value Insert(const Value* a, size_t count, LogicalType) {
  const bool after = count > 3 && a[3].AsBool();
  return ChangeAt(a[0].AsJson(), a[1].AsArray(), after ? PathOp::kInsertAfter : PathOp::kInsertBefore, a[2].AsJson(),
                  "set path in scalar");
}
Value DeletePath(const Value* a, size_t, LogicalType) {
  return ChangeAt(a[0].AsJson(), a[1].AsArray(), PathOp::kDelete, {}, "delete path in scalar");
}

// A copy without the members (objects) or texts (arrays) that `gone` names.
template <typename Gone>
Value Without(const DocumentView& node, Gone gone) {
  if (!IsContainer(node)) ThrowScalar("delete from scalar");
  DocumentBuilder builder;
  if (node.kind() == NodeKind::kObject) {
    builder.BeginObject();
    for (size_t i = 0; i < node.size(); ++i) {
      if (gone(node.KeyAt(i))) continue;
      builder.Key(node.KeyAt(i));
      builder.Copy(node.ValueAt(i));
    }
    builder.EndObject();
  } else {
    builder.BeginArray();
    for (size_t i = 0; i < node.size(); ++i) {
      const DocumentView item = node.At(i);
      if (item.kind() != NodeKind::kText || !gone(item.AsText())) builder.Copy(item);
    }
    builder.EndArray();
  }
  return Value(builder.Finish());
}
Value DeleteKey(const Value* a, size_t, LogicalType) {
  return Without(a[0].AsJson(), [&](std::string_view key) { return key == a[1].AsText(); });
}
Value DeleteKeys(const Value* a, size_t, LogicalType) {
  const auto& keys = a[1].AsArray();
  return Without(a[0].AsJson(), [&](std::string_view key) {
    return std::ranges::any_of(keys, [&](const Value& one) { return !one.IsNull() && one.AsText() == key; });
  });
}
Value DeleteIndex(const Value* a, size_t, LogicalType) {
  const DocumentView node = a[0].AsJson();
  if (!IsContainer(node)) ThrowScalar("delete from scalar");
  if (node.kind() == NodeKind::kObject) ThrowScalar("delete from object using integer index");
  const int64_t index = a[1].AsInt(), at = index < 0 ? index + static_cast<int64_t>(node.size()) : index;
  DocumentBuilder builder;
  builder.BeginArray();
  for (size_t i = 0; i < node.size(); ++i) {
    if (static_cast<int64_t>(i) != at) builder.Copy(node.At(i));
  }
  builder.EndArray();
  return Value(builder.Finish());
}

Value Concatenate(const Value* a, size_t, LogicalType) {
  const DocumentView left = a[0].AsJson(), right = a[1].AsJson();
  DocumentBuilder builder;
  if (left.kind() == NodeKind::kObject && right.kind() == NodeKind::kObject) {
    builder.BeginObject();
    for (size_t i = 0; i < left.size(); ++i) {
      if (right.Find(left.KeyAt(i))) continue;
      builder.Key(left.KeyAt(i));
      builder.Copy(left.ValueAt(i));
    }
    for (size_t i = 0; i < right.size(); ++i) {
      builder.Key(right.KeyAt(i));
      builder.Copy(right.ValueAt(i));
    }
    builder.EndObject();
    return Value(builder.Finish());
  }
  builder.BeginArray();
  for (const DocumentView& side : {left, right}) {
    if (side.kind() != NodeKind::kArray) {
      builder.Copy(side);
      continue;
    }
    for (size_t i = 0; i < side.size(); ++i) builder.Copy(side.At(i));
  }
  builder.EndArray();
  return Value(builder.Finish());
}

void CopyWithoutNulls(const DocumentView& node, DocumentBuilder& out) {
  if (node.kind() == NodeKind::kObject) {
    out.BeginObject();
    for (size_t i = 0; i < node.size(); ++i) {
      if (node.ValueAt(i).IsNull()) continue;
      out.Key(node.KeyAt(i));
      CopyWithoutNulls(node.ValueAt(i), out);
    }
    out.EndObject();
  } else if (node.kind() == NodeKind::kArray) {
    out.BeginArray();
    for (size_t i = 0; i < node.size(); ++i) CopyWithoutNulls(node.At(i), out);
    out.EndArray();
  } else {
    out.Copy(node);
  }
}
Value StripNulls(const Value* a, size_t, LogicalType) {
  DocumentBuilder builder;
  CopyWithoutNulls(a[0].AsJson(), builder);
  return Value(builder.Finish());
}

template <bool all>
Value HasKeys(const Value* a, size_t, LogicalType) {
  const DocumentView node = a[0].AsJson();
  const auto has = [&](const Value& key) {
    if (key.IsNull()) return all;
    const std::string& text = key.AsText();
    if (node.kind() == NodeKind::kObject) return node.Find(text).has_value();
    if (node.kind() == NodeKind::kText) return node.AsText() == text;
    for (size_t i = 0; node.kind() == NodeKind::kArray && i < node.size(); ++i) {
      if (node.At(i).kind() == NodeKind::kText && node.At(i).AsText() == text) return true;
    }
    return false;
  };
  const auto& keys = a[1].AsArray();
  return Value(all ? std::ranges::all_of(keys, has) : std::ranges::any_of(keys, has));
}

std::optional<DocumentView> Walk(DocumentView node, const Value* path, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (path[i].IsNull()) return std::nullopt;
    const std::string& step = path[i].AsText();
    if (node.kind() == NodeKind::kObject) {
      const auto member = node.Find(step);
      if (!member) return std::nullopt;
      node = *member;
    } else if (node.kind() == NodeKind::kArray) {
      auto index = IndexOf(step);
      if (index && *index < 0) *index += static_cast<int64_t>(node.size());
      if (!index || *index < 0 || *index >= static_cast<int64_t>(node.size())) return std::nullopt;
      node = node.At(static_cast<size_t>(*index));
    } else {
      return std::nullopt;
    }
  }
  return node;
}
Value NodeValue(const std::optional<DocumentView>& node) { return node ? Value(Document::Copy(*node)) : Value(); }
Value NodeText(const std::optional<DocumentView>& node) {
  if (!node || node->IsNull()) return Value();
  if (node->kind() == NodeKind::kText) return Value(node->AsText());
  return Value(Value(Document::Copy(*node)).ToText());
}
template <auto Show>
Value AtPath(const Value* a, size_t, LogicalType) {
  return Show(Walk(a[0].AsJson(), a[1].AsArray().data(), a[1].AsArray().size()));
}
template <auto Show>
Value AtSteps(const Value* a, size_t count, LogicalType) {
  return Show(Walk(a[0].AsJson(), a + 1, count - 1));
}

void WritePretty(const DocumentView& node, size_t depth, std::string& out) {
  const bool object = node.kind() == NodeKind::kObject;
  if (!IsContainer(node)) {
    out += Value(Document::Copy(node)).ToText();
    return;
  }
  // Members as jsonb has them: short names first.
  std::vector<size_t> order(node.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (object) {
    std::ranges::sort(order, [&](size_t a, size_t b) {
      const std::string_view x = node.KeyAt(a), y = node.KeyAt(b);
      return x.size() != y.size() ? x.size() < y.size() : x < y;
    });
  }
  out += object ? '{' : '[';
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0) out += ',';
    out += '\n';
    out.append((depth + 1) * 4, ' ');
    if (object) {
      DocumentBuilder name;
      name.Text(node.KeyAt(order[i]));
      out += name.Finish().ToJson() + ": ";
    }
    WritePretty(object ? node.ValueAt(order[i]) : node.At(i), depth + 1, out);
  }
  out += '\n';
  out.append(depth * 4, ' ');
  out += object ? '}' : ']';
}
Value Pretty(const Value* a, size_t, LogicalType) {
  std::string out;
  WritePretty(a[0].AsJson(), 0, out);
  return Value(std::move(out));
}

// {a,1,b,2} or {{...}} would be pairs; keys and values may come in two arrays.
Value FromPairs(const Value* a, size_t count, LogicalType) {
  const auto& first = a[0].AsArray();
  if (count == 1 && first.size() % 2 != 0) {
    throw Error(ErrorCode::kInvalidArgument, "array must have even number of elements").WithSqlState("2202E");
  }
  if (count == 2 && first.size() != a[1].AsArray().size())
    throw Error(ErrorCode::kInvalidArgument, "mismatched array dimensions").WithSqlState("2202E");
  std::vector<std::pair<std::string, const Value*>> members;
  for (size_t i = 0; i < first.size(); i += count == 1 ? 2 : 1) {
    if (first[i].IsNull())
      throw Error(ErrorCode::kInvalidArgument, "null value not allowed for object key").WithSqlState("22004");
    std::erase_if(members, [&](const auto& member) { return member.first == first[i].AsText(); });
    members.emplace_back(first[i].AsText(), count == 1 ? &first[i + 1] : &a[1].AsArray()[i]);
  }
  DocumentBuilder builder;
  builder.BeginObject();
  for (const auto& [key, value] : members) {
    builder.Key(key);
    if (value->IsNull()) {
      builder.Null();
    } else {
      builder.Text(value->AsText());
    }
  }
  builder.EndObject();
  return Value(builder.Finish());
}

}  // namespace

void AddJsonChangeFunctions(std::vector<Function>& out) {
  AddJsonPathFunctions(out);
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       bool strict = true, bool variadic = false) {
    out.push_back({name, std::move(arguments), result, kernel, strict, Volatility::kImmutable, false, variadic});
  };
  constexpr LogicalType kTexts = ArrayOf(kText);
  for (const std::string_view name : {"||", "jsonb_concat"}) add(name, {kJson, kJson}, kJson, ByValue<Concatenate>);
  for (const std::string_view name : {"-", "jsonb_delete"}) {
    add(name, {kJson, kText}, kJson, ByValue<DeleteKey>);
    add(name, {kJson, kInteger}, kJson, ByValue<DeleteIndex>);
    add(name, {kJson, kTexts}, kJson, ByValue<DeleteKeys>);
  }
  for (const std::string_view name : {"#-", "jsonb_delete_path"})
    add(name, {kJson, kTexts}, kJson, ByValue<DeletePath>);
  add("#>", {kJson, kTexts}, kJson, ByValue<AtPath<NodeValue>>);
  add("#>>", {kJson, kTexts}, kText, ByValue<AtPath<NodeText>>);
  for (const std::string_view name : {"jsonb_extract_path", "json_extract_path"})
    add(name, {kJson, kText}, kJson, ByValue<AtSteps<NodeValue>>, true, true);
  for (const std::string_view name : {"jsonb_extract_path_text", "json_extract_path_text"})
    add(name, {kJson, kText}, kText, ByValue<AtSteps<NodeText>>, true, true);
  for (const std::string_view name : {"?|", "jsonb_exists_any"})
    add(name, {kJson, kTexts}, kBool, ByValue<HasKeys<false>>);
  for (const std::string_view name : {"?&", "jsonb_exists_all"})
    add(name, {kJson, kTexts}, kBool, ByValue<HasKeys<true>>);
  add("jsonb_set", {kJson, kTexts, kJson}, kJson, ByValue<Set>);
  add("jsonb_set", {kJson, kTexts, kJson, kBool}, kJson, ByValue<Set>);
  add("jsonb_set_lax", {kJson, kTexts, kJson}, kJson, ByValue<SetLax>, false);
  add("jsonb_set_lax", {kJson, kTexts, kJson, kBool}, kJson, ByValue<SetLax>, false);
  add("jsonb_set_lax", {kJson, kTexts, kJson, kBool, kText}, kJson, ByValue<SetLax>, false);
  add("jsonb_insert", {kJson, kTexts, kJson}, kJson, ByValue<Insert>);
  add("jsonb_insert", {kJson, kTexts, kJson, kBool}, kJson, ByValue<Insert>);
  add("jsonb_pretty", {kJson}, kText, ByValue<Pretty>);
  for (const std::string_view name : {"jsonb_strip_nulls", "json_strip_nulls"})
    add(name, {kJson}, kJson, ByValue<StripNulls>);
  for (const std::string_view name : {"jsonb_object", "json_object"}) {
    add(name, {kTexts}, kJson, ByValue<FromPairs>);
    add(name, {kTexts, kTexts}, kJson, ByValue<FromPairs>);
  }
}

}  // namespace rem::sql
