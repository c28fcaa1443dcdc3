// The tables of a SQLite database that a run wrote, and the SQL that names their rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/ledger/ledger.h"
#include "engine/schema/catalog.h"

namespace etl::undo {

// One table of the database. Several tables of the mapping may have written it.
struct Group {
  std::size_t number = 0;
  const schema::Table* table = nullptr;
  std::vector<const ledger::TableRow*> parts;
  std::vector<std::string> ids;  // Quoted: the row id, or the primary key of a table without row ids.

  std::string target() const;                        // Quoted.
  std::string rows() const;                          // The temporary table of its rows: etl_undo_rows_0.
  std::string ids_of(std::string_view alias) const;  // "t.rowid AS id0".
  std::string id_names() const;                      // "id0, id1".
  // "t.rowid = u.id0".
  std::string same(std::string_view table_alias, std::string_view row_alias) const;
  // The table's own rows that `source` (what stands behind FROM, with its WHERE) names: "rowid IN (SELECT id0 FROM
  // ...)".
  std::string in(std::string_view source) const;
};

std::vector<Group> groups_of(const std::vector<ledger::TableRow>& tables, const schema::Catalog& catalog);

// The 8 bytes that the journal holds of a row (docs/ledger.md).
std::string row_hash(const schema::Table& table, std::string_view alias);
// "(id)=(5)" of a row.
std::string key_text(const Group& group, std::string_view alias);
std::string key_text(const schema::Table& table, std::string_view alias);

}  // namespace etl::undo
