#include "engine/plan/reverse.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/converters/function.h"

namespace etl::plan {

namespace {

using converters::Inverse;
using spec::Expression;

// Inverse is ordered from best to worst.
Inverse worse(Inverse first, Inverse second) { return std::max(first, second); }

bool same_name(const spec::At<std::string>& name, const std::string& text) { return name.value == text; }

// How much of one column an expression keeps; nothing when it does not read the column.
class Grader {
 public:
  Grader(const spec::Mapping& mapping, std::string column) : mapping_{mapping}, column_{std::move(column)} {}

  std::optional<Inverse> of(const Expression& expression) const {
    switch (expression.kind) {
      case Expression::Kind::name:
        return expression.text == column_ ? std::optional{Inverse::exact} : std::nullopt;
      case Expression::Kind::member: return of_member(expression);
      case Expression::Kind::index: return of_index(expression);
      case Expression::Kind::call: return of_call(expression);
      default: return reads(expression) ? std::optional{Inverse::none} : std::nullopt;
    }
  }

 private:
  bool reads(const Expression& expression) const {
    const auto in = [this](const spec::ExpressionPtr& part) { return part && of(*part).has_value(); };
    return std::ranges::any_of(expression.arguments, in) || in(expression.operand) || in(expression.otherwise);
  }

  std::optional<Inverse> of_member(const Expression& expression) const {
    const Expression& base = *expression.arguments.front();
    if (base.kind == Expression::Kind::name && base.text == "row") {
      return expression.text == column_ ? std::optional{Inverse::exact} : std::nullopt;
    }
    return reads(expression) ? std::optional{Inverse::none} : std::nullopt;
  }

  // A parent's row is found by its key; a lookup gives one of the keys that mean the value.
  std::optional<Inverse> of_index(const Expression& expression) const {
    const Expression& base = *expression.arguments.front();
    std::optional<Inverse> kept;
    for (std::size_t i = 1; i < expression.arguments.size() && !kept; ++i) kept = of(*expression.arguments[i]);
    const std::string& name = base.text;
    const bool lookup = std::ranges::any_of(mapping_.lookups, [&](const auto& entry) { return same_name(entry.first, name); });
    const bool table = std::ranges::any_of(mapping_.tables, [&](const auto& entry) { return same_name(entry.name, name); });
    if (base.kind == Expression::Kind::name && (lookup || table)) {
      return kept && lookup ? worse(*kept, Inverse::canonical) : kept;
    }
    return kept || of(base) ? std::optional{Inverse::none} : std::nullopt;
  }

  std::optional<Inverse> of_call(const Expression& expression) const {
    if (expression.arguments.empty() || !reads(expression)) return std::nullopt;
    const auto first = of(*expression.arguments.front());
    const bool first_decides = expression.text == "coalesce" || expression.text == "try";
    const bool others = std::ranges::any_of(expression.arguments.begin() + 1, expression.arguments.end(),
                                            [this](const auto& part) { return of(*part).has_value(); });
    if (!first || (others && !first_decides)) return Inverse::none;
    for (const auto& [name, body] : mapping_.converters) {
      if (name.value == expression.text && body) return worse(*first, Grader{mapping_, "it"}.of(*body).value_or(Inverse::none));
    }
    if (first_decides) return worse(*first, Inverse::canonical);
    const converters::Function* function = converters::function_named(expression.text);
    return worse(*first, function ? function->inverse : Inverse::none);
  }

  const spec::Mapping& mapping_;
  std::string column_;
};

// One source and the tables that are made from its rows.
class Reverser {
 public:
  Reverser(const spec::Mapping& mapping, const Schemas& schemas, const std::string& from)
      : mapping_{mapping}, schemas_{schemas}, source_{.name = from, .columns = {}} {
    for (const auto& [name, spec] : mapping.sources) {
      if (name.value == from) spec_ = &spec;
    }
  }

  ReverseSource run() {
    name_columns();
    for (ReverseColumn& column : source_.columns) column.grade = grade(column.name);
    return std::move(source_);
  }

 private:
  template <class Visit>
  void each_table(Visit visit) const {
    for (const spec::TableSpec& table : mapping_.tables) {
      if (source_name(mapping_, table) == source_.name) visit(table);
    }
  }

  const schema::Table* table_of(const std::string& path) const {
    const std::size_t dot = path.find('.');
    const auto ddl = schemas_.ddl.find(path.substr(0, dot));
    return ddl == schemas_.ddl.end() || dot == std::string::npos ? nullptr : ddl->second->table(path.substr(dot + 1));
  }

  const schema::Table* target_of(const spec::TableSpec& table) const {
    const std::string into = table.into ? table.into->value : "target." + table.name.value;
    return table_of(into.find('.') == std::string::npos ? "target." + into : into);
  }

  void add(const std::string& name) {
    if (std::ranges::find(source_.columns, name, &ReverseColumn::name) == source_.columns.end()) {
      source_.columns.push_back({name});
    }
  }

  // As declared, or as the schema says; else what the mapping itself names.
  void name_columns() {
    if (spec_ && spec_->columns) {
      for (const auto& name : spec_->columns->names) add(name.value);
      return;
    }
    const std::string path = spec_ && spec_->table ? spec_->connection.value + "." + spec_->table->value : source_.name;
    if (const schema::Table* table = table_of(path)) {
      for (const schema::Column& column : table->columns) add(column.name);
      return;
    }
    if (spec_) {
      for (const auto& [name, expression] : spec_->exports) add(name.value);
    }
    each_table([this](const spec::TableSpec& table) {
      const schema::Table* target = table.rest_copy ? target_of(table) : nullptr;
      for (const schema::Column& column : target ? target->columns : std::vector<schema::Column>{}) {
        const auto field = std::ranges::find_if(table.fields, [&](const auto& one) { return same_name(one.column, column.name); });
        if (field != table.fields.end()) {
          add_names(table, *field);
        } else if (!column.generated) {
          add(column.name);
        }
      }
      for (const spec::FieldSpec& field : table.fields) add_names(table, field);
    });
  }

  void add_names(const spec::TableSpec& table, const spec::FieldSpec& field) {
    if (field.from) return add_names(table, *field.from);
    if (!field.constant) add(field.column.value);
  }

  void add_names(const spec::TableSpec& table, const Expression& expression) {
    const auto explodes = [&](const std::string& name) {
      return std::ranges::any_of(table.explode, [&](const auto& entry) { return same_name(entry.first, name); });
    };
    if (expression.kind == Expression::Kind::name && expression.text != "row" && expression.text != "it" &&
        !explodes(expression.text)) {
      add(expression.text);
    }
    const bool keyed = expression.kind == Expression::Kind::index &&
                       expression.arguments.front()->kind == Expression::Kind::name;
    for (std::size_t i = keyed ? 1 : 0; i < expression.arguments.size(); ++i) add_names(table, *expression.arguments[i]);
    if (expression.operand) add_names(table, *expression.operand);
    if (expression.otherwise) add_names(table, *expression.otherwise);
  }

  char grade(const std::string& column) const {
    if (spec_ && std::ranges::any_of(spec_->exports, [&](const auto& entry) { return same_name(entry.first, column); })) {
      return 'E';
    }
    Inverse best = Inverse::none;
    each_table([&](const spec::TableSpec& table) {
      if (!table.group_by.empty() || !table.explode.empty()) return;
      bool filled = false;
      for (const spec::FieldSpec& field : table.fields) {
        filled = filled || same_name(field.column, column);
        best = std::min(best, grade(field, column));
      }
      if (!filled && copies(table, column)) best = Inverse::exact;
    });
    return best == Inverse::exact ? '=' : best == Inverse::canonical ? '~' : '-';
  }

  Inverse grade(const spec::FieldSpec& field, const std::string& column) const {
    if (field.from) return Grader{mapping_, column}.of(*field.from).value_or(Inverse::none);
    return !field.constant && same_name(field.column, column) ? Inverse::exact : Inverse::none;
  }

  // Whether `rest: copy` copies the column.
  bool copies(const spec::TableSpec& table, const std::string& column) const {
    if (!table.rest_copy) return false;
    if (std::ranges::any_of(table.ignore, [&](const auto& name) { return same_name(name, column); })) return false;
    const schema::Table* target = target_of(table);
    return !target || target->column(column);
  }

 public:
  static std::string source_name(const spec::Mapping& mapping, const spec::TableSpec& table) {
    const std::string& from = table.from.value;
    const bool declared = std::ranges::any_of(mapping.sources, [&](const auto& entry) { return same_name(entry.first, from); });
    return declared || from.find('.') != std::string::npos ? from : "source." + from;
  }

 private:
  const spec::Mapping& mapping_;
  const Schemas& schemas_;
  const spec::SourceSpec* spec_ = nullptr;
  ReverseSource source_;
};

}  // namespace

std::vector<ReverseSource> reverse(const spec::Mapping& mapping, const Schemas& schemas) {
  std::vector<ReverseSource> sources;
  for (const spec::TableSpec& table : mapping.tables) {
    const std::string name = Reverser::source_name(mapping, table);
    if (std::ranges::find(sources, name, &ReverseSource::name) != sources.end()) continue;
    sources.push_back(Reverser{mapping, schemas, name}.run());
  }
  return sources;
}

}  // namespace etl::plan
