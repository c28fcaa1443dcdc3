// COPY in text format as a stream: whole tables out of a database and back in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/stores/postgres.h"

namespace etl::stores {

// Runs a COPY ... TO STDOUT and hands over its rows, a line each with its line end (manual, sql-copy, "Text Format").
// Gives their number. Throws Error; what `take` throws ends it as well.
std::uint64_t copy_out(PostgresConnection& connection, const std::string& sql,
                       const std::function<void(std::string_view)>& take);

// Runs a COPY ... FROM STDIN with the pieces that `next` gives, until one is empty. Gives the rows that arrived.
// Throws Error.
std::uint64_t copy_in(PostgresConnection& connection, const std::string& sql,
                      const std::function<std::string_view()>& next);

}  // namespace etl::stores
