// What a shell needs to know: completions and the man page.
#pragma once

#include <string>

#include "engine/describe/command_line.h"

namespace etl::describe {

std::string bash_completion(const CommandLine& line);
std::string zsh_completion(const CommandLine& line);
std::string fish_completion(const CommandLine& line);
// roff with the man macros: man(7).
std::string man_page(const CommandLine& line);

}  // namespace etl::describe
