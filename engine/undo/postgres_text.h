// The parts of a rollback script for PostgreSQL. They are the same for every run: which run is undone, and what it
// wrote, the script reads from the ledger when it runs. So nothing is known too early, also not about tables that
// came to refer to the run's rows since.
#pragma once

#include <string_view>

namespace etl::undo {

std::string_view postgres_fence();    // Functions that find the run, and the transaction before the others.
std::string_view postgres_tables();   // Temporary tables.
std::string_view postgres_look();     // Functions: what the run wrote, what was changed since.
std::string_view postgres_close();    // Functions: who refers to it.
std::string_view postgres_check();    // Functions: may the run be undone at all; the whole first half.
std::string_view postgres_restore();  // Functions: rows as they were.
std::string_view postgres_undo();     // Functions: the second half, step by step backwards.

}  // namespace etl::undo
