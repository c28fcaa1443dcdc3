#include "engine/schema/mysql_ddl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "engine/base/suggest.h"
#include "engine/schema/ddl.h"
#include "engine/schema/literal.h"
#include "engine/schema/mysql_tokens.h"
#include "engine/schema/mysql_types.h"

namespace etl::schema {

namespace {

using Kind = MysqlToken::Kind;

// What stops the reading of one statement; the next goes on.
struct Fault {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string message;
  std::string help = {};
};

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// One statement, read from left to right.
class Statement {
 public:
  Statement(const SourceTextPtr& source, const std::vector<MysqlToken>& tokens, Catalog& catalog)
      : source_{source}, tokens_{tokens}, catalog_{catalog} {}

  void read() {
    if (take("CREATE")) {
      const bool temporary = take("TEMPORARY");
      if (take("TABLE")) return temporary ? void() : read_table();
      const bool unique = take("UNIQUE");
      if (unique && take("INDEX")) read_unique_index();
    } else if (take("ALTER") && take("TABLE")) {
      read_alter();
    }
  }

 private:
  const MysqlToken& token() const {
    static const MysqlToken end{};
    return at_ < tokens_.size() ? tokens_[at_] : end;
  }
  bool at_end() const { return at_ >= tokens_.size(); }
  bool looking_at(std::string_view word) const { return !at_end() && token().is(word); }
  bool take(std::string_view word) {
    if (!looking_at(word)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) refuse(fmt::format("{} expected", word));
  }
  [[noreturn]] void refuse(const std::string& message) const {
    const MysqlToken& here = at_end() ? tokens_.back() : token();
    throw Fault{at_end() ? here.end : here.begin, here.end,
                at_end() ? fmt::format("{}, but the statement ends", message) : message};
  }
  std::string name() {
    if (at_end() || (token().kind != Kind::word && token().kind != Kind::name)) refuse("a name expected");
    return tokens_[at_++].text;
  }
  // database.table or table.
  std::string table_name() {
    std::string table = name();
    if (take(".")) table = name();
    return table;
  }
  Span span(std::size_t first) const { return {source_, tokens_[first].begin, tokens_[at_ - 1].end}; }

  // Passes over (...), whatever stands in it; gives the text between.
  std::string skip_parentheses() {
    expect("(");
    const std::uint32_t begin = tokens_[at_ - 1].end;
    for (int depth = 1; depth > 0; ++at_) {
      if (at_end()) refuse(") expected");
      if (token().is("(")) ++depth;
      if (token().is(")")) --depth;
    }
    return std::string{source_->bytes().substr(begin, tokens_[at_ - 1].begin - begin)};
  }

  void read_table() {
    if (take("IF")) {
      expect("NOT");
      expect("EXISTS");
    }
    Table table;
    const std::size_t first = at_;
    table.name = table_name();
    table.at = span(first);
    if (!looking_at("(")) return;  // CREATE TABLE ... LIKE, or AS SELECT.
    expect("(");
    do {
      read_part(table);
    } while (take(","));
    expect(")");
    finish(table);
    std::erase_if(catalog_.tables, [&](const Table& known) { return known.name == table.name; });
    catalog_.tables.push_back(std::move(table));
  }

  static void finish(Table& table) {
    std::ranges::stable_sort(table.unique_keys, {}, [](const UniqueKey& key) { return !key.primary; });
    const UniqueKey* primary = table.primary_key();
    if (!primary) return;
    for (Column& column : table.columns) {
      if (std::ranges::find(primary->columns, column.name) != primary->columns.end()) column.not_null = true;
    }
  }

  // A column, or a key of the table.
  void read_part(Table& table) {
    std::string constraint;
    if (token().kind == Kind::word && take("CONSTRAINT")) {
      if (!looking_at("PRIMARY") && !looking_at("UNIQUE") && !looking_at("FOREIGN") && !looking_at("CHECK")) constraint = name();
    }
    if (token().kind == Kind::name) return read_column(table);
    if (read_key(table, constraint)) return;
    if (!constraint.empty()) refuse("PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK expected");
    read_column(table);
  }

  bool read_key(Table& table, const std::string& constraint) {
    if (take("PRIMARY")) {
      expect("KEY");
      skip_index_type();
      table.unique_keys.push_back({.name = "PRIMARY", .columns = key_columns(), .primary = true});
    } else if (take("UNIQUE")) {
      if (!take("KEY")) take("INDEX");
      read_unique(table, constraint);
    } else if (take("FOREIGN")) {
      expect("KEY");
      read_foreign_key(table, constraint);
    } else if (take("CHECK")) {
      table.checks.push_back({constraint, skip_parentheses()});
      skip_to_comma();
      return true;
    } else if (take("FULLTEXT") || take("SPATIAL") || take("KEY") || take("INDEX")) {
      skip_to_comma();
      return true;
    } else {
      return false;
    }
    skip_to_comma();
    return true;
  }

  void read_unique(Table& table, const std::string& constraint) {
    std::string key = constraint;
    if (!looking_at("(") && !looking_at("USING")) key = name();
    skip_index_type();
    bool whole = true;
    auto columns = key_columns(&whole);
    // A key over a part of a column, or over an expression, says nothing about whole values.
    if (whole) table.unique_keys.push_back({.name = key.empty() ? columns.front() : key, .columns = std::move(columns)});
  }

  void skip_index_type() {
    if (take("USING")) name();
  }

  // (a, b(10) ASC): `whole` becomes false for a part of a column and for expressions.
  std::vector<std::string> key_columns(bool* whole = nullptr) {
    std::vector<std::string> columns;
    expect("(");
    do {
      if (looking_at("(")) {
        skip_parentheses();
        if (whole) *whole = false;
      } else {
        columns.push_back(name());
        if (looking_at("(")) {
          skip_parentheses();
          if (whole) *whole = false;
        }
      }
      if (!take("ASC")) take("DESC");
    } while (take(","));
    expect(")");
    return columns;
  }

  void read_foreign_key(Table& table, const std::string& constraint) {
    ForeignKey key;
    key.name = constraint;
    if (!looking_at("(")) key.name = name();
    key.columns = key_columns();
    expect("REFERENCES");
    key.table = table_name();
    key.target_columns = key_columns();
    while (take("ON")) {
      std::string& action = take("DELETE") ? key.on_delete : (expect("UPDATE"), key.on_update);
      action = read_action();
    }
    table.foreign_keys.push_back(std::move(key));
  }

  std::string read_action() {
    if (take("CASCADE")) return "CASCADE";
    if (take("RESTRICT")) return "RESTRICT";
    if (take("SET")) return take("NULL") ? "SET NULL" : (expect("DEFAULT"), "SET DEFAULT");
    expect("NO");
    expect("ACTION");
    return "";
  }

  void read_column(Table& table) {
    Column column;
    const std::size_t first = at_;
    column.name = name();
    column.at = span(first);
    bool serial_type = looking_at("SERIAL");
    read_type(column);
    if (serial_type) {
      column.serial = column.not_null = true;
      table.unique_keys.push_back({.name = column.name, .columns = {column.name}});
    }
    while (!at_end() && !looking_at(",") && !looking_at(")")) read_attribute(table, column);
    table.columns.push_back(std::move(column));
  }

  void read_type(Column& column) {
    const std::size_t first = at_;
    std::string type = lower_case(name());
    if (type == "national") type = lower_case(name());
    if (type == "double") take("PRECISION");
    if (type == "long") type = take("VARBINARY") ? "mediumblob" : (take("VARCHAR"), "mediumtext");
    if ((type == "char" || type == "character") && take("VARYING")) type = "varchar";
    std::vector<int> numbers;
    std::vector<std::string> labels;
    if (take("(")) {
      do {
        if (token().kind == Kind::string) {
          labels.push_back(token().text);
        } else {
          numbers.push_back(std::atoi(token().text.c_str()));
        }
        ++at_;
      } while (take(","));
      expect(")");
    }
    const bool is_unsigned = read_sign();
    const auto known = mysql_type(type, numbers, std::move(labels), is_unsigned);
    if (!known) {
      throw Fault{tokens_[first].begin, tokens_[first].end, fmt::format("there is no type {}", type),
                  did_you_mean(type, mysql_type_names())};
    }
    column.type = *known;
    column.client_compares = known->type != Type::text;
  }

  bool read_sign() {
    bool is_unsigned = false;
    for (;;) {
      if (take("UNSIGNED") || take("ZEROFILL")) {
        is_unsigned = true;
      } else if (!take("SIGNED")) {
        return is_unsigned;
      }
    }
  }

  void read_attribute(Table& table, Column& column) {
    if (take("NOT")) {
      expect("NULL");
      column.not_null = true;
    } else if (take("DEFAULT")) {
      read_default(column);
    } else if (take("AUTO_INCREMENT")) {
      column.serial = true;
    } else if (take("PRIMARY")) {
      expect("KEY");
      table.unique_keys.push_back({.name = "PRIMARY", .columns = {column.name}, .primary = true});
    } else if (take("UNIQUE")) {
      take("KEY");
      table.unique_keys.push_back({.name = column.name, .columns = {column.name}});
    } else if (take("AS")) {
      column.generated = true;
      column.generated_sql = skip_parentheses();
    } else if (take("COLLATE")) {
      take("=");
      column.collation = name();
      if (column.collation.ends_with("_bin")) column.client_compares = true;
    } else if (take("CHECK")) {
      table.checks.push_back({"", skip_parentheses()});
    } else if (looking_at("(")) {
      skip_parentheses();
    } else {
      ++at_;  // COMMENT 'text', CHARACTER SET name, ON UPDATE ..., GENERATED ALWAYS, STORED: nothing that rows show.
    }
  }

  void read_default(Column& column) {
    const std::size_t first = at_;
    if (take("NULL")) return;
    if (looking_at("(")) {
      column.default_sql = skip_parentheses();
      return;
    }
    const bool now = looking_at("CURRENT_TIMESTAMP") || looking_at("NOW") || looking_at("LOCALTIMESTAMP");
    if (!take("-")) take("+");
    // _utf8mb4'x' and b'0' are literals with a word before them.
    const bool bits = looking_at("B");
    const bool prefixed = token().kind == Kind::word && at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == Kind::string;
    if (prefixed) ++at_;
    if (at_end()) refuse("a value expected");
    const MysqlToken& value = tokens_[at_++];
    if (now && looking_at("(")) skip_parentheses();
    column.default_sql = std::string{source_->bytes().substr(tokens_[first].begin, tokens_[at_ - 1].end - tokens_[first].begin)};
    column.default_is_now = now;
    if (now) return;
    const bool negative = tokens_[first].is("-");
    const bool boolean = column.type.type == Type::boolean;
    std::string text = negative ? "-" + value.text : value.text;
    if (boolean && (bits || value.kind != Kind::word)) text = text == "0" ? "false" : "true";
    column.default_literal = canonical_literal(column.type, text);
  }

  void skip_to_comma() {
    while (!at_end() && !looking_at(",") && !looking_at(")")) {
      if (looking_at("(")) {
        skip_parentheses();
      } else {
        ++at_;
      }
    }
  }

  void read_unique_index() {
    const std::string index = name();
    skip_index_type();
    expect("ON");
    Table* table = known_table();
    bool whole = true;
    auto columns = key_columns(&whole);
    if (table && whole) table->unique_keys.push_back({.name = index, .columns = std::move(columns)});
  }

  Table* known_table() {
    const std::string name = table_name();
    const auto found = std::ranges::find(catalog_.tables, name, &Table::name);
    return found == catalog_.tables.end() ? nullptr : &*found;
  }

  // ADD PRIMARY KEY, ADD UNIQUE, ADD CONSTRAINT ... FOREIGN KEY, ADD COLUMN and MODIFY column; others are passed over.
  void read_alter() {
    Table* table = known_table();
    if (!table) return;
    do {
      if (take("ADD")) {
        const bool column = take("COLUMN");
        if (column) take("IF"), take("NOT"), take("EXISTS");
        read_part(*table);
      } else if (take("MODIFY")) {
        take("COLUMN");
        modify_column(*table);
      }
      skip_to_comma();
    } while (take(","));
    finish(*table);
  }

  void modify_column(Table& table) {
    const auto known = std::ranges::find(table.columns, token().text, &Column::name);
    if (known == table.columns.end()) return;
    const auto place = known - table.columns.begin();
    read_column(table);
    table.columns[static_cast<std::size_t>(place)] = std::move(table.columns.back());
    table.columns.pop_back();
  }

  const SourceTextPtr& source_;
  const std::vector<MysqlToken>& tokens_;
  Catalog& catalog_;
  std::size_t at_ = 0;
};

}  // namespace

Catalog read_mysql_ddl(const SourceTextPtr& source, Diagnostics& diagnostics) {
  Catalog catalog;
  catalog.dialect = Dialect::mysql;
  MysqlStatements statements{source->bytes()};
  for (std::vector<MysqlToken> tokens; statements.next(tokens);) {
    try {
      Statement{source, tokens, catalog}.read();
    } catch (const Fault& fault) {
      diagnostics.add(kUnreadableDdl, Span{source, fault.begin, fault.end},
                      fmt::format("the DDL cannot be read: {}", fault.message), fault.help);
    }
  }
  return catalog;
}

}  // namespace etl::schema
