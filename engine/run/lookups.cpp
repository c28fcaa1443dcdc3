#include "engine/run/lookups.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/run/columns.h"
#include "engine/run/fold.h"

namespace etl::run {

namespace {

// 5 and 5.0 are one key.
void append_key(const Value& value, std::string& out) {
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    Decimal plain = *decimal;
    while (plain.scale > 0 && plain.coefficient % 10 == 0) {
      plain.coefficient /= 10;
      --plain.scale;
    }
    return append_text(plain, out);
  }
  append_text(value, out);
}

void check_failures(const plan::LookupPlan& lookup, const plan::Evaluated& part, std::string_view what) {
  if (!part.failures || part.failures->empty()) return;
  throw Error{Error::Kind::validation, fmt::format("{}: lookup {}: the {} of a row fails: {}", to_string(lookup.at),
                                                   lookup.name, what, part.failures->front().reason)};
}

}  // namespace

Lookup::Lookup(const plan::Plan& plan, const plan::LookupPlan& lookup, Connections& connections,
               const converters::RunContext& run, MemoryBudget& budget)
    : plan_{lookup} {
  if (lookup.source) {
    load_source(plan.sources[*lookup.source], connections, run, budget);
  } else {
    load_map(run, budget);
  }
}

void Lookup::load_map(const converters::RunContext& run, MemoryBudget& budget) {
  std::vector<Value> keys;
  for (const auto& entry : plan_.entries) keys.emplace_back(std::string_view{entry.key});
  Failures failures;
  const converters::KernelContext context{.arena = arena_, .rows = keys.size(), .failures = failures, .run = run};
  auto names = folded(*column_of(Type::text, keys), context);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<Value> values;
    for (const auto& value : plan_.entries[i].values) values.push_back(value ? Value{std::string_view{*value}} : Value{});
    add(std::move(names[i]), values, budget);
    if (plan_.is_reversed) {
      const auto& [key, texts] = plan_.entries[i];
      if (texts.front()) add_reverse(std::string_view{key}, std::string_view{*texts.front()}, budget);
    }
  }
  if (has_duplicate_) refuse_duplicate("its entries");
}

void Lookup::load_source(const plan::SourcePlan& source, Connections& connections, const converters::RunContext& run,
                         MemoryBudget& budget) {
  const auto reader = readers::open_rows(connections.source(source.connection), source.request, {});
  while (const BatchPtr batch = reader->next()) add_batch(batch, run, budget);
  if (has_duplicate_) refuse_duplicate(source.name);
}

void Lookup::add_batch(const BatchPtr& batch, const converters::RunContext& run, MemoryBudget& budget) {
  std::vector<plan::Evaluated> frame;
  for (const ColumnPtr& column : batch->columns) frame.push_back({column, nullptr});
  Arena arena;
  plan::Evaluator evaluator{std::move(frame), batch->rows, arena, run, nullptr, batch.get()};
  const plan::Evaluated keys = evaluator.evaluate(plan_.key);
  check_failures(plan_, keys, "key");
  std::vector<ColumnPtr> parts;
  for (const auto& part : plan_.parts) {
    const plan::Evaluated values = evaluator.evaluate(part.node);
    check_failures(plan_, values, "value");
    parts.push_back(values.column);
  }
  Failures failures;
  const converters::KernelContext context{.arena = arena, .rows = batch->rows, .failures = failures, .run = run};
  auto names = folded(*keys.column, context);
  for (std::size_t row = 0; row < batch->rows; ++row) {
    if (keys.column->is_null(row)) continue;
    std::vector<Value> values;
    for (const ColumnPtr& part : parts) values.push_back(part->at(row));
    add(std::move(names[row]), values, budget);
    if (plan_.is_reversed) add_reverse(keys.column->at(row), values.front(), budget);
  }
}

void Lookup::reserve(std::size_t bytes, MemoryBudget& budget) {
  if (budget.take(bytes)) return;
  throw Error{Error::Kind::environment,
              fmt::format("{}: lookup {} does not fit into settings.memory ({} MB)", to_string(plan_.at), plan_.name,
                          budget.limit() >> 20),
              "raise settings.memory, or load the rows as a table and refer to them with table[key]"};
}

void Lookup::add_reverse(const Value& key, const Value& value, MemoryBudget& budget) {
  if (is_null(value)) return;
  std::string name;
  append_key(value, name);
  reserve(sizeof(std::pair<std::string, Value>) + name.size() + view_bytes(key) + 32, budget);
  const auto [place, added] = reverse_.try_emplace(std::move(name), Value{});
  if (added) place->second = keep(key, arena_);
}

void Lookup::add(std::string key, std::span<const Value> values, MemoryBudget& budget) {
  std::size_t bytes = sizeof(std::pair<std::string, std::size_t>) + key.size() + 32;
  for (const Value& value : values) bytes += sizeof(Value) + view_bytes(value);
  reserve(bytes, budget);
  const auto [place, added] = entries_.try_emplace(std::move(key), values_.size());
  if (added) {
    for (const Value& value : values) values_.push_back(keep(value, arena_));
  } else if (!has_duplicate_ || twice_ == place->first) {
    has_duplicate_ = true;
    twice_ = place->first;
    ++times_;
  }
}

void Lookup::refuse_duplicate(const std::string& source) const {
  throw Error{Error::Kind::validation,
              fmt::format("{}: error[E402]: lookup {}: key {} is not unique in {} ({} {} times)", to_string(plan_.at),
                          plan_.name, plan_.key ? plan_.key->text : "key", source, quote_for_message(twice_), times_),
              "choose a key that is unique, or read the rows you want with a query: source"};
}

std::vector<std::string> Lookup::folded(const Column& keys, const converters::KernelContext& context) const {
  std::vector<std::string> texts(keys.size());
  for (std::size_t row = 0; row < keys.size(); ++row) {
    if (!keys.is_null(row) && context.is_active(row)) append_key(keys.at(row), texts[row]);
  }
  if (!plan_.ignore_case) return texts;
  auto column = std::make_shared<Column>(Type::text, keys.size());
  std::ranges::copy(texts, column->values<std::string_view>().begin());
  const ColumnPtr lowered = lower_case(column, context.arena, context.run);
  std::vector<std::string> out(lowered->values<std::string_view>().begin(), lowered->values<std::string_view>().end());
  return out;
}

std::vector<const Value*> Lookup::find(const Column& keys, std::size_t part,
                                       const converters::KernelContext& context) const {
  std::vector<const Value*> found(keys.size(), nullptr);
  const auto names = folded(keys, context);
  for (std::size_t row = 0; row < keys.size(); ++row) {
    if (keys.is_null(row) || !context.is_active(row)) continue;
    const auto entry = entries_.find(names[row]);
    if (entry != entries_.end()) found[row] = &values_[entry->second + part];
  }
  return found;
}

std::vector<const Value*> Lookup::find_keys(const Column& values, const converters::KernelContext& context) const {
  std::vector<const Value*> found(values.size(), nullptr);
  std::string name;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (values.is_null(row) || !context.is_active(row)) continue;
    name.clear();
    append_key(values.at(row), name);
    const auto entry = reverse_.find(name);
    if (entry != reverse_.end()) found[row] = &entry->second;
  }
  return found;
}

}  // namespace etl::run
