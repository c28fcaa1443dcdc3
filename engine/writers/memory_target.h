// A target in memory, for the tests that a mapping carries: rows are kept, SQL is not run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/writers/writer.h"

namespace etl::writers {

class MemoryTarget : public Target {
 public:
  // A row holds a value for each column of its table, in the table's order. Texts live as long as the target.
  using Row = std::vector<Value>;

  explicit MemoryTarget(schema::Catalog catalog) : catalog_{std::move(catalog)} {}

  // Rows of a table in the order in which they were written.
  const std::vector<Row>& rows(std::string_view table) const;
  // A row that was there before: for lookups into the target.
  void add(std::string_view table, const Row& row);

  schema::Dialect dialect() const override { return catalog_.dialect; }
  const schema::Catalog& catalog() override { return catalog_; }
  void begin() override { before_ = rows_; }
  void create(const schema::Catalog&) override {}
  void commit() override { before_ = rows_; }
  void roll_back() override { rows_ = before_; }
  std::unique_ptr<TableWriter> open(const WriteRequest& request) override;
  bool is_empty(const schema::Table& table) override { return rows_[table.name].empty(); }

  // Values are compared as values; texts without regard to ASCII case where the client may not compare.
  std::vector<bool> find(const schema::Table& table, std::span<const std::string> columns,
                         std::span<const ColumnPtr> keys) override;
  std::vector<ColumnPtr> fetch(const schema::Table& table, std::span<const std::string> columns,
                               std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                               std::span<const Type> types, Arena& arena) override;
  // 1, 2, 3, ... per column; as a UUID 00000000-0000-0000-0000-000000000001 and so on. A literal default is itself.
  ColumnPtr make_defaults(const schema::Table& table, const schema::Column& column, std::size_t count,
                          Arena& arena) override;
  void update(const schema::Table& table, std::span<const std::string> key_columns, std::span<const ColumnPtr> keys,
              const std::string& column, const Column& values) override;
  std::uint64_t remove(const schema::Table& table, std::span<const std::string> key_columns,
                       std::span<const ColumnPtr> keys) override;
  std::string literal(const schema::Table&, const schema::Column&, const Value& value) override {
    return to_text(value);
  }
  std::uint64_t remove_where(const schema::Table& table, const Condition& condition) override {
    return std::erase_if(rows_[table.name], [&](const Row& row) { return holds(condition, table, row) == true; });
  }
  void advance_sequences(const schema::Table&, std::span<const std::size_t>) override {}

  // SQL is neither run nor looked at: no rows.
  Rows query(const std::string&, std::span<const std::pair<std::string, Value>>, std::size_t) override { return {}; }
  void prepare(const std::string&, std::span<const std::pair<std::string, Value>>) override {}
  void execute(const std::string&, std::span<const std::pair<std::string, Value>>) override {}
  std::vector<stores::SqlRow> read(const std::string&, stores::SqlParameters) override { return {}; }
  std::uint64_t change(const std::string&, stores::SqlParameters) override { return 0; }
  void script(const std::string&) override {}
  std::string check_constraints() override { return {}; }

 private:
  friend class MemoryWriter;
  using Places = std::vector<std::size_t>;

  Value keep(const Value& value);
  // Index of the first row with this key, or the number of rows.
  std::size_t index_of(const schema::Table& table, const Places& places, std::span<const ColumnPtr> keys,
                       std::size_t key);

  schema::Catalog catalog_;
  Arena arena_;
  std::map<std::string, std::vector<Row>, std::less<>> rows_;
  std::map<std::string, std::vector<Row>, std::less<>> before_;
  std::map<std::string, std::uint64_t> counters_;
};

}  // namespace etl::writers
