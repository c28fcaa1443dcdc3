#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/base/error.h"
#include "engine/describe/files.h"
#include "engine/describe/mapping_schema.h"
#include "tools/etl/command_table.h"
#include "tools/etl/commands.h"

namespace etl::cli {

Exit schema_command(const Options&) {
  const std::string text = describe::mapping_schema();
  std::fwrite(text.data(), 1, text.size(), stdout);
  return Exit::done;
}

Exit docs_command(const Options& options) {
  const std::filesystem::path root = options.out;
  for (const describe::File& file : describe::generated_files(command_line())) {
    const std::filesystem::path path = root / file.path;
    std::error_code ignored;  // The open below says what is wrong.
    std::filesystem::create_directories(path.parent_path(), ignored);
    std::ofstream out{path, std::ios::binary};
    out << file.text;
    out.close();
    if (!out) throw Error(Error::Kind::environment, fmt::format("{} cannot be written", path.string()));
    if (options.verbosity >= 0) fmt::print("{}\n", path.generic_string());
  }
  return Exit::done;
}

}  // namespace etl::cli
