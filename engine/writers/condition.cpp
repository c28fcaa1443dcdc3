#include "engine/writers/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>

#include "engine/stores/sql_text.h"
#include "engine/writers/writer.h"

namespace etl::writers {

namespace {

using Kind = Condition::Kind;

std::string_view sign(Kind kind) {
  switch (kind) {
    case Kind::equal: return "=";
    case Kind::not_equal: return "<>";
    case Kind::less: return "<";
    case Kind::less_equal: return "<=";
    case Kind::greater: return ">";
    case Kind::greater_equal: return ">=";
    default: return "";
  }
}

bool is_order(Kind kind) {
  return kind == Kind::less || kind == Kind::less_equal || kind == Kind::greater || kind == Kind::greater_equal;
}

std::string compared(const Condition& condition, const schema::Table& table, const std::string& alias, Target& target) {
  const schema::Column& column = table.columns[condition.column];
  const std::string name = alias + "." + stores::quote_identifier(column.name);
  if (condition.kind == Kind::is_null) return name + " IS NULL";
  const bool text = is_order(condition.kind) && column.type.type == Type::text;
  const std::string_view bytes = target.dialect() == schema::Dialect::postgresql ? " COLLATE \"C\"" : " COLLATE BINARY";
  return fmt::format("{}{} {} {}", name, text ? bytes : "", sign(condition.kind),
                     target.literal(table, column, condition.value));
}

std::optional<bool> combined(const Condition& condition, const schema::Table& table, const std::vector<Value>& row) {
  const bool all = condition.kind == Kind::all_of;
  bool unknown = false;
  for (const Condition& part : condition.parts) {
    const std::optional<bool> truth = holds(part, table, row);
    if (truth && *truth != all) return !all;
    unknown = unknown || !truth;
  }
  if (unknown) return std::nullopt;
  return all;
}

}  // namespace

std::string to_sql(const Condition& condition, const schema::Table& table, const std::string& alias, Target& target) {
  std::vector<std::string> parts;
  for (const Condition& part : condition.parts) parts.push_back(to_sql(part, table, alias, target));
  switch (condition.kind) {
    case Kind::all_of:
      return parts.empty() ? "1 = 1" : fmt::format("({})", fmt::join(parts, " AND "));
    case Kind::any_of:
      return fmt::format("({})", fmt::join(parts, " OR "));
    case Kind::none_of:
      return fmt::format("NOT ({})", parts.front());
    default:
      return compared(condition, table, alias, target);
  }
}

std::optional<bool> holds(const Condition& condition, const schema::Table& table, const std::vector<Value>& row) {
  if (condition.kind == Kind::all_of || condition.kind == Kind::any_of) return combined(condition, table, row);
  if (condition.kind == Kind::none_of) {
    const std::optional<bool> truth = holds(condition.parts.front(), table, row);
    return truth ? std::optional{!*truth} : std::nullopt;
  }
  const Value& held = row[condition.column];
  if (condition.kind == Kind::is_null) return is_null(held);
  if (is_null(held) || is_null(condition.value)) return std::nullopt;
  const std::partial_ordering order = compare(held, condition.value);
  switch (condition.kind) {
    case Kind::equal: return order == 0;
    case Kind::not_equal: return order != 0;
    case Kind::less: return order < 0;
    case Kind::less_equal: return order <= 0;
    case Kind::greater: return order > 0;
    default: return order >= 0;
  }
}

}  // namespace etl::writers
