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
  const bool skips = table_.plan->on_conflict == spec::OnConflict::skip;
  for (const plan::UniquePlan& plan : table_.plan->unique) {
    Unique unique{.plan = &plan};
    for (const std::size_t field : plan.fields) {
      unique.names += (unique.names.empty() ? "" : ", ") + table_.plan->fields[field].name;
    }
    unique.hidden = visibility_.hides_any(plan.fields);
    unique.skips = plan.is_key && skips;
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
    if (unique.skips && table_.ids) {
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
  reasons_.clear();
  held_here_.clear();
  fresh_.clear();
  met_.clear();
  index_keys_.clear();
  for (const auto& index : table_.indexes) index_keys_.push_back(index_keys_of(*index));
  take_source_keys();
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
}

void Judge::fold_keys(Unique& unique) const {
  std::vector<KeyColumn> exact = key_columns(unique.plan->fields);
  unique.exact = row_keys(exact, batch_->rows);
  for (KeyColumn& key : exact) {
    if (key.column->type() == Type::text) key.column = lower_case(key.column, *batch_->arena, table_.context);
  }
  unique.folded = row_keys(exact, batch_->rows);
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
    if (!met || !unique.skips || key_field == nullptr) continue;
    const std::vector<std::string> wanted{key_field->name};
    const std::vector<Type> types{key_field->type};
    unique.met_in_database =
        table_.target->fetch(*table_.plan->target, names, columns, wanted, types, *batch_->arena).front();
  }
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
