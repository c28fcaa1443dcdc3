#include "engine/verify/expected_target.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "engine/run/columns.h"
#include "engine/run/row_keys.h"

namespace etl::verify {

// Values that the database has not made yet, and no row of the table holds.
static std::int64_t highest(const schema::Column& column) {
  if (column.type.base == "int2") return std::numeric_limits<std::int16_t>::max();
  if (column.type.base == "int8") return std::numeric_limits<std::int64_t>::max();
  return std::numeric_limits<std::int32_t>::max();
}

// Whether these are the columns of the key by which the journal knows rows.
static bool is_key(const RowForm& rows, std::span<const std::string> columns) {
  if (rows.key().size() != columns.size()) return false;
  for (std::size_t part = 0; part < columns.size(); ++part) {
    if (rows.key_field(part).name != columns[part]) return false;
  }
  return true;
}

// Takes rows as the target's own writer would: its checks reject the same values.
class ExpectedWriter : public writers::TableWriter {
 public:
  ExpectedWriter(ExpectedTarget& target, TableCheck& check, std::unique_ptr<writers::TableWriter> live)
      : target_{target}, check_{check}, live_{std::move(live)} {}

  Result write(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) override {
    if (check_.updates()) {
      (void)check_.meet(columns, rows, target_.names_of(columns, rows), false);
    } else {
      check_.expect(columns, rows);
    }
    target_.see(columns, rows);
    return {.written = rows.size(), .refusal = {}, .dropped = {}};
  }

  Merged merge(const writers::MergeRequest&, std::span<const ColumnPtr> columns,
               std::span<const std::uint32_t> rows) override {
    return {.outcomes = check_.meet(columns, rows, target_.names_of(columns, rows), true), .refusal = {}};
  }

  void check(std::size_t column, const Column& values, Failures& failures) override {
    live_->check(column, values, failures);
  }

 private:
  ExpectedTarget& target_;
  TableCheck& check_;
  std::unique_ptr<writers::TableWriter> live_;
};

std::unique_ptr<writers::TableWriter> ExpectedTarget::open(const writers::WriteRequest& request) {
  current_table_ = request.table;
  current_ = &tables_.begin();
  exact_.clear();
  for (const schema::UniqueKey& key : request.table->unique_keys) {
    const bool compared = std::ranges::all_of(key.columns, [&](const std::string& name) {
      const schema::Column* column = request.table->column(name);
      return column != nullptr && column->client_compares;
    });
    if (compared) continue;
    Exact exact{.names = key.columns, .fields = {}, .keys = std::make_unique<run::KeySet>(space_)};
    for (const std::string& name : key.columns) {
      const auto place = std::ranges::find_if(
          request.columns, [&](std::size_t column) { return request.table->columns[column].name == name; });
      if (place != request.columns.end())
        exact.fields.push_back(static_cast<std::size_t>(place - request.columns.begin()));
    }
    if (exact.fields.size() == key.columns.size()) exact_.push_back(std::move(exact));
  }
  writers::WriteRequest checks = request;
  checks.journal = nullptr;
  return std::make_unique<ExpectedWriter>(*this, *current_, live_.open(checks));
}

// The target says which of its rows these are, by the key that they meet.
std::vector<ColumnPtr> ExpectedTarget::names_of(std::span<const ColumnPtr> columns,
                                                std::span<const std::uint32_t> rows) {
  const RowForm& names = current_->keys();
  const plan::TablePlan& plan = current_->plan();
  const auto key = std::ranges::find(plan.unique, true, &plan::UniquePlan::is_key);
  if (!names.has_key() || key == plan.unique.end() || rows.empty()) return {};
  std::vector<std::string> by;
  std::vector<ColumnPtr> keys;
  for (const std::size_t field : key->fields) {
    by.push_back(plan.fields[field].name);
    keys.push_back(run::pick(*columns[field], rows));
  }
  std::vector<std::string> wanted;
  std::vector<Type> types;
  for (std::size_t part = 0; part < names.key().size(); ++part) {
    wanted.push_back(names.key_field(part).name);
    types.push_back(names.key_field(part).type);
  }
  names_arena_ = std::make_unique<Arena>();
  return live_.fetch(*current_table_, by, keys, wanted, types, *names_arena_);
}

bool ExpectedTarget::is_empty(const schema::Table& table) {
  TableCheck* const next = tables_.next();
  return next != nullptr ? next->was_empty() : live_.is_empty(table);
}

void ExpectedTarget::see(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) {
  for (Exact& exact : exact_) {
    std::vector<run::KeyColumn> key;
    for (const std::size_t field : exact.fields) key.push_back({columns[field]});
    const run::RowKeys keys = run::row_keys(key, columns[exact.fields.front()]->size());
    for (const std::uint32_t row : rows) {
      if (keys.has(row)) exact.keys->insert(keys.keys[row]);
    }
  }
}

std::vector<bool> ExpectedTarget::find(const schema::Table& table, std::span<const std::string> columns,
                                       std::span<const ColumnPtr> keys) {
  if (current_ == nullptr || current_table_ != &table) return live_.find(table, columns, keys);
  const auto by_database =
      std::ranges::find_if(exact_, [&](const Exact& exact) { return std::ranges::equal(exact.names, columns); });
  if (by_database == exact_.end()) return find_own(table, columns, keys);
  std::vector<bool> found = live_.find(table, columns, keys);
  if (std::ranges::find(found, true) == found.end()) return found;
  return were_there_by_database(table, columns, keys, std::move(found));
}

// Rows that the journal is known to tell of need not be looked for.
std::vector<bool> ExpectedTarget::find_own(const schema::Table& table, std::span<const std::string> columns,
                                           std::span<const ColumnPtr> keys) {
  RowForm& rows = current_->keys();
  std::vector<bool> found(keys.front()->size());
  if (current_->was_empty() || !rows.has_key()) return found;
  std::vector<std::uint32_t> unknown(found.size());
  std::iota(unknown.begin(), unknown.end(), 0U);
  if (is_key(rows, columns)) {
    std::vector<run::Key128> names;
    for (const std::uint32_t row : unknown) names.push_back(rows.key_of(keys, row, live_));
    const std::vector<bool> inserted = current_->inserted(names);
    std::erase_if(unknown, [&](std::uint32_t row) { return inserted[row]; });
    if (unknown.empty()) return found;
  }
  std::vector<ColumnPtr> asked;
  for (const ColumnPtr& key : keys) asked.push_back(run::pick(*key, unknown));
  std::vector<bool> there = live_.find(table, columns, asked);
  if (std::ranges::find(there, true) != there.end()) there = were_there(table, columns, asked, std::move(there));
  for (std::size_t place = 0; place < unknown.size(); ++place) found[unknown[place]] = there[place];
  return found;
}

// Not the rows that the run wrote, which stand in the target by now.
std::vector<bool> ExpectedTarget::were_there(const schema::Table& table, std::span<const std::string> columns,
                                             std::span<const ColumnPtr> keys, std::vector<bool> found) {
  RowForm& rows = current_->keys();
  if (current_->was_empty() || !rows.has_key()) return std::vector<bool>(found.size(), false);
  std::vector<std::string> wanted;
  std::vector<Type> types;
  for (std::size_t part = 0; part < rows.key().size(); ++part) {
    wanted.push_back(rows.key_field(part).name);
    types.push_back(rows.key_field(part).type);
  }
  Arena arena;
  const auto values = live_.fetch(table, columns, keys, wanted, types, arena);
  for (std::size_t row = 0; row < found.size(); ++row) {
    if (found[row]) found[row] = current_->was_there(rows.key_of(values, static_cast<std::uint32_t>(row), live_));
  }
  return found;
}

// The target holds one of several spellings: that row is the one with its spelling, the others have met it.
std::vector<bool> ExpectedTarget::were_there_by_database(const schema::Table& table,
                                                         std::span<const std::string> columns,
                                                         std::span<const ColumnPtr> keys, std::vector<bool> found) {
  const auto exact =
      std::ranges::find_if(exact_, [&](const Exact& one) { return std::ranges::equal(one.names, columns); });
  const std::vector<std::string> wanted{columns.begin(), columns.end()};
  std::vector<Type> types;
  std::vector<run::KeyColumn> asked;
  for (const ColumnPtr& key : keys) {
    types.push_back(key->type());
    asked.push_back({key});
  }
  Arena arena;
  std::vector<run::KeyColumn> held;
  for (ColumnPtr& column : live_.fetch(table, columns, keys, wanted, types, arena)) held.push_back({std::move(column)});
  const std::vector<bool> before = were_there(table, columns, keys, found);
  const run::RowKeys own = run::row_keys(asked, found.size());
  const run::RowKeys there = run::row_keys(held, found.size());
  for (std::size_t row = 0; row < found.size(); ++row) {
    if (!found[row]) continue;
    const bool same = own.has(row) && there.has(row) && own.keys[row] == there.keys[row];
    found[row] = before[row] || !same || exact->keys->contains(own.keys[row]);
  }
  return found;
}

ColumnPtr ExpectedTarget::make_defaults(const schema::Table& table, const schema::Column& column, std::size_t count,
                                        Arena& arena) {
  tables_.made(column.name);
  auto made = std::make_shared<Column>(column.type.type, count);
  std::uint64_t& counter = counters_[table.name + "." + column.name];
  for (std::size_t row = 0; row < count; ++row) {
    const std::uint64_t number = ++counter;
    Uuid uuid;
    std::memcpy(uuid.bytes.data(), &number, sizeof number);
    switch (column.type.type) {
      case Type::integer:
        made->set(row, highest(column) - static_cast<std::int64_t>(number));
        break;
      case Type::uuid:
        made->set(row, uuid);
        break;
      case Type::text:
        made->set(row, arena.copy("etl-" + std::to_string(number)));
        break;
      default:
        return live_.make_defaults(table, column, count, arena);
    }
  }
  return made;
}

}  // namespace etl::verify
