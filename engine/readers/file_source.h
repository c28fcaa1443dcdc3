// Files as tables: CSV, JSON, Markdown and lines of text, one or many by a glob.
#pragma once

#include "engine/readers/catalog.h"

namespace etl::readers {

// Row of the catalogue of sources.
SourceKind file_source();

// Whether a path matches a glob: * and ? within a name, ** across folders, [abc] one of these.
bool matches_glob(std::string_view path, std::string_view glob);

}  // namespace etl::readers
