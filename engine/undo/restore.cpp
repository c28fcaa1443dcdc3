#include "engine/undo/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/base/error.h"
#include "engine/base/fault.h"
#include "engine/ledger/journal.h"
#include "engine/schema/dependents.h"
#include "engine/stores/sql_text.h"
#include "engine/undo/restore_session.h"

namespace etl::undo {

namespace {

using stores::quote_identifier;

// One table on its way back.
struct Job {
  const schema::Table* table = nullptr;
  const BackupTable* backup = nullptr;
  std::string staged;
  std::vector<std::string> key;  // Empty: rows are known by all their values.
  RestoredTable result;
};

class Restorer {
 public:
  Restorer(RestoreSession& session, const BackupTarget& target, const RestoreOptions& options,
           const std::vector<std::string>& wanted)
      : session_{session}, options_{options}, catalog_{session.catalog()} {
    std::vector<const schema::Table*> tables;
    std::map<const schema::Table*, const BackupTable*> backups;
    for (const BackupTable& table : target.tables) {
      if (std::ranges::find(wanted, table.table) == wanted.end()) continue;
      const schema::Table* live = find(table);
      tables.push_back(live);
      backups[live] = &table;
    }
    for (const schema::Table* table : schema::parents_first(catalog_, tables)) {
      Job job{.table = table, .backup = backups[table], .staged = {}, .key = {}, .result = {}};
      job.key = ledger::key_columns(*table, job.backup->columns);
      job.result.table = job.backup->table;
      jobs_.push_back(std::move(job));
    }
  }

  std::vector<RestoredTable> run() {
    session_.begin();
    for (Job& job : jobs_) job.staged = session_.stage(*job.backup);
    for (const Job& job : jobs_) stop_on_references(job);
    remove_children_first();
    fault_point("restore_removed");
    for (Job& job : jobs_) insert(job);
    for (Job& job : jobs_) update(job);
    remove_children_first();  // Rows that were referred to by rows as they were.
    std::vector<RestoredTable> results;
    for (Job& job : jobs_) {
      check(job);
      results.push_back(job.result);
    }
    fault_point("restore_before_commit");
    if (!options_.dry_run) session_.commit();
    fault_point("restore_after_commit");
    return results;
  }

 private:
  const schema::Table* find(const BackupTable& backup) const {
    const auto found = std::ranges::find_if(
        catalog_.tables, [&](const schema::Table& table) { return stores::quote_table(table) == backup.table; });
    if (found == catalog_.tables.end()) {
      throw Error{Error::Kind::schema, fmt::format("{} is not there any more", backup.table),
                  "create the table again, then restore"};
    }
    for (const std::string& column : backup.columns) {
      if (found->column(column) != nullptr) continue;
      throw Error{Error::Kind::schema, fmt::format("{} has no column {} any more", backup.table, column),
                  "add the column again, or restore the other tables with --only"};
    }
    return &*found;
  }

  bool is_postgres() const { return session_.dialect() == schema::Dialect::postgresql; }

  // How values are compared: as the database prints them, so that types without equality (json) have one.
  std::string equal(const std::string& left, const std::string& right) const {
    if (is_postgres()) return fmt::format("{}::text IS NOT DISTINCT FROM {}::text", left, right);
    return fmt::format("({0} IS {1} AND typeof({0}) = typeof({1}))", left, right);
  }
  std::string key_matches(const Job& job) const {
    std::string sql;
    for (const std::string& name : job.key) {
      const std::string column = quote_identifier(name);
      sql += fmt::format("{}t.{} = s.{}", sql.empty() ? "" : " AND ", column, column);
    }
    return sql;
  }
  // Rows `t` of a keyed table that the backup does not hold.
  std::string doomed(const Job& job) const {
    return fmt::format("NOT EXISTS (SELECT 1 FROM {} AS s WHERE {})", job.staged, key_matches(job));
  }
  // Rows `r` of the dependent's table that refer to row `t`; of the table itself only those that stay.
  std::string referring(const Job& job, const schema::Dependent& dependent) const {
    std::string sql = fmt::format("SELECT 1 FROM {} AS r WHERE ", stores::quote_table(*dependent.table));
    for (std::size_t i = 0; i < dependent.key->columns.size(); ++i) {
      sql += fmt::format("{}r.{} = t.{}", i == 0 ? "" : " AND ", quote_identifier(dependent.key->columns[i]),
                         quote_identifier(dependent.key->target_columns[i]));
    }
    if (dependent.table != job.table) return sql;
    std::string matches;
    for (const std::string& name : job.key) {
      matches += fmt::format("{0}s.{1} = r.{1}", matches.empty() ? "" : " AND ", quote_identifier(name));
    }
    return sql + fmt::format(" AND EXISTS (SELECT 1 FROM {} AS s WHERE {})", job.staged, matches);
  }
  bool is_restored(const schema::Table* table) const {
    return std::ranges::find(jobs_, table, &Job::table) != jobs_.end();
  }

  // References from tables that the backup does not speak of.
  void stop_on_references(const Job& job) {
    if (job.key.empty() || options_.force) return;
    for (const schema::Dependent& dependent : schema::dependents(catalog_, *job.table)) {
      if (is_restored(dependent.table)) continue;
      const std::uint64_t held =
          session_.count(fmt::format("SELECT count(*) FROM {} AS t WHERE {} AND EXISTS ({})", job.backup->table,
                                     doomed(job), referring(job, dependent)));
      if (held == 0) continue;
      throw Error{Error::Kind::validation,
                  fmt::format("{}: {} rows that the backup does not hold are referred to by {} ({})", job.backup->table,
                              held, stores::quote_table(*dependent.table), dependent.key->name),
                  "remove those references first, or use --force, which leaves these rows where they are"};
    }
  }

  // A row that others still refer to is left for later: no delete may cascade.
  void remove(Job& job) {
    if (job.key.empty()) return remove_all(job);
    std::string where = doomed(job);
    for (const schema::Dependent& dependent : schema::dependents(catalog_, *job.table)) {
      where += fmt::format(" AND NOT EXISTS ({})", referring(job, dependent));
    }
    job.result.removed += session_.change(fmt::format("DELETE FROM {} AS t WHERE {}", job.backup->table, where));
  }
  void remove_children_first() {
    for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) remove(*job);
  }

  // A table without a key is emptied when it differs at all: nothing can refer to its rows.
  void remove_all(Job& job) {
    if (job.result.removed > 0 || differences(job) == 0) return;
    job.result.removed = session_.change("DELETE FROM " + job.backup->table);
  }

  void insert(Job& job) {
    const std::string list = stores::quote_list(job.backup->columns);
    std::string from = fmt::format("SELECT {} FROM {} AS s", list, job.staged);
    if (!job.key.empty()) {
      from += fmt::format(" WHERE NOT EXISTS (SELECT 1 FROM {} AS t WHERE {})", job.backup->table, key_matches(job));
    } else if (job.result.removed == 0 && differences(job) == 0) {
      return;
    }
    job.result.inserted = session_.change(fmt::format("INSERT INTO {} ({}){} {}", job.backup->table, list,
                                                      is_postgres() ? " OVERRIDING SYSTEM VALUE" : "", from));
  }

  void update(Job& job) {
    if (job.key.empty()) return;
    std::string set;
    std::string same;
    for (const std::string& name : job.backup->columns) {
      if (std::ranges::find(job.key, name) != job.key.end()) continue;
      const std::string column = quote_identifier(name);
      same += fmt::format("{}{}", same.empty() ? "" : " AND ", equal("t." + column, "s." + column));
      const schema::Column* live = job.table->column(name);
      if (live->identity == schema::Column::Identity::always) continue;  // UPDATE may not set it; it never differs.
      set += fmt::format("{}{} = s.{}", set.empty() ? "" : ", ", column, column);
    }
    if (set.empty()) return;
    job.result.updated = session_.change(fmt::format("UPDATE {} AS t SET {} FROM {} AS s WHERE {} AND NOT ({})",
                                                     job.backup->table, set, job.staged, key_matches(job), same));
  }

  // How many rows one side holds and the other does not, as a multiset.
  std::uint64_t differences(const Job& job) const {
    std::string values;
    for (const std::string& name : job.backup->columns) {
      const std::string column = quote_identifier(name);
      values += (values.empty() ? "" : ", ") + (is_postgres() ? column + "::text AS " + column
                                                              : fmt::format("{0}, typeof({0})", column));
    }
    const auto side = [&](const std::string& table) {
      std::string names;
      const std::size_t columns = job.backup->columns.size() * (is_postgres() ? 1 : 2);
      for (std::size_t i = 1; i <= columns; ++i) names += fmt::format("{}{}", i == 1 ? "" : ", ", i);
      return fmt::format("SELECT {}, count(*) FROM {} GROUP BY {}", values, table, names);
    };
    const std::string live = side(job.backup->table);
    const std::string kept = side(job.staged);
    return session_.count(
        fmt::format("SELECT (SELECT count(*) FROM ({0} EXCEPT {1}) AS a) + (SELECT count(*) FROM ({1} EXCEPT {0}) AS b)",
                    live, kept));
  }

  // What was put back is compared with the backup once more, as a whole.
  void check(Job& job) {
    job.result.rows = session_.count("SELECT count(*) FROM " + job.backup->table);
    if (options_.force && !job.key.empty()) {
      job.result.kept =
          session_.count(fmt::format("SELECT count(*) FROM {} AS t WHERE {}", job.backup->table, doomed(job)));
    }
    const std::uint64_t different = job.result.kept > 0 ? 0 : differences(job);
    if (different == 0 && job.result.rows == job.backup->rows + job.result.kept) return;
    throw Error{Error::Kind::validation,
                fmt::format("{}: holds {} rows after the restore, the backup {}, and {} differ; nothing was changed",
                            job.backup->table, job.result.rows, job.backup->rows, different),
                "look for triggers that change rows as they are written"};
  }

  RestoreSession& session_;
  const RestoreOptions& options_;
  schema::Catalog catalog_;
  std::vector<Job> jobs_;
};

// Whether --only names the table of a backup; the mapping may not know the table as it is now.
bool is_wanted(const plan::TablePlan& wanted, const BackupTable& table) {
  if (wanted.target != nullptr) return stores::quote_table(*wanted.target) == table.table;
  const std::string name = quote_identifier(wanted.name);
  return table.table == name || table.table.ends_with("." + name);
}

// The tables of the backup that --only names; all without it.
std::vector<std::string> wanted_tables(const plan::Plan& plan, const BackupTarget& target,
                                       const std::vector<std::string>& only) {
  std::vector<std::string> wanted;
  for (const BackupTable& table : target.tables) {
    const bool takes = std::ranges::any_of(plan.tables, [&](const plan::TablePlan& candidate) {
      return std::ranges::find(only, candidate.name) != only.end() && is_wanted(candidate, table);
    });
    if (takes || only.empty()) wanted.push_back(table.table);
  }
  return wanted;
}

void check_names(const plan::Plan& plan, const std::vector<std::string>& only) {
  for (const std::string& name : only) {
    if (std::ranges::find(plan.tables, name, &plan::TablePlan::name) != plan.tables.end()) continue;
    throw Error{Error::Kind::schema, fmt::format("--only: the mapping has no table {}", name), "see etl plan"};
  }
}

}  // namespace

std::vector<RestoredTable> restore(const plan::Plan& plan, const Backup& backup, const RestoreOptions& options) {
  check_backup(backup);
  check_names(plan, options.only);
  std::vector<RestoredTable> results;
  for (const BackupTarget& target : backup.targets) {
    const auto connection = std::ranges::find(plan.connections, target.connection,
                                              [](const plan::ConnectionPlan& each) { return each.info.name; });
    if (connection == plan.connections.end()) {
      throw Error{Error::Kind::schema, fmt::format("the mapping has no connection {}", target.connection),
                  "restore with the mapping that the backup was taken with"};
    }
    const std::vector<std::string> wanted = wanted_tables(plan, target, options.only);
    if (wanted.empty()) continue;
    if ((connection->info.kind == stores::Kind::postgresql) != (target.dialect == schema::Dialect::postgresql)) {
      throw Error{Error::Kind::schema,
                  fmt::format("{}: its backup in {} was taken from another kind of database", connection->info.name,
                              backup.folder),
                  "give the connection the url that the backup was taken from, or name another folder with --from"};
    }
    const auto session = open_restore(connection->info, backup, target);
    std::ranges::move(Restorer{*session, target, options, wanted}.run(), std::back_inserter(results));
  }
  return results;
}

}  // namespace etl::undo
