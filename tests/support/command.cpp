#include "tests/support/command.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace etl::testing {

namespace fs = std::filesystem;

namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

}  // namespace

Finished run_program(const std::vector<std::string>& arguments, const fs::path& folder,
                     const std::map<std::string, std::string>& environment, int limit_seconds) {
  const Scratch scratch;
  const auto out = scratch.path() / "out";
  const auto err = scratch.path() / "err";
  std::string line = "cd " + quoted(folder.string()) + " && exec env -u DATABASE_URL";
  for (const auto& [name, value] : environment) line += " " + quoted(name + "=" + value);
  line += " timeout --kill-after=5 " + std::to_string(limit_seconds);
  for (const auto& argument : arguments) line += " " + quoted(argument);
  line += " </dev/null >" + quoted(out.string()) + " 2>" + quoted(err.string());
  const int status = std::system(line.c_str());
  return {.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .out = read_whole(out), .err = read_whole(err)};
}

Finished run_etl(std::vector<std::string> arguments, const fs::path& folder,
                 const std::map<std::string, std::string>& environment, int limit_seconds) {
  const char* etl = std::getenv("ETL");
  if (etl == nullptr) throw std::runtime_error{"set ETL to the path of the etl binary"};
  arguments.insert(arguments.begin(), fs::absolute(etl).string());
  return run_program(arguments, folder, environment, limit_seconds);
}

Scratch::Scratch() {
  auto name = (fs::temp_directory_path() / "etl-test.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"cannot make " + name};
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string read_whole(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_whole(const fs::path& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.close();
  if (!file) throw std::runtime_error{"cannot write " + path.string()};
}

}  // namespace etl::testing
