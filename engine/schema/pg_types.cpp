// Types in PostgreSQL DDL: type names of columns, CREATE TYPE, CREATE DOMAIN.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/schema/ddl.h"
#include "engine/schema/pg_ddl.h"
#include "engine/schema/types.h"

namespace etl::schema::pg {
namespace {

std::string_view serial_type(std::string_view name) {
  if (name == "serial" || name == "serial4") return "int4";
  if (name == "bigserial" || name == "serial8") return "int8";
  if (name == "smallserial" || name == "serial2") return "int2";
  return "";
}

std::vector<int> numbers(const Node& modifiers) {
  std::vector<int> numbers;
  for (const Node& modifier : modifiers.items()) {
    const auto value = constant(modifier);
    numbers.push_back(value ? std::atoi(value->text.c_str()) : 0);
  }
  return numbers;
}

void report_unknown_type(const Ddl& ddl, const Node& type_name, const std::string& name) {
  std::vector<std::string> known = postgres_type_names();
  for (const UserType& type : ddl.types) known.push_back(type.name);
  ddl.diagnostics->add(kUnreadableDdl, ddl.name_at(type_name["location"].number()),
                       fmt::format("there is no type {}", name), did_you_mean(name, known));
}

UserType made_type(const Ddl& ddl, const Node& names) {
  UserType made;
  made.name = names.last_name();
  made.schema = names.schema_name().empty() ? ddl.search_schema : names.schema_name();
  return made;
}

}  // namespace

ColumnType column_type(const Ddl& ddl, const Node& type_name) {
  const std::string name = type_name["names"].last_name();
  const std::string schema = type_name["names"].schema_name();
  ColumnType found;
  if (const auto integer = serial_type(name); schema.empty() && !integer.empty()) {
    found.type = postgres_type(integer, false);
    found.serial = true;
    return found;
  }
  if ((found.user = ddl.user_type(schema, name)) != nullptr) {
    found.type = found.user->type;
  } else {
    const bool known = is_postgres_type(name) || is_extension_type(name) || ddl.has_extensions ||
                       (!schema.empty() && schema != "pg_catalog");
    if (!known) report_unknown_type(ddl, type_name, name);
    found.type = postgres_type(name, false, postgres_modifier(name, numbers(type_name["typmods"])));
  }
  if (!type_name["arrayBounds"].items().empty()) found.type = array_of(std::move(found.type));
  return found;
}

void create_enum(Ddl& ddl, const Node& statement) {
  UserType made = made_type(ddl, statement["typeName"]);
  std::vector<std::string> labels;
  for (const Node& label : statement["vals"].items()) labels.push_back(label.string());
  made.type = enum_type(made.schema, made.name, std::move(labels));
  ddl.types.push_back(std::move(made));
}

void add_enum_label(Ddl& ddl, const Node& statement) {
  const Node& names = statement["typeName"];
  for (UserType& type : ddl.types) {
    if (&type != ddl.user_type(names.schema_name(), names.last_name())) continue;
    auto& labels = type.type.labels;
    auto place = labels.end();
    if (const std::string& neighbor = statement["newValNeighbor"].text(); !neighbor.empty()) {
      place = std::ranges::find(labels, neighbor);
      if (place != labels.end() && statement["newValIsAfter"].truth()) ++place;
    }
    const std::string& old_label = statement["oldVal"].text();
    if (old_label.empty()) {
      labels.insert(place, statement["newVal"].text());
    } else {
      std::ranges::replace(labels, old_label, statement["newVal"].text());
    }
  }
}

void create_domain(Ddl& ddl, const Node& statement) {
  UserType made = made_type(ddl, statement["domainname"]);
  const ColumnType base = column_type(ddl, statement["typeName"]);
  if (base.user != nullptr) made.inherited = base.user->inherited;
  made.type = made.inherited.type = domain_type(made.schema, made.name, base.type);
  if (statement["collClause"]) made.inherited.collation = statement["collClause"]["collname"].last_name();
  for (const Node& wrapped : statement["constraints"].items()) {
    const Node& constraint = wrapped.body();
    const std::string& kind = constraint["contype"].text();
    if (kind == "CONSTR_NOTNULL") made.inherited.not_null = true;
    if (kind == "CONSTR_DEFAULT") {
      std::set<std::uint32_t> stops;
      for (const Node& other : statement["constraints"].items()) {
        stops.insert(static_cast<std::uint32_t>(other.body()["location"].number()));
      }
      set_default(made.inherited, ddl.default_text(constraint["raw_expr"], stops), constraint["raw_expr"]);
    }
    if (kind == "CONSTR_CHECK") {
      made.inherited.domain_checks.push_back(ddl.parenthesized(constraint["location"].number()));
      const auto values = one_of(constraint["raw_expr"]);
      if (values && values->column == "value") made.inherited.one_of = values->values;
    }
  }
  ddl.types.push_back(std::move(made));
}

void create_opaque_type(Ddl& ddl, const Node& names) { create_opaque_type(ddl, made_type(ddl, names)); }

void create_opaque_type(Ddl& ddl, UserType made) {
  made.type = postgres_type(made.name, false);
  made.type.declared = enum_type(made.schema, made.name, {}).declared;
  ddl.types.push_back(std::move(made));
}

}  // namespace etl::schema::pg
