#include "engine/schema/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace etl::schema {
namespace {

struct BuiltIn {
  std::string_view name;      // pg_type.typname
  std::string_view declared;  // As format_type() prints it; "{}" takes the modifier.
  Type type = Type::text;
};

// PostgreSQL manual, chapter 8, and pg_type. `{}` stands for the modifier in parentheses.
constexpr auto kBuiltIns = std::to_array<BuiltIn>({
    {"bool", "boolean", Type::boolean},
    {"int2", "smallint", Type::integer},
    {"int4", "integer", Type::integer},
    {"int8", "bigint", Type::integer},
    {"oid", "oid", Type::integer},
    {"numeric", "numeric{}", Type::decimal},
    {"float4", "real", Type::float64},
    {"float8", "double precision", Type::float64},
    {"text", "text", Type::text},
    {"varchar", "character varying{}", Type::text},
    {"bpchar", "character{}", Type::text},
    {"char", "\"char\"", Type::text},
    {"name", "name", Type::text},
    {"bytea", "bytea", Type::bytes},
    {"date", "date", Type::date},
    {"time", "time{} without time zone", Type::time},
    {"timetz", "time{} with time zone"},
    {"timestamp", "timestamp{} without time zone", Type::timestamp},
    {"timestamptz", "timestamp{} with time zone", Type::timestamptz},
    {"interval", "interval{}"},
    {"uuid", "uuid", Type::uuid},
    {"json", "json", Type::json},
    {"jsonb", "jsonb", Type::json},
    {"jsonpath", "jsonpath"},
    {"xml", "xml"},
    {"money", "money"},
    {"bit", "bit{}"},
    {"varbit", "bit varying{}"},
    {"inet", "inet"},
    {"cidr", "cidr"},
    {"macaddr", "macaddr"},
    {"macaddr8", "macaddr8"},
    {"point", "point"},
    {"line", "line"},
    {"lseg", "lseg"},
    {"box", "box"},
    {"path", "path"},
    {"polygon", "polygon"},
    {"circle", "circle"},
    {"tsvector", "tsvector"},
    {"tsquery", "tsquery"},
    {"int4range", "int4range"},
    {"int8range", "int8range"},
    {"numrange", "numrange"},
    {"tsrange", "tsrange"},
    {"tstzrange", "tstzrange"},
    {"daterange", "daterange"},
    {"int4multirange", "int4multirange"},
    {"int8multirange", "int8multirange"},
    {"nummultirange", "nummultirange"},
    {"tsmultirange", "tsmultirange"},
    {"tstzmultirange", "tstzmultirange"},
    {"datemultirange", "datemultirange"},
    {"pg_lsn", "pg_lsn"},
    {"pg_snapshot", "pg_snapshot"},
    {"txid_snapshot", "txid_snapshot"},
    {"xid", "xid"},
    {"xid8", "xid8"},
    {"cid", "cid"},
    {"tid", "tid"},
    {"oidvector", "oidvector"},
    {"int2vector", "int2vector"},
    {"refcursor", "refcursor"},
    {"aclitem", "aclitem"},
    {"regclass", "regclass"},
    {"regcollation", "regcollation"},
    {"regconfig", "regconfig"},
    {"regdictionary", "regdictionary"},
    {"regnamespace", "regnamespace"},
    {"regoper", "regoper"},
    {"regoperator", "regoperator"},
    {"regproc", "regproc"},
    {"regprocedure", "regprocedure"},
    {"regrole", "regrole"},
    {"regtype", "regtype"},
});

constexpr auto kExtensionTypes = std::to_array<std::string_view>(
    {"citext", "hstore", "ltree", "lquery", "ltxtquery", "cube",     "seg",      "isn",
     "isbn",   "isbn13", "issn",  "issn13", "ean13",     "upc",      "geometry", "geography",
     "raster", "box2d",  "box3d", "vector", "halfvec",   "sparsevec"});

// varchar, char and numeric store their modifier with the length of a length word added (VARHDRSZ).
constexpr int kHeader = 4;

const BuiltIn* find_built_in(std::string_view name) {
  const auto* found = std::ranges::find(kBuiltIns, name, &BuiltIn::name);
  return found == kBuiltIns.end() ? nullptr : found;
}

// INTERVAL_MASK of src/include/utils/datetime.h: the fields that a declaration restricts an interval to.
std::string_view interval_fields(int mask) {
  constexpr int kMonth = 1 << 1, kYear = 1 << 2, kDay = 1 << 3, kHour = 1 << 10, kMinute = 1 << 11, kSecond = 1 << 12;
  switch (mask) {
    case kYear:
      return " year";
    case kMonth:
      return " month";
    case kDay:
      return " day";
    case kHour:
      return " hour";
    case kMinute:
      return " minute";
    case kSecond:
      return " second";
    case kYear | kMonth:
      return " year to month";
    case kDay | kHour:
      return " day to hour";
    case kDay | kHour | kMinute:
      return " day to minute";
    case kDay | kHour | kMinute | kSecond:
      return " day to second";
    case kHour | kMinute:
      return " hour to minute";
    case kHour | kMinute | kSecond:
      return " hour to second";
    case kMinute | kSecond:
      return " minute to second";
    default:
      return "";
  }
}

// Fills length, precision and scale; returns what `{}` stands for.
std::string apply_modifier(SqlType& type, int modifier) {
  if (modifier < 0) return "";
  if (type.name == "varchar" || type.name == "bpchar") {
    type.length = modifier - kHeader;
    return fmt::format("({})", *type.length);
  }
  if (type.name == "numeric") {
    const int packed = modifier - kHeader;
    type.precision = (packed >> 16) & 0xffff;
    type.scale = ((packed & 0x7ff) ^ 0x400) - 0x400;  // Eleven bits with a sign.
    return fmt::format("({},{})", *type.precision, *type.scale);
  }
  if (type.name == "bit" || type.name == "varbit") {
    type.length = modifier;
    return fmt::format("({})", modifier);
  }
  if (type.name == "interval") {
    const int precision = modifier & 0xffff;
    const std::string fields{interval_fields((modifier >> 16) & 0x7fff)};
    if (precision == 0xffff) return fields;
    type.precision = precision;
    return fmt::format("{}({})", fields, precision);
  }
  if (type.name.starts_with("time")) {
    type.precision = modifier;
    return fmt::format("({})", modifier);
  }
  return "";
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string shown_name(std::string_view schema, std::string_view name) {
  const bool plain = schema.empty() || schema == "public" || schema == "pg_catalog";
  return plain ? std::string{name} : fmt::format("{}.{}", schema, name);
}

}  // namespace

SqlType postgres_type(std::string_view internal_name, bool array, int modifier) {
  SqlType type;
  type.name = type.base = internal_name;
  const BuiltIn* built_in = find_built_in(internal_name);
  type.type = built_in == nullptr ? Type::text : built_in->type;
  const std::string numbers = apply_modifier(type, modifier);
  type.declared = built_in == nullptr ? std::string{internal_name} : std::string{built_in->declared};
  if (const auto hole = type.declared.find("{}"); hole != std::string::npos) type.declared.replace(hole, 2, numbers);
  if (type.name == "bpchar" && !type.length) type.declared = "bpchar";
  return array ? array_of(std::move(type)) : type;
}

bool is_postgres_type(std::string_view internal_name) { return find_built_in(internal_name) != nullptr; }

bool is_extension_type(std::string_view internal_name) {
  return std::ranges::find(kExtensionTypes, internal_name) != kExtensionTypes.end();
}

std::vector<std::string> postgres_type_names() {
  std::vector<std::string> names;
  for (const BuiltIn& type : kBuiltIns) names.emplace_back(type.name);
  for (const std::string_view word : {"integer", "bigint", "smallint", "boolean", "serial", "bigserial", "decimal"}) {
    names.emplace_back(word);
  }
  return names;
}

int postgres_modifier(std::string_view internal_name, const std::vector<int>& numbers) {
  if (numbers.empty()) return kNoModifier;
  if (internal_name == "varchar" || internal_name == "bpchar") return numbers[0] + kHeader;
  if (internal_name == "numeric") {
    const int scale = numbers.size() > 1 ? numbers[1] : 0;
    return ((numbers[0] << 16) | (scale & 0x7ff)) + kHeader;
  }
  if (internal_name == "interval") {  // Its first number is the mask of fields.
    const int precision = numbers.size() > 1 ? numbers[1] : 0xffff;
    return ((numbers[0] & 0x7fff) << 16) | (precision & 0xffff);
  }
  return numbers[0];
}

SqlType enum_type(std::string_view schema, std::string_view name, std::vector<std::string> labels) {
  SqlType type;
  type.name = type.base = name;
  type.is_enum = true;
  type.type = Type::text;
  type.declared = shown_name(schema, name);
  type.labels = std::move(labels);
  return type;
}

SqlType domain_type(std::string_view schema, std::string_view name, const SqlType& base) {
  SqlType type = base;
  type.name = name;
  type.base = base.array ? "_" + base.base : base.base;
  type.array = false;
  type.is_domain = true;
  type.declared = shown_name(schema, name);
  return type;
}

SqlType array_of(SqlType element) {
  element.array = true;
  element.type = Type::list;
  element.declared += "[]";
  return element;
}

Affinity sqlite_affinity(std::string_view declared) {
  const std::string name = lower(declared);
  if (holds(name, "int")) return Affinity::integer;
  if (holds(name, "char") || holds(name, "clob") || holds(name, "text")) return Affinity::text;
  if (name.empty() || holds(name, "blob")) return Affinity::blob;
  if (holds(name, "real") || holds(name, "floa") || holds(name, "doub")) return Affinity::real;
  return Affinity::numeric;
}

SqlType sqlite_type(std::string_view declared) {
  SqlType type;
  type.declared = declared;
  type.name = type.base = lower(declared);
  switch (sqlite_affinity(declared)) {
    case Affinity::integer:
      type.type = Type::integer;
      break;
    case Affinity::text:
      type.type = Type::text;
      break;
    case Affinity::real:
      type.type = Type::float64;
      break;
    case Affinity::blob:
      type.type = type.name.empty() ? Type::any : Type::bytes;
      break;
    case Affinity::numeric:
      if (type.name.starts_with("bool")) {
        type.type = Type::boolean;
      } else if (type.name.starts_with("decimal") || type.name.starts_with("numeric")) {
        type.type = Type::decimal;
      }
      break;
  }
  return type;
}

}  // namespace etl::schema
