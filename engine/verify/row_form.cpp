#include "engine/verify/row_form.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace etl::verify {

namespace {

constexpr std::uint32_t kNull = 0xFFFFFFFF;

// Appends what `append` gives behind its length.
template <class Append>
void append_with_length(std::string& out, Append append) {
  const std::size_t at = out.size();
  out.append(sizeof(std::uint32_t), '\0');
  const bool there = append();
  const auto size = there ? static_cast<std::uint32_t>(out.size() - at - sizeof(std::uint32_t)) : kNull;
  std::memcpy(out.data() + at, &size, sizeof size);
}

}  // namespace

run::Key128 hash_of(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

RowForm::RowForm(const plan::TablePlan& plan, const schema::Table& live, const schema::Table* declared,
                 schema::Dialect dialect, std::vector<std::size_t> fields, std::vector<std::size_t> key)
    : plan_{plan}, fields_{std::move(fields)}, key_{std::move(key)} {
  const bool sqlite = dialect == schema::Dialect::sqlite;
  const auto form_of = [&](const schema::Column& column) {
    return stores::sqlite_column(live, column, declared == nullptr ? nullptr : declared->column(column.name));
  };
  for (const std::size_t field : fields_) {
    const schema::Column& column = *live.column(plan.fields[field].name);
    Compared compared;
    compared.form = sqlite ? sqlite_cell(column.name, form_of(column)) : postgres_cell(column, plan.fields[field].type);
    compared.cell = select(compared.form->select());
    compared_.push_back(std::move(compared));
  }
  for (const std::size_t field : key_) {
    const schema::Column& column = *live.column(plan.fields[field].name);
    Keyed keyed;
    keyed.form = sqlite ? sqlite_key(column.name, form_of(column)) : postgres_key(column);
    keyed.cell = select(keyed.form->select());
    keys_.push_back(std::move(keyed));
  }
}

std::size_t RowForm::select(const std::string& expression) {
  const auto known = std::ranges::find(selects_, expression);
  if (known == selects_.end()) selects_.push_back(expression);
  return static_cast<std::size_t>(std::ranges::find(selects_, expression) - selects_.begin());
}

std::string RowForm::select_list() const {
  std::string out;
  for (const std::string& expression : selects_) out += (out.empty() ? "" : ", ") + expression;
  return out;
}

void RowForm::use(std::span<const ColumnPtr> columns, stores::SqlSession& session) {
  std::vector<ColumnPtr> keys;
  for (const std::size_t field : key_) keys.push_back(columns[field]);
  use(columns, keys, session);
}

void RowForm::use(std::span<const ColumnPtr> columns, std::span<const ColumnPtr> keys, stores::SqlSession& session) {
  for (std::size_t place = 0; place < compared_.size(); ++place) {
    compared_[place].values = columns[fields_[place]].get();
    compared_[place].form->use(*columns[fields_[place]], session);
  }
  for (std::size_t part = 0; part < keys_.size(); ++part) {
    keys_[part].values = keys[part].get();
    keys_[part].form->use(*keys[part], session);
  }
}

bool RowForm::expected_cell(std::size_t place, std::uint32_t row, std::string& out) {
  if (compared_[place].values->is_null(row)) return false;
  compared_[place].form->expected(row, out);
  return true;
}

bool RowForm::found_cell(std::size_t place, std::span<const stores::RawCell> cells, std::string& out) {
  const stores::RawCell& cell = cells[compared_[place].cell];
  if (cell.kind == stores::RawCell::Kind::null) return false;
  compared_[place].form->found(cell, out);
  return true;
}

void RowForm::expected_row(std::uint32_t row, std::string& out) {
  for (std::size_t place = 0; place < compared_.size(); ++place) {
    append_with_length(out, [&] { return expected_cell(place, row, out); });
  }
}

void RowForm::found_row(std::span<const stores::RawCell> cells, std::string& out) {
  for (std::size_t place = 0; place < compared_.size(); ++place) {
    append_with_length(out, [&] { return found_cell(place, cells, out); });
  }
}

template <class Append>
run::Key128 RowForm::hash_parts(Append append) {
  scratch_.clear();
  for (std::size_t part = 0; part < keys_.size(); ++part) {
    append_with_length(scratch_, [&] {
      append(part, scratch_);
      return true;
    });
  }
  return hash_of(scratch_);
}

template <class Append>
std::string RowForm::print_parts(Append append) const {
  std::string out;
  for (std::size_t part = 0; part < keys_.size(); ++part) {
    if (part > 0) out += ", ";
    out += key_field(part).name + "=";
    if (key_field(part).sensitive) {
      out += "***";
    } else {
      append(part, out);
    }
  }
  return out;
}

run::Key128 RowForm::expected_key(std::uint32_t row, std::string_view row_bytes) {
  if (!has_key()) return hash_of(row_bytes);
  return hash_parts([&](std::size_t part, std::string& out) {
    if (!keys_[part].values->is_null(row)) keys_[part].form->expected(row, out);
  });
}

run::Key128 RowForm::key_of(std::span<const ColumnPtr> values, std::uint32_t row, stores::SqlSession& session) {
  return hash_parts([&](std::size_t part, std::string& out) {
    if (!values[part]->is_null(row)) keys_[part].form->print(*values[part], row, session, out);
  });
}

run::Key128 RowForm::found_key(std::span<const stores::RawCell> cells, std::string_view row_bytes) {
  if (!has_key()) return hash_of(row_bytes);
  return hash_parts([&](std::size_t part, std::string& out) {
    const stores::RawCell& cell = cells[keys_[part].cell];
    if (cell.kind != stores::RawCell::Kind::null) keys_[part].form->found(cell, out);
  });
}

run::Key128 RowForm::journaled_key(std::span<const std::string> texts) {
  return hash_parts([&](std::size_t part, std::string& out) { keys_[part].form->journaled(texts[part], out); });
}

std::string RowForm::expected_key_text(std::uint32_t row) {
  return print_parts([&](std::size_t part, std::string& out) { keys_[part].form->expected(row, out); });
}

std::string RowForm::found_key_text(std::span<const stores::RawCell> cells) {
  return print_parts([&](std::size_t part, std::string& out) {
    const stores::RawCell& cell = cells[keys_[part].cell];
    if (cell.kind != stores::RawCell::Kind::null) keys_[part].form->found(cell, out);
  });
}

std::string RowForm::journaled_key_text(std::span<const std::string> texts) {
  return print_parts([&](std::size_t part, std::string& out) { keys_[part].form->journaled(texts[part], out); });
}

}  // namespace etl::verify
