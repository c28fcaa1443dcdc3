// A catalogue from SQLite's pragmas and the texts that it keeps.
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <unordered_map>

#include "engine/base/error.h"
#include "engine/schema/literal.h"
#include "engine/schema/live.h"
#include "engine/schema/sqlite_memory.h"
#include "engine/schema/sqlite_tokens.h"
#include "engine/schema/types.h"

namespace etl::schema {
namespace {

bool same_name(std::string_view left, std::string_view right) {
  return left.size() == right.size() && sqlite3_strnicmp(left.data(), right.data(), static_cast<int>(left.size())) == 0;
}

Column* find_column(Table& table, std::string_view name) {
  const auto found =
      std::ranges::find_if(table.columns, [&](const Column& column) { return same_name(column.name, name); });
  return found == table.columns.end() ? nullptr : &*found;
}

void set_default(Column& column, const std::optional<std::string>& sql) {
  if (!sql || same_name(*sql, "NULL")) return;
  column.default_sql = sql;
  if (const auto value = sqlite_constant(*sql)) column.default_literal = canonical_literal(column.type, *value);
}

std::string collation_of(sqlite3* database, const std::string& table, const std::string& column) {
  const char* collation = nullptr;
  if (sqlite3_table_column_metadata(database, "main", table.c_str(), column.c_str(), nullptr, &collation, nullptr,
                                    nullptr, nullptr) != SQLITE_OK) {
    return "";
  }
  return collation == nullptr || same_name(collation, "BINARY") ? "" : collation;
}

// As SQLite compares names: A to Z without case.
std::string folded(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

// What stands in the catalogue about many tables, read once: asked for by each table, it would be walked through by each.
struct Listed {
  struct Kind {
    std::string type;  // "table", "view", "virtual" or "shadow".
    bool without_rowid = false;
    bool strict = false;
  };
  struct Trigger {
    std::string name;
    std::string sql;
  };
  std::unordered_map<std::string, Kind> kinds;                     // By table, as it is written.
  std::unordered_map<std::string, std::string> indexes;            // By index: its CREATE INDEX.
  std::unordered_map<std::string, std::vector<Trigger>> triggers;  // By table, folded; in the order of their names.
};

Listed read_listed(sqlite3* database) {
  Listed listed;
  SqliteRows tables{database, "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'"};
  while (tables.next()) {
    listed.kinds[tables.text(0)] = {tables.text(1), tables.integer(2) != 0, tables.integer(3) != 0};
  }
  SqliteRows others{database,
                    "SELECT type, name, tbl_name, sql FROM main.sqlite_schema "
                    "WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY name"};
  while (others.next()) {
    if (others.text(0) == "index") {
      listed.indexes[others.text(1)] = others.text(3);
    } else {
      listed.triggers[folded(others.text(2))].push_back({others.text(1), others.text(3)});
    }
  }
  return listed;
}

class LiveTable {
 public:
  LiveTable(sqlite3* database, const Listed& listed, Table& table, const std::string& sql)
      : database_{database}, listed_{listed}, table_{table}, text_{read_create_table(sql)} {}

  void read() {
    read_columns();
    if (table_.is_view) return;
    read_keys();
    read_foreign_keys();
    read_checks();
    read_triggers();
  }

 private:
  void read_columns();
  void read_keys();
  void add_key(const std::string& index, bool primary);
  void read_foreign_keys();
  void read_checks();
  void read_triggers();
  std::vector<std::string> primary_key_of(const std::string& table);

  sqlite3* database_;
  const Listed& listed_;
  Table& table_;
  std::optional<CreateTableText> text_;
  std::vector<std::string> primary_;  // In the order of the key.
};

void LiveTable::read_columns() {
  constexpr int kVirtualTableColumn = 1, kVirtual = 2, kStored = 3;  // "hidden" of pragma table_xinfo.
  SqliteRows rows{database_, "SELECT name, type, \"notnull\", dflt_value, hidden FROM pragma_table_xinfo(?)",
                  table_.name};
  while (rows.next()) {
    const int hidden = rows.integer(4);
    if (hidden == kVirtualTableColumn) continue;
    Column column;
    column.name = rows.text(0);
    std::string declared = rows.text(1);
    column.generated = hidden == kVirtual || hidden == kStored;
    // The pragma gives the type of a generated column together with these words.
    if (const auto always = declared.find(" GENERATED ALWAYS"); column.generated && always != std::string::npos) {
      declared.resize(always);
    }
    column.type = sqlite_type(declared);
    column.not_null = rows.integer(2) != 0;
    if (column.generated && text_) column.generated_sql = text_->generated[column.name];
    if (!column.generated) set_default(column, rows.optional_text(3));
    if (!table_.is_view) column.collation = collation_of(database_, table_.name, column.name);
    column.client_compares = column.collation.empty();
    table_.columns.push_back(std::move(column));
  }
}

std::vector<std::string> LiveTable::primary_key_of(const std::string& table) {
  std::vector<std::string> columns;
  SqliteRows rows{database_, "SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk", table};
  while (rows.next()) columns.push_back(rows.text(0));
  return columns;
}

void LiveTable::add_key(const std::string& index, bool primary) {
  UniqueKey key{.name = index, .columns = {}, .primary = primary};
  SqliteRows rows{database_, "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno", index};
  std::vector<Column*> own_collation;
  while (rows.next()) {
    if (!rows.optional_text(0)) return;  // An expression.
    key.columns.push_back(rows.text(0));
    if (!same_name(rows.text(1), "BINARY")) own_collation.push_back(find_column(table_, rows.text(0)));
  }
  for (Column* column : own_collation) {
    if (column != nullptr) column->client_compares = false;
  }
  table_.unique_keys.insert(primary ? table_.unique_keys.begin() : table_.unique_keys.end(), std::move(key));
}

void LiveTable::read_keys() {
  bool primary_index = false;
  SqliteRows rows{database_,
                  "SELECT name, \"unique\" AND NOT partial, origin FROM pragma_index_list(?) ORDER BY seq DESC",
                  table_.name};
  while (rows.next()) {
    const bool primary = rows.text(2) == "pk";
    primary_index |= primary;
    const std::size_t known = table_.unique_keys.size();
    if (rows.integer(1) != 0) add_key(rows.text(0), primary);
    const bool added = table_.unique_keys.size() > known;
    const auto written = listed_.indexes.find(rows.text(0));
    if (!added && written != listed_.indexes.end()) table_.indexes.push_back(written->second);
  }
  primary_ = primary_key_of(table_.name);
  if (primary_.empty() || primary_index) return;
  table_.unique_keys.insert(table_.unique_keys.begin(), UniqueKey{.name = "", .columns = primary_, .primary = true});
  Column* column = find_column(table_, primary_.front());
  if (table_.without_rowid || primary_.size() > 1 || column == nullptr || column->type.name != "integer") return;
  column->serial = column->not_null = true;  // The row id: filled when it is left out, and never NULL.
}

void LiveTable::read_foreign_keys() {
  SqliteRows rows{database_,
                  "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?) "
                  "ORDER BY id DESC, seq",
                  table_.name};
  int last_id = -1;
  while (rows.next()) {
    if (rows.integer(0) != last_id) {
      last_id = rows.integer(0);
      ForeignKey& key = table_.foreign_keys.emplace_back();
      key.table = rows.text(1);
      key.on_update = rows.text(4) == "NO ACTION" ? "" : rows.text(4);
      key.on_delete = rows.text(5) == "NO ACTION" ? "" : rows.text(5);
      if (!rows.optional_text(3)) key.target_columns = primary_key_of(key.table);
    }
    ForeignKey& key = table_.foreign_keys.back();
    key.columns.push_back(rows.text(2));
    if (rows.optional_text(3)) key.target_columns.push_back(rows.text(3));
  }
  // The pragma counts down from the last reference of the text.
  for (std::size_t at = 0; text_ && at < table_.foreign_keys.size() && at < text_->references.size(); ++at) {
    table_.foreign_keys[at].name = text_->references[at].name;
    table_.foreign_keys[at].initially_deferred = text_->references[at].initially_deferred;
    table_.foreign_keys[at].deferrable = text_->references[at].deferrable;
  }
  std::erase_if(table_.foreign_keys,
                [](const ForeignKey& key) { return key.target_columns.size() != key.columns.size(); });
}

void LiveTable::read_checks() {
  if (!text_) return;
  table_.checks = text_->checks;
  for (const Check& check : table_.checks) {
    const auto values = sqlite_one_of(check.sql);
    Column* column = values ? find_column(table_, values->first) : nullptr;
    if (column != nullptr && column->one_of.empty()) column->one_of = values->second;
  }
}

void LiveTable::read_triggers() {
  const auto own = listed_.triggers.find(folded(table_.name));
  if (own == listed_.triggers.end()) return;
  for (const Listed::Trigger& trigger : own->second) {
    std::string timing = "BEFORE";  // What SQLite takes when neither is written.
    for (const SqliteToken& token : sqlite_tokens(trigger.sql)) {
      if (token.is("AFTER")) timing = "AFTER";
      if (token.is("INSTEAD")) timing = "INSTEAD OF";
      if (!token.is("INSERT") && !token.is("UPDATE") && !token.is("DELETE")) continue;
      const std::string_view event = token.is("INSERT") ? "INSERT" : token.is("UPDATE") ? "UPDATE" : "DELETE";
      table_.triggers.push_back(fmt::format("{} {} {}", timing, event, trigger.name));
      break;
    }
  }
}

}  // namespace

// The ledger's own tables (docs/ledger.md) are no part of it.
Catalog read_live_sqlite(sqlite3* database) {
  Catalog catalog;
  catalog.dialect = Dialect::sqlite;
  const Listed listed = read_listed(database);
  SqliteRows rows{
      database,
      "SELECT name, sql, type FROM main.sqlite_schema "
      "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
      "AND tbl_name NOT IN ('etl_version', 'etl_runs', 'etl_tables', 'etl_objects', 'etl_journal', 'etl_id_map', "
      "'etl_checkpoints', 'etl_cursors') AND tbl_name NOT GLOB 'etl_replaced_[0-9]*' "
      "AND tbl_name NOT GLOB 'etl_images_[0-9]*' ORDER BY rowid"};
  while (rows.next()) {
    const std::string sql = rows.text(1);
    const std::string kind = rows.text(2);
    const bool has_rows = kind == "table" || kind == "view";
    const auto found = listed.kinds.find(rows.text(0));
    const Listed::Kind about = has_rows && found != listed.kinds.end() ? found->second : Listed::Kind{};
    if (about.type == "shadow") continue;
    catalog.statements.push_back(sql);
    if (kind == "trigger" || kind == "view") catalog.after_tables.push_back(sql);
    if (!has_rows) continue;
    Table table;
    table.name = rows.text(0);
    table.is_view = kind == "view";
    table.without_rowid = about.without_rowid;
    table.strict = about.strict;
    try {
      LiveTable{database, listed, table, sql}.read();
    } catch (const Error&) {
      // A view over something that is gone, or a virtual table whose module is not here: nobody can read those.
      if (table.is_view || about.type == "virtual") continue;
      throw;
    }
    catalog.tables.push_back(std::move(table));
  }
  return catalog;
}

}  // namespace etl::schema
