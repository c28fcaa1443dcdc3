// Literals of a mapping as values: the place of use gives the type (language.md, rule 3).
#pragma once

#include <optional>
#include <string>

#include "engine/converters/function.h"
#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/spec/mapping.h"

namespace etl::plan {

// A literal read as a value of `type`, texts copied into `arena`, or why it does not fit ("yes does not fit bool").
// `any` takes the value as JSON would: true, 1, 1.5 and text. Wall clocks become instants in `run.timezone`.
struct ReadLiteral {
  std::optional<Value> value;
  std::string problem;  // One clause; empty when there is a value.
  std::string help;
};
ReadLiteral read_literal(const spec::Literal& literal, Type type, const converters::RunContext& run, Arena& arena);

// The same for a raw text.
ReadLiteral read_text(std::string_view text, Type type, const converters::RunContext& run, Arena& arena);

// The literal as compact JSON: scalars bare where YAML's core schema makes them numbers, booleans or null.
void append_json(const spec::Literal& literal, std::string& out);

// One value converted to a type by the run's own kernel; the problem is the kernel's reason.
ReadLiteral convert_value(const Value& value, Type type, const converters::RunContext& run, Arena& arena);

}  // namespace etl::plan
