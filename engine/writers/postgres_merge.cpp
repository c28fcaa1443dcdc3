#include "engine/writers/postgres_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <set>

#include "engine/stores/sql_text.h"

namespace etl::writers {

namespace {

using stores::quote_identifier;
using stores::quote_table;

constexpr std::string_view kSavepoint = "etl_merge";

std::size_t number_of(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string array_of(std::span<const std::size_t> numbers) { return fmt::format("{{{}}}", fmt::join(numbers, ",")); }

int next_number() {
  static std::atomic<int> next = 1;
  return next++;
}

}  // namespace

PostgresMerge::PostgresMerge(stores::PostgresConnection& connection, PostgresSender& sender,
                             const MergeRequest& request, ledger::Journal* journal)
    : connection_{connection},
      sender_{sender},
      request_{request},
      journal_{journal},
      staging_name_{fmt::format("etl_merge_{}", next_number())},
      staging_{"pg_temp." + staging_name_} {
  if (sender_.table().is_view) {
    throw Error{Error::Kind::schema, fmt::format("{} is a view: its rows cannot be updated", sender_.table().name),
                "write into the table behind it"};
  }
  write_sql();
}

// A temporary table of the same columns, without constraints. It may be gone again: created under a savepoint that
// was rolled back.
void PostgresMerge::make_staging() {
  connection_.execute(
      fmt::format("CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DROP AS SELECT 0::bigint AS etl_ordinal, {} FROM {} "
                  "WHERE false",
                  staging_name_, stores::quote_list(sender_.names()), quote_table(sender_.table())));
}

// Staged rows that meet the same row of the target follow each other: what one changes is told from the one before
// it, with `newest` from the last that won.
void PostgresMerge::write_sql() {
  std::vector<std::string> keys;
  for (const std::size_t i : request_.key) {
    const std::string name = quote_identifier(sender_.names()[i]);
    keys.push_back(fmt::format("t.{0} = s.{0}", name));
  }
  const std::string on = fmt::format("{}", fmt::join(keys, " AND "));
  met_ = fmt::format("{} AS t JOIN {} AS s ON {}", quote_table(sender_.table()), staging_, on);

  std::string columns;
  std::string before;
  std::vector<std::string> changed;
  std::vector<std::string> sets;
  for (const std::size_t i : request_.set) {
    const std::string name = quote_identifier(sender_.names()[i]);
    columns += fmt::format(", s.{0}::text AS n{1}, t.{0}::text AS o{1}", name, i);
    before += fmt::format(", n{0}, CASE WHEN row_number() OVER w = 1 THEN o{0} ELSE lag(n{0}) OVER w END AS p{0}", i);
    changed.push_back(fmt::format("n{0} IS DISTINCT FROM p{0}", i));
    sets.push_back(fmt::format("{0} = s.{0}", name));
  }
  std::string wins = "true";
  if (request_.newest) {
    const std::string name = quote_identifier(sender_.names()[*request_.newest]);
    columns += fmt::format(", s.{0} AS sn, t.{0} AS tn", name);
    wins =
        "sn IS NOT NULL AND (sn > greatest(tn, max(sn) OVER (PARTITION BY r, c ORDER BY o "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))) IS NOT FALSE";
  }
  classify_ = fmt::format(
      "WITH met AS (SELECT s.etl_ordinal AS o, t.tableoid AS r, t.ctid AS c{0} FROM {1}), "
      "judged AS (SELECT *, {2} AS wins FROM met), "
      "won AS (SELECT o, r, c{3} FROM judged WHERE wins WINDOW w AS (PARTITION BY r, c ORDER BY o)) "
      "SELECT o, CASE WHEN {4} THEN 'u' ELSE 'n' END, r || ' ' || c::text FROM won "
      "UNION ALL SELECT o, 'o', '' FROM judged WHERE NOT wins",
      columns, met_, wins, before, changed.empty() ? "false" : fmt::format("{}", fmt::join(changed, " OR ")));
  update_ = fmt::format("UPDATE {} AS t SET {} FROM {} AS s WHERE {} RETURNING s.etl_ordinal",
                        quote_table(sender_.table()), fmt::join(sets, ", "), staging_, on);
}

TableWriter::Merged PostgresMerge::merge(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) {
  const std::string savepoint{kSavepoint};
  TableWriter::Merged merged;
  merged.outcomes.assign(rows.size(), Met::missing);
  sender_.savepoint(savepoint);
  try {
    make_staging();
    sender_.copy(staging_, columns, rows, true);
    std::vector<Meeting> meetings = classify();
    while (!lock(meetings)) meetings = classify();
    // A row that meets several, for want of a unique index, counts for the most that it did.
    for (const Meeting& meeting : meetings) {
      Met& outcome = merged.outcomes[meeting.ordinal];
      if (outcome != Met::updated && (outcome != Met::unchanged || meeting.met == Met::updated)) outcome = meeting.met;
    }
    const std::vector<std::size_t> last = keep_last(meetings, rows.size());
    if (!last.empty()) update(last, merged.outcomes);
    connection_.execute("TRUNCATE " + staging_);
  } catch (Refused& refused) {
    sender_.back_to(savepoint);
    return {.outcomes = {}, .refusal = std::move(refused.refusal)};
  }
  sender_.release(savepoint);
  return merged;
}

std::vector<PostgresMerge::Meeting> PostgresMerge::classify() {
  const auto found = connection_.query(classify_);
  std::vector<Meeting> meetings(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const char met = found.text(i, 1).front();
    meetings[i] = {number_of(found.text(i, 0)), met == 'u' ? Met::updated : met == 'n' ? Met::unchanged : Met::older,
                   std::string{found.text(i, 2)}};
  }
  std::ranges::sort(meetings, {}, &Meeting::ordinal);
  return meetings;
}

std::vector<std::size_t> PostgresMerge::changing(const std::vector<Meeting>& meetings) {
  std::vector<std::size_t> ordinals;
  for (const Meeting& meeting : meetings) {
    if (meeting.met == Met::updated) ordinals.push_back(meeting.ordinal);
  }
  return ordinals;
}

bool PostgresMerge::lock(const std::vector<Meeting>& meetings) {
  std::set<std::pair<std::size_t, std::string_view>> places;
  for (const Meeting& meeting : meetings) {
    if (meeting.met == Met::updated) places.emplace(meeting.ordinal, meeting.place);
  }
  if (places.empty()) return true;
  const std::vector<std::optional<std::string>> parameters{array_of(changing(meetings))};
  const auto locked = connection_.query(
      fmt::format("SELECT s.etl_ordinal, t.tableoid || ' ' || t.ctid::text FROM {} "
                  "JOIN unnest($1::bigint[]) AS w(o) ON s.etl_ordinal = w.o FOR NO KEY UPDATE OF t",
                  met_),
      parameters);
  std::size_t same = 0;
  for (std::size_t i = 0; i < locked.size(); ++i) {
    if (places.contains({number_of(locked.text(i, 0)), locked.text(i, 1)})) ++same;
  }
  return same == places.size();
}

std::vector<std::size_t> PostgresMerge::keep_last(const std::vector<Meeting>& meetings, std::size_t rows) {
  std::map<std::string_view, std::size_t> last;  // By place: its last winner.
  std::map<std::string_view, bool> changes;
  bool follows = false;
  for (const Meeting& meeting : meetings) {
    if (meeting.met == Met::older) continue;
    follows = !last.insert_or_assign(meeting.place, meeting.ordinal).second || follows;
    if (meeting.met == Met::updated) changes[meeting.place] = true;
  }
  std::vector<bool> kept(rows, false);
  for (const auto& [place, yes] : changes) kept[last[place]] = true;
  std::vector<std::size_t> keep;
  std::vector<std::size_t> go;
  for (std::size_t i = 0; i < rows; ++i) (kept[i] ? keep : go).push_back(i);
  if (keep.empty()) return keep;
  if (follows) check_constraints(meetings);
  if (go.empty()) return keep;
  const std::vector<std::optional<std::string>> parameters{array_of(go)};
  connection_.query(
      fmt::format("DELETE FROM {} AS s USING unnest($1::bigint[]) AS w(o) WHERE s.etl_ordinal = w.o", staging_),
      parameters);
  return keep;
}

// A row that another one of the piece overtakes is never written; the CHECKs of the table judge it all the same.
void PostgresMerge::check_constraints(const std::vector<Meeting>& meetings) {
  if (!violations_) {
    violations_ = "";
    const auto checks = connection_.query(
        fmt::format("SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE contype = 'c' AND "
                    "conrelid = {}::regclass",
                    stores::quote_literal(quote_table(sender_.table()))));
    std::string values;
    for (std::size_t i = 0; i < checks.size(); ++i) {
      values += fmt::format("{}({}::text, ({}))", i == 0 ? "" : ", ", stores::quote_literal(checks.text(i, 0)),
                            checks.text(i, 1));
    }
    std::vector<std::string> columns;
    for (const schema::Column& column : sender_.table().columns) {
      const bool set = std::ranges::any_of(request_.set, [&](std::size_t i) { return sender_.names()[i] == column.name; });
      columns.push_back(fmt::format("{}.{}", set ? "s" : "t", quote_identifier(column.name)));
    }
    if (!values.empty()) {
      violations_ = fmt::format(
          "SELECT c.name FROM (SELECT {} FROM {} JOIN unnest($1::bigint[]) AS w(o) ON s.etl_ordinal = w.o) AS q "
          "CROSS JOIN LATERAL (VALUES {}) AS c(name, holds) WHERE NOT c.holds LIMIT 1",
          fmt::join(columns, ", "), met_, values);
    }
  }
  if (violations_->empty()) return;
  const std::vector<std::optional<std::string>> parameters{array_of(changing(meetings))};
  const auto broken = connection_.query(*violations_, parameters);
  if (broken.size() == 0) return;
  stores::PostgresComplaint complaint;
  complaint.sqlstate = "23514";
  complaint.constraint = broken.text(0, 0);
  complaint.table = sender_.table().name;
  throw Refused{sender_.refusal_of(complaint, "")};
}

void PostgresMerge::update(std::span<const std::size_t> last, std::vector<Met>& outcomes) {
  if (journal_ != nullptr) journal_->updating(met_);
  std::optional<stores::PostgresComplaint> complaint;
  const auto updated = connection_.try_query(update_, {}, complaint);
  if (complaint) throw Refused{sender_.refusal_of(*complaint, "")};
  std::vector<bool> done(outcomes.size(), false);
  for (std::size_t i = 0; i < updated.size(); ++i) done[number_of(updated.text(i, 0))] = true;
  for (const std::size_t ordinal : last) {
    if (!done[ordinal]) outcomes[ordinal] = Met::dropped;
  }
  if (journal_ != nullptr) journal_->updated();
}

}  // namespace etl::writers
