// Keys beyond settings.memory: a temporary SQLite file that only this process can see.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace etl::run {

// A key of any type in 128 bits: integers and UUIDs as they are, all else as its XXH3 hash.
struct Key128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Key128&) const = default;
};

// The file, shared by all sets and maps of a run. SQLite makes it in the folder for temporary files, unlinks it at
// once and keeps it private (SQLite documentation, "Temporary Files Used By SQLite").
class SpillFile {
 public:
  SpillFile();
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  struct Database;

 private:
  friend class SpilledMap;
  std::unique_ptr<Database> database_;
  int next_table_ = 0;
};

// One map from keys to bytes inside the file. Throws Error (environment) when the disk fails.
class SpilledMap {
 public:
  explicit SpilledMap(SpillFile& file);
  ~SpilledMap();

  // Replaces what the key had.
  void put(const Key128& key, std::string_view value);
  bool has(const Key128& key);
  // The value of a key; the bytes are valid until the next call.
  std::optional<std::string_view> find(const Key128& key);
  void erase(const Key128& key);

 private:
  struct Statements;
  std::unique_ptr<Statements> statements_;
  std::string found_;
};

}  // namespace etl::run
