#include "sql/pipeline_sequence.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/nearest.h"
#include "sql/parser/ast_names.h"
#include "sql/pipeline_schema.h"
#include "store/transaction.h"

namespace rem::sql {
namespace {

// Others that take a value at the same moment are waited for by trying again.
constexpr int kMaxAttempts = 10'000;

struct Bounds {
  int64_t increment = 1, least = 1, greatest = std::numeric_limits<int64_t>::max(), start = 1;
  bool cycle = false;
};

[[noreturn]] void Invalid(std::string message) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message), "see CREATE SEQUENCE in PostgreSQL's manual");
}

Bounds BoundsOf(const ast::CreateSequence& create) {
  Bounds bounds;
  bounds.increment = create.increment.value_or(1);
  if (bounds.increment == 0) Invalid("INCREMENT must not be zero");
  int64_t low = std::numeric_limits<int64_t>::min(), high = std::numeric_limits<int64_t>::max();
  if (create.type == "int2" || create.type == "smallint") {
    low = INT16_MIN;
    high = INT16_MAX;
  } else if (create.type == "int4" || create.type == "integer" || create.type == "int") {
    low = INT32_MIN;
    high = INT32_MAX;
  } else if (!create.type.empty() && create.type != "int8" && create.type != "bigint") {
    Invalid("sequence type must be smallint, integer, or bigint");
  }
  const bool up = bounds.increment > 0;
  bounds.least = create.least.value_or(up ? 1 : low);
  bounds.greatest = create.greatest.value_or(up ? high : -1);
  if (bounds.least < low) Invalid(fmt::format("MINVALUE ({}) is out of range for sequence data type", bounds.least));
  if (bounds.greatest > high)
    Invalid(fmt::format("MAXVALUE ({}) is out of range for sequence data type", bounds.greatest));
  if (bounds.least >= bounds.greatest)
    Invalid(fmt::format("MINVALUE ({}) must be less than MAXVALUE ({})", bounds.least, bounds.greatest));
  bounds.start = create.start.value_or(up ? bounds.least : bounds.greatest);
  if (bounds.start < bounds.least)
    Invalid(fmt::format("START value ({}) cannot be less than MINVALUE ({})", bounds.start, bounds.least));
  if (bounds.start > bounds.greatest)
    Invalid(fmt::format("START value ({}) cannot be greater than MAXVALUE ({})", bounds.start, bounds.greatest));
  bounds.cycle = create.cycle;
  return bounds;
}

Bounds BoundsOf(const Table& sequence) {
  const auto stored = sequence.schema.json_schema.view().Find(kSequenceKey);
  const auto number = [&](std::string_view name) { return stored->Find(name)->AsInt(); };
  return {number("increment"), number("least"), number("greatest"), number("start"), stored->Find("cycle")->AsBool()};
}

Document SchemaWith(const Document& schema, const Bounds& bounds) {
  DocumentBuilder out;
  out.BeginObject();
  const DocumentView view = schema;
  for (size_t i = 0; i < view.size(); ++i) {
    out.Key(view.KeyAt(i));
    out.Copy(view.ValueAt(i));
  }
  out.Key(kSequenceKey);
  out.BeginObject();
  for (const auto& [name, value] : {std::pair("increment", bounds.increment),
                                    {"least", bounds.least},
                                    {"greatest", bounds.greatest},
                                    {"start", bounds.start}}) {
    out.Key(name);
    out.Int(value);
  }
  out.Key("cycle");
  out.Bool(bounds.cycle);
  out.EndObject();
  out.EndObject();
  return out.Finish();
}

/// The one record of a sequence.
Document StateOf(int64_t last, bool called) {
  DocumentBuilder out;
  out.BeginObject();
  out.Key("last_value");
  out.Int(last);
  out.Key("log_cnt");
  out.Int(0);
  out.Key("is_called");
  out.Bool(called);
  out.EndObject();
  return out.Finish();
}

std::string PlainName(std::string_view text) {
  if (text.starts_with("public.")) text.remove_prefix(7);
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') return std::string(text.substr(1, text.size() - 2));
  return FoldName(text);
}

/// A sequence with a name of its own, or that of a serial column: "t_id_seq".
struct Found {
  TablePtr table;
  std::string column;  ///< Empty for a sequence with a name of its own.
  std::string name;
};

Found Find(const CatalogSnapshot& catalog, std::string_view text) {
  const std::string name = PlainName(text);
  if (TablePtr table = catalog.Find(name)) {
    if (IsSequence(*table)) return {std::move(table), "", name};
    throw Error(ErrorCode::kTypeMismatch, fmt::format("\"{}\" is not a sequence", name), "name a sequence")
        .WithSqlState("42809");
  }
  std::vector<std::string> names;
  for (const TablePtr& table : catalog.tables()) {
    if (IsSequence(*table)) names.push_back(table->name());
    for (const ColumnSchema& column : table->schema.columns) {
      if (column.default_expression != kSequenceDefault) continue;
      names.push_back(fmt::format("{}_{}_seq", table->name(), column.name));
      if (names.back() == name) return {table, column.name, name};
    }
  }
  throw Error(ErrorCode::kTableNotFound, fmt::format("relation \"{}\" does not exist", name),
              DidYouMean(name, names, "make it with CREATE SEQUENCE"));
}

/// The record of a sequence as it is now, with its version.
struct State {
  Uuid id;
  Sequence version = 0;
  int64_t last = 0;
  bool called = false;
};

State ReadState(const ReadView& view, const Table& sequence) {
  RowCursor cursor = view.ScanRows(sequence);
  if (!cursor.Next()) {
    throw Error(ErrorCode::kCorruption, fmt::format("sequence \"{}\" has lost its state", sequence.name()),
                "drop it and make it again");
  }
  const DocumentView properties = cursor.row().properties();
  return {cursor.row().id(), cursor.row().sequence(), properties.Find("last_value")->AsInt(),
          properties.Find("is_called")->AsBool()};
}

int64_t Following(const Bounds& bounds, const State& state, const std::string& name) {
  if (!state.called) return state.last;
  int64_t next = 0;
  const bool beyond =
      __builtin_add_overflow(state.last, bounds.increment, &next) || next < bounds.least || next > bounds.greatest;
  if (!beyond) return next;
  const bool up = bounds.increment > 0;
  if (bounds.cycle) return up ? bounds.least : bounds.greatest;
  throw Error(ErrorCode::kLimitExceeded,
              fmt::format("nextval: reached {} value of sequence \"{}\" ({})", up ? "maximum" : "minimum", name,
                          up ? bounds.greatest : bounds.least),
              "make it with CYCLE, or with wider bounds")
      .WithSqlState("2200H");
}

/// Whether the sequence is one that only the open transaction knows; then it is changed there.
bool IsOwn(const SessionSequences::Place& place, const Table& table) {
  return place.transaction != nullptr && place.tenant.catalog()->FindById(table.id) == nullptr;
}

/// Replaces the state by what `change` makes of it, and returns the new last value.
template <typename Change>
int64_t ChangeState(const SessionSequences::Place& place, const Table& sequence, Change change) {
  if (IsOwn(place, sequence)) {
    const State state = ReadState(*place.transaction->View(), sequence);
    const auto [last, called] = change(state);
    place.transaction->writer().Update(state.id, StateOf(last, called), {});
    return last;
  }
  for (int attempt = 1;; ++attempt) {
    const State state = ReadState(*place.tenant.Snapshot(), sequence);
    const auto [last, called] = change(state);
    try {
      UpdateOptions options;
      options.expected_version = state.version;
      place.tenant.writer().Update(state.id, StateOf(last, called), options);
      return last;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConflict || attempt == kMaxAttempts) throw;
    }
  }
}

}  // namespace

bool IsSequence(const Table& table) { return table.schema.json_schema.view().Find(kSequenceKey).has_value(); }

void RunCreateSequence(DefinitionTarget& target, const ast::CreateSequence& create) {
  const CatalogPtr catalog = target.catalog();
  const std::string& name = create.name.name;
  const bool exists = catalog->Find(name) != nullptr;
  if (exists && create.if_not_exists) return;
  if (exists || RelationExists(*catalog, SchemaDraft(), name)) {
    throw Error(ErrorCode::kTableExists, fmt::format("relation \"{}\" already exists", name),
                "drop it first, or write CREATE SEQUENCE IF NOT EXISTS")
        .WithPosition(create.name.position);
  }
  const Bounds bounds = BoundsOf(create);
  SchemaDraft draft;
  if (create.temporary) draft.SetTemporary();
  std::vector<ast::ColumnDefinition> columns(3);
  for (size_t i = 0; i < columns.size(); ++i) {
    const char* const kNames[] = {"last_value", "log_cnt", "is_called"};
    columns[i].name = {kNames[i], kNames[i], true};
    columns[i].type.name = i < 2 ? "bigint" : "boolean";
  }
  AddColumns(name, columns, draft);
  target.Register(name, SchemaWith(draft.Finish(), bounds), false);
  const Document state = StateOf(bounds.start, false);
  try {
    target.writer().Insert(name, {&state, 1}, {});
  } catch (...) {
    target.DropTable(name);
    throw;
  }
}

void SessionSequences::Remember(TableId table, const std::string& column, int64_t value) {
  const std::lock_guard lock(mutex_);
  taken_[{table, column}] = value;
  last_ = value;
}

int64_t SessionSequences::Next(const Place& place, std::string_view name) {
  const Found found = Find(*place.catalog, name);
  int64_t value = 0;
  if (found.column.empty()) {
    const Bounds bounds = BoundsOf(*found.table);
    value = ChangeState(place, *found.table,
                        [&](const State& state) { return std::pair(Following(bounds, state, found.name), true); });
  } else {
    value = place.tenant.writer().NextSequenceValue(*found.table, found.column);
  }
  Remember(found.table->id, found.column, value);
  return value;
}

int64_t SessionSequences::Current(const Place& place, std::string_view name) {
  const Found found = Find(*place.catalog, name);
  const std::lock_guard lock(mutex_);
  const auto known = taken_.find({found.table->id, found.column});
  if (known != taken_.end()) return known->second;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("currval of sequence \"{}\" is not yet defined in this session", found.name),
              "take a value with nextval first")
      .WithSqlState("55000");
}

int64_t SessionSequences::Last() const {
  const std::lock_guard lock(mutex_);
  if (last_) return *last_;
  throw Error(ErrorCode::kInvalidArgument, "lastval is not yet defined in this session",
              "take a value with nextval first")
      .WithSqlState("55000");
}

void SessionSequences::Set(const Place& place, std::string_view name, int64_t value, bool called) {
  const Found found = Find(*place.catalog, name);
  if (!found.column.empty()) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: setval of a serial column's sequence",
                "make a sequence, and give the column DEFAULT nextval('...')");
  }
  const Bounds bounds = BoundsOf(*found.table);
  if (value < bounds.least || value > bounds.greatest) {
    throw Error(ErrorCode::kNumericOutOfRange,
                fmt::format("setval: value {} is out of bounds for sequence \"{}\" ({}..{})", value, found.name,
                            bounds.least, bounds.greatest),
                "choose a value within the bounds");
  }
  ChangeState(place, *found.table, [&](const State&) { return std::pair(value, called); });
  if (!called) return;
  const std::lock_guard lock(mutex_);
  taken_[{found.table->id, found.column}] = value;
}

void SessionSequences::Restart(const Place& place, const std::string& name, std::optional<int64_t> value) {
  const Found found = Find(*place.catalog, name);
  Set(place, name, value ? *value : found.column.empty() ? BoundsOf(*found.table).start : 1, false);
}

}  // namespace rem::sql
