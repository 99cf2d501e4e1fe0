#include <chrono>
#include <cmath>
#include <memory>

#include <rem/embedding.h>

#include <fmt/format.h>

#include "cli/cli_context.h"
#include "cli/json_output.h"
#include "cli/table_printer.h"

namespace rem::cli {

namespace {

struct NoArguments {};

struct TestArguments {
  std::string name = "builtin";
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
  TablePrinter printer(
      context.out,
      {{"model"}, {"kind"}, {"dimension", true}, {"metric"}, {"normalised"}, {"max tokens", true}, {"available"}});
  for (const EmbeddingModelInfo& model : models) {
    printer.AddRow({{model.name},
                    {model.kind},
                    {std::to_string(model.dimension)},
                    {model.metric},
                    {model.normalised ? "yes" : "no"},
                    {model.max_tokens == 0 ? "no limit" : std::to_string(model.max_tokens)},
                    {model.available ? "yes" : "not yet"}});
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

// A question, an answer and a text on something else, that share no word.
int RunTest(CliContext& context, const TestArguments& arguments) {
  const std::vector<std::string> texts = {"my car broke down", "how to repair automobiles", "chocolate cake recipe"};
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<std::vector<float>> vectors = EmbedTexts(arguments.name, texts);
  const double first_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  const double near = Cosine(vectors[0], vectors[1]), far = Cosine(vectors[0], vectors[2]);
  if (context.options.json) {
    JsonWriter json(context.PrettyJson());
    json.BeginObject();
    json.Key("model");
    json.Text(arguments.name);
    json.Key("dimension");
    json.Uint(vectors[0].size());
    json.Key("related");
    json.Double(near);
    json.Key("unrelated");
    json.Double(far);
    json.Key("milliseconds");
    json.Double(first_ms);
    json.EndObject();
    context.out.WriteLine(json.text());
  } else {
    context.out.WriteLine(fmt::format("{}: vectors of dimension {}, {:.1f} ms for loading it and three texts",
                                      arguments.name, vectors[0].size(), first_ms));
    context.out.WriteLine(fmt::format("{:.3f}  \"{}\" and \"{}\"", near, texts[0], texts[1]));
    context.out.WriteLine(fmt::format("{:.3f}  \"{}\" and \"{}\"", far, texts[0], texts[2]));
  }
  return kExitOk;
}

}  // namespace

void AddModelCommands(CLI::App& app, CliContext& context) {
  CLI::App* model = AddCommand(app, "model", "Embedding models: what is known, and whether one works",
                               "  rem-db model list\n  rem-db model test builtin\n");
  model->require_subcommand(0, 1);
  CLI::App* list = AddCommand(*model, "list", "List the known models with dimension, metric and limit",
                              "  rem-db model list --json\n");
  SetAction(list, context, std::make_shared<NoArguments>(), RunList);
  CLI::App* test = AddCommand(*model, "test", "Load a model, verify its file and embed three texts",
                              "  rem-db model test builtin\n");
  const auto arguments = std::make_shared<TestArguments>();
  test->add_option("name", arguments->name, "Name of the model (builtin)")->type_name("NAME");
  SetAction(test, context, arguments, RunTest);
}

}  // namespace rem::cli
