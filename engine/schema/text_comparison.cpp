#include "engine/schema/text_comparison.h"

#include <algorithm>
#include <array>
#include <map>

#include "engine/schema/pg_parameters.h"
#include "engine/schema/pg_tree.h"
#include "engine/schema/sqlite_storage.h"

namespace etl::schema {

namespace {

bool is_text(const Column& column) { return storage_form(column.type) == StorageForm::decimal_text; }

class Finder {
 public:
  Finder(const pg::Node& statement, const Catalog& catalog) : catalog_{catalog} { collect_tables(statement); }

  std::vector<TextComparison> find(const pg::Node& statement) {
    look(statement);
    std::ranges::sort(found_, {}, &TextComparison::begin);
    return std::move(found_);
  }

 private:
  void collect_tables(const pg::Node& node) {
    if (node.kind() == "RangeVar") {
      const pg::Node& table = node.body();
      add_table(table);
    }
    if (const pg::Node& relation = node["relation"]) add_table(relation);  // Of UPDATE, DELETE and INSERT.
    node.for_each([&](const pg::Node& child) { collect_tables(child); });
  }

  void add_table(const pg::Node& range) {
    const Table* table = catalog_.table(range["relname"].text());
    if (table == nullptr) return;
    const std::string& alias = range["alias"]["aliasname"].text();
    tables_.emplace_back(alias.empty() ? table->name : alias, table);
  }

  // The column that a bare name means; nothing where the tables do not agree on it.
  const Column* column_of(const pg::Node& node) const {
    if (node.kind() != "ColumnRef") return nullptr;
    const auto& fields = node.body()["fields"].items();
    if (fields.empty() || fields.back().kind() != "String") return nullptr;
    const std::string& name = fields.back().string();
    const std::string qualifier = fields.size() > 1 ? fields[fields.size() - 2].string() : "";
    const Column* found = nullptr;
    for (const auto& [alias, table] : tables_) {
      if (!qualifier.empty() && qualifier != alias) continue;
      const Column* column = table->column(name);
      if (column == nullptr) continue;
      if (found != nullptr && is_text(*found) != is_text(*column)) return nullptr;
      found = column;
    }
    return found;
  }

  // Whether SQLite, comparing with this, makes a number of a text (sqlite.org/datatype3.html, section 4.2).
  bool makes_numbers(const pg::Node& node) const {
    if (const Column* column = column_of(node)) {
      return storage_type(storage_form(column->type)) == "INTEGER" ||
             storage_type(storage_form(column->type)) == "REAL";
    }
    if (node.kind() != "TypeCast") return false;
    const std::string type = node.body()["typeName"]["names"].last_name();
    return type.starts_with("int") || type.starts_with("float") || type == "numeric";
  }

  // Equal decimals of one scale are equal texts.
  bool are_alike(const pg::Node& left, const pg::Node& right) const {
    const Column* one = column_of(left);
    const Column* other = column_of(right);
    return one != nullptr && other != nullptr && is_text(*one) && is_text(*other) && one->type.scale &&
           one->type.scale == other->type.scale;
  }

  void note(const pg::Node& node) {
    const Column* column = column_of(node);
    if (column == nullptr || !is_text(*column)) return;
    found_.push_back(
        {column->name, column->type.declared, static_cast<std::uint32_t>(node.body()["location"].number())});
  }

  void compare(const pg::Node& left, const pg::Node& right, bool equality) {
    if (equality && are_alike(left, right)) return;
    if (!makes_numbers(right)) note(left);
    if (!makes_numbers(left)) note(right);
  }

  void look_at_operator(const pg::Node& expression) {
    static constexpr std::array<std::string_view, 6> kComparisons = {"=", "<>", "<", "<=", ">", ">="};
    const std::string& kind = expression["kind"].text();
    const std::string name = expression["name"].last_name();
    const pg::Node& left = expression["lexpr"];
    const pg::Node& right = expression["rexpr"];
    if (kind == "AEXPR_OP" && std::ranges::find(kComparisons, name) != kComparisons.end()) {
      compare(left, right, name == "=" || name == "<>");
    } else if (kind == "AEXPR_DISTINCT" || kind == "AEXPR_NOT_DISTINCT" || kind == "AEXPR_NULLIF") {
      compare(left, right, true);
    } else if (kind == "AEXPR_IN" || kind.starts_with("AEXPR_BETWEEN") || kind.starts_with("AEXPR_NOT_BETWEEN")) {
      const auto& bounds = right.kind() == "List" ? right.body()["items"].items() : right.items();
      if (!std::ranges::all_of(bounds, [&](const pg::Node& bound) { return makes_numbers(bound); })) note(left);
    }
  }

  void look(const pg::Node& node) {
    if (node.kind() == "A_Expr") look_at_operator(node.body());
    if (node.kind() == "SortBy") note(node.body()["node"]);
    if (node.kind() == "CaseExpr") note(node.body()["arg"]);
    if (node.kind() == "FuncCall") {
      const std::string name = node.body()["funcname"].last_name();
      if (name == "min" || name == "max") {
        for (const pg::Node& argument : node.body()["args"].items()) note(argument);
      }
    }
    node.for_each([&](const pg::Node& child) { look(child); });
  }

  const Catalog& catalog_;
  std::vector<std::pair<std::string, const Table*>> tables_;
  std::vector<TextComparison> found_;
};

}  // namespace

std::vector<TextComparison> text_comparisons(std::string_view sql, const Catalog& catalog) {
  const pg::Parsed parsed = pg::parse(pg::with_numbered_parameters(sql));
  std::vector<TextComparison> all;
  for (const pg::Statement& statement : parsed.statements) {
    auto found = Finder{statement.tree, catalog}.find(statement.tree);
    for (TextComparison& comparison : found) all.push_back(std::move(comparison));
  }
  return all;
}

}  // namespace etl::schema
