#include "engine/run/mend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>

#include "engine/converters/function.h"
#include "engine/run/present.h"

namespace etl::run {

namespace {

// One step of a pipeline: a function of the catalogue with its constant arguments.
struct Step {
  std::string_view function;
  std::vector<Value> constants = {};
};

struct Candidate {
  std::string written;  // "trim | lower".
  std::vector<Step> steps;
};

// Words that stand for no value.
constexpr std::array<std::string_view, 16> kNoValue = {"",     "-",    "--",  "?",    "n/a", "na",      "none",   "null",
                                                       "nil",  "nan",  ".",   "tbd",  "(null)", "unknown", "\\n", "#n/a"};

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_no_value(std::string_view text) {
  return std::ranges::find(kNoValue, lower(trimmed(text))) != kNoValue.end();
}

void add_dates(Type type, std::vector<Candidate>& candidates) {
  static constexpr std::array<std::string_view, 9> kDates = {"%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y",  "%d-%m-%Y", "%Y/%m/%d",
                                                             "%Y%m%d",   "%d %b %Y", "%b %d, %Y", "%d %B %Y"};
  const std::string_view function = type == Type::date ? "date" : type == Type::timestamp ? "timestamp" : "timestamptz";
  for (const std::string_view pattern : kDates) {
    candidates.push_back({fmt::format("trim | {}('{}')", function, pattern), {{"trim"}, {function, {pattern}}}});
    if (type == Type::date) continue;
    for (const std::string_view clock : {" %H:%M", " %H:%M:%S"}) {
      static std::set<std::string, std::less<>> kept;  // Constants are views.
      const std::string_view both = *kept.insert(std::string{pattern} + std::string{clock}).first;
      candidates.push_back({fmt::format("trim | {}('{}')", function, both), {{"trim"}, {function, {both}}}});
    }
  }
}

// Gentle ones first: of those that mend as many, the first is taken.
std::vector<Candidate> candidates_for(const plan::TablePlan& table, const plan::FieldPlan& field, std::string_view rule) {
  std::vector<Candidate> all = {{"trim", {{"trim"}}},
                                {"trim | lower", {{"trim"}, {"lower"}}},
                                {"trim | upper", {{"trim"}, {"upper"}}},
                                {"squeeze", {{"squeeze"}}}};
  const std::string_view comma = ",";
  if (is_number(field.type)) {
    all.push_back({"number", {{"number"}}});
    all.push_back({"number(',')", {{"number", {comma}}}});
    if (field.type == Type::integer) all.push_back({"decimal | round | int", {{"decimal"}, {"round"}, {"int"}}});
  }
  if (field.type == Type::date || field.type == Type::timestamp || field.type == Type::timestamptz) {
    add_dates(field.type, all);
  }
  const schema::SqlType* type = table.target ? &table.target->columns[field.target_column].type : nullptr;
  if (rule == "precision" && type && type->scale) {
    all.push_back({fmt::format("decimal | round({})", *type->scale),
                   {{"decimal"}, {"round", {static_cast<std::int64_t>(*type->scale)}}}});
  }
  if (field.type == Type::text) {
    const std::string_view zero = "0";
    for (const std::int64_t width : {2, 3, 4, 5, 6, 8, 10}) {
      all.push_back({fmt::format("pad_left({}, '0')", width), {{"pad_left", {width, zero}}}});
    }
    if (rule == "max_length" && type && type->length) {
      all.push_back({fmt::format("left({})", *type->length), {{"left", {static_cast<std::int64_t>(*type->length)}}}});
    }
  }
  return all;
}

ColumnPtr constant_column(const Value& value, std::size_t rows) {
  auto column = std::make_shared<Column>(type_of(value), rows);
  for (std::size_t row = 0; row < rows; ++row) column->set(row, value);
  return column;
}

// Tries candidates on values as the field would take them.
class Trial {
 public:
  Trial(const plan::TablePlan& table, const plan::FieldPlan& field, const std::vector<std::string>& raw)
      : table_{table}, field_{field}, raw_{raw} {}

  // How many values then pass the conversion, the column's limits and every rule.
  std::size_t passing(const Candidate& candidate) {
    failed_.assign(raw_.size(), false);
    auto texts = std::make_shared<Column>(Type::text, raw_.size());
    for (std::size_t row = 0; row < raw_.size(); ++row) texts->set(row, std::string_view{raw_[row]});
    ColumnPtr column = texts;
    for (const Step& step : candidate.steps) {
      column = apply(step, column);
      if (!column) return 0;
    }
    column = finish(column);
    if (!column) return 0;
    check(*column);
    return static_cast<std::size_t>(std::ranges::count(failed_, false));
  }

 private:
  ColumnPtr run(const converters::Kernel& kernel, std::span<const ColumnPtr> arguments) {
    Failures failures;
    converters::KernelContext context{arena_, raw_.size(), nullptr, failures, nullptr, table_.context};
    ColumnPtr out = kernel(arguments, context);
    mark(failures);
    return out;
  }

  ColumnPtr apply(const Step& step, const ColumnPtr& column) {
    const converters::Function* function = converters::function_named(step.function);
    if (!function || !function->bind) return nullptr;
    if (!function->parameters.front().types.has(column->type())) return nullptr;
    converters::Use use;
    use.run = &table_.context;
    use.types = {column->type()};
    use.constants = {std::nullopt};
    std::vector<ColumnPtr> arguments = {column};
    for (const Value& constant : step.constants) {
      use.types.push_back(type_of(constant));
      use.constants.emplace_back(constant);
      arguments.push_back(constant_column(constant, raw_.size()));
    }
    return run(function->bind(use), arguments);
  }

  ColumnPtr finish(const ColumnPtr& column) {
    if (column->type() == field_.type || field_.type == Type::any) return column;
    if (converters::convertible_by_itself(column->type(), field_.type) == converters::Convertible::never) return nullptr;
    const auto kernel = converters::conversion(column->type(), field_.type, table_.context);
    return kernel ? run(kernel, std::span{&column, 1}) : nullptr;
  }

  void check(const Column& column) {
    for (const plan::RulePlan& rule : field_.rules) {
      if (rule.effect == plan::Effect::warn) continue;
      Failures failures;
      rule.kernel(column, present_at(table_.context.now, table_.context), failures);
      mark(failures);
    }
    const schema::SqlType* type = table_.target ? &table_.target->columns[field_.target_column].type : nullptr;
    for (std::size_t row = 0; row < raw_.size(); ++row) {
      if (column.is_null(row)) {
        failed_[row] = true;
      } else if (type && type->length && field_.type == Type::text) {
        const Value value = column.at(row);
        const auto* text = std::get_if<std::string_view>(&value);
        if (text && count_characters(*text) > static_cast<std::size_t>(*type->length)) failed_[row] = true;
      }
    }
  }

  void mark(const Failures& failures) {
    for (const Failure& failure : failures) failed_[failure.row] = true;
  }

  const plan::TablePlan& table_;
  const plan::FieldPlan& field_;
  const std::vector<std::string>& raw_;
  Arena arena_;
  std::vector<bool> failed_;
};

std::string advice(const plan::Plan& plan, const plan::TablePlan& table, const plan::FieldPlan& field,
                   std::string_view rule, const std::string& pipeline) {
  const std::string& column = plan.sources[table.source].request.columns[field.reads.front()].name;
  if (rule == "type" || rule == "encoding") {
    return fmt::format("read {0} as text, by a source with query: SELECT CAST({0} AS TEXT) AS {0}, ..., then write {0} | {1}",
                       column, pipeline);
  }
  if (field.text == column) return fmt::format("{}: {} | {}", field.name, column, pipeline);
  return fmt::format("mend {0} first: {0} | {1}, then the rest of {2}", column, pipeline, field.text);
}

// "nulls: [N/A, -]" for the words among the values, most frequent spelling as it stands.
std::string nulls_advice(const std::vector<std::string>& words, const plan::FieldPlan& field, const std::string& column) {
  const std::set<std::string> spellings(words.begin(), words.end());
  if (spellings.size() == 1) {
    const std::string& word = *spellings.begin();
    std::string quoted;
    for (const char letter : word) quoted += letter == '\'' ? std::string{"''"} : std::string{letter};
    if (trimmed(word).empty()) return fmt::format("{}: {} | trim | nullif('')", field.name, column);
    return fmt::format("{}: nullif({}, '{}'), or nulls: ['{}'] of the connection", field.name, column, quoted, quoted);
  }
  std::vector<std::string> quoted;
  for (const std::string& word : spellings) quoted.push_back(fmt::format("'{}'", word));
  return fmt::format("nulls: [{}] of the connection", fmt::join(quoted, ", "));
}

}  // namespace

Mend find_mend(const plan::Plan& plan, const plan::TablePlan& table, const plan::FieldPlan& field,
               std::string_view rule, const std::vector<std::string>& raw) {
  if (field.reads.size() != 1 || raw.empty() || rule == "required" || rule == "parent") return {};
  std::vector<std::string> words;
  std::vector<std::string> values;
  for (const std::string& text : raw) (is_no_value(text) ? words : values).push_back(text);
  const std::string& column = plan.sources[table.source].request.columns[field.reads.front()].name;
  if (words.size() > values.size() && !field.required) return {nulls_advice(words, field, column), words.size()};
  Mend best;
  Trial trial{table, field, values};
  for (const Candidate& candidate : candidates_for(table, field, rule)) {
    const std::size_t passing = values.empty() ? 0 : trial.passing(candidate);
    if (passing <= best.mended) continue;
    best = {advice(plan, table, field, rule, candidate.written), passing};
  }
  return best.mended * 2 >= raw.size() ? best : Mend{};
}

}  // namespace etl::run
