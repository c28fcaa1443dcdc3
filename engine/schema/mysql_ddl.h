// DDL text of MySQL and MariaDB: as mysqldump writes it, and as people do.
#pragma once

#include "engine/base/diagnostic.h"
#include "engine/base/source_text.h"
#include "engine/schema/catalog.h"

namespace etl::schema {

// See `read_ddl`. CREATE TABLE, ALTER TABLE ... ADD (as phpMyAdmin writes keys) and CREATE UNIQUE INDEX are read, other
// statements passed over.
Catalog read_mysql_ddl(const SourceTextPtr& source, Diagnostics& diagnostics);

}  // namespace etl::schema
