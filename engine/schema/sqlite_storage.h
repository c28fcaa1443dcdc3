// How columns of PostgreSQL types rest in a SQLite table that was rendered from their DDL (hard-parts 30): as
// INTEGER, REAL, TEXT or BLOB, each with a CHECK that keeps what the PostgreSQL type would keep.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/schema/catalog.h"

namespace etl::schema {

enum class StorageForm : std::uint8_t {
  integer,       // smallint, integer, bigint, oid
  boolean,       // INTEGER 0 or 1
  whole,         // INTEGER: numeric(p,0) with p up to 18
  decimal_text,  // TEXT, plain digits: -12.50, with exactly the declared scale; NaN and infinities by name
  real,
  text,
  bytes,
  uuid,         // TEXT, 36 characters, lower case
  json,         // TEXT
  list,         // TEXT, a JSON array
  date,         // TEXT, YYYY-MM-DD
  time,         // TEXT, HH:MM:SS[.ffffff]
  timestamp,    // TEXT, YYYY-MM-DDTHH:MM:SS[.ffffff]
  timestamptz,  // TEXT, the same in UTC with +00:00 behind it, which unlike Z keeps the order of time
  bits,         // TEXT of 0 and 1
};

StorageForm storage_form(const SqlType& type);
// "INTEGER", "REAL", "TEXT" or "BLOB".
std::string_view storage_type(StorageForm form);

// The condition that the stored values of `column`, a quoted name, meet; "" when there is none.
// NULL makes it NULL, which a CHECK lets pass.
std::string storage_check(const SqlType& type, const std::string& column);

// A canonical text (`to_text`) as SQL literal of the stored form.
std::string storage_literal(const SqlType& type, const std::string& canonical);
// The present moment as an expression of the stored form, for temporal types.
std::string storage_now(const SqlType& type);

// Quoted with " where SQLite needs it.
std::string sqlite_name(std::string_view name);
std::string sql_string(std::string_view text);

}  // namespace etl::schema
