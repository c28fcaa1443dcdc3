// Keys beyond settings.memory: a temporary SQLite file that only this process can see.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// Tells of most keys that were never added that they were not, and of no other.
class KeyFilter {
 public:
  // Of at most `bytes`, and at least eight.
  explicit KeyFilter(std::size_t bytes);
  std::size_t bytes() const { return words_.size() * sizeof(std::uint64_t); }
  void add(const Key128& key) { words_[word_of(key)] |= bits_of(key); }
  bool may_have(const Key128& key) const {
    const std::uint64_t bits = bits_of(key);
    return (words_[word_of(key)] & bits) == bits;
  }

 private:
  std::size_t word_of(const Key128& key) const;
  static std::uint64_t bits_of(const Key128& key);

  std::vector<std::uint64_t> words_;
};

// One map from keys to bytes inside the file. Keys are put fastest in the order of their bytes. Throws Error
// (environment) when the disk fails.
class SpilledMap {
 public:
  // A filter of about `filter_bytes` spares most looks for keys that are not there.
  SpilledMap(SpillFile& file, std::size_t filter_bytes);
  ~SpilledMap();
  std::size_t filter_bytes() const { return filter_.bytes(); }

  // Replaces what the key had.
  void put(const Key128& key, std::string_view value);
  bool has(const Key128& key);
  // The value of a key; the bytes are valid until the next call.
  std::optional<std::string_view> find(const Key128& key);
  void erase(const Key128& key);

 private:
  struct Statements;
  std::unique_ptr<Statements> statements_;
  KeyFilter filter_;
  std::string found_;
};

}  // namespace etl::run
