// What SQLite says when it refuses a row.
#pragma once

#include "engine/stores/sqlite.h"
#include "engine/writers/writer.h"

namespace etl::writers {

// Why the statement that was just stepped failed, if that speaks of its row; everything else, and the end of the whole
// transaction, is thrown as Error. Resets the statement.
Refusal take_refusal(stores::SqliteDatabase& database, const schema::Table& table, sqlite3_stmt* statement);

}  // namespace etl::writers
