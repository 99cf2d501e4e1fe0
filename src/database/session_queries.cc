#include <unistd.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rem/database.h>

#include "database/session_impl.h"
#include "embedding/provider.h"
#include "search/vector_search.h"

namespace rem {
namespace {

const VectorColumn& VectorColumnOf(const Table& table, std::string_view name) {
  if (const VectorColumn* column = table.FindVector(name)) return *column;
  throw Error(ErrorCode::kColumnNotFound, fmt::format("Table \"{}\" has no vector column \"{}\"", table.name(), name),
              table.vectors.empty()
                  ? "name embedding_fields in its schema, and the rows inserted from then on are embedded"
                  : fmt::format("it has \"{}\"", table.vectors.front().name));
}

std::vector<Record> ReadRecords(const ReadView& view, const Table& table, std::span<const RowId> rows) {
  std::vector<Record> records;
  records.reserve(rows.size());
  std::string buffer;
  for (RowId row : rows) {
    if (!view.GetRow(table, row, buffer)) {
      throw Error(ErrorCode::kCorruption,
                  fmt::format("Row {} of table \"{}\" is in an index, but not there", row, table.name()),
                  "check the database, and restore it from a backup");
    }
    records.push_back(MakeRecord(table, RowView(buffer, table.keys.get())));
  }
  return records;
}

std::vector<ScoredRecord> SearchByVector(const QueryContext& context, const Table& table, const VectorColumn& column,
                                         std::span<const float> vector, const SearchOptions& options) {
  if (std::any_of(vector.begin(), vector.end(), [](float x) { return !std::isfinite(x); })) {
    throw Error(ErrorCode::kInvalidArgument, "The query vector holds NaN or an infinity", "pass finite numbers only");
  }
  VectorQuery query;
  query.vector = vector;
  query.k = options.top_k;
  query.min_score = options.min_score;
  std::vector<RowId> matching;
  if (options.filter) {
    matching = ExecuteQuerySpec(context, table.name(), options.filter->view());
    std::sort(matching.begin(), matching.end());
    query.rows = matching;
  }
  std::vector<ScoredRow> hits = VectorSearch(*context.view, table, column, query);
  std::vector<RowId> rows;
  rows.reserve(hits.size());
  for (const ScoredRow& hit : hits) rows.push_back(hit.row);
  std::vector<Record> records = ReadRecords(*context.view, table, rows);
  std::vector<ScoredRecord> scored;
  scored.reserve(hits.size());
  for (size_t i = 0; i < hits.size(); ++i) scored.push_back({std::move(records[i]), hits[i].score});
  return scored;
}

/// A quarter of the machine's memory, or what the option says.
size_t QueryMemoryBytes(const OpenOptions& options) {
  if (options.query_memory_bytes > 0) return options.query_memory_bytes;
  static const size_t quarter =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE)) / 4;
  return std::max(quarter, size_t{64} << 20);
}

}  // namespace

QueryContext Session::Impl::Settings() const {
  QueryContext context;
  context.plan_cache = plans;
  context.pool = &store->workers();
  const size_t threads = store->options().threads;
  context.threads = threads > 0 ? threads : store->workers().size() + 1;
  context.memory_limit_bytes = QueryMemoryBytes(store->options());
  context.interrupt = interrupt;
  return context;
}

Result Session::Sql(std::string_view text, std::span<const Value> parameters) {
  return impl_->sql.Execute(impl_, impl_->Settings(), text, parameters);
}

void Session::Cancel() const noexcept { impl_->interrupt->Cancel(); }

std::string Session::Explain(std::string_view text) { return ExplainSql(Impl::NewQuery(impl_), text); }

std::vector<Record> Session::Query(std::string_view table_name, const QuerySpec& spec) const {
  QueryContext context = Impl::NewQuery(impl_);
  TablePtr table = context.catalog->Get(table_name);
  return ReadRecords(*context.view, *table, ExecuteQuerySpec(context, table_name, spec.view()));
}

std::vector<ScoredRecord> Session::Search(std::string_view table_name, std::string_view text,
                                          const SearchOptions& options) const {
  QueryContext context = Impl::NewQuery(impl_);
  TablePtr table = context.catalog->Get(table_name);
  const VectorColumn& column = VectorColumnOf(*table, options.column);
  if (column.provider == nullptr) {
    throw Error(
        ErrorCode::kNotSupported,
        fmt::format(
            "Column \"{}\" of table \"{}\" holds vectors that callers gave, so a text cannot be compared with them",
            column.name, table->name()),
        "search with a vector of the same model, or name an embedding_provider in the schema");
  }
  VectorValue vector(column.provider->dimension());
  EmbedOptions embed;
  embed.use = TextUse::kQuery;
  column.provider->EmbedFor({&text, 1}, embed, vector.data());
  return SearchByVector(context, *table, column, vector, options);
}

std::vector<ScoredRecord> Session::SearchVector(std::string_view table_name, std::span<const float> vector,
                                                const SearchOptions& options) const {
  QueryContext context = Impl::NewQuery(impl_);
  TablePtr table = context.catalog->Get(table_name);
  return SearchByVector(context, *table, VectorColumnOf(*table, options.column), vector, options);
}

}  // namespace rem
