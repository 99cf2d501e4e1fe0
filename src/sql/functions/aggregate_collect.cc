#include <map>

#include <rem/error.h>

#include "sql/functions/collected_items.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// string_agg(text, delimiter): NULL texts are left out; the delimiter before the first one is not used, and a NULL one
// is empty.
struct JoinedText {
  StateBuffer text;
  bool any;
};
void JoinTexts(AggregateUpdate& update) {
  const Column& texts = *update.in[0];
  const Column& delimiters = *update.in[1];
  ForEachState<JoinedText>(update, [&](JoinedText& joined, size_t row) {
    if (texts.IsNull(row)) return;
    if (joined.any && !delimiters.IsNull(row))
      joined.text.Append(delimiters.data<std::string_view>()[row & delimiters.row_mask()], *update.arena);
    joined.text.Append(texts.data<std::string_view>()[row & texts.row_mask()], *update.arena);
    joined.any = true;
  });
}
void FinishText(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& joined = StateOf<JoinedText>(state);
  if (!joined.any) return out.SetNull(row);
  out.data<std::string_view>()[row] = joined.text.view();
}

// jsonb_agg and jsonb_object_agg keep the documents one behind the other, and build the result at the end.
struct Collected {
  StateBuffer bytes;
  bool any;
};
struct EntryHead {
  const KeyDictionary* keys;
  size_t name_bytes;
  size_t bytes;
};
void AppendEntry(Collected& collected, std::string_view name, const Column& values, size_t row, Arena& arena) {
  DocumentView value;
  if (!values.IsNull(row)) value = values.data<DocumentView>()[row & values.row_mask()];
  const EntryHead head{value.keys(), name.size(), value.bytes().size()};
  collected.bytes.Append({reinterpret_cast<const char*>(&head), sizeof(head)}, arena);
  collected.bytes.Append(name, arena);
  collected.bytes.Append(value.bytes(), arena);
  collected.any = true;
}
template <typename F>
void ForEachEntry(const Collected& collected, F&& f) {
  std::string_view rest = collected.bytes.view();
  while (!rest.empty()) {
    EntryHead head;
    std::memcpy(&head, rest.data(), sizeof(head));
    rest.remove_prefix(sizeof(head));
    f(rest.substr(0, head.name_bytes), DocumentView(rest.substr(head.name_bytes, head.bytes), head.keys));
    rest.remove_prefix(head.name_bytes + head.bytes);
  }
}
void Store(DocumentBuilder& builder, Column& out, size_t row) {
  out.data<DocumentView>()[row] = DocumentView(out.arena().Copy(builder.Finish().bytes()));
}

void CollectArray(AggregateUpdate& update) {
  ForEachState<Collected>(
      update, [&](Collected& collected, size_t row) { AppendEntry(collected, {}, *update.in[0], row, *update.arena); });
}
void FinishArray(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& collected = StateOf<Collected>(state);
  if (!collected.any) return out.SetNull(row);
  DocumentBuilder builder;
  try {
    builder.BeginArray();
    ForEachEntry(collected, [&](std::string_view, const DocumentView& value) { builder.Copy(value); });
    builder.EndArray();
    Store(builder, out, row);
  } catch (const Error& error) {
    failure.Set(row, error.code(), error.message(), error.hint());
  }
}

void CollectObject(AggregateUpdate& update) {
  const Column& names = *update.in[0];
  ForEachState<Collected>(update, [&](Collected& collected, size_t row) {
    if (names.IsNull(row)) {
      update.failure->Set(row, ErrorCode::kInvalidArgument, "field name must not be null",
                          "leave such rows out with FILTER (WHERE name IS NOT NULL)");
      return;
    }
    AppendEntry(collected, names.data<std::string_view>()[row & names.row_mask()], *update.in[1], row, *update.arena);
  });
}
// Of several values of one name the last one stays.
void FinishObject(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& collected = StateOf<Collected>(state);
  if (!collected.any) return out.SetNull(row);
  std::map<std::string_view, DocumentView> members;
  ForEachEntry(collected, [&](std::string_view name, const DocumentView& value) { members[name] = value; });
  DocumentBuilder builder;
  try {
    builder.BeginObject();
    for (const auto& [name, value] : members) {
      builder.Key(name);
      builder.Copy(value);
    }
    builder.EndObject();
    Store(builder, out, row);
  } catch (const Error& error) {
    failure.Set(row, error.code(), error.message(), error.hint());
  }
}

// array_agg: NULLs are items too.
void CollectItems(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  ForEachState<CollectedItems>(update,
                               [&](CollectedItems& items, size_t row) { items.Add(in.Get(row), *update.arena); });
}
void FinishItems(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& items = StateOf<CollectedItems>(state);
  if (items.count == 0) return out.SetNull(row);
  out.data<std::string_view>()[row] = out.arena().Copy(items.Cell());
}

}  // namespace

void AddCollectAggregates(std::vector<AggregateFunction>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, size_t bytes,
                       auto update, auto finish) {
    out.push_back({name, std::move(arguments), result, bytes, update, nullptr, finish, false, true});
  };
  add("string_agg", {kText, kText}, kText, sizeof(JoinedText), JoinTexts, FinishText);
  add("string_agg", {kBytea, kBytea}, kBytea, sizeof(JoinedText), JoinTexts, FinishText);
  // json is jsonb here.
  for (const std::string_view name : {"jsonb_agg", "json_agg"})
    add(name, {kJson}, kJson, sizeof(Collected), CollectArray, FinishArray);
  for (const std::string_view name : {"jsonb_object_agg", "json_object_agg"})
    add(name, {kText, kJson}, kJson, sizeof(Collected), CollectObject, FinishObject);
  add("array_agg", {kAnyElement}, ArrayOf(kAnyElement), sizeof(CollectedItems), CollectItems, FinishItems);
}

}  // namespace rem::sql
