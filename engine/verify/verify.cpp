#include "engine/verify/verify.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/data/json.h"
#include "engine/ledger/journal.h"
#include "engine/ledger/record.h"
#include "engine/stores/sql_text.h"
#include "engine/verify/rehearsal.h"

namespace etl::verify {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

// What a target's ledger says of the run.
struct Facts {
  ledger::RunRow run;
  std::vector<ledger::TableRow> tables;
  std::map<std::string, std::uint64_t> rows_before;  // By table; from the run's report.
  std::set<std::string> refused;  // Tables of which the database itself refused rows; from the run's report.
  bool marks = false;  // xmin, or the hash of a row, still tells whether somebody changed it.

  const ledger::TableRow* table(std::string_view name) const {
    const auto found = std::ranges::find(tables, name, &ledger::TableRow::name);
    return found == tables.end() ? nullptr : &*found;
  }
};

// A member of a JSON object; "" when there is none.
std::string_view member(std::string_view object, std::string_view name) {
  if (kind_of(object) != JsonKind::object) return {};
  std::string quoted;
  append_json_string(name, quoted);
  JsonItems items{object};
  while (items.next()) {
    if (items.key() == quoted) return items.value();
  }
  return {};
}

// A text that is a member of a JSON object; "" when there is none.
std::string text_member(std::string_view object, std::string_view name) {
  const std::string_view value = member(object, name);
  std::string text;
  if (!value.empty() && kind_of(value) == JsonKind::text) append_json_text(value, text);
  return text;
}

constexpr std::string_view kDatabaseRule = "database";

bool has_refused_rows(std::string_view table) {
  const std::string_view reasons = member(table, "reasons");
  if (reasons.empty() || kind_of(reasons) != JsonKind::array) return false;
  JsonItems items{reasons};
  while (items.next()) {
    if (text_member(items.value(), "rule") == kDatabaseRule) return true;
  }
  return false;
}

// What the report says that the run's tables held before, and which rows the database refused.
void read_report(const std::string& report, Facts& facts) {
  std::string json;
  if (report.empty() || !canonical_json(report, json).value) return;
  const std::string_view tables = member(json, "tables");
  if (tables.empty() || kind_of(tables) != JsonKind::array) return;
  JsonItems items{tables};
  while (items.next()) {
    const std::string name = text_member(items.value(), "name");
    if (name.empty()) continue;
    const auto rows = parse_integer(member(items.value(), "rows_before")).value;
    if (rows) facts.rows_before[name] = static_cast<std::uint64_t>(*rows);
    if (has_refused_rows(items.value())) facts.refused.insert(name);
  }
}

// After a dump and restore, or past half of all transaction ids, xmin tells nothing (hard-parts.md 21).
bool marks_tell(stores::SqlSession& session, const ledger::RunRow& run) {
  if (session.dialect() == schema::Dialect::sqlite) return true;
  ledger::RunRow here;
  ledger::describe_session(session, here);
  if (here.system != run.system || here.database != run.database) return false;
  const auto rows = session.read("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
  const auto now = parse_integer(rows.at(0).at(0).value_or("0")).value.value_or(0);
  constexpr std::int64_t kHalf = std::int64_t{1} << 31;
  return run.xid > 0 && now - run.xid < kHalf;
}

// The row's mark as Probe reads it.
std::string mark_of(stores::SqlSession& session, const schema::Table& live) {
  if (session.dialect() == schema::Dialect::postgresql) return "t.xmin::text";
  constexpr std::size_t kColumnsPerCall = 100;
  std::string texts;
  for (std::size_t i = 0; i < live.columns.size(); ++i) {
    const bool first = i % kColumnsPerCall == 0;
    if (first) texts += i == 0 ? "etl_row_text(" : ") || etl_row_text(";
    texts += (first ? "t." : ", t.") + stores::quote_identifier(live.columns[i].name);
  }
  return fmt::format("substr(sha3({}), 224), 1, 8)", texts);
}

class Verifying {
 public:
  Verifying(const plan::Plan& plan, run::Connections& connections, Depth depth, std::uint64_t sample)
      : plan_{plan}, live_{connections}, depth_{depth}, sample_{sample}, space_{memory_for_checks(plan)} {
    if (can_spill(plan)) plan_.settings.memory -= static_cast<std::int64_t>(space_.budget.limit());
  }

  // Facts of each target connection; none: the mapping as it is now.
  void know(std::size_t connection, Facts facts) { facts_.emplace(connection, std::move(facts)); }

  // Tables of which nobody knows that the run wrote them are left out.
  void leave_out_tables_not_run() {
    for (plan::TablePlan& table : plan_.tables) {
      const auto facts = facts_.find(table.connection);
      if (facts != facts_.end() && facts->second.table(table.name) == nullptr) table.selected = false;
    }
  }

  report::Verification verify(const Occasion& occasion, const TableCheck::Tell& tell) {
    const auto start = Clock::now();
    report::Verification out;
    out.depth = depth_ == Depth::full ? "full" : depth_ == Depth::sample ? "sample" : "counts";
    out.mapping = plan_.name;
    out.run = occasion.run;
    if (occasion.run) out.now = occasion.started;
    knowledge_.now = occasion.run.has_value();
    forget_keys_that_changed();
    for (const plan::TablePlan& table : plan_.tables) knowledge_.id_maps.push_back(is_mapped(table, occasion));
    go(occasion, out.tables, tell);
    for (std::size_t i = plan_.tables.size(); i > 0; --i) {
      if (!plan_.tables[i - 1].selected) out.tables.erase(out.tables.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    out.seconds = seconds_since(start);
    out.peak_memory = peak_memory();
    return out;
  }

 private:
  // What the run held in memory it must be able to hold again: groups, lookups and rows that wait cannot spill.
  static bool can_spill(const plan::Plan& plan) {
    return plan.lookups.empty() && std::ranges::none_of(plan.tables, [&](const plan::TablePlan& table) {
      const auto itself = static_cast<std::size_t>(&table - plan.tables.data());
      const bool refers =
          std::ranges::any_of(table.fields, [](const plan::FieldPlan& field) { return !field.self_reference.empty(); }) ||
          std::ranges::any_of(table.foreign_keys, [&](const plan::ForeignKeyPlan& key) { return key.parent == itself; });
      return refers || table.shape.grouped;
    });
  }

  static std::size_t memory_for_checks(const plan::Plan& plan) {
    constexpr std::size_t kLeast = 16U << 20U;
    const auto quarter = static_cast<std::size_t>(plan.settings.memory) / 4;
    return can_spill(plan) ? quarter : std::min(quarter, kLeast);
  }

  const Facts* facts_of(const plan::TablePlan& table) const {
    const auto found = facts_.find(table.connection);
    return found == facts_.end() ? nullptr : &found->second;
  }

  bool is_mapped(const plan::TablePlan& table, const Occasion& occasion) {
    return facts_of(table) != nullptr && has_id_map(live_.target(table.connection), *occasion.run, table.name);
  }

  void make_checks(std::vector<report::VerifiedTable>& tables, const TableCheck::Tell& tell) {
    origins_ = origins(plan_, knowledge_);
    note_refused();
    checks_.clear();
    tables.assign(plan_.tables.size(), {});
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) checks_.push_back(check_of(i, tables[i], tell));
  }

  void go(const Occasion& occasion, std::vector<report::VerifiedTable>& tables, const TableCheck::Tell& tell) {
    make_checks(tables, tell);
    if (counts_are_known()) {
      for (const auto& check : checks_) {
        if (!check) continue;
        check->begin();
        check->end();
      }
      return;
    }
    pass_all(occasion, tables, tell);
    for (const auto& check : checks_) {
      if (check) check->conclude();
    }
  }

  void pass_all(const Occasion& occasion, std::vector<report::VerifiedTable>& tables, const TableCheck::Tell& tell) {
    auto rehearsal = std::make_unique<Rehearsal>(plan_, live_, space_, checks_, origins_, occasion);
    rehearsal->pass();
    // Only now it is known that the database filled some columns: rows cannot be compared by those.
    const auto filled = rehearsal->filled();
    if (std::ranges::any_of(filled, [&](const auto& field) { return origins_[field.first][field.second].origin == Origin::computed; })) {
      knowledge_.filled = filled;
      make_checks(tables, tell);
      rehearsal = std::make_unique<Rehearsal>(plan_, live_, space_, checks_, origins_, occasion);
      rehearsal->pass();
    }
    note_doubts(*rehearsal);
    if (std::ranges::any_of(checks_, [](const auto& check) { return check && check->again(); })) pass_again(*rehearsal);
  }

  // Tables that are through and that no other one looks at need not be made a second time.
  void pass_again(Rehearsal& rehearsal) {
    std::vector<bool> selected;
    for (const plan::TablePlan& table : plan_.tables) selected.push_back(table.selected);
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
      if (checks_[i] && !checks_[i]->again() && !is_looked_at(i)) plan_.tables[i].selected = false;
    }
    rehearsal.pass();
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) plan_.tables[i].selected = selected[i];
  }

  bool is_looked_at(std::size_t index) const {
    const plan::TablePlan& table = plan_.tables[index];
    return table.is_referenced || is_shared(table) || std::ranges::any_of(plan_.tables, [&](const plan::TablePlan& other) {
      return std::ranges::find(other.foreign_keys, index, &plan::ForeignKeyPlan::parent) != other.foreign_keys.end();
    });
  }

  // Which row was the last to update another one is known only where it is known which rows were rejected. Not so where
  // the database refused some by itself, or where they were judged by a key whose values updates have changed since.
  void note_doubts(const Rehearsal& rehearsal) {
    std::set<std::size_t> doubtful;
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
      const plan::TablePlan& table = plan_.tables[i];
      if (!checks_[i]) continue;
      for (const std::size_t parent : doubtful) {
        checks_[i]->leave_extra_rows(plan_.tables[parent].name);
        for (std::size_t field = 0; field < table.fields.size(); ++field) {
          if (!table.fields[field].value || !refers_to(*table.fields[field].value, parent)) continue;
          checks_[i]->leave_field(field, plan_.tables[parent].name);
        }
      }
      const ledger::TableRow* run = checks_[i]->scope().run;
      if (!table.updates() || run == nullptr || run->rejected == 0) continue;
      const bool changes = std::ranges::any_of(table.unique, &plan::UniquePlan::may_change);
      if (!changes && run->rejected == rehearsal.rejected(i)) continue;
      checks_[i]->leave_values();
      doubtful.insert(i);
    }
  }

  // For each table the one of which the database itself refused rows: itself, or one that it depends on; null without. What
  // it took in their place only the run knows.
  void note_refused() {
    refused_.assign(plan_.tables.size(), nullptr);
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
      const plan::TablePlan& table = plan_.tables[i];
      const Facts* facts = facts_of(table);
      if (facts != nullptr && facts->refused.contains(table.name)) refused_[i] = &table;
      for (std::size_t parent = 0; parent < i && refused_[i] == nullptr; ++parent) {
        if (refused_[parent] != nullptr && depends_on(table, parent)) refused_[i] = refused_[parent];
      }
    }
  }

  static bool depends_on(const plan::TablePlan& table, std::size_t parent) {
    const auto refers = [&](const plan::FieldPlan& field) { return field.value && refers_to(*field.value, parent); };
    return std::ranges::any_of(table.fields, refers) ||
           std::ranges::find(table.foreign_keys, parent, &plan::ForeignKeyPlan::parent) != table.foreign_keys.end();
  }

  static bool refers_to(const plan::Node& node, std::size_t table) {
    using Kind = plan::Node::Kind;
    if ((node.kind == Kind::reference || node.kind == Kind::reference_column) && node.index == table) return true;
    if (node.body && refers_to(*node.body, table)) return true;
    return std::ranges::any_of(node.arguments, [table](const plan::NodePtr& part) { return refers_to(*part, table); });
  }

  // Nothing was rejected, so no key was taken; what rows held before they were updated is not in the target any more.
  void forget_keys_that_changed() {
    for (plan::TablePlan& table : plan_.tables) {
      const Facts* facts = facts_of(table);
      const ledger::TableRow* run = facts == nullptr ? nullptr : facts->table(table.name);
      if (!table.updates() || run == nullptr || run->rejected > 0) continue;
      std::erase_if(table.unique, [](const plan::UniquePlan& unique) { return unique.may_change && !unique.is_key; });
    }
  }

  // Counts alone need no second look at the source, where a run has counted.
  bool counts_are_known() const {
    return depth_ == Depth::counts && std::ranges::all_of(plan_.tables, [&](const plan::TablePlan& table) {
             return !table.selected || facts_of(table) != nullptr;
           });
  }

  const schema::Table& live_table(const plan::TablePlan& table) {
    const schema::Catalog& catalog = live_.target(table.connection).catalog();
    const schema::Table& planned = *table.target;
    const schema::Table* found = catalog.table(planned);
    if (found == nullptr && catalog.dialect == schema::Dialect::sqlite) found = catalog.table(planned.name);
    if (found != nullptr) return *found;
    throw Error{Error::Kind::schema, fmt::format("{}: the target has no table {}", table.name, planned.name),
                "run the mapping first, or look whether the table was dropped"};
  }

  bool is_shared(const plan::TablePlan& table) const {
    return std::ranges::count_if(plan_.tables, [&](const plan::TablePlan& other) {
             return other.selected && other.connection == table.connection && other.target != nullptr &&
                    other.target->name == table.target->name && other.target->schema == table.target->schema;
           }) > 1;
  }

  // The columns by which the journal knows rows, as fields.
  static std::vector<std::size_t> key_of(const plan::TablePlan& table, const schema::Table& live) {
    std::vector<std::string> written;
    for (const plan::FieldPlan& field : table.fields) written.push_back(field.name);
    std::vector<std::size_t> key;
    for (const std::string& name : ledger::key_columns(live, written)) {
      key.push_back(static_cast<std::size_t>(std::ranges::find(written, name) - written.begin()));
    }
    return key;
  }

  std::unique_ptr<TableCheck> check_of(std::size_t index, report::VerifiedTable& report, const TableCheck::Tell& tell) {
    const plan::TablePlan& table = plan_.tables[index];
    if (!table.selected) return nullptr;
    if (table.target == nullptr) {
      throw Error{Error::Kind::schema, fmt::format("{}: nothing is known of its target table", table.name),
                  "give the connection a schema:, or create the table"};
    }
    writers::Target& target = live_.target(table.connection);
    const schema::Table& live = live_table(table);
    const plan::ConnectionPlan& connection = plan_.connections[table.connection];
    report.name = table.name;
    report.target = connection.info.name + "." + live.name;
    const std::vector<std::size_t> journal_key = key_of(table, live);
    const bool known = std::ranges::all_of(journal_key, [&](std::size_t field) {
      return origins_[index][field].origin == Origin::computed || origins_[index][field].origin == Origin::keyed;
    });
    // Rows that are updated are known by the key of the row that they meet, which the target says.
    const std::vector<std::size_t> key = known || table.updates() ? journal_key : std::vector<std::size_t>{};
    const auto fields = compared(table, live, origins_[index], key, report);
    const bool rendered = connection.ddl && connection.ddl->dialect == schema::Dialect::postgresql;
    const schema::Table* declared = rendered ? connection.ddl->table(live.name) : nullptr;
    const auto dialect = target.dialect();
    Scope scope;
    scope.depth = depth_;
    scope.sample = sample_;
    scope.target = stores::quote_table(live);
    scope.shared = is_shared(table);
    if (refused_[index] != nullptr && !table.updates()) scope.refused = refused_[index]->name;
    scope.tentative = std::ranges::any_of(table.fields, [&](const plan::FieldPlan& field) {
      return field.value && field.from_default && !knowledge_.filled.contains({index, field_index(table, field)});
    });
    if (const Facts* facts = facts_of(table)) {
      scope.run = facts->table(table.name);
      if (facts->marks) scope.mark = mark_of(target, live);
      const auto before = facts->rows_before.find(table.name);
      const bool was_empty = before != facts->rows_before.end() && before->second == 0;
      const bool replaced = !scope.run->replaced.empty() && replaces_all(table);
      scope.owned = !scope.shared && (scope.run->created || replaced || was_empty);
    }
    return std::make_unique<TableCheck>(table, target, RowForm{table, live, declared, dialect, fields, key},
                                        RowForm{table, live, declared, dialect, {}, journal_key}, std::move(scope), space_,
                                        report, tell);
  }

  // With a condition the rows outside of it are somebody else's.
  static bool replaces_all(const plan::TablePlan& table) {
    return table.replace && table.replace->kind == writers::Condition::Kind::all_of && table.replace->parts.empty();
  }

  // A table of which the database refused rows, and whose keys the field takes; null without.
  const plan::TablePlan* refused_reference(const plan::TablePlan& table, std::size_t field,
                                           const std::vector<std::size_t>& key) const {
    const plan::FieldPlan& plan = table.fields[field];
    if (!plan.value || std::ranges::find(key, field) != key.end()) return nullptr;
    for (std::size_t parent = 0; parent < plan_.tables.size(); ++parent) {
      if (refused_[parent] != nullptr && refers_to(*plan.value, parent)) return refused_[parent];
    }
    return nullptr;
  }

  // A later table of the mapping that updates the column in the same target table; null without.
  const plan::TablePlan* updated_later(const plan::TablePlan& table, const std::string& column) const {
    const auto index = static_cast<std::size_t>(&table - plan_.tables.data());
    for (std::size_t i = index + 1; i < plan_.tables.size(); ++i) {
      const plan::TablePlan& later = plan_.tables[i];
      if (!later.selected || !later.updates() || later.connection != table.connection || later.target == nullptr) continue;
      if (later.target->name != table.target->name || later.target->schema != table.target->schema) continue;
      if (std::ranges::any_of(later.set, [&](std::size_t field) { return later.fields[field].name == column; })) return &later;
    }
    return nullptr;
  }

  static std::size_t field_index(const plan::TablePlan& table, const plan::FieldPlan& field) {
    return static_cast<std::size_t>(&field - table.fields.data());
  }

  // Fields that can be compared; the others and the columns that nobody writes are named.
  std::vector<std::size_t> compared(const plan::TablePlan& table, const schema::Table& live,
                                    const std::vector<FieldOrigin>& fields, const std::vector<std::size_t>& key,
                                    report::VerifiedTable& report) const {
    std::vector<std::size_t> out;
    for (std::size_t field = 0; field < table.fields.size(); ++field) {
      const std::string& name = table.fields[field].name;
      if (fields[field].origin == Origin::unknown) {
        report.left_out.emplace_back(name, fields[field].reason);
      } else if (fields[field].origin == Origin::password && key.empty()) {
        report.left_out.emplace_back(name, "passwords are checked by the row's key, and there is none");
      } else if (const plan::TablePlan* refused = refused_reference(table, field, key); refused != nullptr) {
        report.left_out.emplace_back(
            name, fmt::format("the database refused rows of {}, and only the run knew which", refused->name));
      } else if (const plan::TablePlan* later = updated_later(table, name); later != nullptr) {
        report.left_out.emplace_back(name, fmt::format("{} updates it afterwards", later->name));
      } else if (live.column(name) == nullptr) {
        report.left_out.emplace_back(name, "the target has no such column");
      } else {
        out.push_back(field);
      }
    }
    for (const schema::Column& column : live.columns) {
      if (std::ranges::find(table.fields, column.name, &plan::FieldPlan::name) != table.fields.end()) continue;
      report.left_out.emplace_back(column.name, column.generated ? "the database computes it" : "not mapped");
    }
    return out;
  }

  plan::Plan plan_;
  run::Connections& live_;
  Depth depth_;
  std::uint64_t sample_;
  run::KeySpace space_;
  std::map<std::size_t, Facts> facts_;
  Knowledge knowledge_;
  std::vector<std::vector<FieldOrigin>> origins_;
  std::vector<const plan::TablePlan*> refused_;  // See note_refused().
  std::vector<std::unique_ptr<TableCheck>> checks_;
};

std::set<std::size_t> targets_of(const plan::Plan& plan) {
  std::set<std::size_t> out;
  for (const plan::TablePlan& table : plan.tables) {
    if (table.selected) out.insert(table.connection);
  }
  return out;
}

// One snapshot for all that is read, and nothing written.
class Snapshot {
 public:
  explicit Snapshot(writers::Target& target) : target_{target} {
    if (target.dialect() == schema::Dialect::sqlite) {
      target.script("BEGIN");
    } else {
      target.begin();
      target.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    }
  }
  ~Snapshot() {
    try {
      target_.roll_back();
    } catch (const std::exception&) {  // A connection that is gone holds nothing.
    }
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  writers::Target& target_;
};

// The run that is spoken of: the one asked for, else the newest that is done.
std::optional<Facts> find_facts(stores::SqlSession& session, const plan::Plan& plan, const std::string& id) {
  if (!ledger::exists(session)) {
    if (id.empty()) return std::nullopt;
    throw Error{Error::Kind::schema, "the target has no ledger, so nothing is known of run " + id,
                "leave out --run: the target is then compared with what the mapping makes now"};
  }
  Facts facts;
  const auto is_kept = [](const ledger::RunRow& run) {
    return run.state == ledger::RunState::done || run.state == ledger::RunState::committed;
  };
  if (!id.empty()) {
    facts.run = ledger::find_run(session, plan.name, id);
    if (!is_kept(facts.run)) {
      throw Error{Error::Kind::validation, fmt::format("run {} is {}: there is nothing to verify", id, name(facts.run.state)),
                  "choose a run that is done"};
    }
  } else {
    const auto runs = ledger::runs(session, plan.name);
    const auto newest = std::ranges::find_if(runs, is_kept);
    if (newest == runs.end()) return std::nullopt;
    facts.run = *newest;
  }
  facts.tables = ledger::tables(session, facts.run.run);
  facts.marks = marks_tell(session, facts.run);
  read_report(facts.run.report, facts);
  return facts;
}

// differences.csv in a report's folder, made when the first difference is told.
class DifferencesFile {
 public:
  explicit DifferencesFile(std::string folder) : folder_{std::move(folder)} {}
  ~DifferencesFile() {
    if (file_ >= 0) ::close(file_);
  }
  DifferencesFile(const DifferencesFile&) = delete;
  DifferencesFile& operator=(const DifferencesFile&) = delete;

  static constexpr std::string_view kName = "differences.csv";
  bool exists() const { return file_ >= 0; }

  void add(const report::Difference& difference) {
    if (folder_.empty()) return;
    if (file_ < 0) {
      file_ = ::open(fmt::format("{}/{}", folder_, kName).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      write(report::differences_header());
    }
    write(report::to_csv(difference));
  }

 private:
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = file_ < 0 ? -1 : ::write(file_, text.data(), text.size());
      if (sent < 0 && errno == EINTR && file_ >= 0) continue;
      if (sent < 0) {
        throw Error{Error::Kind::environment, fmt::format("cannot write {}/{}: {}", folder_, kName, std::strerror(errno)),
                    "free the disk or mend its permissions"};
      }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  std::string folder_;
  int file_ = -1;
};

}  // namespace

report::Verification verify(const plan::Plan& plan, run::Connections& connections, const VerifyOptions& options) {
  std::vector<std::unique_ptr<Snapshot>> snapshots;
  Verifying verifying{plan, connections, options.depth, options.sample};
  Occasion occasion{.started = options.now, .run = {}, .interrupt = options.interrupt, .batch = options.batch};
  bool mapping_changed = false;
  for (const std::size_t connection : targets_of(plan)) {
    writers::Target& target = connections.target(connection);
    snapshots.push_back(std::make_unique<Snapshot>(target));
    auto facts = find_facts(target, plan, options.run);
    if (!facts) continue;
    occasion.started = facts->run.started;
    occasion.run = facts->run.run;
    mapping_changed = mapping_changed || facts->run.hash != plan.hash;
    verifying.know(connection, std::move(*facts));
  }
  if (occasion.run) verifying.leave_out_tables_not_run();
  report::Verification out = verifying.verify(occasion, [&](const report::Difference& difference) {
    if (options.tell) options.tell(difference);
  });
  if (mapping_changed) out.remark = "the mapping or its params have changed since the run: rows are compared with what it makes now";
  return out;
}

void RunVerifier::verify(const plan::Plan& plan, run::Connections& connections, const run::RunOptions& options,
                         report::Report& report) {
  constexpr std::uint64_t kSample = 1'000;
  const Depth depth = plan.settings.verify.value == "sample" ? Depth::sample : Depth::full;
  Verifying verifying{plan, connections, depth, kSample};
  for (const std::size_t connection : targets_of(plan)) {
    writers::Target& target = connections.target(connection);
    if (!ledger::exists(target)) continue;
    Facts facts;
    facts.run.run = report.run_id;
    facts.tables = ledger::tables(target, report.run_id);
    for (ledger::TableRow& row : facts.tables) {
      const auto table = std::ranges::find(report.tables, row.name, &report::Table::name);
      if (table == report.tables.end()) continue;
      row.inserted = table->counts.inserted;
      row.updated = table->counts.updated;
      row.unchanged = table->counts.unchanged;
      row.rejected = table->counts.rejected;
      if (table->rows_before) facts.rows_before[row.name] = *table->rows_before;
      const auto is_refusal = [](const auto& reason) { return reason.first.second == kDatabaseRule; };
      if (std::ranges::any_of(table->reasons, is_refusal)) facts.refused.insert(row.name);
    }
    if (!facts.tables.empty()) verifying.know(connection, std::move(facts));
  }
  const Occasion occasion{
      .started = options.started, .run = report.run_id, .interrupt = options.interrupt, .batch = options.batch};
  DifferencesFile file{report.folder};
  report.verification = verifying.verify(occasion, [&](const report::Difference& difference) { file.add(difference); });
  if (file.exists()) report.verification->file = DifferencesFile::kName;
}

}  // namespace etl::verify
