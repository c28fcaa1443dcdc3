// How etl uses SQLite: its settings for the whole process, and the SQL functions that it brings into its connections.
#pragma once

struct sqlite3;

namespace etl::stores {

// REQUIRES: nothing of SQLite was used yet.
void set_up_sqlite();

// sha3(X [, BITS]): as the stock shell's (SHA-3 of a text's or blob's bytes, 256 bits without BITS).
// etl_row_text(C, ...): the text by which the journal hashes a row's columns (docs/ledger.md).
// etl_hashes(TEXT, ...): an aggregate: for each row the first 8 bytes of sha3(TEXT || ..., 224), one after the other.
// etl_row_hashes(C, ...): the same for etl_row_text(C, ...).
// etl_keys(X): an aggregate: the values as a JSON array; blobs as hexadecimal digits, reals with 17 digits.
// etl_blob(DIGITS): the bytes that hexadecimal digits stand for.
// Throws Error (environment) when SQLite does not take them.
void add_functions(sqlite3* database);

}  // namespace etl::stores
