#include "engine/verify/table_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
  return scope_.run == nullptr || scope_.owned || (!scope_.shared && target_rows() == scope_.run->inserted);
}

bool TableCheck::was_there(const run::Key128& key) {
  if (scope_.run == nullptr || scope_.owned || journal_ == nullptr) return false;
  const auto trace = journal_->find(key);
  return !trace || trace->action != Trace::Action::inserted;
}

TableCheck::Way TableCheck::first_way() {
  if (scope_.depth == Depth::counts) return Way::count;
  if (rows_.fields().empty()) {
    report_.remark = "no column can be compared: the rows were counted";
    return Way::count;
  }
  if (scope_.depth == Depth::sample) {
    if (rows_.has_key()) return scope_.tentative ? Way::later : Way::lookups;
    report_.remark = "rows without a key cannot be sampled: they were counted";
    return Way::count;
  }
  if (!scope_.shared && was_empty()) return Way::sums;
  if (scope_.tentative) return Way::later;
  return rows_.has_key() ? Way::lookups : Way::multiset;
}

void TableCheck::begin() {
  columns_ = {};
  if (first_pass_) {
    way_ = first_way();
    if (way_ == Way::sums) sums_ = std::make_unique<Buckets>();
    const std::uint64_t rows = std::max<std::uint64_t>(1, scope_.run != nullptr ? scope_.run->inserted : target_rows());
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
  const bool asked = way_ == Way::lookups || !was_empty();  // Uniqueness is judged in every pass.
  if (asked && scope_.run != nullptr && keys_.has_key()) {
    journal_ = std::make_unique<JournalKeys>(space_);
    journal_->load(session_, *scope_.run, keys_, [this](const run::Key128& key) { return is_suspect(key); });
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
  if (way_ == Way::lookups && seen_) find_extra();
  if (way_ == Way::multiset && looks_for_extra_) find_extra_in_multiset();
  if (first_pass_ && scope_.depth != Depth::counts) {
    if (scope_.depth == Depth::full) report_.compared = report_.made;
    look_for_met();
  }
  first_pass_ = false;
  way_ = Way::done;
  seen_.reset();
  counts_.reset();
  journal_.reset();
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

Buckets TableCheck::target_sums() {
  Buckets sums;
  std::string bytes;
  std::uint64_t count = 0;
  session_.scan(fmt::format("SELECT {} FROM {} AS t", rows_.select_list(), scope_.target),
                [&](std::span<const RawCell> cells) {
                  bytes.clear();
                  rows_.found_row(cells, bytes);
                  sums.add(rows_.found_key(cells, bytes), hash_of(bytes));
                  ++count;
                });
  target_rows_ = count;
  return sums;
}

// Rows of others would be in the target's sums: then every row is looked for.
void TableCheck::compare_sums() {
  const std::unique_ptr<Buckets> sums = std::move(sums_);
  looks_for_extra_ = scope_.owned || target_rows() == report_.made;
  if (looks_for_extra_) {
    suspects_ = sums->differing(target_sums());
    again_ = std::ranges::find(suspects_, true) != suspects_.end();
  } else {
    again_ = true;
  }
}

// ---- rows by key

bool TableCheck::is_wanted(const run::Key128& key) const {
  if (scope_.depth == Depth::sample) return sample_below_ == 0 || key.low < sample_below_;
  return is_suspect(key);
}

std::vector<std::size_t> TableCheck::differing_places(std::uint32_t row, std::span<const RawCell> cells) {
  std::vector<std::size_t> places;
  std::string expected;
  std::string found;
  for (std::size_t place = 0; place < rows_.fields().size(); ++place) {
    expected.clear();
    found.clear();
    const bool one = rows_.expected_cell(place, row, expected);
    const bool other = rows_.found_cell(place, cells, found);
    if (one != other || expected != found) places.push_back(place);
  }
  return places;
}

void TableCheck::look_up(std::span<const std::uint32_t> rows) {
  std::vector<std::uint32_t> wanted;
  std::vector<std::optional<Trace>> traces;
  for (const std::uint32_t row : rows) {
    const run::Key128 key = rows_.expected_key(row, {});
    if (!is_wanted(key)) continue;
    if (seen_) seen_->insert(key);
    const auto trace = journal_ && has_traces_ ? journal_->find(key) : std::nullopt;
    if (journal_ && has_traces_ && !trace) {
      ++report_.not_written;
    } else if (!trace || trace->action != Trace::Action::met) {
      wanted.push_back(row);
      traces.push_back(trace);
    }
  }
  std::vector<bool> there(wanted.size(), false);
  std::vector<Differing> differing;
  probe_.find(wanted, [&](std::size_t place, std::span<const RawCell> cells, std::uint64_t mark) {
    there[place] = true;
    auto places = differing_places(wanted[place], cells);
    if (places.empty()) return;
    const bool touched = !scope_.mark.empty() && traces[place] && traces[place]->mark != 0 && traces[place]->mark != mark;
    differing.push_back({wanted[place], touched ? Difference::Kind::changed : Difference::Kind::differs, std::move(places)});
  });
  if (scope_.depth == Depth::sample) report_.compared += wanted.size();
  std::ranges::sort(differing, {}, &Differing::row);
  name_values(differing);
  for (std::size_t place = 0; place < wanted.size(); ++place) {
    if (!there[place]) lack(wanted[place]);
  }
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
        .key = rows_.has_key() ? rows_.expected_key_text(row) : whole_row(row),
        .column = {},
        .expected = {},
        .found = {}});
}

void TableCheck::find_extra() {
  session_.scan(fmt::format("SELECT {} FROM {} AS t", keys_.select_list(), scope_.target),
                [&](std::span<const RawCell> cells) {
                  const run::Key128 key = keys_.found_key(cells, {});
                  if (!is_suspect(key) || seen_->contains(key)) return;
                  if (!scope_.owned && (!journal_ || !journal_->find(key))) return;  // Somebody else's.
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

// ---- rows that the run met and left alone

void TableCheck::look_for_met() {
  if (scope_.run == nullptr || !has_traces_) return;
  std::vector<std::vector<std::string>> keys;
  const auto look = [&] {
    const auto there = probe_.holds(keys);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (there[i]) {
        ++report_.present;
        continue;
      }
      ++report_.rows[static_cast<std::size_t>(Difference::Kind::missing)];
      tell({.kind = Difference::Kind::missing,
            .table = plan_.name,
            .key = rows_.journaled_key_text(keys[i]),
            .column = {},
            .expected = {},
            .found = {}});
    }
    keys.clear();
  };
  constexpr std::size_t kAtOnce = 10'000;
  JournalKeys::for_each_met(session_, *scope_.run, [&](std::span<const std::string> texts) {
    keys.emplace_back(texts.begin(), texts.end());
    if (keys.size() >= kAtOnce) look();
  });
  look();
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
