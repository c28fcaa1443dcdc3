// The pages of docs/reference, in Markdown, from the tables that the engine itself works with.
#pragma once

#include <string>

#include "engine/describe/command_line.h"

namespace etl::describe {

std::string keys_page();
std::string functions_page();
std::string rules_page();
std::string readers_page();
std::string writers_page();
std::string diagnostics_page();
std::string command_line_page(const CommandLine& line);

}  // namespace etl::describe
