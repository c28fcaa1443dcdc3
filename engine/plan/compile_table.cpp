// One table: where its rows come from, its fields, and what must hold of a row.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/compile_field.h"
#include "engine/plan/compile_keys.h"
#include "engine/readers/catalog.h"

namespace etl::plan {

namespace {

bool contains(const std::vector<spec::At<std::string>>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const auto& entry) { return entry.value == name; });
}

class TableCompiler {
 public:
  TableCompiler(Compiler& compiler, TableHead& head)
      : compiler_{compiler},
        head_{head},
        spec_{*head.spec},
        source_{compiler.add_source(head.source)},
        scope_{compiler.source_scope(head.source, source_)} {}

  TablePlan compile() {
    table_.name = spec_.name.value;
    table_.at = spec_.name.at;
    table_.source = source_;
    table_.connection = head_.connection.value_or(0);
    table_.target = head_.target;
    table_.context = compiler_.context();
    table_.context.table_name = spec_.name.value;
    table_.on_conflict =
        spec_.on_conflict.value_or(compiler_.mapping().settings.on_conflict.value_or(spec::OnConflict::reject));
    table_.on_missing = spec_.on_missing;
    // Where nothing is inserted, rows that are found are updated.
    if (table_.on_missing != spec::OnMissing::insert && !spec_.on_conflict) {
      table_.on_conflict = spec::OnConflict::update;
    }
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
    compile_keys(compiler_, head_, keys_, table_);
    compile_replace(compiler_, head_, table_);
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
    if (compiler_.options().test || compiler_.options().lint) return;
    const auto& source = head_.source;
    if (!source.connection) {
      late(!source.missing, spec_.from.at, "a source without a connection");
    } else if (!readers::source_kind(compiler_.plan().connections[*source.connection].info.kind)) {
      const std::string& url = compiler_.plan().connections[*source.connection].info.url;
      late(true, spec_.from.at, fmt::format("reading {}:", url.substr(0, url.find(':'))).c_str());
    }
    const auto kind = compiler_.plan().connections[table_.connection].info.kind;
    late(kind != stores::Kind::sqlite && kind != stores::Kind::postgresql, spec_.name.at,
         "writing to this kind of target");
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
      keys_.filled.insert(field.column.value);
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
        keys_.unique_fields.push_back(index);
      } else if (rule.rule->name == "exists") {
        keys_.exists.push_back({index, &spec, rule.use.text, rule.effect});
      }
    }
    std::erase_if(plan.rules, [](const RulePlan& rule) { return !rule.kernel; });
    table_.fields.push_back(std::move(plan));
  }

  void copy_rest(FieldContext& context) {
    if (!spec_.rest_copy) return;
    for (std::size_t i = 0; i < head_.target->columns.size(); ++i) {
      const schema::Column& column = head_.target->columns[i];
      if (keys_.filled.contains(column.name) || column.generated || contains(spec_.ignore, column.name)) continue;
      const ScopeColumn* source = scope_.find(column.name);
      if (!source && scope_.complete) continue;
      keys_.filled.insert(column.name);
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
      if (keys_.filled.contains(column.name) || column.generated || !can_make_default(connection, column)) continue;
      const bool counted = column.serial || column.identity != schema::Column::Identity::none;
      const bool computed = column.default_sql && !column.default_literal && !column.default_is_now;
      const bool key = column.name == head_.key_column;
      const bool needed = key ? head_.referenced || (foreign && !counted) : foreign && column.not_null;
      if (needed && (counted || computed || (key && column.default_sql)))
        table_.fields.push_back(made_field(column, i));
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
    for (const std::string& name : keys_.filled) {
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

  void check_ignored() {
    for (const auto& name : spec_.ignore) {
      if (!scope_.complete || scope_.find(name.value)) continue;
      diagnostics().add(301, name.at, fmt::format("{} has no column {}", scope_.subject, name.value),
                        did_you_mean(name.value, scope_.names()));
    }
  }

  void check_unused() {
    if (!head_.source.complete || parse_failed_) return;
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
    if (!head_.target || !spec_.explode.empty() || table_.on_missing != spec::OnMissing::insert) return;
    const ConnectionPlan& connection = compiler_.plan().connections[table_.connection];
    std::vector<std::string> unfilled;
    for (const schema::Column& column : head_.target->columns) {
      const bool computed = column.default_sql && can_make_default(connection, column);
      const bool made = computed || column.default_literal || column.default_is_now || column.serial ||
                        column.generated || column.identity != schema::Column::Identity::none;
      if (column.not_null && !made && !keys_.filled.contains(column.name)) unfilled.push_back(column.name);
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
  FieldsForKeys keys_;
  bool parse_failed_ = false;
};

}  // namespace

TablePlan compile_table(Compiler& compiler, TableHead& head) { return TableCompiler{compiler, head}.compile(); }

}  // namespace etl::plan
