// report.json: for programs. Keys are never renamed or removed.
#include <fmt/format.h>

#include "engine/base/secret.h"
#include "engine/report/report.h"

namespace etl::report {

namespace {

// Builds indented JSON: open and close objects and lists, add members.
class Writer {
 public:
  void open(char bracket) {
    out_ += bracket;
    ++depth_;
    first_ = true;
  }
  void close(char bracket) {
    --depth_;
    if (!first_) line();
    out_ += bracket;
    first_ = false;
  }
  void item() {
    if (!first_) out_ += ',';
    line();
    first_ = false;
  }
  void key(std::string_view name) {
    item();
    append_json_string(name, out_);
    out_ += ": ";
  }
  void text(std::string_view key_name, std::string_view value) {
    key(key_name);
    append_json_string(redact(std::string{value}), out_);
  }
  void number(std::string_view key_name, std::uint64_t value) {
    key(key_name);
    out_ += std::to_string(value);
  }
  void real(std::string_view key_name, double value) {
    key(key_name);
    out_ += fmt::format("{:.6f}", value);
  }
  void flag(std::string_view key_name, bool value) {
    key(key_name);
    out_ += value ? "true" : "false";
  }
  void list(std::string_view key_name) {
    key(key_name);
    open('[');
  }
  void object(std::string_view key_name) {
    key(key_name);
    open('{');
  }
  void object() {
    item();
    open('{');
  }
  void text_item(std::string_view value) {
    item();
    append_json_string(redact(std::string{value}), out_);
  }
  void raw(std::string_view json) { out_ += json; }
  std::string done() { return out_ + "\n"; }

 private:
  void line() { out_.append(1, '\n').append(2 * depth_, ' '); }

  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

std::string instant(Instant at) {
  char text[40];
  return {text, format_instant(at, text)};
}

void add_counts(Writer& json, const Counts& counts) {
  json.object("counts");
  json.number("read", counts.read);
  json.number("added", counts.added);
  json.number("filtered", counts.filtered);
  json.number("merged", counts.merged);
  json.number("inserted", counts.inserted);
  json.number("updated", counts.updated);
  json.number("unchanged", counts.unchanged);
  json.number("skipped", counts.skipped);
  json.number("rejected", counts.rejected);
  json.close('}');
}

void add_errors(Writer& json, const ErrorCounts& errors) {
  json.object("errors");
  for (std::size_t kind = 0; kind < errors.size(); ++kind) {
    json.number(name(static_cast<Error::Kind>(kind)), errors[kind]);
  }
  json.close('}');
}

void add_reject(Writer& json, const Reject& reject) {
  json.object();
  json.text("position", reject.position);
  json.text("field", reject.field);
  json.text("rule", reject.rule);
  json.text("reason", reject.reason);
  json.text("source", reject.source);
  json.close('}');
}

void add_warnings(Writer& json, const Table& table) {
  json.list("warned");
  for (const Warned& warned : table.warned) {
    json.object();
    json.text("field", warned.field);
    json.text("rule", warned.rule);
    json.number("rows", warned.count);
    json.list("examples");
    for (const std::string& example : warned.examples) json.text_item(example);
    json.close(']');
    json.close('}');
  }
  json.close(']');
  json.list("tried");
  for (const Tried& tried : table.tried) {
    json.object();
    json.text("field", tried.field);
    json.number("values", tried.count);
    json.close('}');
  }
  json.close(']');
}

void add_table(Writer& json, const Table& table) {
  json.object();
  json.text("name", table.name);
  json.text("source", table.source);
  json.text("target", table.target);
  json.flag("complete", table.complete);
  if (table.rows_before) json.number("rows_before", *table.rows_before);
  add_counts(json, table.counts);
  json.text("max_rejects", table.allowed);
  json.real("seconds", table.seconds);
  json.real("rows_per_second", table.seconds > 0 ? static_cast<double>(table.counts.read) / table.seconds : 0);
  add_errors(json, table.errors);
  json.list("reasons");
  for (const auto& [what, count] : table.reasons) {
    json.object();
    json.text("field", what.first);
    json.text("rule", what.second);
    json.number("rows", count);
    json.close('}');
  }
  json.close(']');
  json.list("first_rejects");
  for (const Reject& reject : table.rejects) add_reject(json, reject);
  json.close(']');
  json.text("rejects_file", table.rejects_file);
  if (table.removed > 0) json.number("removed", table.removed);
  add_warnings(json, table);
  json.close('}');
}

void add_checks(Writer& json, const Report& report) {
  static constexpr std::string_view kResults[] = {"passed", "failed", "warned"};
  json.list("checks");
  for (const Check& check : report.checks) {
    json.object();
    json.text("sentence", check.sentence);
    json.text("result", kResults[static_cast<std::size_t>(check.result)]);
    json.text("detail", check.detail);
    json.close('}');
  }
  json.close(']');
}

}  // namespace

std::string to_json(const Report& report) {
  char id[36];
  Writer json;
  json.open('{');
  json.number("version", 1);
  json.text("migration_id", std::string_view{id, format_uuid(report.run_id, id)});
  json.text("mapping", report.mapping);
  json.text("path", report.path);
  json.text("state", name(report.state));
  json.flag("dry_run", report.dry_run);
  json.text("started", instant(report.started));
  json.text("ended", instant(report.ended));
  json.real("seconds", report.seconds);
  add_counts(json, report.totals());
  json.real("success_rate", report.success_rate());
  json.real("rows_per_second", report.rows_per_second());
  json.number("peak_memory_bytes", report.peak_memory);
  add_errors(json, report.errors());
  if (report.failure) {
    json.object("failure");
    json.text("kind", name(report.failure->kind));
    json.text("message", report.failure->message);
    json.text("remedy", report.failure->remedy);
    json.close('}');
  }
  json.list("tables");
  for (const Table& table : report.tables) add_table(json, table);
  json.close(']');
  add_checks(json, report);
  if (report.verification) {
    json.key("verification");
    json.raw(to_json(*report.verification));
  }
  json.list("warnings");
  for (const std::string& warning : report.warnings) json.text_item(warning);
  json.close(']');
  json.list("rollback");
  for (const std::string& file : report.rollback) json.text_item(file);
  json.close(']');
  json.close('}');
  return json.done();
}

}  // namespace etl::report
