// The journal in each dialect; Journal::open chooses.
#pragma once

#include <memory>

#include "engine/ledger/journal.h"

namespace etl::ledger {

std::unique_ptr<Journal> open_postgres_journal(stores::SqlSession& session, const JournalRequest& request,
                                               std::uint64_t& step);
std::unique_ptr<Journal> open_sqlite_journal(stores::SqlSession& session, const JournalRequest& request,
                                             std::uint64_t& step);

// Keys of one journal row at most, so that memory does not follow settings.batch.
inline constexpr std::size_t kRowsPerEntry = 65'536;

// Copies the rows that `replace` removes into a table of the ledger's, and notes its name. The number of rows.
std::uint64_t copy_removed(stores::SqlSession& session, const JournalRequest& request, const std::string& where);
// The run's number in this target.
std::int64_t number_of(stores::SqlSession& session, const Uuid& run);
// Sets `replaced` or `images` of the table's row to a quoted name.
void note_table(stores::SqlSession& session, const JournalRequest& request, const char* column, const std::string& name);

}  // namespace etl::ledger
