// What is done with nonsense: by libFuzzer with bytes of its own making, by the tests with the inputs that it found.
#pragma once

#include <string>

namespace etl::testing {

// Any bytes as a mapping: read, compiled as lint does, its tests run, the findings printed in every format. Paths in
// it are those of a file in mappings/ of the working directory.
void fuzz_yaml(const std::string& bytes);

// Any bytes as an expression: read, written again, bound in a small mapping, evaluated over a few rows.
void fuzz_expression(const std::string& bytes);

// Any bytes as DDL of each dialect, and what was read of it said in the others; as SQL over those tables.
void fuzz_ddl(const std::string& bytes);

}  // namespace etl::testing
