// What a mapping means: sources, tables in load order, typed fields with their rules. Nothing is open.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/node.h"
#include "engine/readers/reader.h"
#include "engine/rules/rule.h"
#include "engine/schema/catalog.h"
#include "engine/spec/mapping.h"
#include "engine/stores/store.h"
#include "engine/writers/condition.h"

namespace etl::plan {

enum class Effect : std::uint8_t { reject, warn, abort };

struct ConnectionPlan {
  stores::ConnectionInfo info;
  bool is_source = false;
  bool is_target = false;
  bool create = false;
  std::string schema_path;                          // "" without DDL.
  std::shared_ptr<const schema::Catalog> ddl;       // From schema_path; may be null.
  Span at;
};

struct SourcePlan {
  std::string name;             // "mingus.users", or the source's name.
  std::size_t connection = 0;   // Into Plan::connections.
  readers::ReadRequest request;
  // Source columns that identify a row (indexes into request.columns): its position in rejects and the key of
  // table[key]. Empty: rows are known by their number.
  std::vector<std::size_t> key;
  bool key_is_unique = false;   // The source's own primary key.
};

struct RulePlan {
  const rules::Rule* rule = nullptr;
  rules::Use use = {};
  rules::Kernel kernel = {};  // Empty for unique and exists, which are UniquePlan and ForeignKeyPlan below.
  Effect effect = Effect::reject;
  std::string origin = {};  // "mapping" or "schema".
  std::string text = {};    // "min: 0", for plan.
};

struct FieldPlan {
  std::string name;               // Target column.
  std::size_t target_column = 0;  // Into TablePlan::target->columns.
  Type type = Type::any;          // Of the finished value: the target column's.
  NodePtr value;                  // Already converted to `type`. Null: made by the database (see `from_default`).
  // Taken when the value is NULL: the field's `default`, else the DDL default of a NOT NULL column.
  std::optional<Value> fallback;
  bool fallback_is_now = false;
  // The DDL default must be evaluated by the database (hard-parts.md 10 and 31): for key columns left out and
  // NULLs of NOT NULL columns with such a default.
  bool from_default = false;
  bool required = false;          // NULL rejects, rule "required".
  bool sensitive = false;
  std::vector<RulePlan> rules;
  std::vector<std::size_t> reads;  // Source columns (indexes into SourcePlan::request.columns).
  // The field is exactly `t[key]` of the table itself: rows may refer to rows that come later. `value` is null
  // then; these are the keys, of TablePlan::source_key_types, and the run finds the parent.
  std::vector<NodePtr> self_reference;
  std::vector<const Node*> tries;  // try() in the expression, for counting.
  std::string text;               // The expression, for plan.
  std::string origin;             // "mapping", "rest: copy" or "schema" (keys made by the database).
  Span at;
};

// A sentence with a condition on the finished target row; NULL is as good as true.
struct SentencePlan {
  std::string sentence;
  NodePtr condition;  // Over the table's fields, in order of TablePlan::fields.
  Effect effect = Effect::reject;
};

// No two written rows may be equal in these fields (NULLs are never equal unless nulls_not_distinct).
struct UniquePlan {
  std::string name = {};            // The constraint's, or "key" for the mapping's own.
  std::vector<std::size_t> fields = {};  // Into TablePlan::fields; all of the key's columns are written.
  bool primary = false;
  bool is_key = false;              // The one that on_conflict speaks of.
  bool from_schema = false;         // The database keeps it too.
  bool nulls_not_distinct = false;
  bool client_compares = true;      // False: the database judges (citext, NOCASE).
  // Cannot collide within a run: made one to one from the source's own primary key. Only rows that were in the
  // target before can.
  bool implied = false;
  bool may_change = false;  // An update may set one of the fields.
};

// Each written row must find these values in another table (NULLs apart).
struct ForeignKeyPlan {
  std::string name = {};
  std::vector<std::size_t> fields = {};
  std::string table = {};                     // In the target.
  const schema::Table* target = nullptr;      // As the target holds it.
  std::vector<std::string> target_columns = {};
  std::optional<std::size_t> parent = {};     // Into Plan::tables when this run writes that table.
  bool through_reference = false;             // The field is t[key] of that very table and key: already checked.
  Effect effect = Effect::reject;
};

// row_number(keys...): counts rows in source order, from 1 for each new key.
struct RowNumberPlan {
  std::vector<NodePtr> keys;
};

// explode: one row for each item of a list.
struct ExplodePlan {
  std::string name;
  NodePtr list;
};

// An aggregate over the rows of a group; without `function` the group's row_number(arguments...).
struct GroupValuePlan {
  const converters::Function* function = nullptr;
  std::vector<NodePtr> arguments;
  converters::Use use;
};

// How source rows become the rows that fields are made from. Where a node is of Kind::made, its index counts, for
// rows: the exploded items, the numbers that `where` sees, the numbers of the rows it took; for groups: the keys, the
// values.
struct ShapePlan {
  std::vector<ExplodePlan> explode;
  std::vector<RowNumberPlan> numbers_before_where;
  std::vector<RowNumberPlan> numbers;
  bool grouped = false;
  std::vector<NodePtr> group_keys;
  std::vector<std::string> group_names;  // Of the keys, as written.
  std::vector<GroupValuePlan> group_values;
};

// Which rows of the target `replace` removes, with values that are known when the run begins.
struct ConditionPlan {
  writers::Condition::Kind kind = writers::Condition::Kind::all_of;  // Without parts: all rows.
  std::vector<ConditionPlan> parts = {};
  std::size_t column = 0;  // Into TablePlan::target->columns.
  NodePtr value = {};      // Of the column's type, over no columns.
};

struct TablePlan {
  std::string name;                          // In the mapping.
  bool selected = true;                      // False with --only: not loaded, but others may refer to its rows.
  std::size_t source = 0;                    // Into Plan::sources.
  std::size_t connection = 0;                // Target, into Plan::connections.
  const schema::Table* target = nullptr;     // Typed as the DDL says. Owned by Plan::schemas.
  ShapePlan shape;
  NodePtr where;                             // Over source columns and exploded items; null: all rows.
  std::vector<FieldPlan> fields;             // As written, then rest: copy, then made by the database.
  std::vector<SentencePlan> sentences;
  std::vector<UniquePlan> unique;            // The key that on_conflict speaks of first, if there is one.
  std::vector<ForeignKeyPlan> foreign_keys;
  spec::OnConflict on_conflict = spec::OnConflict::reject;
  spec::OnMissing on_missing = spec::OnMissing::insert;
  // What an update sets: mapped fields, but not the key and the primary key (hard-parts.md 13). Without `updates()`: none.
  std::vector<std::size_t> set;
  std::optional<std::size_t> newest;         // The field that decides which row wins.
  std::optional<ConditionPlan> replace;      // The rows to remove before the first one is written.
  bool updates() const { return on_conflict == spec::OnConflict::update || on_conflict == spec::OnConflict::newest; }
  spec::Threshold max_rejects;
  std::optional<std::int64_t> min_rows, max_rows;
  converters::RunContext context;            // `now` and `run_id` are set by the run.

  // ---- How t[key] of this table is answered.
  bool is_referenced = false;                // Some t[key] or `in t` exists.
  std::size_t key_field = 0;                 // The field whose value t[key] gives (the single primary key column).
  std::vector<Type> source_key_types;        // Of the key arguments.
  // The key as a function of the source key alone (columns of its frame are the source key's): then nothing is
  // stored, the key is recomputed and looked for among the written keys. Null: an ID map is stored.
  NodePtr recompute_key;

  std::vector<std::string> ignored;          // Source columns left behind on purpose.
  Span at;
};

struct LookupPlan {
  // One of the values that a key has: `value`, or a column read as name[key].column.
  struct Part {
    std::string name;
    NodePtr node;  // Over the source's columns; null in a map or file, which hold texts.
    Type type = Type::text;
  };
  // An entry of a map or file: the key, and a text for each part; nothing for NULL.
  struct Entry {
    std::string key;
    std::vector<std::optional<std::string>> values;
  };

  std::string name;
  bool ignore_case = false;
  bool single = true;  // lookup[key] is its value; else name[key].column must be written.
  std::vector<Part> parts;
  std::vector<Entry> entries;  // map, file.
  // id_map: the keys that a table of another mapping has given its rows, as the ledger of this target knows them.
  struct IdMap {
    std::string mapping;
    std::string table;
    std::size_t connection = 0;
  };
  std::optional<IdMap> id_map;
  // from: a source read whole before the first row.
  std::optional<std::size_t> source;
  NodePtr key;
  bool is_reversed = false;  // Some key_of() asks for keys; the lookup is single then.
  Span at;
};

struct SqlPlan {
  std::string sentence;
  std::string sql;
  std::size_t connection = 0;
  Effect effect = Effect::reject;  // reject: a row fails the run; warn: reported.
  Span at;
};

struct ParameterValue {
  std::string name;
  Type type = Type::text;
  Value value;
  bool secret = false;
  bool has_value = false;  // False only for lint and plans without databases.
  std::string description = {};
};

struct Plan {
  std::string name;         // The mapping's.
  std::string path;
  std::string hash;         // SHA-256 of the mapping's text, the files it includes, the profile and the values of its params,
                            // secrets left out.
  std::string description;
  std::vector<ConnectionPlan> connections;
  std::vector<SourcePlan> sources;
  std::vector<TablePlan> tables;    // In load order: parents first.
  std::vector<LookupPlan> lookups;
  std::vector<NodePtr> constant_lookups;  // lookup['constant'] outside try(): a missing entry stops the run (E403).
  std::vector<SqlPlan> checks;
  std::vector<spec::HookSpec> before, after;
  std::vector<ParameterValue> parameters;
  spec::SettingsSpec settings;

  // Owners of what the above points to.
  std::shared_ptr<Arena> arena;
  std::vector<std::shared_ptr<const schema::Catalog>> schemas;
};

}  // namespace etl::plan
