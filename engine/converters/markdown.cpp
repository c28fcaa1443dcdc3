// The Markdown family: not available yet, but known, typed and documented.
#include "engine/converters/families.h"

namespace etl::converters {

std::vector<Function> markdown_functions() {
  const Parameter text{.name = "text", .types = Type::text};
  const Parameter title{.name = "title", .types = Type::text};
  return {
      {.name = "strip_markdown",
       .family = "markdown",
       .doc = "The words without the marks of Markdown.",
       .parameters = {text}},
      {.name = "section",
       .family = "markdown",
       .doc = "The text under the sub-heading with that title; a missing one gives NULL.",
       .parameters = {text, title},
       .fails = "never; missing gives NULL"},
      {.name = "label",
       .family = "markdown",
       .doc = "The value of a line such as '**Coach:** Alex'; a missing one gives NULL.",
       .parameters = {text, title},
       .fails = "never; missing gives NULL"},
      {.name = "list_items",
       .family = "markdown",
       .doc = "The items of a Markdown list, without '[ ]' and '[x]'.",
       .parameters = {text},
       .result = {.type = Type::list},
       .inverse = Inverse::canonical},
  };
}

}  // namespace etl::converters
