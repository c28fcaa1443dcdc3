// A run of three tables and the targets that it may meet, for tests that disturb it: whatever happens to it, running it
// again must leave what an undisturbed run leaves.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {

// What settings.atomic may say.
inline const std::vector<std::string> kModes = {"run", "table", "batch"};

// The mapping, but for the value of settings.atomic that ends it: two tables with keys and a reference, and one to
// which every run appends. It writes to the database of the variable TARGET_URL.
extern const char* const kRecoveryMapping;

// source.db and schema.sql; mapping.yaml.
void make_source(const std::filesystem::path& folder, int rows);
void make_mapping(const std::filesystem::path& folder, const std::string& mode);
// All three, copied.
void copy_world(const std::filesystem::path& from, const std::filesystem::path& to);

std::string etl_path();

// etl run mapping.yaml, killed at `fault` ("": nowhere).
Finished run_with(const std::filesystem::path& folder, const std::string& url, const std::string& fault,
                  std::vector<std::string> more = {});

// Targets as a run may meet them: a new file, a file with the tables, a server's database with the tables.
std::unique_ptr<TestTarget> fresh_sqlite(const std::filesystem::path& folder, bool with_tables);
std::vector<std::unique_ptr<TestTarget>> fresh_targets(const std::filesystem::path& folder);

// What an undisturbed run leaves in each of fresh_targets().
std::vector<std::string> undisturbed(const std::filesystem::path& source);

// Says where a target differs from what it should hold.
bool is_as(TestTarget& target, const std::string& wanted);
bool is_as(const std::string& found, const std::string& wanted);

// Whether the last thing that a run does was done: it is over then, and what is run next is another run.
bool is_done(TestTarget& target);

// "before_commit 3, running 6": how often each was tried.
std::string counts_text(const std::map<std::string, int>& counts);

}  // namespace etl::testing
