// Runs the `etl` binary, and other programs, as a user would, and keeps what they said.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace etl::testing {

struct Finished {
  int exit = -1;  // -1: killed by a signal; 124: took longer than the limit.
  std::string out;
  std::string err;
};

// Runs a program in a folder with variables added to the environment. At most `limit_seconds`.
Finished run_program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                     const std::map<std::string, std::string>& environment = {}, int limit_seconds = 120);

// The same for `etl` (named by the variable ETL). DATABASE_URL is unset unless given.
Finished run_etl(std::vector<std::string> arguments, const std::filesystem::path& folder,
                 const std::map<std::string, std::string>& environment = {}, int limit_seconds = 120);

// A new folder below the system's temporary one; removed with all that is in it when this ends.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_whole(const std::filesystem::path& path);
void write_whole(const std::filesystem::path& path, const std::string& text);

}  // namespace etl::testing
