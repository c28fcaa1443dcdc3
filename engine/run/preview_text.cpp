// A preview for people and for programs.
#include <fmt/format.h>

#include <algorithm>

#include "engine/data/value.h"
#include "engine/run/preview.h"

namespace etl::run {

namespace {

// A longer cell is cut, so that a row stays readable on a terminal.
constexpr std::size_t kWidest = 48;

std::string_view name(SeenRow::Outcome outcome) {
  switch (outcome) {
    case SeenRow::Outcome::written: return "written";
    case SeenRow::Outcome::updated: return "updates an earlier row";
    case SeenRow::Outcome::unchanged: return "equal to an earlier row";
    case SeenRow::Outcome::filtered: return "left out by where";
    case SeenRow::Outcome::skipped: return "skipped: its key is taken";
    case SeenRow::Outcome::rejected: return "rejected";
  }
  return "";
}

std::string_view key(SeenRow::Outcome outcome) {
  switch (outcome) {
    case SeenRow::Outcome::written: return "written";
    case SeenRow::Outcome::updated: return "updated";
    case SeenRow::Outcome::unchanged: return "unchanged";
    case SeenRow::Outcome::filtered: return "filtered";
    case SeenRow::Outcome::skipped: return "skipped";
    case SeenRow::Outcome::rejected: return "rejected";
  }
  return "";
}

// One line without control characters, at most `widest` characters.
std::string cell(const std::string& text, std::size_t widest) {
  std::string out;
  std::size_t characters = 0;
  for (const char letter : text) {
    const bool starts = (static_cast<unsigned char>(letter) & 0xC0) != 0x80;
    if (starts && ++characters > widest) return out + "...";
    out += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  return out;
}

void pad(std::string text, std::size_t width, std::string& out) {
  const std::size_t characters = count_characters(text);
  out += text;
  if (characters < width) out.append(width - characters, ' ');
}

void append_row(const PreviewedRow& row, std::size_t name_width, std::size_t from_width, std::string& out) {
  out += fmt::format("\n  {}  {}\n", row.seen.position, name(row.seen.outcome));
  if (row.seen.outcome == SeenRow::Outcome::filtered || row.seen.outcome == SeenRow::Outcome::skipped) {
    out += fmt::format("    {}\n", cell(row.seen.source, 2 * kWidest));
    return;
  }
  for (const PreviewedField& field : row.fields) {
    out += "    ";
    pad(field.name, name_width, out);
    out += "  ";
    if (field.becomes.empty()) {
      out += cell(field.from, kWidest);
    } else {
      pad(cell(field.from, kWidest), from_width, out);
      out += "  ";
      const bool reason = row.seen.outcome == SeenRow::Outcome::rejected;
      out += reason ? field.becomes : "-> " + cell(field.becomes, kWidest);
    }
    out += '\n';
  }
  for (const SeenRow::Why& why : row.seen.reasons) {
    const bool told = std::ranges::any_of(row.fields, [&](const PreviewedField& field) { return field.name == why.field; });
    if (!told) out += fmt::format("    ! {}{}: {}\n", why.field.empty() ? "" : why.field + ": ", why.rule, why.reason);
  }
}

void append_member(std::string_view name, std::string_view text, std::string& out) {
  append_json_string(name, out);
  out += ':';
  append_json_string(text, out);
}

void append_json_row(const PreviewedTable& table, const SeenRow& row, std::string& out) {
  out += '{';
  append_member("position", row.position, out);
  out += ',';
  append_member("outcome", key(row.outcome), out);
  out += ",\"source\":" + row.source + ",\"row\":";
  if (row.values.empty()) {
    out += "null";
  } else {
    out += '{';
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(table.columns[i], out);
      out += ':';
      if (row.values[i]) {
        append_json_string(*row.values[i], out);
      } else {
        out += "null";
      }
    }
    out += '}';
  }
  out += ",\"reasons\":[";
  for (std::size_t i = 0; i < row.reasons.size(); ++i) {
    if (i > 0) out += ',';
    out += '{';
    append_member("field", row.reasons[i].field, out);
    out += ',';
    append_member("rule", row.reasons[i].rule, out);
    out += ',';
    append_member("reason", row.reasons[i].reason, out);
    out += '}';
  }
  out += "]}";
}

}  // namespace

std::string to_text(const Preview& preview) {
  std::string out;
  for (const PreviewedTable& table : preview.tables) {
    if (!out.empty()) out += '\n';
    out += fmt::format("{}: {} -> {}, {} row{}\n", table.name, table.source, table.target, table.rows.size(),
                       table.rows.size() == 1 ? "" : "s");
    std::size_t name_width = 0;
    std::size_t from_width = 0;
    for (const PreviewedRow& row : table.rows) {
      for (const PreviewedField& field : row.fields) {
        name_width = std::max(name_width, count_characters(field.name));
        from_width = std::max(from_width, count_characters(cell(field.from, kWidest)));
      }
    }
    for (const PreviewedRow& row : table.rows) append_row(row, name_width, from_width, out);
  }
  if (!preview.notes.empty()) out += '\n';
  for (const std::string& note : preview.notes) out += fmt::format("note: {}\n", note);
  return out;
}

std::string to_json(const Preview& preview) {
  std::string out = "{\"tables\":[";
  for (std::size_t i = 0; i < preview.tables.size(); ++i) {
    const PreviewedTable& table = preview.tables[i];
    if (i > 0) out += ',';
    out += '{';
    append_member("table", table.name, out);
    out += ',';
    append_member("from", table.source, out);
    out += ',';
    append_member("into", table.target, out);
    out += ",\"rows\":[";
    for (std::size_t j = 0; j < table.rows.size(); ++j) {
      if (j > 0) out += ',';
      append_json_row(table, table.rows[j].seen, out);
    }
    out += "]}";
  }
  out += "],\"notes\":[";
  for (std::size_t i = 0; i < preview.notes.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(preview.notes[i], out);
  }
  return out + "]}";
}

}  // namespace etl::run
