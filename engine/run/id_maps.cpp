#include "engine/run/id_maps.h"

#include <fmt/format.h>

#include "engine/ledger/ledger.h"
#include "engine/ledger/text.h"
#include "engine/run/row_keys.h"
#include "engine/stores/cell.h"

namespace etl::run {

namespace {

std::vector<std::string> parts_of(const std::string& key, std::size_t columns) {
  if (columns == 1) return {key};
  return ledger::read_array(schema::Dialect::sqlite, key);  // A JSON array.
}

// The types of a table's source key, as the judge takes them.
std::vector<Type> key_types(const TableState& table) {
  std::vector<Type> types;
  for (std::size_t i = 0; i < table.source->key.size(); ++i) {
    const bool wanted = i < table.plan->source_key_types.size() && table.plan->source_key_types[i] != Type::any;
    types.push_back(wanted ? table.plan->source_key_types[i]
                           : table.source->request.columns[table.source->key[i]].type);
  }
  if (types.empty()) types.push_back(Type::integer);  // Rows known by their number.
  return types;
}

}  // namespace

std::string source_key_text(std::span<const ColumnPtr> key, std::size_t row) {
  if (key.size() == 1) return to_text(key[0]->at(row));
  std::string out;
  for (const ColumnPtr& column : key) {
    out += out.empty() ? '[' : ',';
    append_json_string(to_text(column->at(row)), out);
  }
  return out + ']';
}

void keep_ids(RunState& state, const TableState& table, std::span<const IdPair> pairs) {
  if (!state.options.ledger || pairs.empty()) return;
  const schema::Dialect dialect = table.target->dialect();
  std::vector<std::string> sources;
  std::vector<std::string> targets;
  for (const IdPair& pair : pairs) {
    sources.push_back(pair.source);
    targets.push_back(pair.target);
  }
  const std::string source_keys = ledger::array_text(dialect, sources);
  const std::string target_keys = ledger::array_text(dialect, targets);
  const std::vector<std::pair<std::string, Value>> parameters = {
      {"run", state.options.run_id.value_or(Uuid{})}, {"mapping", std::string_view{state.plan.name}},
      {"name", std::string_view{table.plan->name}},   {"step", static_cast<std::int64_t>(++state.step)},
      {"source_keys", std::string_view{source_keys}}, {"target_keys", std::string_view{target_keys}}};
  table.target->change(fmt::format("INSERT INTO {} (run, mapping, name, step, source_keys, target_keys) VALUES ($run, "
                                   "$mapping, $name, $step, $source_keys, $target_keys)",
                                   ledger::table_name(dialect, "id_map")),
                       parameters);
}

void read_ids(const RunState& state, TableState& table) {
  if (!table.ids) return;
  const schema::Dialect dialect = table.target->dialect();
  const std::vector<std::pair<std::string, Value>> parameters = {{"run", state.options.run_id.value_or(Uuid{})},
                                                                 {"name", std::string_view{table.plan->name}}};
  const std::vector<Type> types = key_types(table);
  const Type target_type = table.plan->fields[table.plan->key_field].type;
  for (const auto& packed :
       table.target->read(fmt::format("SELECT source_keys, target_keys FROM {} WHERE run = $run AND name = $name ORDER BY step",
                                      ledger::table_name(dialect, "id_map")),
                          parameters)) {
    Arena arena;
    const auto sources = ledger::read_array(dialect, packed[0].value_or(""));
    const auto targets = ledger::read_array(dialect, packed[1].value_or(""));
    std::vector<std::shared_ptr<Column>> keys;
    for (const Type type : types) keys.push_back(std::make_shared<Column>(type, sources.size()));
    Column values{target_type, targets.size()};
    for (std::size_t row = 0; row < sources.size(); ++row) {
      const auto parts = parts_of(sources[row], types.size());
      for (std::size_t part = 0; part < keys.size() && part < parts.size(); ++part) {
        stores::set_from_text(*keys[part], row, parts[part], arena);
      }
      stores::set_from_text(values, row, targets[row], arena);
    }
    std::vector<KeyColumn> columns;
    for (const auto& key : keys) columns.push_back({key});
    const RowKeys hashed = row_keys(columns, sources.size());
    for (std::size_t row = 0; row < sources.size(); ++row) table.ids->insert(hashed.keys[row], values.at(row));
  }
}

}  // namespace etl::run
