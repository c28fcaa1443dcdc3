#include "engine/verify/table_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/ledger/text.h"
#include "engine/run/columns.h"
#include "engine/stores/cell.h"
#include "engine/stores/sql_text.h"

namespace etl::verify {

namespace {

using report::Difference;
using stores::RawCell;

constexpr std::size_t kKeptDifferences = 1'000;

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\'') out += '\'';
    out += letter;
  }
  return out + "'";
}

bool is_texty(Type type) { return type == Type::text || type == Type::any; }

}  // namespace

TableCheck::TableCheck(const plan::TablePlan& plan, stores::SqlSession& session, RowForm rows, RowForm keys,
                       Scope scope, run::KeySpace& space, report::VerifiedTable& report, Tell tell)
    : plan_{plan},
      session_{session},
      rows_{std::move(rows)},
      keys_{std::move(keys)},
      scope_{std::move(scope)},
      space_{space},
      report_{report},
      tell_{std::move(tell)},
      has_traces_{rows_.has_key() && rows_.key() == keys_.key()},
      probe_{session_, rows_, scope_.target, scope_.mark} {}

std::uint64_t TableCheck::target_rows() {
  if (!target_rows_) {
    const auto rows = session_.read("SELECT count(*) FROM " + scope_.target);
    target_rows_ = static_cast<std::uint64_t>(parse_integer(rows.at(0).at(0).value_or("0")).value.value_or(0));
  }
  return *target_rows_;
}

bool TableCheck::was_empty() {
  if (scope_.run == nullptr) return !updates();  // Rows to be updated are those that are there now.
  return scope_.owned || (!scope_.shared && target_rows() == scope_.run->inserted);
}

bool TableCheck::was_there(const run::Key128& key) {
  if (scope_.run == nullptr) return updates();
  if (scope_.owned || journal_ == nullptr) return false;
  const auto trace = journal_->find(key);
  return !trace || trace->action != Trace::Action::inserted;
}

std::vector<bool> TableCheck::inserted(std::span<const run::Key128> keys) {
  return journal_ ? journal_->inserted(keys) : std::vector<bool>(keys.size());
}

TableCheck::Way TableCheck::first_way() {
  if (scope_.depth == Depth::counts) return Way::count;
  if (rows_.fields().empty()) {
    report_.remark = "no column can be compared: the rows were counted";
    return Way::count;
  }
  if (!scope_.refused.empty()) {
    const char* const what = has_traces_ ? "rows that the run wrote in their place were not compared" : "rows were counted";
    report_.remark = fmt::format("the database itself refused rows of {}, and only the run knew which: {}", scope_.refused, what);
    if (!has_traces_) return Way::count;
  }
  if (updates()) {
    if (keys_.has_key()) return Way::winners;
    report_.remark = "updated rows without a unique key that the ledger knows cannot be told apart: they were counted";
    return Way::count;
  }
  if (scope_.depth == Depth::sample) {
    if (rows_.has_key()) return scope_.tentative ? Way::later : Way::lookups;
    report_.remark = "rows without a key cannot be sampled: they were counted";
    return Way::count;
  }
  if (!scope_.shared && was_empty()) return Way::sums;
  if (scope_.tentative) return Way::later;
  if (knows_by_mark()) return Way::sums;
  return rows_.has_key() ? Way::lookups : Way::multiset;
}

// PostgreSQL: the rows of the run that nobody touched since have the xmin of the journal, so that they can be told from
// those of others in one scan.
bool TableCheck::knows_by_mark() const {
  return session_.dialect() == schema::Dialect::postgresql && !scope_.mark.empty() && !scope_.shared && has_traces_ &&
         scope_.run != nullptr;
}

void TableCheck::begin() {
  columns_ = {};
  if (first_pass_) {
    way_ = first_way();
    if (way_ == Way::sums) sums_ = std::make_unique<Buckets>();
    const ledger::TableRow* run = scope_.run;
    const std::uint64_t known = run != nullptr ? run->inserted + run->updated + run->unchanged : target_rows();
    const std::uint64_t rows = std::max<std::uint64_t>(1, known);
    if (scope_.depth == Depth::sample && scope_.sample < rows) {
      sample_below_ = static_cast<std::uint64_t>(std::ldexp(static_cast<double>(scope_.sample) / static_cast<double>(rows), 63)) * 2;
    }
  } else if (!again_) {
    way_ = Way::done;
  } else {
    way_ = rows_.has_key() ? Way::lookups : Way::multiset;
    if (looks_for_extra_ && rows_.has_key()) seen_ = std::make_unique<run::KeySet>(space_);
  }
  again_ = false;
  not_there_ = 0;
  if (way_ == Way::winners) winners_ = std::make_unique<Winners>(space_, decisive_type());
  if (way_ == Way::lookups && updates()) {
    winners_->restart();
    if (plan_.newest) replayed_ = std::make_unique<Winners>(space_, decisive_type());
  }
  const bool asked = way_ == Way::lookups || way_ == Way::winners || !was_empty();  // Uniqueness is judged in every pass.
  if (asked && scope_.run != nullptr && keys_.has_key()) {
    journal_ = std::make_unique<JournalKeys>(space_);
    if (!updates() && (suspects_.empty() || !was_empty())) {
      journal_->follow(session_, *scope_.run, keys_);
    } else {
      journal_->load(session_, *scope_.run, keys_, [this](const run::Key128& key) { return is_suspect(key); });
    }
  }
  if (way_ == Way::multiset) count_multiset();
}

void TableCheck::expect(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) {
  if (first_pass_) report_.made += rows.size();
  if (way_ == Way::count || way_ == Way::later || way_ == Way::done) return;
  columns_ = columns;
  rows_.use(columns, session_);
  if (way_ == Way::sums) sum(rows);
  if (way_ == Way::lookups) look_up(rows);
  if (way_ == Way::multiset) take_from_multiset(rows);
}

void TableCheck::end() {
  if (way_ == Way::count) compare_counts();
  if (way_ == Way::sums) compare_sums();
  if (way_ == Way::later) again_ = true;
  if (way_ == Way::winners) {
    again_ = true;
    looks_for_extra_ = scope_.depth == Depth::full && (scope_.owned || (scope_.run != nullptr && knows_by_other_key()));
  }
  if (way_ == Way::lookups && seen_) find_extra();
  if (way_ == Way::multiset && looks_for_extra_) find_extra_in_multiset();
  const bool all = scope_.depth == Depth::full && way_ != Way::count && !updates();
  if (first_pass_ && all) report_.compared = report_.made;
  first_pass_ = false;
  way_ = Way::done;
  seen_.reset();
  counts_.reset();
  journal_.reset();
  replayed_.reset();
}

// ---- sums

void TableCheck::sum(std::span<const std::uint32_t> rows) {
  std::string bytes;
  for (const std::uint32_t row : rows) {
    bytes.clear();
    rows_.expected_row(row, bytes);
    sums_->add(rows_.expected_key(row, bytes), hash_of(bytes));
  }
}

Buckets TableCheck::target_sums(std::uint64_t& count, const std::string& where) {
  Buckets sums;
  std::string bytes;
  session_.scan(fmt::format("SELECT {} FROM {} AS t{}", rows_.select_list(), scope_.target, where),
                [&](std::span<const RawCell> cells) {
                  bytes.clear();
                  rows_.found_row(cells, bytes);
                  sums.add(rows_.found_key(cells, bytes), hash_of(bytes));
                  ++count;
                });
  return sums;
}

// Rows of others would be in the target's sums: where nothing tells them apart every row is looked for.
void TableCheck::compare_sums() {
  const std::unique_ptr<Buckets> sums = std::move(sums_);
  looks_for_extra_ = was_empty() && (scope_.owned || target_rows() == report_.made);
  std::uint64_t count = 0;
  if (looks_for_extra_) {
    suspects_ = sums->differing(target_sums(count, {}));
    target_rows_ = count;
  } else if (knows_by_mark()) {
    suspects_ = sums->differing(target_sums(
        count, fmt::format(" WHERE t.xmin IN (SELECT j.xmin FROM {} AS j WHERE j.run = {}::uuid AND j.position = {} AND "
                           "j.action = 'i')",
                           ledger::table_name(session_.dialect(), "journal"), stores::quote_literal(to_text(scope_.run->run)),
                           scope_.run->position)));
  }
  again_ = suspects_.empty() || std::ranges::find(suspects_, true) != suspects_.end();
}

// ---- rows by key

bool TableCheck::is_wanted(const run::Key128& key) const {
  if (scope_.depth == Depth::sample) return sample_below_ == 0 || key.low < sample_below_;
  return is_suspect(key);
}

std::vector<std::size_t> TableCheck::differing_places(const Wanted& wanted, std::span<const RawCell> cells) {
  std::vector<std::size_t> places;
  std::string expected;
  std::string found;
  for (std::size_t place = 0; place < rows_.fields().size(); ++place) {
    if (!is_taken(place, wanted.columns)) continue;
    expected.clear();
    found.clear();
    const bool one = rows_.expected_cell(place, wanted.row, expected);
    const bool other = rows_.found_cell(place, cells, found);
    if (one != other || expected != found) places.push_back(place);
  }
  return places;
}

void TableCheck::look_up(std::span<const std::uint32_t> rows) {
  std::vector<Wanted> wanted;
  for (const std::uint32_t row : rows) {
    const run::Key128 key = rows_.expected_key(row, {});
    if (!is_wanted(key)) continue;
    if (seen_) seen_->insert(key);
    const auto trace = journal_ && has_traces_ ? journal_->find(key) : std::nullopt;
    if (journal_ && has_traces_ && !trace) {
      ++report_.not_written;
    } else if (!trace || trace->action != Trace::Action::met) {
      wanted.push_back({.row = row, .trace = trace});
    }
  }
  const std::vector<bool> there = compare(wanted);
  if (scope_.depth == Depth::sample) report_.compared += wanted.size();
  for (std::size_t place = 0; place < wanted.size(); ++place) {
    if (!there[place]) lack(wanted[place].row);
  }
}

std::vector<bool> TableCheck::compare(std::span<const Wanted> wanted) {
  std::vector<std::uint32_t> numbers;
  for (const Wanted& one : wanted) numbers.push_back(one.row);
  std::vector<bool> there(wanted.size(), false);
  std::vector<Differing> differing;
  probe_.find(numbers, [&](std::size_t place, std::span<const RawCell> cells, std::uint64_t mark) {
    there[place] = true;
    auto places = differing_places(wanted[place], cells);
    if (places.empty()) return;
    const std::uint64_t left = wanted[place].trace ? wanted[place].trace->mark : 0;
    const bool touched = !scope_.mark.empty() && left != 0 && left != mark;
    differing.push_back({wanted[place].row, touched ? Difference::Kind::changed : Difference::Kind::differs, std::move(places)});
  });
  std::ranges::sort(differing, {}, &Differing::row);
  name_values(differing);
  return there;
}

void TableCheck::name_values(std::span<const Differing> rows) {
  std::vector<std::uint32_t> numbers;
  for (const Differing& one : rows) numbers.push_back(one.row);
  const auto texts = probe_.texts(numbers);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ++report_.rows[static_cast<std::size_t>(rows[i].kind)];
    for (const std::size_t place : rows[i].places) {
      const auto found = place < texts[i].size() ? texts[i][place] : std::nullopt;
      std::string expected = shown_expected(place, rows[i].row);
      std::string shown = shown_found(place, found);
      // Alike for people, but not the same bytes.
      if (expected == shown && found && !rows_.field(place).sensitive) shown = quoted(*found);
      tell({.kind = rows[i].kind,
            .table = plan_.name,
            .key = rows_.expected_key_text(rows[i].row),
            .column = rows_.name(place),
            .expected = std::move(expected),
            .found = std::move(shown)});
    }
  }
}

void TableCheck::lack(std::uint32_t row) {
  ++report_.rows[static_cast<std::size_t>(Difference::Kind::missing)];
  tell({.kind = Difference::Kind::missing,
        .table = plan_.name,
        .key = updates() ? met_key_text(row) : rows_.has_key() ? rows_.expected_key_text(row) : whole_row(row),
        .column = {},
        .expected = {},
        .found = {}});
}

void TableCheck::find_extra() {
  session_.scan(fmt::format("SELECT {} FROM {} AS t", keys_.select_list(), scope_.target),
                [&](std::span<const RawCell> cells) {
                  const run::Key128 key = keys_.found_key(cells, {});
                  if (!is_suspect(key) || seen_->contains(key)) return;
                  const auto trace = journal_ ? journal_->find(key) : std::nullopt;
                  const bool of_run = trace && trace->action != Trace::Action::met;
                  if (!scope_.owned && !of_run) return;  // Somebody else's.
                  if (!scope_.refused.empty() && of_run) return;
                  ++report_.rows[static_cast<std::size_t>(Difference::Kind::extra)];
                  tell({.kind = Difference::Kind::extra,
                        .table = plan_.name,
                        .key = keys_.found_key_text(cells),
                        .column = {},
                        .expected = {},
                        .found = {}});
                });
}

// ---- rows without a key

void TableCheck::count_multiset() {
  counts_ = std::make_unique<run::KeyMap>(space_, Type::integer);
  Arena arena;
  std::string bytes;
  session_.scan(fmt::format("SELECT {} FROM {} AS t", rows_.select_list(), scope_.target),
                [&](std::span<const RawCell> cells) {
                  bytes.clear();
                  rows_.found_row(cells, bytes);
                  const run::Key128 key = hash_of(bytes);
                  if (!is_suspect(key)) return;
                  const auto known = counts_->find(key, arena);
                  if (known) counts_->erase(key);
                  counts_->insert(key, known ? std::get<std::int64_t>(*known) + 1 : std::int64_t{1});
                });
}

void TableCheck::take_from_multiset(std::span<const std::uint32_t> rows) {
  Arena arena;
  std::string bytes;
  for (const std::uint32_t row : rows) {
    bytes.clear();
    rows_.expected_row(row, bytes);
    const run::Key128 key = hash_of(bytes);
    if (!is_suspect(key)) continue;
    const auto known = counts_->find(key, arena);
    if (!known) {
      lack(row);
      continue;
    }
    counts_->erase(key);
    if (std::get<std::int64_t>(*known) > 1) counts_->insert(key, std::get<std::int64_t>(*known) - 1);
  }
}

void TableCheck::find_extra_in_multiset() {
  if (!scope_.owned && scope_.run != nullptr) return;
  std::string list = rows_.select_list();
  const std::size_t texts = rows_.selects().size();
  const bool sqlite = session_.dialect() == schema::Dialect::sqlite;
  for (std::size_t place = 0; place < rows_.fields().size(); ++place) {
    list += fmt::format(", t.{}{}", stores::quote_identifier(rows_.name(place)), sqlite ? "" : "::text");
  }
  Arena arena;
  std::string bytes;
  session_.scan(fmt::format("SELECT {} FROM {} AS t", list, scope_.target), [&](std::span<const RawCell> cells) {
    bytes.clear();
    rows_.found_row(cells, bytes);
    const run::Key128 key = hash_of(bytes);
    const auto left = is_suspect(key) ? counts_->find(key, arena) : std::nullopt;
    if (!left) return;
    counts_->erase(key);
    if (std::get<std::int64_t>(*left) > 1) counts_->insert(key, std::get<std::int64_t>(*left) - 1);
    std::string row;
    for (std::size_t place = 0; place < rows_.fields().size(); ++place) {
      row += fmt::format("{}{}={}", place == 0 ? "" : ", ", rows_.name(place), shown_found(place, shown(cells[texts + place])));
    }
    ++report_.rows[static_cast<std::size_t>(Difference::Kind::extra)];
    tell({.kind = Difference::Kind::extra, .table = plan_.name, .key = row, .column = {}, .expected = {}, .found = {}});
  });
}

// ---- rows that are updated

std::optional<Type> TableCheck::decisive_type() const {
  return plan_.newest ? std::optional{plan_.fields[*plan_.newest].type} : std::nullopt;
}

// The ledger does not know the rows by the key that on_conflict speaks of.
bool TableCheck::knows_by_other_key() const {
  const auto met = std::ranges::find(plan_.unique, true, &plan::UniquePlan::is_key);
  return met == plan_.unique.end() || !std::ranges::is_permutation(met->fields, keys_.key());
}

void TableCheck::leave_values() {
  leaves_values_ = true;
  looks_for_extra_ = false;
  if (scope_.depth == Depth::counts) return;
  report_.remark = "values were not compared: which of the rejected rows would have updated others, only the run knew";
}

void TableCheck::leave_extra_rows(const std::string& doubtful) {
  if (!looks_for_extra_) return;
  looks_for_extra_ = false;
  report_.remark = fmt::format("extra rows were not looked for: rows of {} were rejected, and only the run knew which", doubtful);
}

void TableCheck::leave_field(std::size_t field, const std::string& doubtful) {
  left_fields_.push_back(field);
  report_.left_out.emplace_back(plan_.fields[field].name,
                                fmt::format("rows of {} were rejected, and only the run knew which", doubtful));
}

std::vector<writers::Met> TableCheck::meet(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows,
                                           std::span<const ColumnPtr> names, bool merged) {
  if (names.empty() || (way_ != Way::winners && way_ != Way::lookups)) {
    if (first_pass_ && !merged) report_.made += rows.size();
    return std::vector<writers::Met>(rows.size(), writers::Met::updated);
  }
  met_.clear();
  for (const ColumnPtr& column : columns) met_.push_back(run::pick(*column, rows));
  columns_ = met_;
  rows_.use(met_, names, session_);
  std::vector<bool> there(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) there[row] = !names.front()->is_null(row);
  auto outcomes = find_winners(there, merged);
  if (way_ == Way::lookups) compare_winners(there, merged);
  return outcomes;
}

std::vector<writers::Met> TableCheck::find_winners(const std::vector<bool>& there, bool merged) {
  std::vector<writers::Met> outcomes(there.size(), writers::Met::updated);
  Winners* const winners = way_ == Way::winners ? winners_.get() : replayed_.get();
  if (winners == nullptr) return outcomes;
  const Value later = std::monostate{};
  for (std::uint32_t row = 0; row < there.size(); ++row) {
    winners->next();
    if (!there[row]) {
      if (first_pass_ && !merged) ++report_.made;
      continue;
    }
    const run::Key128 name = rows_.expected_key(row, {});
    const Value newest = plan_.newest ? met_[*plan_.newest]->at(row) : later;
    if (first_pass_ && !winners->knows(name)) ++report_.made;
    if (!merged) {
      winners->insert(name, newest);
    } else if (!winners->merge(name, newest)) {
      outcomes[row] = writers::Met::older;
    }
  }
  return outcomes;
}

// Of a row that was there before the run only that is known which updates set.
void TableCheck::compare_winners(const std::vector<bool>& there, bool merged) {
  std::vector<Wanted> wanted;
  for (std::uint32_t row = 0; row < there.size(); ++row) {
    winners_->next();
    if (!there[row]) {
      if (!merged && scope_.run == nullptr) lack(row);
      if (!merged) ++not_there_;
      continue;
    }
    const run::Key128 name = rows_.expected_key(row, {});
    if (seen_) seen_->insert(name);
    if (!is_wanted(name) || leaves_values_) continue;
    const Winners::Part part = winners_->part(name);
    if (!part.inserted && !part.last) continue;
    const auto trace = journal_ ? journal_->find(name) : std::nullopt;
    if (journal_ && !trace) {
      if (part.last) ++report_.not_written;
      continue;
    }
    // Older than the row that was there: nothing tells what that one held.
    if (plan_.newest && trace && trace->action == Trace::Action::met) continue;
    using Columns = Wanted::Columns;
    const bool inserted = part.inserted && (!trace || trace->action == Trace::Action::inserted);
    if (part.last) {
      wanted.push_back({.row = row, .trace = trace, .columns = inserted ? Columns::all : Columns::set});
    } else if (inserted) {
      wanted.push_back({.row = row, .trace = trace, .columns = Columns::rest});
    }
    if (part.last) ++report_.compared;
  }
  (void)compare(wanted);
}

bool TableCheck::is_taken(std::size_t place, Wanted::Columns columns) const {
  if (std::ranges::find(left_fields_, rows_.fields()[place]) != left_fields_.end()) return false;
  if (columns == Wanted::Columns::all) return true;
  const bool set = std::ranges::find(plan_.set, rows_.fields()[place]) != plan_.set.end();
  return set == (columns == Wanted::Columns::set);
}

std::string TableCheck::met_key_text(std::uint32_t row) const {
  std::string out;
  const auto met = std::ranges::find(plan_.unique, true, &plan::UniquePlan::is_key);
  for (const std::size_t field : met->fields) {
    const plan::FieldPlan& plan = plan_.fields[field];
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", plan.name,
                       plan.sensitive ? "***" : to_text(columns_[field]->at(row)));
  }
  return out;
}

// ---- rows of the journal that are gone: those that the run met and left alone, and of a table whose rows are updated all
// of them, as the mapping does not make them under the key by which the journal knows them

void TableCheck::conclude() {
  if (scope_.run == nullptr || !has_traces_ || scope_.depth == Depth::counts) return;
  const auto gone = look_for_journaled();
  const std::uint64_t missing = report_.rows[static_cast<std::size_t>(Difference::Kind::missing)];
  if (gone) tell_gone(*gone);
  const std::uint64_t told = report_.rows[static_cast<std::size_t>(Difference::Kind::missing)] - missing;
  report_.not_written += not_there_ - std::min(not_there_, told);
}

// Their keys; null when none is.
std::unique_ptr<run::KeySet> TableCheck::look_for_journaled() {
  std::unique_ptr<run::KeySet> gone;
  std::vector<std::vector<std::string>> keys;
  std::vector<bool> met;
  const auto look = [&] {
    const auto there = probe_.holds(keys);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (there[i] && met[i]) ++report_.present;
      if (there[i]) continue;
      if (!gone) gone = std::make_unique<run::KeySet>(space_);
      gone->insert(keys_.journaled_key(keys[i]));
    }
    keys.clear();
    met.clear();
  };
  constexpr std::size_t kAtOnce = 10'000;
  JournalKeys::for_each(session_, *scope_.run, updates(), [&](std::span<const std::string> texts, bool is_met) {
    keys.emplace_back(texts.begin(), texts.end());
    met.push_back(is_met);
    if (keys.size() >= kAtOnce) look();
  });
  look();
  return gone;
}

// Each of them once, and elsewhere none that the run wrote and met again: the comparison has missed that already.
void TableCheck::tell_gone(run::KeySet& gone) {
  JournalKeys journal{space_};
  if (!updates()) {
    journal.load(session_, *scope_.run, keys_, [&](const run::Key128& key) { return gone.contains(key); });
  }
  JournalKeys::for_each(session_, *scope_.run, updates(), [&](std::span<const std::string> texts, bool) {
    const run::Key128 key = keys_.journaled_key(texts);
    if (!gone.contains(key)) return;
    gone.erase(key);
    const auto trace = journal.find(key);
    if (trace && trace->action != Trace::Action::met) return;
    ++report_.rows[static_cast<std::size_t>(Difference::Kind::missing)];
    tell({.kind = Difference::Kind::missing,
          .table = plan_.name,
          .key = keys_.journaled_key_text(texts),
          .column = {},
          .expected = {},
          .found = {}});
  });
}

// ---- counts

void TableCheck::compare_counts() {
  const std::uint64_t expected = scope_.run != nullptr ? scope_.run->inserted : report_.made;
  const std::uint64_t found = target_rows();
  report_.compared = 0;
  const bool too_many = found > expected && scope_.owned && !scope_.shared;
  if (found >= expected && !too_many) return;
  const auto kind = too_many ? Difference::Kind::extra : Difference::Kind::missing;
  report_.rows[static_cast<std::size_t>(kind)] += too_many ? found - expected : expected - found;
  tell({.kind = kind,
        .table = plan_.name,
        .key = "number of rows",
        .column = "*",
        .expected = std::to_string(expected),
        .found = std::to_string(found)});
}

// ---- for people

std::string TableCheck::shown_expected(std::size_t place, std::uint32_t row) const {
  if (rows_.field(place).sensitive) return "***";
  const Column& values = *columns_[rows_.fields()[place]];
  if (values.is_null(row)) return "NULL";
  const Value value = values.at(row);
  const std::string text = to_text(value);
  return is_texty(values.type()) && !std::holds_alternative<std::int64_t>(value) ? quoted(text) : text;
}

std::string TableCheck::shown_found(std::size_t place, const std::optional<std::string>& text) const {
  if (rows_.field(place).sensitive) return "***";
  if (!text) return "NULL";
  const Type type = rows_.field(place).type;
  if (is_texty(type)) return quoted(*text);
  Arena arena;
  Column one{type, 1};
  if (stores::set_from_text(one, 0, *text, arena)) return quoted(*text);
  return to_text(one.at(0));
}

std::string TableCheck::whole_row(std::uint32_t row) const {
  std::string out;
  for (std::size_t place = 0; place < rows_.fields().size(); ++place) {
    out += fmt::format("{}{}={}", place == 0 ? "" : ", ", rows_.name(place), shown_expected(place, row));
  }
  return out;
}

void TableCheck::tell(Difference difference) {
  tell_(difference);
  if (report_.differences.size() < kKeptDifferences) report_.differences.push_back(std::move(difference));
}

}  // namespace etl::verify
