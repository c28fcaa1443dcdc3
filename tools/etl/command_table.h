// Every command and every option, one row each. To add an option: a member in options.h, a row in option_rows().
// CLI11, --help, the man page, the completions and docs/reference/cli.md follow (tools/generate writes the files).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/describe/command_line.h"
#include "tools/etl/exit.h"
#include "tools/etl/options.h"

namespace etl::cli {

struct CommandRow {
  describe::Command text;
  Exit (*run)(const Options& options);
};

// Where what was typed goes. A function is called for each value ("" for a flag) and throws std::invalid_argument
// with what to write instead.
using Target = std::variant<bool Options::*, std::string Options::*, std::optional<int> Options::*,
                            std::optional<std::size_t> Options::*, std::vector<std::string> Options::*,
                            void (*)(Options& options, const std::string& value)>;

struct OptionRow {
  describe::Option text;
  Target target;
  bool exists = false;  // The value must name a file that is there.
};

const std::vector<CommandRow>& command_rows();
const std::vector<OptionRow>& option_rows();
// The same rows, as describe/ takes them.
describe::CommandLine command_line();

}  // namespace etl::cli
