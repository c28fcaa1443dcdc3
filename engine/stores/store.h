// Opening databases: one function per kind of URL, for sources and for targets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/secret.h"
#include "engine/schema/catalog.h"

namespace etl::stores {

enum class Kind : std::uint8_t { sqlite, postgresql, mysql, file, http };

// What a connection of the mapping says, resolved. Paths are absolute or relative to the working directory.
struct ConnectionInfo {
  std::string name;  // In the mapping.
  Kind kind = Kind::sqlite;
  std::string url;  // Without a password written separately.
  Secret password;
  std::string path;                                          // sqlite: and file:.
  std::vector<std::pair<std::string, std::string>> pragmas;  // SQLite.
  std::vector<std::pair<std::string, std::string>> session;  // PostgreSQL, MySQL.
};

// "sqlite:shop.db" is sqlite; nothing for an unknown scheme.
std::optional<Kind> kind_of_url(std::string_view url);

}  // namespace etl::stores
