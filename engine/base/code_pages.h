// What each diagnostic means, with an example: the one table of codes (language.md, section 9).
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"

namespace etl {

// A row of the table. `wrong` and `right` are sections of a mapping between the schemas tests/lint/codes/source.sql
// and target.sql (and the database live.db, made from live.sql, for what only a plan finds); sections that stand in
// neither are those of every example.
struct CodePage {
  Code code = 0;
  std::string_view title = {};  // A noun phrase: "unknown key".
  std::string_view doc = {};    // Sentences: what it means.
  std::string_view wrong = {};  // Yields the code: by lint, E401 and E404 by plan. Empty: versions differ.
  std::string_view right = {};  // Does not, and holds no error.
};
const std::vector<CodePage>& code_pages();
// Null for a code that is in no row.
const CodePage* code_page(Code code);

// The example as a whole mapping: the sections that it does not write itself are added.
std::string whole_example(std::string_view sections);

}  // namespace etl
