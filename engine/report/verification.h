// What a verification found: every difference between the target and what the mapping makes of the source.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/data/value.h"

namespace etl::report {

struct Difference {
  enum class Kind : std::uint8_t {
    differs,  // The row is as the run left it, or nothing tells: another value than the mapping makes.
    changed,  // The row was changed after the run.
    missing,  // The mapping makes the row, the run wrote or met it, and the target lacks it.
    extra,    // The target holds a row that the mapping does not make.
  };
  Kind kind = Kind::differs;
  std::string table;   // In the mapping.
  std::string key;     // "id=17"; of a table without a key the whole row.
  std::string column;  // "" for the row as a whole.
  std::string expected, found;  // *** where the field is sensitive; "NULL" for NULL, texts in quotes.
};
inline constexpr std::size_t kDifferenceKinds = 4;
std::string_view name(Difference::Kind kind);

struct VerifiedTable {
  std::string name;
  std::string target;
  std::uint64_t made = 0;      // Rows that the mapping makes now.
  std::uint64_t compared = 0;  // Of those, compared value by value or by their sums.
  std::uint64_t present = 0;   // Rows that were met and left alone, and are there.
  // Rows that the mapping makes and the run did not write: refused by the database then, or new in the source.
  std::uint64_t not_written = 0;
  std::array<std::uint64_t, kDifferenceKinds> rows{};         // With differences, by kind.
  std::vector<Difference> differences;                        // The first ones.
  std::vector<std::pair<std::string, std::string>> left_out;  // Columns that were not compared, and why.
  std::string remark;                                         // What was done otherwise than asked, and why.
  double seconds = 0;

  std::uint64_t differing() const;
};

struct Verification {
  std::string depth;         // "counts", "sample", "full".
  std::optional<Uuid> run;   // Nothing: the mapping as it is now.
  std::string mapping;
  std::string remark;        // What the reader must know about the whole; "".
  std::optional<Instant> now;  // What now() was taken as.
  std::vector<VerifiedTable> tables;
  double seconds = 0;
  std::uint64_t peak_memory = 0;  // Bytes.
  std::string file;               // All differences, relative to the report's folder; "" when there are none or no folder.

  std::uint64_t differing() const;
};

// For people; without what a run's own summary says already.
std::string to_text(const Verification& verification);
// One JSON object; keys are only ever added.
std::string to_json(const Verification& verification);

// differences.csv (RFC 4180), line by line.
std::string differences_header();
std::string to_csv(const Difference& difference);

}  // namespace etl::report
