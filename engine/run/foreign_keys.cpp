#include "engine/run/foreign_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "engine/base/error.h"
#include "engine/run/columns.h"

namespace etl::run {

namespace {

struct KeyHash {
  std::size_t operator()(const Key128& key) const {
    return static_cast<std::size_t>(key.low ^ key.high * 0x9E3779B97F4A7C15ULL);
  }
};

}  // namespace

// Keys that the database is known to hold, so that it is asked once; forgotten when there are too many.
struct ForeignKeys::Known {
  std::unordered_set<Key128, KeyHash> keys;
  static constexpr std::size_t kMost = 100'000;
};

ForeignKeys::ForeignKeys(RunState& state, TableState& table, Finisher& finisher, const Visibility& visibility)
    : state_{state}, table_{table}, finisher_{finisher}, visibility_{visibility} {
  for (const plan::ForeignKeyPlan& key : table.plan->foreign_keys) {
    if (key.through_reference) continue;
    std::string names;
    for (const std::size_t field : key.fields) {
      if (!names.empty()) names += ", ";
      names += table.plan->fields[field].name;
    }
    names_.emplace_back(&key, std::move(names));
    if (key.parent && &state.tables[*key.parent] == &table) {
      if (key.effect != plan::Effect::reject) {
        throw Error{Error::Kind::schema,
                    fmt::format("{}: exists under warn: or abort: into the table itself is not available yet",
                                names_.back().second),
                    "write exists as a rule of the field"};
      }
      to_itself_.push_back(&key);
    } else {
      to_others_.emplace_back(&key, std::make_shared<Known>());
    }
  }
}

const std::string& ForeignKeys::field_names(const plan::ForeignKeyPlan& key) const {
  return std::ranges::find(names_, &key, &std::pair<const plan::ForeignKeyPlan*, std::string>::first)->second;
}

std::uint32_t ForeignKeys::order(const plan::ForeignKeyPlan& key) const {
  return static_cast<std::uint32_t>(*std::ranges::min_element(key.fields)) + 1;
}

ForeignKeyValues ForeignKeys::values(const FinishedBatch& batch, const plan::ForeignKeyPlan& key) const {
  ForeignKeyValues out;
  std::vector<KeyColumn> parts;
  for (std::size_t i = 0; i < key.fields.size(); ++i) {
    ColumnPtr column = batch.columns[key.fields[i]];
    const schema::Column* wanted = key.target == nullptr ? nullptr : key.target->column(key.target_columns[i]);
    if (wanted != nullptr && wanted->type.type != column->type() && wanted->type.type != Type::any) {
      if (const auto convert = converters::conversion(column->type(), wanted->type.type, table_.context)) {
        Failures failures;
        converters::KernelContext context{
            .arena = *batch.arena, .rows = batch.rows, .failures = failures, .run = table_.context};
        column = convert(std::span{&column, 1}, context);
      }
    }
    parts.push_back({column, wanted != nullptr && wanted->type.base == "bpchar"});
    out.columns.push_back(std::move(column));
  }
  out.keys = row_keys(parts, batch.rows);
  return out;
}

std::string ForeignKeys::reason(const plan::ForeignKeyPlan& key, const ForeignKeyValues& values, std::size_t row) {
  std::string wanted;
  for (std::size_t i = 0; i < key.target_columns.size(); ++i) {
    if (!wanted.empty()) wanted += ", ";
    wanted += key.target_columns[i] + " " + quote_for_message(to_text(values.columns[i]->at(row)));
  }
  return fmt::format("{} has no row with {}", key.table, wanted);
}

void ForeignKeys::check(FinishedBatch& batch) {
  for (const auto& [key, known] : to_others_) check(batch, *key, *known);
}

// The parent's keys in this run; nullptr when only the database can compare them.
KeyIndex* ForeignKeys::index_of(const plan::ForeignKeyPlan& key) const {
  if (!key.parent) return nullptr;
  for (const std::string& name : key.target_columns) {
    const schema::Column* column = key.target == nullptr ? nullptr : key.target->column(name);
    if (column != nullptr && !column->client_compares) return nullptr;
  }
  const TableState& parent = state_.tables[*key.parent];
  const auto fields = parent.fields_of(key.target_columns);
  return fields ? parent.index(*fields) : nullptr;
}

void ForeignKeys::check(FinishedBatch& batch, const plan::ForeignKeyPlan& key, Known& known) {
  const TableState* parent = key.parent ? &state_.tables[*key.parent] : nullptr;
  // A parent that is loaded later, or of which nothing is known: the database judges.
  if ((parent != nullptr && !parent->complete) || (parent == nullptr && key.target == nullptr)) return;
  const ForeignKeyValues values = this->values(batch, key);
  KeyIndex* index = index_of(key);
  std::vector<std::uint32_t> missing;
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    if (!batch.active.test(row) || !values.keys.has(row)) continue;
    if (index == nullptr || !index->keys.contains(values.keys.keys[row])) missing.push_back(row);
  }
  if (missing.empty()) return;
  if (key.target != nullptr && (index == nullptr || parent->ask_database)) ask_database(key, values, known, missing);
  const std::string text = fmt::format("exists: {}", key.table);
  for (const std::uint32_t row : missing) {
    finisher_.judge(batch, key.effect,
                    {row, order(key), field_names(key), "exists", reason(key, values, row), hidden(key)}, text);
  }
}

void ForeignKeys::ask_database(const plan::ForeignKeyPlan& key, const ForeignKeyValues& values, Known& known,
                               std::vector<std::uint32_t>& missing) {
  std::erase_if(missing, [&](std::uint32_t row) { return known.keys.contains(values.keys.keys[row]); });
  std::unordered_set<Key128, KeyHash> asked;
  std::vector<std::uint32_t> rows;
  for (const std::uint32_t row : missing) {
    if (asked.insert(values.keys.keys[row]).second) rows.push_back(row);
  }
  if (rows.empty()) return;
  std::vector<ColumnPtr> columns;
  for (const ColumnPtr& column : values.columns) columns.push_back(pick(*column, rows));
  const auto found = table_.target->find(*key.target, key.target_columns, columns);
  if (known.keys.size() > Known::kMost) known.keys.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (found[i]) known.keys.insert(values.keys.keys[rows[i]]);
  }
  std::erase_if(missing, [&](std::uint32_t row) { return known.keys.contains(values.keys.keys[row]); });
}

}  // namespace etl::run
