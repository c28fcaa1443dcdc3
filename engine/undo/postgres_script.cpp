#include <fmt/format.h>

#include "engine/ledger/ledger.h"
#include "engine/stores/sql_text.h"
#include "engine/undo/postgres_text.h"
#include "engine/undo/script.h"

namespace etl::undo {

namespace {

// As etl's own connections pin them (hard-parts.md 1): images are texts under these settings. Row security must not
// hide rows that refer to others. The server would compile hundreds of statements that run once.
constexpr std::string_view kSettings = R"(SET client_encoding = 'UTF8';
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
SET bytea_output = 'hex';
SET extra_float_digits = 1;
SET lc_monetary = 'C';
SET standard_conforming_strings = on;
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET lock_timeout = '60s';
SET jit = off;
SET client_min_messages = warning;
SET row_security = off;
)";

constexpr std::string_view kShell = R"(\set ON_ERROR_STOP on
\set VERBOSITY terse
\set QUIET on
\if :{?force}
\else
  \set force 0
\endif
SET etl.undo_force = :'force';
\o /dev/null
)";

std::string setting(std::string_view name, std::string_view value) {
  return fmt::format("SET etl.undo_{} = {};\n", name, stores::quote_literal(value));
}

}  // namespace

Script postgres_script(const Request& request) {
  Script script;
  script.dialect = schema::Dialect::postgresql;
  script.shell = kShell;
  script.settings = "-- The run. '': the newest of the mapping that is not undone.\n" + setting("run", request.run) +
                    setting("mapping", request.mapping) + setting("dry", request.dry ? "on" : "off") +
                    setting("ledger", std::to_string(ledger::kVersion)) +
                    std::string{kSettings} + std::string{postgres_fence()};
  script.fence = "SELECT pg_temp.etl_undo_fence();\n";
  script.begin = fmt::format("BEGIN;\n{}{}{}{}{}{}", postgres_tables(), postgres_look(), postgres_close(),
                             postgres_check(), postgres_restore(), postgres_undo());
  script.check = fmt::format("SELECT pg_temp.etl_undo_begin(pg_temp.etl_undo_wanted(), {}, {});\n",
                             stores::quote_literal(request.only), stores::quote_literal(request.where));
  script.look = "SELECT pg_temp.etl_undo_look();\n";
  script.refuse = "SELECT pg_temp.etl_undo_refuse();\n";
  script.undo = fmt::format("SELECT pg_temp.etl_undo_undo({});\n", stores::quote_literal(request.undone_by));
  script.finish = "COMMIT;\n";
  return script;
}

}  // namespace etl::undo
