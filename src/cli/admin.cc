#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <rem/embedding.h>

#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/table_printer.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace fs = std::filesystem;

namespace {

struct NoArguments {};

struct NewArguments {
  std::string name;
};

struct InspectArguments {
  std::string key;
};

struct DropArguments {
  std::string name;
  bool yes = false;
};

void WriteLocation(CliContext& context, const DatabaseInfo& info, std::string_view verb) {
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("path");
    json.Text(ToValidUtf8(info.path));
    json.Key("database_id");
    json.Text(info.database_id);
    json.EndObject();
    return context.out.WriteLine(json.text());
  }
  context.out.WriteLine(fmt::format("{} {}", verb, info.path));
}

int RunNew(CliContext& context, const NewArguments& arguments) {
  if (!context.options.path.empty() || !context.options.db_name.empty()) {
    throw UsageError("new takes the name alone", "rem-db init makes a database at --path");
  }
  context.options.db_name = arguments.name;
  const std::string path = context.DatabasePath();
  std::error_code status;
  if (fs::exists(path, status) && !(fs::is_directory(path, status) && fs::is_empty(path, status))) {
    throw Error(ErrorCode::kAlreadyExists, fmt::format("{} is there already", path),
                fmt::format("use it with --db {}, or choose another name", arguments.name));
  }
  Database& database = context.Open(IfMissing::kCreate);
  database.OpenSession(context.Tenant());
  WriteLocation(context, database.Info(), "made");
  if (context.Interactive()) {
    context.out.Flush();
    Note(fmt::format("use it with --db {}, for example: rem-db schemas --db {}", arguments.name, arguments.name));
  }
  return kExitOk;
}

int RunInit(CliContext& context, const NoArguments&) {
  const bool was_there = fs::exists(fs::path(context.DatabasePath()) / "CURRENT");
  Database& database = context.Open(IfMissing::kCreate);
  database.OpenSession(context.Tenant());
  WriteLocation(context, database.Info(), was_there ? "ready" : "made");
  return kExitOk;
}

void WriteInfoJson(CliContext& context, const DatabaseInfo& info, const Session& session,
                   const std::vector<TableInfo>& tables) {
  JsonWriter json(context.PrettyJson());
  json.BeginObject();
  json.Key("path");
  json.Text(ToValidUtf8(info.path));
  json.Key("database_id");
  json.Text(info.database_id);
  json.Key("format_version");
  json.Uint(info.format_version);
  json.Key("disk_bytes");
  json.Uint(info.disk_bytes);
  json.Key("memory_bytes");
  json.Uint(info.memory_bytes);
  json.Key("column_cache_bytes");
  json.Uint(info.column_cache_bytes);
  json.Key("tenants");
  json.BeginArray();
  for (const std::string& tenant : info.tenants) json.Text(tenant);
  json.EndArray();
  json.Key("tenant");
  json.Text(session.tenant());
  json.Key("sequence");
  json.Uint(session.CurrentSequence());
  const EmbeddingStatus embedding = session.GetEmbeddingStatus(0);
  json.Key("embeddings_pending");
  json.Uint(embedding.pending);
  json.Key("embeddings_failed");
  json.Uint(embedding.failed);
  json.Key("tables");
  json.BeginObject();
  for (const TableInfo& table : tables) {
    json.Key(table.name);
    json.Int(table.row_count);
  }
  json.EndObject();
  json.EndObject();
  context.out.WriteLine(json.text());
}

int RunInfo(CliContext& context, const NoArguments&) {
  Database& database = context.Open(IfMissing::kFail);
  const Session session = context.OpenSession();
  const DatabaseInfo info = database.Info();
  const std::vector<TableInfo> tables = session.ListTables();
  if (context.options.json) {
    WriteInfoJson(context, info, session, tables);
    return kExitOk;
  }
  std::string tenants;
  for (const std::string& tenant : info.tenants) tenants += (tenants.empty() ? "" : ", ") + tenant;
  const auto line = [&](std::string_view name, std::string_view value) {
    context.out.WriteLine(fmt::format("{:<10} {}", name, value));
  };
  line("path", info.path);
  line("id", info.database_id);
  line("format", fmt::format("{}", info.format_version));
  line("on disk", FormatBytes(info.disk_bytes));
  line("in memory", FormatBytes(info.memory_bytes));
  line("columns", FormatBytes(info.column_cache_bytes));
  line("tenants", tenants);
  line("tenant", fmt::format("{}, {} changes so far", session.tenant(), FormatCount(session.CurrentSequence())));
  const EmbeddingStatus embedding = session.GetEmbeddingStatus(0);
  if (embedding.pending + embedding.failed > 0) {
    line("embedding",
         fmt::format("{} waiting, {} given up", FormatCount(embedding.pending), FormatCount(embedding.failed)));
  }
  context.out.WriteLine("");
  TablePrinter printer(context.out, {{"table"}, {"rows", true}});
  for (const TableInfo& table : tables)
    printer.AddRow({{table.name}, {FormatCount(static_cast<uint64_t>(table.row_count))}});
  printer.Finish();
  return kExitOk;
}

int RunCompact(CliContext& context, const NoArguments&) {
  Database& database = context.Open(IfMissing::kFail);
  const uint64_t before = database.Info().disk_bytes;
  database.Compact();
  const uint64_t after = database.Info().disk_bytes;
  if (context.options.json) {
    context.out.WriteLine(fmt::format("{{\"disk_bytes_before\":{},\"disk_bytes\":{}}}", before, after));
  } else {
    context.out.WriteLine(fmt::format("{} on disk, {} before", FormatBytes(after), FormatBytes(before)));
  }
  return kExitOk;
}

struct Problem {
  std::string tenant;  // Empty: of the files as a whole.
  std::string text;
};

std::vector<Problem> FindProblems(Database& database, const std::vector<std::string>& tenants) {
  constexpr size_t kMostProblems = 100;
  std::vector<Problem> problems;
  const auto collect = [&](const std::string& tenant, const auto& check) {
    try {
      for (const std::string& text : check()) problems.push_back({tenant, text});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCorruption) throw;
      problems.push_back({tenant, error.detail().empty() ? std::string(error.what())
                                                         : fmt::format("{}: {}", error.what(), error.detail())});
    }
  };
  collect("", [&] {
    database.VerifyChecksums();
    return std::vector<std::string>();
  });
  // What the files hold cannot be trusted then, and neither can what comparing it would say.
  if (!problems.empty()) return problems;
  for (const std::string& tenant : tenants) {
    if (problems.size() >= kMostProblems) break;
    collect(tenant, [&] { return database.OpenSession(tenant, false).Check(kMostProblems - problems.size()); });
  }
  return problems;
}

int RunCheck(CliContext& context, const NoArguments&) {
  Database& database = context.Open(IfMissing::kFail);
  const std::vector<std::string> tenants = database.ListTenants();
  const std::vector<Problem> problems = FindProblems(database, tenants);
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("tenants");
    json.Uint(tenants.size());
    json.Key("problems");
    json.BeginArray();
    for (const Problem& problem : problems) {
      json.BeginObject();
      json.Key("tenant");
      problem.tenant.empty() ? json.Null() : json.Text(problem.tenant);
      json.Key("problem");
      json.Text(ToValidUtf8(problem.text));
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
    context.out.WriteLine(json.text());
  } else {
    for (const Problem& problem : problems) {
      const std::string where = problem.tenant.empty() ? "files" : fmt::format("tenant {}", Printable(problem.tenant));
      context.out.WriteLine(fmt::format("{}: {}", where, Printable(problem.text)));
    }
    context.out.WriteLine(problems.empty() ? fmt::format("checked {} tenants: all is sound", tenants.size())
                                           : fmt::format("found {} problems", problems.size()));
  }
  if (problems.empty()) return kExitOk;
  if (!context.options.json) {
    context.out.Flush();
    Note("stop writing to this database and restore it from a backup or an export");
  }
  return kExitFailed;
}

int RunInspect(CliContext& context, const InspectArguments& arguments) {
  const std::string text = context.Open(IfMissing::kFail).InspectKey(arguments.key);
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("key");
    json.Text(ToValidUtf8(arguments.key));
    json.Key("explanation");
    json.Text(ToValidUtf8(text));
    json.EndObject();
    context.out.WriteLine(json.text());
  } else {
    context.out.Write(text);
    if (!text.ends_with('\n')) context.out.Write("\n");
  }
  return kExitOk;
}

int RunTenants(CliContext& context, const NoArguments&) {
  const std::vector<std::string> tenants = context.Open(IfMissing::kFail).ListTenants();
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginArray();
    for (const std::string& tenant : tenants) json.Text(tenant);
    json.EndArray();
    context.out.WriteLine(json.text());
  } else {
    for (const std::string& tenant : tenants) context.out.WriteLine(Printable(tenant));
  }
  return kExitOk;
}

// A person is asked first; a script has said what it wants.
bool Confirmed(const DropArguments& arguments) {
  if (arguments.yes || !IsTerminal(STDIN_FILENO) || !IsTerminal(STDERR_FILENO)) return true;
  WriteStderr(fmt::format("remove tenant \"{}\" with everything in it? [y/N] ", Printable(arguments.name)));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

int RunDropTenant(CliContext& context, const DropArguments& arguments) {
  Database& database = context.Open(IfMissing::kFail);
  if (!Confirmed(arguments)) {
    Note("nothing was removed");
    return kExitFailed;
  }
  database.DropTenant(arguments.name);
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("dropped");
    json.Text(ToValidUtf8(arguments.name));
    json.EndObject();
    context.out.WriteLine(json.text());
  } else {
    context.out.WriteLine(fmt::format("dropped tenant {}", Printable(arguments.name)));
  }
  return kExitOk;
}

}  // namespace

void AddDatabaseCommands(CLI::App& app, CliContext& context) {
  auto create = std::make_shared<NewArguments>();
  CLI::App* new_command = AddCommand(app, "new", "Make a database by name, for use with --db NAME",
                                     "  rem-db new notes\n  rem-db schemas --db notes\n");
  new_command->add_option("name", create->name, "Name of the database")->required()->type_name("NAME");
  SetAction(new_command, context, create, &RunNew);

  auto none = std::make_shared<NoArguments>();
  SetAction(AddCommand(app, "init", "Make the database that the options name, unless it is there",
                       "  rem-db init --path ./memory\n"),
            context, none, &RunInit);
  SetAction(AddCommand(app, "info", "Show where the database is, its size, tenants and tables",
                       "  rem-db info --path ./memory\n"),
            context, none, &RunInfo);
}

void AddMaintenanceCommands(CLI::App& app, CliContext& context) {
  auto none = std::make_shared<NoArguments>();
  CLI::App* tenants =
      AddCommand(app, "tenants", "List the tenants, or drop one", "  rem-db tenants\n  rem-db tenants drop acme\n");
  tenants->require_subcommand(0, 1);
  auto drop = std::make_shared<DropArguments>();
  CLI::App* drop_command =
      AddCommand(*tenants, "drop", "Remove a tenant and everything in it", "  rem-db tenants drop acme\n");
  drop_command->add_option("name", drop->name, "Name of the tenant")->required()->type_name("NAME");
  drop_command->add_flag("--yes", drop->yes, "Do not ask");
  SetAction(drop_command, context, drop, &RunDropTenant);
  tenants->callback([&context, tenants, none] {
    if (tenants->get_subcommands().empty()) context.action = [&context, none] { return RunTenants(context, *none); };
  });

  SetAction(AddCommand(app, "compact", "Free the space of deleted and overwritten data", "  rem-db compact\n"), context,
            none, &RunCompact);
  SetAction(AddCommand(app, "check", "Read everything, verify checksums, compare records with their indexes",
                       "  rem-db check --path ./memory\n"),
            context, none, &RunCheck);

  auto inspect = std::make_shared<InspectArguments>();
  CLI::App* inspect_command = AddCommand(app, "inspect", "Explain a raw storage key, or list the keys under a prefix",
                                         "  rem-db inspect 0000000102\n");
  inspect_command
      ->add_option("key", inspect->key, "Key or prefix as hexadecimal digits (default: the first keys of each family)")
      ->type_name("KEY");
  SetAction(inspect_command, context, inspect, &RunInspect);
}

}  // namespace rem::cli
