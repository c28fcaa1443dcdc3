// The tables of the catalogue, one per family of functions.
#pragma once

#include <vector>

#include "engine/converters/function.h"

namespace etl::converters {

std::vector<Function> conversion_functions();  // text, int, decimal, ...: one per type.
std::vector<Function> text_functions();
std::vector<Function> pattern_functions();  // Regular expressions.
std::vector<Function> number_functions();
std::vector<Function> time_text_functions();  // Dates and times from text and back.
std::vector<Function> clock_functions();      // Now, zones, Unix time.
std::vector<Function> calendar_functions();
std::vector<Function> uuid_functions();
std::vector<Function> logic_functions();
std::vector<Function> list_functions();  // Lists and JSON.
std::vector<Function> hash_functions();
std::vector<Function> password_functions();
std::vector<Function> cipher_functions();  // Values hidden: encrypted, masked.
std::vector<Function> fake_functions();    // Values made up.
std::vector<Function> markdown_functions();
std::vector<Function> row_functions();  // What depends on the row's place: lookups, row numbers, file names.
std::vector<Function> aggregate_functions();

}  // namespace etl::converters
