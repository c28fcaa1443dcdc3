// Rows of a text in any of the formats, as batches.
#pragma once

#include <memory>
#include <string>

#include "engine/readers/reader.h"

namespace etl::readers {

// The text of a file as UTF-8, without a byte order mark. Other encodings are converted ("latin-1", "utf-16"; the names
// are ICU's). Throws Error (type) for an encoding that is not known, and for bytes that are not of the encoding; those
// of UTF-8 are left to the reader, which judges cell by cell.
std::string decode_text(std::string bytes, const std::string& encoding, const std::string& file);

// Reads a text that is given (etl test) or was read from a file; `file` is its name for file_name() and messages.
// `request.format.format` says how. `first_row` numbers its first row.
std::unique_ptr<Reader> open_text(std::string text, const std::string& file, const ReadRequest& request, BatchLimits limits,
                                  std::uint64_t first_row = 1);

}  // namespace etl::readers
