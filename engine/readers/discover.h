// The columns of texts whose mapping declares none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/readers/reader.h"

namespace etl::readers {

// Names and types of the columns of a text in `request.format.format`: those of its header, or the members of its JSON
// records. Nothing where rows may have further columns: sections of Markdown, JSON with very many records. Throws Error
// when the text cannot be read.
std::optional<std::vector<ReadColumn>> discover_columns(std::string text, const std::string& file,
                                                        const ReadRequest& request);

}  // namespace etl::readers
