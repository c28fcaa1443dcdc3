#include "engine/verify/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ledger/text.h"
#include "engine/run/columns.h"
#include "engine/stores/cell.h"

namespace etl::verify {

namespace {

// As the ID map holds a source key: canonical text; of several columns a compact JSON array of texts.
std::string source_key_text(std::span<const ColumnPtr> keys, std::size_t row) {
  if (keys.size() == 1) return to_text(keys[0]->at(row));
  std::string out = "[";
  for (const ColumnPtr& key : keys) {
    if (out.size() > 1) out += ',';
    append_json_string(to_text(key->at(row)), out);
  }
  return out + "]";
}

std::vector<stores::SqlRow> read_id_map(stores::SqlSession& session, const Uuid& run, const std::string& table,
                                        std::int64_t after, std::string_view columns, int limit) {
  const std::vector<std::pair<std::string, Value>> parameters = {
      {"run", run}, {"name", std::string_view{table}}, {"after", after}};
  return session.read(fmt::format("SELECT {} FROM {} WHERE run = $run AND name = $name AND step > $after ORDER BY step LIMIT {}",
                                  columns, ledger::table_name(session.dialect(), "id_map"), limit),
                      parameters);
}

}  // namespace

bool has_id_map(stores::SqlSession& session, const Uuid& run, const std::string& table) {
  return !read_id_map(session, run, table, -1, "1", 1).empty();
}

Rehearsal::Rehearsal(const plan::Plan& plan, run::Connections& live, run::KeySpace& space,
                     const std::vector<std::unique_ptr<TableCheck>>& checks,
                     const std::vector<std::vector<FieldOrigin>>& origins, Occasion occasion)
    : plan_{plan}, live_{live}, space_{space}, checks_{checks}, origins_{origins}, occasion_{occasion} {}

writers::Target& Rehearsal::target(std::size_t connection) {
  auto& target = targets_[connection];
  if (!target) {
    ExpectedTarget::Tables tables;
    tables.next = [this]() -> TableCheck* {
      const auto next = next_table();
      return next ? checks_[*next].get() : nullptr;
    };
    tables.begin = [this]() -> TableCheck& {
      const auto next = next_table();
      end_table();
      current_ = next;
      checks_[*current_]->begin();
      return *checks_[*current_];
    };
    tables.made = [this](const std::string& column) {
      const auto& fields = plan_.tables[*current_].fields;
      const auto field = std::ranges::find(fields, column, &plan::FieldPlan::name);
      if (field->value) filled_.emplace(*current_, static_cast<std::size_t>(field - fields.begin()));
    };
    target = std::make_unique<ExpectedTarget>(live_.target(connection), space_, std::move(tables));
  }
  return *target;
}

// The run loads tables in the order of the plan.
std::optional<std::size_t> Rehearsal::next_table() const {
  for (std::size_t i = current_ ? *current_ + 1 : 0; i < plan_.tables.size(); ++i) {
    if (plan_.tables[i].selected) return i;
  }
  return std::nullopt;
}

void Rehearsal::end_table() {
  if (current_) checks_[*current_]->end();
}

void Rehearsal::pass() {
  run::RunOptions options;
  options.thresholds = false;
  options.limits = false;
  options.keep_rejects = 0;
  options.started = occasion_.started;
  options.run_id = occasion_.run;
  options.interrupt = occasion_.interrupt;
  options.batch = occasion_.batch;
  options.recall = this;
  current_.reset();
  const report::Report report = run::run(plan_, *this, options);
  seals_->clear();
  if (report.state == report::State::interrupted) {
    throw Error{Error::Kind::environment, "interrupted", "start it again: a verification keeps nothing"};
  }
  if (report.failure) throw Error{report.failure->kind, report.failure->message, report.failure->remedy};
  end_table();
  current_.reset();
  for (const report::Table& table : report.tables) rejected_[table.name] = table.counts.rejected;
}

std::uint64_t Rehearsal::rejected(std::size_t table) const {
  const auto found = rejected_.find(plan_.tables[table].name);
  return found == rejected_.end() ? 0 : found->second;
}

// ---- what only the first run knew

std::size_t Rehearsal::index_of(const plan::TablePlan& table) const {
  return static_cast<std::size_t>(&table - plan_.tables.data());
}

bool Rehearsal::knows(const plan::TablePlan& table) {
  return std::ranges::any_of(origins_[index_of(table)], [](const FieldOrigin& field) {
    return field.origin == Origin::password || field.origin == Origin::keyed;
  });
}

void Rehearsal::recall(const plan::TablePlan& table, std::span<const ColumnPtr> source_keys, Arena& arena,
                       std::vector<ColumnPtr>& columns) {
  const std::size_t index = index_of(table);
  // Keys first: passwords are looked for by them.
  for (std::size_t field = 0; field < columns.size(); ++field) {
    if (origins_[index][field].origin == Origin::keyed) recall_keys(index, field, source_keys, arena, columns);
  }
  for (std::size_t field = 0; field < columns.size(); ++field) {
    if (origins_[index][field].origin == Origin::password) recall_passwords(index, field, arena, columns);
  }
  seals_->clear();
}

// A row without an entry was not written by the run; its key stays the one that was just made, which nobody has.
void Rehearsal::recall_keys(std::size_t table, std::size_t field, std::span<const ColumnPtr> source_keys, Arena& arena,
                            std::vector<ColumnPtr>& columns) {
  run::KeyMap& map = id_map(table);
  auto known = run::copy(*columns[field]);
  for (std::size_t row = 0; row < known->size(); ++row) {
    const auto value = map.find(hash_of(source_key_text(source_keys, row)), arena);
    if (value) known->set(row, *value);
  }
  columns[field] = std::move(known);
}

run::KeyMap& Rehearsal::id_map(std::size_t table) {
  auto& map = id_maps_[table];
  if (map) return *map;
  const plan::TablePlan& plan = plan_.tables[table];
  const Type type = plan.fields[plan.key_field].type;
  map = std::make_unique<run::KeyMap>(space_, type);
  stores::SqlSession& session = live_.target(plan.connection);
  for (std::int64_t after = -1;;) {
    constexpr int kPieces = 8;
    const auto rows = read_id_map(session, *occasion_.run, plan.name, after, "step, source_keys, target_keys", kPieces);
    if (rows.empty()) return *map;
    for (const stores::SqlRow& row : rows) {
      const auto from = ledger::read_array(session.dialect(), row[1].value_or(""));
      const auto to = ledger::read_array(session.dialect(), row[2].value_or(""));
      for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i) {
        Arena arena;
        Column one{type, 1};
        if (!stores::set_from_text(one, 0, to[i], arena)) map->insert(hash_of(from[i]), one.at(0));
      }
    }
    after = ledger::read_integer(rows.back()[0]);
  }
}

void Rehearsal::recall_passwords(std::size_t table, std::size_t field, Arena& arena, std::vector<ColumnPtr>& columns) {
  const plan::TablePlan& plan = plan_.tables[table];
  const RowForm& rows = checks_[table]->rows();
  std::vector<std::string> names;
  std::vector<ColumnPtr> keys;
  std::vector<std::size_t> key = rows.key();
  const auto met = std::ranges::find(plan.unique, true, &plan::UniquePlan::is_key);
  if (plan.updates() && met != plan.unique.end()) key = met->fields;
  for (const std::size_t part : key) {
    names.push_back(plan.fields[part].name);
    keys.push_back(columns[part]);
  }
  const std::vector<std::string> wanted{plan.fields[field].name};
  const std::vector<Type> types{Type::text};
  const ColumnPtr stored = live_.target(plan.connection).fetch(*plan.target, names, keys, wanted, types, arena).front();
  auto known = run::copy(*columns[field]);
  for (std::size_t row = 0; row < known->size(); ++row) {
    if (known->is_null(row)) continue;
    const auto password = seals_->open(known->values<std::string_view>()[row]);
    if (!password) continue;  // A hash that the mapping keeps.
    const std::string_view hash = stored->is_null(row) ? "" : stored->values<std::string_view>()[row];
    const bool same = converters::is_hash_of(hash, *password);
    known->values<std::string_view>()[row] = same ? hash : "(a hash of the source's password)";
  }
  columns[field] = std::move(known);
}

}  // namespace etl::verify
