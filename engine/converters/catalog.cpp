#include <iterator>
#include <unordered_map>

#include "engine/converters/families.h"
#include "engine/converters/function.h"

namespace etl::converters {

const std::vector<Function>& functions() {
  static const std::vector<Function> all = [] {
    std::vector<Function> joined;
    for (const auto family : {conversion_functions, text_functions, pattern_functions, number_functions,
                              time_text_functions, clock_functions, calendar_functions, uuid_functions, logic_functions,
                              list_functions, markdown_functions, row_functions, password_functions, hash_functions,
                              cipher_functions, fake_functions, aggregate_functions}) {
      auto rows = family();
      joined.insert(joined.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    }
    return joined;
  }();
  return all;
}

const Function* function_named(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const Function*> map;
    for (const Function& function : functions()) map.emplace(function.name, &function);
    return map;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const Function& function : functions()) names.emplace_back(function.name);
  return names;
}

}  // namespace etl::converters
