// A validation rule (language.md, section 7): a table row that says everything about it, and its kernel.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/batch.h"
#include "engine/data/type.h"

namespace etl::rules {

// How a rule's argument is written.
enum class Argument : std::uint8_t {
  flag,        // true or false
  value,       // a literal of the column's type
  value_list,  // a list of such literals
  count,       // a whole number, 0 or more
  pattern,     // RE2
  choice,      // one of `choices`
  shape,       // a JSON shape
  reference,   // connection.table.column
};

// One use of a rule: its argument, already read as the column's type.
struct Use {
  Type type = Type::text;          // Of the column; never `any` (then every value is checked by its own type).
  Value value = {};                // value, count, flag.
  std::vector<Value> values = {};  // value_list.
  std::string text = {};           // pattern, choice, shape (as compact JSON: {"theme":"text","sizes":["int"]}).
};

// What past and future compare with: the start of the run.
struct Present {
  Instant instant = {};
  Timestamp local = {};  // What clocks in settings.timezone show then: its day is a date's today.
};

// Adds a Failure, in row order, for each row that breaks the rule. NULL never does (`required` apart).
using Kernel = std::function<void(const Column& column, const Present& present, Failures& failures)>;

struct Example {
  std::string_view argument;  // "10", "email", "[a, b]".
  std::string_view value;     // An expression.
  bool holds = true;
};

struct Rule {
  std::string_view name;
  std::string_view doc;
  Argument argument = Argument::flag;
  TypeSet types = {};  // Columns that it fits (E323).
  std::vector<std::string_view> choices = {};
  std::vector<Example> examples = {};
  // Says why the argument is wrong (a bad pattern or shape), "" when right: E309.
  std::function<std::string(const Use& use)> check = {};
  // Empty for rules that the run itself keeps because they need other rows: unique, exists.
  std::function<Kernel(const Use& use)> bind = {};
};

const std::vector<Rule>& rules();
const Rule* rule_named(std::string_view name);
std::vector<std::string> rule_names();

}  // namespace etl::rules
