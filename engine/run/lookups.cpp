#include "engine/run/lookups.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "engine/base/error.h"
#include "engine/ledger/ledger.h"
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

// What a lookup found, as a column of its own; a value for which nothing was found fails: "<missing> 'x'".
ColumnPtr found_entries(const std::vector<const Value*>& found, const Column& asked, Type type,
                        std::string_view missing, converters::KernelContext& context) {
  auto out = std::make_shared<Column>(type, context.rows);
  for (std::size_t row = 0; row < context.rows; ++row) {
    if (found[row] != nullptr) {
      out->set(row, *found[row]);
      continue;
    }
    out->set_null(row);
    if (asked.is_null(row) || !context.is_active(row)) continue;
    context.failures.push_back({static_cast<std::uint32_t>(row), "lookup",
                                fmt::format("{} {}", missing, quote_for_message(to_text(asked.at(row))))});
  }
  return out;
}

}  // namespace

Lookup::Lookup(const plan::Plan& plan, const plan::LookupPlan& lookup, Connections& connections,
               const converters::RunContext& run, MemoryBudget& budget)
    : plan_{lookup} {
  if (lookup.id_map) {
    load_id_map(connections.target(lookup.id_map->connection), run, budget);
  } else if (lookup.source) {
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
    for (const auto& value : plan_.entries[i].values)
      values.push_back(value ? Value{std::string_view{*value}} : Value{});
    add(std::move(names[i]), values, budget);
    if (plan_.is_reversed) {
      const auto& [key, texts] = plan_.entries[i];
      if (texts.front()) add_reverse(std::string_view{key}, std::string_view{*texts.front()}, budget);
    }
  }
  if (has_duplicate_) note_duplicate("its entries");
}

// Of runs whose rows are there; what a later run says of a key counts.
void Lookup::load_id_map(writers::Target& target, const converters::RunContext& run, MemoryBudget& budget) {
  const bool postgres = target.dialect() == schema::Dialect::postgresql;
  const std::string items = postgres ? "CROSS JOIN LATERAL unnest(m.source_keys, m.target_keys) WITH ORDINALITY AS k(s, t, i)"
                                     : "JOIN json_each(m.source_keys) AS s JOIN json_each(m.target_keys) AS t ON t.key = s.key";
  const std::vector<std::pair<std::string, Value>> parameters{{"mapping", std::string_view{plan_.id_map->mapping}},
                                                              {"name", std::string_view{plan_.id_map->table}}};
  const std::string query =
      fmt::format("SELECT {} FROM {} AS m JOIN {} AS r ON r.run = m.run {} WHERE m.mapping = $mapping AND m.name = $name "
                  "AND r.state IN ('committed', 'done') ORDER BY r.number DESC, m.step DESC, {}",
                  postgres ? "k.s, k.t" : "s.value, t.value", ledger::table_name(target.dialect(), "id_map"),
                  ledger::table_name(target.dialect(), "runs"), items, postgres ? "k.i DESC" : "s.key DESC");
  if (!ledger::exists(target)) return;  // A run has made it by now; only what runs nothing finds none.
  const auto rows = target.read(query, parameters);
  if (rows.empty()) {
    throw Error{Error::Kind::validation,
                fmt::format("{}: lookup {}: the target knows no keys of {}.{}", to_string(plan_.at), plan_.name,
                            plan_.id_map->mapping, plan_.id_map->table),
                fmt::format("run {} first", plan_.id_map->mapping)};
  }
  Failures failures;
  std::vector<Value> keys;
  for (const auto& row : rows) keys.emplace_back(std::string_view{*row[0]});
  const converters::KernelContext context{.arena = arena_, .rows = keys.size(), .failures = failures, .run = run};
  auto names = folded(*column_of(Type::text, keys), context);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (entries_.contains(names[i])) continue;
    const Value value = rows[i][1] ? Value{std::string_view{*rows[i][1]}} : Value{};
    if (plan_.is_reversed) add_reverse(keys[i], value, budget);
    add(std::move(names[i]), std::span{&value, 1}, budget);
  }
}

void Lookup::load_source(const plan::SourcePlan& source, Connections& connections, const converters::RunContext& run,
                         MemoryBudget& budget) {
  const auto reader = readers::open_rows(connections.source(source.connection), source.request, {});
  while (const BatchPtr batch = reader->next()) add_batch(batch, run, budget);
  if (has_duplicate_) note_duplicate(source.name);
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

void Lookup::note_duplicate(const std::string& source) {
  fault_ = Diagnostic{402, plan_.at,
                      fmt::format("lookup {}: key {} is not unique in {} ({} {} times)", plan_.name,
                                  plan_.key ? plan_.key->text : "key", source, quote_for_message(twice_), times_),
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

namespace {

// Constant expressions use lookups alone.
class ConstantReferences : public plan::References {
 public:
  explicit ConstantReferences(const Lookups& lookups) : lookups_{lookups} {}

  ColumnPtr resolve(std::size_t, std::span<const ColumnPtr>, KernelContext&) override { throw not_constant(); }
  ColumnPtr resolve_column(std::size_t, std::size_t, std::span<const ColumnPtr>, KernelContext&) override {
    throw not_constant();
  }
  ColumnPtr exists(std::size_t, std::span<const ColumnPtr>, KernelContext&) override { throw not_constant(); }
  ColumnPtr look_up(std::size_t lookup, std::size_t part, std::span<const ColumnPtr> keys,
                    KernelContext& context) override {
    return lookups_.look_up(lookup, part, keys, context);
  }
  ColumnPtr has_entry(std::size_t lookup, std::span<const ColumnPtr> keys, KernelContext& context) override {
    return lookups_.has_entry(lookup, keys, context);
  }
  ColumnPtr key_of(std::size_t lookup, const ColumnPtr& values, KernelContext& context) override {
    return lookups_.key_of(lookup, values, context);
  }

 private:
  static std::logic_error not_constant() { return std::logic_error{"a row of a table is no constant"}; }

  const Lookups& lookups_;
};

}  // namespace

Lookups::Lookups(const plan::Plan& plan, Connections& connections, const converters::RunContext& run,
                 MemoryBudget& budget)
    : plan_{plan}, run_{run} {
  for (const plan::LookupPlan& lookup : plan.lookups) {
    lookups_.push_back(std::make_unique<Lookup>(plan, lookup, connections, run, budget));
  }
}

ColumnPtr Lookups::look_up(std::size_t lookup, std::size_t part, std::span<const ColumnPtr> keys,
                           KernelContext& context) const {
  const Lookup& table = *lookups_[lookup];
  return found_entries(table.find(*keys.front(), part, context), *keys.front(), table.plan().parts[part].type,
                       table.plan().name + " has no entry for", context);
}

ColumnPtr Lookups::key_of(std::size_t lookup, const ColumnPtr& values, KernelContext& context) const {
  const Lookup& table = *lookups_[lookup];
  const Type type = table.plan().key ? table.plan().key->type : Type::text;
  return found_entries(table.find_keys(*values, context), *values, type,
                       fmt::format("no entry of {} has the value", table.plan().name), context);
}

ColumnPtr Lookups::has_entry(std::size_t lookup, std::span<const ColumnPtr> keys, KernelContext& context) const {
  const auto found = lookups_[lookup]->find(*keys.front(), 0, context);
  std::vector<bool> known(context.rows);
  std::vector<bool> holds(context.rows);
  for (std::size_t row = 0; row < context.rows; ++row) {
    known[row] = context.is_active(row) && !keys.front()->is_null(row);
    holds[row] = found[row] != nullptr;
  }
  return truth(known, holds);
}

std::vector<Diagnostic> Lookups::faults() const {
  std::vector<Diagnostic> faults;
  for (const auto& lookup : lookups_) {
    if (lookup->fault()) faults.push_back(*lookup->fault());
  }
  ConstantReferences references{*this};
  for (const plan::NodePtr& node : plan_.constant_lookups) {
    Arena arena;
    plan::Evaluator evaluator{{}, 1, arena, run_, &references, nullptr};
    const plan::Evaluated value = evaluator.evaluate(node);
    if (!value.failures || value.failures->empty()) continue;
    faults.push_back(
        {403, node->at, value.failures->front().reason, "add the entry, or write try(...) where it may be missing"});
  }
  return faults;
}

std::vector<Diagnostic> lookup_faults(const plan::Plan& plan, Connections& connections, Instant now) {
  converters::RunContext run;
  if (!plan.tables.empty()) run = plan.tables.front().context;
  run.now = now;
  MemoryBudget budget{static_cast<std::size_t>(plan.settings.memory)};
  return Lookups{plan, connections, run, budget}.faults();
}

ColumnPtr truth(const std::vector<bool>& known, const std::vector<bool>& holds) {
  auto out = std::make_shared<Column>(Type::boolean, known.size());
  for (std::size_t row = 0; row < known.size(); ++row) {
    out->values<bool>()[row] = holds[row];
    if (!known[row]) out->set_null(row);
  }
  return out;
}

}  // namespace etl::run
