// Values of the ledger as text: arrays, instants, UUIDs, in both dialects.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/value.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sql_session.h"

namespace etl::ledger {

// PostgreSQL: an array literal (manual, section 8.15.2); SQLite: a JSON array.
std::string array_text(schema::Dialect dialect, std::span<const std::string> items);
// Reads what array_text made, as the database gives it back.
std::vector<std::string> read_array(schema::Dialect dialect, std::string_view text);

Instant read_instant(std::string_view text);
Uuid read_uuid(std::string_view text);
std::int64_t read_integer(const std::optional<std::string>& cell);
// "t", "true", "1".
bool read_bool(const std::optional<std::string>& cell);

}  // namespace etl::ledger
