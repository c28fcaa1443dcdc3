#include <fmt/format.h>

#include <utility>

#include "engine/base/code_pages.h"
#include "engine/describe/markdown.h"
#include "engine/describe/reference.h"

namespace etl::describe {

namespace {

std::string_view group_of(Code code) {
  constexpr std::pair<Code, std::string_view> kGroups[] = {
      {200, "The file and its keys"}, {300, "Expressions"}, {400, "Names and types"}, {500, "Environment and data"}};
  for (const auto& [end, title] : kGroups) {
    if (code < end) return title;
  }
  return "Warnings";
}

std::string number(Code code) { return fmt::format("{}{}", code >= 501 ? 'W' : 'E', code); }

std::string example(std::string_view title, std::string_view sections) {
  return fmt::format("\n{}:\n\n```yaml part\n{}```\n", title, sections);
}

std::string section(const CodePage& page) {
  const std::string code = number(page.code);
  std::string out = fmt::format("\n### {}\n\n**{}.** {}\n", code, page.title, page.doc);
  if (!page.wrong.empty()) out += example("Wrong", page.wrong);
  if (!page.right.empty()) out += example("Right", page.right);
  return out;
}

// Every code with its title, one row each.
std::string index() {
  std::string out = table_head({"code", "what it is"});
  for (const CodePage& page : code_pages()) {
    std::string anchor = number(page.code);
    anchor[0] = anchor[0] == 'E' ? 'e' : 'w';
    out += table_row({fmt::format("[{}](#{})", number(page.code), anchor), std::string{page.title}});
  }
  return out;
}

}  // namespace

std::string diagnostics_page() {
  std::string out = page_head(
      "Diagnostics",
      "What `etl lint` finds. E is an error: nothing runs. W is a warning: shown by `etl lint`, a finding with\n"
      "`--strict`. A comment `# etl-lint: ignore W502` at the end of the line silences a warning there. The examples\n"
      "are sections of mappings; a test lints each of them, and plans those of E401 and E404.");
  out += index();
  std::string_view group;
  for (const CodePage& page : code_pages()) {
    if (group != group_of(page.code)) out += fmt::format("\n## {}\n", group_of(page.code));
    group = group_of(page.code);
    out += section(page);
  }
  return out;
}

}  // namespace etl::describe
