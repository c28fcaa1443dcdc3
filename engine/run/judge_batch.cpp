// What the judge learns of a batch as a whole: its keys, and what the database answers about them.
#include <algorithm>

#include "engine/run/columns.h"
#include "engine/run/fold.h"
#include "engine/run/judge.h"
#include "engine/run/source_keys.h"

namespace etl::run {

Judge::Judge(RunState& state, TableState& table, ForeignKeys& foreign_keys, HeldRows& held,
             const Visibility& visibility, const RowPrinter& printer)
    : state_{state},
      table_{table},
      foreign_keys_{foreign_keys},
      held_{held},
      visibility_{visibility},
      printer_{printer},
      keeps_ids_{table.ids != nullptr && !table.plan->recompute_key} {
  add_uniques();
  add_links();
}

void Judge::add_uniques() {
  const bool updates = table_.plan->updates();
  const bool meets = updates || table_.plan->on_conflict == spec::OnConflict::skip;
  for (const plan::UniquePlan& plan : table_.plan->unique) {
    Unique unique{.plan = &plan};
    for (const std::size_t field : plan.fields) {
      unique.names += (unique.names.empty() ? "" : ", ") + table_.plan->fields[field].name;
    }
    unique.hidden = visibility_.hides_any(plan.fields);
    unique.number = uniques_.size();
    unique.meets = plan.is_key && meets;
    unique.changes = updates && plan.may_change && !plan.is_key;
    unique.may_be_null = plan.is_key && std::ranges::any_of(plan.fields, [this](std::size_t field) {
                           return !table_.plan->fields[field].required && !table_.plan->fields[field].from_default;
                         });
    for (std::size_t i = 0; i < table_.indexes.size(); ++i) {
      const KeyIndex& index = *table_.indexes[i];
      if (!plan.implied && plan.client_compares && index.fields == plan.fields &&
          index.nulls_are_equal == plan.nulls_not_distinct) {
        unique.index = i;
      }
    }
    const bool is_target_key = plan.fields == std::vector{table_.plan->key_field} && plan.client_compares;
    if (unique.meets && table_.ids && !is_target_key) {
      unique.met = std::make_unique<KeyMap>(state_.space, table_.plan->fields[table_.plan->key_field].type);
    }
    uniques_.push_back(std::move(unique));
  }
}

void Judge::add_links() {
  const auto index_of = [this](const std::vector<std::size_t>& fields) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < table_.indexes.size(); ++i) {
      if (table_.indexes[i]->fields == fields && !table_.indexes[i]->nulls_are_equal) return i;
    }
    return std::nullopt;
  };
  for (std::size_t field = 0; field < table_.plan->fields.size(); ++field) {
    if (table_.plan->fields[field].self_reference.empty()) continue;
    Link link{.field = field, .reference = nullptr};
    if (table_.plan->recompute_key) link.index = index_of({table_.plan->key_field});
    links_.push_back(std::move(link));
  }
  for (const plan::ForeignKeyPlan* key : foreign_keys_.to_itself()) {
    const auto fields = table_.fields_of(key->target_columns);
    if (!fields) continue;  // The database makes those columns, and judges the key.
    links_.push_back({.foreign_key = key, .index = index_of(*fields), .reference = nullptr});
  }
}

void Judge::take(FinishedBatch& batch, bool has_rows) {
  batch_ = &batch;
  verdicts_.assign(batch.rows, Verdict::open);
  mapped_ = table_.ids ? Bitmap(batch.rows) : Bitmap{};
  merges_ = Bitmap(batch.rows);
  changes_.clear();
  alone_.reset();
  reasons_.clear();
  held_here_.clear();
  fresh_.clear();
  met_.clear();
  index_keys_.clear();
  for (const auto& index : table_.indexes) index_keys_.push_back(index_keys_of(*index));
  take_source_keys();
  take_names();
  ask_uniques(has_rows);
  take_links();
}

// A reference to the table itself may not be known yet: the parent's source key stands for it.
std::vector<KeyColumn> Judge::key_columns(const std::vector<std::size_t>& fields) const {
  std::vector<KeyColumn> columns;
  for (const std::size_t field : fields) {
    const auto reference = std::ranges::find(batch_->self_references, field, &SelfReference::field);
    if (reference == batch_->self_references.end() || table_.plan->recompute_key) {
      columns.push_back(table_.key_column(field, batch_->columns[field]));
    } else {
      for (const ColumnPtr& key : reference->keys) columns.push_back({key});
    }
  }
  return columns;
}

RowKeys Judge::index_keys_of(const KeyIndex& index) const {
  RowKeys keys = row_keys(key_columns(index.fields), batch_->rows, index.nulls_are_equal);
  for (const std::size_t field : index.fields) {
    const Bitmap& failed = batch_->failed[field];
    if (failed.size() == 0) continue;
    if (!keys.any_null) keys.nulls = Bitmap(batch_->rows);
    keys.any_null = true;
    for (std::size_t row = 0; row < batch_->rows; ++row) {
      if (failed.test(row)) keys.nulls.set(row);
    }
  }
  return keys;
}

void Judge::take_source_keys() {
  source_keys_.reset();
  if (!table_.ids) return;
  std::vector<KeyColumn> columns;
  for (ColumnPtr& column : source_key_columns(table_, *batch_)) columns.push_back({std::move(column)});
  source_keys_ = row_keys(columns, batch_->rows);
  source_key_columns_.clear();
  for (const KeyColumn& column : columns) source_key_columns_.push_back(column.column);
}

std::vector<IdPair> Judge::mapped() const {
  std::vector<IdPair> pairs;
  if (!table_.ids) return pairs;
  Arena arena;
  for (std::uint32_t row = 0; row < batch_->rows; ++row) {
    const Verdict verdict = verdicts_[row];
    const bool is_there = verdict == Verdict::good || verdict == Verdict::updated || verdict == Verdict::unchanged ||
                          verdict == Verdict::skipped;
    if (!mapped_.test(row) || !is_there) continue;
    if (const auto target = table_.ids->find(source_keys_->keys[row], arena)) {
      pairs.push_back({source_key_text(source_key_columns_, row), to_text(*target)});
    }
  }
  return pairs;
}

const Judge::Unique* Judge::key_unique() const {
  const auto found = std::ranges::find_if(uniques_, [](const Unique& unique) { return unique.plan->is_key; });
  return found == uniques_.end() ? nullptr : &*found;
}

// Texts in lower case where only the database can compare: values that it may find equal are then equal.
std::vector<KeyColumn> Judge::folded(std::vector<KeyColumn> columns) const {
  for (KeyColumn& key : columns) {
    if (key.column->type() == Type::text) key.column = lower_case(key.column, *batch_->arena, table_.context);
  }
  return columns;
}

RowKeys Judge::keys_by(const Unique& unique, std::vector<KeyColumn> columns, std::size_t rows) const {
  if (!unique.plan->client_compares) columns = folded(std::move(columns));
  return row_keys(columns, rows, unique.plan->nulls_not_distinct);
}

void Judge::take_names() {
  names_ = {};
  const Unique* key = key_unique();
  if (!table_.plan->updates() || key == nullptr) return;
  names_ = keys_by(*key, key_columns(key->plan->fields), batch_->rows);
}

void Judge::fold_keys(Unique& unique) const {
  std::vector<KeyColumn> exact = key_columns(unique.plan->fields);
  unique.exact = row_keys(exact, batch_->rows);
  unique.folded = row_keys(folded(std::move(exact)), batch_->rows);
  unique.written_folded.clear();
  unique.known.clear();
}

// Where the table held rows before, or where only the database can compare, it says which keys are taken.
void Judge::ask_uniques(bool has_rows) {
  const plan::FieldPlan* key_field = table_.ids ? &table_.plan->fields[table_.plan->key_field] : nullptr;
  for (Unique& unique : uniques_) {
    unique.in_database.clear();
    unique.met_in_database.reset();
    if (!unique.plan->client_compares) fold_keys(unique);
    if (!table_.ask_database && (unique.plan->client_compares || !has_rows)) continue;
    std::vector<std::string> names;
    std::vector<ColumnPtr> columns;
    for (const std::size_t field : unique.plan->fields) {
      names.push_back(table_.plan->fields[field].name);
      columns.push_back(batch_->columns[field]);
    }
    unique.in_database = table_.target->find(*table_.plan->target, names, columns);
    const bool met = std::ranges::find(unique.in_database, true) != unique.in_database.end();
    const bool is_target_key = unique.meets && !unique.met && unique.plan->client_compares;
    if (!met || !unique.meets || key_field == nullptr || is_target_key) continue;
    const std::vector<std::string> wanted{key_field->name};
    const std::vector<Type> types{key_field->type};
    unique.met_in_database =
        table_.target->fetch(*table_.plan->target, names, columns, wanted, types, *batch_->arena).front();
  }
  for (Unique& unique : uniques_) {
    if (unique.changes) ask_claims(unique);
  }
}

bool Judge::may_be_there(const Unique& unique, std::uint32_t row) const {
  if (!unique.in_database.empty() && unique.in_database[row]) return true;
  if (!unique.index || !index_keys_[*unique.index].has(row)) return false;
  return table_.indexes[*unique.index]->keys.contains(index_keys_[*unique.index].keys[row]);
}

// What rows of the target hold now that this batch meets, and whose the values are that it brings.
void Judge::ask_claims(Unique& unique) {
  unique.claims.clear();
  unique.moved.clear();
  unique.values = keys_by(unique, key_columns(unique.plan->fields), batch_->rows);
  const Unique& key = *key_unique();
  std::vector<std::uint32_t> met;
  std::vector<std::uint32_t> taken;
  for (std::uint32_t row = 0; row < batch_->rows; ++row) {
    if (!batch_->active.test(row)) continue;
    if (has_name(row) && may_be_there(key, row)) met.push_back(row);
    if (unique.values.has(row) && may_be_there(unique, row)) taken.push_back(row);
  }
  if (!met.empty()) {
    const RowKeys held = keys_by(unique, fetch(*key.plan, met, *unique.plan), met.size());
    for (std::size_t i = 0; i < met.size(); ++i) {
      if (held.has(i)) unique.claims.add(names_.keys[met[i]], held.keys[i]);
    }
  }
  if (!taken.empty()) {
    const RowKeys holders = keys_by(key, fetch(*unique.plan, taken, *key.plan), taken.size());
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (holders.has(i)) unique.claims.add(holders.keys[i], unique.values.keys[taken[i]]);
    }
  }
}

// The columns of one unique key in the target's rows that another one finds.
std::vector<KeyColumn> Judge::fetch(const plan::UniquePlan& by, const std::vector<std::uint32_t>& rows,
                                    const plan::UniquePlan& wanted) const {
  std::vector<std::string> names;
  std::vector<ColumnPtr> keys;
  for (const std::size_t field : by.fields) {
    names.push_back(table_.plan->fields[field].name);
    keys.push_back(pick(*batch_->columns[field], rows));
  }
  std::vector<std::string> columns;
  std::vector<Type> types;
  for (const std::size_t field : wanted.fields) {
    columns.push_back(table_.plan->fields[field].name);
    types.push_back(table_.plan->fields[field].type);
  }
  const auto found = table_.target->fetch(*table_.plan->target, names, keys, columns, types, *batch_->arena);
  std::vector<KeyColumn> out;
  for (std::size_t i = 0; i < found.size(); ++i) out.push_back(table_.key_column(wanted.fields[i], found[i]));
  return out;
}

void Judge::piece_is_written() {
  fresh_.clear();
  for (Unique& unique : uniques_) unique.claims.piece_is_written();
}

void Judge::take_links() {
  link_values_.clear();
  for (Link& link : links_) {
    link.in_database.clear();
    std::vector<std::string> names;
    std::vector<ColumnPtr> columns;
    if (link.foreign_key != nullptr) {
      link.values = foreign_keys_.values(*batch_, *link.foreign_key);
      link.parents = link.values.keys;
      names = link.foreign_key->target_columns;
      columns = link.values.columns;
    } else {
      const auto reference = std::ranges::find(batch_->self_references, link.field, &SelfReference::field);
      link.reference = &*reference;
      std::vector<KeyColumn> keys;
      for (const ColumnPtr& key : reference->keys) keys.push_back({key});
      link.parents = row_keys(keys, batch_->rows);
      link_values_.push_back(copy(*batch_->columns[link.field]));
      if (!table_.plan->recompute_key) continue;
      link.computed =
          row_keys(std::vector{table_.key_column(table_.plan->key_field, batch_->columns[link.field])}, batch_->rows);
      names = {table_.plan->fields[table_.plan->key_field].name};
      columns = {batch_->columns[link.field]};
    }
    if (table_.ask_database) link.in_database = table_.target->find(*table_.plan->target, names, columns);
  }
}

std::vector<ColumnPtr> Judge::columns() const {
  std::vector<ColumnPtr> columns = batch_->columns;
  std::size_t number = 0;
  for (const Link& link : links_) {
    if (link.foreign_key == nullptr) columns[link.field] = copy(*link_values_[number++]);
  }
  return columns;
}

}  // namespace etl::run
