#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace rem::bench {

/// The main function of a benchmark whose arguments are --name=N; `numbers` hold the defaults.
inline int BenchMain(const char* name, int argc, char** argv,
                     const std::vector<std::pair<std::string, size_t*>>& numbers, const std::function<void()>& run) {
  try {
    for (int i = 1; i < argc; ++i) {
      const std::string argument = argv[i];
      bool known = false;
      for (const auto& [option, number] : numbers) {
        const std::string head = "--" + option + "=";
        if (!argument.starts_with(head)) continue;
        *number = std::stoull(argument.substr(head.size()));
        known = true;
      }
      if (known) continue;
      std::fprintf(stderr, "usage: %s", name);
      for (const auto& [option, number] : numbers) std::fprintf(stderr, " [--%s=%zu]", option.c_str(), *number);
      std::fprintf(stderr, "\n");
      return 2;
    }
    run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}

}  // namespace rem::bench
