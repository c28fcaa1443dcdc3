// What the steps of `compile` share. Internal to plan/.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/plan/compile.h"
#include "engine/plan/scope.h"
#include "engine/schema/sql.h"

namespace etl::plan {

// What is known of a table's source before expressions are bound.
struct SourceHead {
  std::string display;                    // "mingus.users", or the source's name.
  std::optional<std::size_t> connection;  // Into Plan::connections.
  const schema::Table* table = nullptr;   // Null: files, HTTP, queries, or no schema.
  const spec::SourceSpec* spec = nullptr; // Null for connection.table.
  std::string table_name;
  std::vector<ScopeColumn> columns;
  bool complete = false;
  bool missing = false;                   // Said already; nothing more is known.
  std::vector<std::string> key;           // Source columns that identify a row.
  readers::FormatOptions format;          // Of files, and of what HTTP answers.
  bool key_is_unique = false;
};

// What other tables need to know of a table before any is bound.
struct TableHead {
  const spec::TableSpec* spec = nullptr;
  std::size_t index = 0;  // In load order: Plan::tables.
  SourceHead source;
  std::optional<std::size_t> connection;  // Target.
  const schema::Table* target = nullptr;
  std::string target_name;                // "target.users".
  std::string key_column;                 // Single primary key column; empty: none or several.
  Type key_type = Type::any;
  // What t[key] takes: the source's key, or the group_by expressions.
  std::vector<std::string> key_names;
  std::vector<Type> source_key_types;
  bool referenced = false;
};

class Compiler {
 public:
  Compiler(const spec::Mapping& mapping, const Schemas& schemas, const CompileOptions& options,
           Diagnostics& diagnostics);

  std::optional<Plan> compile();
  // The first step of compile: all that expressions may name.
  void compile_names();

  const spec::Mapping& mapping() const { return mapping_; }
  const CompileOptions& options() const { return options_; }
  Diagnostics& diagnostics() { return diagnostics_; }
  Plan& plan() { return plan_; }
  const converters::RunContext& context() const { return context_; }

  TableHead* head(std::string_view table);
  // The head of a mapping that writes this table of this connection.
  const TableHead* writer_of(std::size_t connection, std::string_view table) const;
  std::optional<std::size_t> lookup(std::string_view name) const;
  // Marks it as used.
  const ParameterValue* parameter(std::string_view name);
  // The part that name[key].column reads; nothing when there is no such column (said).
  std::optional<std::size_t> lookup_part(std::size_t lookup, std::string_view column, const Span& at);
  bool parameter_is_known(std::string_view name) const { return known_parameters_.contains(std::string{name}); }
  const spec::ExpressionPtr* converter(std::string_view name) const;
  std::vector<std::string> converter_names() const;
  std::vector<std::string> lookup_and_table_names() const;
  std::optional<std::size_t> connection(std::string_view name) const;

  // E405, unless linting: the language has it, this build does not run it yet.
  void unavailable(const Span& at, const std::string& what);

  std::optional<SourceHead> resolve_source(const spec::At<std::string>& from);
  // What the mapping says about reading a connection's files, the source's word before the connection's.
  readers::FormatOptions format_of(const SourceHead& head);
  // The connection of a file that is named without one: the folder of the mapping that names it.
  std::size_t folder_of(const Span& at);
  // What the connection says; null for a folder without one.
  const spec::ConnectionSpec* connection_spec(const SourceHead& head) const;
  void add_source_columns(SourceHead& head, const spec::At<std::string>& from);
  // Whether another table of the same source, or its cursor, reads the column.
  bool is_read_elsewhere(const TableHead& head, std::string_view column) const;
  // The source's place in Plan::sources, without columns.
  std::size_t add_source(const SourceHead& head);
  // A scope over the rows of Plan::sources[source]; columns that are used are added to its request.
  Scope source_scope(const SourceHead& head, std::size_t source);
  // The catalogue that gives a connection's types; null when nothing is known.
  const schema::Catalog* catalog(std::size_t connection) const { return shared_catalog(connection).get(); }

 private:
  void compile_connections();
  void compile_connection(const spec::At<std::string>& name, const spec::ConnectionSpec& connection);
  void compile_parameters();
  void hash_mapping();
  void compile_settings();
  void find_heads();
  void resolve_target(TableHead& head);
  void order_tables();
  std::set<std::size_t> parents_of(const TableHead& head);
  void compile_lookups();
  void compile_lookup(const spec::At<std::string>& name, const spec::LookupSpec& spec);
  void check_entries(const LookupPlan& lookup);
  void compile_lookup_source(LookupPlan& lookup, const spec::At<std::string>& name, const spec::LookupSpec& spec);
  void compile_id_map(LookupPlan& lookup, const spec::At<std::string>& from);
  std::vector<std::optional<std::string>> file_keys(const std::string& path, const spec::Expression& key,
                                                    const std::vector<std::string>& header,
                                                    const std::vector<std::vector<std::optional<std::string>>>& records);
  void compile_lookup_file(LookupPlan& lookup, const spec::LookupSpec& spec);
  void check_converters();
  void compile_hooks();
  void compile_checks(const spec::Entries<spec::Sql>& sentences, Effect effect);
  bool speaks_sqlite(std::size_t connection) const;
  std::shared_ptr<const schema::Catalog> shared_catalog(std::size_t connection) const;
  std::optional<schema::SqlReading> read_sql(const spec::Sql& sql, std::size_t connection);
  // W510: a SQLite target was rendered from PostgreSQL's DDL.
  void warn_of_text(const spec::Sql& sql, const schema::Catalog& known);
  void add_sql_fault(const spec::Sql& sql, const schema::SqlReading& reading);
  void check_sql(const spec::Sql& sql, std::size_t connection);
  void check_hook_sql(const spec::Sql& sql, std::size_t connection);
  void add_query_columns(SourceHead& head);
  void compare_schemas();
  void warn_unused();

  const spec::Mapping& mapping_;
  const Schemas& schemas_;
  const CompileOptions& options_;
  Diagnostics& diagnostics_;
  Plan plan_;
  std::vector<TableHead> heads_;  // In the order of the file.
  std::vector<std::optional<SourceHead>> lookup_sources_;  // As Plan::lookups.
  std::set<std::string> known_parameters_;
  std::set<std::string> used_parameters_;
  std::set<std::string> used_sources_;
  std::shared_ptr<schema::SqliteTrials> trials_;
  converters::RunContext context_;
  bool checking_converters_ = false;
};

// Paths are relative to the file that they are written in.
std::string beside(const Span& at, const std::string& path);

// compile_heads.cpp: names without their places.
std::vector<std::string> values_of(const std::vector<spec::At<std::string>>& names);

// compile_lookups.cpp: a key of a map or file as the lookup compares it.
std::string entry_name(const LookupPlan& lookup, std::string_view key);

// compile_table.cpp: one table, its fields and rules; compile_keys.cpp: its keys and references.
TablePlan compile_table(Compiler& compiler, TableHead& head);

// compile_replace.cpp: which rows are removed before the first is written.
void compile_replace(Compiler& compiler, const TableHead& head, TablePlan& table);

// order.cpp: the names that an expression looks up by name[key] or `in name`.
void collect_lookups(const spec::Expression& expression, std::set<std::string>& names);

}  // namespace etl::plan
