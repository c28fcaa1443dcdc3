#include "engine/run/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/run/columns.h"

namespace etl::run {

namespace {

// Where the keys of the ID map lie among the fresh keys; the indexes lie at their numbers.
constexpr std::size_t kIdSpace = 1U << 20;
constexpr std::size_t kNameSpace = kIdSpace + 1;
constexpr std::size_t kClaimSpace = kIdSpace + 2;

bool is_unique_violation(const writers::Refusal& refusal) {
  return refusal.code == "23505" || refusal.code == "SQLITE_CONSTRAINT_UNIQUE" ||
         refusal.code == "SQLITE_CONSTRAINT_PRIMARYKEY" || refusal.code == "SQLITE_CONSTRAINT_ROWID";
}

}  // namespace

bool Judge::nothing_to_judge() const {
  return links_.empty() && !table_.plan->updates() && std::ranges::all_of(uniques_, [this](const Unique& unique) {
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
    if ((finding.met_by_fresh || finding.alone) && !piece.empty()) return row;
    const bool alone = finding.alone;
    commit(row, rejected, std::move(finding), piece);
    if (alone && !piece.empty()) {
      alone_ = row;
      return row + 1;
    }
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
  if (!unique.meets || !table_.ids) return true;
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
  for (const Unique& unique : uniques_) {
    const bool judged_by = unique.changes && unique.values.has(row);
    if (judged_by && met_.contains(in_space(kClaimSpace + unique.number, unique.values.keys[row]))) return true;
  }
  return source_keys_ && source_keys_->has(row) && met_.contains(in_space(kIdSpace, source_keys_->keys[row]));
}

// Whether another row has the row's unique key; with `meets` also what is known of that row.
bool Judge::is_taken(Unique& unique, std::uint32_t row, bool rejected, bool piece_is_empty, Finding& finding) {
  bool taken = false;
  if (unique.index && index_keys_[*unique.index].has(row)) {
    const Key128& key = index_keys_[*unique.index].keys[row];
    taken = table_.indexes[*unique.index]->keys.contains(key);
    if (taken) meet(*unique.index, key, finding);
    if (taken && unique.met) finding.met = unique.met->find(key, *batch_->arena).value_or(Value{});
    const HeldRow* holder = unique.meets && !rejected ? held_.holder(meeting(), key) : nullptr;
    if (holder != nullptr) {
      finding.waits.push_back(
          {.link = meeting(),
           .parent = key,
           .computed = std::nullopt,
           .order_only = holder->merges,
           .missing = conflict(unique, row, values_text(unique, row) + " is the key of a row that is rejected")});
    }
  }
  taken = taken || is_in_database(unique, row, piece_is_empty, finding);
  if (taken && unique.meets && table_.ids && !unique.met && unique.plan->client_compares) {
    finding.met = batch_->columns[table_.plan->key_field]->at(row);
  }
  return taken;
}

void Judge::find_conflicts(std::uint32_t row, bool rejected, bool piece_is_empty, Finding& finding) {
  if (careful_ && has_name(row) && table_.plan->updates()) {
    finding.met_by_fresh = fresh_.contains(in_space(kNameSpace, names_.keys[row]));
  }
  bool no_key = false;
  for (Unique& unique : uniques_) {
    if (key_is_missing(unique, row)) {
      finding.reasons.push_back(conflict(unique, row, "NULL cannot be part of the key"));
      no_key = true;
      continue;
    }
    if (unique.changes || !is_taken(unique, row, rejected, piece_is_empty, finding)) continue;
    if (unique.meets) {
      finding.met_row = true;
      finding.skipped = !table_.plan->updates() && !rejected;
      if (finding.skipped) return;
    } else if (!finding.met_row || !table_.plan->updates()) {  // An update leaves this key as it was.
      finding.reasons.push_back(
          conflict(unique, row, fmt::format("{} is already in {}", values_text(unique, row), table_.plan->name)));
    }
  }
  const bool may_miss = table_.plan->on_missing != spec::OnMissing::insert && has_name(row) && !no_key;
  finding.missing = may_miss && !finding.met_row;
  if (finding.missing) return find_missing(row, finding);
  for (Unique& unique : uniques_) {
    if (unique.changes) find_change(unique, row, piece_is_empty, finding);
  }
}

void Judge::find_missing(std::uint32_t row, Finding& finding) {
  const Unique* key = key_unique();
  if (table_.plan->on_missing != spec::OnMissing::reject || key == nullptr) return;
  Reason reason = conflict(*key, row, fmt::format("{} has no row with {}", table_.plan->target->name, values_text(*key, row)));
  reason.rule = "missing";
  finding.reasons.push_back(std::move(reason));
}

// Whether another row holds the value of a key that updates may change.
void Judge::find_change(Unique& unique, std::uint32_t row, bool piece_is_empty, Finding& finding) {
  const std::optional<Key128> self = has_name(row) ? std::optional{names_.keys[row]} : std::nullopt;
  const std::optional<Key128> value = unique.values.has(row) ? std::optional{unique.values.keys[row]} : std::nullopt;
  if (finding.met_row && self && unique.claims.value_of(*self) == value) return;
  // Whether it wins, or is the same for the database, only the database knows.
  if (finding.met_row && (table_.plan->newest || !unique.plan->client_compares)) {
    finding.alone = true;
    return;
  }
  if (!value || !is_claimed(unique, row, self, *value, piece_is_empty, finding)) return;
  met_.insert(in_space(kClaimSpace + unique.number, *value));
  finding.reasons.push_back(
      conflict(unique, row, fmt::format("{} is already in {}", values_text(unique, row), table_.plan->name)));
}

bool Judge::is_claimed(Unique& unique, std::uint32_t row, const std::optional<Key128>& self, const Key128& value,
                       bool piece_is_empty, Finding& finding) {
  if (!unique.plan->client_compares) {
    if (!unique.moved.contains(value)) return is_in_database(unique, row, piece_is_empty, finding);
    finding.met_by_fresh = true;
    Value ignored;
    return piece_is_empty && ask_database(unique, row, ignored);
  }
  finding.met_by_fresh = finding.met_by_fresh || unique.claims.is_freshly_free(value);
  if (const auto holder = unique.claims.holder(value)) {
    finding.met_by_fresh =
        finding.met_by_fresh || (careful_ && fresh_.contains(in_space(kNameSpace, *holder)));
    return !self || *holder != *self;
  }
  if (unique.claims.is_free(value)) return false;
  const bool written = unique.index && table_.indexes[*unique.index]->keys.contains(value);
  return written || (!unique.in_database.empty() && unique.in_database[row]);
}

// The row takes its values of the keys that updates may change.
void Judge::claim(std::uint32_t row) {
  if (!has_name(row)) return;
  for (Unique& unique : uniques_) {
    if (!unique.changes) continue;
    const std::optional<Key128> value = unique.values.has(row) ? std::optional{unique.values.keys[row]} : std::nullopt;
    const std::optional<Key128> old = unique.claims.value_of(names_.keys[row]);
    if (old == value) continue;
    change(unique, names_.keys[row], value);
    changes_.push_back({row, unique.number, old});
  }
}

void Judge::change(Unique& unique, const Key128& name, const std::optional<Key128>& value) {
  const std::optional<Key128> old = unique.claims.take(name, value);
  if (!unique.plan->client_compares) {
    if (old) unique.moved.insert(*old);
    if (value) unique.moved.insert(*value);
  }
  if (!unique.index) return;
  KeySet& keys = table_.indexes[*unique.index]->keys;
  if (old) keys.erase(*old);
  if (value) keys.insert(*value);
}

// Where a later row changed the same value once more, that one took it from what this row found.
void Judge::give_back_claims(std::uint32_t row) {
  for (std::size_t i = changes_.size(); i > 0 && changes_[i - 1].row >= row; --i) {
    const Change given = changes_[i - 1];
    if (given.row != row) continue;
    changes_.erase(changes_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    const auto later = std::find_if(changes_.begin() + static_cast<std::ptrdiff_t>(i - 1), changes_.end(), [&](const Change& change) {
      return change.unique == given.unique && names_.keys[change.row] == names_.keys[row];
    });
    if (later == changes_.end()) {
      change(uniques_[given.unique], names_.keys[row], given.old);
    } else {
      later->old = given.old;
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
    HeldRow::Wait wait{
        .link = number, .parent = link.parents.keys[row], .computed = {}, .order_only = false, .missing = {}};
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
    if (values != nullptr) {
      values->set(row, is_null(finding.met) ? batch_->columns[table_.plan->key_field]->at(row) : finding.met);
    }
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
  if (finding.missing) {
    verdicts_[row] = Verdict::absent;
    ++skipped_;
    return;
  }
  if (finding.met_row) return merge(row, std::move(finding), piece);
  occupy(row);
  if (!finding.waits.empty()) return hold(row, std::move(finding), Verdict::held);
  verdicts_[row] = Verdict::good;
  piece.push_back(row);
}

// References to the row find the one that it met.
void Judge::map_to_met(std::uint32_t row, const Value& met) {
  if (!table_.ids || !source_keys_->has(row) || is_null(met)) return;
  const Value own = batch_->columns[table_.plan->key_field]->at(row);
  if (!keeps_ids_ && !is_null(own) && compare(met, own) == std::partial_ordering::equivalent) return;
  if (table_.ids->insert(source_keys_->keys[row], met)) mapped_.set(row);
}

void Judge::skip(std::uint32_t row, Finding finding) {
  map_to_met(row, finding.met);
  if (!finding.waits.empty()) return hold(row, std::move(finding), Verdict::follows);
  verdicts_[row] = Verdict::skipped;
  ++skipped_;
}

void Judge::merge(std::uint32_t row, Finding finding, std::vector<std::uint32_t>& piece) {
  map_to_met(row, finding.met);
  merges_.set(row);
  if (!finding.waits.empty()) return hold(row, std::move(finding), Verdict::held);
  verdicts_[row] = Verdict::merge;
  if (!finding.alone) claim(row);
  if (careful_ && has_name(row)) fresh_.insert(in_space(kNameSpace, names_.keys[row]));
  piece.push_back(row);
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
  held.merges = !held.rejected && merges_.test(row);
  if (table_.ids && mapped_.test(row)) {
    held.id_key = source_keys_->keys[row];
    held.id_text = source_key_text(source_key_columns_, row);
  }
  if (!held.rejected) {
    for (std::size_t number = 0; number < links_.size(); ++number) held.own_keys.push_back(own_key(number, row));
  }
  // The row that it met is there whatever becomes of this one.
  if (held.follows || held.merges) {
    for (std::size_t number = 0; number < links_.size(); ++number) {
      if (links_[number].foreign_key != nullptr) held.own_keys[number].reset();
    }
  }
  if (held.rejected) {
    std::ranges::copy_if(batch_->reasons, std::back_inserter(held.reasons),
                         [row](const Reason& reason) { return reason.row == row; });
    std::ranges::move(finding.reasons, std::back_inserter(held.reasons));
  } else if (!held.follows) {
    for (const ColumnPtr& column : batch_->columns) held.values.push_back(column->at(row));
    for (std::size_t number = 0; number < link_values_.size(); ++number) {
      held.values[links_[number].field] = link_values_[number]->at(row);
    }
    const Unique* met = key_unique();
    if (met != nullptr && met->meets && met->index && index_keys_[*met->index].has(row)) {
      held.own_keys.emplace_back(index_keys_[*met->index].keys[row]);
    }
    for (std::size_t i = 0; i < index_keys_.size() && !held.merges; ++i) {
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
  claim(row);
  if (careful_ && has_name(row)) fresh_.insert(in_space(kNameSpace, names_.keys[row]));
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
  give_back_claims(row);
  for (std::size_t i = 0; i < index_keys_.size() && !merges_.test(row); ++i) {
    if (index_keys_[i].has(row)) table_.indexes[i]->keys.erase(index_keys_[i].keys[row]);
  }
  for (Unique& unique : uniques_) {
    if (unique.met && unique.index && !merges_.test(row) && index_keys_[*unique.index].has(row)) {
      unique.met->erase(index_keys_[*unique.index].keys[row]);
    }
  }
  if (!table_.ids || !mapped_.test(row)) return;
  table_.ids->erase(source_keys_->keys[row]);
  mapped_.clear(row);
}

// ---- what the database says afterwards

void Judge::settle(std::uint32_t row, writers::Met met) {
  if (met == writers::Met::older) {
    verdicts_[row] = Verdict::skipped;
    ++skipped_;
    return;
  }
  verdicts_[row] = met == writers::Met::updated ? Verdict::updated : Verdict::unchanged;
  if (met == writers::Met::updated && alone_ == row) claim(row);
}

bool Judge::settle_missing(std::uint32_t row) {
  give_back(row);
  merges_.clear(row);
  if (table_.plan->on_missing == spec::OnMissing::insert) {
    occupy(row);
    verdicts_[row] = Verdict::good;
    return true;
  }
  Finding finding;
  finding.missing = true;
  find_missing(row, finding);
  std::vector<std::uint32_t> none;
  commit(row, false, std::move(finding), none);
  return false;
}

void Judge::take_back(std::uint32_t row, Reason reason) {
  give_back(row);
  verdicts_[row] = Verdict::rejected;
  reasons_.push_back(std::move(reason));
}

void Judge::rewind(std::uint32_t from) {
  std::erase_if(reasons_, [from](const Reason& reason) { return reason.row >= from; });
  for (auto row = static_cast<std::uint32_t>(batch_->rows); row-- > from;) {
    const Verdict verdict = verdicts_[row];
    if (verdict == Verdict::good || verdict == Verdict::held || verdict == Verdict::merge) give_back(row);
    if (verdict == Verdict::skipped || verdict == Verdict::absent) --skipped_;
    if (table_.ids && mapped_.test(row)) {
      table_.ids->erase(source_keys_->keys[row]);
      mapped_.clear(row);
    }
    merges_.clear(row);
    verdicts_[row] = Verdict::open;
  }
  while (!held_here_.empty() && held_here_.back().first >= from) {
    held_.truncate(held_here_.back().second);
    held_here_.pop_back();
  }
  fresh_.clear();
}

bool Judge::explain_refusal(std::uint32_t row, const writers::Refusal& refusal) {
  const bool taken = is_unique_violation(refusal);
  if (verdicts_[row] == Verdict::merge) {
    const auto broken = std::ranges::find_if(uniques_, [&](const Unique& unique) {
      const bool named = !refusal.constraint.empty() && unique.plan->name == refusal.constraint;
      const bool alone = unique.plan->fields.size() == 1 &&
                         table_.plan->fields[unique.plan->fields.front()].name == refusal.column;
      return unique.changes && (named || alone);
    });
    if (!taken || broken == uniques_.end()) return false;
    take_back(row, conflict(*broken, row,
                            fmt::format("{} is already in {}", values_text(*broken, row), table_.plan->name)));
    return true;
  }
  for (Unique& unique : uniques_) {
    Finding finding;
    // A key that is not the mapping's own was judged by what was known; that of a concurrent writer was not.
    if (unique.plan->client_compares && (!unique.meets || !taken)) continue;
    if (!ask_database(unique, row, finding.met)) continue;
    give_back(row);
    finding.skipped = unique.meets && !table_.plan->updates();
    finding.met_row = unique.meets;
    if (!unique.meets) {
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
      return unique.meets && unique.index && table_.indexes[*unique.index]->keys.contains(wait.parent);
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
