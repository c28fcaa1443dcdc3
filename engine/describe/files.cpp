#include "engine/describe/files.h"

#include "engine/describe/mapping_schema.h"
#include "engine/describe/reference.h"
#include "engine/describe/shell.h"

namespace etl::describe {

std::vector<File> generated_files(const CommandLine& line) {
  return {
      {"docs/reference/cli.md", command_line_page(line)},
      {"docs/reference/diagnostics.md", diagnostics_page()},
      {"docs/reference/functions.md", functions_page()},
      {"docs/reference/keys.md", keys_page()},
      {"docs/reference/readers.md", readers_page()},
      {"docs/reference/rules.md", rules_page()},
      {"docs/reference/writers.md", writers_page()},
      {"docs/completions/_etl", zsh_completion(line)},
      {"docs/completions/etl.bash", bash_completion(line)},
      {"docs/completions/etl.fish", fish_completion(line)},
      {"docs/etl.1", man_page(line)},
      {"schemas/mapping.schema.json", mapping_schema()},
  };
}

}  // namespace etl::describe
