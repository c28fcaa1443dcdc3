// A copy of a whole SQLite database through its backup API (https://www.sqlite.org/backup.html).
#pragma once

#include <string>

#include "engine/stores/store.h"

namespace etl::stores {

// Writes the database of `info`, as one snapshot, into a new file. Waits for a writer as long as the connection's busy
// timeout says. Throws Error (connection, environment).
void back_up_sqlite(const ConnectionInfo& info, const std::string& file);

}  // namespace etl::stores
