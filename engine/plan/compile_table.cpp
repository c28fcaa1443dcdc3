// One table: where its rows come from, its fields, and what must hold between its rows and others.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "engine/base/suggest.h"
#include "engine/plan/compile_field.h"
#include "engine/readers/catalog.h"

namespace etl::plan {

namespace {

std::vector<std::string> values_of(const std::vector<spec::At<std::string>>& names) {
  std::vector<std::string> values;
  for (const auto& name : names) values.push_back(name.value);
  return values;
}

bool contains(const std::vector<spec::At<std::string>>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const auto& entry) { return entry.value == name; });
}

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

class TableCompiler {
 public:
  TableCompiler(Compiler& compiler, TableHead& head)
      : compiler_{compiler}, head_{head}, spec_{*head.spec}, source_{compiler.add_source(head.source)},
        scope_{compiler.source_scope(head.source, source_)} {}

  TablePlan compile() {
    table_.name = spec_.name.value;
    table_.at = spec_.name.at;
    table_.source = source_;
    table_.connection = head_.connection.value_or(0);
    table_.target = head_.target;
    table_.context = compiler_.context();
    table_.context.table_name = spec_.name.value;
    table_.on_conflict = spec_.on_conflict.value_or(
        compiler_.mapping().settings.on_conflict.value_or(spec::OnConflict::reject));
    table_.max_rejects = spec_.max_rejects.value_or(compiler_.mapping().settings.max_rejects);
    table_.min_rows = spec_.min_rows;
    table_.max_rows = spec_.max_rows;
    table_.ignored = values_of(spec_.ignore);
    const auto& only = compiler_.options().only;
    table_.selected = only.empty() || std::ranges::find(only, table_.name) != only.end();
    check_available();
    compile_source_shape();
    compile_fields();
    compile_sentences();
    compile_keys();
    compile_foreign_keys();
    compile_key_map();
    check_late_references();
    check_ignored();
    check_unused();
    check_unfilled();
    return std::move(table_);
  }

 private:
  Diagnostics& diagnostics() { return compiler_.diagnostics(); }

  void check_available() {
    const auto late = [&](bool used, const Span& at, const char* what) {
      if (used) compiler_.unavailable(at ? at : spec_.name.at, what);
    };
    late(table_.on_conflict == spec::OnConflict::update, spec_.on_conflict_at, "on_conflict: update");
    late(table_.on_conflict == spec::OnConflict::newest, spec_.on_conflict_at, "on_conflict: newest");
    late(spec_.replace || spec_.replace_where, spec_.replace_at, "replace");
    late(spec_.on_missing != spec::OnMissing::insert, spec_.on_missing_at, "on_missing");
    if (compiler_.options().test || compiler_.options().lint) return;
    const auto& source = head_.source;
    if (!source.connection) {
      late(!source.missing, spec_.from.at, "a source without a connection");
    } else if (!readers::source_kind(compiler_.plan().connections[*source.connection].info.kind)) {
      const std::string& url = compiler_.plan().connections[*source.connection].info.url;
      late(true, spec_.from.at, fmt::format("reading {}:", url.substr(0, url.find(':'))).c_str());
    }
    const auto kind = compiler_.plan().connections[table_.connection].info.kind;
    late(kind != stores::Kind::sqlite && kind != stores::Kind::postgresql, spec_.name.at, "writing to this kind of target");
    if (source.spec) {
      late(source.spec->format.cursor.has_value(), source.spec->at, "cursor");
      late(source.spec->each.has_value(), source.spec->at, "each");
    }
  }

  // The key first, so that a reject can name its row; then group_by, explode, where.
  void compile_source_shape() {
    SourcePlan& source = compiler_.plan().sources[source_];
    for (const std::string& name : head_.source.key) {
      const ScopeColumn* column = scope_.find(name);
      source.key.push_back(scope_.place(column ? *column : ScopeColumn{name, Type::any}));
    }
    ShapePlan& shape = table_.shape;
    scope_.shape = &shape;
    Binder binder{compiler_, scope_, table_.context, pool_};
    scope_.step = Scope::Step::explode;
    for (const auto& [name, list] : spec_.explode) {
      NodePtr node = list ? binder.bind(*list) : nullptr;
      if (node && !TypeSet{Type::list, Type::json, Type::any}.has(node->type)) {
        diagnostics().add(320, list->at, fmt::format("explode needs a list, but this is {}", etl::name(node->type)),
                          node->type == Type::text ? fmt::format("read it as JSON first: json({})", node->text) : "");
        node = nullptr;
      }
      if (!node) node = binder.constant(Value{}, Type::any, "null", name.at);
      shape.explode.push_back({name.value, std::move(node)});
      scope_.columns.insert(scope_.columns.begin(), {name.value, Type::any});
    }
    scope_.step = Scope::Step::where;
    if (spec_.where) table_.where = binder.bind_condition(*spec_.where, "where");
    scope_.step = Scope::Step::rows;
    compile_groups(binder);
  }

  void compile_groups(Binder& binder) {
    if (spec_.group_by.empty()) return;
    ShapePlan& shape = table_.shape;
    head_.source_key_types.clear();
    for (const auto& key : spec_.group_by) {
      if (!key) continue;
      shape.group_keys.push_back(binder.bind(*key));
      shape.group_names.push_back(to_string(*key));
      const NodePtr& node = shape.group_keys.back();
      head_.source_key_types.push_back(node ? node->type : Type::any);
    }
    shape.grouped = scope_.grouped = true;
  }

  void compile_fields() {
    Binder binder{compiler_, scope_, table_.context, pool_};
    FieldContext context{compiler_, head_, binder, scope_};
    for (const spec::FieldSpec& field : spec_.fields) {
      bool parse_failed = false;
      filled_.insert(field.column.value);
      auto plan = compile_field(context, field, parse_failed);
      parse_failed_ = parse_failed_ || parse_failed;
      if (!plan) continue;
      add_field(std::move(*plan), field);
    }
    if (head_.target) copy_rest(context);
    if (head_.target) make_keys();
  }

  void add_field(FieldPlan plan, const spec::FieldSpec& spec) {
    const std::size_t index = table_.fields.size();
    for (RulePlan& rule : plan.rules) {
      if (rule.rule->name == "unique") {
        unique_fields_.push_back(index);
      } else if (rule.rule->name == "exists") {
        exists_.emplace_back(index, &spec, rule.use.text, rule.effect);
      }
    }
    std::erase_if(plan.rules, [](const RulePlan& rule) { return !rule.kernel; });
    table_.fields.push_back(std::move(plan));
  }

  void copy_rest(FieldContext& context) {
    if (!spec_.rest_copy) return;
    for (std::size_t i = 0; i < head_.target->columns.size(); ++i) {
      const schema::Column& column = head_.target->columns[i];
      if (filled_.contains(column.name) || column.generated || contains(spec_.ignore, column.name)) continue;
      const ScopeColumn* source = scope_.find(column.name);
      if (!source && scope_.complete) continue;
      filled_.insert(column.name);
      table_.fields.push_back(copy_field(context, column, i, source ? *source : ScopeColumn{column.name, Type::any}));
    }
  }

  // A key that the database makes is taken before the rows are written when others refer to it. A SQLite table made
  // from PostgreSQL's DDL has no sequences beside its key, and no functions like gen_random_uuid().
  void make_keys() {
    const ConnectionPlan& connection = compiler_.plan().connections[table_.connection];
    const bool foreign = connection.info.kind == stores::Kind::sqlite && connection.ddl &&
                         connection.ddl->dialect == schema::Dialect::postgresql;
    for (std::size_t i = 0; i < head_.target->columns.size(); ++i) {
      const schema::Column& column = head_.target->columns[i];
      if (filled_.contains(column.name) || column.generated || !can_make_default(connection, column)) continue;
      const bool counted = column.serial || column.identity != schema::Column::Identity::none;
      const bool computed = column.default_sql && !column.default_literal && !column.default_is_now;
      const bool key = column.name == head_.key_column;
      const bool needed = key ? head_.referenced || (foreign && !counted) : foreign && column.not_null;
      if (needed && (counted || computed || (key && column.default_sql))) table_.fields.push_back(made_field(column, i));
    }
  }

  void compile_sentences() {
    Scope scope{.subject = fmt::format("table {}", head_.target_name)};
    for (const FieldPlan& field : table_.fields) scope.columns.push_back({field.name, field.type});
    scope.complete = true;
    scope.place = [this](const ScopeColumn& column) {
      const auto found = std::ranges::find(table_.fields, column.name, &FieldPlan::name);
      return static_cast<std::size_t>(found - table_.fields.begin());
    };
    // A field that could not be compiled is no reason to complain about sentences that use it.
    for (const std::string& name : filled_) {
      if (!scope.find(name)) scope.columns.push_back({name, Type::any});
    }
    NodePool pool;
    Binder binder{compiler_, scope, table_.context, pool};
    const auto add = [&](const std::vector<spec::SentenceSpec>& sentences, Effect effect, std::string_view what) {
      for (const spec::SentenceSpec& sentence : sentences) {
        if (!sentence.condition) continue;
        SentencePlan plan{.sentence = sentence.sentence.value, .condition = nullptr, .effect = effect};
        plan.condition = binder.bind_condition(*sentence.condition, what);
        if (plan.condition) table_.sentences.push_back(std::move(plan));
      }
    };
    add(spec_.abort, Effect::abort, "an abort");
    add(spec_.check, Effect::reject, "a check");
    add(spec_.warn, Effect::warn, "a warn");
  }

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
    const auto constant = std::ranges::any_of(spec_.fields, [&](const spec::FieldSpec& field) {
      return field.column.value == column && field.constant;
    });
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
      } else if (!filled_.contains(name.value) && !key.empty()) {
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
    for (const std::size_t field : unique_fields_) add_unique("unique", {table_.fields[field].name}, false);
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

  void warn_without_index(const std::vector<std::string>& key) {
    if (spec_.key.empty() || key.empty() || !head_.target) return;
    for (const UniquePlan& unique : table_.unique) {
      if (unique.is_key && unique.from_schema) return;
    }
    diagnostics().add(505, spec_.key.front().at,
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
    for (const auto& [field, spec, text, effect] : exists_) compile_exists(field, *spec, text, effect);
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
    diagnostics().add(405, at,
                      fmt::format("{} on {}, whose keys are made while the table loads, is not available yet", rule,
                                  field.name),
                      fmt::format("give {} a key that is known before, for instance uuid5(...)", table_.name));
  }

  void check_ignored() {
    for (const auto& name : spec_.ignore) {
      if (!scope_.complete || scope_.find(name.value)) continue;
      diagnostics().add(301, name.at, fmt::format("{} has no column {}", scope_.subject, name.value),
                        did_you_mean(name.value, scope_.names()));
    }
  }

  void check_unused() {
    if (!head_.source.complete || parse_failed_ || (!head_.source.table && !head_.source.spec)) return;
    std::vector<std::string> unused;
    const auto& read = compiler_.plan().sources[source_].request.columns;
    for (const ScopeColumn& column : head_.source.columns) {
      const bool used = std::ranges::find(read, column.name, &readers::ReadColumn::name) != read.end() ||
                        (head_.source.spec && compiler_.is_read_elsewhere(head_, column.name));
      if (!used && !contains(spec_.ignore, column.name)) unused.push_back(column.name);
    }
    if (unused.empty()) return;
    if (spec_.rest_copy) {
      diagnostics().add(335, spec_.rest_at ? spec_.rest_at : spec_.name.at,
                        fmt::format("{} has no column for {}", head_.target_name, fmt::join(unused, ", ")),
                        "map them under fields:, or list them under ignore:");
    } else {
      diagnostics().add(506, spec_.from.at, fmt::format("not used and not ignored: {}", fmt::join(unused, ", ")),
                        "map them, list them under ignore:, or write rest: copy");
    }
  }

  void check_unfilled() {
    if (!head_.target || !spec_.explode.empty()) return;
    const ConnectionPlan& connection = compiler_.plan().connections[table_.connection];
    std::vector<std::string> unfilled;
    for (const schema::Column& column : head_.target->columns) {
      const bool computed = column.default_sql && can_make_default(connection, column);
      const bool made = computed || column.default_literal || column.default_is_now || column.serial ||
                        column.generated || column.identity != schema::Column::Identity::none;
      if (column.not_null && !made && !filled_.contains(column.name)) unfilled.push_back(column.name);
    }
    if (unfilled.empty() || (head_.source.missing && spec_.rest_copy)) return;
    diagnostics().add(336, spec_.name.at,
                      fmt::format("nothing fills {}: NOT NULL in {}, without a default", fmt::join(unfilled, ", "),
                                  head_.target_name),
                      fmt::format("add {} under fields:", unfilled.front()));
  }

  Compiler& compiler_;
  TableHead& head_;
  const spec::TableSpec& spec_;
  std::size_t source_;
  Scope scope_;
  NodePool pool_;
  TablePlan table_;
  std::set<std::string> filled_;
  std::vector<std::size_t> unique_fields_;
  std::vector<std::tuple<std::size_t, const spec::FieldSpec*, std::string, Effect>> exists_;
  bool parse_failed_ = false;
};

}  // namespace

TablePlan compile_table(Compiler& compiler, TableHead& head) { return TableCompiler{compiler, head}.compile(); }

void Compiler::find_heads() {
  heads_.reserve(mapping_.tables.size());
  for (const spec::TableSpec& spec : mapping_.tables) {
    TableHead& head = heads_.emplace_back();
    head.spec = &spec;
    if (auto source = resolve_source(spec.from)) {
      head.source = std::move(*source);
    } else {
      head.source.missing = true;
    }
    for (const std::string& name : head.source.key) {
      const auto column = std::ranges::find(head.source.columns, name, &ScopeColumn::name);
      head.source_key_types.push_back(column == head.source.columns.end() ? Type::any : column->type);
      if (column == head.source.columns.end() && head.source.complete) {
        diagnostics_.add(301, spec.from.at, fmt::format("{} has no column {}, which its key names", head.source.display, name));
      }
    }
    head.key_names = head.source.key;
    if (!spec.group_by.empty()) {
      head.key_names.clear();
      for (const auto& key : spec.group_by) head.key_names.push_back(key ? to_string(*key) : "");
      head.source_key_types.assign(head.key_names.size(), Type::any);
    }
    resolve_target(head);
  }
}

void Compiler::resolve_target(TableHead& head) {
  const spec::TableSpec& spec = *head.spec;
  const std::string into = spec.into ? spec.into->value : "target." + spec.name.value;
  const std::size_t dot = into.find('.');
  const std::string connection_name = dot == std::string::npos ? "target" : into.substr(0, dot);
  const std::string table = dot == std::string::npos ? into : into.substr(dot + 1);
  const Span& at = spec.into ? spec.into->at : spec.name.at;
  head.target_name = fmt::format("{}.{}", connection_name, table);
  head.connection = connection(connection_name);
  if (!head.connection) {
    if (!mapping_.connections.empty()) {
      diagnostics_.add(303, at, fmt::format("no connection {}", connection_name), "declare it under connections:");
    }
    return;
  }
  plan_.connections[*head.connection].is_target = true;
  const schema::Catalog* known = catalog(*head.connection);
  if (!known) {
    if (options_.lint) {
      diagnostics_.add(502, at, fmt::format("the columns of {} are not known here", head.target_name),
                       fmt::format("give the connection {} a schema:", connection_name));
    }
    return;
  }
  head.target = known->table(table);
  if (!head.target) {
    const std::string near = nearest(table, known->table_names());
    diagnostics_.add(330, at, fmt::format("the schema of {} has no table {}", connection_name, table),
                     near.empty() ? "" : fmt::format("did you mean {}.{}?", connection_name, near));
    return;
  }
  if (const schema::UniqueKey* key = head.target->primary_key(); key && key->columns.size() == 1) {
    head.key_column = key->columns.front();
    head.key_type = head.target->column(head.key_column)->type.type;
  }
}

}  // namespace etl::plan
