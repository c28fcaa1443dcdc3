// The part of JSON Schema (2020-12) that the schemas of mappings and of SARIF use, over YAML.
#pragma once

#include <string>
#include <vector>

namespace etl::testing {

// What is wrong with a document, one line each: "tables.users: feilds is not allowed". JSON is YAML, so the schema is
// read like the document. Throws std::runtime_error for a keyword of the schema that it does not know.
std::vector<std::string> schema_faults(const std::string& schema, const std::string& document);

}  // namespace etl::testing
