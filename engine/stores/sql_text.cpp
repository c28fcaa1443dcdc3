#include "engine/stores/sql_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/stores/cell.h"

namespace etl::stores {

namespace {

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

// Walks over SQL, token by token; only what hides a `$` is told apart.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_{sql} {}

  std::vector<ParameterPlace> parameters() {
    std::vector<ParameterPlace> found;
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (c == '\'') {
        skip_string();
      } else if (c == '"' || c == '`') {
        skip_quoted(c, false);
      } else if (starts_with("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (starts_with("/*")) {
        skip_comment();
      } else if (c == '$') {
        take_dollar(found);
      } else if (starts_name(c)) {
        at_ = name_end(at_);
      } else {
        ++at_;
      }
    }
    return found;
  }

 private:
  bool starts_with(std::string_view text) const { return sql_.substr(at_).starts_with(text); }

  // A name may hold a dollar sign inside (PostgreSQL), which then is no parameter.
  std::size_t name_end(std::size_t from) const {
    while (from < sql_.size() && (continues_name(sql_[from]) || sql_[from] == '$')) ++from;
    return from;
  }

  // E'...' knows backslashes.
  void skip_string() {
    const bool escapes =
        at_ > 0 && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E') && (at_ == 1 || !continues_name(sql_[at_ - 2]));
    skip_quoted('\'', escapes);
  }

  void skip_quoted(char quote, bool escapes) {
    for (++at_; at_ < sql_.size() && sql_[at_] != quote; ++at_) {
      if (escapes && sql_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, sql_.size());
  }

  void skip_comment() {
    int depth = 0;
    do {
      if (starts_with("/*")) {
        ++depth;
        at_ += 2;
      } else if (starts_with("*/")) {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < sql_.size());
  }

  void take_dollar(std::vector<ParameterPlace>& found) {
    const std::size_t begin = at_;
    std::size_t end = at_ + 1;
    while (end < sql_.size() && continues_name(sql_[end])) ++end;
    const std::string_view name = sql_.substr(begin + 1, end - begin - 1);
    const bool is_name = !name.empty() && starts_name(name.front());
    if (end < sql_.size() && sql_[end] == '$' && (is_name || name.empty())) {
      const std::string_view tag = sql_.substr(begin, end + 1 - begin);
      const std::size_t close = sql_.find(tag, end + 1);
      at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
      return;
    }
    if (is_name) found.push_back({begin, end, name});
    at_ = end;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

// The cast that tells PostgreSQL a parameter's type; texts and NULL stay of unknown type, as literals are.
std::string_view cast_of(const Value& value) {
  switch (type_of(value)) {
    case Type::boolean:
      return "::boolean";
    case Type::integer:
      return "::bigint";
    case Type::decimal:
      return "::numeric";
    case Type::float64:
      return "::double precision";
    case Type::bytes:
      return "::bytea";
    case Type::date:
      return "::date";
    case Type::time:
      return "::time";
    case Type::timestamp:
      return "::timestamp";
    case Type::timestamptz:
      return "::timestamptz";
    case Type::uuid:
      return "::uuid";
    case Type::json:
    case Type::list:
      return "::jsonb";
    default:
      return "";
  }
}

}  // namespace

std::string quote_identifier(std::string_view name) { return quoted(name, '"'); }
std::string quote_literal(std::string_view text) { return quoted(text, '\''); }

std::string quote_table(const schema::Table& table) {
  const std::string name = quote_identifier(table.name);
  return table.schema.empty() ? name : quote_identifier(table.schema) + "." + name;
}

std::string quote_list(std::span<const std::string> names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ", ";
    out += quote_identifier(name);
  }
  return out;
}

std::vector<ParameterPlace> find_parameters(std::string_view sql) { return Scanner{sql}.parameters(); }

NumberedSql number_parameters(std::string_view sql, Parameters parameters) {
  NumberedSql out;
  std::vector<std::string_view> numbered;
  std::size_t copied = 0;
  for (const ParameterPlace& place : find_parameters(sql)) {
    const auto given = std::ranges::find(parameters, place.name, &std::pair<std::string, Value>::first);
    if (given == parameters.end()) {
      throw Error{Error::Kind::schema, fmt::format("the SQL uses ${}, which is no parameter", place.name),
                  fmt::format("declare {} under params:", place.name)};
    }
    auto number = std::ranges::find(numbered, place.name);
    if (number == numbered.end()) {
      numbered.push_back(place.name);
      number = numbered.end() - 1;
      out.values.push_back(postgres_text(given->second));
    }
    out.sql.append(sql.substr(copied, place.begin - copied));
    out.sql += fmt::format("${}{}", number - numbered.begin() + 1, cast_of(given->second));
    copied = place.end;
  }
  out.sql.append(sql.substr(copied));
  return out;
}

std::string_view without_semicolon(std::string_view sql) {
  const std::size_t last = sql.find_last_not_of("; \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : sql.substr(0, last + 1);
}

}  // namespace etl::stores
