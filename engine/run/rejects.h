// Rejected rows: why, where they stand, and what may be shown of them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/batch.h"
#include "engine/run/state.h"

namespace etl::run {

// One reason why a row is rejected. Names and rules are static or the plan's.
struct Reason {
  std::uint32_t row = 0;    // Of the batch.
  std::uint32_t order = 0;  // 0: the row as a whole; 1 + field as written; behind them the sentences.
  std::string_view field;
  std::string_view rule;
  std::string reason;
  bool hidden = false;  // The reason may quote a sensitive value.
};

// What of a table's rows may be printed: sensitive fields and the source columns they read are not, nor is what
// is made of those columns elsewhere.
class Visibility {
 public:
  explicit Visibility(const TableState& table);

  bool hides_column(std::size_t column) const { return columns_[column]; }
  bool hides_field(std::size_t field) const { return fields_[field]; }
  bool hides_where() const { return where_; }
  // Whether an expression over the source row reads a hidden column.
  bool hides_source(const plan::Node& expression) const;
  bool hides_any(std::span<const std::size_t> fields) const;
  // Whether an expression over the fields reads a hidden one.
  bool hides_any(const plan::Node& expression) const;

 private:
  std::vector<bool> columns_;
  std::vector<bool> fields_;
  bool any_ = false;  // Some column is hidden.
  bool where_ = false;
};

// Whether an expression reads this column of its frame.
bool reads_column(const plan::Node& expression, std::size_t column);

// Source rows for people.
class RowPrinter {
 public:
  RowPrinter(const TableState& table, const Visibility& visibility) : table_{table}, visibility_{visibility} {}

  // "id=17", "line 112", "row 9"; "id=17 item 2" of an exploded row, "date=2025-11-01" of a group.
  std::string position(const Batch& batch, std::size_t row) const;
  // " item 2" of a row made by explode, else "".
  static std::string item(const Batch& batch, std::size_t row);
  // A compact JSON object, cells that could not be read as they were found; of a group its keys.
  std::string source(const Batch& batch, std::size_t row) const;

 private:
  bool hides_key(std::size_t key) const;
  std::string group_position(const Batch& batch, std::size_t row) const;
  std::string group_source(const Batch& batch, std::size_t row) const;
  std::string source_position(const Batch& batch, std::size_t row) const;
  static std::string row_position(const Batch& batch, std::size_t row);

  const TableState& table_;
  const Visibility& visibility_;
};

// rejects/TABLE.csv: its name, its first line, and the line of a reject (RFC 4180).
std::string rejects_file_name(std::string_view table);
inline constexpr const char* kRejectsHead = "position,field,rule,reason,source\n";
std::string csv_line(const report::Reject& reject);

// Writes rejects/TABLE.csv as the run goes (made when first needed, 0600) and counts into the report.
class RejectLog {
 public:
  // `folder`: of the report; "" keeps no file. `keep`: rejects that the report itself holds.
  // `stop_above`: rejected rows at which it throws Error (validation).
  RejectLog(std::string table, report::Table& report, std::string folder, std::size_t keep,
            std::optional<std::uint64_t> stop_above);
  ~RejectLog();

  // Goes on with what an earlier attempt wrote: the first `bytes` of its file, counted but for the rows. False when
  // the file does not hold them any more.
  bool take_over(const std::string& file, std::uint64_t bytes);

  // The reasons of one row, in order.
  void add(const std::string& position, const std::string& source, std::span<const Reason> reasons);
  // Throws Error (environment) when the file cannot be completed.
  void close();

  // Where the file lies ("" without), and how much of it is safely on disk.
  struct Written {
    std::string file;
    std::uint64_t bytes = 0;
  };
  // Throws Error as above.
  Written flush();

 private:
  void count(const report::Reject& reject);
  void write_line(const report::Reject& reject);
  void open();
  std::string path() const { return folder_ + "/" + report_.rejects_file; }

  std::string table_;
  report::Table& report_;
  std::string folder_;
  std::size_t keep_;
  std::optional<std::uint64_t> stop_above_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
  std::uint64_t safe_ = 0;  // Bytes of the file that were forced to disk.
};

// "coach_profiles: 12 of 840 rows rejected (1.43%), max_rejects is 1%".
std::string too_many_rejects(const report::Table& table);

// Sorts by row and order, and drops a rule that a row's field broke twice (by the mapping and by the schema).
void put_in_order(std::vector<Reason>& reasons);

}  // namespace etl::run
