#include "engine/writers/memory_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/base/error.h"
#include "engine/stores/cell.h"
#include "engine/stores/sqlite_types.h"
#include "engine/writers/postgres_checks.h"
#include "engine/writers/sqlite_checks.h"

namespace etl::writers {

namespace {

std::vector<std::size_t> places_of(const schema::Table& table, std::span<const std::string> names) {
  std::vector<std::size_t> places;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(table.columns, name, &schema::Column::name);
    if (found == table.columns.end()) {
      throw Error{Error::Kind::schema, fmt::format("table {} has no column {}", table.name, name)};
    }
    places.push_back(static_cast<std::size_t>(found - table.columns.begin()));
  }
  return places;
}

bool same_letters(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right,
                            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

bool same(const schema::Column& column, const Value& left, const Value& right) {
  if (is_null(left) || is_null(right)) return false;
  const auto* left_text = std::get_if<std::string_view>(&left);
  const auto* right_text = std::get_if<std::string_view>(&right);
  if (!column.client_compares && left_text != nullptr && right_text != nullptr) {
    return same_letters(*left_text, *right_text);
  }
  if (type_of(left) != type_of(right) && !(is_number(type_of(left)) && is_number(type_of(right)))) {
    return to_text(left) == to_text(right);
  }
  return compare(left, right) == std::partial_ordering::equivalent;
}

// Whether a database that holds the one would print the other in the same way.
bool prints_the_same(const schema::Column& column, const Value& left, const Value& right) {
  if (is_null(left) || is_null(right)) return is_null(left) && is_null(right);
  if (column.type.scale && is_number(type_of(left)) && is_number(type_of(right))) {
    return compare(left, right) == std::partial_ordering::equivalent;
  }
  return to_text(left) == to_text(right);
}

}  // namespace

class MemoryWriter : public TableWriter {
 public:
  MemoryWriter(MemoryTarget& target, const WriteRequest& request)
      : target_{target}, table_{*request.table}, places_{request.columns} {}

  Result write(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) override {
    auto& kept = target_.rows_[table_.name];
    for (const std::uint32_t row : rows) {
      MemoryTarget::Row made(table_.columns.size());
      for (std::size_t i = 0; i < places_.size(); ++i) made[places_[i]] = target_.keep(columns[i]->at(row));
      kept.push_back(std::move(made));
    }
    return {.written = rows.size(), .refusal = {}, .dropped = {}};
  }

  Merged merge(const MergeRequest& request, std::span<const ColumnPtr> columns,
               std::span<const std::uint32_t> rows) override {
    Merged merged;
    const std::vector<MemoryTarget::Row> before = target_.rows_[table_.name];
    for (const std::uint32_t row : rows) {
      merged.outcomes.push_back(merge(request, columns, row, merged.refusal));
      if (!merged.refusal) continue;
      target_.rows_[table_.name] = before;
      merged.outcomes.clear();
      break;
    }
    return merged;
  }

  void check(std::size_t column, const Column& values, Failures& failures) override {
    const schema::Column& checked = table_.columns[places_[column]];
    if (target_.dialect() == schema::Dialect::sqlite) {
      check_sqlite(stores::sqlite_column(table_, checked, nullptr), nullptr, values, failures);
    } else {
      check_postgres(checked, values, failures);
    }
  }

 private:
  Met merge(const MergeRequest& request, std::span<const ColumnPtr> columns, std::uint32_t row,
            std::optional<Refusal>& refusal) {
    MemoryTarget::Places places;
    std::vector<ColumnPtr> keys;
    for (const std::size_t i : request.key) {
      places.push_back(places_[i]);
      keys.push_back(columns[i]);
    }
    auto& kept = target_.rows_[table_.name];
    const std::size_t found = target_.index_of(table_, places, keys, row);
    if (found == kept.size()) return Met::missing;
    if (request.newest) {
      const Value& held = kept[found][places_[*request.newest]];
      const Value value = columns[*request.newest]->at(row);
      if (is_null(value)) return Met::older;
      if (!is_null(held) && compare(value, held) != std::partial_ordering::greater) return Met::older;
    }
    bool changed = false;
    for (const std::size_t i : request.set) {
      Value& held = kept[found][places_[i]];
      const Value value = columns[i]->at(row);
      if (prints_the_same(table_.columns[places_[i]], held, value)) continue;
      held = target_.keep(value);
      changed = true;
    }
    if (changed) refusal = broken_key(kept, found);
    return changed ? Met::updated : Met::unchanged;
  }

  // The unique key that a row shares with another one.
  std::optional<Refusal> broken_key(const std::vector<MemoryTarget::Row>& rows, std::size_t changed) const {
    for (const schema::UniqueKey& key : table_.unique_keys) {
      const std::vector<std::size_t> places = places_of(table_, key.columns);
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const bool equal = row != changed && std::ranges::all_of(places, [&](std::size_t place) {
          return same(table_.columns[place], rows[row][place], rows[changed][place]);
        });
        if (!equal) continue;
        return Refusal{.code = "23505",
                       .constraint = key.name,
                       .column = key.columns.size() == 1 ? key.columns.front() : "",
                       .message = "violates unique constraint " + key.name};
      }
    }
    return std::nullopt;
  }

  MemoryTarget& target_;
  const schema::Table& table_;
  std::vector<std::size_t> places_;
};

const std::vector<MemoryTarget::Row>& MemoryTarget::rows(std::string_view table) const {
  static const std::vector<Row> kNone;
  const auto found = rows_.find(table);
  return found == rows_.end() ? kNone : found->second;
}

void MemoryTarget::add(std::string_view table, const Row& row) {
  Row kept;
  for (const Value& value : row) kept.push_back(keep(value));
  rows_[std::string{table}].push_back(std::move(kept));
}

std::unique_ptr<TableWriter> MemoryTarget::open(const WriteRequest& request) {
  return std::make_unique<MemoryWriter>(*this, request);
}

Value MemoryTarget::keep(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return arena_.copy(*text);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return Bytes{arena_.copy(bytes->view)};
  if (const auto* json = std::get_if<Json>(&value)) return Json{arena_.copy(json->view)};
  if (const auto* list = std::get_if<List>(&value)) return List{arena_.copy(list->view)};
  return value;
}

std::size_t MemoryTarget::index_of(const schema::Table& table, const Places& places, std::span<const ColumnPtr> keys,
                                   std::size_t key) {
  const auto& all = rows_[table.name];
  for (std::size_t row = 0; row < all.size(); ++row) {
    bool equal = true;
    for (std::size_t i = 0; i < places.size() && equal; ++i) {
      equal = same(table.columns[places[i]], all[row][places[i]], keys[i]->at(key));
    }
    if (equal) return row;
  }
  return all.size();
}

std::vector<bool> MemoryTarget::find(const schema::Table& table, std::span<const std::string> columns,
                                     std::span<const ColumnPtr> keys) {
  const Places places = places_of(table, columns);
  std::vector<bool> found(keys.front()->size());
  for (std::size_t key = 0; key < found.size(); ++key) {
    found[key] = index_of(table, places, keys, key) < rows_[table.name].size();
  }
  return found;
}

std::vector<ColumnPtr> MemoryTarget::fetch(const schema::Table& table, std::span<const std::string> columns,
                                           std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                                           std::span<const Type> types, Arena& arena) {
  const Places places = places_of(table, columns);
  const Places sought = places_of(table, wanted);
  const auto& all = rows_[table.name];
  std::vector<std::shared_ptr<Column>> out;
  for (const Type type : types) out.push_back(std::make_shared<Column>(type, keys.front()->size()));
  for (std::size_t key = 0; key < keys.front()->size(); ++key) {
    const std::size_t row = index_of(table, places, keys, key);
    for (std::size_t i = 0; i < sought.size(); ++i) {
      const Value value = row < all.size() ? all[row][sought[i]] : Value{};
      if (is_null(value) || type_of(value) == types[i] || types[i] == Type::any) {
        out[i]->set(key, value);
      } else if (auto reason = stores::set_from_text(*out[i], key, to_text(value), arena)) {
        throw Error{Error::Kind::type, fmt::format("{}.{}: {}", table.name, wanted[i], *reason)};
      }
    }
  }
  return {out.begin(), out.end()};
}

ColumnPtr MemoryTarget::make_defaults(const schema::Table& table, const schema::Column& column, std::size_t count,
                                      Arena& arena) {
  auto made = std::make_shared<Column>(column.type.type, count);
  std::uint64_t& counter = counters_[table.name + "\n" + column.name];
  for (std::size_t row = 0; row < count; ++row) {
    std::string text = std::to_string(++counter);
    if (column.type.type == Type::uuid) text = fmt::format("00000000-0000-0000-0000-{:012x}", counter);
    if (column.default_literal) text = *column.default_literal;
    if (auto reason = stores::set_from_text(*made, row, text, arena)) {
      throw Error{Error::Kind::type,
                  fmt::format("the default of {}.{} cannot be made in memory", table.name, column.name),
                  "fill the column in the mapping"};
    }
  }
  return made;
}

void MemoryTarget::update(const schema::Table& table, std::span<const std::string> key_columns,
                          std::span<const ColumnPtr> keys, const std::string& column, const Column& values) {
  const Places places = places_of(table, key_columns);
  const std::size_t changed = places_of(table, std::span{&column, 1}).front();
  for (std::size_t key = 0; key < values.size(); ++key) {
    const std::size_t row = index_of(table, places, keys, key);
    if (row < rows_[table.name].size()) rows_[table.name][row][changed] = keep(values.at(key));
  }
}

std::uint64_t MemoryTarget::remove(const schema::Table& table, std::span<const std::string> key_columns,
                                   std::span<const ColumnPtr> keys) {
  const Places places = places_of(table, key_columns);
  auto& all = rows_[table.name];
  const std::size_t before = all.size();
  for (std::size_t key = 0; key < keys.front()->size(); ++key) {
    for (std::size_t row = index_of(table, places, keys, key); row < all.size();
         row = index_of(table, places, keys, key)) {
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(row));
    }
  }
  return before - all.size();
}

}  // namespace etl::writers
