// DDL files that several mappings of one process share.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/compile.h"
#include "engine/schema/sql.h"

namespace etl::plan {

// Files that were read already, with what is wrong in them.
struct SchemaFiles {
  struct File {
    std::shared_ptr<const schema::Catalog> catalog;
    std::vector<Diagnostic> findings;
  };
  std::map<std::string, SourceTextPtr> texts;  // By path.
  std::map<std::string, File> files;           // By dialect and path.
  // By dialect and text: copies of one file give one catalogue. Only of files without findings, since places are the
  // first copy's.
  std::unordered_map<std::string, std::shared_ptr<const schema::Catalog>> catalogs;
  std::shared_ptr<schema::SqliteTrials> trials = std::make_shared<schema::SqliteTrials>();
};

// read_schemas of compile.h; files that `known` holds are not read again.
Schemas read_schemas(const spec::Mapping& mapping, SchemaFiles& known, Diagnostics& diagnostics);

}  // namespace etl::plan
