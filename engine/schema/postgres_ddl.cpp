// PostgreSQL DDL: statements in order, each given to the part that knows it.
#include "engine/schema/postgres_ddl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "engine/schema/ddl.h"
#include "engine/schema/pg_ddl.h"
#include "engine/schema/pg_select.h"

namespace etl::schema {
namespace pg {

constexpr int kOpen = '(', kClose = ')', kComma = ',', kDot = '.';

Span Ddl::name_at(int location) const {
  const auto at = static_cast<std::uint32_t>(location);
  auto found = std::ranges::lower_bound(tokens, at, {}, &Token::begin);
  if (found == tokens.end() || found->begin != at) return span(at, at);
  std::uint32_t end = found->end;
  while (found + 2 < tokens.end() && (found + 1)->kind == kDot) {
    found += 2;
    end = found->end;
  }
  return span(at, end);
}

Table* Ddl::table(const Node& range_var) {
  const std::string schema = range_var["schemaname"] ? range_var["schemaname"].text() : search_schema;
  const auto effective = [](std::string_view name) { return name.empty() ? "public" : name; };
  for (Table& table : catalog.tables) {
    if (table.name == range_var["relname"].text() && effective(table.schema) == effective(schema)) return &table;
  }
  return nullptr;
}

const UserType* Ddl::user_type(std::string_view schema, std::string_view name) const {
  if (schema == "pg_catalog") return nullptr;
  const auto found = std::ranges::find_if(types, [&](const UserType& type) {
    const std::string_view own = type.schema.empty() ? "public" : std::string_view{type.schema};
    return type.name == name && (schema.empty() || schema == own);
  });
  return found == types.end() ? nullptr : &*found;
}

std::string Ddl::parenthesized(int location) const {
  auto open = std::ranges::lower_bound(tokens, static_cast<std::uint32_t>(location), {}, &Token::begin);
  while (open != tokens.end() && open->kind != kOpen) ++open;
  int depth = 0;
  for (auto token = open; token != tokens.end(); ++token) {
    if (token->kind == kOpen) ++depth;
    if (token->kind == kClose && --depth == 0) {
      return std::string{trim(std::string_view{text}.substr(open->end, token->begin - open->end))};
    }
  }
  return "";
}

namespace {

std::uint32_t leftmost(const Node& node) {
  std::uint32_t least = static_cast<std::uint32_t>(-1);
  if (const int own = node["location"].number(); own > 0) least = static_cast<std::uint32_t>(own);
  node.for_each([&](const Node& child) { least = std::min(least, leftmost(child)); });
  return least;
}

bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word,
                            [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

}  // namespace

std::string Ddl::default_text(const Node& expression, const std::set<std::uint32_t>& stops) const {
  const std::string_view all{text};
  auto token = std::ranges::lower_bound(tokens, leftmost(expression), {}, &Token::begin);
  while (token != tokens.begin() &&
         !is_word(all.substr((token - 1)->begin, (token - 1)->end - (token - 1)->begin), "default")) {
    --token;
  }
  if (token == tokens.end()) return "";
  const std::uint32_t begin = token->begin;
  std::uint32_t end = begin;
  for (int depth = 0; token != tokens.end(); ++token) {
    if (depth == 0 &&
        (token->kind == kComma || token->kind == kClose || token->kind == ';' || stops.contains(token->begin)))
      break;
    if (token->kind == kOpen || token->kind == '[') ++depth;
    if (token->kind == kClose || token->kind == ']') --depth;
    if (!token->is_comment) end = token->end;
  }
  return std::string{all.substr(begin, end - begin)};
}

namespace {

// ---- what is no SQL in a dump: rows behind COPY ... FROM stdin, and psql's own commands.

bool starts_copy(std::string_view line) {
  std::string low{line};
  std::ranges::transform(low, low.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return low.starts_with("copy ") && low.find(" from stdin") != std::string::npos && low.ends_with(';');
}

void blank(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t at = begin; at < end; ++at) {
    if (text[at] != '\n') text[at] = ' ';
  }
}

// Keeps all offsets.
std::string without_rows(std::string_view bytes) {
  std::string text{bytes};
  bool in_rows = false;
  bool between_statements = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line{trim(std::string_view{text}.substr(begin, end - begin))};
    if (in_rows) {
      in_rows = line != "\\.";
      blank(text, begin, end);
    } else if (between_statements && line.starts_with('\\')) {
      blank(text, begin, end);
    } else if (!line.empty()) {
      in_rows = between_statements && starts_copy(line);
      if (!line.starts_with("--")) between_statements = line.ends_with(';');
    }
    begin = end + 1;
  }
  return text;
}

// ---- statements

enum class Place { before_tables, table, after_tables, nowhere };

void create_view(Ddl& ddl, const Node& relation, const Node& query, const Node& aliases) {
  if (Table* known = ddl.table(relation)) {
    ddl.catalog.tables.erase(ddl.catalog.tables.begin() + (known - ddl.catalog.tables.data()));
  }
  Table view;
  view.name = relation["relname"].text();
  view.schema = relation["schemaname"] ? relation["schemaname"].text() : ddl.search_schema;
  view.at = ddl.name_at(relation["location"].number());
  view.is_view = true;
  view.columns = query_columns(query, ddl.catalog).columns;
  for (std::size_t at = 0; at < aliases.items().size() && at < view.columns.size(); ++at) {
    view.columns[at].name = aliases.items()[at].string();
  }
  ddl.catalog.tables.push_back(std::move(view));
}

// Returns whether something known was dropped; else the statement only clears what an earlier run left.
bool drop(Ddl& ddl, const Node& statement) {
  bool known = false;
  const std::string& kind = statement["removeType"].text();
  for (const Node& object : statement["objects"].items()) {
    const Node& names = object.kind() == "List" ? object.body()["items"] : object.body()["names"];
    const std::string name = names.last_name();
    if (kind == "OBJECT_TABLE" || kind == "OBJECT_VIEW") {
      known |= std::erase_if(ddl.catalog.tables, [&](const Table& table) { return table.name == name; }) > 0;
      ddl.relation_names.erase(name);
    } else if (kind == "OBJECT_TYPE" || kind == "OBJECT_DOMAIN") {
      known |= std::erase_if(ddl.types, [&](const UserType& type) { return type.name == name; }) > 0;
    }
  }
  return known;
}

void rename(Ddl& ddl, const Node& statement) {
  Table* table = ddl.table(statement["relation"]);
  if (table == nullptr) return;
  const std::string& old_name = statement["subname"].text();
  const std::string& new_name = statement["newname"].text();
  const std::string& kind = statement["renameType"].text();
  if (kind == "OBJECT_TABLE") {
    for (Table& other : ddl.catalog.tables) {
      for (ForeignKey& key : other.foreign_keys) {
        if (key.table == table->name) key.table = new_name;
      }
    }
    table->name = new_name;
  } else if (kind == "OBJECT_COLUMN") {
    for (Column& column : table->columns) {
      if (column.name == old_name) column.name = new_name;
    }
    for (UniqueKey& key : table->unique_keys) std::ranges::replace(key.columns, old_name, new_name);
    for (ForeignKey& key : table->foreign_keys) std::ranges::replace(key.columns, old_name, new_name);
  }
}

Place set_variable(Ddl& ddl, const Node& statement) {
  if (statement["name"].text() != "search_path") return Place::nowhere;
  ddl.search_schema.clear();
  for (const Node& argument : statement["args"].items()) {
    const auto schema = constant(argument);
    if (!schema || schema->text.empty() || schema->text == "$user") continue;
    if (schema->text != "public") ddl.search_schema = schema->text;
    break;
  }
  return ddl.search_schema.empty() ? Place::nowhere : Place::before_tables;
}

void create_schema_elements(Ddl& ddl, const Node& statement) {
  const std::string outer = ddl.search_schema;
  ddl.search_schema = statement["schemaname"].text();
  for (const Node& element : statement["schemaElts"].items()) {
    if (element.kind() == "CreateStmt") create_table(ddl, element.body());
  }
  ddl.search_schema = outer;
}

// CREATE COLLATION ... (deterministic = false): equal is then not what has equal bytes.
void define(Ddl& ddl, const Node& statement) {
  if (statement["kind"].text() == "OBJECT_TYPE") create_opaque_type(ddl, statement["defnames"]);
  if (statement["kind"].text() != "OBJECT_COLLATION") return;
  for (const Node& wrapped : statement["definition"].items()) {
    const Node& option = wrapped.body();
    const auto value =
        option["arg"].kind() == "TypeName" ? option["arg"].body()["names"].last_name() : option["arg"].string();
    if (option["defname"].text() == "deterministic" && (value == "false" || value == "off")) {
      ddl.nondeterministic.insert(statement["defnames"].last_name());
    }
  }
}

bool only_changes_owner(const Node& statement) {
  return std::ranges::all_of(statement["cmds"].items(),
                             [](const Node& command) { return command.body()["subtype"].text() == "AT_ChangeOwner"; });
}

Place alter_statement(Ddl& ddl, const Node& statement) {
  if (only_changes_owner(statement)) return Place::nowhere;
  alter_table(ddl, statement);
  return Place::after_tables;
}

Place read_statement(Ddl& ddl, const Node& tree, std::string_view text);

using Handler = Place (*)(Ddl& ddl, const Node& statement, std::string_view text);

template <void (*read)(Ddl&, const Node&), Place place>
Place reads(Ddl& ddl, const Node& statement, std::string_view /*text*/) {
  read(ddl, statement);
  return place;
}

template <Place place>
Place keep(Ddl& /*ddl*/, const Node& /*statement*/, std::string_view /*text*/) {
  return place;
}

const std::map<std::string_view, Handler>& handlers() {
  static const std::map<std::string_view, Handler> kHandlers = {
      {"CreateStmt", reads<create_table, Place::table>},
      {"CreateEnumStmt", reads<create_enum, Place::before_tables>},
      {"AlterEnumStmt", reads<add_enum_label, Place::before_tables>},
      {"CreateDomainStmt", reads<create_domain, Place::before_tables>},
      {"DefineStmt", reads<define, Place::before_tables>},
      {"RenameStmt", reads<rename, Place::after_tables>},
      {"AlterTableStmt", [](Ddl& ddl, const Node& it, std::string_view) { return alter_statement(ddl, it); }},
      {"VariableSetStmt", [](Ddl& ddl, const Node& it, std::string_view) { return set_variable(ddl, it); }},
      {"DropStmt",
       [](Ddl& ddl, const Node& it, std::string_view) { return drop(ddl, it) ? Place::after_tables : Place::nowhere; }},
      {"IndexStmt",
       [](Ddl& ddl, const Node& it, std::string_view text) {
         create_index(ddl, it, text);
         return Place::after_tables;
       }},
      {"ViewStmt",
       [](Ddl& ddl, const Node& it, std::string_view) {
         create_view(ddl, it["view"], it["query"], it["aliases"]);
         return Place::after_tables;
       }},
      {"CreateTableAsStmt",
       [](Ddl& ddl, const Node& it, std::string_view) {
         create_view(ddl, it["into"]["rel"], it["query"], it["into"]["colNames"]);
         ddl.catalog.tables.back().is_view = it["objtype"].text() == "OBJECT_MATVIEW";
         return Place::after_tables;
       }},
      {"CompositeTypeStmt",
       [](Ddl& ddl, const Node& it, std::string_view) {
         UserType type;
         type.name = it["typevar"]["relname"].text();
         type.schema = it["typevar"]["schemaname"] ? it["typevar"]["schemaname"].text() : ddl.search_schema;
         create_opaque_type(ddl, type);
         return Place::before_tables;
       }},
      {"CreateRangeStmt",
       [](Ddl& ddl, const Node& it, std::string_view) {
         create_opaque_type(ddl, it["typeName"]);
         return Place::before_tables;
       }},
      {"CreateExtensionStmt",
       [](Ddl& ddl, const Node&, std::string_view) {
         ddl.has_extensions = true;
         return Place::before_tables;
       }},
      {"CreateSchemaStmt", reads<create_schema_elements, Place::before_tables>},
      {"CreateSeqStmt", keep<Place::before_tables>},
      {"CreateFunctionStmt", keep<Place::before_tables>},
      {"CreateCastStmt", keep<Place::before_tables>},
      {"CreateOpClassStmt", keep<Place::before_tables>},
  };
  return kHandlers;
}

// Statements about rows, roles, sessions and whole databases.
bool is_no_schema(std::string_view kind) {
  static const std::set<std::string_view> kKinds = {"",
                                                    "InsertStmt",
                                                    "CopyStmt",
                                                    "SelectStmt",
                                                    "UpdateStmt",
                                                    "DeleteStmt",
                                                    "MergeStmt",
                                                    "TransactionStmt",
                                                    "CreatedbStmt",
                                                    "DropdbStmt",
                                                    "VacuumStmt",
                                                    "AlterDatabaseStmt",
                                                    "TruncateStmt",
                                                    "AlterDatabaseSetStmt",
                                                    "CreateRoleStmt",
                                                    "AlterRoleStmt",
                                                    "AlterOwnerStmt",
                                                    "VariableShowStmt",
                                                    "AlterRoleSetStmt",
                                                    "DropRoleStmt",
                                                    "CreateTableSpaceStmt",
                                                    "LockStmt",
                                                    "DiscardStmt",
                                                    "CheckPointStmt"};
  return kKinds.contains(kind);
}

Place read_statement(Ddl& ddl, const Node& tree, std::string_view text) {
  if (is_no_schema(tree.kind())) return Place::nowhere;
  const auto handler = handlers().find(tree.kind());
  return handler == handlers().end() ? Place::after_tables : handler->second(ddl, tree.body(), text);
}

}  // namespace
}  // namespace pg

Catalog read_postgres_ddl(const SourceTextPtr& source, Diagnostics& diagnostics) {
  pg::Ddl ddl;
  ddl.source = source;
  ddl.diagnostics = &diagnostics;
  ddl.text = pg::without_rows(source->bytes());
  ddl.catalog.dialect = Dialect::postgresql;
  ddl.tokens = pg::scan(ddl.text).value_or(std::vector<pg::Token>{});
  const pg::Parsed parsed = pg::parse(ddl.text, true);
  if (parsed.fault) {
    const Span at = ddl.name_at(static_cast<int>(parsed.fault->offset));
    diagnostics.add(kUnreadableDdl, at, fmt::format("the DDL cannot be read: {}", parsed.fault->message));
    return ddl.catalog;
  }
  for (const pg::Statement& statement : parsed.statements) {
    std::string text = ddl.text.substr(statement.begin, statement.end - statement.begin);
    const pg::Place place = pg::read_statement(ddl, statement.tree, text);
    if (place == pg::Place::nowhere) continue;
    if (place == pg::Place::before_tables) ddl.catalog.before_tables.push_back(text);
    if (place == pg::Place::after_tables) ddl.catalog.after_tables.push_back(text);
    ddl.catalog.statements.push_back(std::move(text));
  }
  pg::resolve_references(ddl);
  return ddl.catalog;
}

}  // namespace etl::schema
