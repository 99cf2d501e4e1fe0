#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include "base/thread_pool.h"
#include "schema/validator.h"
#include "sql/sql_fixture.h"

// Answers requests for the checks that compare REM DB with PostgreSQL (tools/sql_check): one JSON object a line on
// standard input, one on standard output, in order.
//
//   {"op":"schema","name":"t","schema":{...}}         -> {}
//   {"op":"insert","name":"t","records":[{...},...]}   -> {}
//   {"op":"sql","text":"SELECT 1","optimise":true,"batch_rows":2048,"threads":3}
//        -> {"columns":["bigint"],"names":["?column?"],"rows":[["1"]]}      values as text, NULL as null
//   {"op":"validate","schema":{...},"instances":[...]} -> {"valid":[true,...]}
//   any of them                                        -> {"error":"22012","message":"division by zero"}
namespace rem {

namespace {

constexpr size_t kMaxRows = 100'000;

void WriteError(DocumentBuilder& out, std::string_view sqlstate, std::string_view message) {
  out.BeginObject();
  out.Key("error");
  out.Text(sqlstate);
  out.Key("message");
  out.Text(message);
  out.EndObject();
}

class Driver {
 public:
  std::string Answer(const std::string& line) {
    DocumentBuilder out;
    try {
      const Document request = Document::FromJson(line);
      out.BeginObject();
      Run(request, out);
      out.EndObject();
    } catch (const Error& error) {
      out.Reset();
      WriteError(out, error.sqlstate(), error.what());
    } catch (const std::exception& error) {
      // Nothing but rem::Error may come out of a statement; the checks report this class as a defect.
      out.Reset();
      WriteError(out, "XX000", error.what());
    }
    return out.Finish().ToJson();
  }

 private:
  void Run(const DocumentView& request, DocumentBuilder& out) {
    const std::string op(request.Find("op")->AsText());
    if (op == "schema") {
      db_.Register(std::string(request.Find("name")->AsText()), request.Find("schema")->ToJson());
    } else if (op == "insert") {
      const DocumentView records = *request.Find("records");
      for (size_t i = 0; i < records.size(); ++i)
        db_.Insert(std::string(request.Find("name")->AsText()), records.At(i).ToJson());
    } else if (op == "validate") {
      Validate(request, out);
    } else {
      RunSql(request, out);
    }
  }

  static void Validate(const DocumentView& request, DocumentBuilder& out) {
    const Validator validator = Validator::Compile(Document::FromJson(request.Find("schema")->ToJson()));
    const DocumentView instances = *request.Find("instances");
    out.Key("valid");
    out.BeginArray();
    for (size_t i = 0; i < instances.size(); ++i) out.Bool(validator.IsValid(instances.At(i)));
    out.EndArray();
  }

  void RunSql(const DocumentView& request, DocumentBuilder& out) {
    const auto optimise = request.Find("optimise");
    const auto batch_rows = request.Find("batch_rows");
    db_.settings.optimise = !optimise || optimise->AsBool();
    db_.settings.batch_rows = batch_rows ? static_cast<size_t>(batch_rows->AsInt()) : QueryContext{}.batch_rows;
    const auto threads = request.Find("threads");
    db_.settings.pool = threads ? &pool_ : nullptr;
    db_.settings.threads = threads ? static_cast<size_t>(threads->AsInt()) : 1;
    // Also tables of a few rows are shared out.
    db_.settings.rows_per_thread = 1;
    Result result = db_.Sql(std::string(request.Find("text")->AsText()));
    out.Key("columns");
    out.BeginArray();
    for (const ResultColumn& column : result.columns()) out.Text(LogicalTypeName(column.type));
    out.EndArray();
    out.Key("names");
    out.BeginArray();
    for (const ResultColumn& column : result.columns()) out.Text(column.name);
    out.EndArray();
    out.Key("rows");
    out.BeginArray();
    for (const auto& row : result.FetchAll(kMaxRows)) {
      out.BeginArray();
      for (const Value& value : row) {
        if (value.IsNull()) {
          out.Null();
        } else {
          out.Text(value.ToText());
        }
      }
      out.EndArray();
    }
    out.EndArray();
  }

  ThreadPool pool_{2};
  SqlDatabase db_;
};

}  // namespace

}  // namespace rem

int main() {
  std::ios::sync_with_stdio(false);
  auto driver = std::make_optional<rem::Driver>();
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "reset") driver.emplace();
    std::cout << (line == "reset" ? "{}" : driver->Answer(line)) << '\n';
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
  }
  return 0;
}
