// A target that keeps nothing: the rows that a mapping makes go to the tables' comparisons, and what the run asks about
// rows that were there before is answered as it was then.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/verify/table_check.h"
#include "engine/writers/writer.h"

namespace etl::verify {

class ExpectedTarget : public writers::Target {
 public:
  // Gives the comparison of the table that is loaded next, for is_empty(), and takes it up, for open().
  struct Tables {
    std::function<TableCheck*()> next;
    std::function<TableCheck&()> begin;
    // A column of the table that is loaded needs a value of the database's.
    std::function<void(const std::string& column)> made;
  };
  // `live` must outlive it, and is in a transaction.
  ExpectedTarget(writers::Target& live, run::KeySpace& space, Tables tables)
      : live_{live}, space_{space}, tables_{std::move(tables)} {}

  schema::Dialect dialect() const override { return live_.dialect(); }
  const schema::Catalog& catalog() override { return live_.catalog(); }
  void begin() override {}
  void create(const schema::Catalog&) override {}
  void commit() override {}
  void roll_back() override {}
  std::unique_ptr<writers::TableWriter> open(const writers::WriteRequest& request) override;
  bool is_empty(const schema::Table& table) override;
  std::vector<bool> find(const schema::Table& table, std::span<const std::string> columns,
                         std::span<const ColumnPtr> keys) override;
  std::vector<ColumnPtr> fetch(const schema::Table& table, std::span<const std::string> columns,
                               std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                               std::span<const Type> types, Arena& arena) override {
    return live_.fetch(table, columns, keys, wanted, types, arena);
  }
  // Values of no meaning: such columns are not compared, or recalled.
  ColumnPtr make_defaults(const schema::Table& table, const schema::Column& column, std::size_t count,
                          Arena& arena) override;
  void update(const schema::Table&, std::span<const std::string>, std::span<const ColumnPtr>, const std::string&,
              const Column&) override {}
  std::uint64_t remove(const schema::Table&, std::span<const std::string>, std::span<const ColumnPtr>) override {
    return 0;
  }
  std::string literal(const schema::Table& table, const schema::Column& column, const Value& value) override {
    return live_.literal(table, column, value);
  }
  std::uint64_t remove_where(const schema::Table&, const writers::Condition&) override { return 0; }
  void advance_sequences(const schema::Table&, std::span<const std::size_t>) override {}
  Rows query(const std::string&, std::span<const std::pair<std::string, Value>>, std::size_t) override { return {}; }
  void prepare(const std::string&, std::span<const std::pair<std::string, Value>>) override {}
  void execute(const std::string&, std::span<const std::pair<std::string, Value>>) override {}
  std::vector<stores::SqlRow> read(const std::string& sql, stores::SqlParameters parameters) override {
    return live_.read(sql, parameters);
  }
  std::uint64_t change(const std::string&, stores::SqlParameters) override { return 0; }
  void script(const std::string&) override {}
  std::string check_constraints() override { return {}; }

 private:
  friend class ExpectedWriter;
  // Exact values of columns whose equality only the database judges, of the rows that were made so far.
  struct Exact {
    std::vector<std::string> names;
    std::vector<std::size_t> fields;
    std::unique_ptr<run::KeySet> keys;
  };
  // The keys of the target's rows that the given ones meet, as many; NULL where there is none. Good until asked again.
  std::vector<ColumnPtr> names_of(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows);
  void see(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows);
  std::vector<bool> find_own(const schema::Table& table, std::span<const std::string> columns,
                             std::span<const ColumnPtr> keys);
  std::vector<bool> were_there(const schema::Table& table, std::span<const std::string> columns,
                               std::span<const ColumnPtr> keys, std::vector<bool> found);
  std::vector<bool> were_there_by_database(const schema::Table& table, std::span<const std::string> columns,
                                           std::span<const ColumnPtr> keys, std::vector<bool> found);

  writers::Target& live_;
  run::KeySpace& space_;
  Tables tables_;
  const schema::Table* current_table_ = nullptr;
  TableCheck* current_ = nullptr;
  std::vector<Exact> exact_;
  std::unique_ptr<Arena> names_arena_;
  std::map<std::string, std::uint64_t> counters_;
};

}  // namespace etl::verify
