#pragma once

#include <string>
#include <vector>

#include <rem/database.h>

namespace rem::cli {

// Our export format is JSONL. The first line is {"rem_export": 1}; then come
//   {"schema": name, "json_schema": {…}}
//   {"table": name, "id", "created_at", "modified_at", "properties": {…}, "vectors": {column: […]}}
// docs/cli.md describes it.
inline constexpr int kExportVersion = 1;

/// Vector columns that the schema of `table` declares ("vector": true or an object) or that a provider fills; Insert
/// takes their vectors as members of the record.
std::vector<std::string> VectorColumns(const TableInfo& table);

/// Vector columns that may hold something: the above, and `embedding` and `embedding_alt`, which Session::SetEmbedding
/// makes.
std::vector<std::string> ExportedVectors(const TableInfo& table);

}  // namespace rem::cli
