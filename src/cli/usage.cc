#include "cli/usage.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "cli/terminal.h"

namespace rem::cli {

namespace {

constexpr size_t kMaxSuggestions = 3;
constexpr size_t kMaxNameSize = 64;

// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

// The command that the user got to: the last one that parsed.
const CLI::App& Selected(const CLI::App& app) {
  const CLI::App* selected = &app;
  while (!selected->get_subcommands().empty()) selected = selected->get_subcommands().back();
  return *selected;
}

std::string FullName(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : FullName(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::string Quoted(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "\"" : " or \"") + name + "\"";
  return out;
}

UsageError Unknown(std::string_view what, const std::string& word, const std::vector<std::string>& known,
                   const std::string& see) {
  const std::vector<std::string> near = NearNames(word, known);
  const std::string hint = near.empty() ? see : fmt::format("did you mean {}? {}", Quoted(near), see);
  return UsageError(fmt::format("unknown {} \"{}\"", what, Printable(word)), hint);
}

}  // namespace

std::vector<std::string> NearNames(std::string_view wanted, const std::vector<std::string>& known) {
  if (wanted.size() > kMaxNameSize) return {};
  const size_t allowed = std::max<size_t>(1, (wanted.size() + 1) / 3);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& name : known) {
    const bool is_prefix = wanted.size() >= 2 && std::string_view(name).starts_with(wanted);
    const size_t distance = is_prefix ? 0 : EditDistance(wanted, name);
    if (distance <= allowed) near.emplace_back(distance, name);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (auto& [distance, name] : near) {
    if (names.size() < kMaxSuggestions) names.push_back(std::move(name));
  }
  return names;
}

UsageError ExplainParseError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& selected = Selected(app);
  const std::string see = fmt::format("see {} --help", FullName(selected));
  for (const std::string& word : app.remaining(/*recurse=*/true)) {
    if (word == "--") continue;
    if (word.size() > 1 && word[0] == '-')
      return Unknown("option", word.substr(0, word.find('=')), OptionNames(selected), see);
    const std::vector<std::string> commands = CommandNames(selected);
    if (!commands.empty())
      return Unknown(selected.get_parent() == nullptr ? "command" : FullName(selected) + " command", word, commands,
                     see);
    return UsageError(fmt::format("unexpected argument \"{}\"", Printable(word)), see);
  }
  std::string message = error.what();
  if (const size_t end = message.find(" is required"); end != std::string::npos) {
    std::transform(message.begin(), message.begin() + end, message.begin(),
                   [](unsigned char c) { return std::toupper(c); });
  }
  return UsageError(message, see);
}

UsageError ExplainMissingCommand(const CLI::App& app) {
  const CLI::App& selected = Selected(app);
  std::string names;
  for (const std::string& name : CommandNames(selected)) names += (names.empty() ? "" : ", ") + name;
  return UsageError("no command given",
                    fmt::format("{} takes one of: {}; see {} --help", FullName(selected), names, FullName(selected)));
}

}  // namespace rem::cli
