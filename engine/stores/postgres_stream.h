// COPY as a stream: rows of any number out of a database and back in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/stores/postgres.h"

namespace etl::stores {

// Runs a COPY ... TO STDOUT and hands over its rows one by one, in either of COPY's formats (manual, sql-copy): a line
// with its line end, or a row's binary message, the first with the header. Gives their number. Throws Error. What `take`
// throws ends the stream; the connection can be used afterwards.
std::uint64_t copy_out(PostgresConnection& connection, const std::string& sql,
                       const std::function<void(std::string_view)>& take);

// Runs a COPY ... FROM STDIN with the pieces that `next` gives, until one is empty. Gives the rows that arrived.
// Throws Error.
std::uint64_t copy_in(PostgresConnection& connection, const std::string& sql,
                      const std::function<std::string_view()>& next);

}  // namespace etl::stores
