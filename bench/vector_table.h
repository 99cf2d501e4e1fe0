#pragma once

#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <rem/database.h>

#include "measure.h"
#include "options.h"
#include "vector_data.h"

namespace rem::bench {

/// Vectors of 384 dimensions: `base` lies in the table docs(number, tenth, v), `asked` are the queries.
struct VectorTable {
  static constexpr size_t kDimension = 384;

  VectorTable(size_t row_count, size_t query_count) : rows(row_count), queries(query_count) {
    VectorSource source(kDimension, 7);
    base = source.Sample(rows);
    asked = source.Sample(queries);
    for (size_t q = 0; q < queries; ++q) parameters.emplace_back(VectorValue(query(q).begin(), query(q).end()));
  }
  std::span<const float> row(size_t i) const { return {base.data() + i * kDimension, kDimension}; }
  std::span<const float> query(size_t i) const { return {asked.data() + i * kDimension, kDimension}; }

  size_t rows, queries;
  std::vector<float> base, asked;
  std::vector<Value> parameters;  ///< the queries as SQL takes them
};

/// The numbers of the rows that a query found.
using Answers = std::vector<std::set<int64_t>>;

inline void CreateVectorTable(Session& session) {
  session.RegisterSchema("docs", Document::FromJson(R"({"type":"object","properties":{"number":{"type":"integer"},
      "tenth":{"type":"integer"},"v":{"type":"array","items":{"type":"number"},"vector":{"dimension":384}}},
      "embedding_fields":[],"indexed_fields":["number","tenth"]})"));
}

/// Inserts the rows with these numbers in batches.
inline void InsertVectors(Session& session, const VectorTable& data, const std::vector<size_t>& numbers) {
  constexpr size_t kBatch = 5000;
  for (size_t at = 0; at < numbers.size(); at += kBatch) {
    std::vector<Document> records;
    for (size_t i = at; i < std::min(numbers.size(), at + kBatch); ++i) {
      DocumentBuilder out;
      out.BeginObject();
      out.Key("number");
      out.Int(static_cast<int64_t>(numbers[i]));
      out.Key("tenth");
      out.Int(static_cast<int64_t>(numbers[i] % 10));
      out.Key("v");
      out.BeginArray();
      for (const float value : data.row(numbers[i])) out.Double(value);
      out.EndArray();
      out.EndObject();
      records.push_back(out.Finish());
    }
    session.InsertBatch("docs", records);
  }
}

/// Makes the table with all rows, in seconds.
inline double LoadVectorTable(Session& session, const VectorTable& data) {
  CreateVectorTable(session);
  std::vector<size_t> numbers(data.rows);
  std::iota(numbers.begin(), numbers.end(), size_t{0});
  const double start = WallSeconds();
  InsertVectors(session, data, numbers);
  return WallSeconds() - start;
}

/// Returns once the graph answers, in seconds; fails after `patience` seconds.
inline double WaitForGraph(Session& session, const VectorTable& data, double patience) {
  const double start = WallSeconds();
  for (;;) {
    std::string plan;
    Result lines =
        session.Sql("EXPLAIN ANALYZE SELECT number FROM docs ORDER BY v <=> $1 LIMIT 10", {data.parameters.data(), 1});
    for (const auto& row : lines.FetchAll()) plan += row[0].ToText() + "\n";
    if (plan.find("graph search=1") != std::string::npos) return WallSeconds() - start;
    if (WallSeconds() - start > patience) Fail("the graph does not answer:\n" + plan);
    usleep(50'000);
  }
}

inline std::set<int64_t> Nearest(Session& session, const VectorTable& data, const std::string& sql, size_t query) {
  std::set<int64_t> numbers;
  Result result = session.Sql(sql, {&data.parameters[query], 1});
  while (result.Next()) numbers.insert(result.columns()[0].type == LogicalType::kInt ? result.GetInt(0) : 0);
  return numbers;
}

/// The share of `truth` that `answers` have.
inline double Share(const Answers& answers, const Answers& truth) {
  size_t common = 0, all = 0;
  for (size_t q = 0; q < truth.size(); ++q) {
    for (const int64_t number : truth[q]) common += answers[q].count(number);
    all += truth[q].size();
  }
  return static_cast<double>(common) / static_cast<double>(all);
}

struct VectorSettings {
  size_t rows = 100'000;
  size_t queries = 500;
};

/// The main function of a benchmark that takes [--rows=N] [--queries=N].
inline int VectorMain(const char* name, int argc, char** argv, void (*run)(const VectorSettings&)) {
  VectorSettings settings;
  return BenchMain(name, argc, argv, {{"rows", &settings.rows}, {"queries", &settings.queries}},
                   [&] { run(settings); });
}

}  // namespace rem::bench
