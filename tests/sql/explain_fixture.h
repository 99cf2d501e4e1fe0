#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/sql_fixture.h"

namespace rem {

/// A thousand articles, and plans of queries over them.
class ExplainTest : public ::testing::Test {
 protected:
  explicit ExplainTest(size_t column_cache_bytes = OpenOptions{}.column_cache_bytes)
      : db_(false, OpenOptions().row_cache_bytes, column_cache_bytes) {
    db_.Register("articles", kArticleSchema);
    InsertArticles(db_, 1000);
  }
  /// The lines of the plan without their details: "Limit > Table Scan on articles".
  std::string Shape(std::string_view sql, const std::vector<Value>& parameters = {}) {
    std::string plan = db_.Explain(sql, parameters), shape;
    for (size_t begin = 0; begin < plan.size();) {
      size_t end = plan.find('\n', begin);
      std::string line = plan.substr(begin, end - begin);
      line.erase(0, line.find_first_not_of(' '));
      line = line.substr(0, line.find_first_of("([", 0));
      if (const size_t where = line.find(" where "); where != std::string::npos) line.resize(where);
      while (!line.empty() && line.back() == ' ') line.pop_back();
      shape += (shape.empty() ? "" : " > ") + line;
      begin = end + 1;
    }
    return shape;
  }
  SqlDatabase db_;
};

}  // namespace rem
