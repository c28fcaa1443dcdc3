// Undoing a run through an open connection: the pieces of the script, with a look in between at what they found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/ledger/ledger.h"
#include "engine/undo/script.h"

namespace etl::undo {

// Something that stands in the way, as a sentence.
struct Stop {
  std::string kind;  // "state", "evidence", "changed", "later run", "referenced", "left", "collides", "needed".
  bool force_passes = false;
  std::string target;  // The table concerned, quoted; "" for the run as a whole.
  std::uint64_t rows = 0;
  std::string what;
};

// What became of one table's rows.
struct TableOutcome {
  std::string name, target;
  std::uint64_t removed = 0, restored = 0, put_back = 0;
  std::uint64_t left_be = 0;  // Changed since, or needed by a row that stays.
  std::uint64_t gone = 0;     // Written by the run, and not there any more.
};

struct Outcome {
  std::vector<TableOutcome> tables;
  std::vector<Stop> stops;
  bool refused = false;  // Something stands in the way that force does not pass, or force is not given.
};

// One run in one target. Everything that it does is undone by the destructor, unless it was committed.
class Rollback {
 public:
  // `session` outlives it; no transaction is open on it. `catalog`: the live one.
  Rollback(stores::SqlSession& session, const schema::Catalog& catalog, Request request);
  ~Rollback();
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;

  // Everything but the commit. Throws Error.
  Outcome run();
  // REQUIRES: run() was not refused.
  void commit();

 private:
  bool is_stopped(Outcome& outcome);
  bool is_free(const Drop& drop);
  void drop_what_is_free();
  void read_tables(Outcome& outcome);

  stores::SqlSession& session_;
  Request request_;
  Script script_;
  bool open_ = false;
};

// The script of one run for the database behind `session`.
Script script_of(stores::SqlSession& session, const schema::Catalog& catalog, const Request& request);

// What undoing a run means, line by line, for the head of its script and for people. `force_file`: the name of the
// variant that leaves rows be, for SQLite.
std::vector<std::string> words_of(stores::SqlSession& session, const ledger::RunRow& run, const Request& request);

}  // namespace etl::undo
