#include <chrono>
#include <cmath>
#include <memory>

#include <rem/embedding.h>

#include <fmt/format.h>

#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "cli/table_printer.h"

namespace rem::cli {

namespace {

struct NoArguments {};

struct TestArguments {
  std::string name = "builtin";
};

struct AddArguments {
  std::string source;
  std::string name;
  std::string sha256;
  std::string server;
  std::string long_texts = "cut";
  std::string precision = "f32";
  std::string query_prompt, document_prompt;
  // Whether the option was given: an empty prompt is one too.
  CLI::Option* has_query_prompt = nullptr;
  CLI::Option* has_document_prompt = nullptr;
};

struct RemoveArguments {
  std::string name;
};

int RunList(CliContext& context, const NoArguments&) {
  const std::vector<EmbeddingModelInfo> models = ListEmbeddingModels();
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginArray();
    for (const EmbeddingModelInfo& model : models) {
      json.BeginObject();
      const auto text = [&](std::string_view key, const std::string& value) {
        json.Key(key);
        json.Text(value);
      };
      text("name", model.name);
      text("kind", model.kind);
      text("metric", model.metric);
      text("identity", model.identity);
      text("description", model.description);
      text("precision", model.precision);
      json.Key("dimension");
      json.Uint(model.dimension);
      json.Key("max_tokens");
      json.Uint(model.max_tokens);
      json.Key("normalised");
      json.Bool(model.normalised);
      json.Key("available");
      json.Bool(model.available);
      json.EndObject();
    }
    json.EndArray();
    context.out.WriteLine(json.text());
    return kExitOk;
  }
  TablePrinter printer(context.out, {{"model"},
                                     {"kind"},
                                     {"dimension", true},
                                     {"metric"},
                                     {"normalised"},
                                     {"max tokens", true},
                                     {"precision"},
                                     {"available"}});
  for (const EmbeddingModelInfo& model : models) {
    printer.AddRow({{model.name},
                    {model.kind},
                    {std::to_string(model.dimension)},
                    {model.metric},
                    {model.normalised ? "yes" : "no"},
                    {model.max_tokens == 0 ? "no limit" : std::to_string(model.max_tokens)},
                    {model.precision},
                    {model.available         ? "yes"
                     : model.kind == "local" ? "not added"
                                             : "not yet"}});
  }
  printer.Finish();
  return kExitOk;
}

double Cosine(const std::vector<float>& x, const std::vector<float>& y) {
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += double{x[i]} * y[i];
    xx += double{x[i]} * x[i];
    yy += double{y[i]} * y[i];
  }
  return xx == 0 || yy == 0 ? 0 : xy / std::sqrt(xx * yy);
}

// Empty for a model that is not local.
std::string PrecisionOf(const std::string& name) {
  for (const EmbeddingModelInfo& model : ListEmbeddingModels()) {
    if (model.name == name || model.identity == name) return model.precision;
  }
  return {};
}

// A question, an answer and a text on something else, that share no word.
int RunTest(CliContext& context, const TestArguments& arguments) {
  const std::vector<std::string> texts = {"my car broke down", "how to repair automobiles", "chocolate cake recipe"};
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<std::vector<float>> vectors = EmbedTexts(arguments.name, texts);
  const double first_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  const double near = Cosine(vectors[0], vectors[1]), far = Cosine(vectors[0], vectors[2]);
  const std::string precision = PrecisionOf(arguments.name);
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("model");
    json.Text(arguments.name);
    json.Key("dimension");
    json.Uint(vectors[0].size());
    json.Key("precision");
    json.Text(precision);
    json.Key("related");
    json.Double(near);
    json.Key("unrelated");
    json.Double(far);
    json.Key("milliseconds");
    json.Double(first_ms);
    json.EndObject();
    context.out.WriteLine(json.text());
  } else {
    context.out.WriteLine(fmt::format("{}: vectors of dimension {}{}{}, {:.1f} ms for loading it and three texts",
                                      arguments.name, vectors[0].size(), precision.empty() ? "" : ", computed in ",
                                      precision, first_ms));
    context.out.WriteLine(fmt::format("{:.3f}  \"{}\" and \"{}\"", near, texts[0], texts[1]));
    context.out.WriteLine(fmt::format("{:.3f}  \"{}\" and \"{}\"", far, texts[0], texts[2]));
  }
  return kExitOk;
}

AddModelOptions OptionsOf(const AddArguments& arguments) {
  AddModelOptions options;
  options.source = arguments.source;
  options.name = arguments.name;
  options.sha256 = arguments.sha256;
  options.server = arguments.server;
  options.average_long_texts = arguments.long_texts == "average";
  options.precision = arguments.precision;
  if (arguments.has_query_prompt->count() > 0) options.query_prompt = arguments.query_prompt;
  if (arguments.has_document_prompt->count() > 0) options.document_prompt = arguments.document_prompt;
  return options;
}

int RunAdd(CliContext& context, const AddArguments& arguments) {
  const InterruptGuard guard;
  AddModelOptions options = OptionsOf(arguments);
  std::string file_of_bar;
  std::unique_ptr<ProgressBar> bar;
  options.progress = [&](std::string_view file, uint64_t done, uint64_t total) {
    if (file != file_of_bar) {
      bar.reset();
      file_of_bar = file;
      bar = std::make_unique<ProgressBar>(file_of_bar, total);
    }
    bar->UpdateBytes(done, total);
    return InterruptGuard::Signal() == 0;
  };
  const EmbeddingModelInfo model = AddEmbeddingModel(options);
  bar.reset();
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("name");
    json.Text(model.name);
    json.Key("identity");
    json.Text(model.identity);
    json.Key("dimension");
    json.Uint(model.dimension);
    json.Key("max_tokens");
    json.Uint(model.max_tokens);
    json.Key("precision");
    json.Text(model.precision);
    json.EndObject();
    context.out.WriteLine(json.text());
    return kExitOk;
  }
  context.out.WriteLine(fmt::format("added {}: vectors of dimension {}, texts of up to {} tokens, computed in {}",
                                    model.name, model.dimension, model.max_tokens, model.precision));
  if (context.Interactive()) {
    Note(fmt::format("schemas use it with \"embedding_provider\": \"{0}\"; try it: rem-db model test {0}", model.name));
  }
  return kExitOk;
}

int RunRemove(CliContext& context, const RemoveArguments& arguments) {
  RemoveEmbeddingModel(arguments.name);
  if (!context.options.json) context.out.WriteLine(fmt::format("removed {}", arguments.name));
  return kExitOk;
}

void AddAddCommand(CLI::App& model, CliContext& context) {
  CLI::App* command = AddCommand(model, "add", "Add a sentence encoder: copy a folder, or download a published model",
                                 "  rem-db model add downloads/all-MiniLM-L6-v2\n"
                                 "  rem-db model add BAAI/bge-small-en-v1.5 --as bge\n");
  const auto arguments = std::make_shared<AddArguments>();
  command->add_option("source", arguments->source, "Folder of a model, or the name of one on Hugging Face")
      ->required()
      ->type_name("PATH|NAME");
  command->add_option("--as", arguments->name, "What to call it (default: the last part of PATH or NAME)")
      ->type_name("NAME");
  command->add_option("--sha256", arguments->sha256, "Digest that the weights must have")->type_name("HEX");
  command->add_option("--server", arguments->server, "Where to download from (default: https://huggingface.co)")
      ->type_name("URL");
  command
      ->add_option("--long-texts", arguments->long_texts,
                   "Texts beyond the model's limit: \"cut\" them, or \"average\" their parts (default: cut)")
      ->type_name("HOW")
      ->check(CLI::IsMember({"cut", "average"}).description(""));
  command
      ->add_option("--precision", arguments->precision,
                   "What the layers are computed in: \"f32\", or \"int8\" or \"bf16\", less exact (default: f32)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"f32", "int8", "bf16"}).description(""));
  arguments->has_query_prompt =
      command->add_option("--query-prompt", arguments->query_prompt, "What to put before questions")->type_name("TEXT");
  arguments->has_document_prompt =
      command->add_option("--document-prompt", arguments->document_prompt, "What to put before stored texts")
          ->type_name("TEXT");
  SetAction(command, context, arguments, RunAdd);
}

void AddRemoveCommand(CLI::App& model, CliContext& context) {
  CLI::App* command = AddCommand(model, "remove", "Remove an added model's files; tables keep their vectors",
                                 "  rem-db model remove all-MiniLM-L6-v2\n");
  const auto arguments = std::make_shared<RemoveArguments>();
  command->add_option("name", arguments->name, "Name of the model")->required()->type_name("NAME");
  SetAction(command, context, arguments, RunRemove);
}

}  // namespace

void AddModelCommands(CLI::App& app, CliContext& context) {
  CLI::App* model = AddCommand(app, "model", "Embedding models: list, add, test and remove them",
                               "  rem-db model list\n  rem-db model add all-MiniLM-L6-v2\n");
  model->require_subcommand(0, 1);
  CLI::App* list = AddCommand(*model, "list", "List the known models with dimension, metric and limit",
                              "  rem-db model list --json\n");
  SetAction(list, context, std::make_shared<NoArguments>(), RunList);
  AddAddCommand(*model, context);
  AddRemoveCommand(*model, context);
  CLI::App* test = AddCommand(*model, "test", "Load a model, verify its file and embed three texts",
                              "  rem-db model test builtin\n");
  const auto arguments = std::make_shared<TestArguments>();
  test->add_option("name", arguments->name, "Name of the model (builtin)")->type_name("NAME");
  SetAction(test, context, arguments, RunTest);
}

}  // namespace rem::cli
