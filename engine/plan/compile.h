// Stage 2: names bound, types checked, rules derived, order found. Every finding is a diagnostic.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/plan/plan.h"
#include "engine/schema/sql.h"

namespace etl::plan {

// What is known about one connection's database.
struct Schemas {
  // Connection name to catalogue. `ddl` is read from `schema:`; `live` from the open database. A live catalogue
  // wins, except on a database of another dialect than the DDL, where the DDL gives the types.
  std::map<std::string, std::shared_ptr<const schema::Catalog>> ddl;
  std::map<std::string, std::shared_ptr<const schema::Catalog>> live;
  // Columns of sources with a query, by the source's name, as its database describes them; and of files without
  // `columns`, as the files hold them.
  std::map<std::string, std::vector<readers::ReadColumn>> columns;
  // Databases in memory that other mappings' SQL was tried in; may be null.
  std::shared_ptr<schema::SqliteTrials> trials = nullptr;
};

struct CompileOptions {
  // Lint: params may have no value, unavailable features are no error.
  bool lint = false;
  // etl test: rows come from `given` and go into memory, so no connection's kind matters.
  bool test = false;
  std::vector<std::string> only = {};  // Tables to load; the others are only referred to. Empty: all.
};

// Reads the DDL files that the mapping's connections name. What is wrong in them is a diagnostic.
Schemas read_schemas(const spec::Mapping& mapping, Diagnostics& diagnostics);

// Nothing when there are errors.
std::optional<Plan> compile(const spec::Mapping& mapping, const Schemas& schemas, const CompileOptions& options,
                            Diagnostics& diagnostics);

// What the live databases add to a plan; nothing of it is needed to print one. Indexed as Plan::tables.
struct Facts {
  std::vector<std::optional<std::uint64_t>> rows;  // That the source is likely to give.
  std::vector<std::optional<bool>> has_rows;       // Whether the target table holds rows already.
};

// The plan for people and for programs. Warnings among `diagnostics` count as risks.
std::string to_text(const Plan& plan, const Facts& facts = {}, const Diagnostics& diagnostics = {});
// A stable contract: keys are only ever added.
std::string to_json(const Plan& plan, const Facts& facts = {}, const Diagnostics& diagnostics = {});
// Sources, tables and references as a Mermaid flowchart.
std::string to_mermaid(const Plan& plan);

}  // namespace etl::plan
