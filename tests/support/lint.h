// Lints as `etl lint` does: no database, no environment variables.
#pragma once

#include <string>

#include "engine/base/diagnostic.h"

namespace etl::testing {

// A mapping of the project, by its path.
Diagnostics lint_file(const std::string& path);
// A text as if it stood in the file `name`, beside which its schema files are looked for.
Diagnostics lint_text(const std::string& name, const std::string& yaml);

// All findings, as people read them.
std::string printed(const Diagnostics& diagnostics);

}  // namespace etl::testing
