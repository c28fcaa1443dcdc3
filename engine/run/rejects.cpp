#include "engine/run/rejects.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/run/reject_file.h"

namespace etl::run {

namespace {

constexpr std::string_view kHidden = "***";

void collect_columns(const plan::Node& node, std::vector<std::size_t>& columns, bool& whole_row) {
  if (node.kind == plan::Node::Kind::column) columns.push_back(node.index);
  if (node.kind == plan::Node::Kind::row) whole_row = true;
  for (const plan::NodePtr& argument : node.arguments) collect_columns(*argument, columns, whole_row);
}

}  // namespace

// ---- Visibility

Visibility::Visibility(const TableState& table) : columns_(table.source->request.columns.size(), false) {
  bool any = false;
  for (const plan::FieldPlan& field : table.plan->fields) {
    if (!field.sensitive) continue;
    for (const std::size_t column : field.reads) columns_[column] = any = true;
  }
  const auto reads_hidden = [this](const std::vector<std::size_t>& reads) {
    return std::ranges::any_of(reads, [this](std::size_t column) { return columns_[column]; });
  };
  for (const plan::FieldPlan& field : table.plan->fields) {
    fields_.push_back(field.sensitive || reads_hidden(field.reads));
  }
  any_ = any;
  if (table.plan->where) where_ = hides_source(*table.plan->where);
}

bool Visibility::hides_source(const plan::Node& expression) const {
  std::vector<std::size_t> reads;
  bool whole_row = false;
  collect_columns(expression, reads, whole_row);
  return (whole_row && any_) || std::ranges::any_of(reads, [this](std::size_t column) { return columns_[column]; });
}

bool Visibility::hides_any(std::span<const std::size_t> fields) const {
  return std::ranges::any_of(fields, [this](std::size_t field) { return fields_[field]; });
}

bool Visibility::hides_any(const plan::Node& expression) const {
  std::vector<std::size_t> fields;
  bool whole_row = false;
  collect_columns(expression, fields, whole_row);
  return whole_row || hides_any(fields);
}

bool reads_column(const plan::Node& expression, std::size_t column) {
  if (expression.kind == plan::Node::Kind::row) return true;
  if (expression.kind == plan::Node::Kind::column && expression.index == column) return true;
  return std::ranges::any_of(expression.arguments,
                             [column](const plan::NodePtr& argument) { return reads_column(*argument, column); });
}

// ---- RowPrinter

std::string RowPrinter::position(const Batch& batch, std::size_t row) const {
  if (!batch.group_keys.empty()) return group_position(batch, row);
  return source_position(batch, row) + item(batch, row);
}

std::string RowPrinter::item(const Batch& batch, std::size_t row) {
  std::string out;
  for (std::size_t level = 0; level < batch.items.size(); ++level) {
    if (batch.items[level][row] == 0) break;
    out += fmt::format("{}{}", level == 0 ? " item " : ".", batch.items[level][row]);
  }
  return out;
}

bool RowPrinter::hides_key(std::size_t key) const {
  return visibility_.hides_source(*table_.plan->shape.group_keys[key]);
}

std::string RowPrinter::group_position(const Batch& batch, std::size_t row) const {
  std::string out;
  for (std::size_t key = 0; key < batch.group_keys.size(); ++key) {
    if (hides_key(key)) return row_position(batch, row);
    if (!out.empty()) out += ", ";
    out += table_.plan->shape.group_names[key] + "=";
    out += batch.group_keys[key]->is_null(row) ? "NULL" : to_text(batch.group_keys[key]->at(row));
  }
  return redact(std::move(out));
}

std::string RowPrinter::row_position(const Batch& batch, std::size_t row) {
  if (!batch.lines.empty()) return fmt::format("line {}", batch.lines[row]);
  return fmt::format("row {}", batch.number(row));
}

std::string RowPrinter::source_position(const Batch& batch, std::size_t row) const {
  std::string out;
  for (const std::size_t column : table_.source->key) {
    if (visibility_.hides_column(column) || batch.columns[column]->is_null(row)) {
      out.clear();
      break;
    }
    if (!out.empty()) out += ", ";
    out += table_.source->request.columns[column].name + "=";
    append_text(batch.columns[column]->at(row), out);
  }
  return out.empty() ? row_position(batch, row) : redact(std::move(out));
}

std::string RowPrinter::group_source(const Batch& batch, std::size_t row) const {
  std::string out = "{";
  for (std::size_t key = 0; key < batch.group_keys.size(); ++key) {
    if (key > 0) out += ',';
    append_json_string(table_.plan->shape.group_names[key], out);
    out += ':';
    if (hides_key(key)) {
      append_json_string(kHidden, out);
    } else {
      append_json(batch.group_keys[key]->at(row), out);
    }
  }
  return redact(out + "}");
}

std::string RowPrinter::source(const Batch& batch, std::size_t row) const {
  if (!batch.group_keys.empty()) return group_source(batch, row);
  const auto first_fault = std::ranges::lower_bound(batch.faults, row, {}, &Batch::Fault::row);
  std::string out = "{";
  for (std::size_t column = 0; column < batch.columns.size(); ++column) {
    if (column > 0) out += ',';
    append_json_string(table_.source->request.columns[column].name, out);
    out += ':';
    auto fault = first_fault;
    while (fault != batch.faults.end() && fault->row == row && fault->column != column) ++fault;
    const bool faulty = fault != batch.faults.end() && fault->row == row;
    if (visibility_.hides_column(column)) {
      append_json_string(kHidden, out);
    } else if (faulty) {
      append_json_string(fault->raw, out);
    } else {
      append_json(batch.columns[column]->at(row), out);
    }
  }
  return redact(out + "}");
}

// ---- RejectLog

RejectLog::RejectLog(std::string table, report::Table& report, std::string folder, std::size_t keep,
                     std::optional<std::uint64_t> stop_above)
    : table_{std::move(table)}, report_{report}, folder_{std::move(folder)}, keep_{keep}, stop_above_{stop_above} {}

RejectLog::~RejectLog() = default;

namespace {

[[noreturn]] void cannot_write(const std::string& path) {
  throw Error{Error::Kind::environment, fmt::format("cannot write {}: {}", path, std::strerror(errno)),
              "free the disk or mend its permissions, or write the reports elsewhere with settings.reports"};
}

// RFC 4180: quoted where needed, quotes doubled.
void append_cell(std::string_view text, std::string& out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char letter : text) {
    if (letter == '"') out += '"';
    out += letter;
  }
  out += '"';
}

}  // namespace

std::string rejects_file_name(std::string_view table) {
  std::string safe{table};
  std::ranges::replace(safe, '/', '_');
  if (safe.starts_with('.')) safe.front() = '_';
  return safe + ".csv";
}

std::string csv_line(const report::Reject& reject) {
  std::string line;
  for (const std::string* cell : {&reject.position, &reject.field, &reject.rule, &reject.reason, &reject.source}) {
    if (!line.empty() || cell != &reject.position) line += ',';
    append_cell(*cell, line);
  }
  return line + "\n";
}

void RejectLog::open() {
  report_.rejects_file = "rejects/" + rejects_file_name(table_);
  const std::string path = this->path();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) cannot_write(path);
  file_.reset(::fdopen(file, "w"));
  if (!file_) {
    ::close(file);
    cannot_write(path);
  }
  std::fputs(kRejectsHead, file_.get());
}

void RejectLog::write_line(const report::Reject& reject) {
  if (folder_.empty()) return;
  if (!file_) open();
  const std::string line = csv_line(reject);
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size()) cannot_write(path());
}

void RejectLog::count(const report::Reject& reject) {
  ++report_.reasons[{reject.field, reject.rule}];
  ++report_.errors[static_cast<std::size_t>(report::category(reject.rule))];
  if (report_.rejects.size() < keep_) report_.rejects.push_back(reject);
}

bool RejectLog::take_over(const std::string& file, std::uint64_t bytes) {
  if (folder_.empty() || bytes == 0) return bytes == 0;
  std::error_code trouble;
  const auto size = std::filesystem::file_size(file, trouble);
  if (trouble || size < bytes) return false;
  open();
  file_.reset();
  std::filesystem::copy_file(file, path(), std::filesystem::copy_options::overwrite_existing, trouble);
  if (!trouble) std::filesystem::resize_file(path(), bytes, trouble);
  if (trouble) {
    errno = trouble.value();
    cannot_write(path());
  }
  file_.reset(std::fopen(path().c_str(), "ae"));
  if (!file_) cannot_write(path());
  read_rejects(path(), RejectColumns::all, [this](const report::Reject& reject) { count(reject); });
  return true;
}

RejectLog::Written RejectLog::flush() {
  if (!file_) return {};
  if (std::fflush(file_.get()) != 0) cannot_write(path());
  const std::uint64_t bytes = std::filesystem::file_size(path());
  if (bytes != safe_ && ::fsync(::fileno(file_.get())) != 0) cannot_write(path());
  safe_ = bytes;
  return {std::filesystem::absolute(path()).string(), bytes};
}

void RejectLog::add(const std::string& position, const std::string& source, std::span<const Reason> reasons) {
  for (const Reason& reason : reasons) {
    const report::Reject reject{position, std::string{reason.field}, std::string{reason.rule},
                                reason.hidden ? "the value is not shown: it is sensitive" : redact(reason.reason),
                                source};
    write_line(reject);
    count(reject);
  }
  ++report_.counts.rejected;
  if (stop_above_ && report_.counts.rejected >= *stop_above_) {
    throw Error{Error::Kind::validation,
                fmt::format("{}; stopped after {} rejected rows", too_many_rejects(report_), report_.counts.rejected),
                "mend the source or the mapping, or raise max_rejects"};
  }
}

void RejectLog::close() {
  if (file_ && std::fclose(file_.release()) != 0) cannot_write(path());
}

std::string too_many_rejects(const report::Table& table) {
  const double share = table.counts.read == 0
                           ? 0
                           : 100 * static_cast<double>(table.counts.rejected) / static_cast<double>(table.counts.read);
  return fmt::format("{}: {} of {} rows rejected ({:.1f}%), max_rejects is {}", table.name, table.counts.rejected,
                     table.counts.read, share, table.allowed);
}

void put_in_order(std::vector<Reason>& reasons) {
  std::ranges::stable_sort(
      reasons, [](const Reason& a, const Reason& b) { return a.row != b.row ? a.row < b.row : a.order < b.order; });
  std::vector<Reason> kept;
  kept.reserve(reasons.size());
  for (Reason& reason : reasons) {
    bool twice = false;
    for (std::size_t i = kept.size(); i > 0 && kept[i - 1].row == reason.row && kept[i - 1].order == reason.order;
         --i) {
      twice = twice || (kept[i - 1].rule == reason.rule && kept[i - 1].field == reason.field && !reason.rule.empty() &&
                        reason.rule != "check");
    }
    if (!twice) kept.push_back(std::move(reason));
  }
  reasons = std::move(kept);
}

}  // namespace etl::run
