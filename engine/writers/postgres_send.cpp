#include "engine/writers/postgres_send.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/stores/sql_text.h"
#include "engine/writers/postgres_copy.h"

namespace etl::writers {

namespace {

using Rows = std::span<const std::uint32_t>;

// PostgreSQL manual, sql-copy, "Binary Format": signature, flags, length of the header's extension.
constexpr std::string_view kBinaryHeader{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};

// One field of COPY's text format.
void append_escaped(std::string_view text, std::string& line) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        line += "\\\\";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '\t':
        line += "\\t";
        break;
      default:
        line += c;
    }
  }
}

void send_binary(std::span<const BinaryColumn> columns, std::size_t row_bound, Rows rows, CopyBuffer& out) {
  out.put_bytes(kBinaryHeader.data(), kBinaryHeader.size());
  for (const std::uint32_t row : rows) encode_row(columns, row, row_bound, out);
  out.reserve(2);
  out.put16(0xFFFF);
}

// A column more, in front.
void add_ordinals(const Column& ordinals, std::vector<BinaryColumn>& bound, std::size_t row_bound) {
  schema::Column column;
  column.type.base = "int8";
  BinaryColumn binary = binary_column(column, Type::integer, 0);
  binary.column = &ordinals;
  binary.values = ordinals.values<std::byte>().data();
  binary.row_bound = row_bound;
  bound.insert(bound.begin(), std::move(binary));
}

// Their places among the rows that are sent, by row.
std::shared_ptr<Column> ordinals_of(Rows rows, std::size_t size) {
  auto column = std::make_shared<Column>(Type::integer, size);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    column->values<std::int64_t>()[rows[i]] = static_cast<std::int64_t>(i);
  }
  return column;
}

}  // namespace

PostgresSender::PostgresSender(stores::PostgresConnection& connection, ServerTypes& types, const WriteRequest& request)
    : connection_{connection}, types_{types}, table_{*request.table}, places_{request.columns} {
  for (const std::size_t place : places_) names_.push_back(table_.columns[place].name);
}

void PostgresSender::back_to(const std::string& name) {
  connection_.execute(fmt::format("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", name));
}

std::uint64_t PostgresSender::copy(const std::string& into, std::span<const ColumnPtr> columns, Rows rows,
                                   bool ordinals) {
  std::size_t row_bound = 0;
  std::vector<BinaryColumn> bound = bind(columns, row_bound);
  const bool binary = bound.size() == columns.size();
  std::shared_ptr<Column> numbers;
  if (ordinals) {
    numbers = ordinals_of(rows, columns.front()->size());
    if (binary) add_ordinals(*numbers, bound, row_bound);
  }
  PostgresCopy copy{connection_,
                    fmt::format("COPY {} ({}{}) FROM STDIN{}", into, ordinals ? "etl_ordinal, " : "",
                                stores::quote_list(names_), binary ? " (FORMAT binary)" : "")};
  try {
    if (binary) {
      send_binary(bound, row_bound, rows, copy.out());
    } else {
      send_text(columns, rows, numbers.get(), copy.out());
    }
  } catch (Unencodable& value) {
    throw Refused{{.code = "22P02", .constraint = {}, .column = {}, .message = std::move(value.reason)}};
  }
  const PostgresCopy::Result result = copy.finish();
  if (result.complaint) throw Refused{refusal_of(*result.complaint, result.context)};
  return result.rows;
}

// Encoders for all columns, or nothing when one of them has none; room for one column more.
std::vector<BinaryColumn> PostgresSender::bind(std::span<const ColumnPtr> columns, std::size_t& row_bound) {
  row_bound = 2 + kCellBound * (columns.size() + 1);
  std::vector<BinaryColumn> bound;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const schema::Column& column = table_.columns[places_[i]];
    const std::uint32_t element = column.type.array ? types_.of(table_, column.name).element_oid : 0;
    BinaryColumn binary = binary_column(column, columns[i]->type(), element);
    if (binary.encode == nullptr) return {};
    binary.column = columns[i].get();
    binary.values = columns[i]->values<std::byte>().data();
    binary.row_bound = row_bound;
    bound.push_back(std::move(binary));
  }
  return bound;
}

void PostgresSender::send_text(std::span<const ColumnPtr> columns, Rows rows, const Column* ordinals,
                               CopyBuffer& out) const {
  std::string line;
  std::string text;
  for (const std::uint32_t row : rows) {
    line.clear();
    if (ordinals != nullptr) line += fmt::format("{}\t", ordinals->values<std::int64_t>()[row]);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) line += '\t';
      if (columns[i]->is_null(row)) {
        line += "\\N";
        continue;
      }
      text.clear();
      append_column_text(columns[i]->at(row), table_.columns[places_[i]].type, text);
      append_escaped(text, line);
    }
    line += '\n';
    out.reserve(line.size());
    out.put_bytes(line.data(), line.size());
  }
}

// The server names no column for a value that is too long or malformed, but its context does:
// "COPY users, line 3, column email: ...". Only names that we wrote ourselves are taken from it.
std::string PostgresSender::column_in(std::string_view context) const {
  if (!context.starts_with("COPY ")) return {};
  const std::string_view line = context.substr(0, context.find('\n'));
  std::string found;
  for (const std::string& name : names_) {
    const std::string mark = fmt::format(", column {}", name);
    const std::size_t at = line.find(mark);
    if (at == std::string_view::npos || name.size() < found.size()) continue;
    const std::string_view rest = line.substr(at + mark.size());
    if (rest.empty() || rest.starts_with(':')) found = name;
  }
  return found;
}

Refusal PostgresSender::refusal_of(const stores::PostgresComplaint& complaint, std::string_view context) const {
  Refusal refusal{.code = complaint.sqlstate,
                  .constraint = complaint.constraint,
                  .column = complaint.column.empty() ? column_in(context) : complaint.column,
                  .message = stores::clause_of(complaint),
                  .foreign_key = complaint.sqlstate == "23503"};
  const bool names_column = refusal.message.find(refusal.column) != std::string::npos;
  if (!refusal.column.empty() && !names_column) refusal.message += " in column " + refusal.column;
  return refusal;
}

}  // namespace etl::writers
