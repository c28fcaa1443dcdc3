// Looks for rows of the target by the keys of rows that the mapping makes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/verify/row_form.h"

namespace etl::verify {

class Probe {
 public:
  // `target`: the table, quoted. `mark`: what to select of `t` as the row's mark (see Trace), "" for none.
  Probe(stores::SqlSession& session, RowForm& rows, std::string target, std::string mark)
      : session_{session}, rows_{rows}, target_{std::move(target)}, mark_{std::move(mark)} {}

  // `place`: into `wanted`. The cells are those of RowForm::selects().
  using Found = std::function<void(std::size_t place, std::span<const stores::RawCell> cells, std::uint64_t mark)>;
  // Of the rows in use by the RowForm.
  void find(std::span<const std::uint32_t> wanted, const Found& found);
  // The compared columns of such rows as people read them; nothing for NULL. An empty list where there is no row.
  std::vector<std::vector<std::optional<std::string>>> texts(std::span<const std::uint32_t> wanted);
  // How many of these keys, as the journal has them, the target holds, and which it lacks.
  std::vector<bool> holds(std::span<const std::vector<std::string>> keys);

 private:
  std::string wanted_rows(std::span<const std::uint32_t> wanted);
  std::string wanted_keys(std::span<const std::vector<std::string>> keys);
  // `selects`: of `t`.
  std::string sql(const std::string& wanted, const std::vector<std::string>& selects) const;
  bool is_sqlite() const { return session_.dialect() == schema::Dialect::sqlite; }
  std::string wanted_of(std::size_t count, const std::function<void(std::size_t part, std::size_t row, std::string&)>& literal) const;

  stores::SqlSession& session_;
  RowForm& rows_;
  std::string target_;
  std::string mark_;
};

// The number that a cell holds: eight bytes on PostgreSQL, an INTEGER on SQLite.
std::int64_t number_in(const stores::RawCell& cell);
// A cell of a text column, or of a number printed by SQLite; nothing for NULL.
std::optional<std::string> shown(const stores::RawCell& cell);

}  // namespace etl::verify
