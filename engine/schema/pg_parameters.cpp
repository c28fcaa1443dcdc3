#include "engine/schema/pg_parameters.h"

#include "engine/schema/pg_tree.h"

namespace etl::schema::pg {

namespace {

bool starts_name(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::vector<SqlParameter> parameters(std::string_view sql) {
  std::vector<SqlParameter> found;
  const auto tokens = scan(sql);
  for (std::size_t at = 0; tokens && at + 1 < tokens->size(); ++at) {
    const Token& dollar = (*tokens)[at];
    const Token& word = (*tokens)[at + 1];
    if (dollar.kind != '$' || word.begin != dollar.end || !starts_name(sql[word.begin])) continue;
    found.push_back({std::string{sql.substr(word.begin, word.end - word.begin)}, dollar.begin, word.end});
  }
  return found;
}

std::string with_numbered_parameters(std::string_view sql) {
  std::string text{sql};
  for (const SqlParameter& parameter : parameters(sql)) {
    const std::size_t size = parameter.end - parameter.begin;
    text.replace(parameter.begin, size, "$1" + std::string(size - 2, ' '));
  }
  return text;
}

}  // namespace etl::schema::pg
