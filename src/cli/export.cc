#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>

#include <fmt/format.h>

#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/transfer.h"

namespace rem::cli {

namespace {

struct ExportArguments {
  std::string table;
  std::string file;
  bool all = false;
  bool no_vectors = false;
};

/// A file that appears under its name only when it is complete.
class ExportFile {
 public:
  explicit ExportFile(std::string path) : path_(std::move(path)), partial_(path_ + ".partial") {
    const int fd = open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
      throw Error(errno == EACCES ? ErrorCode::kPermission : ErrorCode::kIo,
                  fmt::format("cannot write {}: {}", partial_, std::strerror(errno)),
                  "name a file in a directory that exists and can be written");
    }
    out_ = std::make_unique<Output>(fd);
  }

  ~ExportFile() {
    if (!out_) return;
    close(out_->fd());
    unlink(partial_.c_str());
  }

  Output& out() { return *out_; }

  void Commit() {
    out_->Flush();
    const int fd = out_->fd();
    if (fsync(fd) != 0 || std::rename(partial_.c_str(), path_.c_str()) != 0) {
      throw Error(ErrorCode::kIo, fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
    }
    close(fd);
    out_.reset();
  }

 private:
  std::string path_;
  std::string partial_;
  std::unique_ptr<Output> out_;
};

class Exporter {
 public:
  Exporter(Session& session, Output& out, bool with_vectors)
      : session_(session), out_(out), with_vectors_(with_vectors) {}

  uint64_t count() const { return count_; }

  void WriteHeader() { out_.WriteLine(fmt::format("{{\"rem_export\":{}}}", kExportVersion)); }

  // The built-in tables are in every database.
  void WriteSchema(const TableInfo& table) {
    if (table.category == "system") return;
    json_.Clear();
    json_.BeginObject();
    json_.Key("schema");
    json_.Text(table.name);
    json_.Key("json_schema");
    json_.Json(table.json_schema);
    json_.EndObject();
    out_.WriteLine(json_.text());
  }

  void WriteRows(const TableInfo& table) {
    std::vector<std::string> columns = with_vectors_ ? ExportedVectors(table) : std::vector<std::string>();
    ProgressBar progress(table.name, static_cast<uint64_t>(table.row_count));
    uint64_t done = 0;
    // The scan calls back through the engine, which our own failures (a reader that went away) need not pass.
    std::exception_ptr failure;
    session_.Scan(table.name, [&](const Record& record) {
      try {
        WriteRow(record, columns);
        ++done;
        progress.Update(done, done);
        return InterruptGuard::Signal() == 0;
      } catch (...) {
        failure = std::current_exception();
        return false;
      }
    });
    count_ += done;
    if (failure) std::rethrow_exception(failure);
  }

 private:
  void WriteRow(const Record& record, std::vector<std::string>& columns) {
    json_.Clear();
    json_.BeginObject();
    json_.Key("table");
    json_.Text(record.table);
    json_.Key("id");
    json_.Text(record.id.ToString());
    json_.Key("created_at");
    json_.Text(record.created_at.ToString());
    json_.Key("modified_at");
    json_.Text(record.modified_at.ToString());
    json_.Key("properties");
    json_.Json(record.properties);
    bool any = false;
    for (const std::string& column : columns) {
      std::optional<VectorValue> vector = session_.GetEmbedding(record.id, column);
      if (!vector) continue;
      if (!any) {
        json_.Key("vectors");
        json_.BeginObject();
      }
      any = true;
      json_.Key(column);
      json_.SqlValue(Value(std::move(*vector)));
    }
    if (any) json_.EndObject();
    json_.EndObject();
    out_.WriteLine(json_.text());
  }

  Session& session_;
  Output& out_;
  bool with_vectors_;
  uint64_t count_ = 0;
  JsonWriter json_;
};

std::vector<TableInfo> ExportedTables(const Session& session, const ExportArguments& arguments) {
  if (arguments.all == !arguments.table.empty()) {
    throw UsageError(arguments.all ? "a table and --all" : "nothing to export", "name a table, or give --all");
  }
  if (!arguments.all) return {session.GetTable(arguments.table)};
  std::vector<TableInfo> tables = session.ListTables();
  return tables;
}

int RunExport(CliContext& context, const ExportArguments& arguments) {
  Session session = context.OpenSession();
  const std::vector<TableInfo> tables = ExportedTables(session, arguments);
  std::unique_ptr<ExportFile> file;
  if (!arguments.file.empty() && arguments.file != "-") file = std::make_unique<ExportFile>(arguments.file);
  InterruptGuard guard;
  Exporter exporter(session, file ? file->out() : context.out, !arguments.no_vectors);
  exporter.WriteHeader();
  for (const TableInfo& table : tables) exporter.WriteSchema(table);
  for (const TableInfo& table : tables) {
    if (InterruptGuard::Signal() == 0) exporter.WriteRows(table);
  }
  if (const int signal = InterruptGuard::Signal(); signal != 0) {
    Note(file ? "interrupted: nothing was written" : "interrupted: the export is not complete");
    return 128 + signal;
  }
  if (!file) return kExitOk;
  file->Commit();
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("exported");
    json.Uint(exporter.count());
    json.Key("file");
    json.Text(ToValidUtf8(arguments.file));
    json.EndObject();
    context.out.WriteLine(json.text());
  } else {
    context.out.WriteLine(fmt::format("{} {} written to {}", FormatCount(exporter.count()),
                                      exporter.count() == 1 ? "record" : "records", arguments.file));
  }
  return kExitOk;
}

}  // namespace

void AddExportCommand(CLI::App& app, CliContext& context) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = AddCommand(
      app, "export", "Write a table, or all of them, as JSONL",
      "  rem-db export packages --file packages.jsonl\n  rem-db export --all | gzip > everything.jsonl.gz\n");
  command->add_option("table", arguments->table, "Table to export")->type_name("TABLE");
  command->add_flag("--all", arguments->all, "Export every table of the tenant");
  command->add_option("--file", arguments->file, "Write to this file (default: standard output)")->type_name("FILE");
  command->add_flag("--no-vectors", arguments->no_vectors, "Leave out embeddings");
  SetAction(command, context, arguments, &RunExport);
}

}  // namespace rem::cli
