// What a run did: counts, rejects, checks; as text for people, as JSON for programs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/data/value.h"
#include "engine/report/verification.h"

namespace etl::report {

enum class State : std::uint8_t { done, done_with_rejects, failed, interrupted, dry_run };
// "done", "done with rejects", ...
std::string_view name(State state);

// Errors by category, indexed by Error::Kind.
using ErrorCounts = std::array<std::uint64_t, 6>;

// Rows of one table, or of all. Law 1: read + added = filtered + merged + out().
struct Counts {
  std::uint64_t read = 0;
  std::uint64_t added = 0;     // By explode.
  std::uint64_t filtered = 0;  // By where.
  std::uint64_t merged = 0;    // By group_by.
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t skipped = 0;
  std::uint64_t rejected = 0;

  std::uint64_t out() const { return inserted + updated + unchanged + skipped + rejected; }
  bool balanced() const { return read + added == filtered + merged + out(); }
  Counts& operator+=(const Counts& other);
};

// One reason why one row was rejected; secrets and sensitive values are already replaced by ***.
struct Reject {
  std::string position;  // "id=17", "line 112", "row 9".
  std::string field;     // Several, joined by ", ", for keys of several columns; "" for the row as a whole.
  std::string rule;
  std::string reason;
  std::string source;  // The source row as a compact JSON object.
};

// How often a warn rule or sentence was broken.
struct Warned {
  std::string field;  // "" for sentences.
  std::string rule;   // "max: 10", or the sentence.
  std::uint64_t count = 0;
  std::vector<std::string> examples;  // The first few: "id=17: 1850 is above 1000".
};

// How many values try() replaced in a field.
struct Tried {
  std::string field;
  std::uint64_t count = 0;
};

struct Table {
  std::string name;    // In the mapping.
  std::string source;  // "mingus.users".
  std::string target;  // "target.users".
  bool complete = false;
  std::optional<std::uint64_t> rows_before;  // That the target's table held when the run came to it.
  Counts counts;
  std::uint64_t removed = 0;  // Rows that `replace` removed before.
  std::string allowed;  // max_rejects: "0", "1%".
  double seconds = 0;
  std::vector<Warned> warned;
  std::vector<Tried> tried;
  // Rows rejected per field and rule. A row with several reasons counts for each.
  std::map<std::pair<std::string, std::string>, std::uint64_t> reasons;
  std::vector<Reject> rejects;  // The first ones; all of them stand in `rejects_file`.
  std::string rejects_file;     // Relative to the report's folder; "" without rejects or folder.
  ErrorCounts errors{};
};

// A top-level check or warn, or one of the run's own (constraints, counts).
struct Check {
  enum class Result : std::uint8_t { passed, failed, warned };
  std::string sentence;
  Result result = Result::passed;
  std::string detail;  // "3 rows, first 6f1c..."; "" when passed.
};

struct Failure {
  Error::Kind kind = Error::Kind::environment;
  std::string message;
  std::string remedy;
};

// The row that an `abort` of the mapping stopped the run at; `failure` says so in words.
struct Stop {
  std::string table;
  std::string field;  // "" for sentences.
  std::string rule;   // As Warned::rule.
  std::string reason;
  std::string position;
};

struct Report {
  Uuid run_id;
  std::string mapping;
  std::string path;
  State state = State::done;
  bool dry_run = false;
  Instant started;
  Instant ended;
  double seconds = 0;
  std::vector<Table> tables;
  std::vector<Check> checks;
  std::vector<std::string> warnings;
  std::optional<Failure> failure;
  std::optional<Stop> stop;
  std::optional<Verification> verification;  // Of settings.verify: sample and full.
  std::uint64_t peak_memory = 0;  // Bytes.
  std::string folder;             // "" when no report is kept.
  std::vector<std::string> rollback;  // Files in it that undo the run, one for each target.
  std::vector<std::string> kept;  // Tables that a run which did not end well has committed all the same.

  Counts totals() const;
  // The part of the rows out that was not rejected; 1 for no rows.
  double success_rate() const;
  double rows_per_second() const;
  ErrorCounts errors() const;
};

// The category under which a reject of this rule is counted.
Error::Kind category(std::string_view rule);

// summary.txt.
std::string to_text(const Report& report);
// report.json: a stable contract; keys are only ever added.
std::string to_json(const Report& report);

// "shop-20251214T090311Z": a name and a time in UTC as the name of a folder that cannot lie anywhere else.
std::string folder_name(std::string_view name, Instant at);
// Makes REPORTS/<mapping>-<UTC time>-<short id>/ with its rejects/ folder, for this user alone (0700).
// Throws Error (environment).
std::string make_folder(const std::string& reports, std::string_view mapping, Instant started, const Uuid& run_id);
// Writes one file for this user alone (0600). Throws Error (environment).
void write_private(const std::string& path, const std::string& text);
// Writes summary.txt and report.json (0600) into report.folder; nothing when that is "". Throws Error (environment).
void write(const Report& report);

}  // namespace etl::report
