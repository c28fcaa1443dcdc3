#include "engine/report/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/base/secret.h"
#include "engine/data/json.h"

namespace etl::report {

namespace {

void append_text(std::string_view key, std::string_view value, std::string& out) {
  append_json_string(key, out);
  out += ':';
  append_json_string(redact(std::string{value}), out);
}

void append_difference(const Difference& difference, std::string& out) {
  out += '{';
  append_text("kind", name(difference.kind), out);
  out += ',';
  append_text("key", difference.key, out);
  out += ',';
  append_text("column", difference.column, out);
  out += ',';
  append_text("expected", difference.expected, out);
  out += ',';
  append_text("found", difference.found, out);
  out += '}';
}

void append_table(const VerifiedTable& table, std::string& out) {
  out += '{';
  append_text("table", table.name, out);
  out += ',';
  append_text("target", table.target, out);
  out += fmt::format(R"(,"made":{},"compared":{},"present":{},"not_written":{})", table.made, table.compared,
                     table.present, table.not_written);
  for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
    out += fmt::format(R"(,"{}":{})", name(static_cast<Difference::Kind>(kind)), table.rows[kind]);
  }
  out += R"(,"differences":[)";
  for (std::size_t i = 0; i < table.differences.size(); ++i) {
    if (i > 0) out += ',';
    append_difference(table.differences[i], out);
  }
  out += R"(],"not_compared":[)";
  for (std::size_t i = 0; i < table.left_out.size(); ++i) {
    out += i > 0 ? ",{" : "{";
    append_text("column", table.left_out[i].first, out);
    out += ',';
    append_text("reason", table.left_out[i].second, out);
    out += '}';
  }
  out += "],";
  append_text("remark", table.remark, out);
  out += fmt::format(",\"seconds\":{:.6f}}}", table.seconds);
}

std::string lines_of(const VerifiedTable& table) {
  constexpr std::size_t kShown = 20;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, table.differences.size()); ++i) {
    const Difference& difference = table.differences[i];
    out += fmt::format("    {} {}", name(difference.kind), difference.key);
    if (!difference.column.empty()) {
      out += fmt::format(": {}: expected {}, found {}", difference.column, difference.expected, difference.found);
    }
    out += '\n';
  }
  if (table.differences.size() > kShown || (table.differing() > 0 && table.differences.empty())) out += "    ...\n";
  return out;
}

std::string text_of(const VerifiedTable& table) {
  std::string counts;
  for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
    if (table.rows[kind] == 0) continue;
    counts += fmt::format(", {} {}", table.rows[kind], name(static_cast<Difference::Kind>(kind)));
  }
  if (counts.empty()) counts = ", no differences";
  if (table.present > 0) counts += fmt::format(", {} met and still there", table.present);
  if (table.not_written > 0) counts += fmt::format(", {} not written by the run", table.not_written);
  std::string out = fmt::format("  {}: {} rows made, {} compared{}\n", table.name, table.made, table.compared, counts);
  out += lines_of(table);
  for (const auto& [column, reason] : table.left_out) out += fmt::format("    not compared: {} ({})\n", column, reason);
  if (!table.remark.empty()) out += fmt::format("    {}\n", table.remark);
  return out;
}

std::string quoted_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{text};
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"') out += '"';
    out += letter;
  }
  return out + "\"";
}

}  // namespace

std::string_view name(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::differs:
      return "differs";
    case Difference::Kind::changed:
      return "changed";
    case Difference::Kind::missing:
      return "missing";
    case Difference::Kind::extra:
      return "extra";
  }
  return "";
}

std::uint64_t VerifiedTable::differing() const { return std::accumulate(rows.begin(), rows.end(), std::uint64_t{0}); }

std::uint64_t Verification::differing() const {
  std::uint64_t sum = 0;
  for (const VerifiedTable& table : tables) sum += table.differing();
  return sum;
}

std::string to_text(const Verification& verification) {
  std::string out;
  if (!verification.remark.empty()) out += fmt::format("  {}\n", verification.remark);
  for (const VerifiedTable& table : verification.tables) out += text_of(table);
  const std::uint64_t differing = verification.differing();
  out += differing == 0 ? "  the target holds what the mapping makes\n"
                        : fmt::format("  {} row{} differ{}{}\n", differing, differing == 1 ? "" : "s",
                                      differing == 1 ? "s" : "",
                                      verification.file.empty() ? "" : "; all of them in " + verification.file);
  return redact(std::move(out));
}

std::string to_json(const Verification& verification) {
  std::string out = "{";
  append_text("depth", verification.depth, out);
  out += ',';
  append_text("mapping", verification.mapping, out);
  out += ',';
  append_text("remark", verification.remark, out);
  out += ',';
  append_text("run", verification.run ? etl::to_text(Value{*verification.run}) : "", out);
  out += ',';
  append_text("now", verification.now ? etl::to_text(Value{*verification.now}) : "", out);
  out += fmt::format(R"(,"differing":{},"tables":[)", verification.differing());
  for (std::size_t i = 0; i < verification.tables.size(); ++i) {
    if (i > 0) out += ',';
    append_table(verification.tables[i], out);
  }
  out += "],";
  append_text("file", verification.file, out);
  out += fmt::format(R"(,"seconds":{:.6f},"peak_memory_bytes":{}}})", verification.seconds, verification.peak_memory);
  return out;
}

std::string differences_header() { return "table,kind,key,column,expected,found\r\n"; }

std::string to_csv(const Difference& difference) {
  std::string out;
  for (const std::string_view cell : {std::string_view{difference.table}, name(difference.kind), std::string_view{difference.key},
                                      std::string_view{difference.column}, std::string_view{difference.expected},
                                      std::string_view{difference.found}}) {
    if (!out.empty()) out += ',';
    out += quoted_cell(redact(std::string{cell}));
  }
  return out + "\r\n";
}

}  // namespace etl::report
