#include "engine/run/preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/base/suggest.h"
#include "engine/data/json.h"
#include "engine/writers/memory_target.h"

namespace etl::run {

namespace {

// The first rows of a reader; a batch more at most where the limit is no multiple of it.
class FirstRows : public readers::Reader {
 public:
  FirstRows(std::unique_ptr<readers::Reader> all, std::size_t limit) : all_{std::move(all)}, left_{limit} {}

  BatchPtr next() override {
    if (left_ == 0) return nullptr;
    BatchPtr batch = all_->next();
    if (batch) left_ -= std::min(left_, batch->rows);
    return batch;
  }

 private:
  std::unique_ptr<readers::Reader> all_;
  std::size_t left_;
};

// A live source of which only some rows are read.
class ShortSource : public readers::Source {
 public:
  ShortSource(readers::Source& live, const std::map<std::string, std::size_t>& limits) : live_{live}, limits_{limits} {}

  const schema::Catalog& catalog() override { return live_.catalog(); }
  std::vector<readers::ReadColumn> describe(const std::string& query,
                                            std::span<const std::pair<std::string, Value>> parameters) override {
    return live_.describe(query, parameters);
  }
  std::unique_ptr<readers::Reader> open(const readers::ReadRequest& request, readers::BatchLimits limits) override {
    const auto limit = limits_.find(request.name);
    if (limit == limits_.end()) return live_.open(request, limits);  // A lookup is read whole.
    limits.rows = std::min(limits.rows, limit->second);
    return std::make_unique<FirstRows>(live_.open(request, limits), limit->second);
  }

 private:
  readers::Source& live_;
  const std::map<std::string, std::size_t>& limits_;
};

class PreviewConnections : public Connections {
 public:
  PreviewConnections(const plan::Plan& plan, Connections& live, std::map<std::string, std::size_t> limits)
      : plan_{plan}, live_{live}, limits_{std::move(limits)} {}

  readers::Source& source(std::size_t connection) override {
    auto& source = sources_[connection];
    if (!source) source = std::make_unique<ShortSource>(live_.source(connection), limits_);
    return *source;
  }
  writers::Target& target(std::size_t connection) override {
    auto& target = targets_[connection];
    if (!target) target = std::make_unique<writers::MemoryTarget>(catalog(connection));
    return *target;
  }

 private:
  schema::Catalog catalog(std::size_t connection) const {
    const plan::ConnectionPlan& plan = plan_.connections[connection];
    schema::Catalog catalog;
    catalog.dialect = plan.info.kind == stores::Kind::sqlite ? schema::Dialect::sqlite : schema::Dialect::postgresql;
    if (plan.ddl) catalog.dialect = plan.ddl->dialect;
    for (const plan::TablePlan& table : plan_.tables) {
      if (table.connection == connection && table.target) catalog.tables.push_back(*table.target);
    }
    return catalog;
  }

  const plan::Plan& plan_;
  Connections& live_;
  std::map<std::string, std::size_t> limits_;
  std::map<std::size_t, std::unique_ptr<ShortSource>> sources_;
  std::map<std::size_t, std::unique_ptr<writers::MemoryTarget>> targets_;
};

void collect_parents(const plan::Node& node, std::set<std::size_t>& parents) {
  if (node.kind == plan::Node::Kind::reference || node.kind == plan::Node::Kind::in_reference) parents.insert(node.index);
  for (const plan::NodePtr& argument : node.arguments) collect_parents(*argument, parents);
}

// The tables whose rows those of this one refer to, itself among them where it does.
std::set<std::size_t> parents_of(const plan::Plan& plan, std::size_t index) {
  const plan::TablePlan& table = plan.tables[index];
  std::set<std::size_t> parents;
  if (table.where) collect_parents(*table.where, parents);
  for (const plan::FieldPlan& field : table.fields) {
    if (field.value) collect_parents(*field.value, parents);
    if (!field.self_reference.empty()) parents.insert(index);
  }
  for (const plan::ForeignKeyPlan& key : table.foreign_keys) {
    if (key.parent) parents.insert(*key.parent);
  }
  return parents;
}

// The tables that are shown, and those that they need.
struct Needed {
  std::set<std::size_t> shown;
  std::set<std::size_t> parents;
};

Needed needed(const plan::Plan& plan, const std::string& wanted) {
  Needed all;
  std::vector<std::size_t> open;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    names.push_back(plan.tables[i].name);
    if (!wanted.empty() && plan.tables[i].name != wanted) continue;
    all.shown.insert(i);
    open.push_back(i);
  }
  if (all.shown.empty()) {
    throw Error{Error::Kind::schema, fmt::format("the mapping has no table {}", wanted), did_you_mean(wanted, names)};
  }
  while (!open.empty()) {
    const std::size_t index = open.back();
    open.pop_back();
    for (const std::size_t parent : parents_of(plan, index)) {
      if (!all.parents.insert(parent).second) continue;
      if (!all.shown.contains(parent)) open.push_back(parent);
    }
  }
  return all;
}

// Values of the source row by column, as JSON has them: texts in quotes.
std::map<std::string, std::string> members(const std::string& object) {
  std::map<std::string, std::string> all;
  JsonItems items{object};
  while (items.next()) {
    std::string name;
    append_json_text(items.key(), name);
    std::string value{items.value()};
    if (kind_of(value) == JsonKind::text) {
      std::string text;
      append_json_text(value, text);
      value = text == "***" ? text : quote_for_message(text);
    }
    all[name] = value;
  }
  return all;
}

class Collector : public Witness {
 public:
  Collector(const plan::Plan& plan, const std::set<std::size_t>& shown, std::size_t rows) : plan_{plan}, rows_{rows} {
    for (const std::size_t index : shown) {
      const plan::TablePlan& table = plan.tables[index];
      PreviewedTable& entry = tables_[&table];
      entry.name = table.name;
      entry.source = plan.sources[table.source].name;
      entry.target = fmt::format("{}.{}", plan.connections[table.connection].info.name, table.target->name);
      for (const plan::FieldPlan& field : table.fields) entry.columns.push_back(field.name);
    }
  }

  Wish wants(const plan::TablePlan& table) override { return tables_.contains(&table) ? Wish::all : Wish::none; }

  void row(SeenRow row) override {
    if (row.number > rows_) return;
    PreviewedRow shown;
    const auto values = members(row.source);
    for (std::size_t field = 0; field < row.table->fields.size(); ++field) {
      shown.fields.push_back(field_of(row, field, values));
    }
    shown.seen = std::move(row);
    tables_[shown.seen.table].rows.push_back(std::move(shown));
  }

  // In load order.
  std::vector<PreviewedTable> take() {
    std::vector<PreviewedTable> all;
    for (const plan::TablePlan& table : plan_.tables) {
      const auto found = tables_.find(&table);
      if (found == tables_.end()) continue;
      std::ranges::sort(found->second.rows, {}, [](const PreviewedRow& row) { return row.seen.number; });
      for (PreviewedRow& row : found->second.rows) row.seen.table = nullptr;
      all.push_back(std::move(found->second));
    }
    return all;
  }

 private:
  PreviewedField field_of(const SeenRow& row, std::size_t index, const std::map<std::string, std::string>& values) const {
    const plan::FieldPlan& field = row.table->fields[index];
    PreviewedField shown{.name = field.name, .from = {}, .becomes = {}};
    for (const std::size_t column : field.reads) {
      const std::string& name = plan_.sources[row.table->source].request.columns[column].name;
      const auto value = values.find(name);
      if (!shown.from.empty()) shown.from += ", ";
      shown.from += fmt::format("{} = {}", name, value == values.end() ? "null" : value->second);
    }
    if (shown.from.empty()) shown.from = field.text;
    if (row.is_in_target()) {
      shown.becomes = row.values[index].value_or("null");
    }
    for (const SeenRow::Why& why : row.reasons) {
      if (why.field != field.name) continue;
      shown.becomes += fmt::format("{}{}: {}", shown.becomes.empty() ? "! " : "; ", why.rule, why.reason);
    }
    return shown;
  }

  const plan::Plan& plan_;
  std::size_t rows_;
  std::map<const plan::TablePlan*, PreviewedTable> tables_;
};

// The memory target knows no other rows than the run's own.
void drop_foreign_keys_to_the_outside(plan::Plan& plan, const Needed& needed, std::vector<std::string>& notes) {
  for (const std::size_t index : needed.shown) {
    for (const plan::ForeignKeyPlan& key : plan.tables[index].foreign_keys) {
      if (key.parent) continue;
      notes.push_back(fmt::format("{}: rows that must be in {} are not looked for there: no table of the mapping writes it",
                                  plan.tables[index].name, key.table));
    }
  }
  for (plan::TablePlan& table : plan.tables) {
    std::erase_if(table.foreign_keys, [](const plan::ForeignKeyPlan& key) { return !key.parent; });
  }
}

void note_limits(const report::Report& report, const Needed& needed, const plan::Plan& plan, std::size_t most,
                 std::vector<std::string>& notes) {
  for (const report::Table& table : report.tables) {
    const auto found = std::ranges::find(plan.tables, table.name, &plan::TablePlan::name);
    const auto index = static_cast<std::size_t>(found - plan.tables.begin());
    if (!needed.parents.contains(index) || table.counts.read < most) continue;
    notes.push_back(fmt::format("{}: only its first {} rows were read; a parent that is missing here may be among the rest",
                                table.name, most));
  }
}

}  // namespace

Preview preview(const plan::Plan& original, Connections& live, const PreviewOptions& options) {
  plan::Plan plan = original;
  for (const plan::TablePlan& table : plan.tables) {
    if (table.target) continue;
    throw Error{Error::Kind::schema, fmt::format("{}: nothing is known of its target table", table.name),
                "give the connection a schema:, or create the table"};
  }
  const Needed all = needed(plan, options.table);
  Preview preview;
  drop_foreign_keys_to_the_outside(plan, all, preview.notes);
  std::map<std::string, std::size_t> limits;
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    plan.tables[i].selected = all.shown.contains(i) || all.parents.contains(i);
    std::size_t& limit = limits[plan.sources[plan.tables[i].source].name];
    limit = std::max(limit, all.parents.contains(i) ? options.most_parents : options.rows);
  }
  for (const plan::LookupPlan& lookup : plan.lookups) {
    if (lookup.source) limits.erase(plan.sources[*lookup.source].name);
  }
  PreviewConnections connections{plan, live, std::move(limits)};
  Collector collector{plan, all.shown, options.rows};
  RunOptions run_options;
  run_options.dry_run = true;
  run_options.thresholds = false;
  run_options.limits = false;
  run_options.keep_rejects = 0;
  run_options.started = options.started;
  run_options.interrupt = options.interrupt;
  run_options.witness = &collector;
  const report::Report report = run(plan, connections, run_options);
  if (report.state == report::State::interrupted) throw Interrupted{};
  note_limits(report, all, plan, options.most_parents, preview.notes);
  preview.failure = report.failure;
  preview.tables = collector.take();
  return preview;
}

}  // namespace etl::run
