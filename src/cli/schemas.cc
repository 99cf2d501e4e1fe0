#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/line_reader.h"
#include "cli/property_order.h"
#include "cli/table_printer.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

constexpr size_t kMaxSchemaBytes = 16 << 20;

struct ListArguments {
  std::string category;
};

struct AddArguments {
  std::string file;
  std::string name;
  bool force = false;
};

struct ShowArguments {
  std::string name;
};

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

int RunSchemas(CliContext& context, const ListArguments& arguments) {
  std::vector<TableInfo> tables = context.OpenSession().ListTables();
  if (!arguments.category.empty()) {
    std::erase_if(tables, [&](const TableInfo& table) { return table.category != arguments.category; });
  }
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginArray();
    for (const TableInfo& table : tables) WriteTableInfo(json, table, /*with_schema=*/false);
    json.EndArray();
    context.out.WriteLine(json.text());
    return kExitOk;
  }
  TablePrinter printer(
      context.out, {{"table"}, {"category"}, {"version"}, {"rows", true}, {"indexed"}, {"embedded"}, {"description"}});
  for (const TableInfo& table : tables) {
    const std::string first_line = table.description.substr(0, table.description.find('\n'));
    printer.AddRow({{table.name},
                    {table.category},
                    {table.version},
                    {std::to_string(table.row_count)},
                    {Joined(table.indexed_fields)},
                    {Joined(table.embedding_fields)},
                    {first_line}});
  }
  printer.Finish();
  return kExitOk;
}

std::string TextMember(const Document& document, std::string_view name) {
  const std::optional<DocumentView> value = document.view().Find(name);
  return value && value->kind() == NodeKind::kText ? std::string(value->AsText()) : std::string();
}

// --name, else the schema's own short name, else the file's name up to its first dot.
std::string NameOf(const AddArguments& arguments, const Document& schema) {
  if (!arguments.name.empty()) return arguments.name;
  if (std::string name = TextMember(schema, "short_name"); !name.empty()) return name;
  if (arguments.file == "-")
    throw UsageError("the schema has no name", "give one with --name, or a \"short_name\" in the schema");
  const std::string file = std::filesystem::path(arguments.file).filename().string();
  return file.substr(0, file.find('.', 1));
}

int RunAdd(CliContext& context, const AddArguments& arguments) {
  InputFile input(arguments.file);
  const std::string text = ReadAll(input, kMaxSchemaBytes);
  const Document schema = ReadSchemaText(text, LooksLikeYaml(arguments.file, text));
  Session session = context.OpenSession(IfMissing::kCreate);
  RegisterOptions options;
  options.force = arguments.force;
  const TableInfo table = session.RegisterSchema(NameOf(arguments, schema), schema, options);
  if (!table.indexes_ready) {
    Note("building the new index");
    // The process must not end before its background work.
    session.WaitForIndexes(INT64_MAX);
  }
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    WriteTableInfo(json, table, /*with_schema=*/false);
    context.out.WriteLine(json.text());
    return kExitOk;
  }
  std::string indexed = Joined(table.indexed_fields);
  if (!indexed.empty()) indexed = "; indexed: " + indexed;
  context.out.WriteLine(fmt::format("table {} is ready, version {}{}", table.name, table.version, indexed));
  return kExitOk;
}

int RunShow(CliContext& context, const ShowArguments& arguments) {
  const TableInfo table = context.OpenSession().GetTable(arguments.name);
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    WriteTableInfo(json, table, /*with_schema=*/true);
    context.out.WriteLine(json.text());
  } else {
    context.out.WriteLine(table.json_schema.view().ToPrettyJson());
  }
  return kExitOk;
}

}  // namespace

void AddSchemaCommands(CLI::App& app, CliContext& context) {
  auto list = std::make_shared<ListArguments>();
  CLI::App* schemas = AddCommand(app, "schemas", "List the tables", "  rem-db schemas --category user\n");
  schemas->add_option("--category", list->category, "Only this category: system, agents, public or user")
      ->type_name("CATEGORY");
  SetAction(schemas, context, list, &RunSchemas);

  CLI::App* group = AddCommand(app, "schema", "Add or show the JSON Schema of a table",
                               "  rem-db schema add packages.schema.yaml\n  rem-db schema show packages\n");
  group->require_subcommand(0, 1);

  auto add = std::make_shared<AddArguments>();
  CLI::App* add_command =
      AddCommand(*group, "add", "Make or change a table from a JSON Schema in JSON or YAML",
                 "  rem-db schema add packages.schema.yaml\n  rem-db schema add - --name notes < notes.json\n");
  add_command->add_option("file", add->file, "Schema file; - is standard input")->required()->type_name("FILE");
  add_command
      ->add_option("--name", add->name, "Name of the table (default: the schema's short_name, else the file's name)")
      ->type_name("NAME");
  add_command->add_flag("--force", add->force, "Apply a change that stored records may not satisfy");
  SetAction(add_command, context, add, &RunAdd);

  auto show = std::make_shared<ShowArguments>();
  CLI::App* show_command =
      AddCommand(*group, "show", "Print the JSON Schema of a table", "  rem-db schema show resources\n");
  show_command->add_option("name", show->name, "Name of the table")->required()->type_name("NAME");
  SetAction(show_command, context, show, &RunShow);
}

}  // namespace rem::cli
