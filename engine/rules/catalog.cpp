#include <algorithm>
#include <iterator>
#include <string>

#include "engine/rules/families.h"

namespace etl::rules {

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> joined;
    for (const auto family : {key_rules, range_rules, text_rules, time_rules, structure_rules}) {
      auto rows = family();
      std::ranges::move(rows, std::back_inserter(joined));
    }
    return joined;
  }();
  return all;
}

const Rule* rule_named(std::string_view name) {
  const auto found = std::ranges::find(rules(), name, &Rule::name);
  return found == rules().end() ? nullptr : &*found;
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const Rule& rule : rules()) names.emplace_back(rule.name);
  return names;
}

}  // namespace etl::rules
