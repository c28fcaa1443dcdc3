#include "engine/readers/text_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/base/error.h"
#include "engine/data/json_path.h"
#include "engine/readers/row_parser.h"
#include "engine/stores/cell.h"

namespace etl::readers {

namespace {

OpenParser* parser_for(Format format) {
  switch (format) {
    case Format::none:
      break;
    case Format::csv:
      return open_csv;
    case Format::json:
      return open_json;
    case Format::ndjson:
      return open_ndjson;
    case Format::django:
      return open_django;
    case Format::markdown_table:
      return open_markdown_table;
    case Format::markdown_sections:
      return open_markdown_sections;
    case Format::lines:
      return open_lines;
  }
  return nullptr;
}

class TextReader : public Reader {
 public:
  TextReader(std::string text, const std::string& file, const ReadRequest& request, BatchLimits limits, std::uint64_t first_row)
      : text_{std::move(text)}, file_{file}, request_{request}, limits_{limits}, next_row_{first_row} {
    parser_ = open_parser(text_, request_, file);
  }

  BatchPtr next() override {
    auto batch = std::make_shared<Batch>();
    batch->arena = std::make_shared<Arena>();
    batch->file = file_;
    batch->first_row = next_row_;
    // How many rows there will be is known at the end only: columns are made then.
    std::vector<std::vector<Cell>> columns(request_.columns.size());
    while (batch->rows < limits_.rows && batch->arena->used() < limits_.bytes && parser_->next(row_)) {
      take_row(*batch, columns);
    }
    if (batch->rows == 0) return nullptr;
    for (std::uint32_t i = 0; i < columns.size(); ++i) batch->columns.push_back(make_column(i, columns[i], *batch));
    std::ranges::stable_sort(batch->faults, {}, &Batch::Fault::row);
    next_row_ += batch->rows;
    return batch;
  }

 private:
  // A cell whose text stands in the batch's arena.
  struct Cell {
    RawCell::Kind kind = RawCell::Kind::missing;
    std::string_view text;
  };

  void take_row(Batch& batch, std::vector<std::vector<Cell>>& columns) {
    const auto number = static_cast<std::uint32_t>(batch.rows++);
    if (row_.line != 0) batch.lines.push_back(row_.line);
    if (row_.headings || !batch.headings.empty()) {
      batch.headings.resize(number);
      batch.headings.push_back(row_.headings);
    }
    const bool broken = !row_.broken_rule.empty();
    if (broken) batch.broken_rows.push_back({number, row_.broken_rule, row_.broken});
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const RawCell& cell = broken ? RawCell{} : row_.cells[i];
      const bool is_null = cell.kind == RawCell::Kind::missing ||
                           (cell.kind == RawCell::Kind::text && is_null_token(cell.raw));
      if (is_null) {
        columns[i].emplace_back();
      } else {
        columns[i].push_back({cell.kind, batch.arena->copy(cell.text)});
      }
    }
  }

  bool is_null_token(std::string_view raw) const {
    return std::ranges::find(request_.null_tokens, raw) != request_.null_tokens.end();
  }

  ColumnPtr make_column(std::uint32_t index, const std::vector<Cell>& cells, Batch& batch) const {
    auto column = std::make_shared<Column>(request_.columns[index].type, batch.rows);
    for (std::uint32_t row = 0; row < cells.size(); ++row) {
      const Cell& cell = cells[row];
      if (cell.kind == RawCell::Kind::missing) {
        column->set_null(row);
      } else if (cell.kind == RawCell::Kind::json) {
        set_json(*column, index, row, cell.text, batch);
      } else {
        set_text(*column, index, row, cell.text, batch);
      }
    }
    return column;
  }

  static void fault(Column& column, std::uint32_t index, std::uint32_t row, std::string_view text, Batch& batch,
                    std::string_view rule, std::string reason) {
    column.set_null(row);
    batch.faults.push_back({row, index, rule, std::move(reason), stores::printable(text)});
  }

  static void set_text(Column& column, std::uint32_t index, std::uint32_t row, std::string_view text, Batch& batch) {
    if (!text.empty() && std::memchr(text.data(), 0, text.size()) != nullptr) {
      return fault(column, index, row, text, batch, "encoding", "the text holds a NUL byte");
    }
    if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
      return fault(column, index, row, text, batch, "encoding",
                   fmt::format("byte {} of the text is not valid UTF-8", bad + 1));
    }
    if (column.type() == Type::text) {
      column.values<std::string_view>()[row] = text;
    } else if (auto reason = stores::set_from_text(column, row, text, *batch.arena)) {
      fault(column, index, row, text, batch, "type", std::move(*reason));
    }
  }

  void set_json(Column& column, std::uint32_t index, std::uint32_t row, std::string_view json, Batch& batch) const {
    const Value value = json_value(json, *batch.arena);
    const auto* text = std::get_if<std::string_view>(&value);
    if (is_null(value) || (text != nullptr && is_null_token(*text))) {
      column.set_null(row);
    } else if (text != nullptr && column.type() != Type::json && column.type() != Type::any) {
      set_text(column, index, row, *text, batch);
    } else if (column.type() == Type::any || type_of(value) == column.type()) {
      column.set(row, value);
    } else if (auto reason = stores::set_from_text(column, row, json, *batch.arena)) {
      fault(column, index, row, json, batch, "type", std::move(*reason));
    }
  }

  std::string text_;
  std::string file_;
  ReadRequest request_;
  BatchLimits limits_;
  std::uint64_t next_row_;
  std::unique_ptr<RowParser> parser_;
  RawRow row_;
};

}  // namespace

std::unique_ptr<RowParser> open_parser(std::string_view text, const ReadRequest& request, const std::string& file) {
  OpenParser* open = parser_for(request.format.format);
  if (open == nullptr) {
    throw Error{Error::Kind::schema, fmt::format("{}: its format is not known", file), "write format: csv, json, ..."};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return open(text, request, file);
}

std::unique_ptr<Reader> open_text(std::string text, const std::string& file, const ReadRequest& request, BatchLimits limits,
                                  std::uint64_t first_row) {
  return std::make_unique<TextReader>(std::move(text), file, request, limits, first_row);
}

}  // namespace etl::readers
