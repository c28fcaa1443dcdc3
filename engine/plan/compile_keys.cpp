#include "engine/plan/compile_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/bind.h"

namespace etl::plan {

namespace {

// Whether different source keys always give different values: the bare key columns, or uuid5 of them.
bool is_one_to_one(const spec::Expression& expression, const std::vector<std::string>& key) {
  using Kind = spec::Expression::Kind;
  if (expression.kind == Kind::name) return key.size() == 1 && key.front() == expression.text;
  if (expression.kind != Kind::call || expression.text != "uuid5") return false;
  std::vector<std::string> names;
  for (const auto& argument : expression.arguments) {
    if (argument->kind != Kind::name) return false;
    names.push_back(argument->text);
  }
  return names == key;
}

class KeyCompiler {
 public:
  KeyCompiler(Compiler& compiler, const TableHead& head, const FieldsForKeys& given, TablePlan& table)
      : compiler_{compiler}, head_{head}, spec_{*head.spec}, given_{given}, table_{table} {}

  void compile() {
    compile_keys();
    compile_updates();
    compile_foreign_keys();
    compile_key_map();
    check_late_references();
  }

 private:
  Diagnostics& diagnostics() { return compiler_.diagnostics(); }

  std::optional<std::vector<std::size_t>> fields_of(const std::vector<std::string>& columns) const {
    std::vector<std::size_t> fields;
    for (const std::string& name : columns) {
      const auto found = std::ranges::find(table_.fields, name, &FieldPlan::name);
      if (found == table_.fields.end()) return std::nullopt;
      fields.push_back(static_cast<std::size_t>(found - table_.fields.begin()));
    }
    return fields;
  }

  const spec::Expression* expression_of(const std::string& column) const {
    for (const spec::FieldSpec& field : spec_.fields) {
      if (field.column.value == column) return field.from.get();
    }
    return nullptr;
  }

  // Whether the column's value is made one to one from the source key.
  bool follows_key(const std::string& column) const {
    if (table_.shape.grouped) return false;
    const auto& key = head_.source.key;
    if (const spec::Expression* expression = expression_of(column)) return is_one_to_one(*expression, key);
    const auto constant = std::ranges::any_of(
        spec_.fields, [&](const spec::FieldSpec& field) { return field.column.value == column && field.constant; });
    return !constant && key.size() == 1 && key.front() == column;
  }

  void compile_keys() {
    std::vector<std::string> key = values_of(spec_.key);
    const schema::UniqueKey* primary = head_.target ? head_.target->primary_key() : nullptr;
    for (const auto& name : spec_.key) {
      if (head_.target && !head_.target->column(name.value)) {
        diagnostics().add(332, name.at, fmt::format("table {} has no column {}", head_.target_name, name.value),
                          did_you_mean(name.value, column_names()));
        key.clear();
      } else if (!given_.filled.contains(name.value) && !key.empty()) {
        const bool may_be_copied = spec_.rest_copy && (!head_.target || head_.source.missing);
        if (!may_be_copied)
          diagnostics().add(336, name.at, fmt::format("nothing fills {}, which is part of the key", name.value),
                            fmt::format("add {} under fields:", name.value));
        key.clear();
      }
    }
    if (key.empty() && spec_.key.empty() && primary && fields_of(primary->columns)) key = primary->columns;
    if (!key.empty()) add_unique("key", key, true);
    if (!head_.target) return;
    for (const schema::UniqueKey& unique : head_.target->unique_keys) {
      if (fields_of(unique.columns)) add_unique(unique.name, unique.columns, false, &unique);
    }
    for (const std::size_t field : given_.unique_fields) add_unique("unique", {table_.fields[field].name}, false);
    warn_without_index(key);
  }

  std::vector<std::string> column_names() const {
    std::vector<std::string> names;
    for (const schema::Column& column : head_.target->columns) names.push_back(column.name);
    return names;
  }

  void add_unique(const std::string& name, const std::vector<std::string>& columns, bool is_key,
                  const schema::UniqueKey* declared = nullptr) {
    const auto fields = fields_of(columns);
    if (!fields) return;
    auto sorted = *fields;
    std::ranges::sort(sorted);
    UniquePlan* unique = nullptr;
    for (UniquePlan& known : table_.unique) {
      auto other = known.fields;
      std::ranges::sort(other);
      if (other == sorted) unique = &known;
    }
    if (!unique) unique = &table_.unique.emplace_back(UniquePlan{.name = name, .fields = *fields});
    unique->is_key = unique->is_key || is_key;
    if (declared) {
      unique->name = declared->name.empty() ? name : declared->name;
      unique->primary = declared->primary;
      unique->from_schema = true;
      unique->nulls_not_distinct = declared->nulls_not_distinct;
    }
    for (const std::string& column : columns) {
      const schema::Column* target = head_.target ? head_.target->column(column) : nullptr;
      if (target && !target->client_compares) unique->client_compares = false;
    }
    unique->implied = columns.size() == 1 && head_.source.key_is_unique && follows_key(columns.front()) &&
                      spec_.explode.empty() && spec_.group_by.empty();
  }

  // What an update sets, and which unique keys it may thereby change.
  void compile_updates() {
    const std::string_view wish = table_.on_missing == spec::OnMissing::insert ? "on_conflict" : "on_missing";
    const Span at = table_.on_missing == spec::OnMissing::insert ? spec_.on_conflict_at : spec_.on_missing_at;
    if (table_.on_missing != spec::OnMissing::insert && !table_.updates()) {
      diagnostics().add(341, at, "on_missing leaves nothing to do: rows that are found are not updated either",
                        "write on_conflict: update, or leave it out");
    }
    if (!table_.updates() || !head_.target) return;
    const auto key = std::ranges::find(table_.unique, true, &UniquePlan::is_key);
    if (key == table_.unique.end()) {
      // The setting speaks of tables that have a key.
      if (at && spec_.key.empty()) {
        diagnostics().add(341, at, fmt::format("{} needs to know which columns identify a row", wish),
                          "add key: with the target columns that do");
      }
      table_.on_conflict = spec::OnConflict::reject;
      return;
    }
    const schema::UniqueKey* primary = head_.target->primary_key();
    for (std::size_t i = 0; i < table_.fields.size(); ++i) {
      const FieldPlan& field = table_.fields[i];
      const bool made = !field.value && field.self_reference.empty() && field.from_default;
      const bool in_key = std::ranges::find(key->fields, i) != key->fields.end();
      const bool in_primary = primary && std::ranges::find(primary->columns, field.name) != primary->columns.end();
      const bool always = head_.target->columns[field.target_column].identity == schema::Column::Identity::always;
      if (!made && !in_key && !in_primary && !always) table_.set.push_back(i);
    }
    for (UniquePlan& unique : table_.unique) {
      unique.may_change = std::ranges::any_of(
          unique.fields, [&](std::size_t field) { return std::ranges::find(table_.set, field) != table_.set.end(); });
    }
    if (table_.on_conflict == spec::OnConflict::newest) compile_newest();
  }

  void compile_newest() {
    const auto& [column, at] = spec_.newest;
    const schema::Column* target = head_.target->column(column);
    if (!target) {
      diagnostics().add(332, at, fmt::format("table {} has no column {}", head_.target_name, column),
                        did_you_mean(column, column_names()));
      return;
    }
    const auto fields = fields_of({column});
    if (!fields) {
      if (!given_.filled.contains(column)) {
        diagnostics().add(336, at, fmt::format("nothing fills {}, which says which row is the newest", column),
                          fmt::format("add {} under fields:", column));
      }
      return;
    }
    const Type type = table_.fields[fields->front()].type;
    const bool ordered = is_number(type) || type == Type::text || type == Type::date || type == Type::time ||
                         type == Type::timestamp || type == Type::timestamptz;
    if (!ordered || target->type.is_enum) {
      diagnostics().add(341, at,
                        fmt::format("{} is {}, which does not say what is newer", column, target->type.declared),
                        "name a column of times, dates or numbers");
    } else if (std::ranges::find(table_.set, fields->front()) == table_.set.end()) {
      diagnostics().add(341, at, fmt::format("{} is part of the key: rows that meet are equal in it", column),
                        "name another column of times, dates or numbers");
    } else {
      table_.newest = fields->front();
    }
  }

  void warn_without_index(const std::vector<std::string>& key) {
    if (spec_.key.empty() || key.empty() || !head_.target) return;
    for (const UniquePlan& unique : table_.unique) {
      if (unique.is_key && unique.from_schema) return;
    }
    diagnostics().add(
        505, spec_.key.front().at,
        fmt::format("no unique index of {} is behind the key ({})", head_.target_name, fmt::join(key, ", ")),
        "add UNIQUE to the schema, so that the database keeps it too");
  }

  void compile_foreign_keys() {
    if (!head_.target) return;
    for (const schema::ForeignKey& key : head_.target->foreign_keys) {
      const auto fields = fields_of(key.columns);
      if (!fields) continue;
      ForeignKeyPlan plan{.name = key.name, .fields = *fields, .table = key.table};
      plan.target_columns = key.target_columns;
      resolve_foreign(plan);
      plan.through_reference = key.columns.size() == 1 && refers_to(key.columns.front(), key.table, key.target_columns);
      table_.foreign_keys.push_back(std::move(plan));
    }
    for (const auto& [field, spec, text, effect] : given_.exists) compile_exists(field, *spec, text, effect);
  }

  void resolve_foreign(ForeignKeyPlan& plan) {
    const schema::Catalog* catalog = compiler_.catalog(table_.connection);
    plan.target = catalog ? catalog->table(plan.table) : nullptr;
    if (const TableHead* parent = compiler_.writer_of(table_.connection, plan.table)) plan.parent = parent->index;
  }

  // `exists: target.users.id`.
  void compile_exists(std::size_t field, const spec::FieldSpec& spec, const std::string& text, Effect effect) {
    const std::size_t first = text.find('.');
    const std::size_t last = text.rfind('.');
    Span at = spec.at;
    for (const auto* specs : {&spec.rules, &spec.warn, &spec.abort}) {
      for (const auto& [name, literal] : *specs) {
        if (name.value == "exists") at = literal.at;
      }
    }
    if (first == std::string::npos || first == last) {
      diagnostics().add(113, at, fmt::format("exists: write connection.table.column, not {}", text));
      return;
    }
    const auto connection = compiler_.connection(text.substr(0, first));
    if (!connection) {
      diagnostics().add(303, at, fmt::format("no connection {}", text.substr(0, first)));
      return;
    }
    if (*connection != table_.connection) {
      compiler_.unavailable(at, "exists in another connection than the target");
      return;
    }
    ForeignKeyPlan plan{.name = "exists", .fields = {field}, .table = text.substr(first + 1, last - first - 1)};
    plan.target_columns = {text.substr(last + 1)};
    plan.effect = effect;
    resolve_foreign(plan);
    const schema::Catalog* catalog = compiler_.catalog(*connection);
    if (catalog && !plan.target) {
      diagnostics().add(330, at, fmt::format("the schema of {} has no table {}", text.substr(0, first), plan.table),
                        did_you_mean(plan.table, catalog->table_names()));
      return;
    }
    if (plan.target && !plan.target->column(plan.target_columns.front())) {
      diagnostics().add(332, at, fmt::format("table {} has no column {}", plan.table, plan.target_columns.front()));
      return;
    }
    table_.foreign_keys.push_back(std::move(plan));
  }

  // Whether the column's field is exactly t[...] of the mapping that writes this parent, and gives this column.
  bool refers_to(const std::string& column, const std::string& table, const std::vector<std::string>& columns) {
    const spec::Expression* expression = expression_of(column);
    if (!expression || expression->kind != spec::Expression::Kind::index ||
        expression->arguments.front()->kind != spec::Expression::Kind::name) {
      return false;
    }
    const TableHead* parent = compiler_.head(expression->arguments.front()->text);
    return parent && parent->target && parent->target->name == table && columns.size() == 1 &&
           columns.front() == parent->key_column;
  }

  // How t[key] of this table is answered: recomputed where the key follows from the source key alone.
  void compile_key_map() {
    table_.is_referenced = head_.referenced;
    table_.source_key_types = head_.source_key_types;
    const auto field = std::ranges::find(table_.fields, head_.key_column, &FieldPlan::name);
    if (field == table_.fields.end()) {
      if (head_.referenced && head_.target && !head_.key_column.empty()) {
        diagnostics().add(336, spec_.name.at, fmt::format("nothing fills {}, which others refer to", head_.key_column),
                          fmt::format("add {0} under fields:, for instance {0}: uuid5(...)", head_.key_column));
      }
      return;
    }
    table_.key_field = static_cast<std::size_t>(field - table_.fields.begin());
    if (!follows_key(head_.key_column) || field->fallback || !field->value) return;
    Scope scope{.subject = "the source key"};
    for (std::size_t i = 0; i < head_.source.key.size(); ++i) {
      scope.columns.push_back({head_.source.key[i], head_.source_key_types[i]});
    }
    scope.place = [&scope](const ScopeColumn& column) {
      return static_cast<std::size_t>(scope.find(column.name) - scope.columns.data());
    };
    NodePool pool;
    Binder binder{compiler_, scope, table_.context, pool};
    const spec::Expression* expression = expression_of(head_.key_column);
    NodePtr node = expression ? binder.bind(*expression) : binder.column(scope.columns.front(), field->at);
    // Keys that change on the way (text to uuid) may come in several spellings: those are stored.
    const bool spelled = node && node->type != field->type && !is_number(node->type);
    if (node && !spelled) table_.recompute_key = binder.convert(node, field->type);
  }

  // Where the database makes the keys, a reference to the table itself is known only when its parent is written: too
  // late for rules and sentences.
  void check_late_references() {
    if (table_.recompute_key) return;
    for (std::size_t i = 0; i < table_.fields.size(); ++i) {
      const FieldPlan& field = table_.fields[i];
      if (field.self_reference.empty()) continue;
      if (!field.rules.empty()) late_reference(field, field.at, field.rules.front().text);
      for (std::size_t s = 0; s < table_.sentences.size(); ++s) {
        if (reads(*table_.sentences[s].condition, i)) {
          late_reference(field, table_.sentences[s].condition->at, table_.sentences[s].sentence);
        }
      }
    }
  }

  static bool reads(const Node& node, std::size_t column) {
    if (node.kind == Node::Kind::row || (node.kind == Node::Kind::column && node.index == column)) return true;
    return std::ranges::any_of(node.arguments, [&](const NodePtr& argument) { return reads(*argument, column); });
  }

  void late_reference(const FieldPlan& field, const Span& at, const std::string& rule) {
    if (compiler_.options().lint) return;
    diagnostics().add(
        405, at,
        fmt::format("{} on {}, whose keys are made while the table loads, is not available yet", rule, field.name),
        fmt::format("give {} a key that is known before, for instance uuid5(...)", table_.name));
  }

  Compiler& compiler_;
  const TableHead& head_;
  const spec::TableSpec& spec_;
  const FieldsForKeys& given_;
  TablePlan& table_;
};

}  // namespace

void compile_keys(Compiler& compiler, const TableHead& head, const FieldsForKeys& fields, TablePlan& table) {
  KeyCompiler{compiler, head, fields, table}.compile();
}

}  // namespace etl::plan
