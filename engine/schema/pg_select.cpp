#include "engine/schema/pg_select.h"

#include <algorithm>
#include <memory>
#include <set>

#include "engine/schema/pg_expression.h"

namespace etl::schema::pg {
namespace {

std::string qualified(const Node& range_var) {
  const std::string& schema = range_var["schemaname"].text();
  return schema.empty() ? range_var["relname"].text() : schema + "." + range_var["relname"].text();
}

// A table in FROM under the name by which the query calls it.
struct Scope {
  std::string name;
  const std::vector<Column>* columns = nullptr;  // Null: not known.
};

// FROM items of one query, with the columns of its own subqueries.
class From {
 public:
  From(const Node& select, const Catalog& catalog) : catalog_{catalog} {
    for (const Node& wrapped : select["withClause"]["ctes"].items()) {
      const Node& cte = wrapped.body();
      withs_.push_back({cte["ctename"].text(), keep(query_columns(cte["ctequery"], catalog), cte["aliascolnames"])});
    }
    for (const Node& item : select["fromClause"].items()) add(item);
  }

  // All columns, or those of one table; nothing when one is not known.
  bool append(std::string_view table, std::vector<Column>& out) const {
    bool any = false;
    for (const Scope& scope : scopes_) {
      if (!table.empty() && scope.name != table) continue;
      if (scope.columns == nullptr) return false;
      out.insert(out.end(), scope.columns->begin(), scope.columns->end());
      any = true;
    }
    return any;
  }

  const Column* find(std::string_view table, std::string_view name) const {
    for (const Scope& scope : scopes_) {
      if (scope.columns == nullptr || (!table.empty() && scope.name != table)) continue;
      const auto found = std::ranges::find(*scope.columns, name, &Column::name);
      if (found != scope.columns->end()) return &*found;
    }
    return nullptr;
  }

 private:
  const std::vector<Column>* keep(QueryColumns query, const Node& names) {
    if (!query.known) return nullptr;
    for (std::size_t at = 0; at < names.items().size() && at < query.columns.size(); ++at) {
      query.columns[at].name = names.items()[at].string();
    }
    kept_.push_back(std::make_unique<std::vector<Column>>(std::move(query.columns)));
    return kept_.back().get();
  }

  void add(const Node& item) {
    const Node& body = item.kind().empty() ? item : item.body();
    const std::string& alias = body["alias"]["aliasname"].text();
    if (item.kind() == "JoinExpr") {
      add(body["larg"]);
      add(body["rarg"]);
      // USING and NATURAL merge columns, which is not followed here.
      if (body["usingClause"] || body["isNatural"].truth()) scopes_.push_back({"", nullptr});
    } else if (item.kind() == "RangeVar") {
      scopes_.push_back({alias.empty() ? body["relname"].text() : alias, columns_of(body)});
    } else if (item.kind() == "RangeSubselect") {
      scopes_.push_back({alias, keep(query_columns(body["subquery"], catalog_), body["alias"]["colnames"])});
    } else {
      scopes_.push_back({alias, nullptr});
    }
  }

  const std::vector<Column>* columns_of(const Node& range_var) const {
    const auto with = std::ranges::find(withs_, range_var["relname"].text(), &Scope::name);
    if (!range_var["schemaname"] && with != withs_.end()) return with->columns;
    const Table* table = catalog_.table(qualified(range_var));
    return table == nullptr ? nullptr : &table->columns;
  }

  const Catalog& catalog_;
  std::vector<Scope> scopes_;
  std::vector<Scope> withs_;
  std::vector<std::unique_ptr<std::vector<Column>>> kept_;
};

// The name that PostgreSQL gives to a result column (FigureColname in parse_target.c).
std::string result_name(const Node& value) {
  if (value.kind() == "ColumnRef") return value.body()["fields"].last_name();
  if (value.kind() == "FuncCall") return value.body()["funcname"].last_name();
  if (value.kind() == "TypeCast") {
    const std::string inner = result_name(value.body()["arg"]);
    return inner != "?column?" ? inner : value.body()["typeName"]["names"].last_name();
  }
  if (value.kind() == "CoalesceExpr") return "coalesce";
  if (value.kind() == "CaseExpr") return "case";
  if (value.kind() == "A_ArrayExpr") return "array";
  return "?column?";
}

bool is_star(const Node& value) {
  const auto& fields = value.kind() == "ColumnRef" ? value.body()["fields"].items() : value.items();
  return !fields.empty() && fields.back().kind() == "A_Star";
}

void add_target(const Node& target, const From& from, QueryColumns& query) {
  const Node& value = target["val"];
  if (is_star(value)) {
    const auto& fields = value.body()["fields"].items();
    query.known &= from.append(fields.size() > 1 ? fields[fields.size() - 2].string() : "", query.columns);
    return;
  }
  Column column;
  if (value.kind() == "ColumnRef") {
    const auto& fields = value.body()["fields"];
    if (const Column* found = from.find(fields.schema_name(), fields.last_name())) column.type = found->type;
  }
  column.name = target["name"] ? target["name"].text() : result_name(value);
  query.columns.push_back(std::move(column));
}

}  // namespace

QueryColumns query_columns(const Node& query, const Catalog& catalog) {
  if (query.kind() != "SelectStmt") return {};
  const Node* select = &query.body();
  while ((*select)["larg"]) select = &(*select)["larg"];  // UNION and the like take the first query's names.
  QueryColumns found{.known = true, .columns = {}};
  if ((*select)["valuesLists"]) {
    const Node& row = (*select)["valuesLists"].items().front();
    for (std::size_t at = 1; at <= row.body()["items"].items().size(); ++at) {
      found.columns.emplace_back().name = "column" + std::to_string(at);
    }
    return found;
  }
  const From from{*select, catalog};
  for (const Node& target : (*select)["targetList"].items()) add_target(target.body(), from, found);
  return found;
}

std::vector<std::string> tables_read(const Node& statement) {
  std::vector<std::string> tables;
  std::set<std::string> withs;
  const auto visit = [&](const auto& self, const Node& node) -> void {
    if (node.kind() == "CommonTableExpr") withs.insert(node.body()["ctename"].text());
    if (node.kind() == "RangeVar") {
      const std::string name = qualified(node.body());
      if (std::ranges::find(tables, name) == tables.end()) tables.push_back(name);
    }
    node.for_each([&](const Node& child) { self(self, child); });
  };
  visit(visit, statement);
  std::erase_if(tables, [&](const std::string& name) { return withs.contains(name); });
  return tables;
}

}  // namespace etl::schema::pg
