#include "engine/readers/inline_reader.h"

#include <algorithm>

#include "engine/stores/cell.h"

namespace etl::readers {

namespace {

constexpr std::size_t kAbsent = ~std::size_t{0};

// Reading continues with the next batch after `limits.rows` rows; bytes are already in memory.
class InlineReader : public Reader {
 public:
  InlineReader(std::shared_ptr<const InlineRows> rows, const ReadRequest& request, BatchLimits limits)
      : rows_{std::move(rows)}, columns_{request.columns}, null_tokens_{request.null_tokens}, limits_{limits} {
    for (const ReadColumn& column : columns_) {
      const auto found = std::ranges::find(rows_->columns, column.name);
      places_.push_back(found == rows_->columns.end() ? kAbsent : found - rows_->columns.begin());
    }
  }

  BatchPtr next() override {
    const std::size_t count = std::min(limits_.rows, rows_->rows.size() - next_);
    if (count == 0) return nullptr;
    auto batch = std::make_shared<Batch>();
    batch->arena = std::make_shared<Arena>();
    batch->rows = count;
    batch->first_row = next_ + 1;
    for (std::uint32_t index = 0; index < columns_.size(); ++index) batch->columns.push_back(read(index, *batch));
    std::ranges::stable_sort(batch->faults, {}, &Batch::Fault::row);
    next_ += count;
    return batch;
  }

  std::optional<std::uint64_t> estimated_rows() override { return rows_->rows.size(); }

 private:
  ColumnPtr read(std::uint32_t index, Batch& batch) const {
    auto column = std::make_shared<Column>(columns_[index].type, batch.rows);
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      const auto& cells = rows_->rows[next_ + row];
      const std::size_t place = places_[index];
      const Value value = place < cells.size() ? cells[place] : Value{};
      if (auto reason = store(value, *column, row, *batch.arena)) {
        batch.faults.push_back({row, index, "type", std::move(*reason), to_text(value)});
      }
    }
    return column;
  }

  std::optional<std::string> store(const Value& value, Column& column, std::uint32_t row, Arena& arena) const {
    const auto* text = std::get_if<std::string_view>(&value);
    if (is_null(value) || (text != nullptr && std::ranges::find(null_tokens_, *text) != null_tokens_.end())) {
      column.set_null(row);
      return std::nullopt;
    }
    if (column.type() == Type::any || type_of(value) == column.type()) {
      column.set(row, text == nullptr ? value : Value{arena.copy(*text)});
      return std::nullopt;
    }
    return stores::set_from_text(column, row, to_text(value), arena);
  }

  std::shared_ptr<const InlineRows> rows_;
  std::vector<ReadColumn> columns_;
  std::vector<std::string> null_tokens_;
  std::vector<std::size_t> places_;
  BatchLimits limits_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Reader> open_inline(std::shared_ptr<const InlineRows> rows, const ReadRequest& request,
                                    BatchLimits limits) {
  return std::make_unique<InlineReader>(std::move(rows), request, limits);
}

}  // namespace etl::readers
