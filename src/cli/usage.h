#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/cli_context.h"

namespace rem::cli {

/// The names near enough to `wanted` to be what was meant, best first.
std::vector<std::string> NearNames(std::string_view wanted, const std::vector<std::string>& known);

/// Explains why the command line did not parse: an unknown command or option with the nearest names, else CLI11's own
/// words.
UsageError ExplainParseError(const CLI::App& app, const CLI::ParseError& error);

/// What is wrong with a command line that parsed but asks for nothing.
UsageError ExplainMissingCommand(const CLI::App& app);

}  // namespace rem::cli
