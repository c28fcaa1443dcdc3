// What was typed, before anything is looked at.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace etl::cli {

struct Options {
  std::vector<std::string> mappings;
  std::string mapping;  // Of commands that take one.
  std::string table;
  std::string source;  // Of init: URLs and files.
  std::string target;
  std::string schema;
  std::string draft;   // Where init writes; "": stdout.
  std::string folder;  // Of a backup.
  std::string mended;  // Of replay: the file.
  std::map<std::string, std::string> params;
  std::string profile;
  std::vector<std::string> only;
  bool dry_run = false;
  bool resume = false;
  bool offline = false;
  bool strict = false;
  bool reverse = false;
  bool coverage = false;
  bool scan = false;
  std::string run;    // Of a run that happened: its id, or how it begins.
  std::string where;  // SQL over one target table.
  bool force = false;
  bool sql = false;
  bool rollback = false;
  bool counts = false;
  bool full = false;
  std::optional<std::size_t> sample;
  std::optional<std::size_t> rows;
  std::optional<int> workers;
  std::optional<std::size_t> batch;
  std::string format = "text";
  std::string out = ".";
  int verbosity = 0;  // -1: quiet.
};

}  // namespace etl::cli
