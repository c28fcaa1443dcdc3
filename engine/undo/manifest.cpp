// manifest.json of a backup.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/undo/backup.h"
#include "engine/undo/backup_files.h"

namespace etl::undo {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kManifestVersion = 1;

[[noreturn]] void damaged(const std::string& folder) {
  throw Error{Error::Kind::environment, fmt::format("{}/manifest.json is damaged", folder),
              "take another backup: this one cannot be trusted"};
}

Json table_json(const BackupTable& table) {
  return {{"table", table.table}, {"columns", table.columns}, {"file", table.file}, {"rows", table.rows}};
}

BackupTarget read_target(const Json& json) {
  BackupTarget target{.connection = json.at("connection"), .tables = {}};
  target.dialect =
      json.at("database") == "sqlite" ? schema::Dialect::sqlite : schema::Dialect::postgresql;
  for (const Json& table : json.at("tables")) {
    target.tables.push_back({table.at("table"), table.at("columns"), table.at("file"), table.at("rows")});
  }
  return target;
}

}  // namespace

void write_manifest(const Backup& backup) {
  Json json{{"manifest", kManifestVersion}, {"mapping", backup.mapping}, {"taken", to_text(backup.taken)}};
  for (const BackupTarget& target : backup.targets) {
    Json tables = Json::array();
    for (const BackupTable& table : target.tables) tables.push_back(table_json(table));
    json["targets"].push_back(
        {{"connection", target.connection}, {"database", schema::name(target.dialect)}, {"tables", tables}});
  }
  for (const BackupFile& file : backup.files) {
    json["files"].push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  PrivateFile out{backup.folder + "/manifest.json"};
  out.write(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  out.close();
}

Backup read_backup(const std::string& folder) {
  std::ifstream in{folder + "/manifest.json"};
  if (!in) {
    throw Error{Error::Kind::environment, fmt::format("{} holds no backup: manifest.json is missing", folder),
                "name the folder that etl backup printed, or a run's folder/backup"};
  }
  const Json json = Json::parse(in, nullptr, false);
  if (json.is_discarded()) damaged(folder);
  try {
    if (json.at("manifest") != kManifestVersion) {
      throw Error{Error::Kind::environment, fmt::format("{}: the backup was made by another version of etl", folder),
                  "restore it with that version"};
    }
    Backup backup{.folder = folder, .mapping = json.at("mapping"), .taken = {}, .targets = {}, .files = {}};
    const auto taken = parse_timestamp_with_offset(json.at("taken").get<std::string>());
    if (!taken.value || taken.value->offset_micros.value_or(1) != 0) damaged(folder);
    backup.taken = Instant{taken.value->local.micros};
    for (const Json& target : json.value("targets", Json::array())) backup.targets.push_back(read_target(target));
    for (const Json& file : json.value("files", Json::array())) {
      backup.files.push_back({file.at("name"), file.at("bytes"), file.at("sha256")});
    }
    return backup;
  } catch (const nlohmann::json::exception&) {
    damaged(folder);
  }
}

}  // namespace etl::undo
