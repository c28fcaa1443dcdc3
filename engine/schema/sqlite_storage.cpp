#include "engine/schema/sqlite_storage.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "engine/data/decimal.h"

namespace etl::schema {
namespace {

constexpr int kMaxWholeDigits = 18;  // What fits into 64 bits.

std::string repeat(std::string_view piece, int times) {
  std::string out;
  for (int at = 0; at < times; ++at) out += piece;
  return out;
}

std::string integer_check(const SqlType& type, const std::string& column) {
  if (type.base == "int2") return fmt::format("{} BETWEEN -32768 AND 32767", column);
  if (type.base == "int4") return fmt::format("{} BETWEEN -2147483648 AND 2147483647", column);
  if (type.base == "oid") return fmt::format("{} BETWEEN 0 AND 4294967295", column);
  return "";
}

std::string whole_check(const SqlType& type, const std::string& column) {
  const std::string nines = repeat("9", type.precision.value_or(kMaxWholeDigits));
  return fmt::format("{0} BETWEEN -{1} AND {1}", column, nines);
}

// Plain digits with exactly the declared ones behind the point, no needless zero in front. `x < '0'` is true, and so 1,
// where a minus makes the text one longer.
std::string decimal_check(const SqlType& type, const std::string& column) {
  const std::string front = fmt::format("{0} GLOB '[-0-9]*' AND {0} NOT GLOB '0[0-9]*'", column);
  if (!type.precision) {
    return fmt::format(
        "(rtrim(ltrim({0}, '-0123456789'), '0123456789') IN ('', '.') AND {0} GLOB '*[0-9]' AND {1}) OR "
        "{0} IN ('NaN', 'Infinity', '-Infinity')",
        column, front);
  }
  const int scale = std::max(0, type.scale.value_or(0));
  const int whole = std::max(1, *type.precision - type.scale.value_or(0));
  const std::string behind = scale == 0 ? "= ''" : fmt::format("GLOB '.{}'", repeat("[0-9]", scale));
  return fmt::format("(ltrim({0}, '-0123456789') {1} AND length({0}) <= {2} + ({0} < '0') AND {3}) OR {0} = 'NaN'",
                     column, behind, whole + (scale == 0 ? 0 : scale + 1), front);
}

std::string text_check(const SqlType& type, const std::string& column) {
  if (type.is_enum) {
    std::string labels;
    for (const std::string& label : type.labels) labels += (labels.empty() ? "" : ", ") + sql_string(label);
    return fmt::format("{} IN ({})", column, labels);
  }
  return type.length ? fmt::format("length({}) <= {}", column, *type.length) : "";
}

// date() moves 30 February to March when it adds nothing to it, so a date that stays as it is exists. What stands
// before it keeps out 'now', which no CHECK may evaluate.
std::string date_check(const std::string& column) {
  return fmt::format("(length({0}) = 10 AND date({0}, '+0 days') IS {0}) OR {0} IN ('infinity', '-infinity')", column);
}

std::string moment_check(const std::string& column, std::string_view zone) {
  return fmt::format(
      "(substr({0}, 11, 1) = 'T' AND date(substr({0}, 1, 19), '+0 days') IS substr({0}, 1, 10) AND "
      "ltrim(substr({0}, 20), '.0123456789') = '{1}') OR {0} IN ('infinity', '-infinity')",
      column, zone);
}

std::string time_check(const std::string& column) {
  return fmt::format(
      "substr({0}, 3, 1) = ':' AND time(substr({0}, 1, 8)) IS substr({0}, 1, 8) AND "
      "ltrim(substr({0}, 9), '.0123456789') = ''",
      column);
}

std::string uuid_check(const std::string& column) {
  const std::string pattern = fmt::format("{0}{0}-{0}-{0}-{0}-{0}{0}{0}", "????");
  return fmt::format("{0} GLOB '{1}' AND {0} = lower({0})", column, pattern);
}

std::string bits_check(const SqlType& type, const std::string& column) {
  std::string check = fmt::format("{} NOT GLOB '*[^01]*'", column);
  if (type.length) check += fmt::format(" AND length({}) {} {}", column, type.base == "bit" ? "=" : "<=", *type.length);
  return check;
}

}  // namespace

StorageForm storage_form(const SqlType& type) {
  if (type.type == Type::list) return StorageForm::list;
  if (type.base == "numeric") {
    const bool whole = type.precision && *type.precision <= kMaxWholeDigits && type.scale.value_or(0) == 0;
    return whole ? StorageForm::whole : StorageForm::decimal_text;
  }
  if (type.base == "bit" || type.base == "varbit") return StorageForm::bits;
  switch (type.type) {
    case Type::integer:
      return StorageForm::integer;
    case Type::boolean:
      return StorageForm::boolean;
    case Type::float64:
      return StorageForm::real;
    case Type::bytes:
      return StorageForm::bytes;
    case Type::uuid:
      return StorageForm::uuid;
    case Type::json:
      return StorageForm::json;
    case Type::date:
      return StorageForm::date;
    case Type::time:
      return StorageForm::time;
    case Type::timestamp:
      return StorageForm::timestamp;
    case Type::timestamptz:
      return StorageForm::timestamptz;
    default:
      return StorageForm::text;
  }
}

std::string_view storage_type(StorageForm form) {
  switch (form) {
    case StorageForm::integer:
    case StorageForm::boolean:
    case StorageForm::whole:
      return "INTEGER";
    case StorageForm::real:
      return "REAL";
    case StorageForm::bytes:
      return "BLOB";
    default:
      return "TEXT";
  }
}

std::string storage_check(const SqlType& type, const std::string& column) {
  switch (storage_form(type)) {
    case StorageForm::integer:
      return integer_check(type, column);
    case StorageForm::boolean:
      return fmt::format("{} IN (0, 1)", column);
    case StorageForm::whole:
      return whole_check(type, column);
    case StorageForm::decimal_text:
      return decimal_check(type, column);
    case StorageForm::text:
      return text_check(type, column);
    case StorageForm::uuid:
      return uuid_check(column);
    case StorageForm::json:
      return fmt::format("{0} IS NULL OR json_valid({0})", column);
    case StorageForm::list:
      return fmt::format("{0} IS NULL OR (json_valid({0}) AND substr({0}, 1, 1) = '[')", column);
    case StorageForm::date:
      return date_check(column);
    case StorageForm::time:
      return time_check(column);
    case StorageForm::timestamp:
      return moment_check(column, "");
    case StorageForm::timestamptz:
      return moment_check(column, "+00:00");
    case StorageForm::bits:
      return bits_check(type, column);
    case StorageForm::real:
    case StorageForm::bytes:
      return "";
  }
  return "";
}

std::string storage_literal(const SqlType& type, const std::string& canonical) {
  switch (storage_form(type)) {
    case StorageForm::integer:
      return canonical;
    case StorageForm::boolean:
      return canonical == "true" ? "1" : "0";
    case StorageForm::real: {
      if (canonical == "Infinity") return "9e999";
      if (canonical == "-Infinity") return "-9e999";
      return canonical == "NaN" ? "NULL" : canonical;
    }
    case StorageForm::bytes:
      return fmt::format("X'{}'", canonical.starts_with("\\x") ? canonical.substr(2) : canonical);
    case StorageForm::timestamptz:
      return sql_string(canonical.ends_with('Z') ? canonical.substr(0, canonical.size() - 1) + "+00:00" : canonical);
    case StorageForm::whole:
    case StorageForm::decimal_text: {
      const auto number = parse_decimal(canonical);
      const bool scaled = number && number->is_finite() && type.precision;
      const auto rounded = scaled ? round(*number, type.scale.value_or(0)) : number;
      const auto exact = scaled && rounded ? rescale(*rounded, std::max(0, type.scale.value_or(0))) : rounded;
      const std::string digits = exact ? to_string(*exact) : canonical;
      return storage_form(type) == StorageForm::whole ? digits : sql_string(digits);
    }
    default:
      return sql_string(canonical);
  }
}

std::string storage_now(const SqlType& type) {
  if (storage_form(type) == StorageForm::date) return "date('now')";
  // SQLite's clock gives milliseconds. Needless zeros go: "12:00:00.120" is not the canonical form of that moment.
  const int digits = type.precision.value_or(6);
  std::string now = "strftime('%Y-%m-%dT%H:%M:%S', 'now')";
  if (digits > 0) {
    now = "strftime('%Y-%m-%dT%H:%M:%f', 'now')";
    if (digits < 3) now = fmt::format("substr({}, 1, {})", now, 20 + digits);
    now = fmt::format("rtrim(rtrim({}, '0'), '.')", now);
  }
  return storage_form(type) == StorageForm::timestamptz ? now + " || '+00:00'" : now;
}

std::string sqlite_name(std::string_view name) {
  const bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
                     std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; }) &&
                     sqlite3_keyword_check(name.data(), static_cast<int>(name.size())) == 0;
  if (plain) return std::string{name};
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string{"\"\""} : std::string{c};
  return quoted + "\"";
}

std::string sql_string(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string{"''"} : std::string{c};
  return quoted + "'";
}

}  // namespace etl::schema
