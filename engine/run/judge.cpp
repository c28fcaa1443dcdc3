#include "engine/run/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/run/columns.h"

namespace etl::run {

namespace {

// Where the keys of the ID map lie among the fresh keys; the indexes lie at their numbers.
constexpr std::size_t kIdSpace = 1U << 20;

}  // namespace

bool Judge::nothing_to_judge() const {
  return links_.empty() && std::ranges::all_of(uniques_, [this](const Unique& unique) {
           return !unique.index && unique.in_database.empty() && !unique.may_be_null && unique.plan->client_compares;
         });
}

std::uint32_t Judge::judge(std::uint32_t from, std::vector<std::uint32_t>& piece) {
  const bool simple = nothing_to_judge();
  const auto rows = static_cast<std::uint32_t>(batch_->rows);
  for (std::uint32_t row = from; row < rows; ++row) {
    constexpr std::uint32_t kAhead = 8;
    for (std::size_t i = 0; i < index_keys_.size(); ++i) {
      if (row + kAhead < rows) table_.indexes[i]->keys.prefetch(index_keys_[i].keys[row + kAhead]);
    }
    if (!batch_->active.test(row)) continue;
    const bool rejected = batch_->rejected.test(row);
    if (simple) {
      verdicts_[row] = rejected ? Verdict::rejected : Verdict::good;
      if (rejected) continue;
      occupy(row);
      piece.push_back(row);
      continue;
    }
    Finding finding;
    find_conflicts(row, rejected, piece.empty(), finding);
    if (!finding.skipped) find_parents(row, finding);
    if (finding.met_by_fresh && !piece.empty()) return row;
    commit(row, rejected, std::move(finding), piece);
  }
  return rows;
}

// ---- uniqueness

std::string Judge::values_text(const Unique& unique, std::uint32_t row) const {
  std::string out;
  for (const std::size_t field : unique.plan->fields) {
    if (!out.empty()) out += ", ";
    const auto reference = std::ranges::find(batch_->self_references, field, &SelfReference::field);
    const Column& column =
        reference == batch_->self_references.end() ? *batch_->columns[field] : *reference->keys.front();
    const std::string value = column.is_null(row) ? "NULL" : quote_for_message(to_text(column.at(row)));
    out += table_.plan->fields[field].name + " " + value;
  }
  return out;
}

Reason Judge::conflict(const Unique& unique, std::uint32_t row, std::string text) const {
  const auto order = static_cast<std::uint32_t>(*std::ranges::min_element(unique.plan->fields)) + 1;
  return {row, order, unique.names, "key", std::move(text), unique.hidden};
}

// NULL in the key that on_conflict speaks of; where the value failed or is required, that was said already.
bool Judge::key_is_missing(const Unique& unique, std::uint32_t row) const {
  if (!unique.may_be_null) return false;
  return std::ranges::any_of(unique.plan->fields, [&](std::size_t field) {
    const auto reference = std::ranges::find(batch_->self_references, field, &SelfReference::field);
    const Column& column =
        reference == batch_->self_references.end() ? *batch_->columns[field] : *reference->keys.front();
    return column.is_null(row) && !batch_->has_failed(field, row) && !table_.plan->fields[field].required &&
           !table_.plan->fields[field].from_default;
  });
}

bool Judge::ask_database(const Unique& unique, std::uint32_t row, Value& met) const {
  std::vector<std::string> names;
  std::vector<ColumnPtr> columns;
  for (const std::size_t field : unique.plan->fields) {
    names.push_back(table_.plan->fields[field].name);
    const Value value = batch_->columns[field]->at(row);
    columns.push_back(column_of(batch_->columns[field]->type(), std::span{&value, 1}));
  }
  if (!table_.target->find(*table_.plan->target, names, columns).front()) return false;
  if (!unique.skips || !table_.ids) return true;
  const plan::FieldPlan& key = table_.plan->fields[table_.plan->key_field];
  const std::vector<std::string> wanted{key.name};
  const std::vector<Type> types{key.type};
  met = table_.target->fetch(*table_.plan->target, names, columns, wanted, types, *batch_->arena).front()->at(0);
  return true;
}

// Whether the database holds the row's key, as far as it was asked or has to be.
bool Judge::is_in_database(Unique& unique, std::uint32_t row, bool piece_is_empty, Finding& finding) {
  if (!unique.in_database.empty() && unique.in_database[row]) {
    if (unique.met_in_database) finding.met = unique.met_in_database->at(row);
    return true;
  }
  if (unique.plan->client_compares || !unique.exact.has(row)) return false;
  const Key128& exact = unique.exact.keys[row];
  auto known = unique.known.find(exact);
  if (known == unique.known.end()) {
    if (!unique.written_folded.contains(unique.folded.keys[row])) return false;
    if (!piece_is_empty) {
      finding.met_by_fresh = true;
      return false;
    }
    Value met;
    if (!ask_database(unique, row, met)) return false;
    known = unique.known.emplace(exact, met).first;
  }
  finding.met = known->second;
  return true;
}

void Judge::meet(std::size_t space, const Key128& key, Finding& finding) {
  const Key128 met = in_space(space, key);
  met_.insert(met);
  finding.met_by_fresh = finding.met_by_fresh || (careful_ && fresh_.contains(met));
}

bool Judge::is_depended_on(std::uint32_t row) const {
  if (met_.empty()) return false;
  for (std::size_t i = 0; i < index_keys_.size(); ++i) {
    if (index_keys_[i].has(row) && met_.contains(in_space(i, index_keys_[i].keys[row]))) return true;
  }
  return source_keys_ && source_keys_->has(row) && met_.contains(in_space(kIdSpace, source_keys_->keys[row]));
}

void Judge::find_conflicts(std::uint32_t row, bool rejected, bool piece_is_empty, Finding& finding) {
  for (Unique& unique : uniques_) {
    if (key_is_missing(unique, row)) {
      finding.reasons.push_back(conflict(unique, row, "NULL cannot be part of the key"));
      continue;
    }
    bool taken = false;
    if (unique.index && index_keys_[*unique.index].has(row)) {
      const Key128& key = index_keys_[*unique.index].keys[row];
      taken = table_.indexes[*unique.index]->keys.contains(key);
      if (taken) meet(*unique.index, key, finding);
      if (taken && unique.met) finding.met = unique.met->find(key, *batch_->arena).value_or(Value{});
      if (taken && unique.skips && !rejected && held_.holds(meeting(), key)) {
        finding.waits.push_back(
            {meeting(), key, std::nullopt,
             conflict(unique, row, values_text(unique, row) + " is the key of a row that is rejected")});
      }
    }
    taken = taken || is_in_database(unique, row, piece_is_empty, finding);
    if (!taken) continue;
    if (!unique.skips) {
      finding.reasons.push_back(
          conflict(unique, row, fmt::format("{} is already in {}", values_text(unique, row), table_.plan->name)));
    } else if (!rejected) {
      finding.skipped = true;
      return;
    }
  }
}

// ---- references to the table itself

std::optional<Key128> Judge::own_key(std::size_t number, std::uint32_t row) const {
  const Link& link = links_[number];
  if (link.foreign_key == nullptr) {
    if (!source_keys_ || !source_keys_->has(row)) return std::nullopt;
    return source_keys_->keys[row];
  }
  if (!link.index || !index_keys_[*link.index].has(row)) return std::nullopt;
  return index_keys_[*link.index].keys[row];
}

void Judge::find_parents(std::uint32_t row, Finding& finding) {
  for (std::size_t number = 0; number < links_.size(); ++number) {
    Link& link = links_[number];
    if (!link.parents.has(row) || find_parent(link, number, row, finding)) continue;
    HeldRow::Wait wait{.link = number, .parent = link.parents.keys[row], .computed = {}, .missing = {}};
    if (link.foreign_key == nullptr && table_.plan->recompute_key && link.computed.has(row)) {
      wait.computed = link.computed.keys[row];
    }
    if (link.foreign_key == nullptr) {
      const auto order = static_cast<std::uint32_t>(link.field) + 1;
      wait.missing = {row,
                      order,
                      table_.plan->fields[link.field].name,
                      "parent",
                      missing_parent(table_.plan->name, link.reference->keys, row),
                      visibility_.hides_field(link.field)};
    } else {
      wait.missing = {row,
                      foreign_keys_.order(*link.foreign_key),
                      foreign_keys_.field_names(*link.foreign_key),
                      "exists",
                      ForeignKeys::reason(*link.foreign_key, link.values, row),
                      foreign_keys_.hidden(*link.foreign_key)};
    }
    finding.waits.push_back(std::move(wait));
  }
}

// Whether the parent is in the table, or will be when this row is written: not when it is held or unknown.
bool Judge::find_parent(Link& link, std::size_t number, std::uint32_t row, Finding& finding) {
  const Key128& parent = link.parents.keys[row];
  Column* values = link.foreign_key == nullptr ? link_values_[number].get() : nullptr;
  if (own_key(number, row) == parent) {
    if (values != nullptr) values->set(row, batch_->columns[table_.plan->key_field]->at(row));
    return true;
  }
  if (held_.holds(number, parent)) return false;
  if (values != nullptr) {
    if (const auto known = table_.ids->empty() ? std::nullopt : table_.ids->find(parent, *batch_->arena)) {
      values->set(row, *known);
      meet(kIdSpace, parent, finding);
      return true;
    }
    if (!table_.plan->recompute_key) return false;
    values->set(row, batch_->columns[link.field]->at(row));  // It may hold a key of an earlier judgement.
  }
  const RowKeys& keys = values != nullptr ? link.computed : link.parents;
  if (link.index && keys.has(row) && table_.indexes[*link.index]->keys.contains(keys.keys[row])) {
    meet(*link.index, keys.keys[row], finding);
    return true;
  }
  return !link.in_database.empty() && link.in_database[row];
}

// ---- what follows from a finding

void Judge::commit(std::uint32_t row, bool rejected, Finding finding, std::vector<std::uint32_t>& piece) {
  if (finding.skipped) return skip(row, std::move(finding));
  if (rejected || !finding.reasons.empty()) {
    if (!finding.waits.empty()) return hold(row, std::move(finding), Verdict::late);
    verdicts_[row] = Verdict::rejected;
    std::ranges::move(finding.reasons, std::back_inserter(reasons_));
    return;
  }
  occupy(row);
  if (!finding.waits.empty()) return hold(row, std::move(finding), Verdict::held);
  verdicts_[row] = Verdict::good;
  piece.push_back(row);
}

void Judge::skip(std::uint32_t row, Finding finding) {
  const bool can_be_referred_to = table_.ids && source_keys_->has(row) && !is_null(finding.met);
  if (can_be_referred_to && table_.ids->insert(source_keys_->keys[row], finding.met)) mapped_.set(row);
  if (!finding.waits.empty()) return hold(row, std::move(finding), Verdict::follows);
  verdicts_[row] = Verdict::skipped;
  ++skipped_;
}

void Judge::hold(std::uint32_t row, Finding finding, Verdict verdict) {
  verdicts_[row] = verdict;
  held_here_.emplace_back(row, held_.size());
  HeldRow held;
  held.number = batch_->source->first_row + row;
  held.position = printer_.position(*batch_->source, row);
  held.source = printer_.source(*batch_->source, row);
  held.waits = std::move(finding.waits);
  held.rejected = verdict == Verdict::late;
  held.follows = verdict == Verdict::follows;
  if (table_.ids && mapped_.test(row)) held.id_key = source_keys_->keys[row];
  if (!held.rejected) {
    for (std::size_t number = 0; number < links_.size(); ++number) held.own_keys.push_back(own_key(number, row));
  }
  if (held.follows) {
    for (std::size_t number = 0; number < links_.size(); ++number) {
      if (links_[number].foreign_key != nullptr) held.own_keys[number].reset();
    }
  } else if (held.rejected) {
    std::ranges::copy_if(batch_->reasons, std::back_inserter(held.reasons),
                         [row](const Reason& reason) { return reason.row == row; });
    std::ranges::move(finding.reasons, std::back_inserter(held.reasons));
  } else {
    for (const ColumnPtr& column : batch_->columns) held.values.push_back(column->at(row));
    for (std::size_t number = 0; number < link_values_.size(); ++number) {
      held.values[links_[number].field] = link_values_[number]->at(row);
    }
    const auto met = std::ranges::find_if(uniques_, [](const Unique& unique) { return unique.skips && unique.index; });
    if (met != uniques_.end() && index_keys_[*met->index].has(row)) {
      held.own_keys.emplace_back(index_keys_[*met->index].keys[row]);
    }
    for (std::size_t i = 0; i < index_keys_.size(); ++i) {
      if (index_keys_[i].has(row)) held.index_keys.emplace_back(i, index_keys_[i].keys[row]);
    }
  }
  held_.add(std::move(held));
}

void Judge::occupy(std::uint32_t row) {
  for (std::size_t i = 0; i < index_keys_.size(); ++i) {
    if (!index_keys_[i].has(row)) continue;
    table_.indexes[i]->keys.insert(index_keys_[i].keys[row]);
    if (careful_) fresh_.insert(in_space(i, index_keys_[i].keys[row]));
  }
  for (Unique& unique : uniques_) {
    if (!unique.plan->client_compares && unique.folded.has(row)) unique.written_folded.insert(unique.folded.keys[row]);
  }
  if (!table_.ids) return;
  const Value key = batch_->columns[table_.plan->key_field]->at(row);
  for (Unique& unique : uniques_) {
    if (unique.met && unique.index && index_keys_[*unique.index].has(row)) {
      unique.met->insert(index_keys_[*unique.index].keys[row], key);
    }
  }
  if (!keeps_ids_ || !source_keys_->has(row) || is_null(key)) return;
  if (table_.ids->insert(source_keys_->keys[row], key)) mapped_.set(row);
  if (careful_) fresh_.insert(in_space(kIdSpace, source_keys_->keys[row]));
}

void Judge::give_back(std::uint32_t row) {
  for (std::size_t i = 0; i < index_keys_.size(); ++i) {
    if (index_keys_[i].has(row)) table_.indexes[i]->keys.erase(index_keys_[i].keys[row]);
  }
  for (Unique& unique : uniques_) {
    if (unique.met && unique.index && index_keys_[*unique.index].has(row)) {
      unique.met->erase(index_keys_[*unique.index].keys[row]);
    }
  }
  if (!table_.ids || !mapped_.test(row)) return;
  table_.ids->erase(source_keys_->keys[row]);
  mapped_.clear(row);
}

// ---- what the database says afterwards

void Judge::take_back(std::uint32_t row, Reason reason) {
  give_back(row);
  verdicts_[row] = Verdict::rejected;
  reasons_.push_back(std::move(reason));
}

void Judge::rewind(std::uint32_t from) {
  std::erase_if(reasons_, [from](const Reason& reason) { return reason.row >= from; });
  for (std::uint32_t row = from; row < batch_->rows; ++row) {
    if (verdicts_[row] == Verdict::good || verdicts_[row] == Verdict::held) give_back(row);
    if (verdicts_[row] == Verdict::skipped) --skipped_;
    if (table_.ids && mapped_.test(row)) {
      table_.ids->erase(source_keys_->keys[row]);
      mapped_.clear(row);
    }
    verdicts_[row] = Verdict::open;
  }
  while (!held_here_.empty() && held_here_.back().first >= from) {
    held_.truncate(held_here_.back().second);
    held_here_.pop_back();
  }
  fresh_.clear();
}

bool Judge::explain_refusal(std::uint32_t row) {
  for (Unique& unique : uniques_) {
    Finding finding;
    if (unique.plan->client_compares || !ask_database(unique, row, finding.met)) continue;
    give_back(row);
    finding.skipped = unique.skips;
    if (!unique.skips) {
      finding.reasons.push_back(
          conflict(unique, row, fmt::format("{} is already in {}", values_text(unique, row), table_.plan->name)));
    }
    std::vector<std::uint32_t> none;
    commit(row, false, std::move(finding), none);
    return true;
  }
  return false;
}

// ---- held rows, once the source is used up

bool Judge::has_parent(const HeldRow::Wait& wait) const {
  if (wait.link == meeting()) {
    return std::ranges::any_of(uniques_, [&](const Unique& unique) {
      return unique.skips && unique.index && table_.indexes[*unique.index]->keys.contains(wait.parent);
    });
  }
  const Link& link = links_[wait.link];
  if (link.foreign_key == nullptr && table_.ids->contains(wait.parent)) return true;
  if (link.foreign_key == nullptr) return wait.computed && table_.indexes[*link.index]->keys.contains(*wait.computed);
  return link.index && table_.indexes[*link.index]->keys.contains(wait.parent);
}

void Judge::resolve(HeldRow& row, Arena& arena) const {
  for (const HeldRow::Wait& wait : row.waits) {
    if (wait.link == meeting()) continue;
    const Link& link = links_[wait.link];
    if (link.foreign_key != nullptr) continue;
    if (const auto known = table_.ids->find(wait.parent, arena)) row.values[link.field] = *known;
  }
}

}  // namespace etl::run
