#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/cli_context.h"

namespace rem::cli {

namespace {

std::string Words(const CLI::App& command) {
  std::string words;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    words += sub->get_name() + " ";
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
    for (const std::string& name : option->get_snames()) words += "-" + name + " ";
  }
  if (!words.empty()) words.pop_back();
  return words;
}

// One case of the shell function per command: "schema add" completes to its options.
void AppendCases(const CLI::App& command, const std::string& path, std::string& out) {
  out += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, Words(command));
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    AppendCases(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
  }
}

// Written from the commands themselves, so that it names exactly what there is.
std::string BashCompletion(const CLI::App& app) {
  std::string cases;
  AppendCases(app, "", cases);
  return fmt::format(R"bash(# bash completion of rem-db; load it with: source <(rem-db completion bash)
_rem_db_words() {{
  local words=""
  case "$1" in
{}    *) return 1 ;;
  esac
  echo "$words"
}}

_rem_db() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" path="" word next i
  case "$previous" in
    --file|--rejects) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --path) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --db) COMPREPLY=($(compgen -W "$(ls "${{P8_HOME:-$HOME/.p8}}/node/db" 2>/dev/null)" -- "$current")); return ;;
    -o|--output) COMPREPLY=($(compgen -W "table json jsonl csv" -- "$current")); return ;;
    --category) COMPREPLY=($(compgen -W "system agents public user" -- "$current")); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    next="${{path:+$path }}$word"
    if [[ "$word" != -* ]] && _rem_db_words "$next" >/dev/null; then path="$next"; fi
  done
  COMPREPLY=($(compgen -W "$(_rem_db_words "$path") $(_rem_db_words "" | tr ' ' '\n' | grep '^--' | tr '\n' ' ')" -- "$current"))
  [[ ${{#COMPREPLY[@]}} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
}}
complete -F _rem_db rem-db
)bash",
                     cases);
}

struct CompletionArguments {
  std::string shell;
};

}  // namespace

void AddCompletionCommand(CLI::App& app, CliContext& context) {
  auto arguments = std::make_shared<CompletionArguments>();
  CLI::App* command =
      AddCommand(app, "completion", "Print the completion script of a shell", "  source <(rem-db completion bash)\n");
  command->add_option("shell", arguments->shell, "The shell: bash")
      ->required()
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash"}).description(""));
  command->callback([&app, &context] {
    context.action = [&app, &context] {
      context.out.Write(BashCompletion(app));
      return kExitOk;
    };
  });
}

}  // namespace rem::cli
