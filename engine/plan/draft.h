// A first mapping between two databases: tables and columns that are alike are matched, and every place that needs
// a decision says so in a comment.
#pragma once

#include <string>

#include "engine/schema/catalog.h"

namespace etl::plan {

struct DraftEnd {
  const schema::Catalog& catalog;
  std::string url;          // As the mapping will say it, without a password.
  bool has_password = false;
  std::string schema_path;  // Of its DDL, as the mapping will say it; "": none.
};

// The mapping's text. Lines with DECIDE ask for a decision.
std::string draft_mapping(const std::string& name, const DraftEnd& source, const DraftEnd& target);

}  // namespace etl::plan
