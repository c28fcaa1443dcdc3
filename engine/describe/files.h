// Every file that is generated.
#pragma once

#include <string>
#include <vector>

#include "engine/describe/command_line.h"

namespace etl::describe {

struct File {
  std::string path;  // Below the project's root: "docs/reference/keys.md".
  std::string text;
};

std::vector<File> generated_files(const CommandLine& line);

}  // namespace etl::describe
