#include "engine/ledger/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/ledger/journals.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/text.h"
#include "engine/stores/sql_text.h"

namespace etl::ledger {

namespace {

// A key may name rows when none of its columns can be NULL and each has a text that the database reads back.
bool may_name_rows(const schema::Table& table, const schema::UniqueKey& key, std::span<const std::string> written) {
  return !key.columns.empty() && std::ranges::all_of(key.columns, [&](const std::string& name) {
    const schema::Column* column = table.column(name);
    return column != nullptr && column->not_null && !column->type.array && !column->generated &&
           std::ranges::find(written, name) != written.end();
  });
}

}  // namespace

std::vector<std::string> key_columns(const schema::Table& table, std::span<const std::string> written) {
  if (table.is_view) return {};
  const auto usable = [&](const schema::UniqueKey& key) { return may_name_rows(table, key, written); };
  auto found = std::ranges::find_if(table.unique_keys, [&](const auto& key) { return key.primary && usable(key); });
  if (found == table.unique_keys.end()) found = std::ranges::find_if(table.unique_keys, usable);
  return found == table.unique_keys.end() ? std::vector<std::string>{} : found->columns;
}

std::vector<std::string> key_kinds(const schema::Table& table, std::span<const std::string> key) {
  std::vector<std::string> kinds;
  for (const std::string& name : key) {
    const schema::SqlType& type = table.column(name)->type;
    const std::string& base = type.base.empty() ? type.name : type.base;
    const bool whole = base == "int2" || base == "int4" || base == "int8" || base == "integer";
    kinds.emplace_back(whole && type.type == Type::integer ? "ints" : type.type == Type::uuid ? "uuids" : "texts");
  }
  return kinds;
}

std::string rowid_name(const schema::Table& table) {
  if (table.is_view || table.without_rowid) return {};
  static constexpr std::array<std::string_view, 3> kNames = {"rowid", "_rowid_", "oid"};
  for (const std::string_view name : kNames) {
    const bool is_column = std::ranges::any_of(table.columns, [&](const schema::Column& column) {
      return std::ranges::equal(column.name, name, [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
    });
    if (!is_column) return std::string{name};
  }
  return {};
}

std::unique_ptr<Journal> Journal::open(stores::SqlSession& session, const JournalRequest& request,
                                       std::uint64_t& step) {
  return session.dialect() == schema::Dialect::postgresql ? open_postgres_journal(session, request, step)
                                                          : open_sqlite_journal(session, request, step);
}

std::int64_t number_of(stores::SqlSession& session, const Uuid& run) {
  const std::vector<std::pair<std::string, Value>> parameters = {{"run", run}};
  const auto rows = session.read(
      fmt::format("SELECT number FROM {} WHERE run = $run", table_name(session.dialect(), "runs")), parameters);
  return rows.empty() ? 0 : read_integer(rows[0][0]);
}

void note_table(stores::SqlSession& session, const JournalRequest& request, const char* column,
                const std::string& name) {
  const std::vector<std::pair<std::string, Value>> parameters = {
      {"run", request.run}, {"position", std::int64_t{request.position}}, {"name", std::string_view{name}}};
  session.change(fmt::format("UPDATE {} SET {} = $name WHERE run = $run AND position = $position",
                             table_name(session.dialect(), "tables"), column),
                 parameters);
}

std::uint64_t copy_removed(stores::SqlSession& session, const JournalRequest& request, const std::string& where) {
  const std::string copy = table_name(
      session.dialect(), fmt::format("replaced_{}_{}", number_of(session, request.run), request.position));
  const bool postgres = session.dialect() == schema::Dialect::postgresql;
  session.script(fmt::format("CREATE TABLE {} AS SELECT t.*{} FROM {} AS t{}{}", copy, postgres ? ", t.xmin AS etl_was" : "",
                             stores::quote_table(*request.table), where.empty() ? "" : " WHERE ", where));
  note_table(session, request, "replaced", copy);
  return static_cast<std::uint64_t>(read_integer(session.read("SELECT count(*) FROM " + copy)[0][0]));
}

}  // namespace etl::ledger
