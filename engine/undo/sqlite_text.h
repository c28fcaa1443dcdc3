// The parts of a rollback script for SQLite, made for one run.
#pragma once

#include <string>
#include <vector>

#include "engine/undo/script.h"
#include "engine/undo/sqlite_groups.h"

namespace etl::undo {

std::string sqlite_check(const Request& request, const Known& known);
// What the run wrote and what was changed since.
std::string sqlite_look(const Request& request, const std::vector<Group>& groups);
std::string by_content(const Group& group, const ledger::TableRow& row);
// Who refers to rows that would go, and what stays because of them.
std::string sqlite_close(const std::vector<Group>& groups, const schema::Catalog& catalog);
// The changes themselves.
std::string sqlite_undo(const Request& request, const std::vector<Group>& groups, const Known& known);
// Statements that end the transaction with an error when something stands in the way.
std::string sqlite_refuse();

}  // namespace etl::undo
