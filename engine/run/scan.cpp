#include "engine/run/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/data/json.h"
#include "engine/run/mend.h"

namespace etl::run {

namespace {

constexpr std::size_t kExamples = 3;
// Values of one field and rule that candidates for mending are tried on.
constexpr std::size_t kSamples = 200;

struct Group {
  std::vector<std::string> examples;
  std::vector<std::string> raw;
};
using Groups = std::map<std::pair<std::string, std::string>, Group>;  // By field and rule.

// A member of a compact JSON object as text; nothing for null and for what is hidden.
std::optional<std::string> member(const std::string& object, const std::string& name) {
  std::string quoted;
  append_json_string(name, quoted);
  JsonItems items{object};
  while (items.next()) {
    if (items.key() != quoted) continue;
    if (kind_of(items.value()) == JsonKind::null) return std::nullopt;
    if (kind_of(items.value()) != JsonKind::text) return std::string{items.value()};
    std::string text;
    append_json_text(items.value(), text);
    if (text == "***") return std::nullopt;
    return text;
  }
  return std::nullopt;
}

class Collector : public Witness {
 public:
  explicit Collector(const plan::Plan& plan) : plan_{plan} {}

  Wish wants(const plan::TablePlan& /*table*/) override { return Wish::rejected; }

  void row(SeenRow row) override {
    if (row.outcome != SeenRow::Outcome::rejected) return;
    Groups& groups = by_table_[row.table];
    for (const SeenRow::Why& why : row.reasons) {
      Group& group = groups[{why.field, why.rule}];
      if (group.examples.size() < kExamples) group.examples.push_back(row.position + ": " + why.reason);
      if (group.raw.size() >= kSamples) continue;
      if (const auto raw = raw_of(*row.table, why.field, row.source)) group.raw.push_back(*raw);
    }
  }

  const Group& group(const plan::TablePlan& table, const std::pair<std::string, std::string>& key) {
    return by_table_[&table][key];
  }

 private:
  std::optional<std::string> raw_of(const plan::TablePlan& table, const std::string& name,
                                    const std::string& source) const {
    const auto field = std::ranges::find(table.fields, name, &plan::FieldPlan::name);
    if (field == table.fields.end() || field->reads.size() != 1) return std::nullopt;
    return member(source, plan_.sources[table.source].request.columns[field->reads.front()].name);
  }

  const plan::Plan& plan_;
  std::map<const plan::TablePlan*, Groups> by_table_;
};

ScannedTable collect(const plan::Plan& plan, const plan::TablePlan& table, const report::Table& counts,
                     Collector& collector) {
  ScannedTable scanned{.counts = counts, .broken = {}};
  for (const auto& [key, count] : counts.reasons) {
    const Group& group = collector.group(table, key);
    Broken broken{.field = key.first, .rule = key.second, .count = count, .examples = group.examples, .mend = {}};
    const auto field = std::ranges::find(table.fields, key.first, &plan::FieldPlan::name);
    if (field != table.fields.end() && !field->sensitive) {
      broken.mend = find_mend(plan, table, *field, key.second, group.raw).advice;
    }
    if (key.second == "required" && field != table.fields.end()) {
      broken.mend = fmt::format("{}: {{default: ...}}, if there is a value that is right for such rows", key.first);
    }
    scanned.broken.push_back(std::move(broken));
  }
  std::ranges::stable_sort(scanned.broken, std::ranges::greater{}, &Broken::count);
  return scanned;
}

void append_member(std::string_view key, std::string_view text, std::string& out) {
  append_json_string(key, out);
  out += ':';
  append_json_string(text, out);
}

void append_broken(const Broken& broken, std::string& out) {
  out += '{';
  append_member("field", broken.field, out);
  out += ',';
  append_member("rule", broken.rule, out);
  out += fmt::format(",\"count\":{},\"examples\":[", broken.count);
  for (std::size_t i = 0; i < broken.examples.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(broken.examples[i], out);
  }
  out += "],";
  append_member("mend", broken.mend, out);
  out += '}';
}

}  // namespace

Scan scan(const plan::Plan& plan, Connections& connections, RunOptions options) {
  Collector collector{plan};
  options.dry_run = true;
  options.ledger = true;  // Goes with the rows; knows which values of sequences they took, and gives them back.
  options.limits = false;
  options.reports.clear();
  options.keep_rejects = 0;
  options.witness = &collector;
  Scan scan;
  scan.report = run(plan, connections, options);
  for (const report::Table& counts : scan.report.tables) {
    const auto table = std::ranges::find(plan.tables, counts.name, &plan::TablePlan::name);
    scan.tables.push_back(collect(plan, *table, counts, collector));
  }
  return scan;
}

std::string to_text(const Scan& scan) {
  std::string out = "\nscan: every source row converted and checked, nothing kept\n";
  std::size_t width = 5;
  for (const ScannedTable& table : scan.tables) width = std::max(width, table.counts.name.size());
  out += fmt::format("  {:<{}}  {:>10}  {:>10}  {:>10}  {:>10}\n", "table", width, "read", "written", "left out", "rejected");
  for (const ScannedTable& table : scan.tables) {
    const report::Counts& counts = table.counts.counts;
    out += fmt::format("  {:<{}}  {:>10}  {:>10}  {:>10}  {:>10}{}\n", table.counts.name, width, counts.read,
                       counts.inserted + counts.updated, counts.filtered + counts.skipped, counts.rejected,
                       table.counts.complete ? "" : "  (not complete)");
    for (const Broken& broken : table.broken) {
      const std::string place = broken.field.empty() ? "" : broken.field + ": ";
      out += fmt::format("    {} x {}{}\n", broken.count, place, broken.rule);
      for (const std::string& example : broken.examples) out += fmt::format("        {}\n", example);
      if (!broken.mend.empty()) out += fmt::format("      = {}\n", broken.mend);
    }
  }
  for (const report::Check& check : scan.report.checks) {
    if (check.result != report::Check::Result::passed) {
      out += fmt::format("  {}: {}: {}\n", check.result == report::Check::Result::warned ? "warn" : "check",
                         check.sentence, check.detail);
    }
  }
  return out;
}

std::string to_json(const Scan& scan) {
  std::string out = "{\"tables\":[";
  for (std::size_t i = 0; i < scan.tables.size(); ++i) {
    const ScannedTable& table = scan.tables[i];
    const report::Counts& counts = table.counts.counts;
    if (i > 0) out += ',';
    out += '{';
    append_member("table", table.counts.name, out);
    out += fmt::format(
        ",\"complete\":{},\"read\":{},\"filtered\":{},\"written\":{},\"skipped\":{},\"rejected\":{},\"broken\":[",
        table.counts.complete, counts.read, counts.filtered, counts.inserted + counts.updated, counts.skipped,
        counts.rejected);
    for (std::size_t j = 0; j < table.broken.size(); ++j) {
      if (j > 0) out += ',';
      append_broken(table.broken[j], out);
    }
    out += "]}";
  }
  out += "],";
  append_member("failure", scan.report.failure ? scan.report.failure->message : "", out);
  return out + "}";
}

}  // namespace etl::run
